"""Replay of PowerGrid: nodes, and the arcs between them as they were at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import SchemesReplay
from tonne.chain.client import Chain
from tonne.constants import PPM
from tonne.power.encoding import Arc

ARCS_PER_NODE: Final = 2  # places of a scheme
MARKET: Final = 16  # `Powers` of ISchemes


class PowerGridReplay(ContractReplay):
    """Nodes and versions of arcs, each with the moment from which it holds [s]."""

    contract = "PowerGrid"

    def __init__(self, chain: Chain, schemes: SchemesReplay) -> None:
        super().__init__()
        names = ("NOTICE", "MAX_EFFICIENCY", "NODES_PER_SCHEME")
        self.notice, self.most, self.share = (chain.call(self.contract, name) for name in names)
        self.schemes = schemes
        self.nodes: list[Any] = []  # `GridNode`
        self.arcs: list[list[Arc]] = []  # versions of each
        self.meters: dict[tuple[int, int], tuple[int, int]] = {}  # by arc and version

    def may(self, officer: str, number: int) -> bool:
        """Whether an officer has the power over a node."""
        node = self.nodes[number]
        return self.schemes.may(officer, node.scheme, node.jurisdiction, MARKET)

    def _on_NodeAdded(self, a: Args, at: Dated) -> None:
        node, number = a["terms"], a["node"]
        same = {(n.scheme, n.carrier, n.region) for n in self.nodes}
        self._require(
            number == len(self.nodes)
            and a["scheme"] == node.scheme > 0
            and node.carrier > 0
            and (node.scheme, node.carrier, node.region) not in same
            and sum(n.scheme == node.scheme for n in self.nodes) < self.share
            and node.since == at.time + self.notice,
            f"node {number} does not follow",
        )
        self.nodes.append(node)
        self._require(self.may(a["officer"], len(self.nodes) - 1), f"officer of node {number}")

    def _on_ArcSet(self, a: Args, at: Dated) -> None:
        number, version, ends, terms = a["arc"], a["version"], (a["from"], a["to"]), a["terms"]
        about = f"version {version} of arc {number}"
        if max(ends) >= len(self.nodes) or number > len(self.arcs):
            self.faults.append(f"{about} does not follow")
            return
        line = self.nodes[ends[0]].carrier == self.nodes[ends[1]].carrier
        arc = Arc(
            start=ends[0],
            end=ends[1],
            efficiency=terms.efficiencyPpm,
            capacity=terms.capacityWh,
            cost=terms.cost,
            line=line,
            table=terms.table,
            version=version,
            since=a["since"],
        )
        if number == len(self.arcs):
            self.arcs.append([])
        versions = self.arcs[number]
        kept = not versions or (versions[0].start, versions[0].end) == ends
        self._require(
            kept
            and version == len(versions) + 1
            and ends[0] != ends[1]
            and 0 < arc.efficiency <= (PPM if line else self.most)
            and (version > 1 or self._has_room(ends[0]))
            and arc.since == at.time + self.notice,
            f"{about} does not follow",
        )
        self._require(all(self.may(a["officer"], end) for end in ends), f"officer of {about}")
        versions.append(arc)
        self.meters[number, version] = (terms.meterFrom, terms.meterTo)

    def _has_room(self, start: int) -> bool:
        """Whether the scheme of a node may add an arc that starts at one of its nodes."""
        scheme = self.nodes[start].scheme
        taken = sum(self.nodes[v[0].start].scheme == scheme for v in self.arcs if v)
        return bool(taken < ARCS_PER_NODE * self.share)

    # The grid at a moment

    def nodes_at(self, time: int) -> int:
        """Number of nodes at `time` [s]."""
        return sum(node.since <= time for node in self.nodes)

    def arcs_at(self, time: int) -> list[Arc]:
        """Arcs at `time` [s], in order of their numbers."""
        found = [self._version(versions, time) for versions in self.arcs]
        return [arc for arc in found if arc is not None]

    @staticmethod
    def _version(versions: list[Arc], time: int) -> Arc | None:
        return next((arc for arc in reversed(versions) if arc.since <= time), None)

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        counts = (len(self.nodes), len(self.arcs))
        yield Check(self.contract, "counts", (), counts, "numbers of nodes and arcs")
        for number, node in enumerate(self.nodes):
            yield Check(self.contract, "node", (number,), tuple(node), f"node {number}")
        moments = {now} | {arc.since for versions in self.arcs for arc in versions}
        for time in sorted(moments | {node.since for node in self.nodes}):
            words = [arc.word() for arc in self.arcs_at(time)]
            expected = (self.nodes_at(time), words)
            yield Check(self.contract, "gridAt", (time,), expected, f"grid at {time}")
            if expected[0]:
                args = (time, words)
                yield Check(self.contract, "checkArcs", args, expected[0], f"arcs at {time}")
        for (number, version), meters in self.meters.items():
            about = f"meters of version {version} of arc {number}"
            yield Check(self.contract, "metersOf", (number, version), meters, about)
