"""Drives a local chain through the steps of a run: batches, chain time, counts, progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from tonne.chain.client import Call, Chain, Receipt
from tonne.crypto.accounts import Account

_Item = TypeVar("_Item")

#: Items in one call of an authority.
ITEMS: Final = 100


def parts(items: Sequence[_Item], most: int) -> Iterator[Sequence[_Item]]:
    """Items by call, in order, at most so many in each."""
    for first in range(0, len(items), most):
        yield items[first : first + most]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a run and the time it took."""

    number: int
    title: str
    seconds: float
    transactions: int


class StepDisplay:
    """The one progress display of a run: a bar for each open step, and a line for each that has ended.

    Steps are numbered in the order in which they end; only interleaved runs have several open.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.ended = 0
        self._open = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def begin(self, title: str, total: int | None) -> TaskID:
        """Shows a step's bar."""
        if self._open == 0:
            self._progress.start()
        self._open += 1
        return self._progress.add_task(f"{self.ended + self._open:>2} {title}", total=total)

    def advance(self, bar: TaskID, count: int) -> None:
        self._progress.advance(bar, count)

    def end(self, bar: TaskID) -> int:
        """Takes a step's bar away; returns the step's number."""
        self._progress.remove_task(bar)
        self._open -= 1
        self.ended += 1
        if self._open == 0:
            self._progress.stop()
        return self.ended


@dataclass(slots=True)
class ChainDriver:
    """Sends a run's transactions, moves chain time, times steps and shows their progress.

    `observe` is called with all calls and receipts of a batch. Interleaved runs share a chain and a display;
    each has a driver with a label.
    """

    chain: Chain
    display: StepDisplay
    label: str = ""
    observe: Callable[[Sequence[Call], Sequence[Receipt]], None] | None = None
    steps: list[Step] = field(default_factory=list)
    transactions: int = 0
    gas: int = 0
    refused: list[str] = field(default_factory=list)  # reverts that no step planned
    away: float = 0.0  # [s] taken by interleaved runs
    _bar: TaskID | None = None
    _by_hand: bool = False

    @property
    def console(self) -> Console:
        return self.display.console

    # Sending

    def send(self, sender: Account, contract: str, function: str, *args: Any) -> Receipt:
        """One transaction; raises if it reverts."""
        return self.send_all([self.call(sender, contract, function, *args)])[0]

    def send_all(self, calls: Iterable[Call], check: bool = True) -> list[Receipt]:
        """A batch of transactions; advances the progress bar. `check`: raises at a revert."""
        observed = list(calls) if self.observe is not None else calls
        receipts = self.chain.send_many(observed, check=check, on_progress=self._moved)
        self.transactions += len(receipts)
        self.gas += sum(r.gas_used for r in receipts)
        self.refused += [str(r.error) for r in receipts if r.error is not None]
        if self.observe is not None:
            self.observe(list(observed), receipts)
        return receipts

    def call(self, sender: Account, contract: str, function: str, *args: Any) -> Call:
        return Call(sender, self.chain[contract], function, args)

    def in_batches(
        self,
        sender: Account,
        contract: str,
        function: str,
        items: Sequence[Any],
        args: Callable[[Sequence[Any]], tuple[Any, ...]],
        size: int = ITEMS,
    ) -> list[Receipt]:
        """One call for each `size` items; `args` makes its arguments."""
        return self.send_all(
            self.call(sender, contract, function, *args(items[start : start + size]))
            for start in range(0, len(items), size)
        )

    def refusal(self, call: Call) -> str:
        """Sends a transaction that must revert; returns the sentence of its revert."""
        receipt = self.chain.send_many([call], check=False)[0]
        self.transactions += 1
        if receipt.error is None:
            raise AssertionError(f"{call.contract.name}.{call.function} did not revert")
        return str(receipt.error)

    # Chain time [s unix]

    def at(self, moment: int) -> None:
        """Moves chain time to `moment`, unless it is later already."""
        if self.chain.now() < moment:
            self.chain.set_time(moment)

    def next_at(self, moment: int) -> int:
        """Sets the time of the next block, unless it is later already, and returns it; reads until then see
        the block before."""
        now = self.chain.now()
        if now < moment:
            self.chain.set_next_time(moment)
        return max(now, moment)

    def until(self, moment: int) -> Iterator[int]:
        """Yields the moment, so that interleaved runs reach it first; then moves chain time to it."""
        yield moment
        self.at(moment)

    # Steps

    @contextmanager
    def step(self, title: str, total: int | None = None, by_hand: bool = False) -> Iterator[None]:
        """Times a step; its bar counts transactions, or calls of {advance} if `by_hand`."""
        began, before = time.monotonic() - self.away, self.transactions
        title = f"{self.label}: {title}" if self.label else title
        bar = self.display.begin(title, total)
        self._bar, self._by_hand = bar, by_hand
        try:
            yield
        finally:
            number, self._bar = self.display.end(bar), None
        seconds = time.monotonic() - self.away - began
        self._ended(Step(number, title, seconds, self.transactions - before))

    def past(self, title: str, seconds: float, transactions: int) -> None:
        """Notes a step whose parts were done between others."""
        number = self.display.end(self.display.begin(title, None))
        self._ended(Step(number, title, seconds, transactions))

    def _ended(self, done: Step) -> None:
        self.steps.append(done)
        self.console.print(
            f"{done.number:>2} {done.title:<44} {done.seconds:6.2f} s {done.transactions:>7,} tx"
        )

    def advance(self, count: int = 1) -> None:
        """Advances the bar of the present step."""
        if self._bar is not None:
            self.display.advance(self._bar, count)

    def _moved(self, count: int) -> None:
        if not self._by_hand:
            self.advance(count)

    def note(self, text: str) -> None:
        """Prints a line below the present step."""
        self.console.print(f"   {text}", highlight=False, style="dim")
