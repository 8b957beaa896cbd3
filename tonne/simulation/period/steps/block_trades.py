"""Block trades of the run: large emitters on both sides agree, sign one ticket, and anybody sends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from tonne.chain.client import Call
from tonne.crypto import eip712 as td
from tonne.market.trade_tickets import BlockTicket, block_trades_domain
from tonne.simulation.fleet.traders import Agents, Season
from tonne.simulation.period.model.state import Ints, World
from tonne.simulation.period.steps.market import Market, Permits

#: Tickets of one session, and the largest of them [t].
MOST, LARGEST = 10, 3_000_000
#: Below the last listed price by at most this: who sells much at once gives something for it.
DISCOUNT: Final = 0.05
DAY_S: Final = 86_400
#: Ledger units of 0.0001 in a tick of 0.01.
LEDGER_PER_TICK: Final = 100


@dataclass(frozen=True, slots=True)
class Block:
    """A block trade."""

    day: date
    seller: int  # place
    buyer: int  #  place
    tick: int
    lots: int


@dataclass(frozen=True, slots=True)
class Month:
    """Listed and block trades of a calendar month."""

    lots: int
    turnover: int  # [0.01 currency]
    blocks: int  #   of the lots

    @property
    def price(self) -> int:
        """Turnover over volume, to the nearest 0.01 [0.01 currency a t]."""
        return (2 * self.turnover + self.lots) // (2 * self.lots)


@dataclass(slots=True)
class Blocks:
    """The desk where large emitters meet."""

    world: World
    done: list[Block] = field(default_factory=list)

    @property
    def volume(self) -> int:
        return sum(b.lots for b in self.done)

    @property
    def turnover(self) -> int:
        """[0.01 currency]"""
        return sum(b.lots * b.tick for b in self.done)

    def session(
        self,
        season: Season,
        day: date,
        agents: Agents,
        market: Market,
        permits: Permits,
        purse: Ints,
        sent: Ints,
    ) -> None:
        """Brings together who has much left to sell or to buy and placed no order today."""
        least = self.world.pack.market_on(day).block_min
        if least is None or self.world.pack.market_on(day).block_session is None:
            return
        found = self._agree(season, day, agents, market, purse, sent, least)
        if not found:
            return
        world = self.world
        calls = []
        for block in found:
            calls += self._deposits(block, market, permits, purse)
        now = world.chain.now()
        world.send_all([*calls, *(self._trade(block, market.number, now) for block in found)])
        for block in found:
            market.lots[block.seller] -= block.lots
            market.cash[block.seller] += block.lots * block.tick
            market.sold[block.seller] += block.lots
            market.lots[block.buyer] += block.lots
            market.cash[block.buyer] -= block.lots * block.tick
            market.bought[block.buyer] += block.lots
            for place in (block.seller, block.buyer):
                agents.done[place] += block.lots
        self.done += found

    def _agree(
        self,
        season: Season,
        day: date,
        agents: Agents,
        market: Market,
        purse: Ints,
        sent: Ints,
        least: int,
    ) -> list[Block]:
        """The largest seller meets the largest buyer, and so on."""
        last = market.quote().last
        free = (sent == 0) & (agents.start <= season.progress)
        for places in self.world.cast.named().values():
            free[list(places)] = False  # these play another part
        much = free & (agents.open >= least)
        have = np.minimum(agents.open, market.lots + market.wallet)
        sellers = np.flatnonzero(much & ~agents.buys & (have >= least))
        buyers = np.flatnonzero(much & agents.buys)
        sellers = sellers[np.argsort(-have[sellers], kind="stable")]
        buyers = buyers[np.argsort(-agents.open[buyers], kind="stable")]
        rng = np.random.default_rng([self.world.options.seed, season.index, *b"blocks"])
        found = []
        for seller, buyer in zip(sellers[:MOST].tolist(), buyers[:MOST].tolist(), strict=False):
            tick = round(last * (1 - rng.uniform(0, DISCOUNT)))
            if not agents.value[seller] <= tick <= agents.value[buyer]:
                continue
            money = int(market.cash[buyer] + purse[buyer])
            lots = min(int(have[seller]), int(agents.open[buyer]), money // tick, LARGEST)
            if lots >= least:
                found.append(Block(day, seller, buyer, tick, lots))
        return found

    def months(self, market: Market) -> dict[tuple[int, int], Month]:
        """Every month with a trade, by year and month, from the run's own books."""
        sums: dict[tuple[int, int], list[int]] = {}
        trades = [(d.day, d.volume, d.turnover, 0) for d in market.days if d.volume]
        trades += [(b.day, b.lots, b.lots * b.tick, b.lots) for b in self.done]
        for day, *amounts in trades:
            key = (day.year, day.month)
            old = sums.get(key, [0, 0, 0])
            sums[key] = [a + b for a, b in zip(old, amounts, strict=True)]
        return {key: Month(*amounts) for key, amounts in sorted(sums.items())}

    def _deposits(self, block: Block, market: Market, permits: Permits, purse: Ints) -> list[Call]:
        """What both bring from their wallets."""
        world, calls = self.world, []
        units = block.lots - int(market.lots[block.seller])
        if units > 0:
            owner, exchange = world.wallets[block.seller], world.chain["Exchange"]
            args = (owner, exchange, market.unit, units, b"")
            calls.append(world.call(owner, market.units, "safeTransferFrom", *args))
            market.lots[block.seller] += units
            market.wallet[block.seller] -= units
        money = block.lots * block.tick - int(market.cash[block.buyer])
        if money > 0:
            wallet = world.trader(block.buyer)
            args = (market.number, money, permits.sign(wallet, money), [])
            calls.append(world.call(wallet, "ExchangeGateway", "depositAndPlace", *args))
            market.cash[block.buyer] += money
            purse[block.buyer] -= money
        return calls

    def _trade(self, block: Block, market: int, now: int) -> Call:
        """The ticket with both signatures, sent by the exchange's operator."""
        world = self.world
        seller, buyer = world.trader(block.seller), world.trader(block.buyer)
        ticket = BlockTicket(
            market=market,
            seller=int(world.participants[block.seller]),
            sellerWallet=seller.address,
            buyer=int(world.participants[block.buyer]),
            buyerWallet=buyer.address,
            lots=block.lots,
            price=block.tick * LEDGER_PER_TICK,
            nonce=block.day.toordinal(),
            deadline=now + DAY_S,
        )
        chain = world.chain
        domain = block_trades_domain(chain.chain_id, chain["BlockTrades"].address)
        digest = td.digest(ticket, domain)
        signatures = (seller.sign(digest), buyer.sign(digest))
        operator = world.officers.operator
        return world.call(operator, "BlockTrades", "trade", ticket.as_tuple(), *signatures)
