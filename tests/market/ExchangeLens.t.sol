// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookInsufficientCash,
    BookInsufficientLots,
    BookLotsOutsideLimits,
    BookNotFilled,
    BookOrderMalformed,
    BookOrderOutlivesDay,
    BookTickOutsideBand,
    BookWouldTake,
    OrderId,
    OrderRequest,
    SelfTrade,
    Side,
    TimeInForce
} from "../../interfaces/types/BookTypes.sol";
import {
    DepthLevel,
    Fill,
    IExchangeLens,
    MarketPhase,
    OrderTerms,
    Quote,
    QuoteStop
} from "../../interfaces/market/IExchangeLens.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev The Lens. That its quotes come true is tested against the book in {DifferentialTest}.
contract ExchangeLensTest is MarketBase {
    address private seller;
    address private buyer;
    uint24 private sellerId;
    uint24 private buyerId;

    function setUp() public override {
        super.setUp();
        (sellerId, seller) = _trader("seller", 1_000, 1_000_000);
        (buyerId, buyer) = _trader("buyer", 100, 100_000_000);
    }

    function _assertPhase(uint256 day, uint256 quarter, MarketPhase phase) private {
        vm.warp(day * 1 days - LOCAL + quarter * 15 minutes);
        assertEq(uint256(lens.market(market).phase), uint256(phase));
    }

    /// @dev The same before and after somebody has opened the day.
    function test_market_tellsThePhaseOfTheDay() public {
        for (uint256 i; i < 2; ++i) {
            _assertPhase(FIRST_DAY, 37, MarketPhase.PreOpen);
            _assertPhase(FIRST_DAY, 38, MarketPhase.Trading);
            _assertPhase(FIRST_DAY, 46, MarketPhase.Break);
            _assertPhase(FIRST_DAY, 51, MarketPhase.Break);
            _assertPhase(FIRST_DAY, 52, MarketPhase.Trading);
            _assertPhase(FIRST_DAY, 60, MarketPhase.Closed);
            _assertPhase(FIRST_DAY + 1, 40, MarketPhase.Closed);
            if (i == 0) _open(FIRST_DAY);
        }
    }

    function testFuzz_encode_isUndoneByDecode(uint16 id, uint8 kind, uint16 tick, uint32 lots, uint64 cost, uint16 caps)
        public
        view
    {
        OrderTerms memory t = OrderTerms({
            market: MarketId.wrap(id),
            side: Side(kind & 1),
            timeInForce: TimeInForce((kind >> 1) % 5),
            postOnly: kind & 16 != 0,
            selfTrade: SelfTrade((kind >> 5) % 3),
            tick: tick,
            lots: lots,
            minimumLots: lots / 3,
            maximumCost: cost >> 12,
            maximumFills: uint16(bound(caps, 1, 4_095)),
            maximumHoles: uint16(bound(caps / 3, 1, 4_095)),
            expiry: caps % 4_096,
            maximumLevels: lots % 4_096 == 0 ? 1 : uint16(lots % 4_096)
        });
        assertEq(keccak256(abi.encode(lens.decode(lens.encode(t)))), keccak256(abi.encode(t)));
    }

    function test_encode_revertsOnValuesTooWide() public {
        OrderTerms memory t;
        t.maximumFills = 4_096;
        vm.expectRevert(abi.encodeWithSelector(IExchangeLens.LensValueTooWide.selector, bytes32("maximumFills"), 4_096));
        lens.encode(t);
        t.maximumFills = 0;
        t.maximumHoles = 4_096;
        vm.expectRevert(abi.encodeWithSelector(IExchangeLens.LensValueTooWide.selector, bytes32("maximumHoles"), 4_096));
        lens.encode(t);
        t.maximumHoles = 0;
        t.maximumCost = 1 << 52;
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeLens.LensValueTooWide.selector, bytes32("maximumCost"), 1 << 52)
        );
        lens.encode(t);
        t.maximumCost = 0;
        t.expiry = 4_096;
        vm.expectRevert(abi.encodeWithSelector(IExchangeLens.LensValueTooWide.selector, bytes32("expiry"), 4_096));
        lens.encode(t);
        t.expiry = 0;
        t.maximumLevels = 4_096;
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeLens.LensValueTooWide.selector, bytes32("maximumLevels"), 4_096)
        );
        lens.encode(t);
    }

    function test_encode_takesValuesAtTheirWidest() public view {
        OrderTerms memory t;
        t.maximumFills = t.maximumHoles = t.expiry = t.maximumLevels = 4_095;
        t.maximumCost = (1 << 52) - 1;
        OrderTerms memory read = lens.decode(lens.encode(t));
        assertEq(keccak256(abi.encode(read)), keccak256(abi.encode(t)));
    }

    /// @dev What a queue had, and what one before it had, stays in storage.
    function test_order_isNoneBeforeTheHeadOrBehindTheTail() public {
        _open(FIRST_DAY);
        OrderId first = _place(seller, SELL, 4_810, 10);
        _place(seller, SELL, 4_810, 10);
        _place(seller, SELL, 4_810, 10);
        _take(buyer, BUY, 4_810, 10);
        (uint256 lots,) = lens.order(first);
        assertEq(lots, 0, "filled");
        _take(buyer, BUY, 4_810, 20);
        OrderId again = _place(seller, SELL, 4_810, 10);
        (lots,) = lens.order(again);
        assertEq(lots, 10);
        (lots,) = lens.order(OrderId.wrap(OrderId.unwrap(again) + 2));
        assertEq(lots, 0, "never placed");
    }

    function test_depth_listsTheBestFirst() public {
        _open(FIRST_DAY);
        for (uint256 i; i < 5; ++i) {
            _place(seller, SELL, 4_810 + 100 * i, 10);
            _place(seller, SELL, 4_810 + 100 * i, 10);
            _place(buyer, BUY, 4_790 - 100 * i, 7);
        }
        DepthLevel[] memory asks = lens.depth(market, Side.Sell, 3);
        DepthLevel[] memory bids = lens.depth(market, Side.Buy, 100);
        assertEq(asks.length, 3);
        assertEq(bids.length, 5);
        assertEq(asks[2].tick, 5_010);
        assertEq(asks[2].price, 501_000);
        assertEq(asks[2].lots, 20);
        assertEq(asks[2].orders, 2);
        assertEq(bids[4].tick, 4_390);
    }

    /// @dev More than are read at once, cancelled ones among them, and two that begin a queue in the level's own word.
    function test_depth_countsThousandsOfOrdersWithinWhatANodeGivesACall() public {
        (, address other) = _trader("another seller", 400, 0);
        _open(FIRST_DAY);
        uint256 lots;
        uint256 orders;
        for (uint256 i; i < 900; ++i) {
            OrderId id = _place(i % 9 == 4 ? other : seller, SELL, 4_810, 1);
            if (i % 3 == 1 || i < 2) {
                vm.prank(i % 9 == 4 ? other : seller);
                exchange.cancel(id);
            } else {
                ++lots;
                ++orders;
            }
        }
        _place(other, SELL, 4_820, 7);
        vm.cool(address(exchange));
        uint256 before = gasleft();
        DepthLevel[] memory asks = lens.depth(market, Side.Sell, 100);
        uint256 used = before - gasleft();
        assertEq(asks.length, 2);
        assertEq(asks[0].lots, lots);
        assertEq(asks[0].orders, orders);
        assertEq(asks[1].lots, 7);
        assertLt(used, 900 * 2_900, "50 million, what nodes give a call, are for 17,000 orders");
    }

    function test_depth_isEmptyBeforeTheDayIsOpened() public {
        _open(FIRST_DAY);
        _place(seller, SELL, 4_810, 10);
        vm.warp(_at(FIRST_DAY + 3));
        assertEq(lens.depth(market, Side.Sell, 3).length, 0);
        (uint16 bid, uint16 ask) = lens.best(market);
        assertEq(bid, 0);
        assertEq(ask, 0);
    }

    function test_depth_revertsOnTooManyLevels() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeLens.LensTooManyLevels.selector, 101, 100));
        lens.depth(market, Side.Sell, 101);
    }

    function test_quote_saysWhyItStops() public {
        _open(FIRST_DAY);
        _place(seller, SELL, 4_810, 10);
        _place(seller, SELL, 4_820, 10);
        ParticipantId nobody = ParticipantId.wrap(0);

        Quote memory q = lens.quote(_order(BUY, 4_820, 15, IOC), nobody);
        assertTrue(q.stop == QuoteStop.Filled);
        assertEq(q.filled, 15);
        assertEq(q.turnover, 10 * 481_000 + 5 * 482_000);
        assertEq(q.worstTick, 4_820);
        assertEq(q.makers, 2);
        q = lens.quote(_order(BUY, 4_815, 15, DAY_ORDER), nobody);
        assertTrue(q.stop == QuoteStop.PriceLimit);
        assertEq(q.rests, 5);
        q = lens.quote(_order(BUY, 4_830, 25, IOC), nobody);
        assertTrue(q.stop == QuoteStop.BookEmpty);
        assertEq(q.rests, 0);
        q = lens.quote(_with(_order(BUY, 4_830, 25, IOC), uint256(1) << 72), nobody);
        assertTrue(q.stop == QuoteStop.RecordLimit);
        q = lens.quote(_with(_order(BUY, 4_830, 25, IOC), uint256(1_000_000) << 128), nobody);
        assertTrue(q.stop == QuoteStop.CostLimit);
        assertEq(q.filled, 2);
        q = lens.quote(_with(_order(BUY, 4_830, 25, IOC), CANCEL_INCOMING), ParticipantId.wrap(sellerId));
        assertTrue(q.stop == QuoteStop.SelfTradeStop);
    }

    function test_quote_givesTheRefusal() public {
        Quote memory q = lens.quote(_order(BUY, 4_810, 1, IOC), ParticipantId.wrap(buyerId));
        assertTrue(q.stop == QuoteStop.Refused);
        uint256 opensAt = _at(FIRST_DAY) - 30 minutes;
        bytes memory closed = abi.encodeWithSelector(IExchangeBase.ExchangeMarketClosed.selector, market, opensAt);
        assertEq(q.refusal, closed);
        _open(FIRST_DAY);
        q = lens.quote(_order(BUY, 1, 1, IOC), ParticipantId.wrap(buyerId));
        assertEq(q.refusal, abi.encodeWithSelector(BookTickOutsideBand.selector, 1, 4_320, 5_280));
    }

    /// @dev In the words in which the Exchange then refuses it.
    function _refused(address wallet, uint24 id, OrderRequest request, bytes memory why) private {
        assertEq(lens.quote(request, ParticipantId.wrap(id)).refusal, why);
        vm.expectRevert(why);
        vm.prank(wallet);
        exchange.place(request);
    }

    function test_quote_refusesWhatMeansNothing() public {
        _open(FIRST_DAY);
        OrderRequest request = _with(_order(BUY, 4_810, 1, IOC), uint256(1) << 71);
        _refused(buyer, buyerId, request, abi.encodeWithSelector(BookOrderMalformed.selector, request));
        request = _with(_order(BUY, 4_810, 1, IOC), POST_ONLY);
        _refused(buyer, buyerId, request, abi.encodeWithSelector(BookOrderMalformed.selector, request));
    }

    function test_quote_refusesWhatTheBuyerCannotPay() public {
        _open(FIRST_DAY);
        _place(seller, SELL, 4_810, 10);
        (uint24 poorId, address poor) = _trader("poor", 0, 4_810);
        bytes memory why = abi.encodeWithSelector(BookInsufficientCash.selector, 481_000, 481_241);
        _refused(poor, poorId, _order(BUY, 4_810, 1, IOC), why); // the fee is missing
        (poorId, poor) = _trader("poorer", 0, 4_800);
        why = abi.encodeWithSelector(BookInsufficientCash.selector, 480_000, 480_144);
        _refused(poor, poorId, _order(BUY, 4_800, 1, DAY_ORDER), why); // of an order that would rest
        _place(seller, SELL, 4_809, 1);
        (poorId, poor) = _trader("poor enough", 0, 9_000);
        why = abi.encodeWithSelector(BookInsufficientCash.selector, 900_000 - 480_900 - 241, 480_900 + 145);
        _refused(poor, poorId, _order(BUY, 4_809, 2, DAY_ORDER), why); // of the one that fills and the one that rests
        Quote memory q = lens.quote(_order(SELL, 4_790, 1, IOC), ParticipantId.wrap(sellerId));
        assertEq(q.refusal.length, 0, "a seller pays nothing");
    }

    function test_quote_refusesWhatTheOrderCannotBe() public {
        _open(FIRST_DAY);
        _place(seller, SELL, 4_810, 10);
        _refused(buyer, buyerId, _order(BUY, 4_810, 0, IOC), _sizes(0));
        _refused(buyer, buyerId, _order(BUY, 4_800, 1, 3), abi.encodeWithSelector(BookOrderOutlivesDay.selector, 3));
        OrderRequest request = _with(_order(BUY, 4_810, 1, DAY_ORDER), POST_ONLY);
        _refused(buyer, buyerId, request, abi.encodeWithSelector(BookWouldTake.selector, 4_810));
        request = _order(BUY, 4_810, 11, FOK);
        _refused(buyer, buyerId, request, abi.encodeWithSelector(BookNotFilled.selector, 10, 11));
        request = _with(_order(BUY, 4_810, 20, IOC), uint256(12) << 96);
        _refused(buyer, buyerId, request, abi.encodeWithSelector(BookNotFilled.selector, 10, 12));
        request = _order(SELL, 4_820, 101, DAY_ORDER);
        _refused(buyer, buyerId, request, abi.encodeWithSelector(BookInsufficientLots.selector, 100, 101));
    }

    function _sizes(uint256 lots) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            BookLotsOutsideLimits.selector, lots, uint256(_rules().minimumLots), uint256(_rules().maximumLots)
        );
    }

    function test_quote_refusesWhereNothingIsTraded() public {
        _open(FIRST_DAY);
        ParticipantId who = ParticipantId.wrap(buyerId);
        vm.startPrank(officer);
        exchange.freezeAccount(who, market, true);
        vm.stopPrank();
        OrderRequest request = _order(BUY, 4_800, 1, DAY_ORDER);
        bytes memory frozen = abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, who, market);
        _refused(buyer, buyerId, request, frozen);
        vm.prank(officer);
        exchange.halt(market, "storm");
        _refused(buyer, buyerId, request, abi.encodeWithSelector(IExchangeBase.ExchangeMarketHalted.selector, market));
    }

    function _filledAsQuoted(OrderRequest request, uint256 lots, QuoteStop stop) private {
        Quote memory q = lens.quote(request, ParticipantId.wrap(buyerId));
        vm.prank(buyer);
        (, uint256 filled,) = exchange.place(request);
        assertEq(filled, lots);
        assertEq(q.filled, lots);
        assertTrue(q.stop == stop);
    }

    function test_quote_stopsWithinAQueueAsTheOrderDoes() public {
        _open(FIRST_DAY);
        OrderId[6] memory ids;
        for (uint256 i; i < 6; ++i) {
            ids[i] = _place(seller, SELL, 4_810, 1);
        }
        vm.startPrank(seller);
        exchange.cancel(ids[1]);
        exchange.cancel(ids[2]);
        vm.stopPrank();
        OrderRequest request = _order(BUY, 4_810, 2, IOC);
        _filledAsQuoted(_with(request, uint256(1) << 84), 1, QuoteStop.RecordLimit); // one hole, two are there
        _filledAsQuoted(_with(request, uint256(1) << 72), 1, QuoteStop.RecordLimit);
        _filledAsQuoted(request, 2, QuoteStop.Filled);
    }

    function test_quote_meetsOnesOwnOrdersAsTheOrderDoes() public {
        _open(FIRST_DAY);
        _place(buyer, SELL, 4_810, 5);
        _place(seller, SELL, 4_810, 10);
        _filledAsQuoted(_with(_order(BUY, 4_810, 8, IOC), DECREMENT), 3, QuoteStop.Filled);
        _place(buyer, SELL, 4_805, 5);
        _filledAsQuoted(_with(_order(BUY, 4_810, 2, IOC), CANCEL_INCOMING), 0, QuoteStop.SelfTradeStop);
        _filledAsQuoted(_order(BUY, 4_810, 2, IOC), 2, QuoteStop.Filled);
    }

    function test_tickOf_isTheInverseOfPriceOf() public {
        assertEq(lens.priceOf(market, 4_800), 480_000);
        assertEq(lens.tickOf(market, 480_000), 4_800);
        vm.expectRevert(abi.encodeWithSelector(IExchangeLens.LensPriceOffGrid.selector, 480_001, 0, 100));
        lens.tickOf(market, 480_001);
        vm.expectRevert(abi.encodeWithSelector(IExchangeLens.LensPriceOffGrid.selector, 0, 0, 100));
        lens.tickOf(market, 0);
        vm.expectRevert(abi.encodeWithSelector(IExchangeLens.LensPriceOffGrid.selector, 5_760_000, 0, 100));
        lens.tickOf(market, 5_760_000);
    }

    function testFuzz_decodeFills_readsEveryField(uint16 tick, bool ended, uint32 index, uint24 maker, uint32 lots)
        public
        view
    {
        index = uint32(bound(index, 0, (1 << 23) - 1));
        uint256 record = (uint256(tick) << 80) | (uint256(ended ? 1 : 0) << 79) | (uint256(index) << 56)
            | (uint256(maker) << 32) | lots;
        Fill[] memory fills = lens.decodeFills(abi.encodePacked(uint96(0), uint96(record)));
        assertEq(fills.length, 2);
        assertEq(fills[1].tick, tick);
        assertEq(fills[1].ended, ended);
        assertEq(fills[1].index, index);
        assertTrue(fills[1].maker == ParticipantId.wrap(maker));
        assertEq(fills[1].lots, lots);
    }

    function test_decodeFills_revertsOnHalfARecord() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeLens.LensBadRecords.selector, 13));
        lens.decodeFills(new bytes(13));
    }

    function test_order_isZeroForWhatWasNeverGivenOut() public {
        _open(FIRST_DAY);
        OrderId id = _place(seller, SELL, 4_810, 10);
        uint256[4] memory wrong = [
            OrderId.unwrap(id) + 1,
            OrderId.unwrap(id) + (1 << 24),
            OrderId.unwrap(id) + (1 << 65),
            OrderId.unwrap(id) + (1 << 88)
        ];
        for (uint256 i; i < wrong.length; ++i) {
            (uint256 lots,) = lens.order(OrderId.wrap(wrong[i]));
            assertEq(lots, 0);
        }
    }
}
