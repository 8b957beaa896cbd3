"""`tonne market sign` and `submit`: orders that one person signs and another sends."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.chain.client import Chain
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    money,
    show,
)
from tonne.cli.market.order_options import (
    OWN_DEFAULT,
    AllOrNothing,
    AtOnce,
    Gtc,
    Least,
    Levels,
    MostCost,
    Own,
    PostOnly,
    Price,
    Terms,
    Until,
    order_number,
    packed,
    side_of,
)
from tonne.cli.market.order_results import show_outcome
from tonne.crypto.eip712 import Domain
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.market import signed_orders
from tonne.market.signed_orders import SignedCancel, SignedFile, SignedOrder

To = Annotated[Path, typer.Option("--out", help="File to write.")]
Minutes = Annotated[int, typer.Option(help="How long it may be sent, in minutes.", min=1)]
File = Annotated[Path, typer.Argument(help="A file of `tonne market sign`.")]


def sign(
    what: Annotated[str, typer.Argument(help="buy, sell or cancel.")],
    lots: Annotated[str, typer.Argument(help="Lots; to cancel, the order's number.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    price: Price = None,
    max_cost: MostCost = None,
    at_once: AtOnce = False,
    all_or_nothing: AllOrNothing = False,
    gtc: Gtc = False,
    until: Until = None,
    post_only: PostOnly = False,
    least: Least = 0,
    levels: Levels = 0,
    own: Own = OWN_DEFAULT,
    minutes: Minutes = 60,
    out: To = Path("order.json"),
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Sign an order without sending it; whoever has the file can send it, once, in time."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    nonce, deadline = signed_orders.fresh_nonce(), desk.chain.now() + 60 * minutes
    message: SignedOrder | SignedCancel
    if what == "cancel":
        message = SignedCancel(account.address, order_number(lots), nonce, deadline)
        said = f"Cancel of order {message.order:#x}"
    else:
        terms = Terms(at_once, all_or_nothing, gtc, until, post_only, least, levels, own, max_cost)
        word = packed(desk.chain, market, side_of(what), _lots(lots), price, terms)
        message = SignedOrder.of(account.address, word, nonce, deadline)
        limit = desk.chain.call("ExchangeLens", "priceOf", market, message.tick)
        said = f"Order to {what} {message.lots:,} lots at {money(limit)} or better"
    file = SignedFile.make(message, _domain(desk.chain), account)
    file.write(out)
    show(
        {"file": str(out), **file.as_json()},
        as_json,
        f"{said}, to be sent until {desk.when(deadline)}, is signed in {out}.",
        f"Anybody sends it by `tonne market submit {out}`.",
    )


def submit(
    path: File,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Send an order or a cancel that somebody signed."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    file = signed_orders.read(path)
    here = _domain(desk.chain)
    if file.domain != here:
        raise TonneError(
            "SIGNED_ORDER_ELSEWHERE",
            f"The order is for {file.domain.contract} on chain {file.domain.chain_id}.",
            field="file",
            value=str(path),
            remedy=f"Here the gateway is {here.contract} on chain {here.chain_id}.",
        )
    desk.chain.fund([account])
    message = file.message
    call = "placeSigned" if isinstance(message, SignedOrder) else "cancelSigned"
    receipt = desk.chain.send(account, "ExchangeGateway", call, message.argument, file.signature)
    if isinstance(message, SignedOrder):
        participant, _, _ = desk.chain.call("Participants", "walletOf", message.wallet)
        show_outcome(desk, receipt, message.market, participant, message.lots, as_json)
        return
    cancelled = any(event.name == "OrderCancelled" for event in desk.chain.events(receipt))
    data: dict[str, Any] = {"cancelled": [hex(message.order)] if cancelled else []}
    show(data, as_json, "The order is cancelled." if cancelled else "It was open no longer.")


def _domain(chain: Chain) -> Domain:
    return signed_orders.gateway_domain(chain.chain_id, chain["ExchangeGateway"].address)


def _lots(text: str) -> int:
    plain = text.replace(",", "")
    if not plain.isdigit() or int(plain) == 0:
        raise TonneError(
            "ORDER_BAD_LOTS", "This is no number of lots.", "lots", text, "Give a whole number."
        )
    return int(plain)
