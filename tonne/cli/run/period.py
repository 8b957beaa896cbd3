"""`tonne period`: simulation of a compliance period."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from tonne.cli.core.options import LocalChain
from tonne.errors import refused

#: `SESSIONS` and `MONTHLY` of the simulation's plan, which a test compares.
SESSIONS: Final = 24
MONTHLY: Final = 6


def period(
    emitters: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of emitters, drawn by the seed; default: all, of several schemes 100 each.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of fleet, keys, roles and agents.")] = 2021,
    chain: Annotated[LocalChain, typer.Option(help="Local chain to start.")] = LocalChain.anvil,
    fleet: Annotated[
        Path | None,
        typer.Option(
            help="CSV file of plants, see docs/fleet.md; default: generated from statistics."
        ),
    ] = None,
    scenario: Annotated[
        list[Path] | None,
        typer.Option(
            help="Scenario, by name or path: the rule pack and the reading of the fleet's file, or"
            " assumed figures that the pack lacks. Repeatable."
        ),
    ] = None,
    scheme: Annotated[
        str | None,
        typer.Option(
            help="Rule pack, by name or path; default: the scenario's, or china-national."
        ),
    ] = None,
    schemes: Annotated[
        str | None,
        typer.Option(
            help="Several rule packs on one chain, comma-separated, e.g. china-national,eu. Figures that a"
            " pack lacks come from its --scenario, or from scenarios/."
        ),
    ] = None,
    first: Annotated[
        int | None,
        typer.Option(
            "--from",
            help="Reporting year of the first period; default: the first with all dates known.",
        ),
    ] = None,
    years: Annotated[
        int, typer.Option(min=1, max=8, help="Number of consecutive periods on one chain.")
    ] = 1,
    names: Annotated[
        bool, typer.Option("--names", help="Show the names of companies in the report.")
    ] = False,
    no_calibration: Annotated[
        bool,
        typer.Option("--no-calibration", help="Keep the output of the fleet as it is given."),
    ] = False,
    allocation_shift: Annotated[
        int,
        typer.Option(min=-20, max=20, help="Shift of all allocations [%], to vary prices."),
    ] = 0,
    sessions: Annotated[
        int, typer.Option(min=20, max=100, help="Trading sessions until the deadline.")
    ] = SESSIONS,
    monthly: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=200,
            help=f"Number of the largest plants that record monthly evidence; default: {MONTHLY}.",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep inbox, journal and log of the run.")
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the chain and serve its page until Ctrl-C.")
    ] = False,
    brief: Annotated[
        bool,
        typer.Option("--brief", help="Print three lines; the report has the rest."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report; default: reports/TIME.")
    ] = None,
) -> None:
    """Simulate a compliance period, or several in a row, from deployment to report.

    Runs on a local chain with real keys, contracts and oracle. The chain is stopped at the end, or kept
    with --serve.
    """
    from tonne.rules.pack.scenario import find, scheme_of
    from tonne.simulation.period.model.plan import PeriodOptions
    from tonne.simulation.period.run import run

    scenarios = [find(path) for path in scenario or []]
    fleets = [path for path in scenarios if not scheme_of(path)]
    if len(fleets) > 1:
        raise refused("SCENARIO_TWO_FLEETS", fleets=", ".join(map(str, fleets)))
    if schemes is not None:
        read = fleet or next(iter(fleets), None)
        several_years = years if years > 1 else None
        _alone(
            scheme=scheme,
            fleet=read,
            years=several_years,
            allocation_shift=allocation_shift,
            monthly=monthly,
        )
    options = PeriodOptions(
        emitters=emitters,
        seed=seed,
        chain=chain.value,
        fleet=fleet,
        scenario=fleets[0] if fleets else None,
        assumed=tuple(path for path in scenarios if path not in fleets),
        scheme=scheme,
        schemes=tuple(name.strip() for name in schemes.split(",")) if schemes is not None else (),
        first=first,
        years=years,
        names=names,
        calibrate=not no_calibration,
        shift_percent=allocation_shift,
        sessions=sessions,
        monthly=MONTHLY if monthly is None else monthly,
        keep=keep,
        serve=serve,
        brief=brief,
        out=out,
    )
    run(options, Console(highlight=False))


def _alone(**others: object) -> None:
    """Raises PERIOD_OPTIONS for options that need a single scheme."""
    for name, value in others.items():
        if value:
            option = f"--{name.replace('_', '-')}"
            raise refused("PERIOD_OPTIONS", given=str(value), option=option, field=name)
