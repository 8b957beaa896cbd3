// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LibBitmap} from "solady/utils/LibBitmap.sol";

/// @title Demand
/// @notice Demand curve of an auction: lots and bids at each price, read from the best price down. Adding a bid costs the
/// same however many there are; clearing reads each price once, not each bid.
/// @dev Four prices a word, `lots 48 | bids 16` each, the lowest price lowest; a bit for each price with bids. The caller
/// keeps the bounds: an auction takes at most 65,535 bids, all of them paid for, at 100 of the ledger's units
/// of cash a lot or more, and a market holds less than 2^51 of these: below 2^45 lots.
library Demand {
    using LibBitmap for LibBitmap.Bitmap;

    struct Curve {
        LibBitmap.Bitmap prices;
        mapping(uint256 quarter => uint256) words;
    }

    uint256 private constant BID = 1 << 48;
    uint256 private constant LOTS = BID - 1;

    /// @dev A bid for `lots` at `tick`.
    function add(Curve storage self, uint256 tick, uint256 lots) internal {
        uint256 word = self.words[tick >> 2];
        if (uint64(word >> _shift(tick)) == 0) self.prices.set(tick);
        unchecked {
            self.words[tick >> 2] = word + ((BID | lots) << _shift(tick)); // bounds above
        }
    }

    /// @dev Takes back a bid that was added.
    function remove(Curve storage self, uint256 tick, uint256 lots) internal {
        uint256 word = self.words[tick >> 2];
        unchecked {
            word -= (BID | lots) << _shift(tick); // it was added
        }
        self.words[tick >> 2] = word;
        if (uint64(word >> _shift(tick)) == 0) self.prices.unset(tick);
    }

    /// @dev Lots and bids at one price.
    function level(Curve storage self, uint256 tick) internal view returns (uint256 lots, uint256 bids) {
        uint256 both = uint64(self.words[tick >> 2] >> _shift(tick));
        return (both & LOTS, both >> 48);
    }

    /// @dev The highest price with bids at `tick` or below; 0 = none. Reads at most the
    /// 256 words of 65,536 prices.
    function highest(Curve storage self, uint256 tick) internal view returns (uint256) {
        uint256 found = self.prices.findLastSet(tick);
        return found == LibBitmap.NOT_FOUND ? 0 : found;
    }

    function _shift(uint256 tick) private pure returns (uint256) {
        return (tick & 3) << 6;
    }
}
