"""`tonne credit pledge`, `pledged`, `release`, `collect` and `freeze-pledge`: credits as collateral."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import ON_RECORD, WHO, Reason
from tonne.cli.core.output import table
from tonne.cli.core.session import Signer, participant_named, text_hash
from tonne.cli.core.unit_names import PARTIES
from tonne.cli.energy.credit import Credits, SeriesNumber, approve, because, find, micro
from tonne.errors import refused

PLEDGOR, LENDER = 1, 2


@command(needs=Signer)
def pledge(
    session: Signer,
    series: SeriesNumber,
    amount: Credits,
    lender: Annotated[str, typer.Argument(help=f"Lender. {WHO}")],
    terms: Annotated[str, typer.Option(help=f"Contract between the parties. {ON_RECORD}")],
) -> None:
    """Pledge credits to a lender; they cannot be used until they are released."""
    from tonne.units.energy_credits import credits

    hashed = text_hash(because(terms, "terms"))
    chain, id_, value = session.chain, find(session, series), micro(amount)
    to = participant_named(session, lender, "lender")
    approve(session, "CreditPledges")
    receipt = session.send("CreditPledges", "pledge", id_, to, value, hashed)
    number = next(e["pledge"] for e in chain.events(receipt) if e.name == "CreditsPledged")
    session.show(
        {"pledge": number, "series": series, "amount": value, "lender": to, "termsHash": hashed},
        f"Pledge {number}: {credits(value)} of series {series} to participant {to}. They are not"
        " spent, redeemed or reclaimed until both agree, or an officer orders it.",
    )


@command(needs=Signer)
def pledged(session: Signer) -> None:
    """List your pledges of credits as pledgor or lender, and their proposed releases."""
    from tonne.units import energy_credits
    from tonne.units.energy_credits import credits

    me = session.participant
    mine = [
        (number, p)
        for number, p in energy_credits.open_pledges(session.chain)
        if me in (p.pledgor, p.lender)
    ]
    data = [
        {
            "pledge": number,
            "series": energy_credits.number_of(p.credit),
            "pledgor": p.pledgor,
            "lender": p.lender,
            "amount": p.amount,
            "proposer": PARTIES[p.proposer],
            "proposedAmount": p.proposedAmount,
            "proposedToLender": p.proposedToLender,
            "frozen": p.frozen,
        }
        for number, p in mine
    ]
    rows = [
        (
            *(n, energy_credits.number_of(p.credit), p.pledgor, p.lender, credits(p.amount)),
            *("yes" if p.frozen else "no", _proposal(p)),
        )
        for n, p in mine
    ]
    columns = (">pledge", ">series", ">pledgor", ">lender", ">credits", "frozen", "proposed")
    session.show({"pledges": data}, table("", columns, rows) if rows else "No pledge.")


@command(needs=OfficerAct)
def release(
    act: OfficerAct,
    number: Annotated[int, typer.Argument(help="Pledge number.", min=1)],
    amount: Annotated[str, typer.Argument(help="Credits to release; 0 withdraws your proposal.")],
    to_lender: Annotated[
        bool, typer.Option("--to-lender", help="Release to the lender instead of the pledgor.")
    ] = False,
    order: Annotated[
        bool, typer.Option("--order", help="Order the release without both sides, as an officer.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help=f"Reason of the order. {ON_RECORD}")] = None,
) -> None:
    """Propose or accept a release of pledged credits; it takes effect when both sides agree.

    With --order and --reason an officer orders the release without them.
    """
    from tonne.units.energy_credits import credits

    if reason is not None and not order:
        raise refused("CREDIT_REASON_WITHOUT_ORDER", reason=reason)
    said = because(reason) if order else None
    found = act.chain.call("CreditPledges", "pledgeOf", number)
    value = micro(amount)
    released = order or _completes(found, _owner(act), value, to_lender)
    if released:
        receiver = found.lender if to_lender else found.pledgor
        left = max(found.amount - value, 0)
        change = Effect(f"Pledge {number}", credits(found.amount), credits(left))
        lines = [f"  {credits(value)} credits to participant {receiver}"]
    else:
        left = found.amount
        change = Effect(
            f"Proposal of pledge {number}", _proposal(found), _release(value, to_lender)
        )
        lines = ["  The other side has to agree."] if value else []
    given = (number, value, to_lender)
    call = (
        OfficerCall("CreditPledges", "order", (*given, text_hash(said)), [change])
        if said
        else OfficerCall("CreditPledges", "agree", given, [change])
    )
    data = {"pledge": number, "amount": value, "toLender": to_lender}
    data |= {"released": released, "left": left}
    title = "Order the release of pledged credits" if order else "Agree to release pledged credits"
    act.do(title, [call], data, lines)


@command(needs=Signer)
def collect(session: Signer, series: SeriesNumber) -> None:
    """Withdraw credits of released pledges that none of your wallets could receive."""
    from tonne.units.energy_credits import credits

    id_, payee = find(session, series), session.participant
    amount = session.chain.call("CreditPledges", "payoutOf", payee, id_)
    session.send("CreditPledges", "withdrawPayout", payee, id_, session.account)
    session.show({"amount": amount}, f"{credits(amount)} credits are withdrawn.")


@command(needs=OfficerAct)
def freeze_pledge(
    act: OfficerAct,
    number: Annotated[int, typer.Argument(help="Pledge number.", min=1)],
    reason: Reason,
    lift: Annotated[bool, typer.Option("--lift", help="Lift the freeze.")] = False,
) -> None:
    """Freeze a pledge, as an officer: nothing of it can be released until the freeze is lifted."""
    said = because(reason)
    found = act.chain.call("CreditPledges", "pledgeOf", number)
    words = {True: "frozen", False: "free"}
    change = Effect(f"Pledge {number}", words[found.frozen], words[not lift])
    call = OfficerCall("CreditPledges", "freeze", (number, not lift, text_hash(said)), [change])
    title = "Free pledged credits" if lift else "Freeze pledged credits"
    act.do(title, [call], {"pledge": number, "frozen": not lift})


def _owner(act: OfficerAct) -> int:
    """Whose wallet calls; 0 for none."""
    owner: int = act.chain.call("Participants", "walletOf", act.officer)[0]
    return owner


def _completes(pledge: Any, owner: int, amount: int, to_lender: bool) -> bool:
    """Whether the other side has proposed the same release."""
    other = {pledge.pledgor: LENDER, pledge.lender: PLEDGOR}.get(owner)
    proposed = (pledge.proposer, pledge.proposedAmount, pledge.proposedToLender)
    return amount > 0 and proposed == (other, amount, to_lender)


def _proposal(pledge: Any) -> str:
    if not pledge.proposer:
        return "-"
    words = _release(pledge.proposedAmount, pledge.proposedToLender)
    return f"{PARTIES[pledge.proposer]}: {words}"


def _release(amount: int, to_lender: bool) -> str:
    from tonne.units.energy_credits import credits

    return f"{credits(amount)} to the {'lender' if to_lender else 'pledgor'}" if amount else "-"
