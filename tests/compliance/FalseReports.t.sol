// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Accused, Charge, ChargeId, IFalseReports} from "../../interfaces/IFalseReports.sol";
import {InstallationId, ParticipantId} from "../../interfaces/Ids.sol";
import {ParticipantKinds} from "../../interfaces/IParticipants.sol";
import {AppealOutcome, PenaltyState} from "../../interfaces/PenaltyTypes.sol";
import {ISchemes, Powers} from "../../interfaces/ISchemes.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

/// @dev Fines for a report that fell, and for the body that signed it, with the figures of China's decree of 2024.
contract FalseReportsTest is ComplianceBase {
    uint256 private constant YUAN = 100;
    uint256 private constant GAINS = 300_000 * YUAN;
    uint256 private constant HEARING = 10 days;
    uint256 private constant APPEAL = 30 days;
    bytes32 private constant WHY = "the dispute of March";

    IFalseReports private reports;
    address private other = makeAddr("another officer of the east");
    address private wallet;
    ParticipantId private emitter;
    InstallationId private plant;
    address private house = makeAddr("verification body");
    ParticipantId private body;

    function setUp() public override {
        super.setUp();
        reports = IFalseReports(
            vm.deployCode(
                "FalseReports.sol:FalseReports", abi.encode(address(participants), schemes, oracle, penalties)
            )
        );
        _setParam("penalty.false_multiple_min_ppm", 5e6);
        _setParam("penalty.false_multiple_max_ppm", 10e6);
        _setParam("penalty.false_min_cents", 500_000 * YUAN);
        _setParam("penalty.false_max_cents", 2_000_000 * YUAN);
        _setParam("penalty.verifier_multiple_min_ppm", 5e6);
        _setParam("penalty.verifier_multiple_max_ppm", 10e6);
        _setParam("penalty.verifier_max_cents", 1_000_000 * YUAN);
        _setParam("penalty.verifier_small_gains_cents", 200_000 * YUAN);
        _setParam("penalty.appeal_days", 30);
        schemes.grantOffice(other, CHINA, EAST, Powers.PENALISE);
        (wallet, emitter, plant) = _emitter("emitter");
        body = _join(house, ParticipantKinds.VERIFICATION_BODY);
    }

    /* CHARGE */

    function test_charge_needsAReportThatFell() public {
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNothingFell.selector, plant, 2020));
        _charge(Accused.Operator, GAINS);
        _fell(1);
        vm.expectEmit(address(reports));
        emit IFalseReports.FalseReportCharged(
            _id(Accused.Operator, 1), CHINA, emitter, bureau, GAINS, WHY, SETUP + HEARING
        );
        _charge(Accused.Operator, GAINS);
        assertTrue(_of(Accused.Operator, 1).state == PenaltyState.Noticed);
    }

    function test_charge_reachesTheBodyThatSigned() public {
        _fell(1);
        _charge(Accused.Body, GAINS);
        assertTrue(_of(Accused.Body, 1).party == body);
        assertTrue(_of(Accused.Operator, 1).state == PenaltyState.None);
    }

    function test_charge_findsNoBodyWhereNoneSigned() public {
        oracle.setFallen(plant, 2020, uint256(1) << 120);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNothingFell.selector, plant, 2020));
        _charge(Accused.Body, GAINS);
    }

    function test_charge_isOnceForEachReportThatFell() public {
        _fell(1);
        _charge(Accused.Operator, GAINS);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFalseReports.FalseReportsState.selector, _id(Accused.Operator, 1), PenaltyState.Noticed
            )
        );
        _charge(Accused.Operator, GAINS);
        _fell(2); // the restatement fell too
        _charge(Accused.Operator, GAINS);
    }

    function test_charge_needsThePowerWhereThePlantStandsAndAReason() public {
        _fell(1);
        schemes.grantOffice(stranger, CHINA, WEST, Powers.PENALISE);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, EAST, Powers.PENALISE)
        );
        vm.prank(stranger);
        reports.charge(plant, 2020, Accused.Operator, GAINS, WHY);
        vm.startPrank(bureau);
        vm.expectRevert(IFalseReports.FalseReportsNoReason.selector);
        reports.charge(plant, 2020, Accused.Operator, GAINS, 0);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsTooLarge.selector, uint256(1) << 56));
        reports.charge(plant, 2020, Accused.Operator, 1 << 56, WHY);
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
        ChargeId id = _charged(Accused.Operator);
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
        vm.expectEmit(address(reports));
        emit IFalseReports.FalseReportFined(id, bureau, 1_500_000 * YUAN, WHY, SETUP + HEARING + APPEAL);
        reports.decide(id, 1_500_000 * YUAN, WHY);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsState.selector, id, PenaltyState.Decided));
        reports.decide(id, 1_500_000 * YUAN, WHY);
    }

    function test_decide_goesByTheRulesOfTheNotice() public {
        ChargeId id = _charged(Accused.Body);
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
        ChargeId id = _charged(Accused.Body);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, CHINA, EAST, Powers.PENALISE)
        );
        vm.prank(stranger);
        reports.decide(id, 0, WHY);
    }

    /* APPEAL */

    function test_appeal_isThePartysAndAnotherOfficerDecides() public {
        ChargeId id = _decided(Accused.Body);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNotParty.selector, wallet, body));
        vm.prank(wallet);
        reports.appeal(id, WHY);
        vm.warp(SETUP + HEARING + APPEAL);
        vm.prank(house);
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
        assertEq(_of(Accused.Body, 1).fineCents, 1_600_000 * YUAN);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsAccepted.selector, id, 0, AppealOutcome.Reduced)
        );
        vm.prank(house);
        reports.appeal(id, WHY);
    }

    function test_appeal_revertsAfterItsTime() public {
        ChargeId id = _decided(Accused.Operator);
        vm.warp(SETUP + HEARING + APPEAL + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IFalseReports.FalseReportsAppealTooLate.selector, id, SETUP + HEARING + APPEAL)
        );
        vm.prank(wallet);
        reports.appeal(id, WHY);
    }

    function test_decideAppeal_annulsForGood() public {
        ChargeId id = _decided(Accused.Operator);
        vm.prank(wallet);
        reports.appeal(id, WHY);
        vm.startPrank(other);
        reports.decideAppeal(id, AppealOutcome.Annulled, 0, WHY);
        assertTrue(_of(Accused.Operator, 1).state == PenaltyState.Annulled);
        reports.publish(id, WHY);
    }

    /* PAYMENT AND PUBLICATION */

    function test_pay_goesToTheTreasuryInParts() public {
        ChargeId id = _decided(Accused.Operator);
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
        assertTrue(_of(Accused.Operator, 1).state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), fine);
    }

    function test_appeal_revertsOnceSomethingIsPaid() public {
        ChargeId id = _decided(Accused.Operator);
        currency.mint(wallet, 1);
        vm.startPrank(wallet);
        currency.approve(address(reports), 1);
        reports.pay(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsAccepted.selector, id, 1, AppealOutcome.None));
        reports.appeal(id, WHY);
    }

    function test_publish_isOnceAndForWhatStands() public {
        ChargeId id = _decided(Accused.Operator);
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

    /* STEPS */

    /// @dev A record as the oracle keeps it: revision and body are all that counts here.
    function _fell(uint8 revision) private {
        oracle.setFallen(plant, 2020, uint256(revision) << 120 | uint256(ParticipantId.unwrap(body)) << 216);
    }

    function _charge(Accused accused, uint256 gains) private {
        vm.prank(bureau);
        reports.charge(plant, 2020, accused, gains, WHY);
    }

    function _charged(Accused accused) private returns (ChargeId) {
        _fell(1);
        _charge(accused, GAINS);
        return _id(accused, 1);
    }

    function _decided(Accused accused) private returns (ChargeId id) {
        id = _charged(accused);
        vm.warp(SETUP + HEARING);
        vm.prank(bureau);
        reports.decide(id, 2_000_000 * YUAN, WHY);
    }

    function _id(Accused accused, uint8 revision) private view returns (ChargeId) {
        return ChargeId.wrap(
            uint64(uint256(accused) << 56 | uint256(revision) << 48 | uint256(2020) << 32)
                | InstallationId.unwrap(plant)
        );
    }

    function _of(Accused accused, uint8 revision) private view returns (Charge memory) {
        return reports.chargeOf(_id(accused, revision));
    }

    function _checkBounds(Accused accused, uint256 gains, uint256 least, uint256 most) private view {
        (uint256 minCents, uint256 maxCents) = reports.fineBounds(CHINA, accused, gains * YUAN, SETUP);
        assertEq(minCents, least * YUAN);
        assertEq(maxCents, most * YUAN);
    }
}
