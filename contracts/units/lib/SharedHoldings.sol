// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PackedHolding} from "../../types/PackedHolding.sol";

/// @title SharedHoldings
/// @notice Holdings of three neighbouring seats in one word: a batch in rising order pays for a new slot once in three.
/// @dev Seat n has lane `n % 3 + 1` of word `n / 3`; lane k lies at bits `84 × (k - 1)` and up, `balance 42 | frozen 42`,
/// balance lowest. 4 bits are left over. An empty lane is zero. Lane 0 stands for a word that is one {PackedHolding}.
library SharedHoldings {
    uint256 internal constant PER_WORD = 3;
    /// @dev 4.4e12 units; in tonnes some eighty years of world emissions.
    uint256 internal constant MAX_VALUE = (1 << HALF) - 1;
    uint256 private constant HALF = 42;
    uint256 private constant WIDTH = 84;
    uint256 private constant MASK = (1 << WIDTH) - 1;

    /// @notice Number of the word that holds the lane of `seat`.
    function wordOf(uint256 seat) internal pure returns (uint256) {
        return seat / PER_WORD;
    }

    /// @notice Lane of `seat` in its word, 1 to 3.
    function laneOf(uint256 seat) internal pure returns (uint256) {
        return seat % PER_WORD + 1;
    }

    /// @notice PackedHolding in a lane.
    function get(PackedHolding word, uint256 lane) internal pure returns (PackedHolding) {
        if (lane == 0) return word;
        unchecked {
            uint256 raw = PackedHolding.unwrap(word) >> WIDTH * (lane - 1) & MASK; // lane >= 1
            return PackedHolding.wrap(raw & MAX_VALUE | raw >> HALF << 64);
        }
    }

    /// @notice The word with a lane replaced.
    /// @dev Assumes `lane >= 1`, and that balance and freeze are at most MAX_VALUE, which the writer has checked.
    function set(PackedHolding word, uint256 lane, PackedHolding held) internal pure returns (PackedHolding) {
        unchecked {
            uint256 shift = WIDTH * (lane - 1); // lane >= 1
            uint256 raw = held.balance() | held.frozen() << HALF;
            return PackedHolding.wrap(PackedHolding.unwrap(word) & ~(MASK << shift) | raw << shift);
        }
    }

    /// @notice The word with `amount` more in the balance of a lane.
    /// @dev Warning: overflows into the next field unless `balance + amount <= MAX_VALUE`, which the caller checks.
    function add(PackedHolding word, uint256 lane, uint256 amount) internal pure returns (PackedHolding) {
        unchecked {
            uint256 shift = lane == 0 ? 0 : WIDTH * (lane - 1); // lane >= 1
            return word.add(amount << shift);
        }
    }
}
