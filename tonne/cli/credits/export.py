"""`tonne export`: units and mitigation outcomes in the formats of other systems, from events alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne import countries
from tonne.cli.core.command import command
from tonne.cli.core.options import PROFILES
from tonne.cli.core.session import Session
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.audit.export.rebuild import RebuiltMarket
    from tonne.audit.export.tables import Row

app = typer.Typer(
    help="Export units and mitigation outcomes in the formats of other systems.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="File to write, .json or .csv.", dir_okay=False)]
Block = Annotated[int | None, typer.Option(help="Block of the state; default: the latest.")]


@app.command()
@command(needs=Session, profiles=PROFILES)
def cadt(session: Session, file: File, block: Block = None) -> None:
    """Export projects, locations, issuances, units and labels as CAD Trust records (data model 1).

    CSV output is what its upload takes: NAME-projects.csv, NAME-units.csv and one more for each other form.
    """
    from tonne.audit.export import cad_trust, cad_trust_files
    from tonne.audit.export.cad_trust_source import source_of

    source, head = source_of(session.chain, session.first_block, block)
    source.names = session.names
    records = cad_trust_files.CadTrustRecords(
        projects=list(cad_trust.projects(source)), units=list(cad_trust.units(source))
    )
    files = cad_trust_files.write(file, records)
    total = sum(row.unitCount for row in records.units)
    named = {row.countryJurisdictionOfOwner for row in records.units}
    named |= {place.country for row in records.projects for place in row.projectLocations or []}
    unlisted = sorted(named - countries.picklist())
    said = (
        f"{len(records.projects):,} projects and {total:,} t in {len(records.units):,} rows,"
        f" as of block {head.number:,}: {', '.join(map(str, files))}"
    )
    if unlisted:
        said += f". Not in CAD Trust's list of countries: {', '.join(unlisted)}"
    session.show(
        {
            "files": [str(one) for one in files],
            "block": head.number,
            "projects": len(records.projects),
            "rows": len(records.units),
            "units": total,
            "unlisted_countries": unlisted,
        },
        said,
    )


Table = Annotated[Path, typer.Argument(help="File to write, .csv or .parquet.", dir_okay=False)]


@app.command()
@command(needs=Session, profiles=PROFILES)
def retirements(session: Session, file: Table, block: Block = None) -> None:
    """Export every certificate of retirement as a table."""
    from tonne.audit.export import tables

    found = _rebuilt(session, block)
    _write(
        session, file, found, tables.RetirementRow, list(tables.retirements(found, session.names))
    )


@app.command()
@command(needs=Session, profiles=PROFILES)
def holdings(session: Session, file: Table, block: Block = None) -> None:
    """Export who holds which units, in wallets and on the exchange, as a table."""
    from tonne.audit.export import tables
    from tonne.audit.export.holdings import holdings as held

    found = _rebuilt(session, block)
    rows = tables.holding_rows(
        found, held(found.market, session.chain["Exchange"].address), session.names
    )
    _write(session, file, found, tables.HoldingRow, list(rows))


@app.command()
@command(needs=Session, profiles=PROFILES)
def projects(session: Session, file: Table, block: Block = None) -> None:
    """Export every project with the fate of its credits as a table."""
    from tonne.audit.export import tables

    found = _rebuilt(session, block)
    _write(session, file, found, tables.ProjectRow, list(tables.projects(found, session.names)))


def _rebuilt(session: Session, block: int | None) -> RebuiltMarket:
    from tonne.audit.export.rebuild import rebuild_market

    return rebuild_market(session.chain, session.first_block, block)


def _write(
    session: Session, file: Path, found: RebuiltMarket, kind: type[Row], rows: list[Any]
) -> None:
    from tonne.audit.export import tables

    tables.write(file, kind, rows)
    session.show(
        {"file": file, "block": found.head.number, "rows": len(rows)},
        f"{len(rows):,} rows, as of block {found.head.number:,}: {file}",
    )


@app.command()
@command(needs=Session, profiles=PROFILES)
def check(session: Session, file: File, block: Block = None) -> None:
    """Compare a file of CAD Trust units with the chain: each row that the chain does not bear out is told."""
    from tonne.audit.export import cad_trust, cad_trust_files
    from tonne.audit.export.cad_trust_source import source_of

    rows = cad_trust_files.read(file).units
    source, head = source_of(session.chain, session.first_block, block)
    found = list(cad_trust.units(source))
    source.names = session.names
    found += cad_trust.units(source)
    told = cad_trust.unfounded(rows, found)
    if told:
        raise refused(
            "EXPORT_UNFOUNDED",
            file=str(file),
            told_count=len(told),
            rows_count=len(rows),
            examples="; ".join(told[:5]),
        )
    session.show(
        {"file": file, "block": head.number, "rows": len(rows)},
        f"All {len(rows):,} rows are as the chain says at block {head.number:,}.",
    )


@app.command()
@command(needs=Session)
def article6(
    session: Session,
    file: File,
    party: Annotated[
        str | None, typer.Option(help="Only this Party, three letters, e.g. CHN; default: all.")
    ] = None,
    block: Block = None,
) -> None:
    """Export authorisations, actions and holdings in the Article 6 agreed electronic format.

    CSV output is one file for each table: NAME-actions.csv and so on.
    """
    from tonne.audit.export import article6 as tables
    from tonne.audit.export.rebuild import rebuild

    number = countries.by_alpha3(party) if party else None
    batches, outcomes, head = rebuild(session.chain, session.first_block, block)
    found = tables.tables(batches, outcomes, head.time, number)
    files = tables.write(file, found)
    counts = {name: len(getattr(found, name)) for name in tables.TABLES}
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    session.show(
        {"files": [str(f) for f in files], "block": head.number, "rows": counts},
        f"{said}, as of block {head.number:,}: {', '.join(str(f) for f in files)}",
    )
