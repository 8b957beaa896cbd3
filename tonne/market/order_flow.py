"""Order flow in files: commands to replay, the trades and the book they must give, a plain book that tells.

`docs/replay.md` describes the files. A row that cannot be right is refused with its line and column.
"""

from __future__ import annotations

import csv
import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from tonne.errors import TonneError

LIMIT, POST_ONLY, IOC, FOK, MARKET, CANCEL = (
    *("LIMIT", "POST_ONLY", "IOC", "FOK", "MARKET"),
    "CANCEL",
)
#: Kinds of orders that never rest: the remainder lapses.
IMMEDIATE: Final = frozenset({IOC, FOK, MARKET})
#: Kinds of commands without a price.
UNPRICED: Final = frozenset({MARKET, CANCEL})
BUY, SELL = "B", "S"

#: Largest order: the width of its field [lots].
MOST_LOTS: Final = 2**32 - 1

#: Ticks there are, and the largest price the ledger can hold [0.0001 currency].
MOST_TICKS: Final = 57_599
MOST_BASE: Final = 2**40 - 1
MOST_STEP: Final = 2**24 - 1


class Command(NamedTuple):
    """One row of a command file."""

    seq: int
    kind: str  # LIMIT rests after matching, POST_ONLY, IOC, FOK, MARKET, CANCEL: see docs/replay.md
    order: int
    side: str
    price: int  # of the file's unit; 0 of a MARKET or a CANCEL
    lots: int  # 0 of a CANCEL


class Trade(NamedTuple):
    """One fill: at the maker's price, caused by the command `seq`."""

    seq: int
    taker: int  # order
    maker: int  # order
    price: int
    lots: int


class Level(NamedTuple):
    """One price of one side that has orders."""

    side: str
    price: int
    orders: int
    lots: int


@dataclass(frozen=True, slots=True)
class FlowOutcome:
    """What commands give."""

    trades: list[Trade]
    refused: list[
        int
    ]  # seq of POST_ONLY that would trade, FOK not to be filled, CANCEL without an order
    book: list[Level]  # at the end; bids before asks, lowest price first


# ---------------------------------------------------------------------- files


def read_commands(path: Path) -> list[Command]:
    """All commands of a file, checked one by one and against those before."""
    found: list[Command] = []
    orders: set[int] = set()
    for row in _rows(path, ("seq", "cmd", "order_id", "side", "price", "qty")):
        kind = row.word("cmd", (LIMIT, POST_ONLY, IOC, FOK, MARKET, CANCEL))
        cancels = kind == CANCEL
        command = Command(
            row.number("seq", 0),
            kind,
            row.number("order_id", 1),
            row.word("side", (BUY, SELL)),
            0 if kind in UNPRICED else row.number("price", 1, MOST_BASE),
            0 if cancels else row.number("qty", 1, MOST_LOTS),
        )
        if found and command.seq <= found[-1].seq:
            raise row.wrong("seq", f"comes after {found[-1].seq}; numbers must rise")
        if cancels and command.order not in orders:
            raise row.wrong("order_id", "was not placed before")
        if not cancels and command.order in orders:
            raise row.wrong("order_id", "was placed before; each order has a number of its own")
        orders.add(command.order)
        found.append(command)
    return found


def read_trades(path: Path) -> list[Trade]:
    names = ("seq", "taker_order", "maker_order", "price", "qty")
    return [
        Trade(
            row.number("seq", 0),
            row.number("taker_order", 1),
            row.number("maker_order", 1),
            row.number("price", 1),
            row.number("qty", 1),
        )
        for row in _rows(path, names)
    ]


def read_book(path: Path) -> list[Level]:
    found = [
        Level(
            row.word("side", (BUY, SELL)),
            row.number("price", 1),
            row.number("orders", 1),
            row.number("qty", 1),
        )
        for row in _rows(path, ("side", "price", "orders", "qty"))
    ]
    return sorted(found)


def write_commands(path: Path, commands: Iterable[Command]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("seq", "cmd", "order_id", "side", "price", "qty"))
        writer.writerows(commands)


def write_trades(path: Path, trades: Iterable[Trade]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("seq", "taker_order", "maker_order", "price", "qty"))
        writer.writerows(trades)


def write_book(path: Path, book: Iterable[Level]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("side", "price", "orders", "qty"))
        writer.writerows(book)


@dataclass(frozen=True, slots=True)
class _Row:
    path: Path
    line: int
    cells: dict[str, str]

    def number(self, column: str, least: int, most: int | None = None) -> int:
        text = self.cells[column]
        if not (text.isascii() and text.isdigit()):
            raise self.wrong(column, "is not a whole number")
        value = int(text)
        if value < least:
            raise self.wrong(column, f"must be at least {least}")
        if most is not None and value > most:
            raise self.wrong(column, f"must be at most {most:,}")
        return value

    def word(self, column: str, words: Sequence[str]) -> str:
        text = self.cells[column]
        if text not in words:
            raise self.wrong(column, f"is none of {', '.join(words)}")
        return text

    def wrong(self, column: str, what: str) -> TonneError:
        return _refused(self.path, self.line, column, self.cells[column], what)


def _rows(path: Path, names: Sequence[str]) -> Iterator[_Row]:
    """Rows by column name. Columns in any order; those that are not asked for are left alone."""
    try:
        file = path.open(newline="", encoding="utf-8-sig")
    except OSError as error:
        raise TonneError.of(
            "FLOW_UNREADABLE", path=path, path_name=path.name, strerror=error.strerror
        ) from None
    with file:
        reader = csv.reader(file)
        try:
            header = [name.strip() for name in next(reader, [])]
            for name in names:
                if header.count(name) != 1:
                    how = "is missing" if name not in header else "stands twice"
                    raise _refused(path, 1, name, None, f"{how} in the header")
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    told = f"{len(cells)} cells stand where the header names {len(header)}"
                    raise _refused(
                        path, reader.line_num, header[min(len(cells), len(header)) - 1], None, told
                    )
                row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
                yield _Row(path, reader.line_num, row)
        except (UnicodeDecodeError, csv.Error) as error:
            raise _refused(
                path, reader.line_num + 1, "", None, f"is no CSV text ({error})"
            ) from None


def _refused(path: Path, line: int, column: str, value: Any, what: str) -> TonneError:
    shown = "" if value is None else f" {value!r}"
    where = f"{path.name}, line {line}" + (f", column {column}" if column else "")
    return TonneError(
        "FLOW_BAD_ROW",
        f"{where}:{shown} {what}.",
        field=f"line {line}, {column}" if column else f"line {line}",
        value=value,
        remedy="docs/replay.md describes the files.",
    )


# ---------------------------------------------------------------------- prices


@dataclass(frozen=True, slots=True)
class Grid:
    """How prices of a file stand in a market: price = base + tick × step, all in the file's unit."""

    base: int
    step: int

    @classmethod
    def of(cls, commands: Iterable[Command]) -> Grid:
        """The coarsest grid that has every price, lowest price at tick 1."""
        prices = sorted({command.price for command in commands if command.kind not in UNPRICED})
        if not prices:
            return cls(0, 1)
        step = 0
        for price in prices:
            step = math.gcd(step, price - prices[0])
        step = step or 1
        if step > prices[0]:  # tick 0 stands for a price that is not negative
            step = math.gcd(step, prices[0])
        ticks = (prices[-1] - prices[0]) // step + 1
        if ticks > MOST_TICKS or step > MOST_STEP:
            raise TonneError.of(
                "FLOW_PRICES_TOO_FAR",
                highest=prices[-1],
                lowest=prices[0],
                ticks=ticks,
                step=step,
                most_ticks=MOST_TICKS,
                most_step=MOST_STEP,
            )
        return cls(prices[0] - step, step)

    def tick(self, price: int) -> int:
        return (price - self.base) // self.step

    def price(self, tick: int) -> int:
        return self.base + tick * self.step


# ---------------------------------------------------------------------- a plain book


@dataclass(slots=True)
class PlainSide:
    """One side of a book: orders by price, each queue in order of arrival."""

    best_first: Callable[[int], int]  # key of a price; the best has the smallest
    levels: dict[int, dict[int, int]] = field(default_factory=dict)
    heap: list[tuple[int, int]] = field(default_factory=list)

    def best(self) -> int | None:
        while self.heap:
            price = self.heap[0][1]
            if self.levels.get(price):
                return price
            heapq.heappop(self.heap)
            self.levels.pop(price, None)
        return None

    def add(self, price: int, order: int, lots: int) -> None:
        if price not in self.levels:
            self.levels[price] = {}
            heapq.heappush(self.heap, (self.best_first(price), price))
        self.levels[price][order] = lots

    def lots_within(self, command: Command) -> int:
        """Lots that an order of the other side could take."""
        return sum(
            sum(queue.values()) for price, queue in self.levels.items() if crosses(command, price)
        )


def crosses(command: Command, price: int) -> bool:
    """Whether the order would trade at a price of the other side."""
    if command.kind == MARKET:
        return True
    return price <= command.price if command.side == BUY else price >= command.price


def match(commands: Iterable[Command]) -> FlowOutcome:
    """Fills of a plain book: best price first, then time, at the maker's price."""
    sides = {BUY: PlainSide(lambda price: -price), SELL: PlainSide(lambda price: price)}
    placed: dict[int, tuple[str, int]] = {}
    trades: list[Trade] = []
    refused: list[int] = []
    for command in commands:
        if command.kind == CANCEL:
            side, price = placed.get(command.order, (BUY, 0))
            if sides[side].levels.get(price, {}).pop(command.order, 0) == 0:
                refused.append(command.seq)
            continue
        other = sides[SELL if command.side == BUY else BUY]
        left, best = command.lots, other.best()
        takes = best is not None and crosses(command, best)
        short = command.kind == FOK and other.lots_within(command) < command.lots
        if short or (takes and command.kind == POST_ONLY):
            refused.append(command.seq)
            continue
        while left and best is not None and crosses(command, best):
            queue = other.levels[best]
            maker = next(iter(queue))
            lots = min(left, queue[maker])
            trades.append(Trade(command.seq, command.order, maker, best, lots))
            left -= lots
            queue[maker] -= lots
            if not queue[maker]:
                del queue[maker]
            best = other.best()
        if left and command.kind not in IMMEDIATE:
            sides[command.side].add(command.price, command.order, left)
            placed[command.order] = (command.side, command.price)
    book = [
        Level(side, price, len(queue), sum(queue.values()))
        for side, plain in sides.items()
        for price, queue in plain.levels.items()
        if queue
    ]
    return FlowOutcome(trades, refused, sorted(book))
