// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookInsufficientCash, BookInsufficientLots} from "../../interfaces/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/IExchangeBase.sol";

/// @title LedgerModel
/// @notice Part of the plain model: days, people, what they have and what their orders bind.
/// @dev Shares no code with what it is compared with. Nothing is packed; nothing is reserved: what open orders bind is summed
/// up when it is asked for; a new day empties the list, or, in a lasting market, leaves it alone. Refuses by reverting, so that nothing half done remains.
abstract contract LedgerModel {
    struct Order {
        uint24 owner;
        bool sell;
        uint256 tick;
        uint256 index; // how many orders joined the queue of its price before it
        uint256 lots; //  0: a place that was given up
        bool dead; //     ended with all others of its owner, still standing in the queue
        uint256 serial; // never used twice
        uint256 lastDay; // local day; 0 = none
    }

    struct Person {
        uint256 lots;
        uint256 cash;
        uint256 bought;
        int256 limit; // type(int256).max = none
        bool frozen;
        uint256 voids; // how often all its orders were ended at once
    }

    error ModelRefused(bytes4 why);

    uint256 public constant CENT = 100;

    Order[] internal _book; // oldest first
    mapping(bool sell => mapping(uint256 tick => uint256)) internal _joined;
    mapping(uint24 who => Person) internal _people;
    uint24[] internal _everybody;

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
    uint256 public takerLevels;
    bool public lasting;
    uint24 public operator;
    mapping(uint256 day => bool) public isTradingDay;

    constructor(uint24 operator_, uint256 firstClose, bool lasting_) {
        operator = operator_;
        last = firstClose;
        lasting = lasting_;
        if (lasting) band = 0;
    }

    // ------------------------------------------------------------------ time

    function setTradingDay(uint256 day, bool on) external {
        isTradingDay[day] = on;
    }

    function setRules(uint256 band_, uint256 taker_, uint256 maker_, uint256 levels_) external {
        (band, takerPpm, makerPpm, takerLevels) = (band_, taker_, maker_, levels_);
    }

    /// @dev What the clock alone does: a new local day ends all orders, and what was bought may be sold.
    function tick() public {
        uint256 day = (block.timestamp + 8 hours) / 1 days;
        if (day == localDay) return;
        localDay = day;
        for (uint256 i; i < _everybody.length; ++i) {
            _people[_everybody[i]].bought = 0;
            if (!lasting) _people[_everybody[i]].voids = 0;
        }
        if (lasting) return;
        for (uint256 i = _book.length; i != 0; --i) {
            Order storage o = _book[i - 1];
            _joined[o.sell][o.tick] = 0;
            _book.pop();
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

    /// @dev Nearest tick of 0.01, ties up, of a millionth of 0.0001; no tick is below 1.
    function _nearest(uint256 x) private pure returns (uint256) {
        uint256 whole = x / 100_000_000;
        if (x % 100_000_000 >= 50_000_000) ++whole;
        return whole == 0 ? 1 : whole;
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
        (uint256 inAsks, uint256 inBids) = reserved(who);
        if (inAsks + inBids == 0) return;
        if (_people[who].voids < 31) ++_people[who].voids;
        for (uint256 i; i < _book.length; ++i) {
            if (_book[i].owner == who && _book[i].lots != 0) _book[i].dead = true;
        }
    }

    function _escrow(uint256 lots, uint256 at) internal view returns (uint256) {
        return lots * at * 100 + _up(lots * at * 100 * makerPpm);
    }

    /// @dev A millionth, rounded up.
    function _up(uint256 x) internal pure returns (uint256) {
        return x / 1_000_000 + (x % 1_000_000 == 0 ? 0 : 1);
    }
}
