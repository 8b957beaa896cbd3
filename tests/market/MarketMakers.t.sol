// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {MarketConfig, MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {Duties, IMarketMakers, MakerDay} from "../../interfaces/market/IMarketMakers.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {BookStore} from "../../contracts/book/BookStore.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {MarketBase} from "./MarketBase.sol";
import {RulesDouble} from "./MarketDoubles.sol";

/// @dev Sessions are 09:30 to 11:30 and 13:00 to 15:00: 14,400 seconds.
contract MarketMakersTest is MarketBase {
    uint32 private constant TODAY = uint32(FIRST_DAY);
    uint32 private constant MONDAY = uint32(FIRST_DAY) + 3;
    uint32 private constant SESSION = 14_400;

    IMarketMakers private makers;
    uint24 private makerId;
    address private maker;
    address private taker;
    ParticipantId private id;

    function setUp() public override {
        super.setUp();
        makers = IMarketMakers(deployCode("MarketMakers.sol:MarketMakers", abi.encode(exchange, lens)));
        (makerId, maker) = _trader("maker", 10_000, 1_000_000_000);
        (, taker) = _trader("taker", 10_000, 1_000_000_000);
        id = ParticipantId.wrap(makerId);
        vm.warp((FIRST_DAY - 1) * 1 days - LOCAL + 10 hours);
        _appoint(_duties());
    }

    function _duties() private pure returns (Duties memory d) {
        d.maximumSpread = 20;
        d.minimumLots = 100;
        d.presencePpm = 500_000;
        d.fromDay = TODAY;
    }

    function _appoint(Duties memory d) private {
        vm.prank(officer);
        makers.appoint(market, id, d, "rebate 7");
    }

    /// @dev Local time of a day.
    function _clock(uint256 day, uint256 hour, uint256 minute) private {
        vm.warp(day * 1 days - LOCAL + hour * 1 hours + minute * 1 minutes);
    }

    function _quote(uint256 lots) private returns (OrderId bid, OrderId ask) {
        bid = _place(maker, BUY, 4_790, lots);
        ask = _place(maker, SELL, 4_810, lots);
    }

    function _present(OrderId bid, OrderId ask) private {
        vm.prank(maker);
        makers.present(market, bid, ask);
    }

    function _start() private returns (OrderId bid, OrderId ask) {
        _open(FIRST_DAY); // at ten
        (bid, ask) = _quote(150);
        _present(bid, ask);
    }

    function _made(uint32 day) private view returns (MakerDay memory) {
        return makers.dutyOf(market, id, day);
    }

    function _seconds(uint32 present) private view {
        assertEq(_made(TODAY).presentSeconds, present);
    }

    // ------------------------------------------------------------------ measuring

    function test_check_countsSecondsInsideSessionsOnly() public {
        (OrderId bid, OrderId ask) = _start();
        vm.warp(block.timestamp + 100);
        vm.expectEmit(address(makers));
        emit IMarketMakers.PresenceCounted(market, id, TODAY, 100, SESSION);
        makers.check(market, id);
        makers.check(market, id);
        _seconds(100);
        _clock(FIRST_DAY, 12, 30); // in the break
        makers.check(market, id);
        _seconds(5_400);
        assertFalse(_made(TODAY).met);
        _clock(FIRST_DAY, 13, 30);
        makers.check(market, id);
        _seconds(7_200);
        assertTrue(_made(TODAY).met, "half of the day is due");
        _clock(FIRST_DAY, 23, 59);
        makers.check(market, id);
        _seconds(5_400 + 7_200);
        assertEq(_made(TODAY).sessionSeconds, SESSION);
        (OrderId b, OrderId a, uint256 since) = makers.quotesOf(market, id);
        assertTrue(OrderId.unwrap(b) == OrderId.unwrap(bid) && OrderId.unwrap(a) == OrderId.unwrap(ask));
        assertEq(since, block.timestamp);
    }

    /// @dev However often somebody looks, the sum is the same.
    function testFuzz_check_theSumDoesNotDependOnWhoLooksWhen(uint16[8] memory gaps) public {
        _start();
        for (uint256 i; i < 8; ++i) {
            vm.warp(block.timestamp + gaps[i] % 2_000);
            makers.check(market, id);
        }
        uint256 second = (block.timestamp + LOCAL) % 1 days;
        uint256 morning = second < 11.5 hours ? second - 10 hours : 1.5 hours;
        uint256 afternoon = second < 13 hours ? 0 : second < 15 hours ? second - 13 hours : 2 hours;
        _seconds(uint32(morning + afternoon));
    }

    function test_check_aStretchCountsNothingWhenAnOrderShrankTooFar() public {
        _start();
        vm.warp(block.timestamp + 60);
        _take(taker, BUY, 4_810, 50); // 100 are left
        makers.check(market, id);
        _seconds(60);
        vm.warp(block.timestamp + 60);
        _take(taker, BUY, 4_810, 1);
        vm.expectEmit(address(makers));
        emit IMarketMakers.QuotesEnded(market, id);
        makers.check(market, id);
        _seconds(60);
        (,, uint256 since) = makers.quotesOf(market, id);
        assertEq(since, 0);
        vm.warp(block.timestamp + 60);
        makers.check(market, id);
        _seconds(60);
    }

    /// @dev The smaller of the two orders counts, whichever it is: here the bid.
    function test_check_aBidThatShrankTooFarCountsNothing() public {
        _start();
        vm.warp(block.timestamp + 60);
        _take(taker, SELL, 4_790, 51); // 99 are left
        makers.check(market, id);
        _seconds(0);
    }

    function test_present_looksAtBothOrders() public {
        (OrderId bid, OrderId ask) = _start();
        OrderId small = _place(maker, BUY, 4_795, 99);
        OrderId foreign = _place(taker, BUY, 4_794, 100);
        vm.startPrank(maker);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersOrderTooSmall.selector, small, 99, 100));
        makers.present(market, small, ask);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersForeignOrder.selector, foreign));
        makers.present(market, foreign, ask);
        makers.present(market, bid, ask);
        vm.stopPrank();
    }

    /// @dev Two makers in one market: what the one quotes is no presence of the other's.
    function test_check_ofTwoMakersCountsEachAlone() public {
        uint24 otherId = lastParticipant + 1;
        vm.prank(officer);
        makers.appoint(market, ParticipantId.wrap(otherId), _duties(), "rebate 8");
        _start();
        (, address other) = _trader("other maker", 10_000, 1_000_000_000);
        OrderId bid = _place(other, BUY, 4_791, 150);
        OrderId ask = _place(other, SELL, 4_809, 150);
        vm.warp(block.timestamp + 40);
        vm.prank(other);
        makers.present(market, bid, ask);
        vm.prank(other);
        exchange.cancel(ask);
        vm.warp(block.timestamp + 60);
        makers.check(market, id);
        makers.check(market, ParticipantId.wrap(otherId));
        _seconds(100);
        assertEq(makers.dutyOf(market, ParticipantId.wrap(otherId), TODAY).presentSeconds, 0);
    }

    function test_check_anyEndOfAnOrderEndsPresence() public {
        uint256 mark = vm.snapshotState();
        for (uint256 way; way < 4; ++way) {
            (OrderId bid,) = _start();
            vm.warp(block.timestamp + 60);
            if (way == 0) {
                vm.prank(maker);
                exchange.cancel(bid);
            } else if (way == 1) {
                _take(taker, SELL, 4_790, 150);
            } else if (way == 2) {
                vm.startPrank(officer);
                exchange.freezeAccount(id, market, true);
                exchange.freezeAccount(id, market, false);
                vm.stopPrank();
            } else {
                _open(MONDAY); // the orders died at midnight
            }
            makers.check(market, id);
            assertEq(_made(TODAY).presentSeconds, 0, vm.toString(way));
            assertEq(_made(MONDAY).presentSeconds, 0);
            (,, uint256 since) = makers.quotesOf(market, id);
            assertEq(since, 0);
            vm.revertToState(mark);
        }
    }

    function test_check_withoutQuotesSaysNothing() public {
        _open(FIRST_DAY);
        vm.recordLogs();
        makers.check(market, id);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    /// @dev A level counts its queues in 24 bits: after as many, an order's number comes again, and may be another's.
    function test_check_anotherParticipantsOrderUnderTheSameNumberCountsNothing() public {
        uint256 mark = vm.snapshotState();
        for (uint256 side; side < 2; ++side) {
            uint256 tick = side == BUY ? 4_790 : 4_810;
            bytes32 slot = bytes32(BookStore.levelSlot(BookStore.levelKey(MarketId.unwrap(market), side, tick)));
            _open(FIRST_DAY);
            bytes32 before = vm.load(address(exchange), slot);
            (OrderId bid, OrderId ask) = _quote(150);
            _present(bid, ask);
            vm.prank(maker);
            exchange.cancel(side == BUY ? bid : ask);
            vm.store(address(exchange), slot, before);
            OrderId again = _place(taker, side, tick, 150);
            assertEq(OrderId.unwrap(again), OrderId.unwrap(side == BUY ? bid : ask));
            vm.warp(block.timestamp + 60);
            makers.check(market, id);
            assertEq(_made(TODAY).presentSeconds, 0);
            vm.revertToState(mark);
        }
    }

    function test_present_countsTheOrdersBeforeAndGoesOnWithTheNewOnes() public {
        (OrderId bid,) = _start();
        vm.warp(block.timestamp + 60);
        OrderId ask = _place(maker, SELL, 4_805, 100);
        _present(bid, ask);
        _seconds(60);
        vm.warp(block.timestamp + 30);
        _take(taker, BUY, 4_805, 1);
        makers.check(market, id);
        _seconds(60);
    }

    function test_dutyOf_aDayOnWhichNobodyCountsIsNotMet() public {
        _open(FIRST_DAY);
        MakerDay memory made = _made(TODAY);
        assertEq(made.duties.maximumSpread, 20);
        assertEq(made.sessionSeconds, 0);
        assertFalse(made.met);
    }

    /// @dev In a market whose orders outlive the day, both days of a stretch get their part.
    function test_check_overMidnightInALastingMarket() public {
        _lasting(100, 100);
        _quoteOvernight(0);
        assertEq(_made(MONDAY).presentSeconds, 2 hours);
        assertEq(_made(MONDAY + 1).presentSeconds, 1 hours);
        assertEq(_made(MONDAY + 1).sessionSeconds, 1 days);
    }

    /// @dev 100 lots are left: what today asks for makes nothing good of a yesterday that asked for 150.
    function test_check_overMidnight_judgesYesterdayByItsOwnDuties() public {
        _lasting(150, 100);
        _quoteOvernight(50);
        assertEq(_made(MONDAY).presentSeconds, 0);
        assertEq(_made(MONDAY + 1).presentSeconds, 1 hours);
    }

    function test_check_overMidnight_keepsWhatYesterdayAskedFor() public {
        _lasting(100, 150);
        _quoteOvernight(50);
        assertEq(_made(MONDAY).presentSeconds, 2 hours);
        assertEq(_made(MONDAY + 1).presentSeconds, 0);
    }

    /// @dev A market without a band, open all day, and least lots of a maker on Monday and from Tuesday on.
    function _lasting(uint32 monday, uint32 tuesday) private {
        MarketConfig memory c = _config();
        c.rules.bandPpm = 0;
        c.rules.sessions = [0, 96, 0, 0];
        UnitId unit = UnitId.wrap(UnitId.unwrap(UNIT) + 1);
        vm.prank(officer);
        market = exchange.createMarket(unit, SCHEME, address(currency), c);
        Duties memory d = _duties();
        (d.fromDay, d.minimumLots) = (MONDAY, monday);
        _appoint(d);
        (d.fromDay, d.minimumLots) = (MONDAY + 1, tuesday);
        _appoint(d);
        _open(FIRST_DAY + 3); // time has come back to after the roles were given
        units.mint(maker, UnitId.unwrap(unit), 1_000);
        vm.prank(maker);
        units.safeTransferFrom(maker, address(exchange), UnitId.unwrap(unit), 1_000, "");
        _deposit(maker, 0, 100_000_000);
        _deposit(taker, 0, 100_000_000);
    }

    /// @dev 150 lots from ten in the evening, some of them bought away, until somebody looks at one.
    function _quoteOvernight(uint256 bought) private {
        uint256 gtc = 3 << 65;
        vm.startPrank(maker);
        (OrderId bid,,) = exchange.place(_with(_order(BUY, 4_790, 150, 0), gtc));
        (OrderId ask,,) = exchange.place(_with(_order(SELL, 4_810, 150, 0), gtc));
        vm.stopPrank();
        _clock(MONDAY, 22, 0);
        _present(bid, ask);
        if (bought != 0) _take(taker, BUY, 4_810, bought);
        _clock(MONDAY + 1, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersDayNotOpened.selector, market, MONDAY + 1));
        makers.check(market, id);
        exchange.openDay(market);
        makers.check(market, id);
    }

    // ------------------------------------------------------------------ what can be presented

    function test_present_refusesWhatDoesNotDo() public {
        (OrderId bid, OrderId ask) = _start();
        OrderId wide = _place(maker, SELL, 4_811, 100);
        OrderId small = _place(maker, SELL, 4_805, 99);
        OrderId foreign = _place(taker, SELL, 4_806, 100);
        vm.startPrank(maker);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersSpreadTooWide.selector, 21, 20));
        makers.present(market, bid, wide);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersOrderTooSmall.selector, small, 99, 100));
        makers.present(market, bid, small);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersForeignOrder.selector, foreign));
        makers.present(market, bid, foreign);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersForeignOrder.selector, ask));
        makers.present(market, ask, bid);
        exchange.cancel(ask);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersForeignOrder.selector, ask));
        makers.present(market, bid, ask);
        vm.stopPrank();
    }

    /// @dev As good an order of another market is none of this one's.
    function test_present_refusesOrdersOfAnotherMarket() public {
        (OrderId bid, OrderId ask) = _start();
        MarketId here = market;
        vm.prank(officer);
        market = exchange.createMarket(UnitId.wrap(UnitId.unwrap(UNIT) + 1), SCHEME, address(currency), _config());
        exchange.openDay(market);
        _deposit(maker, 0, 100_000_000);
        OrderId other = _place(maker, BUY, 4_790, 150);
        market = here;
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersForeignOrder.selector, other));
        _present(other, ask);
        _present(bid, ask);
    }

    function test_present_isForTheMakersTraders() public {
        (OrderId bid, OrderId ask) = _start();
        vm.prank(taker);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersNoDuty.selector, market, lastParticipant, TODAY));
        makers.present(market, bid, ask);
        address clerk = makeAddr("clerk");
        participants.add(makerId, clerk, ALL_RIGHTS & ~uint8(1));
        vm.prank(clerk);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersWalletCannotTrade.selector, clerk));
        makers.present(market, bid, ask);
        participants.set(maker, makerId, ALL_RIGHTS, 3);
        vm.prank(maker);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersWalletCannotTrade.selector, maker));
        makers.present(market, bid, ask);
    }

    function test_present_needsAnOpenedDay() public {
        (OrderId bid, OrderId ask) = _start();
        vm.warp(_at(MONDAY));
        vm.prank(maker);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersDayNotOpened.selector, market, MONDAY));
        makers.present(market, bid, ask);
    }

    // ------------------------------------------------------------------ appointments

    function test_appoint_needsThePowerAndALaterDay() public {
        Duties memory d = _duties();
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        makers.appoint(market, id, d, "");
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        makers.dismiss(market, id, MONDAY, "");
        vm.startPrank(officer);
        vm.warp(_at(FIRST_DAY));
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersTooEarly.selector, TODAY, TODAY + 1));
        makers.appoint(market, id, d, "");
        vm.stopPrank();
    }

    /// @dev An order for the year 11,700,000 was the last there could be.
    function test_appoint_replacesWhatWasOrderedForThatDayOrLater() public {
        vm.warp(_at(FIRST_DAY));
        Duties memory d = _duties();
        for (uint32 i; i < 3; ++i) {
            (d.fromDay, d.maximumSpread) = (TODAY + 10 * (i + 1), uint16(i + 1));
            _appoint(d);
        }
        (d.fromDay, d.maximumSpread) = (TODAY + 20, 7);
        _appoint(d);
        assertEq(_made(TODAY + 9).duties.maximumSpread, 20);
        assertEq(_made(TODAY + 19).duties.maximumSpread, 1);
        assertEq(_made(TODAY + 20).duties.maximumSpread, 7);
        assertEq(_made(TODAY + 30).duties.maximumSpread, 7);
        vm.prank(officer);
        makers.dismiss(market, id, TODAY + 1, "");
        assertEq(_made(TODAY).duties.maximumSpread, 20);
        assertEq(_made(TODAY + 30).duties.maximumSpread, 0);
    }

    function test_appoint_withinTheHorizon() public {
        vm.warp(_at(FIRST_DAY));
        Duties memory d = _duties();
        uint32 latest = TODAY + 1 + 366;
        bytes memory far = abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest);
        d.fromDay = latest + 1;
        vm.startPrank(officer);
        vm.expectRevert(far);
        makers.appoint(market, id, d, "");
        vm.expectRevert(far);
        makers.dismiss(market, id, latest + 1, "");
        uint32 last = latest + 100 * 366;
        (d.fromDay, d.untilDay) = (latest, last + 1);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, last + 1, last));
        makers.appoint(market, id, d, "");
        d.untilDay = last;
        makers.appoint(market, id, d, "");
        vm.stopPrank();
    }

    function test_appoint_refusesDutiesThatAreNone() public {
        bytes32[4] memory fieldNames = [bytes32("maximumSpread"), "minimumLots", "presencePpm", "untilDay"];
        for (uint256 i; i < 5; ++i) {
            Duties memory d = _duties();
            d.fromDay = MONDAY;
            if (i == 0) d.maximumSpread = 0;
            if (i == 1) d.minimumLots = 0;
            if (i == 2) d.presencePpm = 0;
            if (i == 3) d.untilDay = MONDAY - 1;
            if (i == 4) d.presencePpm = 1_000_001;
            vm.prank(officer);
            vm.expectRevert(
                abi.encodeWithSelector(IMarketMakers.MakersBadDuties.selector, i == 4 ? fieldNames[2] : fieldNames[i])
            );
            makers.appoint(market, id, d, "");
        }
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersBadDuties.selector, bytes32("participant")));
        makers.appoint(market, ParticipantId.wrap(0), _duties(), "");
    }

    function test_appoint_allowsOneDayOfFullPresence() public {
        Duties memory d = _duties();
        (d.presencePpm, d.fromDay, d.untilDay) = (1_000_000, MONDAY, MONDAY);
        _appoint(d);
        assertEq(_made(MONDAY).duties.presencePpm, 1_000_000);
        assertEq(_made(MONDAY + 1).duties.fromDay, 0);
    }

    function test_dutyOf_keepsThePastAndEndsOnTime() public {
        vm.warp(_at(FIRST_DAY));
        Duties memory d = _duties();
        (d.fromDay, d.untilDay, d.maximumSpread) = (MONDAY, MONDAY + 1, 5);
        _appoint(d);
        assertEq(_made(TODAY - 1).duties.fromDay, 0);
        assertEq(_made(TODAY + 2).duties.maximumSpread, 20);
        assertEq(_made(MONDAY).duties.maximumSpread, 5);
        assertEq(_made(MONDAY + 1).duties.untilDay, MONDAY + 1);
        assertEq(_made(MONDAY + 2).duties.fromDay, 0);
        vm.expectEmit(address(makers));
        emit IMarketMakers.MarketMakerDismissed(market, id, officer, MONDAY + 1, "sold");
        vm.prank(officer);
        makers.dismiss(market, id, MONDAY + 1, "sold");
        assertEq(_made(MONDAY).duties.maximumSpread, 5);
        assertEq(_made(MONDAY + 1).duties.fromDay, 0);
    }

    function test_check_aDismissedMakerCountsNothingMore() public {
        vm.prank(officer);
        makers.dismiss(market, id, MONDAY, "");
        _start();
        _open(MONDAY);
        vm.prank(maker);
        vm.expectRevert(abi.encodeWithSelector(IMarketMakers.MakersNoDuty.selector, market, makerId, MONDAY));
        makers.present(market, OrderId.wrap(0), OrderId.wrap(0));
    }
}
