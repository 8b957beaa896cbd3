"""What events tell of every batch of credits: its serial numbers, whence they come and where each went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from tonne.audit.replay.currency import ZERO
from tonne.audit.replay.events import Dated
from tonne.evidence.project_sites import degrees

#: `Exit` of IUnit1155, as people read it.
EXITS: Final = {
    1: "surrendered",
    2: "retired",
    3: "cancelled",
    4: "clawed back",
    5: "expired",
    6: "banked",
    7: "invalidated",
    8: "reversed",
    9: "released",
}
REDUCTION, REMOVAL = 1, 2
FOREST: Final = 1


@dataclass(frozen=True, slots=True)
class Serials:
    """A run of serial numbers of one fate."""

    registry: int
    series: int
    first: int
    last: int
    exit: int = 0  # kind; 0 still there
    ref: int = 0  #  what the exit answers
    time: int = 0  # [s] of the exit

    @property
    def amount(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Traits:
    """What a project or another registry's batch is about."""

    activity: int
    kind: int
    country: int
    place: str | None = None  # latitude, longitude [degrees]; another registry's is not told


@dataclass(slots=True)
class Batch:
    """One id of the credits' contract."""

    unit: int
    traits: Traits | None = None
    blocks: list[Serials] = field(default_factory=list)  # as issued
    gone: list[Serials] = field(default_factory=list)
    issued: int = 0  # [t]
    buffer: int = 0  # [t] in it now
    leaving: int = 0  # [t] waiting to go back to another registry

    @property
    def vintage(self) -> int:
        return self.unit >> 64 & 0xFFFF

    def left(self) -> list[Serials]:
        """What has not left yet."""
        gone = sorted(self.gone, key=lambda s: s.first)
        found = []
        for block in self.blocks:
            first = block.first
            for out in gone:
                if (out.registry, out.series) != (block.registry, block.series):
                    continue
                if out.last < first or out.first > block.last:
                    continue
                if first < out.first:
                    found.append(Serials(block.registry, block.series, first, out.first - 1))
                first = out.last + 1
            if first <= block.last:
                found.append(Serials(block.registry, block.series, first, block.last))
        return found


class BatchesReplay:
    """All batches, from the events of projects, issuers and units."""

    def __init__(self, credits_address: str, leaving_address: str | None = None) -> None:
        self.credits = credits_address
        self.leaving = leaving_address
        self.batches: dict[int, Batch] = {}
        self._methods: dict[int, tuple[int, int]] = {}
        self._projects: dict[int, Traits] = {}

    def apply(self, dated: Dated) -> None:
        handler = getattr(self, f"_on_{dated.event.name}", None)
        if handler:
            handler(dated.event.args, dated)

    # Where batches come from

    def _on_MethodologySet(self, a: dict, _dated: Dated) -> None:
        self._methods[a["id"]] = (a["methodology"].activity, a["methodology"].kind)

    def _on_ProjectRegistered(self, a: dict, _dated: Dated) -> None:
        activity, kind = self._methods[a["methodology"]]
        self._projects[a["id"]] = Traits(activity, kind, a["hostCountry"], degrees(a["location"]))

    def _on_CreditsIssued(self, a: dict, _dated: Dated) -> None:
        self._batch(a["id"]).traits = self._projects[a["project"]]

    _on_ExAnteIssued = _on_CreditsIssued

    def _on_BatchOpened(self, a: dict, _dated: Dated) -> None:
        terms = a["terms"]
        self._batch(a["id"]).traits = Traits(terms.activity, terms.kind, terms.hostCountry)

    # Serial numbers

    def _on_BatchIssued(self, a: dict, _dated: Dated) -> None:
        batch = self._batch(a["id"])
        batch.blocks.append(Serials(1, 0, a["firstSerial"], a["lastSerial"]))
        if "project" in a:
            batch.traits = self._projects[a["project"]]

    def _on_BlockIssued(self, a: dict, _dated: Dated) -> None:
        block = a["block_"]
        serials = Serials(block.registry, block.series, block.first, block.last)
        self._batch(a["id"]).blocks.append(serials)

    def _on_UnitsIssued(self, a: dict, dated: Dated) -> None:
        if dated.event.address == self.credits:
            self._batch(a["id"]).issued += a["amount"]

    def _on_SerialsAttached(self, a: dict, dated: Dated) -> None:
        ref = int.from_bytes(a["ref"], "big")
        for b in a["blocks"]:
            gone = Serials(b.registry, b.series, b.first, b.last, a["kind"], ref, dated.time)
            self._batch(a["id"]).gone.append(gone)

    def _on_TransferSingle(self, a: dict, dated: Dated) -> None:
        if dated.event.address == self.credits:
            self._moved(a["from"], a["to"], a["id"], a["value"])

    def _on_TransferBatch(self, a: dict, dated: Dated) -> None:
        if dated.event.address == self.credits:
            for unit, amount in zip(a["ids"], a["values"], strict=True):
                self._moved(a["from"], a["to"], unit, amount)

    def _moved(self, source: str, target: str, unit: int, amount: int) -> None:
        batch = self._batch(unit)
        for who, sign in ((source, -1), (target, 1)):
            if who == self.credits:
                batch.buffer += sign * amount
            elif who == self.leaving and who != ZERO:
                batch.leaving += sign * amount

    def _batch(self, unit: int) -> Batch:
        return self.batches.setdefault(unit, Batch(unit))


def pieces(serials: Serials, cuts: list[int]) -> Iterator[Serials]:
    """The run, cut so that each number of `cuts` inside it begins a piece."""
    starts = [serials.first, *sorted(c for c in set(cuts) if serials.first < c <= serials.last)]
    for start, following in zip(starts, [*starts[1:], serials.last + 1], strict=True):
        yield replace(serials, first=start, last=following - 1)
