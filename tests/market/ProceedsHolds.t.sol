// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Account} from "../../interfaces/market/IExchange.sol";
import {Settlement} from "../../interfaces/market/IExchangeBase.sol";
import {IProceedsHolds, ProceedsHold, ProceedsMark} from "../../interfaces/market/IProceedsHolds.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {IBatchState} from "../../interfaces/rules/ILedgerSources.sol";
import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {AttackCase} from "../attacks/AttackCase.sol";

/// @dev The developer sells 200 lots at 10,000 of a batch that is then locked: it has 2,000,000 for them.
contract ProceedsHoldsTest is AttackCase {
    uint256 private constant FREEZE = 2;
    uint64 private constant PRICE = 10_000; // [0.0001 currency a lot]
    uint64 private constant GOT = 200 * PRICE;

    IProceedsHolds private holds;
    uint40 private since;

    function setUp() public override {
        super.setUp();
        holds = IProceedsHolds(_new("ProceedsHolds", abi.encode(exchange)));
        exchange.setController(address(holds), SETTLE | FREEZE);
        _openMarket(credit);
        since = uint40(block.timestamp);
        _deposit(dora, credit, 10_000);
        _fund(emitterWallet, 100_000_000);
        _place(dora, SELL, 300);
        _place(emitterWallet, BUY, 200);
    }

    function _lock(bool locked) private {
        vm.prank(authority);
        batchDesk.setLocked(credit, locked, WHY);
    }

    function _hold(uint64 cash) private returns (uint256) {
        vm.prank(authority);
        return holds.hold(credit, developer, cash, since, WHY);
    }

    function _cashOf(ParticipantId id) private view returns (uint256) {
        return exchange.account(id, market).cash;
    }

    function _withdraw(uint256 cash) private {
        vm.prank(dora);
        exchange.withdrawCash(market, cash / 100, dora);
    }

    /* HOLD */

    /// @dev Before, it took the money out while its batch was examined.
    function test_hold_keepsWhatTheSellerGot() public {
        _lock(true);
        vm.expectEmit(address(holds));
        emit IProceedsHolds.ProceedsHeld(
            1, credit, developer, market, GOT, since, uint40(block.timestamp + 90 days), authority, WHY
        );
        uint256 id = _hold(GOT);
        assertEq(_cashOf(developer), 0);
        assertEq(_cashOf(exchange.houseOf(address(holds))), GOT);
        ProceedsHold memory h = holds.holdOf(id);
        assertTrue(h.unit == credit && h.market == market && h.seller == developer && h.cash == GOT);
        vm.expectRevert();
        _withdraw(GOT);
    }

    /// @dev Own money beside the proceeds stays free.
    function test_hold_takesAtMostTheProceeds() public {
        _fund(dora, 50_000);
        _lock(true);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsTooMuch.selector, GOT + 1, GOT));
        _hold(GOT + 1);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsTooMuch.selector, 0, GOT));
        _hold(0);
        _hold(GOT);
        assertEq(_cashOf(developer), 50_000 * 100);
        _withdraw(50_000 * 100);
    }

    /// @dev A buyer has proceeds of none; neither has who bought as much as it sold.
    function test_hold_reachesNoOneWhoDidNotSell() public {
        _lock(true);
        assertEq(holds.proceedsOf(credit, emitter, since), 0);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsTooMuch.selector, 1, 0));
        holds.hold(credit, emitter, 1, since, WHY);
    }

    /// @dev Who never was in the market has none there.
    function test_proceedsOf_whoNeverTraded() public view {
        assertEq(holds.proceedsOf(credit, bodies[0], since), 0);
    }

    /// @dev Allowances are not issued in batches that can be locked: their contract has no such view.
    function test_hold_isNotOfUnitsWithoutBatches() public {
        _lock(true);
        vm.mockCallRevert(address(credits), abi.encodeCall(IBatchState.isActive, (credit)), "");
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotBarred.selector, credit));
        _hold(GOT);
    }

    function test_hold_endsBidsThatKeepTheMoney() public {
        OrderRequest bid = OrderRequest.wrap(100 | (TICK - 10) << 32 | uint256(MarketId.unwrap(market)) << 48);
        vm.prank(dora);
        exchange.place(bid);
        Account memory account = exchange.account(developer, market);
        assertTrue(account.cashInBids != 0);
        _lock(true);
        _hold(GOT);
        account = exchange.account(developer, market);
        assertTrue(account.cash == 0 && account.cashInBids == 0 && account.lotsInAsks == 0 && !account.frozen);
    }

    function test_hold_leavesBidsWhereTheFreeMoneyIsEnough() public {
        OrderRequest bid = OrderRequest.wrap(100 | (TICK - 10) << 32 | uint256(MarketId.unwrap(market)) << 48);
        vm.prank(dora);
        exchange.place(bid);
        Account memory before = exchange.account(developer, market);
        _lock(true);
        _hold(uint64(before.cashFree));
        Account memory account = exchange.account(developer, market);
        assertEq(account.cashFree, 0);
        assertEq(account.cashInBids, before.cashInBids);
    }

    function test_hold_takesWhatIsLeft() public {
        _withdraw(GOT / 2);
        _lock(true);
        assertEq(holds.holdOf(_hold(GOT)).cash, GOT / 2);
        _lock(false);
        vm.prank(stranger);
        holds.release(1, GOT / 2, WHY);
        assertEq(_cashOf(developer), GOT / 2);
    }

    function test_hold_takesNothingFromAnEmptyAccount() public {
        _withdraw(GOT);
        _lock(true);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsTooMuch.selector, GOT, 0));
        _hold(GOT);
    }

    /// @dev Since a local midnight, all that came before is known: the only seller's sales are the turnover.
    function test_proceedsOf_countsFromADayOn() public {
        uint40 midnight = since + 14 hours;
        vm.warp(since + 1 days);
        exchange.openDay(market);
        _place(dora, SELL, 50);
        _place(emitterWallet, BUY, 50);
        assertEq(holds.proceedsOf(credit, developer, since), GOT + 50 * PRICE);
        assertEq(holds.proceedsOf(credit, developer, since + 1), 50 * PRICE); // of a day, no part is known
        assertEq(holds.proceedsOf(credit, developer, midnight), 50 * PRICE);
        assertEq(holds.proceedsOf(credit, developer, midnight + 1), 0);
        vm.warp(midnight + 3 days);
        assertEq(holds.proceedsOf(credit, developer, midnight + 3 days), 0);
        assertEq(holds.proceedsOf(credit, developer, midnight), 50 * PRICE);
    }

    /// @dev Purchases of its own count against it: it never got more.
    function test_proceedsOf_countsPurchasesAgainstSales() public {
        vm.prank(dora);
        credits.safeTransferFrom(dora, bodyWallets[0], UnitId.unwrap(credit), 1_000, "");
        _deposit(bodyWallets[0], credit, 1_000);
        _fund(bodyWallets[0], 1_000_000);
        _place(bodyWallets[0], SELL, 50);
        _place(emitterWallet, BUY, 150); // 100 of the developer's come first
        _place(dora, SELL, 30);
        _place(bodyWallets[0], BUY, 30);
        assertEq(holds.proceedsOf(credit, bodies[0], since), 20 * PRICE);
        assertEq(holds.proceedsOf(credit, developer, since), GOT + 130 * PRICE);
    }

    /// @dev Its price is its own, where others sold too.
    function test_proceedsOf_isOfTheSellerAlone() public {
        vm.prank(dora);
        credits.safeTransferFrom(dora, bodyWallets[0], UnitId.unwrap(credit), 1_000, "");
        _deposit(bodyWallets[0], credit, 1_000);
        _place(bodyWallets[0], SELL, 100);
        _place(emitterWallet, BUY, 150); // 100 of the developer's are left, and come first
        assertEq(holds.proceedsOf(credit, developer, since), 300 * PRICE);
        assertEq(holds.proceedsOf(credit, bodies[0], since), 50 * PRICE);
    }

    function test_hold_isOfALockedOrInvalidBatch() public {
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotBarred.selector, credit));
        _hold(GOT);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotBarred.selector, foreign));
        holds.hold(foreign, developer, GOT, since, WHY);
        _lock(true);
        vm.prank(authority);
        batchDesk.invalidate(credit, WHY);
        _hold(GOT);
    }

    function test_hold_needsThePower() public {
        _lock(true);
        address abroad = makeAddr("officer of another scheme");
        schemes.grantOffice(abroad, CHINA, 0, Powers.ALL - Powers.FREEZE);
        schemes.createScheme(SchemeId.wrap(2), "another", 8 hours, 30, WHY);
        schemes.grantOffice(abroad, SchemeId.wrap(2), 0, Powers.ALL);
        vm.startPrank(abroad);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, abroad, CHINA, 0, Powers.FREEZE));
        holds.hold(credit, developer, GOT, since, WHY);
        vm.stopPrank();
        _hold(GOT);
        vm.prank(abroad);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, abroad, CHINA, 0, Powers.FREEZE));
        holds.release(1, GOT, WHY);
    }

    /// @dev The power to freeze is the whole scheme's: that of the market's province alone reaches no proceeds.
    function test_hold_isNotOfAProvincesPowerToFreeze() public {
        vm.prank(admin);
        exchange.assignMarket(market, 31);
        address clerk = makeAddr("officer of the province");
        schemes.grantOffice(clerk, CHINA, 31, Powers.ALL);
        bytes memory why = abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, clerk, CHINA, 0, Powers.FREEZE);
        _lock(true);
        vm.prank(clerk);
        vm.expectRevert(why);
        holds.hold(credit, developer, GOT, since, WHY);
        _hold(GOT);
        vm.prank(clerk);
        vm.expectRevert(why);
        holds.release(1, GOT, WHY);
    }

    function test_hold_ofAFrozenAccountWaits() public {
        _lock(true);
        vm.startPrank(authority);
        exchange.freezeAccount(developer, market, true);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsAccountFrozen.selector, developer, market));
        holds.hold(credit, developer, GOT, since, WHY);
        vm.stopPrank();
        assertTrue(exchange.account(developer, market).frozen);
    }

    /// @dev What came back is not held a second time.
    function test_hold_isForEachStretchOfTimeOnce() public {
        _lock(true);
        uint256 id = _hold(GOT);
        vm.prank(admin);
        holds.release(id, GOT, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsBadTime.selector, since, block.timestamp + 1));
        _hold(GOT);
    }

    /// @dev A hold of one seller's cash leaves what a second one got in reach, at the same time.
    function test_hold_ofOneSellerLeavesTheOthersInReach() public {
        vm.prank(dora);
        credits.safeTransferFrom(dora, bodyWallets[0], UnitId.unwrap(credit), 1_000, "");
        _deposit(bodyWallets[0], credit, 1_000);
        _place(bodyWallets[0], SELL, 100);
        _place(emitterWallet, BUY, 200); // 100 of the developer's are left, and come first
        _lock(true);
        _hold(GOT);
        vm.prank(authority);
        uint256 second = holds.hold(credit, bodies[0], 100 * PRICE, since, WHY);
        assertEq(holds.holdOf(second).cash, 100 * PRICE);
        assertTrue(holds.holdOf(second).seller == bodies[0]);
        vm.startPrank(admin);
        holds.release(second, 100 * PRICE, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotHeld.selector, second));
        holds.release(second, 1, WHY);
        vm.stopPrank();
        assertEq(_cashOf(bodies[0]), 100 * PRICE);
        assertEq(holds.holdOf(1).cash, GOT);
    }

    function test_hold_countsAYearBackAtMost() public {
        _lock(true);
        uint40 soon = type(uint40).max;
        uint256 earliest = block.timestamp - 366 days;
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsBadTime.selector, earliest - 1, earliest));
        holds.proceedsOf(credit, developer, uint40(earliest - 1));
        assertEq(holds.proceedsOf(credit, developer, uint40(earliest)), GOT);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsBadTime.selector, soon, earliest));
        holds.hold(credit, developer, GOT, soon, WHY);
    }

    function test_proceedsOf_fitsIntoATransactionForAYear() public {
        _openEveryDay();
        uint40 midnight = since + 365 days + 14 hours;
        vm.warp(midnight + 10 hours);
        exchange.openDay(market);
        uint256 before = gasleft();
        assertEq(holds.proceedsOf(credit, developer, midnight), 0);
        assertLt(before - gasleft(), 1_000_000);
    }

    /* RELEASE */

    /// @dev By another officer than the one who holds it, in parts.
    function test_release_byASecondOffice() public {
        _lock(true);
        uint256 id = _hold(GOT);
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsOneOffice.selector, authority));
        holds.release(id, GOT, WHY);
        vm.expectEmit(address(holds));
        emit IProceedsHolds.ProceedsReleased(id, admin, PRICE, WHY);
        vm.startPrank(admin);
        holds.release(id, PRICE, WHY);
        assertEq(_cashOf(developer), PRICE);
        assertEq(holds.holdOf(id).cash, GOT - PRICE);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsTooMuch.selector, GOT, GOT - PRICE));
        holds.release(id, GOT, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsTooMuch.selector, 0, GOT - PRICE));
        holds.release(id, 0, WHY);
        holds.release(id, GOT - PRICE, WHY);
        vm.stopPrank();
        _withdraw(GOT);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotHeld.selector, id));
        holds.release(id, GOT, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotHeld.selector, 2));
        holds.release(2, GOT, WHY);
    }

    function test_release_byAnyAccountOnceItIsOver() public {
        _lock(true);
        uint256 id = _hold(GOT);
        vm.warp(holds.holdOf(id).until);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, 0, Powers.FREEZE));
        holds.release(id, GOT, WHY);
        vm.warp(block.timestamp + 1);
        vm.prank(stranger);
        holds.release(id, GOT, WHY);
        assertEq(_cashOf(developer), GOT);
    }

    function test_release_byAnyAccountOnceTheBatchTrades() public {
        _lock(true);
        uint256 id = _hold(GOT);
        _lock(false);
        vm.prank(stranger);
        holds.release(id, GOT, WHY);
        assertEq(_cashOf(developer), GOT);
    }

    /* MARKS */

    function _mark(ParticipantId seller) private {
        vm.prank(stranger);
        holds.mark(credit, seller);
    }

    /// @dev In the middle of a day, beside a rival: what was marked is known.
    function test_mark_boundsWhatCameLater() public {
        vm.prank(dora);
        credits.safeTransferFrom(dora, bodyWallets[0], UnitId.unwrap(credit), 1_000, "");
        _deposit(bodyWallets[0], credit, 1_000);
        skip(60);
        vm.expectEmit(address(holds));
        emit IProceedsHolds.ProceedsMarkSet(market, developer, int104(uint104(GOT)), 0);
        _mark(developer);
        uint40 marked = uint40(block.timestamp);
        skip(60);
        _place(bodyWallets[0], SELL, 50);
        _place(emitterWallet, BUY, 150);
        assertEq(holds.proceedsOf(credit, developer, marked), 100 * PRICE);
        assertEq(holds.proceedsOf(credit, developer, marked - 1), 100 * PRICE);
        assertEq(holds.proceedsOf(credit, developer, marked + 1), 0);
        ProceedsMark memory m = holds.markOf(credit, developer, 0);
        assertTrue(m.time == marked && m.net == int104(uint104(GOT)) && m.settled == 0);
        assertEq(holds.markOf(credit, developer, 1).time, 0);
    }

    function test_mark_isOnceADay() public {
        _mark(developer);
        uint256 next = block.timestamp + 1 days;
        vm.warp(next - 1);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsMarked.selector, developer, market, next));
        _mark(developer);
        vm.warp(next);
        _mark(developer);
        assertEq(holds.markCount(credit, developer), 2);
    }

    function test_mark_isOfWhoBroughtCreditsOrCash() public {
        _mark(emitter);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotCounted.selector, bodies[1], market));
        _mark(bodies[1]);
    }

    /// @dev The right mark is found among many.
    function test_mark_isFoundAmongMany() public {
        uint40[] memory times = new uint40[](6);
        for (uint256 i; i < times.length; ++i) {
            vm.warp(since + (i + 1) * 1 days);
            exchange.openDay(market);
            _place(dora, SELL, 10);
            _place(emitterWallet, BUY, 10);
            times[i] = uint40(block.timestamp);
            _mark(developer);
        }
        for (uint256 i; i < times.length; ++i) {
            assertEq(holds.proceedsOf(credit, developer, times[i]), (times.length - 1 - i) * 10 * PRICE);
        }
    }

    function _openEveryDay() private {
        uint256 day = block.timestamp / 1 days;
        uint256[] memory every = new uint256[](1);
        every[0] = type(uint256).max;
        for (uint256 word = day / 256; word <= day / 256 + 2; ++word) {
            schemes.setTradingDays(CHINA, uint16(word), every);
        }
    }

    /// @dev More than a year since the last mark, or the deposit, is too long to sum up.
    function test_mark_isNeededOnceAYear() public {
        _openEveryDay();
        for (uint256 i; i < 2; ++i) {
            uint40 midnight = since + (i == 0 ? 365 days : 367 days) + 14 hours;
            vm.warp(midnight + 10 hours);
            exchange.openDay(market);
            _place(dora, SELL, 10);
            _place(emitterWallet, BUY, 10);
            assertEq(holds.proceedsOf(credit, developer, midnight), i == 0 ? 10 * PRICE : 0);
        }
    }

    /* WAYS OF CASH THAT ARE NO SALES */

    function _settle(ParticipantId from, ParticipantId to, uint256 lots, uint256 cash, Settlement kind) private {
        vm.prank(admin);
        exchange.settle(market, from, to, lots, cash, kind, WHY);
    }

    /// @dev Deposits into auctions and what comes back, debits, and money moved to another market.
    function test_proceedsOf_countsSalesAlone() public {
        ParticipantId desk = ParticipantId.wrap(0);
        _fund(dora, 500_000);
        _settle(desk, developer, 0, 1_000_000, Settlement.Trade);
        assertEq(holds.proceedsOf(credit, developer, since), GOT);
        skip(60);
        _mark(developer);
        uint40 marked = uint40(block.timestamp);
        _settle(developer, desk, 0, 1_000_000, Settlement.Trade);
        _settle(developer, emitter, 0, 40_000, Settlement.Trade); // a fee
        vm.prank(admin);
        exchange.debitCash(developer, market, 70_000, admin);
        assertEq(holds.proceedsOf(credit, developer, since), GOT);
        assertEq(holds.proceedsOf(credit, developer, marked), 0);
    }

    function test_proceedsOf_countsBlocksAndAuctions() public {
        ParticipantId desk = ParticipantId.wrap(0);
        _settle(developer, emitter, 100, 900_000, Settlement.Trade);
        assertEq(holds.proceedsOf(credit, developer, since), GOT + 900_000);
        skip(60);
        _mark(developer);
        uint40 marked = uint40(block.timestamp);
        _settle(developer, desk, 50, 0, Settlement.Hold);
        _settle(desk, emitter, 0, 600_000, Settlement.Trade);
        _settle(developer, desk, 0, 600_000, Settlement.Proceeds);
        assertEq(holds.proceedsOf(credit, developer, marked), 600_000);
        assertEq(holds.proceedsOf(credit, developer, since), GOT + 1_500_000);
    }

    /// @dev By order of an officer: what is sold of such lots is counted.
    function test_proceedsOf_countsWhoGotLotsByOrder() public {
        vm.prank(admin);
        exchange.forcedTransfer(developer, bodies[0], market, 200);
        _place(bodyWallets[0], SELL, 100);
        _place(emitterWallet, BUY, 200); // 100 of the developer's come first
        assertEq(holds.proceedsOf(credit, bodies[0], since), 100 * PRICE);
        assertEq(holds.proceedsOf(credit, developer, since), GOT + 100 * PRICE);
    }
}
