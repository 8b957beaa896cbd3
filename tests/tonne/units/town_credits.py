"""A town hall that issues energy credits in the small market, and what was done with them."""

from __future__ import annotations

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.units.energy_credits import MICRO, series_id

HALL = Account.from_seed("town hall")
RULES, CREDIT = 1024, 4096
AUTHORITY_KIND = 16
REASON, REF = b"\x07" * 32, b"\x01" * 32
YEAR = 365 * 86_400


def found(town) -> int:
    """Registers the town hall where `east` is, with the power to issue; returns its number."""
    chain, authority = town.chain, town.market.people["authority"]
    place = chain.call("Participants", "participant", town.market.participants["east"]).jurisdiction
    chain.fund([HALL])
    chain.send(HALL, "Participants", "applyFor", AUTHORITY_KIND, place, bytes(32))
    filed = (HALL, AUTHORITY_KIND, place, bytes(32))
    chain.send(authority, "Participants", "approve", [filed])
    number: int = chain.call("Participants", "walletOf", HALL)[0]
    chain.send(authority, "Schemes", "grantOffice", HALL, 1, place, CREDIT)
    return number


def scenario(town) -> int:
    """Two series, issued, passed on, frozen, billed, invoiced, pledged, redeemed, reclaimed, one expired.

    Returns the id of the first series.
    """
    found(town)
    chain: Chain = town.chain
    people, numbers = town.market.people, town.market.participants
    authority, east, north, south = (people[n] for n in ("authority", "east", "north", "south"))
    now = chain.now()

    def energy(who, function, *args):
        return chain.send(who, "EnergyCredits", function, *args)

    def bills(who, function, *args):
        return chain.send(who, "CreditBills", function, *args)

    for expiry, uses in ((now + YEAR, 7), (now + 1_000, 7)):
        energy(HALL, "openSeries", (1, expiry, uses, 0, REF))
    one, two = (series_id(chain, number) for number in (1, 2))
    for series in (one, two):
        energy(authority, "setIssueLimit", series, 1_000 * MICRO, REASON)
        energy(HALL, "recordCollateral", series, 1, 2_000 * MICRO, REF)
    energy(HALL, "setReceiverLimit", one, 0, False, 500 * MICRO)
    energy(HALL, "setReceiverLimit", one, numbers["east"], True, 600 * MICRO)
    energy(HALL, "issue", one, [(east, 600 * MICRO), (north, 100 * MICRO)], 1, REF)
    energy(HALL, "issue", two, [(east, 50 * MICRO)], 1, REF)
    energy(HALL, "withdrawCollateral", one, 1, 100 * MICRO, REASON)
    energy(east, "safeTransferFrom", east, south, one, 10 * MICRO, b"")
    energy(authority, "freezeByOrder", south, one, 3 * MICRO, REASON)

    energy(east, "setApprovalForAll", chain["CreditBills"], True)
    shares = (
        *(numbers["north"], 600_000, numbers["south"], 100_000),
        *(numbers["trader"], 200_000, numbers["north"], 99_999),
    )
    bills(authority, "publishTariff", (*shares, numbers["south"], 1, False), 0)
    bills(east, "payBill", 1, one, 7_000_001, REF, 0)
    bills(east, "payBill", 1, two, 1_000_000, REF, 7_000_001)
    for nonce, tariff in enumerate((0, 1, 0, 0)):
        terms = (
            *(numbers["north"], numbers["east"], numbers["south"], one, 5 * MICRO, tariff),
            *(now + YEAR, REF, nonce),
        )
        bills(north, "issueInvoice", terms)
    for invoice in (1, 2, 3):
        bills(east, "fund", invoice)
    bills(authority, "closeTariff", 1)
    bills(south, "settle", 1)
    bills(east, "settle", 2)
    bills(north, "end", 4)
    bills(north, "withdrawPayout", numbers["north"], one, north)

    _pledged(town, one, two)

    energy(east, "redeem", one, 20 * MICRO, REF)
    energy(HALL, "reclaim", one, north, 30 * MICRO, REASON)
    chain.set_time(now + 2_000)
    bills(people["trader"], "expirePayout", numbers["north"], two)
    energy(people["trader"], "sweep", two, [east])
    chain.send(people["trader"], "CreditPledges", "expire", 2)
    return one


def _pledged(town, one: int, two: int) -> None:
    """Pledges of both series: released by agreement and by order, to either, and one left to expire."""
    chain, people = town.chain, town.market.people
    authority, east, north = (people[n] for n in ("authority", "east", "north"))
    lender = town.market.participants["north"]

    def pledges(who, function, *args):
        return chain.send(who, "CreditPledges", function, *args)

    chain.send(east, "EnergyCredits", "setApprovalForAll", chain["CreditPledges"], True)
    pledges(east, "pledge", one, lender, 40 * MICRO, REF)
    pledges(east, "pledge", two, lender, 5 * MICRO, REF)
    pledges(north, "agree", 1, 10 * MICRO, False)
    pledges(east, "agree", 1, 10 * MICRO, False)
    pledges(authority, "order", 1, 5 * MICRO, True, REASON)
    for frozen in (1, 0):
        chain.send(authority, "EnergyCredits", "freezeByOrder", east, one, frozen, REASON)
    for frozen in (True, False):
        pledges(authority, "freeze", 1, frozen, REASON)
    pledges(east, "agree", 1, 15 * MICRO, True)
    pledges(north, "agree", 1, 15 * MICRO, True)
    pledges(north, "agree", 1, MICRO, False)
    pledges(north, "agree", 1, 0, False)
    pledges(east, "agree", 1, 2 * MICRO, True)
    pledges(authority, "freeze", 1, True, REASON)
