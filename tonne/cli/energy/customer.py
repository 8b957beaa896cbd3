"""`tonne energy key`, `admit` and `leave`: a customer's own account with its supplier."""

from __future__ import annotations

import shlex
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.session import Signer
from tonne.cli.energy.meter_bill import key_at_hand
from tonne.constants import EPOCH
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.power.supply_applications import ApplicationFile

#: Of an aggregator's folder: the newest application of each meter.
APPLICATIONS: Final = "applications"


@command(needs=Signer)
def key(session: Signer) -> None:
    """Print the address of your account's key, which follows from your wallet's, and the account's number.

    The address shows no one whose it is: `tonne energy apply` names it to your supplier alone. With each
    supplier you have another account, and another key.
    """
    from tonne.power import customer_accounts

    chain, wallet = session.chain, key_at_hand(session)
    known = customer_accounts.opened(chain, wallet)
    rows = [
        {"address": own.key.address, "account": own.number, "supplier": own.sponsor}
        for own in known
    ]
    first = customer_accounts.account_key(wallet.key, chain.chain_id).address
    latest = rows[-1] if rows else {"address": first, "account": None, "supplier": None}
    lines = [
        f"{own.key.address}\nIt is account {own.number}, with participant {own.sponsor}."
        for own in known
    ]
    session.show(
        latest | {"accounts": rows}, *(lines or [f"{first}\nNo account is opened for it yet."])
    )


@command(needs=Signer)
def admit(
    session: Signer,
    file: Annotated[
        Path, typer.Argument(help="Application of the customer (`tonne energy apply`).")
    ],
    funds: Annotated[
        str,
        typer.Option("--credits", help=f"Credits of yours to move to its own account. {AMOUNT}"),
    ] = "0",
    place: Annotated[
        Path | None,
        typer.Option(
            "--folder", help="Folder of your aggregator's daemon, where it asks for bids."
        ),
    ] = None,
) -> None:
    """Admit a customer who applied, as its supplier: opens its own account, or bids by its instruction.

    An account is settled at the node from tomorrow on. You pay the account's amount of a day; its bill comes
    to the customer by its line (`tonne energy bill`). An instruction counts from the next commitment on.
    """
    from tonne.cli.energy.application import checked

    found = checked(session, file)
    if found.ticket.supplier != session.participant:
        raise refused(
            "APPLICATION_OTHER_SUPPLIER",
            supplier=found.ticket.supplier,
            participant=session.participant,
        )
    if found.text:
        _instruct(session, file, found, place)
    else:
        _open(session, found, funds)


def _instruct(session: Signer, file: Path, found: ApplicationFile, place: Path | None) -> None:
    """Writes the instruction of an application, and keeps the application beside it."""
    from tonne.cli.energy.instruct import keep
    from tonne.power import supply_applications

    meter = found.ticket.meter
    if place is None:
        raise refused("APPLICATION_FOLDER", file=shlex.quote(str(file)))
    kept = place / APPLICATIONS / f"{meter}.json"
    if kept.exists():
        _require_later(session, found, supply_applications.read(kept))
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data, lines = keep(place, meter, found.text, found.instruction)
    found.write(kept)
    session.show(data, *lines)


def _require_later(session: Signer, found: ApplicationFile, before: ApplicationFile) -> None:
    """APPLICATION_OLDER where another one was admitted that was not signed before this one."""
    then = before.ticket.signedAt
    if then < found.ticket.signedAt or before.hash == found.hash:
        return
    raise refused(
        "APPLICATION_OLDER",
        signed_at=session.local_time(found.ticket.signedAt),
        meter=found.ticket.meter,
        then=session.local_time(then),
    )


def _open(session: Signer, found: ApplicationFile, funds: str) -> None:
    """Opens the customer's account and has it settled; goes on where that was done before.

    An account that was left is still there, and settled: credits are moved to it again.
    """
    from tonne.cli.energy.credit import micro
    from tonne.power.account_consents import NewPseudonym
    from tonne.power.supply_applications import ACCOUNT
    from tonne.units.energy_credits import credits

    chain, node, amount = session.chain, found.ticket.node, micro(funds)
    number = chain.call("PowerMarket", "pseudonymOf", found.ticket.key)
    if number == 0:
        _require_in_time(session, found.consent.deadline)
        opened = NewPseudonym(
            found.ticket.key, amount, found.consent.deadline, found.signatures[ACCOUNT]
        )
        receipt = session.send("PowerMarket", "openPseudonyms", [opened])
        number = session.sent_event(receipt, "PseudonymOpened")["account"]
    elif chain.call("PowerMarket", "accountOf", number).sponsor != session.participant:
        raise TonneError(
            "ACCOUNT_OF_ANOTHER",
            f"Account {number} of that key is with another supplier.",
            field="key",
            value=found.ticket.key,
            remedy="Have the customer apply anew, which names its next key: `tonne energy apply --help`.",
        )
    elif amount:
        session.send("PowerMarket", "fund", [number], [amount])
    since = chain.call("PowerSettlement", "memberSince", node, number)
    if not since:
        session.send("PowerSettlement", "join", node, [number])
        since = chain.call("PowerSettlement", "memberSince", node, number)
    held = chain.call("PowerMarket", "accountOf", number).free
    first = EPOCH + timedelta(days=since)
    session.show(
        {"account": number, "node": node, "since": since, "credits": held},
        f"Account {number} has {credits(held)} credits; it is settled at node {node} from {first} (UTC) on.",
    )


def _require_in_time(session: Signer, deadline: int) -> None:
    """APPLICATION_OVER where the account's key did not agree for as long as this."""
    if session.chain.now() <= deadline:
        return
    raise refused("APPLICATION_OVER", deadline=session.local_time(deadline))


@command(needs=Signer)
def leave(
    session: Signer,
    account: Annotated[int, typer.Argument(help="Account of the customer who moves out.", min=1)],
) -> None:
    """Let a customer go, as its supplier: the free credits of its account come back to you.

    Days that are listed later are still settled on it, and yours to pay. The metering office names the
    meter's next reader: `tonne meters reader`. Who comes back is admitted again.
    """
    from tonne.units.energy_credits import credits

    chain = session.chain
    before = chain.call("PowerMarket", "accountOf", account)
    if before.sponsor != session.participant:
        raise TonneError(
            "ACCOUNT_OF_ANOTHER",
            f"Account {account} is not one that you opened.",
            field="account",
            value=account,
            remedy="The customer reads its number by `tonne energy key`.",
        )
    session.send("PowerMarket", "sweep", [account])
    left = chain.call("PowerMarket", "accountOf", account)
    session.show(
        {"account": account, "returned": before.free - left.free, "bound": left.escrow},
        f"{credits(before.free - left.free)} credits of account {account} are yours again;"
        f" {credits(left.escrow)} are bound until their bids are free.",
    )
