"""`tonne market sign` and `submit`: orders signed by one account and sent by another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import money, parse_whole
from tonne.cli.core.session import Session, Signer
from tonne.cli.core.wallet_signing import (
    Given,
    Wallet,
    attached,
    bytes_of,
    show_messages,
)
from tonne.cli.core.wallet_signing import To as Written
from tonne.cli.market.order_options import (
    OWN_DEFAULT,
    AllOrNothing,
    AtOnce,
    Gtc,
    Least,
    Levels,
    MostCost,
    OrderTerms,
    Own,
    PostOnly,
    Price,
    Until,
    order_number,
    packed,
    side_of,
)
from tonne.errors import refused
from tonne.types.ids import MarketId

if TYPE_CHECKING:
    from tonne.chain.client import Chain
    from tonne.crypto.eip712 import Domain
    from tonne.market.signed_orders import SignedCancel, SignedFile, SignedOrder

To = Annotated[Path, typer.Option("--out", help="File to write.")]
Minutes = Annotated[int, typer.Option(help="Validity of the signature [min].", min=1)]
File = Annotated[Path, typer.Argument(help="File of `tonne market sign`.")]


@command(needs=Signer, market=1, wallet=None)
def sign(
    session: Signer,
    action: Annotated[str, typer.Argument(help="Action: buy, sell or cancel.")],
    lots: Annotated[str, typer.Argument(help="Lots; to cancel, the order number.")],
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
) -> None:
    """Sign an order or a cancel without sending it; any account with the file can send it once, in time."""
    from tonne.market import signed_orders
    from tonne.market.signed_orders import SignedCancel, SignedFile, SignedOrder

    account = session.account
    nonce, deadline = signed_orders.fresh_nonce(), session.chain.now() + 60 * minutes
    message: SignedOrder | SignedCancel
    if action == "cancel":
        message = SignedCancel(account.address, order_number(lots), nonce, deadline)
        said = f"Cancel of order {message.order:#x}"
    else:
        terms = OrderTerms(
            at_once, all_or_nothing, gtc, until, post_only, least, levels, own, max_cost
        )
        word = packed(
            session.chain, MarketId(session.market), side_of(action), _lots(lots), price, terms
        )
        message = SignedOrder.of(account.address, word, nonce, deadline)
        limit = session.chain.call("ExchangeLens", "priceOf", session.market, message.tick)
        said = f"Order to {action} {message.lots:,} lots at {money(limit)} or better"
    file = SignedFile.make(message, _domain(session.chain), account)
    file.write(out)
    session.show(
        {"file": str(out), **file.as_json()},
        *_state_of(file, said, session.local_time(deadline), out),
    )


def _state_of(file: SignedFile, said: str, deadline: str, out: Path) -> tuple[str, str]:
    """Whether the order is signed, and the next command."""
    if file.awaited:
        return (
            f"{said}, to be sent until {deadline}, is written to {out}. Wallet"
            f" {file.message.wallet} has not signed it.",
            f"Sign with `tonne market typed-data {out}`, then"
            f" `tonne market attach-signature {out} SIGNATURE`.",
        )
    return (
        f"{said}, to be sent until {deadline}, is signed in {out}.",
        f"Any account sends it by `tonne market submit {out}`.",
    )


@command(needs=Signer)
def submit(session: Signer, path: File) -> None:
    """Send a signed order or cancel of another account."""
    from tonne.cli.market.order_results import show_result
    from tonne.market import signed_orders
    from tonne.market.signed_orders import SignedOrder

    file = signed_orders.read(path)
    here = _domain(session.chain)
    if file.domain != here:
        raise refused(
            "SIGNED_ORDER_ELSEWHERE",
            path=str(path),
            contract=file.domain.contract,
            chain_id=file.domain.chain_id,
            own_contract=here.contract,
            own_chain_id=here.chain_id,
        )
    if file.awaited:
        raise refused("SIGNED_ORDER_UNSIGNED", path=str(path), wallet=file.message.wallet)
    message = file.message
    call = "placeSigned" if isinstance(message, SignedOrder) else "cancelSigned"
    receipt = session.send("ExchangeGateway", call, message.argument, file.signature)
    if isinstance(message, SignedOrder):
        participant, _, _ = session.chain.call("Participants", "walletOf", message.wallet)
        show_result(session, receipt, message.market, participant, message.lots)
        return
    cancelled = any(event.name == "OrderCancelled" for event in session.chain.events(receipt))
    data: dict[str, Any] = {"cancelled": [hex(message.order)] if cancelled else []}
    session.show(data, "The order is cancelled." if cancelled else "It was no longer open.")


@command(needs=Session)
def typed_data(session: Session, path: File, of: Wallet = None, out: Written = None) -> None:
    """Show the order or cancel that a wallet elsewhere has to sign (EIP-712)."""
    from tonne.market import signed_orders

    show_messages(session, signed_orders.read(path).awaited, of, out, "market", path)


@command(needs=Session)
def attach_signature(session: Session, path: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    from tonne.market import signed_orders

    signed, each = signed_orders.read(path).with_signature(session.chain, bytes_of(signature))
    signed.write(path)
    attached(session, path, each, 0)


def _domain(chain: Chain) -> Domain:
    from tonne.market import signed_orders

    return signed_orders.gateway_domain(chain.chain_id, chain["ExchangeGateway"].address)


def _lots(text: str) -> int:
    lots = parse_whole(text)
    if not lots:
        raise refused("ORDER_BAD_LOTS", lots=text)
    return lots
