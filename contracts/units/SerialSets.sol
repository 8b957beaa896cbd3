// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISerialSets, Registry, Stretch, UsedBlock} from "../../interfaces/units/ISerialSets.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";

/// @title SerialSets
/// @notice Registries, their issuance series, and one interval set for each; see {ISerialSets}.
/// @dev Data of a stretch: `ref 64 | kind 8`.
abstract contract SerialSets is ISerialSets {
    using IntervalSet for IntervalSet.Set;

    uint32 private constant FIRST_REGISTRY = 2;
    uint256 private constant MAX_NAME = 32;
    uint256 private constant MAX_SERIES = 64;
    uint256 private constant MAX_ITEMS = 100;
    /// @dev Longest serial number, and longest text about a batch [bytes].
    uint256 internal constant MAX_TEXT = 200;
    uint256 private constant KIND_SHIFT = 64;

    ISchemes internal immutable SCHEMES;

    mapping(uint32 registry => Registry) private _registries;
    mapping(uint32 registry => SchemeId) private _schemeOf;
    mapping(bytes32 nameHash => uint32 registry) private _numbers;
    /// @dev By hash of registry and text.
    mapping(bytes32 key => uint64 series) private _series;
    mapping(uint32 registry => mapping(uint64 series => IntervalSet.Set)) private _sets;

    /// @inheritdoc ISerialSets
    uint32 public registryCount;

    constructor(ISchemes schemes) {
        SCHEMES = schemes;
    }

    /* REGISTRIES AND BLOCKS USED ELSEWHERE */

    /// @inheritdoc ISerialSets
    function addRegistry(SchemeId scheme, string calldata name, bool countsThrough) external returns (uint32 registry) {
        _checkOfficer(scheme);
        bytes32 key = keccak256(bytes(name));
        bool plain = bytes(name).length <= MAX_NAME && _isCanonical(bytes(name), false);
        if (!plain || _numbers[key] != 0) revert SerialsBadRegistry(name);

        registry = FIRST_REGISTRY + registryCount++;
        _numbers[key] = registry;
        _schemeOf[registry] = scheme;
        _registries[registry] = Registry({name: name, countsThrough: countsThrough, series: 0});
        emit RegistryAdded(registry, name, countsThrough, scheme, msg.sender);
    }

    /// @inheritdoc ISerialSets
    function recordUsed(SchemeId scheme, uint32 registry, UsedBlock[] calldata blocks, bytes32 evidence) external {
        _checkOfficer(scheme);
        if (blocks.length > MAX_ITEMS) revert SerialsTooMany(blocks.length, MAX_ITEMS);
        if (!_isNumbered(registry)) revert SerialsUnknownRegistry(registry);
        // What is recorded bars a block for all schemes and for ever.
        SchemeId keeper = _schemeOf[registry];
        if (keeper != scheme) revert SerialsForeignRegistry(registry, keeper, scheme);
        for (uint256 i = 0; i < blocks.length; ++i) {
            UsedBlock calldata b = blocks[i];
            bool used = b.use == Stretch.Retired || b.use == Stretch.Cancelled;
            if (!used || !_isBlock(b.first, b.last, b.serial)) revert SerialsBadBlock(b.first, b.last, b.serial);
            uint64 series = _numberSeries(registry, b.series);
            _insert(registry, series, b.first, b.last, b.use, 0, b.hint);
            emit BlockUsedElsewhere(registry, series, b.first, b.last, b.use, b.serial, evidence, msg.sender);
        }
    }

    /* VIEWS */

    /// @inheritdoc ISerialSets
    function registryOf(uint32 registry) external view returns (Registry memory) {
        return _registries[registry];
    }

    /// @inheritdoc ISerialSets
    function seriesOf(uint32 registry, string calldata text) external view returns (uint64) {
        return _series[_keyOf(registry, text)];
    }

    /// @inheritdoc ISerialSets
    function stretchAt(uint32 registry, uint64 series, uint64 first)
        public
        view
        returns (uint64 last, Stretch kind, uint64 ref)
    {
        (uint64 until, uint128 data) = _sets[registry][series].get(first);
        if (until == 0) return (0, Stretch.None, 0);
        return (until - 1, Stretch(uint8(data >> KIND_SHIFT)), uint64(data)); // fields as packed by {_dataOf}
    }

    /// @inheritdoc ISerialSets
    function stretchBefore(uint32 registry, uint64 series, uint64 first, uint256 limit)
        external
        view
        returns (uint64 start)
    {
        return _sets[registry][series].lastBefore(first, limit);
    }

    /* INSIDE */

    /// @dev Adds `[first, last]`; adjacent blocks immobilised for one batch are one stretch. Assumes
    /// `last < type(uint64).max`.
    function _insert(uint32 registry, uint64 series, uint64 first, uint64 last, Stretch kind, uint64 ref, uint64 hint)
        internal
    {
        IntervalSet.Set storage set = _sets[registry][series];
        if (kind == Stretch.Immobilised) set.extend(first, last + 1, _dataOf(kind, ref), hint);
        else set.insert(first, last + 1, _dataOf(kind, ref), hint);
    }

    /// @dev A requested stretch becomes immobilised.
    function _settle(uint32 registry, uint64 series, uint64 first, uint64 batch) internal {
        _sets[registry][series].relabel(first, _dataOf(Stretch.Immobilised, batch));
    }

    /// @dev Removes `[first, last]` from the stretch that begins at `start`. Assumes that the caller checked the right to.
    function _free(uint32 registry, uint64 series, uint64 first, uint64 last, uint64 start, uint64 hint) internal {
        _sets[registry][series].carve(first, last + 1, start, hint);
    }

    /// @dev Number of a series, assigned now if it has none; 0 where the registry counts through.
    function _numberSeries(uint32 registry, string calldata text) internal returns (uint64 series) {
        Registry storage r = _registries[registry];
        if (bytes(text).length == 0) {
            if (!r.countsThrough) revert SerialsBadSeries(registry, text);
            return 0;
        }
        bytes32 key = _keyOf(registry, text);
        series = _series[key];
        if (series != 0) return series;

        if (!_isNumbered(registry)) revert SerialsUnknownRegistry(registry);
        bool canonical = !r.countsThrough && bytes(text).length <= MAX_SERIES && _isCanonical(bytes(text), true);
        if (!canonical) revert SerialsBadSeries(registry, text);
        series = ++r.series;
        _series[key] = series;
        emit SeriesNumbered(registry, series, text);
    }

    function _isNumbered(uint32 registry) internal view returns (bool) {
        return bytes(_registries[registry].name).length != 0;
    }

    /// @dev The caller must hold the power to issue in all of the scheme.
    function _checkOfficer(SchemeId scheme) internal view {
        SCHEMES.checkPower(msg.sender, scheme, 0, Powers.ISSUE);
    }

    function _isOfficer(SchemeId scheme) internal view returns (bool) {
        return SCHEMES.hasPower(msg.sender, scheme, 0, Powers.ISSUE);
    }

    /// @dev Whether a block is not empty and has a serial number in its registry's notation.
    function _isBlock(uint64 first, uint64 last, string calldata serial) internal pure returns (bool) {
        return first <= last && last != type(uint64).max && _isText(serial, 1, MAX_TEXT);
    }

    function _isText(string calldata text, uint256 least, uint256 most) internal pure returns (bool) {
        return bytes(text).length >= least && bytes(text).length <= most;
    }

    /// @dev Capitals and digits in fields between single hyphens, none a number with a leading zero: `017`, `17` and ` 17`
    /// cannot be three. Assumes that the caller bounds the length.
    function _isCanonical(bytes calldata text, bool hyphens) private pure returns (bool) {
        uint256 start; //          of the field
        bool number = true; //     it has digits only so far
        for (uint256 i = 0; i <= text.length; ++i) {
            bytes1 c = i == text.length ? bytes1("-") : text[i];
            if (c == "-") {
                if (i == start || (i != text.length && !hyphens)) return false;
                if (number && i - start > 1 && text[start] == "0") return false;
                start = i + 1;
                number = true;
            } else if (c >= "A" && c <= "Z") {
                number = false;
            } else if (c < "0" || c > "9") {
                return false;
            }
        }
        return true;
    }

    function _keyOf(uint32 registry, string calldata text) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(registry, text));
    }

    function _dataOf(Stretch kind, uint64 ref) private pure returns (uint128) {
        return uint128(ref) | uint128(uint8(kind)) << uint128(KIND_SHIFT);
    }
}
