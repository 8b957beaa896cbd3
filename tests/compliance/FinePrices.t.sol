// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {InstallationId, MarketId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {FinePrice} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ISchemes, NO_VALUE, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev Fines that are a multiple of a price, with the figures of China's decree of 2024 and of the fine of Shizuishan.
contract FinePricesTest is ComplianceCase {
    uint256 private constant DECEMBER = 2021 * 12 + 11; // of the deadline
    uint256 private constant NEW_YEAR = uint256(DEADLINE) + 1;
    uint256 private constant MEAN = 2;
    uint256 private constant MONTH_BEFORE = 2;
    bytes32 private constant WHY = "nothing was traded";

    MarketId private constant NEWER = MarketId.wrap(2);

    function setUp() public override {
        super.setUp();
        _setParam("penalty.min_cents", NO_VALUE);
        _setParam("penalty.max_cents", NO_VALUE);
        _setParam("penalty.multiple_min_ppm", 5e6);
        _setParam("penalty.multiple_max_ppm", 10e6);
        _setParam("penalty.price_months", 1);
        _setParam("penalty.price_rule", 1);
        _setParam("penalty.price_until", 1);
    }

    /* FROM THE MARKET */

    /// @dev 7,385,561,333.79 yuan for 75,365,531 t, most of them in blocks: 97.9965, so 98.00.
    function test_fixFinePrice_isTheOneOfShizuishan() public {
        exchange.setMonth(MARKET, DECEMBER, 13_365_531, 13_148_653_337_900);
        blocks.setMonth(MARKET, DECEMBER, 62_000_000, 60_706_960_000_000);
        vm.warp(NEW_YEAR);
        vm.expectEmit(address(compliance));
        emit IPenalties.FinePriceFixed(CHINA, PERIOD, 9800, 75_365_531, 73_855_613_337_900, DECEMBER, DECEMBER);
        vm.prank(stranger);
        assertEq(penalties.fixFinePrice(CHINA, PERIOD), 9800);

        FinePrice memory price = penalties.finePriceOf(CHINA, PERIOD);
        assertEq(price.cents, 9800);
        assertEq(price.fixedAt, NEW_YEAR);
        assertFalse(price.stated);
        _checkBounds(865_300, 42_399_700_000, 84_799_400_000);
    }

    function test_decide_fixesAMultipleOfThePrice() public {
        exchange.setMonth(MARKET, DECEMBER, 100, 98_000_000); // 98.00
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.CompliancePriceOpen.selector, CHINA, PERIOD));
        penalties.decide(plant, PERIOD, 49_000_000, 0, WHY);
        penalties.fixFinePrice(CHINA, PERIOD);

        vm.startPrank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceFineOutOfBounds.selector, 48_999_999, 49_000_000, 98_000_000)
        );
        penalties.decide(plant, PERIOD, 48_999_999, 0, WHY);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceFineOutOfBounds.selector, 98_000_001, 49_000_000, 98_000_000)
        );
        penalties.decide(plant, PERIOD, 98_000_001, 0, WHY);
        penalties.decide(plant, PERIOD, 98_000_000, 0, WHY);
        assertEq(_penalty().fineCents, 98_000_000);
    }

    /// @dev Three months, the last the one before the deadline's; two vintages; lots of 10 in one of the markets.
    function test_fixFinePrice_sumsMonthsMarketsAndUnits() public {
        exchange.open(NEWER, CEA_2021, address(allowances), address(currency), 10);
        _setParam("penalty.price_months", 3);
        _setParam("penalty.price_until", MONTH_BEFORE);
        exchange.setMonth(MARKET, DECEMBER, 1_000_000, 1); // not of the window
        exchange.setMonth(MARKET, DECEMBER - 4, 1_000_000, 1); // likewise
        exchange.setMonth(MARKET, DECEMBER - 1, 100, 50_000_000); // 100 at 50.00
        exchange.setMonth(MARKET, DECEMBER - 3, 100, 40_000_000); // 100 at 40.00
        blocks.setMonth(NEWER, DECEMBER - 2, 20, 180_000_000); // 200 at 90.00
        vm.warp(NEW_YEAR);
        assertEq(penalties.fixFinePrice(CHINA, PERIOD), 6750); // 27,000 through 400
    }

    /// @dev Ties go up: 1.005 is 1.01.
    function test_fixFinePrice_roundsToTheNearestCent() public {
        exchange.setMonth(MARKET, DECEMBER, 2, 20_100);
        vm.warp(NEW_YEAR);
        assertEq(penalties.fixFinePrice(CHINA, PERIOD), 101);
    }

    function test_fixFinePrice_roundsDownBelowATie() public {
        exchange.setMonth(MARKET, DECEMBER, 2, 20_099);
        vm.warp(NEW_YEAR);
        assertEq(penalties.fixFinePrice(CHINA, PERIOD), 100);
    }

    function test_fixFinePrice_leavesOtherCurrenciesOut() public {
        exchange.open(NEWER, CEA_2021, address(allowances), stranger, 1);
        exchange.setMonth(NEWER, DECEMBER, 1000, 1);
        exchange.setMonth(MARKET, DECEMBER, 1, 500_000);
        vm.warp(NEW_YEAR);
        assertEq(penalties.fixFinePrice(CHINA, PERIOD), 5000);
    }

    /// @dev The deadline's year 2021 and fifteen before it.
    function test_fixFinePrice_countsSixteenVintages() public {
        exchange.open(NEWER, _vintage(2006), address(allowances), address(currency), 1);
        exchange.open(MarketId.wrap(3), _vintage(2005), address(allowances), address(currency), 1);
        exchange.open(MarketId.wrap(4), _vintage(2022), address(allowances), address(currency), 1);
        exchange.setMonth(NEWER, DECEMBER, 1, 500_000);
        exchange.setMonth(MarketId.wrap(3), DECEMBER, 1000, 1);
        exchange.setMonth(MarketId.wrap(4), DECEMBER, 1000, 1);
        vm.warp(NEW_YEAR);
        assertEq(penalties.fixFinePrice(CHINA, PERIOD), 5000);
    }

    /// @dev A period whose vintage is later than the year of its deadline.
    function test_fixFinePrice_countsThePeriodsOwnVintage() public {
        _setPeriod(PERIOD, 2020, 2020, 2022, DEADLINE);
        exchange.open(NEWER, _vintage(2022), address(allowances), address(currency), 1);
        exchange.setMonth(NEWER, DECEMBER, 1, 500_000);
        vm.warp(NEW_YEAR);
        assertEq(penalties.fixFinePrice(CHINA, PERIOD), 5000);
    }

    function test_fixFinePrice_waitsForTheEndOfItsMonths() public {
        exchange.setMonth(MARKET, DECEMBER, 1, 500_000);
        vm.warp(DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceMonthsNotOver.selector, PERIOD, DECEMBER));
        penalties.fixFinePrice(CHINA, PERIOD);
        vm.warp(NEW_YEAR);
        penalties.fixFinePrice(CHINA, PERIOD);
    }

    function test_fixFinePrice_happensOnce() public {
        exchange.setMonth(MARKET, DECEMBER, 1, 500_000);
        vm.warp(NEW_YEAR);
        penalties.fixFinePrice(CHINA, PERIOD);
        exchange.setMonth(MARKET, DECEMBER, 1, 900_000);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.CompliancePriceKnown.selector, CHINA, PERIOD, 5000));
        penalties.fixFinePrice(CHINA, PERIOD);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.CompliancePriceKnown.selector, CHINA, PERIOD, 5000));
        _state(6000);
    }

    function test_fixFinePrice_isOnlyForFinesThatAreMultiples() public {
        _setParam("penalty.multiple_max_ppm", NO_VALUE);
        vm.warp(NEW_YEAR);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.CompliancePriceNotAsked.selector, CHINA, PERIOD));
        penalties.fixFinePrice(CHINA, PERIOD);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.CompliancePriceNotAsked.selector, CHINA, PERIOD));
        _state(6000);
    }

    function test_fixFinePrice_needsARuleTheChainCanFollow() public {
        vm.warp(NEW_YEAR);
        _setParam("penalty.price_rule", MEAN);
        _refuseRule();
        _setParam("penalty.price_rule", 1);
        _setParam("penalty.price_months", 25);
        _refuseRule();
        _setParam("penalty.price_months", 0);
        _refuseRule();
        _setParam("penalty.price_months", 24);
        _setParam("penalty.price_until", NO_VALUE);
        _refuseRule();
        _setParam("penalty.price_until", 1);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceNothingTraded.selector, CHINA, DECEMBER - 23, DECEMBER)
        );
        penalties.fixFinePrice(CHINA, PERIOD);
    }

    function test_fixFinePrice_needsATreasurysCurrency() public {
        schemes.setPeriod(OTHER, PERIOD, schemes.period(CHINA, PERIOD));
        for (uint256 i = 0; i < 4; ++i) {
            string memory key =
                ["penalty.multiple_max_ppm", "penalty.price_months", "penalty.price_rule", "penalty.price_until"][i];
            schemes.setParam(OTHER, keccak256(bytes(key)), key, 17_897, 1, 0);
        }
        vm.warp(NEW_YEAR + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceNoTreasury.selector, OTHER));
        penalties.fixFinePrice(OTHER, PERIOD);
    }

    /* FROM AN OFFICER */

    function test_stateFinePrice_isForAWindowWithoutTrades() public {
        vm.warp(NEW_YEAR);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceNothingTraded.selector, CHINA, DECEMBER, DECEMBER));
        penalties.fixFinePrice(CHINA, PERIOD);
        vm.expectEmit(address(compliance));
        emit IPenalties.FinePriceStated(CHINA, PERIOD, ministry, 5400, WHY);
        _state(5400);
        assertTrue(penalties.finePriceOf(CHINA, PERIOD).stated);
        _checkBounds(10, 270_000, 540_000);
    }

    function test_stateFinePrice_isRefusedWhereTheMarketHasOne() public {
        exchange.setMonth(MARKET, DECEMBER, 1, 500_000);
        vm.warp(NEW_YEAR);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.CompliancePriceKnown.selector, CHINA, PERIOD, 5000));
        _state(5400);
    }

    function test_stateFinePrice_waitsForDeadlineAndMonths() public {
        vm.warp(DEADLINE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPenalties.ComplianceBeforeDeadline.selector, InstallationId.wrap(0), uint256(DEADLINE)
            )
        );
        _state(5400);
        _setPeriod(PERIOD, 2020, 2020, 2020, DEADLINE - 15 days);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceMonthsNotOver.selector, PERIOD, DECEMBER));
        _state(5400);
    }

    function test_stateFinePrice_isForARuleTheChainCannotFollow() public {
        exchange.setMonth(MARKET, DECEMBER, 1, 500_000);
        _setParam("penalty.price_rule", MEAN);
        vm.warp(NEW_YEAR);
        _state(5400);
        assertEq(penalties.finePriceOf(CHINA, PERIOD).cents, 5400);
    }

    function test_stateFinePrice_needsThePowerInAllOfTheSchemeAndAReason() public {
        vm.warp(NEW_YEAR);
        vm.prank(bureau); // of one province
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, CHINA, uint16(0), Powers.PENALISE)
        );
        penalties.stateFinePrice(CHINA, PERIOD, 5400, WHY);
        vm.startPrank(ministry);
        vm.expectRevert(IPenalties.ComplianceReasonMissing.selector);
        penalties.stateFinePrice(CHINA, PERIOD, 5400, 0);
        vm.expectRevert(ICompliance.ComplianceZeroAmount.selector);
        penalties.stateFinePrice(CHINA, PERIOD, 0, WHY);
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, InstallationId.wrap(0), uint256(1) << 64)
        );
        penalties.stateFinePrice(CHINA, PERIOD, 1 << 64, WHY);
        penalties.stateFinePrice(CHINA, PERIOD, (1 << 64) - 1, WHY);
        assertEq(penalties.finePriceOf(CHINA, PERIOD).cents, (1 << 64) - 1);
    }

    /* CAP */

    /// @dev One to three times the price, at most 150,000 yuan, as in Hubei.
    function test_fineBounds_endAtTheCap() public {
        _setParam("penalty.multiple_min_ppm", 1e6);
        _setParam("penalty.multiple_max_ppm", 3e6);
        _setParam("penalty.cap_cents", 15_000_000);
        exchange.setMonth(MARKET, DECEMBER, 1, 500_000); // 50.00
        vm.warp(NEW_YEAR);
        penalties.fixFinePrice(CHINA, PERIOD);
        _checkBounds(1000, 5_000_000, 15_000_000);
        _checkBounds(4000, 15_000_000, 15_000_000);
        _checkBounds(500, 2_500_000, 7_500_000);
    }

    /// @dev 1.5 × 0.01 × 1 is less than two cents.
    function test_fineBounds_roundAMultipleDown() public {
        _setParam("penalty.multiple_min_ppm", 1_500_000);
        exchange.setMonth(MARKET, DECEMBER, 1, 100);
        vm.warp(NEW_YEAR);
        penalties.fixFinePrice(CHINA, PERIOD);
        _checkBounds(1, 1, 10);
    }

    /* STEPS */

    function _state(uint256 cents) private {
        vm.prank(ministry);
        penalties.stateFinePrice(CHINA, PERIOD, cents, WHY);
    }

    function _refuseRule() private {
        vm.expectRevert(abi.encodeWithSelector(IPenalties.CompliancePriceRuleUnknown.selector, CHINA, PERIOD));
        penalties.fixFinePrice(CHINA, PERIOD);
    }

    function _vintage(uint16 year) private pure returns (UnitId) {
        return UnitId.wrap(uint256(1) << 96 | uint256(1) << 80 | uint256(year) << 64);
    }

    function _checkBounds(uint256 shortfall, uint256 least, uint256 most) private view {
        (uint256 minCents, uint256 maxCents) = penalties.fineBounds(CHINA, PERIOD, shortfall);
        assertEq(minCents, least);
        assertEq(maxCents, most);
    }

    /* PAUSE */

    function test_aPauseOverTheDeadline_movesTheFinesPriceToo() public {
        vm.warp(DEADLINE);
        IPausable(address(compliance)).pause(1 days);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPenalties.ComplianceBeforeDeadline.selector, InstallationId.wrap(0), uint256(DEADLINE) + 1 days
            )
        );
        _state(5400);
    }
}
