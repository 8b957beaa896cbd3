"""What a quarter-hour of the power market costs, from the receipts of all its transactions.

`python -m tests.gas.interval` prints the table of docs/gas.md. Two intervals are played one after the other
and the second is weighed, so that what it writes was written before; of what is done once a day, its part.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Any, Final

import typer

from tests.gas.power_town import (
    CHALLENGE_S,
    CORRECTION_S,
    GATE_S,
    HOLD_S,
    PER_DAY,
    QUARTER_S,
    REFERENCE,
    TARIFF,
    WINDOW_S,
    PowerTown,
    Size,
    parts,
    standing,
)
from tonne.chain.client import Receipt
from tonne.constants import DAY_S
from tonne.crypto import merkle_sum
from tonne.crypto.hashing import keccak
from tonne.power.bid_tree import commitment
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, OFFER, Clearing, Payment, Round, curve_words
from tonne.power.losses import shares, split
from tonne.power.rounds import accepted_by, proposal, read_round
from tonne.power.settlement import Position, give_back, settle
from tonne.power.settlement_runs import CHUNK, DaySums, chunks, lines_of, sums_of, totals
from tonne.types.ids import PowerAccountId

#: The rows of docs/gas.md.
SIZES: Final = (
    Size(200, 12, 36, 1, 1),
    Size(1_000, 12, 36, 8, 8),
    Size(10_000, 12, 36, 20, 20),
    Size(10_000, 64, 128, 20, 6),
)
#: [gas] A household and quarter-hour at most, by (households, nodes); and a further household.
LIMITS: Final = {(10_000, 12): 2_000, (10_000, 64): 5_000}
FURTHER: Final = 100
#: The interval that is weighed; the one before it is of the same hour.
WEIGHED: Final = 41
#: Words of a list in one call.
LIST_WORDS: Final = 10 * CHUNK
SALT: Final = b"\x09" * 32
DATA: Final = b"\x01" * 32


@dataclass(slots=True)
class Weighed:
    """Gas of an interval by what it was for; of a day's acts a ninety-sixth."""

    size: Size
    gas: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    accounts: int = 0  # that the day's list pays
    calldata: int = 0  # [bytes] of the clearing

    def add(self, what: str, receipts: Iterable[Receipt], part: int = 1) -> None:
        for receipt in receipts:
            self.gas[what] += receipt.gas_used / part
            self.calls[what] += 1 / part

    @property
    def total(self) -> float:
        return sum(self.gas.values())

    @property
    def household(self) -> float:
        return self.total / self.size.households

    @property
    def further(self) -> float:
        """Of a further household: its entry in the day's list and its payment."""
        return (self.gas["list"] + self.gas["payments"]) / self.accounts

    def faults(self) -> Iterator[str]:
        most = LIMITS.get((self.size.households, self.size.nodes))
        if most is not None and self.household > most:
            yield f"{self.size}: {self.household:,.0f} gas a household, at most {most:,}"
        if self.size.households >= 10_000 and self.further > FURTHER:
            yield f"{self.size}: {self.further:.1f} gas a further household, at most {FURTHER}"


@dataclass(frozen=True, slots=True)
class Cleared:
    """An interval's round, and what its readings come to at each node."""

    interval: int
    round: Round
    clearing: Clearing
    nodes: list[NodeReadings]


@dataclass(frozen=True, slots=True)
class NodeReadings:
    """Positions but for losses, and leaves, in one order; `flows` are (import, export) [Wh]."""

    positions: list[Position]
    flows: list[tuple[int, int]]
    leaves: list[tuple[bytes, int, bytes]]
    tree: merkle_sum.Tree
    lost: int  # [Wh] charged to members

    def proof(self, place: int) -> tuple[tuple[bytes, int, bytes], int, int, bytes]:
        return self.leaves[place], place, len(self.leaves), self.tree.proof(place)


class IntervalBench:
    """Plays intervals of a day, then settles it."""

    def __init__(self, town: PowerTown) -> None:
        self.town = town
        self.weighed = Weighed(town.size)
        self.runs: dict[int, list[tuple[int, bytes, tuple[Any, ...]]]] = {}
        self.nets: list[dict[int, int]] = [defaultdict(int) for _ in range(town.size.nodes)]
        self.before: list[dict[int, DaySums]] = [{} for _ in range(town.size.nodes)]
        self.surplus = [0] * town.size.nodes
        self.positions: list[list[Position]] = [[] for _ in range(town.size.nodes)]

    def play(self) -> Weighed:
        first = self.town.day * PER_DAY + WEIGHED - 1
        aggregators = [f"aggregator {i}" for i in range(self.town.size.aggregators)]
        self.town.send_all((who, "PowerMarket", "deposit", 10**11) for who in aggregators)
        played = [self._trade(first), self._trade(first + 1)]
        for cleared in played:
            self._read(cleared)
        final = (first + 2) * QUARTER_S + CORRECTION_S + CHALLENGE_S + 1
        self.town.at(max(final, (self.town.day + 1) * DAY_S))
        for cleared in played:
            self._book(cleared)
        for cleared in played:
            self._settle(cleared)
        self._rest()
        self._pay(played)
        return self.weighed

    def _note(self, interval: int, what: str, receipts: Iterable[Receipt]) -> None:
        if interval % PER_DAY == WEIGHED:
            self.weighed.add(what, receipts)

    # Market

    def _trade(self, interval: int) -> Cleared:
        town, start = self.town, interval * QUARTER_S
        openings = {}
        for aggregator, steps in town.curves(interval).items():
            energy = sum(step.limit for step in steps)
            root = int.from_bytes(keccak(b"tree %d" % aggregator)[:24], "big") << 64 | energy
            own = town.size.households // town.size.aggregators
            openings[aggregator] = (SALT, root, 2 * own, curve_words(steps)), energy
        town.at(start - GATE_S - 100)
        number = {a: town.numbers[f"aggregator {a}"] for a in openings}
        receipts = town.send_all(
            (
                *(f"aggregator {a}", "PowerMarket", "commit", interval),
                commitment(interval, opening, number[a]),
                energy,
            )
            for a, (opening, energy) in openings.items()
        )
        self._note(interval, "commitments", receipts)
        town.at(start - GATE_S)
        block = town.chain.block_number()
        receipts = town.send_all(
            (f"aggregator {a}", "PowerMarket", "open", interval, number[a], opening)
            for a, (opening, _) in openings.items()
        )
        self._note(interval, "curves opened", receipts)
        round_ = read_round(town.chain, interval, QUARTER_S, block)
        clearing = solve(round_)
        proposed = proposal(round_, clearing)
        self.weighed.calldata = len(town.chain["PowerMarket"].encode("clear", interval, proposed))
        receipts = [town.send("stranger", "PowerMarket", "clear", interval, proposed)]
        self._note(interval, "clearing", receipts)
        return Cleared(interval, round_, clearing, self._metered(interval, round_, clearing))

    def _metered(self, interval: int, round_: Round, clearing: Clearing) -> list[NodeReadings]:
        """Customers deliver what was accepted, give or take; the grid outside the rest, with a loss."""
        town, random = self.town, Random(f"readings {interval}")
        taken = accepted_by(round_, clearing)
        ends = self._ends(round_, clearing)
        found = []
        for place in range(town.size.nodes):
            positions: list[Position] = []
            for (at, aggregator), own in town.customers.items():
                if at != place:
                    continue
                bidder = town.numbers[f"aggregator {aggregator}"]
                half = len(own) // 2
                bought = parts(taken.get((bidder, place, BID), 0), half)
                sold = parts(taken.get((bidder, place, OFFER), 0), len(own) - half)
                for i, account in enumerate(own):
                    b, s = (bought[i], 0) if i < half else (0, sold[i - half])
                    net = (s - b) * random.randrange(90, 111) // 100 + random.randrange(-3, 4)
                    positions.append(Position(account, net, s, b, 0, 0, abs(net)))
            flows = [(max(-p.metered_wh, 0), max(p.metered_wh, 0)) for p in positions]
            at_ends = [ends[meter] for meter, _ in town.ends[place]]
            all_in = sum(i for i, _ in flows) + sum(i for i, _ in at_ends)
            open_ = sum(e - i for i, e in (*flows, *at_ends))
            lost = all_in // 100 + 1
            outside = lost - open_
            nets = [outside, *(e - i for i, e in at_ends)]
            others = [town.outside[place], *(account for _, account in town.ends[place])]
            positions += [
                Position(account, net, 0, 0, 0, 0, abs(net))
                for account, net in zip(others, nets, strict=True)
            ]
            flows += [(max(-outside, 0), max(outside, 0)), *at_ends]
            found.append(_readings(town, place, interval, positions, flows, lost))
        return found

    def _ends(self, round_: Round, clearing: Clearing) -> dict[int, tuple[int, int]]:
        """(import, export) [Wh] of the meters at lines' ends: into the line, out of it."""
        found: dict[int, tuple[int, int]] = {}
        ways = zip(round_.arcs, clearing.flows, strict=True)
        for link in self.town.links:
            (there, sent), (back, returned) = next(ways), next(ways)
            near, far = link.meters
            found[near] = (sent, back.arriving(returned))
            found[far] = (returned, there.arriving(sent))
        return found

    # Readings and losses

    def _read(self, cleared: Cleared) -> None:
        town, start = self.town, cleared.interval * QUARTER_S
        town.at(start + QUARTER_S + 60)
        rows = [
            (town.area(place), 1, told.tree.root, told.tree.sums, DATA)
            for place, told in enumerate(cleared.nodes)
        ]
        receipts = [town.send("notary", "MeterOracle", "postMany", start, rows)]
        self._note(cleared.interval, "roots of readings", receipts)

    def _book(self, cleared: Cleared) -> None:
        town, start = self.town, cleared.interval * QUARTER_S
        shown = {
            meter: told.proof(place)
            for at, told in enumerate(cleared.nodes)
            for (meter, _), place in zip(
                town.ends[at], range(len(told.leaves) - len(town.ends[at]), 10**9), strict=False
            )
        }
        lines = [
            (number, 1, SALT, SALT, shown[near], shown[far])
            for number, (near, far) in enumerate(
                (way for link in town.links for way in link.ways), start=1
            )
        ]
        receipts = [town.send("stranger", "PowerLosses", "bookLines", start, lines)]
        self._note(cleared.interval, "losses of lines", receipts)
        roots = [
            (place, told.tree.root, told.tree.sums) for place, told in enumerate(cleared.nodes)
        ]
        areas = [(town.area(place), *rest) for place, *rest in roots]
        receipts = [town.send("stranger", "PowerLosses", "bookAreas", start, areas)]
        self._note(cleared.interval, "losses of nodes", receipts)
        receipts = [town.send("stranger", "BidLimits", "countMany", start, roots)]
        self._note(cleared.interval, "metered energy counted", receipts)

    # Settlement

    def _settle(self, cleared: Cleared) -> None:
        rows = []
        for place, told in enumerate(cleared.nodes):
            by_export, by_import = split(
                told.lost, any(e for _, e in told.flows), any(i for i, _ in told.flows)
            )
            losses = [
                a + b
                for a, b in zip(
                    shares(by_export, [e for _, e in told.flows]),
                    shares(by_import, [i for i, _ in told.flows]),
                    strict=True,
                )
            ]
            positions = [
                Position(
                    p.account, p.metered_wh, p.sold_wh, p.bought_wh, loss, 0, abs(p.metered_wh)
                )
                for p, loss in zip(told.positions, losses, strict=True)
            ]
            price = cleared.clearing.prices[place]
            done = settle(positions, price, TARIFF, 0, REFERENCE)
            salts = [keccak(b"%d %d" % (cleared.interval, p.account)) for p in positions]
            lines = lines_of(positions, done, salts, self.before[place])
            self.before[place] |= sums_of(lines)
            said = totals(lines, done, told.tree.root, told.tree.sums, told.lost)
            rows.append((place, DATA, said))
            for line in done.lines:
                self.nets[place][line.account] += line.net
            self.surplus[place] += done.surplus
            self.positions[place] += positions
        self.runs[cleared.interval] = rows
        receipt = self.town.send("operator", "PowerSettlement", "post", cleared.interval, rows)
        self._note(cleared.interval, "runs", [receipt])

    def _rest(self) -> None:
        """The day's other intervals, of which nothing was read."""
        town = self.town
        late = town.chain.call("PowerSettlement", "LATE")
        town.at((town.day + 1) * DAY_S + late + 1)
        prices = settle([], REFERENCE, TARIFF).prices
        nothing = (SALT, bytes(32), 0, town.size.households, *[0] * 12, *prices)
        rows = [(place, DATA, nothing) for place in range(town.size.nodes)]
        day = range(town.day * PER_DAY, (town.day + 1) * PER_DAY)
        town.send_all(
            ("operator", "PowerSettlement", "post", interval, rows)
            for interval in day
            if interval not in self.runs
        )

    def _pay(self, played: Sequence[Cleared]) -> None:
        town, last = self.town, played[-1]
        lists = [
            self._list(nets, give_back(surplus, positions))
            for nets, surplus, positions in zip(
                self.nets, self.surplus, self.positions, strict=True
            )
        ]
        self.weighed.accounts = sum(map(len, lists))
        listed = town.send_all(
            (
                *("operator", "PowerSettlement", "postPayments", place, town.day),
                *(first // CHUNK, words[first : first + LIST_WORDS]),
                first + LIST_WORDS >= len(words),
            )
            for place, words in enumerate(lists)
            for first in range(0, len(words), LIST_WORDS)
        )
        self.weighed.add("list", listed, PER_DAY)
        town.at(town.chain.now() + WINDOW_S + 1)
        paid = town.send_all(
            ("stranger", "PowerSettlement", "pay", place, town.day, number, part)
            for place, words in enumerate(lists)
            for number, part in enumerate(chunks(words))
        )
        self.weighed.add("payments", paid, PER_DAY)
        for cleared in played:
            rows = self.runs[cleared.interval]
            receipt = town.send(
                "stranger", "PowerSettlement", "countPrices", cleared.interval, rows
            )
            self._note(cleared.interval, "prices counted", [receipt])
        nodes = range(town.size.nodes)
        fixed = town.send_all(("stranger", "ReferencePrices", "fix", place) for place in nodes)
        self.weighed.add("references", fixed, PER_DAY)
        town.at((last.interval + 1) * QUARTER_S + HOLD_S)
        for cleared in played:
            bidders = sorted({int(step.account) for step in cleared.round.steps})
            receipt = town.send("stranger", "PowerMarket", "release", cleared.interval, bidders)
            self._note(cleared.interval, "bids released", [receipt])

    @staticmethod
    def _list(nets: Mapping[int, int], back: Mapping[int, int]) -> list[int]:
        return [
            Payment(PowerAccountId(account), amount + back.get(account, 0)).pack()
            for account, amount in sorted(nets.items())
        ]


def _readings(
    town: PowerTown,
    place: int,
    interval: int,
    positions: list[Position],
    flows: list[tuple[int, int]],
    lost: int,
) -> NodeReadings:
    meters = [meter for meter, _ in town.ends[place]]
    first = len(positions) - len(meters)
    leaves, hashed = [], []
    for i, (taken, given) in enumerate(flows):
        # A line's end is opened by its salt; the other meters are named by no one.
        key = SALT + meters[i - first].to_bytes(32, "big") if i >= first else b"%d" % (interval + i)
        word = 9_000 << 192 | 9_000 << 128 | taken << 88 | given << 48 | 11 << 8
        leaf = keccak(key), word, keccak(b"record")
        leaves.append(leaf)
        hash_ = merkle_sum.leaf_hash(leaf[0], word.to_bytes(32, "big"), leaf[2])
        hashed.append((hash_, merkle_sum.leaf_sums(taken, given, 0)))
    return NodeReadings(positions, flows, leaves, merkle_sum.tree(hashed), lost)


def weigh(size: Size) -> Weighed:
    """An interval of a market of this size."""
    with standing(size) as town:
        return IntervalBench(town).play()


def table(weighed: Sequence[Weighed]) -> str:
    """The rows of docs/gas.md."""
    named = dict.fromkeys(what for found in weighed for what in found.gas)
    head = ["", *(f"{w.size.households:,} households" for w in weighed)]
    rows = [
        ["nodes, arcs", *(f"{w.size.nodes}, {w.size.arcs}" for w in weighed)],
        [
            "aggregators, at each node",
            *(f"{w.size.aggregators}, {w.size.at_node}" for w in weighed),
        ],
        *([what, *(f"{w.gas[what] / 1_000:,.0f}k" for w in weighed)] for what in named),
        ["**in all**", *(f"{w.total / 1_000:,.0f}k" for w in weighed)],
        ["**a household**", *(f"**{w.household:,.0f}**" for w in weighed)],
        ["a further household", *(f"{w.further:,.1f}" for w in weighed)],
        ["call data of the clearing", *(f"{w.calldata / 1_000:,.1f} kB" for w in weighed)],
    ]
    lines = [head, ["---", *["---:"] * len(weighed)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(
    households: Annotated[int, typer.Option(help="Only rows of so many households; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False,
) -> None:
    """Weigh a quarter-hour of the power market; ends with 1 when it costs more than it may."""
    sizes = [size for size in SIZES if households in (0, size.households)]
    if not sizes:
        known = ", ".join(str(count) for count in sorted({size.households for size in SIZES}))
        raise typer.BadParameter(
            f"no row has {households} households; choose {known}, or 0 for all"
        )
    weighed = [weigh(size) for size in sizes]
    if as_json:
        print(json.dumps([{"size": str(w.size), **w.gas} for w in weighed], indent=2))
    else:
        print(table(weighed))
    told = [fault for found in weighed for fault in found.faults()]
    for fault in told:
        print(f"gas: {fault}")
    raise typer.Exit(1 if told else 0)


if __name__ == "__main__":
    typer.run(main)
