"""Accounts with lines at a node: its members, and those that traded there without joining.

Bids and contracts count at any node, so that a stranger's energy may be sold at a node without a possible
payment: the operator enrols it there ahead of the run, a bidder by its curves.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final

from oracles.power.settlement.accepted import IntervalBids
from oracles.runtime.rpc_pool import RpcPool
from tonne.chain.block_times import first_since
from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.power.shown_bids import ShownBid

CONTRACT: Final = "PowerSettlement"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An account that traded at a node without belonging to it, and the bids that prove it; no bids for an
    account that traded by contracts alone."""

    node: int
    day: int
    interval: int
    account: int
    bids: list[ShownBid]
    margins: list[int]

    @property
    def key(self) -> str:
        """The business key of the call."""
        return f"enrol/{self.node}/{self.day}/{self.interval}/{self.account}"

    @property
    def args(self) -> tuple[Any, ...]:
        """Of `ISettlementBook.enrol`."""
        return self.node, self.interval, self.account, self.bids, self.margins


class Members:
    """Asks most nodes whose accounts belong where; remembers it by day."""

    def __init__(self, chain: Chain, nodes: RpcPool, per_day: int) -> None:
        self._chain = chain
        self._nodes = nodes
        self._per_day = per_day
        self._known: dict[tuple[int, int], tuple[int, ...]] = {}
        self._meters: dict[tuple[int, int], dict[int, int]] = {}

    def of(self, node: int, day: int) -> tuple[int, ...]:
        """Accounts that belong to a node on a day, by number."""
        key = node, day
        if key not in self._known:
            self._known[key] = self._nodes.agreed(
                f"the members of node {node}", lambda: self._of(node, day)
            )
        return self._known[key]

    def _of(self, node: int, day: int) -> tuple[int, ...]:
        told = self._chain.logs(CONTRACT, "MemberJoined", topics=[f"0x{node:064x}"])
        return tuple(sorted({event["account"] for event in told if event["since"] <= day}))

    def meters(self, node: int, day: int) -> dict[int, int]:
        """Owners of the meters that count as entered at a node on a day, by meter."""
        key = node, day
        if key not in self._meters:
            about = f"the meters entered at node {node}"
            self._meters[key] = dict(self._nodes.agreed(about, lambda: self._entered(node, day)))
        return self._meters[key]

    def _entered(self, node: int, day: int) -> tuple[tuple[int, int], ...]:
        told = self._chain.logs(CONTRACT, "MeterEntered", topics=[f"0x{node:064x}"])
        return tuple((e["meter"], e["owner"]) for e in told if e["since"] <= day)

    def enrolled(self, node: int, interval: int) -> tuple[int, ...]:
        """Others that have lines in an interval, by number."""
        about = f"accounts enrolled at node {node}"
        return self._nodes.agreed(about, lambda: self._enrolled(node, interval))

    def _enrolled(self, node: int, interval: int) -> tuple[int, ...]:
        day = interval // self._per_day
        first = first_since(self._chain, (day - 1) * DAY_S)  # a gate is less than a day ahead
        topics = [f"0x{node:064x}"]
        told = self._chain.logs(CONTRACT, "AccountEnrolled", first=first, topics=topics)
        since = range(day * self._per_day, interval + 1)
        return tuple(sorted({event["account"] for event in told if event["interval"] in since}))

    def lacking(self, node: int, market: IntervalBids, accounts: Set[int]) -> list[Enrolment]:
        """Those among the accounts of a run that have no line on the chain yet."""
        day = market.interval // self._per_day
        strangers = sorted(accounts - set(self.of(node, day)))
        views = ((CONTRACT, "firstLineOf", (node, day, account)) for account in strangers)
        return [
            Enrolment(node, day, market.interval, account, market.shown(account), market.margins)
            for account, first in zip(strangers, self._chain.call_many(views), strict=True)
            if not 0 < first <= market.interval
        ]
