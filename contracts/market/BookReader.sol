// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IExchange} from "../../interfaces/IExchange.sol";
import {MarketId} from "../../interfaces/Ids.sol";
import {AccountWord} from "../lib/AccountWords.sol";
import {BoardWord} from "../lib/BoardWords.sol";
import {BookStore} from "../lib/BookStore.sol";
import {ConfigWord} from "../lib/ConfigWords.sol";
import {LevelWord} from "../lib/LevelWords.sol";
import {RuleWord} from "../lib/RuleWords.sol";
import {TickBitmap} from "../lib/TickBitmap.sol";

/// @title BookReader
/// @notice Part of the Lens: walks through a book from outside, word by word.
abstract contract BookReader {
    using TickBitmap for uint256;

    IExchange public immutable EXCHANGE;

    /// @dev A market's words, and whether its book is of today.
    struct View {
        uint256 market;
        ConfigWord config;
        BoardWord board;
        uint256 today;
        bool current;
    }

    /// @dev Where a walk through one side of the book stands.
    struct Cursor {
        uint256 side;
        uint256 tick; //   0 = at the end
        uint256 root; //   leaves not yet begun
        uint256 leaf;
        uint256 bits; //   ticks of the leaf not yet left behind
        LevelWord level; // of `tick`
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
        v.config = ConfigWord.wrap(_word(BookStore.configSlot(v.market)));
        if (ConfigWord.unwrap(v.config) == 0) revert LensMarketUnknown(id);
        v.board = BoardWord.wrap(_word(BookStore.boardSlot(v.market)));
        v.today = v.config.today(block.timestamp);
        v.current = v.board.day() == v.today;
    }

    function _begin(View memory v, uint256 side) internal view returns (Cursor memory c) {
        c.side = side;
        if (!v.current) return c;
        c.root = _word(BookStore.rootSlot(v.market, side)).bits(v.today);
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
        c.bits = _word(BookStore.leafSlot(v.market, c.side, c.leaf)).bits(v.today);
        _enterLevel(v, c);
    }

    function _enterLevel(View memory v, Cursor memory c) private view {
        c.tick = c.leaf * TickBitmap.WIDTH + c.bits.best(c.side);
        uint256 key = BookStore.levelKey(v.market, c.side, c.tick);
        c.level = LevelWord.wrap(_word(BookStore.levelSlot(key)));
        c.index = c.level.head();
        c.pack = c.index < 2
            ? LevelWord.unwrap(c.level) << 128  // orders 0 and 1 as places 2 and 3 of a slot
            : _word(BookStore.entriesSlot(key, (c.index - 2) >> 2));
    }

    /// @dev The next order in the queue of the level, 0 at its end.
    function _next(View memory v, Cursor memory c) internal view returns (uint256 entry) {
        while (c.index < c.level.tail()) {
            if (c.index & 3 == 2) {
                uint256 key = BookStore.levelKey(v.market, c.side, c.tick);
                c.pack = _word(BookStore.entriesSlot(key, c.index >> 2));
            }
            entry = uint64(c.pack >> (((c.index + 2) & 3) << 6));
            ++c.index;
            if (uint32(entry) != 0) return entry;
            ++c.holes;
        }
        return 0;
    }

    /// @dev An account as of today.
    function _account(View memory v, uint256 participant) internal view returns (AccountWord) {
        return AccountWord.wrap(_word(BookStore.accountSlot(v.market, participant))).rolled(v.today);
    }

    function _rules(uint256 market, uint256 which) internal view returns (RuleWord) {
        return RuleWord.wrap(_word(BookStore.rulesSlot(market, which)));
    }

    function _word(uint256 slot) internal view returns (uint256) {
        uint256[] memory slots = new uint256[](1);
        slots[0] = slot;
        return EXCHANGE.load(slots)[0];
    }
}
