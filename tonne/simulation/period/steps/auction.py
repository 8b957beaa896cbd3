"""The auctioned share of a vintage: issued to the authority, sold by sealed bids, by the pack's rules."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tonne.chain.client import Call, Receipt
from tonne.constants import HOUR_S, PPM
from tonne.crypto.hashing import text_hash
from tonne.errors import refused
from tonne.market import auction_rules as rules
from tonne.rules import engine
from tonne.rules.engine.supply_control import price_on
from tonne.rules.pack import RulePack
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.fleet.traders import Agents
from tonne.simulation.period.model.plan import reference
from tonne.simulation.period.model.results import AuctionResult
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import market as markets
from tonne.simulation.period.steps import supply, trading

#: What each bids for of what it lacks, and at what share of the reference price.
WANTED, BID = (1.05, 1.30), (0.90, 1.20)
#: Least deposit where the pack has none [ppm].
DEPOSIT_PPM: Final = 100_000
#: [0.0001 currency] in 0.01.
LEDGER: Final = 100
#: Most money in one market [0.0001 currency].
MOST_CASH: Final = 2**51 - 1
#: Prices or bids counted, and bids settled, in one call.
LEVELS, CHUNK = 1_000, 200


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid before it is revealed."""

    place: int
    tick: int
    lots: int
    salt: bytes


def holds(pack: RulePack, year: int) -> bool:
    """Whether the pack says how large a share is auctioned, and how."""
    day = engine.reporting_day(year)
    return pack.has("allocation.auction_share", day) and pack.has("auction.form", day)


def check(pack: RulePack, fleet: Fleet, year: int) -> None:
    """Refuses emitters whose bids together are for more money than one market of the exchange holds."""
    if not holds(pack, year):
        return
    most = fleet.emissions_t * reference(pack) * LEDGER * WANTED[1] * BID[1]
    if most > MOST_CASH:
        raise refused(
            "PERIOD_TOO_DEAR",
            fleet_count=len(fleet),
            scheme_name=pack.scheme.name,
            possible_count=int(len(fleet) * MOST_CASH / most),
        )


def volume(state: PeriodState) -> int:
    """How much of the vintage is auctioned in a run: its part of what cap and rules give, decided before the
    year, rounded down to a multiple that bids are of."""
    if not holds(state.pack, state.period.last_year):
        return 0
    decision = supply.decide(state)
    if decision is None:
        state.results.not_applied.append(
            (
                "Share of the cap that is auctioned",
                "No cap of this year and the year before is known.",
            )
        )
        return 0
    state.results.supply = decision
    multiple = _multiple(state)
    state.auctioned = decision.auctioned // multiple * multiple
    return state.auctioned


def hold(state: PeriodState, season: TradingSeason) -> Iterator[int]:
    """The auctions before the first session; yields the moments that are waited for.

    One of the whole volume; where bids do not cover the share that the pack asks for, nothing is sold, and
    the volume is spread over as many auctions as the pack says.
    """
    if not state.auctioned:
        return
    with state.driver.step("The auctioned share"):
        bureau, chain = state.officers.bureau, state.chain
        args = (state.scheme, state.period.vintage, bureau, state.auctioned)
        state.driver.send(bureau, "AuctionShare", "issue", *args)
        give = (bureau, chain["Exchange"], state.allowance, state.auctioned, b"")
        state.driver.send(bureau, "Allowances", "safeTransferFrom", *give)
        spread, multiple = _rule(state, "spread", 0), _multiple(state)
        results = [(yield from _auction(state, season, state.auctioned, 0))]
        again = [] if results[0].sold else spread_over(state.auctioned, spread, multiple)
        for round_, lots in enumerate(again, 1):
            results.append((yield from _auction(state, season, lots, round_)))
        state.results.auction = _together(results)


def spread_over(lots: int, auctions: int, multiple: int) -> list[int]:
    """Unsold lots in so many parts, each a multiple that bids are of; the last takes the rest."""
    if not auctions:
        return []
    part = lots // (auctions * multiple) * multiple
    parts = [part] * (auctions - 1) + [lots - part * (auctions - 1)]
    return [lots for lots in parts if lots]


def _together(results: Sequence[AuctionResult]) -> AuctionResult:
    """One result of all auctions; the price is the mean of what was sold."""
    sold, proceeds = sum(r.sold for r in results), sum(r.proceeds_cents for r in results)
    return AuctionResult(
        number=results[-1].number,
        sold=sold,
        price_cents=proceeds // sold if sold else 0,
        bids=sum(r.bids for r in results),
        proceeds_cents=proceeds,
        held=len(results),
        offered=results[0].offered,
    )


def _auction(
    state: PeriodState, season: TradingSeason, lots: int, round_: int
) -> Generator[int, None, AuctionResult]:
    """One auction of so many lots, from its announcement to delivery."""
    bureau, chain = state.officers.bureau, state.chain
    secret = text_hash(f"secret of auction {round_} of {state.pack.scheme.name}")
    terms = _terms(state, lots, chain.now() + HOUR_S, rules.secret_hash(secret))
    notice = text_hash("notice of the auction")
    state.driver.send(state.officers.operator, "Auction", "announce", terms.as_tuple(), notice)
    number = chain.call("Auction", "auctionCount")
    state.driver.send(bureau, "Auction", "open", number)
    bids = _bids(state, season, round_)
    yield from state.driver.until(terms.commitFrom)
    calls = _commitments(state, season, number, terms, bids)
    bids = _numbered(state, state.driver.send_all(calls), bids)
    yield from state.driver.until(terms.commitUntil)
    state.driver.send(state.officers.operator, "Auction", "endCommitments", number)
    state.driver.send(bureau, "Auction", "drawSeed", number, secret)
    yield from state.driver.until(terms.revealFrom)
    state.driver.send_all(
        state.driver.call(bureau, "Auction", "reveal", number, i, bid.tick, bid.lots, bid.salt)
        for i, bid in enumerate(bids)
    )
    yield from state.driver.until(terms.revealUntil + 1)
    while rules.STAGES[chain.call("Auction", "auction", number).stage] == "open":
        state.driver.send(bureau, "Auction", "clear", number, LEVELS)
    _rank(state, number, bids)
    yield from state.driver.until(terms.deliverFrom)
    for start in range(0, len(bids), CHUNK):
        state.driver.send(bureau, "Auction", "settle", number, min(CHUNK, len(bids) - start))
    return _book(state, season, number, terms, bids)


def _multiple(state: PeriodState) -> int:
    """What bids are multiples of [t]."""
    return _rule(state, "multiple", 1)


def _rule(state: PeriodState, key: str, otherwise: int) -> int:
    """An auction rule of the pack, in the integers of the contract."""
    day = engine.reporting_day(state.period.last_year)
    name = f"auction.{key}"
    return state.pack.onchain(name, day) if state.pack.has(name, day) else otherwise


def _reserve(state: PeriodState) -> int:
    """The pack's reserve price, risen since its first year [0.01 currency]; 0 without one."""
    day = engine.reporting_day(state.period.last_year)
    if not state.pack.has("auction.reserve_price", day):
        return 0
    return price_on(state.pack, "auction.reserve_price", "supply.reserve_growth", day)


def _terms(state: PeriodState, lots: int, start: int, commitment: bytes) -> rules.AuctionTerms:
    """What an auction is announced with. Lots that are not sold go back: the run offers them again."""
    seller, _, _ = state.chain.call("Participants", "walletOf", state.officers.bureau)
    return rules.AuctionTerms(
        state.market,
        seller,
        seller,
        seller,
        lots=lots,
        multiple=_multiple(state),
        tickSize=_rule(state, "tick", 1) * LEDGER,
        form=rules.SEALED,
        tie=_rule(state, "tie", rules.PRO_RATA + 1) - 1,
        pricing=_rule(state, "pricing", rules.UNIFORM + 1) - 1,
        spread=0,
        limitPpm=_rule(state, "bidder_limit", 0),
        depositPpm=_rule(state, "deposit", DEPOSIT_PPM),
        minimumPpm=_rule(state, "minimum_subscription", PPM),
        reserveTick=_reserve(state) // _rule(state, "tick", 1),
        commitFrom=start,
        commitUntil=start + 2 * HOUR_S,
        revealFrom=start + 3 * HOUR_S,
        revealUntil=start + 5 * HOUR_S,
        deliverFrom=start + 5 * HOUR_S + _rule(state, "delivery", 0) * 24 * HOUR_S + 1,
        seedCommitment=commitment,
    )


def _bids(state: PeriodState, season: TradingSeason, round_: int) -> list[Bid]:
    """Each bids for what it still lacks, and some more, around the reference price, if its money suffices."""
    rng = np.random.default_rng([state.options.seed, round_, *b"auction"])
    multiple, tick = _multiple(state), _rule(state, "tick", 1)
    lacking = np.maximum(season.lacking - season.market.bought, 0)
    found = []
    for place in np.flatnonzero(lacking).tolist():
        wanted = int(lacking[place] * rng.uniform(*WANTED))
        price = int(state.reference * rng.uniform(*BID)) // tick
        lots = -(-wanted // multiple) * multiple
        money = int(season.purse[place] + season.market.cash[place])
        lots = min(lots, money // (price * tick) // multiple * multiple)
        if lots:
            found.append(Bid(place, price, lots, text_hash(f"salt of {place} in {round_}")))
    return found


def _commitments(
    state: PeriodState,
    season: TradingSeason,
    number: int,
    terms: rules.AuctionTerms,
    bids: list[Bid],
) -> list[Call]:
    """Each brings the money for its bid and commits to it."""
    chain, calls = state.chain, []
    house = chain["Auction"]
    for bid in bids:
        wallet = state.trader(bid.place)
        value = bid.tick * bid.lots * terms.tickSize
        cents = -(-(value + terms.placeFee) // LEDGER)
        # What came back from an auction before lies on the exchange already; see {_bids} for the most.
        fresh = max(0, cents - int(season.market.cash[bid.place]))
        if fresh:
            season.purse[bid.place] -= fresh
            calls.append(markets.bring(state, season.market, wallet, fresh))
        hashed = rules.bid_hash(
            chain.chain_id, house.address_bytes, number, int(state.participants[bid.place]),
            bid.tick, bid.lots, bid.salt,
        )  # fmt: skip
        deposit = max(rules.share_up(value, terms.depositPpm), terms.leastDeposit)
        calls.append(state.driver.call(wallet, "Auction", "commit", number, hashed, deposit))
    return calls


def _numbered(state: PeriodState, receipts: Sequence[Receipt], bids: list[Bid]) -> list[Bid]:
    """The bids in the order in which the contract took them, which a block's producer chooses."""
    order = {
        event["participant"]: event["bid"]
        for receipt in receipts
        for event in state.chain.events(receipt)
        if event.name == "BidCommitted"
    }
    return sorted(bids, key=lambda bid: order[int(state.participants[bid.place])])


def _rank(state: PeriodState, number: int, bids: list[Bid]) -> None:
    """Tied bids get their places, where a drawing decides."""
    cleared = state.chain.call("Auction", "auction", number)
    tied = [
        rules.Wanted(i, bid.tick, bid.lots)
        for i, bid in enumerate(bids)
        if bid.tick == cleared.tick
    ]
    if cleared.drawn and cleared.rest < cleared.marginal:
        last, _ = rules.last_served(tied, cleared.seed, cleared.rest)
        for _ in range(0, len(bids), LEVELS):
            state.driver.send(state.officers.bureau, "Auction", "rank", number, last, LEVELS)


def _book(
    state: PeriodState,
    season: TradingSeason,
    number: int,
    terms: rules.AuctionTerms,
    bids: list[Bid],
) -> AuctionResult:
    """What each won, by the plain rules; the contract must say the same. Where bids are for too little,
    nothing is sold."""
    wanted = [rules.Wanted(i, bid.tick, bid.lots) for i, bid in enumerate(bids)]
    price = rules.clearing(wanted, terms.lots, terms.reserveTick, terms.minimumPpm)
    cleared = state.chain.call("Auction", "auction", number)
    told = (price.tick, price.sold) if price else (0, 0)
    if told != (cleared.tick, cleared.delivered):
        raise AssertionError(
            f"auction {number} cleared at {cleared.tick}, the plain rules say {price}"
        )
    won = rules.shares(wanted, price, terms.tie, terms.multiple, cleared.seed) if price else {}
    gained = np.zeros(len(state), np.int64)
    for i, lots in won.items():
        gained[bids[i].place] += lots
    expected = season.market.lots + gained
    trading.reread(state, season)
    season.market.bought += gained
    if (expected != season.market.lots).any():
        raise AssertionError(f"auction {number} delivered otherwise than the plain rules")
    accounts: list[Any] = state.chain.call_many(
        ("Exchange", "account", (int(who), season.market.number)) for who in state.participants
    )
    season.market.cash = np.array([a.cash // LEDGER for a in accounts], np.int64)
    # Who won more than it lacks sells from now on, at what a tonne is worth to a seller.
    before = np.where(season.agents.buys, -season.agents.total, season.agents.total)
    name = f"auction/{state.pack.scheme.name}"
    season.agents = Agents(state.options.seed, before + gained, state.reference, name)
    return AuctionResult(
        number=number,
        sold=told[1],
        price_cents=told[0] * terms.tickSize // LEDGER,
        bids=len(bids),
        proceeds_cents=cleared.proceeds // LEDGER,
        offered=terms.lots,
    )
