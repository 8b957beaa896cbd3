// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BookHoldingLimitExceeded,
    BookInsufficientCash,
    BookInsufficientLots,
    BookLotsOutsideLimits,
    BookNotFilled,
    BookOrderNotOpen,
    BookOrderNotYours,
    BookTickOutsideBand,
    BookWouldTake
} from "../../interfaces/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/IExchangeBase.sol";

/// @title BookModel
/// @notice The rules of the Exchange once more, as plainly as they can be said: a list of orders, a list of people.
/// @dev Shares no code with what it is compared with. Nothing is packed; nothing is reserved: what open orders bind is summed
/// up when it is asked for; a new day empties the list. Refuses by reverting, so that nothing half done remains.
contract BookModel {
    struct Order {
        uint24 owner;
        bool sell;
        uint256 tick;
        uint256 index; // how many orders joined the queue of its price before it
        uint256 lots; //  0: a place that was given up
        bool dead; //     ended with all others of its owner, still standing in the queue
        uint256 serial; // never used twice
    }

    struct Person {
        uint256 lots;
        uint256 cash;
        uint256 bought;
        int256 limit; // type(int256).max = none
        bool frozen;
    }

    struct Placing {
        uint24 who;
        bool sell;
        uint256 tick;
        uint256 lots;
        uint256 force; //     0 day, 1 immediate-or-cancel, 2 fill-or-kill
        bool postOnly;
        uint256 selfTrade; // 0 cancel resting, 1 cancel incoming, 2 decrement
        uint256 records;
        uint256 holes;
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

    error ModelRefused(bytes4 why);

    uint256 public constant CENT = 100;

    Order[] internal _book; // oldest first
    mapping(bool sell => mapping(uint256 tick => uint256)) internal _joined;
    mapping(uint24 who => Person) internal _people;
    uint24[] internal _everybody;
    Record[] internal _records;
    uint256 internal _serial;

    uint256 public localDay;
    uint256 public openedDay;
    bool public halted;
    uint256 public last;
    uint256 public low;
    uint256 public high;
    uint256 public volume;
    uint256 public turnover;
    uint256 public fees;

    uint256 public band = 100_000;
    uint256 public takerPpm = 500;
    uint256 public makerPpm = 300;
    uint24 public operator;
    mapping(uint256 day => bool) public isTradingDay;

    constructor(uint24 operator_, uint256 firstClose) {
        operator = operator_;
        last = firstClose;
    }

    // ------------------------------------------------------------------ time

    function setTradingDay(uint256 day, bool on) external {
        isTradingDay[day] = on;
    }

    function setRules(uint256 band_, uint256 taker_, uint256 maker_) external {
        (band, takerPpm, makerPpm) = (band_, taker_, maker_);
    }

    /// @dev What the clock alone does: a new local day ends all orders, and what was bought may be sold.
    function tick() public {
        uint256 day = (block.timestamp + 8 hours) / 1 days;
        if (day == localDay) return;
        localDay = day;
        for (uint256 i = _book.length; i != 0; --i) {
            Order storage o = _book[i - 1];
            _joined[o.sell][o.tick] = 0;
            _book.pop();
        }
        for (uint256 i; i < _everybody.length; ++i) {
            _people[_everybody[i]].bought = 0;
        }
    }

    function open() external {
        tick();
        if (openedDay == localDay) revert ModelRefused(IExchangeBase.ExchangeDayAlreadyOpened.selector);
        if (!isTradingDay[localDay]) revert ModelRefused(IExchangeBase.ExchangeMarketClosed.selector);
        openedDay = localDay;
        if (volume != 0) last = (2 * turnover + volume * 100) / (2 * volume * 100);
        uint256 price = last * 100;
        low = band == 0 ? 1 : _nearest(price * (1_000_000 - band));
        high = band == 0 ? 57_599 : _nearest(price * (1_000_000 + band));
        _people[operator].cash += fees;
        volume = 0;
        turnover = 0;
        fees = 0;
    }

    /// @dev Nearest tick of 0.01, ties up, of a millionth of 0.0001.
    function _nearest(uint256 x) private pure returns (uint256) {
        uint256 whole = x / 100_000_000;
        return x % 100_000_000 >= 50_000_000 ? whole + 1 : whole;
    }

    function halt(bool on) external {
        halted = on;
    }

    function trades() public view returns (bytes4) {
        if (halted) return IExchangeBase.ExchangeMarketHalted.selector;
        uint256 time = (block.timestamp + 8 hours) % 1 days;
        bool hours_ = (time >= 34_200 && time < 41_400) || (time >= 46_800 && time < 54_000);
        if (!hours_ || !isTradingDay[localDay]) return IExchangeBase.ExchangeMarketClosed.selector;
        if (openedDay != localDay) return IExchangeBase.ExchangeDayNotOpened.selector;
        return 0;
    }

    // ------------------------------------------------------------------ people

    function join(uint24 who) external {
        _everybody.push(who);
        _people[who].limit = type(int256).max;
    }

    function person(uint24 who) external view returns (Person memory) {
        return _people[who];
    }

    function reserved(uint24 who) public view returns (uint256 lots, uint256 cash) {
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.owner != who || o.dead || o.lots == 0) continue;
            if (o.sell) lots += o.lots;
            else cash += _escrow(o.lots, o.tick);
        }
    }

    function freeLots(uint24 who) public view returns (uint256) {
        (uint256 inAsks,) = reserved(who);
        return _people[who].lots - inAsks - _people[who].bought;
    }

    function freeCash(uint24 who) public view returns (uint256) {
        (, uint256 inBids) = reserved(who);
        return _people[who].cash - inBids;
    }

    function room(uint24 who) public view returns (int256) {
        Person memory p = _people[who];
        return p.limit == type(int256).max ? p.limit : p.limit - int256(p.lots);
    }

    function deposit(uint24 who, uint256 lots, uint256 cents) external {
        tick();
        Person storage p = _people[who];
        p.lots += lots;
        if (p.limit != type(int256).max) p.limit += int256(lots);
        p.cash += cents * CENT;
    }

    function withdraw(uint24 who, uint256 lots, uint256 cents) external {
        tick();
        Person storage p = _people[who];
        if (p.frozen) revert ModelRefused(IExchangeBase.ExchangeAccountFrozen.selector);
        if (lots > freeLots(who)) revert ModelRefused(BookInsufficientLots.selector);
        if (cents * CENT > freeCash(who)) revert ModelRefused(BookInsufficientCash.selector);
        p.lots -= lots;
        if (p.limit != type(int256).max) p.limit -= int256(lots);
        p.cash -= cents * CENT;
    }

    function seizeLots(uint24 who, uint256 lots) public returns (uint256 taken) {
        tick();
        Person storage p = _people[who];
        taken = lots < p.lots ? lots : p.lots;
        (uint256 inAsks,) = reserved(who);
        if (taken > p.lots - inAsks) endAll(who);
        p.lots -= taken;
        (inAsks,) = reserved(who);
        if (p.bought > p.lots - inAsks) p.bought = p.lots - inAsks;
    }

    function forceTransfer(uint24 from, uint24 to, uint256 lots) external returns (uint256 taken) {
        taken = seizeLots(from, lots);
        _people[to].lots += taken;
    }

    function seizeCash(uint24 who, uint256 amount) external returns (uint256 taken) {
        tick();
        Person storage p = _people[who];
        taken = amount < p.cash ? amount : p.cash;
        taken = taken / CENT * CENT;
        if (taken > freeCash(who)) endAll(who);
        p.cash -= taken;
    }

    function freeze(uint24 who, bool on) external {
        tick();
        if (on) endAll(who);
        _people[who].frozen = on;
    }

    function limit(uint24 who, int256 lots) external {
        tick();
        _people[who].limit = lots;
    }

    function endAll(uint24 who) public {
        for (uint256 i; i < _book.length; ++i) {
            if (_book[i].owner == who && _book[i].lots != 0) _book[i].dead = true;
        }
    }

    // ------------------------------------------------------------------ orders

    function place(Placing calldata a) external returns (Result memory r) {
        tick();
        delete _records;
        _check(a);
        (uint256 left, bool stopped) = _match(a, r);
        if (r.filled != 0) {
            (uint256 paid, uint256 fee) = _settle(a, r);
            r.cash = a.sell ? paid - fee : paid + fee;
        }
        uint256 needed = a.force == 2 ? a.lots : a.minimum;
        if (r.filled < needed) revert ModelRefused(BookNotFilled.selector);
        if (left == 0 || stopped || a.force != 0) return r;

        if (!a.sell && _escrow(left, a.tick) > freeCash(a.who)) revert ModelRefused(BookInsufficientCash.selector);
        r.rests = true;
        r.index = _joined[a.sell][a.tick]++;
        r.serial = ++_serial;
        _book.push(Order(a.who, a.sell, a.tick, r.index, left, false, r.serial));
    }

    function _check(Placing calldata a) private view {
        bytes4 closed = trades();
        if (closed != 0) revert ModelRefused(closed);
        if (_people[a.who].frozen) revert ModelRefused(IExchangeBase.ExchangeAccountFrozen.selector);
        if (a.tick < low || a.tick > high) revert ModelRefused(BookTickOutsideBand.selector);
        if (a.lots == 0 || a.lots > 99_999) revert ModelRefused(BookLotsOutsideLimits.selector);
        if (a.sell && a.lots > freeLots(a.who)) revert ModelRefused(BookInsufficientLots.selector);
        if (!a.sell && int256(a.lots) > room(a.who)) revert ModelRefused(BookHoldingLimitExceeded.selector);
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
    }

    function _match(Placing calldata a, Result memory r) private returns (uint256, bool stopped) {
        Walk memory w = Walk(a.lots, 0, a.records, a.holes);
        while (w.left != 0) {
            uint256 at = best(!a.sell);
            if (!_reaches(a, at)) break;
            if (_affordable(a, w, at) == 0 || w.records == 0) return (w.left, true);
            if (_meetFirst(a, w, r, at)) return (w.left, true);
        }
        return (w.left, false);
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

        if (o.owner == a.who && !o.dead && a.selfTrade == 1) return true;
        if (o.owner == a.who && !o.dead && a.selfTrade == 2) {
            lots = o.lots < w.left ? o.lots : w.left; // nothing is paid, so no cost stops it
            w.left -= lots;
            --w.records;
            _records.push(Record(at, true, o.index, o.owner, lots));
            if (lots == o.lots) _leave(i);
            else _book[i].lots -= lots;
            return false;
        }
        if (o.owner == a.who || o.dead) {
            --w.records;
            _records.push(Record(at, true, o.index, o.owner, o.lots));
            _leave(i);
            return false;
        }

        bool over;
        if (a.sell && int256(lots) > room(o.owner)) {
            over = true;
            lots = room(o.owner) > 0 ? uint256(room(o.owner)) : 0;
            if (lots != 0 && w.records == 1) return true;
        }
        if (lots != 0) {
            _trade(a, o, lots, at);
            r.filled += lots;
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
        else _book[i].lots -= lots;
    }

    /// @dev The maker's side of a trade, and the trade.
    function _trade(Placing calldata a, Order memory o, uint256 lots, uint256 at) private {
        Person storage maker = _people[o.owner];
        uint256 value = lots * at * 100;
        uint256 fee = _up(o.lots * at * 100 * makerPpm) - _up((o.lots - lots) * at * 100 * makerPpm);
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
        Person storage me = _people[a.who];
        paid = _paid;
        _paid = 0;
        fee = _up(paid * takerPpm);
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
            if (value + _up(value * takerPpm) > a.maximumCost) break;
            ++lots;
        }
    }

    /// @param mine Who cancels; anyone may clear a dead order away.
    function cancel(uint24 mine, uint256 serial) external {
        tick();
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.serial != serial || o.lots == 0) continue;
            if (o.owner != mine && !o.dead) revert ModelRefused(BookOrderNotYours.selector);
            _book[i].lots = 0;
            _tidy(o.sell, o.tick);
            return;
        }
        revert ModelRefused(BookOrderNotOpen.selector);
    }

    // ------------------------------------------------------------------ the list

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
            if (o.sell != sell || o.dead || o.lots == 0) continue;
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
            if (o.sell != sell || o.tick != at || o.dead || o.lots == 0) continue;
            lots += o.lots;
            ++orders;
        }
    }

    function liveOrders(bool sell) external view returns (uint256 orders) {
        for (uint256 i; i < _book.length; ++i) {
            if (_book[i].sell == sell && !_book[i].dead && _book[i].lots != 0) ++orders;
        }
    }

    function records() external view returns (Record[] memory) {
        return _records;
    }

    function _escrow(uint256 lots, uint256 at) private view returns (uint256) {
        return lots * at * 100 + _up(lots * at * 100 * makerPpm);
    }

    /// @dev A millionth, rounded up.
    function _up(uint256 x) private pure returns (uint256) {
        return x / 1_000_000 + (x % 1_000_000 == 0 ? 0 : 1);
    }
}
