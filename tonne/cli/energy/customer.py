"""`tonne energy key`, `admit` and `leave`: a customer's own account with its supplier."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import AMOUNT
from tonne.cli.core.session import Signer, address_of
from tonne.cli.energy.meter_bill import key_at_hand
from tonne.errors import TonneError


@command(needs=Signer)
def key(session: Signer) -> None:
    """Print the address of your account's key, which follows from your wallet's: your supplier opens it.

    The address shows no one whose it is; give it to your supplier alone.
    """
    from tonne.power import line_requests

    chain = session.chain
    address = line_requests.account_key(key_at_hand(session).key, chain.chain_id).address
    number = chain.call("PowerMarket", "pseudonymOf", address)
    opened = f"It is account {number}." if number else "No account is opened for it yet."
    session.show({"address": address, "account": number or None}, f"{address}\n{opened}")


@command(needs=Signer)
def admit(
    session: Signer,
    address: Annotated[
        str, typer.Argument(help="Address of the customer, from `tonne energy key`.")
    ],
    node: Annotated[int, typer.Option(help="Node of the market.", min=0, max=255)],
    funds: Annotated[
        str, typer.Option("--credits", help=f"Credits of yours to move to it. {AMOUNT}")
    ] = "0",
) -> None:
    """Open a customer's own account, as its supplier; it is settled at the node from tomorrow on.

    You pay the account's amount of a day; its bill comes to the customer by its line (`tonne energy bill`).
    """
    from tonne.cli.energy.credit import micro
    from tonne.units.energy_credits import credits

    signer, amount = address_of(address, "address"), micro(funds)
    receipt = session.send("PowerMarket", "openPseudonyms", [signer], [amount])
    number = session.sent_event(receipt, "PseudonymOpened")["account"]
    session.send("PowerSettlement", "join", node, [number])
    since = session.chain.call("PowerSettlement", "memberSince", node, number)
    session.show(
        {"account": number, "node": node, "since": since, "credits": amount},
        f"Account {number} is opened with {credits(amount)} credits; it is settled at node {node} from"
        " tomorrow on.",
    )


@command(needs=Signer)
def leave(
    session: Signer,
    account: Annotated[int, typer.Argument(help="Account of the customer who moves out.", min=1)],
) -> None:
    """End a customer's account, as its supplier: its free credits come back to you.

    Days that are listed later are still settled on it, and yours to pay. The metering office names the
    meter's next reader: `tonne meters reader`.
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
