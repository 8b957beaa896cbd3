"""`tonne market buy`, `sell`, `orders` and `cancel`: orders of the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

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
    Name,
    NoWait,
    OrderTerms,
    Own,
    PostOnly,
    Price,
    Replaces,
    Until,
    order_number,
    packed,
)
from tonne.errors import refused
from tonne.market import order_names
from tonne.types.ids import MarketId, ParticipantId

if TYPE_CHECKING:
    from tonne.chain.contract import Contract

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
    name: Name = None,
    replaces: Replaces = None,
    no_wait: NoWait = False,
) -> None:
    """Buy lots; by default the unfilled rest is open until the day ends."""
    terms = OrderTerms(at_once, all_or_nothing, gtc, until, post_only, least, levels, own, max_cost)
    request = packed(session.chain, MarketId(session.market), BUY, lots, price, terms)
    _place(session, request, lots, _Way(deposit, name, replaces, no_wait))


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
    name: Name = None,
    replaces: Replaces = None,
    no_wait: NoWait = False,
) -> None:
    """Sell lots; by default the unfilled rest is open until the day ends."""
    terms = OrderTerms(at_once, all_or_nothing, gtc, until, post_only, least, levels, own)
    request = packed(session.chain, MarketId(session.market), SELL, lots, price, terms)
    _place(session, request, lots, _Way(deposit, name, replaces, no_wait))


@command(needs=Signer, market=1)
def orders(session: Signer) -> None:
    """List your open orders, found in the chain's events, with the names that your wallet gave."""
    from tonne.cli.market.order_results import names_of_orders, open_orders

    found = open_orders(session, MarketId(session.market), ParticipantId(session.participant))
    names = names_of_orders(session)
    told = [{**o, "order": hex(o["order"]), "name": names.get(o["order"])} for o in found]
    rows = [
        (
            o["order"],
            o["name"] or "",
            o["side"],
            o["price"],
            f"{o['lots']:,}",
            o["until"] or "cancelled",
        )
        for o in told
    ]
    columns = ("order", "name", "side", ">price", ">lots left", "until")
    session.show({"orders": told}, table("", columns, rows) if rows else "No open order.")


@command(needs=Signer, market=1)
def cancel(
    session: Signer,
    order: Annotated[str | None, typer.Argument(help="Order number, from `market orders`.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Cancel all your open orders in the market.")
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", "--client-id", help="Name of an order, may be given several times."),
    ] = None,
    no_wait: NoWait = False,
) -> None:
    """Cancel one open order, or all of yours in a market, or those of names.

    By name no receipt is needed: a name whose order was refused, filled or never placed is skipped.
    """
    from tonne.cli.market.order_results import cancelled_orders, open_orders

    named = name or []
    _check_named(bool(named), no_wait)
    if named:
        given = [order_names.number(one) for one in named]
        if no_wait:
            sent = session.post("ExchangeGateway", "cancelNamed", given)
            return _show_posted(session, sent, named)
        receipt = session.send("ExchangeGateway", "cancelNamed", given)
        numbers = [int(number) for number in cancelled_orders(session, receipt)]
    elif everything:
        numbers = [
            o["order"]
            for o in open_orders(
                session, MarketId(session.market), ParticipantId(session.participant)
            )
        ]
        if numbers:
            session.send("Exchange", "batch", numbers, [])
    elif order is None:
        raise refused("ORDER_MISSING")
    else:
        numbers = [order_number(order)]
        session.send("Exchange", "cancel", numbers[0])
    session.show(
        {"cancelled": [hex(n) for n in numbers]},
        f"{many(len(numbers), 'order')} cancelled.",
    )


# Inside


@dataclass(frozen=True, slots=True)
class _Way:
    """How an order goes to the exchange."""

    deposit: bool
    name: str | None
    replaces: str | None
    no_wait: bool


def _place(session: Signer, request: int, lots: int, way: _Way) -> None:
    from tonne.cli.market.order_results import send_order, show_result

    # Read first: a wallet that is not registered is refused before anything is sent.
    market, participant = session.market, session.participant
    contract, function, args = _call(session, market, request, lots, way)
    if way.no_wait:
        sent = session.post(contract, function, *args)
        return _show_posted(session, sent, [str(way.name)])
    receipt = send_order(session, market, contract, function, *args)
    show_result(session, receipt, MarketId(market), ParticipantId(participant), lots, way.name)


def _call(
    session: Signer, market: int, request: int, lots: int, way: _Way
) -> tuple[Contract | str, str, tuple[Any, ...]]:
    """Contract, function and arguments that place the order."""
    _check_named(way.name is not None, way.no_wait or way.replaces is not None)
    if way.name is not None:
        if way.deposit:
            raise refused("ORDER_NAMED_DEPOSIT", way_name=way.name)
        number = order_names.number(way.name)
        if way.replaces is None:
            return "ExchangeGateway", "placeNamed", (number, request)
        old = order_names.number(way.replaces)
        return "ExchangeGateway", "replaceNamed", (old, number, request)
    if way.deposit:
        from tonne.cli.market.deposit_and_place import call_with_deposit

        found = call_with_deposit(session, market, request, lots)
        if found is not None:
            return found
    return "Exchange", "place", (request,)


def _check_named(named: bool, needed: bool) -> None:
    if needed and not named:
        raise refused("ORDER_NEEDS_NAME")


def _show_posted(session: Signer, transaction: str, names: list[str]) -> None:
    session.show(
        {"names": names, "transaction": transaction},
        f"Sent as {transaction}, not waited for.",
        "`tonne market orders` shows what rests once it is mined.",
    )
