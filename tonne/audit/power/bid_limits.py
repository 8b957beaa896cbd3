"""Replay of BidLimits: who may bid how much at a node, and what was metered there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from tonne.audit.power.power_grid import PowerGridReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.constants import DAY_S, HOUR_S, ZERO_WORD
from tonne.power.encoding import BID

WEEK_S: Final = 7 * DAY_S
WEEKS: Final = 4
LEAST_CONNECTIONS: Final = 10
MOST_STEPS: Final = 8_000
MOST_NODE_STEPS: Final = 64
#: Energy that the chain keeps of an hour at most [Wh].
MOST_WH: Final = 2**30 - 1

Terms = tuple[int, int, int, int]  # connections, import, export [Wh], steps


class BidLimitsReplay(ContractReplay):
    """Terms of bidders by node, each with the moment from which they hold [s]."""

    contract = "BidLimits"

    def __init__(self, grid: PowerGridReplay) -> None:
        super().__init__()
        self.grid = grid
        self.terms: dict[tuple[int, int], list[tuple[int, Terms]]] = defaultdict(list)
        self.joined: dict[int, list[tuple[int, int]]] = defaultdict(list)  # connections of a node
        self.customers: dict[int, tuple[bytes, int, set[int]]] = {}  # with the nodes it is of
        self.operators: dict[int, int] = {}
        self.expected: dict[int, tuple[int, int]] = {}
        self.metered: dict[int, list[tuple[int, int, int]]] = defaultdict(list)

    def _officer(self, a: Args, about: str) -> None:
        self._require(self.grid.may(a["officer"], a["node"]), f"officer of {about}")

    def _on_BiddersRegistered(self, a: Args, at: Dated) -> None:
        node, since = a["node"], a["since"]
        about = f"bidders of node {node}"
        self._officer(a, about)
        before = self.joined[node][-1] if self.joined[node] else (0, 0)
        follows = since == at.time + self.grid.notice and at.time >= before[0]
        self._require(follows and len(set(a["bidders"])) == len(a["bidders"]), f"{about}: time")
        connections = before[1]
        for bidder, terms in zip(a["bidders"], map(tuple, a["terms"]), strict=True):
            history = self.terms[node, bidder]
            connections += terms[0] - (history[-1][1][0] if history else 0)
            free = terms[0] == 0 or self.operators.get(node) != bidder
            self._require(free and terms[3] <= MOST_NODE_STEPS, f"{about}: {bidder}")
            history.append((since, terms))
        self.joined[node].append((since, connections))
        steps = sum(history[-1][1][3] for history in self.terms.values() if history)
        self._require(steps <= MOST_STEPS, f"{about}: steps")

    def _on_CustomersSet(self, a: Args, _: Dated) -> None:
        bidder, officer = a["bidder"], a["officer"]
        places = self._places(bidder)
        may = all(self.grid.may(officer, node) for node in places)
        self._require(may, f"officer of customers of {bidder}")
        self.customers[bidder] = a["customers"], a["connections"], places

    def _on_OperatorNamed(self, a: Args, _: Dated) -> None:
        node, operator = a["node"], a["operator"]
        self._officer(a, f"operator of node {node}")
        history = self.terms.get((node, operator), [])
        aggregates = any(terms[0] for _, terms in history[-2:])
        self._require(not aggregates, f"operator of node {node}: an aggregator")
        self.operators[node] = operator

    def _on_ExpectedSet(self, a: Args, _: Dated) -> None:
        self._officer(a, f"expected energy of node {a['node']}")
        self.expected[a["node"]] = a["importWh"], a["exportWh"]

    def _on_MeteringCounted(self, a: Args, _: Dated) -> None:
        self.metered[a["node"]].append((a["start"], a["importWh"], a["exportWh"]))

    def _places(self, bidder: int) -> set[int]:
        """Nodes where it has steps, by the terms to come."""
        return {node for (node, who), h in self.terms.items() if who == bidder and h[-1][1][3]}

    # Views for other replays

    def customers_of(self, bidder: int) -> tuple[bytes, int]:
        """Root and number of its list; none once it has steps at a node that the list was not of."""
        root, connections, places = self.customers.get(bidder, (ZERO_WORD, 0, set()))
        return (root, connections) if self._places(bidder) <= places else (ZERO_WORD, 0)

    def terms_at(self, node: int, bidder: int, time: int) -> Terms:
        history = [terms for since, terms in self.terms.get((node, bidder), []) if since <= time]
        return history[-1] if history else (0, 0, 0, 0)

    def highest(self, node: int, time: int) -> tuple[int, int]:
        """Metered in an interval of that hour of day, in four weeks, at most [Wh]: import, export."""
        week = time // WEEK_S
        last = 0  # a week that has begun drops what came later for one before it
        found: list[tuple[int, int]] = []
        for start, imported, exported in self.metered[node]:
            if start // HOUR_S % 24 != time // HOUR_S % 24:
                continue
            last = max(last, start // WEEK_S)
            if last - WEEKS < start // WEEK_S and start // WEEK_S > max(week, last) - WEEKS:
                found.append((min(imported, MOST_WH), min(exported, MOST_WH)))
        if not any(imported or exported for imported, exported in found):
            return self.expected.get(node, (0, 0))
        return max(i for i, _ in found), max(e for _, e in found)

    def most(self, bidder: int, node: int, side: int, time: int) -> int:
        """[Wh] that it may bid."""
        connections, imported, exported, _ = self.terms_at(node, bidder, time)
        rating = imported if side == BID else exported
        if connections < LEAST_CONNECTIONS:
            return rating
        everybody = [count for since, count in self.joined[node] if since <= time][-1]
        bought, sold = self.highest(node, time)
        return rating + (bought if side == BID else sold) * 3 * connections // (2 * everybody)

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        for node, bidder in sorted(self.terms):
            about = f"bidder {bidder} at node {node}"
            expected: Any = self.terms_at(node, bidder, now)
            yield Check(self.contract, "termsOf", (node, bidder, now), expected, about)
            for side in (0, 1):
                most = self.most(bidder, node, side, now)
                yield Check(self.contract, "mostOf", (bidder, node, side, now), most, about)
        for bidder in sorted(self.customers):
            known = self.customers_of(bidder)
            yield Check(self.contract, "customersOf", (bidder,), known, f"customers of {bidder}")
        for node in range(len(self.grid.nodes)):
            operator = self.operators.get(node, 0)
            yield Check(self.contract, "operatorOf", (node,), operator, f"operator of node {node}")
        for node in sorted({*self.metered, *self.expected}):
            for hour in range(24):
                time = now // DAY_S * DAY_S + hour * HOUR_S
                about = f"metered at node {node} in hour {hour}"
                yield Check(
                    self.contract, "highestOf", (node, time), self.highest(node, time), about
                )
