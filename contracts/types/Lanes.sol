// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Lanes
/// @notice Small values of six neighbours in one word: a batch in rising order pays for a new slot once in six.
/// @dev Lane of index i: bits `42 × (i % 6)` and up of word `i / 6`; `value 40 | marks 2`, value lowest. 4 bits are left over.
library Lanes {
    uint256 internal constant PER_WORD = 6;
    uint256 internal constant MAX_VALUE = type(uint40).max;
    uint256 private constant WIDTH = 42;
    uint256 private constant MASK = (1 << WIDTH) - 1;

    /// @notice Number of the word that holds lane `index`.
    function wordOf(uint256 index) internal pure returns (uint256) {
        return index / PER_WORD;
    }

    /// @notice Value and marks of lane `index` in its word.
    function get(uint256 word, uint256 index) internal pure returns (uint256 value, uint256 marks) {
        uint256 lane = word >> WIDTH * (index % PER_WORD) & MASK;
        return (lane & MAX_VALUE, lane >> 40);
    }

    /// @notice The word with lane `index` replaced.
    /// @dev Assumes `value <= MAX_VALUE` and `marks <= 3`.
    function set(uint256 word, uint256 index, uint256 value, uint256 marks) internal pure returns (uint256) {
        uint256 shift = WIDTH * (index % PER_WORD);
        return word & ~(MASK << shift) | (marks << 40 | value) << shift;
    }
}
