"""State of an energy day: participants, meters, bids, flows, settlements. Data only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.meters.profiles import Kind
from tonne.meters.simulated_fleet import SigningMeter
from tonne.power.bid_tree import Portfolio
from tonne.power.encoding import Clearing, Round
from tonne.power.losses import LossCurve
from tonne.power.settlement_runs import Rotation
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.steps import ChainDriver
from tonne.simulation.energy_day.model.day_book import DayBook
from tonne.simulation.energy_day.model.grid import DayGrid, place_of
from tonne.simulation.energy_day.model.interval_book import IntervalBook
from tonne.simulation.energy_day.model.plan import INTERVAL_S, DayOptions, DayTimeline
from tonne.simulation.energy_day.model.results import DayResults, Settled
from tonne.types.ids import PowerAccountId

#: Number of the day's scheme on the chain.
SCHEME = 1
#: Everything happens in one jurisdiction.
PLACE = 1


@dataclass(slots=True)
class DayParticipant:
    """A participant."""

    label: str
    account: Account
    kind: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer behind a meter. It is no participant: its region's aggregator stands for it."""

    place: int
    region: int
    kind: Kind
    node: int
    meter: int


@dataclass(frozen=True, slots=True)
class LineBook:
    """A line or converter, one way, as its losses are booked."""

    id: int
    name: str
    meter_in: int
    meter_out: int
    area: int  # NodeId whose members bear it
    curve: LossCurve
    arc: int | None  # None: inside its area


@dataclass(frozen=True, slots=True)
class Feeder:
    """The network between a region's substation and its street."""

    node: int
    substation: int  # meter
    street: int  #     meter
    curve: LossCurve


@dataclass(frozen=True, slots=True)
class Cleared:
    """An interval's round and its result, and how many customers' bids were behind it."""

    round: Round
    clearing: Clearing
    bidders: tuple[PowerAccountId, ...]
    bids: int  # of customers


@dataclass(slots=True)
class Flows:
    """What flowed through each meter in an interval [Wh]: (import, export)."""

    by_meter: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, meter: int, import_wh: int = 0, export_wh: int = 0) -> None:
        before = self.by_meter.get(meter, (0, 0))
        self.by_meter[meter] = before[0] + import_wh, before[1] + export_wh

    def of(self, meter: int) -> tuple[int, int]:
        """(import, export) of a meter."""
        return self.by_meter.get(meter, (0, 0))

    def net(self, meter: int) -> int:
        import_wh, export_wh = self.of(meter)
        return export_wh - import_wh

    def packed(self) -> Iterator[int]:
        """Three numbers for each meter."""
        return (n for meter, flow in self.by_meter.items() for n in (meter, *flow))

    @classmethod
    def unpacked(cls, words: list[int]) -> Flows:
        ways = zip(words[1::3], words[2::3], strict=True)
        return cls(dict(zip(words[::3], ways, strict=True)))


#: [Wh] accepted, by (account, node, side).
Taken = dict[tuple[int, int, int], int]


def _pack_taken(taken: Taken) -> Iterator[int]:
    return (n for place, energy in taken.items() for n in (*place, energy))


def _unpack_taken(words: list[int]) -> Taken:
    places = zip(words[::4], words[1::4], words[2::4], strict=True)
    return dict(zip(places, words[3::4], strict=True))


@dataclass(slots=True)
class Name:
    """An account that customers of a node take turns in."""

    region: int
    node: int
    key: Account
    account: int = 0


@dataclass(slots=True)
class DayState:
    options: DayOptions
    line: DayTimeline
    keys: Keys
    driver: ChainDriver
    folder: Path  # journal, leaves and logs of this run

    people: dict[str, DayParticipant] = field(default_factory=dict)
    customers: list[Customer] = field(default_factory=list)
    meters: dict[int, SigningMeter] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)  # label of a meter's owner
    areas: list[int] = field(default_factory=list)  #       NodeId of each market node
    transit: dict[int, int] = field(default_factory=dict)  # NodeId of each carrier's lines
    arcs: list[tuple[int, int, int]] = field(default_factory=list)  # link, from, to
    ends: list[tuple[int, int]] = field(default_factory=list)  # meters of each link
    plants: list[int] = field(default_factory=list)  #       their meters
    balancing: list[int] = field(default_factory=list)  #    meter of each node
    feeders: dict[int, Feeder] = field(default_factory=dict)
    lines: list[LineBook] = field(default_factory=list)

    traded: dict[tuple[int, int], int] = field(default_factory=dict)  # [Wh] by interval, account
    earned: dict[tuple[int, int], int] = field(default_factory=dict)  # [micro-credit] by it
    series: int = 0  # of the credits
    portfolios: dict[str, Portfolio] = field(default_factory=dict)  # of the interval at work
    deposits: dict[str, int] = field(default_factory=dict)  # [micro-credit] set aside for silence
    rounds: list[Cleared | None] = field(default_factory=list)
    flows: IntervalBook[Flows] = field(init=False)
    taken: IntervalBook[Taken] = field(init=False)  # of customers, and of plants; on no chain
    accounts: dict[int, int] = field(default_factory=dict)  # by meter, of plants and of the grid
    holders: dict[int, Name] = field(default_factory=dict)  # customers' names, by account
    turns: dict[int, Rotation] = field(default_factory=dict)  # by node
    members: dict[int, list[Customer]] = field(default_factory=dict)  # who takes turns, by node
    settled: list[Settled] = field(default_factory=list)
    books: list[DayBook] = field(default_factory=list)  # by node
    #: Interval, and its runs as they were posted: node, hash of the lines, totals.
    runs: list[tuple[int, list[tuple[int, bytes, tuple[bytes | int, ...]]]]] = field(
        default_factory=list
    )

    results: DayResults = field(default_factory=DayResults)

    def __post_init__(self) -> None:
        self.flows = IntervalBook(self.folder / "flows", Flows.packed, Flows.unpacked)
        self.taken = IntervalBook(self.folder / "taken", _pack_taken, _unpack_taken)

    @property
    def chain(self) -> Chain:
        return self.driver.chain

    @property
    def console(self) -> Console:
        return self.driver.console

    @property
    def bureau(self) -> Account:
        """The authority: registrar, and officer with every power."""
        return self.people["bureau"].account

    @property
    def per_customer(self) -> int:
        """By how many customers, of a quarter-hour's energy, sizes of the grid are multiplied."""
        return self.options.meters * self.line.interval_s // INTERVAL_S // self.grid.lands

    @property
    def grid(self) -> DayGrid:
        """Nodes, links and plants."""
        return self.options.grid

    def account_of(self, label: str) -> Account:
        return self.people[label].account

    def number_of(self, label: str) -> int:
        return self.people[label].number


def aggregator_of(region: int) -> str:
    return f"aggregator {region + 1}"


def customers_of(options: DayOptions) -> list[tuple[int, Kind]]:
    """(region, kind) of each customer."""
    return [place_of(place, options.regions) for place in range(options.meters)]
