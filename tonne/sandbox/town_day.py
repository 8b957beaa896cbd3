"""A day of the town's street: readings that meters signed, their roots, runs, the list, lines shown.

The oracle's leaves and the operator's lines are made as their daemons make them; where those keep secrets of
their own, these follow from public names, as all keys of the small market do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.hashing import keccak
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.readings import Carrier, Quality, parse_own
from tonne.meters.series import Flow, IntervalReading
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import SigningKey, SigningMeter, derived_key
from tonne.power import line_requests
from tonne.power.deliveries import metered_positions
from tonne.power.settlement import Tariff, settle
from tonne.power.settlement_runs import (
    AccountLine,
    DaySums,
    chunks,
    day_amounts,
    day_list,
    line_tree,
    lines_of,
    sums_of,
    totals,
)
from tonne.power.shown_lines import address_of, encrypt, point_of
from tonne.sandbox.town_market import ClearedInterval
from tonne.sandbox.town_state import SeedTown

QUARTER_S: Final = 900
PER_DAY: Final = DAY_S // QUARTER_S
#: [s] After an interval for corrected readings, for asking the oracle, for its answer.
CORRECTION_S, CHALLENGE_S, REVEAL_S = 2 * HOUR_S, HOUR_S, HOUR_S
#: Intervals whose lines the homes ask for beside the day's last: at half past seven in the evening, UTC+8.
ASKED: Final = (46, PER_DAY - 1)
_SECRET: Final = keccak(b"tonne up: the town's street")


@dataclass(slots=True)
class TownDay:
    """A day of the chain's count, and what its parties keep of it."""

    number: int
    leaves: list[IntervalLeaves] = field(default_factory=list)  # by interval
    lines: list[list[AccountLine]] = field(default_factory=list)
    words: list[int] = field(default_factory=list)  # of the list of payments
    cleared: dict[int, ClearedInterval] = field(default_factory=dict)  # by quarter-hour

    @property
    def start(self) -> int:
        """[s]"""
        return self.number * DAY_S

    @property
    def end(self) -> int:
        return self.start + DAY_S

    def interval(self, index: int) -> int:
        """Number of the market's interval."""
        return self.number * PER_DAY + index

    def line(self, index: int, account: int) -> tuple[int, AccountLine]:
        """Place and line of an account in an interval."""
        return next((i, x) for i, x in enumerate(self.lines[index]) if x.account == account)

    def last_line(self, account: int) -> AccountLine:
        """The line with the sums of its whole day."""
        return self.line(PER_DAY - 1, account)[1]


def key_of(name: str) -> SigningKey:
    """The key of a meter, by its owner."""
    return derived_key(_SECRET, 0, len(name), Curve.SECP256K1)


def post(town: SeedTown, day: TownDay) -> None:
    """Readings, and a run of each interval."""
    day.leaves = list(_leaves(town, day))
    town.at(day.end + 1)
    town.send_all(_roots(town, day))
    town.at(day.end + max(CORRECTION_S, CHALLENGE_S) + HOUR_S)
    town.send_all(_losses(town, day))
    town.send_all(_runs(town, day))
    day.words = _list(town, day)


def announce(town: SeedTown, day: TownDay) -> None:
    """Posts the list of the day's payments."""
    listed = (town.node, day.number, 0, day.words, True)
    town.send("grid_operator", "PowerSettlement", "postPayments", *listed)


def pay(town: SeedTown, day: TownDay) -> None:
    """Pays the list when it can be disputed no more."""
    town.at(town.chain.now() + town.chain.call("PowerSettlement", "WINDOW") + 1)
    town.send_all(
        ("retailer", "PowerSettlement", "pay", town.node, day.number, place, part)
        for place, part in enumerate(chunks(day.words))
    )


# Meters


def _flows(index: int) -> dict[str, tuple[int, int]]:
    """[Wh] (import, export) of each meter in a quarter-hour of UTC; the street is eight hours ahead."""
    hour = (index / 4 + 8) % 24
    sun = max(0, 1_500 - round(90 * (hour - 12.5) ** 2)) // 3
    evening = 260 if 18 <= hour < 23 else 0
    use = 55 + evening + (90 if 6.5 <= hour < 8 else 0)
    roof = sun - use
    taken = {"household": use + 15, "neighbour": max(-roof, 0)}
    given = {"household": 0, "neighbour": max(roof, 0)}
    lost = 1 + sum(taken.values()) // 100
    rest = sum(taken.values()) + lost - sum(given.values())
    return {
        **{name: (taken[name], given[name]) for name in taken},
        "south": (max(-rest, 0), max(rest, 0)),
    }


def _leaves(town: SeedTown, day: TownDay) -> Iterator[IntervalLeaves]:
    """The oracle's leaves of each interval, from what meters sign at its end."""
    meters = {
        name: SigningMeter(number, Carrier.ELECTRICITY, day.start, QUARTER_S, key_of(name))
        for name, number in town.meters.items()
    }
    for index in range(PER_DAY):
        salts, readings = dict[bytes, bytes](), []
        for name, (import_wh, export_wh) in _flows(index).items():
            meter = meters[name]
            meter.run(import_wh, export_wh)
            opened, record = parse_own(meter.record(index + 1))
            salts[record.digest] = opened.salt
            registers = Flow(opened.importWh, opened.exportWh)
            told = (import_wh, export_wh, registers, Quality.SETTLED, opened.sequence)
            readings.append((meter.number, IntervalReading(*told, record.digest)))
        start = day.start + index * QUARTER_S
        yield IntervalLeaves.of(_SECRET, town.area, start, readings, partial(_salt_of, salts))


def _salt_of(salts: Mapping[bytes, bytes], reading: IntervalReading) -> bytes:
    """The salt that hides the registers of a reading."""
    return salts[reading.digest]


def _roots(town: SeedTown, day: TownDay) -> Iterator[tuple[Any, ...]]:
    for index, leaves in enumerate(day.leaves):
        start = day.start + index * QUARTER_S
        posted = (town.area, start, 1, leaves.root, leaves.tree.sums, leaves.data)
        yield "metering", "MeterOracle", "post", *posted


def _losses(town: SeedTown, day: TownDay) -> Iterator[tuple[Any, ...]]:
    for index, leaves in enumerate(day.leaves):
        root = (town.area, day.start + index * QUARTER_S, leaves.root, leaves.tree.sums)
        yield "grid_operator", "PowerLosses", "bookArea", *root


# Settlement


def _tariff(town: SeedTown, day: TownDay) -> Tariff:
    terms = town.chain.call("PowerSettlement", "termsAt", town.node, day.interval(0))
    return Tariff(terms.spreadPpm, terms.feeImport, terms.feeExport)


def _runs(town: SeedTown, day: TownDay) -> Iterator[tuple[Any, ...]]:
    """A run of each interval: a line for each reading, at the market's price or the reference."""
    tariff, before = _tariff(town, day), dict[int, DaySums]()
    reference = town.chain.call("ReferencePrices", "referenceOf", town.node, day.interval(0))
    whose = {town.meters[name]: account for name, account in town.accounts.items()}
    for index, leaves in enumerate(day.leaves):
        flows = [leaf.interval.counted for leaf in leaves.leaves]
        lost = sum(f.export_wh - f.import_wh for f in flows)
        market = day.cleared.get(index, ClearedInterval(reference))
        positions = metered_positions(
            town.node,
            [whose[leaf.meter] for leaf in leaves.leaves],
            [(f.import_wh, f.export_wh) for f in flows],
            lost,
            market.taken,
            {},
        )
        done = settle(positions, market.price, tariff, reference=reference)
        salts = [keccak(_SECRET + bytes([index, place])) for place in range(len(positions))]
        lines = lines_of(positions, done, salts, before)
        before |= sums_of(lines)
        day.lines.append(lines)
        said = totals(lines, done, leaves.root, leaves.tree.sums, lost)
        data = keccak(b"".join(line.leaf() for line in lines))
        yield (
            *("grid_operator", "PowerSettlement", "post", day.interval(index)),
            [(town.node, data, said)],
        )


def _list(town: SeedTown, day: TownDay) -> list[int]:
    """The net amount of each account over the day, with its part of the surplus."""
    told = town.chain.call("PowerSettlement", "dayOf", town.node, day.number)
    back = max(told.surplus, 0) + told.carried if told.volumeWh else 0
    return day_list(day_amounts(sums_of(day.lines[-1]), back, told.volumeWh))


def show(town: SeedTown, day: TownDay) -> None:
    """Homes ask for lines of the day, each to a key of its own; the operator shows them."""
    for name in ("household", "neighbour"):
        account, who = town.accounts[name], town.who[name]
        for index in ASKED:
            interval = day.interval(index)
            about = (town.node, interval, account)
            secret = line_requests.secret_of(who.key, town.chain.chain_id, *about, 0)
            asker = town.account_key(name)
            town.chain.send(asker, "PowerSettlement", "ask", *about, *point_of(secret))
            asked = line_requests.requests_of(town.chain, account)[-1]
            place, line = day.line(index, account)
            proof = line_tree(day.lines[index]).proof(place)
            once = keccak(_SECRET + secret)
            shown = encrypt(place, line, proof, asked.point, once)
            key = address_of(asked.point)
            town.send("grid_operator", "PowerSettlement", "answer", *asked.place, key, shown)
