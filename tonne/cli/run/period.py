"""`tonne period`: a whole compliance period on a chain of its own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tonne.errors import TonneError
from tonne.rules.pack.scenario import scheme_of
from tonne.simulation.period.model.plan import MONTHLY, SESSIONS, Options


class LocalChain(StrEnum):
    anvil = "anvil"
    ganache = "ganache"


def period(
    emitters: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many emitters, drawn by the seed. Without it: all; of several schemes 100 each.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides fleet, keys, parts and agents.")] = 2021,
    chain: Annotated[LocalChain, typer.Option(help="The local chain to run on.")] = (
        LocalChain.anvil
    ),
    fleet: Annotated[
        Path | None,
        typer.Option(help="A CSV of plants, see docs/fleet.md. Without it: made from facts."),
    ] = None,
    scenario: Annotated[
        list[Path] | None,
        typer.Option(
            help="A scenario: which rule pack, and how the fleet's file is to be read; or what the pack"
            " does not say, supplied and marked as assumed. May be given several times."
        ),
    ] = None,
    scheme: Annotated[
        str | None,
        typer.Option(
            help="Rule pack, by name or path. Without it: the scenario's, or the national."
        ),
    ] = None,
    schemes: Annotated[
        str | None,
        typer.Option(
            help="Several rule packs at once, on one chain: china-national,china-shenzhen,eu. What a"
            " pack lacks for it is supplied by its --scenario, or by the usual one in scenarios/."
        ),
    ] = None,
    first: Annotated[
        int | None,
        typer.Option(
            "--from",
            help="Reporting year of the first period. Without it: the first of which all dates are known.",
        ),
    ] = None,
    years: Annotated[
        int, typer.Option(min=1, max=8, help="Consecutive periods, on one chain.")
    ] = 1,
    names: Annotated[
        bool, typer.Option("--names", help="Show companies' names in the report.")
    ] = False,
    no_calibration: Annotated[
        bool,
        typer.Option("--no-calibration", help="Take output as the fleet gives it."),
    ] = False,
    allocation_shift: Annotated[
        int,
        typer.Option(min=-20, max=20, help="Shift allocation by so many percent, to see prices."),
    ] = 0,
    sessions: Annotated[
        int, typer.Option(min=20, max=100, help="Trading sessions until the deadline.")
    ] = SESSIONS,
    monthly: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=200,
            help=f"So many of the largest plants put each month's evidence on record; without it {MONTHLY}.",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep inbox, journal and log of the run.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report. Without it: reports/TIME.")
    ] = None,
) -> None:
    """Run a whole compliance period, or several in a row, from deployment to report.

    Starts a chain of its own, with real keys, contracts and oracle; takes it down again at the end.
    """
    from tonne.simulation.period.run import run  # slow to import, and not needed for --help

    fleets = [path for path in scenario or [] if not scheme_of(path)]
    if len(fleets) > 1:
        raise TonneError(
            "SCENARIO_TWO_FLEETS",
            "Two scenarios say how a fleet's file is to be read.",
            field="scenario",
            value=", ".join(map(str, fleets)),
            remedy="Give one of them; those that only assume figures may be several.",
        )
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
    options = Options(
        emitters=emitters,
        seed=seed,
        chain=chain.value,
        fleet=fleet,
        scenario=fleets[0] if fleets else None,
        assumed=tuple(path for path in scenario or [] if path not in fleets),
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
        out=out,
    )
    run(options, Console(highlight=False))


def _alone(**others: object) -> None:
    """Refuses options that several schemes at once do not go with."""
    for name, value in others.items():
        if value:
            option = f"--{name.replace('_', '-')}"
            raise TonneError(
                "PERIOD_OPTIONS",
                f"{option} does not go with --schemes.",
                field=name,
                value=str(value),
                remedy=f"Leave {option} out, or run one scheme with --scheme.",
            )
