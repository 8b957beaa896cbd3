"""Meters of a live market that sign what flowed: by customers' habits, the clearing, and the balance.

Ends of lines carry what was scheduled, and the grid outside balances each node, whose loss is a hundredth of
what is drawn there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.oracles.power.ground import Street
from tests.oracles.power.live import habits
from tonne.constants import DAY_S
from tonne.meters.leaves import IntervalLeaves, path_of
from tonne.meters.readings import Carrier
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import DIGITS, SigningKey, SigningMeter
from tonne.power.rounds import read_clearing, read_round
from tonne.simulation.energy_day.steps.metering import BATCH

NAMEPLATE_W = 10**9


@dataclass
class City:
    """All meters of a market: registered, and signing from the day's begin on."""

    street: Street
    meters: dict[int, SigningMeter] = field(default_factory=dict)
    customers: list[range] = field(default_factory=list)  # by node
    outside: list[int] = field(default_factory=list)  # by node

    def __post_init__(self) -> None:
        town = self.street.town
        number = 2 * len(town.links)
        for meter in range(1, number + 1):
            self._sign(meter, meter + 10**6)  # the key that the town registered
        for place in range(town.size.nodes):
            count = len(town.customers[place, place])
            self.customers.append(range(number + 1, number + 1 + count))
            number += count + 1
            self.outside.append(number)
            for meter in (*self.customers[place], number):
                self._sign(meter, meter + 10**7)
            self._register(place)

    def _sign(self, meter: int, secret: int) -> None:
        key = SigningKey(Curve.SECP256K1, secret)
        since = self.street.town.day * DAY_S
        step = self.street.town.terms.interval_s
        self.meters[meter] = SigningMeter(meter, Carrier.ELECTRICITY, since, step, key)

    def _register(self, place: int) -> None:
        town = self.street.town
        since, owner = town.day * DAY_S, town.numbers["grid"]
        own = (*self.customers[place], self.outside[place])
        row = (owner, town.area(place), NAMEPLATE_W, since, 0, 1000, DIGITS, 0, 0)
        publics = [self.meters[meter].key.public for meter in own]
        keys = [(*public.words, since, public.curve) for public in publics]
        for first in range(0, len(keys), BATCH):
            some = keys[first : first + BATCH]
            town.send("bureau", "MeterOracle", "registerMeters", [row] * len(some), some)

    def flow(self, number: int) -> None:
        """An interval of the day passes: registers run on."""
        town, interval = self.street.town, self.street.interval(number)
        round_ = read_round(town.chain, interval, town.terms.interval_s)
        clearing = read_clearing(town.chain, interval, round_)
        flows = clearing.flows if clearing else [0] * len(round_.arcs)
        taken = dict.fromkeys(self.meters, 0)
        given = dict.fromkeys(self.meters, 0)
        start, step = self.street.start(number), town.terms.interval_s
        for place, customers in enumerate(self.customers):
            for meter in customers:
                taken[meter], given[meter] = habits.flow_wh(place, meter, start, step)
        ways = [way for link in town.links for way in link.ways]
        for (near, far), arc, sent in zip(ways, round_.arcs, flows, strict=True):
            taken[near] += sent
            given[far] += arc.arriving(sent)
        for place, customers in enumerate(self.customers):
            own = [*customers, *(meter for meter, _ in town.ends[place])]
            used = sum(taken[meter] for meter in own)
            lost = used // 100 + 1
            net = lost + used - sum(given[meter] for meter in own)
            outside = self.outside[place]
            taken[outside], given[outside] = max(-net, 0), max(net, 0)
        for number_, meter in self.meters.items():
            meter.run(taken[number_], given[number_])

    def of_node(self, place: int) -> list[int]:
        """Meters that are read at a node."""
        ends = (meter for meter, _ in self.street.town.ends[place])
        return [*self.customers[place], self.outside[place], *ends]

    def flows(self, meter: int, number: int) -> tuple[int, int]:
        """[Wh] That a meter took and gave in an interval."""
        (taken, given), (before, gave) = (
            self.meters[meter].registers(index) for index in (number + 1, number)
        )
        return taken - before, given - gave

    def lost(self, folder: Path, intervals: Iterable[int]) -> int:
        """Readings that the runs on the chain do not have as they were signed, by the leaves in a folder."""
        places = range(self.street.town.size.nodes)
        asked = [(number, place) for number in intervals for place in places]
        lost = 0
        for (number, place), told in zip(asked, self._told(folder, asked), strict=True):
            for meter in self.of_node(place):
                read = told.get(meter)
                wh = (read.import_wh, read.export_wh) if read else None
                lost += wh != self.flows(meter, number)
        return lost

    def _told(self, folder: Path, asked: Sequence[tuple[int, int]]) -> Iterator[dict[int, Any]]:
        """What counts of each meter, by the run of an interval and node that stands; nothing where its leaves
        are not those of its root."""
        town = self.street.town
        at = [(town.area(place), self.street.start(number)) for number, place in asked]
        states = town.chain.call_many([("MeterOracle", "stateOf", of) for of in at])
        for (area, start), state in zip(at, states, strict=True):
            path = path_of(folder, area, start, state.run)
            kept = IntervalLeaves.read(path) if path.exists() else None
            if kept is None or kept.commitment != state.commitment:
                yield {}
            else:
                yield {leaf.meter: leaf.interval.counted for leaf in kept.leaves}

    def standing(self) -> dict[int, int]:
        """Accounts of all meters, for intervals of which no book tells them."""
        town = self.street.town
        found = {meter: account for ends in town.ends.values() for meter, account in ends}
        found |= dict(zip(self.outside, town.outside, strict=True))
        for place, customers in enumerate(self.customers):
            found |= dict(zip(customers, town.customers[place, place], strict=True))
        return found
