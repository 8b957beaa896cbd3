// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookExpiryPassed,
    BookFull,
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
    TimeInForce
} from "../../interfaces/types/BookTypes.sol";
import {OrderIdLib} from "../types/OrderIdLib.sol";
import {OrderRequestLib} from "../types/OrderRequestLib.sol";
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedFillLib} from "../types/PackedFill.sol";
import {PackedLevel, PackedLevelLib} from "../types/PackedLevel.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {PackedMarketConfigLib} from "../types/PackedMarketConfig.sol";
import {PackedOrder, PackedOrderLib} from "../types/PackedOrder.sol";
import {BookStore} from "./BookStore.sol";
import {FillRecords} from "./FillRecords.sol";
import {MatchState} from "./MatchState.sol";
import {TickIndex} from "./TickIndex.sol";

/// @title Book
/// @notice Price-time matching on packed words, settled at once in the accounts. No tokens, no events, no roles.
/// @dev The caller has checked that the market trades now and has loaded the match state; it stores it afterwards.
library Book {
    using OrderRequestLib for OrderRequest;
    using OrderIdLib for OrderId;

    uint256 private constant BUY = 0;
    uint256 private constant SELL = 1;

    // ------------------------------------------------------------------ incoming orders

    /// @dev Executes an order on the account and the market data of the match state.
    /// @return id Of the order that rests, `state.remaining` lots; 0 = none.
    function execute(MatchState memory state, OrderRequest request) internal returns (OrderId id) {
        uint256 side = request.side();
        uint256 tick = request.tick();
        uint256 lots = request.lots();
        PackedMarket data = state.marketData;
        if (_outside(tick, data.low(), data.high())) revert BookTickOutsideBand(tick, data.low(), data.high());
        if (_outside(lots, state.config.minimum(), state.config.maximum())) {
            revert BookLotsOutsideLimits(lots, state.config.minimum(), state.config.maximum());
        }
        bool plain = request.isPlain();
        if (!plain) _checkOptions(state, request);
        state.request = request;
        state.remaining = lots;
        state.filled = 0;
        state.recordHead = 0;

        // Two calls, so that the compiler keeps the matching apart from the shorter way of an order that only rests.
        if (side == SELL) {
            uint256 free = state.account.freeLots();
            if (lots > free) revert BookInsufficientLots(free, lots);
            if (data.bid() >= tick) _match(state, side, tick, data.bid());
        } else {
            int256 room = state.account.room();
            if (int256(lots) > room) {
                state.raiseLimit(state, lots);
                room = state.account.room();
                if (int256(lots) > room) revert BookHoldingLimitExceeded(room, lots);
            }
            if (data.ask() != 0 && data.ask() <= tick) _match(state, side, tick, data.ask());
        }

        if (!plain) {
            uint256 force = request.timeInForce();
            uint256 needed = force == OrderRequestLib.FILL_OR_KILL ? lots : request.minimum();
            if (state.filled < needed) revert BookNotFilled(state.filled, needed);
            if (!OrderRequestLib.mayRest(force)) return id;
        }
        if (state.recordHead != 0) {
            if (state.remaining == 0 || state.dropRemainder) return id;
            lots = state.remaining;
        }
        return _rest(state, side, tick, lots);
    }

    /// @dev Assumes `low <= high`. A value below `low` wraps to more than any span.
    function _outside(uint256 value, uint256 low, uint256 high) private pure returns (bool) {
        unchecked {
            return value - low > high - low;
        }
    }

    function _checkOptions(MatchState memory state, OrderRequest request) private pure {
        if (request.malformed()) revert BookOrderMalformed(request);
        uint256 force = request.timeInForce();
        if (force <= OrderRequestLib.FILL_OR_KILL) return;
        if (state.stamp != PackedLevelLib.LASTING) revert BookOrderOutlivesDay(TimeInForce(force));
        if (force == OrderRequestLib.GOOD_TILL_DATE && request.expiry() < state.today) {
            revert BookExpiryPassed(request.expiry(), state.today);
        }
    }

    // ------------------------------------------------------------------ matching

    /// @dev Matches the incoming order against the levels from `best` on, which crosses, and settles the taker.
    function _match(MatchState memory state, uint256 side, uint256 limit, uint256 best) private {
        if (state.request.postOnly()) revert BookWouldTake(best);
        state.turnover = 0;
        state.makerFees = 0;
        state.dropRemainder = false;
        state.skipsLeft = state.request.holes();
        FillRecords.open(state, state.request.records());

        state.maxTurnover = type(uint256).max;
        if (side == BUY && state.request.maximumCost() != 0) {
            state.maxTurnover =
                PackedMarketConfigLib.turnoverWithin(state.request.maximumCost(), state.config.takerPpm());
        }
        uint256 tick = best;
        state.levelsLeft = _levelCap(state);
        unchecked {
            do {
                uint256 price = state.config.price(tick);
                uint256 wanted = (state.maxTurnover - state.turnover) / price; // turnover stays within its maximum
                if (wanted > state.remaining) wanted = state.remaining;
                if (wanted == 0 || state.recordPtr == state.recordEnd || state.levelsLeft == 0) {
                    state.dropRemainder = true;
                    break;
                }
                if (!_matchLevel(state, side, tick, price, wanted)) {
                    state.dropRemainder = state.remaining != 0;
                    break;
                }
                tick = TickIndex.remove(state.market, 1 - side, tick, true);
            } while (state.remaining != 0 && tick != 0 && (side == BUY ? tick <= limit : tick >= limit));
        }
        if (tick != best) state.marketData = state.marketData.withBest(1 - side, tick);
        if (state.filled != 0) _settleTaker(state, side);
    }

    /// @dev Price levels that the incoming order may trade at: the request's cap or the market's, the smaller one.
    function _levelCap(MatchState memory state) private pure returns (uint256 levels) {
        levels = state.request.levels();
        uint256 most = state.config.takerLevels();
        if (levels == 0 || (most != 0 && most < levels)) levels = most;
        if (levels == 0) levels = type(uint256).max;
    }

    function _settleTaker(MatchState memory state, uint256 side) private pure {
        unchecked {
            uint256 turnover = state.turnover; // below 2^74: 2^33 lots at 2^41
            uint256 fee = PackedMarketConfigLib.feeUp(turnover, state.config.takerPpm());
            state.takerFee = fee;
            if (side == BUY) {
                uint256 free = state.account.freeCash();
                if (turnover + fee > free) revert BookInsufficientCash(free, turnover + fee);
                state.account = state.account.buy(state.filled, turnover + fee);
            } else {
                state.account = state.account.sell(state.filled, turnover - fee);
            }
            state.marketData = state.marketData.traded(state.lastTick, state.filled, turnover, state.makerFees + fee);
        }
    }

    /// @dev Fills up to `wanted` lots from the orders of a price level, oldest first.
    /// @return emptied The level has no open order left.
    function _matchLevel(MatchState memory state, uint256 side, uint256 tick, uint256 price, uint256 wanted)
        private
        returns (bool emptied)
    {
        unchecked {
            state.levelKey = BookStore.levelKey(state.market, side ^ 1, tick);
            state.tick = tick;
            state.levelLots = wanted;
            state.cancelledLots = 0;
            state.level = PackedLevel.wrap(BookStore.load(BookStore.levelSlot(state.levelKey)));
            uint256 index = state.level.head();
            // Orders from `index` on that lie in one word, the first one lowest, zero above them.
            uint256 orders = _loadOrders(state, index);

            while (index != state.level.tail()) {
                if (orders == 0) orders = _loadOrders(state, index);
                PackedOrder order = PackedOrderLib.orderAt(orders, 0);
                uint256 lots = order.lots();
                if (lots == 0) {
                    // Behind the last open order there is nothing to skip to.
                    if (state.skipsLeft == 0 || state.level.lots() == state.levelLots - wanted + state.cancelledLots) {
                        break;
                    }
                    --state.skipsLeft;
                } else {
                    if (state.recordPtr == state.recordEnd) break;
                    uint256 removed;
                    if (order.owner() == state.participant) {
                        (removed, wanted) = _preventSelfTrade(state, index, order, price, wanted);
                    } else {
                        (removed, wanted) = _fillMaker(state, side, index, order, price, wanted);
                    }
                    if (removed != lots) {
                        _reduceHeadOrder(state, index, removed);
                        break;
                    }
                }
                orders = PackedOrderLib.withoutFirst(orders);
                ++index;
                if (wanted == 0) break;
            }

            uint256 taken = state.levelLots - wanted;
            state.remaining -= taken;
            if (taken != 0) {
                state.lastTick = state.tick;
                --state.levelsLeft; // a price without an open order is none
            }
            state.filled += taken;
            state.turnover += taken * price; // 2^33 lots · 2^41
            PackedLevel level = state.level;
            taken += state.cancelledLots;
            emptied = level.lots() == taken;
            level = emptied ? level.newQueue(state.stamp) : level.withoutLots(taken).withHead(index);
            BookStore.save(BookStore.levelSlot(state.levelKey), PackedLevel.unwrap(level));
        }
    }

    /// @dev The orders from `index` on that lie in one word, the first one lowest, zero above them.
    function _loadOrders(MatchState memory state, uint256 index) private view returns (uint256) {
        if (index < 2) return state.level.ordersFrom(index);
        return PackedOrderLib.ordersFrom(BookStore.load(BookStore.ordersSlot(state.levelKey, index)), index);
    }

    /// @dev Removes lots from the order at `index`, which stays first in its queue.
    function _reduceHeadOrder(MatchState memory state, uint256 index, uint256 lots) private {
        if (index < 2) {
            state.level = state.level.withOrderReduced(index, lots);
        } else {
            uint256 slot = BookStore.ordersSlot(state.levelKey, index);
            BookStore.save(slot, PackedOrderLib.reduced(BookStore.load(slot), index, lots));
        }
    }

    /// @dev Fills another participant's order and settles its account, or ends the order when it is void or expired.
    /// @return removed Lots that leave it; 0 = the incoming order stops here.
    /// @return stillWanted Lots that the incoming order may still fill at this price.
    function _fillMaker(
        MatchState memory state,
        uint256 side,
        uint256 index,
        PackedOrder order,
        uint256 price,
        uint256 wanted
    ) private returns (uint256 removed, uint256 stillWanted) {
        unchecked {
            uint256 slot = BookStore.accountSlot(state.market, order.owner());
            PackedAccount account = PackedAccount.wrap(BookStore.load(slot));
            uint256 lots = order.lots();
            if (!account.isOrderLive(order.flags())) {
                state.makerIndex = index;
                state.makerAccount = account;
                bool live = _orderStatus(state, order, price);
                account = state.makerAccount;
                if (!live) {
                    state.cancelledLots += lots;
                    FillRecords.add(state, index, order, PackedFillLib.ENDED);
                    BookStore.save(slot, PackedAccount.unwrap(account));
                    return (lots, wanted);
                }
            }
            removed = lots < wanted ? lots : wanted;
            if (side == BUY) {
                account = account.fillAsk(removed, removed * price - _makerFee(state, lots, removed, price));
            } else if (int256(removed) <= account.room()) {
                account = account.fillBid(removed, removed * price + _makerFee(state, lots, removed, price));
            } else {
                (removed, account) = _fillToHoldingLimit(state, index, order, price, account);
                if (removed == type(uint256).max) return (0, wanted);
                BookStore.save(slot, PackedAccount.unwrap(account));
                return (lots, wanted - removed); // above 0: fewer fitted than were wanted
            }
            FillRecords.add(state, index, order.withLots(lots, removed), 0);
            BookStore.save(slot, PackedAccount.unwrap(account));
            return (removed, wanted - removed);
        }
    }

    /// @dev Fills a maker's buy order up to its participant's holding limit and ends the rest of it.
    /// @return fits [lots]; the largest number when the records have no room for it.
    function _fillToHoldingLimit(
        MatchState memory state,
        uint256 index,
        PackedOrder order,
        uint256 price,
        PackedAccount account
    ) private pure returns (uint256 fits, PackedAccount) {
        unchecked {
            uint256 lots = order.lots();
            int256 room = account.room(); // less than the order's lots
            if (room > 0) {
                if (state.recordEnd - state.recordPtr == PackedFillLib.SIZE) return (type(uint256).max, account);
                fits = uint256(room);
                uint256 fee = _makerFee(state, lots, fits, price);
                account = account.fillBid(fits, fits * price + fee);
                FillRecords.add(state, index, order.withLots(lots, fits), 0);
            }
            uint256 rest = lots - fits;
            account = account.releaseCash(_escrow(state, rest, price));
            state.cancelledLots += rest;
            FillRecords.add(state, index, order.withLots(lots, rest), PackedFillLib.ENDED);
            return (fits, account);
        }
    }

    /// @dev The maker's fee on `filled` of `lots`: the fee on all less the fee on what stays, so that the parts sum up.
    function _makerFee(MatchState memory state, uint256 lots, uint256 filled, uint256 price)
        private
        pure
        returns (uint256 fee)
    {
        unchecked {
            uint256 ppm = state.config.makerPpm();
            fee = PackedMarketConfigLib.feeUp(lots * price, ppm);
            if (filled != lots) fee -= PackedMarketConfigLib.feeUp((lots - filled) * price, ppm); // rises with its argument
            state.makerFees += fee;
        }
    }

    /// @dev Applies the self-trade mode to an order of the taker's own participant.
    /// @return removed Lots that it loses without trade; 0 = the incoming order stops here.
    /// @return stillWanted Lots that the incoming order may still fill at this price.
    function _preventSelfTrade(MatchState memory state, uint256 index, PackedOrder order, uint256 price, uint256 wanted)
        private
        view
        returns (uint256 removed, uint256 stillWanted)
    {
        unchecked {
            stillWanted = wanted;
            removed = order.lots();
            bool live = state.account.isOrderLive(order.flags());
            if (!live) {
                state.makerIndex = index;
                state.makerAccount = state.account;
                live = _orderStatus(state, order, price);
                state.account = state.makerAccount;
            }
            if (live) {
                uint256 mode = state.request.selfTrade();
                if (mode == OrderRequestLib.CANCEL_INCOMING) return (0, wanted);

                uint256 lots = removed;
                if (mode == OrderRequestLib.DECREMENT) {
                    // Both shrink, whatever the maximum cost allows: nothing is paid. `state.remaining` does not yet
                    // know of the fills at this price.
                    uint256 remaining = state.remaining - (state.levelLots - wanted);
                    if (removed > remaining) removed = remaining;
                    state.remaining -= removed;
                    if (stillWanted > remaining - removed) stillWanted = remaining - removed;
                    state.levelLots -= wanted - stillWanted;
                }
                state.account = state.request.side() == BUY
                    ? state.account.releaseLots(removed)
                    : state.account.releaseCash(_escrow(state, lots, price) - _escrow(state, lots - removed, price));
            }
            state.cancelledLots += removed;
            FillRecords.add(state, index, order.withLots(order.lots(), removed), PackedFillLib.ENDED);
        }
    }

    /// @dev Status of an order of `state.makerAccount` that is not live as an order of a day market is. In a lasting market
    /// the account is brought to today; when the order's last day is over, its reservation is released.
    /// @return live False: it is void or expired.
    function _orderStatus(MatchState memory state, PackedOrder order, uint256 price) private view returns (bool live) {
        PackedAccount account = state.makerAccount;
        uint256 flags = order.flags();
        if (flags & PackedOrderLib.LASTING == 0 || flags & PackedAccountLib.ORDER_STAMP != account.orderStamp()) {
            return false;
        }
        account = account.asOf(state.today, state.config.lastingKind());
        state.makerAccount = account;
        if (flags & PackedOrderLib.DATED == 0) return true;

        uint256 side = state.request.side() ^ 1;
        uint256 days_ = BookStore.load(BookStore.lastDaysSlot(state.levelKey, state.makerIndex));
        if (PackedOrderLib.lastDayAt(days_, state.makerIndex) >= state.today) return true;
        uint256 lots = order.lots();
        state.makerAccount = side == SELL ? account.releaseLots(lots) : account.releaseCash(_escrow(state, lots, price));
        return false;
    }

    // ------------------------------------------------------------------ resting orders

    /// @dev Reserves the lots or the cash of an order and appends it to the queue of its price level.
    function _rest(MatchState memory state, uint256 side, uint256 tick, uint256 lots) private returns (OrderId) {
        if (side == SELL) {
            state.account = state.account.reserveLots(lots);
        } else {
            uint256 needed = _escrow(state, lots, state.config.price(tick));
            uint256 free = state.account.freeCash();
            if (needed > free) revert BookInsufficientCash(free, needed);
            state.account = state.account.reserveCash(needed);
        }

        uint256 key = BookStore.levelKey(state.market, side, tick);
        PackedLevel level = PackedLevel.wrap(BookStore.load(BookStore.levelSlot(key)));
        if (level.day() != state.stamp) level = level.newQueue(state.stamp);
        uint256 open = level.lots();
        uint256 index = level.tail();
        unchecked {
            if (index > PackedLevelLib.MAX_INDEX || open + lots > PackedLevelLib.MAX_LOTS) revert BookFull();
        }

        uint256 flags = state.account.voids();
        if (state.stamp == PackedLevelLib.LASTING) flags |= _storeLastDay(state, key, index);
        PackedOrder order = PackedOrderLib.pack(lots, state.participant, flags);
        level = level.extended(lots);
        if (index < 2) {
            level = level.withFirstOrder(index, order);
        } else {
            uint256 slot = BookStore.ordersSlot(key, index);
            BookStore.save(slot, PackedOrderLib.put(BookStore.load(slot), PackedOrderLib.placeOf(index), order));
        }
        BookStore.save(BookStore.levelSlot(key), PackedLevel.unwrap(level));

        if (open == 0) {
            TickIndex.add(state.market, side, tick, state.stamp);
            uint256 best = state.marketData.best(side);
            if (best == 0 || (side == SELL ? tick < best : tick > best)) {
                state.marketData = state.marketData.withBest(side, tick);
            }
        }
        return OrderIdLib.pack(state.market, side, tick, level.epoch(), index);
    }

    /// @dev Stores the last day of an order that comes to rest in a lasting market, if it has one.
    /// @return flags Of the order.
    function _storeLastDay(MatchState memory state, uint256 key, uint256 index) private returns (uint256 flags) {
        uint256 force = state.request.timeInForce();
        uint256 day = force == OrderRequestLib.GOOD_TILL_DATE ? state.request.expiry() : 0;
        if (force == OrderRequestLib.DAY) day = state.today;
        state.lastDay = day;
        if (day == 0) return PackedOrderLib.LASTING;
        uint256 slot = BookStore.lastDaysSlot(key, index);
        BookStore.save(slot, PackedOrderLib.putLastDay(BookStore.load(slot), index, day));
        return PackedOrderLib.LASTING | PackedOrderLib.DATED;
    }

    function _escrow(MatchState memory state, uint256 lots, uint256 price) private pure returns (uint256) {
        return PackedMarketConfigLib.escrow(lots, price, state.config.makerPpm());
    }
}
