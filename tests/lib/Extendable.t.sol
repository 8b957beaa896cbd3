// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";
import {Extendable} from "../../contracts/lib/Extendable.sol";

contract ExtendableTest is Test {
    Counter private counter;
    CounterExtension private asExtension;

    function setUp() public {
        counter = new Counter();
        asExtension = CounterExtension(address(counter));
    }

    function test_fallback_runsTheExtensionOnTheContractsStorage() public {
        assertEq(asExtension.add(5), 5);
        assertEq(counter.count(), 5);
        assertEq(CounterExtension(counter.EXTENSION()).count(), 0);
    }

    function test_fallback_keepsTheCallerAndTheAddress() public {
        vm.prank(address(7));
        (address caller, address self) = asExtension.context();
        assertEq(caller, address(7));
        assertEq(self, address(counter));
    }

    function test_fallback_passesOnTheRevert() public {
        vm.expectRevert(abi.encodeWithSelector(CounterExtension.CounterTooMany.selector, 11));
        asExtension.add(11);
    }

    function test_fallback_refusesUnknownFunctions() public {
        (bool done,) = address(counter).call(abi.encodeWithSignature("unknown()"));
        assertFalse(done);
    }
}

abstract contract CounterStore {
    uint256 public count;
}

contract CounterExtension is CounterStore {
    error CounterTooMany(uint256 more);

    function add(uint256 more) external returns (uint256) {
        if (more > 10) revert CounterTooMany(more);
        return count += more;
    }

    function context() external view returns (address caller, address self) {
        return (msg.sender, address(this));
    }
}

contract Counter is CounterStore, Extendable {
    constructor() Extendable(address(new CounterExtension())) {}
}
