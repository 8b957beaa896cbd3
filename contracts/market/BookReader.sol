// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchange} from "../../interfaces/market/IExchange.sol";
import {MarketId} from "../../interfaces/types/Ids.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {BookStore} from "../book/BookStore.sol";
import {PackedMarketConfig} from "../types/PackedMarketConfig.sol";
import {PackedLevel} from "../types/PackedLevel.sol";
import {PackedOrder, PackedOrderLib} from "../types/PackedOrder.sol";
import {PackedMarketRules} from "../types/PackedMarketRules.sol";
import {TickBitmap} from "../book/TickBitmap.sol";

/// @title BookReader
/// @notice Part of the Lens: walks through a book from outside, word by word.
abstract contract BookReader {
    using TickBitmap for uint256;

    IExchange public immutable EXCHANGE;

    /// @dev A market's words, and whether its board is of today.
    struct View {
        uint256 market;
        PackedMarketConfig config;
        PackedMarket board;
        uint256 today;
        uint256 stamp; // of the book's words
        bool current;
    }

    /// @dev Where a walk through one side of the book stands.
    struct Cursor {
        uint256 side;
        uint256 tick; //   0 = at the end
        uint256 root; //   leaves not yet begun
        uint256 leaf;
        uint256 bits; //   ticks of the leaf not yet left behind
        PackedLevel level; // of `tick`
        uint256 index; //  next place in its queue
        uint256 pack; //   slot that the place lies in
        uint256 holes; //  empty places passed
    }

    error LensMarketUnknown(MarketId id);

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
    }

    function _view(MarketId id) internal view returns (View memory v) {
        v.market = MarketId.unwrap(id);
        v.config = PackedMarketConfig.wrap(_word(BookStore.configSlot(v.market)));
        if (PackedMarketConfig.unwrap(v.config) == 0) revert LensMarketUnknown(id);
        v.board = PackedMarket.wrap(_word(BookStore.boardSlot(v.market)));
        v.today = v.config.today(block.timestamp);
        v.stamp = v.config.stamp(v.today);
        v.current = v.board.day() == v.today;
    }

    function _begin(View memory v, uint256 side) internal view returns (Cursor memory c) {
        c.side = side;
        c.root = _word(BookStore.rootSlot(v.market, side)).bits(v.stamp);
        _enterLeaf(v, c);
    }

    /// @dev On to the next price.
    function _advance(View memory v, Cursor memory c) internal view {
        c.bits = c.bits.without(c.tick % TickBitmap.WIDTH);
        if (c.bits == 0) _enterLeaf(v, c);
        else _enterLevel(v, c);
    }

    function _enterLeaf(View memory v, Cursor memory c) private view {
        c.tick = 0;
        if (c.root == 0) return;
        c.leaf = c.root.best(c.side);
        c.root = c.root.without(c.leaf);
        c.bits = _word(BookStore.leafSlot(v.market, c.side, c.leaf)).bits(v.stamp);
        _enterLevel(v, c);
    }

    function _enterLevel(View memory v, Cursor memory c) private view {
        c.tick = c.leaf * TickBitmap.WIDTH + c.bits.best(c.side);
        uint256 key = BookStore.levelKey(v.market, c.side, c.tick);
        c.level = PackedLevel.wrap(_word(BookStore.levelSlot(key)));
        c.index = c.level.head();
        c.pack = c.index < 2
            ? PackedLevel.unwrap(c.level) << 128  // orders 0 and 1 as places 2 and 3 of a slot
            : _word(BookStore.entriesSlot(key, (c.index - 2) >> 2));
    }

    /// @dev The next order in the queue of the level, one of 0 lots at its end.
    function _next(View memory v, Cursor memory c) internal view returns (PackedOrder entry) {
        while (c.index < c.level.tail()) {
            if (c.index & 3 == 2) {
                uint256 key = BookStore.levelKey(v.market, c.side, c.tick);
                c.pack = _word(BookStore.entriesSlot(key, c.index >> 2));
            }
            entry = PackedOrderLib.at(c.pack, (c.index + 2) & 3);
            ++c.index;
            if (entry.lots() != 0) return entry;
            ++c.holes;
        }
    }

    /// @dev Whether the order that {_next} has just given is neither void nor expired.
    function _isOpen(View memory v, Cursor memory c, PackedOrder entry, PackedAccount account)
        internal
        view
        returns (bool open)
    {
        (open,) = _life(v, BookStore.levelKey(v.market, c.side, c.tick), c.index - 1, entry, account);
    }

    /// @param account Of the order's owner, as of today.
    /// @return open The order is neither void nor expired.
    /// @return lastDay Its last market day; 0 = it rests until it is cancelled.
    function _life(View memory v, uint256 key, uint256 index, PackedOrder entry, PackedAccount account)
        internal
        view
        returns (bool open, uint256 lastDay)
    {
        uint256 flags = entry.flags();
        if (!v.config.lasting()) return (account.carries(flags), v.today);
        if (account.signature() != flags & PackedAccountLib.SIGNATURE) return (false, 0);
        if (flags & PackedOrderLib.DATED == 0) return (true, 0);
        lastDay = PackedOrderLib.lastDayAt(_word(BookStore.datesSlot(key, index >> 4)), index);
        open = lastDay >= v.today;
    }

    /// @dev An account as of today.
    function _account(View memory v, uint256 participant) internal view returns (PackedAccount) {
        return
            PackedAccount.wrap(_word(BookStore.accountSlot(v.market, participant)))
                .rolled(v.today, v.config.lastingKind());
    }

    function _rules(uint256 market, uint256 which) internal view returns (PackedMarketRules) {
        return PackedMarketRules.wrap(_word(BookStore.rulesSlot(market, which)));
    }

    function _word(uint256 slot) internal view returns (uint256) {
        uint256[] memory slots = new uint256[](1);
        slots[0] = slot;
        return EXCHANGE.load(slots)[0];
    }
}
