"""Drives a local chain through the steps of a run: batches, chain time, counts, progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from rich.console import Console

from tonne.chain.client import Call, Chain, Receipt
from tonne.crypto.accounts import Account
from tonne.deployment import compiler
from tonne.deployment.plan import PLAN
from tonne.progress import ProgressDisplay, WorkPart

_Item = TypeVar("_Item")

#: Items in one call of an authority.
ITEMS: Final = 100


def parts(items: Sequence[_Item], most: int) -> Iterator[Sequence[_Item]]:
    """Items by call, in order, at most so many in each."""
    for first in range(0, len(items), most):
        yield items[first : first + most]


def compile_contracts(console: Console, hidden: bool = False) -> None:
    """Compiles contracts without a current artifact, before the steps of a run."""
    with ProgressDisplay(console, "contracts", hidden=hidden) as display:
        compiler.contracts(PLAN, progress=display.say)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a run and the time it took."""

    number: int
    title: str
    seconds: float
    transactions: int


class StepDisplay:
    """The steps of a run on the terminal: the remaining time of the whole, and a line for each ended step.

    Steps are numbered in the order in which they end; only interleaved runs have several open.
    """

    def __init__(self, console: Console, lines: bool = True) -> None:
        self.console = console
        self.progress = ProgressDisplay(console, lines=False)
        self.ended = 0
        self._lines, self._open = lines, 0

    def expect(self, steps: Iterable[tuple[str, float]]) -> None:
        """Titles of steps to come, and their work in one unit for all."""
        self.progress.expect(steps)

    def begin(self, title: str, total: int | None, text: str) -> WorkPart:
        """Shows a step; `title` is the one that {expect} has."""
        if self._open == 0:
            self.progress.start()
        self._open += 1
        return self.progress.begin(title, total, f"{self.ended + self._open:>2} {text}")

    def end(self, part: WorkPart) -> int:
        """Ends a step; returns its number."""
        self.progress.end(part)
        self._open -= 1
        self.ended += 1
        if self._open == 0:
            self.progress.stop()
        return self.ended

    def print(self, step: Step) -> None:
        """Prints the line of an ended step."""
        if self._lines:
            sent = f"{step.transactions:>7,} transactions" if step.transactions else ""
            self.console.print(
                f"{step.number:>2} {step.title:<46} {step.seconds:5.1f} s{sent}", soft_wrap=True
            )


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
    _part: WorkPart | None = None
    _by_hand: bool = False

    @property
    def console(self) -> Console:
        return self.display.console

    # Sending

    def send(self, sender: Account, contract: str, function: str, *args: Any) -> Receipt:
        """One transaction; raises if it reverts."""
        return self.send_all([self.call(sender, contract, function, *args)])[0]

    def send_all(self, calls: Iterable[Call], check: bool = True) -> list[Receipt]:
        """A batch of transactions; counts them in the progress. `check`: raises at a revert."""
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
    def step(
        self, title: str, total: int | None = None, by_hand: bool = False, detail: str = ""
    ) -> Iterator[None]:
        """Times a step. The title is the one that {expect} has; `detail` follows it on the terminal.

        Its progress counts transactions, or calls of {advance} if `by_hand`.
        """
        began, before = time.monotonic() - self.away, self.transactions
        title = f"{self.label}: {title}" if self.label else title
        text = f"{title}, {detail}" if detail else title
        part = self.display.begin(title, total, text)
        self._part, self._by_hand = part, by_hand
        try:
            yield
        finally:
            number, self._part = self.display.end(part), None
        seconds = time.monotonic() - self.away - began
        self._ended(Step(number, text, seconds, self.transactions - before))

    def past(self, title: str, seconds: float, transactions: int) -> None:
        """Notes a step that was done in parts, between other steps."""
        number = self.display.end(self.display.begin(title, None, title))
        self._ended(Step(number, title, seconds, transactions))

    def _ended(self, done: Step) -> None:
        self.steps.append(done)
        self.display.print(done)

    def advance(self, count: int = 1) -> None:
        """Counts work of the present step."""
        if self._part is not None:
            self.display.progress.advance(self._part, count)

    def _moved(self, count: int) -> None:
        if not self._by_hand:
            self.advance(count)

    def note(self, text: str) -> None:
        """Prints a line below the present step."""
        self.console.print(f"   {text}", highlight=False, style="dim")
