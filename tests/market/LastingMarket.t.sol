// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookExpiryPassed,
    BookOrderMalformed,
    BookOrderNotOpen,
    BookOrderNotYours,
    OrderId,
    OrderRequest,
    Side
} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchangeCore} from "../../interfaces/market/IExchange.sol";
import {MarketConfig, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {DepthLevel, MarketDay, Quote, QuoteStop} from "../../interfaces/market/IExchangeLens.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Vm} from "../forge/Vm.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev A market made without a band: orders that outlive the day.
contract LastingMarketTest is MarketBase {
    uint256 private constant GTC = 3;
    uint256 private constant GTD = 4;
    uint256 private constant MONDAY = FIRST_DAY + 3;

    uint24 private sellerId;
    uint24 private buyerId;
    address private seller;
    address private buyer;
    address private other;

    function setUp() public override {
        super.setUp();
        (sellerId, seller) = _trader("seller", 1_000, 1_000_000);
        (buyerId, buyer) = _trader("buyer", 1_000, 100_000_000);
        (, other) = _trader("other", 1_000, 100_000_000);
        _open(FIRST_DAY);
    }

    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        r.bandPpm = 0;
    }

    function _rest(address wallet, uint256 side, uint256 tick, uint256 lots, uint256 force)
        private
        returns (OrderId id)
    {
        vm.prank(wallet);
        (id,,) = exchange.place(_order(side, tick, lots, force));
    }

    /// @dev Good till the end of market day `day`; the first is day 1.
    function _until(address wallet, uint256 side, uint256 tick, uint256 lots, uint256 day)
        private
        returns (OrderId id)
    {
        vm.prank(wallet);
        (id,,) = exchange.place(_with(_order(side, tick, lots, GTD), day << 180));
    }

    function _lots(OrderId id) private view returns (uint256 lots) {
        (lots,) = lens.order(id);
    }

    // ------------------------------------------------------------------ good till cancelled

    function test_place_goodTillCancelledOutlivesTheDay() public {
        OrderId id = _rest(seller, SELL, 4_810, 100, GTC);
        _open(MONDAY);
        assertEq(_lots(id), 100);
        assertEq(lens.lastDayOf(id), 0);
        assertEq(_account(sellerId).lotsInAsks, 100);
        (, uint16 ask) = lens.best(market);
        assertEq(ask, 4_810);
        assertEq(lens.depth(market, Side.Sell, 5)[0].lots, 100);

        (uint256 filled,) = _take(buyer, BUY, 4_810, 60);
        assertEq(filled, 60);
        assertEq(_lots(id), 40);
        assertEq(_account(sellerId).lotsInAsks, 40);
        vm.prank(seller);
        exchange.cancel(id);
        assertEq(_account(sellerId).lotsInAsks, 0);
    }

    function test_place_keepsItsPlaceInTheQueueOverDays() public {
        _rest(seller, SELL, 4_810, 10, GTC);
        _open(MONDAY);
        _rest(other, SELL, 4_810, 10, GTC);
        _take(buyer, BUY, 4_810, 10);
        assertEq(_account(sellerId).lots, 990);
    }

    function test_cancel_worksOnDaysThatNobodyOpened() public {
        OrderId id = _rest(buyer, BUY, 4_790, 10, GTC);
        OrderId lower = _rest(other, BUY, 4_780, 10, GTC);
        vm.warp(_at(FIRST_DAY + 1)); // Saturday
        vm.prank(buyer);
        exchange.cancel(id);
        assertEq(_account(buyerId).cashInBids, 0);
        (uint16 bid,) = lens.best(market);
        assertEq(bid, 4_780);
        assertEq(_lots(lower), 10);
        _open(MONDAY);
        (bid,) = lens.best(market);
        assertEq(bid, 4_780);
    }

    function test_place_boughtByARestingOrderIsNotForSaleThatDay() public {
        _rest(buyer, BUY, 4_790, 30, GTC);
        _take(seller, SELL, 4_790, 10);
        assertEq(_account(buyerId).lotsBought, 10);
        _open(MONDAY);
        assertEq(_account(buyerId).lotsBought, 0);
        // The buyer itself does nothing on Monday: its resting order buys.
        _take(seller, SELL, 4_790, 5);
        assertEq(_account(buyerId).lotsBought, 5);
        assertEq(_account(buyerId).lotsFree, 1_010);
        _open(MONDAY + 1);
        assertEq(_account(buyerId).lotsBought, 0);
    }

    function test_place_sellerFilledOnALaterDayMaySellWhatItBoughtBefore() public {
        _rest(seller, SELL, 4_800, 10, GTC);
        _take(seller, BUY, 4_700, 1);
        _rest(other, SELL, 4_790, 20, GTC);
        _take(seller, BUY, 4_790, 20);
        assertEq(_account(sellerId).lotsBought, 20);
        _open(MONDAY);
        _take(buyer, BUY, 4_800, 4);
        assertEq(_account(sellerId).lotsBought, 0);
        assertEq(_account(sellerId).lotsFree, 1_010);
    }

    function test_void_reachesOrdersOfEarlierDays() public {
        OrderId id = _rest(seller, SELL, 4_810, 100, GTC);
        _open(MONDAY);
        exchange.setController(address(this), 3);
        assertEq(exchange.debitUnits(ParticipantId.wrap(sellerId), market, 950, address(9)), 950);
        assertEq(_lots(id), 0);
        assertEq(_account(sellerId).lotsInAsks, 0);
        _open(MONDAY + 1);
        assertEq(_lots(id), 0, "a new day does not bring it back");
        (uint256 filled,) = _take(buyer, BUY, 4_810, 10);
        assertEq(filled, 0);
        assertEq(_account(sellerId).lotsInAsks, 0);
    }

    // ------------------------------------------------------------------ with a last day

    function test_place_dayOrderEndsAtMidnight() public {
        OrderId id = _rest(seller, SELL, 4_810, 100, DAY_ORDER);
        assertEq(lens.lastDayOf(id), FIRST_DAY);
        vm.warp((FIRST_DAY + 1) * 1 days - LOCAL - 1);
        assertEq(_lots(id), 100);
        vm.warp(block.timestamp + 1);
        assertEq(_lots(id), 0);
    }

    function test_place_goodTillDateEndsAfterItsDay() public {
        OrderId id = _until(seller, SELL, 4_810, 100, 4);
        assertEq(lens.lastDayOf(id), MONDAY);
        _open(MONDAY);
        (uint256 filled,) = _take(buyer, BUY, 4_810, 10);
        assertEq(filled, 10);
        assertEq(_lots(id), 90);
        _open(MONDAY + 1);
        assertEq(_lots(id), 0);
        (, uint16 ask) = lens.best(market);
        assertEq(ask, 0);
        assertEq(lens.depth(market, Side.Sell, 5).length, 0);
        assertEq(_account(sellerId).lotsInAsks, 90, "bound until somebody meets or clears it");
    }

    function test_place_endsAnExpiredOrderItMeets() public {
        _until(seller, SELL, 4_810, 100, 2);
        OrderId live = _rest(other, SELL, 4_810, 100, GTC);
        _open(MONDAY);
        Quote memory q = lens.quote(_order(BUY, 4_810, 30, IOC), ParticipantId.wrap(buyerId));
        vm.expectEmit(address(exchange));
        uint96 ended = uint96((4_810 << 80) | (1 << 79) | (uint256(sellerId) << 32) | 100);
        uint96 filled_ = uint96((4_810 << 80) | (1 << 56) | ((uint256(sellerId) + 2) << 32) | 30);
        emit IExchangeCore.OrdersFilled(
            _accountId(buyerId), OrderRequest.unwrap(_order(BUY, 4_810, 30, IOC)), abi.encodePacked(ended, filled_)
        );
        (uint256 filled,) = _take(buyer, BUY, 4_810, 30);
        assertEq(filled, 30);
        assertEq(q.filled, 30);
        assertEq(_account(sellerId).lotsInAsks, 0);
        assertEq(_account(sellerId).lots, 1_000);
        assertEq(_lots(live), 70);
    }

    function test_place_endsAnExpiredBidItMeets() public {
        _until(buyer, BUY, 4_790, 7, 2);
        _open(MONDAY);
        assertGt(_account(buyerId).cashInBids, 0);
        _take(seller, SELL, 4_790, 30);
        assertEq(_account(buyerId).cashInBids, 0);
        assertEq(_account(buyerId).cash, 10_000_000_000);
    }

    function test_place_endsItsOwnExpiredOrderInEveryMode() public {
        uint256[3] memory modes = [0, CANCEL_INCOMING, DECREMENT];
        uint256[4] memory days_ = [FIRST_DAY, MONDAY, MONDAY + 1, MONDAY + 2];
        for (uint256 i; i < 3; ++i) {
            _until(seller, SELL, 4_810, 100, days_[i] - FIRST_DAY + 1);
            _rest(other, SELL, 4_810, 50, GTC);
            _open(days_[i + 1]);
            vm.prank(seller);
            (, uint256 filled,) = exchange.place(_with(_order(BUY, 4_810, 20, IOC), modes[i]));
            assertEq(filled, 20);
            assertEq(_account(sellerId).lotsInAsks, 0);
            _take(buyer, BUY, 4_810, 30);
        }
    }

    function test_cancel_anyoneClearsAnExpiredOrder() public {
        OrderId ask = _until(seller, SELL, 4_810, 100, 4);
        OrderId bid = _until(buyer, BUY, 4_790, 7, 4);
        _open(MONDAY);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(BookOrderNotYours.selector, ask, sellerId));
        exchange.cancel(ask);
        vm.warp(_at(MONDAY + 1));
        vm.startPrank(makeAddr("anyone"));
        exchange.cancel(ask);
        exchange.cancel(bid);
        vm.expectRevert(abi.encodeWithSelector(BookOrderNotOpen.selector, bid));
        exchange.cancel(bid);
        vm.stopPrank();
        assertEq(_account(sellerId).lotsInAsks, 0);
        assertEq(_account(buyerId).cashInBids, 0);
    }

    function test_place_datesOfOneQueueDoNotTouchEachOther() public {
        OrderId[40] memory ids;
        for (uint256 i; i < 40; ++i) {
            ids[i] = i % 3 == 0 ? _rest(seller, SELL, 4_810, 1, GTC) : _until(seller, SELL, 4_810, 1, 1 + i);
        }
        for (uint256 i; i < 40; ++i) {
            assertEq(lens.lastDayOf(ids[i]), i % 3 == 0 ? 0 : FIRST_DAY + i);
        }
        vm.warp(_at(FIRST_DAY + 20));
        for (uint256 i; i < 40; ++i) {
            assertEq(_lots(ids[i]), i % 3 == 0 || i >= 20 ? 1 : 0);
        }
    }

    function test_place_revertsOnAnExpiryThatIsPast() public {
        _open(MONDAY);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(BookExpiryPassed.selector, 3, 4));
        exchange.place(_with(_order(SELL, 4_810, 1, GTD), 3 << 180));
        _until(seller, SELL, 4_810, 1, 4);
        Quote memory q = lens.quote(_with(_order(SELL, 4_810, 1, GTD), 3 << 180), ParticipantId.wrap(sellerId));
        assertEq(q.refusal, abi.encodeWithSelector(BookExpiryPassed.selector, 3, 4));
    }

    function test_place_revertsOnAnExpiryWithoutGoodTillDate() public {
        OrderRequest request = _with(_order(SELL, 4_810, 1, GTC), 9 << 180);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(BookOrderMalformed.selector, request));
        exchange.place(request);
    }

    function test_place_saysTheLastDayInItsEvent() public {
        uint256 word = (uint256(9) << 160) | (uint256(5) << 128) | (uint256(4_810) << 48) | (uint256(1) << 64)
            | (uint256(1) << 72) | (uint256(1) << 24);
        vm.expectEmit(address(exchange));
        emit IExchangeCore.OrderPlaced(_accountId(sellerId), word);
        _until(seller, SELL, 4_810, 5, 9);
        vm.expectEmit(address(exchange));
        emit IExchangeCore.OrderPlaced(_accountId(sellerId), word + 1 - (uint256(9) << 160));
        _rest(seller, SELL, 4_810, 5, GTC);
        vm.expectEmit(address(exchange));
        emit IExchangeCore.OrderPlaced(_accountId(sellerId), word + 2 - (uint256(8) << 160));
        _rest(seller, SELL, 4_810, 5, DAY_ORDER);
    }

    function test_batch_lastDayOfOneMarketDoesNotReachTheNext() public {
        MarketConfig memory config = _config();
        config.rules.bandPpm = 100_000;
        vm.prank(officer);
        MarketId banded = exchange.createMarket(UnitId.wrap(77), SCHEME, address(currency), config);
        exchange.openDay(banded);
        currency.mint(buyer, 1_000_000);
        vm.startPrank(buyer);
        currency.approve(address(exchange), 1_000_000);
        exchange.depositCash(banded, 1_000_000);

        OrderRequest[] memory requests = new OrderRequest[](2);
        requests[0] = _with(_order(BUY, 4_700, 5, GTD), uint256(9) << 180);
        market = banded;
        requests[1] = _order(BUY, 4_700, 5, DAY_ORDER);
        vm.recordLogs();
        exchange.batch(new OrderId[](0), requests);
        vm.stopPrank();

        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(abi.decode(logs[0].data, (uint256)) >> 160, 9);
        assertEq(abi.decode(logs[1].data, (uint256)) >> 160, 0);
    }

    function test_market_saysThatItLasts() public view {
        MarketDay memory day = lens.market(market);
        assertTrue(day.lasting);
        assertEq(day.dayZero, FIRST_DAY - 1);
    }

    function test_quote_restsWhatLasts() public view {
        Quote memory q = lens.quote(_order(SELL, 4_810, 5, GTC), ParticipantId.wrap(sellerId));
        assertEq(q.rests, 5);
        assertTrue(q.stop == QuoteStop.BookEmpty);
    }

    function test_depth_leavesExpiredOrdersOut() public {
        _until(seller, SELL, 4_810, 10, 2);
        _rest(seller, SELL, 4_810, 7, GTC);
        _until(seller, SELL, 4_809, 10, 2);
        _open(MONDAY);
        DepthLevel[] memory asks = lens.depth(market, Side.Sell, 5);
        assertEq(asks.length, 1);
        assertEq(asks[0].lots, 7);
        assertEq(asks[0].orders, 1);
    }

    function test_place_afterTheLastDayEverybodyStillGetsOut() public {
        OrderId id = _rest(seller, SELL, 4_810, 10, GTC);
        OrderId dated = _until(buyer, BUY, 4_790, 10, 4_095);
        vm.warp(_at(FIRST_DAY + 17_000));
        vm.prank(seller);
        exchange.cancel(id);
        vm.prank(other);
        exchange.cancel(dated);
        Account memory a = _account(sellerId);
        assertEq(a.lotsFree, 1_000);
        assertEq(_account(buyerId).cashInBids, 0);
        vm.prank(seller);
        exchange.withdrawUnits(market, 1_000, seller);
    }
}
