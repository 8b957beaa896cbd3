"""Where energy credits come from: lots from their issue to who holds them, by the transfers on the chain.

Credits of a series are alike, and the chain does not say which of them moved. The rule here is first in,
first out: each holder passes on, redeems or loses what it received first. A contract that holds credits of
many (the power market, bills, pledges) is one holder: what comes out of it is what was put in first, by any
of them. The rule decides nothing but the way that is told; every amount is the chain's.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.constants import ZERO_ADDRESS
from tonne.errors import refused

#: A holder of a series: (series' id, address in small letters).
Holder = tuple[int, str]
EVENTS: Final = ("TransferSingle", "TransferBatch", "IssuedAgainst")


@dataclass(frozen=True, slots=True)
class CreditIssue:
    """An issue: of which series, against which record of collateral, by whom, when."""

    series: int  # id
    record: int
    by: str  # wallet
    block: int
    transaction: str


@dataclass(frozen=True, slots=True)
class CreditLot:
    """Credits of one issue that came one way; amount [micro-credit]."""

    amount: int
    issue: CreditIssue
    way: tuple[str, ...]  # addresses after the issuer, the last one holds them
    transaction: str  # of the last transfer


class CreditLots:
    """Lots of every holder, after the events that were read."""

    def __init__(self) -> None:
        self._of: dict[Holder, deque[CreditLot]] = defaultdict(deque)

    @classmethod
    def read(cls, chain: Chain, first_block: int = 0) -> CreditLots:
        """All lots from the events of EnergyCredits.

        CREDIT_LOTS_INCOMPLETE where a node leaves events out, so that more moves than was received.
        """
        found = cls()
        events = chain.logs("EnergyCredits", None, first_block, events=EVENTS)
        issues = _issues(events)
        for event in events:
            found._take(event, issues)
        return found

    def of(self, series: int, holder: str) -> list[CreditLot]:
        """A holder's lots, the oldest first."""
        return list(self._of.get((series, holder.lower()), ()))

    def amount(self, series: int, holder: str) -> int:
        """[micro-credit] Sum of a holder's lots; the chain's balance where all events are at hand."""
        return sum(lot.amount for lot in self.of(series, holder))

    def _take(self, event: Event, issues: dict[tuple[str, int], CreditIssue]) -> None:
        if event.name == "IssuedAgainst":
            return
        moved = (
            [(event["id"], event["value"])]
            if event.name == "TransferSingle"
            else list(zip(event["ids"], event["values"], strict=True))
        )
        for series, amount in moved:
            self._move(event, series, amount, issues)

    def _move(
        self,
        event: Event,
        series: int,
        amount: int,
        issues: dict[tuple[str, int], CreditIssue],
    ) -> None:
        giver, receiver = event["from"].lower(), event["to"].lower()
        if giver == ZERO_ADDRESS:
            issue = issues[event.tx_hash, series]
            lots = [CreditLot(amount, issue, (event["to"],), event.tx_hash)]
        else:
            lots = [
                replace(lot, way=_extended(lot.way, event["to"]), transaction=event.tx_hash)
                for lot in _drawn(self._of[series, giver], amount, event)
            ]
        if receiver != ZERO_ADDRESS:
            for lot in lots:
                _put(self._of[series, receiver], lot)


def _issues(events: Iterable[Event]) -> dict[tuple[str, int], CreditIssue]:
    """Issues by transaction and series. One transaction of several issues of a series counts as its first."""
    found: dict[tuple[str, int], CreditIssue] = {}
    for event in events:
        if event.name == "IssuedAgainst":
            issue = CreditIssue(
                event["id"], event["record"], event["by"], event.block, event.tx_hash
            )
            found.setdefault((event.tx_hash, event["id"]), issue)
    return found


def _drawn(lots: deque[CreditLot], amount: int, event: Event) -> list[CreditLot]:
    """The oldest lots that come to an amount, taken off; the last of them may be a part."""
    found = []
    while amount:
        if not lots:
            raise refused("CREDIT_LOTS_INCOMPLETE", tx_hash=event.tx_hash)
        oldest = lots.popleft()
        part = min(oldest.amount, amount)
        found.append(replace(oldest, amount=part))
        if part < oldest.amount:
            lots.appendleft(replace(oldest, amount=oldest.amount - part))
        amount -= part
    return found


def _extended(way: tuple[str, ...], to: str) -> tuple[str, ...]:
    """A way with one more holder; a round trip is cut off, so that ways stay as short as holders are many."""
    return (*way[: way.index(to)], to) if to in way else (*way, to)


def _put(lots: deque[CreditLot], lot: CreditLot) -> None:
    """Adds a lot, to the last one where it came the same way."""
    if lots and (lots[-1].issue, lots[-1].way) == (lot.issue, lot.way):
        last = lots.pop()
        lot = replace(lot, amount=last.amount + lot.amount)
    lots.append(lot)
