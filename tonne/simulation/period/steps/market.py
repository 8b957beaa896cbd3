"""Markets of the run: opened by the pack's rules, traded in, and their trades read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

import numpy as np

from tonne.chain.client import Call, Receipt
from tonne.crypto.accounts import Account
from tonne.deployment import market_rules, scheme_setup
from tonne.market.fills import records
from tonne.market.order_encoding import OrderRequest, Side, side_of_request
from tonne.simulation.fleet.traders import MAX_LOTS, AgentOrders, Ints, Quote
from tonne.simulation.period.model.market_state import MarketDay, MarketState, empty_market
from tonne.simulation.period.model.state import PeriodState
from tonne.types import account_id
from tonne.types.ids import AccountId, MarketId, UnitId

#: Orders in one call.
MAX_ORDERS = 100

# Opening and closing


def create(state: PeriodState, units: str, unit: int, reference_tick: int) -> MarketState:
    """Lists a unit under the pack's market rules."""
    number = scheme_setup.create_market(
        state.chain,
        state.officers.operator,
        state.pack,
        UnitId(unit),
        units,
        state.exchange_operator,
        reference_tick,
    )
    return empty_market(len(state), MarketId(number), units, UnitId(unit))


def opening_of(state: PeriodState, day: date) -> int:
    """When the run opens its markets on a day [s unix]."""
    return state.pack.at(day, time(9, 31))


def open_day(state: PeriodState, market: MarketState, day: date) -> None:
    open_days(state, [market], day)


def open_days(state: PeriodState, opened: Sequence[MarketState], day: date) -> None:
    """Opens markets of one day, all in one block."""
    moment, rules = opening_of(state, day), market_rules.known(state.pack, day)
    stale = [market for market in opened if market.rules != rules]
    if stale:
        state.driver.at(moment)
    else:
        state.driver.next_at(moment)
    for market in stale:
        _update_rules(state, market, day, rules)
    operator = state.officers.operator
    state.driver.send_all(
        state.driver.call(operator, "Exchange", "openDay", market.number) for market in opened
    )
    for market in opened:
        market.ticks, market.orders = [], 0


def _update_rules(
    state: PeriodState, market: MarketState, day: date, rules: dict[str, Any]
) -> None:
    """Sends the market the rules that the pack changed since the last day opened."""
    update = market_rules.update_of(state.chain, state.pack, market.number, day)
    market_rules.send(state.chain, state.officers.operator, [update])
    market.rules = rules
    market.closes_at_last = update.rules["closeRule"] == market_rules.CLOSE_RULES["last_price"]


def quote(state: PeriodState, market: MarketState) -> Quote:
    seen = state.chain.call("ExchangeLens", "market", market.number)
    return Quote(seen.lastTick, seen.bidTick, seen.askTick, seen.lowTick, seen.highTick)


def end_day(state: PeriodState, market: MarketState, day: date) -> MarketDay:
    volume = sum(lots for _, lots in market.ticks)
    turnover = sum(tick * lots for tick, lots in market.ticks)
    ticks = [tick for tick, _ in market.ticks]
    if volume and not market.closes_at_last:
        close = (2 * turnover + volume) // (2 * volume)
    else:
        close = ticks[-1] if ticks else quote(state, market).last
    done = MarketDay(
        day,
        close,
        min(ticks, default=0),
        max(ticks, default=0),
        volume,
        turnover,
        market.orders,
        len(ticks),
    )
    market.days.append(done)
    return done


# Trading


def request(market: MarketState, buys: bool, tick: int, lots: int) -> int:
    """A day order, packed for the Exchange."""
    return OrderRequest(MarketId(market.number), Side.BUY if buys else Side.SELL, tick, lots).pack()


def requests(market: MarketState, buys: bool, tick: int, lots: int) -> list[int]:
    """Listed orders of `lots` in all, as many as one call takes."""
    whole, rest = divmod(min(lots, MAX_LOTS * MAX_ORDERS), MAX_LOTS)
    return [request(market, buys, tick, size) for size in [MAX_LOTS] * whole + [rest] if size]


def packed(words: Sequence[int]) -> bytes:
    """Words as the data of a token transfer: deposit and placement in one transaction."""
    return b"".join(word.to_bytes(32, "big") for word in words)


def submit(
    state: PeriodState,
    market: MarketState,
    orders: AgentOrders,
    purse: Ints,
    reserve: Ints,
) -> tuple[Ints, Ints]:
    """Sends the agents' orders, with deposits where they are needed.

    A buyer short of cash here brings `reserve` from its `purse`, or more if its orders cost more
    [0.01 currency]. Returns the lots that each sent and the lots filled for each [t].
    """
    count = len(market.lots)
    sent, cost = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(sent, orders.agent, orders.lots)
    np.add.at(cost, orders.agent, orders.lots * orders.tick)
    market.orders += len(orders)
    groups: dict[int, list[int]] = {}
    sides: dict[int, bool] = {}
    for place, buys, tick, lots in zip(
        orders.agent.tolist(),
        orders.buys.tolist(),
        orders.tick.tolist(),
        orders.lots.tolist(),
        strict=True,
    ):
        groups.setdefault(place, []).append(request(market, buys, tick, lots))
        sides[place] = buys
    calls = []
    for place, group in groups.items():
        if sides[place] and cost[place] > market.cash[place]:
            lacks = int(cost[place] - market.cash[place])
            amount = min(int(purse[place]), max(lacks, int(reserve[place])))
            purse[place] -= amount
            market.cash[place] += amount
            calls.append(bring(state, market, state.trader(place), amount, group))
        elif not sides[place] and sent[place] > market.lots[place]:
            amount = int(sent[place]) - int(market.lots[place])
            calls.append(_sell_from_wallet(state, market, place, group, amount))
        else:
            calls.append(_place(state, place, group))
    return sent, read(state, market, state.driver.send_all(calls, check=False))


def bring(
    state: PeriodState,
    market: MarketState,
    wallet: Account,
    amount: int,
    orders: Sequence[int] = (),
) -> Call:
    """Deposits cash [0.01 currency] and places, in one transaction: the currency tells the exchange."""
    data = packed([market.number, *orders])
    args = (state.chain["Exchange"], amount, data)
    return state.driver.call(wallet, state.currency, "transferAndCall", *args)


def _sell_from_wallet(
    state: PeriodState, market: MarketState, place: int, orders: Sequence[int], amount: int
) -> Call:
    """Deposits units and places, in one transaction."""
    market.lots[place] += amount
    market.wallet[place] -= amount
    owner, exchange = state.wallets[place], state.chain["Exchange"]
    args = (owner, exchange, market.unit, amount, packed(orders))
    return state.driver.call(owner, market.units, "safeTransferFrom", *args)


def _place(state: PeriodState, place: int, orders: Sequence[int]) -> Call:
    wallet = state.trader(place)
    if len(orders) == 1:
        return state.driver.call(wallet, "Exchange", "place", orders[0])
    return state.driver.call(wallet, "Exchange", "batch", [], list(orders))


def read(state: PeriodState, market: MarketState, receipts: Sequence[Receipt]) -> Ints:
    """Books the trades that the receipts' events tell of; returns lots filled by place [t]."""
    contract = state.chain["Exchange"]
    topic, exchange = contract.topic("OrdersFilled"), contract.address.lower()
    places = state.places
    filled = np.zeros(len(market.lots), np.int64)
    for receipt in receipts:
        for log in receipt.logs:
            if log["topics"][0] != topic or log["address"].lower() != exchange:
                continue
            account = AccountId(int(log["topics"][1], 16))
            if account_id.market_of(account) != market.number:
                continue
            buys = side_of_request(int(log["topics"][2], 16)) == Side.BUY
            taker = places.get(account_id.participant_of(account))
            data = bytes.fromhex(log["data"][2:])
            for fill in records(data[64 : 64 + int.from_bytes(data[32:64], "big")]):
                if not fill.ended:
                    _book(market, taker, places.get(fill.maker), buys, fill.tick, fill.lots)
                    for place in (taker, places.get(fill.maker)):
                        if place is not None:
                            filled[place] += fill.lots
    return filled


def _book(
    market: MarketState, taker: int | None, maker: int | None, buys: bool, tick: int, lots: int
) -> None:
    market.ticks.append((tick, lots))
    buyer, seller = (taker, maker) if buys else (maker, taker)
    if buyer is not None:
        market.lots[buyer] += lots
        market.cash[buyer] -= tick * lots
        market.bought[buyer] += lots
    if seller is not None:
        market.lots[seller] -= lots
        market.cash[seller] += tick * lots
        market.sold[seller] += lots


def limit_holdings(state: PeriodState) -> None:
    """Limits that the pack makes from allocations; again after the true-up, which changes these."""
    operator = state.officers.operator
    scheme_setup.order_holding_limits(state.chain, operator, state.pack, state.period, state.market)


def wallet_units(state: PeriodState, unit: int, contract: str = "Allowances") -> Ints:
    """Holdings of the primary wallets, from the chain [t]."""
    amounts: list[int] = []
    for start in range(0, len(state), 500):
        owners = state.wallets[start : start + 500]
        amounts += state.chain.call(contract, "balanceOfBatch", owners, [unit] * len(owners))
    return np.array(amounts, np.int64)
