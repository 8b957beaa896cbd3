// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ClaimKind, IProjects} from "../../interfaces/evidence/IProjects.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";

/// @title Claims
/// @notice The half of Projects that remembers what has been claimed: one source, one moment, one use.
/// @dev One interval set a source for all kinds of claim, so that a credit and a certificate for the same hour cannot both
/// be. Data of a stretch: `ref 64 | kind 8`; who made it is kept only for claims of other contracts.
abstract contract Claims is AccessManaged, IProjects {
    using IntervalSet for IntervalSet.Set;

    uint256 private constant KIND_SHIFT = 64;

    mapping(bytes32 source => IntervalSet.Set) private _claims;
    mapping(bytes32 source => mapping(uint64 from => address)) private _claimedBy;
    mapping(address claimant => bool) private _claimants;
    /// @inheritdoc IProjects
    mapping(bytes32 meter => bytes32 source) public sourceOfMeter;

    /// @inheritdoc IProjects
    function setClaimant(address claimant, bool allowed) external restricted {
        _claimants[claimant] = allowed;
        emit ClaimantSet(claimant, allowed);
    }

    /// @inheritdoc IProjects
    function bindMeter(bytes32 meter, bytes32 source) external {
        if (!_claimants[msg.sender]) revert ProjectsNotClaimant(msg.sender);
        _bindMeter(meter, source);
    }

    /// @inheritdoc IProjects
    function claim(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) external {
        if (!_claimants[msg.sender]) revert ProjectsNotClaimant(msg.sender);
        if (source == 0 || kind == ClaimKind.None) revert ProjectsBadClaim(source, kind);

        _claimedBy[source][from] = msg.sender;
        _claim(source, kind, ref, from, until, hint);
    }

    /// @inheritdoc IProjects
    function release(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) external {
        if (_claimedBy[source][from] != msg.sender) revert ProjectsNotItsClaim(source, from, until);

        delete _claimedBy[source][from];
        _release(source, kind, ref, from, until, hint);
    }

    /// @inheritdoc IProjects
    function claimBefore(bytes32 source, uint64 from, uint256 limit) external view returns (uint64 hint) {
        return _claims[source].lastBefore(from, limit);
    }

    /// @inheritdoc IProjects
    function claimAt(bytes32 source, uint64 from) external view returns (ClaimKind kind, uint64 ref, uint64 until) {
        uint128 data;
        (until, data) = _claims[source].get(from);
        return (ClaimKind(uint8(data >> KIND_SHIFT)), uint64(data), until); // fields as packed by {_dataOf}
    }

    /// @dev A meter of two sources would let one Wh be claimed of each.
    function _bindMeter(bytes32 meter, bytes32 source) internal {
        bytes32 bound = sourceOfMeter[meter];
        if (bound == source) return;
        if (bound != 0 || meter == 0) revert ProjectsMeterBound(meter, bound);

        sourceOfMeter[meter] = source;
        emit MeterBound(meter, source, msg.sender);
    }

    function _claim(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) internal {
        _claims[source].insert(from, until, _dataOf(kind, ref), hint);
        emit SourceClaimed(source, kind, ref, from, until, msg.sender);
    }

    function _release(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) internal {
        (uint64 storedUntil, uint128 data) = _claims[source].get(from);
        if (storedUntil != until || data != _dataOf(kind, ref)) revert ProjectsNotItsClaim(source, from, until);

        _claims[source].remove(from, hint);
        emit SourceReleased(source, kind, ref, from, until, msg.sender);
    }

    function _dataOf(ClaimKind kind, uint64 ref) private pure returns (uint128) {
        return uint128(ref) | uint128(uint8(kind)) << uint128(KIND_SHIFT);
    }
}
