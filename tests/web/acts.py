"""What has happened at the small market before the page is opened."""

from __future__ import annotations

from typing import Any

from tests.tonne.power.story import Trading
from tonne.constants import HOUR_S
from tonne.market import auction_rules
from tonne.market.order_encoding import OrderRequest, Side
from tonne.types.ids import MarketId


def retire(town: Any, amount: int = 5, **claim: Any) -> None:
    """A certificate for `amount` of the trader's credits."""
    whole = {"beneficiary": "Trader Ltd", "commitment": bytes(32), "purpose": "fleet fuel"}
    whole |= {"periodStart": 18_262, "periodEnd": 18_627, "country": b"CN"}
    town.chain.send(
        town.market.people["trader"], "RetirementRegistry", "retire", town.market.credit, amount,
        whole | claim,
    )  # fmt: skip


#: Of an auction: bids from and until, reveals from and until, delivery.
STEPS = ("commitFrom", "commitUntil", "revealFrom", "revealUntil", "deliverFrom")


def announce(
    town: Any, hours: tuple[int, ...] = (0, 1, 2, 3, 4), **terms: Any
) -> auction_rules.AuctionTerms:
    """An auction of 1,000 of `east`'s lots, which takes bids from now on; its steps come hours later."""
    chain, people, numbers = town.chain, town.market.people, town.market.participants
    deposit = (people["east"], chain["Exchange"], town.market.allowance, 5_000, b"")
    chain.send(people["east"], "Allowances", "safeTransferFrom", *deposit)
    start = chain.now() + HOUR_S
    given = {name: start + count * HOUR_S for name, count in zip(STEPS, hours, strict=True)}
    made = auction_rules.AuctionTerms(
        MarketId(1), numbers["east"], proceeds=numbers["east"], forfeits=numbers["exchange"],
        **{"lots": 1_000, "multiple": 100} | given | terms,
    )  # fmt: skip
    chain.send(people["east"], "Auction", "setConsent", 1, 5_000, 0)
    chain.send(people["authority"], "Auction", "announce", made.as_tuple(), bytes(32))
    chain.send(people["east"], "Auction", "open", 1)
    chain.set_time(start)
    return made


def everything(town: Any) -> None:
    """Something in each of the page's views: a trade, surrender, certificate, auction, energy market."""
    chain, people = town.chain, town.market.people
    order = OrderRequest(MarketId(1), Side.BUY, 4830, 6_000)
    chain.send(people["trader"], "Exchange", "place", order.pack())
    chain.send(
        people["east"], "Compliance", "surrender",
        2, town.market.period.number, [town.market.allowance], [1_000],
    )  # fmt: skip
    retire(town)
    announce(town)
    Trading(town).tell()
