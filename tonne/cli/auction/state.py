"""Terms, stage and bids of an auction, read from the chain; prices and choices as they are written."""

from __future__ import annotations

from typing import Any, Final

from tonne.cli.core.output import money, parse_money, table
from tonne.cli.core.session import Session
from tonne.errors import TonneError, refused
from tonne.market.auction_rules import FORMS, PRICES, SEALED, STAGES, STATUSES, TIES, limit

LEDGER_PER_CENT: Final = 100
TICK_SIZE: Final = 100  # [0.0001 currency a lot] of announced auctions
MOST_TICKS: Final = 2**16 - 1


def summary(session: Session, terms: Any, number: int) -> dict[str, Any]:
    """An auction for JSON; prices and amounts as text."""
    state = session.chain.call("Auction", "auction", number)
    answers = session.chain.call_many(("Auction", "bidOf", (number, n)) for n in range(state.bids))
    settled = {
        e["bid"]: e
        for e in session.chain.logs("Auction", "BidSettled", session.first_block)
        if e["id"] == number
    }
    return {
        "auction": number,
        "stage": STAGES[state.stage],
        "form": FORMS[terms.form],
        "pricing": PRICES[terms.pricing],
        "tie": TIES[terms.tie],
        "minimumPercent": _percent(terms.minimumPpm),
        "seller": terms.seller,
        "lots": state.volume if state.stage >= STAGES.index("open") else terms.lots + state.volume,
        "multiple": terms.multiple,
        "reserve": _reserve(terms, state),
        "bidderLimit": limit(terms.limitLots, terms.limitPpm, state.volume or terms.lots),
        "depositPercent": _percent(terms.depositPpm),
        "leastDeposit": money(terms.leastDeposit),
        "placeFee": money(terms.placeFee),
        "bidsEach": terms.bidsEach,
        "floorPercent": _percent(terms.floorPpm) if terms.floorPpm else None,
        "floorPrice": _floor_price(session, number) if terms.floorPpm else None,
        "spread": terms.spread,
        "price": money(state.tick * terms.tickSize) if state.tick else None,
        "delivered": state.delivered,
        "proceeds": money(state.proceeds),
        "forfeited": money(state.forfeited),
        "unsold": state.unsold,
        "bids": [
            {
                "bid": n,
                "participant": b.participant,
                "status": STATUSES[b.status],
                "price": money(b.tick * terms.tickSize) if b.tick else None,
                "lots": b.lots or None,
                "got": settled[n]["lots"] if n in settled else None,
            }
            for n, b in enumerate(answers)
        ],
    }


def _reserve(terms: Any, state: Any) -> str | None:
    """The reserve price, `hidden` while it is committed; None without one."""
    tick = state.reserve or terms.reserveTick
    if tick and (terms.reserveTick or any(terms.reserveCommitment)):
        return money(tick * terms.tickSize)
    return "hidden" if any(terms.reserveCommitment) else None


def _floor_price(session: Session, number: int) -> str | None:
    """The exchange's price that the floor refers to; None with too few trading days."""
    price: int = session.chain.call("Auction", "floorPrice", number)
    return money(price) if price else None


def _percent(ppm: int) -> str:
    return f"{ppm // 10_000}.{ppm % 10_000:04}".rstrip("0").rstrip(".")


def lines_of(session: Session, terms: Any, data: dict[str, Any]) -> list[Any]:
    """An auction for people."""
    stage = "announced, lots not deposited yet" if data["stage"] == "announced" else data["stage"]
    most = data["bidderLimit"]
    deposit = (
        f"Deposit of a bid: {data['depositPercent']} % of its value, at least"
        f" {data['leastDeposit']}."
        if terms.form == SEALED
        else "A bid is paid in full at once."
    )
    begins, ends, first, last = (
        session.local_time(moment)
        for moment in (
            terms.commitFrom,
            terms.commitUntil,
            terms.revealFrom,
            terms.revealUntil,
        )
    )
    opened = f"; opened from {first} to {last}" if terms.form == SEALED else ""
    lines: list[Any] = [
        f"Auction {data['auction']} in market {terms.market}: {data['lots']:,} lots of participant"
        f" {data['seller']} in multiples of {data['multiple']:,}, {data['form']} bids,"
        f" {data['pricing']} price; {stage}.",
        f"Reserve price {data['reserve'] or 'none'}; ties {data['tie']}; one bidder gets"
        f" {'any number of' if most is None else f'at most {most:,}'} lots;"
        f" nothing is sold unless bids are for {data['minimumPercent']} % of the volume.",
        f"{deposit} A bid costs {data['placeFee']}, whatever it wins; a bidder or group has at most"
        f" {data['bidsEach']:,}.",
        f"Bids {begins} to {ends}{opened}; settled from {session.local_time(terms.deliverFrom)}.",
    ]
    if data["floorPercent"]:
        price = data["floorPrice"] or "none: too few days with trades"
        lines.append(
            f"Cancelled below {data['floorPercent']} % of the exchange's median price of"
            f" {terms.floorDays} days ({price})."
        )
    if data["unsold"]:
        lines.append(
            f"{data['unsold']:,} lots are unsold, for {terms.spread} later auctions:"
            f" `tonne auction carry {data['auction']} INTO`."
        )
    if data["price"]:
        lines.append(
            f"Clears at {data['price']}; delivered {data['delivered']:,},"
            f" proceeds {data['proceeds']}, forfeited {data['forfeited']}."
        )
    columns = (">bid", ">participant", "status", ">price", ">lots", ">got")
    rows = [tuple("-" if v is None else v for v in bid.values()) for bid in data["bids"]]
    return [*lines, table("", columns, rows)] if rows else lines


def terms_of(session: Session, number: int) -> Any:
    """Announced terms of an auction; raises AUCTION_UNKNOWN."""
    from tonne.chain.contract import topic

    first = session.first_block
    for event in session.chain.logs("Auction", "AuctionAnnounced", first, topics=[topic(number)]):
        return event["terms"]
    raise refused("AUCTION_UNKNOWN", auction=number)


def choice(field: str, text: str, known: tuple[str, ...]) -> int:
    """Number of a choice by its name; raises AUCTION_CHOICE."""
    if text not in known:
        raise refused("AUCTION_CHOICE", given=text, choices=", ".join(known), field=field)
    return known.index(text)


def ledger(text: str) -> int:
    """An amount with two decimals [0.0001 currency]."""
    return parse_money(text) * LEDGER_PER_CENT


def tick_of(tick_size: int, text: str, field: str = "price") -> int:
    """A price in ticks; raises AUCTION_OFF_GRID between ticks or beyond their range."""
    price = ledger(text)
    if price % tick_size:
        raise TonneError(
            "AUCTION_OFF_GRID",
            f"Prices go in steps of {money(tick_size)}.",
            field=field,
            value=text,
            remedy="Round it to a step.",
        )
    if not 0 < price // tick_size <= MOST_TICKS:
        raise TonneError(
            "AUCTION_OFF_GRID",
            f"Prices go from {money(tick_size)} to {money(MOST_TICKS * tick_size)}.",
            field=field,
            value=text,
            remedy="Give a price between these.",
        )
    return price // tick_size
