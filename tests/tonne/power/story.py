"""Power in the small market: a grid, an hour of trading, a street that loses."""

from __future__ import annotations

from dataclasses import replace

from tests.tonne.units.town_credits import HALL, REASON, REF, YEAR, found
from tonne.chain.client import Chain
from tonne.crypto import merkle_sum
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.power.account_consents import consented
from tonne.power.bid_tree import (
    BidReceipt,
    CustomerBid,
    Portfolio,
    commitment,
    market_domain,
    tree_proof,
)
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, FIRST_PSEUDONYM, OFFER, Clearing, CurveStep, Round
from tonne.power.rounds import proposal, read_round
from tonne.units.energy_credits import MICRO, series_id

QUARTER = 900
KEYS = [Account.from_seed("household", i) for i in range(3)]
TABLE = b"\x05" * 32
HOUR, DAY = 3_600, 86_400
SALT, DATA = b"\x09" * 32, b"\x01" * 32


def credits_of(town) -> int:
    """A town hall's series of energy credits, with 1,000 for `east` and for `north`; its id."""
    found(town)
    chain, people = town.chain, town.market.people
    terms = (1, chain.now() + YEAR, 7, 0, REF)
    chain.send(HALL, "EnergyCredits", "openSeries", terms)
    series = series_id(chain, 1)
    chain.send(people["authority"], "EnergyCredits", "setIssueLimit", series, 5_000 * MICRO, REASON)
    chain.send(HALL, "EnergyCredits", "recordCollateral", series, 1, 5_000 * MICRO, REF)
    receivers = [(people[name], 1_000 * MICRO) for name in ("east", "north")]
    chain.send(HALL, "EnergyCredits", "issue", series, receivers, 1, REF)
    return series


class Trading:
    """A sponsor (`east`) with two pseudonyms and a plant (`north`) on three nodes."""

    def __init__(self, town) -> None:
        self.chain: Chain = town.chain
        self.people = town.market.people
        numbers = town.market.participants
        self.sponsor, self.plant = numbers["east"], numbers["north"]
        self.series = credits_of(town)
        self.interval = 0
        self.customers: list[Account] = []
        self.hashes: list[bytes] = []

    def do(self, who: Account, function: str, *args):
        return self.chain.send(who, "PowerMarket", function, *args)

    def grid(self) -> None:
        """Two regions with electricity, one with heat; a line and a heat pump; the line gets better."""
        chain, officer = self.chain, self.people["authority"]

        def at(who, function, *args):
            return chain.send(who, "PowerGrid", function, *args)

        for carrier, region in ((1, 1), (1, 2), (2, 1)):
            at(officer, "addNode", 1, 11, carrier, region, 0)
        at(officer, "addArc", 0, 1, (950_000, 40_000, 0, 1, 1, 2, TABLE))
        at(officer, "addArc", 0, 2, (3_000_000, 9_000, 4_000, 1, 0, 0, TABLE))
        chain.set_time(chain.now() + 60)
        at(officer, "setArc", 0, (970_000, 40_000, 0, 2, 1, 2, TABLE))
        self.interval = (chain.now() + 2 * HOUR) // QUARTER + 4
        self.register()

    def register(self) -> None:
        """Who may bid how much, who settles, whose customers they are, what a kWh is worth."""
        chain, officer, operator = self.chain, self.people["authority"], self.number("south")
        self.customers = [Account.from_seed(f"customer {i}") for i in range(2)]
        chain.fund(self.customers)
        hashes = [leaf_hash(SALT + c.address_bytes.rjust(32, bytes(1))) for c in self.customers]
        own = [(12, 0, 0, 16), (0, 4_000, 40_000, 16)]
        for function, *args in (
            ("nameOperator", 1, operator),
            ("register", 0, [self.sponsor, self.plant], own),
            (
                "register",
                1,
                [self.sponsor, self.number("trader")],
                [(12, 0, 0, 16), (0, 9_000, 0, 4)],
            ),
            ("setExpected", 1, 9_000, 500),
            ("setCustomers", 1, self.sponsor, merkle_root(hashes), 2),
        ):
            chain.send(officer, "BidLimits", function, *args)
        self.hashes = hashes
        chain.send(officer, "ReferencePrices", "start", 0, 50_000)

    def number(self, name: str) -> int:
        number: int = self.chain.call("Participants", "walletOf", self.people[name])[0]
        return number

    def open(self) -> None:
        """Credits in, two pseudonyms, one swept again; some credits out."""
        chain, east, north = self.chain, self.people["east"], self.people["north"]
        self.do(self.people["authority"], "setCredits", chain["EnergyCredits"], self.series, 1)
        for who, amount in ((east, 600 * MICRO), (north, 500 * MICRO)):
            market = chain["PowerMarket"]
            chain.send(
                who, "EnergyCredits", "safeTransferFrom", who, market, self.series, amount, b""
            )
        amounts = [100 * MICRO, 0, 7]
        self.do(east, "openPseudonyms", consented(chain, self.number("east"), KEYS, amounts))
        self.do(east, "fund", [FIRST_PSEUDONYM + 1], [50 * MICRO])
        self.do(east, "sweep", [FIRST_PSEUDONYM + 2])
        self.do(north, "withdraw", 20 * MICRO, north)
        chain.fund(KEYS)

    def bid(self, label: str, own: Portfolio) -> None:
        """Sets aside what its silence costs, and commits to its curves."""
        who = self.people[label]
        self.do(who, "deposit", own.energy * 10_000)
        found = commitment(self.interval, own.opening(SALT), own.bidder)
        self.do(who, "commit", self.interval, found, own.energy)

    def open_curves(self, own: Portfolio) -> None:
        self.do(self.people["trader"], "open", self.interval, own.bidder, own.opening(SALT))

    def portfolios(self) -> tuple[Portfolio, Portfolio]:
        """The sponsor's, of four bids of its customers, and the plant's own."""
        bids = [
            CustomerBid(FIRST_PSEUDONYM + i % 2, 1, BID, 90_000 - 7_000 * (i // 2), 900 + i, SALT)
            for i in range(4)
        ]
        steps = tuple(
            CurveStep(self.plant, 0, OFFER, 1_000 + 50 * i, 30_000 + 9_000 * i) for i in range(5)
        )
        return Portfolio.of(self.sponsor, bids), Portfolio(self.plant, steps)

    def dispute(self, own: Portfolio) -> None:
        """A customer is shown its bid; another, whose bid was left out, takes its award."""
        left_out = replace(own.bids[1], limit=7)
        east, market = self.people["east"], self.chain["PowerMarket"]
        domain = market_domain(self.chain.chain_id, market.address)
        for bid in (own.bids[1], left_out):
            fields = (bid.account, bid.node, bid.side, bid.price, bid.limit, bid.salt)
            receipt = BidReceipt(self.interval, own.bidder, *fields)
            self.do(KEYS[0], "dispute", receipt.fields(), east, east.sign_typed(receipt, domain))
            if bid is left_out:
                continue
            proof = tree_proof([b.leaf() for b in own.bids], 1)
            self.do(east, "show", receipt.fields(), own.opening(SALT), 1, proof)
        self.chain.set_time(self.chain.now() + 6 * HOUR + 1)
        self.do(KEYS[0], "uphold", receipt.fields())
        self.do(KEYS[left_out.account - FIRST_PSEUDONYM], "takeAward", self.number("south"))

    def silence(self) -> None:
        """Two commit and keep silent: customers share what one forfeits, a receipt has of the other's."""
        own, _ = self.portfolios()
        other = Portfolio(self.number("trader"), (CurveStep(self.number("trader"), 1, BID, 10, 9),))
        self.interval = self.chain.now() // QUARTER + 3
        market, trader = self.chain["PowerMarket"], self.people["trader"]
        some = 2 * MICRO
        self.chain.send(
            self.people["north"],
            "EnergyCredits",
            "safeTransferFrom",
            self.people["north"],
            trader,
            self.series,
            some,
            b"",
        )
        self.chain.send(
            trader, "EnergyCredits", "safeTransferFrom", trader, market, self.series, some, b""
        )
        self.bid("east", own)
        self.bid("trader", other)
        self.chain.set_time(self.interval * QUARTER - 600 + 30)
        self.do(trader, "forfeit", self.interval, own.bidder)
        self.do(trader, "forfeit", self.interval, other.bidder)
        self.do(
            self.customers[0],
            "claim",
            self.interval,
            own.bidder,
            FIRST_PSEUDONYM,
            SALT,
            0,
            [self.hashes[1]],
        )
        bid = (FIRST_PSEUDONYM, 1, BID, 9, 4, SALT)
        receipt = BidReceipt(self.interval, other.bidder, *bid)
        signature = trader.sign_typed(receipt, market_domain(self.chain.chain_id, market.address))
        self.do(trader, "dispute", receipt.fields(), trader, signature)
        self.chain.set_time(self.chain.now() + 6 * HOUR + 1)
        self.do(trader, "uphold", receipt.fields())

    def leftovers(self) -> None:
        """What nobody claims of the forfeits is the reserve's."""
        self.chain.set_time(self.interval * QUARTER + 30 * DAY)
        for bidder in (self.sponsor, self.number("trader")):
            self.do(self.people["trader"], "endForfeit", self.interval, bidder)

    def reference(self) -> None:
        """A price is counted, and moves tomorrow's reference."""
        south, number = self.people["south"], self.chain.now() // QUARTER - 1
        administrator = self.people["administrator"]
        self.chain.send(administrator, "ReferencePrices", "setCounter", south)
        self.chain.send(south, "ReferencePrices", "countPrice", 0, number, 55_000, 900, 1_000)
        self.chain.send(self.people["trader"], "ReferencePrices", "fix", 0)

    def round(self) -> Round:
        return read_round(self.chain, self.interval, QUARTER)

    def clear(self, round_: Round, clearing: Clearing, who: Account):
        return self.do(who, "clear", self.interval, proposal(round_, clearing))

    def settle(self) -> None:
        """`south` as a contract that settles: binds and frees, then a household cannot pay, its sponsor not
        all of it, and the reserve (`north`) neither; credits that come later pay what is owed."""
        chain, south, east = self.chain, self.people["south"], self.people["east"]
        one, micro = FIRST_PSEUDONYM, MICRO
        self.do(self.people["administrator"], "setController", south, 3)
        self.do(self.people["authority"], "setReserve", self.plant)
        self.do(south, "bind", self.plant, 5 * micro)
        self.do(south, "unbind", self.plant, 2 * micro)

        def free(account):
            return chain.call("PowerMarket", "accountOf", account).free

        short = free(one) + free(self.sponsor) + free(self.plant) + 30 * micro
        trader = chain.call("Participants", "walletOf", self.people["trader"])[0]
        had = free(trader)
        self.do(south, "settle", [_word(one, -short), _word(trader, short - 7, 0)])
        assert free(trader) == had + short - 7
        self.do(south, "settle", [_word(trader, -5 * micro), _word(self.plant, 3 * micro, micro)])
        self.do(self.people["authority"], "setReserve", trader)
        market = chain["PowerMarket"]
        chain.send(
            east, "EnergyCredits", "safeTransferFrom", east, market, self.series, 9 * micro, b""
        )

    def tell(self) -> None:
        """Everything: an interval that is cleared, a dispute, silence, a release, a settlement."""
        self.grid()
        self.open()
        own = self.portfolios()
        gate = self.interval * QUARTER - 600
        self.chain.set_time(gate - 100)
        for label, portfolio in zip(("east", "north"), own, strict=True):
            self.bid(label, portfolio)
        self.chain.set_time(gate)
        for portfolio in own:
            self.open_curves(portfolio)
        round_ = self.round()
        self.clear(round_, solve(round_), self.people["trader"])
        self.chain.set_time(gate + 300)
        self.dispute(own[0])
        first = self.interval
        self.silence()
        self.chain.set_time(first * QUARTER + 3 * DAY)
        self.do(self.people["trader"], "release", first, [p.bidder for p in own])
        self.do(self.people["north"], "takeBack", 5)
        self.reference()
        self.settle()
        self.leftovers()


def _word(account: int, amount: int, unbound: int = 0) -> int:
    """What `settle` takes: an amount, in two's complement, and what is freed of what was bound."""
    return account | (amount & (1 << 96) - 1) << 32 | unbound << 128


class Street:
    """A line with a meter at each end, a household that takes, a roof that delivers."""

    def __init__(self, town) -> None:
        self.chain: Chain = town.chain
        self.people = town.market.people
        installation = town.market.installations["north"]
        word = self.chain.call("Participants", "installation", installation)
        self.place = word >> 24 & 0xFFFF, word >> 40 & 0xFFFF
        self.notary = self.people["north"]
        self.oracle = self.chain.call("Participants", "walletOf", self.notary)[0]
        self.start = (self.chain.now() // HOUR + 2) * HOUR

    def register(self) -> None:
        chain, officer, notary = self.chain, self.people["authority"], self.notary

        def do(who, function, *args):
            return chain.send(who, "MeterOracle", function, *args)

        terms = (*self.place, 1, self.oracle, 12, HOUR, 2 * HOUR, 2 * HOUR, HOUR)
        do(officer, "openNode", terms)
        do(officer, "setOracle", 1, self.oracle)
        since = chain.now() - HOUR
        for curve in (1, 2):
            meter = (self.oracle, 1, 10**9, since, 0, 1000, 12, 0, 0)
            do(officer, "registerMeter", meter, (bytes([curve]) * 32, b"\x03" * 32, since, curve))
        chain.send(self.people["currency_issuer"], "SettlementCurrency", "mint", notary, 1_000_00)
        chain.send(notary, "SettlementCurrency", "approve", chain["MeterOracle"], 1_000_00)
        do(notary, "depositBond", self.oracle, 1_000_00)

    def lines(self) -> None:
        at, chain, officer = self.start, self.chain, self.people["authority"]
        line, curve = (1, 2, 1, at - HOUR, 0, 0), (10, 20_000, 100_000, at - HOUR, 100_000)
        chain.send(officer, "PowerLosses", "registerLine", line, curve)
        chain.send(officer, "PowerLosses", "registerLine", line, curve)
        chain.send(officer, "PowerLosses", "closeLine", 2, at - HOUR + 60)
        better = (5, 15_000, 120_000, at, 90_000)
        chain.send(officer, "PowerLosses", "setCurve", 1, better)
        chain.send(officer, "PowerLosses", "setAreaBound", 1, 400_000)

    def leaves(self, energy: tuple[int, int, int, int]):
        """Into the line, out of it, what the household took, what the roof delivered [Wh]."""
        told = []
        for place, wh in enumerate(energy):
            meter = (place + 1).to_bytes(32, "big")
            salted = keccak(SALT + meter) if place < 2 else meter
            out = place in (1, 3)
            reading = 9_000 << 192 | 9_000 << 128 | (wh << 48 if out else wh << 88) | 11 << 8
            told.append((salted, reading, keccak(b"record")))
        hashed = [
            (
                merkle_sum.leaf_hash(salted, word.to_bytes(32, "big"), record),
                merkle_sum.leaf_sums(
                    word >> 88 & (1 << 40) - 1, word >> 48 & (1 << 40) - 1, word & 0xFF
                ),
            )
            for salted, word, record in told
        ]
        return told, merkle_sum.tree(hashed)

    def lose(self, number: int, energy: tuple[int, int, int, int]) -> None:
        """Posts interval `number` and books it once it is final."""
        start = self.start + number * HOUR
        told, tree = self.leaves(energy)
        chain = self.chain
        if chain.now() < start + HOUR:
            chain.set_time(start + HOUR)
        chain.send(self.notary, "MeterOracle", "post", 1, start, 1, tree.root, tree.sums, DATA)
        chain.set_time(chain.now() + 3 * HOUR)
        shown = [(told[i], i, 4, tree.proof(i)) for i in (0, 1)]
        trader = self.people["trader"]
        args = (1, start, 2, shown[0], SALT, shown[1], SALT)
        chain.send(trader, "PowerLosses", "bookLine", *args)
        chain.send(trader, "PowerLosses", "bookArea", 1, start, tree.root, tree.sums)

    def tell(self) -> None:
        """An interval that loses as it should, and one whose line gains, whose area too; decided."""
        self.register()
        self.lines()
        self.lose(0, (1_000, 950, 3_000, 3_200))
        self.lose(4, (900, 950, 3_000, 2_000))
        officer, start = self.people["authority"], self.start + 4 * HOUR
        self.chain.send(officer, "PowerLosses", "decideLine", 1, start, REASON)
        self.chain.send(officer, "PowerLosses", "decideArea", 1, start, 80, REASON)
