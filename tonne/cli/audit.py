"""`tonne audit`: rebuild a market from its events and compare it with the chain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tonne import deployments
from tonne.audit.reconcile import Audit, audit
from tonne.chain import Chain

#: Differences shown on a terminal; `--json` gives all.
SHOWN = 20


def command(
    rpc: Annotated[str, typer.Option(help="JSON-RPC URL of any node.")] = "http://127.0.0.1:8545",
    deployment: Annotated[
        Path | None, typer.Option(help="Deployments file; else deployments/CHAINID.json.")
    ] = None,
    block: Annotated[
        int | None, typer.Option(help="Compare at this block; else the latest.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Rebuilds every balance, obligation and certificate from events alone and compares it.

    Exit status 0: no value differs. 1: some do; each is named.
    """
    with Chain(rpc) as chain:
        record = deployments.attach(chain, path=deployment)
        found = audit(chain, record.first_block, block)
    if as_json:
        typer.echo(json.dumps(_plain(found)))
    else:
        _show(found, Console())
    raise typer.Exit(0 if found.sound else 1)


def _plain(found: Audit) -> dict[str, object]:
    return {
        "block": found.head.number,
        "blockHash": found.head.hash,
        "events": found.events,
        "compared": found.compared,
        "differences": [
            {
                "contract": d.contract,
                "about": d.about,
                "events": str(d.expected),
                "chain": str(d.found),
            }
            for d in found.differences
        ],
    }


def _show(found: Audit, console: Console) -> None:
    table = Table("contract", "values compared", title=f"block {found.head.number:,}")
    table.columns[1].justify = "right"
    for contract, count in found.compared.items():
        table.add_row(contract, f"{count:,}")
    table.add_row("together", f"{found.values:,}", style="bold")
    console.print(table)
    console.print(f"rebuilt from {found.events:,} events; block hash {found.head.hash}")
    for difference in found.differences[:SHOWN]:
        console.print(str(difference), style="red", markup=False)
    left = len(found.differences) - SHOWN
    if left > 0:
        console.print(f"and {left:,} more; --json lists all", style="red")
    console.print(
        "no value differs" if found.sound else f"{len(found.differences):,} values differ"
    )
