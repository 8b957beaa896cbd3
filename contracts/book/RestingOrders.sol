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
/// @notice Finds a resting order by its id and removes it from the book, outside matching.
library RestingOrders {
    using OrderIdLib for OrderId;

    uint256 private constant SELL = 1;

    /// @dev Whether the last day of an order with these flags is over.
    function expired(OrderId id, uint256 flags, uint256 today) internal view returns (bool) {
        if (flags & PackedOrderLib.DATED == 0) return false;
        uint256 key = BookStore.levelKey(id.market(), id.side(), id.tick());
        return PackedOrderLib.lastDayAt(BookStore.load(BookStore.lastDaysSlot(key, id.index())), id.index()) < today;
    }

    /// @dev The order, if its level still holds it under the day stamp of the book; else 0.
    function find(OrderId id, uint256 stamp) internal view returns (PackedOrder order, PackedLevel level) {
        uint256 key = BookStore.levelKey(id.market(), id.side(), id.tick());
        level = PackedLevel.wrap(BookStore.load(BookStore.levelSlot(key)));
        uint256 index = id.index();
        if (
            level.queue() != PackedLevelLib.queueOf(id.epoch(), stamp) || index < level.head() || index >= level.tail()
                || id.side() > SELL
        ) return (order, level);
        order = index < 2
            ? level.orderAt(index)
            : PackedOrderLib.orderAt(BookStore.load(BookStore.ordersSlot(key, index)), PackedOrderLib.placeOf(index));
    }

    /// @dev Removes an open order of `level`, with all its `lots`. Market data are loaded only if its level becomes empty.
    function remove(OrderId id, PackedLevel level, uint256 stamp, uint256 lots) internal {
        uint256 market = id.market();
        uint256 side = id.side();
        uint256 tick = id.tick();
        uint256 index = id.index();
        uint256 key = BookStore.levelKey(market, side, tick);
        unchecked {
            if (level.lots() == lots) {
                BookStore.save(BookStore.levelSlot(key), PackedLevel.unwrap(level.newQueue(stamp)));
                uint256 slot = BookStore.marketDataSlot(market);
                PackedMarket data = PackedMarket.wrap(BookStore.load(slot));
                bool wasBest = data.best(side) == tick;
                uint256 next = TickIndex.remove(market, side, tick, wasBest);
                if (wasBest) BookStore.save(slot, PackedMarket.unwrap(data.withBest(side, next)));
                return;
            }
            level = level.withoutLots(lots);
            if (index < 2) {
                level = level.withoutOrder(index);
            } else {
                uint256 slot = BookStore.ordersSlot(key, index);
                uint256 word =
                    PackedOrderLib.put(BookStore.load(slot), PackedOrderLib.placeOf(index), PackedOrder.wrap(0));
                BookStore.save(slot, word);
            }
            BookStore.save(BookStore.levelSlot(key), PackedLevel.unwrap(level));
        }
    }
}
