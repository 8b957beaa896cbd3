"""`tonne audit`: rebuild a market from its events and compare it with the chain."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tonne.audit.reconcile import Audit, audit
from tonne.chain.client import Chain
from tonne.cli.core.session import DEFAULT_RPC, AsJson, Folder, Rpc
from tonne.deployment import record as deployments

#: Differences shown on a terminal; `--json` gives all.
SHOWN = 20


def command(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    block: Annotated[
        int | None, typer.Option(help="Compare at this block; else the latest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild every balance, obligation and certificate from events alone, and compare it.

    Names as well each participant whose status in the register the exchange has not taken over yet.
    Where the node drops the state of the latest block meanwhile, the audit reads on to a later one.
    Exit status 0: no value differs. 1: some do; each is named. 2: none does, but the exchange lags.
    """
    with Chain(rpc) as chain:
        record = deployments.attach(chain, folder)
        found = audit(chain, record.first_block, block)
    if as_json:
        typer.echo(json.dumps(_plain(found)))
    else:
        _show(found, Console())
    raise typer.Exit(1 if not found.sound else 2 if found.lags else 0)


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
        "lags": [asdict(lag) for lag in found.lags],
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
    for lag in found.lags:
        console.print(str(lag), style="yellow", markup=False, soft_wrap=True)
    console.print(
        "no value differs" if found.sound else f"{len(found.differences):,} values differ"
    )
