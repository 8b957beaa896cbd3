"""`tonne credit pledge`, `pledged` and `release`: energy credits as security for a lender."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.cli.core.officer_act import Act, Change, Hand, command_of
from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
    As,
    AsJson,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    connect,
    key,
    participant_named,
    participant_of,
    show,
    table,
)
from tonne.cli.energy.credit import Credits, Reason, SeriesNumber, approve, find, micro
from tonne.cli.market.pledge import PARTIES
from tonne.crypto.accounts import keccak
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.units import energy_credits
from tonne.units.energy_credits import credits

PLEDGOR, LENDER = 1, 2


def pledge(
    series: SeriesNumber,
    amount: Credits,
    lender: Annotated[str, typer.Argument(help=f"The lender. {WHO}")],
    terms: Annotated[str, typer.Option(help="The contract behind it; its hash goes on record.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Pledge credits to a lender; they stay outstanding, and out of your reach."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain, id_, value = desk.chain, find(desk, series), micro(amount)
    to = participant_named(desk, lender, "lender")
    hashed = keccak(terms.encode())
    chain.fund([account])
    approve(desk, account, "CreditPledges")
    receipt = chain.send(account, "CreditPledges", "pledge", id_, to, value, hashed)
    number = next(e["pledge"] for e in chain.events(receipt) if e.name == "CreditsPledged")
    show(
        {"pledge": number, "series": series, "amount": value, "lender": to, "termsHash": hashed},
        as_json,
        f"Pledge {number}: {credits(value)} of series {series} to participant {to}. They are not"
        " spent, redeemed or reclaimed until both agree, or an officer orders it.",
    )


def pledged(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """List the pledges of credits you gave or were given, and what is proposed."""
    desk = connect(rpc, folder)
    me = participant_of(desk, key(name, keystore_file, passphrase_file))
    mine = [
        (number, p)
        for number, p in energy_credits.open_pledges(desk.chain)
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
    show({"pledges": data}, as_json, table("", columns, rows) if rows else "No pledge.")


def _release(
    hand: Hand,
    number: Annotated[int, typer.Argument(help="Number of the pledge.", min=1)],
    amount: Annotated[str, typer.Argument(help="Credits; 0 takes your proposal back.")],
    to_lender: Annotated[
        bool, typer.Option("--to-lender", help="To the lender instead of the pledgor.")
    ] = False,
    order: Annotated[
        bool, typer.Option("--order", help="Order it without the two, as an officer.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why it is ordered; its hash goes on record.")
    ] = None,
) -> None:
    """Agree to release pledged credits; done when the other side agrees to the same.

    With --order and --reason an officer orders it without the two.
    """
    if order != bool(reason):
        raise TonneError(
            "CREDIT_NO_REASON" if order else "CREDIT_REASON_WITHOUT_ORDER",
            "An order has a reason; an agreement of the two has none.",
            field="reason",
            remedy="Give --reason." if order else "Add --order, as an officer, or leave it out.",
        )
    found = hand.desk.chain.call("CreditPledges", "pledgeOf", number)
    value = micro(amount)
    released = order or _completes(found, _owner(hand), value, to_lender)
    if released:
        receiver = found.lender if to_lender else found.pledgor
        left = max(found.amount - value, 0)
        change = Change(f"Pledge {number}", credits(found.amount), credits(left))
        lines = [f"  {credits(value)} credits to participant {receiver}"]
    else:
        left = found.amount
        change = Change(f"Proposal of pledge {number}", _proposal(found), _words(value, to_lender))
        lines = ["  The other side has to agree."] if value else []
    given = (number, value, to_lender)
    act = (
        Act("CreditPledges", "order", (*given, keccak(reason.encode())), [change])
        if reason
        else Act("CreditPledges", "agree", given, [change])
    )
    data = {"pledge": number, "amount": value, "toLender": to_lender}
    data |= {"released": released, "left": left}
    title = "Order the release of pledged credits" if order else "Agree to release pledged credits"
    hand.do(title, [act], data, lines)


def _freeze_pledge(
    hand: Hand,
    number: Annotated[int, typer.Argument(help="Number of the pledge.", min=1)],
    reason: Reason,
    lift: Annotated[bool, typer.Option("--lift", help="Free it again.")] = False,
) -> None:
    """Freeze a pledge, as an officer: the two release nothing of it until it is freed."""
    found = hand.desk.chain.call("CreditPledges", "pledgeOf", number)
    words = {True: "frozen", False: "free"}
    change = Change(f"Pledge {number}", words[found.frozen], words[not lift])
    act = Act("CreditPledges", "freeze", (number, not lift, keccak(reason.encode())), [change])
    title = "Free pledged credits" if lift else "Freeze pledged credits"
    hand.do(title, [act], {"pledge": number, "frozen": not lift})


release = command_of(_release)
freeze_pledge = command_of(_freeze_pledge)


def _owner(hand: Hand) -> int:
    """Whose wallet acts; 0 nobody's."""
    owner: int = hand.desk.chain.call("Participants", "walletOf", hand.officer)[0]
    return owner


def _completes(pledge: Any, owner: int, amount: int, to_lender: bool) -> bool:
    """Whether the other side has proposed just this."""
    other = {pledge.pledgor: LENDER, pledge.lender: PLEDGOR}.get(owner)
    proposed = (pledge.proposer, pledge.proposedAmount, pledge.proposedToLender)
    return amount > 0 and proposed == (other, amount, to_lender)


def _proposal(pledge: Any) -> str:
    if not pledge.proposer:
        return "-"
    words = _words(pledge.proposedAmount, pledge.proposedToLender)
    return f"{PARTIES[pledge.proposer]}: {words}"


def _words(amount: int, to_lender: bool) -> str:
    return f"{credits(amount)} to the {'lender' if to_lender else 'pledgor'}" if amount else "-"
