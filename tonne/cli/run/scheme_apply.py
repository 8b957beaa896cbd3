"""`tonne scheme apply`: set a scheme up on chain from its rule pack."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.output import errors
from tonne.cli.run.scheme import Name, Scenarios, loaded

if TYPE_CHECKING:
    from tonne.deployment.scheme_calls import SetUp, SetUpCall
    from tonne.rules.pack import RulePack

#: Between two looks at a chain whose clock cannot be moved [s].
LOOK_S: Final = 15.0


@command(needs=OfficerAct)
def apply(
    act: OfficerAct,
    name: Name,
    scenario: Scenarios = None,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Wait for offices: test chains' clocks are moved, others run."),
    ] = False,
) -> None:
    """Set a scheme up from its pack: rules, periods, calendar, offices; then end the set-up.

    You become its officer with every power, and registrar everywhere. Offices wait as the market's
    acts of roles do: repeat the command then, or say --wait. Parts that are on chain are left alone.
    """
    (pack,) = loaded([name], scenario)
    if wait and not act.dry_run and act.safe_file is None:
        _wait(act, pack)
    setup = _missing(act, pack)
    offices = _calls(setup.offices)
    still = any(act.ready_at(call) for call in offices)
    calls = [*_calls(setup.rules), *offices, *([] if still else _calls(setup.ending))]
    number, title = pack.scheme.number, f"Set up scheme {pack.scheme.number}, {pack.scheme.name}"
    data = {"scheme": number, "active": not still, "differing": setup.differing}
    if not calls:
        act.show({**data, "sent": False}, *_as_it_stands(number, setup.differing))
        return
    lines = [] if still else [f"  scheme {number} is active: changes need notice and a reason"]
    act.do(title, calls, data, lines, first_only=True)


def _as_it_stands(number: int, differing: list[str]) -> list[str]:
    if not differing:
        return [f"Scheme {number} stands as its pack has it."]
    return [
        f"Nothing was sent: scheme {number} is active, and its set-up is over. Not on chain as this pack and"
        f" its scenarios have it: {', '.join(differing)}.",
        "Rules change with notice: a value by `tonne authority value --help`, the dates of a period by"
        " `tonne authority deadline --help`.",
    ]


def _missing(act: OfficerAct, pack: RulePack) -> SetUp:
    from tonne.deployment import scheme_calls

    return scheme_calls.missing(act.chain, pack, act.officer, (), act.first_block)


def _calls(calls: list[SetUpCall]) -> list[OfficerCall]:
    return [
        OfficerCall(c.contract, c.function, c.args, [Effect(c.what, "not on chain", "set")])
        for c in calls
    ]


def _wait(act: OfficerAct, pack: RulePack) -> None:
    """Schedules the offices and returns once they can be appointed."""
    ready = act.schedule(_calls(_missing(act, pack).offices))
    if not ready:
        return
    if act.chain.kind != "other":
        act.chain.set_time(ready)
        errors.print(f"The chain's clock was moved to {act.local_time(ready)}.")
        return
    errors.print(
        f"Waiting until {act.local_time(ready)}; Ctrl-C, and the command repeated then, do too."
    )
    while act.chain.now() < ready:
        time.sleep(LOOK_S)
