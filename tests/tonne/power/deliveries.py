"""A day of deliveries in the small market: settled, shown to be false, corrected, paid twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.tonne.power.settlements import Metered, losses_of
from tests.tonne.units.town_credits import HALL, REASON, REF, YEAR, found
from tonne.chain.client import Call, Chain
from tonne.crypto import merkle_sum
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import merkle_proof, merkle_root
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, FIRST_PSEUDONYM, OFFER, Arc, Payment, PowerOrder, Round
from tonne.power.settlement import Position, Tariff, give_back, settle
from tonne.power.settlement_runs import AccountLine, chunk_leaf, lines_of, totals
from tonne.units.energy_credits import MICRO, series_id

QUARTER, HOUR, DAY_S, PER_DAY = 900, 3_600, 86_400, 96
CORRECTION = 25 * HOUR
KEYS = [Account.from_seed("deliverer", i) for i in range(3)]
SELLER, BUYER, OUTSIDE = (FIRST_PSEUDONYM + i for i in range(3))
TARIFF = Tariff(spread_ppm=20_000, fee_import=2_001, fee_export=501)
DATA = b"\x01" * 32

#: What the meters of seller, buyer and the exchange outside say when there is trade, and otherwise.
TRADED = (
    Metered(exported=900, sold=1_000),
    Metered(imported=980, bought=1_000),
    Metered(exported=107),
)
QUIET = (Metered(exported=13), Metered(imported=11), Metered(imported=1))

Amounts = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Posted:
    """One run as it was posted."""

    totals: tuple[bytes | int, ...]
    lines: list[AccountLine]
    positions: list[Position]
    surplus: int


class Deliveries:
    """One node with three meters, an operator (`north`), two neighbours and the grid outside."""

    def __init__(self, town) -> None:
        self.town = town
        self.chain: Chain = town.chain
        self.people = town.market.people
        self.numbers = town.market.participants
        self.operator = self.people["north"]
        self.day = self.chain.now() // DAY_S + 2
        self.first = self.day * PER_DAY
        self.price = 0
        self.runs: dict[int, int] = {}
        self.posted: dict[int, Posted] = {}
        self.bound: dict[int, int] = {}  # by the accepted orders, by account
        self.cleared: tuple = ()  # the first interval's book, as `disputeTotals` takes it

    def do(self, who: Account, function: str, *args, contract: str = "PowerSettlement"):
        return self.chain.send(who, contract, function, *args)

    def all(self, who: Account, contract: str, function: str, calls: Iterator[tuple]) -> None:
        known = self.chain[contract]
        self.chain.send_many(Call(who, known, function, args) for args in calls)

    def at(self, moment: int) -> None:
        if self.chain.now() < moment:
            self.chain.set_time(moment)

    # What it needs

    def open(self) -> None:
        self._credits()
        self._grid()
        east = self.people["east"]
        self.do(east, "openPseudonyms", KEYS, [100 * MICRO] * 3, contract="PowerMarket")
        self.chain.fund(KEYS)
        tariff = (TARIFF.fee_import, TARIFF.fee_export, TARIFF.spread_ppm)
        terms = (self.first, self.numbers["north"], *tariff)
        self.do(self.people["authority"], "setArea", 0, terms)
        bond = self.chain.call("PowerSettlement", "BOND")
        self.do(self.operator, "bond", 3 * bond)

    def _credits(self) -> None:
        found(self.town)
        chain, authority, market = self.chain, self.people["authority"], self.chain["PowerMarket"]
        chain.send(HALL, "EnergyCredits", "openSeries", (1, chain.now() + YEAR, 7, 0, REF))
        series = series_id(chain, 1)
        chain.send(authority, "EnergyCredits", "setIssueLimit", series, 9_000 * MICRO, REASON)
        chain.send(HALL, "EnergyCredits", "recordCollateral", series, 1, 9_000 * MICRO, REF)
        amounts = {"east": 500 * MICRO, "north": 3_100 * MICRO}
        receivers = [(self.people[name], amount) for name, amount in amounts.items()]
        chain.send(HALL, "EnergyCredits", "issue", series, receivers, 1, REF)
        chain.send(authority, "PowerMarket", "setCredits", chain["EnergyCredits"], series, 1)
        for name, amount in amounts.items():
            who = self.people[name]
            args = (who, market, series, amount, b"")
            chain.send(who, "EnergyCredits", "safeTransferFrom", *args)

    def _grid(self) -> None:
        chain, officer, north = self.chain, self.people["authority"], self.operator
        oracle = self.numbers["north"]
        node = (1, 11, 1, oracle, 12, QUARTER, CORRECTION, HOUR, HOUR)
        chain.send(officer, "MeterOracle", "openNode", node)
        chain.send(self.people["currency_issuer"], "SettlementCurrency", "mint", north, 1_000_00)
        chain.send(north, "SettlementCurrency", "approve", chain["MeterOracle"], 1_000_00)
        chain.send(north, "MeterOracle", "depositBond", oracle, 1_000_00)
        chain.send(officer, "PowerGrid", "addNode", 1, 11, 1, 1, 1)

    def trade(self) -> None:
        """The seller sells 1,000 Wh to the buyer in the day's first interval."""
        self.at(self.first * QUARTER - HOUR)
        orders = (
            PowerOrder(SELLER, 0, OFFER, 1_000, 50_000),
            PowerOrder(BUYER, 0, BID, 1_000, 70_000),
        )
        for key, order in zip(KEYS, orders, strict=False):
            self.do(key, "place", self.first, [order.word()], contract="PowerMarket")
        self.at(self.first * QUARTER - 600)
        nodes, words = self.chain.call("PowerGrid", "gridAt", self.first * QUARTER)
        round_ = Round(nodes, tuple(map(Arc.of, words)), orders)
        clearing = solve(round_)
        accepted, prices, flows = clearing.packed()
        self.cleared = ([order.word() for order in orders], accepted, prices, flows)
        shown = (*self.cleared, list(words))
        self.do(self.people["trader"], "clear", self.first, shown, contract="PowerMarket")
        self.price = clearing.prices[0]
        guarantee = self.chain.call("PowerMarket", "terms").guarantee
        for order, energy in zip(orders, clearing.accepted, strict=True):
            self.bound[order.account] = order.escrow(energy, guarantee)

    # Readings

    def metered(self, interval: int) -> tuple[Metered, ...]:
        return TRADED if interval == self.first else QUIET

    def leaves(self, interval: int) -> tuple[list[tuple], merkle_sum.Tree]:
        told = []
        for place, m in enumerate(self.metered(interval)):
            reading = 9_000 << 192 | 9_000 << 128 | m.imported << 88 | m.exported << 48 | 11 << 8
            told.append((keccak(bytes([place])), reading, keccak(b"record")))
        hashed = [
            (
                merkle_sum.leaf_hash(salted, reading.to_bytes(32, "big"), record),
                merkle_sum.leaf_sums(m.imported, m.exported, 0),
            )
            for (salted, reading, record), m in zip(told, self.metered(interval), strict=True)
        ]
        return told, merkle_sum.tree(hashed)

    @property
    def intervals(self) -> range:
        return range(self.first, self.first + PER_DAY)

    def read(self) -> None:
        self.at((self.day + 1) * DAY_S + 10)
        trees = ((i, self.leaves(i)[1]) for i in self.intervals)
        args = ((1, i * QUARTER, 1, tree.root, tree.sums, DATA) for i, tree in trees)
        self.all(self.operator, "MeterOracle", "post", args)

    def book(self) -> None:
        """Losses, of readings that are final."""
        self.at((self.day + 1) * DAY_S + CORRECTION + 1)
        trees = ((i, self.leaves(i)[1]) for i in self.intervals)
        args = ((1, i * QUARTER, tree.root, tree.sums) for i, tree in trees)
        self.all(self.people["trader"], "PowerLosses", "bookArea", args)

    # Runs

    def run(
        self, interval: int, final: bool = False, stolen: int = 0, omitted: bool = False
    ) -> Posted:
        """What an interval comes to, with so much of the seller's `stolen`, or all trade left out."""
        accounts = self.metered(interval)
        if omitted:
            accounts = tuple(replace(m, sold=0, bought=0) for m in accounts)
        exported = sum(m.exported for m in accounts)
        metered = exported - sum(m.imported for m in accounts)
        charged = metered if final else 0
        positions = [
            Position(
                number, m.exported - m.imported, m.sold, m.bought, loss, 0, m.exported + m.imported
            )
            for number, m, loss in zip(
                (SELLER, BUYER, OUTSIDE), accounts, losses_of(accounts, charged), strict=True
            )
        ]
        settled = settle(positions, self.price, TARIFF, charged - metered)
        salts = [keccak(b"%d %d" % (interval, p.account)) for p in positions]
        bound = self.bound if interval == self.first else {}
        lines = lines_of(positions, settled, salts, bound)
        if stolen:
            lines[0] = replace(lines[0], net=lines[0].net - stolen)
            lines[2] = replace(lines[2], net=lines[2].net + stolen)
        _, tree = self.leaves(interval)
        said = totals(lines, settled, tree.root, tree.sums, charged)
        return Posted(said, lines, positions, settled.surplus)

    def post(
        self,
        intervals: Sequence[int],
        final: bool = False,
        stolen: int = 0,
        omitted: bool = False,
    ) -> None:
        def calls() -> Iterator[tuple]:
            for i in intervals:
                self.posted[i] = self.run(i, final, stolen, omitted)
                self.runs[i] = self.runs.get(i, 0) + 1
                yield (0, i, self.runs[i], self.posted[i].totals, DATA)

        self.all(self.operator, "PowerSettlement", "post", calls())

    def shown(self, interval: int, index: int) -> tuple:
        posted = self.posted[interval]
        proof = merkle_proof([line.leaf() for line in posted.lines], index)
        return (interval, index, posted.totals, posted.lines[index].shown(), proof)

    def dispute(self, interval: int) -> None:
        """Shows that the seller's line is false, to the buyer's good."""
        told, tree = self.leaves(interval)
        reading = (told[0], 0, len(told), tree.proof(0))
        trader = self.people["trader"]
        self.do(trader, "disputeLine", 0, self.shown(interval, 0), reading, BUYER)

    def dispute_totals(self, interval: int) -> None:
        """Shows that the interval's totals are not what was accepted."""
        args = (0, interval, self.posted[interval].totals, self.cleared, SELLER)
        self.do(self.people["trader"], "disputeTotals", *args)

    # Payments

    def nets(self) -> dict[int, int]:
        """What all lines of the day come to."""
        found: dict[int, int] = {}
        for posted in self.posted.values():
            for line in posted.lines:
                found[line.account] = found.get(line.account, 0) + line.net
        return found

    def chunks(self, amounts: Amounts, unbound: Amounts) -> list[tuple]:
        """Two of them, as `pay` takes them: the seller's, and the others'."""
        words = [
            Payment(who, amount, unbound.get(who, 0)).pack() for who, amount in amounts.items()
        ]
        parts = [words[:1], words[1:]]
        sums = [amounts[SELLER], amounts[BUYER] + amounts[OUTSIDE]]
        leaves = [chunk_leaf(total, part) for total, part in zip(sums, parts, strict=True)]
        assert merkle_root(leaves) != bytes(32)
        return [
            (place, sums[place], parts[place], merkle_proof(leaves, place)) for place in range(2)
        ]

    def propose(self, chunks: Sequence[tuple], returned: int = 0) -> None:
        hashes = [
            keccak(b"".join(w.to_bytes(32, "big") for w in words)) for _, _, words, _ in chunks
        ]
        sums = [total for _, total, _, _ in chunks]
        self.do(self.operator, "postPayments", 0, self.day, hashes, sums, returned)

    def pay(self, chunks: Sequence[tuple]) -> None:
        self.at(self.chain.now() + self.chain.call("PowerSettlement", "WINDOW") + 1)
        for chunk in chunks:
            self.do(self.people["trader"], "pay", 0, self.day, chunk)

    def dispute_payments(self, chunk: tuple) -> None:
        """The buyer's amount is not what its lines come to."""
        lines = [self.shown(i, 1) for i in self.intervals]
        args = (0, self.day, [chunk], [0], lines, SELLER)
        self.do(self.people["trader"], "disputePayments", *args)

    def tell(self) -> None:
        """Everything, in the order of a day."""
        self.open()
        self.trade()
        self.read()
        self.post(self.intervals[:5])
        self.post(self.intervals[5:6], stolen=7)
        self.dispute(self.first + 5)
        self.post(self.intervals[5:])
        nets = self.nets()
        false = {**nets, BUYER: nets[BUYER] - 1, OUTSIDE: nets[OUTSIDE] + 1}
        proposed = self.chunks(false, self.bound)
        self.propose(proposed)
        self.dispute_payments(proposed[1])
        chunks = self.chunks(nets, self.bound)
        self.propose(chunks)
        self.post(self.intervals[6:7])
        self.propose(chunks)
        self.pay(chunks)

        self.book()
        self.post(self.intervals, final=True)
        surplus = sum(posted.surplus for posted in self.posted.values())
        positions = [p for posted in self.posted.values() for p in posted.positions]
        back = give_back(surplus, positions)
        rest = {who: net + back[who] - nets[who] for who, net in self.nets().items()}
        chunks = self.chunks(rest, {})
        self.propose(chunks, sum(back.values()))
        self.pay(chunks)
        self.do(self.operator, "unbond", 5)
