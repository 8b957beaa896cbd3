// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev What changes about a batch, lowest first:
/// `status 8 | flags 8 | next 64 | first 64 | last 64 | registry 32 | block 8 | blocks 8`. The serial numbers are those of
/// the block in use, the first of the batch's blocks with any left; `block` is its place.
type BatchWord is uint256;

using BatchWords for BatchWord global;

/// @title BatchWords
/// @notice Status and serial numbers of a batch in the one word that every transfer reads and every exit writes.
library BatchWords {
    /// @dev Flag: the batch can only be retired.
    uint256 internal constant RETIRE_ONLY = 1 << 8;

    uint256 private constant NEXT_SHIFT = 16;
    uint256 private constant FIRST_SHIFT = 80;
    uint256 private constant LAST_SHIFT = 144;
    uint256 private constant REGISTRY_SHIFT = 208;
    uint256 private constant BLOCK_SHIFT = 240;
    uint256 private constant BLOCKS_SHIFT = 248;
    /// @dev Everything about the block in use.
    uint256 private constant IN_USE = ((1 << 224) - 1) << NEXT_SHIFT;

    /// @dev A batch of one block.
    function pack(uint32 registry_, uint64 first_, uint64 last_, uint8 status_) internal pure returns (BatchWord) {
        return BatchWord.wrap(1 << BLOCKS_SHIFT | _inUse(registry_, first_, last_) | status_);
    }

    function status(BatchWord self) internal pure returns (uint8) {
        return uint8(BatchWord.unwrap(self));
    }

    /// @dev Status and flags: equal to a status where no flag is set.
    function state(BatchWord self) internal pure returns (uint16) {
        return uint16(BatchWord.unwrap(self));
    }

    function isRetireOnly(BatchWord self) internal pure returns (bool) {
        return BatchWord.unwrap(self) & RETIRE_ONLY != 0;
    }

    function next(BatchWord self) internal pure returns (uint64) {
        return uint64(BatchWord.unwrap(self) >> NEXT_SHIFT);
    }

    function first(BatchWord self) internal pure returns (uint64) {
        return uint64(BatchWord.unwrap(self) >> FIRST_SHIFT);
    }

    function last(BatchWord self) internal pure returns (uint64) {
        return uint64(BatchWord.unwrap(self) >> LAST_SHIFT);
    }

    function registry(BatchWord self) internal pure returns (uint32) {
        return uint32(BatchWord.unwrap(self) >> REGISTRY_SHIFT);
    }

    /// @dev Place of the block in use, from 0.
    function blockInUse(BatchWord self) internal pure returns (uint8) {
        return uint8(BatchWord.unwrap(self) >> BLOCK_SHIFT);
    }

    /// @dev How many blocks the batch has had.
    function blocks(BatchWord self) internal pure returns (uint8) {
        return uint8(BatchWord.unwrap(self) >> BLOCKS_SHIFT);
    }

    /// @dev Serial numbers left in the block in use.
    function left(BatchWord self) internal pure returns (uint256) {
        return uint256(self.last()) + 1 - self.next(); // next is at most one beyond last
    }

    function withStatus(BatchWord self, uint8 status_) internal pure returns (BatchWord) {
        return BatchWord.wrap((BatchWord.unwrap(self) & ~uint256(0xff)) | status_);
    }

    function retireOnly(BatchWord self) internal pure returns (BatchWord) {
        return BatchWord.wrap(BatchWord.unwrap(self) | RETIRE_ONLY);
    }

    /// @dev One block more. Assumes fewer than 255.
    function withBlock(BatchWord self) internal pure returns (BatchWord) {
        return BatchWord.wrap(BatchWord.unwrap(self) + (1 << BLOCKS_SHIFT));
    }

    /// @dev The next block comes into use. Assumes that there is one.
    function turnTo(BatchWord self, uint32 registry_, uint64 first_, uint64 last_) internal pure returns (BatchWord) {
        uint256 kept = BatchWord.unwrap(self) & ~IN_USE;
        return BatchWord.wrap(kept + (1 << BLOCK_SHIFT) | _inUse(registry_, first_, last_));
    }

    /// @dev Uses up `count` serial numbers. Assumes that the block in use has as many left.
    function used(BatchWord self, uint256 count) internal pure returns (BatchWord) {
        unchecked {
            // No carry: next stays within 64 bits, for no block ends at the largest number.
            return BatchWord.wrap(BatchWord.unwrap(self) + (count << NEXT_SHIFT));
        }
    }

    function _inUse(uint32 registry_, uint64 first_, uint64 last_) private pure returns (uint256) {
        return uint256(registry_) << REGISTRY_SHIFT | uint256(last_) << LAST_SHIFT | uint256(first_) << FIRST_SHIFT
            | uint256(first_) << NEXT_SHIFT;
    }
}
