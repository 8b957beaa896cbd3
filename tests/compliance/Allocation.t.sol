// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {
    AllocationRights,
    AllocationState,
    IAllocation,
    obligationRef,
    rulesTime
} from "../../interfaces/compliance/IAllocation.sol";
import {InstallationId, SchemeId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, ParamKeys, Powers} from "../../interfaces/rules/ISchemes.sol";
import {AllocationCase} from "./AllocationCase.sol";

/// @dev The pre-allocation: amounts, who may give and get, debts of earlier periods.
contract AllocationTest is AllocationCase {
    /* THE ENGINE */

    function test_preAllocate_issuesTheShareToThePrimaryWallet() public {
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesPreAllocated(CHINA, PERIOD, plant, emitter, uint64(MWH), uint64(GJ), PRE, 0);
        _preAllocate(PERIOD, plant, MWH, GJ);

        assertEq(_balance(wallet), PRE);
        assertEq(_amountOf(plant), PRE);
        assertTrue(_stateOf(plant) == AllocationState.PreAllocated);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), PRE);
    }

    function test_preAllocate_deliversToTheNewPrimaryWallet() public {
        address second = makeAddr("second wallet");
        _addWallet(wallet, emitter, second, WalletRights.TRADE);
        vm.prank(wallet);
        participants.setPrimaryWallet(second);

        _preAllocate(PERIOD, plant, MWH, GJ);

        assertEq(_balance(second), PRE);
    }

    /// @dev 1 MWh × 0.877 and 7 GJ × 0.126 = 0.882: each is below 1 t, though together they are not.
    function test_preAllocate_roundsDownForEachProduct() public {
        _setParam("allocation.preallocation_ppm", 1_000_000);
        _preAllocate(PERIOD, plant, 1, 7);
        assertEq(_amountOf(plant), 0);
    }

    function testFuzz_amountFor_isWithinOneTonneAProductBelowTheExactFigure(uint64 powerMwh, uint64 heatGj)
        public
        view
    {
        powerMwh = uint64(bound(powerMwh, 0, 1e10));
        heatGj = uint64(bound(heatGj, 0, 1e10));
        uint256 amount = allocation.amountFor(CHINA, PERIOD, COAL, powerMwh, heatGj, 700_000);
        uint256 exactTimes1e10 = (uint256(powerMwh) * 8770 + uint256(heatGj) * 1260) * 700_000;
        assertTrue(amount * 1e10 <= exactTimes1e10);
        assertTrue(exactTimes1e10 < (amount + 2) * 1e10);
    }

    function test_amountFor_readsEachClass() public view {
        assertEq(allocation.amountFor(CHINA, PERIOD, 1, 10_000, 10_000, 1e6), 8770 + 1260);
        assertEq(allocation.amountFor(CHINA, PERIOD, 2, 10_000, 10_000, 1e6), 9790 + 1260);
        assertEq(allocation.amountFor(CHINA, PERIOD, 3, 10_000, 10_000, 1e6), 11_460 + 1260);
        assertEq(allocation.amountFor(CHINA, PERIOD, 4, 10_000, 10_000, 1e6), 3920 + 590);
        assertEq(allocation.amountFor(CHINA, PERIOD, 0, 10_000, 10_000, 1e6), 0);
    }

    function test_amountFor_readsTheRulesOfThePeriodsLastYear() public {
        schemes.setParam(CHINA, ParamKeys.POWER_COAL_GT300, "benchmark.power.coal_gt300", 18_628, 8218, 0); // 2021
        assertEq(allocation.amountFor(CHINA, PERIOD, COAL, 10_000, 0, 1e6), 8770);
        assertEq(allocation.amountFor(CHINA, NEXT_PERIOD, COAL, 10_000, 0, 1e6), 8218);
    }

    function test_amountFor_readsTheRulesOfTheYearInTheFurthestEast() public {
        SchemeId east = SchemeId.wrap(77);
        schemes.createScheme(east, "Far east", 14 hours, 30, 0);
        schemes.setPeriod(east, PERIOD, schemes.period(CHINA, PERIOD));
        schemes.setParam(east, ParamKeys.POWER_COAL_GT300, "benchmark.power.coal_gt300", 18_262, 8770, 0); // 2020
        schemes.setParam(east, ParamKeys.POWER_COAL_GT300, "benchmark.power.coal_gt300", 18_628, 8218, 0); // 2021
        assertEq(allocation.amountFor(east, PERIOD, COAL, 10_000, 0, 1e6), 8770);
    }

    function test_amountFor_revertsWhenTheBenchmarkOfAnOutputIsAbsent() public {
        schemes.setPeriod(OTHER, PERIOD, schemes.period(CHINA, PERIOD));
        assertEq(allocation.amountFor(OTHER, PERIOD, COAL, 0, 0, 1e6), 0);

        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoParam.selector, OTHER, ParamKeys.POWER_COAL_GT300, rulesTime(2020))
        );
        allocation.amountFor(OTHER, PERIOD, COAL, 1, 0, 1e6);

        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoParam.selector, OTHER, ParamKeys.HEAT_COAL, rulesTime(2020))
        );
        allocation.amountFor(OTHER, PERIOD, COAL, 0, 1, 1e6);
    }

    function test_rulesTime_isNewYearsEveAsFarEastAsThereAreZones() public pure {
        assertEq(rulesTime(2020), 1_609_416_000 - 2 hours - 1);
        assertEq(rulesTime(2023), 1_704_024_000 - 2 hours - 1);
        assertEq(rulesTime(1970), 364 days + 10 hours - 1);
        uint256 newYearsEve = 18_627; // of 2020
        assertEq((rulesTime(2020) + 14 hours) / 1 days, newYearsEve);
        assertEq((rulesTime(2020) - 10 hours + 1) / 1 days, newYearsEve);
    }

    /* WHO AND WHAT */

    function test_preAllocate_revertsWithoutPowerInTheJurisdiction() public {
        InstallationId west = _plant(emitter, CHINA, WEST, COAL);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, CHINA, WEST, Powers.ALLOCATE));
        allocation.preAllocate(CHINA, PERIOD, _one(west), _one64(MWH), _one64(GJ));
    }

    /// @dev The second plant's province is checked although the first one's was granted.
    function test_preAllocate_checksEveryJurisdictionOfABatch() public {
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, _plant(emitter, CHINA, WEST, COAL));
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, CHINA, WEST, Powers.ALLOCATE));
        allocation.preAllocate(CHINA, PERIOD, ids, new uint64[](2), new uint64[](2));

        vm.prank(ministry);
        allocation.preAllocate(CHINA, PERIOD, ids, new uint64[](2), new uint64[](2));
    }

    function test_preAllocate_revertsASecondTime() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.PreAllocated)
        );
        _preAllocate(PERIOD, plant, MWH, GJ);
    }

    function test_preAllocate_revertsForARepeatWithinABatchAndDoesNothing() public {
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, plant);
        vm.prank(bureau);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.PreAllocated)
        );
        allocation.preAllocate(CHINA, PERIOD, ids, new uint64[](2), new uint64[](2));

        _preAllocate(PERIOD, plant, MWH, GJ); // the batch can be sent again without the repeat
        assertEq(_amountOf(plant), PRE);
    }

    function test_preAllocate_revertsAfterTheTrueUp() public {
        _trueUp(plant, MWH, GJ);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.Final)
        );
        _preAllocate(PERIOD, plant, MWH, GJ);
    }

    function test_preAllocate_revertsForAPlantOfAnotherScheme() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationWrongScheme.selector, other, CHINA, OTHER));
        _preAllocate(PERIOD, other, MWH, GJ);
    }

    function test_preAllocate_revertsForAnUnknownPlant() public {
        InstallationId unknown = InstallationId.wrap(99);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationWrongScheme.selector, unknown, CHINA, SchemeId.wrap(0))
        );
        _preAllocate(PERIOD, unknown, MWH, GJ);
    }

    function test_preAllocate_revertsForAClosedPlant() public {
        installations.closeInstallation(plant);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationInstallationClosed.selector, plant));
        _preAllocate(PERIOD, plant, MWH, GJ);
    }

    function test_preAllocate_revertsForAClosedPlantBehindAnOpenOne() public {
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, _plant(emitter, CHINA, EAST, COAL));
        installations.closeInstallation(ids[1]);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationInstallationClosed.selector, ids[1]));
        allocation.preAllocate(CHINA, PERIOD, ids, new uint64[](2), new uint64[](2));
    }

    function test_preAllocate_revertsForAnUnknownClass() public {
        InstallationId odd = _plant(emitter, CHINA, EAST, 9);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationClassUnknown.selector, odd, 9));
        _preAllocate(PERIOD, odd, MWH, GJ);
    }

    function test_preAllocate_revertsBeforeDisclosure() public {
        _setPeriod(9, 2025, 2025, 2025, DEADLINE + 1500 days);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNotDisclosed.selector, CHINA, 2025));
        _preAllocate(9, plant, MWH, GJ);
    }

    function test_preAllocate_revertsForAnUnknownPeriod() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPeriod.selector, CHINA, 77));
        _preAllocate(77, plant, MWH, GJ);
    }

    function test_preAllocate_revertsWhenArraysDiffer() public {
        vm.startPrank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationLengthMismatch.selector, 1, 2));
        allocation.preAllocate(CHINA, PERIOD, _one(plant), new uint64[](2), new uint64[](1));
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationLengthMismatch.selector, 1, 3));
        allocation.preAllocate(CHINA, PERIOD, _one(plant), new uint64[](1), new uint64[](3));
    }

    function test_preAllocate_revertsForNoneOrMoreThan200() public {
        vm.startPrank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationBadCount.selector, 0, 200));
        allocation.preAllocate(CHINA, PERIOD, new InstallationId[](0), new uint64[](0), new uint64[](0));
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationBadCount.selector, 201, 200));
        allocation.preAllocate(CHINA, PERIOD, new InstallationId[](201), new uint64[](201), new uint64[](201));
        vm.expectPartialRevert(IAllocation.AllocationWrongScheme.selector); // as many as may be, all of them unknown
        allocation.preAllocate(CHINA, PERIOD, new InstallationId[](200), new uint64[](200), new uint64[](200));
    }

    function test_preAllocate_revertsWhenAnAmountDoesNotFit() public {
        uint64 powerMwh = 2_000_000_000_000; // × 0.877 × 0.7 = 1,227,800,000,000 t, beyond 40 bits
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationTooLarge.selector, plant, uint256(1_227_800_000_000))
        );
        _preAllocate(PERIOD, plant, powerMwh, 0);
    }

    function test_preAllocate_fillsTheFreeShareAndNotATonneMore() public {
        vm.prank(ministry);
        schemes.disclose(CHINA, 2020, FREE_SHARE, uint64(PRE), 0);
        _preAllocate(PERIOD, plant, MWH, GJ);

        (,, InstallationId second) = _emitter("second emitter");
        vm.expectRevert(
            abi.encodeWithSelector(
                IAllocation.AllocationFreeShareExceeded.selector, CHINA, uint16(2020), PRE + 613, PRE
            )
        );
        _preAllocate(PERIOD, second, 1000, 0);
    }

    /* DEBT */

    function test_preAllocate_netsDebtFirst() public {
        _owe(plant, 22_720);

        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesPreAllocated(CHINA, PERIOD, plant, emitter, uint64(MWH), uint64(GJ), PRE, 22_720);
        _preAllocate(PERIOD, plant, MWH, GJ);

        assertEq(_balance(wallet), PRE - 22_720);
        assertEq(_amountOf(plant), PRE);
        assertEq(allocation.debtOf(plant), 0);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), PRE - 22_720);
    }

    function test_preAllocate_carriesADebtLargerThanTheAllocation() public {
        _owe(plant, PRE + 5);
        _preAllocate(PERIOD, plant, MWH, GJ);
        assertEq(_balance(wallet), 0);
        assertEq(allocation.debtOf(plant), 5);

        _trueUp(plant, MWH, GJ); // the rise pays the rest
        assertEq(_balance(wallet), FULL - PRE - 5);
        assertEq(allocation.debtOf(plant), 0);
    }

    function testFuzz_addDebt_keepsNeighboursApart(uint32 first, uint40 amount, uint40 other) public {
        first = uint32(bound(first, 1, type(uint32).max - 1));
        _owe(InstallationId.wrap(first), amount);
        _owe(InstallationId.wrap(first + 1), other);
        assertEq(allocation.debtOf(InstallationId.wrap(first)), amount);
        assertEq(allocation.debtOf(InstallationId.wrap(first + 1)), other);
    }

    function test_addDebt_revertsBeyond40Bits() public {
        _owe(plant, type(uint40).max);
        vm.prank(address(compliance));
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationTooLarge.selector, plant, uint256(1) << 40));
        allocation.addDebt(plant, 1, 0);
    }

    function test_addDebt_isForControllers() public {
        vm.prank(ministry);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationNotController.selector, ministry, AllocationRights.DEBT)
        );
        allocation.addDebt(plant, 1, 0);

        vm.expectEmit(address(allocation));
        emit IAllocation.AllocationDebtAdded(plant, address(compliance), 1, bytes32("ref"));
        _owe(plant, 1);
    }

    function test_setController_isRestricted() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        allocation.setController(stranger, 1);

        vm.expectEmit(address(allocation));
        emit IAllocation.AllocationControllerSet(stranger, 0, 1);
        allocation.setController(stranger, 1);
        assertEq(allocation.rightsOf(stranger), 1);
    }

    function test_obligationRef_packsSchemePeriodAndPlant() public pure {
        assertEq(
            uint256(obligationRef(SchemeId.wrap(0x1234), 0x5678, InstallationId.wrap(0x9abcdef0))), 0x123456789abcdef0
        );
    }
}
