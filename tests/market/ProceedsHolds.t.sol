// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Account} from "../../interfaces/market/IExchange.sol";
import {IProceedsHolds, ProceedsHold} from "../../interfaces/market/IProceedsHolds.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
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
        holds.release(1, WHY);
        assertEq(_cashOf(developer), GOT / 2);
    }

    function test_hold_takesNothingFromAnEmptyAccount() public {
        _withdraw(GOT);
        _lock(true);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsTooMuch.selector, GOT, 0));
        _hold(GOT);
    }

    /// @dev Proceeds are reckoned by listed trades since the local day of a time.
    function test_proceedsOf_countsFromADayOn() public {
        uint40 next = since + 1 days;
        vm.warp(next);
        exchange.openDay(market);
        _place(dora, SELL, 50);
        _place(emitterWallet, BUY, 50);
        assertEq(holds.proceedsOf(credit, developer, since), GOT + 50 * PRICE);
        assertEq(holds.proceedsOf(credit, developer, next), 50 * PRICE);
        vm.warp(next + 2 days);
        assertEq(holds.proceedsOf(credit, developer, next + 2 days), 0);
    }

    /// @dev Lots at the mean price, where others sold too.
    function test_proceedsOf_isAShareOfTheTurnover() public {
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
        holds.release(1, WHY);
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
        vm.prank(authority);
        holds.release(id, WHY);
        vm.expectRevert(
            abi.encodeWithSelector(IProceedsHolds.ProceedsBadTime.selector, since, block.timestamp + 1 days)
        );
        _hold(GOT);
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
        uint256 day = block.timestamp / 1 days;
        uint256[] memory every = new uint256[](1);
        every[0] = type(uint256).max;
        for (uint256 word = day / 256; word <= day / 256 + 2; ++word) {
            schemes.setTradingDays(CHINA, uint16(word), every);
        }
        vm.warp(block.timestamp + 365 days);
        exchange.openDay(market);
        uint256 before = gasleft();
        assertEq(holds.proceedsOf(credit, developer, since), GOT);
        assertLt(before - gasleft(), 1_000_000);
    }

    /* RELEASE */

    function test_release_byTheOfficeOnce() public {
        _lock(true);
        uint256 id = _hold(GOT);
        vm.expectEmit(address(holds));
        emit IProceedsHolds.ProceedsReleased(id, authority, GOT, WHY);
        vm.prank(authority);
        holds.release(id, WHY);
        _withdraw(GOT);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotHeld.selector, id));
        holds.release(id, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsNotHeld.selector, 2));
        holds.release(2, WHY);
    }

    function test_release_byAnyAccountOnceItIsOver() public {
        _lock(true);
        uint256 id = _hold(GOT);
        vm.warp(holds.holdOf(id).until);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, 0, Powers.FREEZE));
        holds.release(id, WHY);
        vm.warp(block.timestamp + 1);
        vm.prank(stranger);
        holds.release(id, WHY);
        assertEq(_cashOf(developer), GOT);
    }

    function test_release_byAnyAccountOnceTheBatchTrades() public {
        _lock(true);
        uint256 id = _hold(GOT);
        _lock(false);
        vm.prank(stranger);
        holds.release(id, WHY);
        assertEq(_cashOf(developer), GOT);
    }
}
