// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title BlockPairs
/// @notice Blocks of a batch in order of arrival, two to a slot.
/// @dev A block: `first 64 | length less one 32 | series 32`, lowest first; the one at an even place in the lower half.
library BlockPairs {
    struct List {
        mapping(uint256 pair => uint256) pairs;
    }

    uint256 private constant HALF = 128;
    uint256 private constant LENGTH_SHIFT = 64;
    uint256 private constant SERIES_SHIFT = 96;

    /// @notice Whether a block can be stored: at most 2^32 serial numbers, a series below 2^32. Assumes `first <= last`.
    function fits(uint64 series, uint64 first, uint64 last) internal pure returns (bool) {
        return series <= type(uint32).max && last - first <= type(uint32).max;
    }

    /// @notice Stores a block that {fits} at an empty place.
    function put(List storage self, uint256 place, uint64 series, uint64 first, uint64 last) internal {
        uint256 word = uint256(first) | uint256(last - first) << LENGTH_SHIFT | uint256(series) << SERIES_SHIFT;
        self.pairs[place / 2] |= word << HALF * (place % 2);
    }

    /// @notice The block at a place.
    function at(List storage self, uint256 place) internal view returns (uint64 series, uint64 first, uint64 last) {
        uint256 word = self.pairs[place / 2] >> HALF * (place % 2);
        // Each exactly its field.
        first = uint64(word);
        last = first + uint32(word >> LENGTH_SHIFT);
        series = uint32(word >> SERIES_SHIFT);
    }
}
