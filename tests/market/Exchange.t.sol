// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots,
    BookLotsOutsideLimits,
    BookNotFilled,
    BookOrderMalformed,
    BookOrderOutlivesDay,
    BookTickOutsideBand,
    BookWouldTake,
    OrderId,
    OrderRequest
} from "../../interfaces/types/BookTypes.sol";
import {Account, IExchange} from "../../interfaces/market/IExchange.sol";
import {MarketDay, Quote, QuoteStop} from "../../interfaces/market/IExchangeLens.sol";
import {IExchangeBase, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Orders: what fills, what rests, what is refused.
contract ExchangeTest is MarketBase {
    uint24 private sellerId;
    uint24 private buyerId;
    uint24 private otherId;
    address private seller;
    address private buyer;
    address private other;

    function setUp() public override {
        super.setUp();
        (sellerId, seller) = _trader("seller", 1_000, 1_000_000);
        (buyerId, buyer) = _trader("buyer", 1_000, 100_000_000);
        (otherId, other) = _trader("other", 1_000, 100_000_000);
        _open(FIRST_DAY);
    }

    function _refuse(address wallet, OrderRequest request, bytes memory reason) private {
        vm.prank(wallet);
        vm.expectRevert(reason);
        exchange.place(request);
    }

    // ------------------------------------------------------------------ resting and filling

    function test_place_restsAndReservesLots() public {
        OrderId id = _place(seller, SELL, 4_810, 100);
        Account memory a = _account(sellerId);
        assertEq(a.lotsInAsks, 100);
        assertEq(a.lotsFree, 900);
        (uint256 lots, ParticipantId owner) = lens.order(id);
        assertEq(lots, 100);
        assertTrue(owner == ParticipantId.wrap(sellerId));
    }

    function test_place_restsAndReservesCashWithFee() public {
        _place(buyer, BUY, 4_790, 7);
        // 7 · 47.90 = 335.30; 300 ppm of it is 0.10059, up to 0.1006
        assertEq(_account(buyerId).cashInBids, 3_353_000 + 1_006);
    }

    function test_place_paysBothSidesAtTheRestingPrice() public {
        _place(seller, SELL, 4_810, 100);
        (uint256 filled, uint256 cash) = _take(buyer, BUY, 4_850, 60);
        assertEq(filled, 60);
        // 60 · 48.10 = 2,886.00; taker 500 ppm = 1.4430; maker 300 ppm = 0.8658
        assertEq(cash, 28_860_000 + 14_430);
        assertEq(_account(sellerId).cash, 100_000_000 + 28_860_000 - 8_658);
        assertEq(_account(buyerId).lots, 1_060);
        assertEq(_account(sellerId).lotsInAsks, 40);
        assertEq(lens.market(market).fees, 14_430 + 8_658);
    }

    function test_place_fillsTheOldestFirst() public {
        _place(seller, SELL, 4_810, 10);
        _place(other, SELL, 4_810, 10);
        _take(buyer, BUY, 4_810, 15);
        assertEq(_account(sellerId).lots, 990);
        assertEq(_account(otherId).lots, 995);
    }

    function test_place_fillsTheBestPriceFirst() public {
        _place(seller, SELL, 4_820, 10);
        _place(other, SELL, 4_810, 10);
        (, uint256 cash) = _take(buyer, BUY, 4_820, 10);
        assertEq(cash, 4_810_000 + 2_405);
        MarketDay memory day = lens.market(market);
        assertEq(day.askTick, 4_820);
        assertEq(day.lastTick, 4_810);
    }

    function test_place_restsWhatIsLeft() public {
        _place(seller, SELL, 4_810, 10);
        vm.prank(buyer);
        (OrderId id, uint256 filled,) = exchange.place(_order(BUY, 4_810, 25, DAY_ORDER));
        assertEq(filled, 10);
        (uint256 lots,) = lens.order(id);
        assertEq(lots, 15);
        assertEq(lens.market(market).bidTick, 4_810);
    }

    function test_place_sumsFeesOfAnOrderAsIfFilledAtOnce() public {
        _place(buyer, BUY, 4_790, 7);
        for (uint256 i; i < 7; ++i) {
            _take(seller, SELL, 4_790, 1);
        }
        Account memory a = _account(buyerId);
        assertEq(a.cash, 10_000_000_000 - 3_353_000 - 1_006);
        assertEq(a.cashInBids, 0);
    }

    function test_place_immediateOrCancelNeverRests() public {
        vm.prank(buyer);
        (OrderId id, uint256 filled,) = exchange.place(_order(BUY, 4_810, 25, IOC));
        assertEq(OrderId.unwrap(id), 0);
        assertEq(filled, 0);
    }

    function test_place_fillOrKillRevertsWhenShort() public {
        _place(seller, SELL, 4_810, 10);
        _refuse(buyer, _order(BUY, 4_810, 11, FOK), abi.encodeWithSelector(BookNotFilled.selector, 10, 11));
    }

    function test_place_minimumRevertsWhenShort() public {
        _place(seller, SELL, 4_810, 10);
        OrderRequest request = _with(_order(BUY, 4_810, 40, IOC), uint256(11) << 96);
        _refuse(buyer, request, abi.encodeWithSelector(BookNotFilled.selector, 10, 11));
    }

    function test_place_postOnlyRevertsWhenItWouldTake() public {
        _place(seller, SELL, 4_810, 10);
        OrderRequest request = _with(_order(BUY, 4_810, 1, DAY_ORDER), POST_ONLY);
        _refuse(buyer, request, abi.encodeWithSelector(BookWouldTake.selector, 4_810));
    }

    function test_place_stopsAtTheMaximumCost() public {
        _place(seller, SELL, 4_810, 10);
        // Three lots cost 144.30 and 0.07215 of fee, up to 144.3722.
        OrderRequest request = _with(_order(BUY, 4_810, 10, DAY_ORDER), uint256(1_443_722) << 128);
        vm.prank(buyer);
        (OrderId id, uint256 filled, uint256 cash) = exchange.place(request);
        assertEq(filled, 3);
        assertEq(cash, 1_443_722);
        assertEq(OrderId.unwrap(id), 0, "a remainder that was stopped never rests");
    }

    function test_place_countsTheFeeIntoTheMaximumCost() public {
        _place(seller, SELL, 4_810, 10);
        // One less than three lots and their fee.
        OrderRequest request = _with(_order(BUY, 4_810, 10, IOC), uint256(1_443_721) << 128);
        vm.prank(buyer);
        (, uint256 filled,) = exchange.place(request);
        assertEq(filled, 2);
    }

    function test_place_stopsAtTheCapOfRecords() public {
        _place(seller, SELL, 4_810, 10);
        _place(other, SELL, 4_810, 10);
        OrderRequest request = _with(_order(BUY, 4_810, 20, DAY_ORDER), uint256(1) << 72);
        vm.prank(buyer);
        (OrderId id, uint256 filled,) = exchange.place(request);
        assertEq(filled, 10);
        assertEq(OrderId.unwrap(id), 0);
        assertEq(lens.market(market).askTick, 4_810);
    }

    function _threeLevels() private returns (OrderId voided) {
        _place(seller, SELL, 4_810, 10);
        voided = _place(other, SELL, 4_811, 10);
        _place(seller, SELL, 4_812, 10);
        _place(seller, SELL, 4_813, 10);
    }

    function test_place_stopsAtTheCapOfLevels() public {
        _threeLevels();
        vm.prank(buyer);
        (OrderId id, uint256 filled,) = exchange.place(_with(_order(BUY, 4_820, 35, DAY_ORDER), 2 << 192));
        assertEq(filled, 20);
        assertEq(OrderId.unwrap(id), 0, "what a cap stops never rests");
        assertEq(lens.market(market).askTick, 4_812);
    }

    function test_place_countsLevelsItTradesAtOnly() public {
        _threeLevels();
        vm.prank(officer);
        exchange.freezeAccount(ParticipantId.wrap(otherId), market, true);
        vm.prank(buyer);
        (, uint256 filled,) = exchange.place(_with(_order(BUY, 4_820, 35, IOC), 2 << 192));
        assertEq(filled, 20);
        assertEq(lens.market(market).askTick, 4_813);
    }

    function test_place_restsWhatTheCapOfLevelsDidNotStop() public {
        _threeLevels();
        vm.prank(buyer);
        (OrderId id, uint256 filled,) = exchange.place(_with(_order(BUY, 4_811, 35, DAY_ORDER), 2 << 192));
        assertEq(filled, 20);
        (uint256 lots,) = lens.order(id);
        assertEq(lots, 15, "the next price is beyond its limit anyway");
    }

    function test_place_reachesNoMoreLevelsThanTheMarketAllows() public {
        MarketRules memory r = _rules();
        r.takerLevels = 2;
        vm.prank(officer);
        exchange.setMarketRules(market, r);
        _open(FIRST_DAY + 3);
        _threeLevels();
        OrderRequest request = _with(_order(BUY, 4_820, 35, IOC), 3 << 192);
        Quote memory q = lens.quote(request, ParticipantId.wrap(buyerId));
        assertTrue(q.stop == QuoteStop.LevelLimit);
        assertEq(q.filled, 20);
        vm.startPrank(buyer);
        (, uint256 filled,) = exchange.place(request);
        assertEq(filled, 20);
        (, filled,) = exchange.place(_with(request, 1 << 192));
        (, filled,) = exchange.place(_with(_order(BUY, 4_820, 35, IOC), 1 << 192));
        assertEq(filled, 0);
    }

    function test_place_stepsOverNoMoreHolesThanAsked() public {
        OrderId[] memory ids = new OrderId[](4);
        for (uint256 i; i < 4; ++i) {
            ids[i] = _place(seller, SELL, 4_810, 10);
        }
        _place(other, SELL, 4_810, 10);
        vm.prank(seller);
        exchange.batch(ids, new OrderRequest[](0));

        OrderRequest request = _with(_order(BUY, 4_810, 10, IOC), uint256(3) << 84);
        vm.prank(buyer);
        (, uint256 filled,) = exchange.place(request);
        assertEq(filled, 0);
        // What was stepped over stays behind: the next order has one hole to go.
        vm.prank(buyer);
        (, filled,) = exchange.place(_with(_order(BUY, 4_810, 10, IOC), uint256(1) << 84));
        assertEq(filled, 10);
    }

    // ------------------------------------------------------------------ own orders

    function test_place_cancelsTheRestingOfTheSameParticipant() public {
        OrderId own = _place(buyer, SELL, 4_810, 10);
        _place(seller, SELL, 4_810, 10);
        (uint256 filled,) = _take(buyer, BUY, 4_810, 10);
        assertEq(filled, 10);
        (uint256 lots,) = lens.order(own);
        assertEq(lots, 0);
        assertEq(_account(buyerId).lotsInAsks, 0);
    }

    function test_place_cancelsTheIncomingWhenAsked() public {
        _place(seller, SELL, 4_810, 5);
        OrderId own = _place(buyer, SELL, 4_810, 10);
        vm.prank(buyer);
        (OrderId id, uint256 filled,) = exchange.place(_with(_order(BUY, 4_810, 10, DAY_ORDER), CANCEL_INCOMING));
        assertEq(filled, 5);
        assertEq(OrderId.unwrap(id), 0);
        (uint256 lots,) = lens.order(own);
        assertEq(lots, 10);
    }

    function test_place_decrementsBothWhenAsked() public {
        OrderId own = _place(buyer, BUY, 4_790, 10);
        vm.prank(buyer);
        (OrderId id, uint256 filled,) = exchange.place(_with(_order(SELL, 4_790, 4, DAY_ORDER), DECREMENT));
        assertEq(filled, 0);
        assertEq(OrderId.unwrap(id), 0);
        (uint256 lots,) = lens.order(own);
        assertEq(lots, 6);
        // 6 · 47.90 · 1.0003 = 287.48622, up
        assertEq(_account(buyerId).cashInBids, 2_874_863);
    }

    // ------------------------------------------------------------------ refusals

    function test_place_revertsOutsideTheBand() public {
        _refuse(
            seller, _order(SELL, 5_281, 1, 0), abi.encodeWithSelector(BookTickOutsideBand.selector, 5_281, 4_320, 5_280)
        );
        _refuse(
            buyer, _order(BUY, 4_319, 1, 0), abi.encodeWithSelector(BookTickOutsideBand.selector, 4_319, 4_320, 5_280)
        );
        _place(seller, SELL, 5_280, 1);
        _place(buyer, BUY, 4_320, 1);
    }

    function test_place_revertsOutsideTheSizes() public {
        _refuse(buyer, _order(BUY, 4_800, 0, 0), abi.encodeWithSelector(BookLotsOutsideLimits.selector, 0, 1, 99_999));
        _refuse(
            buyer,
            _order(BUY, 4_800, 100_000, 0),
            abi.encodeWithSelector(BookLotsOutsideLimits.selector, 100_000, 1, 99_999)
        );
    }

    function test_place_revertsWithoutLots() public {
        _place(seller, SELL, 4_810, 999);
        _refuse(seller, _order(SELL, 4_810, 2, IOC), abi.encodeWithSelector(BookInsufficientLots.selector, 1, 2));
    }

    function test_place_revertsWithoutCash() public {
        _refuse(
            seller,
            _order(BUY, 4_800, 209, 0),
            abi.encodeWithSelector(BookInsufficientCash.selector, 100_000_000, 100_350_096)
        );
        _place(other, SELL, 4_800, 1_000);
        _refuse(
            seller,
            _order(BUY, 4_800, 209, IOC),
            abi.encodeWithSelector(BookInsufficientCash.selector, 100_000_000, 100_370_160)
        );
    }

    function test_place_revertsOnWhatWasBoughtToday() public {
        _place(seller, SELL, 4_810, 100);
        _take(buyer, BUY, 4_810, 100);
        assertEq(_account(buyerId).lotsBought, 100);
        _refuse(
            buyer, _order(SELL, 4_810, 1_001, 0), abi.encodeWithSelector(BookInsufficientLots.selector, 1_000, 1_001)
        );
        vm.warp(_at(FIRST_DAY + 3));
        exchange.openDay(market);
        _place(buyer, SELL, 4_810, 1_001);
    }

    function test_place_proceedsMayBeSpentAtOnce() public {
        _place(buyer, BUY, 4_800, 500);
        _take(seller, SELL, 4_800, 500);
        _place(other, SELL, 4_800, 500);
        (uint256 filled,) = _take(seller, BUY, 4_800, 500);
        assertEq(filled, 500);
    }

    function test_place_revertsOverTheHoldingLimit() public {
        vm.prank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(buyerId), market, 1_010);
        _refuse(
            buyer, _order(BUY, 4_800, 11, 0), abi.encodeWithSelector(BookHoldingLimitExceeded.selector, int256(10), 11)
        );
        _place(buyer, BUY, 4_800, 10);
    }

    function test_place_cutsARestingBidAtTheHoldingLimit() public {
        vm.prank(officer);
        exchange.setHoldingLimit(ParticipantId.wrap(buyerId), market, 1_010);
        _place(buyer, BUY, 4_800, 10);
        _place(buyer, BUY, 4_799, 10);
        _place(other, BUY, 4_799, 10);
        (uint256 filled,) = _take(seller, SELL, 4_799, 20);
        assertEq(filled, 20);
        assertEq(_account(buyerId).lots, 1_010);
        assertEq(_account(buyerId).cashInBids, 0, "what was over the limit is free again");
        assertEq(_account(otherId).lots, 1_010);
    }

    function test_place_revertsOnMalformedWords() public {
        OrderRequest good = _order(BUY, 4_800, 1, DAY_ORDER);
        uint256[6] memory bad = [
            uint256(5) << 65, // no time in force
            uint256(3) << 69,
            uint256(1) << 71,
            uint256(1) << 180, // an expiry, but not good till date
            uint256(1) << 204,
            POST_ONLY | (IOC << 65)
        ];
        for (uint256 i; i < bad.length; ++i) {
            OrderRequest request = _with(good, bad[i]);
            _refuse(buyer, request, abi.encodeWithSelector(BookOrderMalformed.selector, request));
        }
    }

    function test_place_revertsOnOrdersThatOutliveTheDay() public {
        for (uint256 force = 3; force < 5; ++force) {
            OrderRequest request = _order(BUY, 4_800, 1, force);
            _refuse(buyer, request, abi.encodeWithSelector(BookOrderOutlivesDay.selector, force));
            bytes memory refusal = lens.quote(request, ParticipantId.wrap(buyerId)).refusal;
            assertEq(refusal, abi.encodeWithSelector(BookOrderOutlivesDay.selector, force));
        }
    }

    function test_place_revertsForWhoMayNotTrade() public {
        OrderRequest request = _order(BUY, 4_800, 1, DAY_ORDER);
        _refuse(address(9), request, abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, address(9)));

        participants.set(buyer, buyerId, 2, 2);
        exchange.sync(buyer);
        _refuse(buyer, request, abi.encodeWithSelector(IExchangeBase.ExchangeRightMissing.selector, buyer, 1));

        participants.set(buyer, buyerId, 31, 3);
        exchange.sync(buyer);
        _refuse(buyer, request, abi.encodeWithSelector(IExchangeBase.ExchangeParticipantNotActive.selector, buyerId, 3));

        participants.set(buyer, buyerId, 31, 2);
        _place(buyer, BUY, 4_800, 1); // looked up anew
    }

    function test_place_revertsInAnUnknownMarket() public {
        OrderRequest request = OrderRequest.wrap(1 | (4_800 << 32) | (uint256(7) << 48));
        _refuse(buyer, request, abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, 7));
    }
}
