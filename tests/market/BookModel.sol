// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookExpiryPassed,
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots,
    BookLotsOutsideLimits,
    BookNotFilled,
    BookOrderNotOpen,
    BookOrderNotYours,
    BookOrderOutlivesDay,
    BookTickOutsideBand,
    BookWouldTake
} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {DeskModel} from "./DeskModel.sol";
import {LedgerModel} from "./LedgerModel.sol";

/// @title BookModel
/// @notice The rules of the Exchange once more, as plainly as they can be said: a list of orders, a list of people.
/// @dev Shares no code with what it is compared with. Nothing is packed; nothing is reserved: what open orders bind is summed
/// up when it is asked for; a new day empties the list, or in a lasting market leaves it alone. Refuses by reverting, so
/// that nothing half done remains.
contract BookModel is DeskModel {
    struct Placing {
        uint24 who;
        bool sell;
        uint256 tick;
        uint256 lots;
        uint256 force; //     0 day, 1 immediate-or-cancel, 2 fill-or-kill, 3 good till cancelled, 4 good till date
        uint256 expiry; //    local day, good till date only
        bool postOnly;
        uint256 selfTrade; // 0 cancel resting, 1 cancel incoming, 2 decrement
        uint256 records;
        uint256 holes;
        uint256 levels; //    0 = any number
        uint256 minimum;
        uint256 maximumCost; // 0 = none
    }

    struct Record {
        uint256 tick;
        bool ended;
        uint256 index;
        uint24 maker;
        uint256 lots;
    }

    struct Result {
        uint256 filled;
        uint256 cash;
        bool rests;
        uint256 index;
        uint256 serial;
    }

    Record[] internal _records;
    uint256 internal _serial;

    constructor(uint24 operator_, uint256 firstClose, bool lasting_, uint256[2] memory lotSize_)
        LedgerModel(operator_, firstClose, lasting_, lotSize_)
    {}

    // ------------------------------------------------------------------ orders

    function place(Placing calldata a) external returns (Result memory) {
        tick();
        delete _records;
        return _place(a);
    }

    function _place(Placing calldata a) private returns (Result memory r) {
        _check(a);
        (uint256 left, bool stopped) = _match(a, r);
        if (r.filled != 0) {
            (uint256 paid, uint256 fee) = _settle(a, r);
            r.cash = a.sell ? paid - fee : paid + fee;
        }
        uint256 needed = a.force == 2 ? a.lots : a.minimum;
        if (r.filled < needed) revert ModelRefused(BookNotFilled.selector);
        if (left == 0 || stopped || a.force == 1 || a.force == 2) return r;

        if (!a.sell && _escrow(left, a.tick) > freeCash(a.who)) revert ModelRefused(BookInsufficientCash.selector);
        r.rests = true;
        r.index = _joined[a.sell][a.tick]++;
        r.serial = ++_serial;
        uint256 lastDay = a.force == 0 ? localDay : a.force == 4 ? a.expiry : 0;
        _book.push(
            Order(
                a.who, a.sell, false, uint32(a.tick), uint32(r.index), uint64(left), uint32(r.serial), uint32(lastDay)
            )
        );
    }

    function _check(Placing calldata a) private {
        bytes4 closed = trades();
        if (closed != 0) revert ModelRefused(closed);
        if (_in[0][a.who].frozen) revert ModelRefused(IExchangeBase.ExchangeAccountFrozen.selector);
        if (_in[0][a.who].voids == 31) revert ModelRefused(IExchangeBase.ExchangeAccountVoided.selector);
        if (a.tick < low || a.tick > high) revert ModelRefused(BookTickOutsideBand.selector);
        if (a.lots < _rules.minimum || a.lots > _rules.maximum) revert ModelRefused(BookLotsOutsideLimits.selector);
        if (a.force > 2 && !lasting) revert ModelRefused(BookOrderOutlivesDay.selector);
        if (a.force == 4 && a.expiry < localDay) revert ModelRefused(BookExpiryPassed.selector);
        if (a.sell && a.lots > freeLots(a.who)) revert ModelRefused(BookInsufficientLots.selector);
        if (!a.sell && int256(a.lots) > room(a.who, 0)) allot(a.who, 0, a.lots);
        if (!a.sell && int256(a.lots) > room(a.who, 0)) revert ModelRefused(BookHoldingLimitExceeded.selector);
        uint256 other = best(!a.sell);
        if (a.postOnly && _reaches(a, other)) revert ModelRefused(BookWouldTake.selector);
    }

    function _reaches(Placing calldata a, uint256 other) private pure returns (bool) {
        return other != 0 && (a.sell ? other >= a.tick : other <= a.tick);
    }

    struct Walk {
        uint256 left;
        uint256 spent; // without fee
        uint256 records;
        uint256 holes;
        uint256 levels; //  it has traded at
        uint256 tradedAt; // the last of them
    }

    function _match(Placing calldata a, Result memory r) private returns (uint256, bool stopped) {
        Walk memory w = Walk(a.lots, 0, a.records, a.holes, 0, 0);
        while (w.left != 0) {
            uint256 at = best(!a.sell);
            if (!_reaches(a, at)) break;
            if (_affordable(a, w, at) == 0 || w.records == 0) return (w.left, true);
            if (at != w.tradedAt && _tooMany(a, w)) return (w.left, true);
            if (_meetFirst(a, w, r, at)) return (w.left, true);
        }
        return (w.left, false);
    }

    /// @dev Whether the order may trade at no further price.
    function _tooMany(Placing calldata a, Walk memory w) private view returns (bool) {
        return (a.levels != 0 && w.levels >= a.levels) || (_rules.takerLevels != 0 && w.levels >= _rules.takerLevels);
    }

    /// @dev Deals with the place at the head of the queue of a price.
    /// @return stop The order ends here.
    function _meetFirst(Placing calldata a, Walk memory w, Result memory r, uint256 at) private returns (bool stop) {
        uint256 i = _firstAt(!a.sell, at);
        Order memory o = _book[i];
        if (o.lots == 0) {
            if (w.holes == 0) return true;
            --w.holes;
            _leave(i);
            return false;
        }
        if (w.records == 0) return true;
        uint256 want = _affordable(a, w, at);
        if (want > w.left) want = w.left;
        uint256 lots = o.lots < want ? o.lots : want;

        bool mine = o.owner == a.who && isOpen(o);
        if (mine && a.selfTrade == 1) return true;
        if (mine && a.selfTrade == 2) {
            lots = o.lots < w.left ? o.lots : w.left; // nothing is paid, so no cost stops it
            w.left -= lots;
            --w.records;
            _records.push(Record(at, true, o.index, o.owner, lots));
            if (lots == o.lots) _leave(i);
            else _book[i].lots -= uint64(lots);
            return false;
        }
        if (o.owner == a.who || !isOpen(o)) {
            --w.records;
            _records.push(Record(at, true, o.index, o.owner, o.lots));
            _leave(i);
            return false;
        }

        bool over;
        if (a.sell && int256(lots) > room(o.owner, 0)) {
            over = true;
            lots = room(o.owner, 0) > 0 ? uint256(room(o.owner, 0)) : 0;
            if (lots != 0 && w.records == 1) return true;
        }
        if (lots != 0) {
            _trade(a, o, lots, at);
            r.filled += lots;
            if (w.tradedAt != at) ++w.levels;
            w.tradedAt = at;
            w.spent += lots * at * 100;
            w.left -= lots;
            --w.records;
            _records.push(Record(at, false, o.index, o.owner, lots));
        }
        if (over) {
            --w.records;
            _records.push(Record(at, true, o.index, o.owner, o.lots - lots));
        }
        if (over || lots == o.lots) _leave(i);
        else _book[i].lots -= uint64(lots);
    }

    /// @dev The maker's side of a trade, and the trade.
    function _trade(Placing calldata a, Order memory o, uint256 lots, uint256 at) private {
        Person storage maker = _in[0][o.owner];
        uint256 value = lots * at * 100;
        uint256 fee = _up(o.lots * at * 100 * _rules.makerPpm) - _up((o.lots - lots) * at * 100 * _rules.makerPpm);
        if (a.sell) {
            maker.cash -= value + fee;
            maker.lots += lots;
            maker.bought += lots;
        } else {
            maker.cash += value - fee;
            maker.lots -= lots;
        }
        fees += fee;
        volume += lots;
        turnover += value;
        last = at;
        _paid += value;
    }

    uint256 private _paid;

    /// @dev The taker's side of all trades of the order.
    function _settle(Placing calldata a, Result memory r) private returns (uint256 paid, uint256 fee) {
        Person storage me = _in[0][a.who];
        paid = _paid;
        _paid = 0;
        fee = _up(paid * _rules.takerPpm);
        fees += fee;
        if (a.sell) {
            me.cash += paid - fee;
            me.lots -= r.filled;
        } else {
            if (paid + fee > freeCash(a.who)) revert ModelRefused(BookInsufficientCash.selector);
            me.cash -= paid + fee;
            me.lots += r.filled;
            me.bought += r.filled;
        }
    }

    /// @dev Lots that can be bought at a price within the maximum cost: the most for which value and fee fit.
    function _affordable(Placing calldata a, Walk memory w, uint256 at) private view returns (uint256 lots) {
        if (a.sell || a.maximumCost == 0) return w.left;
        while (lots < w.left) {
            uint256 value = w.spent + (lots + 1) * at * 100;
            if (value + _up(value * _rules.takerPpm) > a.maximumCost) break;
            ++lots;
        }
    }

    /// @param mine Who cancels; anyone may clear away an order that is not open.
    function cancel(uint24 mine, uint256 serial) external {
        tick();
        if (!_cancel(mine, serial)) revert ModelRefused(BookOrderNotOpen.selector);
    }

    function batch(uint24 mine, uint256[] calldata serials, Placing[] calldata placings)
        external
        returns (Result[] memory)
    {
        tick();
        for (uint256 i; i < serials.length; ++i) {
            _cancel(mine, serials[i]);
        }
        return _placeAll(placings);
    }

    /// @dev Cash, and orders that it may be needed for.
    function depositAndPlace(uint24 who, uint256 cents, Placing[] calldata placings)
        external
        returns (Result[] memory)
    {
        deposit(who, 0, 0, cents);
        return _placeAll(placings);
    }

    function _placeAll(Placing[] calldata placings) private returns (Result[] memory results) {
        delete _records;
        results = new Result[](placings.length);
        for (uint256 i; i < placings.length; ++i) {
            results[i] = _place(placings[i]);
        }
    }

    function _cancel(uint24 mine, uint256 serial) private returns (bool) {
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.serial != serial || o.lots == 0) continue;
            if (o.owner != mine && isOpen(o)) revert ModelRefused(BookOrderNotYours.selector);
            _book[i].lots = 0;
            _tidy(o.sell, o.tick);
            return true;
        }
        return false;
    }

    // ------------------------------------------------------------------ the list

    function isOpen(Order memory o) public view returns (bool) {
        return !o.dead && o.lots != 0 && (o.lastDay == 0 || o.lastDay >= localDay);
    }

    /// @dev Orders whose last day is over, still standing in their queues; the serial number of the oldest.
    function expired() external view returns (uint256 count, uint256 oldest) {
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.dead || o.lots == 0 || isOpen(o)) continue;
            if (count == 0) oldest = o.serial;
            ++count;
        }
    }

    function best(bool sell) public view returns (uint256 at) {
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.sell != sell) continue;
            if (at == 0 || (sell ? o.tick < at : o.tick > at)) at = o.tick;
        }
    }

    function bestOpen(bool sell) public view returns (uint256 at) {
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.sell != sell || !isOpen(o)) continue;
            if (at == 0 || (sell ? o.tick < at : o.tick > at)) at = o.tick;
        }
    }

    function _firstAt(bool sell, uint256 at) private view returns (uint256 i) {
        while (_book[i].sell != sell || _book[i].tick != at) ++i;
    }

    /// @dev Takes a place out of the list, keeping the order of the others.
    function _leave(uint256 i) private {
        (bool sell, uint256 at) = (_book[i].sell, _book[i].tick);
        for (uint256 j = i; j + 1 < _book.length; ++j) {
            _book[j] = _book[j + 1];
        }
        _book.pop();
        _tidy(sell, at);
    }

    /// @dev A queue without an order is no queue: given-up places go too, and the next order is the first again.
    function _tidy(bool sell, uint256 at) private {
        uint256 i;
        for (; i < _book.length; ++i) {
            if (_book[i].sell == sell && _book[i].tick == at && _book[i].lots != 0) return;
        }
        _joined[sell][at] = 0;
        i = 0;
        while (i < _book.length) {
            if (_book[i].sell == sell && _book[i].tick == at) {
                for (uint256 j = i; j + 1 < _book.length; ++j) {
                    _book[j] = _book[j + 1];
                }
                _book.pop();
            } else {
                ++i;
            }
        }
    }

    /// @dev Live lots and orders at a price.
    function depthAt(bool sell, uint256 at) external view returns (uint256 lots, uint256 orders) {
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.sell != sell || o.tick != at || !isOpen(o)) continue;
            lots += o.lots;
            ++orders;
        }
    }

    function liveOrders(bool sell) external view returns (uint256 orders) {
        for (uint256 i; i < _book.length; ++i) {
            if (_book[i].sell == sell && isOpen(_book[i])) ++orders;
        }
    }

    function records() external view returns (Record[] memory) {
        return _records;
    }
}
