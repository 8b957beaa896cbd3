"""`tonne guardian`: acts that wait, and pauses: show, cancel, make, begin, end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.output import table, working
from tonne.cli.core.session import Session
from tonne.constants import HOUR_S
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.deployment.founding import WaitingAct

app = typer.Typer(
    help="Emergency: pause contracts; cancel or make acts that wait.", no_args_is_help=True
)

Contract = Annotated[str, typer.Argument(help="Contract, e.g. Exchange.")]
Operation = Annotated[
    str | None, typer.Argument(help="Id of the waiting act, or its beginning; default: all.")
]


@app.command()
@command(needs=Session)
def status(session: Session) -> None:
    """Show the delay, the acts that wait, and the contracts that are paused or may not be yet."""
    from tonne.deployment import founding

    with working("reading acts that wait, and pauses"):
        delay = founding.delay_of(session.chain)
        acts = founding.waiting(session.chain, session.first_block)
        held = pauses(session)
    session.show(
        {"delay": delay, "waiting": waiting_data(acts), "pauses": held},
        f"Acts of roles wait {delay / HOUR_S:g} hours." if delay else "The market is not founded.",
        waiting_table(session, acts),
        pause_table(session, held),
    )


@app.command()
@command(needs=OfficerAct)
def pause(
    act: OfficerAct,
    contract: Contract,
    hours: Annotated[int, typer.Option(help="Length of the pause [h], at most 24.")] = 24,
) -> None:
    """Stop issue, settlement and exits of money at a contract; its stated times move by the length.

    A pause cannot be followed by another for two days. Trading is halted by `authority halt`.
    """
    _check(contract)
    effect = Effect(contract, "runs", f"paused for {hours} hours")
    call = OfficerCall(contract, "pause", (hours * HOUR_S,), [effect])
    act.do(f"Pause {contract}", [call])


@app.command()
@command(needs=OfficerAct)
def unpause(act: OfficerAct, contract: Contract) -> None:
    """End a pause early. The times that it moved stay where they are."""
    _check(contract)
    effect = Effect(contract, "paused", "runs")
    act.do(f"End the pause of {contract}", [OfficerCall(contract, "unpause", (), [effect])])


@app.command()
@command(needs=OfficerAct)
def cancel(act: OfficerAct, operation: Operation = None) -> None:
    """Cancel acts that wait: as guardian any, else your own."""
    from tonne.deployment import founding

    acts = _chosen(act, operation)
    calls = [
        OfficerCall(
            founding.MANAGER,
            "cancel",
            (each.caller, each.target, each.data),
            [Effect(str(each), f"waits until {act.local_time(each.ready)}", "cancelled")],
        )
        for each in acts
    ]
    act.do("Cancel what waits", calls)


@app.command()
@command(needs=OfficerAct)
def execute(act: OfficerAct, operation: Operation = None) -> None:
    """Make your acts that have waited long enough."""
    from tonne.deployment import founding

    now = act.chain.now()
    own = [each for each in _chosen(act, operation) if each.caller == act.officer]
    ready = [each for each in own if each.ready <= now]
    if not ready:
        soonest = min((each.ready for each in own), default=None)
        raise TonneError(
            "WAITING_NOT_READY",
            "No act of this account has waited long enough.",
            field="operation",
            value=operation,
            remedy=f"Wait until {act.local_time(soonest)}."
            if soonest is not None
            else "`tonne guardian status` lists who scheduled which act.",
        )
    calls = [
        OfficerCall(
            founding.MANAGER,
            "execute",
            (each.target, each.data),
            [Effect(str(each), "waits", "made")],
        )
        for each in ready
    ]
    act.do("Make what has waited", calls)


def _chosen(act: OfficerAct, operation: str | None) -> Sequence[WaitingAct]:
    from tonne.deployment import founding

    acts = founding.waiting(act.chain, act.first_block)
    if operation is not None:
        return [founding.one(acts, operation)]
    if not acts:
        raise refused("WAITING_NONE")
    return acts


def _check(contract: str) -> None:
    from tonne.deployment import plan, roles

    if plan.source_of(contract) not in roles.PAUSABLE:
        raise refused("PAUSE_CONTRACT", contract=contract, pausable=", ".join(roles.PAUSABLE))


def pauses(session: Session) -> list[dict[str, Any]]:
    """Contracts that are paused, or cannot be paused yet."""
    from tonne.deployment import plan, roles

    chain = session.chain
    names = [name for name in chain.contracts if plan.source_of(name) in roles.PAUSABLE]
    found = chain.call_many([(name, "pausedUntil", ()) for name in names])
    return [
        {"contract": name, "pausedUntil": until, "nextPause": following}
        for name, (until, following) in zip(names, found, strict=True)
        if following
    ]


def waiting_data(acts: Sequence[WaitingAct]) -> list[dict[str, Any]]:
    """Acts that wait, for JSON."""
    return [
        {
            "operation": each.operation,
            "act": str(each),
            "caller": each.caller,
            "readyAt": each.ready,
            "lapsesAt": each.lapses,
        }
        for each in acts
    ]


def waiting_table(session: Session, acts: Sequence[WaitingAct]) -> Any:
    """Acts that wait, for people."""
    if not acts:
        return "No act waits."
    rows = [
        (each.operation[:10], str(each), each.caller, session.local_time(each.ready))
        for each in acts
    ]
    return table("Waiting", ("id", "act", "by", "until"), rows)


def pause_table(session: Session, held: Sequence[dict[str, Any]]) -> Any:
    """Pauses, for people."""
    if not held:
        return "No contract is paused."
    rows = [
        (
            each["contract"],
            session.local_time(each["pausedUntil"]) if each["pausedUntil"] else "runs",
            session.local_time(each["nextPause"]),
        )
        for each in held
    ]
    return table("Pauses", ("contract", "paused until", "next pause from"), rows)
