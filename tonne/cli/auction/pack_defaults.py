"""Terms of an auction that an announcement leaves to the scheme's rule pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tonne.cli.core.rule_pack import find
from tonne.cli.core.session import Session
from tonne.constants import PPM
from tonne.market.auction_rules import FORMS, PRICES, TIES
from tonne.rules.pack import RulePack

#: Terms where neither the announcement nor the pack has one.
PLAIN: Final[dict[str, Any]] = {
    "form": "sealed",
    "tie": "pro-rata",
    "multiple": 1,
    "minimumPpm": PPM,
    "limitPpm": 0,
    "depositPpm": 100_000,
    "floorPpm": 0,
    "floorDays": 5,
    "floorVolumePpm": 50_000,
    "bidsEach": 100,
    "placeFee": 1_000,
    "spread": 0,
    "reserveTick": 0,
}

#: Terms of an announcement and their keys in the pack.
KEYS: Final = {
    "form": "auction.form",
    "tie": "auction.tie",
    "pricing": "auction.pricing",
    "multiple": "auction.multiple",
    "minimumPpm": "auction.minimum_subscription",
    "limitPpm": "auction.bidder_limit",
    "depositPpm": "auction.deposit",
    "floorPpm": "auction.floor",
    "floorDays": "auction.floor_days",
    "floorVolumePpm": "auction.floor_volume",
    "bidsEach": "auction.bids_each",
    "placeFee": "auction.place_fee",
    "spread": "auction.spread",
    "reserveTick": "auction.reserve_price",
}

#: Choices, which the pack numbers from 1.
WORDS: Final = {"form": FORMS, "tie": TIES, "pricing": PRICES}


@dataclass(frozen=True, slots=True)
class Defaults:
    """Terms of an announcement: the given one, else the pack's, else the plain one."""

    pack: RulePack | None
    day: date
    lot: int  # units in a lot
    given: Mapping[str, Any]  # None: not given

    def of(self, term: str) -> Any:
        """One term: a choice, lots, bids, days, ppm, or ticks or amounts of 0.01."""
        if self.given.get(term) is not None:
            return self.given[term]
        if self.pack is not None and self.pack.has(KEYS[term], self.day):
            return self._from(self.pack, term)
        if term == "pricing":
            return "as-bid" if self.of("form") == "open" else "uniform"
        return PLAIN[term]

    def _from(self, pack: RulePack, term: str) -> Any:
        value = pack.onchain(KEYS[term], self.day)
        if term in WORDS:
            return WORDS[term][value - 1]
        return -(-value // self.lot) if term == "multiple" else value

    def said(self) -> list[str]:
        """The terms taken from the pack, with their lines in it."""
        if self.pack is None:
            return []
        return [
            f"{KEYS[term]} = {self.pack.param(KEYS[term], self.day)}"
            f" ({self.pack.where(KEYS[term], self.day)})"
            for term in KEYS
            if self.given.get(term) is None and self.pack.has(KEYS[term], self.day)
        ]


def defaults(
    session: Session, named: str | None, market: int, begins: int, given: Mapping[str, Any]
) -> Defaults:
    """Terms of an auction in a market whose bids begin at `begins` [s]; plain ones without a pack."""
    assets = session.chain.call("Exchange", "marketAssets", market)
    pack = find(assets.scheme, named)
    return Defaults(pack, pack.local_day(begins) if pack else date.min, assets.lotSize, given)
