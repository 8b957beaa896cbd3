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
import {PackedAccount, PackedAccountLib} from "../types/PackedAccount.sol";
import {PackedMarket} from "../types/PackedMarket.sol";
import {BookStore} from "./BookStore.sol";
import {PackedMarketConfigLib} from "../types/PackedMarketConfig.sol";
import {PackedLevel, PackedLevelLib} from "../types/PackedLevel.sol";
import {PackedOrder, PackedOrderLib} from "../types/PackedOrder.sol";
import {OrderIdLib} from "../types/OrderIdLib.sol";
import {OrderRequestLib} from "../types/OrderRequestLib.sol";
import {TickIndex} from "./TickIndex.sol";
import {FillRecords} from "./FillRecords.sol";
import {Turn} from "./MatchState.sol";

/// @title Book
/// @notice Price-time matching on packed words, settled at once in the accounts. No tokens, no events, no roles.
/// @dev Whoever calls has made sure that the market trades now, and that account and board are loaded; writes both back.
library Book {
    using OrderRequestLib for OrderRequest;
    using OrderIdLib for OrderId;

    uint256 private constant BUY = 0;
    uint256 private constant SELL = 1;
    uint256 private constant MASK_LOTS = type(uint32).max;
    uint256 private constant MASK_ENTRY = type(uint64).max;

    // ------------------------------------------------------------------ incoming orders

    /// @dev Executes an order on the turn's account and board.
    /// @return id Of what rests, `t.left` lots; 0 = nothing.
    function execute(Turn memory t, OrderRequest request) internal returns (OrderId id) {
        uint256 side = request.side();
        uint256 tick = request.tick();
        uint256 lots = request.lots();
        PackedMarket board = t.board;
        if (_outside(tick, board.low(), board.high())) revert BookTickOutsideBand(tick, board.low(), board.high());
        if (_outside(lots, t.config.minimum(), t.config.maximum())) {
            revert BookLotsOutsideLimits(lots, t.config.minimum(), t.config.maximum());
        }
        bool plain = request.isPlain();
        if (!plain) _checkChoices(t, request);
        t.request = request;
        t.left = lots;
        t.filled = 0;
        t.fills = 0;

        // Two calls, so that the compiler keeps the matching apart from the shorter way of an order that only rests.
        if (side == SELL) {
            uint256 free = t.account.freeLots();
            if (lots > free) revert BookInsufficientLots(free, lots);
            if (board.bid() >= tick) _take(t, side, tick, board.bid());
        } else {
            int256 room = t.account.room();
            if (int256(lots) > room) {
                t.gather(t, lots);
                room = t.account.room();
                if (int256(lots) > room) revert BookHoldingLimitExceeded(room, lots);
            }
            if (board.ask() != 0 && board.ask() <= tick) _take(t, side, tick, board.ask());
        }

        if (!plain) {
            uint256 force = request.timeInForce();
            uint256 needed = force == OrderRequestLib.FILL_OR_KILL ? lots : request.minimum();
            if (t.filled < needed) revert BookNotFilled(t.filled, needed);
            if (!OrderRequestLib.mayRest(force)) return id;
        }
        if (t.fills != 0) {
            if (t.left == 0 || t.stopped) return id;
            lots = t.left;
        }
        return _rest(t, side, tick, lots);
    }

    /// @dev Assumes `low <= high`. A value below `low` wraps to more than any span.
    function _outside(uint256 value, uint256 low, uint256 high) private pure returns (bool) {
        unchecked {
            return value - low > high - low;
        }
    }

    function _checkChoices(Turn memory t, OrderRequest request) private pure {
        if (request.malformed()) revert BookOrderMalformed(request);
        uint256 force = request.timeInForce();
        if (force <= OrderRequestLib.FILL_OR_KILL) return;
        if (t.stamp != PackedLevelLib.LASTING) revert BookOrderOutlivesDay(TimeInForce(force));
        if (force == OrderRequestLib.GOOD_TILL_DATE && request.expiry() < t.today) {
            revert BookExpiryPassed(request.expiry(), t.today);
        }
    }

    /// @dev Matches the order at hand from `best` on, which crosses, and settles its own side.
    function _take(Turn memory t, uint256 side, uint256 limit, uint256 best) private {
        if (t.request.postOnly()) revert BookWouldTake(best);
        t.turnover = 0;
        t.makerFees = 0;
        t.stopped = false;
        t.holes = t.request.holes();
        FillRecords.open(t, t.request.records());

        t.maxTurnover = type(uint256).max;
        if (side == BUY && t.request.maximumCost() != 0) {
            t.maxTurnover = PackedMarketConfigLib.turnoverWithin(t.request.maximumCost(), t.config.takerPpm());
        }
        uint256 tick = best;
        t.levels = _levels(t);
        unchecked {
            do {
                uint256 price = t.config.price(tick);
                uint256 want = (t.maxTurnover - t.turnover) / price; // turnover stays within its maximum
                if (want > t.left) want = t.left;
                if (want == 0 || t.out == t.outEnd || t.levels == 0) {
                    t.stopped = true;
                    break;
                }
                if (!_sweep(t, side, tick, price, want)) {
                    t.stopped = t.left != 0;
                    break;
                }
                tick = TickIndex.remove(t.market, 1 - side, tick, true);
            } while (t.left != 0 && tick != 0 && (side == BUY ? tick <= limit : tick >= limit));
        }
        if (tick != best) t.board = t.board.withBest(1 - side, tick);
        if (t.filled != 0) _settleTaker(t, side);
    }

    /// @dev Prices that the order at hand may trade at: the request's cap or the market's, the smaller one.
    function _levels(Turn memory t) private pure returns (uint256 levels) {
        levels = t.request.levels();
        uint256 most = t.config.takerLevels();
        if (levels == 0 || (most != 0 && most < levels)) levels = most;
        if (levels == 0) levels = type(uint256).max;
    }

    function _settleTaker(Turn memory t, uint256 side) private pure {
        unchecked {
            uint256 turnover = t.turnover; // below 2^74: 2^33 lots at 2^41
            uint256 fee = PackedMarketConfigLib.feeUp(turnover, t.config.takerPpm());
            t.takerFee = fee;
            if (side == BUY) {
                uint256 free = t.account.freeCash();
                if (turnover + fee > free) revert BookInsufficientCash(free, turnover + fee);
                t.account = t.account.boughtNow(t.filled, turnover + fee);
            } else {
                t.account = t.account.sold(t.filled, turnover - fee);
            }
            t.board = t.board.traded(t.lastTick, t.filled, turnover, t.makerFees + fee);
        }
    }

    /// @dev Fills up to `want` lots from the orders on the other side at a tick, oldest first.
    /// @return emptied Nothing is left at the tick.
    function _sweep(Turn memory t, uint256 side, uint256 tick, uint256 price, uint256 want)
        private
        returns (bool emptied)
    {
        unchecked {
            t.key = BookStore.levelKey(t.market, side ^ 1, tick);
            t.tick = tick;
            t.start = want;
            t.gone = 0;
            t.level = BookStore.load(BookStore.levelSlot(t.key));
            uint256 index = PackedLevel.wrap(t.level).head();
            // Orders from `index` on that lie in one word, the first one lowest, nothing above them.
            uint256 pack = _pack(t, index);

            while (index != PackedLevel.wrap(t.level).tail()) {
                if (pack == 0) pack = _pack(t, index);
                uint256 order = pack & MASK_ENTRY;
                uint256 lots = order & MASK_LOTS;
                if (lots == 0) {
                    // Behind the last open order nobody needs to look.
                    if (t.holes == 0 || PackedLevel.wrap(t.level).lots() == t.start - want + t.gone) break;
                    --t.holes;
                } else {
                    if (t.out == t.outEnd) break;
                    uint256 cut;
                    if (PackedOrder.wrap(order).owner() == t.participant) {
                        (cut, want) = _meetOwn(t, index, order, price, want);
                    } else {
                        (cut, want) = _meet(t, side, index, order, price, want);
                    }
                    if (cut != lots) {
                        _reduceFirst(t, index, cut);
                        break;
                    }
                }
                pack >>= 64;
                ++index;
                if (want == 0) break;
            }

            uint256 taken = t.start - want;
            t.left -= taken;
            if (taken != 0) {
                t.lastTick = t.tick;
                --t.levels; // a price without an open order is none
            }
            t.filled += taken;
            t.turnover += taken * price; // 2^33 lots · 2^41
            PackedLevel level = PackedLevel.wrap(t.level);
            taken += t.gone;
            emptied = level.lots() == taken;
            level = emptied ? level.renewed(t.stamp) : level.withoutLots(taken).withHead(index);
            BookStore.save(BookStore.levelSlot(t.key), PackedLevel.unwrap(level));
        }
    }

    /// @dev The next order is somebody else's: it is filled, or ends.
    /// @return cut Lots that leave it; 0 = the incoming order stops here.
    /// @return wanted What the incoming order may still fill at this price.
    function _meet(Turn memory t, uint256 side, uint256 index, uint256 order, uint256 price, uint256 want)
        private
        returns (uint256 cut, uint256 wanted)
    {
        unchecked {
            uint256 slot = BookStore.accountSlot(t.market, PackedOrder.wrap(order).owner());
            PackedAccount account = PackedAccount.wrap(BookStore.load(slot));
            uint256 lots = order & MASK_LOTS;
            if (!account.carries(order >> 56)) {
                t.index = index;
                t.met = account;
                bool alive = _meetLasting(t, order, price);
                account = t.met;
                if (!alive) {
                    t.gone += lots;
                    FillRecords.add(t, index, order, FillRecords.ENDED);
                    BookStore.save(slot, PackedAccount.unwrap(account));
                    return (lots, want);
                }
            }
            cut = lots < want ? lots : want;
            if (side == BUY) {
                account = account.soldResting(cut, cut * price - _makerFee(t, lots, cut, price));
            } else if (int256(cut) <= account.room()) {
                account = account.boughtResting(cut, cut * price + _makerFee(t, lots, cut, price));
            } else {
                (cut, account) = _fillToLimit(t, index, order, price, account);
                if (cut == type(uint256).max) return (0, want);
                BookStore.save(slot, PackedAccount.unwrap(account));
                return (lots, want - cut); // something is still wanted: fewer fitted than were wanted
            }
            FillRecords.add(t, index, order - lots + cut, 0);
            BookStore.save(slot, PackedAccount.unwrap(account));
            return (cut, want - cut);
        }
    }

    /// @dev The orders from `index` on that lie in one word, the first one lowest, nothing above them.
    function _pack(Turn memory t, uint256 index) private view returns (uint256) {
        unchecked {
            if (index < 2) return (t.level & type(uint128).max) >> (index << 6);
            return BookStore.load(BookStore.entriesSlot(t.key, (index - 2) >> 2)) >> (((index + 2) & 3) << 6);
        }
    }

    /// @dev An order that its account does not carry as one of a day market is met. In a lasting market its account is
    /// brought to today; when the order's own day is over, what it reserved is free again.
    /// @return alive False: it is void or expired.
    function _meetLasting(Turn memory t, uint256 order, uint256 price) private view returns (bool alive) {
        PackedAccount account = t.met;
        uint256 flags = order >> 56;
        if (flags & PackedOrderLib.LASTING == 0 || flags & PackedAccountLib.SIGNATURE != account.signature()) {
            return false;
        }
        account = account.rolled(t.today, t.config.lastingKind());
        t.met = account;
        if (flags & PackedOrderLib.DATED == 0) return true;

        uint256 side = t.request.side() ^ 1;
        uint256 slot = BookStore.datesSlot(t.key, t.index >> 4);
        if (PackedOrderLib.lastDayAt(BookStore.load(slot), t.index) >= t.today) return true;
        uint256 lots = order & MASK_LOTS;
        t.met = side == SELL ? account.releaseLots(lots) : account.releaseCash(_escrow(t, lots, price));
        return false;
    }

    /// @dev The order at `index` stays first in its queue, with `cut` lots less; its lots are its lowest bits.
    function _reduceFirst(Turn memory t, uint256 index, uint256 cut) private {
        unchecked {
            if (index < 2) {
                t.level -= cut << (index << 6);
            } else {
                uint256 slot = BookStore.entriesSlot(t.key, (index - 2) >> 2);
                BookStore.save(slot, BookStore.load(slot) - (cut << (((index + 2) & 3) << 6)));
            }
        }
    }

    /// @dev The maker's fee on `cut` of `lots`: the fee on all less the fee on what stays, so that the parts sum up.
    function _makerFee(Turn memory t, uint256 lots, uint256 cut, uint256 price) private pure returns (uint256 fee) {
        unchecked {
            uint256 ppm = t.config.makerPpm();
            fee = PackedMarketConfigLib.feeUp(lots * price, ppm);
            if (cut != lots) fee -= PackedMarketConfigLib.feeUp((lots - cut) * price, ppm); // rises with its argument
            t.makerFees += fee;
        }
    }

    /// @dev The next order is the participant's own.
    /// @return cut Lots that it loses without trade; 0 = the incoming order stops here.
    /// @return wanted What the incoming order may still fill at this price.
    function _meetOwn(Turn memory t, uint256 index, uint256 order, uint256 price, uint256 want)
        private
        view
        returns (uint256 cut, uint256 wanted)
    {
        unchecked {
            wanted = want;
            cut = order & MASK_LOTS;
            bool alive = t.account.carries(order >> 56);
            if (!alive) {
                t.index = index;
                t.met = t.account;
                alive = _meetLasting(t, order, price);
                t.account = t.met;
            }
            if (alive) {
                uint256 mode = t.request.selfTrade();
                if (mode == OrderRequestLib.CANCEL_INCOMING) return (0, want);

                uint256 lots = cut;
                if (mode == OrderRequestLib.DECREMENT) {
                    // Both shrink, whatever the maximum cost allows: nothing is paid. `t.left` does not know yet of what
                    // was filled at this price.
                    uint256 left = t.left - (t.start - want);
                    if (cut > left) cut = left;
                    t.left -= cut;
                    if (wanted > left - cut) wanted = left - cut;
                    t.start -= want - wanted;
                }
                t.account = t.request.side() == BUY
                    ? t.account.releaseLots(cut)
                    : t.account.releaseCash(_escrow(t, lots, price) - _escrow(t, lots - cut, price));
            }
            t.gone += cut;
            FillRecords.add(t, index, order - (order & MASK_LOTS) + cut, FillRecords.ENDED);
        }
    }

    /// @dev A resting buy order reaches its participant's holding limit: what fits is filled, the rest ends.
    /// @return fits [lots]; the largest number when the records have no room for it.
    function _fillToLimit(Turn memory t, uint256 index, uint256 order, uint256 price, PackedAccount account)
        private
        pure
        returns (uint256 fits, PackedAccount)
    {
        unchecked {
            uint256 lots = order & MASK_LOTS;
            int256 room = account.room(); // less than the order's lots
            if (room > 0) {
                if (t.outEnd - t.out == FillRecords.SIZE) return (type(uint256).max, account);
                fits = uint256(room);
                uint256 fee = _makerFee(t, lots, fits, price);
                account = account.boughtResting(fits, fits * price + fee);
                FillRecords.add(t, index, order - lots + fits, 0);
            }
            uint256 rest = lots - fits;
            account = account.releaseCash(_escrow(t, rest, price));
            t.gone += rest;
            FillRecords.add(t, index, order - lots + rest, FillRecords.ENDED);
            return (fits, account);
        }
    }

    // ------------------------------------------------------------------ resting orders

    function _rest(Turn memory t, uint256 side, uint256 tick, uint256 lots) private returns (OrderId) {
        if (side == SELL) {
            t.account = t.account.reserveLots(lots);
        } else {
            uint256 needed = _escrow(t, lots, t.config.price(tick));
            uint256 free = t.account.freeCash();
            if (needed > free) revert BookInsufficientCash(free, needed);
            t.account = t.account.reserveCash(needed);
        }

        uint256 key = BookStore.levelKey(t.market, side, tick);
        PackedLevel level = PackedLevel.wrap(BookStore.load(BookStore.levelSlot(key)));
        if (level.day() != t.stamp) level = level.renewed(t.stamp);
        uint256 open = level.lots();
        uint256 index = level.tail();
        unchecked {
            if (index > PackedLevelLib.MAX_INDEX || open + lots > PackedLevelLib.MAX_LOTS) revert BookFull();
        }

        uint256 flags = t.account.voids();
        if (t.stamp == PackedLevelLib.LASTING) flags |= _date(t, key, index);
        PackedOrder entry = PackedOrderLib.pack(lots, t.participant, flags);
        level = level.extended(lots);
        if (index < 2) {
            // The place is zero: the queue's word began empty.
            level = PackedLevel.wrap(PackedLevel.unwrap(level) | (PackedOrder.unwrap(entry) << (index << 6)));
        } else {
            unchecked {
                uint256 slot = BookStore.entriesSlot(key, (index - 2) >> 2);
                BookStore.save(slot, PackedOrderLib.put(BookStore.load(slot), (index + 2) & 3, entry));
            }
        }
        BookStore.save(BookStore.levelSlot(key), PackedLevel.unwrap(level));

        if (open == 0) {
            TickIndex.add(t.market, side, tick, t.stamp);
            uint256 best = t.board.best(side);
            if (best == 0 || (side == SELL ? tick < best : tick > best)) t.board = t.board.withBest(side, tick);
        }
        return OrderIdLib.pack(t.market, side, tick, level.epoch(), index);
    }

    /// @dev Writes down the last day of an order that comes to rest in a lasting market, if it has one.
    /// @return flags Of the order.
    function _date(Turn memory t, uint256 key, uint256 index) private returns (uint256 flags) {
        uint256 force = t.request.timeInForce();
        uint256 day = force == OrderRequestLib.GOOD_TILL_DATE ? t.request.expiry() : 0;
        if (force == OrderRequestLib.DAY) day = t.today;
        t.lastDay = day;
        if (day == 0) return PackedOrderLib.LASTING;
        uint256 slot = BookStore.datesSlot(key, index >> 4);
        BookStore.save(slot, PackedOrderLib.putLastDay(BookStore.load(slot), index, day));
        return PackedOrderLib.LASTING | PackedOrderLib.DATED;
    }

    function _escrow(Turn memory t, uint256 lots, uint256 price) private pure returns (uint256) {
        return PackedMarketConfigLib.escrow(lots, price, t.config.makerPpm());
    }
}
