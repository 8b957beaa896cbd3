"""Replay of BlockTrades: tickets, fees, and the statistics and reference price of each month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tonne.audit.market.exchange import TRADE, ExchangeMarket, ExchangeReplay, fee, month_of
from tonne.audit.market.settling_contract import SettlingContractReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.contract_signers import ContractSignersReplay
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.constants import DAY_S, PPM
from tonne.types import account_id
from tonne.types.ids import MarketId, ParticipantId

QUARTER_S: Final = 900

#: `TicketStatus` of IBlockTrades.
OPEN, APPROVED, TRADED, CANCELLED = 0, 1, 2, 3


@dataclass(slots=True)
class BlockTradeSums:
    """Block trades of a day or month."""

    lots: int = 0
    turnover: int = 0  # [0.0001 currency]
    fees: int = 0  # [0.0001 currency]
    trades: int = 0
    low: int = 0
    high: int = 0

    def add(self, lots: int, turnover: int, fees: int, tick: int) -> None:
        self.lots += lots
        self.turnover += turnover
        self.fees += fees
        self.trades += 1
        self.low = min(self.low or tick, tick)
        self.high = max(self.high, tick)

    def shown(self, ticks: bool) -> dict[str, int]:
        """`BlockStatistics` of IBlockTrades."""
        return {
            "lots": self.lots,
            "turnover": self.turnover,
            "fees": self.fees,
            "trades": self.trades,
            "lowTick": self.low if ticks else 0,
            "highTick": self.high if ticks else 0,
        }


class BlockTradesReplay(SettlingContractReplay, PausableReplay, ContractSignersReplay):
    """Block trades: tickets, fees, statistics, and the reference price of each month."""

    contract = "BlockTrades"

    def __init__(
        self,
        exchange: ExchangeReplay,
        address: str,
        owner_of: Callable[[str], ParticipantId],
    ) -> None:
        super().__init__(exchange, address)
        self._owner_of = owner_of
        self.tickets: dict[bytes, int] = defaultdict(int)
        self.days: dict[tuple[int, int], BlockTradeSums] = defaultdict(BlockTradeSums)
        self.months: dict[tuple[int, int], BlockTradeSums] = defaultdict(BlockTradeSums)
        self.fees: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)  # from day, ppm

    def fees_on(self, market: int, day: int) -> tuple[int, int]:
        """Seller's and buyer's fee [ppm]."""
        begun = [first for first in self.fees[market] if first <= day]
        return self.fees[market][max(begun)] if begun else (0, 0)

    def _on_TicketApproved(self, a: Args, _: Dated) -> None:
        self._move(a["ticket"], (OPEN,), APPROVED)

    def _on_TicketApprovalWithdrawn(self, a: Args, _: Dated) -> None:
        self._move(a["ticket"], (APPROVED,), OPEN)

    def _on_TicketCancelled(self, a: Args, _: Dated) -> None:
        self._move(a["ticket"], (OPEN, APPROVED), CANCELLED)

    def _on_BlockFeesSet(self, a: Args, _: Dated) -> None:
        self.fees[a["market"]][a["fromDay"]] = (a["fees"].sellerPpm, a["fees"].buyerPpm)

    def _move(self, ticket: bytes, allowed: tuple[int, ...], to: int) -> None:
        if self.tickets[ticket] not in allowed:
            self.faults.append(f"ticket {ticket.hex()} goes from {self.tickets[ticket]} to {to}")
        self.tickets[ticket] = to

    def _on_BlockTraded(self, a: Args, at: Dated) -> None:
        market = self.exchange.markets[a["market"]]
        approved = self.tickets[a["ticket"]] == APPROVED
        self._move(a["ticket"], (OPEN, APPROVED), TRADED)
        sides = (a["seller"], a["buyer"])
        own = [wallet for wallet in self._contract_answers if self._owner_of(wallet) in sides]
        self._signed(f"block trade {a['ticket'].hex()}", own)
        lots, tick, day = a["lots"], a["tick"], market.local_day(at.time)
        turnover = lots * market.price(tick)
        seller_fee, buyer_fee = (fee(turnover, ppm) for ppm in self.fees_on(market.number, day))
        stated = (a["day"], a["turnover"], a["sellerFee"], a["buyerFee"])
        if stated != (day, turnover, seller_fee, buyer_fee) or not self._allowed(
            market, lots, tick, at.time, approved
        ):
            self.faults.append(f"block trade {a['ticket'].hex()}: {stated}, {lots} lots at {tick}")
        fees = seller_fee + buyer_fee
        self.days[market.number, day].add(lots, turnover, fees, tick)
        self.months[market.number, month_of(day)].add(lots, turnover, fees, tick)
        seller, buyer, receiver = (
            account_id.pack(MarketId(market.number), ParticipantId(who))
            for who in (a["seller"], a["buyer"], market.config.feeAccount)
        )
        moved = self.expected[a["ticket"]]
        moved.append((seller, buyer, TRADE, lots, turnover - seller_fee))
        if fees and receiver != buyer:
            moved.append((receiver, buyer, TRADE, 0, fees))

    def _allowed(
        self, market: ExchangeMarket, lots: int, tick: int, time: int, approved: bool
    ) -> bool:
        opens, closes = (quarter * QUARTER_S for quarter in market.rules.blockSession)
        local = (time + market.config.utcQuarters * QUARTER_S) % DAY_S
        if market.halted or market.day != market.local_day(time) or not opens <= local < closes:
            return False
        low, high = self.band(market)
        return approved or (lots >= market.rules.blockMinimumLots > 0 and low <= tick <= high)

    def band(self, market: ExchangeMarket) -> tuple[int, int]:
        """Ticks of the block band: the previous close times 1 ± the share, nearest, halves up."""
        share = Fraction(market.rules.blockBandPpm, PPM)
        if not share:
            return 1, 57_599
        middle = Fraction(market.price(market.close))
        return market.nearest_tick(middle * (1 - share)), market.nearest_tick(middle * (1 + share))

    def traded(self, market: ExchangeMarket, month: int) -> tuple[int, int]:
        """Lots and turnover of listed and block trades of a month."""
        listed_lots, listed_turnover = self.exchange.months.get((market.number, month), (0, 0))
        blocks = self.months.get((market.number, month), BlockTradeSums())
        return listed_lots + blocks.lots, listed_turnover + blocks.turnover

    def month_price(self, market: ExchangeMarket, month: int) -> tuple[int, int, int]:
        """Reference price [0.01 a unit], lots and turnover of listed and block trades."""
        lots, turnover = self.traded(market, month)
        exact = Fraction(turnover, 100 * lots * market.config.lotSize)
        return int((exact + Fraction(1, 2)) // 1), lots, turnover

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for ticket, status in sorted(self.tickets.items()):
            about = f"ticket {ticket.hex()}"
            yield Check(self.contract, "ticketStatus", (ticket,), status, about)
        for (number, day), sums in sorted(self.days.items()):
            about = f"block trades of day {day} in market {number}"
            yield Check(self.contract, "dayStatistics", (number, day), sums.shown(True), about)
        for market in self.exchange.markets.values():
            yield from self._market_checks(market, now)

    def _market_checks(self, market: ExchangeMarket, now: int) -> Iterator[Check]:
        number, today = market.number, market.local_day(now)
        months = {m for n, m in (*self.months, *self.exchange.months) if n == number}
        for month in sorted(months):
            year, of_year = month // 12, month % 12 + 1
            about = f"{year}-{of_year:02} in market {number}"
            args = (number, year, of_year)
            blocks = self.months.get((number, month), BlockTradeSums()).shown(False)
            yield Check(self.contract, "monthStatistics", args, blocks, f"blocks of {about}")
            price = (*self.month_price(market, month), month_of(today) > month)
            yield Check(self.contract, "monthPrice", args, price, f"price of {about}")
        for day in (today, today + 1):
            seller, buyer = self.fees_on(number, day)
            expected = {"sellerPpm": seller, "buyerPpm": buyer}
            about = f"block fees of market {number}"
            yield Check(self.contract, "feesOn", (number, day), expected, about)
        if market.adopted is not None and market.adopted.blockMinimumLots:
            about = f"block band of market {number}"
            yield Check(self.contract, "band", (number,), self.band(market), about)
