// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {TickIndex} from "../../contracts/book/TickIndex.sol";

/// @dev The index against a plain list, over days.
contract TickIndexTest is Test {
    uint256 private constant MARKET = 3;

    uint256[] private _ticks;

    function _has(uint256 tick) private view returns (bool) {
        for (uint256 i; i < _ticks.length; ++i) {
            if (_ticks[i] == tick) return true;
        }
        return false;
    }

    function _best(uint256 side) private view returns (uint256 best) {
        for (uint256 i; i < _ticks.length; ++i) {
            if (best == 0 || (side == 1 ? _ticks[i] < best : _ticks[i] > best)) best = _ticks[i];
        }
    }

    function testFuzz_remove_givesTheNextBest(uint256 seed) public {
        uint256 side = seed % 2;
        uint256 today = 5;
        for (uint256 step; step < 120; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 20 == 0) {
                ++today; // what was there is of another day
                delete _ticks;
            } else if (seed % 5 < 3) {
                // Near, so that leaves hold several, or anywhere.
                uint256 tick = 1 + (seed >> 8) % (seed % 3 == 0 ? 57_599 : 700);
                if (_has(tick)) continue;
                _ticks.push(tick);
                TickIndex.add(MARKET, side, tick, today);
            } else if (_ticks.length != 0) {
                uint256 best = _best(side);
                uint256 tick = seed % 2 == 0 ? best : _ticks[(seed >> 8) % _ticks.length];
                uint256 i;
                while (_ticks[i] != tick) ++i;
                _ticks[i] = _ticks[_ticks.length - 1];
                _ticks.pop();
                uint256 next = TickIndex.remove(MARKET, side, tick, tick == best);
                assertEq(next, tick == best ? _best(side) : 0);
            }
        }
    }

    function test_sidesAndMarkets_areApart() public {
        TickIndex.add(1, 0, 240, 1);
        TickIndex.add(1, 1, 240, 1);
        TickIndex.add(2, 0, 240, 1);
        TickIndex.add(1, 0, 239, 1);
        assertEq(TickIndex.remove(1, 0, 240, true), 239);
        assertEq(TickIndex.remove(1, 1, 240, true), 0);
        assertEq(TickIndex.remove(2, 0, 240, true), 0);
    }
}
