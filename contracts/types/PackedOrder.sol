// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A resting order in its level's queue, 64 bits, low to high: `lots 32 | participant 24 | voids 5 | 0 1 | dated 1 |
/// lasting 1`. Lots 0: cancelled or filled. `lasting` is set in lasting markets only; a `dated` order has its last day
/// beside the queue ({BookStore.lastDaysSlot}).
type PackedOrder is uint256;

using PackedOrderLib for PackedOrder global;

/// @title PackedOrderLib
/// @notice Resting orders, four to a slot (two in the word of their level), and their last days, sixteen to a slot.
library PackedOrderLib {
    uint256 internal constant MASK = type(uint64).max;
    uint256 internal constant MASK_LOTS = type(uint32).max;
    /// @dev Flags: the order has a last day; its market is a lasting one.
    uint256 internal constant DATED = 0x40;
    uint256 internal constant LASTING = 0x80;

    function pack(uint256 lots_, uint256 participant, uint256 flags_) internal pure returns (PackedOrder) {
        return PackedOrder.wrap(lots_ | (participant << 32) | (flags_ << 56));
    }

    function lots(PackedOrder o) internal pure returns (uint256) {
        return PackedOrder.unwrap(o) & MASK_LOTS;
    }

    function owner(PackedOrder o) internal pure returns (uint256) {
        return uint24(PackedOrder.unwrap(o) >> 32);
    }

    /// @dev The whole byte above the owner: `voids 5 | 0 1 | dated 1 | lasting 1`.
    function flags(PackedOrder o) internal pure returns (uint256) {
        return PackedOrder.unwrap(o) >> 56;
    }

    /// @dev The order with `n` lots in place of `lots_`, which it has; owner and flags stay.
    function withLots(PackedOrder o, uint256 lots_, uint256 n) internal pure returns (PackedOrder) {
        unchecked {
            return PackedOrder.wrap(PackedOrder.unwrap(o) - lots_ + n); // lots are lowest
        }
    }

    // ------------------------------------------------------------------ slots of orders

    /// @dev Place of order `index`, from 2 on, in its slot.
    function placeOf(uint256 index) internal pure returns (uint256) {
        unchecked {
            return (index + 2) & 3; // an index has 24 bits
        }
    }

    /// @dev Order `place` (0 or 1 of a level, 0 to 3 of a slot) of a word.
    function orderAt(uint256 word, uint256 place) internal pure returns (PackedOrder) {
        return PackedOrder.wrap((word >> (place << 6)) & MASK);
    }

    function put(uint256 word, uint256 place, PackedOrder o) internal pure returns (uint256) {
        uint256 shift = place << 6;
        return (word & ~(MASK << shift)) | (PackedOrder.unwrap(o) << shift);
    }

    /// @dev The orders of a slot from `index` on, the first one lowest.
    function ordersFrom(uint256 word, uint256 index) internal pure returns (uint256) {
        return word >> (placeOf(index) << 6);
    }

    /// @dev The orders behind the first one.
    function withoutFirst(uint256 orders) internal pure returns (uint256) {
        return orders >> 64;
    }

    /// @dev The slot with `n` lots less in order `index`, which has as many.
    function reduced(uint256 word, uint256 index, uint256 n) internal pure returns (uint256) {
        unchecked {
            return word - (n << (placeOf(index) << 6)); // lots are lowest
        }
    }

    // ------------------------------------------------------------------ slots of last days

    /// @dev Last market day of order `index` of a queue.
    function lastDayAt(uint256 word, uint256 index) internal pure returns (uint256) {
        return uint16(word >> ((index & 15) << 4));
    }

    function putLastDay(uint256 word, uint256 index, uint256 day) internal pure returns (uint256) {
        uint256 shift = (index & 15) << 4;
        return (word & ~(uint256(0xffff) << shift)) | (day << shift);
    }
}
