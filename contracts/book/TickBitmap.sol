// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LibBit} from "solady/utils/LibBit.sol";

/// @title TickBitmap
/// @notice Words of the index of a side's levels: 240 bits and the stamp of the book. A word with another stamp is empty.
/// @dev 240 leaves of 240 ticks. The stamp costs a division by 240 and saves, for ever, 17,100 for the first order a day in
/// every word: a stamped word is never zero.
library TickBitmap {
    uint256 internal constant WIDTH = 240;
    uint256 private constant BITS = (1 << WIDTH) - 1;

    /// @dev The word without its stamp.
    function bits(uint256 word, uint256 stamp) internal pure returns (uint256) {
        return word >> WIDTH == stamp ? word & BITS : 0;
    }

    function stamped(uint256 bits_, uint256 stamp) internal pure returns (uint256) {
        return bits_ | (stamp << WIDTH);
    }

    function without(uint256 word, uint256 bit) internal pure returns (uint256) {
        return word & ~(1 << bit);
    }

    function isEmpty(uint256 word) internal pure returns (bool) {
        return word << 16 == 0;
    }

    /// @dev The bit of the best price: the lowest of sell orders (side 1), the highest of buy orders. Not of an empty word.
    function best(uint256 word, uint256 side) internal pure returns (uint256) {
        return side == 0 ? LibBit.fls(word & BITS) : LibBit.ffs(word);
    }
}
