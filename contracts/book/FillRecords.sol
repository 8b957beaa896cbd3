// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Turn} from "./MatchState.sol";

/// @title FillRecords
/// @notice The records of what an incoming order met, written where the event will read them.
library FillRecords {
    /// @dev Bit of a record: the order ended without trade.
    uint256 internal constant ENDED = 1 << 79;
    uint256 internal constant SIZE = 12; // [bytes]
    /// @dev Owner and lots of an order, side by side: the low 56 bits of its fill record too.
    uint256 private constant MASK_RECORD = type(uint56).max;

    /// @dev Sets memory aside for `cap` records behind the head of an ABI-encoded `bytes`. Memory that is never
    /// written costs nothing; {close} gives it back.
    function open(Turn memory t, uint256 cap) internal pure {
        uint256 start;
        unchecked {
            assembly ("memory-safe") {
                start := mload(0x40)
                // The last record is stored with a whole word.
                mstore(0x40, add(start, add(mul(cap, SIZE), 96)))
            }
            t.fills = start;
            t.out = start + 64;
            t.outEnd = start + 64 + cap * SIZE; // cap < 2^12
        }
    }

    /// @dev Finishes the ABI encoding of the records in place and frees the memory set aside.
    /// @return start And `length` of the encoded `bytes` in memory; good until the next allocation.
    function close(Turn memory t) internal pure returns (uint256 start, uint256 length) {
        start = t.fills;
        uint256 size;
        unchecked {
            size = t.out - start - 64;
            length = 64 + ((size + 31) & ~uint256(31));
        }
        assembly ("memory-safe") {
            mstore(start, 32)
            mstore(add(start, 32), size)
            // Padding is zero: strict decoders refuse anything else, and the last record was stored with a whole word.
            mstore(add(add(start, 64), size), 0)
            mstore(0x40, start)
        }
    }

    /// @dev `tick 16 | ended 1 | index 23 | maker 24 | lots 32`, high to low; the order holds the last two in its low bits.
    function add(Turn memory t, uint256 index, uint256 order, uint256 ended) internal pure {
        uint256 out = t.out;
        unchecked {
            uint256 record = (t.tick << 80) | ended | (index << 56) | (order & MASK_RECORD);
            assembly ("memory-safe") {
                mstore(out, shl(160, record))
            }
            t.out = out + SIZE;
        }
    }
}
