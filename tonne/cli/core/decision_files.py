"""CSV files of people, and of an officer's decisions, a row for each; a row that begins with # is a comment.

An invalid row is refused by line and column before anything is sent.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tonne.errors import TonneError, refused, why

Amount = Annotated[int, Field(ge=0, lt=2**40)]
Change = Annotated[int, Field(gt=-(2**40), lt=2**40)]
Number = Annotated[int, Field(ge=1, lt=2**32)]

R = TypeVar("R", bound=BaseModel)

#: Most rows of a file.
MOST: Final = 100_000


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    installation: Number


class Allocated(_Row):
    """Last year's output of a plant, the basis of its early allocation."""

    power_mwh: Amount  # [MWh]
    heat_gj: Amount = 0  # [GJ]


class Tabled(_Row):
    """An installation's allocation by the authority's table."""

    allocation_t: Amount  # [t]
    kind: Annotated[str, Field(pattern=r"^(table|new-entrant|change|return|closure)$")] = "table"


class Determined(_Row):
    """Emissions that the authority determines where there is no final report."""

    year: Annotated[int, Field(ge=1970, lt=2**16)]
    emissions_t: Amount  # [t CO2e]
    power_mwh: Amount = 0  # [MWh]
    heat_gj: Amount = 0  # [GJ]
    reason: Annotated[str, Field(min_length=1)]


class Corrected(_Row):
    """Amounts by which an installation's running totals change, up or down."""

    verified_t: Change = 0  # [t CO2e]
    surrendered_t: Change = 0  # [t]
    reason: Annotated[str, Field(min_length=1)]


class Registered(BaseModel):
    """A plant to register."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    operator: Annotated[int, Field(ge=1, lt=2**24)]
    jurisdiction: Annotated[int, Field(ge=1, lt=2**16)]
    benchmark_class: Annotated[int, Field(ge=0, lt=256)]
    capacity_kw: Amount  # [kW]
    details: str = ""


class FutureParticipant(BaseModel):
    """A future participant: its keystore, its application, the money it gets."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    wallet: Annotated[str, Field(min_length=1)]  # keystore file
    kinds: Annotated[str, Field(min_length=1)]  # emitter, trader+operator
    jurisdiction: Annotated[int, Field(ge=1, lt=2**16)]
    details: str = ""
    cash: str = ""


class Accredited(BaseModel):
    """A verifier of a verification body."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    key: Annotated[str, Field(min_length=1)]  # address, account name or keystore file
    body: Annotated[int, Field(ge=1, lt=2**24)]
    roles: Annotated[str, Field(pattern=r"^(lead|reviewer|lead\+reviewer)$")]
    valid_from: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    valid_until: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]


def columns(path: Path) -> list[str]:
    """The columns that the first line of a CSV file names; raises DECISIONS_UNREADABLE."""
    return _lines(path)[0]


def read(path: Path, kind: type[R]) -> list[R]:
    """Rows of a CSV file whose first line names the columns; raises DECISIONS_… for invalid ones."""
    names, rows = _lines(path)
    _check_columns(path, kind, names)
    if not 0 < len(rows) <= MOST:
        raise refused("DECISIONS_COUNT", path=str(path), rows_count=len(rows), limit=MOST)
    found: list[R] = []
    faults: list[TonneError] = []
    for line, row in rows:
        try:
            found.append(_row(path, kind, names, line, row))
        except TonneError as fault:
            faults.append(fault)
    _require_none(path, faults)
    return found


def _require_none(path: Path, faults: Sequence[TonneError]) -> None:
    """Raises the one fault, or DECISIONS_ROWS with all of them and the remedy of each."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        listed = "\n".join(f"  {fault.message} {fault.remedy}" for fault in faults)
        raise refused("DECISIONS_ROWS", path=str(path), faults_count=len(faults), listed=listed)


def _lines(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and the rows with the numbers of their lines."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file)
            names = [name.strip() for name in next(table, [])]
            rows = [
                (table.line_num, row)
                for row in table
                if any(row) and not row[0].lstrip().startswith("#")
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise refused("DECISIONS_UNREADABLE", path=str(path), reason=why(error)) from None
    return names, rows


def _check_columns(path: Path, kind: type[BaseModel], names: Sequence[str]) -> None:
    known = kind.model_fields
    for name in names:
        if name not in known or names.count(name) > 1:
            raise TonneError(
                "DECISIONS_COLUMN",
                f"{path}, line 1: {name or 'an empty name'} is not a column, or is there twice.",
                field="column",
                value=name,
                remedy=f"Columns are: {', '.join(known)}.",
            )
    missing = [name for name, spec in known.items() if spec.is_required() and name not in names]
    if missing:
        raise TonneError(
            "DECISIONS_COLUMN",
            f"{path}, line 1: there is no column {missing[0]}.",
            field="column",
            value=missing[0],
            remedy=f"Columns are: {', '.join(known)}.",
        )


def _row(path: Path, kind: type[R], names: Sequence[str], line: int, row: Sequence[str]) -> R:
    if len(row) != len(names):
        raise refused(
            "DECISIONS_ROW", line=line, path=path, row_count=len(row), names_count=len(names)
        )
    given: dict[str, Any] = {
        name: value for name, value in zip(names, row, strict=True) if value.strip()
    }
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise refused(
            "DECISIONS_VALUE",
            given=given.get(name),
            path=path,
            line=line,
            column=name,
            msg=first["msg"].lower(),
        ) from None


def check_once(path: Path, keys: Sequence[tuple[int, ...]]) -> None:
    """Raises where two rows decide about the same key: DECISIONS_TWICE, or all such keys at once."""
    faults = [
        refused("DECISIONS_TWICE", key=key[0], path=path)
        for key, count in Counter(keys).items()
        if count > 1
    ]
    _require_none(path, faults)


def check_changes(path: Path, rows: Sequence[Corrected]) -> None:
    """Raises where rows change nothing: DECISIONS_NO_CHANGE, or all of them at once."""
    faults = [
        refused("DECISIONS_NO_CHANGE", installation=row.installation, path=path)
        for row in rows
        if not row.verified_t and not row.surrendered_t
    ]
    _require_none(path, faults)
