"""When an interval of the power market opens, is cleared and is settled, by the market's own terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tonne.chain.client import Chain


class Stage(IntEnum):
    """`PowerStage` of IPowerMarket."""

    OPEN = 0
    OPENING = 1
    CLEARING = 2
    CLEARED = 3
    LAPSED = 4


class BidStage(IntEnum):
    """`BidState` of IPowerBids."""

    NONE = 0
    COMMITTED = 1
    OPENED = 2
    RELEASED = 3
    FORFEITED = 4


@dataclass(frozen=True, slots=True)
class MarketTerms:
    """`PowerTerms` of IPowerMarket: times in seconds, prices in micro-credits per kWh."""

    interval_s: int
    gate_lead_s: int
    opening_s: int
    window_s: int
    hold_s: int
    price_cap: int
    guarantee: int
    step_fee: int  # [micro-credit] of a step, for the clearing that stands

    @classmethod
    def read(cls, chain: Chain) -> MarketTerms:
        """The terms of the market that a chain has."""
        return cls(*chain.call("PowerMarket", "terms"))

    def start(self, interval: int) -> int:
        """[s] When an interval begins."""
        return interval * self.interval_s

    def gate(self, interval: int) -> int:
        """[s] From when nothing more is committed."""
        return self.start(interval) - self.gate_lead_s

    def free_at(self, interval: int) -> int:
        """[s] From when what bids hold can be released."""
        return self.start(interval) + self.hold_s

    def at_cap(self, energy_wh: int) -> int:
        """[micro-credit] What energy is worth at the price cap, rounded up."""
        return -(-energy_wh * self.price_cap // 1_000)

    def in_window(self, now: int) -> range:
        """Intervals whose curves are opened, or that are cleared, at a moment."""
        newest = (now + self.gate_lead_s) // self.interval_s
        oldest = (now - self.window_s + self.gate_lead_s) // self.interval_s + 1
        return range(oldest, newest + 1)
