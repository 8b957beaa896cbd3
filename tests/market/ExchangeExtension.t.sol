// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {MarketDay} from "../../interfaces/market/IExchangeLens.sol";
import {
    CloseRule,
    IExchangeBase,
    MarketConfig,
    MarketRules,
    MarketStatus
} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeExtension} from "../../interfaces/market/IExchangeExtension.sol";
import {MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {Extendable} from "../../contracts/lib/Extendable.sol";
import {RulesDouble} from "./MarketDoubles.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Markets, days, hours, rules.
contract ExchangeExtensionTest is MarketBase {
    address private seller;
    address private buyer;
    UnitId private constant OTHER = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | (uint256(2019) << 64) | 1);

    function setUp() public override {
        super.setUp();
        (, seller) = _trader("seller", 1_000_000, 1_000_000);
        (, buyer) = _trader("buyer", 0, 100_000_000);
    }

    function _create(MarketConfig memory config) private returns (MarketId) {
        vm.prank(officer);
        return exchange.createMarket(OTHER, SCHEME, address(currency), config);
    }

    function _refuseConfig(MarketConfig memory config, bytes32 field) private {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, field));
        exchange.createMarket(OTHER, SCHEME, address(currency), config);
    }

    // ------------------------------------------------------------------ markets

    function test_createMarket_tellsEverything() public {
        MarketConfig memory config = _config();
        config.basePrice = 100_000;
        config.utcQuarters = -20;
        vm.expectEmit(address(exchange));
        emit IExchangeBase.MarketCreated(MarketId.wrap(2), OTHER, SCHEME, address(currency), config);
        MarketId id = _create(config);
        assertTrue(exchange.marketOf(OTHER) == id);
        assertEq(exchange.marketCount(), 2);
        vm.warp(_at(FIRST_DAY + 4));
        exchange.openDay(id);
        (MarketConfig memory read, MarketRules memory next) = lens.marketConfig(id);
        assertEq(keccak256(abi.encode(read)), keccak256(abi.encode(config)));
        assertEq(keccak256(abi.encode(next)), keccak256(abi.encode(config.rules)));
        assertEq(exchange.marketAssets(id).units, address(units));
    }

    function test_createMarket_needsThePower() public {
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        exchange.createMarket(OTHER, SCHEME, address(currency), _config());
    }

    function test_createMarket_revertsForTheSameUnit() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketExists.selector, UNIT, market));
        exchange.createMarket(UNIT, SCHEME, address(currency), _config());
    }

    function test_createMarket_needsADisclosedVintageOfAllowances() public {
        UnitId undisclosed = UnitId.wrap((uint256(1) << 96) | (uint256(1) << 80) | (uint256(2023) << 64));
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNotDisclosed.selector, 2023));
        exchange.createMarket(undisclosed, SCHEME, address(currency), _config());
    }

    /// @dev A unit has one market for ever: an officer of another scheme could create it first.
    function test_createMarket_ofAUnitIsUnderItsOwnScheme() public {
        rules.disclose(2023);
        for (uint256 class = 1; class <= 4; ++class) {
            UnitId foreign = UnitId.wrap((class << 96) | (uint256(9) << 80) | (uint256(2023) << 64) | 1);
            vm.prank(officer);
            vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("scheme")));
            exchange.createMarket(foreign, SCHEME, address(currency), _config());
        }
    }

    function test_assignMarket_isForAllOfTheScheme() public {
        rules.grantAt(seller, 31, 16);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        exchange.assignMarket(market, 31);

        vm.expectEmit(address(exchange));
        emit IExchangeBase.MarketAssigned(market, 0, 31, officer);
        vm.prank(officer);
        exchange.assignMarket(market, 31);
        assertEq(exchange.marketAssets(market).jurisdiction, 31);
    }

    function test_assignMarket_letsItsOperatorRunThisOneOnly() public {
        MarketId other = _create(_config());
        rules.grantAt(seller, 31, 16);
        vm.prank(officer);
        exchange.assignMarket(market, 31);

        vm.prank(seller);
        exchange.halt(market, "feed");
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        exchange.halt(other, "feed");

        vm.prank(officer);
        exchange.assignMarket(market, 11);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        exchange.resume(market, "feed");
        vm.prank(officer); // all of the scheme
        exchange.resume(market, "feed");
    }

    /// @dev The power to freeze is the whole scheme's: who runs a market of a province freezes no account there.
    function test_freezeAccount_isNotOfAMarketsProvince() public {
        rules.grantAt(seller, 31, 16 | 32);
        vm.prank(officer);
        exchange.assignMarket(market, 31);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 32));
        vm.prank(seller);
        exchange.freezeAccount(ParticipantId.wrap(2), market, true);
        rules.grantAt(seller, 0, 32);
        vm.prank(seller);
        exchange.freezeAccount(ParticipantId.wrap(2), market, true);
        assertTrue(exchange.account(ParticipantId.wrap(2), market).frozen);
    }

    function test_createMarket_revertsOnBadConfigurations() public {
        MarketConfig memory c = _config();
        c.units = address(9);
        _refuseConfig(c, "units");
        c = _config();
        c.lotSize = 0;
        _refuseConfig(c, "lotSize");
        c = _config();
        c.tickSize = 0;
        _refuseConfig(c, "tickSize");
        c = _config();
        c.referenceTick = 0;
        _refuseConfig(c, "referenceTick");
        c.referenceTick = 57_600;
        _refuseConfig(c, "referenceTick");
        c = _config();
        c.utcQuarters = 57;
        _refuseConfig(c, "utcQuarters");
        c.utcQuarters = -49;
        _refuseConfig(c, "utcQuarters");
        c = _config();
        c.feeAccount = ParticipantId.wrap(0);
        _refuseConfig(c, "feeAccount");
        c = _config();
        c.rules.minimumLots = 0;
        _refuseConfig(c, "lots");
        c = _config();
        c.rules.maximumLots = 0;
        _refuseConfig(c, "lots");
        c = _config();
        c.rules.bandPpm = 1_000_000;
        _refuseConfig(c, "bandPpm");
        c = _config();
        c.rules.holdingLimit = 1 << 33;
        _refuseConfig(c, "holdingLimit");

        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("currency")));
        exchange.createMarket(OTHER, SCHEME, address(9), _config());
    }

    function test_createMarket_takesSessionsWithoutABreak() public {
        MarketConfig memory c = _config();
        c.rules.sessions = [38, 46, 46, 60];
        _create(c);
    }

    function test_createMarket_revertsOnSessionsThatDoNotRise() public {
        uint8[4][6] memory bad =
            [[46, 38, 52, 60], [38, 38, 52, 60], [38, 46, 45, 60], [38, 46, 52, 52], [38, 46, 52, 97], [0, 0, 0, 0]];
        for (uint256 i; i < bad.length; ++i) {
            MarketConfig memory c = _config();
            c.rules.sessions = bad[i];
            _refuseConfig(c, "sessions");
        }
    }

    function test_createMarket_oneSessionIsEnough() public {
        MarketConfig memory c = _config();
        c.rules.sessions = [36, 68, 0, 0];
        MarketId id = _create(c);
        vm.warp(_at(FIRST_DAY) - 1 hours - 1);
        assertEq(lens.nextSession(id), _at(FIRST_DAY) - 1 hours);
        vm.warp(_at(FIRST_DAY) + 7 hours);
        assertEq(lens.nextSession(id), _at(FIRST_DAY + 3) - 1 hours);
    }

    // ------------------------------------------------------------------ days

    function test_openDay_setsTheBandOfTheFirstDay() public {
        vm.expectEmit(address(exchange));
        emit IExchangeBase.DayOpened(market, FIRST_DAY, 4_800, 4_320, 5_280, 0, 0, 0);
        _open(FIRST_DAY);
        MarketDay memory day = lens.market(market);
        assertTrue(day.open);
        assertEq(day.day, FIRST_DAY);
    }

    function test_openDay_roundsTheBandToTheNearestTickTiesUp() public {
        // Published closes of the Chinese market and the limits its trades have touched.
        uint16[4] memory closes = [5_296, 4_562, 5_746, 5_615];
        uint16[4] memory limits = [5_826, 5_018, 5_171, 5_054];
        for (uint256 i; i < 4; ++i) {
            MarketConfig memory c = _config();
            c.referenceTick = closes[i];
            vm.prank(officer);
            MarketId id = exchange.createMarket(UnitId.wrap(UnitId.unwrap(OTHER) + i), SCHEME, address(currency), c);
            exchange.openDay(id);
            MarketDay memory day = lens.market(id);
            assertEq(i < 2 ? day.highTick : day.lowTick, limits[i]);
        }
    }

    function test_openDay_closesAtTheVolumeWeightedPrice() public {
        _open(FIRST_DAY);
        _place(seller, SELL, 4_810, 30);
        _place(seller, SELL, 4_821, 30);
        _take(buyer, BUY, 4_821, 60); // 48.155, a tie
        vm.warp(_at(FIRST_DAY + 3));
        uint256 turnover = 30 * 481_000 + 30 * 482_100;
        vm.expectEmit(address(exchange));
        emit IExchangeBase.DayOpened(
            market, FIRST_DAY + 3, 4_816, 4_334, 5_298, 60, turnover, turnover / 2_000 + 1 + 4_329 + 4_339
        );
        exchange.openDay(market);
    }

    function test_openDay_closesAtTheLastPriceWhereTheRuleSaysSo() public {
        MarketRules memory r = _rules();
        r.closeRule = CloseRule.LastPrice;
        vm.prank(officer);
        exchange.setMarketRules(market, r);
        _open(FIRST_DAY);
        _place(seller, SELL, 4_810, 30);
        _place(seller, SELL, 4_821, 30);
        _take(buyer, BUY, 4_821, 60);
        _open(FIRST_DAY + 3);
        assertEq(lens.market(market).lastTick, 4_821);
    }

    function test_openDay_keepsTheCloseWhenNothingTraded() public {
        _open(FIRST_DAY);
        _open(FIRST_DAY + 3);
        assertEq(lens.market(market).lastTick, 4_800);
    }

    function test_openDay_paysTheFeesOut() public {
        _open(FIRST_DAY);
        _place(seller, SELL, 4_810, 100);
        _take(buyer, BUY, 4_810, 100);
        uint256 fees = lens.market(market).fees;
        assertEq(fees, 24_050 + 14_430);
        _open(FIRST_DAY + 3);
        assertEq(_account(OPERATOR).cash, fees);
        assertEq(lens.market(market).fees, 0);
    }

    function test_openDay_revertsTwiceAndOnHolidays() public {
        _open(FIRST_DAY);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeDayAlreadyOpened.selector, market, FIRST_DAY));
        exchange.openDay(market);
        vm.warp(_at(FIRST_DAY + 1)); // Saturday
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeMarketClosed.selector, market, _at(FIRST_DAY + 3) - 30 minutes)
        );
        exchange.openDay(market);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, 9));
        exchange.openDay(MarketId.wrap(9));
    }

    function test_openDay_beginsWithAnEmptyBook() public {
        _open(FIRST_DAY);
        _place(seller, SELL, 4_810, 100);
        _place(buyer, BUY, 4_790, 100);
        _open(FIRST_DAY + 3);
        MarketDay memory day = lens.market(market);
        assertEq(day.askTick, 0);
        assertEq(day.bidTick, 0);
        _place(seller, SELL, 4_811, 5);
        (uint256 filled,) = _take(buyer, BUY, 4_900, 50);
        assertEq(filled, 5, "nothing of the day before");
    }

    // ------------------------------------------------------------------ hours

    function _closed(uint256 opensAt) private {
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketClosed.selector, market, opensAt));
        exchange.place(_order(BUY, 4_800, 1, DAY_ORDER));
        assertEq(lens.nextSession(market), opensAt);
    }

    function test_place_revertsOutsideTheHoursAndSaysWhenTheyBegin() public {
        uint256 midnight = FIRST_DAY * 1 days - LOCAL;
        vm.warp(midnight + 1);
        exchange.openDay(market);
        _closed(midnight + 9.5 hours);
        vm.warp(midnight + 9.5 hours - 1);
        _closed(midnight + 9.5 hours);
        vm.warp(midnight + 9.5 hours);
        _place(buyer, BUY, 4_800, 1);
        vm.warp(midnight + 11.5 hours - 1);
        _place(buyer, BUY, 4_800, 1);
        vm.warp(midnight + 11.5 hours);
        _closed(midnight + 13 hours);
        vm.warp(midnight + 13 hours);
        _place(buyer, BUY, 4_800, 1);
        vm.warp(midnight + 15 hours);
        _closed(midnight + 3 days + 9.5 hours); // over the weekend
    }

    function test_place_revertsWhenNobodyHasOpenedTheDay() public {
        vm.warp(_at(FIRST_DAY));
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeDayNotOpened.selector, market, FIRST_DAY));
        exchange.place(_order(BUY, 4_800, 1, DAY_ORDER));
    }

    function test_place_saysZeroWhenTheCalendarEnds() public {
        vm.warp(_at(FIRST_DAY + 2_000));
        _closed(0);
    }

    function test_nextSession_looksOverLongHolidays() public {
        for (uint256 day = FIRST_DAY + 1; day < FIRST_DAY + 380; ++day) {
            rules.setTradingDay(day, false);
        }
        vm.warp(_at(FIRST_DAY + 1));
        // Day 380 after a Friday is a Monday or so: the first listed one.
        uint256 first = FIRST_DAY + 380;
        while ((first + 3) % 7 >= 5) ++first;
        _closed(_at(first) - 30 minutes);
    }

    // ------------------------------------------------------------------ halts and rules

    function test_halt_stopsOrdersButNotCancelling() public {
        _open(FIRST_DAY);
        OrderId id = _place(seller, SELL, 4_810, 100);
        vm.expectEmit(address(exchange));
        emit IExchangeBase.MarketHalted(market, officer, "storm");
        vm.prank(officer);
        exchange.halt(market, "storm");
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketHalted.selector, market));
        exchange.place(_order(BUY, 4_810, 1, DAY_ORDER));
        vm.prank(seller);
        exchange.cancel(id);
        vm.prank(officer);
        exchange.resume(market, "calm");
        _place(buyer, BUY, 4_810, 1);
    }

    function test_halt_outlastsTheDay() public {
        _open(FIRST_DAY);
        vm.prank(officer);
        exchange.halt(market, "storm");
        _open(FIRST_DAY + 3);
        assertTrue(lens.market(market).status == MarketStatus.Halted);
    }

    function test_halt_needsThePowerAndTheRightStatus() public {
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        exchange.halt(market, "");
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        exchange.resume(market, "");
        vm.startPrank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeMarketStatus.selector, market, MarketStatus.Halted)
        );
        exchange.resume(market, "");
        exchange.halt(market, "");
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeBase.ExchangeMarketStatus.selector, market, MarketStatus.Trading)
        );
        exchange.halt(market, "");
        vm.stopPrank();
    }

    function test_setMarketRules_holdsFromTheNextDayOn() public {
        _open(FIRST_DAY);
        MarketRules memory r = _rules();
        (r.takerFeePpm, r.makerFeePpm, r.maximumLots) = (1_000, 0, 50);
        r.sessions = [40, 46, 52, 60];
        vm.prank(officer);
        exchange.setMarketRules(market, r);
        _place(seller, SELL, 4_810, 100);
        (, uint256 cash) = _take(buyer, BUY, 4_810, 10);
        assertEq(cash, 4_810_000 + 2_405, "fees of the opened day");

        vm.warp(_at(FIRST_DAY + 3) - 15 minutes);
        assertEq(lens.nextSession(market), _at(FIRST_DAY + 3), "hours of the day to come");
        _open(FIRST_DAY + 3);
        _place(seller, SELL, 4_810, 50);
        (, cash) = _take(buyer, BUY, 4_810, 10);
        assertEq(cash, 4_810_000 + 4_810);
    }

    function test_setMarketRules_needsThePower() public {
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        exchange.setMarketRules(market, _rules());
    }

    function test_openDay_withoutABandTheGridIsFree() public {
        MarketConfig memory c = _config();
        c.rules.bandPpm = 0;
        market = _create(c);
        units.mint(seller, UnitId.unwrap(OTHER), 1);
        vm.prank(seller);
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(OTHER), 1, "");
        _deposit(buyer, 0, 2);
        _open(FIRST_DAY);
        _place(seller, SELL, 57_599, 1);
        _place(buyer, BUY, 1, 1);
        assertEq(lens.market(market).askTick, 57_599);
        assertEq(lens.market(market).bidTick, 1);
    }

    function test_setMarketRules_neitherGivesNorTakesABand() public {
        MarketRules memory r = _rules();
        r.bandPpm = 0;
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("bandPpm")));
        exchange.setMarketRules(market, r);
        MarketConfig memory c = _config();
        c.rules.bandPpm = 0;
        market = exchange.createMarket(OTHER, SCHEME, address(currency), c);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("bandPpm")));
        exchange.setMarketRules(market, _rules());
        vm.stopPrank();
    }

    function test_setMarketRules_keepsTheMakerFeeOfAMarketWithoutBand() public {
        MarketConfig memory c = _config();
        c.rules.bandPpm = 0;
        market = _create(c);
        for (uint256 day = FIRST_DAY; day < FIRST_DAY + 2; ++day) {
            MarketRules memory r = _rules();
            r.bandPpm = 0;
            r.takerFeePpm += 1;
            vm.startPrank(officer);
            exchange.setMarketRules(market, r);
            r.makerFeePpm += 1;
            vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeBadConfig.selector, bytes32("makerFeePpm")));
            exchange.setMarketRules(market, r);
            vm.stopPrank();
            if (day == FIRST_DAY) _open(day);
        }
    }

    function test_createMarket_refusesBadBlockRules() public {
        MarketConfig memory c = _config();
        c.rules.blockBandPpm = 1_000_000;
        _refuseConfig(c, "blockBandPpm");
        c = _config();
        c.rules.blockMinimumLots = 100_000;
        _refuseConfig(c, "blockSession");
        c.rules.blockSession = [52, 97];
        _refuseConfig(c, "blockSession");
        c.rules.blockSession = [52, 60];
        c.rules.blockBandPpm = 300_000;
        c.rules.takerLevels = 5;
        (, MarketRules memory next) = lens.marketConfig(_create(c));
        assertEq(keccak256(abi.encode(next)), keccak256(abi.encode(c.rules)));
    }

    function test_setController_isRestricted() public {
        vm.prank(officer);
        vm.expectRevert();
        exchange.setController(officer, 15);
        vm.expectEmit(address(exchange));
        emit IExchangeBase.ControllerSet(officer, 15);
        exchange.setController(officer, 15);
    }

    function test_extension_atItsOwnAddressReachesNothing() public {
        exchange.setController(address(this), 15);
        IExchangeExtension extension = IExchangeExtension(Extendable(address(exchange)).EXTENSION());
        vm.expectRevert();
        extension.debitUnits(ParticipantId.wrap(2), market, 1, address(this));
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, market));
        extension.openDay(market);
    }
}
