"""A town in the small market: its credits, and a day of a street with three meters, from readings to bills.

The town hall issues credits against a deposit, up to the limit of its supervisor. A household, a neighbour
with a roof and a gas plant are metered for a day without bids: all energy has the node's reference price.
The grid operator posts the day, each home asks for its lines, the day is paid, a bill is paid by the line's
amount, and the supervisor sees to it that what was issued twice comes back. Every step is a public call
by whom it concerns; figures are invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import text_hash
from tonne.meters.simulated_fleet import DIGITS
from tonne.power import meter_bills
from tonne.power.account_consents import consented
from tonne.rules.pack import RulePack
from tonne.sandbox import town_day, town_market
from tonne.sandbox.town_day import TownDay
from tonne.sandbox.town_state import SeedTown
from tonne.units.energy_credits import MICRO

TRADER, AUTHORITY, OPERATOR = 2, 16, 32
FREEZE, RULES, CREDIT = 32, 1024, 4096
DEPOSIT, EVERY_USE, ELECTRICITY = 1, 7, 1

#: Who they are, and what their key is for.
PEOPLE: Final[Mapping[str, str]] = {
    "town_hall": "issues energy credits against a deposit",
    "supervisor": "limits and freezes the town's credits",
    "grid_operator": "settles the town's node and gets the grid fees",
    "metering": "posts the sums of the town's meters",
    "retailer": "supplies the street; sends it bills",
    "household": "lives in the street; pays by its meter",
    "neighbour": "lives beside it, with a roof that feeds in",
}
KINDS: Final = {
    "town_hall": AUTHORITY,
    "grid_operator": OPERATOR,
    "metering": OPERATOR,
    "retailer": TRADER,
    "household": TRADER,
    "neighbour": TRADER,
}
#: The plant of the market that generates for the street.
PLANT: Final = "south"
HOMES: Final = ("household", "neighbour")
PROVINCE: Final = "Beijing"

#: [credits] That the town hall issues, and what of it is put into the power market.
ISSUED: Final = {
    "grid_operator": 1_360,
    "south": 40,
    "retailer": 300,
    "household": 60,
    "neighbour": 80,
}
INTO_MARKET: Final = {"grid_operator": 1_300, "retailer": 200}
#: [credits] Issued to the neighbour a second time, which the supervisor has back.
TWICE: Final = 20
LIMIT, LIMIT_AFTER, COLLATERAL = 2_000, 1_900, 2_500
#: [micro-credit] Of each home's account in the market when it is opened.
POCKET: Final = 10 * MICRO
#: [0.01 currency] Bond of the meters' oracle.
ORACLE_BOND: Final = 1_000_00
#: [micro-credit/kWh] Price until power was traded, and the grid's fees.
REFERENCE, FEE_IMPORT, FEE_EXPORT = 250_000, 40_000, 0
#: [W] Nameplates of the meters, [Wh] of a quarter-hour's expected energy.
NAMEPLATE_W, EXPECTED_WH = 20_000, 5_000
WHY: Final = text_hash("decision of the town council")


def people(label: str = "up") -> dict[str, Account]:
    """Keys of the town's people; the same every time, so for test chains only."""
    return {name: Account.from_seed("tonne", label, name) for name in PEOPLE}


def play(chain: Chain, pack: RulePack, who: Mapping[str, Account]) -> SeedTown:
    """Plays the town's first days where parties and scheme are there; takes four days of chain time."""
    town = found(chain, pack, who)
    day = TownDay(town.first_day)
    town_market.register(town)
    day.cleared = town_market.trade(town, day.interval(0))
    town_day.post(town, day)
    town_day.announce(town, day)
    town_day.show(town, day)
    town_day.pay(town, day)
    town_market.release(town, day.interval(0))
    _pay_bills(town, day)
    _recover(town)
    return town


def found(chain: Chain, pack: RulePack, who: Mapping[str, Account]) -> SeedTown:
    """The town before its first day: who is there, their credits, the street and its terms."""
    town = SeedTown(chain, pack.scheme.number, pack.jurisdictions[PROVINCE], who)
    chain.fund([*(who[name] for name in PEOPLE), *(town.account_key(name) for name in HOMES)])
    _register(town)
    _issue(town)
    _build(town)
    _join(town)
    town.first_day = chain.now() // DAY_S + 2
    _agree(town, town.first_day)
    return town


def _register(town: SeedTown) -> None:
    """Who takes part; the town hall's office and the supervisor's."""
    rows = [(town.who[name], kind, town.place, text_hash(name)) for name, kind in KINDS.items()]
    town.send_all(
        (name, "Participants", "applyFor", *row[1:]) for name, row in zip(KINDS, rows, strict=True)
    )
    offices = {"town_hall": CREDIT, "supervisor": RULES | FREEZE}
    town.send_all(
        [
            ("authority", "Participants", "approve", rows),
            *(
                (
                    "authority",
                    "Schemes",
                    "grantOffice",
                    town.who[name],
                    town.scheme,
                    town.place,
                    may,
                )
                for name, may in offices.items()
            ),
        ]
    )
    known = (*KINDS, PLANT)
    told = town.chain.call_many(("Participants", "walletOf", (town.who[n],)) for n in known)
    town.numbers = {name: number for name, (number, _, _) in zip(known, told, strict=True)}


def _issue(town: SeedTown) -> None:
    """Credits against a deposit, up to the supervisor's limit; some go into the power market."""
    chain, market = town.chain, town.chain["PowerMarket"]
    terms = (town.scheme, chain.now() + 366 * DAY_S, EVERY_USE, 0, text_hash("energy of the town"))
    town.series = town.event(
        town.send("town_hall", "EnergyCredits", "openSeries", terms), "SeriesOpened"
    )["id"]
    to = [(town.who[name], amount * MICRO) for name, amount in ISSUED.items()]
    deposit = (town.series, DEPOSIT, COLLATERAL * MICRO, text_hash("deposit of the town"))
    calls: list[tuple[Any, ...]] = [
        ("supervisor", "EnergyCredits", "setIssueLimit", town.series, LIMIT * MICRO, WHY),
        ("town_hall", "EnergyCredits", "recordCollateral", *deposit),
        ("town_hall", "EnergyCredits", "issue", town.series, to, 1, WHY),
        ("authority", "PowerMarket", "setCredits", chain["EnergyCredits"], town.series, 1),
    ]
    for name, amount in INTO_MARKET.items():
        move = (town.who[name], market, town.series, amount * MICRO, b"")
        calls.append((name, "EnergyCredits", "safeTransferFrom", *move))
    bond, oracle = chain.call("PowerSettlement", "BOND"), chain["MeterOracle"]
    calls += [
        ("grid_operator", "PowerSettlement", "bond", bond + 100 * MICRO),
        ("currency_issuer", "SettlementCurrency", "mint", town.who["metering"], ORACLE_BOND),
        ("metering", "SettlementCurrency", "approve", oracle, ORACLE_BOND),
        ("metering", "MeterOracle", "depositBond", town.numbers["metering"], ORACLE_BOND),
    ]
    town.send_all(calls)


def _build(town: SeedTown) -> None:
    """A node of the grid with its metering, and a meter for each home and for the plant."""
    metering = town.numbers["metering"]
    times = (town_day.QUARTER_S, town_day.CORRECTION_S, town_day.CHALLENGE_S, town_day.REVEAL_S)
    place = (town.scheme, town.place, ELECTRICITY)
    opened = town.send("authority", "MeterOracle", "openNode", (*place, metering, 1, *times))
    town.area = town.event(opened, "NodeSet")["id"]
    added = town.send("authority", "PowerGrid", "addNode", *place, 1, town.area)
    town.node = town.event(added, "NodeAdded")["node"]
    since = town.chain.now() // DAY_S * DAY_S + DAY_S
    owners = {**{name: town.numbers[name] for name in HOMES}, PLANT: town.numbers[PLANT]}
    rows = [
        (owner, town.area, NAMEPLATE_W, since, 0, 1000, DIGITS, 0, 0) for owner in owners.values()
    ]
    keys = [(*(key := town_day.key_of(name).public).words, since, key.curve) for name in owners]
    made = town.send("authority", "MeterOracle", "registerMeters", rows, keys)
    events = [e for e in town.chain.events(made) if e.name == "MeterRegistered"]
    town.meters = {name: e["id"] for name, e in zip(owners, events, strict=True)}
    readers = [town.who[name] for name in HOMES]
    ids = [town.meters[name] for name in HOMES]
    town.send("authority", "MeterOracle", "setReaders", ids, readers)


def _join(town: SeedTown) -> None:
    """The retailer opens an account for each home, whose key the home has; all belong to the node, and the
    plant's meter to its account."""
    homes = [town.account_key(name) for name in HOMES]
    accounts = consented(town.chain, town.numbers["retailer"], homes, POCKET)
    opened = town.send("retailer", "PowerMarket", "openPseudonyms", accounts)
    events = [e for e in town.chain.events(opened) if e.name == "PseudonymOpened"]
    town.accounts = {name: e["account"] for name, e in zip(HOMES, events, strict=True)}
    town.accounts[PLANT] = town.numbers[PLANT]
    own = [town.accounts[name] for name in HOMES]
    town.send_all(
        [
            ("retailer", "PowerSettlement", "join", town.node, own),
            (PLANT, "PowerSettlement", "join", town.node, [town.accounts[PLANT]]),
            (PLANT, "PowerSettlement", "enter", town.node, [town.meters[PLANT]]),
        ]
    )


def _agree(town: SeedTown, day: int) -> None:
    """Terms of the node from that day on: who settles, at which price and fees; how bills are divided."""
    operator, first = town.numbers["grid_operator"], day * town_day.PER_DAY
    terms = (first, operator, FEE_IMPORT, FEE_EXPORT, 0)
    retailer = town.numbers["retailer"]
    # Plant and grid are paid by the day's list: a bill is the retailer's alone.
    tariff = (0, 0, 0, 0, 0, 0, retailer, 1_000_000, retailer, town.scheme, False)
    *_, published = town.send_all(
        [
            ("authority", "BidLimits", "nameOperator", town.node, operator),
            ("authority", "BidLimits", "setExpected", town.node, EXPECTED_WH, EXPECTED_WH),
            ("authority", "ReferencePrices", "start", town.node, REFERENCE),
            ("authority", "PowerSettlement", "setArea", town.node, terms),
            ("supervisor", "CreditBills", "publishTariff", tariff, town.place),
        ]
    )
    town.tariff = town.event(published, "TariffPublished")["tariff"]


def _pay_bills(town: SeedTown, day: TownDay) -> None:
    """The neighbour pays what its line says, the household has its bill still to pay; the plant redeems."""
    bills = town.chain["CreditBills"]
    name, meter = "neighbour", town.meters["neighbour"]
    owed = meter_bills.owed(day.last_line(town.accounts[name]))
    ref = meter_bills.reference(meter, day.number)
    payout = (town.numbers["retailer"], town.series, town.who["retailer"])
    earned = town.chain.call("PowerMarket", "accountOf", town.numbers[PLANT]).free
    town.send_all(
        [
            (name, "EnergyCredits", "setApprovalForAll", bills, True),
            (name, "CreditBills", "payBill", town.tariff, town.series, owed, ref, 0),
            ("retailer", "CreditBills", "withdrawPayout", *payout),
            (PLANT, "PowerMarket", "withdraw", earned, town.who[PLANT]),
            (PLANT, "EnergyCredits", "redeem", town.series, earned // 2, text_hash("paid out")),
        ]
    )


def _recover(town: SeedTown) -> None:
    """Credits issued twice: frozen by the supervisor, freed for the town hall to reclaim; the limit falls."""
    neighbour, why = town.who["neighbour"], text_hash("issued twice")
    amount = TWICE * MICRO
    town.send_all(
        [
            ("town_hall", "EnergyCredits", "issue", town.series, [(neighbour, amount)], 1, WHY),
            ("supervisor", "EnergyCredits", "freezeByOrder", neighbour, town.series, amount, why),
            ("supervisor", "EnergyCredits", "freezeByOrder", neighbour, town.series, 0, why),
            ("town_hall", "EnergyCredits", "reclaim", town.series, neighbour, amount, why),
        ]
    )
    lower = LIMIT_AFTER * MICRO
    town.send("supervisor", "EnergyCredits", "setIssueLimit", town.series, lower, why)
