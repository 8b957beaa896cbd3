// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AllocationReason, AllocationState, IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {InstallationId} from "../../interfaces/types/Ids.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {AllocationCase} from "./AllocationCase.sol";

/// @dev Amounts that an authority decides: first tables, changes, returns, closures.
contract AllocationTableTest is AllocationCase {
    bytes32 internal constant PAPER = keccak256("decision 12/2021");
    InstallationId internal neighbour;
    address internal neighbourWallet;

    function setUp() public override {
        super.setUp();
        (neighbourWallet,, neighbour) = _emitter("neighbour");
    }

    function _both() private view returns (InstallationId[] memory ids) {
        ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, neighbour);
    }

    function _amounts(uint64 first, uint64 second) private pure returns (uint64[] memory amounts) {
        amounts = new uint64[](2);
        (amounts[0], amounts[1]) = (first, second);
    }

    function _table(uint64 amount, AllocationReason reason) private {
        vm.prank(bureau);
        allocation.allocate(CHINA, PERIOD, _one(plant), _one64(amount), reason, PAPER);
    }

    function test_allocate_issuesTheAmountsOfATable() public {
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesTabled(CHINA, PERIOD, plant, emitter, 0, 500, 0, AllocationReason.Table, PAPER);
        vm.prank(bureau);
        allocation.allocate(CHINA, PERIOD, _both(), _amounts(500, 0), AllocationReason.Table, PAPER);
        assertEq(_balance(wallet), 500);
        assertEq(_amountOf(plant), 500);
        assertTrue(_stateOf(plant) == AllocationState.Tabled);
        assertTrue(_stateOf(neighbour) == AllocationState.Tabled);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), 500);
    }

    function test_allocate_changesAnAmountUpAndDown() public {
        _table(500, AllocationReason.NewEntrant);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesTabled(CHINA, PERIOD, plant, emitter, 500, 700, 0, AllocationReason.Change, PAPER);
        _table(700, AllocationReason.Change);
        assertEq(_balance(wallet), 700);

        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, plant, emitter, 600, 0, 0);
        _table(100, AllocationReason.Return);
        assertEq(_balance(wallet), 100);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), 100);
    }

    /// @dev Units taken back make room for those of the same table.
    function test_allocate_takesBackBeforeItIssues() public {
        vm.prank(ministry);
        schemes.disclose(CHINA, 2020, FREE_SHARE, 1000, 0);
        vm.startPrank(bureau);
        allocation.allocate(CHINA, PERIOD, _both(), _amounts(1000, 0), AllocationReason.Table, PAPER);
        allocation.allocate(CHINA, PERIOD, _both(), _amounts(400, 600), AllocationReason.Change, PAPER);
        assertEq(_balance(neighbourWallet), 600);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), 1000);
    }

    function test_allocate_staysWithinTheDisclosedFreeShare() public {
        vm.prank(ministry);
        schemes.disclose(CHINA, 2020, FREE_SHARE, 1000, 0);
        _table(1000, AllocationReason.Table);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationFreeShareExceeded.selector, CHINA, uint16(2020), 1001, 1000)
        );
        _table(1001, AllocationReason.Change);
    }

    function test_allocate_paysTheDebtFirst() public {
        _owe(plant, 200);
        _table(500, AllocationReason.Table);
        assertEq(_balance(wallet), 300);
        assertEq(_amountOf(plant), 500);
        assertEq(allocation.debtOf(plant), 0);
    }

    function test_allocate_owesWhatIsNotFoundAtAReturn() public {
        _table(500, AllocationReason.Table);
        _deposit(wallet, 500);
        exchange.open(MARKET, CEA, address(allowances), address(currency), 1000);
        _table(0, AllocationReason.Return);
        assertEq(allocation.debtOf(plant), 500);
    }

    function test_allocate_givesAClosedPlantNothingMore() public {
        _table(500, AllocationReason.Table);
        installations.closeInstallation(plant);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationInstallationClosed.selector, plant));
        _table(501, AllocationReason.Change);
        _table(0, AllocationReason.Closure);
        assertEq(_balance(wallet), 0);
    }

    function test_allocate_refusesWhatTheBenchmarkGave() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.PreAllocated)
        );
        _table(1, AllocationReason.Change);
        _trueUp(plant, MWH, GJ);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.Final)
        );
        _table(1, AllocationReason.Change);
    }

    function test_allocate_refusesAnAmountThatStands() public {
        _table(500, AllocationReason.Table);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.Tabled)
        );
        _table(500, AllocationReason.Change);
    }

    function test_preAllocate_refusesWhatATableGave() public {
        _table(500, AllocationReason.Table);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.Tabled)
        );
        _preAllocate(PERIOD, plant, MWH, GJ);
    }

    function test_trueUp_passesOverWhatATableGave() public {
        _table(500, AllocationReason.Table);
        _trueUp(plant, MWH, GJ);
        assertEq(_amountOf(plant), 500);
        assertEq(_balance(wallet), 500);
    }

    function test_assess_standsOnTheAmountOfATable() public {
        _table(1000, AllocationReason.Table);
        oracle.set(plant, 2020, 5000, MWH, 0);
        vm.expectEmit(address(compliance));
        emit ICompliance.ObligationAssessed(CHINA, PERIOD, plant, emitter, 5000, 1000, 2000, true);
        compliance.trueUpAndAssess(CHINA, PERIOD, _one(plant));
    }

    function test_allocate_needsPowerInEachJurisdiction() public {
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, _plant(emitter, CHINA, WEST, COAL));
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, CHINA, WEST, Powers.ALLOCATE));
        allocation.allocate(CHINA, PERIOD, ids, _amounts(1, 1), AllocationReason.Table, PAPER);
        vm.prank(ministry);
        allocation.allocate(CHINA, PERIOD, ids, _amounts(1, 1), AllocationReason.Table, PAPER);
    }

    function test_allocate_refusesAnotherSchemesPlantBehindOneOfItsOwn() public {
        InstallationId[] memory ids = _both();
        ids[1] = _plant(emitter, OTHER, EAST, COAL);
        vm.prank(ministry);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationWrongScheme.selector, ids[1], CHINA, OTHER));
        allocation.allocate(CHINA, PERIOD, ids, _amounts(1, 1), AllocationReason.Table, PAPER);
    }

    function test_allocate_givesNothingToAClosedPlantBehindAnOpenOne() public {
        installations.closeInstallation(neighbour);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationInstallationClosed.selector, neighbour));
        allocation.allocate(CHINA, PERIOD, _both(), _amounts(1, 1), AllocationReason.Table, PAPER);
    }

    /// @dev Each operator returns the fall of its own plant.
    function test_allocate_takesBackFromEachPlantsOperator() public {
        vm.startPrank(bureau);
        allocation.allocate(CHINA, PERIOD, _both(), _amounts(500, 300), AllocationReason.Table, PAPER);
        allocation.allocate(CHINA, PERIOD, _both(), _amounts(400, 50), AllocationReason.Return, PAPER);
        assertEq(_balance(wallet), 400);
        assertEq(_balance(neighbourWallet), 50);
        assertEq(allocation.debtOf(plant) + allocation.debtOf(neighbour), 0);
    }

    function test_allocate_refusesAPlantTwiceInATable() public {
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, plant);
        vm.startPrank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationOrder.selector, plant));
        allocation.allocate(CHINA, PERIOD, ids, _amounts(1, 2), AllocationReason.Table, PAPER);
    }

    function test_allocate_refusesBadCalls() public {
        vm.startPrank(bureau);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationLengthMismatch.selector, 1, 2));
        allocation.allocate(CHINA, PERIOD, _one(plant), _amounts(1, 2), AllocationReason.Table, PAPER);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationBadCount.selector, 201, 200));
        allocation.allocate(CHINA, PERIOD, new InstallationId[](201), new uint64[](201), AllocationReason.Table, PAPER);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationTooLarge.selector, plant, uint256(1) << 40));
        allocation.allocate(CHINA, PERIOD, _one(plant), _one64(1 << 40), AllocationReason.Table, PAPER);
    }

    function test_allocate_needsADisclosedVintage() public {
        _setPeriod(9, 2025, 2025, 2025, DEADLINE + 1500 days);
        vm.prank(bureau);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNotDisclosed.selector, CHINA, 2025));
        allocation.allocate(CHINA, 9, _one(plant), _one64(1), AllocationReason.Table, PAPER);
    }
}
