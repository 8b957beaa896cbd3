"""Retirements, holdings and projects as tables, CSV or Parquet.

Amounts are whole numbers in the unit's own measure, days are local days of the project's scheme, times UTC.
Names are of signed profiles whose documents are at hand; brackets say why one is not shown.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from tonne import countries
from tonne.audit.export.holdings import UnitHolding
from tonne.audit.export.rebuild import RebuiltMarket
from tonne.audit.units.credit_batches import EXITS
from tonne.audit.units.offset_credits import SET_APART
from tonne.constants import EPOCH, ZERO_WORD
from tonne.errors import refused
from tonne.evidence.profiles import Names
from tonne.evidence.project_sites import degrees
from tonne.rules import jurisdictions
from tonne.types import unit_id
from tonne.types.ids import ParticipantId, UnitId

CLASSES: Final = {1: "allowance", 2: "offset credit", 3: "energy credit", 4: "energy certificate"}
#: Of one unit of a class.
MEASURES: Final = {1: "t", 2: "t", 3: "micro-credit", 4: "Wh"}
ACTIVITIES: Final = ("", "reduction", "removal")
KINDS: Final = (
    *("", "forest", "wind", "efficiency", "renewable energy"),
    *("waste", "land", "transport", "industry", "other"),
)
STATUSES: Final = ("", "registered", "validated", "suspended")


@dataclass(frozen=True, slots=True)
class RetirementRow:
    """A certificate."""

    certificate: int
    unit: str
    unit_class: str
    vintage: int
    project: int | None  # of this registry
    project_name: str | None
    amount: int
    measure: str
    participant: int
    participant_name: str | None
    participant_country: str | None  # ISO 3166-1 alpha-3
    wallet: str
    beneficiary: str | None
    commitment: str | None
    purpose: str
    claimed_from: date
    claimed_until: date  # included
    country: str  # of the claim
    retired_at: datetime
    serials: str  # registry-series-first-last, separated by blanks


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """Units of one owner in one place."""

    unit: str
    unit_class: str
    scheme: int
    vintage: int
    project: int | None
    project_name: str | None
    participant: int | None  # none: in a contract's custody
    participant_name: str | None
    participant_country: str | None
    place: str  # wallet, held, exchange, custody
    account: str  # wallet, contract, or number of the market
    amount: int
    measure: str


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project of this registry, with the fate of its credits [t]."""

    project: int
    project_name: str | None
    developer: int
    developer_name: str | None
    scheme: int
    methodology: int
    activity: str
    kind: str
    host_country: str
    place: str  # latitude, longitude [degrees]
    crediting_from: date
    crediting_until: date  # included
    status: str
    status_since: date
    yearly_cap_t: int
    reports: int
    issued_t: int
    in_circulation_t: int
    buffer_t: int
    surrendered_t: int
    retired_t: int
    cancelled_t: int  # cancelled, clawed back, expired, banked, invalidated
    reversed_t: int


Row = RetirementRow | HoldingRow | ProjectRow


def retirements(found: RebuiltMarket, names: Names) -> Iterator[RetirementRow]:
    """Every certificate, in order."""
    for number, a in sorted(found.registry.certificates.items()):
        claim, unit = a["claim"], a["id"]
        committed = claim.commitment != ZERO_WORD
        yield RetirementRow(
            certificate=number,
            unit=hex(unit),
            unit_class=_class(unit),
            vintage=unit_id.vintage_of(unit),
            project=_project(found, unit),
            project_name=_project_name(found, _project(found, unit), names),
            amount=a["amount"],
            measure=MEASURES.get(unit_id.class_of(unit), ""),
            participant=a["participant"],
            participant_name=names.participant(a["participant"]).told,
            participant_country=_country_of(found, a["participant"]),
            wallet=a["wallet"],
            beneficiary=None if committed else claim.beneficiary,
            commitment="0x" + claim.commitment.hex() if committed else None,
            purpose=claim.purpose,
            claimed_from=_day(claim.periodStart),
            claimed_until=_day(claim.periodEnd),
            country=claim.country.decode("ascii", "replace"),
            retired_at=datetime.fromtimestamp(found.registry.times[number], UTC),
            serials=" ".join(f"{b.registry}-{b.series}-{b.first}-{b.last}" for b in a["blocks"]),
        )


def holding_rows(
    found: RebuiltMarket, held: Iterator[UnitHolding], names: Names
) -> Iterator[HoldingRow]:
    """Every unit that is still there."""
    for one in held:
        yield HoldingRow(
            unit=hex(one.unit),
            unit_class=_class(one.unit),
            scheme=unit_id.scheme_of(one.unit),
            vintage=unit_id.vintage_of(one.unit),
            project=_project(found, one.unit),
            project_name=_project_name(found, _project(found, one.unit), names),
            participant=one.owner or None,
            participant_name=names.participant(one.owner).told if one.owner else None,
            participant_country=_country_of(found, one.owner),
            place=one.place,
            account=one.account,
            amount=one.amount,
            measure=MEASURES.get(unit_id.class_of(one.unit), ""),
        )


def projects(found: RebuiltMarket, names: Names) -> Iterator[ProjectRow]:
    """Every project, in order."""
    for number, project in sorted(found.projects.projects.items()):
        own = [b for b in found.batches.batches.values() if b.project == number]
        gone = dict.fromkeys(EXITS, 0)
        for batch in own:
            for run in batch.gone:
                gone[run.exit] += run.amount
        buffer = sum(batch.buffer for batch in own)
        left = sum(run.amount for batch in own for run in batch.left())
        yield ProjectRow(
            project=number,
            project_name=_project_name(found, number, names),
            developer=project.developer,
            developer_name=names.participant(project.developer).told,
            scheme=project.scheme,
            methodology=project.methodology,
            activity=ACTIVITIES[project.activity],
            kind=KINDS[project.kind],
            host_country=countries.country(project.country).alpha3,
            place=degrees(project.location),
            crediting_from=project.day(project.crediting_from),
            crediting_until=project.last_day(project.crediting_until),
            status=STATUSES[project.status],
            status_since=project.day(project.status_at),
            yearly_cap_t=project.yearly_cap_t,
            reports=sum(r.project == number for r in found.projects.reports.values()),
            issued_t=sum(run.amount for batch in own for run in batch.blocks) - gone[SET_APART],
            in_circulation_t=left - buffer,
            buffer_t=buffer,
            surrendered_t=gone[1],
            retired_t=gone[2],
            cancelled_t=sum(gone[kind] for kind in (3, 4, 5, 6, 7)),
            reversed_t=gone[8],
        )


def _class(unit: UnitId) -> str:
    return CLASSES.get(unit_id.class_of(unit), "")


def _project(found: RebuiltMarket, unit: UnitId) -> int | None:
    batch = found.batches.batches.get(unit)
    return (batch.project or None) if batch else None


def _project_name(found: RebuiltMarket, number: int | None, names: Names) -> str | None:
    project = found.projects.projects.get(number) if number else None
    return names.project(project.number, project.developer).told if project else None


def _country_of(found: RebuiltMarket, number: ParticipantId) -> str | None:
    participant = found.market.parties.participants.get(number)
    place = jurisdictions.country_of(participant.jurisdiction) if participant else None
    return countries.country(place).alpha3 if place else None


def _day(number: int) -> date:
    return date.fromordinal(EPOCH.toordinal() + number)


# Files


def write(path: Path, kind: type[Row], rows: Sequence[Row]) -> None:
    """CSV or, by its ending, Parquet."""
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, [field.name for field in fields(kind)])
            table.writeheader()
            table.writerows({k: _text(v) for k, v in asdict(row).items()} for row in rows)
    elif path.suffix == ".parquet":
        _write_parquet(path, kind, rows)
    else:
        raise refused("EXPORT_FORM", path=str(path))


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value


def _write_parquet(path: Path, kind: type[Row], rows: Sequence[Row]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    of = {
        int: pa.int64(),
        str: pa.string(),
        date: pa.date32(),
        datetime: pa.timestamp("s", tz="UTC"),
    }
    schema = pa.schema(
        pa.field(name, of[_base(hint)], nullable=_base(hint) is not hint)
        for name, hint in get_type_hints(kind).items()
    )
    parquet.write_table(pa.Table.from_pylist([asdict(row) for row in rows], schema=schema), path)


def _base(hint: Any) -> Any:
    """The type of a column without `None`."""
    return next((one for one in get_args(hint) if one is not type(None)), hint)
