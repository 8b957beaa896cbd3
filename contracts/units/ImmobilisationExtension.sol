// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../../interfaces/types/Ids.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISerialSets, Registry, Stretch, UsedBlock} from "../../interfaces/units/ISerialSets.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";
import {SerialSets} from "./SerialSets.sol";

/// @title ImmobilisationExtension
/// @notice Registries, and the record of blocks used elsewhere; see {ISerialSets}.
/// @dev See {Extendable}.
contract ImmobilisationExtension is SerialSets, ISerialSets {
    using IntervalSet for IntervalSet.Set;

    uint32 private constant FIRST_REGISTRY = 2;
    uint256 private constant MAX_NAME = 32;
    uint256 private constant MAX_ITEMS = 100;

    constructor(ISchemes schemes) SerialSets(schemes) {}

    /* REGISTRIES */

    /// @inheritdoc ISerialSets
    function addRegistry(SchemeId scheme, string calldata name, bool countsThrough, uint32 largest, bytes32 descriptor)
        external
        returns (uint32 registry)
    {
        _checkOfficer(scheme);
        bytes32 key = keccak256(bytes(name));
        bool described = descriptor != 0 && !_taken[descriptor] && largest != 0;
        if (!described || _taken[key] || !_isName(bytes(name))) revert SerialsBadRegistry(name);

        registry = FIRST_REGISTRY + _registryCount++;
        (_taken[key], _taken[descriptor]) = (true, true);
        _registries[registry] = Registry({
            name: name,
            descriptor: descriptor,
            keeper: scheme,
            countsThrough: countsThrough,
            largest: largest,
            series: 0
        });
        emit RegistryAdded(registry, scheme, _registries[registry], msg.sender);
    }

    /// @inheritdoc ISerialSets
    function admitScheme(uint32 registry, SchemeId scheme, bool admitted) external {
        _checkKeeper(registry);
        _admitted[registry][scheme] = admitted;
        emit SchemeAdmitted(registry, scheme, admitted, msg.sender);
    }

    /// @inheritdoc ISerialSets
    function proposeDescriptor(uint32 registry, uint32 largest, bytes32 descriptor) external {
        _checkKeeper(registry);
        if (descriptor == 0 || largest == 0) revert SerialsBadRegistry(_registries[registry].name);
        _proposedBy[_actOf(registry, largest, descriptor)] = msg.sender;
        emit DescriptorProposed(registry, largest, descriptor, msg.sender);
    }

    /// @inheritdoc ISerialSets
    function adoptDescriptor(uint32 registry, uint32 largest, bytes32 descriptor) external {
        _confirm(registry, _actOf(registry, largest, descriptor));
        Registry storage r = _registries[registry];
        if (r.descriptor != descriptor && _taken[descriptor]) revert SerialsBadRegistry(r.name);

        // The former one stays taken: what was read by it is on record.
        _taken[descriptor] = true;
        (r.descriptor, r.largest) = (descriptor, largest);
        emit DescriptorAdopted(registry, largest, descriptor, msg.sender);
    }

    /* BLOCKS USED ELSEWHERE */

    /// @inheritdoc ISerialSets
    function recordUsed(SchemeId scheme, uint32 registry, UsedBlock[] calldata blocks, bytes32 evidence) external {
        _checkOfficer(scheme);
        if (blocks.length > MAX_ITEMS) revert SerialsTooMany(blocks.length, MAX_ITEMS);
        if (!_isNumbered(registry)) revert SerialsUnknownRegistry(registry);
        // What is recorded bars a block for all schemes.
        SchemeId keeper = _registries[registry].keeper;
        if (keeper != scheme) revert SerialsForeignRegistry(registry, keeper, scheme);
        for (uint256 i = 0; i < blocks.length; ++i) {
            UsedBlock calldata b = blocks[i];
            if (!_isUse(b.use) || !_isText(b.beneficiary, 0, MAX_TEXT)) {
                revert SerialsBadBlock(b.first, b.last, b.serial);
            }
            uint64 series = _put(registry, b.issuance, b.first, b.last, b.serial, b.use, 0, b.hint);
            emit BlockUsedElsewhere(registry, series, b, evidence, msg.sender);
        }
    }

    /// @inheritdoc ISerialSets
    function contestUse(uint32 registry, uint64 series, uint64 first, uint64 last, bytes32 reason) external {
        _checkKeeper(registry);
        _proposedBy[_actOf(registry, series, first, last)] = msg.sender;
        emit UseContested(registry, series, first, last, reason, msg.sender);
    }

    /// @inheritdoc ISerialSets
    function undoUse(uint32 registry, uint64 series, uint64 first, uint64 last, uint64 start, uint64 hint) external {
        _confirm(registry, _actOf(registry, series, first, last));
        (, Stretch kind,) = _stretchAt(registry, series, start);
        if (!_isUse(kind)) revert SerialsNotUsed(registry, series, start);

        _free(registry, series, first, last, start, hint);
        emit UseUndone(registry, series, first, last, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc ISerialSets
    function registryOf(uint32 registry) external view returns (Registry memory) {
        return _registries[registry];
    }

    /// @inheritdoc ISerialSets
    function registryCount() external view returns (uint32) {
        return _registryCount;
    }

    /// @inheritdoc ISerialSets
    function isAdmitted(uint32 registry, SchemeId scheme) external view returns (bool) {
        return _admitted[registry][scheme];
    }

    /// @inheritdoc ISerialSets
    function seriesOf(uint32 registry, uint256 issuance) external view returns (uint64) {
        return _series[registry][issuance];
    }

    /// @inheritdoc ISerialSets
    function stretchAt(uint32 registry, uint64 series, uint64 first)
        external
        view
        returns (uint64 last, Stretch kind, uint64 ref)
    {
        return _stretchAt(registry, series, first);
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

    function _checkKeeper(uint32 registry) private view {
        if (!_isNumbered(registry)) revert SerialsUnknownRegistry(registry);
        _checkOfficer(_registries[registry].keeper);
    }

    /// @dev The second office: another power, another wallet.
    function _confirm(uint32 registry, bytes32 act) private {
        if (!_isNumbered(registry)) revert SerialsUnknownRegistry(registry);
        SCHEMES.checkPower(msg.sender, _registries[registry].keeper, 0, Powers.DISPUTE);
        address other = _proposedBy[act];
        if (other == address(0) || other == msg.sender) revert SerialsNotProposed(registry, other);
        delete _proposedBy[act];
    }

    function _isUse(Stretch kind) private pure returns (bool) {
        return kind == Stretch.Retired || kind == Stretch.Cancelled;
    }

    /// @dev Capitals and digits, no number with a leading zero.
    function _isName(bytes calldata text) private pure returns (bool) {
        if (text.length == 0 || text.length > MAX_NAME || text[0] == "0") return false;
        for (uint256 i = 0; i < text.length; ++i) {
            bytes1 c = text[i];
            if (!(c >= "A" && c <= "Z") && !(c >= "0" && c <= "9")) return false;
        }
        return true;
    }

    function _actOf(uint32 registry, uint64 series, uint64 first, uint64 last) private pure returns (bytes32) {
        return keccak256(abi.encode(registry, series, first, last));
    }

    function _actOf(uint32 registry, uint32 largest, bytes32 descriptor) private pure returns (bytes32) {
        return keccak256(abi.encode(registry, largest, descriptor));
    }
}
