// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId} from "../../interfaces/types/BookTypes.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {BookStore} from "./BookStore.sol";
import {PackedLevel, PackedLevelLib} from "../types/PackedLevel.sol";
import {PackedOrder, PackedOrderLib} from "../types/PackedOrder.sol";
import {OrderIdLib} from "../types/OrderIdLib.sol";
import {TickIndex} from "./TickIndex.sol";

/// @title RestingOrders
/// @notice Finding an order by its id, and taking it out of the book, without a turn.
library RestingOrders {
    using OrderIdLib for OrderId;

    uint256 private constant SELL = 1;

    /// @dev Whether the last day of an order with these flags is over.
    function expired(OrderId id, uint256 flags, uint256 today) internal view returns (bool) {
        if (flags & PackedOrderLib.DATED == 0) return false;
        uint256 key = BookStore.levelKey(id.market(), id.side(), id.tick());
        return PackedOrderLib.lastDayAt(BookStore.load(BookStore.datesSlot(key, id.index() >> 4)), id.index()) < today;
    }

    /// @dev An order that its level, under the stamp of the book, still has; 0 when not.
    function find(OrderId id, uint256 stamp) internal view returns (PackedOrder entry, PackedLevel level) {
        uint256 key = BookStore.levelKey(id.market(), id.side(), id.tick());
        level = PackedLevel.wrap(BookStore.load(BookStore.levelSlot(key)));
        uint256 index = id.index();
        if (
            level.queue() != PackedLevelLib.queueOf(id.epoch(), stamp) || index < level.head() || index >= level.tail()
                || id.side() > SELL
        ) return (entry, level);
        uint256 word =
            index < 2 ? PackedLevel.unwrap(level) : BookStore.load(BookStore.entriesSlot(key, (index - 2) >> 2));
        entry = PackedOrderLib.at(word, index < 2 ? index : (index + 2) & 3);
    }

    /// @dev Takes `lots`, all that an open order of `level` has, out of the book. The board is not loaded before it is needed.
    function remove(OrderId id, PackedLevel level, uint256 stamp, uint256 lots) internal {
        uint256 market = id.market();
        uint256 side = id.side();
        uint256 tick = id.tick();
        uint256 index = id.index();
        uint256 key = BookStore.levelKey(market, side, tick);
        unchecked {
            if (level.lots() == lots) {
                BookStore.save(BookStore.levelSlot(key), PackedLevel.unwrap(level.renewed(stamp)));
                uint256 slot = BookStore.boardSlot(market);
                PackedMarket board = PackedMarket.wrap(BookStore.load(slot));
                bool wasBest = board.best(side) == tick;
                uint256 next = TickIndex.remove(market, side, tick, wasBest);
                if (wasBest) BookStore.save(slot, PackedMarket.unwrap(board.withBest(side, next)));
                return;
            }
            level = level.withoutLots(lots);
            if (index < 2) {
                level = PackedLevel.wrap(PackedOrderLib.put(PackedLevel.unwrap(level), index, PackedOrder.wrap(0)));
            } else {
                uint256 slot = BookStore.entriesSlot(key, (index - 2) >> 2);
                BookStore.save(slot, PackedOrderLib.put(BookStore.load(slot), (index + 2) & 3, PackedOrder.wrap(0)));
            }
            BookStore.save(BookStore.levelSlot(key), PackedLevel.unwrap(level));
        }
    }
}
