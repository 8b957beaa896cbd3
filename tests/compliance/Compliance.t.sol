// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {
    ICompliance,
    Obligation,
    ObligationFlags,
    ObligationState,
    PublicStanding,
    Standing
} from "../../interfaces/compliance/ICompliance.sol";
import {AllocationState, IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {InstallationId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {ISchemes, NO_VALUE} from "../../interfaces/rules/ISchemes.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev What a plant owes, and where it stands.
contract ComplianceTest is ComplianceCase {
    /* OBLIGATION */

    function test_assess_fixesTheObligationForAnybodyWhoAsks() public {
        _report(plant, EMISSIONS, MWH);
        _checkPublic(PublicStanding.NotAssessed, 0);
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationAssessed(CHINA, PERIOD, plant, emitter, EMISSIONS, FREE, EMISSIONS, false);
        vm.prank(stranger);
        compliance.assess(CHINA, PERIOD, _one(plant));

        Obligation memory o = _obligation();
        assertEq(o.due, EMISSIONS);
        assertTrue(o.state == ObligationState.Open);
        assertEq(o.flags, 0);
        _checkPublic(PublicStanding.Open, 0);
    }

    /// @dev 877,000 + floor(0.2 × 1,200,003) = 1,117,000 (240,000.6 rounds down).
    function test_assess_capsTheObligationAboveTheFreeAllocation() public {
        _assess(plant, 1_200_003);
        assertEq(_obligation().due, 1_117_000);
        assertEq(_obligation().flags, ObligationFlags.CAPPED);
    }

    function test_assess_exemptsAGasPlantsDeficit() public {
        plant = _plant(emitter, CHINA, EAST, GAS);
        _assess(plant, 400_000);
        assertEq(_obligation().due, 392_000);
        assertEq(_obligation().flags, ObligationFlags.CAPPED);
    }

    function test_assess_asksAGasPlantForItsEmissionsWhereItHasASurplus() public {
        plant = _plant(emitter, CHINA, EAST, GAS);
        _assess(plant, 300_000);
        assertEq(_obligation().due, 300_000);
        assertEq(_obligation().flags, 0);
    }

    function test_assess_capsAGasPlantLikeTheOthersWithoutTheExemption() public {
        _setParam("obligation.gas_deficit_exempt", 0);
        plant = _plant(emitter, CHINA, EAST, GAS);
        _assess(plant, 400_000);
        assertEq(_obligation().due, 400_000);
    }

    function test_assess_takesAllEmissionsWithoutACap() public {
        _setParam("obligation.cap_over_free_ppm", NO_VALUE);
        _assess(plant, 5_000_000);
        assertEq(_obligation().due, 5_000_000);
    }

    function test_assess_meetsAnObligationOfNothing() public {
        _report(plant, 0, MWH);
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationMet(CHINA, PERIOD, plant, false);
        compliance.assess(CHINA, PERIOD, _one(plant));
        assertTrue(_obligation().state == ObligationState.Met);
        _checkPublic(PublicStanding.Met, 0);
    }

    function test_assess_revertsASecondTime() public {
        _assess(plant, EMISSIONS);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceAlreadyAssessed.selector, plant, PERIOD));
        compliance.assess(CHINA, PERIOD, _one(plant));
    }

    function test_assess_revertsBeforeTheTrueUp() public {
        oracle.set(plant, 2020, EMISSIONS, MWH, 0);
        _preAllocate(PERIOD, plant, MWH, 0);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceAllocationNotFinal.selector, plant, PERIOD));
        compliance.assess(CHINA, PERIOD, _one(plant));
    }

    function test_assess_revertsBeforeEveryReportIsFinal() public {
        oracle.set(plant, 2021, EMISSIONS, MWH, 0);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceReportNotFinal.selector, plant, 2022));
        compliance.assess(CHINA, LONG_PERIOD, _one(plant));
    }

    function test_assess_sumsTheYearsOfAPeriod() public {
        oracle.set(plant, 2021, 400_000, MWH, 0);
        oracle.set(plant, 2022, 500_000, 0, 0);
        allocation.trueUp(CHINA, LONG_PERIOD, _one(plant));
        compliance.assess(CHINA, LONG_PERIOD, _one(plant));
        assertEq(compliance.obligationOf(plant, LONG_PERIOD).due, 900_000);
    }

    function test_assess_revertsForAPlantOfAnotherScheme() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceWrongScheme.selector, other, CHINA, OTHER));
        compliance.assess(CHINA, PERIOD, _one(other));
    }

    function test_assess_revertsForAnotherSchemesPlantBehindOneOfItsOwn() public {
        _report(plant, EMISSIONS, MWH);
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, _plant(emitter, OTHER, EAST, COAL));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceWrongScheme.selector, ids[1], CHINA, OTHER));
        compliance.assess(CHINA, PERIOD, ids);
    }

    function test_assess_revertsForNoneOrMoreThan200() public {
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 0, 200));
        compliance.assess(CHINA, PERIOD, new InstallationId[](0));
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceBadCount.selector, 201, 200));
        compliance.assess(CHINA, PERIOD, new InstallationId[](201));
    }

    function test_trueUpAndAssess_doesBothForAnybodyWhoAsks() public {
        _preAllocate(PERIOD, plant, MWH / 2, 0);
        oracle.set(plant, 2020, EMISSIONS, MWH, 0);
        uint256 held = _balance(wallet);
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationAssessed(CHINA, PERIOD, plant, emitter, EMISSIONS, FREE, EMISSIONS, false);
        vm.prank(stranger);
        compliance.trueUpAndAssess(CHINA, PERIOD, _one(plant));

        (AllocationState state, uint256 amount) = allocation.allocationOf(CHINA, PERIOD, plant);
        assertTrue(state == AllocationState.Final);
        assertEq(amount, FREE);
        assertEq(_balance(wallet) - held, FREE - FREE / 2 * 7 / 10);
        assertEq(_obligation().due, EMISSIONS);
    }

    function test_trueUpAndAssess_revertsWhenOneIsDone() public {
        _report(plant, EMISSIONS, MWH);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.Final)
        );
        compliance.trueUpAndAssess(CHINA, PERIOD, _one(plant));
    }

    function test_assess_revertsWhenEmissionsDoNotFit() public {
        _setParam("obligation.cap_over_free_ppm", NO_VALUE);
        _report(plant, uint256(1) << 40, MWH);
        vm.expectRevert(abi.encodeWithSelector(ICompliance.ComplianceTooLarge.selector, plant, uint256(1) << 40));
        compliance.assess(CHINA, PERIOD, _one(plant));
    }

    function testFuzz_dueFor_equalsThePlainRule(uint256 emissions, uint256 free, uint8 class) public view {
        emissions = bound(emissions, 0, 1e11);
        free = bound(free, 0, 1e11);
        (uint256 due, bool capped) = compliance.dueFor(CHINA, PERIOD, class, emissions, free);
        uint256 limit = class == 4 ? free : free + emissions / 5;
        assertEq(due, emissions < limit ? emissions : limit);
        assertTrue(capped == (emissions > limit));
    }

    /* WIRING AND VIEWS */

    function test_setTreasury_isRestricted() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        penalties.setTreasury(OTHER, address(currency), treasury);

        vm.expectEmit(address(compliance));
        emit IPenalties.TreasurySet(OTHER, address(0), address(0), address(currency), treasury);
        penalties.setTreasury(OTHER, address(currency), treasury);
        (address money, address payee) = penalties.treasuryOf(OTHER);
        assertEq(money, address(currency));
        assertEq(payee, treasury);
    }

    function test_setTreasury_revertsForNobody() public {
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceNoTreasury.selector, OTHER));
        penalties.setTreasury(OTHER, address(0), treasury);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.ComplianceNoTreasury.selector, OTHER));
        penalties.setTreasury(OTHER, address(currency), address(0));
    }

    function test_standing_saysWhereAFirmStands() public {
        _assess(plant, EMISSIONS);
        _surrender(credit, 40_000);
        Standing memory s = compliance.standing(plant, PERIOD);
        assertTrue(s.scheme == CHINA);
        assertTrue(s.operator == emitter);
        assertTrue(s.state == ObligationState.Open);
        assertEq(s.openT, EMISSIONS - 40_000);
        assertEq(s.offsetRoomT, OFFSET_LIMIT - 40_000);
        assertEq(s.deadline, DEADLINE);

        _surrender(CEA, EMISSIONS - 40_000 - 100);
        assertEq(compliance.standing(plant, PERIOD).offsetRoomT, 100); // no more than is open
    }

    function test_obligationOf_revertsForAnUnknownPlant() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPeriod.selector, SchemeId.wrap(0), PERIOD));
        compliance.obligationOf(InstallationId.wrap(99), PERIOD);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_fleet_obligationsEqualAPlainComputation(uint256 seed) public {
        uint256 count = 13;
        InstallationId[] memory ids = new InstallationId[](count);
        uint256[] memory emissions = new uint256[](count);
        uint256[] memory free = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            ids[i] = _plant(emitter, CHINA, r & 1 == 0 ? EAST : WEST, r & 2 == 0 ? COAL : GAS);
            emissions[i] = (r >> 8) % 3_000_000;
            uint256 mwh = (r >> 40) % 3_000_000;
            free[i] = mwh * (r & 2 == 0 ? 877 : 392) / 1000;
            oracle.set(ids[i], 2020, emissions[i], mwh, 0);
        }
        allocation.trueUp(CHINA, PERIOD, ids);
        compliance.assess(CHINA, PERIOD, ids);

        for (uint256 i = 0; i < count; ++i) {
            uint256 limit = installations.installation(ids[i]).classOf() == GAS ? free[i] : free[i] + emissions[i] / 5;
            uint256 due = emissions[i] < limit ? emissions[i] : limit;
            assertEq(compliance.obligationOf(ids[i], PERIOD).due, due);
        }
    }
}
