"""Sends orders, reads their results from the events, lists open orders; refusals in prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tonne.chain.reverts import ChainError
from tonne.chain.sender import Receipt
from tonne.cli.core.output import date_of, many, money
from tonne.cli.core.session import Session, Signer
from tonne.cli.market.order_options import how_long
from tonne.errors import TonneError
from tonne.market import order_names
from tonne.market.order_encoding import OrderKey, OrderRequest, PlacedOrder
from tonne.types import account_id
from tonne.types.ids import MarketId, OrderId, ParticipantId

if TYPE_CHECKING:
    from tonne.chain.contract import Contract


@dataclass(slots=True)
class OrderResult:
    """Fills of one order of a transaction, and the number under which the rest is open."""

    request: int
    filled: int = 0
    turnover: int = 0  # [0.0001 currency]
    order: OrderId | None = None  # number of the resting order
    rests: int = 0  # [lots]


def send_order(
    session: Signer, market: int, contract: Contract | str, function: str, *args: Any
) -> Receipt:
    """Sends orders; a refusal in ticks is raised in prices."""
    try:
        return session.send(contract, function, *args)
    except ChainError as refusal:
        raise in_prices(session, market, refusal) from None


def in_prices(session: Session, market: int, refusal: ChainError) -> TonneError:
    """A refusal with its ticks as prices."""
    ticks_of = {
        "BookTickOutsideBand": ("tick", "low", "high"),
        "BookWouldTake": ("bestTick",),
    }.get(refusal.revert.name)
    if ticks_of is None:
        return refusal
    ticks = [refusal.revert.args[name] for name in ticks_of]
    answers = session.chain.call_many(("ExchangeLens", "priceOf", (market, t)) for t in ticks)
    prices = [money(price) for price in answers]
    if len(prices) == 3:
        said = f"A price of {prices[0]} is outside the day's band, {prices[1]} to {prices[2]}."
    else:
        said = f"The order would trade at once, with one at {prices[0]}."
    return TonneError(refusal.code, said, "price", prices[0], refusal.remedy)


def order_results(
    session: Session,
    receipt: Receipt,
    market: MarketId,
    participant: ParticipantId,
    requests: Sequence[int],
) -> list[OrderResult]:
    """The result of each request, in their order; one that neither fills nor rests has no event."""
    chain, mine = session.chain, account_id.pack(market, participant)
    found = [OrderResult(request) for request in requests]
    at = 0
    for event in chain.events(receipt):
        if event.name == "OrdersFilled" and event["taker"] == mine:
            at = next(
                (i for i in range(at, len(found)) if found[i].request == event["request"]), at
            )
            for fill in chain.call("ExchangeLens", "decodeFills", event["fills"]):
                if not fill.ended:
                    price = chain.call("ExchangeLens", "priceOf", market, fill.tick)
                    found[at].filled += fill.lots
                    found[at].turnover += fill.lots * price
        elif event.name == "OrderPlaced" and event["account"] == mine:
            resting = PlacedOrder.unpack(event["order"])
            number = resting.id
            at = next((i for i in range(at, len(found)) if _same(found[i], number)), at)
            found[at].order, found[at].rests = number, resting.lots
    return found


def _same(result: OrderResult, number: OrderId) -> bool:
    """Whether a resting order can be the rest of this request: same side and tick, and no other is."""
    if result.order is not None:
        return False
    request, key = OrderRequest.unpack(result.request), OrderKey.unpack(number)
    return (request.side, request.tick) == (key.side, key.tick)


def show_result(
    session: Session,
    receipt: Receipt,
    market: MarketId,
    participant: ParticipantId,
    lots: int,
    name: str | None = None,
) -> None:
    """Prints the result of the participant's only order in a transaction."""
    (found,) = order_results(session, receipt, market, participant, [0])
    number = None if found.order is None else hex(found.order)
    data = {
        "filled": found.filled,
        "turnover": money(found.turnover),
        "rests": found.rests,
        "order": number,
        "name": name,
        "transaction": receipt.hash,
        "gas": receipt.gas_used,
    }
    mean = f", {money(found.turnover // found.filled)} a lot" if found.filled else ""
    lines = [f"{found.filled:,} of {many(lots, 'lot')} filled for {money(found.turnover)}{mean}."]
    if found.order is not None:
        until = how_long(session.chain.call("ExchangeLens", "lastDayOf", found.order))
        named = f", named {name}" if name is not None else ""
        lines.append(f"{many(found.rests, 'lot')} resting {until}, as order {number}{named}.")
    elif found.filled < lots:
        lines.append(f"{lots - found.filled:,} not filled, and nothing rests.")
    session.show(data, *lines)


def cancelled_orders(session: Session, receipt: Receipt) -> list[OrderId]:
    """Orders that a transaction cancelled."""
    return [
        PlacedOrder.unpack(event["order"]).id
        for event in session.chain.events(receipt)
        if event.name == "OrderCancelled"
    ]


def names_of_orders(session: Signer) -> dict[int, str]:
    """Names that the session's wallet gave to orders, by the order's number."""
    from tonne.chain.contract import topic

    placed = session.chain.logs(
        "ExchangeGateway",
        "OrderNamed",
        session.first_block,
        topics=[topic(int(session.account.address, 16))],
    )
    return {event["order"]: order_names.name(event["number"]) for event in placed}


def open_orders(
    session: Session, market: MarketId, participant: ParticipantId
) -> list[dict[str, Any]]:
    """Open orders of a participant in a market, found in the events."""
    from tonne.chain.contract import topic

    chain = session.chain
    placed = chain.logs(
        "Exchange",
        "OrderPlaced",
        session.first_block,
        topics=[topic(account_id.pack(market, participant))],
    )
    numbers = [PlacedOrder.unpack(event["order"]).id for event in placed]
    left = chain.call_many(("ExchangeLens", "order", (number,)) for number in numbers)
    found = [(n, lots) for n, (lots, owner) in zip(numbers, left, strict=True) if lots and owner]
    prices = chain.call_many(
        ("ExchangeLens", "priceOf", (market, OrderKey.unpack(number).tick)) for number, _ in found
    )
    ends = chain.call_many(("ExchangeLens", "lastDayOf", (number,)) for number, _ in found)
    return [
        {
            "order": number,
            "side": "sell" if OrderKey.unpack(number).side else "buy",
            "price": money(price),
            "lots": lots,
            "until": str(date_of(end)) if end else None,
        }
        for (number, lots), price, end in zip(found, prices, ends, strict=True)
    ]
