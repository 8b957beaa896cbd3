// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";
import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";

/// @dev A set behind calls, so that reverts can be caught, beside a plain list of what is in it.
contract IntervalSetTest is Test {
    using IntervalSet for IntervalSet.Set;

    uint64 private constant SPAN = 200;

    IntervalSet.Set private _set;
    uint64[] private _starts;
    uint64[] private _ends;

    function insert(uint64 from, uint64 until, uint64 hint) external {
        _set.insert(from, until, 7, hint);
    }

    function remove(uint64 from, uint64 hint) external {
        _set.remove(from, hint);
    }

    function carve(uint64 from, uint64 until, uint64 start, uint64 hint) external {
        _set.carve(from, until, start, hint);
    }

    function split(uint64 from, uint64 cut) external {
        _set.split(from, cut);
    }

    function test_split_leavesTwoStretchesWhereOneWas() public {
        _set.insert(10, 20, 7, 0);
        _set.insert(20, 30, 8, 10);
        this.split(10, 13);
        (uint64 until, uint128 data) = _set.get(10);
        assertTrue(until == 13 && data == 7);
        (until, data) = _set.get(13);
        assertTrue(until == 20 && data == 7);
        assertEq(_set.nextOf(10), 13);
        assertEq(_set.nextOf(13), 20);
        uint64[2] memory sides = [uint64(13), 20];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IntervalSet.IntervalsOutside.selector, sides[i], sides[i], uint64(13), uint64(20)
                )
            );
            this.split(13, sides[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsUnknown.selector, 14));
        this.split(14, 15);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsUnknown.selector, 0));
        this.split(0, 1);
    }

    function testFuzz_insert_agreesWithAPlainList(uint256 seed) public {
        for (uint256 i; i < 60; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint64 from = uint64(1 + seed % SPAN);
            uint64 until = from + uint64(1 + (seed >> 64) % 12);
            uint64 hint = _set.lastBefore(from, 1000);
            if (_free(from, until)) {
                this.insert(from, until, hint);
                _starts.push(from);
                _ends.push(until);
            } else {
                vm.expectPartialRevert(IntervalSet.IntervalsOverlap.selector);
                this.insert(from, until, hint);
            }
        }
    }

    /// @dev Whatever the hint: an overlap never gets in, and what gets in was free.
    function testFuzz_insert_wrongHintOnlyReverts(uint256 seed) public {
        for (uint256 i; i < 60; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint64 from = uint64(1 + seed % SPAN);
            uint64 until = from + uint64(1 + (seed >> 64) % 12);
            uint64 hint = uint64((seed >> 128) % SPAN);
            bool free = _free(from, until);
            try this.insert(from, until, hint) {
                assertTrue(free);
                assertEq(hint, _before(from));
                _starts.push(from);
                _ends.push(until);
            } catch {
                assertTrue(!free || hint != _before(from));
            }
        }
    }

    function test_insert_neighboursInAnyOrder() public {
        this.insert(20, 30, 0);
        this.insert(10, 20, 0);
        this.insert(30, 40, 20);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 25, 35, 20, 30));
        this.insert(25, 35, 20);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 5, 11, 10, 20));
        this.insert(5, 11, 0);
    }

    /// @dev The error tells whether another hint would help.
    function test_insert_tellsAWrongHintFromAnOverlap() public {
        this.insert(20, 30, 0);
        this.insert(40, 50, 20);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsWrongHint.selector, 20, 10));
        this.insert(10, 15, 20);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 10, 25, 20, 30));
        this.insert(10, 25, 20);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsWrongHint.selector, 0, 35));
        this.insert(35, 38, 0);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsWrongHint.selector, 15, 35));
        this.insert(35, 38, 15);
    }

    /// @dev Key 0 is the head, no stretch: whatever hint comes with it.
    function test_zeroIsNoStretch() public {
        this.insert(10, 20, 0);
        bytes memory unknown = abi.encodeWithSelector(IntervalSet.IntervalsUnknown.selector, 0);
        vm.expectRevert(unknown);
        this.remove(0, 10);
        vm.expectRevert(unknown);
        this.carve(0, 5, 0, 10);
        vm.expectRevert(unknown);
        this.relabel(0);
        (uint64 until, uint128 data) = _set.get(0);
        assertTrue(until == 0 && data == 0);
    }

    function test_insert_refusesEmptyAndZero() public {
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsEmpty.selector, 5, 5));
        this.insert(5, 5, 0);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsEmpty.selector, 0, 5));
        this.insert(0, 5, 0);
    }

    function test_remove_freesAndChecksTheHint() public {
        this.insert(10, 20, 0);
        this.insert(20, 30, 10);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsWrongHint.selector, 0, 20));
        this.remove(20, 0);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsUnknown.selector, 15));
        this.remove(15, 10);
        this.remove(10, 0);
        this.insert(5, 20, 0);
        (uint64 until, uint128 data) = _set.get(5);
        assertEq(until, 20);
        assertEq(data, 7);
        assertEq(_set.nextOf(5), 20);
    }

    function test_remove_keepsTheStretchesOnEitherSide() public {
        this.insert(10, 20, 0);
        this.insert(30, 40, 10);
        this.insert(50, 60, 30);
        this.remove(30, 10);
        (uint64 until, uint128 data) = _set.get(10);
        assertTrue(until == 20 && data == 7);
        assertEq(_set.nextOf(10), 50);
        assertEq(_set.nextOf(50), 0);
    }

    /// @dev Left, right, in the middle or whole: what is carved is free, what is left keeps its data, order and place.
    function testFuzz_carve_freesJustThat(uint64 from, uint64 until) public {
        this.insert(5, 10, 0);
        this.insert(10, 100, 5);
        this.insert(100, 110, 10);
        from = uint64(bound(from, 10, 99));
        until = uint64(bound(until, from + 1, 100));
        this.carve(from, until, 10, 5);

        this.insert(from, until, _set.lastBefore(from, 10));
        uint64 start;
        uint256 covered;
        for (uint256 i; i < 6; ++i) {
            start = _set.nextOf(start);
            if (start == 0) break;

            (uint64 end, uint128 data) = _set.get(start);
            assertEq(data, 7);
            covered += end - start;
            assertEq(end, covered + 5);
        }
        assertEq(covered, 105);
    }

    function test_carve_refusesWhatIsNotWithinOrWronglyHinted() public {
        this.insert(5, 10, 0);
        this.insert(10, 100, 5);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsUnknown.selector, 11));
        this.carve(20, 30, 11, 5);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOutside.selector, 9, 30, 10, 100));
        this.carve(9, 30, 10, 5);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOutside.selector, 20, 101, 10, 100));
        this.carve(20, 101, 10, 5);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOutside.selector, 20, 20, 10, 100));
        this.carve(20, 20, 10, 5);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsWrongHint.selector, 0, 10));
        this.carve(10, 30, 10, 0);
    }

    function extend(uint64 from, uint64 until, uint128 data, uint64 hint) external {
        _set.extend(from, until, data, hint);
    }

    function test_extend_growsWhatIsForTheSameAndTouches() public {
        this.extend(10, 20, 7, 0);
        this.extend(20, 30, 7, 10);
        (uint64 until,) = _set.get(10);
        assertEq(until, 30);
        this.extend(30, 40, 8, 10);
        this.extend(41, 50, 8, 30);
        (until,) = _set.get(30);
        assertEq(until, 40);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 40, 42, 41, 50));
        this.extend(40, 42, 8, 30);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsEmpty.selector, 40, 40));
        this.extend(40, 40, 8, 30);
        this.extend(40, 41, 8, 30);
    }

    function test_relabel_changesTheDataAlone() public {
        this.insert(10, 20, 0);
        this.insert(20, 30, 10);
        _set.relabel(10, 9);
        (uint64 until, uint128 data) = _set.get(10);
        assertEq(until, 20);
        assertEq(data, 9);
        assertEq(_set.nextOf(10), 20);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsUnknown.selector, 15));
        this.relabel(15);
    }

    function relabel(uint64 from) external {
        _set.relabel(from, 1);
    }

    function _free(uint64 from, uint64 until) private view returns (bool) {
        for (uint256 i; i < _starts.length; ++i) {
            if (from < _ends[i] && _starts[i] < until) return false;
        }
        return true;
    }

    function _before(uint64 from) private view returns (uint64 best) {
        for (uint256 i; i < _starts.length; ++i) {
            if (_starts[i] < from && _starts[i] > best) best = _starts[i];
        }
    }
}
