"""What orders did: sent, read back from the events, listed; refusals told in prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tonne.chain.reverts import ChainError
from tonne.chain.sender import Receipt
from tonne.cli.core.session import Desk, many, money, show
from tonne.cli.market.order_options import day_of, how_long
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.market.order_encoding import Resting


@dataclass(slots=True)
class Outcome:
    """What one order of a transaction did."""

    request: int
    filled: int = 0
    turnover: int = 0  # [0.0001 currency]
    order: int | None = None  # its number, when it rests
    rests: int = 0


def send_order(
    desk: Desk, account: Account, market: int, contract: str, function: str, *args: Any
) -> Receipt:
    """Sends orders; a refusal that speaks of price steps speaks of prices."""
    try:
        return desk.chain.send(account, contract, function, *args)
    except ChainError as refusal:
        raise in_prices(desk, market, refusal) from None


def in_prices(desk: Desk, market: int, refusal: ChainError) -> TonneError:
    told = {
        "BookTickOutsideBand": ("tick", "low", "high"),
        "BookWouldTake": ("bestTick",),
    }.get(refusal.revert.name)
    if told is None:
        return refusal
    ticks = [refusal.revert.args[name] for name in told]
    answers = desk.chain.call_many(("ExchangeLens", "priceOf", (market, t)) for t in ticks)
    prices = [money(price) for price in answers]
    if len(prices) == 3:
        said = f"A price of {prices[0]} is outside the day's band, {prices[1]} to {prices[2]}."
    else:
        said = f"The order would trade at once, with one at {prices[0]}."
    return TonneError(refusal.code, said, "price", prices[0], refusal.remedy)


def outcomes(
    desk: Desk, receipt: Receipt, market: int, participant: int, requests: Sequence[int]
) -> list[Outcome]:
    """What each order did, in their order. One that neither filled nor rests left no event."""
    chain, mine = desk.chain, market << 24 | participant
    found = [Outcome(request) for request in requests]
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
            resting = Resting.unpack(event["order"])
            number = resting.id.pack()
            at = next((i for i in range(at, len(found)) if _same(found[i], number)), at)
            found[at].order, found[at].rests = number, resting.lots
    return found


def _same(outcome: Outcome, number: int) -> bool:
    """Whether a resting order can be of this request: it is not resting yet, side and tick are its."""
    if outcome.order is not None:
        return False
    side, tick = outcome.request >> 64 & 1, outcome.request >> 32 & 0xFFFF
    return (side, tick) == (number >> 64 & 0xFF, number >> 48 & 0xFFFF)


def show_outcome(
    desk: Desk, receipt: Receipt, market: int, participant: int, lots: int, as_json: bool
) -> None:
    """What the one order of the participant did in the transaction."""
    (found,) = outcomes(desk, receipt, market, participant, [0])
    number = None if found.order is None else hex(found.order)
    data = {
        "filled": found.filled,
        "turnover": money(found.turnover),
        "rests": found.rests,
        "order": number,
        "transaction": receipt.hash,
        "gas": receipt.gas_used,
    }
    mean = f", {money(found.turnover // found.filled)} a lot" if found.filled else ""
    lines = [f"{found.filled:,} of {many(lots, 'lot')} filled for {money(found.turnover)}{mean}."]
    if found.order is not None:
        until = how_long(desk.chain.call("ExchangeLens", "lastDayOf", found.order))
        lines.append(f"{many(found.rests, 'lot')} resting {until}, as order {number}.")
    elif found.filled < lots:
        lines.append(f"{lots - found.filled:,} not filled, and nothing rests.")
    show(data, as_json, *lines)


def open_orders(desk: Desk, market: int, participant: int) -> list[dict[str, Any]]:
    chain = desk.chain
    placed = chain.logs(
        "Exchange",
        "OrderPlaced",
        desk.deployment.first_block,
        topics=["0x" + (market << 24 | participant).to_bytes(32, "big").hex()],
    )
    numbers = [event["order"] & (1 << 128) - 1 for event in placed]
    left = chain.call_many(("ExchangeLens", "order", (number,)) for number in numbers)
    found = [(n, lots) for n, (lots, owner) in zip(numbers, left, strict=True) if lots and owner]
    prices = chain.call_many(
        ("ExchangeLens", "priceOf", (market, number >> 48 & 0xFFFF)) for number, _ in found
    )
    ends = chain.call_many(("ExchangeLens", "lastDayOf", (number,)) for number, _ in found)
    return [
        {
            "order": number,
            "side": "sell" if number >> 64 & 0xFF else "buy",
            "price": money(price),
            "lots": lots,
            "until": str(day_of(end)) if end else None,
        }
        for (number, lots), price, end in zip(found, prices, ends, strict=True)
    ]
