"""Step 1: a market without a past: a scheme, its people, and the credits they do business in."""

from __future__ import annotations

from tonne.crypto.accounts import keccak
from tonne.simulation.energy_day.model.grid import PLANTS, REGIONS
from tonne.simulation.energy_day.model.state import PLACE, SCHEME, Person, World, aggregator_of
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
PER_CUSTOMER, PER_BUSINESS = 20, 5

#: The currency that stands behind credits, and the oracle's bond [0.01].
BOND = 5_000_00

DAY_S = 86_400


def register(world: World) -> None:
    """The scheme, and everybody with a key of its own."""
    bureau = world.keys.account("bureau")
    people = [
        Person("bureau", bureau, AUTHORITY),
        Person("town hall", world.keys.account("town hall"), AUTHORITY),
        Person("notary", world.keys.account("notary"), OPERATOR),
        Person("grid operator", world.keys.account("grid operator"), OPERATOR),
        Person("street networks", world.keys.account("street networks"), OPERATOR),
        Person("retailer", world.keys.account("retailer"), TRADER),
        *(
            Person(aggregator_of(r), world.keys.account("aggregator", r), TRADER)
            for r in range(len(REGIONS))
        ),
        *(Person(p.name, world.keys.account("plant", p.name), EMITTER) for p in PLANTS),
    ]
    world.people = {person.label: person for person in people}
    digest = keccak(b"three regions, four carriers")
    for function, *args in (
        ("createScheme", SCHEME, "energy day", 2 * 3_600, 1, digest),
        ("grantOffice", bureau, SCHEME, 0, ALL_POWERS),
        ("grantOffice", world.account_of("town hall"), SCHEME, PLACE, CREDIT),
        ("activate", SCHEME),
    ):
        world.send(bureau, "Schemes", function, *args)
    world.send(bureau, "Participants", "setRegistrar", bureau, 0, True)
    receipts = world.send_all(
        world.call(p.account, "Participants", "applyFor", p.kind, PLACE, keccak(p.label.encode()))
        for p in people
    )
    for person, receipt in zip(people, receipts, strict=True):
        person.number = int(receipt.logs[0]["topics"][1], 16)
    world.send(bureau, "Participants", "approve", [p.number for p in people])


def businesses(world: World) -> list[Person]:
    """Those who trade by themselves."""
    labels = ("grid operator", "street networks", "retailer", *(p.name for p in PLANTS))
    return [world.people[label] for label in labels]


def issue(world: World) -> None:
    """The town hall issues credits against a deposit; the market learns what it is paid in."""
    hall, bureau = world.account_of("town hall"), world.bureau
    expiry = world.line.final + 30 * DAY_S
    purpose = keccak(b"energy of the three regions")
    receipt = world.send(
        hall, "EnergyCredits", "openSeries", (SCHEME, expiry, EVERYTHING, 0, purpose)
    )
    world.series = next(e["id"] for e in world.chain.events(receipt) if e.name == "SeriesOpened")
    shares = {
        aggregator_of(r): PER_CUSTOMER * MICRO * sum(c.region == r for c in world.customers)
        for r in range(len(REGIONS))
    }
    business = PER_BUSINESS * MICRO * len(world.customers)
    shares |= {person.label: business for person in businesses(world)}
    total = sum(shares.values())
    limit = total * 5 // 4
    deed = keccak(b"deposit on an account pledged for the credits")
    world.send(
        bureau, "EnergyCredits", "setIssueLimit", world.series, limit, keccak(b"a month's energy")
    )
    world.send(hall, "EnergyCredits", "recordCollateral", world.series, DEPOSIT, limit, deed)
    to = [(world.account_of(label), amount) for label, amount in shares.items()]
    world.send(hall, "EnergyCredits", "issue", world.series, to, 1, keccak(b"decision of today"))
    world.send(bureau, "PowerMarket", "setCredits", world.chain["EnergyCredits"], world.series, 1)
    market = world.chain["PowerMarket"]
    world.send_all(
        world.call(
            world.account_of(label),
            "EnergyCredits",
            "safeTransferFrom",
            world.account_of(label),
            market,
            world.series,
            amount * 9 // 10,  # the rest stays at hand
            b"",
        )
        for label, amount in shares.items()
    )


def bond(world: World) -> None:
    """The oracle of meters deposits what it loses if it withholds a reading."""
    bureau, notary = world.bureau, world.account_of("notary")
    oracle = world.chain["MeterOracle"]
    world.send(bureau, "SettlementCurrency", "mint", notary, BOND)
    world.send(notary, "SettlementCurrency", "approve", oracle, BOND)
    world.send(notary, "MeterOracle", "depositBond", world.number_of("notary"), BOND)
