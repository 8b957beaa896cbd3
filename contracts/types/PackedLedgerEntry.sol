// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev An amount for one account of the power market's ledger, low to high: `account 32 | amount 96, in two's complement |
/// unbound 96`. Amounts in micro-credits; `unbound` is freed from escrow first. The upper 32 bits are zero.
type PackedLedgerEntry is uint256;

using PackedLedgerEntryLib for PackedLedgerEntry global;

/// @title PackedLedgerEntryLib
library PackedLedgerEntryLib {
    /// @dev Assumes that both amounts fit 96 bits.
    function pack(uint32 account_, int256 amount_, uint256 unbound_) internal pure returns (uint256) {
        return account_ | uint256(uint96(uint256(amount_))) << 32 | unbound_ << 128;
    }

    function account(PackedLedgerEntry self) internal pure returns (uint32) {
        return uint32(PackedLedgerEntry.unwrap(self));
    }

    function amount(PackedLedgerEntry self) internal pure returns (int256) {
        return int96(uint96(PackedLedgerEntry.unwrap(self) >> 32));
    }

    /// @dev With any bits beyond its field.
    function unbound(PackedLedgerEntry self) internal pure returns (uint256) {
        return PackedLedgerEntry.unwrap(self) >> 128;
    }
}
