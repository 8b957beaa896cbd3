// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedMarketConfig, PackedMarketConfigLib} from "../../contracts/types/PackedMarketConfig.sol";

contract PackedMarketConfigTest is Test {
    function _config(uint40 base, uint24 size, uint16 taker, uint16 maker) private pure returns (PackedMarketConfig) {
        return PackedMarketConfigLib.packFixed(base, size, 96, 18_823, 7, 3, true).withRules(taker, maker, 1, 99_999, 5);
    }

    function testFuzz_pack_keepsEveryField(uint40 base, uint24 size, uint16 taker, uint16 maker) public pure {
        PackedMarketConfig c = _config(base, size, taker, maker);
        assertEq(c.base(), base);
        assertEq(c.tickSize(), size);
        assertEq(c.takerPpm(), taker);
        assertEq(c.makerPpm(), maker);
        assertEq(c.utc(), 96);
        assertEq(c.dayZero(), 18_823);
        assertEq(c.minimum(), 1);
        assertEq(c.maximum(), 99_999);
        assertEq(c.feeAccount(), 7);
        assertEq(c.scheme(), 3);
        assertTrue(c.lasting());
        assertEq(c.takerLevels(), 5);
        c = c.withRules(1, 2, 3, 4, 0);
        assertTrue(c.lasting());
        assertEq(c.takerLevels(), 0);
        assertEq(c.scheme(), 3);
        assertEq(c.base(), base);
        assertEq(c.dayZero(), 18_823);
        assertEq(c.feeAccount(), 7);
        assertEq(c.maximum(), 4);
    }

    function test_today_turnsAtLocalMidnight() public pure {
        PackedMarketConfig c = _config(0, 100, 0, 0);
        uint256 midnight = 18_824 * 1 days - 8 hours;
        assertEq(c.today(midnight - 1), 0);
        assertEq(c.today(midnight), 1);
        assertEq(c.today(midnight + 1 days), 2);
    }

    function test_band_ofPublishedCloses() public pure {
        PackedMarketConfig c = _config(0, 100, 0, 0);
        uint256[4] memory closes = [uint256(5_296), 4_562, 5_746, 5_615];
        uint256[4] memory limits = [uint256(5_826), 5_018, 5_171, 5_054];
        for (uint256 i; i < 4; ++i) {
            (uint256 low, uint256 high) = c.band(closes[i], 100_000);
            assertEq(i < 2 ? high : low, limits[i]);
        }
    }

    function test_band_staysOnTheGrid() public pure {
        PackedMarketConfig c = _config(1_000_000, 100, 0, 0);
        (uint256 low, uint256 high) = c.band(1, 999_999);
        assertEq(low, 1);
        (low, high) = c.band(57_599, 999_999);
        assertEq(high, 57_599);
        (low, high) = c.band(9, 0);
        assertEq(low, 1);
        assertEq(high, 57_599);
    }

    function testFuzz_nearestTick_isTheNearest(uint40 base, uint24 size, uint64 numerator, uint32 denominator)
        public
        pure
    {
        size = uint24(bound(size, 1, type(uint24).max));
        denominator = uint32(bound(denominator, 1, type(uint32).max));
        PackedMarketConfig c = _config(base, size, 0, 0);
        uint256 tick = c.nearestTick(numerator, denominator);
        uint256 at = c.price(tick) * denominator;
        uint256 half = uint256(size) * denominator;
        if (tick > 1) assertLe(2 * at, 2 * uint256(numerator) + half, "a lower tick is nearer");
        if (tick < 57_599) assertGt(2 * at + half, 2 * uint256(numerator), "a higher tick is nearer");
    }

    /// @dev Whatever the fills, the parts that they pay sum up to what was reserved.
    function testFuzz_escrow_telescopes(uint32 lots, uint40 price, uint16 ppm, uint32 first, uint32 second)
        public
        pure
    {
        first = uint32(bound(first, 0, lots));
        second = uint32(bound(second, 0, lots - first));
        uint256 whole = PackedMarketConfigLib.escrow(lots, price, ppm);
        uint256 afterFirst = PackedMarketConfigLib.escrow(lots - first, price, ppm);
        uint256 afterSecond = PackedMarketConfigLib.escrow(lots - first - second, price, ppm);
        assertGe(whole - afterFirst, uint256(first) * price, "a fill pays at least its price");
        assertGe(afterFirst - afterSecond, uint256(second) * price);
        assertEq((whole - afterFirst) + (afterFirst - afterSecond) + afterSecond, whole);
        assertEq(PackedMarketConfigLib.escrow(0, price, ppm), 0);
    }

    function testFuzz_turnoverWithin_isTheMostThatFits(uint256 cost, uint16 ppm) public pure {
        cost = bound(cost, 0, (1 << 52) - 1);
        uint256 turnover = PackedMarketConfigLib.turnoverWithin(cost, ppm);
        assertLe(turnover + PackedMarketConfigLib.feeUp(turnover, ppm), cost);
        assertGt(turnover + 1 + PackedMarketConfigLib.feeUp(turnover + 1, ppm), cost);
    }

    function test_inSession_hasOpenEndsAbove() public pure {
        PackedMarketConfig c = _config(0, 100, 0, 0);
        uint256 sessions = 38 | (46 << 7) | (52 << 14) | (60 << 21);
        uint256 midnight = 18_824 * 1 days - 8 hours;
        assertFalse(c.inSession(sessions, midnight + 9.5 hours - 1));
        assertTrue(c.inSession(sessions, midnight + 9.5 hours));
        assertTrue(c.inSession(sessions, midnight + 11.5 hours - 1));
        assertFalse(c.inSession(sessions, midnight + 11.5 hours));
        assertTrue(c.inSession(sessions, midnight + 13 hours));
        assertFalse(c.inSession(sessions, midnight + 15 hours));
    }
}
