"""`tonne market pledge`, `release` and `pledges`: lots as security for a lender."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne.cli.core.session import (
    DEFAULT_RPC,
    WHO,
    As,
    AsJson,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    participant_named,
    participant_of,
    show,
    table,
)
from tonne.crypto.accounts import keccak
from tonne.deployment import record
from tonne.errors import TonneError

#: `Party` of IPledges, as people say it.
PARTIES: Final = ("nobody", "pledgor", "lender")

#: Pledges that are looked at one by one.
MOST: Final = 10_000


def pledge(
    lots: Annotated[int, typer.Argument(help="Lots of your account.", min=1)],
    lender: Annotated[str, typer.Argument(help=f"The lender. {WHO}")],
    terms: Annotated[str, typer.Option(help="The contract behind it; its hash goes on record.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Pledge lots to a lender; they stay yours, and out of your reach."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    hashed = keccak(terms.encode())
    to = participant_named(desk, lender, "lender")
    receipt = chain.send(account, "Pledges", "pledge", market, to, lots, hashed)
    event = next(e for e in chain.events(receipt) if e.name == "LotsPledged")
    show(
        {"pledge": event["pledge"], "lots": lots, "lender": to, "termsHash": hashed},
        as_json,
        f"Pledge {event['pledge']}: {lots:,} lots to participant {to}. They are not sold,"
        " withdrawn or surrendered until both agree, or an authority orders it.",
    )


def release(
    number: Annotated[int, typer.Argument(help="Number of the pledge.", min=1)],
    lots: Annotated[int, typer.Argument(help="Lots; 0 takes your proposal back.", min=0)],
    to_lender: Annotated[
        bool, typer.Option("--to-lender", help="To the lender instead of the pledgor.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Orders it, as an officer; its hash goes on record.")
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Agree to release pledged lots; done when the other side agrees to the same.

    With --reason an officer orders it without the two.
    """
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    chain = desk.chain
    chain.fund([account])
    if reason is None:
        receipt = chain.send(account, "Pledges", "agree", number, lots, to_lender)
    else:
        hashed = keccak(reason.encode())
        receipt = chain.send(account, "Pledges", "order", number, lots, to_lender, hashed)
    event = next((e for e in chain.events(receipt) if e.name == "PledgeReleased"), None)
    if event is None:
        data = {"pledge": number, "released": 0, "proposed": lots, "toLender": to_lender}
        said = "Your proposal is taken back." if lots == 0 else "Proposed; the other has to agree."
    else:
        data = {"pledge": number, "released": lots, "to": event["to"], "left": event["left"]}
        said = f"{lots:,} lots went to participant {event['to']}; {event['left']:,} stay pledged."
    show(data, as_json, said)


def pledges(
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """List the pledges you gave or were given, and what is proposed."""
    desk = connect(rpc, folder)
    me = participant_of(desk, key(name, keystore_file, passphrase_file))
    chain = desk.chain
    count = chain.call("Pledges", "count")
    if count > MOST:
        raise TonneError(
            "PLEDGES_TOO_MANY",
            f"There are {count:,} pledges.",
            field="pledges",
            value=count,
            remedy="Look for LotsPledged with your number in the events.",
        )
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
            "proposer": PARTIES[p.proposer],
            "proposedLots": p.proposedLots,
            "proposedToLender": p.proposedToLender,
        }
        for n, p in mine
    ]
    rows = [(n, p.market, p.pledgor, p.lender, f"{p.lots:,}", _proposal(p)) for n, p in mine]
    columns = (">pledge", ">market", ">pledgor", ">lender", ">lots", "proposed")
    show({"pledges": data}, as_json, table("", columns, rows) if rows else "No pledge.")


def _proposal(pledge: Any) -> str:
    if not pledge.proposer:
        return "-"
    to = "lender" if pledge.proposedToLender else "pledgor"
    return f"{PARTIES[pledge.proposer]}: {pledge.proposedLots:,} to the {to}"
