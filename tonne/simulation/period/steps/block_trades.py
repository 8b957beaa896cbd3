"""Block trades of the run: large emitters agree and sign one ticket; any account may send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from tonne.chain.client import Call
from tonne.constants import DAY_S
from tonne.crypto.eip712 import digest
from tonne.market.trade_tickets import BlockTicket, block_trades_domain
from tonne.simulation.fleet.traders import Ints, SeasonProgress
from tonne.simulation.period.model.market_state import MarketState
from tonne.simulation.period.model.season import BlockTrade, TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import market as markets

#: Tickets of one session, and the largest of them [t].
MOST, LARGEST = 10, 3_000_000
#: At most this far below the last listed price: the discount for a large sale.
DISCOUNT: Final = 0.05
#: Ledger units of 0.0001 in a tick of 0.01.
LEDGER_PER_TICK: Final = 100


@dataclass(frozen=True, slots=True)
class TradedMonth:
    """Listed and block trades of a calendar month."""

    lots: int
    turnover: int  # [0.01 currency]
    blocks: int  #   of the lots

    @property
    def price(self) -> int:
        """Turnover over volume, to the nearest 0.01 [0.01 currency a t]."""
        return (2 * self.turnover + self.lots) // (2 * self.lots)


def trade(
    state: PeriodState,
    season: TradingSeason,
    progress: SeasonProgress,
    day: date,
    sent: Ints,
) -> None:
    """Matches emitters with much left to sell or buy that placed no order today (`sent` = 0)."""
    rules = state.pack.market_on(day)
    if rules.block_min is None or rules.block_session is None:
        return
    market = season.market
    last = markets.quote(state, market).last
    found = agree(state, season, progress, day, sent, last, rules.block_min)
    if not found:
        return
    calls = [call for block in found for call in _deposits(state, season, block)]
    now = state.chain.now()
    calls += [_ticket(state, block, market.number, now) for block in found]
    state.driver.send_all(calls)
    for block in found:
        _book(season, block)
    season.blocks += found


def agree(
    state: PeriodState,
    season: TradingSeason,
    progress: SeasonProgress,
    day: date,
    sent: Ints,
    last: int,
    least: int,
) -> list[BlockTrade]:
    """Trades of at least `least` lots around the price `last`, largest seller with largest buyer."""
    agents, market = season.agents, season.market
    free = (sent == 0) & (agents.start <= progress.progress)
    for places in state.cast.named().values():
        free[list(places)] = False  # these play another part
    much = free & (agents.open >= least)
    have = np.minimum(agents.open, market.held)
    sellers = np.flatnonzero(much & ~agents.buys & (have >= least))
    buyers = np.flatnonzero(much & agents.buys)
    sellers = sellers[np.argsort(-have[sellers], kind="stable")]
    buyers = buyers[np.argsort(-agents.open[buyers], kind="stable")]
    rng = np.random.default_rng([state.options.seed, progress.index, *b"blocks"])
    found = []
    for seller, buyer in zip(sellers[:MOST].tolist(), buyers[:MOST].tolist(), strict=False):
        tick = round(last * (1 - rng.uniform(0, DISCOUNT)))
        if not agents.value[seller] <= tick <= agents.value[buyer]:
            continue
        money = int(market.cash[buyer] + season.purse[buyer])
        lots = min(int(have[seller]), int(agents.open[buyer]), money // tick, LARGEST)
        if lots >= least:
            found.append(BlockTrade(day, seller, buyer, tick, lots))
    return found


def _deposits(state: PeriodState, season: TradingSeason, block: BlockTrade) -> list[Call]:
    """Deposits that both sides lack, from their wallets."""
    market, calls = season.market, []
    args: tuple[Any, ...]
    units = block.lots - int(market.lots[block.seller])
    if units > 0:
        owner, exchange = state.wallets[block.seller], state.chain["Exchange"]
        args = (owner, exchange, market.unit, units, b"")
        calls.append(state.driver.call(owner, market.units, "safeTransferFrom", *args))
        market.lots[block.seller] += units
        market.wallet[block.seller] -= units
    money = block.lots * block.tick - int(market.cash[block.buyer])
    if money > 0:
        wallet = state.trader(block.buyer)
        calls.append(markets.bring(state, market, wallet, money))
        market.cash[block.buyer] += money
        season.purse[block.buyer] -= money
    return calls


def _ticket(state: PeriodState, block: BlockTrade, market: int, now: int) -> Call:
    """The ticket with both signatures, sent by the exchange's operator."""
    seller, buyer = state.trader(block.seller), state.trader(block.buyer)
    ticket = BlockTicket(
        market=market,
        seller=int(state.participants[block.seller]),
        sellerWallet=seller.address,
        buyer=int(state.participants[block.buyer]),
        buyerWallet=buyer.address,
        lots=block.lots,
        price=block.tick * LEDGER_PER_TICK,
        nonce=block.day.toordinal(),
        deadline=now + DAY_S,
    )
    chain = state.chain
    domain = block_trades_domain(chain.chain_id, chain["BlockTrades"].address)
    signed = digest(ticket, domain)
    signatures = (seller.sign(signed), buyer.sign(signed))
    operator = state.officers.operator
    return state.driver.call(operator, "BlockTrades", "trade", ticket.as_tuple(), *signatures)


def _book(season: TradingSeason, block: BlockTrade) -> None:
    market = season.market
    market.lots[block.seller] -= block.lots
    market.cash[block.seller] += block.lots * block.tick
    market.sold[block.seller] += block.lots
    market.lots[block.buyer] += block.lots
    market.cash[block.buyer] -= block.lots * block.tick
    market.bought[block.buyer] += block.lots
    for place in (block.seller, block.buyer):
        season.agents.done[place] += block.lots


def months(market: MarketState, blocks: list[BlockTrade]) -> dict[tuple[int, int], TradedMonth]:
    """Months with a trade, by year and month, from the run's own books."""
    sums: dict[tuple[int, int], list[int]] = {}
    trades = [(d.day, d.volume, d.turnover, 0) for d in market.days if d.volume]
    trades += [(b.day, b.lots, b.lots * b.tick, b.lots) for b in blocks]
    for day, *amounts in trades:
        key = (day.year, day.month)
        old = sums.get(key, [0, 0, 0])
        sums[key] = [a + b for a, b in zip(old, amounts, strict=True)]
    return {key: TradedMonth(*amounts) for key, amounts in sorted(sums.items())}
