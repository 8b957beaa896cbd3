"""Step 1: a market without a past: a scheme, its people, and the credits they do business in."""

from __future__ import annotations

from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.hashing import keccak, text_hash
from tonne.simulation.energy_day.model.plan import INTERVAL_S, SETTLEMENT_BOND, SETTLEMENT_OPERATOR
from tonne.simulation.energy_day.model.state import (
    PLACE,
    SCHEME,
    DayParticipant,
    DayState,
    aggregator_of,
)
from tonne.units.energy_credits import MICRO

#: Kinds of participants.
EMITTER, TRADER, AUTHORITY, OPERATOR = 1, 2, 16, 32

#: Powers of an office; see `Powers` in ISchemes.
ALL_POWERS, CREDIT = 8191, 4096

#: Uses of credits: all of them.
EVERYTHING = 7
DEPOSIT = 1  # a kind of collateral

#: Credits that are issued to an aggregator for each of its customers, and to each plant and operator
#: for each customer of the whole.
PER_CUSTOMER, PER_BUSINESS = 120, 15

#: The currency that stands behind credits, and the oracle's bond [0.01].
BOND = 5_000_00


def register(state: DayState) -> None:
    """The scheme, and everybody with a key of its own."""
    bureau = state.keys.account("bureau")
    people = [
        DayParticipant("bureau", bureau, AUTHORITY),
        DayParticipant("town hall", state.keys.account("town hall"), AUTHORITY),
        DayParticipant("notary", state.keys.account("notary"), OPERATOR),
        DayParticipant("grid operator", state.keys.account("grid operator"), OPERATOR),
        DayParticipant(SETTLEMENT_OPERATOR, state.keys.account(SETTLEMENT_OPERATOR), OPERATOR),
        DayParticipant("street networks", state.keys.account("street networks"), OPERATOR),
        DayParticipant("retailer", state.keys.account("retailer"), TRADER),
        *(
            DayParticipant(aggregator_of(r), state.keys.account("aggregator", r), TRADER)
            for r in range(state.grid.regions)
        ),
        *(
            DayParticipant(p.name, state.keys.account("plant", p.name), EMITTER)
            for p in state.grid.plants
        ),
    ]
    state.people = {person.label: person for person in people}
    digest = text_hash("three regions, four carriers")
    for function, *args in (
        ("createScheme", SCHEME, "energy day", 2 * HOUR_S, 1, digest),
        ("grantOffice", bureau, SCHEME, 0, ALL_POWERS),
        ("grantOffice", state.account_of("town hall"), SCHEME, PLACE, CREDIT),
        ("activate", SCHEME),
    ):
        state.driver.send(bureau, "Schemes", function, *args)
    state.driver.send(bureau, "Participants", "setRegistrar", bureau, 0, True)
    filed = [(p.account, p.kind, PLACE, keccak(p.label.encode())) for p in people]
    state.driver.send_all(
        state.driver.call(account, "Participants", "applyFor", *about) for account, *about in filed
    )
    state.driver.send(bureau, "Participants", "approve", filed)
    found = state.chain.call_many([("Participants", "walletOf", (p.account,)) for p in people])
    for person, (number, _, _) in zip(people, found, strict=True):
        person.number = number


def businesses(state: DayState) -> list[DayParticipant]:
    """Those who trade by themselves."""
    labels = ("grid operator", "street networks", "retailer", *(p.name for p in state.grid.plants))
    return [state.people[label] for label in labels]


def issue(state: DayState) -> None:
    """The town hall issues credits against a deposit; the market learns what it is paid in."""
    hall, bureau = state.account_of("town hall"), state.bureau
    expiry = state.line.final + 30 * DAY_S
    purpose = text_hash("energy of the three regions")
    receipt = state.driver.send(
        hall, "EnergyCredits", "openSeries", (SCHEME, expiry, EVERYTHING, 0, purpose)
    )
    state.series = next(e["id"] for e in state.chain.events(receipt) if e.name == "SeriesOpened")
    scale = state.line.interval_s // INTERVAL_S  # bids hold credits for an interval's energy
    shares = {
        aggregator_of(r): PER_CUSTOMER * MICRO * scale * sum(c.region == r for c in state.customers)
        for r in range(state.grid.regions)
    }
    business = PER_BUSINESS * MICRO * scale * len(state.customers)
    shares |= {person.label: business for person in businesses(state)}
    shares[SETTLEMENT_OPERATOR] = PER_CUSTOMER * MICRO * len(state.customers) + SETTLEMENT_BOND
    total = sum(shares.values())
    limit = total * 5 // 4
    deed = text_hash("deposit on an account pledged for the credits")
    state.driver.send(
        bureau, "EnergyCredits", "setIssueLimit", state.series, limit, text_hash("a month's energy")
    )
    state.driver.send(hall, "EnergyCredits", "recordCollateral", state.series, DEPOSIT, limit, deed)
    to = [(state.account_of(label), amount) for label, amount in shares.items()]
    state.driver.send(
        hall, "EnergyCredits", "issue", state.series, to, 1, text_hash("decision of today")
    )
    state.driver.send(
        bureau, "PowerMarket", "setCredits", state.chain["EnergyCredits"], state.series, 1
    )
    market = state.chain["PowerMarket"]
    state.driver.send_all(
        state.driver.call(
            state.account_of(label),
            "EnergyCredits",
            "safeTransferFrom",
            state.account_of(label),
            market,
            state.series,
            amount * 9 // 10,  # the rest stays at hand
            b"",
        )
        for label, amount in shares.items()
    )


def bond(state: DayState) -> None:
    """The oracle of meters deposits what it loses if it withholds a reading."""
    bureau, notary = state.bureau, state.account_of("notary")
    oracle = state.chain["MeterOracle"]
    state.driver.send(bureau, "SettlementCurrency", "mint", notary, BOND)
    state.driver.send(notary, "SettlementCurrency", "approve", oracle, BOND)
    state.driver.send(notary, "MeterOracle", "depositBond", state.number_of("notary"), BOND)
