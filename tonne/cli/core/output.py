"""Terminal and JSON output of commands; amounts and days as people write them."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from tonne.cli.core import named
from tonne.cli.core.options import AMOUNT, AsJson
from tonne.constants import EPOCH
from tonne.errors import ENGLISH, TonneError

if TYPE_CHECKING:
    from tonne.evidence.profiles import Names

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@dataclass(kw_only=True)
class Printer:
    """Prints a command's result: JSON, or lines for people."""

    as_json: AsJson = False

    def show(self, data: Mapping[str, Any], *lines: Any) -> None:
        """`data` as JSON, else `lines`: text or tables; numbers of parties and projects with their names."""
        names = self.names_at_hand()
        try:
            told = data if names is None else named.data(names, data)
            said = lines if names is None else [_with_names(names, line) for line in lines]
        except TonneError:  # a node that does not tell names takes no result away
            told, said = data, lines
        if self.as_json:
            print(json.dumps(told, indent=2, default=_plain))
            return
        for line in said:
            console.print(line)

    def names_at_hand(self) -> Names | None:
        """Names for what is shown; a printer that reads no market has none."""
        return None

    def close(self) -> None:
        """Releases the session's connection; a printer has none."""


def _with_names(names: Names, line: Any) -> Any:
    """A sentence or table with names beside numbers; anything else as it is."""
    if isinstance(line, Listing):
        return Listing(*named.table(names, line.title, line.columns, line.rows))
    return named.text(names, line) if isinstance(line, str) else line


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """Shows a short operation on a terminal until it ends; yields a function that sets its present state.

    Not around a prompt: the bar would be drawn over it.
    """
    from tonne.progress import ProgressDisplay

    with ProgressDisplay(errors, what, lines=False) as display:
        yield display.describe


_language = ENGLISH


def choose_language(language: str) -> None:
    """Errors are written in this language from now on, as far as they are translated."""
    global _language
    _language = language


def fail(error: TonneError, as_json: bool) -> None:
    """An error with its code: text on standard error, or JSON on standard output."""
    error = error.translated(_language)
    if as_json:
        print(json.dumps({"error": error.as_dict()}, indent=2, default=_plain))
    else:
        errors.print(f"tonne: {error}", style="red" if errors.is_terminal else None, markup=False)


def quiet_pipe() -> None:
    """`tonne … | head` is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "_asdict"):
        return value._asdict()
    return str(value)


# Tables

GAP: Final = 2  # between columns
READABLE: Final = 16  # least width of a column of text


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Listing:
    """Rows under named columns; `>name` aligns right and holds figures, which are never cut."""
    cells = [[value if isinstance(value, str) else str(value) for value in row] for row in rows]
    return Listing(title, columns, cells)


@dataclass(frozen=True, slots=True)
class Listing:
    """A table; where it is wider than the terminal, a block of `name: value` lines for each row."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._widths(options.max_width)
        if self.title:
            yield Text(self.title, style="italic")
        if widths is None:
            yield from self._blocks()
        else:
            yield self._table(widths)

    def _table(self, widths: Sequence[int]) -> Table:
        result = Table(box=None, pad_edge=False, show_header=any(self.columns))
        for column, width in zip(self.columns, widths, strict=True):
            result.add_column(
                Text(column.lstrip(">")),
                justify="right" if column.startswith(">") else "left",
                width=width,
                overflow="fold",
            )
        for row in self.rows:
            result.add_row(*map(Text, row))
        return result

    def _blocks(self) -> Iterable[Table | str]:
        for number, row in enumerate(self.rows):
            if number:
                yield ""
            block = Table.grid(padding=(0, 1))
            block.add_column(no_wrap=True)
            block.add_column(overflow="fold")
            for column, cell in zip(self.columns, row, strict=True):
                name = column.lstrip(">")
                block.add_row(f"{name}:" if name else "", Text(cell))
            yield block

    def _widths(self, width: int) -> list[int] | None:
        """Width of each column: text wraps between words, figures do not; None where it cannot fit."""
        cells = [
            [column.lstrip(">"), *(row[n] for row in self.rows)]
            for n, column in enumerate(self.columns)
        ]
        widths = [max(_longest(cell.split("\n")) for cell in column) for column in cells]
        least = [
            natural
            if column.startswith(">")
            else max(min(natural, READABLE), *(_longest(cell.split()) for cell in found))
            for column, natural, found in zip(self.columns, widths, cells, strict=True)
        ]
        room = width - GAP * (len(widths) - 1)
        if sum(least) > room:
            return None
        while (excess := sum(widths) - room) > 0:
            loose = [n for n in range(len(widths)) if widths[n] > least[n]]
            widest = max(loose, key=lambda n: widths[n])
            widths[widest] -= min(excess, _step(widths, least, widest))
        return widths


def _longest(parts: Sequence[str]) -> int:
    return max(map(cell_len, parts), default=0)


def _step(widths: Sequence[int], least: Sequence[int], widest: int) -> int:
    """How far the widest column shrinks before another is as wide."""
    others = [width for n, width in enumerate(widths) if n != widest and width > least[n]]
    floor = max(least[widest], max(others, default=0))
    return max(widths[widest] - floor, 1)


# Figures and days


def cents(amount: int) -> str:
    """[0.01 currency] as text, e.g. 1,234.50."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100:,}.{abs(amount) % 100:02d}"


def money(amount: int) -> str:
    """[0.0001 currency] of the ledger as text, two or four decimals."""
    fine = abs(amount) % 100
    text = cents(amount // 100 if amount >= 0 else -(-amount // 100))
    return f"{text}{fine:02d}" if fine else text


def many(count: int, word: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


#: Digits, or digits with a comma before each three.
_WHOLE: Final = r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+"
_MONEY: Final = re.compile(rf"({_WHOLE})(?:\.([0-9]+))?")


def parse_money(text: str, digits: int = 2) -> int:
    """A decimal amount as an integer of its last digit; never through a float.

    `1,234.50` and `1234.5` are the same; `1,00` and `1.234,50` raise AMOUNT_UNREADABLE.
    """
    found = _MONEY.fullmatch(text)
    part = (found[2] or "") if found else ""
    if found is None or len(part) > digits:
        raise TonneError(
            "AMOUNT_UNREADABLE",
            "This is not an amount.",
            field="amount",
            value=text,
            remedy=f"Write it like 48.00 or 1,234.50, with at most {digits} decimals. {AMOUNT}",
        )
    whole: int = int(found[1].replace(",", "")) * 10**digits
    return whole + int(part.ljust(digits, "0") or "0")


def parse_whole(text: str) -> int | None:
    """A whole number, with or without commas between thousands; None for anything else."""
    return int(text.replace(",", "")) if re.fullmatch(_WHOLE, text) else None


def parse_date(text: str, field: str, code: str = "DAY_UNREADABLE") -> date:
    """A date written like 2021-07-30."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TonneError(
            code, "This is not a date.", field, text, "Write it like 2021-07-30."
        ) from None


def parse_day(text: str, field: str) -> int:
    """Local days since 1970-01-01 of a date like 2021-07-30."""
    return (parse_date(text, field) - EPOCH).days


def date_of(day: int) -> date:
    """The date of a number of days since 1970-01-01."""
    return EPOCH + timedelta(days=day)
