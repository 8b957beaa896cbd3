"""`tonne export`: what others' systems take, written from events alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne import countries
from tonne.audit.export import article6 as export_article6
from tonne.audit.export import cad_trust
from tonne.audit.export.rebuild import Rebuilt, rebuild
from tonne.cli.core.session import DEFAULT_RPC, AsJson, Desk, Folder, Rpc, connect, show
from tonne.deployment import record

app = typer.Typer(
    help="Write units and mitigation outcomes as other systems take them.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="Where to write; .json or .csv.", dir_okay=False)]
Block = Annotated[int | None, typer.Option(help="As of this block; else the latest.")]


def _read(rpc: str, folder: Path, block: int | None) -> tuple[Desk, Rebuilt]:
    desk = connect(rpc, folder)
    return desk, rebuild(desk.chain, desk.deployment.first_block, block)


@app.command()
def cadt(
    file: File,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    block: Block = None,
    as_json: AsJson = False,
) -> None:
    """Every credit that was ever issued, as CAD Trust takes units (data model 1)."""
    desk, (batches, outcomes, head) = _read(rpc, folder, block)
    rows = list(cad_trust.units(batches, outcomes, desk.chain.chain_id))
    cad_trust.write(file, rows)
    total = sum(row.unitCount for row in rows)
    hosts = {row.countryJurisdictionOfOwner for row in rows}
    unlisted = sorted(hosts - countries.picklist())
    said = f"{total:,} t in {len(rows):,} rows, as of block {head.number:,}: {file}"
    if unlisted:
        said += f". Not in CAD Trust's list of countries: {', '.join(unlisted)}"
    show(
        {
            "file": file,
            "block": head.number,
            "rows": len(rows),
            "units": total,
            "unlisted_countries": unlisted,
        },
        as_json,
        said,
    )


@app.command()
def article6(
    file: File,
    party: Annotated[
        str | None, typer.Option(help="Of this Party alone: three letters, e.g. CHN.")
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    block: Block = None,
    as_json: AsJson = False,
) -> None:
    """Authorisations, actions and holdings in the Article 6 agreed electronic format.

    A .csv is one file for each table: NAME-actions.csv and so on.
    """
    number = countries.by_alpha3(party) if party else None
    _, (batches, outcomes, head) = _read(rpc, folder, block)
    found = export_article6.tables(batches, outcomes, head.time, number)
    files = export_article6.write(file, found)
    counts = {name: len(getattr(found, name)) for name in export_article6.TABLES}
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    show(
        {"files": [str(f) for f in files], "block": head.number, "rows": counts},
        as_json,
        f"{said}, as of block {head.number:,}: {', '.join(str(f) for f in files)}",
    )
