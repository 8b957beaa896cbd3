"""`tonne inventory show|list|compare`: inventories on record, one by one and side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import Participant
from tonne.cli.core.output import table
from tonne.cli.core.session import Session, participant_named
from tonne.cli.evidence.inventory import Year
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.evidence.inventory_records import InventoryOnRecord

#: Columns in words, by their name.
WORDS: Final = {
    "organisation": "organisation",
    "year": "year",
    "version": "version",
    "reason": "restated for",
    "boundary": "boundary approach",
    "method": "method",
    "gwpSet": "potentials, assessment report",
    "baseYear": "base year",
    "scope1And2SinceBaseKg": "Scopes 1 and 2 market-based since the base year, kg",
    "scope1Kg": "Scope 1, kg",
    "scope1PlantsKg": "of it plants on chain",
    "scope1OtherKg": "of it other sources",
    "plantsNotNamedKg": "own plants left out",
    "countedElsewhereKg": "in another's Scope 1 too",
    "scope2LocationKg": "Scope 2 location-based, kg",
    "scope2MarketKg": "Scope 2 market-based, kg",
    "electricityWh": "electricity, Wh",
    "certificatesWh": "covered by certificates, Wh",
    "otherContractsWh": "covered elsewhere, Wh",
    "scope3Kg": "Scope 3, kg",
    "scope3Categories": "categories reported",
    "creditsT": "credits retired, t",
    "assuranceScope1": "assurance of Scope 1",
    "assuranceScope2": "assurance of Scope 2",
    "assuranceScope3": "assurance of Scope 3",
    "assuredBy": "assured by",
}
#: Columns that are numbers of something, not figures.
NUMBERS: Final = frozenset({"organisation", "year", "version", "gwpSet", "baseYear", "assuredBy"})


@command(needs=Session)
def show(
    session: Session,
    organisation: Participant,
    year: Year,
    version: Annotated[
        int | None, typer.Option(help="Version; default: the one that stands.", min=1, max=255)
    ] = None,
) -> None:
    """Show an organisation's inventory of a year with every version, and the plants that it leaves out."""
    from tonne.evidence import inventory_comparison, inventory_records

    who = participant_named(session, organisation, "organisation")
    versions = inventory_records.read(session.chain, session.first_block, year, who)
    chosen = [v for v in versions if version in (None, v.inventory.version)][-1:]
    if not chosen:
        raise _none_on_record(year, who, version)
    (row,) = _rows(session, chosen)
    history = [
        {
            "version": v.inventory.version,
            "reason": inventory_comparison.reason(v.inventory),
            "replaces": v.inventory.replaces if v.inventory.version > 1 else None,
            "hash": v.record.hash,
            "submittedAt": v.record.submittedAt,
            "assured": bool(v.record.assuredAt),
        }
        for v in versions
    ]
    plants = [{"installation": plant, "sharePpm": ppm} for plant, ppm in chosen[0].plants]
    session.show(
        {"inventory": row, "plants": plants, "versions": history},
        table(f"Inventory of participant {who} for {year}", ("", ">"), _lines([row])),
        table(
            "Versions",
            ("version", "reason", "on record", "assured"),
            [
                (
                    str(v["version"]),
                    v["reason"] or "first",
                    session.local_time(v["submittedAt"]),
                    "yes" if v["assured"] else "no",
                )
                for v in history
            ],
        ),
        *inventory_comparison.hindrances([row]),
    )


@command(needs=Session)
def list_(
    session: Session,
    year: Annotated[int | None, typer.Option(help="Calendar year; default: all.")] = None,
) -> None:
    """List the inventories that stand."""
    from tonne.evidence import inventory_records

    found = inventory_records.standing(
        inventory_records.read(session.chain, session.first_block, year)
    )
    rows = [
        {
            "organisation": one.inventory.organisation,
            "year": one.inventory.year,
            "version": one.inventory.version,
            "scope1Kg": one.record.scope1Kg,
            "scope2LocationKg": one.record.scope2LocationKg,
            "scope2MarketKg": one.record.scope2MarketKg,
            "scope3Kg": one.record.scope3Kg if one.inventory.scope3Reported else None,
            "assured": bool(one.record.assuredAt),
        }
        for one in found
    ]
    columns = [f">{WORDS.get(name, name)}" for name in (rows[0] if rows else ())]
    cells = [[_cell(name, value) for name, value in row.items()] for row in rows]
    session.show(
        {"inventories": rows},
        table("Inventories", columns, cells) if rows else "No inventory is on record.",
    )


@command(needs=Session)
def compare(
    session: Session,
    year: Year,
    organisations: Annotated[
        list[str] | None,
        typer.Argument(help="Participants; default: all with an inventory of the year."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="File to write too: one line each, same columns.")
    ] = None,
) -> None:
    """Show organisations side by side in the same columns, and what keeps figures from being compared."""
    from tonne import files
    from tonne.evidence import inventory_comparison, inventory_records

    read = inventory_records.read(session.chain, session.first_block, year)
    standing = {one.inventory.organisation: one for one in inventory_records.standing(read)}
    wanted = [participant_named(session, who, "organisation") for who in organisations or ()]
    for who in wanted:
        if who not in standing:
            raise _none_on_record(year, who, None)
    rows = _rows(session, [standing[who] for who in wanted or sorted(standing)])
    if csv is not None:
        files.write(csv, inventory_comparison.spreadsheet(rows))
    hindrances = inventory_comparison.hindrances(rows)
    names = [f">participant {row['organisation']}" for row in rows]
    session.show(
        {"year": year, "inventories": rows, "hindrances": hindrances, "file": csv},
        table(f"Inventories of {year}", ("", *names), _lines(rows))
        if rows
        else f"No inventory of {year} is on record.",
        *hindrances,
        *([f"Written to {csv}."] if csv else []),
    )


def _rows(session: Session, chosen: Sequence[InventoryOnRecord]) -> list[dict[str, Any]]:
    from tonne.evidence import inventory_comparison, inventory_records

    every = inventory_records.standing(inventory_records.read(session.chain, session.first_block))
    standing = {one.key[:2]: one for one in every}
    beside = inventory_records.plants_beside(session.chain, chosen)
    return [
        inventory_comparison.row(
            one, plants, standing.get((one.inventory.organisation, one.inventory.baseYear))
        )
        for one, plants in zip(chosen, beside, strict=True)
    ]


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """A line for each figure; categories of Scope 3 that none reports are left out."""
    from tonne.evidence.inventory_types import SCOPE3

    words = dict(WORDS)
    for number, (name, category) in enumerate(SCOPE3.items(), start=1):
        words[name] = f"{number} {category}, kg"
    every = rows[0] if rows else {}
    shown = [
        n for n in every if n in words and (n not in SCOPE3 or any(r[n] is not None for r in rows))
    ]
    return [[words[name], *(_cell(name, row[name]) for row in rows)] for name in shown]


def _cell(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) and name not in NUMBERS else str(value)


def _none_on_record(year: int, who: int, version: int | None) -> TonneError:
    about = f"version {version} of an inventory" if version else "inventory"
    return refused("INVENTORY_NOT_ON_RECORD", who=who, about=about, year=year)
