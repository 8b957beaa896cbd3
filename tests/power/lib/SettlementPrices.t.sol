// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {SettlementPrices} from "../../../contracts/power/lib/SettlementPrices.sol";

/// @dev Prices of imbalance, by figures and by what must hold of all.
contract SettlementPricesTest is Test {
    uint256 private constant STEPS = 20;

    function test_counted_byWhatIsDelivered() public pure {
        assertEq(SettlementPrices.counted(200, 300, 0, 1_000), 200);
        assertEq(SettlementPrices.counted(200, 300, 500, 1_000), 250);
        assertEq(SettlementPrices.counted(200, 300, 1_000, 1_000), 300);
        assertEq(SettlementPrices.counted(200, 300, 9_000, 1_000), 300); // more than all counts as all
        assertEq(SettlementPrices.counted(200, 100, 333, 1_000), 167); // towards the reference
        assertEq(SettlementPrices.counted(200, 300, 337, 1_000), 233);
        assertEq(SettlementPrices.counted(200, 300, 500, 0), 200); // nothing metered, nothing counts
    }

    function test_sides_aboutTheReference() public pure {
        (uint256 pays, uint256 gets) = SettlementPrices.sides(200, 300, 10_000);
        assertEq(pays, 303);
        assertEq(gets, 198);
        (pays, gets) = SettlementPrices.sides(200, 101, 10_000);
        assertEq(pays, 202);
        assertEq(gets, 99);
    }

    /// @dev Nobody gains by being out of balance: short pays at least, long gets at most, both prices there are.
    function test_sides_areNoGain(uint32 ref, uint32 price, uint32 spread) public pure {
        (uint256 pays, uint256 gets) = SettlementPrices.sides(ref, price, spread % 1_000_001);
        assertGe(pays, ref > price ? ref : price);
        assertLe(gets, ref < price ? ref : price);
    }

    function test_counted_liesBetweenTheTwo(uint32 ref, uint32 cleared, uint48 backed, uint48 metered) public pure {
        uint256 price = SettlementPrices.counted(ref, cleared, backed, metered);
        (uint256 low, uint256 high) = ref < cleared ? (ref, cleared) : (cleared, ref);
        assertGe(price, low);
        assertLe(price, high);
    }

    /// @dev On markets drawn at random phantom orders of a tenth of a node's energy, bid or offered at the worst price, move the
    /// price of settlement no further than as much energy really added or withdrawn moves the cleared price.
    function test_phantomOrdersMoveNoMoreThanRealOnes(uint256 seed) public pure {
        (uint256[] memory bids, uint256[] memory offers) = _market(seed);
        uint256 wh = 100 * STEPS;
        uint256 before = _price(bids, offers, 0, 0);
        for (uint256 buys; buys < 2; ++buys) {
            uint256 real = _price(bids, offers, buys == 1 ? wh / 10 : 0, buys == 1 ? 0 : wh / 10);
            // All others deliver; the phantom clears its tenth and delivers nothing.
            uint256 moved = SettlementPrices.counted(before, real, wh - wh / 10, wh);
            assertLe(_distance(moved, before), _distance(real, before));
            // And alone, with nothing delivered at the node by those in the market, not at all.
            assertEq(SettlementPrices.counted(before, real, 0, wh), before);
        }
    }

    function _distance(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? b - a : a - b;
    }

    /// @dev Twenty bids and offers of 100 Wh.
    function _market(uint256 seed) private pure returns (uint256[] memory bids, uint256[] memory offers) {
        (bids, offers) = (new uint256[](STEPS), new uint256[](STEPS));
        for (uint256 i; i < STEPS; ++i) {
            bids[i] = uint256(keccak256(abi.encode(seed, i, "bid"))) % 600_000;
            offers[i] = uint256(keccak256(abi.encode(seed, i, "offer"))) % 600_000;
        }
    }

    /// @dev The lowest price at which no more is bid than offered, with a quantity more on either side at any price.
    function _price(uint256[] memory bids, uint256[] memory offers, uint256 bidMore, uint256 offerMore)
        private
        pure
        returns (uint256 price)
    {
        price = type(uint256).max;
        for (uint256 i; i < 2 * STEPS; ++i) {
            uint256 at = i < STEPS ? bids[i] : offers[i - STEPS];
            (uint256 wanted, uint256 given) = (bidMore, offerMore);
            for (uint256 j; j < STEPS; ++j) {
                if (bids[j] > at) wanted += 100;
                if (offers[j] <= at) given += 100;
            }
            if (wanted <= given && at < price) price = at;
        }
    }

    function test_median_byEnergy() public pure {
        uint256[] memory prices = new uint256[](4);
        uint256[] memory weights = new uint256[](4);
        assertEq(SettlementPrices.median(prices, weights), 0);
        (prices[0], prices[1], prices[2], prices[3]) = (40, 10, 30, 20);
        (weights[0], weights[1], weights[2], weights[3]) = (1, 1, 1, 1);
        assertEq(SettlementPrices.median(prices, weights), 20);
        (prices[0], prices[1], prices[2], prices[3]) = (40, 10, 30, 20);
        (weights[0], weights[1], weights[2], weights[3]) = (9, 1, 1, 0);
        assertEq(SettlementPrices.median(prices, weights), 40);
    }

    function test_moved_byAFifthAtMost() public pure {
        assertEq(SettlementPrices.moved(100, 150), 120);
        assertEq(SettlementPrices.moved(100, 119), 119);
        assertEq(SettlementPrices.moved(100, 0), 80);
        assertEq(SettlementPrices.moved(100, 81), 81);
        assertEq(SettlementPrices.moved(3, 10), 4);
        assertEq(SettlementPrices.moved(1, 0), 0);
    }

    function test_isBacked_byHalf() public pure {
        assertTrue(SettlementPrices.isBacked(500, 1_000));
        assertFalse(SettlementPrices.isBacked(499, 1_000));
        assertFalse(SettlementPrices.isBacked(0, 0));
    }
}
