"""Files of CAD Trust records: one JSON, or the CSV files that its upload takes.

A cell of a CSV without a value would be read as an empty text, which the format refuses: rows with values in
the same columns share a file. Projects carry their places, issuances and labels as JSON in a cell; the
columns of a unit's issuance and labels are paths, `issuance.startDate`, `labels.0.label`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from tonne.audit.export.cad_trust_records import CadtProject, CadtUnit
from tonne.errors import TonneError, refused, why

UNITS, PROJECTS = "units", "projects"


class CadTrustRecords(BaseModel):
    """Everything of an export."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    projects: list[CadtProject]
    units: list[CadtUnit]


MODELS: Final[dict[str, type[CadtProject] | type[CadtUnit]]] = {
    PROJECTS: CadtProject,
    UNITS: CadtUnit,
}


def write(path: Path, records: CadTrustRecords) -> list[Path]:
    """`NAME.json`; for `NAME.csv`, `NAME-projects.csv`, `NAME-units.csv`, one more for each other form."""
    if path.suffix != ".csv":
        path.write_text(records.model_dump_json(indent=1, exclude_none=True) + "\n", "utf-8")
        return [path]
    for old in _files(path):
        old.unlink()
    written = []
    for name, rows in (
        (PROJECTS, [_project_row(p) for p in records.projects]),
        (UNITS, [_unit_row(u) for u in records.units]),
    ):
        for number, (columns, alike) in enumerate(_forms(rows), 1):
            target = path.with_name(f"{path.stem}-{name}{f'-{number}' if number > 1 else ''}.csv")
            with target.open("w", newline="", encoding="utf-8") as file:
                table = csv.DictWriter(file, columns)
                table.writeheader()
                table.writerows(alike)
            written.append(target)
    return written


def read(path: Path) -> CadTrustRecords:
    """Reads the files of `write`, as the upload would; every record is validated again."""
    try:
        if path.suffix != ".csv":
            return CadTrustRecords.model_validate_json(path.read_text(encoding="utf-8"))
        found: dict[str, list[Any]] = {PROJECTS: [], UNITS: []}
        for file in _files(path):
            name = file.stem.removeprefix(f"{path.stem}-").split("-")[0]
            found[name] += uploaded(file)
        return CadTrustRecords.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise _unreadable(
            ".".join(str(part) for part in first["loc"]) or "file",
            first["input"],
            first["msg"],
        ) from None
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise _unreadable("file", path, why(error)) from None


def _unreadable(field: str, value: object, fault: str) -> TonneError:
    return refused("EXPORT_UNREADABLE", given=str(value)[:200], field=field, fault=fault)


def uploaded(file: Path) -> Iterator[dict[str, Any]]:
    """Records of a CSV file as the upload builds them: paths become objects, JSON cells lists."""
    with file.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            record: dict[str, Any] = {}
            for column, text in row.items():
                value = json.loads(text) if text.startswith("[{") else text
                _put(record, column.split("."), value)
            yield record


def _put(record: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    here: Any = record
    for key, following in zip(keys, [*keys[1:], ""], strict=True):
        place: Any = int(key) if key.isdigit() else key
        if not following:
            fresh: Any = value
        else:
            fresh = [] if following.isdigit() else {}
        if isinstance(here, list):
            if len(here) <= place:
                here.append(fresh)
        elif following:
            here.setdefault(place, fresh)
        else:
            here[place] = fresh
        here = here[place]


def _project_row(project: CadtProject) -> dict[str, Any]:
    plain = json.loads(project.model_dump_json(exclude_none=True))
    return {k: json.dumps(v) if isinstance(v, list) else v for k, v in plain.items()}


def _unit_row(unit: CadtUnit) -> dict[str, Any]:
    plain = json.loads(unit.model_dump_json(exclude_none=True))
    row = {k: v for k, v in plain.items() if k not in ("issuance", "labels")}
    row |= {f"issuance.{k}": v for k, v in plain.get("issuance", {}).items()}
    for number, label in enumerate(plain.get("labels", [])):
        row |= {f"labels.{number}.{k}": v for k, v in label.items()}
    return row


def _forms(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    """Rows by the columns they fill, in the order in which a form first appears."""
    forms: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        filled = {column: value for column, value in row.items() if value != ""}
        forms.setdefault(tuple(filled), []).append(filled)
    for columns, alike in forms.items():
        yield list(columns), alike


def _files(path: Path) -> list[Path]:
    found = []
    for name in MODELS:
        found += [path.with_name(f"{path.stem}-{name}.csv")]
        found += sorted(
            path.parent.glob(f"{path.stem}-{name}-*.csv"), key=lambda p: int(p.stem.split("-")[-1])
        )
    return [file for file in found if file.exists()]
