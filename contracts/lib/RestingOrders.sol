// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId} from "../../interfaces/BookTypes.sol";
import {BoardWord} from "./BoardWords.sol";
import {BookStore} from "./BookStore.sol";
import {Entry, LevelWord, LevelWords} from "./LevelWords.sol";
import {OrderIds} from "./OrderRequests.sol";
import {TickIndex} from "./TickIndex.sol";

/// @title RestingOrders
/// @notice Finding an order by its id, and taking it out of the book, without a turn.
library RestingOrders {
    using OrderIds for OrderId;

    uint256 private constant SELL = 1;

    /// @dev Whether the last day of an order with these flags is over.
    function expired(OrderId id, uint256 flags, uint256 today) internal view returns (bool) {
        if (flags & LevelWords.ORDER_DATED == 0) return false;
        uint256 key = BookStore.levelKey(id.market(), id.side(), id.tick());
        return LevelWords.pickDay(BookStore.load(BookStore.datesSlot(key, id.index() >> 4)), id.index()) < today;
    }

    /// @dev Lots, owner and flags of an order that its level, under the stamp of the book, still has; 0 lots when not.
    function find(OrderId id, uint256 stamp) internal view returns (uint256 lots, uint256 owner, uint256 flags) {
        uint256 key = BookStore.levelKey(id.market(), id.side(), id.tick());
        LevelWord level = LevelWord.wrap(BookStore.load(BookStore.levelSlot(key)));
        uint256 index = id.index();
        if (
            id.side() > SELL || level.day() != stamp || level.epoch() != id.epoch() || index < level.head()
                || index >= level.tail()
        ) return (0, 0, 0);
        uint256 word =
            index < 2 ? LevelWord.unwrap(level) : BookStore.load(BookStore.entriesSlot(key, (index - 2) >> 2));
        Entry entry = LevelWords.pick(word, index < 2 ? index : (index + 2) & 3);
        return (entry.entryLots(), entry.owner(), entry.flags());
    }

    /// @dev Takes `lots`, all that an open order has, out of the book. The board is not loaded before it is needed.
    function remove(OrderId id, uint256 stamp, uint256 lots) internal {
        uint256 market = id.market();
        uint256 side = id.side();
        uint256 tick = id.tick();
        uint256 index = id.index();
        uint256 key = BookStore.levelKey(market, side, tick);
        LevelWord level = LevelWord.wrap(BookStore.load(BookStore.levelSlot(key)));
        unchecked {
            if (level.lots() == lots) {
                BookStore.save(BookStore.levelSlot(key), LevelWord.unwrap(level.renewed(stamp)));
                uint256 slot = BookStore.boardSlot(market);
                BoardWord board = BoardWord.wrap(BookStore.load(slot));
                bool wasBest = board.best(side) == tick;
                uint256 next = TickIndex.remove(market, side, tick, wasBest);
                if (wasBest) BookStore.save(slot, BoardWord.unwrap(board.withBest(side, next)));
                return;
            }
            level = level.withoutLots(lots);
            if (index < 2) {
                level = LevelWord.wrap(LevelWords.put(LevelWord.unwrap(level), index, Entry.wrap(0)));
            } else {
                uint256 slot = BookStore.entriesSlot(key, (index - 2) >> 2);
                BookStore.save(slot, LevelWords.put(BookStore.load(slot), (index + 2) & 3, Entry.wrap(0)));
            }
            BookStore.save(BookStore.levelSlot(key), LevelWord.unwrap(level));
        }
    }
}
