// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IReferencePrices} from "../../interfaces/power/IReferencePrices.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev References: where they start, what moves them and how far, and that a day's do not change any more.
contract ReferencePricesTest is PowerCase {
    uint256 private constant FIRST = 200_000;
    uint32 private constant PER_DAY = 96;

    uint32 private day;

    function setUp() public override {
        super.setUp();
        _node(1, 1);
        vm.warp(1_700_006_400);
        day = uint32(vm.getBlockTimestamp() / 1 days);
        references.setCounter(address(this));
    }

    function _start() private {
        vm.prank(officer);
        references.start(0, uint32(FIRST));
    }

    /// @dev The first quarter of hour 12 of a day.
    function _noon(uint32 at) private pure returns (uint32) {
        return at * PER_DAY + 48;
    }

    function _made(uint32 step) private returns (address made, bytes32 said) {
        bytes memory code = abi.encodePacked(
            vm.getCode("ReferencePrices.sol:ReferencePrices"), abi.encode(manager, grid, schemes, step)
        );
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            let free := mload(0x40)
            returndatacopy(free, 0, returndatasize())
            said := keccak256(free, returndatasize())
        }
    }

    /// @dev A sample has room for 60 intervals of an hour: for steps of a minute, and not of 59 seconds.
    function test_itsStepFitsAnHour() public {
        uint32[3] memory steps = [uint32(0), 59, 60];
        for (uint256 i; i < 3; ++i) {
            (address made, bytes32 said) = _made(steps[i]);
            bytes32 why = keccak256(abi.encodeWithSelector(IReferencePrices.ReferenceBadStep.selector, steps[i]));
            assertEq(made == address(0), i < 2);
            assertEq(said == why, i < 2);
        }
    }

    /// @dev With intervals of a minute each of an hour's has a place of its own.
    function test_countPrice_eachMinuteOfAnHour_once() public {
        (address made,) = _made(60);
        IReferencePrices brisk = IReferencePrices(made);
        brisk.setCounter(address(this));
        uint32 noon = day * 1440 + 720;
        for (uint32 i; i < 60; ++i) {
            brisk.countPrice(0, noon + i, 1, 1, 1);
            vm.expectRevert(abi.encodeWithSelector(IReferencePrices.ReferenceCounted.selector, 0, noon + i));
            brisk.countPrice(0, noon + i, 1, 1, 1);
        }
        brisk.countPrice(0, noon + 60, 1, 1, 1); // of the next hour
    }

    function test_start_byTheOffice_once() public {
        vm.prank(stranger);
        vm.expectRevert();
        references.start(0, 1);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IReferencePrices.ReferenceHas.selector, 0, 0));
        references.start(0, 0);
        references.start(0, uint32(FIRST));
        vm.expectRevert(abi.encodeWithSelector(IReferencePrices.ReferenceHas.selector, 0, 5));
        references.start(0, 5);
        vm.stopPrank();
        assertEq(references.referenceOf(0, _noon(day)), FIRST);
        assertEq(references.referenceOf(0, _noon(day) + 47), FIRST);
        assertEq(references.referenceOf(0, _noon(day + 9)), FIRST);
        vm.expectRevert(abi.encodeWithSelector(IReferencePrices.ReferenceNone.selector, 0, day - 1));
        references.referenceOf(0, _noon(day - 1));
    }

    function test_countPrice_bySettlementAlone_once() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IReferencePrices.ReferenceNotCounter.selector, stranger));
        references.countPrice(0, _noon(day), 1, 1, 1);
        assertFalse(references.isCounted(0, _noon(day)));
        references.countPrice(0, _noon(day), 1, 1, 1);
        bytes4 again = IReferencePrices.ReferenceCounted.selector;
        vm.expectRevert(abi.encodeWithSelector(again, 0, _noon(day)));
        references.countPrice(0, _noon(day), 1, 1, 1);
        assertTrue(references.isCounted(0, _noon(day)));
        assertFalse(references.isCounted(0, _noon(day) + 1) || references.isCounted(0, _noon(day) + 4));
        assertFalse(references.isCounted(1, _noon(day)) || references.isCounted(0, _noon(day + 16)));
        references.countPrice(0, _noon(day) + 1, 1, 1, 1);
        references.countPrice(0, _noon(day) + 2, 1, 1, 3); // less than half was delivered
        assertFalse(references.isCounted(0, _noon(day) + 2));
        vm.warp(uint256(day + 9) * 1 days);
        vm.expectRevert(abi.encodeWithSelector(again, 0, _noon(day) + 2));
        references.countPrice(0, _noon(day) + 2, 1, 1, 1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        references.setCounter(stranger);
    }

    /// @dev Median of the days by energy; half delivered at least; a fifth a day at most.
    function test_fix_isTheMedianOfTheDays_aFifthAtMost() public {
        _start();
        references.countPrice(0, _noon(day), 210_000, 100, 100);
        references.countPrice(0, _noon(day) + 1, 230_000, 100, 100); // mean of the day 220,000
        references.countPrice(0, _noon(day) + 2, 9_000_000, 49, 100); // made for nothing
        references.countPrice(0, _noon(day) + 8, 9_000_000, 50, 100); // hour 14
        references.fix(0);
        assertEq(references.referenceOf(0, _noon(day + 1)), 220_000);
        assertEq(references.referenceOf(0, _noon(day + 1) + 8), 240_000);
        assertEq(references.referenceOf(0, _noon(day + 1) + 4), FIRST); // hour 13
        assertEq(references.referenceOf(0, _noon(day)), FIRST); // of today it stays
        vm.expectRevert(abi.encodeWithSelector(IReferencePrices.ReferenceFixed.selector, 0, day + 1));
        references.fix(0);

        vm.warp(vm.getBlockTimestamp() + 1 days);
        references.countPrice(0, _noon(day + 1), 100_000, 500, 500); // more than all before
        references.fix(0);
        assertEq(references.referenceOf(0, _noon(day + 2)), 176_000);
        assertEq(references.referenceOf(0, _noon(day + 1)), 220_000);
        vm.warp(vm.getBlockTimestamp() + 8 days);
        references.fix(0); // nothing in seven days
        assertEq(references.referenceOf(0, _noon(day + 10)), 176_000);
    }

    /// @dev Days are kept in a ring of sixteen: a place that no day took since counts neither as a day of the last seven nor as
    /// a part of the one that takes it.
    function test_fix_aDayOfTheLastRoundCountsNoMore() public {
        _start();
        references.countPrice(0, _noon(day), 9_000_000, 100, 100);
        vm.warp(vm.getBlockTimestamp() + 16 days);
        references.fix(0);
        assertEq(references.referenceOf(0, _noon(day + 17)), FIRST);

        references.countPrice(0, _noon(day + 16), 210_000, 100, 100);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        references.fix(0);
        assertEq(references.referenceOf(0, _noon(day + 18)), 210_000);
    }

    function test_fixedDay_isTheLatest() public {
        assertEq(references.fixedDay(0), 0);
        _start();
        assertEq(references.fixedDay(0), day);
        references.fix(0);
        assertEq(references.fixedDay(0), day + 1);
        assertEq(references.fixedDay(1), 0);
    }

    function test_fix_whatHasAReference() public {
        vm.expectRevert(abi.encodeWithSelector(IReferencePrices.ReferenceNone.selector, 0, day + 1));
        references.fix(0);
    }
}
