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
