"""Replay of Auction: bids, clearing prices, deliveries and payments, from events and the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tonne.audit.market.exchange import HOLD, PROCEEDS, RETURN, TRADE, ExchangeReplay
from tonne.audit.market.settling_contract import SettlingContractReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Check, Tally
from tonne.audit.replay.contract_replay import Args
from tonne.audit.replay.events import Dated
from tonne.audit.replay.pauses import PausableReplay
from tonne.constants import DAY_S, PPM, ZERO_WORD
from tonne.market import auction_rules as rules
from tonne.market.auction_rules import Price, Wanted
from tonne.types import account_id, references
from tonne.types.ids import AuctionId, ParticipantId

NONE, ANNOUNCED, OPEN, CLEARED, CANCELLED, CLOSED = range(6)
COMMITTED, REVEALED, REFUSED, REPLACED, SETTLED = range(1, 6)
CARRY_S: Final = 30 * DAY_S
NO_REF: Final = 0xFFFFFFFF


@dataclass(slots=True)
class _Bid:
    """One bid, sealed until it is revealed."""

    participant: ParticipantId
    group: int = 0
    commitment: bytes = ZERO_WORD
    tick: int = 0
    lots: int = 0
    held: int = 0  # without the place fee [0.0001 currency]
    status: int = COMMITTED
    replaced: bool = False

    @property
    def bidder(self) -> tuple[int, int]:
        """Participant and group as `shareOf` takes them: all of a group count as one."""
        return (0, self.group) if self.group else (self.participant, 0)


@dataclass(slots=True)
class _Auction:
    """State of one auction; prices are ticks."""

    number: AuctionId
    terms: Any  # `AuctionTerms` of IAuction
    stage: int = ANNOUNCED
    reserve: int = 0
    volume: int = 0
    bids: list[_Bid] = field(default_factory=list)
    returned: bool = False
    draw_block: int = 0
    seed: bytes | None = None
    price: Price | None = None
    counted: tuple[int, int] = (0, 0)  # tick, demand
    last_served: tuple[int, int] | None = None  # in the order drawn: bid, lots
    settled: int = 0
    delivered: int = 0
    proceeds: int = 0
    forfeited: int = 0
    unsold: int = 0

    @property
    def cleared(self) -> Price:
        """The clearing price. Raises AttributeError without one."""
        if self.price is None:
            raise AttributeError(f"auction {self.number} has no price")
        return self.price

    @property
    def undrawn(self) -> bool:
        """The order of ties is to be drawn, and was not."""
        return self.terms.tie == rules.RANDOM and self.seed is None

    def wanted(self) -> list[Wanted]:
        return [Wanted(n, b.tick, b.lots) for n, b in enumerate(self.bids) if b.status == REVEALED]

    def value(self, lots: int, tick: int) -> int:
        size: int = self.terms.tickSize
        return lots * tick * size


class AuctionReplay(SettlingContractReplay, PausableReplay):
    """All auctions."""

    contract = "Auction"

    def __init__(self, exchange: ExchangeReplay, parties: ParticipantsReplay, address: str) -> None:
        super().__init__(exchange, address)
        self.parties = parties
        self.auctions: dict[AuctionId, _Auction] = {}
        self.consents: dict[tuple[int, int], tuple[int, int]] = {}
        self.shares: dict[int, dict[int, int]] = {}
        #: Payment of a bid that gave way, until the bid that it goes over to is told, by auction.
        self.carried: dict[AuctionId, int] = {}

    # Moves

    def _expect(
        self,
        auction: _Auction,
        bid: int,
        giver: ParticipantId | None,
        taker: ParticipantId | None,
        kind: int,
        lots: int,
        cash: int,
    ) -> None:
        """Expects a movement; None is the custody account. `cash` goes the other way."""
        if not lots and not cash:
            return
        source, target = (
            account_id.pack(
                auction.terms.market, ParticipantId(self.house if side is None else side)
            )
            for side in (giver, taker)
        )
        ref = references.bid(auction.number, bid)
        self.expected[ref].append((source, target, kind, lots, cash))

    def _fault(self, auction: _Auction, text: str) -> None:
        self.faults.append(f"auction {auction.number}: {text}")

    def _in(self, a: Args, *stages: int) -> _Auction:
        auction = self.auctions[a["id"]]
        if auction.stage not in stages:
            self._fault(auction, f"is {rules.STAGES[auction.stage]}")
        return auction

    # Announcement

    def _on_AuctionAnnounced(self, a: Args, at: Dated) -> None:
        terms = a["terms"]
        if a["id"] != len(self.auctions) + 1 or terms.commitFrom < at.time:
            self.faults.append(f"auction {a['id']} is out of order or late")
        found = self.auctions[a["id"]] = _Auction(a["id"], terms)
        if terms.reserveCommitment == ZERO_WORD:
            found.reserve = terms.reserveTick or 1

    def _on_ConsentSet(self, a: Args, _: Dated) -> None:
        self.consents[a["seller"], a["market"]] = a["lots"], a["leastPrice"]

    def _on_AuctionOpened(self, a: Args, _: Dated) -> None:
        auction = self._in(a, ANNOUNCED)
        auction.stage = OPEN
        auction.volume += auction.terms.lots
        if auction.volume != a["volume"]:
            self._fault(auction, f"opened with {a['volume']}, not {auction.volume}")
        self._expect(auction, NO_REF, auction.terms.seller, None, HOLD, auction.terms.lots, 0)

    # Bids

    def _on_BidCommitted(self, a: Args, _: Dated) -> None:
        auction = self._in(a, OPEN)
        if a["bid"] != len(auction.bids):
            self._fault(auction, f"bid {a['bid']} is out of order")
        bid = _Bid(a["participant"], a["group"], a["commitment"], held=a["amount"])
        self._take_place(auction, bid)
        self._expect(
            auction, a["bid"], None, bid.participant, TRADE, 0, bid.held + auction.terms.placeFee
        )

    def _take_place(self, auction: _Auction, bid: _Bid) -> None:
        known = self.parties.participants.get(bid.participant)
        if bid.group != (known.group if known is not None else 0):
            self._fault(auction, f"participant {bid.participant} is not in group {bid.group}")
        auction.bids.append(bid)
        mine = sum(other.bidder == bid.bidder for other in auction.bids)
        if mine > auction.terms.bidsEach or len(auction.bids) > auction.terms.maximumBids:
            self._fault(auction, f"participant {bid.participant} has {mine} bids")

    def _on_BidReplaced(self, a: Args, _: Dated) -> None:
        auction = self._in(a, OPEN)
        old = auction.bids[a["bid"]]
        if old.status != REVEALED or a["by"] != len(auction.bids):
            self._fault(auction, f"bid {a['bid']} gives way to {a['by']}")
        self.carried[auction.number] = old.held
        old.held, old.status, old.replaced = 0, REPLACED, True

    def _on_BidRevealed(self, a: Args, _: Dated) -> None:
        auction = self._in(a, OPEN)
        fee = 0
        if a["bid"] == len(auction.bids):
            held = self.carried.pop(auction.number, 0)
            self._take_place(auction, _Bid(a["participant"], a["group"], held=held))
            fee = auction.terms.placeFee
        bid = auction.bids[a["bid"]]
        due = a["held"] - bid.held + fee
        self._expect(auction, a["bid"], None, bid.participant, TRADE, 0, due)
        value = auction.value(a["lots"], a["tick"])
        if (
            bid.status != COMMITTED
            or (bid.participant, bid.group) != (a["participant"], a["group"])
            or a["tick"] < auction.reserve
            or a["held"] != max(bid.held, value)
            or a["lots"] % auction.terms.multiple
        ):
            self._fault(auction, f"bid {a['bid']} is revealed as {a['lots']} at {a['tick']}")
        if bid.commitment != ZERO_WORD and bid.held < rules.share_up(
            value, auction.terms.depositPpm
        ):
            self._fault(auction, f"bid {a['bid']} has too small a deposit")
        bid.tick, bid.lots, bid.held = a["tick"], a["lots"], a["held"]
        bid.status, bid.commitment = REVEALED, ZERO_WORD
        limit = rules.limit(auction.terms.limitLots, auction.terms.limitPpm, auction.volume)
        if limit is not None and _revealed(auction, bid.bidder) > limit:
            self._fault(auction, f"participant {bid.participant} bids for more than {limit}")

    def _on_BidRefused(self, a: Args, _: Dated) -> None:
        auction = self._in(a, OPEN)
        bid = auction.bids[a["bid"]]
        account = self.exchange.accounts[auction.terms.market, bid.participant]
        if bid.status != COMMITTED or not account.frozen:
            self._fault(auction, f"bid {a['bid']} is refused, its account is not frozen")
        bid.status, bid.commitment = REFUSED, ZERO_WORD

    def _on_CommitmentsEnded(self, a: Args, _: Dated) -> None:
        self._in(a, OPEN).draw_block = a["drawBlock"]

    def _on_SeedDrawn(self, a: Args, at: Dated) -> None:
        auction = self._in(a, OPEN)
        if (
            rules.secret_hash(a["secret"]) != auction.terms.seedCommitment
            or not auction.draw_block
            or at.time >= auction.terms.revealFrom
        ):
            self._fault(auction, "the seed is not from what was committed, or late")
        auction.seed = a["seed"]

    def _on_ReserveOpened(self, a: Args, _: Dated) -> None:
        self._in(a, OPEN).reserve = a["reserveTick"]

    # The price

    def _on_AuctionCounted(self, a: Args, _: Dated) -> None:
        auction = self._in(a, OPEN)
        auction.counted = (a["tick"], a["demand"])
        above = sum(bid.lots for bid in auction.wanted() if bid.tick >= a["tick"])
        if a["tick"] and above != a["demand"]:
            self._fault(auction, f"{a['demand']} counted down to {a['tick']}, not {above}")

    def _price(self, auction: _Auction) -> Price | None:
        terms = auction.terms
        return rules.clearing(auction.wanted(), auction.volume, auction.reserve, terms.minimumPpm)

    def _on_AuctionCleared(self, a: Args, at: Dated) -> None:
        auction = self._in(a, OPEN)
        price = auction.price = self._price(auction)
        auction.stage = CLEARED
        stated = (a["tick"], a["sold"], a["marginal"], a["rest"])
        if price is None:
            self._fault(auction, f"cleared at {stated}, but nothing can be sold")
            return
        if stated != (price.tick, price.sold, price.marginal, price.rest):
            self._fault(auction, f"cleared at {stated}, not {price}")
        if at.time < self.moved(auction.terms.revealUntil - 1) + 1 or not auction.reserve:
            self._fault(auction, "cleared before its time")
        if auction.undrawn:
            self._fault(auction, "cleared without the order of ties")
        if self._below_floor(auction, price):
            self._fault(auction, "cleared below its share of the exchange's price")
        self.shares[auction.number] = rules.shares(
            auction.wanted(), price, auction.terms.tie, auction.terms.multiple, auction.seed
        )

    def _below_floor(self, auction: _Auction, price: Price) -> bool:
        terms = auction.terms
        return auction.value(1, price.tick) * PPM < self._floor_price(auction) * int(terms.floorPpm)

    def _floor_price(self, auction: _Auction) -> int:
        """The exchange's price that the floor refers to; 0 without one."""
        terms, market = auction.terms, self.exchange.markets[auction.terms.market]
        least = rules.share_up(auction.volume, terms.floorVolumePpm)
        days = {**market.days}
        if market.volume:
            days[market.day] = market.volume, market.turnover
        return (
            rules.floor_price(days, market.local_day(terms.commitUntil), terms.floorDays, least)
            or 0
        )

    def _on_AuctionCancelled(self, a: Args, at: Dated) -> None:
        auction = self._in(a, ANNOUNCED, OPEN)
        lotless = auction.stage == ANNOUNCED and at.time >= auction.terms.commitFrom
        ends = auction.terms.revealFrom
        if auction.terms.form == rules.OPEN_BIDS:
            ends = auction.terms.commitUntil
        unsaid = not auction.reserve or auction.undrawn
        auction.returned = not lotless and (at.time < ends or unsaid)
        if not lotless and not auction.returned and auction.reserve:
            price = self._price(auction)
            if price is not None and not self._below_floor(auction, price):
                self._fault(auction, f"cancelled, but clears at {price}")
        auction.stage = CANCELLED

    def _on_BidsRanked(self, a: Args, _: Dated) -> None:
        auction = self._in(a, CLEARED)
        price = auction.cleared
        tied = [b for b in auction.wanted() if b.tick == price.tick]
        stated = auction.last_served = a["bid"], a["lots"]
        last = rules.last_served(tied, auction.seed or ZERO_WORD, price.rest)
        if stated != last:
            self._fault(auction, f"the last one served is {stated}, drawn {last}")

    # Settlement

    def _on_BidSettled(self, a: Args, _: Dated) -> None:
        auction = self._in(a, CLEARED, CANCELLED)
        bid = auction.bids[a["bid"]]
        lots, paid, forfeited = a["lots"], a["paid"], a["forfeited"]
        if not self._is_due(auction, a["bid"], lots, paid, forfeited):
            self._fault(auction, f"bid {a['bid']} got {lots} for {paid}, lost {forfeited}")
        held = bid.held + auction.terms.placeFee
        if held != paid + forfeited + a["refund"] or bid.participant != a["participant"]:
            self._fault(auction, f"bid {a['bid']} held {held}")
        bid.status = SETTLED
        auction.settled += 1
        auction.delivered += lots
        auction.proceeds += paid
        auction.forfeited += forfeited
        self._expect(auction, a["bid"], None, bid.participant, TRADE, lots, 0)
        self._expect(auction, a["bid"], bid.participant, None, TRADE, 0, a["refund"])

    def _is_due(self, auction: _Auction, number: int, lots: int, paid: int, forfeited: int) -> bool:
        bid, terms = auction.bids[number], auction.terms
        fee: int = 0 if auction.returned or bid.status == REFUSED else terms.placeFee
        if bid.status == COMMITTED:
            return (lots, paid, forfeited) == (0, 0, fee and fee + bid.held)
        if bid.status in (REFUSED, REPLACED) or auction.stage == CANCELLED:
            return (lots, paid, forfeited) == (0, 0, fee)
        won = self.shares.get(auction.number, {}).get(number, 0)
        tick = bid.tick if terms.pricing == rules.AS_BID else auction.cleared.tick
        short = rules.share_up(auction.value(won - lots, tick), terms.depositPpm)
        # Lots that a holding limit excludes cost the deposit's share; what a barred market keeps back may
        # cost nothing. No other obstacle keeps lots from a buyer who has room for them.
        over = {0} if lots == won else {short}
        if lots == 0 and self.exchange.markets[terms.market].barred:
            over.add(0)
        return (
            0 <= lots <= won
            and paid == auction.value(lots, tick)
            and forfeited - fee in over
            and lots % terms.multiple == 0
        )

    def _on_AuctionClosed(self, a: Args, _: Dated) -> None:
        auction = self._in(a, CLEARED, CANCELLED)
        unsold = auction.volume - auction.delivered
        stated = (a["delivered"], a["proceeds"], a["forfeited"], a["unsold"])
        own = (auction.delivered, auction.proceeds, auction.forfeited, unsold)
        left = [n for n, b in enumerate(auction.bids) if b.status != SETTLED]
        if stated != own or left:
            self._fault(auction, f"closed with {stated}, not {own}; open bids {left}")
        auction.stage = CLOSED
        auction.settled = len(auction.bids)
        terms = auction.terms
        kind = PROCEEDS if terms.proceeds == terms.seller else TRADE
        self._expect(auction, NO_REF, terms.proceeds, None, kind, 0, auction.proceeds)
        self._expect(auction, NO_REF, terms.forfeits, None, TRADE, 0, auction.forfeited)
        if terms.spread == 0:
            self._expect(auction, NO_REF, None, terms.seller, RETURN, unsold, 0)
        else:
            auction.unsold = unsold

    def _on_UnsoldCarried(self, a: Args, _: Dated) -> None:
        auction = self._in(a, CLOSED)
        auction.unsold -= a["lots"]
        self._in({"id": a["next"]}, ANNOUNCED, OPEN).volume += a["lots"]
        if auction.unsold < 0:
            self._fault(auction, "more is carried on than was unsold")

    def _on_UnsoldReturned(self, a: Args, at: Dated) -> None:
        auction = self._in(a, CLOSED)
        early = at.time < auction.terms.deliverFrom + CARRY_S
        if early or auction.unsold != a["lots"] or a["seller"] != auction.terms.seller:
            self._fault(auction, f"{a['lots']} returned, {auction.unsold} unsold")
        auction.unsold = 0
        self._expect(auction, NO_REF, None, a["seller"], RETURN, a["lots"], 0)

    # Comparison

    def invariants(self, tally: Tally) -> None:
        super().invariants(tally)
        for market in self.exchange.markets:
            held = self.exchange.accounts.get((market, self.house))
            mine = [a for a in self.auctions.values() if a.terms.market == market]
            lots, cash = sum(map(_lots_held, mine)), sum(map(_cash_held, mine))
            about = f"held for auctions in market {market}"
            tally.value(self.contract, f"lots {about}", lots, held.lots if held else 0)
            tally.value(self.contract, f"cash {about}", cash, held.cash if held else 0)

    def checks(self, now: int) -> Iterator[Check]:
        yield from super().checks(now)
        yield Check(self.contract, "auctionCount", (), len(self.auctions), "number of auctions")
        for (seller, market), consent in sorted(self.consents.items()):
            about = f"consent of {seller} in market {market}"
            yield Check(self.contract, "consentOf", (seller, market), consent, about)
        for number, auction in self.auctions.items():
            price = auction.price
            expected = {
                "stage": auction.stage,
                "returned": auction.returned,
                "volume": auction.volume,
                "bids": len(auction.bids),
                "tick": price.tick if price else 0,
                "marginal": price.marginal if price else 0,
                "rest": price.rest if price else 0,
                "marginalBids": price.bids if price else 0,
                "ranked": auction.last_served is not None,
                "lastBid": auction.last_served[0] if auction.last_served else 0,
                "lastLots": auction.last_served[1] if auction.last_served else 0,
                "unsold": auction.unsold,
                "reserve": auction.reserve,
                "drawn": auction.seed is not None,
                "seed": auction.seed or ZERO_WORD,
                "drawBlock": auction.draw_block,
                "delivered": auction.delivered,
                "proceeds": auction.proceeds,
                "forfeited": auction.forfeited,
            }
            if auction.stage == OPEN:
                expected["cursor"], expected["demand"] = auction.counted
            yield Check(self.contract, "auction", (number,), expected, f"auction {number}")
            for place, bid in enumerate(auction.bids):
                yield from self._bid_checks(number, place, bid)
            yield from self._sum_checks(auction)
            if auction.terms.floorPpm:
                about = f"price for the floor of auction {number}"
                yield Check(
                    self.contract, "floorPrice", (number,), self._floor_price(auction), about
                )

    def _bid_checks(self, number: int, place: int, bid: _Bid) -> Iterator[Check]:
        about = f"bid {place} of auction {number}"
        expected = {
            "participant": bid.participant,
            "group": bid.group,
            "tick": bid.tick,
            "lots": bid.lots,
            "held": bid.held,
            "status": bid.status,
        }
        yield Check(self.contract, "bidOf", (number, place), expected, about)
        yield Check(self.contract, "commitmentOf", (number, place), bid.commitment, about)

    def _sum_checks(self, auction: _Auction) -> Iterator[Check]:
        """Demand at each price, and places and lots of each bidder."""
        levels: dict[int, list[int]] = {}
        for bid in auction.bids:
            if bid.tick and not bid.replaced:
                level = levels.setdefault(bid.tick, [0, 0])
                level[0] += bid.lots
                level[1] += 1
        for tick, level in sorted(levels.items()):
            about = f"demand at {tick} in auction {auction.number}"
            yield Check(self.contract, "level", (auction.number, tick), tuple(level), about)
        for bidder in sorted({bid.bidder for bid in auction.bids}):
            places = sum(bid.bidder == bidder for bid in auction.bids)
            about = f"bids of participant and group {bidder} in auction {auction.number}"
            share = places, _revealed(auction, bidder)
            yield Check(self.contract, "shareOf", (auction.number, *bidder), share, about)


def _revealed(auction: _Auction, bidder: tuple[int, int]) -> int:
    """Lots that a participant or group bids for together."""
    mine = (bid for bid in auction.bids if bid.bidder == bidder)
    return sum(bid.lots for bid in mine if bid.tick and not bid.replaced)


def _lots_held(auction: _Auction) -> int:
    if auction.stage == CLOSED:
        return auction.unsold
    return auction.volume - auction.delivered


def _cash_held(auction: _Auction) -> int:
    if auction.stage == CLOSED:
        return 0
    fee: int = auction.terms.placeFee
    waiting = sum(bid.held + fee for bid in auction.bids if bid.status != SETTLED)
    return waiting + auction.proceeds + auction.forfeited
