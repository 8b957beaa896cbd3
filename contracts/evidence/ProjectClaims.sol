// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {ClaimKind, IProjects} from "../../interfaces/IProjects.sol";
import {IntervalSet} from "../lib/IntervalSet.sol";

/// @title ProjectClaims
/// @notice Part of {Projects}: what of each source has been used, and for what. One moment of a source, one claim.
abstract contract ProjectClaims is IProjects, AccessManaged {
    using IntervalSet for IntervalSet.Set;

    mapping(bytes32 source => IntervalSet.Set) private _claims;
    /// @dev Who made the claim that begins at a moment.
    mapping(bytes32 source => mapping(uint64 from => address)) private _claimedBy;
    mapping(address claimant => bool) private _claimants;

    /// @inheritdoc IProjects
    function setClaimant(address claimant, bool allowed) external restricted {
        _claimants[claimant] = allowed;
        emit ClaimantSet(claimant, allowed);
    }

    /// @inheritdoc IProjects
    function claim(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) external {
        if (!_claimants[msg.sender]) revert ProjectsNotClaimant(msg.sender);
        _claim(source, kind, ref, from, until, hint, msg.sender);
    }

    /// @inheritdoc IProjects
    function release(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint) external {
        if (!_claimants[msg.sender]) revert ProjectsNotClaimant(msg.sender);
        _release(source, kind, ref, from, until, hint, msg.sender);
    }

    /// @inheritdoc IProjects
    function claimBefore(bytes32 source, uint64 from, uint256 limit) external view returns (uint64) {
        return _claims[source].lastBefore(from, limit);
    }

    /// @inheritdoc IProjects
    function claimAt(bytes32 source, uint64 time, uint64 hint)
        external
        view
        returns (ClaimKind kind, uint64 ref, uint64 from, uint64 until)
    {
        from = _claims[source].nodes[hint].next;
        IntervalSet.Node memory node = _claims[source].nodes[from];
        if (from == 0 || time < from || time >= node.until) return (ClaimKind.None, 0, 0, 0);
        return (ClaimKind(node.kind), node.ref, from, node.until);
    }

    function _claim(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint, address by)
        internal
    {
        if (source == 0 || kind == ClaimKind.None) revert ProjectsBadClaim(source, kind);
        _claims[source].insert(from, until, hint, ref, uint8(kind));
        _claimedBy[source][from] = by;
        emit SourceClaimed(source, kind, ref, from, until, by);
    }

    function _release(bytes32 source, ClaimKind kind, uint64 ref, uint64 from, uint64 until, uint64 hint, address by)
        internal
    {
        IntervalSet.Node memory node = _claims[source].nodes[from];
        if (_claimedBy[source][from] != by || node.kind != uint8(kind) || node.ref != ref) {
            revert ProjectsNotItsClaim(source, from, until);
        }
        _claims[source].remove(from, until, hint);
        delete _claimedBy[source][from];
        emit SourceReleased(source, kind, ref, from, until, by);
    }
}
