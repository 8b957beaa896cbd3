"""Batches of credits for exports: origin of each, its serial numbers, and the exit of each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tonne.audit.replay.contract_replay import Args, ContractReplay, follows
from tonne.audit.replay.events import Dated
from tonne.audit.units.offset_credits import ACTIVE
from tonne.evidence.project_sites import degrees
from tonne.types import unit_id
from tonne.types.ids import UnitId

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
    10: "set apart",
}
REDUCTION, REMOVAL = 1, 2
FOREST: Final = 1
LAND: Final = 6  # soil, rice, livestock


@dataclass(frozen=True, slots=True)
class SerialRun:
    """A run of serial numbers with one exit, or with none."""

    registry: int
    series: int
    first: int
    last: int
    exit: int = 0  # kind; 0 still there
    ref: int = 0  # reference of the exit
    time: int = 0  # [s] of the exit
    wallet: str = ""  # that gave it up

    @property
    def amount(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class BatchTraits:
    """Activity, kind and place of a project, or of another registry's batch."""

    activity: int
    kind: int
    country: int
    place: str | None = None  # latitude, longitude [degrees]; another registry's is not told


@dataclass(slots=True)
class CreditBatch:
    """One id of the credits' contract."""

    unit: UnitId
    traits: BatchTraits | None = None
    blocks: list[SerialRun] = field(default_factory=list)  # as issued
    gone: list[SerialRun] = field(default_factory=list)
    issued: int = 0  # [t]
    buffer: int = 0  # [t] in it now
    leaving: int = 0  # [t] waiting to go back to another registry
    status: int = ACTIVE  # `BatchStatus` of IOffsetCredits
    project: int = 0  # of this registry
    report: int = 0  # monitoring report it was issued for
    source: UnitId | None = None  # batch it was set apart from
    terms: Any = None  # `BatchTerms` of another registry's batch
    #: Another registry's blocks, in its notation.
    originals: list[tuple[SerialRun, str]] = field(default_factory=list)

    @property
    def vintage(self) -> int:
        return unit_id.vintage_of(self.unit)

    def original_of(self, run: SerialRun) -> str:
        """Serial of another registry's block that a run is of, as written there; empty for others."""
        for block, raw in self.originals:
            same = (block.registry, block.series) == (run.registry, run.series)
            if same and block.first <= run.first and run.last <= block.last:
                return raw
        return ""

    def left(self) -> list[SerialRun]:
        """Serial numbers without an exit, in order of the blocks."""
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
                    found.append(SerialRun(block.registry, block.series, first, out.first - 1))
                first = out.last + 1
            if first <= block.last:
                found.append(SerialRun(block.registry, block.series, first, block.last))
        return found


class CreditBatchesReplay(ContractReplay):
    """All batches, from the events of projects, issuers and units."""

    contract = "OffsetCredits"

    def __init__(self, credits_address: str, leaving_address: str | None = None) -> None:
        super().__init__()
        self.credits = credits_address
        self.leaving = leaving_address
        self.batches: dict[UnitId, CreditBatch] = {}
        self._methods: dict[int, tuple[int, int]] = {}  # activity and kind
        self._projects: dict[int, BatchTraits] = {}
        self.registries: dict[int, str] = {}  # names of others
        self._requested: dict[int, str] = {}  # serials, by request

    # Origin

    @follows("Projects")
    def _on_MethodologySet(self, a: Args, _: Dated) -> None:
        self._methods[a["id"]] = (a["methodology"].activity, a["methodology"].kind)

    @follows("Projects")
    def _on_ProjectRegistered(self, a: Args, _: Dated) -> None:
        activity, kind = self._methods[a["methodology"]]
        self._projects[a["id"]] = BatchTraits(
            activity, kind, a["hostCountry"], degrees(a["location"])
        )

    @follows("Issuance")
    def _on_CreditsIssued(self, a: Args, _: Dated) -> None:
        batch = self._batch(a["id"])
        batch.project, batch.traits = a["project"], self._projects[a["project"]]
        batch.report = a.get("reportId", 0)

    _on_ExAnteIssued = _on_CreditsIssued

    @follows("Issuance")
    def _on_ExAnteVerified(self, a: Args, _: Dated) -> None:
        self._batch(a["id"]).report = a["reportId"]

    @follows("Immobilisation")
    def _on_RegistryAdded(self, a: Args, _: Dated) -> None:
        self.registries[a["registry"]] = a["terms"].name

    @follows("Immobilisation")
    def _on_BatchOpened(self, a: Args, _: Dated) -> None:
        terms, batch = a["terms"], self._batch(a["id"])
        batch.terms = terms
        batch.traits = BatchTraits(terms.activity, terms.kind, terms.hostCountry)

    @follows("Immobilisation")
    def _on_ImmobilisationRequested(self, a: Args, _: Dated) -> None:
        self._requested[a["request"]] = a["serial"]

    @follows("Immobilisation")
    def _on_BlockImmobilised(self, a: Args, _: Dated) -> None:
        b, raw = a["block_"], a["serial"] or self._requested.get(a["request"], "")
        run = SerialRun(*block_of(b))
        self._batch(a["id"]).originals.append((run, raw))

    @follows("Issuance")
    def _on_BatchSetApart(self, a: Args, _: Dated) -> None:
        batch, source = self._batch(a["id"]), self._batch(a["source"])
        batch.traits, batch.project, batch.report = source.traits, source.project, source.report
        batch.source = source.unit

    # Serial numbers

    @follows("OffsetCredits")
    def _on_BatchIssued(self, a: Args, _: Dated) -> None:
        batch = self._batch(a["id"])
        batch.blocks.append(SerialRun(1, 0, a["firstSerial"], a["lastSerial"]))
        batch.status = a["status"]
        if "project" in a:
            batch.project, batch.traits = a["project"], self._projects[a["project"]]

    @follows("OffsetCredits")
    def _on_BatchStatusChanged(self, a: Args, _: Dated) -> None:
        self._batch(a["id"]).status = a["status"]

    @follows("OffsetCredits")
    def _on_BlockIssued(self, a: Args, _: Dated) -> None:
        block = a["block_"]
        serials = SerialRun(*block_of(block))
        self._batch(a["id"]).blocks.append(serials)

    @follows("OffsetCredits")
    def _on_UnitsIssued(self, a: Args, at: Dated) -> None:
        self._batch(a["id"]).issued += a["amount"]

    @follows("OffsetCredits")
    def _on_SerialsAttached(self, a: Args, at: Dated) -> None:
        ref = int.from_bytes(a["ref"], "big")
        for b in a["blocks"]:
            exit_ = (a["kind"], ref, at.time, a["from"])
            self._batch(a["id"]).gone.append(SerialRun(*block_of(b), *exit_))

    @follows("OffsetCredits")
    def _on_TransferSingle(self, a: Args, at: Dated) -> None:
        self._moved(a["from"], a["to"], a["id"], a["value"])

    @follows("OffsetCredits")
    def _on_TransferBatch(self, a: Args, at: Dated) -> None:
        for unit, amount in zip(a["ids"], a["values"], strict=True):
            self._moved(a["from"], a["to"], unit, amount)

    def _moved(self, source: str, target: str, unit: UnitId, amount: int) -> None:
        batch = self._batch(unit)
        for who, sign in ((source, -1), (target, 1)):
            if who == self.credits:
                batch.buffer += sign * amount
            elif who == self.leaving:
                batch.leaving += sign * amount

    def _batch(self, unit: UnitId) -> CreditBatch:
        return self.batches.setdefault(unit, CreditBatch(unit))


def block_of(block: Any) -> tuple[int, int, int, int]:
    """Registry, series, first and last number of a `SerialBlock`."""
    return block.registry, block.series, block.first, block.last


def pieces(serials: SerialRun, cuts: list[int]) -> Iterator[SerialRun]:
    """The run, cut so that each number of `cuts` inside it begins a piece."""
    starts = [serials.first, *sorted(c for c in set(cuts) if serials.first < c <= serials.last)]
    for start, following in zip(starts, [*starts[1:], serials.last + 1], strict=True):
        yield replace(serials, first=start, last=following - 1)
