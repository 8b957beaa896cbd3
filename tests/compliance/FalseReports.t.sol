// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Accused, ChargeId, IFalseReports} from "../../interfaces/compliance/IFalseReports.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {AppealOutcome, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {FalseReportsCase} from "./FalseReportsCase.sol";

/// @dev Fines for a report that fell, and for every body that signed it.
contract FalseReportsTest is FalseReportsCase {
    /* CHARGE */

    function test_charge_needsAReportThatFell() public {
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNothingFell.selector, plant, 2020));
        _charge(OPERATOR, GAINS);
        _fell(1);
        vm.expectEmit(address(reports));
        emit IFalseReports.FalseReportCharged(_id(OPERATOR, 1), CHINA, emitter, bureau, GAINS, WHY, SETUP + HEARING);
        _charge(OPERATOR, GAINS);
        assertTrue(_of(OPERATOR, 1).state == PenaltyState.Noticed);
    }

    function test_charge_reachesTheBodyThatSigned() public {
        _fell(1);
        _charge(body, GAINS);
        assertTrue(_of(body, 1).party == body);
        assertTrue(_of(OPERATOR, 1).state == PenaltyState.None);
    }

    function test_charge_findsNoBodyWhereNoneSigned() public {
        oracle.setFallen(plant, 2020, uint256(1) << 120);
        _refuseBody(body);
    }

    /// @dev The record names the first and how many signed: three here. The officer names the others.
    function test_charge_reachesEveryBodyThatSigned() public {
        ParticipantId second = _join(makeAddr("second body"), ParticipantKinds.VERIFICATION_BODY);
        ParticipantId third = _join(makeAddr("third body"), ParticipantKinds.VERIFICATION_BODY);
        ParticipantId fourth = _join(makeAddr("fourth body"), ParticipantKinds.VERIFICATION_BODY);
        _fellOf(1, body, 3);
        _charge(second, GAINS);
        _charge(body, GAINS);
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsState.selector, _id(second, 1), PenaltyState.Noticed)
        );
        _charge(second, GAINS);
        _charge(third, GAINS);
        _refuseBody(fourth);
        assertTrue(_of(second, 1).party == second);
        assertTrue(_of(third, 1).party == third);

        _fellOf(2, body, 3); // the restatement: counted anew
        _charge(fourth, GAINS);
    }

    function test_charge_refusesWhoCannotHaveSigned() public {
        ParticipantId second = _join(makeAddr("second body"), ParticipantKinds.VERIFICATION_BODY);
        ParticipantId trader = _join(makeAddr("trader"), ParticipantKinds.TRADER);
        _fellOf(1, body, 1);
        _refuseBody(second);
        _fellOf(1, second, 2);
        _refuseBody(body); // bodies sign in rising order: one below the first did not
        _refuseBody(trader);
    }

    function test_charge_isOnceForEachReportThatFell() public {
        _fell(1);
        _charge(OPERATOR, GAINS);
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsState.selector, _id(OPERATOR, 1), PenaltyState.Noticed)
        );
        _charge(OPERATOR, GAINS);
        _fell(2); // the restatement fell too
        _charge(OPERATOR, GAINS);
    }

    function test_charge_needsThePowerWhereThePlantStandsAndAReason() public {
        _fell(1);
        schemes.grantOffice(stranger, CHINA, WEST, Powers.PENALISE);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, EAST, Powers.PENALISE)
        );
        vm.prank(stranger);
        reports.charge(plant, 2020, OPERATOR, GAINS, WHY);
        vm.startPrank(bureau);
        vm.expectRevert(IFalseReports.FalseReportsNoReason.selector);
        reports.charge(plant, 2020, OPERATOR, GAINS, 0);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooLarge.selector, uint256(1) << 56));
        reports.charge(plant, 2020, OPERATOR, 1 << 56, WHY);
        reports.charge(plant, 2020, OPERATOR, (1 << 56) - 1, WHY);
        assertEq(_of(OPERATOR, 1).gainsCents, (1 << 56) - 1);
    }

    /* BOUNDS */

    /// @dev Five to ten times the gains, at least 500,000 yuan; up to 2,000,000 where ten times is less.
    function test_fineBounds_ofAnOperatorAreMultiplesOrTheFixedSums() public view {
        _checkBounds(Accused.Operator, 0, 500_000, 2_000_000);
        _checkBounds(Accused.Operator, 300_000, 1_500_000, 3_000_000);
        _checkBounds(Accused.Operator, 150_000, 750_000, 2_000_000);
    }

    /// @dev Up to 1,000,000 yuan where gains are under 200,000, else five to ten times.
    function test_fineBounds_ofABodyDependOnItsGains() public view {
        _checkBounds(Accused.Body, 199_999, 0, 1_000_000);
        _checkBounds(Accused.Body, 200_000, 1_000_000, 2_000_000);
    }

    function test_fineBounds_revertWhereThePackHasNone() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                ISchemes.SchemesNoParam.selector, OTHER, keccak256("penalty.false_multiple_min_ppm"), SETUP
            )
        );
        reports.fineBounds(OTHER, Accused.Operator, 1, SETUP);
    }

    /* DECISION */

    function test_decide_waitsForTheHearingAndKeepsTheBounds() public {
        ChargeId id = _charged(OPERATOR);
        vm.startPrank(bureau);
        vm.warp(SETUP + HEARING - 1);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooEarly.selector, id, SETUP + HEARING));
        reports.decide(id, 1_500_000 * YUAN, WHY);
        vm.warp(SETUP + HEARING);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFalseReports.FalseReportsFineOutOfBounds.selector,
                1_500_000 * YUAN - 1,
                1_500_000 * YUAN,
                3_000_000 * YUAN
            )
        );
        reports.decide(id, 1_500_000 * YUAN - 1, WHY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFalseReports.FalseReportsFineOutOfBounds.selector,
                3_000_000 * YUAN + 1,
                1_500_000 * YUAN,
                3_000_000 * YUAN
            )
        );
        reports.decide(id, 3_000_000 * YUAN + 1, WHY);
        vm.expectEmit(address(reports));
        emit IFalseReports.FalseReportFined(id, bureau, 1_500_000 * YUAN, WHY, SETUP + HEARING + APPEAL);
        reports.decide(id, 1_500_000 * YUAN, WHY);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsState.selector, id, PenaltyState.Decided));
        reports.decide(id, 1_500_000 * YUAN, WHY);
    }

    function test_decide_goesByTheRulesOfTheNotice() public {
        ChargeId id = _charged(body);
        vm.warp(SETUP + HEARING);
        schemes.setParam(
            CHINA,
            keccak256("penalty.verifier_multiple_max_ppm"),
            "penalty.verifier_multiple_max_ppm",
            uint32((SETUP + HEARING) / 1 days - 1),
            5e6,
            0
        );
        vm.prank(bureau);
        reports.decide(id, 3_000_000 * YUAN, WHY);
    }

    function test_decide_needsThePower() public {
        ChargeId id = _charged(body);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, EAST, Powers.PENALISE)
        );
        vm.prank(stranger);
        reports.decide(id, 0, WHY);
    }

    function test_decide_revertsWhenTheFineDoesNotFit() public {
        _setParam("penalty.false_max_cents", 1 << 60);
        ChargeId id = _charged(OPERATOR);
        vm.warp(SETUP + HEARING);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooLarge.selector, uint256(1) << 56));
        reports.decide(id, 1 << 56, WHY);
        vm.prank(bureau);
        reports.decide(id, (1 << 56) - 1, WHY);
        assertEq(_of(OPERATOR, 1).fineCents, (1 << 56) - 1);
    }

    /// @dev Of a body with small gains the least fine is none.
    function test_aFineOfNothingIsPaid() public {
        _fell(1);
        _charge(body, 0);
        ChargeId id = _id(body, 1);
        vm.warp(SETUP + HEARING);
        vm.startPrank(bureau);
        reports.decide(id, 0, WHY);
        assertTrue(_of(body, 1).state == PenaltyState.Paid);
        reports.publish(id, WHY);
    }

    function test_everyActGivesItsReason() public {
        ChargeId id = _charged(OPERATOR);
        vm.warp(SETUP + HEARING);
        vm.startPrank(bureau);
        vm.expectRevert(IFalseReports.FalseReportsNoReason.selector);
        reports.decide(id, 2_000_000 * YUAN, 0);
        reports.decide(id, 2_000_000 * YUAN, WHY);
        vm.stopPrank();
        vm.startPrank(wallet);
        vm.expectRevert(IFalseReports.FalseReportsNoReason.selector);
        reports.appeal(id, 0);
        reports.appeal(id, WHY);
        vm.stopPrank();
        vm.startPrank(other);
        vm.expectRevert(IFalseReports.FalseReportsNoReason.selector);
        reports.decideAppeal(id, AppealOutcome.Annulled, 0, 0);
        reports.decideAppeal(id, AppealOutcome.Annulled, 0, WHY);
        vm.expectRevert(IFalseReports.FalseReportsNoReason.selector);
        reports.publish(id, 0);
        vm.stopPrank();
    }

    function test_everyActFollowsTheOneBeforeIt() public {
        ChargeId id = _charged(OPERATOR);
        bytes memory noticed =
            abi.encodeWithSelector(IFalseReports.FalseReportsState.selector, id, PenaltyState.Noticed);
        vm.prank(wallet);
        vm.expectRevert(noticed);
        reports.appeal(id, WHY);
        vm.startPrank(bureau);
        vm.expectRevert(noticed);
        reports.decideAppeal(id, AppealOutcome.Annulled, 0, WHY);
        vm.expectRevert(noticed);
        reports.publish(id, WHY);
        vm.stopPrank();
        vm.expectRevert(noticed);
        reports.pay(id, 1);
    }

    /* APPEAL */

    function test_appeal_isThePartysAndAnotherOfficerDecides() public {
        ChargeId id = _decided(body);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNotParty.selector, wallet, body));
        vm.prank(wallet);
        reports.appeal(id, WHY);
        vm.warp(SETUP + HEARING + APPEAL);
        vm.prank(bodyWallet);
        reports.appeal(id, WHY);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsState.selector, id, PenaltyState.Appealed));
        reports.pay(id, 1);

        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsOwnDecision.selector, bureau));
        vm.prank(bureau);
        reports.decideAppeal(id, AppealOutcome.Annulled, 0, WHY);
        vm.startPrank(other);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFalseReports.FalseReportsBadOutcome.selector, AppealOutcome.Upheld, 2_000_000 * YUAN, 0
            )
        );
        reports.decideAppeal(id, AppealOutcome.Upheld, 0, WHY);
        vm.expectEmit(address(reports));
        emit IFalseReports.FalseReportAppealDecided(
            id, other, AppealOutcome.Reduced, 2_000_000 * YUAN, 1_600_000 * YUAN, WHY
        );
        reports.decideAppeal(id, AppealOutcome.Reduced, 1_600_000 * YUAN, WHY);
        assertEq(_of(body, 1).fineCents, 1_600_000 * YUAN);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsAccepted.selector, id, 0, AppealOutcome.Reduced)
        );
        vm.prank(bodyWallet);
        reports.appeal(id, WHY);
    }

    /// @dev A reduced fine is one of the pack's, too: the officer of the appeal has no freer hand.
    function test_decideAppeal_reducesWithinTheBounds() public {
        ChargeId id = _decided(OPERATOR);
        vm.prank(wallet);
        reports.appeal(id, WHY);
        (uint256 least, uint256 most) = (1_500_000 * YUAN, 3_000_000 * YUAN);
        vm.startPrank(other);
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsFineOutOfBounds.selector, least - 1, least, most)
        );
        reports.decideAppeal(id, AppealOutcome.Reduced, least - 1, WHY);
        reports.decideAppeal(id, AppealOutcome.Reduced, least, WHY);
        assertEq(_of(OPERATOR, 1).fineCents, least);
    }

    function test_decideAppeal_fitsItsOutcome() public {
        ChargeId id = _decided(OPERATOR);
        uint256 fine = 2_000_000 * YUAN;
        vm.prank(wallet);
        reports.appeal(id, WHY);
        vm.startPrank(other);
        _refuseOutcome(id, AppealOutcome.Reduced, fine);
        _refuseOutcome(id, AppealOutcome.Annulled, 1);
        _refuseOutcome(id, AppealOutcome.None, 0);
        _refuseOutcome(id, AppealOutcome.Upheld, fine - 1);
    }

    function _refuseOutcome(ChargeId id, AppealOutcome outcome, uint256 fine) private {
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsBadOutcome.selector, outcome, 2_000_000 * YUAN, fine)
        );
        reports.decideAppeal(id, outcome, fine, WHY);
    }

    function test_decideAppeal_toNothingIsPaid() public {
        _fell(1);
        _charge(body, 0);
        ChargeId id = _id(body, 1);
        vm.warp(SETUP + HEARING);
        vm.prank(bureau);
        reports.decide(id, 1, WHY);
        vm.prank(bodyWallet);
        reports.appeal(id, WHY);
        vm.prank(other);
        reports.decideAppeal(id, AppealOutcome.Reduced, 0, WHY);
        assertTrue(_of(body, 1).state == PenaltyState.Paid);
    }

    function test_appeal_revertsAfterItsTime() public {
        ChargeId id = _decided(OPERATOR);
        vm.warp(SETUP + HEARING + APPEAL + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsAppealTooLate.selector, id, SETUP + HEARING + APPEAL)
        );
        vm.prank(wallet);
        reports.appeal(id, WHY);
    }

    function test_decideAppeal_annulsForGood() public {
        ChargeId id = _decided(OPERATOR);
        vm.prank(wallet);
        reports.appeal(id, WHY);
        vm.startPrank(other);
        reports.decideAppeal(id, AppealOutcome.Annulled, 0, WHY);
        assertTrue(_of(OPERATOR, 1).state == PenaltyState.Annulled);
        reports.publish(id, WHY);
    }

    /* PAYMENT AND PUBLICATION */

    function test_pay_goesToTheTreasuryInParts() public {
        ChargeId id = _decided(OPERATOR);
        vm.warp(REFUSED); // the time to appeal is over
        uint256 fine = 2_000_000 * YUAN;
        currency.mint(stranger, fine);
        vm.startPrank(stranger);
        currency.approve(address(reports), fine);
        reports.pay(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsBadPayment.selector, fine, fine - 1));
        reports.pay(id, fine);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsBadPayment.selector, 0, fine - 1));
        reports.pay(id, 0);
        vm.expectEmit(address(reports));
        emit IFalseReports.FalseReportFinePaid(id, stranger, fine - 1, fine);
        reports.pay(id, fine - 1);
        assertTrue(_of(OPERATOR, 1).state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), fine);
    }

    function test_pay_isThePartysWhileTheFineCanBeAppealed() public {
        ChargeId id = _decided(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNotParty.selector, stranger, emitter));
        vm.prank(stranger);
        reports.pay(id, 1);
        vm.prank(wallet);
        reports.appeal(id, WHY);
    }

    /// @dev The last second to appeal is the party's; the next one anybody's.
    function test_pay_isThePartysUntilTheTimeToAppealIsOver() public {
        ChargeId id = _decided(OPERATOR);
        currency.mint(stranger, 1);
        vm.startPrank(stranger);
        currency.approve(address(reports), 1);
        vm.warp(SETUP + HEARING + APPEAL);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNotParty.selector, stranger, emitter));
        reports.pay(id, 1);
        vm.warp(SETUP + HEARING + APPEAL + 1);
        reports.pay(id, 1);
        assertEq(_of(OPERATOR, 1).paidCents, 1);
    }

    /// @dev There is no second appeal that a payment could cut off.
    function test_pay_isAnybodysOnceAnAppealIsDecided() public {
        ChargeId id = _decided(OPERATOR);
        vm.prank(wallet);
        reports.appeal(id, WHY);
        vm.prank(other);
        reports.decideAppeal(id, AppealOutcome.Upheld, 2_000_000 * YUAN, WHY);
        currency.mint(stranger, 1);
        vm.startPrank(stranger);
        currency.approve(address(reports), 1);
        reports.pay(id, 1);
        assertEq(_of(OPERATOR, 1).paidCents, 1);
    }

    function test_appeal_revertsOnceSomethingIsPaid() public {
        ChargeId id = _decided(OPERATOR);
        currency.mint(wallet, 1);
        vm.startPrank(wallet);
        currency.approve(address(reports), 1);
        reports.pay(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsAccepted.selector, id, 1, AppealOutcome.None));
        reports.appeal(id, WHY);
    }

    function test_publish_isOnceAndForWhatStands() public {
        ChargeId id = _decided(OPERATOR);
        vm.startPrank(bureau);
        vm.warp(SETUP + HEARING + APPEAL);
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsTooEarly.selector, id, SETUP + HEARING + APPEAL + 1)
        );
        reports.publish(id, WHY);
        vm.warp(SETUP + HEARING + APPEAL + 1);
        vm.expectEmit(address(reports));
        emit IFalseReports.FalseReportPublished(id, bureau, 2_000_000 * YUAN, PenaltyState.Decided, WHY);
        reports.publish(id, WHY);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsPublished.selector, id));
        reports.publish(id, WHY);
    }
}
