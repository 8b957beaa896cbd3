"""`tonne energy apply` and `application`: a customer's signed application for supply."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.handed_papers import for_here, require_signatures
from tonne.cli.core.options import WHO
from tonne.cli.core.session import Session, Signer, address_of, participant_named
from tonne.cli.core.wallet_signing import (
    Given,
    To,
    Wallet,
    attached,
    bytes_of,
    show_messages,
)
from tonne.cli.energy.meter_bill import key_at_hand
from tonne.cli.energy.orders import BatteryOption, Buy, Sell, TypedOrders, require_meter_at
from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.crypto.accounts import Account
    from tonne.crypto.eip712 import Domain
    from tonne.power.supply_applications import ApplicationFile

app = typer.Typer(
    help="Applications for supply: shown and checked; signed by wallets elsewhere.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="File of the application.")]


@command(needs=Signer, wallet=None)
def apply(
    session: Signer,
    file: File,
    supplier: Annotated[str, typer.Option(help=f"Supplier or aggregator. {WHO}")],
    meter: Annotated[int, typer.Option(help="Meter whose reader or owner you are.", min=1)],
    node: Annotated[
        int | None,
        typer.Option(help="Node of the market; default: that of the meter.", min=0, max=255),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Address of your account's key, which signs, too; default: it follows from your wallet's,"
            " another one for each supplier."
        ),
    ] = None,
    buy: Buy = None,
    sell: Sell = None,
    battery: BatteryOption = None,
) -> None:
    """Apply to a supplier: for an account of your own, or with orders, for bids by them.

    The file is new, and signed by your wallet; the account's key signs that this supplier opens it, within 30
    days. The supplier admits it by `tonne energy admit`. A later application for the same meter replaces the
    orders of an earlier one.
    """
    from tonne.power import supply_applications as applications

    if file.exists():
        raise refused("APPLICATION_FILE_THERE", file=str(file))
    wanted = TypedOrders.of(buy, sell, battery)
    number = participant_named(session, supplier, "supplier")
    words = ["tonne", "energy", "apply", str(file), "--supplier", supplier, "--meter", str(meter)]
    place = _node(session, meter, node, [*words, *wanted.options])
    text = wanted.instruction(session, place)[0] if wanted.options else ""
    ticket = applications.SupplyApplication(
        supplier=number,
        meter=meter,
        node=place,
        key=ZERO_ADDRESS if text else _key(session, number, key),
        instruction=applications.hash_of(text) if text else ZERO_WORD,
        signedAt=session.chain.now(),
    )
    wallet = session.account.address
    _require_customer(session, ticket.meter, wallet)
    made = applications.ApplicationFile(ticket, _domain(session), {}, wallet, text)
    if session.wallet is None:
        made = made.signed(session.account)
        if not text and key is None:
            made = made.signed(_derived(session, number))
    then = f"Written to {file}. Give it to your supplier alone: it tells of your meter and your prices."
    if made.missing:
        then = f"Written to {file}. Next: tonne energy application typed-data {file}"
    made.write(file)
    session.show(made.as_json(), *_lines(session, made), then)


@app.command("show")
@command(needs=Session)
def show_(session: Session, file: File) -> None:
    """Check an application: what it asks for, who signed it, and whether that wallet speaks for the meter."""
    found = checked(session, file)
    said = f"Signed by {found.signer}, who is the meter's reader or a wallet of its owner."
    session.show({**found.as_json(), "signed": True}, *_lines(session, found), said)


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: File, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    show_messages(session, _read(session, file).awaited, of, out, "energy application", file)


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    signed, each = _read(session, file).with_signature(session.chain, bytes_of(signature))
    signed.write(file)
    attached(session, file, each, len(signed.missing))


def checked(session: Session, file: Path) -> ApplicationFile:
    """An application that a wallet signed which speaks for a meter at its node.

    APPLICATION_UNREADABLE, _ELSEWHERE, _SIGNATURE_MISSING, _NOT_SIGNED, _AHEAD, _NO_RIGHT, INSTRUCTION_METER.
    """
    found = _read(session, file)
    by = "tonne energy application"
    require_signatures(
        found,
        "APPLICATION_SIGNATURE_MISSING",
        f"`{by} typed-data {file}`, then `{by} attach-signature {file} SIGNATURE`.",
    )
    for side, who in found.keys.items():
        if not found.has_signed(session.chain, side):
            raise refused(
                "APPLICATION_NOT_SIGNED", signatures="0x" + found.signatures[side].hex(), who=who
            )
    ticket = found.ticket
    if ticket.signedAt > session.chain.now():
        # No later one could ever replace it: not even of the meter's next reader.
        raise refused("APPLICATION_AHEAD", signed_at=ticket.signedAt)
    words = ["tonne", "energy", "apply", str(file), "--supplier", str(ticket.supplier)]
    require_meter_at(session, ticket.meter, ticket.node, [*words, "--meter", str(ticket.meter)])
    _require_customer(session, ticket.meter, found.signer)
    return found


def _read(session: Session, file: Path) -> ApplicationFile:
    from tonne.power import supply_applications

    return for_here(
        supply_applications.read(file), _domain(session), "APPLICATION_ELSEWHERE", "application"
    )


def _domain(session: Session) -> Domain:
    from tonne.power.account_consents import domain_of

    return domain_of(session.chain)


def _node(session: Session, meter: int, node: int | None, again: list[str]) -> int:
    """The node at which the meter counts; INSTRUCTION_METER where it is not the one that was named."""
    from tonne.power import market_nodes

    if node is None:
        node = next(iter(market_nodes.of_meter(session.chain, meter)), 0)
    require_meter_at(session, meter, node, again)
    return node


def _key(session: Signer, supplier: int, key: str | None) -> str:
    """Address of the key of the customer's own account with a supplier."""
    return _derived(session, supplier).address if key is None else address_of(key, "key")


def _derived(session: Signer, supplier: int) -> Account:
    """The key of the customer's own account with a supplier that follows from its wallet's."""
    from tonne.power.customer_accounts import key_with

    return key_with(session.chain, key_at_hand(session), supplier)


def _require_customer(session: Session, meter: int, wallet: str) -> None:
    """APPLICATION_NO_RIGHT where a wallet does not speak for a meter."""
    from tonne.power.supply_applications import TRADE, speaks_for

    if speaks_for(session.chain, meter, wallet, TRADE):
        return
    raise refused("APPLICATION_NO_RIGHT", wallet=wallet, meter=meter)


def _lines(session: Session, found: ApplicationFile) -> list[Any]:
    """The wishes of an application; its text as it is, with no markup of the console's in it."""
    from rich.text import Text

    ticket = found.ticket
    signed = session.local_time(ticket.signedAt)
    asks = "an account of its own" if not found.text else "bids by this instruction"
    return [
        f"Meter {ticket.meter} at node {ticket.node}, to participant {ticket.supplier}: {asks} ({signed}).",
        Text(found.text.strip()) if found.text else f"Key of the account: {ticket.key}",
    ]
