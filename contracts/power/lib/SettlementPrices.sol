// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title SettlementPrices
/// @notice Prices of imbalance: two-sided about a reference, to which the cleared price counts by the energy delivered behind it.
/// @dev A price that nothing was delivered at moves nothing. Prices have 32 bits, energy 64, the spread at most 10^6 ppm.
/// `tonne/power/settlement_prices.py` is the same in Python.
library SettlementPrices {
    uint256 private constant PPM = 1_000_000;
    /// @dev A reference moves by at most a fifth.
    uint256 private constant MOST_MOVE = 5;

    /// @notice The price that counts: the reference, and of its distance to the cleared price the part delivered. Rounded
    /// towards the reference.
    /// @param backedWh accepted and delivered, the lesser of the two of each account
    /// @param meteredWh metered at the node
    function counted(uint256 ref, uint256 cleared, uint256 backedWh, uint256 meteredWh)
        internal
        pure
        returns (uint256 price)
    {
        if (meteredWh == 0) return ref;
        uint256 backed = backedWh < meteredWh ? backedWh : meteredWh;
        return cleared < ref ? ref - (ref - cleared) * backed / meteredWh : ref + (cleared - ref) * backed / meteredWh;
    }

    /// @notice Prices that a short position pays, rounded up, and a long one gets, rounded down [micro-credit/kWh].
    function sides(uint256 ref, uint256 price, uint256 spreadPpm)
        internal
        pure
        returns (uint256 shortPays, uint256 longGets)
    {
        (uint256 low, uint256 high) = price < ref ? (price, ref) : (ref, price);
        shortPays = (high * (PPM + spreadPpm) + PPM - 1) / PPM;
        longGets = low * (PPM - spreadPpm) / PPM;
    }

    /// @notice Whether so much was delivered that the cleared price may move the reference.
    function isBacked(uint256 backedWh, uint256 meteredWh) internal pure returns (bool) {
        return meteredWh != 0 && 2 * backedWh >= meteredWh;
    }

    /// @notice The price up to which half of the energy lies; 0 when there is none. Orders its arguments.
    function median(uint256[] memory prices, uint256[] memory weights) internal pure returns (uint256 price) {
        uint256 all;
        for (uint256 i; i < prices.length; ++i) {
            all += weights[i];
            for (uint256 j = i; j != 0 && prices[j - 1] > prices[j]; --j) {
                (prices[j - 1], prices[j]) = (prices[j], prices[j - 1]);
                (weights[j - 1], weights[j]) = (weights[j], weights[j - 1]);
            }
        }
        uint256 past;
        for (uint256 i; i < prices.length; ++i) {
            past += weights[i];
            if (weights[i] != 0 && 2 * past >= all) return prices[i];
        }
    }

    /// @notice The next reference: the target, at most a fifth away from the last, and by one unit at least.
    function moved(uint256 last, uint256 target) internal pure returns (uint256) {
        uint256 most = last / MOST_MOVE;
        if (most == 0) most = 1;
        if (target > last + most) return last + most;
        return target + most < last ? last - most : target;
    }
}
