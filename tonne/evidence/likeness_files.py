"""Tables of plants to compare, as a clerk keeps them: one row a project, in CSV."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Final, NamedTuple

from tonne import countries
from tonne.errors import TonneError, refused
from tonne.evidence.likeness import ComparedPlant, meter_name
from tonne.evidence.project_sites import place

#: Columns: a number, the name, latitude and longitude [degrees]; then what may be empty.
MUST: Final = ("row", "name", "at")
MAY: Final = ("twin_of", "country", "meters", "document", "evidence")
LONGEST_NAME: Final = 200


class PlantTable(NamedTuple):
    """Rows of a file, and for each row that says so the row it is a second registration of."""

    plants: list[ComparedPlant]
    twin_of: dict[int, int]


def read(path: Path) -> PlantTable:
    """A table of plants; raises LIKENESS_FILE with row and field."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            rows = list(csv.DictReader(file, strict=True))
        except (csv.Error, UnicodeDecodeError) as error:
            raise _refusal(
                1, "file", path.name, f"cannot be read as CSV in UTF-8: {error}"
            ) from error
    missing = [name for name in MUST if not rows or name not in rows[0]]
    if missing:
        raise _refusal(1, "columns", ", ".join(missing), f"are missing; needed: {', '.join(MUST)}")
    plants: dict[int, ComparedPlant] = {}
    twin_of: dict[int, int] = {}
    for line, row in enumerate(rows, start=2):
        plant = _plant(line, row)
        if plant.id in plants:
            raise _refusal(line, "row", str(plant.id), "stands in the file twice")
        plants[plant.id] = plant
        if row.get("twin_of"):
            twin_of[plant.id] = _number(line, "twin_of", row["twin_of"])
    unknown = next(((a, b) for a, b in twin_of.items() if b not in plants or a == b), None)
    if unknown is not None:
        raise _refusal(unknown[0], "twin_of", str(unknown[1]), "is no other row of this file")
    return PlantTable(list(plants.values()), twin_of)


def _plant(line: int, row: dict[str, str]) -> ComparedPlant:
    if None in row or None in row.values():
        raise _refusal(line, "columns", row.get("row") or "", "are not as many as in the heading")
    name = row["name"]
    if not name.strip() or len(name) > LONGEST_NAME:
        raise _refusal(line, "name", name, f"has to have 1 to {LONGEST_NAME} characters")
    try:
        at = place(row["at"])
        if row.get("country"):
            countries.by_alpha3(row["country"])
    except TonneError as error:
        field = error.field or "at"
        raise _refusal(line, field, row[field], f"is refused: {error.message}") from error
    meters = (meter_name(text) for text in (row.get("meters") or "").split(";"))
    evidence = row.get("evidence") or ""
    return ComparedPlant(
        id=_number(line, "row", row["row"]),
        names=(name,),
        place=at,
        document=_digest(row.get("document") or ""),
        meters=frozenset(meter for meter in meters if meter),
        evidence=frozenset({_digest(evidence)} - {b""}),
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest() if text else b""


def _number(line: int, field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**32):
        raise _refusal(line, field, text, "is no number from 1")
    return int(text)


def _refusal(line: int, field: str, value: str, fault: str) -> TonneError:
    return refused(
        "LIKENESS_FILE",
        given=value,
        line=line,
        field=field,
        fault=fault,
        columns=", ".join((*MUST, *MAY)),
    )
