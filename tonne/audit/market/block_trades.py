"""Replay of the desks beside the book: block trades with their months, and pledges.

A desk says what it agreed, the Exchange says what it moved. Each is worked out from the rules here, and the
two must tell the same story.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tonne.audit.market.exchange import (
    DAY_S,
    HOLD,
    RETURN,
    TRADE,
    LedgerReplay,
    Market,
    fee,
    month_of,
)
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.events import Dated

QUARTER_S: Final = 900

#: `TicketStatus` of IBlockTrades.
OPEN, APPROVED, TRADED, CANCELLED = 0, 1, 2, 3

#: `Party` of IPledges.
NONE, PLEDGOR, LENDER = 0, 1, 2

NOBODY: Final = "0x" + "00" * 20


@dataclass(slots=True)
class Sums:
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
        """`BlockStatistics`."""
        return {
            "lots": self.lots,
            "turnover": self.turnover,
            "fees": self.fees,
            "trades": self.trades,
            "lowTick": self.low if ticks else 0,
            "highTick": self.high if ticks else 0,
        }


class Desk:
    """What a desk moved in the ledger is compared with what it said."""

    contract: str

    def __init__(self, ledger: LedgerReplay, address: str) -> None:
        self.ledger = ledger
        self.address = address
        self.faults: list[str] = []
        self.expected: dict[bytes, list[tuple[int, int, int, int, int]]] = defaultdict(list)

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated.time)

    def internal(self, tally: Tally) -> None:
        tally.value(self.contract, "acts that no rule allows", [], self.faults)
        moved = {ref: m for (desk, ref), m in self.ledger.settled.items() if desk == self.address}
        for ref in sorted(moved.keys() | self.expected.keys()):
            about = f"moved in the ledger for {ref.hex()}"
            tally.value(self.contract, about, self.expected.get(ref, []), moved.get(ref, []))


class BlocksReplay(Desk):
    """Block trades: tickets, fees, statistics, and the reference price of each month."""

    contract: Final = "BlockTrades"

    def __init__(self, ledger: LedgerReplay, address: str) -> None:
        super().__init__(ledger, address)
        self.tickets: dict[bytes, int] = defaultdict(int)
        self.days: dict[tuple[int, int], Sums] = defaultdict(Sums)
        self.months: dict[tuple[int, int], Sums] = defaultdict(Sums)
        self.fees: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)  # from day, ppm

    def fees_on(self, market: int, day: int) -> tuple[int, int]:
        """Seller's and buyer's fee [ppm]."""
        begun = [first for first in self.fees[market] if first <= day]
        return self.fees[market][max(begun)] if begun else (0, 0)

    def _on_TicketApproved(self, a: dict, _time: int) -> None:
        self._move(a["ticket"], (OPEN,), APPROVED)

    def _on_TicketApprovalWithdrawn(self, a: dict, _time: int) -> None:
        self._move(a["ticket"], (APPROVED,), OPEN)

    def _on_TicketCancelled(self, a: dict, _time: int) -> None:
        self._move(a["ticket"], (OPEN, APPROVED), CANCELLED)

    def _on_BlockFeesSet(self, a: dict, _time: int) -> None:
        self.fees[a["market"]][a["fromDay"]] = (a["fees"].sellerPpm, a["fees"].buyerPpm)

    def _move(self, ticket: bytes, allowed: tuple[int, ...], to: int) -> None:
        if self.tickets[ticket] not in allowed:
            self.faults.append(f"ticket {ticket.hex()} goes from {self.tickets[ticket]} to {to}")
        self.tickets[ticket] = to

    def _on_BlockTraded(self, a: dict, time: int) -> None:
        market = self.ledger.markets[a["market"]]
        approved = self.tickets[a["ticket"]] == APPROVED
        self._move(a["ticket"], (OPEN, APPROVED), TRADED)
        lots, tick, day = a["lots"], a["tick"], market.local_day(time)
        turnover = lots * market.price(tick)
        seller_fee, buyer_fee = (fee(turnover, ppm) for ppm in self.fees_on(market.number, day))
        told = (a["day"], a["turnover"], a["sellerFee"], a["buyerFee"])
        if told != (day, turnover, seller_fee, buyer_fee) or not self._allowed(
            market, lots, tick, time, approved
        ):
            self.faults.append(f"block trade {a['ticket'].hex()}: {told}, {lots} lots at {tick}")
        fees = seller_fee + buyer_fee
        self.days[market.number, day].add(lots, turnover, fees, tick)
        self.months[market.number, month_of(day)].add(lots, turnover, fees, tick)
        base = market.number << 24
        buyer, receiver = base | a["buyer"], base | market.config.feeAccount
        moved = self.expected[a["ticket"]]
        moved.append((base | a["seller"], buyer, TRADE, lots, turnover - seller_fee))
        if fees and receiver != buyer:
            moved.append((receiver, buyer, TRADE, 0, fees))

    def _allowed(self, market: Market, lots: int, tick: int, time: int, approved: bool) -> bool:
        opens, closes = (quarter * QUARTER_S for quarter in market.rules.blockSession)
        local = (time + market.config.utcQuarters * QUARTER_S) % DAY_S
        if market.halted or market.day != market.local_day(time) or not opens <= local < closes:
            return False
        low, high = self.band(market)
        return approved or (lots >= market.rules.blockMinimumLots > 0 and low <= tick <= high)

    def band(self, market: Market) -> tuple[int, int]:
        """Ticks of the block band: the previous close times 1 ± the share, nearest, halves up."""
        share = Fraction(market.rules.blockBandPpm, 1_000_000)
        if not share:
            return 1, 57_599
        middle = Fraction(market.price(market.close))
        return market.nearest_tick(middle * (1 - share)), market.nearest_tick(middle * (1 + share))

    def traded(self, market: Market, month: int) -> tuple[int, int]:
        """Lots and turnover of listed and block trades of a month."""
        listed_lots, listed_turnover = self.ledger.months.get((market.number, month), (0, 0))
        blocks = self.months.get((market.number, month), Sums())
        return listed_lots + blocks.lots, listed_turnover + blocks.turnover

    def month_price(self, market: Market, month: int) -> tuple[int, int, int]:
        """Reference price [0.01 a unit], lots and turnover of listed and block trades."""
        lots, turnover = self.traded(market, month)
        exact = Fraction(turnover, 100 * lots * market.config.lotSize)
        return int((exact + Fraction(1, 2)) // 1), lots, turnover

    def checks(self, now: int) -> Iterator[Check]:
        for ticket, status in sorted(self.tickets.items()):
            about = f"ticket {ticket.hex()}"
            yield Check(self.contract, "ticketStatus", (ticket,), status, about)
        for (number, day), sums in sorted(self.days.items()):
            about = f"block trades of day {day} in market {number}"
            yield Check(self.contract, "dayStatistics", (number, day), sums.shown(True), about)
        for market in self.ledger.markets.values():
            yield from self._market_checks(market, now)

    def _market_checks(self, market: Market, now: int) -> Iterator[Check]:
        number, today = market.number, market.local_day(now)
        months = {m for n, m in (*self.months, *self.ledger.months) if n == number}
        for month in sorted(months):
            year, of_year = month // 12, month % 12 + 1
            about = f"{year}-{of_year:02} in market {number}"
            args = (number, year, of_year)
            blocks = self.months.get((number, month), Sums()).shown(False)
            yield Check(self.contract, "monthStatistics", args, blocks, f"blocks of {about}")
            price = (*self.month_price(market, month), month_of(today) > month)
            yield Check(self.contract, "monthPrice", args, price, f"price of {about}")
        for day in (today, today + 1):
            seller, buyer = self.fees_on(number, day)
            expected = {"sellerPpm": seller, "buyerPpm": buyer}
            about = f"block fees of market {number}"
            yield Check(self.contract, "feesOn", (number, day), expected, about)
        if market.rules is not None and market.rules.blockMinimumLots:
            about = f"block band of market {number}"
            yield Check(self.contract, "band", (number,), self.band(market), about)


@dataclass(slots=True)
class _Pledge:
    market: int
    pledgor: int
    lender: int
    lots: int
    proposal: tuple[int, int, bool] = (NONE, 0, False)  # by, lots, to the lender


class PledgesReplay(Desk):
    """Pledges, and the proposals to release them."""

    contract: Final = "Pledges"

    def __init__(self, ledger: LedgerReplay, address: str) -> None:
        super().__init__(ledger, address)
        self.pledges: dict[int, _Pledge] = {}

    def pledged(self, market: int) -> int:
        """Lots of a market that are pledged now."""
        return sum(p.lots for p in self.pledges.values() if p.market == market)

    def _on_LotsPledged(self, a: dict, _time: int) -> None:
        number, market = a["pledge"], a["market"]
        if number != len(self.pledges) + 1:
            self.faults.append(f"pledge {number} is out of order")
        self.pledges[number] = _Pledge(market, a["pledgor"], a["lender"], a["lots"])
        self._expect(number, market, a["pledgor"], None, HOLD, a["lots"])

    def _on_ReleaseProposed(self, a: dict, _time: int) -> None:
        if not self._known(a["pledge"]):
            return
        proposal = (a["by"], a["lots"], a["toLender"])
        self.pledges[a["pledge"]].proposal = proposal if a["lots"] else (NONE, 0, False)

    def _on_PledgeReleased(self, a: dict, _time: int) -> None:
        if not self._known(a["pledge"]):
            return
        pledge = self.pledges[a["pledge"]]
        to_lender = a["to"] == pledge.lender
        pledge.lots -= a["lots"]
        agreed = pledge.proposal[1:] == (a["lots"], to_lender) and pledge.proposal[0] != NONE
        right = a["left"] == pledge.lots >= 0 and a["to"] in (pledge.lender, pledge.pledgor)
        if not right or (a["officer"] == NOBODY and not agreed):
            self.faults.append(f"release of pledge {a['pledge']}: {a['lots']} to {a['to']}")
        pledge.proposal = (NONE, 0, False)
        kind = TRADE if to_lender else RETURN
        self._expect(a["pledge"], pledge.market, None, a["to"], kind, a["lots"])

    def _known(self, number: int) -> bool:
        if number not in self.pledges:
            self.faults.append(f"pledge {number} was never made")
        return number in self.pledges

    def _expect(
        self,
        number: int,
        market: int,
        giver: int | None,
        taker: int | None,
        kind: int,
        lots: int,
    ) -> None:
        """A movement; None is the desk's own house."""
        house = self.ledger.houses.get(self.address, 0)
        source, target = (house if side is None else side for side in (giver, taker))
        moved = (market << 24 | source, market << 24 | target, kind, lots, 0)
        self.expected[number.to_bytes(32, "big")].append(moved)

    def internal(self, tally: Tally) -> None:
        super().internal(tally)
        house = self.ledger.houses.get(self.address, 0)
        for market in self.ledger.markets:
            held = self.ledger.accounts.get((market, house))
            about = f"lots pledged in market {market}"
            tally.value(self.contract, about, self.pledged(market), held.lots if held else 0)

    def checks(self) -> Iterator[Check]:
        yield Check(self.contract, "count", (), len(self.pledges), "number of pledges")
        totals: dict[tuple[int, int], int] = defaultdict(int)
        for number, pledge in self.pledges.items():
            totals[pledge.pledgor, pledge.market] += pledge.lots
            by, lots, to_lender = pledge.proposal
            expected = {
                "market": pledge.market,
                "pledgor": pledge.pledgor,
                "lender": pledge.lender,
                "lots": pledge.lots,
                "proposer": by,
                "proposedLots": lots,
                "proposedToLender": to_lender,
            }
            yield Check(self.contract, "pledgeOf", (number,), expected, f"pledge {number}")
        for (pledgor, market), lots in sorted(totals.items()):
            about = f"pledged by {pledgor} in market {market}"
            yield Check(self.contract, "pledgedBy", (pledgor, market), lots, about)
