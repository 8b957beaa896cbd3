// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IProjects, ProjectId, ProjectStatus} from "../../interfaces/evidence/IProjects.sol";
import {IBatchDesk, LockCauses} from "../../interfaces/market/IBatchDesk.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {MarketId, UnitId} from "../../interfaces/types/Ids.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title BatchDesk
/// @notice Acts on batches and projects that reach the exchange in the same transaction; see {IBatchDesk}.
contract BatchDesk is IBatchDesk {
    /// @dev In one call: each costs up to 60,000 gas.
    uint256 private constant MAX_BATCHES = 100;

    ISchemes private immutable SCHEMES;
    IProjects private immutable PROJECTS;
    IIssuance private immutable ISSUANCE;
    IOffsetCredits private immutable CREDITS;
    /// @inheritdoc IBatchDesk
    IExchange public immutable EXCHANGE;

    /// @inheritdoc IBatchDesk
    mapping(UnitId id => uint8) public causesOf;

    constructor(ISchemes schemes, IProjects projects, IIssuance issuance, IOffsetCredits credits, IExchange exchange) {
        (SCHEMES, PROJECTS, ISSUANCE, CREDITS, EXCHANGE) = (schemes, projects, issuance, credits, exchange);
    }

    /* BATCHES */

    /// @inheritdoc IBatchDesk
    function setLocked(UnitId id, bool locked, bytes32 reason) external {
        SCHEMES.checkPower(msg.sender, UnitIdLib.schemeOf(id), 0, Powers.FREEZE);
        if (!_setCause(id, LockCauses.ORDER, locked, msg.sender, reason)) revert BatchDeskUnchanged(id, causesOf[id]);

        UnitId[] memory parts = ISSUANCE.apartFrom(id);
        for (uint256 i; i < parts.length; ++i) {
            if (_isValid(parts[i])) _setCause(parts[i], LockCauses.SOURCE, locked, msg.sender, reason);
        }
    }

    /// @inheritdoc IBatchDesk
    function invalidate(UnitId id, bytes32 reason) external {
        SCHEMES.checkPower(msg.sender, UnitIdLib.schemeOf(id), 0, Powers.ISSUE);
        _setStatus(id, BatchStatus.Invalidated, msg.sender, reason);
        ISSUANCE.endPromise(id);

        UnitId[] memory parts = ISSUANCE.apartFrom(id);
        for (uint256 i; i < parts.length; ++i) {
            if (!_isValid(parts[i])) continue;
            // Where a suspension of the project locked the batch, it may not have come to this one.
            _setCause(parts[i], LockCauses.SOURCE, true, msg.sender, reason);
            _setStatus(parts[i], BatchStatus.Invalidated, msg.sender, reason);
        }
    }

    /* PROJECTS */

    /// @inheritdoc IBatchDesk
    function setSuspended(ProjectId project, bool suspended, bytes32 reason) external returns (uint256 next) {
        SCHEMES.checkPower(
            msg.sender, PROJECTS.methodology(PROJECTS.project(project).methodology).scheme, 0, Powers.REGISTER
        );
        PROJECTS.setSuspended(project, suspended, msg.sender, reason);
        return _carry(project, 0, suspended, msg.sender, reason);
    }

    /// @inheritdoc IBatchDesk
    function pull(ProjectId project, uint256 from) external returns (uint256 next) {
        bool suspended = PROJECTS.project(project).status == ProjectStatus.Suspended;
        // No officer's decision: the project's own stands in its register.
        return _carry(project, from, suspended, address(this), 0);
    }

    function _carry(ProjectId project, uint256 from, bool suspended, address officer, bytes32 reason)
        private
        returns (uint256 next)
    {
        UnitId[] memory ids = ISSUANCE.batchesOf(project, from, MAX_BATCHES + 1);
        uint256 count = ids.length;
        if (count > MAX_BATCHES) {
            count = MAX_BATCHES;
            next = from + count;
        }
        for (uint256 i; i < count; ++i) {
            if (_isValid(ids[i])) _setCause(ids[i], LockCauses.PROJECT, suspended, officer, reason);
        }
        emit SuspensionCarried(project, msg.sender, suspended, next);
    }

    /* INSIDE */

    /// @dev An ex-ante or invalid batch does not move: there is nothing to lock.
    function _isValid(UnitId id) private view returns (bool) {
        BatchStatus status = CREDITS.batch(id).status;
        return status == BatchStatus.Active || status == BatchStatus.Locked;
    }

    /// @return changed False where the cause stood as it should.
    function _setCause(UnitId id, uint8 cause, bool on, address officer, bytes32 reason)
        private
        returns (bool changed)
    {
        uint8 causes = causesOf[id];
        uint8 next = on ? causes | cause : causes & ~cause;
        if (next == causes) return false;
        causesOf[id] = next;
        emit LockCausesChanged(id, msg.sender, next, reason);
        if (causes == 0) _setStatus(id, BatchStatus.Locked, officer, reason);
        else if (next == 0) _setStatus(id, BatchStatus.Active, officer, reason);
        return true;
    }

    /// @dev State below and bar above, in this order: the exchange asks the credits.
    function _setStatus(UnitId id, BatchStatus status, address officer, bytes32 reason) private {
        CREDITS.setBatchStatus(id, status, officer, reason);
        if (address(EXCHANGE) == address(0)) return;
        MarketId market = EXCHANGE.marketOf(id);
        if (MarketId.unwrap(market) != 0) EXCHANGE.syncUnit(market);
    }
}
