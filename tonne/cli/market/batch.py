"""`tonne market replace` and `batch`: several orders in one transaction, all or nothing."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    many,
    money,
    participant_of,
    show,
    table,
)
from tonne.cli.market.order_options import (
    OWN_DEFAULT,
    AtOnce,
    Gtc,
    PostOnly,
    Price,
    Terms,
    Until,
    order_number,
    packed,
    side_of,
)
from tonne.cli.market.order_results import Outcome, outcomes, send_order
from tonne.deployment import record
from tonne.errors import TonneError, why

#: Orders, and as many cancels, that one transaction takes.
MOST = 200


def replace(
    order: Annotated[str, typer.Argument(help="Its number, from `market orders`.")],
    lots: Annotated[
        int | None, typer.Argument(help="Lots of the new order; else what is left.", min=1)
    ] = None,
    price: Price = None,
    at_once: AtOnce = False,
    gtc: Gtc = False,
    until: Until = None,
    post_only: PostOnly = False,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Cancel an open order and place another of the same side, in one transaction.

    Without --price it keeps its price. The new order is last in its queue. What is filled before the
    transaction is mined is gone: the new order is for all its lots.
    """
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    participant = participant_of(desk, account)
    number = order_number(order)
    left, owner = desk.chain.call("ExchangeLens", "order", number)
    if not left or owner != participant:
        raise TonneError(
            "ORDER_NOT_OPEN",
            "This is no open order of yours.",
            field="order",
            value=order,
            remedy="`tonne market orders` lists yours.",
        )
    market, side = number >> 72, "sell" if number >> 64 & 0xFF else "buy"
    if price is None:
        old = desk.chain.call("ExchangeLens", "priceOf", market, number >> 48 & 0xFFFF)
        price = money(old)
    terms = Terms(at_once=at_once, gtc=gtc, until=until, post_only=post_only)
    request = packed(desk.chain, market, side_of(side), lots or left, price, terms)
    _send(desk, account, market, [_Line(1, side, request, lots or left)], [number], as_json)


def batch(
    file: Annotated[Path, typer.Argument(help="One act a line; - reads what is piped in.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Cancel and place many orders in one transaction, all or nothing.

    A line is written as on the command line: `buy 100 --price 48.20 --post-only`, `sell 50 --price 49.00`,
    `cancel 0x1…`. Cancels come first. Empty lines and what follows # do not count.
    """
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    places, cancels = _read(desk, market, file)
    _send(desk, account, market, places, cancels, as_json)


# Inside


@dataclass(frozen=True, slots=True)
class _Line:
    """An order to be placed."""

    number: int  # of the line
    side: str
    request: int
    lots: int


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a line, and does not end the program."""

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


def _read(desk: Desk, market: int, file: Path) -> tuple[list[_Line], list[int]]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise TonneError(
            "BATCH_UNREADABLE",
            f"The file of orders cannot be read: {why(error)}.",
            field="file",
            value=str(file),
            remedy="Write one order a line, e.g. buy 100 --price 48.20.",
        ) from None
    places: list[_Line] = []
    cancels: list[int] = []
    parser = _parser()
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            words = shlex.split(line, comments=True)
            if words and words[0] == "cancel":
                cancels.extend(order_number(word) for word in words[1:])
            elif words:
                places.append(_order(desk, market, number, parser.parse_args(words)))
        except (ValueError, TonneError) as error:
            raise TonneError(
                "BATCH_BAD_LINE",
                f"Line {number} is no order: {why(error)}.",
                field=f"line {number}",
                value=line,
                remedy="Nothing was sent. Write it like: buy 100 --price 48.20.",
            ) from None
    if (not places and not cancels) or max(len(places), len(cancels)) > MOST:
        raise TonneError(
            "BATCH_BAD_SIZE",
            f"The file has {many(len(places), 'order')} and {many(len(cancels), 'cancel')}.",
            field="file",
            value=str(file),
            remedy=f"One transaction takes 1 to {MOST} of each.",
        )
    return places, cancels


def _order(desk: Desk, market: int, number: int, a: argparse.Namespace) -> _Line:
    if a.lots < 1:
        raise ValueError("lots must be 1 or more")
    terms = Terms(
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
    request = packed(desk.chain, market, side_of(a.side), a.lots, a.price, terms)
    return _Line(number, a.side, request, a.lots)


def _send(
    desk: Desk,
    account: Any,
    market: int,
    places: list[_Line],
    cancels: list[int],
    as_json: bool,
) -> None:
    desk.chain.fund([account])
    requests = [line.request for line in places]
    receipt = send_order(desk, account, market, "Exchange", "batch", cancels, requests)
    ended = [
        event["order"] & (1 << 128) - 1
        for event in desk.chain.events(receipt)
        if event.name == "OrderCancelled"
    ]
    done = outcomes(desk, receipt, market, participant_of(desk, account), requests)
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
            + (f", {gone} not open any more." if gone else ".")
        )
    if rows:
        lines.append(table("", columns, rows))
    show(data, as_json, *lines)


def _hex(outcome: Outcome) -> str:
    return "-" if outcome.order is None else hex(outcome.order)


def _as_json(line: _Line, outcome: Outcome) -> dict[str, Any]:
    return {
        "line": line.number,
        "side": line.side,
        "lots": line.lots,
        "filled": outcome.filled,
        "turnover": money(outcome.turnover),
        "rests": outcome.rests,
        "order": None if outcome.order is None else hex(outcome.order),
    }
