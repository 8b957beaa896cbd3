// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PackedFill, PackedFillLib} from "../types/PackedFill.sol";
import {PackedOrder} from "../types/PackedOrder.sol";
import {MatchState} from "./MatchState.sol";

/// @title FillRecords
/// @notice Records of an incoming order's fills, written in memory where the event reads them.
library FillRecords {
    uint256 private constant SIZE = PackedFillLib.SIZE;

    /// @dev Reserves memory for `cap` records behind the head of an ABI-encoded `bytes`. Memory that is never
    /// written costs nothing; {close} gives it back.
    function open(MatchState memory state, uint256 cap) internal pure {
        unchecked {
            uint256 head;
            uint256 size = cap * SIZE; // cap < 2^12
            assembly ("memory-safe") {
                head := mload(0x40)
                // The last record is stored with a whole word.
                mstore(0x40, add(head, add(size, 96)))
            }
            state.recordHead = head;
            state.recordPtr = head + 64;
            state.recordEnd = head + 64 + size;
        }
    }

    /// @dev Finishes the ABI encoding of the records in place and frees the memory reserved.
    /// @return head And `length` of the encoded `bytes` in memory; good until the next allocation.
    function close(MatchState memory state) internal pure returns (uint256 head, uint256 length) {
        head = state.recordHead;
        uint256 size;
        unchecked {
            size = state.recordPtr - head - 64;
            length = 64 + ((size + 31) & ~uint256(31));
        }
        assembly ("memory-safe") {
            mstore(head, 32)
            mstore(add(head, 32), size)
            // Padding is zero: strict decoders refuse anything else, and the last record was stored with a whole word.
            mstore(add(add(head, 64), size), 0)
            mstore(0x40, head)
        }
    }

    /// @dev `ended` is 0 or {PackedFillLib.ENDED}.
    function add(MatchState memory state, uint256 index, PackedOrder order, uint256 ended) internal pure {
        uint256 ptr = state.recordPtr;
        unchecked {
            PackedFill record = PackedFillLib.pack(state.tick, index, order, ended);
            assembly ("memory-safe") {
                mstore(ptr, shl(160, record))
            }
            state.recordPtr = ptr + SIZE;
        }
    }
}
