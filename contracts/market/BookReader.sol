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
/// @notice Part of {ExchangeLens}: iterates over the levels and orders of a book by raw storage words.
abstract contract BookReader {
    using TickBitmap for uint256;

    IExchange public immutable EXCHANGE;

    /// @dev A market's words; `current` when its market data are of today.
    struct View {
        uint256 market;
        PackedMarketConfig config;
        PackedMarket data;
        uint256 today;
        uint256 stamp; // day stamp of the book's words
        bool current;
    }

    /// @dev Position in one side of the book.
    struct Cursor {
        uint256 side;
        uint256 tick; //   0 = at the end
        uint256 root; //   leaves not yet visited
        uint256 leaf;
        uint256 bits; //   ticks of the leaf not yet visited
        PackedLevel level; // of `tick`
        uint256 index; //  of the next order in its queue
        uint256 slot; //   word that holds this order
        uint256 skipped; // cancelled orders passed
    }

    /// @dev Orders of a level that are read at once: 33 words of them, and as many accounts.
    uint256 private constant READ_AT_ONCE = 128;

    error LensMarketUnknown(MarketId id);

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
    }

    function _view(MarketId id) internal view returns (View memory v) {
        v.market = MarketId.unwrap(id);
        v.config = PackedMarketConfig.wrap(_word(BookStore.configSlot(v.market)));
        if (PackedMarketConfig.unwrap(v.config) == 0) revert LensMarketUnknown(id);
        v.data = PackedMarket.wrap(_word(BookStore.marketDataSlot(v.market)));
        v.today = v.config.today(block.timestamp);
        v.stamp = v.config.stamp(v.today);
        v.current = v.data.day() == v.today;
    }

    /// @dev A cursor at the best price of a side.
    function _first(View memory v, uint256 side) internal view returns (Cursor memory c) {
        c.side = side;
        c.root = _word(BookStore.rootSlot(v.market, side)).bits(v.stamp);
        _loadLeaf(v, c);
    }

    /// @dev Moves on to the next price level.
    function _nextLevel(View memory v, Cursor memory c) internal view {
        c.bits = c.bits.without(c.tick % TickBitmap.WIDTH);
        if (c.bits == 0) _loadLeaf(v, c);
        else _loadLevel(v, c);
    }

    function _loadLeaf(View memory v, Cursor memory c) private view {
        c.tick = 0;
        if (c.root == 0) return;
        c.leaf = c.root.best(c.side);
        c.root = c.root.without(c.leaf);
        c.bits = _word(BookStore.leafSlot(v.market, c.side, c.leaf)).bits(v.stamp);
        _loadLevel(v, c);
    }

    function _loadLevel(View memory v, Cursor memory c) private view {
        c.tick = c.leaf * TickBitmap.WIDTH + c.bits.best(c.side);
        uint256 key = BookStore.levelKey(v.market, c.side, c.tick);
        c.level = PackedLevel.wrap(_word(BookStore.levelSlot(key)));
        c.index = c.level.head();
        c.slot = _ordersWord(c.level, key, c.index);
    }

    /// @dev The word that holds order `index` of a level, as a slot of four: orders 0 and 1 have places 2 and 3.
    function _ordersWord(PackedLevel level, uint256 key, uint256 index) internal view returns (uint256) {
        return index < 2 ? level.asSlot() : _word(BookStore.ordersSlot(key, index));
    }

    /// @dev The next order in the queue of the level, one of 0 lots at its end.
    function _nextOrder(View memory v, Cursor memory c) internal view returns (PackedOrder order) {
        while (c.index < c.level.tail()) {
            uint256 place = PackedOrderLib.placeOf(c.index);
            if (place == 0) {
                c.slot = _word(BookStore.ordersSlot(BookStore.levelKey(v.market, c.side, c.tick), c.index));
            }
            order = PackedOrderLib.orderAt(c.slot, place);
            ++c.index;
            if (order.lots() != 0) return order;
            ++c.skipped;
        }
    }

    /// @dev Lots and number of the open orders of the level at the cursor. Thousands may queue there: many words are asked for in one
    /// call, and their memory is used again, since memory costs by the square.
    function _openOrders(View memory v, Cursor memory c) internal view returns (uint256 lots, uint256 count) {
        uint256 tail = c.level.tail();
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        for (uint256 first = c.level.head(); first < tail; first += READ_AT_ONCE) {
            uint256 end = first + READ_AT_ONCE < tail ? first + READ_AT_ONCE : tail;
            (uint256 more, uint256 orders) = _openAmong(v, c, first, end);
            lots += more;
            count += orders;
            assembly ("memory-safe") {
                mstore(0x40, free)
            }
        }
    }

    /// @dev Of orders `first` to `end - 1`.
    function _openAmong(View memory v, Cursor memory c, uint256 first, uint256 end)
        private
        view
        returns (uint256 lots, uint256 count)
    {
        uint256 key = BookStore.levelKey(v.market, c.side, c.tick);
        PackedOrder[] memory orders = _orders(c.level, key, first, end);
        uint256[] memory accounts = _accountWords(v, orders);
        for (uint256 i; i < orders.length; ++i) {
            PackedOrder order = orders[i];
            if (order.lots() == 0) continue; // cancelled
            PackedAccount account = PackedAccount.wrap(accounts[i]).asOf(v.today, v.config.lastingKind());
            (bool open,) = _orderStatus(v, key, first + i, order, account);
            if (!open) continue;
            lots += order.lots();
            ++count;
        }
    }

    /// @dev Orders `first` to `end - 1` of a level.
    function _orders(PackedLevel level, uint256 key, uint256 first, uint256 end)
        private
        view
        returns (PackedOrder[] memory orders)
    {
        orders = new PackedOrder[](end - first);
        uint256 from = BookStore.ordersSlot(key, first < 2 ? 2 : first);
        uint256[] memory words = new uint256[](end > 2 ? BookStore.ordersSlot(key, end - 1) - from + 1 : 0);
        for (uint256 i; i < words.length; ++i) {
            words[i] = from + i;
        }
        words = EXCHANGE.load(words);
        for (uint256 index = first; index < end; ++index) {
            uint256 word = index < 2 ? level.asSlot() : words[BookStore.ordersSlot(key, index) - from];
            orders[index - first] = PackedOrderLib.orderAt(word, PackedOrderLib.placeOf(index));
        }
    }

    /// @dev The accounts of the orders' owners.
    function _accountWords(View memory v, PackedOrder[] memory orders) private view returns (uint256[] memory slots) {
        slots = new uint256[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            slots[i] = BookStore.accountSlot(v.market, orders[i].owner());
        }
        return EXCHANGE.load(slots);
    }

    /// @dev Whether the order that {_nextOrder} returned last is neither void nor expired.
    function _isOpen(View memory v, Cursor memory c, PackedOrder order, PackedAccount account)
        internal
        view
        returns (bool open)
    {
        (open,) = _orderStatus(v, BookStore.levelKey(v.market, c.side, c.tick), c.index - 1, order, account);
    }

    /// @param account Of the order's owner, as of today.
    /// @return open The order is neither void nor expired.
    /// @return lastDay Its last market day; 0 = good till cancelled.
    function _orderStatus(View memory v, uint256 key, uint256 index, PackedOrder order, PackedAccount account)
        internal
        view
        returns (bool open, uint256 lastDay)
    {
        uint256 flags = order.flags();
        if (!v.config.lasting()) return (account.isOrderLive(flags), v.today);
        if (account.orderStamp() != flags & PackedAccountLib.ORDER_STAMP) return (false, 0);
        if (flags & PackedOrderLib.DATED == 0) return (true, 0);
        lastDay = PackedOrderLib.lastDayAt(_word(BookStore.lastDaysSlot(key, index)), index);
        open = lastDay >= v.today;
    }

    /// @dev An account as of today.
    function _account(View memory v, uint256 participant) internal view returns (PackedAccount) {
        return
            PackedAccount.wrap(_word(BookStore.accountSlot(v.market, participant)))
                .asOf(v.today, v.config.lastingKind());
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
