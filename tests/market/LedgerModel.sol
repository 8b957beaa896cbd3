// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookInsufficientCash, BookInsufficientLots} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {PoolModel} from "./PoolModel.sol";

/// @title LedgerModel
/// @notice Part of the plain model: days, people, what they have and what their orders bind.
/// @dev Shares no code with what it is compared with. Nothing is packed; nothing is reserved: what open orders bind is summed
/// up when it is asked for; a new day empties the list, or, in a lasting market, leaves it alone. Refuses by reverting, so
/// that nothing half done remains.
abstract contract LedgerModel is PoolModel {
    /// @dev One slot, because the list is walked again and again.
    struct Order {
        uint24 owner;
        bool sell;
        bool dead; //      ended with all others of its owner, still standing in the queue
        uint32 tick;
        uint32 index; //   how many orders joined the queue of its price before it
        uint64 lots; //    0: a place that was given up
        uint32 serial; //  never used twice
        uint32 lastDay; // local day; 0 = none
    }

    /// @dev What a market's rules say, and a day begins with.
    struct Rules {
        uint256 band; //      [ppm]; 0 = none
        uint256 takerPpm;
        uint256 makerPpm;
        uint256 takerLevels; // 0 = any number
        uint256 minimum; //     [lots]
        uint256 maximum; //     [lots]
        uint256 holdingLimit; // [lots]
        bool lastPrice; //      closes at the last price, not at the average
    }

    uint256 public constant CENT = 100;

    Order[] internal _book; // oldest first
    mapping(bool sell => mapping(uint256 tick => uint256)) internal _joined;

    uint256 public localDay;
    uint256 public openedDay;
    bool public halted;
    uint256 public last;
    uint256 public low;
    uint256 public high;
    uint256 public volume;
    uint256 public turnover;
    uint256 public fees;

    Rules internal _rules = Rules(100_000, 500, 300, 0, 1, 99_999, 0, false);
    Rules internal _next; // from the next day on
    bool public lasting;
    uint24 public operator;
    mapping(uint256 day => bool) public isTradingDay;

    constructor(uint24 operator_, uint256 firstClose, bool lasting_, uint256[2] memory lotSize_) {
        operator = operator_;
        last = firstClose;
        lasting = lasting_;
        lotSize = lotSize_;
        if (lasting) _rules.band = 0;
        _next = _rules;
    }

    // ------------------------------------------------------------------ time

    function setTradingDay(uint256 day, bool on) external {
        isTradingDay[day] = on;
    }

    function setRules(Rules calldata rules) external {
        _next = rules;
    }

    function rulesNow() external view returns (Rules memory) {
        return _rules;
    }

    /// @dev What the clock alone does: a new local day ends all orders, and what was bought may be sold.
    function tick() public {
        uint256 day = (block.timestamp + 8 hours) / 1 days;
        if (day == localDay) return;
        localDay = day;
        for (uint256 i; i < _everybody.length; ++i) {
            _in[0][_everybody[i]].bought = 0;
            if (!lasting) _in[0][_everybody[i]].voids = 0;
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
        uint256 average = volume == 0 ? last : (2 * turnover + volume * 100) / (2 * volume * 100);
        if (!_rules.lastPrice) last = average;
        _rules = _next;
        ruledLimit = _rules.holdingLimit;
        uint256 price = last * 100;
        uint256 band = _rules.band;
        low = band == 0 ? 1 : _nearest(price * (1_000_000 - band));
        high = band == 0 ? 57_599 : _nearest(price * (1_000_000 + band));
        _in[0][operator].cash += fees;
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
        _in[0][who].share = NONE;
        _in[1][who].share = NONE;
    }

    function reserved(uint24 who) public view returns (uint256 lots, uint256 cash) {
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.owner != who || o.dead || o.lots == 0) continue;
            if (o.sell) lots += o.lots;
            else cash += _escrow(o.lots, o.tick);
        }
    }

    /// @dev What everybody's orders bind, in the order of joining.
    function allReserved() external view returns (uint256[] memory lots, uint256[] memory cash) {
        uint24[] memory all = _everybody;
        (lots, cash) = (new uint256[](all.length), new uint256[](all.length));
        for (uint256 i; i < _book.length; ++i) {
            Order memory o = _book[i];
            if (o.dead || o.lots == 0) continue;
            uint256 who;
            while (all[who] != o.owner) ++who;
            if (o.sell) lots[who] += o.lots;
            else cash[who] += _escrow(o.lots, o.tick);
        }
    }

    function freeLots(uint24 who) public view returns (uint256) {
        (uint256 inAsks,) = reserved(who);
        return _in[0][who].lots - inAsks - _in[0][who].bought;
    }

    function freeCash(uint24 who) public view returns (uint256) {
        (, uint256 inBids) = reserved(who);
        return _in[0][who].cash - inBids;
    }

    /// @dev A participant's first account in a market gets its share of the pool before anything comes in.
    function _begin(uint24 who, uint256 m) internal {
        if (!_in[m][who].begun) allot(who, m, 0);
    }

    function deposit(uint24 who, uint256 m, uint256 lots, uint256 cents) public {
        tick();
        Person storage p = _in[m][who];
        if (p.begun && p.share != NONE) p.share += int256(lots);
        _begin(who, m);
        p.lots += lots;
        p.cash += cents * CENT;
    }

    function withdraw(uint24 who, uint256 m, uint256 lots, uint256 cents) external {
        tick();
        Person storage p = _in[m][who];
        if (p.frozen) revert ModelRefused(IExchangeBase.ExchangeAccountFrozen.selector);
        if (lots > (m == 0 ? freeLots(who) : p.lots)) revert ModelRefused(BookInsufficientLots.selector);
        if (cents * CENT > (m == 0 ? freeCash(who) : p.cash)) revert ModelRefused(BookInsufficientCash.selector);
        p.lots -= lots;
        p.outside += lots * lotSize[m];
        if (p.share != NONE) p.share -= int256(lots);
        p.cash -= cents * CENT;
    }

    function moveCash(uint24 who, uint256 from, uint256 amount) external {
        tick();
        if (_in[from][who].frozen) revert ModelRefused(IExchangeBase.ExchangeAccountFrozen.selector);
        if (amount > (from == 0 ? freeCash(who) : _in[1][who].cash)) {
            revert ModelRefused(BookInsufficientCash.selector);
        }
        _begin(who, 1 - from);
        _in[from][who].cash -= amount;
        _in[1 - from][who].cash += amount;
    }

    function seizeLots(uint24 who, uint256 lots) public returns (uint256 taken) {
        tick();
        Person storage p = _in[0][who];
        taken = lots < p.lots ? lots : p.lots;
        (uint256 inAsks,) = reserved(who);
        if (taken > p.lots - inAsks) endAll(who);
        p.lots -= taken;
        (inAsks,) = reserved(who);
        if (p.bought > p.lots - inAsks) p.bought = p.lots - inAsks;
    }

    function forceTransfer(uint24 from, uint24 to, uint256 lots) external returns (uint256 taken) {
        taken = seizeLots(from, lots);
        _begin(to, 0);
        _in[0][to].lots += taken;
    }

    function seizeCash(uint24 who, uint256 amount) external returns (uint256 taken) {
        tick();
        Person storage p = _in[0][who];
        taken = amount < p.cash ? amount : p.cash;
        taken = taken / CENT * CENT;
        if (taken > freeCash(who)) endAll(who);
        p.cash -= taken;
    }

    function freeze(uint24 who, bool on) external {
        tick();
        if (on) endAll(who);
        _in[0][who].frozen = on;
    }

    function endAll(uint24 who) public {
        (uint256 inAsks, uint256 inBids) = reserved(who);
        if (inAsks + inBids == 0) return;
        if (_in[0][who].voids < 31) ++_in[0][who].voids;
        for (uint256 i; i < _book.length; ++i) {
            if (_book[i].owner == who && _book[i].lots != 0) _book[i].dead = true;
        }
    }

    function _escrow(uint256 lots, uint256 at) internal view returns (uint256) {
        return lots * at * 100 + _up(lots * at * 100 * _rules.makerPpm);
    }

    /// @dev A millionth, rounded up.
    function _up(uint256 x) internal pure returns (uint256) {
        return x / 1_000_000 + (x % 1_000_000 == 0 ? 0 : 1);
    }
}
