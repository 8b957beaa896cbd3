"""The town's evening in the power market: the retailer bids for its homes, the plant offers, a trader clears.

From 18:00 to 20:00 each quarter-hour has the market's price. The homes are two of the retailer's registered
connections; the aggregator daemon, unlike this sample, leaves out curves of fewer than ten customers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tonne.crypto.hashing import keccak
from tonne.power.bid_tree import CustomerBid, Portfolio, accepted_of_customers, commitment
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, OFFER
from tonne.power.intervals import MarketTerms
from tonne.power.own_bids import curves_of
from tonne.power.rounds import accepted_by, proposal, read_round
from tonne.sandbox.town_state import SeedTown
from tonne.types.ids import PowerAccountId
from tonne.units.energy_credits import MICRO

BUYER, SELLER, SOLVER = "retailer", "south", "trader"

#: Quarter-hours of the day, UTC, that are traded: 18:00 to 20:00 in the town.
EVENING: Final = range(40, 48)
#: Expected use of each home [Wh], and the most it pays [micro-credit/kWh].
WANTED: Final = {"household": (320, 310_000), "neighbour": (300, 290_000)}
#: The plant's offer: energy [Wh] and price [micro-credit/kWh] of each step.
OFFERED: Final = ((500, 220_000), (1_000, 270_000))
#: Registered: connections of the retailer, export of the plant's unit [Wh], steps of each.
CONNECTIONS, EXPORT_WH, STEPS = 20, 5_000, 8
#: [credits] That answer for bids which are not opened; and those that the plant's offers hold.
DEPOSIT, HELD = 20, 5
_SECRET: Final = keccak(b"tonne up: bids of the town")


@dataclass(frozen=True, slots=True)
class ClearedInterval:
    """Price [micro-credit/kWh] of the town's node, and energy accepted [Wh] by (account, node, side)."""

    price: int
    taken: dict[tuple[int, int, int], int] = field(default_factory=dict)


def register(town: SeedTown) -> None:
    """Who may bid at the node, and the deposits of both."""
    bidders = [town.numbers[BUYER], town.numbers[SELLER]]
    terms = [(CONNECTIONS, 0, 0, STEPS), (0, 0, EXPORT_WH, STEPS)]
    market, amount = town.chain["PowerMarket"], DEPOSIT * MICRO
    plant = (town.who[SELLER], market, town.series, amount + HELD * MICRO, b"")
    town.send_all(
        [
            ("authority", "BidLimits", "register", town.node, bidders, terms),
            (SELLER, "EnergyCredits", "safeTransferFrom", *plant),
            *((name, "PowerMarket", "deposit", amount) for name in (BUYER, SELLER)),
        ]
    )


def trade(town: SeedTown, first: int) -> dict[int, ClearedInterval]:
    """Bids and clearings of the evening, by quarter-hour of the day; `first` is the day's first interval."""
    terms = MarketTerms.read(town.chain)
    return {index: _cleared(town, terms, first + index) for index in EVENING}


def release(town: SeedTown, first: int) -> None:
    """Frees the credits that bids of the evening hold, once they may be."""
    bidders = [town.numbers[BUYER], town.numbers[SELLER]]
    town.at(MarketTerms.read(town.chain).free_at(first + EVENING[-1]))
    town.send_all((SOLVER, "PowerMarket", "release", first + index, bidders) for index in EVENING)


def _cleared(town: SeedTown, terms: MarketTerms, interval: int) -> ClearedInterval:
    salt = keccak(_SECRET + interval.to_bytes(4, "big"))
    own = {
        BUYER: Portfolio.of(PowerAccountId(town.numbers[BUYER]), _bids(town, salt)),
        SELLER: curves_of(
            town.numbers[SELLER], town.node, [(OFFER, wh, price) for wh, price in OFFERED]
        ),
    }
    openings = {name: curves.opening(salt) for name, curves in own.items()}
    town.at(terms.gate(interval) - 60)
    town.send_all(
        (
            *(name, "PowerMarket", "commit", interval),
            *(commitment(interval, openings[name], curves.bidder), curves.energy),
        )
        for name, curves in own.items()
    )
    block = town.chain.block_number()
    town.at(terms.gate(interval) + 1)
    town.send_all(
        (name, "PowerMarket", "open", interval, curves.bidder, openings[name])
        for name, curves in own.items()
    )
    round_ = read_round(town.chain, interval, terms.interval_s, block)
    clearing = solve(round_)
    town.send(SOLVER, "PowerMarket", "clear", interval, proposal(round_, clearing))
    taken = accepted_by(round_, clearing)
    del taken[own[BUYER].bidder, town.node, BID]  # bought for its customers
    taken |= accepted_of_customers(round_, clearing, own[BUYER])
    return ClearedInterval(clearing.prices[town.node], taken)


def _bids(town: SeedTown, salt: bytes) -> list[CustomerBid]:
    return [
        CustomerBid(
            PowerAccountId(town.accounts[name]),
            *(town.node, BID, price, wh),
            keccak(salt + name.encode()),
        )
        for name, (wh, price) in WANTED.items()
    ]
