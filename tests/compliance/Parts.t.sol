// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICompliance, Obligation, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {ILinks} from "../../interfaces/compliance/ILinks.sol";
import {InstallationId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {AppealOutcome, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {NO_VALUE, Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ComplianceBase} from "./ComplianceBase.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";

/// @dev Three years with 30 % after each of the first two, and four units for each missing one, as in California; the figures
/// are those of the rule pack's example.
contract PartsTest is ComplianceBase {
    uint16 private constant FIRST = 21; //  of 2021
    uint16 private constant SECOND = 22; // of 2022
    uint16 private constant WHOLE = 23; //  2021 to 2023
    uint40 private constant FIRST_DEADLINE = DEADLINE + 305 days;
    uint40 private constant SECOND_DEADLINE = DEADLINE + 670 days;
    uint40 private constant WHOLE_DEADLINE = DEADLINE + 1035 days;
    uint256 private constant FIRST_DUE = 300_001; // 30 % of 1,000,001, rounded up
    uint256 private constant SECOND_DUE = 270_000;
    uint256 private constant ALL = 2_700_001;
    bytes32 private constant WHY = "a hundred thousand were missing";

    address private wallet;
    ParticipantId private emitter;
    InstallationId private plant;
    address private other = makeAddr("another officer of the east");

    function setUp() public override {
        super.setUp();
        _setParam("obligation.cap_over_free_ppm", NO_VALUE);
        _setParam("penalty.min_cents", NO_VALUE);
        _setParam("penalty.max_cents", NO_VALUE);
        _setParam("penalty.units_for_each_ppm", 4e6);
        _setParam("penalty.appeal_days", 30);
        _setParam("obligation.part_surrender_ppm", 300_000);
        _setFrom("obligation.part_period", 18_628, FIRST); //    2021
        _setFrom("obligation.part_period", 18_993, SECOND); //   2022
        _setFrom("obligation.part_period", 19_358, NO_VALUE); // 2023 is the last
        _setPeriod(FIRST, 2021, 2021, 2021, FIRST_DEADLINE);
        _setPeriod(SECOND, 2022, 2022, 2021, SECOND_DEADLINE);
        _setPeriod(WHOLE, 2021, 2023, 2021, WHOLE_DEADLINE);
        schemes.grantOffice(other, CHINA, EAST, Powers.PENALISE);
        (wallet, emitter, plant) = _emitter("emitter");
        allowances.issue(wallet, CEA_2021, 5_000_000, 0);
        oracle.set(plant, 2021, 1_000_001, 0, 0);
        oracle.set(plant, 2022, 900_000, 0, 0);
        oracle.set(plant, 2023, 800_000, 0, 0);
    }

    /* PARTS */

    function test_assess_ofAPartIsAShareOfItsYear() public {
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationAssessed(CHINA, FIRST, plant, emitter, 1_000_001, 0, FIRST_DUE, false);
        compliance.assess(CHINA, FIRST, _one(plant)); // nothing was allocated
        assertEq(_of(FIRST).due, FIRST_DUE);
        assertEq(_of(FIRST).flags, 0);
        assertEq(compliance.standing(plant, FIRST).deadline, FIRST_DEADLINE);
    }

    function test_assess_ofTheWholeCountsItsParts() public {
        _part(FIRST, FIRST_DUE);
        _part(SECOND, SECOND_DUE);
        _trueUp();
        vm.expectEmit(address(compliance));
        emit ICompliance.PartCounted(CHINA, WHOLE, plant, FIRST, FIRST_DUE, 0);
        vm.expectEmit(address(compliance));
        emit ICompliance.PartCounted(CHINA, WHOLE, plant, SECOND, SECOND_DUE, 0);
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationAssessed(CHINA, WHOLE, plant, emitter, ALL, 0, 2_130_000, false);
        compliance.assess(CHINA, WHOLE, _one(plant));

        assertEq(_of(WHOLE).due, 2_130_000);
        assertTrue(_of(FIRST).state == ObligationState.Closed);
        _give(WHOLE, 2_130_000);
        assertTrue(_of(WHOLE).state == ObligationState.Met);
    }

    function test_assess_ofTheWholeIsNeverBelowNothing() public {
        _part(FIRST, FIRST_DUE);
        _part(SECOND, SECOND_DUE);
        _setParam("obligation.cap_over_free_ppm", 100_000); // at most 270,000 in all
        _trueUp();
        compliance.assess(CHINA, WHOLE, _one(plant));
        assertEq(_of(WHOLE).due, 0);
        assertTrue(_of(WHOLE).state == ObligationState.Met);
    }

    function test_assess_ofTheWholeNeedsItsPartsAssessed() public {
        _part(FIRST, FIRST_DUE);
        _trueUp();
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceWrongState.selector, plant, SECOND, ObligationState.None)
        );
        compliance.assess(CHINA, WHOLE, _one(plant));
    }

    function test_assess_closesPartsToWhatComesLater() public {
        _part(FIRST, FIRST_DUE - 1);
        _annulledIn(FIRST, FIRST_DEADLINE);
        _part(SECOND, SECOND_DUE);
        _trueUp();
        compliance.assess(CHINA, WHOLE, _one(plant));
        assertEq(_of(WHOLE).due, 2_130_001); // the missing one is due with the rest
        vm.prank(wallet);
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceWrongState.selector, plant, FIRST, ObligationState.Closed)
        );
        compliance.surrender(plant, FIRST, _one(CEA_2021), _one(1));
    }

    /// @dev Only a period of that one year is the part: another that has its number by chance is not.
    function test_assess_takesAPeriodOfSeveralYearsForNoPart() public {
        _setPeriod(FIRST, 2020, 2021, 2021, FIRST_DEADLINE);
        oracle.set(plant, 2020, 5, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceAllocationNotFinal.selector, plant, FIRST));
        compliance.assess(CHINA, FIRST, _one(plant));
    }

    /* WHAT IS MISSING IN A PART */

    function test_decide_ordersUnitsInPlaceOfMissingOnes() public {
        _noticedIn(FIRST, FIRST_DEADLINE, 100_000);
        vm.expectEmit(address(compliance));
        emit IPenalties.UnitsOrdered(CHINA, FIRST, plant, 100_000, 0, 300_000);
        _decide(FIRST);
        Obligation memory owed = _of(FIRST);
        assertEq(owed.due, FIRST_DUE);
        assertEq(owed.added, 300_000);
        assertTrue(penalties.penaltyOf(plant, FIRST).state == PenaltyState.Decided);
        assertEq(compliance.standing(plant, FIRST).openT, 400_000);
        assertEq(compliance.standing(plant, FIRST).shortfallT, 100_000);
        _give(FIRST, 400_000);
        assertTrue(_of(FIRST).state == ObligationState.Met);
        (, uint256 shortfall) = compliance.publicStanding(plant, FIRST);
        assertEq(shortfall, 100_000);
    }

    /// @dev Half a unit more for each missing one: 1.5 × 33,333 − 33,333 = 16,666.5.
    function test_decide_roundsOrderedUnitsUp() public {
        _setParam("penalty.units_for_each_ppm", 1_500_000);
        _noticedIn(FIRST, FIRST_DEADLINE, 33_333);
        _decide(FIRST);
        assertEq(_of(FIRST).added, 16_667);
    }

    /// @dev 5 % of what was due from the start: units ordered in place of missing ones make no room for offsets or borrowing.
    function test_surrender_limitsDoNotGrowWithOrderedUnits() public {
        UnitId credit = _offsets(makeAddr("developer"), CHINA, 100_000);
        vm.prank(makeAddr("developer"));
        credits.safeTransferFrom(makeAddr("developer"), wallet, UnitId.unwrap(credit), 20_000, "");
        _setParam("obligation.borrow_vintages", 1);
        _setParam("borrowing.limit_ppm", 50_000);
        vm.prank(ministry);
        schemes.disclose(CHINA, 2022, FREE_SHARE, FREE_SHARE, 0);
        UnitId later = UnitId.wrap(uint256(1) << 96 | uint256(1) << 80 | uint256(2022) << 64);
        allowances.issue(wallet, later, 20_000, 0);
        _noticedIn(FIRST, FIRST_DEADLINE, 100_000);
        _decide(FIRST);
        assertEq(_of(FIRST).added, 300_000);

        uint256 room = FIRST_DUE / 20;
        vm.startPrank(wallet);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceOffsetLimit.selector, plant, room + 1, room));
        compliance.surrender(plant, FIRST, _one(credit), _one(room + 1));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBorrowLimit.selector, plant, room + 1, room));
        compliance.surrender(plant, FIRST, _one(later), _one(room + 1));
        vm.stopPrank();
        assertEq(compliance.standing(plant, FIRST).offsetRoomT, room);
    }

    /// @dev The like of allowances of a scheme that is recognised.
    function test_recognise_theLimitDoesNotGrowWithOrderedUnits() public {
        ILinks links = ILinks(
            vm.deployCode("Links.sol:Links", abi.encode(installations, schemes, allowances, address(compliance)))
        );
        _setParam("link.scheme", 2);
        _setParam("link.limit_ppm", 50_000);
        _noticedIn(FIRST, FIRST_DEADLINE, 100_000);
        _decide(FIRST);
        assertEq(links.roomOf(plant, FIRST), FIRST_DUE / 20);
    }

    function test_decide_ordersNoUnitsWhereOneIsOwedForEach() public {
        _setParam("penalty.units_for_each_ppm", 1_000_000);
        _noticedIn(FIRST, FIRST_DEADLINE, 33_333);
        _decide(FIRST);
        assertEq(_of(FIRST).added, 0);
        assertTrue(penalties.penaltyOf(plant, FIRST).state == PenaltyState.Paid);
    }

    function test_decide_revertsWhenTheUnitsDoNotFit() public {
        _setParam("penalty.units_for_each_ppm", 1e6 << 40);
        _noticedIn(FIRST, FIRST_DEADLINE, 1);
        vm.warp(FIRST_DEADLINE + 1 + 10 days);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, plant, FIRST_DUE + (uint256(1) << 40) - 1)
        );
        penalties.decide(plant, FIRST, 0, 0, WHY);
    }

    function test_fineBounds_areNothingWhereUnitsTakeTheirPlace() public {
        (uint256 least, uint256 most) = penalties.fineBounds(CHINA, FIRST, 100);
        assertEq(least + most, 0);
        _noticedIn(FIRST, FIRST_DEADLINE, 1);
        vm.warp(FIRST_DEADLINE + 1 + 10 days);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceFineOutOfBounds.selector, 1, 0, 0));
        penalties.decide(plant, FIRST, 1, 0, WHY);
    }

    function test_decideAppeal_annulsTheUnitsThatWereNotGiven() public {
        _noticedIn(FIRST, FIRST_DEADLINE, 100_000);
        _decide(FIRST);
        _give(FIRST, 150_000); // 50,000 beside the missing ones
        vm.prank(wallet);
        penalties.appeal(plant, FIRST, WHY);
        vm.expectEmit(address(compliance));
        emit IPenalties.UnitsOrdered(CHINA, FIRST, plant, 100_000, 300_000, 50_000);
        vm.prank(other);
        penalties.decideAppeal(plant, FIRST, AppealOutcome.Annulled, 0, WHY);
        assertEq(_of(FIRST).added, 50_000);
        assertTrue(_of(FIRST).state == ObligationState.Met);
    }

    function test_decideAppeal_upheldKeepsTheUnits() public {
        _noticedIn(FIRST, FIRST_DEADLINE, 100_000);
        _decide(FIRST);
        vm.prank(wallet);
        penalties.appeal(plant, FIRST, WHY);
        vm.prank(other);
        penalties.decideAppeal(plant, FIRST, AppealOutcome.Upheld, 0, WHY);
        assertEq(_of(FIRST).added, 300_000);
        assertTrue(penalties.penaltyOf(plant, FIRST).state == PenaltyState.Decided);
    }

    /// @dev 250,000 of the 400,000 came: 150,000 of the ordered ones are carried into the whole.
    function test_assess_carriesWhatIsStillOwedForAPart() public {
        _noticedIn(FIRST, FIRST_DEADLINE, 100_000);
        _decide(FIRST);
        _give(FIRST, 250_000);
        _part(SECOND, SECOND_DUE);
        _trueUp();
        vm.warp(block.timestamp + 30 days + 1);
        vm.expectEmit(address(compliance));
        emit ICompliance.PartCounted(CHINA, WHOLE, plant, FIRST, FIRST_DUE, 150_000);
        compliance.assess(CHINA, WHOLE, _one(plant));
        assertEq(_of(WHOLE).due, 2_130_000 + 150_000);
    }

    function test_assess_waitsUntilShortfallsOfPartsAreSettled() public {
        _part(SECOND, SECOND_DUE);
        _noticedLess(FIRST, 100_000);
        _trueUp();
        _refuseWhole(PenaltyState.None);
        vm.warp(FIRST_DEADLINE + 1);
        penalties.notify(FIRST, _one(plant));
        _refuseWhole(PenaltyState.Noticed);
        _decide(FIRST);
        uint256 until = FIRST_DEADLINE + 1 + 10 days + 30 days;
        vm.warp(until);
        _refuseWhole(PenaltyState.Decided); // it can still be appealed against
        vm.prank(wallet);
        penalties.appeal(plant, FIRST, WHY);
        vm.warp(until + 1);
        _refuseWhole(PenaltyState.Appealed);
        vm.prank(other);
        penalties.decideAppeal(plant, FIRST, AppealOutcome.Upheld, 0, WHY);
        compliance.assess(CHINA, WHOLE, _one(plant));
        assertEq(_of(WHOLE).due, 2_130_000 + 400_000);
    }

    function test_assess_takesADecisionThatCanNoLongerBeAppealed() public {
        _part(SECOND, SECOND_DUE);
        _noticedIn(FIRST, FIRST_DEADLINE, 100_000);
        _decide(FIRST);
        _trueUp();
        vm.warp(FIRST_DEADLINE + 1 + 10 days + 30 days + 1);
        compliance.assess(CHINA, WHOLE, _one(plant));
        assertEq(_of(WHOLE).due, 2_130_000 + 400_000);
    }

    /// @dev What was deducted is owed to the next allocation and not a second time.
    function test_assess_countsWhatWasDeductedAsGiven() public {
        _noticedIn(FIRST, FIRST_DEADLINE, 100_000);
        _decide(FIRST);
        vm.warp(FIRST_DEADLINE + 60 days);
        vm.prank(bureau);
        penalties.deduct(plant, FIRST);
        assertEq(allocation.debtOf(plant), 400_000);
        _part(SECOND, SECOND_DUE);
        _trueUp();
        compliance.assess(CHINA, WHOLE, _one(plant));
        assertEq(_of(WHOLE).due, 2_130_000);
    }

    /* STEPS */

    function _setFrom(string memory text, uint32 fromDay, uint256 value) private {
        schemes.setParam(CHINA, keccak256(bytes(text)), text, fromDay, value, 0);
    }

    function _of(uint16 periodId) private view returns (Obligation memory) {
        return compliance.obligationOf(plant, periodId);
    }

    function _give(uint16 periodId, uint256 amount) private {
        vm.prank(wallet);
        compliance.surrender(plant, periodId, _one(CEA_2021), _one(amount));
    }

    function _part(uint16 periodId, uint256 given) private {
        compliance.assess(CHINA, periodId, _one(plant));
        _give(periodId, given);
    }

    function _noticedLess(uint16 periodId, uint256 short) private {
        compliance.assess(CHINA, periodId, _one(plant));
        _give(periodId, _of(periodId).due - short);
    }

    function _noticedIn(uint16 periodId, uint256 deadline, uint256 short) private {
        _noticedLess(periodId, short);
        vm.warp(deadline + 1);
        penalties.notify(periodId, _one(plant));
    }

    function _decide(uint16 periodId) private {
        vm.warp(block.timestamp + 10 days);
        vm.prank(bureau);
        penalties.decide(plant, periodId, 0, 0, WHY);
    }

    function _annulledIn(uint16 periodId, uint256 deadline) private {
        vm.warp(deadline + 1);
        penalties.notify(periodId, _one(plant));
        _decide(periodId);
        vm.prank(wallet);
        penalties.appeal(plant, periodId, WHY);
        vm.prank(other);
        penalties.decideAppeal(plant, periodId, AppealOutcome.Annulled, 0, WHY);
    }

    function _trueUp() private {
        allocation.trueUp(CHINA, WHOLE, _one(plant));
    }

    function _refuseWhole(PenaltyState state) private {
        vm.expectRevert(abi.encodeWithSelector(ICompliance.CompliancePartUnsettled.selector, plant, FIRST, state));
        compliance.assess(CHINA, WHOLE, _one(plant));
    }
}
