"""What the same operations cost in other order books that run on an EVM.

Measured once, in November 2026, from the sources named, each with its own compiler settings: gas used of
the receipt of a whole transaction on Anvil 1.7.1 (prague; cancun differs by nothing), cold storage, steady
state, distinct makers, plain OpenZeppelin tokens with unlimited approvals, the smallest fees each book
allows. Kuru, GTE, Rubicon and Sequence stand behind the proxies they are deployed with, the others do not.
Makers at Kuru and GTE are credited inside the book, as here; those of maker-otc, Rubicon, Sequence and
Seaport are paid to their wallets; those of Clober claim in a transaction of their own.

None of the books with matching on chain has a price band, self-trade prevention or a cap on makers per
call; ours are measured with all of these and two fees; a holding limit is looked at in every purchase,
though none is set, and so is the cap on price levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Of what "matched orders" are counted per.
BLOCK: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Book:
    """One order book and what it charges [gas]."""

    name: str
    source: str  # repository and commit, or package
    year: str  # of the source
    how: str  # structure, settlement, and what must be known of the figures
    gas: Mapping[str, int]  # by our keys
    placing: int  # of a mean order; 0 = nothing is placed on chain
    claim: int = 0  # of one maker's proceeds, in a transaction of its own
    claim_ten: int = 0  # of ten at once

    def matched(self) -> int:
        """Gas of one order's life: placed, taken alone, claimed."""
        return self.placing + self.gas["take_1_maker"] + self.claim

    def matched_ten(self) -> int:
        """The same where ten are taken, and claimed, at once."""
        return self.placing + (self.gas["take_10_makers"] + self.claim_ten) // 10


def _gas(
    *,
    new: float = 0,
    used: float = 0,
    live: float = 0,
    mean: float = 0,
    far: float = 0,
    cancel: float,
    cancel_only: float,
    take: float,
    emptied: float = 0,
    ten: float,
    hundred: float,
    levels: float = 0,
    batch: float = 0,
) -> dict[str, int]:
    """Figures in thousands, under our keys; what was not measured is left out."""
    named = {
        "place_new_level": new,
        "place_used_level": used,
        "place_live_level": live,
        "place_mean_2_13": mean,
        "place_far_word": far,
        "cancel_in_queue": cancel,
        "cancel_only_of_level": cancel_only,
        "take_1_maker": take,
        "take_1_maker_emptied": emptied,
        "take_10_makers": ten,
        "take_100_makers": hundred,
        "take_10_levels": levels,
        "batch_10_live": batch,
    }
    return {key: round(thousands * 1_000) for key, thousands in named.items() if thousands}


BOOKS: Final = (
    Book(
        "Kuru",
        "Kuru-Labs/Kuru-contracts-dex-public 2060bb2",
        "2026",
        "queues linked in both directions, bitmap of prices; makers credited at once in a margin account",
        _gas(
            new=162.0, used=162.0, live=147.1, mean=147.1, far=184.2, cancel=75.5, cancel_only=68.9,
            take=124.7, emptied=123.5, ten=279.1, hundred=2_924, levels=323.6, batch=764.9,
        ),
        147_100,
    ),
    Book(
        "GTE",
        "code-423n4/2025-07-gte-clob 92a8839",
        "2025",
        "red-black tree of prices, linked queues; makers credited at once. An audit's snapshot, whose "
        "cancel leaves links wrong",
        _gas(
            new=348.0, used=346.8, live=278.6, mean=278.7, far=369.8, cancel=101.0,
            cancel_only=118.9, take=177.3, emptied=173.3, ten=547.1, hundred=4_394, levels=715.0,
        ),
        278_700,
    ),
    Book(
        "Clober v1",
        "clober-dex/core 8c3d470",
        "2025",
        "a tree of sums for each price, through its own router; makers claim later",
        _gas(
            new=251.5, used=166.0, live=162.7, mean=167.0, far=274.3, cancel=141.2,
            cancel_only=134.8, take=127.3, emptied=145.5, ten=127.3, hundred=127.3, levels=430.8,
        ),
        167_000,
        95_700,
        448_300,
    ),
    Book(
        "Clober v2",
        "clober-dex/v2-core 984774e",
        "2026",
        "a tree of sums for each price, through lean routers, not its production controller; makers "
        "claim later",
        _gas(
            new=285.7, used=200.2, live=196.9, mean=201.2, far=330.8, cancel=132.2,
            cancel_only=126.2, take=144.6, emptied=147.8, ten=144.6, hundred=144.6, levels=451.7,
        ),
        201_200,
        104_900,
        379_900,
    ),
    Book(
        "maker-otc",
        "makerdao/maker-otc d7bd8b0",
        "2022",
        "one sorted list; tokens move from wallet to wallet. Placing walks the list, 7.1k an order; "
        "counted as matched with the right hint, 242.1k",
        _gas(
            new=250.0, used=242.1, live=250.0, mean=289.6, far=7_450, cancel=111.8,
            cancel_only=111.8, take=130.3, emptied=130.3, ten=884.3, hundred=8_434, levels=884.3,
        ),
        242_100,
    ),
    Book(
        "Rubicon",
        "RubiconDeFi/rubi-protocol-v2 4ae2961",
        "2023",
        "the list of maker-otc with fees; tokens move from wallet to wallet",
        _gas(
            new=278.9, used=278.4, live=278.9, mean=319.9, far=7_740, cancel=121.1,
            cancel_only=121.1, take=119.5, emptied=119.5, ten=2_040, hundred=21_260, levels=2_040,
        ),
        319_900,
    ),
    Book(
        "Sequence",
        "0xsequence/marketplace-contracts 26ed8e0",
        "2024",
        "listings by number, nothing in escrow, no order of price and time: the taker names listings",
        _gas(
            new=183.0, used=183.0, live=183.0, mean=183.0, far=183.1, cancel=50.6,
            cancel_only=50.6, take=91.3, emptied=91.3, ten=547.5, hundred=5_100, levels=547.5,
        ),
        183_000,
    ),
    Book(
        "Seaport",
        "npm seaport-core 1.6.6",
        "2024",
        "signed orders kept off chain, nothing in escrow, no book: placing costs no gas",
        _gas(cancel=53.0, cancel_only=53.0, take=112.0, ten=825.7, hundred=8_033, levels=825.7),
        0,
    ),
)  # fmt: skip
