"""Neighbours of the small market with credits, and a grid of two nodes with a meter, to trade energy on."""

from __future__ import annotations

from tests.tonne.units.town_credits import HALL, REASON, REF, YEAR, found
from tonne.crypto.accounts import Account
from tonne.power.account_consents import consented
from tonne.units.energy_credits import MICRO, series_id

QUARTER, HOUR = 900, 3_600
#: [Wh] That may be sold at each node in an interval.
MOST_WH = 4_000_000_000
KEYS = [Account.from_seed("neighbour", i) for i in range(2)]


def credits(town) -> int:
    """A series, of which `east` and `north` have put 500 credits each into the market; `east` lends its two
    names 100 each."""
    found(town)
    chain, people = town.chain, town.market.people
    chain.send(HALL, "EnergyCredits", "openSeries", (1, chain.now() + YEAR, 7, 0, REF))
    series = series_id(chain, 1)
    chain.send(people["authority"], "EnergyCredits", "setIssueLimit", series, 5_000 * MICRO, REASON)
    chain.send(HALL, "EnergyCredits", "recordCollateral", series, 1, 5_000 * MICRO, REF)
    receivers = [(people[name], 500 * MICRO) for name in ("east", "north")]
    chain.send(HALL, "EnergyCredits", "issue", series, receivers, 1, REF)
    chain.send(people["authority"], "PowerMarket", "setCredits", chain["EnergyCredits"], series, 1)
    for name in ("east", "north"):
        who = people[name]
        args = (who, chain["PowerMarket"], series, 500 * MICRO, b"")
        chain.send(who, "EnergyCredits", "safeTransferFrom", *args)
    east = chain.call("Participants", "walletOf", people["east"])[0]
    opened = consented(chain, east, KEYS, 100 * MICRO)
    chain.send(people["east"], "PowerMarket", "openPseudonyms", opened)
    return series


def grid(town) -> int:
    """A metering node with a meter, and two nodes of the grid; the first interval they are there."""
    chain, officer = town.chain, town.market.people["authority"]
    oracle = town.market.participants["north"]
    node = (1, 11, 1, oracle, 12, QUARTER, HOUR, HOUR, HOUR)
    chain.send(officer, "MeterOracle", "openNode", node)
    meter = (oracle, 1, 5_000, 1, 0, 1_000, 9, 0, 0)
    chain.send(officer, "MeterOracle", "registerMeter", meter, (b"\1" * 32, b"\2" * 32, 1, 2))
    since = chain.now() + 2 * HOUR
    for region, metering in ((1, 1), (2, 0)):
        chain.send(officer, "PowerGrid", "addNode", 1, 11, 1, region, metering)
    # Accounts of `east` sell at the first node, the carrier at the second.
    for place, name in enumerate(("east", "north")):
        seller = town.market.participants[name]
        chain.send(officer, "BidLimits", "register", place, [seller], [(0, 0, MOST_WH, 4)])
    return since // QUARTER + 4
