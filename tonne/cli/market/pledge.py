"""`tonne market pledge`, `release`, `end-pledge` and `pledges`: lots as collateral for a lender."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import ON_RECORD, WHO
from tonne.cli.core.output import table
from tonne.cli.core.session import Signer, participant_named, text_hash
from tonne.constants import DAY_S
from tonne.errors import refused

#: `Party` of IPledges, as people say it.
PARTIES: Final = ("nobody", "pledgor", "lender")

#: Most pledges that are read one by one.
MOST: Final = 10_000


@command(needs=Signer, market=1)
def pledge(
    session: Signer,
    lots: Annotated[int, typer.Argument(help="Lots of your account on the exchange.", min=1)],
    lender: Annotated[str, typer.Argument(help=f"Lender. {WHO}")],
    terms: Annotated[str, typer.Option(help=f"Contract between the parties. {ON_RECORD}")],
    days: Annotated[
        int, typer.Option(help="Time until the pledge is over [d].", min=1, max=3_660)
    ] = 365,
) -> None:
    """Pledge lots to a lender; they stay yours but cannot be used until released, or it is over."""
    hashed = text_hash(terms)
    to = participant_named(session, lender, "lender")
    until = session.chain.now() + days * DAY_S
    receipt = session.send("Pledges", "pledge", session.market, to, lots, until, hashed)
    event = session.sent_event(receipt, "LotsPledged")
    session.show(
        {
            "pledge": event["pledge"],
            "lots": lots,
            "lender": to,
            "until": until,
            "termsHash": hashed,
        },
        f"Pledge {event['pledge']}: {lots:,} lots to participant {to}. They are not sold,"
        " withdrawn or surrendered until both agree, an authority orders it, or"
        f" {session.local_time(until)} has passed.",
    )


@command(needs=Signer)
def release(
    session: Signer,
    number: Annotated[int, typer.Argument(help="Pledge number.", min=1)],
    lots: Annotated[int, typer.Argument(help="Lots to release; 0 withdraws your proposal.", min=0)],
    to_lender: Annotated[
        bool, typer.Option("--to-lender", help="Release to the lender instead of the pledgor.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help=f"Reason of an officer's order. {ON_RECORD}")
    ] = None,
) -> None:
    """Propose or accept a release of pledged lots; it takes effect when both sides agree.

    With --reason an officer orders the release without them.
    """
    chain = session.chain
    if reason is None:
        receipt = session.send("Pledges", "agree", number, lots, to_lender)
    else:
        hashed = text_hash(reason)
        receipt = session.send("Pledges", "order", number, lots, to_lender, hashed)
    event = next((e for e in chain.events(receipt) if e.name == "PledgeReleased"), None)
    if event is None:
        data = {"pledge": number, "released": 0, "proposed": lots, "toLender": to_lender}
        said = (
            "Your proposal is withdrawn." if lots == 0 else "Proposed; the other side has to agree."
        )
    else:
        data = {"pledge": number, "released": lots, "to": event["to"], "left": event["left"]}
        said = f"{lots:,} lots went to participant {event['to']}; {event['left']:,} stay pledged."
    session.show(data, said)


@command(needs=Signer)
def end_pledge(
    session: Signer,
    number: Annotated[int, typer.Argument(help="Pledge number.", min=1)],
) -> None:
    """Give the rest of a pledge that is over back to its pledgor; any account can."""
    receipt = session.send("Pledges", "end", number)
    event = session.sent_event(receipt, "PledgeReleased")
    data = {"pledge": number, "released": event["lots"], "to": event["to"]}
    session.show(data, f"{event['lots']:,} lots went back to participant {event['to']}.")


@command(needs=Signer)
def pledges(session: Signer) -> None:
    """List your pledges as pledgor or lender, and their proposed releases."""
    me = session.participant
    chain = session.chain
    count = chain.call("Pledges", "count")
    if count > MOST:
        raise refused("PLEDGES_TOO_MANY", count=count)
    numbers = range(1, count + 1)
    found = chain.call_many(("Pledges", "pledgeOf", (n,)) for n in numbers)
    mine = [
        (n, p)
        for n, p in zip(numbers, found, strict=True)
        if p.lots and me in (p.pledgor, p.lender)
    ]
    data = [
        {
            "pledge": n,
            "market": p.market,
            "pledgor": p.pledgor,
            "lender": p.lender,
            "lots": p.lots,
            "until": p.until,
            "proposer": PARTIES[p.proposer],
            "proposedLots": p.proposedLots,
            "proposedToLender": p.proposedToLender,
        }
        for n, p in mine
    ]
    rows = [
        (
            n,
            p.market,
            p.pledgor,
            p.lender,
            f"{p.lots:,}",
            session.local_time(p.until),
            _proposal(p),
        )
        for n, p in mine
    ]
    columns = (">pledge", ">market", ">pledgor", ">lender", ">lots", "until", "proposed")
    session.show({"pledges": data}, table("", columns, rows) if rows else "No pledge.")


def _proposal(pledge: Any) -> str:
    if not pledge.proposer:
        return "-"
    to = "lender" if pledge.proposedToLender else "pledgor"
    return f"{PARTIES[pledge.proposer]}: {pledge.proposedLots:,} to the {to}"
