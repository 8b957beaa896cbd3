"""`tonne audit`: rebuild a market from its events and compare it with the chain."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import console, table
from tonne.cli.core.session import Session

if TYPE_CHECKING:
    from tonne.audit.reconcile import Audit

#: Differences printed on a terminal; `--json` has all.
SHOWN: Final = 20


@command(needs=Session)
def audit(
    session: Session,
    block: Annotated[
        int | None, typer.Option(help="Block to compare at; default: the latest.")
    ] = None,
) -> None:
    """Rebuild every balance, obligation and certificate from events alone, and compare with the chain.

    Also names each participant whose new status in the register the exchange has not taken over yet,
    money given to a contract beyond what it owes, and markets in units or currency from elsewhere.
    If the node drops the state of the latest block meanwhile, the audit continues to a later one.
    Exit status 0: no difference. 1: differences, each named. 2: none, but the exchange lags.
    """
    from tonne.audit import reconcile

    found = reconcile.audit(session.chain, session.first_block, block)
    if session.as_json:
        typer.echo(json.dumps(_data(found)))
    else:
        _print(found)
    raise typer.Exit(1 if not found.sound else 2 if found.lags else 0)


def _data(found: Audit) -> dict[str, object]:
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
        "surpluses": [asdict(surplus) for surplus in found.surpluses],
        "unchecked": [asdict(left) for left in found.unchecked],
    }


def _print(found: Audit) -> None:
    rows = [(contract, f"{count:,}") for contract, count in found.compared.items()]
    rows.append(("total", f"{found.values:,}"))
    console.print(table(f"Block {found.head.number:,}", ("contract", ">values compared"), rows))
    console.print(f"Rebuilt from {found.events:,} events; block hash {found.head.hash}")
    for difference in found.differences[:SHOWN]:
        console.print(str(difference), style="red", markup=False)
    left = len(found.differences) - SHOWN
    if left > 0:
        console.print(f"and {left:,} more; --json lists all", style="red")
    for beside in (*found.lags, *found.surpluses, *found.unchecked):
        console.print(str(beside), style="yellow", markup=False, soft_wrap=True)
    console.print(
        "no value differs" if found.sound else f"{len(found.differences):,} values differ"
    )
