"""Units for CAD Trust's data model 1: every serial number in one row, its status from their picklists.

Field names and picklists are those of github.com/Chia-Network/cadt, src/validations/units.validations.js.
Serial numbers attach to holders only at the exit, so that rows of units in circulation name no owner; the
last of these are the buffer's. Ex-ante batches are promises, not units: they have no row before a report
verifies them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from tonne.audit.compliance.article6 import (
    COMPLETED,
    NOT_REQUIRED,
    PENDING,
    Article6Replay,
    ItmoBlock,
)
from tonne.audit.units.credit_batches import (
    EXITS,
    FOREST,
    REMOVAL,
    CreditBatch,
    CreditBatchesReplay,
    SerialRun,
    pieces,
)
from tonne.audit.units.offset_credits import EX_ANTE, INVALIDATED
from tonne.countries import country
from tonne.errors import TonneError

UnitStatus = Literal[
    "Held", "Retired", "Cancelled", "Expired", "Buffer", "Exported", "Pending Export"
]
UnitType = Literal[
    "Reduction - nature", "Reduction - technical", "Removal - nature", "Removal - technical"
]

#: Status of units, by their exit.
STATUSES: Final[dict[int, UnitStatus]] = {
    1: "Retired",  # given up against an obligation: used, and never again
    2: "Retired",
    3: "Cancelled",
    4: "Cancelled",
    5: "Expired",
    6: "Cancelled",
    7: "Cancelled",
    8: "Cancelled",
    9: "Exported",
}


class CadtUnit(BaseModel):
    """One row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    projectLocationId: str | None = None  # latitude, longitude [degrees]
    unitOwner: str | None = None
    countryJurisdictionOfOwner: str
    unitBlockStart: str
    unitBlockEnd: str
    unitCount: int = Field(gt=0)
    vintageYear: int = Field(ge=1900, le=3000)
    unitType: UnitType
    unitStatus: UnitStatus
    unitStatusReason: str | None = None
    unitRegistryLink: str = Field(min_length=1)
    correspondingAdjustmentDeclaration: Literal["Committed", "Not Required", "Unknown"]
    correspondingAdjustmentStatus: Literal["Not Started", "Pending", "Completed"]

    @model_validator(mode="after")
    def _consistent(self) -> CadtUnit:
        first, last = serial_of(self.unitBlockStart), serial_of(self.unitBlockEnd)
        if first[:2] != last[:2] or last[2] - first[2] + 1 != self.unitCount:
            raise ValueError(
                f"{self.unitBlockStart} to {self.unitBlockEnd} is not {self.unitCount}"
            )
        if self.unitStatus in ("Cancelled", "Retired") and not self.unitStatusReason:
            raise ValueError("why it was retired or cancelled is missing")
        return self


def serial_of(text: str) -> tuple[int, int, int]:
    """Registry, series and serial number of `registry-series-number`."""
    registry, series, number = (int(part) for part in text.split("-"))
    return registry, series, number


def units(
    batches: CreditBatchesReplay, article6: Article6Replay, chain_id: int
) -> Iterator[CadtUnit]:
    """Every unit that was ever issued, once."""
    for unit, batch in sorted(batches.batches.items()):
        if batch.status == EX_ANTE:
            continue
        marks = article6.blocks.get(unit, {})
        link = f"eip155:{chain_id}/erc1155:{batches.credits}/{unit}"
        for status, serials in _fates(batch):
            cuts = [cut for b in marks.values() for cut in (b.first, b.last + 1)]
            for piece in pieces(serials, cuts if serials.registry == 1 else []):
                mark = next((b for b in marks.values() if b.first <= piece.first <= b.last), None)
                yield _row(batch, link, status, piece, mark, article6)


def _fates(batch: CreditBatch) -> Iterator[tuple[UnitStatus, SerialRun]]:
    """Units that left, by exit; of the rest the last are the buffer, before them those being released."""
    for gone in batch.gone:
        yield STATUSES[gone.exit], gone
    left = batch.left()
    if batch.status == INVALIDATED:
        yield from (("Cancelled", serials) for serials in left)
        return
    held = sum(serials.amount for serials in left) - batch.buffer - batch.leaving
    shares: list[tuple[UnitStatus, int]] = [
        ("Held", held),
        ("Pending Export", batch.leaving),
        ("Buffer", batch.buffer),
    ]
    for serials in left:
        rest: SerialRun | None = serials
        while rest is not None and shares:
            status, amount = shares[0]
            if amount == 0:
                shares.pop(0)
                continue
            parts = list(pieces(rest, [rest.first + amount]))
            shares[0] = (status, amount - parts[0].amount)
            yield status, parts[0]
            rest = parts[1] if len(parts) > 1 else None


def _row(
    batch: CreditBatch,
    link: str,
    status: UnitStatus,
    serials: SerialRun,
    mark: ItmoBlock | None,
    article6: Article6Replay,
) -> CadtUnit:
    traits = batch.traits
    if traits is None:
        raise TonneError(
            "EXPORT_ORIGIN_UNKNOWN",
            f"No event says what batch {batch.unit:#x} is about.",
            field="batch",
            value=batch.unit,
            remedy="Read the events from the market's first block on.",
        )
    activity = "Removal" if traits.activity == REMOVAL else "Reduction"
    how = "nature" if traits.kind == FOREST else "technical"
    declaration, adjustment = "Unknown", "Not Started"
    if mark is not None and serials.registry == 1:
        made = article6.status(batch.unit, mark)
        unneeded = made == NOT_REQUIRED and mark.evidence != 0  # ended without a first transfer
        declaration = "Not Required" if unneeded else "Committed"
        adjustment = {PENDING: "Pending", COMPLETED: "Completed"}.get(made, "Not Started")
    label = f"{serials.registry}-{serials.series}-"
    host = country(traits.country)
    return CadtUnit.model_validate(
        {
            "projectLocationId": traits.place,
            "countryJurisdictionOfOwner": host.picklist or host.name,
            "unitBlockStart": f"{label}{serials.first}",
            "unitBlockEnd": f"{label}{serials.last}",
            "unitCount": serials.amount,
            "vintageYear": batch.vintage,
            "unitType": f"{activity} - {how}",
            "unitStatus": status,
            "unitStatusReason": _reason(batch, serials),
            "unitRegistryLink": link,
            "correspondingAdjustmentDeclaration": declaration,
            "correspondingAdjustmentStatus": adjustment,
        }
    )


def _reason(batch: CreditBatch, serials: SerialRun) -> str | None:
    if not serials.exit:
        return EXITS[7] if batch.status == INVALIDATED else None
    certificate = f", certificate {serials.ref}" if serials.exit == 2 else ""
    return EXITS[serials.exit] + certificate


def unfounded(rows: list[CadtUnit], found: list[CadtUnit]) -> list[str]:
    """Rows of a file that are none of the chain's, each with what the chain says of its first unit."""
    known = {row.model_dump_json() for row in found}
    told = []
    for row in rows:
        if row.model_dump_json() in known:
            continue
        *run, number = serial_of(row.unitBlockStart)
        other = next((r for r in found if _covers(r, run, number)), None)
        said = (
            "no unit"
            if other is None
            else f"{other.unitStatus}, {other.unitCount:,} t from {other.unitBlockStart}"
        )
        told.append(
            f"{row.unitBlockStart} to {row.unitBlockEnd} as {row.unitStatus}; on the chain: {said}"
        )
    return told


def _covers(row: CadtUnit, run: list[int], number: int) -> bool:
    *own, first = serial_of(row.unitBlockStart)
    return own == run and first <= number < first + row.unitCount


# Files


def write(path: Path, rows: list[CadtUnit]) -> None:
    """JSON or, by its ending, CSV."""
    plain = [row.model_dump() for row in rows]
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(CadtUnit.model_fields))
            table.writeheader()
            table.writerows(plain)
    else:
        path.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> list[CadtUnit]:
    """Reads the files of `write`; every row is validated again."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            plain = [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    else:
        plain = json.loads(path.read_text(encoding="utf-8"))
    return TypeAdapter(list[CadtUnit]).validate_python(plain)
