"""Everything a run knows: the chain, the cast, and the books it keeps beside the contracts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tonne.chain import Call, Chain, Receipt
from tonne.fleet import Fleet
from tonne.period.findings import Findings
from tonne.period.plan import Cast, Keys, Options, Timeline
from tonne.rulepack import Period, RulePack
from tonne.signing import Account, keccak

Ints = NDArray[np.int64]

#: Kinds of participants.
EMITTER, TRADER, BODY, DEVELOPER, AUTHORITY, OPERATOR = 1, 2, 4, 8, 16, 32
#: Rights of a wallet.
TRADE, WITHDRAW, SURRENDER, REPORT, MANAGE = 1, 2, 4, 8, 16

#: Items in one call of the authority.
ITEMS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the run and the time it took."""

    number: int
    title: str
    seconds: float
    transactions: int


@dataclass(slots=True)
class Officers:
    """Who acts for the public and for the market."""

    bureau: Account  #    national authority: registrar everywhere, all powers
    second: Account  #    another officer, who decides what the first one disputed
    operator: Account  #  of the exchange
    issuer: Account  #    of the settlement currency
    treasury: Account  #  receives the fines


@dataclass(slots=True)
class Person:
    """A participant that is no emitter."""

    label: str
    account: Account
    kind: int
    jurisdiction: int
    number: int = 0


@dataclass(slots=True)
class World:
    options: Options
    pack: RulePack
    period: Period
    fleet: Fleet
    line: Timeline
    cast: Cast
    keys: Keys
    chain: Chain
    officers: Officers
    folder: Path  #  inbox, keystore, journal of this run
    console: Console

    # Emitters, by place in the fleet.
    wallets: list[Account] = field(default_factory=list)  # the primary ones
    traders: dict[int, Account] = field(default_factory=dict)  # where another wallet trades
    surrenderers: dict[int, Account] = field(default_factory=dict)
    reporters: dict[int, Account] = field(default_factory=dict)
    participants: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    installations: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    operators: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # place of who answers
    early: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    final: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    emissions: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    due: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    given: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # surrendered so far
    given_credits: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    bodies: list[Person] = field(default_factory=list)
    developers: list[Person] = field(default_factory=list)
    companies: list[Person] = field(default_factory=list)

    places: dict[int, int] = field(default_factory=dict)  # of emitters, by participant
    exchange_operator: int = 0  # participant, receives the fees
    allowance: int = 0  # unit id
    market: int = 0
    steps: list[Step] = field(default_factory=list)
    found: Findings = field(default_factory=Findings)
    transactions: int = 0
    gas: int = 0
    refused: list[str] = field(default_factory=list)  # transactions nobody planned to fail
    _progress: Progress | None = None
    _bar: Any = None
    _by_hand: bool = False

    def __len__(self) -> int:
        return len(self.fleet)

    @property
    def scheme(self) -> int:
        return self.pack.scheme.number

    @property
    def obliged(self) -> Ints:
        """Places of the emitters with an obligation."""
        return np.array([i for i, p in enumerate(self.fleet.plants) if p.class_number], np.int64)

    def trader(self, place: int) -> Account:
        return self.traders.get(place) or self.wallets[place]

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

    # Steps

    @contextmanager
    def step(
        self, number: int, title: str, total: int | None = None, by_hand: bool = False
    ) -> Iterator[None]:
        """Times a step and shows how far it is: by transactions, or `by_hand` with {advance}."""
        began, before = time.monotonic(), self.transactions
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as progress:
            self._progress, self._by_hand = progress, by_hand
            self._bar = progress.add_task(f"{number:>2} {title}", total=total)
            try:
                yield
            finally:
                self._progress = None
        done = Step(number, title, time.monotonic() - began, self.transactions - before)
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


def reason(text: str) -> bytes:
    """Hash of a text that stays off chain."""
    return keccak(text.encode())
