"""Replay of PlantMeters: output measured by a plant's meters, and reports held for exceeding it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay
from tonne.audit.evidence.meter_oracle import MeterOracleReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.constants import HOUR_S
from tonne.crypto.merkle_sum import Sums
from tonne.types.ids import InstallationId

WH_PER_KWH: Final = 1_000
WH_PER_MWH: Final = 1_000_000


class PlantMetersReplay(ContractReplay):
    """Nodes of plants, the intervals counted for their output, and the reports held."""

    contract = "PlantMeters"

    def __init__(
        self,
        meters: MeterOracleReplay,
        parties: ParticipantsReplay,
        oracle: EmissionsOracleReplay,
    ) -> None:
        super().__init__()
        self.meters, self.parties, self.oracle = meters, parties, oracle
        self.nodes: dict[InstallationId, int] = {}  # by installation
        self.counted: dict[tuple[int, int], set[int]] = defaultdict(set)  # starts, by node and year
        self.export_wh: dict[tuple[int, int], int] = defaultdict(int)

    def _on_PlantLinked(self, a: Args, _: Dated) -> None:
        if a["node"] in self.nodes.values():
            self.faults.append(f"node {a['node']} is of two plants")
        self.nodes[a["installation"]] = a["node"]

    def _on_OutputCounted(self, a: Args, at: Dated) -> None:
        node, year = a["node"], a["year"]
        step = self.meters.nodes[node].intervalS
        starts = range(a["first"], a["first"] + a["intervals"] * step, step)
        mine, measured = self.counted[node, year], 0
        about = f"intervals of {node} counted from {a['first']} on"
        begin, end = self._begin(node, year), self._begin(node, year + 1)
        inside = begin <= starts[0] and starts[-1] + step <= end
        if not inside or mine.intersection(starts) or self.nodes[a["installation"]] != node:
            self.faults.append(about)
        for start in starts:
            root = self.meters.roots.get((node, start))
            sums = Sums.of(root.sums) if root else None
            if sums is None or sums.held or not self.meters.is_final((node, start), at.time):
                self.faults.append(f"{about}: {start} is not final")
            else:
                measured += sums.export_wh
        if measured != a["exportWh"]:
            self.faults.append(f"{about}: {measured} Wh in the roots, {a['exportWh']} counted")
        mine.update(starts)
        self.export_wh[node, year] += a["exportWh"]

    def _on_ReportHeld(self, a: Args, _: Dated) -> None:
        key = (a["installation"], a["year"])
        reported, most = self.oracle.records[key].power_mwh, self.most_mwh(*key)
        if (a["reportedMwh"], a["mostMwh"]) != (reported, most) or reported <= most:
            self.faults.append(f"report of {key} is held")

    def _begin(self, node: int, year: int) -> int:
        """First moment of a year in the zone of the node's scheme [s]."""
        return _second(year) - self._offset(node)

    def _year(self, node: int, moment: int) -> int:
        return datetime.fromtimestamp(moment + self._offset(node), UTC).year

    def _offset(self, node: int) -> int:
        return self.oracle.schemes.schemes[self.meters.nodes[node].scheme].utc_offset

    def most_mwh(self, installation: InstallationId, year: int) -> int:
        """Output counted, and the plant's capacity for the rest of the year; rounded up [MWh]."""
        key = (self.nodes[installation], year)
        step: int = self.meters.nodes[key[0]].intervalS
        rest_s = _second(year + 1) - _second(year) - len(self.counted[key]) * step
        capacity_kw = self.parties.installations[installation].capacity_kw
        rest_wh = -(-capacity_kw * WH_PER_KWH * rest_s // HOUR_S)
        return -(-(self.export_wh[key] + rest_wh) // WH_PER_MWH)

    # Comparison

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for plant, node in self.nodes.items():
            yield Check(self.contract, "nodeOf", (plant,), node, f"node of plant {plant}")
        posted = {(node, self._year(node, at)) for node, at in self.meters.roots}
        plants = {node: plant for plant, node in self.nodes.items()}
        for key in sorted(key for key in posted if key[0] in plants):
            plant, year = plants[key[0]], key[1]
            counted = (self.export_wh[key], len(self.counted[key]))
            yield Check(
                self.contract, "countedOf", (plant, year), counted, f"counted of {plant} in {year}"
            )
            most = self.most_mwh(plant, year)
            yield Check(self.contract, "mostMwh", (plant, year), most, f"most of {plant} in {year}")


def _second(year: int) -> int:
    """First moment of a year, UTC [s]."""
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
