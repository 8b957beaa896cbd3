"""A day of the small market as who settles gets it: one interval with bids and readings, the rest quiet."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from oracles.power.aggregator.journal import Committed
from oracles.power.aggregator.papers import book
from oracles.power.settlement.__main__ import KIND
from oracles.power.settlement.journal import KeptRun
from oracles.power.settlement.papers import BOOKS, METERS, READINGS
from tests.gas.power_town import CHALLENGE_S, CORRECTION_S, PER_DAY, QUARTER_S
from tests.oracles.power.ground import SALT, Desk, Street
from tonne.constants import DAY_S
from tonne.meters.leaves import IntervalLeaves, path_of
from tonne.meters.readings import Quality
from tonne.meters.series import Flow, IntervalReading
from tonne.power.bid_tree import CustomerBid, Portfolio, commitment
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, OFFER
from tonne.power.rounds import proposal, read_round
from tonne.power.settlement_runs import DaySums, line_tree
from tonne.types.ids import PowerAccountId

#: First of the meters of customers at a node; that of the grid outside.
FIRST, OUTSIDE = 1_000, 9_000
#: The customer whose bids are many, where they are.
CROWDED: Final = 3
SECRET, DATA = b"\x05" * 32, b"\x01" * 32
LATE_S = 2 * DAY_S


@dataclass
class SettledDay:
    """What aggregators and oracle hand over of an interval of the town's day."""

    street: Street
    books: dict[str, str] = field(default_factory=dict)
    leaves: dict[int, IntervalLeaves] = field(default_factory=dict)  # by node
    crowd: int = 0  # bids of 1 Wh that the customer CROWDED at node 0 has in place of its one
    is_local: bool = (
        False  # every second customer sells to its neighbours, and no line carries anything
    )

    @property
    def end(self) -> int:
        """[s] of the day."""
        return (self.street.town.day + 1) * DAY_S

    def meter(self, place: int, number: int) -> int:
        return FIRST * (place + 1) + number

    def accounts(self, place: int) -> list[int]:
        return self.street.town.customers[place, place]

    # Market

    def trade(self) -> None:
        """Customers of node 0 buy what those of node 1 sell: bids, openings, the clearing."""
        town, interval = self.street.town, self.street.interval()
        town.at(self.street.gate() - 100)
        made = {}
        for place in range(2):
            name = f"aggregator {place}"
            own = self._portfolio(place, town.numbers[name])
            opening = own.opening(SALT)
            hash_ = commitment(interval, opening, own.bidder)
            town.send(name, "PowerMarket", "commit", interval, hash_, own.energy)
            made[name] = own, opening
            turns = {self.meter(place, i): a for i, a in enumerate(self.accounts(place))}
            told = book(Committed(interval, own, SALT, opening, turns, 0))
            self.books[name] = json.dumps(told)
        town.at(self.street.gate())
        for name, (own, opening) in made.items():
            town.send(name, "PowerMarket", "open", interval, own.bidder, opening)
        round_ = read_round(town.chain, interval, QUARTER_S)
        clearing = solve(round_)
        town.send("stranger", "PowerMarket", "clear", interval, proposal(round_, clearing))
        self.sent = clearing.flows[1]
        self.arriving = round_.arcs[1].arriving(self.sent)

    def _portfolio(self, place: int, bidder: int) -> Portfolio:
        crowd = self.crowd if place == 0 else 0
        wh = 70 if crowd else 100
        bids = [
            CustomerBid(
                PowerAccountId(account),
                place,
                OFFER if self._sells(place, i) else BID,
                (100_000 if self._sells(place, i) else 300_000) + i % 4,
                wh,
                bytes([i + 1]) * 32,
            )
            for i, account in enumerate(self.accounts(place))
        ]
        if crowd:
            one = bids.pop(CROWDED)
            bids += [replace(one, limit=1, salt=n.to_bytes(32, "big")) for n in range(crowd)]
        return Portfolio.of(PowerAccountId(bidder), bids)

    def _sells(self, place: int, number: int) -> bool:
        return number % 2 == 1 if self.is_local else place == 1

    # Readings

    def read(self) -> None:
        """Each customer uses or gives 95 Wh, the line carries what was scheduled, the outside the rest."""
        town, start = self.street.town, self.street.start()
        town.at(start + QUARTER_S + 60)
        rows = []
        for place in range(2):
            flows = {
                self.meter(place, i): (0, 95) if self._sells(place, i) else (95, 0)
                for i in range(len(self.accounts(place)))
            }
            # What arrives comes out of the line at node 0; what is sent goes into it at node 1.
            for meter, _ in town.ends[place]:
                flows[meter] = (self.sent, 0) if place else (0, self.arriving)
            taken = sum(i for i, _ in flows.values())
            lost = taken // 100 + 1
            net = lost - sum(e - i for i, e in flows.values())
            flows[OUTSIDE + place] = max(-net, 0), max(net, 0)
            readings = [(m, _reading(m, *flow)) for m, flow in flows.items()]
            area = town.area(place)
            self.leaves[place] = IntervalLeaves.of(SECRET, area, start, readings)
            tree = self.leaves[place].tree
            rows.append((area, 1, tree.root, tree.sums, DATA))
        town.send("notary", "MeterOracle", "postMany", start, rows)

    # The folder

    def hand_over(self, folder: Path, books: bool = True, readings: bool = True) -> None:
        """Writes what who settles is given."""
        town, interval = self.street.town, self.street.interval()
        if books:
            for name, text in self.books.items():
                path = folder / BOOKS / name / f"{interval}.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        if readings:
            for place, leaves in self.leaves.items():
                area = town.area(place)
                path = path_of(folder / READINGS, area, self.street.start(), 1)
                path.parent.mkdir(parents=True, exist_ok=True)
                leaves.write(path)
        standing = {OUTSIDE + place: town.outside[place] for place in range(2)}
        standing |= {meter: account for ends in town.ends.values() for meter, account in ends}
        for place in range(2):
            own = self.accounts(place)
            standing |= {
                self.meter(place, i): own[-1 - i] for i in range(len(own))
            }  # not its turn's
        rows = "\n".join(f"{meter} = {account}" for meter, account in standing.items())
        (folder / METERS).parent.mkdir(parents=True, exist_ok=True)
        (folder / METERS).write_text(f"[meters]\n{rows}\n")

    def over(self) -> None:
        """The day is over, and the interval's readings are final."""
        final = self.street.start() + QUARTER_S + CORRECTION_S + CHALLENGE_S + 1
        self.street.town.at(max(self.end, final))

    def without_books(self) -> None:
        """Books are not waited for any more; readings are."""
        self.street.town.at(self.end + LATE_S // 2 + 1)

    def late(self) -> None:
        """Readings of the day's other intervals are not waited for any more."""
        self.street.town.at(self.end + LATE_S + 1)

    @property
    def intervals(self) -> range:
        return range(self.street.interval(), self.street.interval() + PER_DAY)


def _reading(meter: int, import_wh: int, export_wh: int) -> IntervalReading:
    registers = Flow(import_wh, export_wh)
    return IntervalReading(
        import_wh, export_wh, registers, Quality.SETTLED, 1, meter.to_bytes(32, "big")
    )


def played(street: Street, crowd: int = 0, is_local: bool = False) -> SettledDay:
    """A day whose first interval was traded and read, and that is over."""
    day = SettledDay(street, crowd=crowd, is_local=is_local)
    day.trade()
    day.read()
    day.over()
    return day


Run = Callable[[KeptRun], KeptRun]


def listed(
    street: Street,
    folder: Path,
    changed: Run = lambda run: run,
    crowd: int = 0,
    is_local: bool = False,
) -> SettledDay:
    """A day whose list is complete; its folder is that of who settled it.

    The runs of its quiet intervals are `changed` before they are kept and posted.
    """
    day = played(street, crowd, is_local)
    desk = Desk(street.chain, KIND, folder, street.town.people["operator"])
    day.hand_over(folder)
    desk.run(6)
    day.late()
    post_the_rest(desk, day, changed)
    desk.run(6)
    assert desk.work.incidents == {}
    desk.journal.close()
    return day


def post_the_rest(desk: Desk, day: SettledDay, changed: Run = lambda run: run) -> None:
    """The day's quiet intervals, as the daemon makes and keeps them, and all sent at once."""
    town, making = day.street.town, desk.work._making
    calls = []
    for interval in day.intervals[1:]:
        runs = []
        for of in desk.work._own(town.day):
            run, _ = making.made(of, interval, day.street.chain.now())
            run = changed(run)
            desk.journal.keep_run(run)
            runs.append(run.row)
        calls.append(("operator", "PowerSettlement", "post", interval, runs))
    town.send_all(calls)


def stolen(run: KeptRun, amount: int, account: int) -> KeptRun:
    """A run in which so much of an account's day is on another's: all its totals are right."""
    lines = list(run.lines)
    place = next(i for i, line in enumerate(lines) if line.account == account)
    for index, more in ((place, -amount), (place - 1, amount)):
        day = lines[index].day
        lines[index] = replace(lines[index], day=DaySums(day.net + more, day.volume_wh))
    _, *totals = run.totals
    return replace(run, lines=lines, totals=(line_tree(lines).root, *totals))
