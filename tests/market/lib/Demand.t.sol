// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {Demand} from "../../../contracts/market/lib/Demand.sol";

contract DemandTest is Test {
    using Demand for Demand.Curve;

    uint256 private constant TOP = type(uint16).max;

    Demand.Curve private _curve;
    mapping(uint256 tick => uint256) private _lots;
    mapping(uint256 tick => uint256) private _bids;
    uint256[] private _ticks;

    function test_highest_isZeroWithoutBids() public view {
        assertEq(_curve.highest(TOP), 0);
    }

    function test_add_keepsNeighboursApart() public {
        for (uint256 tick = 4; tick < 8; ++tick) {
            _curve.add(tick, tick * (1 << 40));
        }
        _curve.add(5, 1);
        for (uint256 tick = 4; tick < 8; ++tick) {
            (uint256 lots, uint256 bids) = _curve.level(tick);
            assertEq(lots, tick * (1 << 40) + (tick == 5 ? 1 : 0));
            assertEq(bids, tick == 5 ? 2 : 1);
        }
    }

    function test_highest_findsBothEnds() public {
        _curve.add(1, 1);
        _curve.add(TOP, 1);
        assertEq(_curve.highest(TOP), TOP);
        assertEq(_curve.highest(TOP - 1), 1);
        assertEq(_curve.highest(0), 0);
    }

    /// @dev Any bids, some of them taken back; then a walk from the top meets each price with bids once.
    function testFuzz_walk_equalsAPlainTable(uint256 seed) public {
        for (uint256 i; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 tick = 1 + (seed % 3 == 0 ? seed >> 8 & 0xfffe : seed >> 8 & 0xf);
            uint256 lots = 1 + (seed >> 64 & 0xffffffffff);
            _curve.add(tick, lots);
            if (seed >> 128 & 3 == 0) {
                _curve.remove(tick, lots);
                continue;
            }
            _ticks.push(tick);
            _lots[tick] += lots;
            _bids[tick] += 1;
        }
        uint256 above = TOP + 1;
        uint256 expected = _below(above);
        while (expected != 0) {
            above = _curve.highest(above - 1);
            assertEq(above, expected);
            (uint256 lots, uint256 bids) = _curve.level(above);
            assertEq(lots, _lots[above]);
            assertEq(bids, _bids[above]);
            expected = _below(above);
        }
        assertEq(_curve.highest(above - 1), 0);
    }

    function _below(uint256 tick) private view returns (uint256 best) {
        for (uint256 i; i < _ticks.length; ++i) {
            if (_ticks[i] < tick && _ticks[i] > best) best = _ticks[i];
        }
    }
}
