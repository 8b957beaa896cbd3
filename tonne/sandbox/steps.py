"""What a run on a chain of its own is played on: it sends in batches, counts, and shows how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tonne.chain.client import Call, Chain, Receipt
from tonne.crypto.accounts import Account

#: Items in one call of an authority.
ITEMS: Final = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the run and the time it took."""

    number: int
    title: str
    seconds: float
    transactions: int


class Stage:
    """Base of a run's world, which has these fields of its own."""

    __slots__ = ()

    chain: Chain
    console: Console
    steps: list[Step]
    transactions: int
    gas: int
    refused: list[str]  # transactions nobody planned to fail
    label: str = ""  #  where several runs take turns: whose steps these are
    away: float = 0.0  # [s] that others had the turn
    _progress: Progress | None
    _bar: Any
    _by_hand: bool

    # Sending

    def send(self, sender: Account, contract: str, function: str, *args: Any) -> Receipt:
        """One transaction that must succeed."""
        return self.send_all([Call(sender, self.chain[contract], function, args)])[0]

    def send_all(self, calls: Iterable[Call], check: bool = True) -> list[Receipt]:
        """Many; the bar of the present step moves on with each."""
        receipts = self.chain.send_many(calls, check=check, on_progress=self._moved)
        self.transactions += len(receipts)
        self.gas += sum(r.gas_used for r in receipts)
        self.refused += [str(r.error) for r in receipts if r.error is not None]
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
        """A call for each `size` items."""
        return self.send_all(
            self.call(sender, contract, function, *args(items[start : start + size]))
            for start in range(0, len(items), size)
        )

    def at(self, moment: int) -> None:
        """Moves chain time to `moment`, unless it is there already."""
        if self.chain.now() < moment:
            self.chain.set_time(moment)

    def next_at(self, moment: int) -> None:
        """Has what is sent next mined at `moment`; what is read before is of the block before."""
        if self.chain.now() < moment:
            self.chain.set_next_time(moment)

    def until(self, moment: int) -> Iterator[int]:
        """Waits for a moment; where several take turns, others have theirs until then."""
        yield moment
        self.at(moment)

    # Steps

    @contextmanager
    def step(
        self, number: int, title: str, total: int | None = None, by_hand: bool = False
    ) -> Iterator[None]:
        """Times a step and shows how far it is: by transactions, or `by_hand` with {advance}."""
        began, before = time.monotonic() - self.away, self.transactions
        title = f"{self.label}: {title}" if self.label else title
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal or bool(self.label),  # one bar at a time
        ) as progress:
            self._progress, self._by_hand = progress, by_hand
            self._bar = progress.add_task(f"{number:>2} {title}", total=total)
            try:
                yield
            finally:
                self._progress = None
        seconds = time.monotonic() - self.away - began
        done = Step(number, title, seconds, self.transactions - before)
        self.steps.append(done)
        self.console.print(
            f"{done.number:>2} {done.title:<44} {done.seconds:6.2f} s {done.transactions:>7,} tx"
        )

    def advance(self, count: int = 1) -> None:
        if self._progress is not None:
            self._progress.advance(self._bar, count)

    def _moved(self, count: int) -> None:
        if not self._by_hand:
            self.advance(count)

    def note(self, text: str) -> None:
        """A line under the step that runs."""
        self.console.print(f"   {text}", highlight=False, style="dim")
