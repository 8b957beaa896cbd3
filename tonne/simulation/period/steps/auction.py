"""The auctioned share of a vintage: issued to the authority, sold by sealed bids, by the pack's rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tonne.chain.client import Call, Receipt
from tonne.errors import TonneError
from tonne.market import auction_rules as rules
from tonne.rules import engine
from tonne.rules.pack import RulePack
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.fleet.traders import Agents
from tonne.simulation.period.model.plan import reference
from tonne.simulation.period.model.results import AuctionResult
from tonne.simulation.period.model.state import Ints, World, reason

if TYPE_CHECKING:
    from tonne.simulation.period.steps.trading import Trading

#: On offer for each unit that is lacking after the free allocation [%].
OFFERED: Final = 102
#: What each bids for of what it lacks, and at what share of the reference price.
WANTED, BID = (1.05, 1.30), (0.90, 1.20)
HOUR: Final = 3_600
#: Least deposit where the pack has none [ppm].
DEPOSIT_PPM: Final = 100_000
#: [0.0001 currency] in 0.01.
LEDGER: Final = 100
#: Most money in one market [0.0001 currency].
MOST_CASH: Final = (1 << 51) - 1
#: Prices counted, and bids settled or ranked, in one call.
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
        raise TonneError(
            "PERIOD_TOO_DEAR",
            f"What {len(fleet):,} emitters of {pack.scheme.name} bid in an auction can be more money than"
            " a market of the exchange holds.",
            field="emitters",
            value=len(fleet),
            remedy=f"Ask for {int(len(fleet) * MOST_CASH / most):,} at most.",
        )


def volume(world: World, lacking: Ints) -> int:
    """How much of the vintage is auctioned in a run: what its emitters lack after what is free, and a
    little more, as a multiple that bids are of. The cap of a sample is no cap: the pack's share cannot be
    taken of it."""
    if not holds(world.pack, world.period.last_year):
        return 0
    lacking = lacking.copy()
    lacking[world.cast.playing("defaulter")] = 0
    multiple = _rule(world, "multiple", 1)
    world.auctioned = -(-int(lacking.sum()) * OFFERED // (100 * multiple)) * multiple
    world.found.not_applied.append(
        (
            "Share of the cap that is auctioned",
            "The emitters of a run are a part of the scheme's: all that they lack is auctioned.",
        )
    )
    return world.auctioned


def hold(world: World, season: Trading) -> Iterator[int]:
    """One auction before the first session; yields the moments that are waited for."""
    if not world.auctioned:
        return
    with world.step(6, "The auctioned share"):
        bureau, chain = world.officers.bureau, world.chain
        args = (world.scheme, world.period.vintage, bureau, world.auctioned)
        world.send(bureau, "AuctionShare", "issue", *args)
        give = (bureau, chain["Exchange"], world.allowance, world.auctioned, b"")
        world.send(bureau, "Allowances", "safeTransferFrom", *give)
        secret = reason(f"secret of the auction of {world.pack.scheme.name}")
        terms = _terms(world, chain.now() + HOUR, rules.secret_hash(secret))
        notice = reason("notice of the auction")
        world.send(world.officers.operator, "Auction", "announce", terms.as_tuple(), notice)
        number = chain.call("Auction", "auctionCount")
        world.send(bureau, "Auction", "open", number)
        bids = _bids(world, season)
        yield from world.until(terms.commitFrom)
        calls = _commitments(world, season, number, terms, bids)
        bids = _numbered(world, world.send_all(calls), bids)
        yield from world.until(terms.commitUntil)
        world.send(world.officers.operator, "Auction", "endCommitments", number)
        world.send(bureau, "Auction", "drawSeed", number, secret)
        yield from world.until(terms.revealFrom)
        world.send_all(
            world.call(bureau, "Auction", "reveal", number, i, bid.tick, bid.lots, bid.salt)
            for i, bid in enumerate(bids)
        )
        yield from world.until(terms.revealUntil + 1)
        while rules.STAGES[chain.call("Auction", "auction", number).stage] == "open":
            world.send(bureau, "Auction", "clear", number, LEVELS)
        _rank(world, number, bids)
        yield from world.until(terms.deliverFrom)
        for start in range(0, len(bids), CHUNK):
            world.send(bureau, "Auction", "settle", number, min(CHUNK, len(bids) - start))
        _book(world, season, number, terms, bids)


def _rule(world: World, key: str, otherwise: int) -> int:
    """An auction rule of the pack, in the integers of the contract."""
    day = engine.reporting_day(world.period.last_year)
    name = f"auction.{key}"
    return world.pack.onchain(name, day) if world.pack.has(name, day) else otherwise


def _terms(world: World, start: int, commitment: bytes) -> rules.Terms:
    seller, _, _ = world.chain.call("Participants", "walletOf", world.officers.bureau)
    return rules.Terms(
        world.market,
        seller,
        seller,
        seller,
        lots=world.auctioned,
        multiple=_rule(world, "multiple", 1),
        tickSize=_rule(world, "tick", 1) * LEDGER,
        form=rules.SEALED,
        tie=_rule(world, "tie", rules.PRO_RATA + 1) - 1,
        pricing=_rule(world, "pricing", rules.UNIFORM + 1) - 1,
        spread=_rule(world, "spread", 0),
        limitPpm=_rule(world, "bidder_limit", 0),
        depositPpm=_rule(world, "deposit", DEPOSIT_PPM),
        minimumPpm=_rule(world, "minimum_subscription", rules.PPM),
        reserveTick=_rule(world, "reserve_price", 0) // _rule(world, "tick", 1),
        commitFrom=start,
        commitUntil=start + 2 * HOUR,
        revealFrom=start + 3 * HOUR,
        revealUntil=start + 5 * HOUR,
        deliverFrom=start + 5 * HOUR + _rule(world, "delivery", 0) * 24 * HOUR + 1,
        seedCommitment=commitment,
    )


def _bids(world: World, season: Trading) -> list[Bid]:
    """Each bids for what it lacks, and some more, around the reference price."""
    rng = np.random.default_rng([world.options.seed, *b"auction"])
    multiple, tick = _rule(world, "multiple", 1), _rule(world, "tick", 1)
    found = []
    for place in np.flatnonzero(season.lacking).tolist():
        wanted = int(season.lacking[place] * rng.uniform(*WANTED))
        price = int(world.reference * rng.uniform(*BID)) // tick
        lots = -(-wanted // multiple) * multiple
        found.append(Bid(place, price, lots, reason(f"salt of {place}")))
    return found


def _commitments(
    world: World, season: Trading, number: int, terms: rules.Terms, bids: list[Bid]
) -> list[Call]:
    """Each brings the money for its bid and commits to it."""
    chain, calls = world.chain, []
    house = chain["Auction"]
    for bid in bids:
        wallet = world.trader(bid.place)
        value = bid.tick * bid.lots * terms.tickSize
        cents = -(-value // LEDGER)
        if cents > season.purse[bid.place]:
            raise AssertionError(f"{cents:,} of {season.purse[bid.place]:,} cents are to be bid")
        season.purse[bid.place] -= cents
        permit = season.permits.sign(wallet, cents)
        args = (season.market.number, cents, permit, [])
        calls.append(world.call(wallet, "ExchangeGateway", "depositAndPlace", *args))
        hashed = rules.bid_hash(
            chain.chain_id, house.address_bytes, number, int(world.participants[bid.place]),
            bid.tick, bid.lots, bid.salt,
        )  # fmt: skip
        deposit = max(rules.share_up(value, terms.depositPpm), terms.leastDeposit)
        calls.append(world.call(wallet, "Auction", "commit", number, hashed, deposit))
    return calls


def _numbered(world: World, receipts: Sequence[Receipt], bids: list[Bid]) -> list[Bid]:
    """The bids in the order in which the contract took them, which a block's producer chooses."""
    order = {
        event["participant"]: event["bid"]
        for receipt in receipts
        for event in world.chain.events(receipt)
        if event.name == "BidCommitted"
    }
    return sorted(bids, key=lambda bid: order[int(world.participants[bid.place])])


def _rank(world: World, number: int, bids: list[Bid]) -> None:
    """Tied bids get their places, where a drawing decides."""
    state = world.chain.call("Auction", "auction", number)
    tied = [
        rules.Wanted(i, bid.tick, bid.lots) for i, bid in enumerate(bids) if bid.tick == state.tick
    ]
    if state.drawn and state.rest < state.marginal:
        order = rules.ranking(tied, state.seed)
        for start in range(0, len(order), CHUNK):
            part = order[start : start + CHUNK]
            world.send(world.officers.bureau, "Auction", "rank", number, part)


def _book(world: World, season: Trading, number: int, terms: rules.Terms, bids: list[Bid]) -> None:
    """What each won, by the plain rules; the contract must say the same."""
    wanted = [rules.Wanted(i, bid.tick, bid.lots) for i, bid in enumerate(bids)]
    price = rules.clearing(wanted, terms.lots, terms.reserveTick, terms.minimumPpm)
    state = world.chain.call("Auction", "auction", number)
    if price is None or (price.tick, price.sold) != (state.tick, state.delivered):
        raise AssertionError(
            f"auction {number} cleared at {state.tick}, the plain rules say {price}"
        )
    won = rules.shares(wanted, price, terms.tie, terms.multiple, state.seed)
    gained = np.zeros(len(world), np.int64)
    for i, lots in won.items():
        gained[bids[i].place] += lots
    expected = season.market.lots + gained
    season.reread()
    season.market.bought += gained
    if (expected != season.market.lots).any():
        raise AssertionError(f"auction {number} delivered otherwise than the plain rules")
    accounts: list[Any] = world.chain.call_many(
        ("Exchange", "account", (int(who), season.market.number)) for who in world.participants
    )
    season.market.cash = np.array([a.cash // LEDGER for a in accounts], np.int64)
    world.found.auction = AuctionResult(
        number,
        price.sold,
        price.tick * terms.tickSize // LEDGER,
        len(bids),
        state.proceeds // LEDGER,
    )
    # Who won more than it lacks sells from now on, at what a tonne is worth to a seller.
    before = np.where(season.agents.buys, -season.agents.total, season.agents.total)
    name = f"auction/{world.pack.scheme.name}"
    season.agents = Agents(world.options.seed, before + gained, world.reference, name)
