// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICompliance, PublicStanding} from "../../interfaces/compliance/ICompliance.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {Appeal, AppealOutcome, PenaltyMeasures, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev What comes between a decision and its publication: measures beside money, appeal, outcome.
contract AppealsTest is ComplianceCase {
    uint256 private constant APPEAL = 30 days;
    uint256 private constant DECIDED = DEADLINE + 1 + HEARING;
    bytes32 private constant GROUNDS = "the meter was broken";
    bytes32 private constant WHY = "the other officer's reasons";

    address private other = makeAddr("another officer of the east");

    function setUp() public override {
        super.setUp();
        _setParam("penalty.appeal_days", 30);
        _setParam("penalty.measures", PenaltyMeasures.PUBLICATION | PenaltyMeasures.PRODUCTION_STOP);
        schemes.grantOffice(other, CHINA, EAST, Powers.PENALISE);
    }

    /* MEASURES */

    function test_decide_ordersMeasuresOfThePack() public {
        _noticed(1000);
        vm.warp(DECIDED);
        vm.expectEmit(address(compliance));
        emit IPenalties.PenaltyDecided(CHINA, PERIOD, plant, bureau, FINE, 32, WHY, DECIDED + PAYMENT, DECIDED + APPEAL);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, FINE, PenaltyMeasures.PRODUCTION_STOP, WHY);
        assertEq(_penalty().measures, PenaltyMeasures.PRODUCTION_STOP);
    }

    function test_decide_refusesMeasuresThePackDoesNotKnow() public {
        _noticed(1000);
        vm.warp(DECIDED);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceMeasureUnknown.selector, 36, 34));
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, FINE, PenaltyMeasures.CREDIT_RECORD | PenaltyMeasures.PRODUCTION_STOP, WHY);
    }

    function test_decide_ofNoMoneyButAMeasureStandsOpen() public {
        _setParam("penalty.min_cents", 0);
        _noticed(1000);
        vm.warp(DECIDED);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, 0, PenaltyMeasures.PRODUCTION_STOP, WHY);
        assertTrue(_penalty().state == PenaltyState.Decided);
    }

    /* APPEAL */

    function test_appeal_stopsPaymentAndDebit() public {
        _decided(1000);
        vm.warp(DECIDED + APPEAL); // the last moment
        vm.expectEmit(address(compliance));
        emit IPenalties.PenaltyAppealed(CHINA, PERIOD, plant, emitter, wallet, GROUNDS);
        _appeal();

        assertTrue(_penalty().state == PenaltyState.Appealed);
        assertEq(penalties.appealOf(plant, PERIOD).appealedAt, DECIDED + APPEAL);
        _checkPublic(PublicStanding.Appealed, 1000);
        vm.expectRevert(_wrongPenalty(PenaltyState.Appealed));
        penalties.payPenalty(plant, PERIOD, 1);
        vm.warp(DECIDED + 365 days);
        vm.startPrank(bureau);
        vm.expectRevert(_wrongPenalty(PenaltyState.Appealed));
        penalties.debitPenalty(plant, PERIOD, MARKET);
        vm.expectRevert(_wrongPenalty(PenaltyState.Appealed));
        penalties.deduct(plant, PERIOD);
        vm.expectRevert(_wrongPenalty(PenaltyState.Appealed));
        penalties.publishPenalty(plant, PERIOD, WHY);
    }

    function test_appeal_revertsAfterItsTimeOrWhereThePackGivesNone() public {
        _decided(1000);
        vm.warp(DECIDED + APPEAL + 1);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceAppealTooLate.selector, plant, DECIDED + APPEAL));
        _appeal();

        vm.warp(DECIDED);
        _setParam("penalty.appeal_days", 0);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceAppealTooLate.selector, plant, 0));
        _appeal();
    }

    function test_appeal_isForTheOperatorsManagersOnly() public {
        _decided(1000);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, stranger, plant, emitter));
        vm.prank(stranger);
        penalties.appeal(plant, PERIOD, GROUNDS);

        address clerk = makeAddr("clerk");
        _addWallet(wallet, emitter, clerk, WalletRights.SURRENDER);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, clerk, plant, emitter));
        vm.prank(clerk);
        penalties.appeal(plant, PERIOD, GROUNDS);
    }

    function test_appeal_revertsOnceSomethingIsPaid() public {
        _decided(1000);
        _pay(1);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceFineAccepted.selector, plant, 1, AppealOutcome.None)
        );
        _appeal();
    }

    function test_appeal_needsGroundsAndADecision() public {
        _noticed(1000);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        _appeal();
        vm.warp(DECIDED);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, FINE, 0, WHY);
        vm.expectRevert(IPenalties.ComplianceReasonMissing.selector);
        vm.prank(wallet);
        penalties.appeal(plant, PERIOD, 0);
    }

    /* OUTCOME */

    function test_decideAppeal_upheldLetsTheFineStandForGood() public {
        _appealed();
        skip(5 days);
        uint256 now_ = block.timestamp;
        vm.expectEmit(address(compliance));
        emit IPenalties.PenaltyAppealDecided(
            CHINA, PERIOD, plant, other, AppealOutcome.Upheld, FINE, FINE, WHY, now_ + PAYMENT
        );
        _outcome(other, AppealOutcome.Upheld, FINE);
        assertTrue(_penalty().state == PenaltyState.Decided);
        assertEq(_penalty().decidedAt, now_);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceFineAccepted.selector, plant, 0, AppealOutcome.Upheld)
        );
        _appeal();

        // The time to pay begins anew, and the one to appeal is over.
        exchange.fund(emitter, MARKET, FINE);
        vm.warp(now_ + PAYMENT - 1);
        vm.startPrank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceTooEarly.selector, plant, now_ + PAYMENT));
        penalties.debitPenalty(plant, PERIOD, MARKET);
        vm.warp(now_ + PAYMENT);
        penalties.debitPenalty(plant, PERIOD, MARKET);
        assertTrue(_penalty().state == PenaltyState.Paid);
    }

    function test_decideAppeal_reducesWithinTheBounds() public {
        _appealed();
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceFineOutOfBounds.selector, 1_999_999, 2_000_000, 3_000_000)
        );
        _outcome(other, AppealOutcome.Reduced, 1_999_999);
        _outcome(other, AppealOutcome.Reduced, 2_000_000);
        assertEq(_penalty().fineCents, 2_000_000);
        _pay(2_000_000);
        assertTrue(_penalty().state == PenaltyState.Paid);
    }

    function test_decideAppeal_annulsTheFineAndItsMeasures() public {
        _noticed(1000);
        vm.warp(DECIDED);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, FINE, PenaltyMeasures.PUBLICATION, WHY);
        _appeal();
        _outcome(other, AppealOutcome.Annulled, 0);
        assertTrue(_penalty().state == PenaltyState.Annulled);
        assertEq(_penalty().fineCents, 0);
        assertEq(_penalty().measures, 0);
        _checkPublic(PublicStanding.Short, 1000);

        // The units are missing all the same.
        vm.warp(DEADLINE + CLOSING);
        vm.prank(bureau);
        penalties.deduct(plant, PERIOD);
        assertEq(allocation.debtOf(plant), 1000);
    }

    function test_decideAppeal_isForAnotherOfficerThere() public {
        _appealed();
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceOwnDecision.selector, bureau));
        _outcome(bureau, AppealOutcome.Upheld, FINE);
        vm.expectRevert(_noPower(stranger));
        _outcome(stranger, AppealOutcome.Upheld, FINE);
    }

    function test_decideAppeal_refusesAFineThatDoesNotFitTheOutcome() public {
        _appealed();
        uint256[4] memory fines = [uint256(0), FINE - 1, FINE, 1];
        for (uint256 i; i < 4; ++i) {
            AppealOutcome outcome = AppealOutcome(i);
            vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceBadOutcome.selector, outcome, FINE, fines[i]));
            _outcome(other, outcome, fines[i]);
        }
        vm.expectRevert(IPenalties.ComplianceReasonMissing.selector);
        vm.prank(other);
        penalties.decideAppeal(plant, PERIOD, AppealOutcome.Annulled, 0, 0);
    }

    function test_decideAppeal_needsAnAppeal() public {
        _decided(1000);
        vm.expectRevert(_wrongPenalty(PenaltyState.Decided));
        _outcome(other, AppealOutcome.Upheld, FINE);
    }

    function test_debitPenalty_waitsForTheTimeToAppeal() public {
        _decided(1000);
        exchange.fund(emitter, MARKET, FINE);
        vm.startPrank(bureau);
        vm.warp(DECIDED + APPEAL);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceTooEarly.selector, plant, DECIDED + APPEAL + 1));
        penalties.debitPenalty(plant, PERIOD, MARKET);
        vm.warp(DECIDED + APPEAL + 1);
        penalties.debitPenalty(plant, PERIOD, MARKET);
    }

    /* WHO PAYS */

    /// @dev The last second to appeal is the operator's; the next one anybody's.
    function test_payPenalty_isTheOperatorsUntilTheTimeToAppealIsOver() public {
        _decided(1000);
        _fundStranger();
        vm.warp(DECIDED + APPEAL);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceNotOperator.selector, stranger, plant, emitter));
        penalties.payPenalty(plant, PERIOD, 1);
        vm.warp(DECIDED + APPEAL + 1);
        penalties.payPenalty(plant, PERIOD, 1);
        assertEq(_penalty().paidCents, 1);
    }

    /// @dev There is no second appeal that a payment could cut off.
    function test_payPenalty_isAnybodysOnceAnAppealIsDecided() public {
        _appealed();
        _outcome(other, AppealOutcome.Upheld, FINE);
        _fundStranger();
        penalties.payPenalty(plant, PERIOD, 1);
        assertEq(_penalty().paidCents, 1);
    }

    function _fundStranger() private {
        currency.mint(stranger, 1);
        vm.startPrank(stranger);
        currency.approve(address(compliance), 1);
    }

    /* PUBLICATION */

    function test_publishPenalty_isOnceAndForWhatStands() public {
        _decided(1000);
        vm.startPrank(bureau);
        vm.warp(DECIDED + APPEAL);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceTooEarly.selector, plant, DECIDED + APPEAL + 1));
        penalties.publishPenalty(plant, PERIOD, WHY);
        vm.warp(DECIDED + APPEAL + 1);
        vm.expectRevert(IPenalties.ComplianceReasonMissing.selector);
        penalties.publishPenalty(plant, PERIOD, 0);
        vm.expectEmit(address(compliance));
        emit IPenalties.PenaltyPublished(CHINA, PERIOD, plant, bureau, FINE, 0, PenaltyState.Decided, WHY);
        penalties.publishPenalty(plant, PERIOD, WHY);
        Appeal memory appeal = penalties.appealOf(plant, PERIOD);
        assertEq(appeal.publishedAt, DECIDED + APPEAL + 1);
        assertEq(appeal.decidedBy, bureau);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceAlreadyPublished.selector, plant, DECIDED + APPEAL + 1)
        );
        penalties.publishPenalty(plant, PERIOD, WHY);
    }

    function test_publishPenalty_ofAPaidOrAnnulledFineWaitsForNothing() public {
        _decided(1000);
        _pay(FINE);
        vm.prank(bureau);
        penalties.publishPenalty(plant, PERIOD, WHY);
    }

    function test_publishPenalty_needsThePowerAndADecision() public {
        _noticed(1000);
        vm.expectRevert(_noPower(stranger));
        vm.prank(stranger);
        penalties.publishPenalty(plant, PERIOD, WHY);
        vm.expectRevert(_wrongPenalty(PenaltyState.Noticed));
        vm.prank(bureau);
        penalties.publishPenalty(plant, PERIOD, WHY);
    }

    /* STEPS */

    function _appealed() private {
        _decided(1000);
        _appeal();
    }

    function _appeal() private {
        vm.prank(wallet);
        penalties.appeal(plant, PERIOD, GROUNDS);
    }

    function _outcome(address officer, AppealOutcome outcome, uint256 fineCents) private {
        vm.prank(officer);
        penalties.decideAppeal(plant, PERIOD, outcome, fineCents, WHY);
    }

    function _pay(uint256 cents) private {
        currency.mint(wallet, cents);
        vm.startPrank(wallet);
        currency.approve(address(compliance), cents);
        penalties.payPenalty(plant, PERIOD, cents);
        vm.stopPrank();
    }
}
