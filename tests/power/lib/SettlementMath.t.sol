// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {DayState} from "../../../interfaces/power/IPowerSettlement.sol";
import {SettlementMath} from "../../../contracts/power/lib/SettlementMath.sol";

/// @dev A day's surplus goes back by volume, rounded down.
contract SettlementMathTest is Test {
    function _of(int88 surplus, uint96 carried, uint256 volume, uint72 all) private pure returns (int256) {
        DayState memory d;
        (d.surplus, d.carried, d.volumeWh) = (surplus, carried, all);
        return SettlementMath.returned(d, volume);
    }

    function test_returned_isAShareByVolume() public pure {
        assertEq(_of(100, 0, 1, 3), 33);
        assertEq(_of(100, 0, 3, 3), 100);
        assertEq(_of(1, 0, 1, 1), 1);
        assertEq(_of(100, 0, 0, 3), 0);
    }

    function test_returned_isNothingOfADeficitOrOfNoEnergy() public pure {
        assertEq(_of(0, 0, 1, 3), 0);
        assertEq(_of(-100, 0, 1, 3), 0);
        assertEq(_of(100, 100, 0, 0), 0);
    }

    /// @dev A deficit takes nothing of it.
    function test_returned_hasWhatWasCarriedToTheDay() public pure {
        assertEq(_of(100, 50, 1, 3), 50);
        assertEq(_of(-100, 50, 2, 4), 25);
    }

    function testFuzz_returned_isNeverMoreThanThereIs(uint80 surplus, uint96 carried, uint64 a, uint64 b) public pure {
        uint72 all = uint72(a) + b;
        int256 there = int256(uint256(surplus) + carried);
        int256 both = _of(int88(uint88(surplus)), carried, a, all) + _of(int88(uint88(surplus)), carried, b, all);
        assertLe(both, there);
        if (all != 0) assertGe(both, there - 1);
    }
}
