// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Energy on one side at a price.
struct Lot {
    uint256 side; // 0 buys, 1 sells
    uint256 limit;
    uint256 price;
}

/// @dev Clears a node that no arc touches, by trying every price: slow, and written another way than the check.
library OneNode {
    /// @return price the middle of those that fit
    /// @return margins accepted of bids at it, limits of these bids, and of offers alike, in lanes
    function solve(Lot[] memory lots) internal pure returns (uint256 price, uint256 margins) {
        uint256 own = _price(lots);
        (uint256 above, uint256 at) = (_volume(lots, 0, own, true), _volume(lots, 0, own, false));
        (uint256 below, uint256 level) = (_volume(lots, 1, own, true), _volume(lots, 1, own, false));
        uint256 traded = above + at < below + level ? above + at : below + level;
        price = _middle(lots, own, traded - above, traded - below, at, level);
        if (price == own) margins = traded - above | at << 32 | traded - below << 64 | level << 96;
    }

    /// @dev A price at which what must be sold is not more than can be bought, and the other way round. There is one: the
    /// lowest at which what must be bought can be sold.
    function _price(Lot[] memory lots) private pure returns (uint256 price) {
        for (uint256 i; i < lots.length; ++i) {
            price = lots[i].price;
            (uint256 above, uint256 at) = (_volume(lots, 0, price, true), _volume(lots, 0, price, false));
            (uint256 below, uint256 level) = (_volume(lots, 1, price, true), _volume(lots, 1, price, false));
            if (above <= below + level && below <= above + at) return price;
        }
    }

    /// @dev Energy of a side that is better than the price, or at it.
    function _volume(Lot[] memory lots, uint256 side, uint256 price, bool better) private pure returns (uint256 sum) {
        for (uint256 i; i < lots.length; ++i) {
            bool counts = lots[i].price == price;
            if (better) counts = side == 0 ? lots[i].price > price : lots[i].price < price;
            if (lots[i].side == side && counts) sum += lots[i].limit;
        }
    }

    function _middle(Lot[] memory lots, uint256 own, uint256 bought, uint256 sold, uint256 at, uint256 level)
        private
        pure
        returns (uint256)
    {
        (uint256 low, uint256 high, bool bounded) = (0, type(uint256).max, false);
        for (uint256 i; i < lots.length; ++i) {
            Lot memory l = lots[i];
            bool buys = l.side == 0;
            (bool some, bool rest) = buys ? (l.price > own, l.price < own) : (l.price < own, l.price > own);
            if (l.price == own) (some, rest) = buys ? (bought != 0, bought < at) : (sold != 0, sold < level);
            (bool floors, bool caps) = buys ? (rest, some) : (some, rest);
            if (floors) (low, bounded) = (l.price > low ? l.price : low, true);
            if (caps && l.price < high) high = l.price;
        }
        if (high == type(uint256).max) return low;
        return bounded ? (low + high) / 2 : high;
    }
}
