"""Everything a run knows: the chain, the cast, and the books it keeps beside the contracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from tonne.chain.client import Call, Chain, Receipt
from tonne.crypto.accounts import Account, keccak
from tonne.deployment.plan import CURRENCY
from tonne.rules.pack import Period, RulePack
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.steps import Stage, Step
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.period.model.costs import Costs
from tonne.simulation.period.model.plan import Cast, Options, Timeline
from tonne.simulation.period.model.results import Findings

if TYPE_CHECKING:
    from tonne.simulation.period.steps.market import Market, Permits
    from tonne.simulation.period.steps.monthly_evidence import Filings
    from tonne.simulation.period.steps.trading import Trading

Ints = NDArray[np.int64]

#: Kinds of participants.
EMITTER, TRADER, BODY, DEVELOPER, AUTHORITY, OPERATOR = 1, 2, 4, 8, 16, 32
#: Rights of a wallet.
TRADE, WITHDRAW, SURRENDER, REPORT, MANAGE = 1, 2, 4, 8, 16

#: Items in one call of the authority.
ITEMS = 100


@dataclass(slots=True)
class Officers:
    """Who acts for the public and for the market."""

    bureau: Account  #    national authority: registrar everywhere, all powers
    second: Account  #    another officer, who decides what the first one disputed
    operator: Account  #  of the exchange
    issuer: Account  #    of the settlement currency
    treasury: Account  #  receives the fines

    @property
    def public(self) -> tuple[Account, ...]:
        """Those whose calls a period costs the authority."""
        return self.bureau, self.second


@dataclass(slots=True)
class Person:
    """A participant that is no emitter."""

    label: str
    account: Account
    kind: int
    jurisdiction: int
    number: int = 0


@dataclass(slots=True)
class World(Stage):
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
    currency: str = CURRENCY  # contract
    label: str = ""  # the scheme, where several are run at once
    away: float = 0.0  # [s] that the others had the turn
    auctioned: int = 0  # of the vintage [t]
    season: Trading | None = None  # once it has begun
    filings: Filings | None = None  # of monthly evidence; shared by all periods of a run
    elsewhere: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # given to other schemes
    permits: dict[str, Permits] = field(default_factory=dict)  # by currency; shared by all schemes
    allowance: int = 0  # unit id
    market: int = 0
    reference: int = 0  # previous close of the first session [0.01 currency a t]

    # From one period to the next; the later ones of a run share these with the first.
    first: bool = True  # parties register and play their parts
    enforced: bool = False  # what follows the deadline is done
    sequences: list[int] = field(default_factory=list)  # of the bodies' batches
    debts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # to the next allocation
    owed: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # ... before this one
    older: list[Market] = field(default_factory=list)  # vintages that may still be surrendered
    surrendered: Counter[int] = field(default_factory=Counter)  # by unit [t]
    costs: Costs = field(default_factory=Costs)
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

    @property
    def obliged_mask(self) -> NDArray[np.bool_]:
        return np.array([p.class_number > 0 for p in self.fleet.plants], np.bool_)

    def by_operator(self, amounts: Ints) -> Ints:
        """Figures of plants, summed up for whoever answers for them now."""
        sums = np.zeros(len(self), np.int64)
        np.add.at(sums, self.operators, amounts)
        return sums

    def trader(self, place: int) -> Account:
        return self.traders.get(place) or self.wallets[place]

    def send_all(self, calls: Iterable[Call], check: bool = True) -> list[Receipt]:
        """Many; what of it the authority pays for is counted."""
        calls = list(calls)
        receipts = Stage.send_all(self, calls, check)  # no super() in a class with slots
        self.costs.count(self.officers.public, calls, receipts)
        return receipts


def reason(text: str) -> bytes:
    """Hash of a text that stays off chain."""
    return keccak(text.encode())
