"""`tonne market buy`, `sell`, `orders` and `cancel`: orders of the account."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import many, table
from tonne.cli.core.session import Signer
from tonne.cli.market.order_options import (
    BUY,
    OWN_DEFAULT,
    SELL,
    AllOrNothing,
    AtOnce,
    Gtc,
    Least,
    Levels,
    Lots,
    MostCost,
    OrderTerms,
    Own,
    PostOnly,
    Price,
    Until,
    order_number,
    packed,
)
from tonne.errors import TonneError
from tonne.types.ids import MarketId, ParticipantId

Deposit = Annotated[
    bool,
    typer.Option(
        "--deposit", help="Deposit missing lots or cash from the wallet, in the same transaction."
    ),
]


@command(needs=Signer, market=1)
def buy(
    session: Signer,
    lots: Lots,
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
    deposit: Deposit = False,
) -> None:
    """Buy lots; by default the unfilled rest is open until the day ends."""
    terms = OrderTerms(at_once, all_or_nothing, gtc, until, post_only, least, levels, own, max_cost)
    request = packed(session.chain, MarketId(session.market), BUY, lots, price, terms)
    _place(session, request, lots, deposit)


@command(needs=Signer, market=1)
def sell(
    session: Signer,
    lots: Lots,
    price: Price = None,
    at_once: AtOnce = False,
    all_or_nothing: AllOrNothing = False,
    gtc: Gtc = False,
    until: Until = None,
    post_only: PostOnly = False,
    least: Least = 0,
    levels: Levels = 0,
    own: Own = OWN_DEFAULT,
    deposit: Deposit = False,
) -> None:
    """Sell lots; by default the unfilled rest is open until the day ends."""
    terms = OrderTerms(at_once, all_or_nothing, gtc, until, post_only, least, levels, own)
    request = packed(session.chain, MarketId(session.market), SELL, lots, price, terms)
    _place(session, request, lots, deposit)


@command(needs=Signer, market=1)
def orders(session: Signer) -> None:
    """List your open orders, found in the chain's events."""
    from tonne.cli.market.order_results import open_orders

    found = open_orders(session, MarketId(session.market), ParticipantId(session.participant))
    rows = [
        (hex(o["order"]), o["side"], o["price"], f"{o['lots']:,}", o["until"] or "cancelled")
        for o in found
    ]
    session.show(
        {"orders": [{**o, "order": hex(o["order"])} for o in found]},
        table("", ("order", "side", ">price", ">lots left", "until"), rows)
        if rows
        else "No open order.",
    )


@command(needs=Signer, market=1)
def cancel(
    session: Signer,
    order: Annotated[str | None, typer.Argument(help="Order number, from `market orders`.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Cancel all your open orders in the market.")
    ] = False,
) -> None:
    """Cancel one open order, or all of yours in a market."""
    from tonne.cli.market.order_results import open_orders

    if everything:
        numbers = [
            o["order"]
            for o in open_orders(
                session, MarketId(session.market), ParticipantId(session.participant)
            )
        ]
        if numbers:
            session.send("Exchange", "batch", numbers, [])
    elif order is None:
        raise TonneError(
            "ORDER_MISSING",
            "No order is named.",
            field="order",
            remedy="Give its number, or --all. `tonne market orders` lists yours.",
        )
    else:
        numbers = [order_number(order)]
        session.send("Exchange", "cancel", numbers[0])
    session.show(
        {"cancelled": [hex(n) for n in numbers]},
        f"{many(len(numbers), 'order')} cancelled.",
    )


def _place(session: Signer, request: int, lots: int, deposit: bool = False) -> None:
    from tonne.cli.market.order_results import send_order, show_result

    # Read first: a wallet that is not registered is refused before anything is sent.
    market, participant = session.market, session.participant
    call: tuple[str, str, tuple[Any, ...]] = ("Exchange", "place", (request,))
    if deposit:
        from tonne.cli.market.deposit_and_place import call_with_deposit

        call = call_with_deposit(session, market, request, lots) or call
    contract, function, args = call
    receipt = send_order(session, market, contract, function, *args)
    show_result(session, receipt, MarketId(market), ParticipantId(participant), lots)
