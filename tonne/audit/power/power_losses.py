"""Replay of PowerLosses: lines, loss curves, and losses charged, held and decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.evidence.meter_oracle import POSTED, MeterOracleReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.audit.rules.schemes import SchemesReplay
from tonne.constants import CHANGE_S, PPM
from tonne.crypto.merkle_sum import Sums
from tonne.power.losses import LossCurve

NONE, CHARGED, HELD, SETTLED = range(4)  # `LossStatus`
METER: Final = 2048  # `Powers` of ISchemes

Place = tuple[int, int]  # area or line, start


@dataclass(slots=True)
class BookedAreaLoss:
    """Loss of an area in one interval [Wh]."""

    injected: int = 0
    withdrawn: int = 0
    measured: int = 0
    modelled: int = 0
    charged: int = 0
    lines: int = 0
    status: int = NONE

    def word(self) -> tuple[int, ...]:
        """`AreaLoss` of IPowerLosses."""
        sums = (self.injected, self.withdrawn, self.measured, self.modelled, self.charged)
        return (*sums, self.lines, self.status)


class PowerLossesReplay(ContractReplay):
    """Lines, areas and the losses booked for them."""

    contract = "PowerLosses"

    def __init__(self, meters: MeterOracleReplay, schemes: SchemesReplay) -> None:
        super().__init__()
        self.meters, self.schemes = meters, schemes
        self.lines: dict[int, Any] = {}  # `Line` of IPowerLosses
        self.curves: dict[int, list[Any]] = defaultdict(list)  # `LossCurve`s of a line
        self.counts: dict[int, list[tuple[int, int]]] = defaultdict(list)  # [s], lines from then on
        self.bounds: dict[int, int] = {}
        self.of_lines: dict[Place, list[int]] = {}  # `LineLoss`
        self.of_areas: dict[Place, BookedAreaLoss] = defaultdict(BookedAreaLoss)
        self.disputes: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._held: dict[tuple[int, int, int], tuple[int, int]] = {}  # that must be in dispute

    def _may(self, officer: str, area: int) -> bool:
        node = self.meters.nodes[area]
        return self.schemes.may(officer, node.scheme, node.jurisdiction, METER)

    # Lines

    def _on_LineRegistered(self, a: Args, at: Dated) -> None:
        number, line = a["id"], a["line"]
        known = {line.meterIn, line.meterOut} <= self.meters.meters.keys()
        self._require(
            number == len(self.lines) + 1
            and a["area"] == line.area
            and known
            and line.meterIn != line.meterOut
            and line.validUntil == 0
            and self._may(a["officer"], line.area),
            f"line {number} does not follow",
        )
        self.lines[number] = line
        self._count(line.area, line.validFrom, 1, at.time)

    def _on_LineClosed(self, a: Args, at: Dated) -> None:
        line = self.lines[a["id"]]
        right = line.validUntil == 0 and self._may(a["officer"], line.area)
        self._require(right, f"end of line {a['id']}")
        self.lines[a["id"]] = line._replace(validUntil=a["validUntil"])
        self._count(line.area, a["validUntil"], -1, at.time)

    def _on_LineWithdrawn(self, a: Args, at: Dated) -> None:
        line, closing = self.lines[a["id"]], a["closing"]
        when = line.validUntil if closing else line.validFrom
        counts, change = self.counts[line.area], 1 if closing else -1
        pending = when > at.time and when >= counts[-1][0]
        state = line.validUntil > line.validFrom if closing else line.validUntil == 0
        right = pending and state and self._may(a["officer"], line.area)
        self._require(right, f"withdrawal of line {a['id']}")
        lines = counts[-1][1] + change
        counts[:] = [(time, kept) for time, kept in counts if time < when]
        if lines != (counts[-1][1] if counts else 0):
            counts.append((when, lines))
        self.lines[a["id"]] = line._replace(validUntil=0 if closing else line.validFrom)

    def _count(self, area: int, at: int, change: int, time: int) -> None:
        counts = self.counts[area]
        last, lines = counts[-1] if counts else (0, 0)
        right = max(last, time) <= at <= time + CHANGE_S
        self._require(right, f"a change of the lines of area {area} at {at}")
        counts.append((at, lines + change))

    def _lines_at(self, area: int, start: int) -> int:
        return next((lines for at, lines in reversed(self.counts[area]) if at <= start), 0)

    def _on_LossCurveSet(self, a: Args, at: Dated) -> None:
        number, curve = a["id"], a["curve"]
        curves, line = self.curves[number], self.lines[number]
        if len(curves) > 1 and _from(curves[-1]) > at.time:
            curves.pop()  # a version to come is replaced
        earliest = max(_from(curves[-1]) + 1, at.time) if curves else line.validFrom
        self._require(
            a["version"] == len(curves) + 1
            and curve.linearPpm <= curve.mostPpm <= PPM
            and earliest <= _from(curve) <= at.time + CHANGE_S
            and self._may(a["officer"], line.area),
            f"curve {a['version']} of line {number}",
        )
        curves.append(curve)
        self.lines[number] = line._replace(versions=len(curves))

    def _on_AreaBoundSet(self, a: Args, _: Dated) -> None:
        right = a["mostPpm"] <= PPM and self._may(a["officer"], a["area"])
        self._require(right, f"bound of area {a['area']}")
        self.bounds[a["area"]] = a["mostPpm"]

    # Losses

    def _on_LineLossBooked(self, a: Args, at: Dated) -> None:
        number, start, loss = a["id"], a["start"], a["loss"]
        line, about = self.lines[number], f"loss of line {number} at {start}"
        self._require((number, start) not in self.of_lines, f"{about} booked twice")
        counts = line.validFrom <= start and (line.validUntil == 0 or start < line.validUntil)
        begun = [v for v, c in enumerate(self.curves[number], 1) if _from(c) <= start]
        self._require(counts and loss.version == max(begun, default=0), f"{about}: curve")
        for meter in (line.meterIn, line.meterOut):
            place = (self.meters.meters[meter].node, start)
            final = place in self.meters.roots and self.meters.is_final(place, at.time)
            self._require(final, f"{about}: root not final")

        curve = self.curves[number][loss.version - 1]
        lost, most = loss.inWh - loss.outWh, loss.inWh * curve.mostPpm // PPM
        plausible = 0 <= lost <= most
        modelled = LossCurve(curve.noLoadWh, curve.linearPpm, curve.quadraticWh)
        stated = (loss.modelledWh, loss.status)
        wanted = (modelled.modelled_wh(loss.inWh), CHARGED if plausible else HELD)
        self._require(stated == wanted and a["area"] == line.area, f"{about}: {stated}")
        self.of_lines[number, start] = list(loss)
        area = self.of_areas[line.area, start]
        area.measured += lost
        area.modelled += loss.modelledWh
        area.lines += 1
        if not plausible:
            self._held[line.area, start, number] = (lost, most)

    def _on_AreaLossBooked(self, a: Args, at: Dated) -> None:
        place = (a["area"], a["start"])
        area, about = self.of_areas[place], f"loss of area {place}"
        root = self.meters.roots[place]
        final = root.status == POSTED and self.meters.is_final(place, at.time)
        self._require(final and area.status == NONE, f"{about}: not to be booked")
        self._require(area.lines == self._lines_at(*place), f"{about}: lines missing")
        sums = Sums.of(root.sums)
        area.injected, area.withdrawn = sums.export_wh, sums.import_wh
        lost = area.injected - area.withdrawn + area.measured
        bound = self.bounds.get(a["area"], 0)
        most = area.injected * bound // PPM if bound else area.injected
        plausible = 0 <= lost <= most
        area.charged, area.status = (lost, CHARGED) if plausible else (0, HELD)
        self._require(tuple(a["loss"]) == area.word(), f"{about}: {tuple(a['loss'])}")
        if not plausible:
            self._held[(*place, 0)] = (lost, most)

    def _on_LossDisputed(self, a: Args, _: Dated) -> None:
        self.disputes[a["area"], a["start"], a["line"]] = (a["lossWh"], a["mostWh"])

    def _on_LossDecided(self, a: Args, _: Dated) -> None:
        place, line = (a["area"], a["start"]), a["line"]
        about = f"decision on {(*place, line)}"
        self._require(self._may(a["officer"], a["area"]), f"{about}: officer")
        if line:
            loss = self.of_lines[line, a["start"]]
            held = loss[-1] == HELD and self.lines[line].area == a["area"]
            self._require(held and a["chargedWh"] == 0, f"{about}: not held")
            loss[-1] = SETTLED
            return
        area = self.of_areas[place]
        right = area.status == HELD and a["chargedWh"] <= area.injected
        self._require(right, f"{about}: not held, or too much")
        area.charged, area.status = a["chargedWh"], SETTLED

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        tally.value(self.contract, "losses held and in dispute", self._held, self.disputes)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        for number, line in self.lines.items():
            yield Check(self.contract, "line", (number,), tuple(line), f"line {number}")
            for version, curve in enumerate(self.curves[number], 1):
                about = f"curve {version} of line {number}"
                yield Check(self.contract, "curve", (number, version), tuple(curve), about)
        for area, counts in self.counts.items():
            for at, _ in counts:
                lines = self._lines_at(area, at)
                yield Check(
                    self.contract, "linesOf", (area, at), lines, f"lines of area {area} at {at}"
                )
        for area in sorted({*self.bounds, *self.counts}):
            bound = self.bounds.get(area, 0)
            yield Check(self.contract, "areaBound", (area,), bound, f"bound of area {area}")
        for place, loss in self.of_lines.items():
            yield Check(self.contract, "lineLoss", place, tuple(loss), f"loss of line {place}")
        for place, found in self.of_areas.items():
            yield Check(self.contract, "areaLoss", place, found.word(), f"loss of area {place}")


def _from(curve: Any) -> int:
    """`from` of a `LossCurve`: no name in Python."""
    since: int = curve[3]
    return since
