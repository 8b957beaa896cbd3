// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICompliance, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {ICumulativeCompliance, Verdict} from "../../interfaces/compliance/ICumulativeCompliance.sol";
import {AppealOutcome, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {NO_VALUE} from "../../interfaces/rules/ISchemes.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {CumulativeCase} from "./CumulativeCase.sol";

/// @dev Shortfalls of running totals: told once a tonne, noticed, fined and heard in the room of all penalties; pauses.
/// Each missing tonne costs 100.00.
contract CumulativePenaltiesTest is CumulativeCase {
    uint256 private constant PER_T = 10_000;
    bytes32 private constant REASON = bytes32("reason");

    function setUp() public override {
        super.setUp();
        _setParam("penalty.min_cents", NO_VALUE);
        _setParam("penalty.max_cents", NO_VALUE);
        _setParam("penalty.min_cents_per_t", PER_T);
        _setParam("penalty.max_cents_per_t", PER_T);
        _setParam("penalty.appeal_days", 30);
        _cover(PERIOD, true);
    }

    /// @dev Judged for a period in which the plant has this figure.
    function _judged(uint16 periodId, uint16 year, uint256 emissionsT) private returns (uint256) {
        _count(periodId, year, emissionsT);
        _after(periodId);
        _judge(periodId);
        return running.shortfallOf(plant, periodId);
    }

    function _decided(uint256 cents) private {
        penalties.notify(PERIOD, _one(plant));
        vm.warp(block.timestamp + 10 days);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, cents, 0, REASON);
    }

    /* SHORTFALL */

    function test_judge_tellsTheShortfallOfThePeriod() public {
        _give(PERIOD, CEA, 860);
        _count(PERIOD, 2020, 900);
        _after(PERIOD);
        vm.expectEmit(address(running));
        emit ICumulativeCompliance.ShortfallJudged(CHINA, PERIOD, plant, 40);
        _judge(PERIOD);
        assertEq(running.shortfallOf(plant, PERIOD), 40);
        assertEq(running.shortfallOf(plant, NEXT_PERIOD), 0);
    }

    function test_judge_tellsNoShortfallWhereNothingIsMissing() public {
        _give(PERIOD, CEA, 900);
        vm.recordLogs();
        assertEq(_judged(PERIOD, 2020, 900), 0);
        assertEq(vm.getRecordedLogs().length, 2); // the figure and the verdict
    }

    /// @dev Else a tonne that stays missing would be fined every year.
    function test_judge_tellsAMissingTonneOnce() public {
        assertEq(_judged(PERIOD, 2020, 900), 900);
        assertEq(_judged(NEXT_PERIOD, 2021, 30), 30);
        (uint256 openT,) = running.positionOf(plant, PERIOD);
        assertEq(openT, 930);
    }

    /// @dev What is surrendered goes to the oldest missing tonnes: those of the new year are told whole.
    function test_surrender_goesToTheToldTonnesFirst() public {
        assertEq(_judged(PERIOD, 2020, 100), 100);
        _give(NEXT_PERIOD, CEA_2021, 50);
        assertEq(_account().toldT, 50);
        assertEq(_judged(NEXT_PERIOD, 2021, 80), 80);
    }

    function test_surrender_beyondTheToldTonnesCoversTheNewYear() public {
        assertEq(_judged(PERIOD, 2020, 100), 100);
        _give(NEXT_PERIOD, CEA_2021, 150);
        assertEq(_account().toldT, 0);
        assertEq(_judged(NEXT_PERIOD, 2021, 80), 30);
    }

    /// @dev Nothing that was told stays told once a correction has taken it away.
    function test_correct_takesToldTonnesAlong() public {
        assertEq(_judged(PERIOD, 2020, 100), 100);
        _correct(NEXT_PERIOD, -30, 0);
        assertEq(_account().toldT, 70);
        _correct(NEXT_PERIOD, 0, 20);
        assertEq(_account().toldT, 50);
        assertEq(_judged(NEXT_PERIOD, 2021, 10), 10);
    }

    /// @dev Tonnes that a correction makes missing have a deadline of their own, and are told by its verdict.
    function test_correct_makesAShortfallOfItsOwn() public {
        _give(PERIOD, CEA, 100);
        assertEq(_judged(PERIOD, 2020, 100), 0);
        _correct(NEXT_PERIOD, 7, -5);
        assertEq(_judged(NEXT_PERIOD, 2021, 0), 12);
    }

    function test_judge_tellsWhatIsMissingOfAnUnverifiedPlantToo() public {
        _count(PERIOD, 2020, 100);
        _after(PERIOD);
        _judge(PERIOD);
        _after(NEXT_PERIOD); // 2021 has no figure
        assertTrue(_judge(NEXT_PERIOD) == Verdict.Unverified);
        assertEq(running.shortfallOf(plant, PERIOD), 100);
        assertEq(running.shortfallOf(plant, NEXT_PERIOD), 0);
    }

    /// @dev Told tonnes are never more than the missing ones, and the shortfalls of all years are the tonnes that were
    /// missing at a deadline.
    function testFuzz_shortfalls_areThoseOfAPlainQueue(uint16[4] memory figures, uint16[4] memory given) public {
        uint256 verified;
        uint256 surrendered;
        uint256 until; // tonnes up to here were given up or told
        for (uint16 i = 0; i < 4; ++i) {
            uint16 periodId = i == 0 ? PERIOD : 10 + i;
            if (i != 0) _setPeriod(periodId, 2020 + i, 2020 + i, 2020, DEADLINE + uint40(i) * 365 days);
            if (given[i] % 3000 != 0) _give(periodId, CEA, given[i] % 2500 + 1);
            surrendered += given[i] % 3000 != 0 ? given[i] % 2500 + 1 : 0;
            uint256 told = _judged(periodId, 2020 + i, figures[i] % 4000);
            verified += figures[i] % 4000;
            uint256 from = surrendered > until ? surrendered : until;
            assertEq(told, verified > from ? verified - from : 0);
            if (verified > surrendered) until = verified;
        }
    }

    /* PENALTY */

    function test_notify_takesTheShortfallOfTheVerdict() public {
        _give(PERIOD, CEA, 860);
        _judged(PERIOD, 2020, 900);
        vm.expectEmit(address(compliance));
        emit IPenalties.ShortfallNoticed(CHINA, PERIOD, plant, emitter, 40, DEADLINE + 1 + 10 days);
        penalties.notify(PERIOD, _one(plant));
        assertEq(penalties.penaltyOf(plant, PERIOD).shortfall, 40);
    }

    function test_notify_needsAVerdictThatFoundTonnesMissing() public {
        bytes memory none =
            abi.encodeWithSelector(ICompliance.ComplianceWrongState.selector, plant, PERIOD, ObligationState.None);
        _count(PERIOD, 2020, 900);
        _after(PERIOD);
        vm.expectRevert(none);
        penalties.notify(PERIOD, _one(plant));
        _judge(PERIOD);
        penalties.notify(PERIOD, _one(plant));
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.CompliancePenaltyState.selector, plant, PERIOD, PenaltyState.Noticed)
        );
        penalties.notify(PERIOD, _one(plant));
    }

    /// @dev As in the EU: so much for each tonne, and the tonnes stay due.
    function test_decide_isForEachMissingTonne_andReleasesFromNone() public {
        _judged(PERIOD, 2020, 900);
        penalties.notify(PERIOD, _one(plant));
        vm.warp(DEADLINE + 1 + 10 days);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(IPenalties.ComplianceFineOutOfBounds.selector, 0, 900 * PER_T, 900 * PER_T)
        );
        penalties.decide(plant, PERIOD, 0, 0, REASON);
        vm.prank(bureau);
        penalties.decide(plant, PERIOD, 900 * PER_T, 0, REASON);

        currency.mint(wallet, 900 * PER_T);
        vm.startPrank(wallet);
        currency.approve(address(compliance), 900 * PER_T);
        penalties.payPenalty(plant, PERIOD, 900 * PER_T);
        vm.stopPrank();
        assertTrue(penalties.penaltyOf(plant, PERIOD).state == PenaltyState.Paid);
        assertEq(currency.balanceOf(treasury), 900 * PER_T);
        (uint256 openT,) = running.positionOf(plant, PERIOD);
        assertEq(openT, 900);
    }

    function test_appeal_isHeardAndTheTonnesStayDue() public {
        _judged(PERIOD, 2020, 10);
        _decided(10 * PER_T);
        vm.prank(wallet);
        penalties.appeal(plant, PERIOD, REASON);
        vm.prank(ministry);
        penalties.decideAppeal(plant, PERIOD, AppealOutcome.Annulled, 0, REASON);
        assertTrue(penalties.penaltyOf(plant, PERIOD).state == PenaltyState.Annulled);
        (uint256 openT,) = running.positionOf(plant, PERIOD);
        assertEq(openT, 10);
    }

    /// @dev The totals keep them due: a debt beside them would ask for each tonne twice.
    function test_deduct_isNotOfRunningTotals() public {
        _judged(PERIOD, 2020, 10);
        _decided(10 * PER_T);
        vm.warp(DEADLINE + 100 days);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(ICompliance.ComplianceWrongState.selector, plant, PERIOD, ObligationState.None)
        );
        penalties.deduct(plant, PERIOD);
    }

    /// @dev Units beside the missing ones would have no obligation to be added to.
    function test_decide_ordersNoUnitsBesideRunningTotals() public {
        _judged(PERIOD, 2020, 10);
        _setParam("penalty.units_for_each_ppm", 3_000_000);
        penalties.notify(PERIOD, _one(plant));
        vm.warp(DEADLINE + 1 + 10 days);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceCumulative.selector, CHINA, PERIOD));
        penalties.decide(plant, PERIOD, 10 * PER_T, 0, REASON);
    }

    /// @dev More than the bits of a penalty hold is no smaller shortfall.
    function test_notify_refusesAShortfallBeyondItsBits() public {
        _correct(PERIOD, int56(1 << 40), 0);
        assertEq(_judged(PERIOD, 2020, 0), 1 << 40);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, plant, uint256(1) << 40));
        penalties.notify(PERIOD, _one(plant));
    }

    /* PAUSE */

    function _paused() private returns (IPausable paused) {
        paused = IPausable(address(running));
        vm.warp(DEADLINE - 1 hours);
        paused.pause(1 days);
    }

    function test_aPause_stopsSurrendersAndMovesTheDeadline() public {
        _count(PERIOD, 2020, 900);
        _paused();
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, DEADLINE + 23 hours));
        _give(PERIOD, CEA, 900);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICumulativeCompliance.CumulativeDeadlineAhead.selector, PERIOD, uint256(DEADLINE) + 1 days
            )
        );
        _judge(PERIOD);

        vm.warp(DEADLINE + 1 days); // an hour after the pause, as when it began
        _give(PERIOD, CEA, 900);
        vm.warp(DEADLINE + 1 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICumulativeCompliance.CumulativeDeadlineOver.selector, PERIOD, uint256(DEADLINE) + 1 days
            )
        );
        _give(PERIOD, CEA, 1);
        assertTrue(_judge(PERIOD) == Verdict.Complies);
    }

    function test_aPause_movesTheDateOfACorrection() public {
        _paused();
        vm.expectEmit(address(running));
        emit ICumulativeCompliance.FiguresCorrected(
            CHINA, PERIOD, plant, ministry, 1, 0, 1, 0, DEADLINE + 1 days, PAPER
        );
        _correct(PERIOD, 1, 0);
    }

    function test_aPause_isTheGuardiansAndEndsEarly() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseNotGuardian.selector, stranger));
        IPausable(address(running)).pause(1 days);
        IPausable paused = _paused();
        paused.unpause();
        _give(PERIOD, CEA, 1);
        (uint40 until,) = paused.pausedUntil();
        assertEq(until, 0);
    }
}
