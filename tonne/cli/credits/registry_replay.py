"""`tonne registry replay`: a registry's file of several years through the contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import LocalChain
from tonne.cli.core.output import Printer, table
from tonne.errors import refused


@command(needs=Printer)
def replay(
    session: Printer,
    file: Annotated[Path, typer.Argument(help="CSV file, a row for each installation and year.")],
    scenario: Annotated[
        Path,
        typer.Option(
            help="Scenario, by name or path: columns and codes of the file, its schemes, phases and dates."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="CSV file to write every verdict to; it must not exist.")
    ] = None,
    chain: Annotated[LocalChain, typer.Option(help="Local chain to start.")] = LocalChain.anvil,
) -> None:
    """Replay a registry: allocation, verified and surrendered tonnes, corrections, entry and exit.

    Every act goes through the contracts on a local chain, in its year; compliance is judged by running
    totals and compared with the file's own. Nothing is drawn or traded. Units beyond what an installation
    was given come out of an auctioned share that is assumed. Bad rows are all listed before anything runs.
    """
    from rich.console import Console

    from tonne.rules.pack.scenario import find
    from tonne.simulation.registry import run, summary

    if out is not None and out.exists():
        raise refused("REPLAY_OUT_EXISTS", out=str(out))
    console = Console(stderr=True, quiet=session.as_json)
    result = run.replay(file, find(scenario), console, chain.value)
    if out is not None:
        summary.write(result, out)
    data = summary.as_dict(result)
    heads = ("scheme", ">year", ">verdicts", ">complies", ">short", ">unverified", ">corrected")
    told = [(p["code"], p["verdict"], p["rows"]) for p in data["published"]]
    session.show(
        data,
        table("Verdicts by year", heads, summary.by_year(result)),
        table("\nRows with both totals", ("published", "verdict", ">rows"), told),
        f"\n{data['installations']:,} installations, {data['verdicts']:,} verdicts;"
        f" {len(data['differing']):,} differ from the file's totals; {len(result.refused):,} reverts.",
        f"Audit: {result.compared:,} values compared, {len(result.differences):,} differ."
        f" {result.transactions:,} transactions, {result.seconds:,.0f} s,"
        f" {result.memory / 1e9:.2f} GB.",
    )
