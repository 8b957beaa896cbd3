// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {ChargeId, chargeRef, IFalseReports} from "../../interfaces/compliance/IFalseReports.sol";
import {MarketId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {AppealOutcome, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ISchemes, NO_VALUE, Powers} from "../../interfaces/rules/ISchemes.sol";
import {FalseReportsCase} from "./FalseReportsCase.sol";

/// @dev What follows where a fine is not paid: a debit, a cut of the next allocation.
contract FalseReportsRefusedTest is FalseReportsCase {
    /* DEBIT */

    function test_debit_takesWhatTheAccountHas() public {
        ChargeId id = _decided(OPERATOR);
        uint256 fine = 2_000_000 * YUAN;
        exchange.fund(emitter, MARKET, 700_000);
        vm.warp(REFUSED);
        vm.startPrank(bureau);
        vm.expectEmit(address(reports));
        emit IFalseReports.FalseReportFineDebited(id, bureau, MARKET, 700_000, 700_000);
        reports.debit(id, MARKET);
        assertTrue(_of(OPERATOR, 1).state == PenaltyState.Decided);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNothingDebited.selector, id, MARKET));
        reports.debit(id, MARKET);
        exchange.fund(emitter, MARKET, fine);
        reports.debit(id, MARKET);
        assertTrue(_of(OPERATOR, 1).state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), fine);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsState.selector, id, PenaltyState.Paid));
        reports.debit(id, MARKET);
    }

    function test_debit_waitsForTheTimesToAppealAndToPay() public {
        ChargeId id = _decided(OPERATOR);
        exchange.fund(emitter, MARKET, 700_000);
        vm.startPrank(bureau);
        vm.warp(REFUSED - 1);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooEarly.selector, id, REFUSED));
        reports.debit(id, MARKET);
        vm.stopPrank();
        _setParam("penalty.payment_days", 60);
        uint256 payable_ = SETUP + HEARING + 60 days;
        vm.warp(payable_ - 1);
        vm.startPrank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooEarly.selector, id, payable_));
        reports.debit(id, MARKET);
        vm.warp(payable_);
        reports.debit(id, MARKET);
    }

    /// @dev The time to pay runs from the last word on the fine: the party waited for it.
    function test_debit_waitsAnewAfterAnAppeal() public {
        ChargeId id = _decided(OPERATOR);
        exchange.fund(emitter, MARKET, 700_000);
        vm.prank(wallet);
        reports.appeal(id, WHY);
        uint256 decidedAt = REFUSED + 60 days;
        vm.warp(decidedAt);
        vm.prank(other);
        reports.decideAppeal(id, AppealOutcome.Upheld, 2_000_000 * YUAN, WHY);
        assertEq(_of(OPERATOR, 1).decidedAt, decidedAt);
        vm.startPrank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooEarly.selector, id, decidedAt + 15 days));
        reports.debit(id, MARKET);
        vm.warp(decidedAt + 15 days);
        reports.debit(id, MARKET);
        assertEq(_of(OPERATOR, 1).paidCents, 700_000);
    }

    function test_debit_needsPowerTreasuryAndCurrency() public {
        ChargeId id = _decided(OPERATOR);
        vm.warp(REFUSED);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, EAST, Powers.PENALISE)
        );
        reports.debit(id, MARKET);
        MarketId foreign = MarketId.wrap(2);
        exchange.open(foreign, CEA_2021, address(allowances), stranger, 1);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFalseReports.FalseReportsWrongCurrency.selector, foreign, stranger, address(currency)
            )
        );
        reports.debit(id, foreign);
    }

    /// @dev As {Penalties}.
    function test_debit_onlyInMarketsOfTheScheme() public {
        ChargeId id = _decided(OPERATOR);
        vm.warp(REFUSED);
        exchange.setForeign(MARKET, true);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFalseReports.FalseReportsForeignMarket.selector, MARKET, SchemeId.wrap(2), SchemeId.wrap(1)
            )
        );
        reports.debit(id, MARKET);
    }

    function test_payAndDebit_needATreasury() public {
        string[4] memory keys = [
            "penalty.false_multiple_min_ppm",
            "penalty.false_multiple_max_ppm",
            "penalty.false_min_cents",
            "penalty.false_max_cents"
        ];
        for (uint256 i = 0; i < 4; ++i) {
            schemes.setParam(OTHER, keccak256(bytes(keys[i])), keys[i], 17_897, 5, 0);
        }
        plant = _plant(emitter, OTHER, EAST, COAL);
        _fell(1);
        vm.startPrank(ministry);
        ChargeId id = reports.charge(plant, 2020, OPERATOR, 0, WHY);
        reports.decide(id, 5, WHY);
        bytes memory none = abi.encodeWithSelector(IPenalties.ComplianceNoTreasury.selector, OTHER);
        vm.expectRevert(none);
        reports.pay(id, 5);
        vm.expectRevert(none);
        reports.debit(id, MARKET);
        vm.stopPrank();
    }

    /* CUT */

    /// @dev 0.877 × 1,000,001 MWh of 2021, three quarters of it rounded up, off the allocation that follows.
    function test_cut_takesAShareOfTheNextAllocation() public {
        ChargeId id = _refused();
        _allocate(1_000_001); // 877,000
        vm.expectEmit(address(reports));
        emit IFalseReports.AllocationCut(id, bureau, NEXT_PERIOD, 877_000, 750_001, 657_751, WHY);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllocationDebtAdded(plant, address(reports), 657_751, chargeRef(id));
        _cut(id, NEXT_PERIOD, 750_001);
        assertEq(allocation.debtOf(plant), 657_751);
        assertEq(_of(OPERATOR, 1).cutPpm, 750_001);
        assertTrue(_of(OPERATOR, 1).state == PenaltyState.Decided); // still due

        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsAlreadyCut.selector, id, 750_001));
        _cut(id, NEXT_PERIOD, 750_001);
    }

    function test_cut_isNothingOfNothing() public {
        ChargeId id = _refused();
        _allocate(0);
        _cut(id, NEXT_PERIOD, 1_000_000);
        assertEq(allocation.debtOf(plant), 0);
        assertEq(_of(OPERATOR, 1).cutPpm, 1_000_000);
    }

    function test_cut_staysWithinTheBoundsOfThePack() public {
        ChargeId id = _refused();
        _allocate(1_000_000);
        _refuseShare(id, 499_999, 500_000, 1_000_000);
        _refuseShare(id, 1_000_001, 500_000, 1_000_000);
        _setParam("penalty.false_cut_max_ppm", 2_000_000); // no pack's, but nobody loses more than all
        _refuseShare(id, 1_000_001, 500_000, 2_000_000);
        _setParam("penalty.false_cut_min_ppm", 0);
        _refuseShare(id, 0, 0, 2_000_000);
        _setParam("penalty.false_cut_max_ppm", NO_VALUE);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISchemes.SchemesNoParam.selector, CHINA, keccak256("penalty.false_cut_max_ppm"), SETUP
            )
        );
        _cut(id, NEXT_PERIOD, 500_000);
    }

    function test_cut_isOfThePeriodOfTheNextYearOnceFinal() public {
        ChargeId id = _refused();
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNotNextPeriod.selector, PERIOD, uint256(2021)));
        _cut(id, PERIOD, 500_000);
        _setPeriod(4, 2022, 2022, 2022, DEADLINE + 730 days);
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsNotNextPeriod.selector, uint16(4), uint256(2021))
        );
        _cut(id, 4, 500_000);
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsAllocationNotFinal.selector, plant, NEXT_PERIOD)
        );
        _cut(id, NEXT_PERIOD, 500_000);
    }

    function test_cut_needsARefusalAReasonAndThePower() public {
        ChargeId id = _charged(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsState.selector, id, PenaltyState.Noticed));
        _cut(id, NEXT_PERIOD, 500_000);
        vm.warp(SETUP + HEARING);
        vm.prank(bureau);
        reports.decide(id, 2_000_000 * YUAN, WHY);
        _allocate(1_000_000);
        uint256 payable_ = SETUP + HEARING + 15 days;
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooEarly.selector, id, payable_));
        _cut(id, NEXT_PERIOD, 500_000);
        vm.warp(payable_);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooEarly.selector, id, REFUSED));
        _cut(id, NEXT_PERIOD, 500_000);
        vm.warp(REFUSED);
        vm.prank(bureau);
        vm.expectRevert(IFalseReports.FalseReportsNoReason.selector);
        reports.cut(id, NEXT_PERIOD, 500_000, 0);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, EAST, Powers.PENALISE)
        );
        reports.cut(id, NEXT_PERIOD, 500_000, WHY);
        _cut(id, NEXT_PERIOD, 500_000);
    }

    function test_cut_isForTheOperatorAlone() public {
        ChargeId id = _decided(body);
        vm.warp(REFUSED);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNotOperator.selector, id));
        _cut(id, NEXT_PERIOD, 500_000);
    }
}
