// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {
    Correction,
    ICumulativeCompliance,
    runningRef,
    Verdict
} from "../../interfaces/compliance/ICumulativeCompliance.sol";
import {InstallationId, UnitId} from "../../interfaces/types/Ids.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {CumulativeCase} from "./CumulativeCase.sol";

/// @dev Running totals: figures, surrender ahead and beyond, verdicts, corrections, exclusion and entry again.
contract CumulativeComplianceTest is CumulativeCase {
    /* VERDICTS */

    function test_judge_compliesWithAsMuchAsWasVerified() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 900);
        _give(PERIOD, CEA, 900);
        _after(PERIOD);
        vm.expectEmit(address(running));
        emit ICumulativeCompliance.ComplianceJudged(CHINA, PERIOD, plant, emitter, 900, 900, true, Verdict.Complies);
        assertTrue(_judge(PERIOD) == Verdict.Complies);
    }

    function test_judge_isShortByATonne() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 900);
        _give(PERIOD, CEA, 899);
        _after(PERIOD);
        assertTrue(_judge(PERIOD) == Verdict.Short);
        (uint256 openT, uint256 creditT) = running.positionOf(plant, PERIOD);
        assertEq(openT, 1);
        assertEq(creditT, 0);
    }

    function test_judge_countsWhatWasSurrenderedAheadAndBeyond() public {
        _cover(PERIOD, true);
        _give(PERIOD, CEA, 1500); // before anything is verified
        _count(PERIOD, 2020, 900);
        (, uint256 creditT) = running.positionOf(plant, PERIOD);
        assertEq(creditT, 600);
        _after(PERIOD);
        assertTrue(_judge(PERIOD) == Verdict.Complies);

        _count(NEXT_PERIOD, 2021, 601);
        _after(NEXT_PERIOD);
        assertTrue(_judge(NEXT_PERIOD) == Verdict.Short);
    }

    function test_judge_catchesUpInTheNextPeriod() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 900);
        _after(PERIOD);
        assertTrue(_judge(PERIOD) == Verdict.Short);
        _give(NEXT_PERIOD, CEA, 900);
        _count(NEXT_PERIOD, 2021, 0);
        _after(NEXT_PERIOD);
        assertTrue(_judge(NEXT_PERIOD) == Verdict.Complies);
        assertTrue(running.verdictOf(plant, PERIOD) == Verdict.Short);
    }

    function test_judge_isUnverifiedWhileACoveredYearHasNoFigure() public {
        _cover(PERIOD, true);
        _give(PERIOD, CEA, 900);
        _after(PERIOD);
        assertTrue(_judge(PERIOD) == Verdict.Unverified);
        _count(NEXT_PERIOD, 2021, 100);
        _after(NEXT_PERIOD);
        assertTrue(_judge(NEXT_PERIOD) == Verdict.Unverified); // 2020 is missing still
    }

    function test_judge_takesTheLateFigureOfAnEarlierYear() public {
        _cover(PERIOD, true);
        _after(PERIOD);
        _judge(PERIOD);
        _count(NEXT_PERIOD, 2020, 100);
        _count(NEXT_PERIOD, 2021, 100);
        _after(NEXT_PERIOD);
        assertTrue(_judge(NEXT_PERIOD) == Verdict.Short);
        assertEq(_account().verifiedT, 200);
    }

    function test_judge_needsTheDeadlineToBeOver() public {
        _cover(PERIOD, true);
        vm.warp(DEADLINE);
        vm.expectRevert(
            abi.encodeWithSelector(ICumulativeCompliance.CumulativeDeadlineAhead.selector, PERIOD, DEADLINE)
        );
        _judge(PERIOD);
    }

    function test_judge_isOnce() public {
        _cover(PERIOD, true);
        _after(PERIOD);
        _judge(PERIOD);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeJudged.selector, plant, PERIOD));
        _judge(PERIOD);
    }

    function test_judge_passesOverWhatACallSentAheadJudged() public {
        (,, InstallationId second) = _emitter("second");
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, second);
        vm.prank(ministry);
        running.cover(CHINA, PERIOD, ids, true, PAPER);
        _after(PERIOD);
        _judge(PERIOD);
        running.judge(CHINA, PERIOD, ids);
        assertTrue(running.verdictOf(second, PERIOD) == Verdict.Unverified);
        assertTrue(running.verdictOf(plant, PERIOD) == Verdict.Unverified);
    }

    /// @dev Two verdicts of one word, and one beyond it.
    function testFuzz_verdicts_keepNeighboursApart(uint8 gap) public {
        for (uint256 i = 0; i < gap % 70; ++i) {
            _plant(emitter, CHINA, EAST, COAL);
        }
        InstallationId second = _plant(emitter, CHINA, EAST, COAL);
        _cover(PERIOD, true);
        vm.prank(ministry);
        running.cover(CHINA, PERIOD, _one(second), true, PAPER);
        _count(PERIOD, 2020, 1);
        _after(PERIOD);
        _judge(PERIOD);
        running.judge(CHINA, PERIOD, _one(second));
        assertTrue(running.verdictOf(plant, PERIOD) == Verdict.Short);
        assertTrue(running.verdictOf(second, PERIOD) == Verdict.Unverified);
    }

    /* THE ORDER OF PERIODS */

    function test_acts_endWithTheDeadline() public {
        _cover(PERIOD, true);
        vm.warp(DEADLINE);
        _give(PERIOD, CEA, 1);
        vm.warp(DEADLINE + 1);
        bytes memory over =
            abi.encodeWithSelector(ICumulativeCompliance.CumulativeDeadlineOver.selector, PERIOD, DEADLINE);
        vm.expectRevert(over);
        _give(PERIOD, CEA, 1);
        oracle.set(plant, 2020, 1, 1, 0);
        vm.expectRevert(over);
        running.count(CHINA, PERIOD, 2020, _one(plant));
        vm.expectRevert(over);
        _cover(PERIOD, false);
        vm.expectRevert(over);
        _correct(PERIOD, 1, 0);
    }

    /// @dev Else a surrender after the deadline would change the verdict of it.
    function test_acts_waitForTheVerdictOfAnEarlierPeriod() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 1);
        _after(PERIOD);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeUnjudged.selector, plant, PERIOD));
        _give(NEXT_PERIOD, CEA, 1);
        assertTrue(_judge(PERIOD) == Verdict.Short);
        _give(NEXT_PERIOD, CEA, 1);
    }

    function test_acts_goBackToNoEarlierPeriod() public {
        _setPeriod(8, 2020, 2020, 2020, DEADLINE + 30 days);
        _cover(8, true);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeJudged.selector, plant, 8));
        _give(PERIOD, CEA, 1);
    }

    /* COVERAGE */

    function test_cover_needsAnEntryBeforeAnyAct() public {
        bytes memory none = abi.encodeWithSelector(ICumulativeCompliance.CumulativeNotEntered.selector, plant, PERIOD);
        vm.expectRevert(none);
        _give(PERIOD, CEA, 1);
        vm.expectRevert(none);
        _correct(PERIOD, 1, 0);
        oracle.set(plant, 2020, 1, 1, 0);
        vm.expectRevert(none);
        running.count(CHINA, PERIOD, 2020, _one(plant));
        _after(PERIOD);
        vm.expectRevert(none);
        running.judge(CHINA, PERIOD, _one(plant));
    }

    function test_cover_excludesFromAYearOnAndTakesInAgain() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 10);
        _give(PERIOD, CEA, 10);
        _after(PERIOD);
        _judge(PERIOD);
        _cover(NEXT_PERIOD, false);
        _after(NEXT_PERIOD);
        vm.expectEmit(address(running));
        emit ICumulativeCompliance.ComplianceJudged(CHINA, NEXT_PERIOD, plant, emitter, 10, 10, false, Verdict.Complies);
        assertTrue(_judge(NEXT_PERIOD) == Verdict.Complies);

        _setPeriod(8, 2022, 2022, 2022, DEADLINE + 730 days);
        vm.expectEmit(address(running));
        emit ICumulativeCompliance.CoverageSet(CHINA, 8, plant, 2022, true, PAPER);
        _cover(8, true);
        assertEq(_account().covered, type(uint32).max & ~uint32(2));
        _after(8);
        assertTrue(_judge(8) == Verdict.Unverified);
    }

    function test_cover_refusesWhatStands() public {
        _cover(PERIOD, true);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeNothingChanges.selector, plant, PERIOD));
        _cover(PERIOD, true);
    }

    function test_cover_isForAnOfficerThatDetermines() public {
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, CHINA, EAST, Powers.DETERMINE));
        running.cover(CHINA, PERIOD, _one(plant), true, PAPER);
    }

    /// @dev The second plant's province is asked for although the first one's was granted.
    function test_cover_checksEveryJurisdictionOfABatch() public {
        schemes.grantOffice(bureau, CHINA, EAST, Powers.DETERMINE);
        InstallationId west = _plant(emitter, CHINA, WEST, COAL);
        bytes memory noPower =
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, CHINA, WEST, Powers.DETERMINE);
        vm.prank(bureau);
        vm.expectRevert(noPower);
        running.cover(CHINA, PERIOD, _two(plant, west), true, PAPER);

        vm.prank(ministry);
        running.cover(CHINA, PERIOD, _two(plant, west), true, PAPER);
        Correction[] memory corrections = new Correction[](2);
        corrections[0] = Correction(plant, 1, 0, PAPER);
        corrections[1] = Correction(west, 0, 1, PAPER);
        vm.prank(bureau);
        vm.expectRevert(noPower);
        running.correct(CHINA, PERIOD, corrections);
    }

    function test_cover_refusesAnotherSchemesPlantBehindOneOfItsOwn() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        vm.prank(ministry);
        vm.expectRevert(
            abi.encodeWithSelector(ICumulativeCompliance.CumulativeWrongScheme.selector, other, CHINA, OTHER)
        );
        running.cover(CHINA, PERIOD, _two(plant, other), true, PAPER);
    }

    /// @dev An exclusion from a year on excuses nothing of the years before.
    function test_cover_excludesNoEarlierYear() public {
        _cover(PERIOD, true);
        _after(PERIOD);
        assertTrue(_judge(PERIOD) == Verdict.Unverified);
        _cover(NEXT_PERIOD, false);
        assertEq(_account().covered, 1);
        _after(NEXT_PERIOD);
        assertTrue(_judge(NEXT_PERIOD) == Verdict.Unverified);
    }

    function test_cover_refusesAPlantOfAnotherScheme() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        vm.prank(ministry);
        vm.expectRevert(
            abi.encodeWithSelector(ICumulativeCompliance.CumulativeWrongScheme.selector, other, CHINA, OTHER)
        );
        running.cover(CHINA, PERIOD, _one(other), true, PAPER);
    }

    function test_phases_haveTotalsOfTheirOwn() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 10);
        _give(PERIOD, CEA, 500);
        // From 2021 another phase.
        schemes.setParam(CHINA, keccak256("obligation.cumulative_from"), "obligation.cumulative_from", 18_628, 2021, 0);
        _cover(NEXT_PERIOD, true);
        assertEq(running.accountOf(plant, NEXT_PERIOD).surrenderedT, 0);
        assertEq(running.accountOf(plant, PERIOD).surrenderedT, 500);
    }

    function test_phases_areOnlyWhereThePackSaysSo() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        schemes.setPeriod(OTHER, PERIOD, schemes.period(CHINA, PERIOD));
        vm.prank(ministry);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeNotRunning.selector, OTHER, PERIOD));
        running.cover(OTHER, PERIOD, _one(other), true, PAPER);
    }

    function test_assess_leavesSuchPeriodsAlone() public {
        _preAllocate(PERIOD, plant, 1, 0);
        oracle.set(plant, 2020, 1, 1, 0);
        allocation.trueUp(CHINA, PERIOD, _one(plant));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceCumulative.selector, CHINA, PERIOD));
        compliance.assess(CHINA, PERIOD, _one(plant));
    }

    /* FIGURES */

    function test_count_isOnceForEachYear() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 10);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeAlreadyCounted.selector, plant, 2020));
        running.count(CHINA, PERIOD, 2020, _one(plant));
    }

    function test_count_passesOverWhatACallSentAheadCounted() public {
        (,, InstallationId second) = _emitter("second");
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, second);
        vm.prank(ministry);
        running.cover(CHINA, PERIOD, ids, true, PAPER);
        _count(PERIOD, 2020, 10);
        oracle.set(second, 2020, 20, 1, 0);
        running.count(CHINA, PERIOD, 2020, ids);
        assertEq(_account().verifiedT, 10);
        assertEq(running.accountOf(second, PERIOD).verifiedT, 20);
    }

    function test_count_needsAFinalReport() public {
        _cover(PERIOD, true);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeReportNotFinal.selector, plant, 2020));
        running.count(CHINA, PERIOD, 2020, _one(plant));
    }

    function test_count_takesYearsOfThePhaseUpToThePeriod() public {
        _cover(PERIOD, true);
        for (uint16 year = 2019; year <= 2021; year += 2) {
            vm.expectRevert(
                abi.encodeWithSelector(ICumulativeCompliance.CumulativeWrongYear.selector, year, 2020, 2020)
            );
            running.count(CHINA, PERIOD, year, _one(plant));
        }
    }

    /// @dev A correction after the verdict makes an obligation whose date is the next deadline.
    function test_correct_makesANewObligation() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 10);
        _give(PERIOD, CEA, 10);
        _after(PERIOD);
        _judge(PERIOD);
        vm.expectEmit(address(running));
        emit ICumulativeCompliance.FiguresCorrected(
            CHINA, NEXT_PERIOD, plant, ministry, 5, 0, 15, 10, DEADLINE + 365 days, PAPER
        );
        _correct(NEXT_PERIOD, 5, 0);
        (uint256 openT,) = running.positionOf(plant, PERIOD);
        assertEq(openT, 5);
        assertTrue(running.verdictOf(plant, PERIOD) == Verdict.Complies);
    }

    function test_correct_makesACredit() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 10);
        _give(PERIOD, CEA, 10);
        _correct(PERIOD, -4, 3);
        (, uint256 creditT) = running.positionOf(plant, PERIOD);
        assertEq(creditT, 7);
    }

    /// @dev More than an account can say: nothing is cut off.
    function test_surrender_isWithinTheWidthOfAnAccount() public {
        _cover(PERIOD, true);
        vm.expectRevert(
            abi.encodeWithSelector(ICumulativeCompliance.CumulativeOutOfRange.selector, plant, type(int256).max)
        );
        _give(PERIOD, CEA, uint256(type(uint56).max) + 1);
    }

    function test_correct_staysWithinWhatThereIs() public {
        _cover(PERIOD, true);
        _count(PERIOD, 2020, 10);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeOutOfRange.selector, plant, int256(-1)));
        _correct(PERIOD, -11, 0);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeOutOfRange.selector, plant, int256(-1)));
        _correct(PERIOD, 0, -1);
        vm.expectRevert(ICumulativeCompliance.CumulativeZeroAmount.selector);
        _correct(PERIOD, 0, 0);
    }

    function test_correct_isForAnOfficerThatDetermines() public {
        _cover(PERIOD, true);
        Correction[] memory corrections = new Correction[](1);
        corrections[0] = Correction(plant, 1, 0, PAPER);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, CHINA, EAST, Powers.DETERMINE));
        running.correct(CHINA, PERIOD, corrections);
    }

    /* SURRENDER */

    function test_surrender_endsTheUnits() public {
        _cover(PERIOD, true);
        vm.expectEmit(address(running));
        emit ICumulativeCompliance.AllowancesSurrendered(CHINA, PERIOD, plant, emitter, wallet, 30, 30);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsExited(CEA, wallet, Exit.Surrendered, 30, runningRef(CHINA, PERIOD, plant));
        _give(PERIOD, CEA, 30);
        assertEq(_balance(wallet), 9970);
    }

    function test_surrender_isForTheOperator() public {
        _cover(PERIOD, true);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(ICumulativeCompliance.CumulativeNotOperator.selector, stranger, plant, emitter)
        );
        running.surrender(plant, PERIOD, _one(CEA), _one(1));

        address trader = makeAddr("trading wallet");
        _addWallet(wallet, emitter, trader, WalletRights.TRADE);
        vm.prank(trader);
        vm.expectRevert(
            abi.encodeWithSelector(ICumulativeCompliance.CumulativeNotOperator.selector, trader, plant, emitter)
        );
        running.surrender(plant, PERIOD, _one(CEA), _one(1));
    }

    function test_surrender_takesTheVintagesOfThePack() public {
        _cover(PERIOD, true);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeUnitRefused.selector, CEA_2021, PERIOD));
        _give(PERIOD, CEA_2021, 1);
        _setParam("obligation.borrow_vintages", 1);
        _give(PERIOD, CEA_2021, 1);

        allowances.issue(wallet, CEA_2019, 2, 0);
        _give(PERIOD, CEA_2019, 1);
        _setParam("obligation.carry_vintages", 0);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeUnitRefused.selector, CEA_2019, PERIOD));
        _give(PERIOD, CEA_2019, 1);
    }

    function test_surrender_countsEveryUnitOfACall() public {
        _setParam("obligation.borrow_vintages", 1);
        _cover(PERIOD, true);
        UnitId[] memory ids = new UnitId[](2);
        uint256[] memory amounts = new uint256[](2);
        (ids[0], ids[1], amounts[0], amounts[1]) = (CEA, CEA_2021, 30, 7);
        vm.prank(wallet);
        running.surrender(plant, PERIOD, ids, amounts);
        assertEq(_account().surrenderedT, 37);
    }

    function test_surrender_takesAllowancesOfTheSchemeAlone() public {
        _cover(PERIOD, true);
        UnitId credit = _offsets(makeAddr("developer"), CHINA, 10);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeUnitRefused.selector, credit, PERIOD));
        _give(PERIOD, credit, 1);
        UnitId foreign = UnitId.wrap(UnitId.unwrap(CEA) + (uint256(1) << 80));
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeUnitRefused.selector, foreign, PERIOD));
        _give(PERIOD, foreign, 1);
    }

    function test_surrender_refusesBadCalls() public {
        _cover(PERIOD, true);
        vm.expectRevert(ICumulativeCompliance.CumulativeZeroAmount.selector);
        _give(PERIOD, CEA, 0);
        vm.expectRevert(); // the wallet holds no more
        _give(PERIOD, CEA, 10_001);
        vm.startPrank(wallet);
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeBadCount.selector, 33, 32));
        running.surrender(plant, PERIOD, new UnitId[](33), new uint256[](33));
        vm.expectRevert(abi.encodeWithSelector(ICumulativeCompliance.CumulativeLengthMismatch.selector, 1, 2));
        running.surrender(plant, PERIOD, _one(CEA), new uint256[](2));
    }

    function test_calls_areBounded() public {
        InstallationId[] memory many = new InstallationId[](201);
        bytes memory tooMany = abi.encodeWithSelector(ICumulativeCompliance.CumulativeBadCount.selector, 201, 200);
        vm.startPrank(ministry);
        vm.expectRevert(tooMany);
        running.cover(CHINA, PERIOD, many, true, PAPER);
        vm.expectRevert(tooMany);
        running.count(CHINA, PERIOD, 2020, many);
        vm.expectRevert(tooMany);
        running.correct(CHINA, PERIOD, new Correction[](201));
        vm.expectRevert(tooMany);
        running.judge(CHINA, PERIOD, many);
    }

    /// @dev Against a plain sum: figures, corrections and surrenders of several years in any order of size.
    function testFuzz_verdicts_equalAPlainSum(uint32[4] memory figures, int24[2] memory changes) public {
        _cover(PERIOD, true);
        int256 verified = int256(uint256(figures[0] % 5000));
        int256 given = int256(uint256(figures[1] % 5000)) + 1;
        _count(PERIOD, 2020, uint256(verified));
        _give(PERIOD, CEA, uint256(given));
        _after(PERIOD);
        assertTrue(_judge(PERIOD) == (given >= verified ? Verdict.Complies : Verdict.Short));

        int256 added = int256(uint256(figures[2] % 5000));
        int256 more = int256(uint256(figures[3] % 5000)) + 1;
        _count(NEXT_PERIOD, 2021, uint256(added));
        _give(NEXT_PERIOD, CEA_2021, uint256(more));
        (verified, given) = (verified + added, given + more);
        int256 byVerified = bound(int256(changes[0]), -verified, 5000);
        int256 byGiven = bound(int256(changes[1]), -given, 5000);
        if (byVerified != 0 || byGiven != 0) _correct(NEXT_PERIOD, int56(byVerified), int56(byGiven));
        _after(NEXT_PERIOD);
        bool complies = given + byGiven >= verified + byVerified;
        assertTrue(_judge(NEXT_PERIOD) == (complies ? Verdict.Complies : Verdict.Short));
    }

    function _two(InstallationId first, InstallationId second) private pure returns (InstallationId[] memory ids) {
        ids = new InstallationId[](2);
        (ids[0], ids[1]) = (first, second);
    }
}
