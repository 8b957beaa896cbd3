// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PackedOrder} from "./PackedOrder.sol";

/// @dev A fill record of {IExchangeCore.OrdersFilled}, 12 bytes, low to high: `lots 32 | maker 24 | index 23 | ended 1 | tick 16`.
type PackedFill is uint256;

using PackedFillLib for PackedFill global;

/// @title PackedFillLib
library PackedFillLib {
    uint256 internal constant SIZE = 12; // [bytes]
    /// @dev Flag: the maker's order ended without trade.
    uint256 internal constant ENDED = 1 << 79;
    /// @dev Lots and owner of an order have the same places in its record.
    uint256 private constant ORDER = type(uint56).max;

    /// @dev `ended` is 0 or {ENDED}.
    function pack(uint256 tick_, uint256 index_, PackedOrder order, uint256 ended_) internal pure returns (PackedFill) {
        return PackedFill.wrap((tick_ << 80) | ended_ | (index_ << 56) | (PackedOrder.unwrap(order) & ORDER));
    }

    function tick(PackedFill f) internal pure returns (uint16) {
        return uint16(PackedFill.unwrap(f) >> 80);
    }

    function ended(PackedFill f) internal pure returns (bool) {
        return PackedFill.unwrap(f) & ENDED != 0;
    }

    function index(PackedFill f) internal pure returns (uint32) {
        return uint32((PackedFill.unwrap(f) >> 56) & 0x7fffff);
    }

    function maker(PackedFill f) internal pure returns (uint24) {
        return uint24(PackedFill.unwrap(f) >> 32);
    }

    function lots(PackedFill f) internal pure returns (uint32) {
        return uint32(PackedFill.unwrap(f));
    }
}
