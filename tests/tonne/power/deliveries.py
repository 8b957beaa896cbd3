"""A day of deliveries in the small market: settled, shown to be false, asked for, paid; one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.tonne.power.settlements import Metered, losses_of
from tests.tonne.units.town_credits import HALL, REASON, REF, YEAR, found
from tonne.chain.client import Call, Chain
from tonne.crypto import merkle_sum
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.power.account_consents import consented
from tonne.power.bid_tree import CustomerBid, Portfolio, commitment
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, FIRST_PSEUDONYM, OFFER
from tonne.power.rounds import proposal, read_round
from tonne.power.settlement import Position, Tariff, give_back, settle
from tonne.power.settlement_runs import (
    AccountLine,
    DaySums,
    day_list,
    line_tree,
    lines_of,
    sums_of,
    totals,
)
from tonne.power.shown_bids import (
    ShownBid,
    TreeReceipt,
    proofs_domain,
    shown_bid,
    shown_curves,
)
from tonne.power.shown_lines import address_of, encrypt, name_account, point_of
from tonne.units.energy_credits import MICRO, series_id

QUARTER, HOUR, DAY_S, PER_DAY = 900, 3_600, 86_400, 96
CORRECTION = 25 * HOUR
KEYS = [Account.from_seed("deliverer", i) for i in range(3)]
SELLER, BUYER, OUTSIDE = (FIRST_PSEUDONYM + i for i in range(3))
TARIFF = Tariff(spread_ppm=20_000, fee_import=2_001, fee_export=501)
METER = 1  # of the sponsor's, whose reading is the first
DATA, SALT = b"\x01" * 32, b"\x09" * 32
REFERENCE = 55_000  # [micro-credit/kWh]
#: One-time keys of an asker and of an answer.
SECRET, EPHEMERAL = b"\x11" * 32, b"\x22" * 32
POINT = point_of(SECRET)
KEY = address_of(POINT)

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
    """One node with three meters, an operator (`south`), an oracle (`north`), two neighbours of a sponsor
    (`east`) and the grid outside."""

    def __init__(self, town) -> None:
        self.town = town
        self.chain: Chain = town.chain
        self.people = town.market.people
        self.numbers = town.market.participants
        self.operator, self.notary = self.people["south"], self.people["north"]
        self.day = self.chain.now() // DAY_S + 2
        self.first = self.day * PER_DAY
        self.price = 0
        self.posted: dict[int, Posted] = {}
        self.portfolio = Portfolio.of(self.numbers["east"], _bids())
        self.margins: list[int] = []

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
        opened = consented(self.chain, self.numbers["east"], KEYS, 100 * MICRO)
        self.do(east, "openPseudonyms", opened, contract="PowerMarket")
        self.chain.fund(KEYS)
        tariff = (TARIFF.fee_import, TARIFF.fee_export, TARIFF.spread_ppm)
        terms = (self.first, self.numbers["south"], *tariff)
        self.do(self.people["authority"], "setArea", 0, terms)
        self.do(east, "join", 0, [SELLER, BUYER, OUTSIDE])
        self.do(east, "enter", 0, [METER])
        bond = self.chain.call("PowerSettlement", "BOND")
        self.do(self.operator, "bond", 9 * bond)
        self.do(self.people["trader"], "bond", 2 * bond)

    def _credits(self) -> None:
        found(self.town)
        chain, authority, market = self.chain, self.people["authority"], self.chain["PowerMarket"]
        chain.send(HALL, "EnergyCredits", "openSeries", (1, chain.now() + YEAR, 7, 0, REF))
        series = series_id(chain, 1)
        chain.send(authority, "EnergyCredits", "setIssueLimit", series, 19_000 * MICRO, REASON)
        chain.send(HALL, "EnergyCredits", "recordCollateral", series, 1, 19_000 * MICRO, REF)
        amounts = {"east": 500 * MICRO, "south": 9_100 * MICRO, "trader": 2_100 * MICRO}
        receivers = [(self.people[name], amount) for name, amount in amounts.items()]
        chain.send(HALL, "EnergyCredits", "issue", series, receivers, 1, REF)
        chain.send(authority, "PowerMarket", "setCredits", chain["EnergyCredits"], series, 1)
        for name, amount in amounts.items():
            who = self.people[name]
            args = (who, market, series, amount, b"")
            chain.send(who, "EnergyCredits", "safeTransferFrom", *args)

    def _grid(self) -> None:
        chain, officer, north = self.chain, self.people["authority"], self.notary
        oracle = self.numbers["north"]
        node = (1, 11, 1, oracle, 12, QUARTER, CORRECTION, HOUR, HOUR)
        chain.send(officer, "MeterOracle", "openNode", node)
        chain.send(self.people["currency_issuer"], "SettlementCurrency", "mint", north, 1_000_00)
        chain.send(north, "SettlementCurrency", "approve", chain["MeterOracle"], 1_000_00)
        chain.send(north, "MeterOracle", "depositBond", oracle, 1_000_00)
        chain.send(officer, "PowerGrid", "addNode", 1, 11, 1, 1, 1)
        meter = (self.numbers["east"], 1, 5_000, chain.now(), 0, 1_000, 9, 0, 0)
        key = (*POINT, chain.now(), 1)
        chain.send(officer, "MeterOracle", "registerMeter", meter, key)
        for contract, function, *args in (
            ("BidLimits", "nameOperator", 0, self.numbers["south"]),
            ("BidLimits", "register", 0, [self.numbers["east"]], [(12, 0, 0, 16)]),
            ("BidLimits", "setExpected", 0, 9_000, 9_000),
            ("ReferencePrices", "start", 0, REFERENCE),
        ):
            chain.send(officer, contract, function, *args)

    def trade(self, interval: int) -> None:
        """The sponsor bids for its customers: the seller sells 1,000 Wh to the buyer."""
        own, opening = self.portfolio, self.portfolio.opening(SALT)
        east, trader = self.people["east"], self.people["trader"]
        self.at(interval * QUARTER - 700)
        self.do(east, "deposit", own.energy * 10_000, contract="PowerMarket")
        found = commitment(interval, opening, own.bidder)
        self.do(east, "commit", interval, found, own.energy, contract="PowerMarket")
        self.at(interval * QUARTER - 600)
        self.do(trader, "open", interval, own.bidder, opening, contract="PowerMarket")
        round_ = read_round(self.chain, interval, QUARTER)
        clearing = solve(round_)
        self.do(trader, "clear", interval, proposal(round_, clearing), contract="PowerMarket")
        self.price, self.margins = clearing.prices[0], clearing.packed()[0]

    def enrol(self) -> None:
        """The operator gives the aggregator, which belongs to no node, a place in the day's list."""
        whole = [shown_curves(self.first, self.portfolio, SALT)]
        args = 0, self.first, self.portfolio.bidder, whole, self.margins
        self.do(self.operator, "enrol", *args)

    def bid(self, index: int) -> ShownBid:
        """A customer's bid of the first interval, with the operator's receipt of them all."""
        _, root, _, _ = self.portfolio.opening(SALT)
        receipt = TreeReceipt(self.first, self.portfolio.bidder, root)
        address = self.chain["BidProofs"].address
        signature = self.operator.sign_typed(receipt, proofs_domain(self.chain.chain_id, address))
        return shown_bid(
            *(self.first, self.portfolio, SALT, index, self.operator.address, signature)
        )

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
        self.all(self.notary, "MeterOracle", "post", args)

    def book(self) -> None:
        """Losses, of readings that are final."""
        self.at((self.day + 1) * DAY_S + CORRECTION + 1)
        trees = ((i, self.leaves(i)[1]) for i in self.intervals)
        args = ((1, i * QUARTER, tree.root, tree.sums) for i, tree in trees)
        self.all(self.people["trader"], "PowerLosses", "bookArea", args)

    # Runs

    def run(self, interval: int, stolen: int = 0, omitted: bool = False) -> Posted:
        """What an interval comes to, with so much of the seller's `stolen`, or all trade left out."""
        accounts = self.metered(interval)
        if omitted:
            accounts = tuple(replace(m, sold=0, bought=0) for m in accounts)
        exported = sum(m.exported for m in accounts)
        charged = exported - sum(m.imported for m in accounts)
        positions = [
            Position(
                number, m.exported - m.imported, m.sold, m.bought, loss, 0, m.exported + m.imported
            )
            for number, m, loss in zip(
                (SELLER, BUYER, OUTSIDE), accounts, losses_of(accounts, charged), strict=True
            )
        ]
        price = self.price if interval == self.first else REFERENCE  # nothing was cleared
        settled = settle(positions, price, TARIFF, reference=REFERENCE)
        salts = [keccak(b"%d %d" % (interval, p.account)) for p in positions]
        lines = lines_of(positions, settled, salts, self.before(interval))
        if stolen:
            lines[0] = replace(lines[0], net=lines[0].net - stolen)
            lines[2] = replace(lines[2], net=lines[2].net + stolen)
        _, tree = self.leaves(interval)
        said = totals(lines, settled, tree.root, tree.sums, charged)
        return Posted(said, lines, positions, settled.surplus)

    def before(self, interval: int) -> dict[int, DaySums]:
        return {} if interval == self.first else sums_of(self.posted[interval - 1].lines)

    def post(self, intervals: Sequence[int], stolen: int = 0, omitted: bool = False) -> None:
        def calls() -> Iterator[tuple]:
            for i in intervals:
                self.posted[i] = self.run(i, stolen, omitted)
                yield (i, [(0, DATA, self.posted[i].totals)])

        self.all(self.operator, "PowerSettlement", "post", calls())

    def shown(self, interval: int, index: int) -> tuple:
        posted = self.posted[interval]
        return (
            interval,
            index,
            posted.totals,
            posted.lines[index].shown(),
            self.way(interval, index),
        )

    def way(self, interval: int, index: int) -> bytes:
        return line_tree(self.posted[interval].lines).proof(index)

    def dispute(self, interval: int) -> None:
        """Shows that the seller's line is false."""
        told, tree = self.leaves(interval)
        reading = (told[0], 0, len(told), tree.proof(0))
        self.do(self.people["trader"], "disputeLine", 0, self.shown(interval, 0), reading)

    def dispute_contracts(self) -> None:
        """Shows by the seller's bid that its line has less than was accepted; its reward is paid later."""
        args = (0, self.shown(self.first, 0), [self.bid(1)], self.margins)
        self.do(self.people["trader"], "disputeContracts", *args)

    def dispute_totals(self, interval: int) -> None:
        """Shows that the interval's totals are not what was accepted."""
        book = ([self.portfolio.words()], self.margins)
        args = (0, interval, self.posted[interval].totals, book)
        self.do(self.people["trader"], "disputeTotals", *args)

    # The day's list

    @property
    def last(self) -> int:
        return self.first + PER_DAY - 1

    def due(self) -> dict[int, int]:
        """What the last lines come to, with the surplus."""
        surplus = sum(posted.surplus for posted in self.posted.values())
        back = give_back(surplus, [p for posted in self.posted.values() for p in posted.positions])
        return {
            line.account: line.day.net + back[line.account] for line in self.posted[self.last].lines
        }

    def propose(self, amounts: Amounts) -> list[int]:
        words = day_list(amounts)
        self.do(self.operator, "postPayments", 0, self.day, 0, words, True)
        return words

    def pay(self, words: Sequence[int]) -> None:
        self.at(self.chain.now() + self.chain.call("PowerSettlement", "WINDOW") + 1)
        self.do(self.people["trader"], "pay", 0, self.day, 0, words)

    def dispute_payment(self, words: Sequence[int]) -> None:
        """The buyer's amount is not what its last line says."""
        args = (0, self.day, 0, words, self.shown(self.last, 1))
        self.do(self.people["trader"], "disputePayment", *args)

    def ask(self, index: int) -> None:
        self.do(KEYS[index], "ask", 0, self.last, (SELLER, BUYER, OUTSIDE)[index], *POINT)

    def answer(self, index: int) -> None:
        line = self.posted[self.last].lines[index]
        shown = encrypt(index, line, self.way(self.last, index), POINT, EPHEMERAL)
        self.do(self.operator, "answer", 0, self.last, line.account, True, KEY, shown)

    def ask_reading(self) -> None:
        """The sponsor asks on whose line its meter's reading is: on the seller's."""
        place = (0, self.last, METER)
        self.do(self.people["east"], "askReading", *place, *POINT)
        named = name_account(SELLER, POINT, EPHEMERAL)
        self.do(self.operator, "answerReading", *place, KEY, named)

    def keep_silent(self) -> None:
        """The seller asks in vain; its run falls."""
        self.ask(0)
        self.at(self.chain.now() + self.chain.call("PowerSettlement", "WINDOW") // 8 + 1)
        args = (0, self.last, SELLER, True, self.posted[self.last].totals)
        self.do(self.people["trader"], "disputeSilence", *args)

    def doubt(self) -> None:
        """The seller says that less of its bid was accepted; the operator shows its bid."""
        shown = self.shown(self.first, 0)
        self.do(KEYS[0], "doubt", 0, shown)
        self.do(self.operator, "prove", 0, shown, [self.bid(1)], self.margins)

    def count(self) -> None:
        """The price that was paid counts for the references of days to come."""
        runs = [(0, DATA, self.posted[self.first].totals)]
        self.do(self.people["trader"], "countPrices", self.first, runs)

    def lapse(self) -> None:
        """The day after has one run, without readings, and no list: another takes it over and does no
        better, so that it is closed, at the cost of two bonds."""
        trader, day = self.people["trader"], self.day + 1
        end = (day + 1) * DAY_S + self.chain.call("PowerSettlement", "LATE")
        nothing = (bytes(32), bytes(32), *[0] * 14, *settle([], REFERENCE, TARIFF).prices)
        self.at(end + 1)
        self.do(self.operator, "post", day * PER_DAY, [(0, DATA, nothing)])
        self.at(end + DAY_S + 1)
        self.do(trader, "takeOver", 0, day)
        self.do(trader, "post", day * PER_DAY, [(0, DATA, nothing)])
        self.at((day + 8) * DAY_S + 1)
        self.do(trader, "closeDay", 0, day)

    def tell(self) -> None:
        """Everything, in the order of the days."""
        self.open()
        self.trade(self.first)
        self.enrol()
        self.read()
        self.book()
        self.post(self.intervals[:1], omitted=True)
        self.dispute_contracts()
        self.do(self.people["trader"], "payReward", 0, self.first)
        self.post(self.intervals[:5])
        self.post(self.intervals[5:6], stolen=7)
        self.dispute(self.first + 5)
        self.post(self.intervals[5:])
        due = {self.portfolio.bidder: 0, **self.due()}
        self.dispute_payment(
            self.propose({**due, BUYER: due[BUYER] - 1, OUTSIDE: due[OUTSIDE] + 1})
        )
        self.propose(due)
        self.ask(1)
        self.answer(1)
        self.ask_reading()
        self.doubt()
        self.keep_silent()
        self.post([self.last])
        words = self.propose(due)
        self.pay(words)
        self.count()
        self.lapse()
        self.do(self.operator, "bond", 5)
        self.do(self.operator, "unbond", 5)


def _bids() -> list[CustomerBid]:
    """The buyer's is the first in the order of curves."""
    return [
        CustomerBid(SELLER, 0, OFFER, 50_000, 1_000, keccak(b"seller")),
        CustomerBid(BUYER, 0, BID, 70_000, 1_000, keccak(b"buyer")),
    ]
