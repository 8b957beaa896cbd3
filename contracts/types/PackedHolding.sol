// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev What one account holds of one id: `balance 64 | frozen 64`, packed low. The upper 128 bits are zero.
type PackedHolding is uint256;

using PackedHoldingLib for PackedHolding global;

/// @title PackedHoldingLib
/// @notice Balance and freeze of an account in one word, so that a freeze costs a transfer nothing.
/// @dev Unchecked: before {add} the caller checks that the total of the id fits 64 bits, before {take} that the balance
/// suffices.
library PackedHoldingLib {
    uint256 private constant LOW = type(uint64).max;

    function balance(PackedHolding self) internal pure returns (uint256) {
        return PackedHolding.unwrap(self) & LOW;
    }

    function frozen(PackedHolding self) internal pure returns (uint256) {
        return (PackedHolding.unwrap(self) >> 64) & LOW;
    }

    /// @notice What can move: balance less frozen, never below zero (a freeze may exceed the balance).
    function free(PackedHolding self) internal pure returns (uint256) {
        if (PackedHolding.unwrap(self) <= LOW) return PackedHolding.unwrap(self); // nothing frozen
        uint256 held = balance(self);
        uint256 stuck = frozen(self);
        unchecked {
            return held > stuck ? held - stuck : 0; // held > stuck
        }
    }

    /// @dev Assumes `balance + amount` fits 64 bits.
    function add(PackedHolding self, uint256 amount) internal pure returns (PackedHolding) {
        unchecked {
            return PackedHolding.wrap(PackedHolding.unwrap(self) + amount);
        }
    }

    /// @dev Assumes `amount <= balance`.
    function take(PackedHolding self, uint256 amount) internal pure returns (PackedHolding) {
        unchecked {
            return PackedHolding.wrap(PackedHolding.unwrap(self) - amount);
        }
    }

    /// @dev Assumes `amount` fits 64 bits.
    function withFrozen(PackedHolding self, uint256 amount) internal pure returns (PackedHolding) {
        return PackedHolding.wrap((PackedHolding.unwrap(self) & ~(LOW << 64)) | amount << 64);
    }
}
