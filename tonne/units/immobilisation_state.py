"""State of the Immobilisation, rebuilt from its events: registries, issuances, stretches, batches, requests.

The same rules as the contract's, over plain sorted lists. The auditor compares it with the chain; the
command line decides by it what an extract would change, and takes hints from it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tonne.chain.client import Chain
from tonne.types import unit_id
from tonne.units.foreign_serials import SerialBlock

#: `Stretch` of ISerialSets.
REQUESTED, IMMOBILISED, RETIRED, CANCELLED = 1, 2, 3, 4
STRETCHES: Final = ("nothing", "requested", "immobilised", "retired", "cancelled")

#: `RequestKind` of IImmobilisation.
IMMOBILISE, RELEASE = 1, 2
REQUESTS: Final = ("nothing", "immobilise", "release")

#: Blocks that fit a batch of OffsetCredits.
MOST_BLOCKS: Final = 32

#: Terms that the batches of one issuance share.
ISSUANCE_TERMS: Final = ("hostCountry", "vintage", "project", "activity", "kind")


class Run(NamedTuple):
    """Serial numbers as the chain names them, both ends included."""

    registry: int
    series: int
    first: int
    last: int


@dataclass(slots=True)
class Stretch:
    """A run of serial numbers, both ends included, and what it is."""

    first: int
    last: int
    kind: int
    ref: int  # request while requested, number of the batch while immobilised


class Stretches:
    """The stretches of one issuance; none overlaps another."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._by_start: dict[int, Stretch] = {}

    def __iter__(self) -> Iterator[Stretch]:
        return (self._by_start[start] for start in self._starts)

    def before(self, first: int) -> int:
        """Start of the last stretch that begins before `first`, 0 if none does: the contract's hint."""
        place = bisect_left(self._starts, first)
        return self._starts[place - 1] if place else 0

    def overlapping(self, first: int, last: int) -> Stretch | None:
        """The first stretch that shares a number with the block."""
        place = bisect_right(self._starts, first)
        candidates = self._starts[max(place - 1, 0) : place + 1]
        for start in candidates:
            stretch = self._by_start[start]
            if stretch.first <= last and first <= stretch.last:
                return stretch
        return None

    def free_of_uses(self, first: int, last: int) -> list[tuple[int, int]]:
        """The parts of a block that were not used elsewhere, in order."""
        found = []
        for stretch in self:
            if (
                stretch.kind in (RETIRED, CANCELLED)
                and stretch.first <= last
                and first <= stretch.last
            ):
                if first < stretch.first:
                    found.append((first, stretch.first - 1))
                first = stretch.last + 1
        return [*found, *([(first, last)] if first <= last else [])]

    def add(self, first: int, last: int, kind: int, ref: int = 0) -> bool:
        """Whether the block was free; adjacent blocks of one batch are one stretch."""
        if not 0 < first <= last or self.overlapping(first, last):
            return False
        if kind == IMMOBILISED and (before := self.before(first)):
            left = self._by_start[before]
            if left.last + 1 == first and (left.kind, left.ref) == (kind, ref):
                left.last = last
                return True
        insort(self._starts, first)
        self._by_start[first] = Stretch(first, last, kind, ref)
        return True

    def carve(self, first: int, last: int) -> bool:
        """Whether the block lay in one stretch, out of which it is taken."""
        whole = self.overlapping(first, last)
        if whole is None or not whole.first <= first <= last <= whole.last:
            return False
        self._starts.remove(whole.first)
        del self._by_start[whole.first]
        for a, b in ((whole.first, first - 1), (last + 1, whole.last)):
            if a <= b:
                insort(self._starts, a)
                self._by_start[a] = Stretch(a, b, whole.kind, whole.ref)
        return True


@dataclass(slots=True)
class Registry:
    """Another registry."""

    number: int
    name: str
    counts_through: bool
    descriptor: bytes = b""
    keeper: int = 0  # scheme whose officers added it
    largest: int = 0
    series: dict[int, int] = field(default_factory=dict)  # numbers here by number of the issuance
    admitted: set[int] = field(default_factory=set)  # schemes


class Use(NamedTuple):
    """A block retired or cancelled in its own registry."""

    place: tuple[int, int]  # registry and series
    first: int
    last: int
    kind: int
    day: int  # since 1970-01-01; 0 if that registry does not tell it
    serial: str
    beneficiary: str
    officer: str


class Told(NamedTuple):
    """A serial number as its registry writes it, and the block that it was taken for."""

    registry: int
    series: int
    first: int
    last: int
    raw: str
    batch: int  # id; 0 for a use


@dataclass(slots=True)
class Batch:
    """A batch for blocks of another registry."""

    id: int
    number: int
    terms: Mapping[str, Any]
    blocks: list[tuple[int, int, int]] = field(default_factory=list)  # (series, first, last)


@dataclass(slots=True)
class Request:
    """A request that waits."""

    number: int
    kind: int
    batch: Batch
    wallet: str
    series: int = 0
    first: int = 0
    last: int = 0
    amount: int = 0
    serial: str = ""
    until: int = 0  # [s]
    bond: int = 0
    participant: int = 0


class SerialBook:
    """All of it. `faults` says what no honest contract would have told."""

    def __init__(self) -> None:
        self.registries: dict[int, Registry] = {}
        self.sets: dict[tuple[int, int], Stretches] = defaultdict(Stretches)
        self.batches: dict[int, Batch] = {}  # by id
        self.requests: dict[int, Request] = {}
        self.asked = 0  # requests ever made
        #: What came here once, by (registry, series): also what has left again.
        self.brought: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
        self.told: list[Told] = []
        self.uses: list[Use] = []
        self.faults: list[str] = []
        self._proposed: dict[tuple[Any, ...], str] = {}  # who proposed an act of two offices

    @classmethod
    def read(cls, chain: Chain, first_block: int) -> SerialBook:
        book = cls()
        for event in chain.logs("Immobilisation", first=first_block):
            book.apply(event.name, event.args)
        return book

    def handlers(self) -> dict[str, Callable[[Mapping[str, Any]], None]]:
        """By name of the event."""
        prefix = "_on_"
        names = (name for name in dir(self) if name.startswith(prefix))
        return {name.removeprefix(prefix): getattr(self, name) for name in names}

    def apply(self, name: str, args: Mapping[str, Any]) -> None:
        handler = getattr(self, f"_on_{name}", None)
        if handler:
            handler(args)

    # Questions

    def named(self, name: str) -> Registry | None:
        """The registry of this name, if it is numbered."""
        return next((r for r in self.registries.values() if r.name == name), None)

    def place_of(self, block: SerialBlock) -> tuple[int, int] | None:
        """(registry, series) of a block; None while either is not numbered."""
        registry = self.named(block.registry)
        if registry is None:
            return None
        if registry.counts_through:
            return registry.number, 0
        series = registry.series.get(block.issuance)
        return None if series is None else (registry.number, series)

    def overlapping(self, block: SerialBlock) -> Stretch | None:
        place = self.place_of(block)
        return self.sets[place].overlapping(block.first, block.last) if place else None

    def was_brought(self, block: SerialBlock, first: int, last: int) -> bool:
        """Whether a part of a block is made of whole blocks immobilised once, released since or not."""
        place = self.place_of(block)
        reached = {first}
        for start, end in sorted(self.brought[place]) if place else ():
            if start in reached and end <= last:
                reached.add(end + 1)
        return last + 1 in reached

    def uses_of(self, place: tuple[int, int], first: int, last: int) -> list[Use]:
        """Uses elsewhere that share a number with a block and stand on record."""
        return sorted(
            use
            for use in self.uses
            if use.place == place
            and use.first <= last
            and first <= use.last
            and self._stands(use, max(first, use.first), min(last, use.last))
        )

    def _stands(self, use: Use, first: int, last: int) -> bool:
        stretch = self.sets[use.place].overlapping(first, last)
        return stretch is not None and stretch.kind == use.kind

    def here(self, batch: Batch) -> int:
        """Serial numbers of a batch that have not gone back [t]."""
        registry = batch.terms["registry"]
        return sum(
            s.last - s.first + 1
            for series in {series for series, _, _ in batch.blocks}
            for s in self.sets[registry, series]
            if (s.kind, s.ref) == (IMMOBILISED, batch.number)
        )

    def issuance_of(self, registry: int, series: int) -> int:
        """Number of an issuance; 0 where the registry counts through."""
        issuances = self.registries[registry].series
        return next((issuance for issuance, number in issuances.items() if number == series), 0)

    def batches_of(self, place: tuple[int, int]) -> list[Batch]:
        """Batches that ever took a block of an issuance; none where the registry counts through."""
        registry, series = place
        if not series:
            return []
        return [
            batch
            for batch in self.batches.values()
            if batch.terms["registry"] == registry and any(b[0] == series for b in batch.blocks)
        ]

    def places(self, blocks: Iterable[Run]) -> list[tuple[int, int]]:
        """For each block that leaves, in turn: the start of its stretch, and of the stretch before."""
        found = []
        trial: dict[tuple[int, int], Stretches] = {}
        for block in blocks:
            key = (block.registry, block.series)
            stretches = trial.setdefault(key, deepcopy(self.sets[key]))
            whole = stretches.overlapping(block.first, block.last)
            start = whole.first if whole else 0
            found.append((start, stretches.before(start)))
            stretches.carve(block.first, block.last)
        return found

    # Events

    def _on_RegistryAdded(self, a: Mapping[str, Any]) -> None:
        number, terms = a["registry"], a["terms"]
        self._must(number == len(self.registries) + 2, f"registry {number} is out of order")
        self._must(self.named(terms.name) is None, f"registry {terms.name} is there twice")
        self.registries[number] = Registry(
            number, terms.name, terms.countsThrough, terms.descriptor, a["scheme"], terms.largest
        )

    def _on_SchemeAdmitted(self, a: Mapping[str, Any]) -> None:
        admitted = self.registries[a["registry"]].admitted
        (admitted.add if a["admitted"] else admitted.discard)(a["scheme"])

    def _on_DescriptorProposed(self, a: Mapping[str, Any]) -> None:
        self._proposed["descriptor", a["registry"], a["largest"], a["descriptor"]] = a["officer"]

    def _on_DescriptorAdopted(self, a: Mapping[str, Any]) -> None:
        registry = self.registries[a["registry"]]
        self._confirmed(("descriptor", a["registry"], a["largest"], a["descriptor"]), a["officer"])
        registry.descriptor, registry.largest = a["descriptor"], a["largest"]

    def _on_SeriesNumbered(self, a: Mapping[str, Any]) -> None:
        series = self.registries[a["registry"]].series
        issuance = a["issuance"]
        self._must(a["series"] == len(series) + 1, f"issuance {issuance} is out of order")
        self._must(issuance not in series, f"issuance {issuance} is there twice")
        series[issuance] = a["series"]

    def _on_BatchOpened(self, a: Mapping[str, Any]) -> None:
        number = len(self.batches) + 1
        terms = a["terms"]._asdict()
        registry = self.registries[terms["registry"]]
        within = terms["scheme"] == registry.keeper or terms["scheme"] in registry.admitted
        self._must(
            within,
            f"batch {number} is of scheme {terms['scheme']}, not admitted to {registry.name}",
        )
        expected = unit_id.immobilised(terms["scheme"], terms["vintage"], number)
        self._must(a["id"] == expected, f"batch {a['id']:#x} is not what its terms say")
        self.batches[a["id"]] = Batch(a["id"], number, terms)

    def _on_ImmobilisationRequested(self, a: Mapping[str, Any]) -> None:
        b, number = a["block_"], a["request"]
        self._ask(number)
        self._add(b, REQUESTED, number)
        self.told.append(Told(b.registry, b.series, b.first, b.last, a["serial"], a["id"]))
        self.requests[number] = Request(
            number,
            IMMOBILISE,
            self.batches[a["id"]],
            a["wallet"],
            b.series,
            b.first,
            b.last,
            serial=a["serial"],
            until=a["until"],
            bond=a["bond"],
        )

    def _on_BlockImmobilised(self, a: Mapping[str, Any]) -> None:
        b, batch = a["block_"], self.batches[a["id"]]
        if a["request"] == 0:
            self._add(b, IMMOBILISED, batch.number)
            self.told.append(Told(b.registry, b.series, b.first, b.last, a["serial"], a["id"]))
        else:
            request = self._answered(a["request"], IMMOBILISE)
            stretch = self.sets[b.registry, b.series].overlapping(b.first, b.last)
            same = request is not None and (b.series, b.first, b.last) == (
                request.series,
                request.first,
                request.last,
            )
            self._must(same and stretch is not None, f"{_name(b)} is not what was requested")
            if stretch is not None:
                stretch.kind, stretch.ref = IMMOBILISED, batch.number
        self._must(b.registry == batch.terms["registry"], f"{_name(b)} is in a batch of another")
        batch.blocks.append((b.series, b.first, b.last))
        self.brought[b.registry, b.series].add((b.first, b.last))

    def _on_ImmobilisationReverted(self, a: Mapping[str, Any]) -> None:
        request = self._answered(a["request"], IMMOBILISE)
        if request is not None:
            key = (request.batch.terms["registry"], request.series)
            self.sets[key].carve(request.first, request.last)

    def _on_ReleaseRequested(self, a: Mapping[str, Any]) -> None:
        self._ask(a["request"])
        batch = self.batches[a["id"]]
        self.requests[a["request"]] = Request(
            a["request"], RELEASE, batch, a["wallet"], amount=a["amount"]
        )

    def _on_UnitsReleased(self, a: Mapping[str, Any]) -> None:
        request = self._answered(a["request"], RELEASE)
        batch = self.batches[a["id"]]
        released = sum(b.last - b.first + 1 for b in a["blocks"])
        asked = request.amount if request else None
        self._must(asked == released, f"request {a['request']} released {released}, not {asked}")
        home = batch.terms["account"]
        self._must(a["account"] == home, f"request {a['request']} went to {a['account']}")
        for b in a["blocks"]:
            stretches = self.sets[b.registry, b.series]
            stretch = stretches.overlapping(b.first, b.last)
            here = stretch is not None and (stretch.kind, stretch.ref) == (
                IMMOBILISED,
                batch.number,
            )
            self._must(here, f"{_name(b)} was released and not immobilised")
            stretches.carve(b.first, b.last)

    def _on_ReleaseReverted(self, a: Mapping[str, Any]) -> None:
        self._answered(a["request"], RELEASE)

    def _on_BlockUsedElsewhere(self, a: Mapping[str, Any]) -> None:
        place, used = (a["registry"], a["series"]), a["used"]
        added = self.sets[place].add(used.first, used.last, used.use)
        self._must(added, f"used elsewhere twice: {used.serial}")
        self._must(
            used.last - used.first < self.registries[a["registry"]].largest,
            f"too large: {used.serial}",
        )
        self.told.append(Told(*place, used.first, used.last, used.serial, 0))
        about = (used.use, used.day, used.serial, used.beneficiary, a["officer"])
        self.uses.append(Use(place, used.first, used.last, *about))

    def _on_UseContested(self, a: Mapping[str, Any]) -> None:
        self._proposed["use", a["registry"], a["series"], a["first"], a["last"]] = a["officer"]

    def _on_UseUndone(self, a: Mapping[str, Any]) -> None:
        block = (a["first"], a["last"])
        self._confirmed(("use", a["registry"], a["series"], *block), a["officer"])
        stretches = self.sets[a["registry"], a["series"]]
        stretch = stretches.overlapping(*block)
        used = stretch is not None and stretch.kind in (RETIRED, CANCELLED)
        self._must(used and stretches.carve(*block), f"undone and not used: {block}")

    # Inside

    def _confirmed(self, act: tuple[Any, ...], officer: str) -> None:
        """What one officer proposed, another confirms."""
        other = self._proposed.pop(act, officer)
        self._must(other != officer, f"{act} was confirmed by one person alone")

    def _add(self, block: Any, kind: int, ref: int) -> None:
        added = self.sets[block.registry, block.series].add(block.first, block.last, kind, ref)
        self._must(added, f"{_name(block)} overlaps another")

    def _ask(self, number: int) -> None:
        self.asked += 1
        self._must(number == self.asked, f"request {number} is out of order")

    def _answered(self, number: int, kind: int) -> Request | None:
        request = self.requests.pop(number, None)
        known = request is not None and request.kind == kind
        self._must(known, f"request {number} was answered and not waiting")
        return request

    def _must(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)


def _name(block: Any) -> str:
    return f"block {block.first}-{block.last} of series {block.registry}/{block.series}"
