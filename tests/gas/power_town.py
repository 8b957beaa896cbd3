"""A power market of any size on Anvil, in which one interval is weighed: who is there, and what they bid.

Contracts are as `tonne deploy` makes them. Readings are not signed and lines are shown to no one: what an
interval costs does not depend on it. Everything else is what the chain asks for, down to the watt-hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any, Final

from tonne.chain.client import Call, Chain, Receipt
from tonne.constants import DAY_S, HOUR_S, PPM
from tonne.crypto.accounts import Account
from tonne.deployment import deployer
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import DIGITS, SigningKey
from tonne.power.account_consents import consented
from tonne.power.encoding import BID, OFFER, CurveStep
from tonne.power.settlement import Tariff
from tonne.sandbox import node
from tonne.types.ids import PowerAccountId
from tonne.units.energy_credits import MICRO

SCHEME, PLACE = 1, 11
TRADER, AUTHORITY, OPERATOR = 2, 16, 32
ALL_POWERS, CREDIT = 8191, 4096
QUARTER_S, GATE_S, PER_DAY = 900, 600, 96
CORRECTION_S, CHALLENGE_S = 2 * HOUR_S, HOUR_S
HOLD_S, WINDOW_S = 8 * HOUR_S, 4 * HOUR_S
REF = b"\x07" * 32
TARIFF: Final = Tariff(spread_ppm=10_000, fee_import=2_000, fee_export=500)
#: [micro-credit/kWh]
REFERENCE: Final = 250_000
#: Nodes of the oracle at which lines are booked, beside those of the market.
TRANSIT: Final = 4
#: Items of one call.
MOST, BIDDERS, METERS = 200, 50, 100
#: Connections of an aggregator at a node, at least: with fewer it would show its customers.
LEAST: Final = 10
#: [micro-credit] Of a participant, and of a customer's account.
PURSE, POCKET = 10**6 * MICRO, 100 * MICRO


@dataclass(frozen=True, slots=True)
class TownTerms:
    """[s] The market's times, and who settles other nodes than the operator does."""

    interval_s: int = QUARTER_S
    gate_s: int = GATE_S
    window_s: int = 300
    settlers: Mapping[int, str] = field(default_factory=dict)  # by node

    @property
    def per_day(self) -> int:
        """Intervals of a day."""
        return DAY_S // self.interval_s

    def settler(self, place: int) -> str:
        """Who settles a node."""
        return self.settlers.get(place, "operator")


@dataclass(frozen=True, slots=True)
class Size:
    """What a table's row is of."""

    households: int
    nodes: int
    arcs: int
    aggregators: int
    at_node: int  # of them at each node
    steps: int = 8  # of a curve

    def groups(self) -> Iterator[tuple[int, int, int]]:
        """(aggregator, node, customers)."""
        of_node = [self.households // self.nodes] * self.nodes
        for place in range(self.households % self.nodes):
            of_node[place] += 1
        turn = 0
        for at, count in enumerate(of_node):
            for place in range(self.at_node):
                own = count * (place + 1) // self.at_node - count * place // self.at_node
                assert own >= LEAST, "an aggregator with fewer customers may not bid for them"
                yield turn % self.aggregators, at, own
                turn += 1


@dataclass(frozen=True, slots=True)
class Link:
    """A line that goes both ways: the ends, its two arcs, and the meters at its ends."""

    start: int
    end: int
    efficiency: int  # [ppm]
    meters: tuple[int, int]

    @property
    def ways(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The meters that an arc begins and ends with, for each way."""
        return self.meters, self.meters[::-1]


@dataclass(slots=True)
class PowerTown:
    """The market, and accounts by node: customers by aggregator, the grid outside, ends of lines."""

    chain: Chain
    size: Size
    day: int
    people: dict[str, Account]
    deployments: Path  # folder of the deployments file
    terms: TownTerms = TownTerms()
    numbers: dict[str, int] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    customers: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # (node, aggregator)
    outside: list[int] = field(default_factory=list)
    ends: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    # by node: (meter, account)
    process: Popen[bytes] | None = None  # of the node

    def send(self, who: str, contract: str, function: str, *args: Any) -> Receipt:
        return self.chain.send(self.people[who], contract, function, *args)

    def send_all(self, calls: Iterable[tuple[Any, ...]]) -> list[Receipt]:
        """Sends `(who, contract, function, *args)` in order."""
        return self.chain.send_many(
            Call(self.people[who], self.chain[contract], function, args)
            for who, contract, function, *args in calls
        )

    def at(self, moment: int) -> None:
        if self.chain.now() < moment:
            self.chain.set_time(moment)

    def area(self, place: int) -> int:
        """The oracle's node of one of the market."""
        return place + 1

    def accounts(self, place: int) -> list[int]:
        """All of a node, in the order of their readings: customers, the grid outside, ends of lines."""
        own = [a for (at, _), found in self.customers.items() if at == place for a in found]
        return [*own, self.outside[place], *(account for _, account in self.ends[place])]

    def curves(self, interval: int) -> dict[int, list[CurveStep]]:
        """What aggregators bid: at each node and side steps of energy, about the reference."""
        random = Random(f"interval {interval}")
        found: dict[int, list[CurveStep]] = defaultdict(list)
        for (place, aggregator), own in self.customers.items():
            bidder = PowerAccountId(self.numbers[f"aggregator {aggregator}"])
            level = REFERENCE + 9_000 * (place % 7)
            for side, sign in ((BID, -1), (OFFER, 1)):
                first = level - sign * random.randrange(20_000, 60_000)
                for step in range(self.size.steps):
                    limit = max(len(own) * random.randrange(80, 240) // self.size.steps, 1)
                    price = first + sign * step * 12_000 + random.randrange(1_000)
                    found[aggregator].append(CurveStep(bidder, place, side, limit, price))
        for steps in found.values():
            steps.sort(key=lambda step: step.rank)
        return found


@contextmanager
def standing(size: Size, terms: TownTerms | None = None) -> Iterator[PowerTown]:
    """Starts a chain, deploys, registers everybody; all gone when the block ends."""
    midnight, terms = 20_000 * DAY_S, terms or TownTerms()
    with (
        node.start(timestamp=midnight + HOUR_S) as running,
        Chain(running.url) as chain,
        TemporaryDirectory(prefix="tonne-interval-") as folder,
    ):
        names = ["bureau", "hall", "notary", "grid", "operator", "stranger"]
        names += [f"aggregator {i}" for i in range(size.aggregators)]
        names += sorted({*terms.settlers.values()} - {*names})
        people = {name: Account.from_seed("tonne", "interval", name) for name in names}
        town = PowerTown(chain, size, midnight // DAY_S + 2, people, Path(folder), terms)
        town.process = running.process
        _deploy(town)
        _register(town)
        _issue(town)
        _build(town)
        _open_accounts(town)
        _admit(town)
        yield town


def _deploy(town: PowerTown) -> None:
    bureau = town.people["bureau"].address
    settings = deployer.Settings(
        bureau,
        {"authority": bureau, "currency_issuer": bureau},
        founded=False,
        grid_share=64,
        power_interval=town.terms.interval_s,
        power_gate_lead=town.terms.gate_s,
        power_window=town.terms.window_s,
        power_hold=HOLD_S,
        settlement_window=WINDOW_S,
    )
    town.chain.fund(town.people.values())
    deployer.deploy(town.chain, Account.from_seed("tonne", "interval"), settings, town.deployments)


def _register(town: PowerTown) -> None:
    bureau, hall = town.people["bureau"], town.people["hall"]
    town.send_all(
        ("bureau", "Schemes", function, *args)
        for function, *args in (
            ("createScheme", SCHEME, "interval", 2 * HOUR_S, 1, REF),
            ("grantOffice", bureau, SCHEME, 0, ALL_POWERS),
            ("grantOffice", hall, SCHEME, PLACE, CREDIT),
            ("activate", SCHEME),
        )
    )
    town.send("bureau", "Participants", "setRegistrar", bureau, 0, True)
    kinds = {"bureau": AUTHORITY, "hall": AUTHORITY}
    operators = {"notary", "grid", "operator", *town.terms.settlers.values()}
    filed = [
        (account, kinds.get(name, OPERATOR if name in operators else TRADER))
        for name, account in town.people.items()
    ]
    town.send_all(
        (name, "Participants", "applyFor", kind, PLACE, REF)
        for name, (_, kind) in zip(town.people, filed, strict=True)
    )
    rows = [(account, kind, PLACE, REF) for account, kind in filed]
    town.send("bureau", "Participants", "approve", rows)
    asked = [("Participants", "walletOf", (account,)) for account in town.people.values()]
    told = town.chain.call_many(asked)
    town.numbers = {name: found[0] for name, found in zip(town.people, told, strict=True)}


def _issue(town: PowerTown) -> None:
    """Credits for all who trade, and the bonds of oracle and operator."""
    chain, market = town.chain, town.chain["PowerMarket"]
    terms = (SCHEME, chain.now() + 90 * DAY_S, 7, 0, REF)
    receipt = town.send("hall", "EnergyCredits", "openSeries", terms)
    series = next(e["id"] for e in chain.events(receipt) if e.name == "SeriesOpened")
    settlers = sorted({"operator", *town.terms.settlers.values()})
    traders = ["grid", *settlers, *(f"aggregator {i}" for i in range(town.size.aggregators))]
    most = 2 * PURSE * len(traders)
    town.send("bureau", "EnergyCredits", "setIssueLimit", series, most, REF)
    town.send("hall", "EnergyCredits", "recordCollateral", series, 1, most, REF)
    to = [(town.people[name], PURSE) for name in traders]
    town.send("hall", "EnergyCredits", "issue", series, to, 1, REF)
    town.send("bureau", "PowerMarket", "setCredits", chain["EnergyCredits"], series, 1)
    for name in traders:
        move = (town.people[name], market, series, PURSE, b"")
        town.send(name, "EnergyCredits", "safeTransferFrom", *move)
    oracle, cash = chain["MeterOracle"], 1_000_00
    town.send("bureau", "SettlementCurrency", "mint", town.people["notary"], cash)
    town.send("notary", "SettlementCurrency", "approve", oracle, cash)
    town.send("notary", "MeterOracle", "depositBond", town.numbers["notary"], cash)
    town.send_all((name, "PowerSettlement", "bond", PURSE * 9 // 10) for name in settlers)


def _build(town: PowerTown) -> None:
    """Nodes, lines with their meters, arcs both ways, and their losses."""
    size, notary = town.size, town.numbers["notary"]
    times = (town.terms.interval_s, CORRECTION_S, CHALLENGE_S, HOUR_S)
    town.send_all(
        ("bureau", "MeterOracle", "openNode", (SCHEME, PLACE, 1, notary, region, *times))
        for region in range(1, size.nodes + TRANSIT + 1)
    )
    town.send_all(
        ("bureau", "PowerGrid", "addNode", SCHEME, PLACE, 1, place + 1, town.area(place))
        for place in range(size.nodes)
    )
    for number, (start, end) in enumerate(_pairs(size.nodes, size.arcs // 2)):
        meters = (2 * number + 1, 2 * number + 2)
        town.links.append(Link(start, end, PPM - 1_000 * (10 + number % 7), meters))
    town.send_all(_meters(town))
    capacity = 60 * size.households // size.nodes
    town.send_all(
        ("bureau", "PowerGrid", "addArc", *way, (link.efficiency, capacity, 3_000, 1, *ends, REF))
        for link in town.links
        for way, ends in zip(
            ((link.start, link.end), (link.end, link.start)), link.ways, strict=True
        )
    )
    since = town.day * DAY_S
    town.send_all(
        (
            *("bureau", "PowerLosses", "registerLine"),
            (*ends, size.nodes + 1 + number % TRANSIT, since, 0, 0),
            (0, PPM - link.efficiency, 0, since, PPM),
        )
        for number, link in enumerate(town.links)
        for ends in link.ways
    )


def _pairs(nodes: int, count: int) -> Iterator[tuple[int, int]]:
    """A ring, then chords, none of them twice."""
    found = 0
    for reach in range(1, nodes):
        for start in range(nodes if 2 * reach != nodes else nodes // 2):
            if found == count:
                return
            yield start, (start + reach) % nodes
            found += 1


def _meters(town: PowerTown) -> Iterator[tuple[Any, ...]]:
    grid, since = town.numbers["grid"], town.day * DAY_S
    rows, keys = [], []
    for link in town.links:
        for place, meter in zip((link.start, link.end), link.meters, strict=True):
            rows.append((grid, town.area(place), 10**9, since, 0, 1000, DIGITS, 0, 0))
            key = SigningKey(Curve.SECP256K1, meter + 10**6).public
            keys.append((*key.words, since, key.curve))
    for first in range(0, len(rows), METERS):
        part = slice(first, first + METERS)
        yield "bureau", "MeterOracle", "registerMeters", rows[part], keys[part]


def _open_accounts(town: PowerTown) -> None:
    """Accounts of an aggregator's customers node by node, with credits; they belong to the node."""
    for aggregator, place, count in town.size.groups():
        found = _accounts(town, f"aggregator {aggregator}", count)
        town.customers[place, aggregator] = found
    grid = _accounts(town, "grid", town.size.nodes + 2 * len(town.links))
    town.outside, rest = grid[: town.size.nodes], iter(grid[town.size.nodes :])
    for link in town.links:
        for place, meter in zip((link.start, link.end), link.meters, strict=True):
            town.ends[place].append((meter, next(rest)))
    joining = [
        (f"aggregator {aggregator}", place, own)
        for (place, aggregator), own in town.customers.items()
    ]
    for place in range(town.size.nodes):
        joining.append(("grid", place, [town.outside[place], *(a for _, a in town.ends[place])]))
    town.send_all(
        (who, "PowerSettlement", "join", place, own[first : first + MOST])
        for who, place, own in joining
        for first in range(0, len(own), MOST)
    )


def _accounts(town: PowerTown, who: str, count: int) -> list[int]:
    found: list[int] = []
    for first in range(0, count, MOST):
        part = range(first, min(first + MOST, count))
        block = town.chain.block_number()
        keys = [Account.from_seed(f"{who} {block}", i) for i in part]
        opened = consented(town.chain, town.numbers[who], keys, POCKET)
        receipt = town.send(who, "PowerMarket", "openPseudonyms", opened)
        events = town.chain.events(receipt)
        found += [e["account"] for e in events if e.name == "PseudonymOpened"]
    return found


def _admit(town: PowerTown) -> None:
    """Who bids for how many, who settles, and what energy was worth before the first day."""
    members: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (place, aggregator), own in town.customers.items():
        members[place].append((town.numbers[f"aggregator {aggregator}"], len(own)))
    calls: list[tuple[Any, ...]] = []
    tariff = (TARIFF.fee_import, TARIFF.fee_export, TARIFF.spread_ppm)
    first_interval = town.day * town.terms.per_day
    for place, found in members.items():
        operator = town.numbers[town.terms.settler(place)]
        expected = 400 * sum(count for _, count in found)
        calls.append(("BidLimits", "nameOperator", place, operator))
        for first in range(0, len(found), BIDDERS):
            part = found[first : first + BIDDERS]
            terms = [(count, 0, 0, 2 * town.size.steps) for _, count in part]
            calls.append(("BidLimits", "register", place, [number for number, _ in part], terms))
        calls.append(("BidLimits", "setExpected", place, expected, expected))
        calls.append(("ReferencePrices", "start", place, REFERENCE))
        calls.append(("PowerSettlement", "setArea", place, (first_interval, operator, *tariff)))
    town.send_all(("bureau", *call) for call in calls)


def parts(total: int, count: int) -> Sequence[int]:
    """A number in so many nearly equal whole parts."""
    return [total * (i + 1) // count - total * i // count for i in range(count)]
