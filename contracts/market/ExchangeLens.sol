// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots,
    BookLotsOutsideLimits,
    BookNotFilled,
    BookOrderMalformed,
    BookTickOutsideBand,
    BookWouldTake,
    OrderId,
    OrderRequest,
    SelfTrade,
    Side,
    TimeInForce
} from "../../interfaces/BookTypes.sol";
import {IExchange, MarketAssets} from "../../interfaces/IExchange.sol";
import {
    DepthLevel,
    Fill,
    IExchangeLens,
    MarketPhase,
    MarketDay,
    OrderTerms,
    Quote,
    QuoteStop
} from "../../interfaces/IExchangeLens.sol";
import {CloseRule, IExchangeBase, MarketConfig, MarketRules, MarketStatus} from "../../interfaces/IExchangeBase.sol";
import {MarketId, ParticipantId, SchemeId} from "../../interfaces/Ids.sol";
import {AccountWord, AccountWords} from "../lib/AccountWords.sol";
import {BookStore} from "../lib/BookStore.sol";
import {ConfigWord, ConfigWords} from "../lib/ConfigWords.sol";
import {Entry, LevelWord, LevelWords} from "../lib/LevelWords.sol";
import {OrderIds, OrderRequests} from "../lib/OrderRequests.sol";
import {RuleWord} from "../lib/RuleWords.sol";
import {BookReader} from "./BookReader.sol";
import {MarketHours} from "./MarketHours.sol";
import {OrderPacking} from "./OrderPacking.sol";

/// @title ExchangeLens
/// @notice Reads the Exchange's words and says what they mean now. Holds nothing and may be replaced at any time.
/// @dev The quote follows the book's rules in its own way, over a queue read order by order; a fuzz test holds both
/// against each other.
contract ExchangeLens is IExchangeLens, BookReader {
    using OrderRequests for OrderRequest;
    using OrderIds for OrderId;

    uint256 private constant MAX_LEVELS = 100;
    uint256 private constant RECORD_BYTES = 12;

    constructor(IExchange exchange) BookReader(exchange) {}

    // ------------------------------------------------------------------ the day and the book

    /// @inheritdoc IExchangeLens
    function market(MarketId id) external view returns (MarketDay memory day) {
        View memory v = _view(id);
        day.status = MarketStatus(v.board.status());
        day.opensAt = nextSession(id);
        RuleWord rules = _rules(v.market, 1);
        if (v.current) rules = _rules(v.market, 0);
        else if (RuleWord.unwrap(rules) == 0) rules = _rules(v.market, 0);
        day.phase = MarketPhase(
            MarketHours.phase(
                EXCHANGE.RULES(),
                SchemeId.wrap(uint16(v.config.scheme())), // 16 bits
                v.config,
                rules.sessions()
            )
        );
        day.open = v.current && day.opensAt == block.timestamp && day.status == MarketStatus.Trading;
        if (v.board.day() != 0) day.day = v.config.dayZero() + v.board.day();
        (day.bidTick, day.askTick) = _best(v);
        // Ticks are 16 bits in the board.
        day.lastTick = uint16(v.board.last());
        day.lowTick = uint16(v.board.low());
        day.highTick = uint16(v.board.high());
        day.volume = v.board.volume();
        day.turnover = v.board.turnover();
        day.fees = v.board.fees();
    }

    /// @inheritdoc IExchangeLens
    function marketConfig(MarketId id) external view returns (MarketConfig memory config, MarketRules memory next) {
        MarketAssets memory assets = EXCHANGE.marketAssets(id);
        View memory v = _view(id);
        // Each cast is to the width of the field.
        config.units = assets.units;
        config.lotSize = assets.lotSize;
        config.basePrice = uint40(v.config.base());
        config.tickSize = uint24(v.config.tickSize());
        config.referenceTick = uint16(v.board.last());
        config.utcQuarters = int8(int256(v.config.utc()) - int256(ConfigWords.UTC_BIAS));
        config.feeAccount = ParticipantId.wrap(uint24(v.config.feeAccount()));
        config.rules = _rulesOf(_rules(v.market, 0));
        next = _rulesOf(_rules(v.market, 1));
        if (next.minimumLots == 0) next = config.rules;
    }

    function _rulesOf(RuleWord word) private pure returns (MarketRules memory rules) {
        // Each cast is to the width of the field.
        rules.bandPpm = uint32(word.bandPpm());
        rules.takerFeePpm = uint16(word.takerPpm());
        rules.makerFeePpm = uint16(word.makerPpm());
        rules.minimumLots = uint32(word.minimum());
        rules.maximumLots = uint32(word.maximum());
        rules.holdingLimit = uint40(word.holdingLimit());
        rules.closeRule = CloseRule(word.closeRule());
        rules.takerLevels = uint8(word.takerLevels());
        rules.blockMinimumLots = uint32(word.blockMinimum());
        rules.blockBandPpm = uint32(word.blockPpm());
        rules.blockSession = [uint8(word.blockSession() & 0x7f), uint8(word.blockSession() >> 7)];
        for (uint256 i; i < 4; ++i) {
            rules.sessions[i] = uint8((word.sessions() >> (7 * i)) & 0x7f);
        }
    }

    /// @inheritdoc IExchangeLens
    function nextSession(MarketId id) public view returns (uint256) {
        View memory v = _view(id);
        return MarketHours.next(
            EXCHANGE.RULES(),
            SchemeId.wrap(uint16(v.config.scheme())), // 16 bits
            v.config,
            v.board,
            _rules(v.market, 0),
            _rules(v.market, 1)
        );
    }

    /// @inheritdoc IExchangeLens
    function best(MarketId id) external view returns (uint16 bidTick, uint16 askTick) {
        return _best(_view(id));
    }

    function _best(View memory v) private pure returns (uint16, uint16) {
        return v.current ? (uint16(v.board.bid()), uint16(v.board.ask())) : (0, 0); // 16 bits in the board
    }

    /// @inheritdoc IExchangeLens
    function depth(MarketId id, Side side, uint256 levels) external view returns (DepthLevel[] memory found) {
        if (levels > MAX_LEVELS) revert LensTooManyLevels(levels, MAX_LEVELS);
        View memory v = _view(id);
        found = new DepthLevel[](levels);
        uint256 count;
        Cursor memory c = _begin(v, uint256(side));
        while (c.tick != 0 && count < levels) {
            DepthLevel memory level = found[count];
            for (uint256 order_ = _next(v, c); order_ != 0; order_ = _next(v, c)) {
                Entry entry = Entry.wrap(order_);
                if (!_account(v, entry.owner()).carries(entry.entryVoids())) continue;
                level.lots += entry.entryLots();
                ++level.orders;
            }
            if (level.lots != 0) {
                level.tick = uint16(c.tick); // 16 bits of a level's key
                level.price = v.config.price(c.tick);
                ++count;
            }
            _advance(v, c);
        }
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    /// @inheritdoc IExchangeLens
    function order(OrderId id) external view returns (uint256 lots, ParticipantId owner) {
        View memory v = _view(MarketId.wrap(uint16(id.market()))); // whatever stands above was never given out
        uint256 key = BookStore.levelKey(v.market, id.side() & 1, id.tick());
        LevelWord level = LevelWord.wrap(_word(BookStore.levelSlot(key)));
        uint256 index = id.index();
        if (
            id.side() > 1 || id.market() != v.market || level.day() != v.today || level.epoch() != id.epoch()
                || index < level.head() || index >= level.tail()
        ) return (0, ParticipantId.wrap(0));
        uint256 pack = index < 2 ? LevelWord.unwrap(level) << 128 : _word(BookStore.entriesSlot(key, (index - 2) >> 2));
        Entry entry = LevelWords.pick(pack, (index + 2) & 3);
        if (!_account(v, entry.owner()).carries(entry.entryVoids())) return (0, ParticipantId.wrap(0));
        return (entry.entryLots(), ParticipantId.wrap(uint24(entry.owner()))); // 24 bits of an order
    }

    // ------------------------------------------------------------------ quote

    /// @inheritdoc IExchangeLens
    function quote(OrderRequest request, ParticipantId participant) external view returns (Quote memory q) {
        View memory v = _view(MarketId.wrap(uint16(request.market()))); // 16 bits of a request
        uint256 who = ParticipantId.unwrap(participant);
        q.refusal = _refusal(v, request, who);
        if (q.refusal.length == 0) {
            _fill(v, request, who, q);
            q.refusal = _refusalOfResult(v, request, who, q);
        }
        if (q.refusal.length != 0) q.stop = QuoteStop.Refused;
    }

    /// @dev What stands in the way before the book is looked at, as {Exchange} and {Book} would say it; empty = nothing.
    function _refusal(View memory v, OrderRequest request, uint256 who) private view returns (bytes memory) {
        MarketId id = MarketId.wrap(uint16(v.market)); // 16 bits
        if (v.board.status() == uint256(MarketStatus.Halted)) {
            return abi.encodeWithSelector(IExchangeBase.ExchangeMarketHalted.selector, id);
        }
        uint256 opensAt = nextSession(id);
        if (opensAt != block.timestamp) {
            return abi.encodeWithSelector(IExchangeBase.ExchangeMarketClosed.selector, id, opensAt);
        }
        if (!v.current) {
            uint256 day = v.config.dayZero() + v.today;
            return abi.encodeWithSelector(IExchangeBase.ExchangeDayNotOpened.selector, id, day);
        }
        AccountWord account = _account(v, who);
        if (who != 0 && account.frozen()) {
            return abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, who, id);
        }
        if (account.voids() == AccountWords.MAX_VOIDS) {
            return abi.encodeWithSelector(IExchangeBase.ExchangeAccountVoided.selector, who, id);
        }

        uint256 tick = request.tick();
        (uint256 low, uint256 high) = (v.board.low(), v.board.high());
        if (tick < low || tick > high) return abi.encodeWithSelector(BookTickOutsideBand.selector, tick, low, high);

        uint256 lots = request.lots();
        (low, high) = (v.config.minimum(), v.config.maximum());
        if (lots < low || lots > high) return abi.encodeWithSelector(BookLotsOutsideLimits.selector, lots, low, high);

        if (request.malformed()) return abi.encodeWithSelector(BookOrderMalformed.selector, request);

        if (who != 0 && request.side() == 1 && lots > account.freeLots()) {
            return abi.encodeWithSelector(BookInsufficientLots.selector, account.freeLots(), lots);
        }
        if (who != 0 && request.side() == 0 && int256(lots) > account.room()) {
            return abi.encodeWithSelector(BookHoldingLimitExceeded.selector, account.room(), lots);
        }
        uint256 best_ = v.board.best(1 - request.side());
        if (request.postOnly() && _crosses(request, best_)) {
            return abi.encodeWithSelector(BookWouldTake.selector, best_);
        }
        return "";
    }

    /// @dev What stands in the way of the result.
    function _refusalOfResult(View memory v, OrderRequest request, uint256 who, Quote memory q)
        private
        view
        returns (bytes memory)
    {
        uint256 free = who == 0 ? type(uint256).max : _account(v, who).freeCash();
        if (request.side() == 0 && q.cash > free) {
            return abi.encodeWithSelector(BookInsufficientCash.selector, free, q.cash);
        }
        uint256 needed = request.minimum();
        if (request.timeInForce() == OrderRequests.FILL_OR_KILL) needed = request.lots();
        if (q.filled < needed) return abi.encodeWithSelector(BookNotFilled.selector, q.filled, needed);

        if (request.side() == 0 && q.rests != 0) {
            if (who != 0) free -= q.cash;
            uint256 escrow = ConfigWords.escrow(q.rests, v.config.price(request.tick()), v.config.makerPpm());
            if (escrow > free) return abi.encodeWithSelector(BookInsufficientCash.selector, free, escrow);
        }
        return "";
    }

    function _crosses(OrderRequest request, uint256 tick) private pure returns (bool) {
        if (tick == 0) return false;
        return request.side() == 0 ? tick <= request.tick() : tick >= request.tick();
    }

    /// @dev A taker on its walk through the book.
    struct Walk {
        uint256 who;
        uint256 left; //        [lots]
        uint256 want; //        of the level at hand [lots]
        uint256 maxTurnover; // [0.0001 currency]
        uint256 records; //     that may still be written
        uint256 holes; //       that may still be stepped over
        AccountWord own;
        uint256[] buyers; //    makers with a holding limit: `lots bought on this walk << 24 | participant`
        uint256 buyerCount;
    }

    function _fill(View memory v, OrderRequest request, uint256 who, Quote memory q) private view {
        Walk memory w;
        w.who = who;
        w.left = request.lots();
        w.records = request.records();
        w.holes = request.holes();
        w.own = _account(v, who);
        w.buyers = new uint256[](request.side() == 1 ? w.records : 0);
        w.maxTurnover = request.side() == 0 && request.maximumCost() != 0
            ? ConfigWords.turnoverWithin(request.maximumCost(), v.config.takerPpm())
            : type(uint256).max;

        Cursor memory c = _begin(v, 1 - request.side());
        while (w.left != 0) {
            if (c.tick == 0 || !_crosses(request, c.tick)) {
                q.stop = c.tick == 0 ? QuoteStop.BookEmpty : QuoteStop.PriceLimit;
                if (request.timeInForce() == OrderRequests.DAY) q.rests = w.left;
                break;
            }
            uint256 price = v.config.price(c.tick);
            w.want = (w.maxTurnover - q.turnover) / price;
            if (w.want > w.left) w.want = w.left;
            if (w.want == 0 || w.records == 0) {
                q.stop = w.want == 0 ? QuoteStop.CostLimit : QuoteStop.RecordLimit;
                break;
            }
            if (!_walkLevel(v, request, c, w, q)) break;
            _advance(v, c);
        }
        q.fee = ConfigWords.feeUp(q.turnover, v.config.takerPpm());
        q.cash = request.side() == 0 ? q.turnover + q.fee : q.turnover - q.fee;
    }

    /// @return through Nothing is left at the tick and the walk goes on.
    function _walkLevel(View memory v, OrderRequest request, Cursor memory c, Walk memory w, Quote memory q)
        private
        view
        returns (bool through)
    {
        uint256 open = c.level.lots();
        while (w.want != 0 && open != 0) {
            c.holes = 0;
            Entry entry = Entry.wrap(_next(v, c));
            if (c.holes > w.holes || w.records == 0) {
                q.stop = QuoteStop.RecordLimit;
                return false;
            }
            w.holes -= c.holes;
            uint256 ended =
                entry.owner() == w.who ? _meetOwn(request, entry, w, q) : _meet(v, request, entry, c.tick, w, q);
            if (ended == 0) return false;
            open -= ended;
        }
        if (open != 0 && w.left != 0) q.stop = QuoteStop.CostLimit;
        return open == 0;
    }

    /// @return ended Lots that leave the book; 0 = the walk stops here.
    function _meetOwn(OrderRequest request, Entry entry, Walk memory w, Quote memory q)
        private
        pure
        returns (uint256 ended)
    {
        ended = entry.entryLots();
        if (w.own.carries(entry.entryVoids())) {
            if (request.selfTrade() == OrderRequests.CANCEL_INCOMING) {
                q.stop = QuoteStop.SelfTradeStop;
                return 0;
            }
            if (request.selfTrade() == OrderRequests.DECREMENT) {
                if (ended > w.left) ended = w.left;
                w.left -= ended;
                if (w.want > w.left) w.want = w.left;
            }
        }
        --w.records;
    }

    /// @return ended Lots that leave the book; 0 = the walk stops here.
    function _meet(View memory v, OrderRequest request, Entry entry, uint256 tick, Walk memory w, Quote memory q)
        private
        view
        returns (uint256 ended)
    {
        AccountWord maker = _account(v, entry.owner());
        ended = entry.entryLots();
        if (!maker.carries(entry.entryVoids())) {
            --w.records;
            return ended;
        }
        uint256 taken = ended < w.want ? ended : w.want;
        uint256 fits = request.side() == 1 ? _fits(w, entry.owner(), maker, taken) : taken;
        // An order that goes over its participant's limit makes two records: what fits, and its end.
        uint256 needed = fits != taken && fits != 0 ? 2 : 1;
        if (w.records < needed) {
            q.stop = QuoteStop.RecordLimit;
            return 0;
        }
        w.records -= needed;
        if (fits == taken) ended = taken;
        if (fits != 0) {
            q.filled += fits;
            q.turnover += fits * v.config.price(tick);
            q.worstTick = uint16(tick); // 16 bits of a level's key
            ++q.makers;
            w.left -= fits;
            w.want -= fits;
        }
    }

    /// @dev How many of `lots` a maker may still buy, counting what it has bought on this walk.
    function _fits(Walk memory w, uint256 owner, AccountWord maker, uint256 lots) private pure returns (uint256 fits) {
        int256 room = maker.room();
        if (room == type(int256).max) return lots;
        uint256 i;
        while (i < w.buyerCount && uint24(w.buyers[i]) != owner) ++i;
        if (i == w.buyerCount) {
            w.buyers[i] = owner;
            ++w.buyerCount;
        }
        room -= int256(w.buyers[i] >> 24); // 33 bits
        if (room > 0) fits = uint256(room) < lots ? uint256(room) : lots;
        w.buyers[i] += fits << 24;
    }

    // ------------------------------------------------------------------ prices and records

    /// @inheritdoc IExchangeLens
    function priceOf(MarketId id, uint16 tick) external view returns (uint256) {
        return _view(id).config.price(tick);
    }

    /// @inheritdoc IExchangeLens
    function tickOf(MarketId id, uint256 price) external view returns (uint16) {
        ConfigWord config = _view(id).config;
        uint256 base = config.base();
        uint256 tick = price > base ? (price - base) / config.tickSize() : 0;
        if (tick == 0 || tick > ConfigWords.MAX_TICK || config.price(tick) != price) {
            revert LensPriceOffGrid(price, base, config.tickSize());
        }
        return uint16(tick); // checked
    }

    /// @inheritdoc IExchangeLens
    function encode(OrderTerms calldata terms) external pure returns (OrderRequest) {
        return OrderPacking.pack(terms);
    }

    /// @inheritdoc IExchangeLens
    function decode(OrderRequest r) external pure returns (OrderTerms memory) {
        // Each cast is to the width of the field.
        return OrderTerms({
            market: MarketId.wrap(uint16(r.market())),
            side: Side(r.side()),
            timeInForce: TimeInForce(r.timeInForce()),
            postOnly: r.postOnly(),
            selfTrade: SelfTrade(r.selfTrade()),
            tick: uint16(r.tick()),
            lots: uint32(r.lots()),
            minimumLots: uint32(r.minimum()),
            maximumCost: uint64(r.maximumCost()),
            maximumFills: uint16(r.records()),
            maximumHoles: uint16(r.holes()),
            expiry: uint16((OrderRequest.unwrap(r) >> 180) & 0xfff),
            maximumLevels: uint16((OrderRequest.unwrap(r) >> 192) & 0xfff)
        });
    }

    /// @inheritdoc IExchangeLens
    function decodeFills(bytes calldata fills) external pure returns (Fill[] memory decoded) {
        if (fills.length % RECORD_BYTES != 0) revert LensBadRecords(fills.length);
        decoded = new Fill[](fills.length / RECORD_BYTES);
        for (uint256 i; i < decoded.length; ++i) {
            uint256 record = uint96(bytes12(fills[i * RECORD_BYTES:(i + 1) * RECORD_BYTES]));
            // Each cast is to the width of the field.
            decoded[i] = Fill({
                tick: uint16(record >> 80),
                ended: (record >> 79) & 1 != 0,
                index: uint32((record >> 56) & 0x7fffff),
                maker: ParticipantId.wrap(uint24(record >> 32)),
                lots: uint32(record)
            });
        }
    }
}
