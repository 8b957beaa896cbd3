// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedHolding} from "../../../contracts/types/PackedHolding.sol";
import {SharedHoldings} from "../../../contracts/units/lib/SharedHoldings.sol";

contract SharedHoldingsTest is Test {
    function testFuzz_set_isReadBackAndLeavesTheNeighbours(uint256 raw, uint256 lane, uint256 balance, uint256 frozen)
        public
        pure
    {
        lane = bound(lane, 1, 3);
        balance = bound(balance, 0, SharedHoldings.MAX_VALUE);
        frozen = bound(frozen, 0, SharedHoldings.MAX_VALUE);
        PackedHolding word = PackedHolding.wrap(raw);
        PackedHolding changed = SharedHoldings.set(word, lane, PackedHolding.wrap(balance | frozen << 64));

        _assertLane(changed, lane, balance, frozen);
        _assertOthers(changed, word, lane);
    }

    function testFuzz_add_raisesTheBalanceAlone(uint256 raw, uint256 lane, uint256 amount) public pure {
        lane = bound(lane, 1, 3);
        PackedHolding word = PackedHolding.wrap(raw);
        PackedHolding before = SharedHoldings.get(word, lane);
        amount = bound(amount, 0, SharedHoldings.MAX_VALUE - before.balance());
        PackedHolding changed = SharedHoldings.add(word, lane, amount);

        _assertLane(changed, lane, before.balance() + amount, before.frozen());
        _assertOthers(changed, word, lane);
    }

    function testFuzz_laneZeroIsTheWholeWord(uint64 balance, uint64 frozen, uint64 amount) public pure {
        PackedHolding word = PackedHolding.wrap(balance | uint256(frozen) << 64);
        assertEq(PackedHolding.unwrap(SharedHoldings.get(word, 0)), PackedHolding.unwrap(word));
        assertEq(PackedHolding.unwrap(SharedHoldings.add(word, 0, amount)), PackedHolding.unwrap(word) + amount);
    }

    function test_threeNeighboursShareAWord() public pure {
        assertEq(SharedHoldings.wordOf(3), 1);
        assertEq(SharedHoldings.wordOf(5), 1);
        assertEq(SharedHoldings.wordOf(6), 2);
        PackedHolding held = PackedHolding.wrap(7 | uint256(5) << 64);
        uint256 packed = 7 | uint256(5) << 42;
        for (uint256 seat = 3; seat < 6; ++seat) {
            PackedHolding word = SharedHoldings.set(PackedHolding.wrap(0), SharedHoldings.laneOf(seat), held);
            assertEq(PackedHolding.unwrap(word), packed << 84 * (seat - 3));
        }
    }

    function _assertLane(PackedHolding word, uint256 lane, uint256 balance, uint256 frozen) private pure {
        PackedHolding found = SharedHoldings.get(word, lane);
        assertEq(found.balance(), balance);
        assertEq(found.frozen(), frozen);
    }

    /// @dev The other lanes, and the bits that are left over.
    function _assertOthers(PackedHolding changed, PackedHolding word, uint256 lane) private pure {
        for (uint256 other = 1; other <= 3; ++other) {
            if (other == lane) continue;
            assertEq(
                PackedHolding.unwrap(SharedHoldings.get(changed, other)),
                PackedHolding.unwrap(SharedHoldings.get(word, other))
            );
        }
        assertEq(PackedHolding.unwrap(changed) >> 252, PackedHolding.unwrap(word) >> 252);
    }
}
