// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookStore} from "./BookStore.sol";
import {TickBitmap} from "./TickBitmap.sol";

/// @title TickIndex
/// @notice Which ticks of a side hold orders: a root of leaves, a leaf of ticks.
/// @dev A bit of the root is set exactly when its leaf has a bit set, and that exactly when the level has lots: all under the
/// stamp of the book, today or {PackedLevelLib.LASTING}.
library TickIndex {
    using TickBitmap for uint256;

    function add(uint256 market, uint256 side, uint256 tick, uint256 stamp) internal {
        uint256 leaf = tick / TickBitmap.WIDTH;
        uint256 slot = BookStore.leafSlot(market, side, leaf);
        uint256 bits = BookStore.load(slot).bits(stamp);
        BookStore.save(slot, (bits | (1 << (tick % TickBitmap.WIDTH))).stamped(stamp));
        if (bits != 0) return;

        slot = BookStore.rootSlot(market, side);
        bits = BookStore.load(slot).bits(stamp);
        BookStore.save(slot, (bits | (1 << leaf)).stamped(stamp));
    }

    /// @dev Takes out a tick that is in the index.
    /// @return next If `wasBest`, the best tick that remains, else 0; 0 too when none remains.
    function remove(uint256 market, uint256 side, uint256 tick, bool wasBest) internal returns (uint256 next) {
        unchecked {
            uint256 leaf = tick / TickBitmap.WIDTH;
            uint256 slot = BookStore.leafSlot(market, side, leaf);
            uint256 word = BookStore.load(slot).without(tick % TickBitmap.WIDTH);
            BookStore.save(slot, word);

            if (word.isEmpty()) {
                slot = BookStore.rootSlot(market, side);
                word = BookStore.load(slot).without(leaf);
                BookStore.save(slot, word);
                if (!wasBest || word.isEmpty()) return 0;

                leaf = word.best(side);
                word = BookStore.load(BookStore.leafSlot(market, side, leaf));
            }
            if (wasBest) next = leaf * TickBitmap.WIDTH + word.best(side); // below 240 · 240
        }
    }
}
