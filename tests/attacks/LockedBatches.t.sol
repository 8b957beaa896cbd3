// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IProjectRegister} from "../../interfaces/evidence/IProjects.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeLens, Quote} from "../../interfaces/market/IExchangeLens.sol";
import {MarketId, UnitId} from "../../interfaces/types/Ids.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {AttackCase} from "./AttackCase.sol";

/// @dev A developer sells a batch on the Exchange, which is then locked and invalidated; the administrator of {AttackCase} holds
/// every right and every office.
contract LockedBatchesTest is AttackCase {
    uint256 private constant ASKED = 500;

    IExchangeLens private lens;

    function setUp() public override {
        super.setUp();
        lens = IExchangeLens(_new("ExchangeLens", abi.encode(exchange)));
        _openMarket(credit);
        _deposit(dora, credit, 10_000);
        _place(dora, SELL, ASKED);
        _fund(emitterWallet, 100_000_000);
    }

    function _lock() private {
        vm.prank(authority);
        batchDesk.setLocked(credit, true, WHY);
    }

    function _assertBarred() private {
        Quote memory q = lens.quote(_order(BUY, 100), emitter);
        bytes memory refusal = abi.encodeWithSelector(IExchangeBase.ExchangeMarketBarred.selector, market);
        assertEq(q.filled, 0, "the quote promises nothing");
        assertEq(q.refusal, refusal);
        vm.expectRevert(refusal);
        _place(emitterWallet, BUY, 100);
    }

    function test_lockedBatch_goesOnFilling() public {
        _lock();
        _assertBarred();
        vm.prank(authority);
        batchDesk.setLocked(credit, false, WHY);
        assertEq(_place(emitterWallet, BUY, 100), 100, "unlocked, it trades again");
    }

    function test_invalidBatch_goesOnFilling() public {
        _lock();
        vm.prank(authority);
        batchDesk.invalidate(credit, WHY);
        _assertBarred();
    }

    /// @dev Barred from the first moment: the day that is opened after the lock changes nothing.
    function test_lockedBatch_tradesOnTheNextDay() public {
        _lock();
        vm.warp(block.timestamp + 1 days);
        exchange.openDay(market);
        _assertBarred();
    }

    function test_lockedBatch_haltedAndResumed() public {
        vm.startPrank(authority);
        exchange.halt(market, WHY);
        batchDesk.setLocked(credit, true, WHY);
        exchange.resume(market, WHY);
        vm.stopPrank();
        _assertBarred();
    }

    /// @dev The bar follows the batch: every right at the exchange and in the scheme lifts none.
    function test_lockedBatch_barLiftedByAnAdministrator() public {
        _lock();
        vm.prank(admin);
        exchange.syncUnit(market);
        _assertBarred();
    }

    function test_lockedBatch_unlockedPastTheDeskByAnAdministrator() public {
        _lock();
        vm.startPrank(admin);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetNotIssuer.selector, admin));
        credits.setBatchStatus(credit, BatchStatus.Active, admin, WHY);
        vm.expectRevert(
            abi.encodeWithSelector(IOffsetCredits.OffsetIssuersRefused.selector, address(issuance), address(issuance))
        );
        credits.setIssuers(address(issuance), address(immobilisation), admin);
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsNotDesk.selector, admin));
        projects.setSuspended(project, true, admin, WHY);
        vm.stopPrank();
    }

    /// @dev The market of a batch without one is refused while the batch is locked.
    function test_lockedBatch_getsAMarket() public {
        uint64 second = _submit(_monitored(HALF, FROM + 366 days), FROM);
        vm.warp(block.timestamp + WINDOW);
        vm.prank(authority);
        UnitId other = issuance.issueFromReport(second);
        vm.prank(authority);
        batchDesk.setLocked(other, true, WHY);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeUnitNotActive.selector, other));
        this.openMarket(other);
    }

    function openMarket(UnitId unit) external {
        _openMarket(unit);
    }
}
