// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev What changes about a batch: `registry 32 | last 64 | first 64 | next 64 | status 8`, packed low.
type BatchWord is uint256;

using BatchWords for BatchWord global;

/// @title BatchWords
/// @notice Status and serial numbers of a batch in the one word that every transfer reads and every exit writes.
library BatchWords {
    uint256 private constant LOW = type(uint64).max;

    function pack(uint32 registry_, uint64 first_, uint64 last_, uint8 status_) internal pure returns (BatchWord) {
        return BatchWord.wrap(
            uint256(registry_) << 200 | uint256(last_) << 136 | uint256(first_) << 72 | uint256(first_) << 8 | status_
        );
    }

    function status(BatchWord self) internal pure returns (uint8) {
        return uint8(BatchWord.unwrap(self));
    }

    function next(BatchWord self) internal pure returns (uint64) {
        return uint64(BatchWord.unwrap(self) >> 8);
    }

    function first(BatchWord self) internal pure returns (uint64) {
        return uint64(BatchWord.unwrap(self) >> 72);
    }

    function last(BatchWord self) internal pure returns (uint64) {
        return uint64(BatchWord.unwrap(self) >> 136);
    }

    function registry(BatchWord self) internal pure returns (uint32) {
        return uint32(BatchWord.unwrap(self) >> 200);
    }

    function withStatus(BatchWord self, uint8 status_) internal pure returns (BatchWord) {
        return BatchWord.wrap((BatchWord.unwrap(self) & ~uint256(0xff)) | status_);
    }

    /// @dev Uses up `count` serial numbers. Assumes that the batch has as many left: `next + count <= last + 1`.
    function used(BatchWord self, uint256 count) internal pure returns (BatchWord) {
        unchecked {
            return BatchWord.wrap(BatchWord.unwrap(self) + (count << 8)); // no carry: next stays within 64 bits
        }
    }
}
