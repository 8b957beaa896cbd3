// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PackedOrder, PackedOrderLib} from "./PackedOrder.sol";

/// @dev One price of one side, low to high: `order 64 | order 64 | lots 40 | epoch 24 | day 16 | tail 24 | head 24`.
/// - Orders stand in a queue: `head` is the first that may be open, `tail` the next to be given out. Orders 0 and 1
///   are in the word itself, the others four to a slot ({BookStore.ordersSlot}); slots are never zeroed.
/// - `lots` sums the queue's open orders; 0 means an empty level.
/// - `epoch` rises with every new queue, so that an order's id never means another order.
/// - `day` is the stamp of its book: a level of another day is empty. In a lasting market, whose orders outlive the day,
///   all words bear {PackedLevelLib.LASTING}.
type PackedLevel is uint256;

using PackedLevelLib for PackedLevel global;

/// @title PackedLevelLib
library PackedLevelLib {
    uint256 internal constant MAX_INDEX = (1 << 23) - 1; // a fill record has 23 bits for it
    uint256 internal constant MAX_LOTS = (1 << 40) - 1;
    /// @dev Stamp of a lasting market's book: no market day, these end at 2^14.
    uint256 internal constant LASTING = type(uint16).max;

    uint256 private constant LOTS = 128;
    uint256 private constant EPOCH = 168;
    uint256 private constant DAY = 192;
    uint256 private constant TAIL = 208;
    uint256 private constant HEAD = 232;

    function lots(PackedLevel l) internal pure returns (uint256) {
        return (PackedLevel.unwrap(l) >> LOTS) & MAX_LOTS;
    }

    function epoch(PackedLevel l) internal pure returns (uint256) {
        return (PackedLevel.unwrap(l) >> EPOCH) & 0xffffff;
    }

    function day(PackedLevel l) internal pure returns (uint256) {
        return (PackedLevel.unwrap(l) >> DAY) & 0xffff;
    }

    /// @dev Which queue of the level it is: `epoch 24 | day 16`, low to high.
    function queue(PackedLevel l) internal pure returns (uint256) {
        return (PackedLevel.unwrap(l) >> EPOCH) & type(uint40).max;
    }

    function queueOf(uint256 epoch_, uint256 day_) internal pure returns (uint256) {
        return epoch_ | (day_ << 24);
    }

    function tail(PackedLevel l) internal pure returns (uint256) {
        return (PackedLevel.unwrap(l) >> TAIL) & 0xffffff;
    }

    function head(PackedLevel l) internal pure returns (uint256) {
        return PackedLevel.unwrap(l) >> HEAD;
    }

    // ------------------------------------------------------------------ orders 0 and 1

    /// @dev Of orders 0 and 1 those from `index` on, the first one lowest.
    function ordersFrom(PackedLevel l, uint256 index) internal pure returns (uint256) {
        return (PackedLevel.unwrap(l) & type(uint128).max) >> (index << 6);
    }

    /// @dev As a slot of four: orders 0 and 1 take places 2 and 3, as {PackedOrderLib.placeOf} says.
    function asSlot(PackedLevel l) internal pure returns (uint256) {
        return PackedLevel.unwrap(l) << 128;
    }

    function orderAt(PackedLevel l, uint256 index) internal pure returns (PackedOrder) {
        return PackedOrderLib.orderAt(PackedLevel.unwrap(l), index);
    }

    /// @dev Puts an order where none was: the word of a new queue is empty.
    function withFirstOrder(PackedLevel l, uint256 index, PackedOrder order) internal pure returns (PackedLevel) {
        return PackedLevel.wrap(PackedLevel.unwrap(l) | (PackedOrder.unwrap(order) << (index << 6)));
    }

    /// @dev Takes `n` lots off an order that has as many; {lots} of the level stays.
    function withOrderReduced(PackedLevel l, uint256 index, uint256 n) internal pure returns (PackedLevel) {
        unchecked {
            return PackedLevel.wrap(PackedLevel.unwrap(l) - (n << (index << 6))); // lots are lowest
        }
    }

    function withoutOrder(PackedLevel l, uint256 index) internal pure returns (PackedLevel) {
        return PackedLevel.wrap(PackedOrderLib.put(PackedLevel.unwrap(l), index, PackedOrder.wrap(0)));
    }

    // ------------------------------------------------------------------ the queue

    /// @dev A new, empty queue.
    function newQueue(PackedLevel l, uint256 today) internal pure returns (PackedLevel) {
        unchecked {
            return PackedLevel.wrap((((l.epoch() + 1) & 0xffffff) << EPOCH) | (today << DAY));
        }
    }

    /// @dev One more order of `n` lots at the tail; the caller has checked that `lots` and `tail` have room for it.
    function extended(PackedLevel l, uint256 n) internal pure returns (PackedLevel) {
        unchecked {
            return PackedLevel.wrap(PackedLevel.unwrap(l) + (n << LOTS) + (1 << TAIL));
        }
    }

    function withoutLots(PackedLevel l, uint256 n) internal pure returns (PackedLevel) {
        unchecked {
            return PackedLevel.wrap(PackedLevel.unwrap(l) - (n << LOTS));
        }
    }

    function withHead(PackedLevel l, uint256 index) internal pure returns (PackedLevel) {
        return PackedLevel.wrap((PackedLevel.unwrap(l) & ((1 << HEAD) - 1)) | (index << HEAD));
    }
}
