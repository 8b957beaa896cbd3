// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IProjectRegister, ProjectId, ProjectStatus} from "../../interfaces/evidence/IProjects.sol";
import {IBatchDesk, LockCauses} from "../../interfaces/market/IBatchDesk.sol";
import {IExchangeBase, Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IPledges} from "../../interfaces/market/IPledges.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {AttackCase} from "../attacks/AttackCase.sol";

/// @dev The desk beside the real contracts: a batch of the developer in a market, a second one of its project without.
contract BatchDeskTest is AttackCase {
    uint256 private constant BATCHES = 100;

    UnitId private second;
    UnitId private promised; // ex ante

    function setUp() public override {
        super.setUp();
        uint64 report = _submit(_monitored(HALF, FROM + 366 days), FROM);
        vm.warp(block.timestamp + WINDOW);
        vm.startPrank(authority);
        second = issuance.issueFromReport(report);
        promised = issuance.issueExAnte(project, 2021, 50_000, WHY);
        vm.stopPrank();
        _openMarket(credit);
        _deposit(dora, credit, 10_000);
    }

    function _lock(UnitId id, bool locked) private {
        vm.prank(authority);
        batchDesk.setLocked(id, locked, WHY);
    }

    function _suspend(bool suspended) private returns (uint256) {
        vm.prank(authority);
        return batchDesk.setSuspended(project, suspended, WHY);
    }

    function _assertState(UnitId id, BatchStatus status, uint8 causes) private view {
        assertEq(uint8(credits.batch(id).status), uint8(status));
        assertEq(batchDesk.causesOf(id), causes);
    }

    // ------------------------------------------------------------------ batches

    function test_setLocked_tellsCauseStatusAndBar() public {
        vm.expectEmit(address(batchDesk));
        emit IBatchDesk.LockCausesChanged(credit, authority, LockCauses.ORDER, WHY);
        vm.expectEmit(address(credits));
        emit IOffsetCredits.BatchStatusChanged(credit, BatchStatus.Active, BatchStatus.Locked, authority, WHY);
        vm.expectEmit(address(exchange));
        emit IExchangeBase.MarketBarred(market, true);
        _lock(credit, true);
        _assertState(credit, BatchStatus.Locked, LockCauses.ORDER);

        vm.expectEmit(address(exchange));
        emit IExchangeBase.MarketBarred(market, false);
        _lock(credit, false);
        _assertState(credit, BatchStatus.Active, 0);
    }

    function test_setLocked_changesSomething() public {
        vm.expectRevert(abi.encodeWithSelector(IBatchDesk.BatchDeskUnchanged.selector, credit, 0));
        _lock(credit, false);
        _lock(credit, true);
        vm.expectRevert(abi.encodeWithSelector(IBatchDesk.BatchDeskUnchanged.selector, credit, LockCauses.ORDER));
        _lock(credit, true);
    }

    /// @dev No unlocking: neither by the order that is withdrawn, nor with the project.
    function test_invalidate_isFinal() public {
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, credit, BatchStatus.Active));
        _invalidate(credit);
        _lock(credit, true);
        _invalidate(credit);
        vm.expectRevert(
            abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, credit, BatchStatus.Invalidated)
        );
        _lock(credit, false);
        _suspend(true);
        _suspend(false);
        _assertState(credit, BatchStatus.Invalidated, LockCauses.ORDER);
    }

    function _invalidate(UnitId id) private {
        vm.prank(authority);
        batchDesk.invalidate(id, WHY);
    }

    function test_acts_needTheirPowersInTheScheme() public {
        address clerk = makeAddr("clerk");
        schemes.grantOffice(clerk, CHINA, 0, Powers.ALL - Powers.FREEZE - Powers.ISSUE - Powers.REGISTER);
        vm.startPrank(clerk);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, clerk, CHINA, 0, Powers.FREEZE));
        batchDesk.setLocked(credit, true, WHY);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, clerk, CHINA, 0, Powers.ISSUE));
        batchDesk.invalidate(credit, WHY);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, clerk, CHINA, 0, Powers.REGISTER));
        batchDesk.setSuspended(project, true, WHY);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ projects

    function test_setSuspended_locksEveryActiveBatch() public {
        vm.expectEmit(address(batchDesk));
        emit IBatchDesk.SuspensionCarried(project, authority, true, 0);
        assertEq(_suspend(true), 0);
        assertEq(uint8(projects.project(project).status), uint8(ProjectStatus.Suspended));
        _assertState(credit, BatchStatus.Locked, LockCauses.PROJECT);
        _assertState(second, BatchStatus.Locked, LockCauses.PROJECT);
        _assertState(promised, BatchStatus.ExAnte, 0);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketBarred.selector, market));
        _place(dora, SELL, 10);

        _suspend(false);
        _assertState(credit, BatchStatus.Active, 0);
        _assertState(second, BatchStatus.Active, 0);
        _place(dora, SELL, 10);
    }

    function test_setSuspended_keepsAnotherCause() public {
        _lock(credit, true);
        _suspend(true);
        _assertState(credit, BatchStatus.Locked, LockCauses.ORDER | LockCauses.PROJECT);
        _suspend(false);
        _assertState(credit, BatchStatus.Locked, LockCauses.ORDER);
        _suspend(true);
        _lock(credit, false);
        _assertState(credit, BatchStatus.Locked, LockCauses.PROJECT);
        _suspend(false);
        _assertState(credit, BatchStatus.Active, 0);
    }

    function test_setSuspended_changesSomething() public {
        vm.expectRevert(
            abi.encodeWithSelector(IProjectRegister.ProjectsWrongStatus.selector, project, ProjectStatus.Validated)
        );
        _suspend(false);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsUnknown.selector, ProjectId.wrap(99)));
        batchDesk.setSuspended(ProjectId.wrap(99), true, WHY);
    }

    /// @dev A batch that is verified meanwhile is reached by the next call of any account.
    function test_pull_carriesTheProjectsStatus() public {
        _suspend(true);
        vm.mockCall(
            address(issuance),
            abi.encodeCall(IIssuance.batchesOf, (project, 7, BATCHES + 1)),
            abi.encode(_list(foreign))
        );
        _immobilise(FIRST, LAST, dora); // in the place of one that the suspension did not reach
        assertEq(batchDesk.pull(project, 7), 0);
        _assertState(foreign, BatchStatus.Locked, LockCauses.PROJECT);
        vm.clearMockedCalls();
        assertEq(batchDesk.pull(project, 0), 0);
        _assertState(credit, BatchStatus.Locked, LockCauses.PROJECT);
    }

    function test_setSuspended_takesABoundedNumberOfBatches() public {
        UnitId[] memory ids = new UnitId[](BATCHES + 1);
        for (uint256 i; i < ids.length; ++i) {
            ids[i] = i == BATCHES ? second : credit;
        }
        vm.mockCall(address(issuance), abi.encodeCall(IIssuance.batchesOf, (project, 0, BATCHES + 1)), abi.encode(ids));
        assertEq(_suspend(true), BATCHES);
        _assertState(second, BatchStatus.Active, 0);
        vm.clearMockedCalls();
        batchDesk.pull(project, 1);
        _assertState(second, BatchStatus.Locked, LockCauses.PROJECT);
    }

    function _list(UnitId id) private pure returns (UnitId[] memory ids) {
        ids = new UnitId[](1);
        ids[0] = id;
    }

    function test_batchesOf_areInOrderOfIssueAndBounded() public view {
        UnitId[] memory ids = issuance.batchesOf(project, 0, 9);
        assertTrue(ids.length == 3 && ids[0] == credit && ids[1] == second && ids[2] == promised);
        ids = issuance.batchesOf(project, 1, 1);
        assertTrue(ids.length == 1 && ids[0] == second);
        assertEq(issuance.batchesOf(project, 3, 9).length, 0);
        assertEq(issuance.batchesOf(ProjectId.wrap(99), 0, 9).length, 0);
    }

    // ------------------------------------------------------------------ lots that others hold

    /// @dev Lots in custody go back to their owner.
    function test_locked_pledgedLotsComeBackToTheirOwnerOnly() public {
        IPledges pledges = IPledges(_new("Pledges", abi.encode(exchange)));
        exchange.setController(address(pledges), SETTLE);
        vm.prank(dora);
        uint256 id = pledges.pledge(market, emitter, 100, uint40(block.timestamp + 1 days), WHY);
        _lock(credit, true);
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketBarred.selector, market));
        pledges.order(id, 100, true, WHY);
        pledges.order(id, 100, false, WHY);
        vm.stopPrank();
        assertEq(exchange.account(developer, market).lots, 1_000);
    }

    /// @dev Money alone moves: refunds of bids, fees, holds.
    function test_locked_cashSettles() public {
        address desk = makeAddr("desk");
        exchange.setController(desk, SETTLE);
        _fund(emitterWallet, 100);
        _lock(credit, true);
        vm.prank(desk);
        exchange.settle(market, ParticipantId.wrap(0), emitter, 0, 10_000, Settlement.Trade, WHY);
        assertEq(exchange.account(emitter, market).cash, 0);
    }

    // ------------------------------------------------------------------ the bar

    function test_syncUnit_followsTheUnitAlone() public {
        vm.prank(stranger);
        exchange.syncUnit(market);
        _place(dora, SELL, 10);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, MarketId.wrap(9)));
        exchange.syncUnit(MarketId.wrap(9));
    }

    function test_locked_ordersAreCancelledAndTheHaltStays() public {
        vm.prank(authority);
        exchange.halt(market, WHY);
        _lock(credit, true);
        _lock(credit, false);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketHalted.selector, market));
        _place(dora, SELL, 10);
    }
}
