"""Auctions on a real small market: the events tell all of it, and nothing else fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tests.tonne.audit.forging import auditing, unseen
from tonne.audit.market.auction import CLEARED, REVEALED, AuctionReplay, _Auction, _Bid
from tonne.audit.replay.contract_replay import FAULTS
from tonne.market import auction_rules as rules
from tonne.types.ids import ParticipantId

HOUR = 3_600
SALT = b"\x05" * 32
SECRET = b"\x06" * 32
NOTICE = b"\x07" * 32


class _House:
    """Auctions in the small named market, step by step."""

    def __init__(self, town):
        self.chain, self.market = town.chain, town.market.market
        self.people, self.numbers = town.market.people, town.market.participants
        self.house = self.chain["Auction"]

    def send(self, who, function, *args):
        return self.chain.send(self.people[who], "Auction", function, *args)

    def at(self, moment):
        self.chain.set_time(moment)

    def terms(self, start, **others):
        return rules.AuctionTerms(
            self.market,
            self.numbers["east"],
            **{
                "proceeds": self.numbers["authority"],
                "forfeits": self.numbers["exchange"],
                "lots": 1_000,
                "multiple": 100,
                "tie": rules.RANDOM,
                "commitFrom": start,
                "commitUntil": start + HOUR,
                "revealFrom": start + 2 * HOUR,
                "revealUntil": start + 3 * HOUR,
                "deliverFrom": start + 4 * HOUR,
                "seedCommitment": rules.secret_hash(SECRET),
                **others,
            },
        )

    def announce(self, terms):
        self.send("authority", "announce", terms.as_tuple(), NOTICE)
        return self.chain.call(self.house, "auctionCount")

    def commit(self, number, who, tick, lots, deposit):
        args = (number, self.numbers[who], tick, lots, SALT)
        hashed = rules.bid_hash(self.chain.chain_id, self.house.address_bytes, *args)
        self.send(who, "commit", number, hashed, deposit)

    def reveal(self, number, bid, tick, lots):
        self.send("north", "reveal", number, bid, tick, lots, SALT)

    def draw(self, number):
        self.send("authority", "endCommitments", number)
        self.send("authority", "drawSeed", number, SECRET)


def _sealed(house: _House, start: int) -> None:
    """Three bids tied for what a higher one leaves, one never revealed; ranked in two calls."""
    number = house.announce(house.terms(start, limitPpm=800_000))
    house.send("east", "open", number)
    house.at(start)
    house.commit(number, "north", 4_900, 400, 20_000_000)
    house.commit(number, "north", 4_800, 300, 14_400_000)
    house.commit(number, "trader", 4_800, 300, 200_000_000)
    house.commit(number, "trader", 4_800, 400, 19_200_000)
    house.commit(number, "trader", 4_700, 100, 5_000_000)
    house.at(start + HOUR)
    house.draw(number)
    house.at(start + 2 * HOUR)
    for bid, (tick, lots) in enumerate([(4_900, 400), (4_800, 300), (4_800, 300), (4_800, 400)]):
        house.reveal(number, bid, tick, lots)
    house.at(start + 3 * HOUR)
    house.send("north", "clear", number, 1)
    house.send("north", "clear", number, 10)
    seed = house.chain.call(house.house, "auction", number)
    tied = [rules.Wanted(1, 4_800, 300), rules.Wanted(2, 4_800, 300), rules.Wanted(3, 4_800, 400)]
    last, _ = rules.last_served(tied, seed.seed, 600)
    house.send("trader", "rank", number, last, 2)
    house.send("trader", "rank", number, last, 200)
    house.at(start + 4 * HOUR)
    house.send("north", "settle", number, 2)
    house.send("north", "settle", number, 200)


def _one_way(house: _House, start: int) -> None:
    """Open bids, one of them raised, each pays its own; the seller is paid, and others bring its lots."""
    terms = house.terms(
        start,
        proceeds=house.numbers["east"],
        form=rules.OPEN_BIDS,
        tie=rules.TIME,
        pricing=rules.AS_BID,
        minimumPpm=0,
        reserveTick=4_500,
        revealFrom=start + HOUR,
        revealUntil=start + HOUR,
        deliverFrom=start + HOUR,
    )
    house.send("north", "setConsent", house.market, 7, 0)
    house.send("east", "setConsent", house.market, 1_500, 450_000)
    number = house.announce(terms)
    house.send("north", "open", number)
    house.at(start)
    house.send("north", "place", number, 4_600, 600, rules.NO_BID)
    house.send("trader", "place", number, 4_600, 300, rules.NO_BID)
    house.send("trader", "place", number, 4_650, 600, 1)
    house.at(start + HOUR)
    house.send("north", "clear", number, 10)
    house.send("north", "settle", number, 200)


def _failed(house: _House, start: int) -> None:
    """Nobody bids; the lots go on to the next auction, which is called off; some are left there."""
    number = house.announce(
        house.terms(start, spread=1, floorPpm=900_000, floorDays=3, floorVolumePpm=1_000)
    )
    house.send("east", "open", number)
    later = house.announce(house.terms(start + 30 * HOUR))
    house.send("east", "open", later)
    house.at(start + 3 * HOUR)
    house.send("north", "clear", number, 10)
    house.send("north", "settle", number, 0)
    house.send("authority", "carry", number, [later])
    house.at(start + 30 * HOUR)
    house.commit(later, "north", 4_800, 300, 14_400_000)
    house.send("authority", "cancel", later, b"\x01" * 32)
    house.send("north", "settle", later, 200)


def _half_way(house: _House, start: int) -> None:
    """One that is still taking bids."""
    secret = rules.reserve_hash(4_500, SALT)
    number = house.announce(house.terms(start, reserveCommitment=secret))
    house.send("east", "open", number)
    house.at(start)
    house.commit(number, "north", 4_800, 300, 14_400_000)


@pytest.fixture
def busy(town, monkeypatch):
    """The market after three auctions and a half."""
    house = _House(town)
    east = house.people["east"]
    args = (east, house.chain["Exchange"], town.market.allowance, 50_000, b"")
    house.chain.send(east, "Allowances", "safeTransferFrom", *args)
    for acts in (_sealed, _one_way, _failed, _half_way):
        acts(house, house.chain.now() + HOUR)

    return auditing(town.chain, monkeypatch)


def test_auctions_are_told_by_their_events(busy):
    found = busy()
    assert found.differences == []
    assert found.compared["Auction"] >= 150


@pytest.mark.parametrize(
    "name",
    [
        *("AuctionAnnounced", "AuctionOpened", "BidCommitted", "BidRevealed", "BidReplaced"),
        *("CommitmentsEnded", "SeedDrawn", "AuctionCleared", "BidsRanked", "BidSettled"),
        *("AuctionClosed", "AuctionCancelled", "UnsoldCarried"),
    ],
)
def test_an_event_left_out_is_found(busy, name):
    assert unseen(busy, [name], []) == []


@pytest.mark.parametrize(
    "name, field, delta",
    [
        ("ConsentSet", "lots", 1),
        ("ConsentSet", "leastPrice", 1),
        ("AuctionOpened", "volume", 100),
        ("BidCommitted", "amount", 1),
        ("BidCommitted", "participant", 1),
        ("BidCommitted", "group", 1),
        ("BidRevealed", "tick", 1),
        ("BidRevealed", "lots", 100),
        ("BidRevealed", "held", 1),
        ("AuctionCleared", "tick", 1),
        ("AuctionCleared", "rest", 100),
        ("AuctionCleared", "sold", 100),
        ("BidsRanked", "bid", 1),
        ("BidsRanked", "lots", 100),
        ("BidSettled", "lots", 100),
        ("BidSettled", "paid", 1),
        ("BidSettled", "forfeited", 1),
        ("BidSettled", "refund", 1),
        ("AuctionClosed", "proceeds", 1),
        ("AuctionClosed", "unsold", 100),
        ("UnsoldCarried", "lots", 100),
    ],
)
def test_a_value_that_is_off_is_found(busy, name, field, delta):
    assert unseen(busy, [], [(name, field, delta)]) == []


def test_a_drawing_that_was_not_followed_is_found(busy):
    """Another bid is served last."""

    def forge(event):
        if event.event.name != "BidsRanked":
            return event
        args = {**event.event.args, "bid": 1 + event.event.args["bid"] % 3}
        return replace(event, event=replace(event.event, args=args))

    assert FAULTS in {d.about for d in busy(forge).differences}


@pytest.mark.parametrize(
    "barred, lots, forfeited, is_due",
    [
        (False, 100, 0, True),
        (False, 0, 0, False),  # won, not delivered, and nothing lost: the forgery
        (False, 0, 50, True),  # a tenth of the price, by a holding limit
        (False, 60, 20, True),
        (False, 60, 0, False),
        (True, 0, 0, True),
        (True, 0, 50, True),
        (True, 60, 0, False),
    ],
)
def test_lots_that_were_won_are_lost_for_nothing_in_a_barred_market_alone(
    barred, lots, forfeited, is_due
):
    exchange = struct(markets={3: struct(barred=barred)}, houses={})
    replay = AuctionReplay(exchange, struct(), "0xau")
    terms = struct(
        market=3, placeFee=1, tickSize=1, multiple=10, depositPpm=100_000, pricing=rules.AS_BID
    )
    bid = _Bid(ParticipantId(5), tick=5, lots=100, held=500, status=REVEALED)
    replay.auctions[1] = _Auction(1, terms, stage=CLEARED, volume=100, bids=[bid])
    replay.shares = {1: {0: 100}}
    told = {"id": 1, "bid": 0, "participant": 5, "lots": lots, "paid": lots * 5}
    refund = 500 - lots * 5 - forfeited
    feed(replay, dated("BidSettled", **told, forfeited=forfeited + 1, refund=refund))
    assert (replay.faults == []) is is_due
