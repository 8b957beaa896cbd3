// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BookNotFilled, BookOrderNotOpen, BookWouldTake, OrderId} from "../../interfaces/types/BookTypes.sol";
import {Account} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {GuardianInsiders} from "./GuardianInsiders.sol";

/// @title BookInsiders
/// @notice Traders' orders, deposits and withdrawals in one market; books of each one's own prices and limit.
abstract contract BookInsiders is GuardianInsiders {
    uint256 internal constant BUY = 0;
    uint256 internal constant SELL = 1;
    uint256 internal constant NONE = type(uint256).max;

    OrderId[] private _orders;
    mapping(OrderId order => uint256 who) private _ownerOf;
    mapping(uint256 who => uint256 tick) private _lowestAsk; // of its open sell orders, or lower
    mapping(uint256 who => uint256 tick) private _highestBid;
    mapping(uint256 who => uint256 lots) public limitOf;
    mapping(uint256 who => uint256 lots) public pledgedBy;

    /// @param limit of each trader, by the market's rules [lots]
    constructor(uint256 limit) {
        for (uint256 who = 0; who < people(); ++who) {
            limitOf[who] = limit;
            _lowestAsk[who] = NONE;
        }
        _add("place", BookInsiders.place.selector);
        _add("cancel", BookInsiders.cancel.selector);
        _add("deposit", BookInsiders.deposit.selector);
        _add("withdraw", BookInsiders.withdraw.selector);
        _mayRefuse(BookWouldTake.selector);
        _mayRefuse(BookNotFilled.selector);
        _mayRefuse(BookOrderNotOpen.selector);
        _mayRefuse(IExchangeBase.ExchangeMarketHalted.selector);
        _mayRefuse(IExchangeBase.ExchangeMarketStatus.selector);
        _mayRefuse(IExchangeBase.ExchangeParticipantNotActive.selector);
    }

    /* ORDERS */

    function place(uint256 who, uint256 side, uint256 tick, uint256 lots, uint256 force_) external counted {
        (who, side, tick, lots) = (who % people(), side % 2, bound(tick, 4_780, 4_820), bound(lots, 1, 900));
        _placeOne(who, side, tick, lots, force_ % 8 == 0 ? 1 : 0);
    }

    /// @return id 0 when nothing rests
    function _placeOne(uint256 who, uint256 side, uint256 tick, uint256 lots, uint256 force)
        internal
        returns (OrderId id)
    {
        _quote(who, side, tick);
        _remember();
        (id,,) = _place(who, side, tick, lots, force);
        _keep(who, id);
        _checkFills(who);
    }

    function _keep(uint256 who, OrderId id) internal {
        if (OrderId.unwrap(id) == 0) return;
        _orders.push(id);
        _ownerOf[id] = who;
    }

    /// @dev One of the latest orders; discards the act where there is none.
    function _someOrder(uint256 which) internal view returns (OrderId id, uint256 who) {
        _needs(_orders.length != 0);
        id = _orders[_orders.length - 1 - which % (_orders.length < 20 ? _orders.length : 20)];
        return (id, _ownerOf[id]);
    }

    /// @dev Prices of orders that are gone count no more.
    function _quote(uint256 who, uint256 side, uint256 tick) internal {
        Account memory a = _account(who);
        if (a.lotsInAsks == 0) _lowestAsk[who] = NONE;
        if (a.cashInBids == 0) _highestBid[who] = 0;
        if (side == SELL && tick < _lowestAsk[who]) _lowestAsk[who] = tick;
        if (side != SELL && tick > _highestBid[who]) _highestBid[who] = tick;
    }

    /// @dev Promises: a resting order is filled at its price or better, less the maker's fee; no fill brings a buyer above its
    /// holding limit.
    function _checkFills(uint256 taker) internal view {
        for (uint256 who = 0; who < people(); ++who) {
            uint256 bought = lotsOf(who) > _lotsThen(who) ? lotsOf(who) - _lotsThen(who) : 0;
            if (bought != 0) assertLe(lotsOf(who) + pledgedBy[who], limitOf[who], "above the holding limit by a fill");
            if (who == taker) continue;
            uint256 sold = lotsOf(who) < _lotsThen(who) ? _lotsThen(who) - lotsOf(who) : 0;
            if (sold != 0) {
                uint256 value = sold * _lowestAsk[who] * 100;
                assertGe(cashOf(who) + (value * 300 + 999_999) / 1_000_000 + 100, _cashThen(who) + value, "sold low");
            } else {
                uint256 value = bought * _highestBid[who] * 100;
                value += (value * 300 + 999_999) / 1_000_000 + 100; // 0.01 for roundings
                assertGe(cashOf(who) + (bought == 0 ? 0 : value), _cashThen(who), "bought dear");
            }
        }
    }

    /// @dev By its owner; never by another.
    function cancel(uint256 which, uint256 by) external counted {
        (OrderId id, uint256 who) = _someOrder(which);
        bytes memory data = abi.encodeWithSignature("cancel(uint256)", OrderId.unwrap(id));
        by %= people();
        if (by != who) _freesNothing(_wallet(by), address(_exchange()), data, who);
        _remember();
        _as(_wallet(who), address(_exchange()), data);
        _nothingMoved("a cancellation moves nothing");
    }

    /// @dev Another may clear a void order away; of a live one it frees nothing.
    function _freesNothing(address by, address target, bytes memory data, uint256 who) internal {
        Account memory before = _account(who);
        vm.prank(by);
        (bool done,) = target.call(data);
        done; // refused, passed over as no order of its own, or void
        assertEq(_account(who).lotsInAsks, before.lotsInAsks, "another cancelled an order");
        assertEq(_account(who).cashInBids, before.cashInBids, "another cancelled an order");
    }

    function deposit(uint256 who, uint256 lots, uint256 cents, uint256 chance) external counted {
        who %= people();
        _needs(chance % 4 == 0);
        _remember();
        _deposit(who, lots, cents);
        _othersLostNothing(who, who);
        assertEq(_lotsGained(who) + _cashGained(who), 0, "a deposit moves, no more");
    }

    function withdraw(uint256 who, uint256 lots, uint256 cents, uint256 chance) external counted {
        who %= people();
        _needs(chance % 8 == 0);
        Account memory a = _account(who);
        bool inLots = lots % 2 == 0;
        _needs(inLots ? a.lotsFree != 0 : a.cashFree >= 100);
        bytes memory data = inLots
            ? abi.encodeCall(_exchange().withdrawUnits, (_market(), bound(lots, 1, a.lotsFree), _wallet(who)))
            : abi.encodeCall(_exchange().withdrawCash, (_market(), bound(cents, 1, a.cashFree / 100), _wallet(who)));
        _stoppedByPause(EXCHANGE, _wallet(who), data);
        _remember();
        _as(_wallet(who), address(_exchange()), data);
        _othersLostNothing(who, who);
        assertEq(_lotsGained(who) + _cashGained(who), 0, "a withdrawal moves, no more");
    }
}
