"""`tonne market replace` and `batch`: several orders in one transaction, all or nothing."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import many, money, table
from tonne.cli.core.session import Session, Signer
from tonne.cli.market.order_options import (
    OWN_DEFAULT,
    AtOnce,
    Gtc,
    OrderTerms,
    PostOnly,
    Price,
    Until,
    order_number,
    packed,
    side_of,
)
from tonne.errors import TonneError, refused, why
from tonne.market.order_encoding import OrderKey
from tonne.types.ids import MarketId, OrderId, ParticipantId

if TYPE_CHECKING:
    from tonne.cli.market.order_results import OrderResult

#: Most orders, and most cancels, of one transaction.
MOST: Final = 200


@command(needs=Signer)
def replace(
    session: Signer,
    order: Annotated[str, typer.Argument(help="Order number, from `market orders`.")],
    lots: Annotated[
        int | None, typer.Argument(help="Lots of the new order; default: the open lots.", min=1)
    ] = None,
    price: Price = None,
    at_once: AtOnce = False,
    gtc: Gtc = False,
    until: Until = None,
    post_only: PostOnly = False,
) -> None:
    """Cancel an open order and place another of the same side, in one transaction.

    Without --price the new order keeps the price; it queues last. Fills of the old order before the
    transaction is mined do not reduce the new one.
    """
    participant = session.participant
    number = order_number(order)
    left, owner = session.chain.call("ExchangeLens", "order", number)
    if not left or owner != participant:
        raise refused("ORDER_NOT_OPEN", order=order)
    key = OrderKey.unpack(OrderId(number))
    market, side = key.market, "sell" if key.side else "buy"
    if price is None:
        old = session.chain.call("ExchangeLens", "priceOf", market, key.tick)
        price = money(old)
    terms = OrderTerms(at_once=at_once, gtc=gtc, until=until, post_only=post_only)
    request = packed(session.chain, market, side_of(side), lots or left, price, terms)
    _send(session, market, [_Line(1, side, request, lots or left)], [number])


@command(needs=Signer, market=1)
def batch(
    session: Signer,
    file: Annotated[
        Path, typer.Argument(help="File with one order or cancel a line; - for standard input.")
    ],
) -> None:
    """Cancel and place many orders in one transaction, all or nothing.

    A line is written as on the command line: `buy 100 --price 48.20 --post-only`, `sell 50 --price 49.00`,
    `cancel 0x1…`. Cancels come first. Empty lines and comments after # are skipped.
    """
    places, cancels = _read(session, session.market, file)
    _send(session, MarketId(session.market), places, cancels)


# Inside


@dataclass(frozen=True, slots=True)
class _Line:
    """An order of the file."""

    number: int  # of the line
    side: str
    request: int
    lots: int


class _Parser(argparse.ArgumentParser):
    """Raises ValueError for a malformed line instead of ending the program."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("side", choices=("buy", "sell"))
    parser.add_argument("lots", type=int)
    for option in ("price", "until", "max-cost"):
        parser.add_argument(f"--{option}")
    for flag in ("at-once", "all-or-nothing", "gtc", "post-only"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--min", type=int, default=0, dest="least")
    parser.add_argument("--levels", type=int, default=0)
    parser.add_argument("--own", default=OWN_DEFAULT)
    return parser


def _read(session: Session, market: int, file: Path) -> tuple[list[_Line], list[int]]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise refused("BATCH_UNREADABLE", file=str(file), reason=why(error)) from None
    places: list[_Line] = []
    cancels: list[int] = []
    parser = _parser()
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            words = shlex.split(line, comments=True)
            if words and words[0] == "cancel":
                cancels.extend(order_number(word) for word in words[1:])
            elif words:
                places.append(_order(session, MarketId(market), number, parser.parse_args(words)))
        except (ValueError, TonneError) as error:
            raise refused(
                "BATCH_BAD_LINE", line=line, line_number=number, reason=why(error)
            ) from None
    if (not places and not cancels) or max(len(places), len(cancels)) > MOST:
        raise refused(
            "BATCH_BAD_SIZE",
            file=str(file),
            orders=many(len(places), "order"),
            cancels=many(len(cancels), "cancel"),
            limit=MOST,
        )
    return places, cancels


def _order(session: Session, market: MarketId, number: int, a: argparse.Namespace) -> _Line:
    if a.lots < 1:
        raise ValueError("lots must be 1 or more")
    terms = OrderTerms(
        a.at_once,
        a.all_or_nothing,
        a.gtc,
        a.until,
        a.post_only,
        a.least,
        a.levels,
        a.own,
        a.max_cost,
    )
    request = packed(session.chain, market, side_of(a.side), a.lots, a.price, terms)
    return _Line(number, a.side, request, a.lots)


def _send(session: Signer, market: MarketId, places: list[_Line], cancels: list[int]) -> None:
    from tonne.cli.market.order_results import cancelled_orders, order_results, send_order

    requests = [line.request for line in places]
    receipt = send_order(session, market, "Exchange", "batch", cancels, requests)
    ended = cancelled_orders(session, receipt)
    done = order_results(session, receipt, market, ParticipantId(session.participant), requests)
    data = {
        "cancelled": [hex(number) for number in ended],
        "orders": [_as_json(line, found) for line, found in zip(places, done, strict=True)],
        "transaction": receipt.hash,
        "gas": receipt.gas_used,
    }
    rows = [
        (line.number, line.side, f"{line.lots:,}", f"{o.filled:,}", f"{o.rests:,}", _hex(o))
        for line, o in zip(places, done, strict=True)
    ]
    columns = (">line", "side", ">lots", ">filled", ">rest", "order")
    gone = len(cancels) - len(set(cancels) & set(ended))
    lines: list[Any] = []
    if cancels:
        lines.append(
            f"{many(len(ended), 'order')} cancelled"
            + (f", {gone} no longer open." if gone else ".")
        )
    if rows:
        lines.append(table("", columns, rows))
    session.show(data, *lines)


def _hex(result: OrderResult) -> str:
    return "-" if result.order is None else hex(result.order)


def _as_json(line: _Line, result: OrderResult) -> dict[str, Any]:
    return {
        "line": line.number,
        "side": line.side,
        "lots": line.lots,
        "filled": result.filled,
        "turnover": money(result.turnover),
        "rests": result.rests,
        "order": None if result.order is None else hex(result.order),
    }
