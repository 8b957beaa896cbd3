// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {SettlementMath} from "../../contracts/power/SettlementMath.sol";

/// @dev A day's surplus goes back by volume, rounded down.
contract SettlementMathTest is Test {
    function test_returned_isAShareByVolume() public pure {
        assertEq(SettlementMath.returned(100, 1, 3), 33);
        assertEq(SettlementMath.returned(100, 3, 3), 100);
        assertEq(SettlementMath.returned(1, 1, 1), 1);
        assertEq(SettlementMath.returned(100, 0, 3), 0);
    }

    function test_returned_isNothingOfADeficitOrOfNoEnergy() public pure {
        assertEq(SettlementMath.returned(0, 1, 3), 0);
        assertEq(SettlementMath.returned(-100, 1, 3), 0);
        assertEq(SettlementMath.returned(100, 0, 0), 0);
    }

    function testFuzz_returned_isNeverMoreThanTheSurplus(uint96 surplus, uint96 a, uint96 b) public pure {
        uint256 all = uint256(a) + b;
        int256 both = SettlementMath.returned(int256(uint256(surplus)), a, all)
            + SettlementMath.returned(int256(uint256(surplus)), b, all);
        assertLe(both, int256(uint256(surplus)));
        if (all != 0) assertGe(both, int256(uint256(surplus)) - 1);
    }
}
