// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllocation, obligationRef} from "../../interfaces/compliance/IAllocation.sol";
import {ICompliance, ObligationState, PublicStanding, Standing} from "../../interfaces/compliance/ICompliance.sol";
import {PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {InstallationId, MarketId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {ISchemes, NO_VALUE, ParamKeys, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev What follows a shortfall: notice, decision, payment or debit, deduction.
contract PenaltiesTest is ComplianceCase {
    /* NOTICE */

    function test_notify_fixesTheShortfallAtTheDeadline() public {
        _assess(plant, EMISSIONS);
        _surrender(CEA, EMISSIONS - 64_700);
        vm.warp(DEADLINE + 5);
        _surrender(CEA, 4700); // late: the shortfall stays
        vm.expectEmit(address(compliance));
        emit IPenalties.ShortfallNoticed(CHINA, PERIOD, plant, emitter, 64_700, DEADLINE + 5 + HEARING);
        vm.prank(stranger);
        penalties.notify(PERIOD, _one(plant));

        assertEq(_penalty().shortfall, 64_700);
        assertEq(_penalty().noticedAt, DEADLINE + 5);
        assertTrue(_penalty().state == PenaltyState.Noticed);
        _checkPublic(PublicStanding.Noticed, 64_700);
        Standing memory s = compliance.standing(plant, PERIOD);
        assertEq(s.openT, 60_000);
        assertEq(s.shortfallT, 64_700);
    }

    function test_notify_reachesWhoeverSurrenderedAllTooLate() public {
        _assess(plant, EMISSIONS);
        vm.warp(DEADLINE + 1);
        _surrender(CEA, EMISSIONS);
        penalties.notify(PERIOD, _one(plant));
        assertEq(_penalty().shortfall, EMISSIONS);
    }

    function test_notify_countsLateOffsetsAsMissing() public {
        _assess(plant, EMISSIONS);
        _surrender(CEA, EMISSIONS - 10_000);
        vm.warp(DEADLINE + 1);
        _surrender(credit, 10_000);
        assertEq(_obligation().late, 10_000);
        _checkPublic(PublicStanding.MetLate, 10_000);
        penalties.notify(PERIOD, _one(plant));
        assertEq(_penalty().shortfall, 10_000);
    }

    function test_notify_revertsAtTheDeadline() public {
        _assess(plant, EMISSIONS);
        vm.warp(DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceBeforeDeadline.selector, plant, uint256(DEADLINE)));
        penalties.notify(PERIOD, _one(plant));
    }

    function test_notify_revertsASecondTime() public {
        _noticed(1);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        penalties.notify(PERIOD, _one(plant));
    }

    function test_notify_revertsWithoutShortfall() public {
        _assess(plant, EMISSIONS);
        _surrender(CEA, EMISSIONS);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceNoShortfall.selector, plant, PERIOD));
        penalties.notify(PERIOD, _one(plant));
    }

    function test_notify_revertsWithoutAssessment() public {
        vm.warp(DEADLINE + 1);
        vm.expectRevert(_wrongState(ObligationState.None));
        penalties.notify(PERIOD, _one(plant));
    }

    function test_notify_revertsForNoneOrMoreThan200() public {
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 0, 200));
        penalties.notify(PERIOD, new InstallationId[](0));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 201, 200));
        penalties.notify(PERIOD, new InstallationId[](201));
    }

    /* DECISION */

    function test_decide_fixesTheFine() public {
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.expectEmit(address(compliance));
        emit IPenalties.PenaltyDecided(
            CHINA, PERIOD, plant, bureau, FINE, 0, bytes32("reason"), DEADLINE + 1 + HEARING + PAYMENT, 0
        );
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));

        assertEq(_penalty().fineCents, FINE);
        assertEq(_penalty().decidedAt, DEADLINE + 1 + HEARING);
        assertTrue(_penalty().state == PenaltyState.Decided);
        assertEq(compliance.standing(plant, PERIOD).fineDueCents, FINE);
        _checkPublic(PublicStanding.Fined, 1000);
    }

    function test_decide_waitsForTheHearing() public {
        _noticed(1000);
        vm.warp(DEADLINE + HEARING);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceTooEarly.selector, plant, DEADLINE + 1 + HEARING));
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));
    }

    function test_decide_staysWithinTheBoundsOfThePack() public {
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.startPrank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceFineOutOfBounds.selector, 1_999_999, 2_000_000, 3_000_000)
        );
        penalties.decide(plant, PERIOD, 1_999_999, 0, bytes32("reason"));
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceFineOutOfBounds.selector, 3_000_001, 2_000_000, 3_000_000)
        );
        penalties.decide(plant, PERIOD, 3_000_001, 0, bytes32("reason"));
        penalties.decide(plant, PERIOD, 3_000_000, 0, bytes32("reason"));
    }

    /// @dev 100 a tonne, as in the European Union.
    function test_fineBounds_areForEachTonneWhereThePackSaysSo() public {
        _setParam("penalty.min_cents", NO_VALUE);
        _setParam("penalty.max_cents", NO_VALUE);
        _setParam("penalty.min_cents_per_t", 10_000);
        _setParam("penalty.max_cents_per_t", 10_000);
        (uint256 minCents, uint256 maxCents) = penalties.fineBounds(CHINA, PERIOD, 250);
        assertEq(minCents, 2_500_000);
        assertEq(maxCents, 2_500_000);
    }

    /// @dev A least fine without a largest, or the other way round, is no rule: the next form counts.
    function test_fineBounds_needBothEndsOfAForm() public {
        _setParam("penalty.min_cents", NO_VALUE);
        _setParam("penalty.max_cents", NO_VALUE);
        string[4] memory keys = [
            "penalty.min_cents_per_t", "penalty.max_cents_per_t", "penalty.multiple_min_ppm", "penalty.multiple_max_ppm"
        ];
        for (uint256 i = 0; i < 4; ++i) {
            _setParam(keys[i], 10_000);
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISchemes.SchemesNoParam.selector, CHINA, ParamKeys.PENALTY_MIN_CENTS, uint256(DEADLINE)
                )
            );
            penalties.fineBounds(CHINA, PERIOD, 250);
            _setParam(keys[i], NO_VALUE);
        }
    }

    function test_fineBounds_revertWhereThePackHasNone() public {
        _setParam("penalty.max_cents", NO_VALUE);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISchemes.SchemesNoParam.selector, CHINA, ParamKeys.PENALTY_MAX_CENTS, uint256(DEADLINE)
            )
        );
        penalties.fineBounds(CHINA, PERIOD, 250);
    }

    function test_decide_revertsWhenTheFineDoesNotFit() public {
        _setParam("penalty.max_cents", 1 << 60);
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, plant, uint256(1) << 56));
        penalties.decide(plant, PERIOD, 1 << 56, 0, bytes32("reason"));
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, (1 << 56) - 1, 0, bytes32("reason"));
        assertEq(_penalty().fineCents, (1 << 56) - 1);
    }

    function test_decide_needsAReason() public {
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        vm.expectRevert(IPenalties.ComplianceReasonMissing.selector);
        penalties.decide(plant, PERIOD, FINE, 0, 0);
    }

    function test_decide_needsThePowerWhereThePlantStands() public {
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger));
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));

        schemes.grantOffice(stranger, CHINA, WEST, Powers.PENALISE);
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger));
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));
    }

    function test_decide_needsANotice() public {
        _assess(plant, EMISSIONS);
        vm.prank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.None));
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));
    }

    function test_decide_happensOnce() public {
        _decided(1000);
        vm.prank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.Decided));
        penalties.decide(plant, PERIOD, FINE, 0, bytes32("reason"));
    }

    function test_decide_ofNothingIsPaidAtOnce() public {
        _setParam("penalty.min_cents", 0);
        _noticed(1000);
        vm.warp(DEADLINE + 1 + HEARING);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, 0, 0, bytes32("reason"));
        assertTrue(_penalty().state == PenaltyState.Paid);
    }

    /* PAYMENT */

    function test_payPenalty_takesPartsUntilItIsPaid() public {
        _decided(1000);
        currency.mint(stranger, FINE);
        vm.startPrank(stranger); // anybody may pay
        currency.approve(address(compliance), FINE);
        penalties.payPenalty(plant, PERIOD, 500_000);
        assertTrue(_penalty().state == PenaltyState.Decided);
        assertEq(compliance.standing(plant, PERIOD).fineDueCents, FINE - 500_000);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceOverpaid.selector, plant, FINE, FINE - 500_000));
        penalties.payPenalty(plant, PERIOD, FINE);
        vm.expectEmit(address(compliance));
        emit IPenalties.PenaltyPaid(CHINA, PERIOD, plant, stranger, FINE - 500_000, FINE);
        penalties.payPenalty(plant, PERIOD, FINE - 500_000);

        assertTrue(_penalty().state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), FINE);
        _checkPublic(PublicStanding.FinePaid, 1000);
        vm.expectRevert(_wrongPenalty(PenaltyState.Paid));
        penalties.payPenalty(plant, PERIOD, 1);
    }

    function test_payPenalty_revertsForNothing() public {
        _decided(1000);
        vm.expectRevert(ICompliance.ComplianceZeroAmount.selector);
        penalties.payPenalty(plant, PERIOD, 0);
    }

    function test_payPenalty_revertsBeforeTheDecision() public {
        _noticed(1000);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        penalties.payPenalty(plant, PERIOD, 1);
    }

    function test_payPenalty_revertsWithoutATreasury() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        schemes.setPeriod(OTHER, PERIOD, schemes.period(CHINA, PERIOD));
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceNoTreasury.selector, OTHER));
        penalties.payPenalty(other, PERIOD, 1);
    }

    function test_debitPenalty_takesWhatTheAccountHas() public {
        _decided(1000);
        exchange.fund(emitter, MARKET, 700_000);
        vm.warp(DEADLINE + 1 + HEARING + PAYMENT);
        vm.expectEmit(address(compliance));
        emit IPenalties.PenaltyDebited(CHINA, PERIOD, plant, emitter, MARKET, bureau, 700_000, 700_000);
        vm.prank(bureau);
        penalties.debitPenalty(plant, PERIOD, MARKET);
        assertTrue(_penalty().state == PenaltyState.Decided);
        assertEq(currency.balanceOf(treasury), 700_000);

        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceNothingDebited.selector, plant, MARKET));
        penalties.debitPenalty(plant, PERIOD, MARKET);

        exchange.fund(emitter, MARKET, FINE);
        vm.prank(bureau);
        penalties.debitPenalty(plant, PERIOD, MARKET);
        assertTrue(_penalty().state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), FINE);
        assertEq(exchange.cash(MARKET, emitter), 700_000 * 100);
    }

    function test_debitPenalty_leavesTimeToPay() public {
        _decided(1000);
        vm.warp(DEADLINE + HEARING + PAYMENT);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceTooEarly.selector, plant, DEADLINE + 1 + HEARING + PAYMENT)
        );
        penalties.debitPenalty(plant, PERIOD, MARKET);
    }

    function test_debitPenalty_needsPowerDecisionAndCurrency() public {
        _decided(1000);
        vm.warp(DEADLINE + 1 + HEARING + PAYMENT);
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger));
        penalties.debitPenalty(plant, PERIOD, MARKET);

        MarketId foreign = MarketId.wrap(2);
        exchange.open(foreign, credit, address(credits), stranger, 1);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceWrongCurrency.selector, foreign, stranger, address(currency))
        );
        penalties.debitPenalty(plant, PERIOD, foreign);
    }

    /// @dev The officer of one scheme took the cash that a participant keeps in another's market.
    function test_debitPenalty_onlyInMarketsOfTheScheme() public {
        _decided(1000);
        vm.warp(DEADLINE + 1 + HEARING + PAYMENT);
        exchange.setForeign(MARKET, true);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPenalties.ComplianceForeignMarket.selector, MARKET, SchemeId.wrap(2), SchemeId.wrap(1)
            )
        );
        penalties.debitPenalty(plant, PERIOD, MARKET);
    }

    function test_debitPenalty_revertsBeforeTheDecision() public {
        _noticed(1000);
        vm.prank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        penalties.debitPenalty(plant, PERIOD, MARKET);
    }

    /* CLOSING */

    function test_deduct_sendsWhatIsOpenToTheNextAllocation() public {
        _decided(1000);
        _surrender(CEA, 400); // late, before closing
        vm.warp(DEADLINE + CLOSING);
        vm.expectEmit(address(compliance));
        emit IPenalties.ShortfallDeducted(CHINA, PERIOD, plant, bureau, 600, 600);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllocationDebtAdded(plant, address(compliance), 600, obligationRef(CHINA, PERIOD, plant));
        vm.prank(bureau);
        penalties.deduct(plant, PERIOD);

        assertTrue(_obligation().state == ObligationState.Closed);
        assertEq(_obligation().deducted, 600);
        _checkPublic(PublicStanding.Closed, 1000);
        _refuseSurrender(CEA, 1, _wrongState(ObligationState.Closed));

        _preAllocate(NEXT_PERIOD, plant, MWH, 0);
        assertEq(allowances.balanceOf(wallet, UnitId.unwrap(CEA_2021)), 613_900 - 600);
    }

    /// @dev 1.5 × 333 = 499.5: the operator bears the rounding.
    function test_deduct_multipliesByTheFactorAndRoundsUp() public {
        _setParam("penalty.deduction_ppm", 1_500_000);
        _decided(333);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        penalties.deduct(plant, PERIOD);
        assertEq(allocation.debtOf(plant), 500);
    }

    function test_deduct_closesWithoutDeductionWhereThePackHasNone() public {
        _setParam("penalty.deduction_ppm", NO_VALUE);
        _decided(333);
        vm.warp(DEADLINE + CLOSING);
        vm.expectCall(address(allocation), abi.encodeWithSelector(IAllocation.addDebt.selector), 0);
        vm.prank(bureau);
        penalties.deduct(plant, PERIOD);
        assertEq(allocation.debtOf(plant), 0);
        assertTrue(_obligation().state == ObligationState.Closed);
    }

    function test_deduct_revertsWhenTheDeductionDoesNotFit() public {
        _setParam("penalty.deduction_ppm", 1e16);
        _decided(1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, plant, 10_000_000_000_000));
        penalties.deduct(plant, PERIOD);
    }

    function test_deduct_waitsForTheClosingDate() public {
        _decided(1000);
        vm.warp(DEADLINE + CLOSING - 1);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceTooEarly.selector, plant, DEADLINE + CLOSING));
        penalties.deduct(plant, PERIOD);
    }

    function test_deduct_needsADecision() public {
        _noticed(1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        penalties.deduct(plant, PERIOD);
    }

    function test_deduct_needsThePower() public {
        _decided(1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(stranger);
        vm.expectRevert(_noPower(stranger));
        penalties.deduct(plant, PERIOD);
    }

    function test_deduct_revertsWhenNothingIsOpen() public {
        _decided(1000);
        _surrender(CEA, 1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        vm.expectRevert(_wrongState(ObligationState.Met));
        penalties.deduct(plant, PERIOD);
    }

    function test_deduct_leavesTheFinePayable() public {
        _decided(1000);
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        penalties.deduct(plant, PERIOD);
        vm.prank(bureau);
        vm.expectRevert(_wrongState(ObligationState.Closed));
        penalties.deduct(plant, PERIOD);

        currency.mint(wallet, FINE);
        vm.startPrank(wallet);
        currency.approve(address(compliance), FINE);
        penalties.payPenalty(plant, PERIOD, FINE);
        assertTrue(_penalty().state == PenaltyState.Paid);
    }
}
