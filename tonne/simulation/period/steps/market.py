"""Markets of the run: opened by the pack's rules, traded in, and their trades read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

import numpy as np

from tonne.chain.client import Call, Receipt
from tonne.crypto.accounts import Account
from tonne.deployment import market_rules, scheme_setup
from tonne.market.fills import records
from tonne.market.order_encoding import Order, Side
from tonne.market.permits import PermitDomain
from tonne.simulation.fleet.traders import MAX_LOTS, Orders, Quote
from tonne.simulation.period.model.state import Ints, World

PERMIT_SECONDS = 12 * 365 * 86_400
#: Orders in one call.
MAX_ORDERS = 100


@dataclass(frozen=True, slots=True)
class Day:
    """A market's day as it ended."""

    day: date
    close: int  #    [tick]
    low: int  #      of the trades [tick]; 0 without trades
    high: int
    volume: int  #   [t]
    turnover: int  # [0.01 currency]
    orders: int
    trades: int


@dataclass(slots=True)
class Market:
    """One market and what the emitters have in it, by place."""

    world: World
    number: int
    units: str  #   contract of the unit
    unit: int
    lots: Ints  #   in the ledger [t]
    cash: Ints  #   in the ledger [0.01 currency]
    wallet: Ints  # deliverable units on the primary wallet [t]
    days: list[Day] = field(default_factory=list)
    bought: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    sold: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    _ticks: list[tuple[int, int]] = field(default_factory=list)  # (tick, lots) of today's trades
    _orders: int = 0
    _known: dict[str, Any] | None = None  # what the pack had for the last day that was opened
    _closes_at_last: bool = False

    # Opening and closing

    def opens(self, day: date) -> int:
        """When the run opens the market on a day [s]."""
        return self.world.pack.at(day, time(9, 31))

    def open_day(self, day: date) -> None:
        world = self.world
        moment, known = self.opens(day), market_rules.known(world.pack, day)
        if known == self._known:
            world.next_at(moment)
        else:
            world.at(moment)
            self._take_over(day, known)
        world.send(world.officers.operator, "Exchange", "openDay", self.number)
        self._ticks, self._orders = [], 0

    def _take_over(self, day: date, known: dict[str, Any]) -> None:
        """Rules that the pack has otherwise than for the day before reach the market before it opens."""
        world = self.world
        update = market_rules.update_of(world.chain, world.pack, self.number, day)
        market_rules.send(world.chain, world.officers.operator, [update])
        self._known = known
        self._closes_at_last = update.rules["closeRule"] == market_rules.CLOSE_RULES["last_price"]

    def quote(self) -> Quote:
        state = self.world.chain.call("ExchangeLens", "market", self.number)
        return Quote(state.lastTick, state.bidTick, state.askTick, state.lowTick, state.highTick)

    def end_day(self, day: date) -> Day:
        volume = sum(lots for _, lots in self._ticks)
        turnover = sum(tick * lots for tick, lots in self._ticks)
        ticks = [tick for tick, _ in self._ticks]
        if volume and not self._closes_at_last:
            close = (2 * turnover + volume) // (2 * volume)
        else:
            close = ticks[-1] if ticks else self.quote().last
        done = Day(
            day,
            close,
            min(ticks, default=0),
            max(ticks, default=0),
            volume,
            turnover,
            self._orders,
            len(ticks),
        )
        self.days.append(done)
        return done

    # Trading

    def request(self, buys: bool, tick: int, lots: int) -> int:
        """A day order as the Exchange takes it."""
        return Order(self.number, Side.BUY if buys else Side.SELL, tick, lots).pack()

    def requests(self, buys: bool, tick: int, lots: int) -> list[int]:
        """The listed orders that together come to `lots`, as many as one call takes."""
        whole, rest = divmod(min(lots, MAX_LOTS * MAX_ORDERS), MAX_LOTS)
        return [self.request(buys, tick, size) for size in [MAX_LOTS] * whole + [rest] if size]

    def submit(
        self, orders: Orders, permits: Permits, purse: Ints, reserve: Ints
    ) -> tuple[Ints, Ints]:
        """Sends the agents' orders, with deposits where they are needed.

        A buyer short of cash here brings `reserve` from its `purse`, or more where its orders cost
        more [0.01 currency]. Returns what each sent and what each got filled [t].
        """
        count = len(self.lots)
        sent, cost = np.zeros(count, np.int64), np.zeros(count, np.int64)
        np.add.at(sent, orders.agent, orders.lots)
        np.add.at(cost, orders.agent, orders.lots * orders.tick)
        self._orders += len(orders)
        groups: dict[int, list[int]] = {}
        sides: dict[int, bool] = {}
        for place, buys, tick, lots in zip(
            orders.agent.tolist(),
            orders.buys.tolist(),
            orders.tick.tolist(),
            orders.lots.tolist(),
            strict=True,
        ):
            groups.setdefault(place, []).append(self.request(buys, tick, lots))
            sides[place] = buys
        calls = []
        for place, requests in groups.items():
            if sides[place] and cost[place] > self.cash[place]:
                lacks = int(cost[place] - self.cash[place])
                amount = min(int(purse[place]), max(lacks, int(reserve[place])))
                purse[place] -= amount
                calls.append(self._buy(place, requests, permits, amount))
            elif not sides[place] and sent[place] > self.lots[place]:
                calls.append(self._sell_from_wallet(place, requests, int(sent[place])))
            else:
                calls.append(self._place(place, requests))
        return sent, self.read(self.world.send_all(calls, check=False))

    def _buy(self, place: int, requests: Sequence[int], permits: Permits, amount: int) -> Call:
        """Deposits under a permit and places in one transaction."""
        self.cash[place] += amount
        wallet = self.world.trader(place)
        return self.world.call(
            wallet,
            "ExchangeGateway",
            "depositAndPlace",
            self.number,
            amount,
            permits.sign(wallet, amount),
            list(requests),
        )

    def _sell_from_wallet(self, place: int, requests: Sequence[int], needed: int) -> Call:
        """Deposits all that the wallet can spare and places in one transaction."""
        world = self.world
        amount = needed - int(self.lots[place])
        self.lots[place] += amount
        self.wallet[place] -= amount
        data = b"".join(r.to_bytes(32, "big") for r in requests)
        owner = world.wallets[place]
        return world.call(
            owner,
            self.units,
            "safeTransferFrom",
            owner,
            world.chain["Exchange"],
            self.unit,
            amount,
            data,
        )

    def _place(self, place: int, requests: Sequence[int]) -> Call:
        wallet = self.world.trader(place)
        if len(requests) == 1:
            return self.world.call(wallet, "Exchange", "place", requests[0])
        return self.world.call(wallet, "Exchange", "batch", [], list(requests))

    def read(self, receipts: Sequence[Receipt]) -> Ints:
        """Books every trade the receipts tell of; returns what each place got filled [t]."""
        world = self.world
        topic = world.chain["Exchange"].topic("OrdersFilled")
        exchange = world.chain["Exchange"].address.lower()
        places = world.places
        filled = np.zeros(len(self.lots), np.int64)
        for receipt in receipts:
            for log in receipt.logs:
                if log["topics"][0] != topic or log["address"].lower() != exchange:
                    continue
                account = int(log["topics"][1], 16)
                if account >> 24 != self.number:
                    continue
                buys = not int(log["topics"][2], 16) >> 64 & 1
                taker = places.get(account & 0xFFFFFF)
                data = bytes.fromhex(log["data"][2:])
                for fill in records(data[64 : 64 + int.from_bytes(data[32:64], "big")]):
                    if not fill.ended:
                        self._trade(taker, places.get(fill.maker), buys, fill.tick, fill.lots)
                        for place in (taker, places.get(fill.maker)):
                            if place is not None:
                                filled[place] += fill.lots
        return filled

    def _trade(
        self, taker: int | None, maker: int | None, buys: bool, tick: int, lots: int
    ) -> None:
        self._ticks.append((tick, lots))
        buyer, seller = (taker, maker) if buys else (maker, taker)
        if buyer is not None:
            self.lots[buyer] += lots
            self.cash[buyer] -= tick * lots
            self.bought[buyer] += lots
        if seller is not None:
            self.lots[seller] -= lots
            self.cash[seller] += tick * lots
            self.sold[seller] += lots


class Permits:
    """Signs permits for the Exchange; counts each wallet's nonces."""

    def __init__(self, world: World) -> None:
        chain = world.chain
        currency = chain[world.currency]
        self._domain = PermitDomain.of(
            chain.call(currency, "name"),
            chain.chain_id,
            currency.address_bytes,
            chain["Exchange"].address_bytes,
        )
        self._deadline = world.line.start + PERMIT_SECONDS
        self._nonces: dict[bytes, int] = {}

    def sign(self, wallet: Account, amount: int) -> tuple[int, int, bytes, bytes]:
        nonce = self._nonces.get(wallet.address_bytes, 0)
        self._nonces[wallet.address_bytes] = nonce + 1
        return self._domain.sign(wallet, amount, nonce, self._deadline)


def create(world: World, units: str, unit: int, reference_tick: int) -> Market:
    """Lists a unit under the pack's market rules."""
    number = scheme_setup.create_market(
        world.chain,
        world.officers.operator,
        world.pack,
        unit,
        units,
        world.exchange_operator,
        reference_tick,
    )
    count = len(world)

    def zeros() -> Ints:
        return np.zeros(count, np.int64)

    return Market(
        world, number, units, unit, zeros(), zeros(), zeros(), bought=zeros(), sold=zeros()
    )


def limit_holdings(world: World) -> None:
    """Limits that the pack makes from allocations; again after the true-up, which changes these."""
    operator = world.officers.operator
    scheme_setup.order_holding_limits(world.chain, operator, world.pack, world.period, world.market)


def wallet_units(world: World, unit: int, contract: str = "Allowances") -> Ints:
    """What the primary wallets hold, from the chain [t]."""
    amounts: list[int] = []
    for start in range(0, len(world), 500):
        owners = world.wallets[start : start + 500]
        amounts += world.chain.call(contract, "balanceOfBatch", owners, [unit] * len(owners))
    return np.array(amounts, np.int64)
