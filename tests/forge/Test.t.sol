// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

/// @notice The test base is tested too: a bound that leaves its range, or an assert that never fails,
/// would make every other test worth nothing.
contract TestTest is Test {
    Counter internal counter;
    address internal caller;

    function setUp() public {
        counter = new Counter();
        FuzzSelector memory selector = FuzzSelector({addr: address(counter), selectors: new bytes4[](1)});
        selector.selectors[0] = Counter.increase.selector;
        targetContract(address(counter));
        targetSelector(selector);
        caller = makeAddr("caller");
        targetSender(caller);
    }

    function testFuzz_bound_staysInsideTheRange(uint256 x, uint256 a, uint256 b) public pure {
        (uint256 min, uint256 max) = a < b ? (a, b) : (b, a);
        uint256 y = bound(x, min, max);
        assertGe(y, min);
        assertLe(y, max);
        if (x >= min && x <= max) assertEq(y, x);
    }

    function testFuzz_bound_staysInsideASmallRange(uint256 x, uint8 a, uint8 b) public pure {
        (uint256 min, uint256 max) = a < b ? (a, b) : (b, a);
        uint256 y = bound(x, min, max);
        assertTrue(y >= min && y <= max);
    }

    function testFuzz_bound_staysInsideASignedRange(int256 x, int256 a, int256 b) public pure {
        (int256 min, int256 max) = a < b ? (a, b) : (b, a);
        int256 y = bound(x, min, max);
        assertTrue(y >= min && y <= max);
    }

    function test_assertEq_failsOnDifference() public {
        vm.expectRevert();
        this.compare(1, 2);
        this.compare(2, 2);
    }

    function invariant_onlyTheTargetIsCalled() public view {
        assertEq(counter.decreases(), 0);
        if (counter.increases() > 0) assertEq(counter.lastCaller(), caller);
    }

    function compare(uint256 a, uint256 b) external pure {
        assertEq(a, b);
    }
}

contract Counter {
    uint256 public increases;
    uint256 public decreases;
    address public lastCaller;

    function increase() external {
        increases++;
        lastCaller = msg.sender;
    }

    function decrease() external {
        decreases++;
    }
}
