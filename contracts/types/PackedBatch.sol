// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Mutable state of a batch, lowest first:
/// `status 8 | flags 8 | next 64 | first 64 | last 64 | registry 32 | block 8 | blocks 8`. The serial numbers are those of
/// the block in use, the first of the batch's blocks with any left; `block` is its place.
type PackedBatch is uint256;

using PackedBatchLib for PackedBatch global;

/// @title PackedBatchLib
/// @notice Status and serial numbers of a batch in the one word that every transfer reads and every exit writes.
library PackedBatchLib {
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
    function pack(uint32 registry_, uint64 first_, uint64 last_, uint8 status_) internal pure returns (PackedBatch) {
        return PackedBatch.wrap(1 << BLOCKS_SHIFT | _inUse(registry_, first_, last_) | status_);
    }

    function status(PackedBatch self) internal pure returns (uint8) {
        return uint8(PackedBatch.unwrap(self));
    }

    /// @dev Status and flags: equal to a status where no flag is set.
    function state(PackedBatch self) internal pure returns (uint16) {
        return uint16(PackedBatch.unwrap(self));
    }

    function isRetireOnly(PackedBatch self) internal pure returns (bool) {
        return PackedBatch.unwrap(self) & RETIRE_ONLY != 0;
    }

    function next(PackedBatch self) internal pure returns (uint64) {
        return uint64(PackedBatch.unwrap(self) >> NEXT_SHIFT);
    }

    function first(PackedBatch self) internal pure returns (uint64) {
        return uint64(PackedBatch.unwrap(self) >> FIRST_SHIFT);
    }

    function last(PackedBatch self) internal pure returns (uint64) {
        return uint64(PackedBatch.unwrap(self) >> LAST_SHIFT);
    }

    function registry(PackedBatch self) internal pure returns (uint32) {
        return uint32(PackedBatch.unwrap(self) >> REGISTRY_SHIFT);
    }

    /// @dev Place of the block in use, from 0.
    function blockInUse(PackedBatch self) internal pure returns (uint8) {
        return uint8(PackedBatch.unwrap(self) >> BLOCK_SHIFT);
    }

    /// @dev How many blocks the batch has had.
    function blocks(PackedBatch self) internal pure returns (uint8) {
        return uint8(PackedBatch.unwrap(self) >> BLOCKS_SHIFT);
    }

    /// @dev Serial numbers left in the block in use.
    function left(PackedBatch self) internal pure returns (uint256) {
        return uint256(self.last()) + 1 - self.next(); // next is at most one beyond last
    }

    function withStatus(PackedBatch self, uint8 status_) internal pure returns (PackedBatch) {
        return PackedBatch.wrap((PackedBatch.unwrap(self) & ~uint256(0xff)) | status_);
    }

    function retireOnly(PackedBatch self) internal pure returns (PackedBatch) {
        return PackedBatch.wrap(PackedBatch.unwrap(self) | RETIRE_ONLY);
    }

    /// @dev One block more. Assumes fewer than 255.
    function withBlock(PackedBatch self) internal pure returns (PackedBatch) {
        return PackedBatch.wrap(PackedBatch.unwrap(self) + (1 << BLOCKS_SHIFT));
    }

    /// @dev The next block comes into use. Assumes that there is one.
    function turnTo(PackedBatch self, uint32 registry_, uint64 first_, uint64 last_)
        internal
        pure
        returns (PackedBatch)
    {
        uint256 kept = PackedBatch.unwrap(self) & ~IN_USE;
        return PackedBatch.wrap(kept + (1 << BLOCK_SHIFT) | _inUse(registry_, first_, last_));
    }

    /// @dev Uses up `count` serial numbers. Assumes that the block in use has as many left.
    function used(PackedBatch self, uint256 count) internal pure returns (PackedBatch) {
        unchecked {
            // No carry: next stays within 64 bits, for no block ends at the largest number.
            return PackedBatch.wrap(PackedBatch.unwrap(self) + (count << NEXT_SHIFT));
        }
    }

    function _inUse(uint32 registry_, uint64 first_, uint64 last_) private pure returns (uint256) {
        return uint256(registry_) << REGISTRY_SHIFT | uint256(last_) << LAST_SHIFT | uint256(first_) << FIRST_SHIFT
            | uint256(first_) << NEXT_SHIFT;
    }
}
