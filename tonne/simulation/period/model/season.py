"""A trading season: its market, agents, credit projects and block trades."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from tonne.simulation.fleet.traders import Agents, Ints
from tonne.simulation.period.model.market_state import MarketState
from tonne.simulation.period.model.state import NonEmitter


@dataclass(slots=True)
class OffsetProject:
    """One project from registration to its credits."""

    developer: NonEmitter
    number: int
    report: int = 0
    since: int = 0  # start of the last report's period [s]; 0: none yet
    unit: int = 0
    first_serial: int = 0
    last_serial: int = 0
    left: int = 0  #     credits the developer still has [t]
    buffer: int = 0  #   put aside at issue [t]
    buyer: NonEmitter | None = None  # the company that buys here
    deposited: bool = False
    market: MarketState | None = None


@dataclass(frozen=True, slots=True)
class BlockTrade:
    """A block trade of the run."""

    day: date
    seller: int  # place
    buyer: int  #  place
    tick: int
    lots: int


@dataclass(slots=True)
class TradingSeason:
    """The trading season of one vintage's allowances, and of credits beside them."""

    market: MarketState
    agents: Agents
    projects: list[OffsetProject]
    purse: Ints  #        money on the wallets [0.01 currency]
    want_credits: Ints  # [t]
    lacking: Ints  #      short of the obligation at the start [t]
    blocks: list[BlockTrade] = field(default_factory=list)
    bought_early: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
