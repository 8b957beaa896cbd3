// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev What one account holds of one id: `balance 64 | frozen 64`, packed low. The upper 128 bits are zero.
type Holding is uint256;

using Holdings for Holding global;

/// @title Holdings
/// @notice Balance and freeze of an account in one word, so that a freeze costs a transfer nothing.
/// @dev Bounds: whoever adds has made sure that the total of the id stays within 64 bits; whoever takes has compared
/// with the balance. Both are unchecked here.
library Holdings {
    uint256 private constant LOW = type(uint64).max;

    function balance(Holding self) internal pure returns (uint256) {
        return Holding.unwrap(self) & LOW;
    }

    function frozen(Holding self) internal pure returns (uint256) {
        return (Holding.unwrap(self) >> 64) & LOW;
    }

    /// @notice What can move: balance less frozen, never below zero (a freeze may exceed the balance).
    function free(Holding self) internal pure returns (uint256) {
        if (Holding.unwrap(self) <= LOW) return Holding.unwrap(self); // nothing frozen
        uint256 held = balance(self);
        uint256 stuck = frozen(self);
        unchecked {
            return held > stuck ? held - stuck : 0; // held > stuck
        }
    }

    /// @dev Assumes `balance + amount` fits 64 bits.
    function add(Holding self, uint256 amount) internal pure returns (Holding) {
        unchecked {
            return Holding.wrap(Holding.unwrap(self) + amount);
        }
    }

    /// @dev Assumes `amount <= balance`.
    function take(Holding self, uint256 amount) internal pure returns (Holding) {
        unchecked {
            return Holding.wrap(Holding.unwrap(self) - amount);
        }
    }

    /// @dev Assumes `amount` fits 64 bits.
    function withFrozen(Holding self, uint256 amount) internal pure returns (Holding) {
        return Holding.wrap((Holding.unwrap(self) & ~(LOW << 64)) | amount << 64);
    }
}
