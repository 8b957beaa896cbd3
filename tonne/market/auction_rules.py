"""The rules of an auction, worked out plainly: for the audit and for estimates before an auction.

`contracts/market/Auction.sol` accumulates bids by price and never sorts; here bids are a sorted list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from eth_abi.abi import encode

from tonne.constants import PPM, ZERO_WORD
from tonne.crypto.hashing import keccak

NO_BID: Final = 2**256 - 1

#: Enumerations of IAuction, as they are numbered there.
FORMS: Final = ("sealed", "open")
TIES: Final = ("pro-rata", "random", "time")
PRICES: Final = ("uniform", "as-bid")
STAGES: Final = ("none", "announced", "open", "cleared", "cancelled", "closed")
STATUSES: Final = ("none", "committed", "revealed", "refused", "replaced", "settled")
SEALED, OPEN_BIDS = 0, 1
PRO_RATA, RANDOM, TIME = 0, 1, 2
UNIFORM, AS_BID = 0, 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A bid that counts."""

    number: int
    tick: int
    lots: int


@dataclass(frozen=True, slots=True)
class Price:
    """Where demand meets the volume."""

    tick: int  # clearing price
    sold: int  # [lots]
    marginal: int  # bid for at the clearing price [lots]
    rest: int  # left for these [lots]
    bids: int  # at the clearing price


def clearing(bids: Sequence[Wanted], volume: int, reserve: int, minimum_ppm: int) -> Price | None:
    """The first price, going down, at which the sum of bids reaches the volume; None when nothing is
    sold, because bids that reach the reserve are for less than that share of the volume."""
    before, sums = 0, [(t, *_at(bids, t)) for t in sorted({b.tick for b in bids}, reverse=True)]
    lowest = None
    for tick, lots, count in sums:
        if tick < reserve:
            break
        if before + lots >= volume:
            return Price(tick, volume, lots, volume - before, count)
        before += lots
        lowest = Price(tick, before, lots, lots, count)
    return lowest if before * PPM >= volume * minimum_ppm else None


def _at(bids: Sequence[Wanted], tick: int) -> tuple[int, int]:
    lots = [bid.lots for bid in bids if bid.tick == tick]
    return sum(lots), len(lots)


def shares(
    bids: Sequence[Wanted], price: Price, tie: int, multiple: int, seed: bytes | None
) -> dict[int, int]:
    """Lots of each winning bid, by its number. `seed` orders random ties."""
    won = {bid.number: bid.lots for bid in bids if bid.tick > price.tick}
    tied = sorted((b for b in bids if b.tick == price.tick), key=lambda bid: bid.number)
    if tie == RANDOM and seed is not None:
        tied = [next(b for b in tied if b.number == n) for n in ranking(tied, seed)]
    before = given = 0
    for bid in tied:
        before += bid.lots
        due = min(before, price.rest)
        if tie == PRO_RATA:
            due = before * price.rest // (price.marginal * multiple) * multiple
        won[bid.number], given = due - given, due
    return won


def last_served(tied: Sequence[Wanted], seed: bytes, rest: int) -> tuple[int, int]:
    """Number of the last tied bid that gets lots in the order drawn, and how many: what `rank` is given."""
    wanted = {bid.number: bid.lots for bid in tied}
    for number in ranking(tied, seed):
        if wanted[number] >= rest:
            return number, rest
        rest -= wanted[number]
    raise ValueError("tied bids are for fewer lots than there are")


def ranking(tied: Sequence[Wanted], seed: bytes) -> list[int]:
    """Numbers of tied bids in the order that was drawn."""
    return sorted((bid.number for bid in tied), key=lambda number: rank_key(seed, number))


def rank_key(seed: bytes, bid: int) -> int:
    """`IAuction.rankKey`."""
    return int.from_bytes(keccak(seed + bid.to_bytes(32, "big")), "big")


def bid_hash(
    chain_id: int,
    contract: bytes,
    auction: int,
    participant: int,
    tick: int,
    lots: int,
    salt: bytes,
) -> bytes:
    """`IAuction.bidHash`: the commitment of a bid."""
    kinds = ["uint256", "address", "uint32", "uint24", "uint256", "uint256", "bytes32"]
    return keccak(encode(kinds, [chain_id, contract, auction, participant, tick, lots, salt]))


def reserve_hash(tick: int, salt: bytes) -> bytes:
    """`IAuction.reserveHash`: the commitment of a reserve."""
    return keccak(encode(["uint256", "bytes32"], [tick, salt]))


def secret_hash(secret: bytes) -> bytes:
    """The commitment of an auctioneer's secret."""
    return keccak(secret)


def limit(limit_lots: int, limit_ppm: int, volume: int) -> int | None:
    """Bound of a participant's bids together; None is no limit."""
    limits = [limit_lots] if limit_lots else []
    if limit_ppm:
        limits.append(volume * limit_ppm // PPM)
    return min(limits, default=None)


#: Market days that a floor looks back on.
LOOK_BACK: Final = 63


def floor_price(
    days: Mapping[int, tuple[int, int]], until: int, count: int, least: int
) -> int | None:
    """Median of the mean prices of the last `count` days before day `until` on which `least` lots were
    traded, rounded down a day [0.0001 currency a lot]; None with fewer. `days` has volume and turnover."""
    recent = [days[day] for day in range(until - 1, until - LOOK_BACK - 1, -1) if day in days]
    prices = [turnover // volume for volume, turnover in recent if volume >= max(least, 1)]
    return sorted(prices[:count])[count // 2] if len(prices) >= count > 0 else None


def share_up(amount: int, ppm: int) -> int:
    """A share, rounded up: the debtor bears the rest."""
    return -(-amount * ppm // PPM)


@dataclass(frozen=True, slots=True)
class AuctionTerms:
    """`AuctionTerms`, in its order. Prices in ticks of `tickSize`; lots are those of the market."""

    market: int
    seller: int
    proceeds: int
    forfeits: int
    lots: int
    multiple: int = 1
    tickSize: int = 100  # [0.0001 currency a lot]
    reserveTick: int = 0
    form: int = SEALED
    tie: int = PRO_RATA
    pricing: int = UNIFORM
    spread: int = 0
    floorVolumePpm: int = 0
    limitLots: int = 0
    limitPpm: int = 0
    depositPpm: int = 100_000
    floorPpm: int = 0
    commitFrom: int = 0  # [s]
    commitUntil: int = 0  # [s]
    maximumBids: int = 65_535
    bidsEach: int = 100
    floorDays: int = 0
    revealFrom: int = 0  # [s]
    revealUntil: int = 0  # [s]
    deliverFrom: int = 0  # [s]
    leastDeposit: int = 1_000_000  # [0.0001 currency]
    minimumPpm: int = PPM
    placeFee: int = 100_000  # [0.0001 currency]
    reserveCommitment: bytes = ZERO_WORD
    seedCommitment: bytes = ZERO_WORD

    def as_tuple(self) -> tuple[int | bytes, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))
