"""`tonne energy settle`: who settles, a node's day, and what its daemon does not do by itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.output import parse_date
from tonne.cli.core.session import Keeper, Session, Signer
from tonne.constants import DAY_S, EPOCH

app = typer.Typer(
    help="Settlement of a node's day: its state, the bond, taking it over, closing it.",
    no_args_is_help=True,
)

Node = Annotated[int, typer.Argument(help="Node of the market.", min=0, max=255)]
Day = Annotated[str, typer.Argument(help="Day (UTC), e.g. 2026-06-01.")]


@app.command()
@command(needs=Session)
def show(session: Session, node: Node, on: Day) -> None:
    """Show the outcome of a node's day: runs, list, disputes, payments."""
    from tonne.power.settlement_runs import END_S

    day = _day(on)
    contract = "PowerSettlement"
    its, list_, taker, window, interval_s = _told(session, node, day)
    needed = DAY_S // interval_s
    data: dict[str, Any] = {
        "node": node,
        "day": day,
        "intervals": its.intervals,
        "of": needed,
        "failures": its.failures,
        "closed": its.closed,
        "taker": taker.poster,
        "list": {"poster": list_.poster, "complete": list_.complete, "postedAt": list_.postedAt},
        "chunks": list_.chunks,
        "paid": list_.paid,
    }
    said = [f"{its.intervals} of {needed} intervals have runs; {its.failures} runs or lists fell."]
    if taker.poster:
        said.append(
            f"Participant {taker.poster} took it over, until {session.local_time(taker.until)}."
        )
    if its.closed:
        said.append("It was closed: no account pays or gets anything for it.")
    elif not list_.complete:
        end = (day + 1) * DAY_S + END_S
        said.append(
            f"Its list is not complete; from {session.local_time(end)} on any account closes it."
        )
    elif list_.paid < list_.chunks:
        asked, until = (list_.postedAt + part for part in (window // 2, window))
        data["askedUntil"] = asked
        said.append(
            f"Lines are asked for until {session.local_time(asked)} and disputed until"
            f" {session.local_time(until)}; then it is paid."
        )
    else:
        said.append("It is paid.")
    data["contract"] = session.chain[contract].address
    session.show(data, *said)


def _told(session: Session, node: int, day: int) -> list[Any]:
    contract = "PowerSettlement"
    views: list[tuple[str, str, tuple[int, ...]]] = [
        (contract, name, (node, day)) for name in ("dayOf", "listOf", "takerOf")
    ]
    found = session.chain.call_many(
        [*views, (contract, "WINDOW", ()), ("PowerMarket", "terms", ())]
    )
    return [*found[:4], found[4].intervalS]


@app.command()
@command(needs=Signer)
def bond(
    session: Signer,
    amount: Annotated[str, typer.Argument(help=f"Credits of your account. {AMOUNT}")],
    back: Annotated[bool, typer.Option("--back", help="Take them back instead.")] = False,
) -> None:
    """Add to the bond that answers for your runs, or take a part of it back when it answers for no day."""
    from tonne.cli.energy.credit import micro
    from tonne.units.energy_credits import credits

    session.send("PowerSettlement", "unbond" if back else "bond", micro(amount))
    held, debits, days = session.chain.call("PowerSettlement", "bondOf", session.participant)
    data = {"participant": session.participant, "bond": held, "debits": debits, "openDays": days}
    session.show(data, f"The bond is {credits(held)} credits; it answers for {days} days of nodes.")


@app.command()
@command(needs=Signer)
def take(session: Signer, node: Node, on: Day) -> None:
    """Take over a day without a list from its operator: its runs fall, your daemon posts again."""
    day = _day(on)
    sent = session.send("PowerSettlement", "takeOver", node, day)
    until = session.sent_event(sent, "DayTaken")["until"]
    session.show(
        {"node": node, "day": day, "until": until, "transaction": sent.hash},
        f"Until {session.local_time(until)} it is yours alone to settle: run your settlement daemon.",
    )


@app.command()
@command(needs=Keeper)
def close(session: Keeper, node: Node, on: Day) -> None:
    """Close a day that has no complete list seven days after its end. Open to all."""
    day = _day(on)
    sent = session.send("PowerSettlement", "closeDay", node, day)
    session.show(
        {"node": node, "day": day, "transaction": sent.hash},
        "It is closed: no account pays or gets anything for it; who left it so loses its bond.",
    )


def _day(text: str) -> int:
    """Days since 1970-01-01, UTC."""
    return (parse_date(text, "day") - EPOCH).days
