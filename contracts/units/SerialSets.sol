// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISerialSets, Registry, Stretch} from "../../interfaces/units/ISerialSets.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";

/// @title SerialSets
/// @notice Storage of registries, their issuances, and one interval set for each; shared by {Immobilisation} and
/// {ImmobilisationExtension}.
/// @dev Data of a stretch: `ref 64 | kind 8`.
abstract contract SerialSets {
    using IntervalSet for IntervalSet.Set;

    /// @dev Longest serial number, beneficiary, and text about a batch [bytes].
    uint256 internal constant MAX_TEXT = 200;
    uint256 private constant KIND_SHIFT = 64;

    ISchemes internal immutable SCHEMES;

    mapping(uint32 registry => Registry) internal _registries;
    mapping(uint32 registry => mapping(SchemeId scheme => bool)) internal _admitted;
    /// @dev By hash of the name and by descriptor.
    mapping(bytes32 nameOrDescriptor => bool) internal _taken;
    mapping(uint32 registry => mapping(uint256 issuance => uint64 series)) internal _series;
    mapping(uint32 registry => mapping(uint64 series => IntervalSet.Set)) internal _sets;
    /// @dev Who proposed what a second office has to confirm, by its hash.
    mapping(bytes32 act => address officer) internal _proposedBy;
    uint32 internal _registryCount;

    constructor(ISchemes schemes) {
        SCHEMES = schemes;
    }

    /// @dev Adds `[first, last]`; adjacent blocks immobilised for one batch are one stretch. Checks size and serial number.
    function _put(
        uint32 registry,
        uint256 issuance,
        uint64 first,
        uint64 last,
        string calldata serial,
        Stretch kind,
        uint64 ref,
        uint64 hint
    ) internal returns (uint64 series) {
        bool sound = first <= last && last != type(uint64).max && _isText(serial, 1, MAX_TEXT);
        if (!sound) revert ISerialSets.SerialsBadBlock(first, last, serial);
        Registry storage r = _registries[registry];
        if (last - first >= r.largest) revert ISerialSets.SerialsBlockTooLarge(first, last, r.largest);

        series = _numberSeries(r, registry, issuance);
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

    function _stretchAt(uint32 registry, uint64 series, uint64 first)
        internal
        view
        returns (uint64 last, Stretch kind, uint64 ref)
    {
        (uint64 until, uint128 data) = _sets[registry][series].get(first);
        if (until == 0) return (0, Stretch.None, 0);
        return (until - 1, Stretch(uint8(data >> KIND_SHIFT)), uint64(data)); // fields as packed by {_dataOf}
    }

    /// @dev Number of an issuance, assigned now if it has none; 0 where the registry counts through.
    function _numberSeries(Registry storage r, uint32 registry, uint256 issuance) private returns (uint64 series) {
        if (r.countsThrough == (issuance != 0)) revert ISerialSets.SerialsBadIssuance(registry, issuance);
        if (issuance == 0) return 0;
        series = _series[registry][issuance];
        if (series != 0) return series;

        series = ++r.series;
        _series[registry][issuance] = series;
        emit ISerialSets.SeriesNumbered(registry, series, issuance);
    }

    /// @dev Officers of other schemes take no serial number of a registry unless its keeper admits them.
    function _checkBorder(uint32 registry, SchemeId scheme) internal view {
        SchemeId keeper = _registries[registry].keeper;
        if (keeper != scheme && !_admitted[registry][scheme]) {
            revert ISerialSets.SerialsForeignRegistry(registry, keeper, scheme);
        }
    }

    function _isNumbered(uint32 registry) internal view returns (bool) {
        return _registries[registry].largest != 0;
    }

    /// @dev The caller must hold the power to issue in all of the scheme.
    function _checkOfficer(SchemeId scheme) internal view {
        SCHEMES.checkPower(msg.sender, scheme, 0, Powers.ISSUE);
    }

    function _isText(string calldata text, uint256 least, uint256 most) internal pure returns (bool) {
        return bytes(text).length >= least && bytes(text).length <= most;
    }

    function _dataOf(Stretch kind, uint64 ref) private pure returns (uint128) {
        return uint128(ref) | uint128(uint8(kind)) << uint128(KIND_SHIFT);
    }
}
