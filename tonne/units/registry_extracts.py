"""Extracts of other registries, row by row: what each row would change here, or why it is refused.

A row of an issuance brings its block here; a row of a retirement or cancellation puts the block on
record as used elsewhere. Uses are looked at first, whatever the order in the file: what was
used must not come here. All is decided from the chain's own record, so that a second run finds nothing
to do.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from tonne import countries
from tonne.constants import EPOCH
from tonne.errors import TonneError, refused
from tonne.text import harmless
from tonne.types import unit_id
from tonne.types.ids import SchemeId
from tonne.units import foreign_serials, passages, registry_descriptors
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
from tonne.units.registry_descriptors import Descriptor

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

#: Kilograms of a tonne.
KG: Final = 1_000

#: How a quantity is written: with a comma in each thousand, or in none.
QUANTITY: Final = re.compile(r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?", re.ASCII)

#: How a day is written, and the last one the chain has room for.
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
LAST_DAY: Final = date(2149, 6, 6)

#: Where cells beyond the heading are kept.
REST: Final = "\0rest"

#: How a project is named: letters of its registry and its number.
PROJECT: Final = re.compile(r"[A-Za-z]{0,12}[\s_-]?[0-9]+[A-Za-z]?")

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
    field: str = ""  # that a refusal is about
    value: str = ""
    block: SerialBlock | None = None
    hint: int = 0
    use: int = 0
    day: int = 0  # of the use, since 1970-01-01; 0 if it is not told
    beneficiary: str = ""
    left: str = ""  # what of the row stays in its registry
    terms: ExtractTerms | None = None

    def refuse(self, error: TonneError) -> None:
        self.outcome, self.code = REFUSED, error.code
        self.reason, self.remedy = error.message, error.remedy
        self.field, self.value = error.field or "", "" if error.value is None else str(error.value)

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
            "field": self.field,
            "value": self.value,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class LodgedPart:
    """A part of a row's block that comes here: all of it, or what was not used elsewhere."""

    verdict: Verdict
    first: int
    last: int
    hint: int
    batch: int  # number of the batch its units join


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
    blocks: list[LodgedPart] = field(default_factory=list)

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
            reader = csv.DictReader(file, restkey=REST)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise TonneError(
                    "EXTRACT_COLUMNS",
                    f"The extract lacks columns: {', '.join(missing)}.",
                    field="file",
                    value=path,
                    remedy=f"It needs {', '.join(COLUMNS)}.",
                )
            named = Counter(reader.fieldnames or ())
            if any(named[name] > 1 for name in COLUMNS):
                raise TonneError(
                    "EXTRACT_COLUMNS",
                    "A column stands in the heading twice.",
                    field="file",
                    value=path,
                    remedy="Keep the one that the registry means.",
                )
            rows: list[tuple[int, Mapping[str, str]]] = [
                (reader.line_num, _cells(row)) for row in reader
            ]
            if not rows:
                raise refused("EXTRACT_EMPTY", path=path)
            return rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise refused("EXTRACT_UNREADABLE", path=path, error=error) from error


def _cells(row: Mapping[str | None, Any]) -> dict[str, str]:
    """A row; one whose cells are not as many as the heading's is marked, and refused by itself."""
    misfit = REST in row or None in row.values()
    cells = {k: v or "" for k, v in row.items() if k and k != REST}
    return cells | ({REST: "1"} if misfit else {})


def plan(
    rows: Iterable[tuple[int, Mapping[str, str]]],
    book: SerialBook,
    scheme: int,
    account: str | None = None,
    closed: Iterable[int] = (),
    today: date = date.max,
) -> Plan:
    """Decides every row. `account` is where the blocks lie in their registry; batches in `closed`
    take no blocks any more. Nothing in an extract happens after `today`."""
    made = Plan([_verdict(line, row, scheme, account, today) for line, row in rows], scheme)
    _Planner(made, book, set(closed)).run()
    return made


def _verdict(
    line: int, row: Mapping[str, str], scheme: int, account: str | None, today: date
) -> Verdict:
    """Attributes of a row."""
    event = row["event"].strip().lower()
    registry = row["registry"].strip().upper()
    verdict = Verdict(line, registry, event, row["serial"].strip())
    try:
        if REST in row:
            raise refused("EXTRACT_CELLS", line=line)
        if event != ISSUANCE and event not in USES:
            raise refused("EXTRACT_EVENT", event=event, choices=", ".join((ISSUANCE, *USES)))
        descriptor = registry_descriptors.named(registry)
        kg = _kilograms(row["quantity_t"], descriptor)
        verdict.use = USES.get(event, 0)
        # A use of an issuance without serial numbers could be of any of its units: it bars them all.
        whole = descriptor.ids_only and event != ISSUANCE
        verdict.block = foreign_serials.parse_as(
            descriptor, row["serial"], None if whole else kg // KG
        )
        if kg % KG and not whole:
            verdict.left = f" {kg % KG:,} kg of it are no whole tonne and stay in {registry}."
        _check_project(verdict.block, row["project_id"])
        day = _day(row["date"], today)
        if event == ISSUANCE:
            verdict.terms = _terms(row, verdict.block, scheme, account, today)
            _check_after_beginning(_written_day(row["vintage_start"].strip()), day)
        else:
            _check_after_vintage(verdict.block, day)
            verdict.day = (day - EPOCH).days if day else 0
            verdict.beneficiary = _shortened(row.get("beneficiary", ""))
            _check_text("beneficiary", verdict.beneficiary, 0, MOST_TEXT)
    except TonneError as error:
        verdict.refuse(error)
    return verdict


class _Planner:
    """Walks the rows over a copy of the chain's record."""

    def __init__(self, made: Plan, book: SerialBook, closed: set[int]) -> None:
        self.made, self.book = made, book
        self.sets: dict[tuple[str, int], Stretches] = {}
        self.room: dict[ExtractTerms, list[list[int]]] = {}  # [number, blocks] by terms
        #: Terms of the blocks that an issuance brought, by registry and issuance.
        self.brought: dict[tuple[str, int], ExtractTerms] = {}
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
        named = [
            v.registry for v in (*self.made.uses, *(part.verdict for part in self.made.blocks))
        ]
        self.made.registries = [n for n in dict.fromkeys(named) if self.book.named(n) is None]

    def _judge(self, verdict: Verdict, decide: Any) -> None:
        try:
            passages.check_by_hand(verdict.registry)
            check_descriptor(self.book, verdict.registry, self.made.scheme)
            decide(verdict, verdict.block)
        except TonneError as error:
            verdict.refuse(error)

    def _use(self, verdict: Verdict, block: SerialBlock) -> None:
        stretches = self._stretches(block)
        other = stretches.overlapping(block.first, block.last)
        if other is None:
            verdict.code = "OFFSET_RECORDED"
            verdict.reason = f"On record as used elsewhere.{verdict.left}"
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
        """What was used elsewhere stays on record, and the rest of the block comes here."""
        stretches = self._stretches(block)
        free = stretches.free_of_uses(block.first, block.last)
        if not free:
            raise _overlap(
                "OFFSET_USED_ELSEWHERE",
                block,
                f"All of it was used in {block.registry}.",
                f"`tonne certificate find {block.registry}:SERIAL` says by whom.",
            )
        whole = self.book.was_brought(block, block.first, block.last)
        if whole or all(self.book.was_brought(block, *part) for part in free):
            _stand(verdict)
            return
        for part in free:
            other = stretches.overlapping(*part)
            if other is not None:
                raise _overlap(
                    "OFFSET_OVERLAP",
                    block,
                    f"Some of it is here or asked for already ({_range(other)}).",
                    "One serial number is here once: see `tonne offsets list`.",
                )
        assert verdict.terms is not None
        self._compare(verdict.terms, block)
        for first, last in free:
            batch = self._batch(verdict.terms)
            self.made.blocks.append(
                LodgedPart(verdict, first, last, stretches.before(first), batch)
            )
            stretches.add(first, last, IMMOBILISED, batch)
        taken = sum(last - first + 1 for first, last in free)
        verdict.code = "OFFSET_IMMOBILISED"
        verdict.reason = f"Its units are here.{verdict.left}"
        if taken != block.quantity:
            verdict.code = "OFFSET_PART_IMMOBILISED"
            verdict.reason = (
                f"{taken:,} of its {block.quantity:,} units are here; the others were used in"
                f" {block.registry} and stay on record.{verdict.left}"
            )

    def _compare(self, terms: ExtractTerms, block: SerialBlock) -> None:
        """Blocks of one issuance are of one project, country, vintage and kind."""
        if not block.issuance:
            return
        place = self.book.place_of(block)
        stood = (
            [_terms_of(b.terms, self.book) for b in self.book.batches_of(place)] if place else []
        )
        stood += [t for t in (self.brought.get((block.registry, block.issuance)),) if t is not None]
        for other in stood:
            for name in ("country", "vintage", "project", "activity", "kind"):
                was, now = getattr(other, name), getattr(terms, name)
                if was != now:
                    raise refused("EXTRACT_ISSUANCE", now=now, column=name, was=was)
        self.brought[block.registry, block.issuance] = terms

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
        key = (block.registry, block.issuance)
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


def check_descriptor(book: SerialBook, name: str, scheme: int) -> None:
    """A registry that is open is read by the descriptor on record, in a scheme that its keeper admits."""
    registry = book.named(name)
    if registry is None:
        return
    descriptor = registry_descriptors.named(name)
    if registry.descriptor != descriptor.digest:
        raise TonneError(
            "DESCRIPTOR_OTHER",
            f"The descriptor of {name} at hand is not the one on record.",
            field="registry",
            value=f"0x{descriptor.digest.hex()}",
            remedy=f"Use the file with SHA-256 {registry.descriptor.hex()}, or have this one adopted:"
            " `tonne registry propose FILE`.",
        )
    if scheme != registry.keeper and scheme not in registry.admitted:
        raise refused("REGISTRY_FOREIGN", registry=name, keeper=registry.keeper, scheme=scheme)


def _kilograms(text: str, descriptor: Descriptor) -> int:
    """A quantity in tonnes; `1.0` is a whole number, and thousands may have a comma."""
    plain = text.strip()
    error = refused("EXTRACT_QUANTITY", quantity_t=text)
    if not QUANTITY.fullmatch(plain):
        raise error
    whole, _, fraction = plain.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    if len(whole) > 19 or (int(whole or 0) == 0 and not fraction):
        raise error
    if fraction and (descriptor.unit == "t" or len(fraction) > 3):
        least = "whole tonnes" if descriptor.unit == "t" else "whole kilograms"
        raise TonneError(
            "EXTRACT_FRACTION",
            f"{descriptor.name} issues {least}.",
            field="quantity_t",
            value=text,
            remedy="Ask the registry for the quantity.",
        )
    kg = int(whole) * KG + int(fraction.ljust(3, "0") or 0)
    if kg < KG:
        raise TonneError(
            "EXTRACT_FRACTION",
            "This is less than a tonne: no unit can come of it.",
            field="quantity_t",
            value=text,
            remedy="It stays in its registry.",
        )
    return kg


def _day(text: str, today: date) -> date | None:
    """The day of an event; None where no date is told."""
    plain = text.strip()
    if not plain:
        return None
    day = _written_day(plain)
    if day is None or not EPOCH < day <= min(today, LAST_DAY):
        raise TonneError(
            "EXTRACT_DATE",
            "This is no day of an event, or one that has not come.",
            field="date",
            value=text,
            remedy="Write it like 2026-01-31, or leave it empty.",
        )
    return day


def _written_day(text: str) -> date | None:
    """A day written like 2026-01-31, and in no other way."""
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None


def _check_after_vintage(block: SerialBlock, day: date | None) -> None:
    """Nothing is used before the year in which it came about."""
    year = block.said.get("vintage", "")
    if day is not None and year and day.year < int(year):
        raise TonneError(
            "EXTRACT_DATE",
            f"These units are of {year} and cannot have been used before.",
            field="date",
            value=day.isoformat(),
            remedy="Ask the registry for the day.",
        )


def _check_after_beginning(beginning: date | None, day: date | None) -> None:
    """Nothing is issued before its monitoring period begins."""
    if day is not None and beginning is not None and day < beginning:
        raise TonneError(
            "EXTRACT_DATE",
            f"These units are of a period from {beginning} and cannot have been issued before.",
            field="date",
            value=day.isoformat(),
            remedy="Ask the registry for the day.",
        )


def _shortened(text: str) -> str:
    """A beneficiary within the chain's bound, cut between characters."""
    plain = " ".join(text.split())
    return plain.encode()[:MOST_TEXT].decode(errors="ignore")


def _check_project(block: SerialBlock, project: str) -> None:
    """The serial number must be of the project that the row names, where it names one itself."""
    said = foreign_serials.digits(project)
    written = foreign_serials.digits(block.project)
    if written and (written != said or not PROJECT.fullmatch(project.strip())):
        raise refused(
            "EXTRACT_PROJECT",
            project=project,
            serial_project=block.project,
            row_project=project or "none",
        )


def _terms(
    row: Mapping[str, str], block: SerialBlock, scheme: int, account: str | None, today: date
) -> ExtractTerms:
    """Attributes of the units, each compared with the serial number."""
    project, methodology = row["project_id"].strip(), row["methodology"].strip()
    about = f"{row['project_type']} {methodology}".lower()
    kind = next((k for words, k in KINDS if any(w in about for w in words)), OTHER)
    period = _period(row, today)
    terms = ExtractTerms(
        scheme=scheme,
        vintage=period[0].year,
        registry=block.registry,
        activity=REMOVAL if any(word in about for word in REMOVALS) else REDUCTION,
        kind=kind,
        country=countries.number(row["country"]),
        project=project,
        methodology=methodology,
        account=account or f"proponent of {block.registry} project {project}",
    )
    _check_text("project_id", project, 1, 64)
    _check_text("methodology", methodology, 0, MOST_TEXT)
    _check_text("account", terms.account, 1, MOST_TEXT)
    found = foreign_serials.contradictions(block, terms.country, terms.vintage, project, period)
    other = foreign_serials.type_contradiction(block, row["project_type"])
    for error in (*found, *([other] if other else [])):
        raise error
    return terms


def _period(row: Mapping[str, str], today: date) -> tuple[date, date]:
    """The monitoring period. A unit's vintage is the year it began: the older, the less eligible."""
    found = [_written_day(row[f"vintage_{end}"].strip()) for end in ("start", "end")]
    first, last = found[0] or date.max, found[1] or date.min
    if last < first or last > today:
        ahead = first <= last
        raise TonneError(
            "EXTRACT_VINTAGE",
            "The monitoring period has not ended yet."
            if ahead
            else "The monitoring period has no beginning before its end.",
            field="vintage_end" if ahead else "vintage_start",
            value=f"{row['vintage_start']} to {row['vintage_end']}",
            remedy="Write both days like 2024-01-31; credits are issued for what has been.",
        )
    return first, last


def _check_text(name: str, text: str, least: int, most: int) -> None:
    if not least <= len(text.encode()) <= most:
        raise TonneError(
            "EXTRACT_TEXT",
            f"This takes {least} to {most} bytes.",
            field=name,
            value=text,
            remedy="Shorten it, or fill it in.",
        )
    if harmless(text) != text:
        raise TonneError(
            "EXTRACT_TEXT",
            "It holds signs that no reader sees.",
            field=name,
            value=harmless(text),
            remedy="Leave out what stands as \N{REPLACEMENT CHARACTER} here.",
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
