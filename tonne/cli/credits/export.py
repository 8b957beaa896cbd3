"""`tonne export`: units and mitigation outcomes in the formats of other systems, from events alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne import countries
from tonne.cli.core.command import command
from tonne.cli.core.session import Session
from tonne.errors import TonneError

app = typer.Typer(
    help="Export units and mitigation outcomes in the formats of other systems.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="File to write, .json or .csv.", dir_okay=False)]
Block = Annotated[int | None, typer.Option(help="Block of the state; default: the latest.")]


@app.command()
@command(needs=Session)
def cadt(session: Session, file: File, block: Block = None) -> None:
    """Export every credit ever issued as CAD Trust units (data model 1)."""
    from tonne.audit.export import cad_trust
    from tonne.audit.export.rebuild import rebuild

    batches, outcomes, head = rebuild(session.chain, session.first_block, block)
    rows = list(cad_trust.units(batches, outcomes, session.chain.chain_id))
    cad_trust.write(file, rows)
    total = sum(row.unitCount for row in rows)
    hosts = {row.countryJurisdictionOfOwner for row in rows}
    unlisted = sorted(hosts - countries.picklist())
    said = f"{total:,} t in {len(rows):,} rows, as of block {head.number:,}: {file}"
    if unlisted:
        said += f". Not in CAD Trust's list of countries: {', '.join(unlisted)}"
    session.show(
        {
            "file": file,
            "block": head.number,
            "rows": len(rows),
            "units": total,
            "unlisted_countries": unlisted,
        },
        said,
    )


@app.command()
@command(needs=Session)
def check(session: Session, file: File, block: Block = None) -> None:
    """Compare a file of CAD Trust units with the chain: each row that the chain does not bear out is told."""
    from tonne.audit.export import cad_trust
    from tonne.audit.export.rebuild import rebuild

    rows = cad_trust.read(file)
    batches, outcomes, head = rebuild(session.chain, session.first_block, block)
    found = list(cad_trust.units(batches, outcomes, session.chain.chain_id))
    told = cad_trust.unfounded(rows, found)
    if told:
        raise TonneError(
            "EXPORT_UNFOUNDED",
            f"{len(told):,} of {len(rows):,} rows are not what the chain says: {'; '.join(told[:5])}.",
            field="file",
            value=str(file),
            remedy="Export anew: `tonne export cadt`; or name the --block that the file is of.",
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
