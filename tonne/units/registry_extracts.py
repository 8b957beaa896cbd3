"""Extracts of other registries, row by row: what each row would change here, or why it is refused.

A row of an issuance brings its block here; a row of a retirement or cancellation puts the block on
record as used elsewhere, for ever. Uses are looked at first, whatever the order in the file: what was
used must not come here. All is decided from the chain's own record, so that a second run finds nothing
to do.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from tonne import countries
from tonne.errors import TonneError
from tonne.types import unit_id
from tonne.types.ids import SchemeId
from tonne.units import foreign_serials
from tonne.units.foreign_serials import SerialBlock
from tonne.units.immobilisation_state import (
    CANCELLED,
    IMMOBILISED,
    MOST_BLOCKS,
    REQUESTED,
    RETIRED,
    SerialBook,
    Stretches,
)

COLUMNS: Final = (
    "registry",
    "event",
    "date",
    "project_id",
    "project_type",
    "methodology",
    "country",
    "vintage_start",
    "vintage_end",
    "quantity_t",
    "serial",
)
ISSUANCE: Final = "issuance"
USES: Final = {"retirement": RETIRED, "cancellation": CANCELLED}

#: Longest text the chain takes [bytes].
MOST_TEXT: Final = 200

REDUCTION, REMOVAL = 1, 2
FOREST, WIND, EFFICIENCY, RENEWABLE, WASTE, LAND, TRANSPORT, INDUSTRY, OTHER = range(1, 10)

#: Words of a project's type or methodology, in the order they are looked for, and `ProjectKind`.
KINDS: Final = (
    (("vm0042", "grassland", "soil", "rice", "livestock"), LAND),
    (("forest", "a/r", "ar-a", "vm0003", "vm0007", "vm0015", "land use"), FOREST),
    (("waste", "landfill", "manure", "biogas"), WASTE),
    (("wind",), WIND),
    (("solar", "pv", "geothermal", "hydro", "renewable", "biomass"), RENEWABLE),
    (("efficiency", "energy demand", "cook"), EFFICIENCY),
    (("transport",), TRANSPORT),
    (("ozone", "n2o", "methane", "foam", "industr"), INDUSTRY),
)
#: Words of what takes carbon back: planting. All else only keeps it out of the air, as far as an
#: extract can tell.
REMOVALS: Final = ("ar-a", "a/r", "afforestation", "reforestation")

NEW, STANDING, REFUSED = "new", "standing", "refused"


@dataclass(frozen=True, slots=True)
class ExtractTerms:
    """Attributes shared by the units of a batch."""

    scheme: int
    vintage: int
    registry: str
    activity: int
    kind: int
    country: int
    project: str
    methodology: str
    account: str


@dataclass(slots=True)
class Verdict:
    """What becomes of one row."""

    line: int  # in the file; the heading is line 1
    registry: str
    event: str
    serial: str
    outcome: str = NEW
    code: str = ""
    reason: str = ""
    remedy: str = ""
    block: SerialBlock | None = None
    hint: int = 0
    use: int = 0
    terms: ExtractTerms | None = None
    batch: int = 0  # number of the batch its units join

    def refuse(self, error: TonneError) -> None:
        self.outcome, self.code = REFUSED, error.code
        self.reason, self.remedy = error.message, error.remedy

    @property
    def accepted(self) -> bool:
        return self.outcome != REFUSED

    def as_dict(self) -> dict[str, object]:
        return {
            "line": self.line,
            "registry": self.registry,
            "event": self.event,
            "serial": self.serial,
            "accepted": self.accepted,
            "code": self.code,
            "reason": self.reason,
            "remedy": self.remedy,
        }


@dataclass(slots=True)
class Plan:
    """What an extract would change, in the order it has to be done."""

    verdicts: list[Verdict]
    scheme: int
    registries: list[str] = field(default_factory=list)  # to be numbered
    batches: list[tuple[int, ExtractTerms]] = field(
        default_factory=list
    )  # (number, terms) to be opened
    uses: list[Verdict] = field(default_factory=list)
    blocks: list[Verdict] = field(default_factory=list)

    def counts(self) -> list[tuple[str, str, str, int]]:
        """(accepted or refused, code, event, rows), most first."""
        counted = Counter(
            ("accepted" if v.accepted else "refused", v.code, v.event) for v in self.verdicts
        )
        return [(*key, n) for key, n in sorted(counted.items(), key=lambda i: (i[0][0], -i[1]))]


def read(path: Path) -> list[tuple[int, Mapping[str, str]]]:
    """(line, row) of a file in the form of `offset_events.csv`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise TonneError(
                    "EXTRACT_COLUMNS",
                    f"The extract lacks columns: {', '.join(missing)}.",
                    field="file",
                    value=path,
                    remedy=f"It needs {', '.join(COLUMNS)}.",
                )
            return [(reader.line_num, {k: v or "" for k, v in row.items() if k}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TonneError(
            "EXTRACT_UNREADABLE",
            f"The extract cannot be read: {error}.",
            field="file",
            value=path,
            remedy="Give a CSV file in UTF-8.",
        ) from error


def plan(
    rows: Iterable[tuple[int, Mapping[str, str]]],
    book: SerialBook,
    scheme: int,
    account: str | None = None,
    closed: Iterable[int] = (),
) -> Plan:
    """Decides every row. `account` is where the blocks lie in their registry; batches in `closed`
    take no blocks any more."""
    made = Plan([_verdict(line, row, scheme, account) for line, row in rows], scheme)
    _Planner(made, book, set(closed)).run()
    return made


def _verdict(line: int, row: Mapping[str, str], scheme: int, account: str | None) -> Verdict:
    """Attributes of a row."""
    event = row["event"].strip().lower()
    registry = row["registry"].strip().upper()
    verdict = Verdict(line, registry, event, row["serial"].strip())
    try:
        if event != ISSUANCE and event not in USES:
            raise TonneError(
                "EXTRACT_EVENT",
                "This event is neither an issuance nor a use.",
                field="event",
                value=event,
                remedy=f"Known events: {', '.join((ISSUANCE, *USES))}.",
            )
        block = foreign_serials.parse(registry, row["serial"], _quantity(row["quantity_t"]))
        _check_project(block, row["project_id"])
        verdict.block, verdict.use = block, USES.get(event, 0)
        if event == ISSUANCE:
            verdict.terms = _terms(row, registry, scheme, account)
    except TonneError as error:
        verdict.refuse(error)
    return verdict


class _Planner:
    """Walks the rows over a copy of the chain's record."""

    def __init__(self, made: Plan, book: SerialBook, closed: set[int]) -> None:
        self.made, self.book = made, book
        self.sets: dict[tuple[str, str], Stretches] = {}
        self.room: dict[ExtractTerms, list[list[int]]] = {}  # [number, blocks] by terms
        for batch in book.batches.values():
            if batch.id not in closed:
                self.room.setdefault(_terms_of(batch.terms, book), []).append(
                    [batch.number, len(batch.blocks)]
                )
        self.batches = len(book.batches)

    def run(self) -> None:
        rows = [v for v in self.made.verdicts if v.block is not None and v.accepted]
        for verdict in rows:
            if verdict.use:
                self._judge(verdict, self._use)
        for verdict in rows:
            if not verdict.use:
                self._judge(verdict, self._bring)
        named = [v.registry for v in (*self.made.uses, *self.made.blocks)]
        self.made.registries = [n for n in dict.fromkeys(named) if self.book.named(n) is None]

    def _judge(self, verdict: Verdict, decide: Any) -> None:
        try:
            decide(verdict, verdict.block)
        except TonneError as error:
            verdict.refuse(error)

    def _use(self, verdict: Verdict, block: SerialBlock) -> None:
        stretches = self._stretches(block)
        other = stretches.overlapping(block.first, block.last)
        if other is None:
            verdict.code = "OFFSET_RECORDED"
            verdict.reason = "On record as used elsewhere, for ever."
            verdict.hint = stretches.before(block.first)
            stretches.add(block.first, block.last, verdict.use)
            self.made.uses.append(verdict)
            return
        if (other.first, other.last, other.kind) == (block.first, block.last, verdict.use):
            _stand(verdict)
            return
        if other.kind in (REQUESTED, IMMOBILISED):
            raise _overlap(
                "OFFSET_HELD_HERE",
                block,
                f"These are here ({_range(other)}) and cannot have been used elsewhere.",
                "Lock the batch and ask the registry: one of the two counts them twice.",
            )
        raise _overlap(
            "OFFSET_USED_TWICE",
            block,
            f"Some of them are on record as used elsewhere already ({_range(other)}).",
            "Ask the registry which of the two rows is right.",
        )

    def _bring(self, verdict: Verdict, block: SerialBlock) -> None:
        if self.book.was_brought(block):
            _stand(verdict)
            return
        stretches = self._stretches(block)
        other = stretches.overlapping(block.first, block.last)
        if other is not None:
            if other.kind in (RETIRED, CANCELLED):
                raise _overlap(
                    "OFFSET_USED_ELSEWHERE",
                    block,
                    f"Some of them were used in their own registry ({_range(other)}).",
                    "Only the rest of the block can come here.",
                )
            raise _overlap(
                "OFFSET_OVERLAP",
                block,
                f"Some of them are here or asked for already ({_range(other)}).",
                "One serial number is here once: see `tonne offsets list`.",
            )
        assert verdict.terms is not None
        verdict.batch = self._batch(verdict.terms)
        verdict.code, verdict.reason = "OFFSET_IMMOBILISED", "Its units are here."
        verdict.hint = stretches.before(block.first)
        stretches.add(block.first, block.last, IMMOBILISED, verdict.batch)
        self.made.blocks.append(verdict)

    def _batch(self, terms: ExtractTerms) -> int:
        """A batch of these terms with room for a block; a new one if there is none."""
        for place in self.room.setdefault(terms, []):
            if place[1] < MOST_BLOCKS:
                place[1] += 1
                return place[0]
        self.batches += 1
        self.made.batches.append((self.batches, terms))
        self.room[terms].append([self.batches, 1])
        return self.batches

    def _stretches(self, block: SerialBlock) -> Stretches:
        key = (block.registry, block.series)
        if key not in self.sets:
            place = self.book.place_of(block)
            self.sets[key] = deepcopy(self.book.sets[place]) if place else Stretches()
        return self.sets[key]


def _stand(verdict: Verdict) -> None:
    verdict.outcome, verdict.code = STANDING, "OFFSET_STANDS"
    verdict.reason = "It is on record already; nothing changes."


def _overlap(code: str, block: SerialBlock, reason: str, remedy: str) -> TonneError:
    return TonneError(code, reason, field="serial", value=block.raw, remedy=remedy)


def _range(stretch: Any) -> str:
    return f"{stretch.first}-{stretch.last}"


def _quantity(text: str) -> int:
    plain = text.strip().replace(",", "")
    if not (plain.isascii() and plain.isdigit() and int(plain)):
        raise TonneError(
            "EXTRACT_QUANTITY",
            "A quantity is a whole number of tonnes above zero.",
            field="quantity_t",
            value=text,
            remedy="Copy it from the registry.",
        )
    return int(plain)


def _check_project(block: SerialBlock, project: str) -> None:
    """The serial number must be of the project that the row names, where it names one itself."""
    if block.project and _digits(block.project) != _digits(project):
        raise TonneError(
            "EXTRACT_PROJECT",
            f"The serial number is of project {block.project}, the row of {project or 'none'}.",
            field="project_id",
            value=project,
            remedy="Ask the registry which project these units are of.",
        )


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789").lstrip("0")


def _terms(row: Mapping[str, str], registry: str, scheme: int, account: str | None) -> ExtractTerms:
    project, methodology = row["project_id"].strip(), row["methodology"].strip()
    about = f"{row['project_type']} {methodology}".lower()
    kind = next((k for words, k in KINDS if any(w in about for w in words)), OTHER)
    terms = ExtractTerms(
        scheme=scheme,
        vintage=_vintage(row),
        registry=registry,
        activity=REMOVAL if any(word in about for word in REMOVALS) else REDUCTION,
        kind=kind,
        country=countries.number(row["country"]),
        project=project,
        methodology=methodology,
        account=account or f"proponent of {registry} project {project}",
    )
    _check_text("project_id", project, 1, 64)
    _check_text("methodology", methodology, 0, MOST_TEXT)
    _check_text("account", terms.account, 1, MOST_TEXT)
    return terms


def _vintage(row: Mapping[str, str]) -> int:
    """The year its monitoring period began: the older a unit, the less it is eligible for."""
    try:
        first, last = (date.fromisoformat(row[f"vintage_{end}"]) for end in ("start", "end"))
    except ValueError:
        first, last = date.max, date.min
    if last < first:
        raise TonneError(
            "EXTRACT_VINTAGE",
            "The monitoring period has no beginning before its end.",
            field="vintage_start",
            value=f"{row['vintage_start']} to {row['vintage_end']}",
            remedy="Write both days like 2024-01-31.",
        )
    return first.year


def _check_text(name: str, text: str, least: int, most: int) -> None:
    if not least <= len(text.encode()) <= most:
        raise TonneError(
            "EXTRACT_TEXT",
            f"This takes {least} to {most} bytes.",
            field=name,
            value=text,
            remedy="Shorten it, or fill it in.",
        )


def _terms_of(terms: Mapping[str, Any], book: SerialBook) -> ExtractTerms:
    """The terms of a batch that stands."""
    return ExtractTerms(
        scheme=terms["scheme"],
        vintage=terms["vintage"],
        registry=book.registries[terms["registry"]].name,
        activity=terms["activity"],
        kind=terms["kind"],
        country=terms["hostCountry"],
        project=terms["project"],
        methodology=terms["methodologyText"],
        account=terms["account"],
    )


def standing(book: SerialBook, terms: ExtractTerms, closed: Sequence[int]) -> int | None:
    """The number of a batch of these terms with room for a block, if one stands."""
    for batch in book.batches.values():
        if batch.id not in closed and len(batch.blocks) < MOST_BLOCKS:
            if _terms_of(batch.terms, book) == terms:
                return batch.number
    return None


def batch_id(terms: ExtractTerms, number: int) -> int:
    """The ERC-1155 id of batch `number`; see UnitIdLib."""
    return unit_id.immobilised(SchemeId(terms.scheme), terms.vintage, number)


def terms_args(terms: ExtractTerms, registry: int) -> Sequence[Any]:
    """`BatchTerms` of IImmobilisation."""
    return (
        terms.scheme,
        terms.vintage,
        registry,
        terms.activity,
        terms.kind,
        terms.country,
        0,
        terms.project,
        terms.methodology,
        terms.account,
    )
