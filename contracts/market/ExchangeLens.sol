// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookExpiryPassed,
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots,
    BookLotsOutsideLimits,
    BookNotFilled,
    BookOrderMalformed,
    BookOrderOutlivesDay,
    BookTickOutsideBand,
    BookWouldTake,
    OrderId,
    OrderRequest,
    Side,
    TimeInForce
} from "../../interfaces/types/BookTypes.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {
    DepthLevel,
    IExchangeLens,
    MarketDay,
    MarketPhase,
    Quote,
    QuoteStop
} from "../../interfaces/market/IExchangeLens.sol";
import {
    CloseRule,
    IExchangeBase,
    MarketConfig,
    MarketRules,
    MarketStatus
} from "../../interfaces/market/IExchangeBase.sol";
import {IHoldingLimits} from "../../interfaces/market/IHoldingLimits.sol";
import {MarketId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {BookStore} from "../book/BookStore.sol";
import {PackedMarketConfig, PackedMarketConfigLib} from "../types/PackedMarketConfig.sol";
import {PackedLevel} from "../types/PackedLevel.sol";
import {PackedOrder, PackedOrderLib} from "../types/PackedOrder.sol";
import {OrderIdLib} from "../types/OrderIdLib.sol";
import {OrderRequestLib} from "../types/OrderRequestLib.sol";
import {PackedMarketRules} from "../types/PackedMarketRules.sol";
import {BookReader} from "./BookReader.sol";
import {MarketHours} from "./lib/MarketHours.sol";
import {OrderCoder} from "./OrderCoder.sol";

/// @title ExchangeLens
/// @notice Views of the Exchange as of now, decoded from its storage. Holds nothing and may be replaced at any time.
/// @dev The quote simulates the book's rules on an order-by-order reading; a fuzz test compares it with {Book}.
contract ExchangeLens is OrderCoder, BookReader {
    using OrderRequestLib for OrderRequest;
    using OrderIdLib for OrderId;

    uint256 private constant MAX_LEVELS = 100;

    constructor(IExchange exchange) BookReader(exchange) {}

    // ------------------------------------------------------------------ the day and the book

    /// @inheritdoc IExchangeLens
    function market(MarketId id) external view returns (MarketDay memory day) {
        View memory v = _view(id);
        day.status = MarketStatus(v.data.status());
        day.opensAt = nextSession(id);
        PackedMarketRules rules = _rules(v.market, 1);
        if (v.current) rules = _rules(v.market, 0);
        else if (PackedMarketRules.unwrap(rules) == 0) rules = _rules(v.market, 0);
        day.phase = MarketPhase(
            MarketHours.phase(
                EXCHANGE.RULES(),
                SchemeId.wrap(uint16(v.config.scheme())), // 16 bits
                v.config,
                rules.sessions()
            )
        );
        day.barred = v.data.barred();
        bool trades = v.data.standing() == uint256(MarketStatus.Trading);
        day.open = v.current && day.opensAt == block.timestamp && trades;
        day.dayZero = v.config.dayZero();
        day.lasting = v.config.lasting();
        if (v.data.day() != 0) day.day = day.dayZero + v.data.day();
        (day.bidTick, day.askTick) = _best(v);
        // Ticks are 16 bits in the data.
        day.lastTick = uint16(v.data.last());
        day.lowTick = uint16(v.data.low());
        day.highTick = uint16(v.data.high());
        day.volume = v.data.volume();
        day.turnover = v.data.turnover();
        day.fees = v.data.fees();
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
        config.referenceTick = uint16(v.data.last());
        config.utcQuarters = int8(int256(v.config.utc()) - int256(PackedMarketConfigLib.UTC_BIAS));
        config.feeAccount = ParticipantId.wrap(uint24(v.config.feeAccount()));
        config.rules = _rulesOf(_rules(v.market, 0));
        next = _rulesOf(_rules(v.market, 1));
        if (next.minimumLots == 0) next = config.rules;
    }

    function _rulesOf(PackedMarketRules word) private pure returns (MarketRules memory rules) {
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
        rules.blockSession = [uint8(word.blockOpens()), uint8(word.blockCloses())];
        for (uint256 i; i < 4; ++i) {
            rules.sessions[i] = uint8(word.sessionBound(i));
        }
    }

    /// @inheritdoc IExchangeLens
    function nextSession(MarketId id) public view returns (uint256) {
        View memory v = _view(id);
        return MarketHours.next(
            EXCHANGE.RULES(),
            SchemeId.wrap(uint16(v.config.scheme())), // 16 bits
            v.config,
            v.data,
            _rules(v.market, 0),
            _rules(v.market, 1)
        );
    }

    /// @inheritdoc IExchangeLens
    function best(MarketId id) external view returns (uint16 bidTick, uint16 askTick) {
        return _best(_view(id));
    }

    /// @dev The book's own best prices may be those of orders that are void or expired and not yet cleared away.
    function _best(View memory v) private view returns (uint16, uint16) {
        return (uint16(_firstOpen(v, 0)), uint16(_firstOpen(v, 1))); // 16 bits of a level's key
    }

    function _firstOpen(View memory v, uint256 side) private view returns (uint256) {
        for (Cursor memory c = _first(v, side); c.tick != 0; _nextLevel(v, c)) {
            for (PackedOrder next = _nextOrder(v, c); next.lots() != 0; next = _nextOrder(v, c)) {
                if (_isOpen(v, c, next, _account(v, next.owner()))) return c.tick;
            }
        }
        return 0;
    }

    /// @inheritdoc IExchangeLens
    function depth(MarketId id, Side side, uint256 levels) external view returns (DepthLevel[] memory found) {
        if (levels > MAX_LEVELS) revert LensTooManyLevels(levels, MAX_LEVELS);
        View memory v = _view(id);
        found = new DepthLevel[](levels);
        uint256 count;
        Cursor memory c = _first(v, uint256(side));
        while (c.tick != 0 && count < levels) {
            DepthLevel memory level = found[count];
            (level.lots, level.orders) = _openOrders(v, c);
            if (level.lots != 0) {
                level.tick = uint16(c.tick); // 16 bits of a level's key
                level.price = v.config.price(c.tick);
                ++count;
            }
            _nextLevel(v, c);
        }
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    /// @inheritdoc IExchangeLens
    function order(OrderId id) external view returns (uint256 lots, ParticipantId owner) {
        (lots, owner,) = _order(id);
    }

    /// @inheritdoc IExchangeLens
    function lastDayOf(OrderId id) external view returns (uint256 day) {
        (,, day) = _order(id);
    }

    function _order(OrderId id) private view returns (uint256, ParticipantId, uint256) {
        View memory v = _view(MarketId.wrap(uint16(id.market()))); // whatever stands above was never given out
        uint256 key = BookStore.levelKey(v.market, id.side() & 1, id.tick());
        PackedLevel level = PackedLevel.wrap(_word(BookStore.levelSlot(key)));
        uint256 index = id.index();
        if (
            id.side() > 1 || id.market() != v.market || level.day() != v.stamp || level.epoch() != id.epoch()
                || index < level.head() || index >= level.tail()
        ) return (0, ParticipantId.wrap(0), 0);
        PackedOrder found = PackedOrderLib.orderAt(_ordersWord(level, key, index), PackedOrderLib.placeOf(index));
        (bool open, uint256 day) = _orderStatus(v, key, index, found, _account(v, found.owner()));
        if (!open) return (0, ParticipantId.wrap(0), 0);
        if (day != 0) day += v.config.dayZero();
        return (found.lots(), ParticipantId.wrap(uint24(found.owner())), day); // 24 bits of an order
    }

    // ------------------------------------------------------------------ quote

    /// @inheritdoc IExchangeLens
    function quote(OrderRequest request, ParticipantId participant) external view returns (Quote memory q) {
        View memory v = _view(MarketId.wrap(uint16(request.market()))); // 16 bits of a request
        uint256 taker = ParticipantId.unwrap(participant);
        q.refusal = _refusal(v, request, taker);
        if (q.refusal.length == 0) {
            _simulate(v, request, taker, q);
            q.refusal = _refusalOfResult(v, request, taker, q);
        }
        if (q.refusal.length != 0) q.stop = QuoteStop.Refused;
    }

    /// @dev The error that {Exchange} or {Book} would revert with before matching; empty = none.
    function _refusal(View memory v, OrderRequest request, uint256 taker) private view returns (bytes memory) {
        MarketId id = MarketId.wrap(uint16(v.market)); // 16 bits
        if (v.data.barred()) return abi.encodeWithSelector(IExchangeBase.ExchangeMarketBarred.selector, id);
        if (v.data.status() == uint256(MarketStatus.Halted)) {
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
        PackedAccount account = _account(v, taker);
        if (taker != 0 && account.frozen()) {
            return abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, taker, id);
        }
        if (account.voids() == PackedAccountLib.MAX_VOIDS) {
            return abi.encodeWithSelector(IExchangeBase.ExchangeAccountVoided.selector, taker, id);
        }

        uint256 tick = request.tick();
        (uint256 low, uint256 high) = (v.data.low(), v.data.high());
        if (tick < low || tick > high) return abi.encodeWithSelector(BookTickOutsideBand.selector, tick, low, high);

        uint256 lots = request.lots();
        (low, high) = (v.config.minimum(), v.config.maximum());
        if (lots < low || lots > high) return abi.encodeWithSelector(BookLotsOutsideLimits.selector, lots, low, high);

        if (request.malformed()) return abi.encodeWithSelector(BookOrderMalformed.selector, request);
        uint256 force = request.timeInForce();
        if (force > OrderRequestLib.FILL_OR_KILL && !v.config.lasting()) {
            return abi.encodeWithSelector(BookOrderOutlivesDay.selector, force);
        }
        if (force == OrderRequestLib.GOOD_TILL_DATE && request.expiry() < v.today) {
            return abi.encodeWithSelector(BookExpiryPassed.selector, request.expiry(), v.today);
        }

        if (taker != 0 && request.side() == 1 && lots > account.freeLots()) {
            return abi.encodeWithSelector(BookInsufficientLots.selector, account.freeLots(), lots);
        }
        if (taker != 0 && request.side() == 0 && int256(lots) > account.room()) {
            // The account is short of room, but an order claims the unused room of the participant's other accounts.
            int256 room = account.room();
            IHoldingLimits limits = EXCHANGE.LIMITS();
            if (address(limits) != address(0)) (,,, room) = limits.poolOf(ParticipantId.wrap(uint24(taker)), id); // 24 bits
            if (int256(lots) > room) return abi.encodeWithSelector(BookHoldingLimitExceeded.selector, room, lots);
        }
        uint256 best_ = v.data.best(1 - request.side());
        if (request.postOnly() && _crosses(request, best_)) {
            return abi.encodeWithSelector(BookWouldTake.selector, best_);
        }
        return "";
    }

    /// @dev The error that {Book} would revert with after matching; empty = none.
    function _refusalOfResult(View memory v, OrderRequest request, uint256 taker, Quote memory q)
        private
        view
        returns (bytes memory)
    {
        uint256 free = taker == 0 ? type(uint256).max : _account(v, taker).freeCash();
        if (request.side() == 0 && q.cash > free) {
            return abi.encodeWithSelector(BookInsufficientCash.selector, free, q.cash);
        }
        uint256 needed = request.minimum();
        if (request.timeInForce() == OrderRequestLib.FILL_OR_KILL) needed = request.lots();
        if (q.filled < needed) return abi.encodeWithSelector(BookNotFilled.selector, q.filled, needed);

        if (request.side() == 0 && q.rests != 0) {
            if (taker != 0) free -= q.cash;
            uint256 escrow = PackedMarketConfigLib.escrow(q.rests, v.config.price(request.tick()), v.config.makerPpm());
            if (escrow > free) return abi.encodeWithSelector(BookInsufficientCash.selector, free, escrow);
        }
        return "";
    }

    function _crosses(OrderRequest request, uint256 tick) private pure returns (bool) {
        if (tick == 0) return false;
        return request.side() == 0 ? tick <= request.tick() : tick >= request.tick();
    }

    /// @dev State of a simulated match: the taker's limits and the makers' purchases.
    struct Simulation {
        uint256 taker; //       0 = any participant, with no account
        uint256 remaining; //   [lots]
        uint256 wanted; //      at this level [lots]
        uint256 maxTurnover; // [0.0001 currency]
        uint256 recordsLeft; // fill records that may still be written
        uint256 skipsLeft; //   cancelled orders that may still be skipped
        uint256 levelsLeft; //  price levels that may still be traded at
        PackedAccount account; // the taker's
        uint256[] buyers; //    makers with a holding limit: `lots bought in this match << 24 | participant`
        uint256 buyerCount;
    }

    function _simulate(View memory v, OrderRequest request, uint256 taker, Quote memory q) private view {
        Simulation memory s;
        s.taker = taker;
        s.remaining = request.lots();
        s.recordsLeft = request.records();
        s.skipsLeft = request.holes();
        s.levelsLeft = request.levels();
        uint256 most = v.config.takerLevels();
        if (s.levelsLeft == 0 || (most != 0 && most < s.levelsLeft)) s.levelsLeft = most;
        if (s.levelsLeft == 0) s.levelsLeft = type(uint256).max;
        s.account = _account(v, taker);
        s.buyers = new uint256[](request.side() == 1 ? s.recordsLeft : 0);
        s.maxTurnover = request.side() == 0 && request.maximumCost() != 0
            ? PackedMarketConfigLib.turnoverWithin(request.maximumCost(), v.config.takerPpm())
            : type(uint256).max;

        Cursor memory c = _first(v, 1 - request.side());
        while (s.remaining != 0) {
            if (c.tick == 0 || !_crosses(request, c.tick)) {
                q.stop = c.tick == 0 ? QuoteStop.BookEmpty : QuoteStop.PriceLimit;
                if (OrderRequestLib.mayRest(request.timeInForce())) q.rests = s.remaining;
                break;
            }
            uint256 price = v.config.price(c.tick);
            s.wanted = (s.maxTurnover - q.turnover) / price;
            if (s.wanted > s.remaining) s.wanted = s.remaining;
            if (s.wanted == 0 || s.recordsLeft == 0 || s.levelsLeft == 0) {
                q.stop = s.wanted == 0
                    ? QuoteStop.CostLimit
                    : s.recordsLeft == 0 ? QuoteStop.RecordLimit : QuoteStop.LevelLimit;
                break;
            }
            if (!_simulateLevel(v, request, c, s, q)) break;
            if (q.worstTick == c.tick) --s.levelsLeft; // a price without an open order is none
            _nextLevel(v, c);
        }
        q.fee = PackedMarketConfigLib.feeUp(q.turnover, v.config.takerPpm());
        q.cash = request.side() == 0 ? q.turnover + q.fee : q.turnover - q.fee;
    }

    /// @return emptied Nothing is left at the tick and matching goes on.
    function _simulateLevel(View memory v, OrderRequest request, Cursor memory c, Simulation memory s, Quote memory q)
        private
        view
        returns (bool emptied)
    {
        uint256 open = c.level.lots();
        while (s.wanted != 0 && open != 0) {
            c.skipped = 0;
            PackedOrder order_ = _nextOrder(v, c);
            if (c.skipped > s.skipsLeft || s.recordsLeft == 0) {
                q.stop = QuoteStop.RecordLimit;
                return false;
            }
            s.skipsLeft -= c.skipped;
            uint256 removed = order_.owner() == s.taker
                ? _simulateSelfTrade(v, request, c, order_, s, q)
                : _simulateFill(v, request, c, order_, s, q);
            if (removed == 0) return false;
            open -= removed;
        }
        if (open != 0 && s.remaining != 0) q.stop = QuoteStop.CostLimit;
        return open == 0;
    }

    /// @return removed Lots that leave the book; 0 = matching stops here.
    function _simulateSelfTrade(
        View memory v,
        OrderRequest request,
        Cursor memory c,
        PackedOrder order_,
        Simulation memory s,
        Quote memory q
    ) private view returns (uint256 removed) {
        removed = order_.lots();
        if (_isOpen(v, c, order_, s.account)) {
            if (request.selfTrade() == OrderRequestLib.CANCEL_INCOMING) {
                q.stop = QuoteStop.SelfTradeStop;
                return 0;
            }
            if (request.selfTrade() == OrderRequestLib.DECREMENT) {
                if (removed > s.remaining) removed = s.remaining;
                s.remaining -= removed;
                if (s.wanted > s.remaining) s.wanted = s.remaining;
            }
        }
        --s.recordsLeft;
    }

    /// @return removed Lots that leave the book; 0 = matching stops here.
    function _simulateFill(
        View memory v,
        OrderRequest request,
        Cursor memory c,
        PackedOrder order_,
        Simulation memory s,
        Quote memory q
    ) private view returns (uint256 removed) {
        PackedAccount maker = _account(v, order_.owner());
        removed = order_.lots();
        if (!_isOpen(v, c, order_, maker)) {
            --s.recordsLeft;
            return removed;
        }
        uint256 taken = removed < s.wanted ? removed : s.wanted;
        uint256 fits = request.side() == 1 ? _fits(s, order_.owner(), maker, taken) : taken;
        // An order that goes over its participant's limit makes two records: what fits, and its end.
        uint256 needed = fits != taken && fits != 0 ? 2 : 1;
        if (s.recordsLeft < needed) {
            q.stop = QuoteStop.RecordLimit;
            return 0;
        }
        s.recordsLeft -= needed;
        if (fits == taken) removed = taken;
        if (fits != 0) {
            q.filled += fits;
            q.turnover += fits * v.config.price(c.tick);
            q.worstTick = uint16(c.tick); // 16 bits of a level's key
            ++q.makers;
            s.remaining -= fits;
            s.wanted -= fits;
        }
    }

    /// @dev How many of `lots` a maker may still buy, counting what it has bought in this match.
    function _fits(Simulation memory s, uint256 owner, PackedAccount maker, uint256 lots)
        private
        pure
        returns (uint256 fits)
    {
        int256 room = maker.room();
        if (room == type(int256).max) return lots;
        uint256 i;
        while (i < s.buyerCount && uint24(s.buyers[i]) != owner) ++i;
        if (i == s.buyerCount) {
            s.buyers[i] = owner;
            ++s.buyerCount;
        }
        room -= int256(s.buyers[i] >> 24); // 33 bits
        if (room > 0) fits = uint256(room) < lots ? uint256(room) : lots;
        s.buyers[i] += fits << 24;
    }

    // ------------------------------------------------------------------ prices

    /// @inheritdoc IExchangeLens
    function priceOf(MarketId id, uint16 tick) external view returns (uint256) {
        return _view(id).config.price(tick);
    }

    /// @inheritdoc IExchangeLens
    function tickOf(MarketId id, uint256 price) external view returns (uint16) {
        PackedMarketConfig config = _view(id).config;
        uint256 base = config.base();
        uint256 tick = price > base ? (price - base) / config.tickSize() : 0;
        if (tick == 0 || tick > PackedMarketConfigLib.MAX_TICK || config.price(tick) != price) {
            revert LensPriceOffGrid(price, base, config.tickSize());
        }
        return uint16(tick); // checked
    }
}
