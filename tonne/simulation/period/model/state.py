"""State of one scheme's period: parties, plants, obligations, balances. Data only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.deployment.plan import CURRENCY
from tonne.rules.pack import Period, RulePack
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.steps import ChainDriver
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.fleet.traders import Ints
from tonne.simulation.period.model.costs import Costs
from tonne.simulation.period.model.market_state import MarketState
from tonne.simulation.period.model.plan import Cast, PeriodOptions, PeriodTimeline
from tonne.simulation.period.model.results import PeriodResults

#: Kinds of participants.
EMITTER, TRADER, BODY, DEVELOPER, AUTHORITY, OPERATOR = 1, 2, 4, 8, 16, 32
#: Rights of a wallet.
TRADE, WITHDRAW, SURRENDER, REPORT, MANAGE = 1, 2, 4, 8, 16


@dataclass(frozen=True, slots=True)
class Officers:
    """Accounts that act for the public and for the market."""

    bureau: Account  #    national authority: registrar everywhere, all powers
    second: Account  #    another officer, who decides what the first one disputed
    operator: Account  #  of the exchange
    issuer: Account  #    of the settlement currency
    treasury: Account  #  receives the fines

    @property
    def public(self) -> frozenset[str]:
        """Addresses whose calls count as the authority's costs."""
        return frozenset({self.bureau.address, self.second.address})


@dataclass(slots=True)
class NonEmitter:
    """A participant without plants: body, developer, company, officer."""

    label: str
    account: Account
    kind: int
    jurisdiction: int
    number: int = 0


def no_figures() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(slots=True)
class PeriodState:
    """One scheme's period. Arrays are by place in the fleet, amounts in [t]."""

    options: PeriodOptions
    pack: RulePack
    period: Period
    fleet: Fleet
    line: PeriodTimeline
    cast: Cast
    keys: Keys
    driver: ChainDriver
    costs: Costs
    officers: Officers
    folder: Path  # inbox, keystore, journal of this run

    # Emitters
    wallets: list[Account] = field(default_factory=list)  # the primary ones
    traders: dict[int, Account] = field(default_factory=dict)  # separate trading wallets
    surrenderers: dict[int, Account] = field(default_factory=dict)
    reporters: dict[int, Account] = field(default_factory=dict)
    participants: Ints = field(default_factory=no_figures)
    places: dict[int, int] = field(default_factory=dict)  # by participant
    installations: Ints = field(default_factory=no_figures)
    operators: Ints = field(default_factory=no_figures)  # place of each plant's operator
    early: Ints = field(default_factory=no_figures)
    final: Ints = field(default_factory=no_figures)
    emissions: Ints = field(default_factory=no_figures)
    due: Ints = field(default_factory=no_figures)
    given: Ints = field(default_factory=no_figures)  # surrendered so far
    given_credits: Ints = field(default_factory=no_figures)
    elsewhere: Ints = field(default_factory=no_figures)  # given to other schemes

    # Other participants
    bodies: list[NonEmitter] = field(default_factory=list)
    developers: list[NonEmitter] = field(default_factory=list)
    companies: list[NonEmitter] = field(default_factory=list)
    exchange_operator: int = 0  # participant, receives the fees

    # The market
    currency: str = CURRENCY  # contract
    allowance: int = 0  # unit id
    auctioned: int = 0  # of the vintage
    market: int = 0
    reference: int = 0  # previous close of the first session [0.01 currency a t]

    # From one period to the next; the later ones of a run share these with the first.
    first: bool = True  # parties register and play their parts
    enforced: bool = False  # the deadline's consequences are carried out
    sequences: list[int] = field(default_factory=list)  # of the bodies' batches
    debts: Ints = field(default_factory=no_figures)  # to the next allocation
    owed: Ints = field(default_factory=no_figures)  # ... before this one
    older: list[MarketState] = field(default_factory=list)  # vintages still surrenderable
    surrendered: Counter[int] = field(default_factory=Counter)  # by unit
    results: PeriodResults = field(default_factory=PeriodResults)

    def __len__(self) -> int:
        return len(self.fleet)

    @property
    def chain(self) -> Chain:
        return self.driver.chain

    @property
    def console(self) -> Console:
        return self.driver.console

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
        """Figures of plants, summed by their present operators."""
        sums = np.zeros(len(self), np.int64)
        np.add.at(sums, self.operators, amounts)
        return sums

    def trader(self, place: int) -> Account:
        """The wallet an emitter trades with."""
        return self.traders.get(place) or self.wallets[place]
