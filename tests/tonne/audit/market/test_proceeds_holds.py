"""Holds of sellers' cash: the events tell all of it, and a hold above the proceeds is found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, struct, tell
from tonne.audit import reconcile
from tonne.audit.market.exchange import PROCEEDS, TRADE, ExchangeMarket, ExchangeReplay
from tonne.audit.market.proceeds_holds import ABOVE_PROCEEDS, ProceedsHoldsReplay
from tonne.chain.reverts import ChainError
from tonne.constants import DAY_S
from tonne.market.order_encoding import OrderRequest, Side
from tonne.types import account_id
from tonne.types.ids import MarketId

WHY = b"\1" * 32
HOUSE, DESK = 0xFFFF05, 0xFFFF01
UNIT, MARKET, SELLER, BUYER = 2 << 96 | 7, 3, 5, 6
START = 1_000 * DAY_S
ACTIVE, LOCKED = 1, 2
OFFICER, OTHER = "0x1", "0x2"
FREEZE = 32


class Room:
    """The replays over a locked batch of which the seller has sold for 900, 500 of it yesterday."""

    def __init__(self):
        self.exchange = ExchangeReplay()
        self.exchange.markets[MARKET] = ExchangeMarket(MARKET, UNIT, struct(utcQuarters=0))
        self.exchange.houses = {"0xh": HOUSE, "0xd": DESK}
        self.holds = ProceedsHoldsReplay(self.exchange, struct(status={UNIT: LOCKED}), "0xh")
        self.feed(
            dated("UnitsDeposited", time=1, account=account(SELLER), wallet="0x5", lots=9),
            dated("CashDeposited", time=2, account=account(SELLER), wallet="0x5", amount=70),
            sold(500, START - 1),
            sold(400, START),
        )

    def feed(self, *events):
        tell([self.exchange, self.holds], *events)

    @property
    def faults(self):
        return [*self.holds.faults, *self.exchange.faults]


@pytest.fixture
def room():
    return Room()


def account(participant):
    return account_id.pack(MARKET, participant)


def settled(kind, giver, taker, lots, cash, time=START):
    ends = {"from": account(giver), "to": account(taker)}
    more = {"controller": "0xd", "ref": WHY}
    return dated("Settled", time=time, kind=kind, lots=lots, cash=cash, **ends, **more)


def sold(cash, time):
    return settled(TRADE, SELLER, BUYER, 1, cash, time)


def held(cash, since=START, until=START + 90 * DAY_S, number=1):
    args = {"unit": UNIT, "market": MARKET, "seller": SELLER, "cash": cash, "since": since}
    return dated("ProceedsHeld", time=START, id=number, until=until, officer=OFFICER, **args)


def released(cash, actor=OTHER, time=START, number=1):
    return dated("ProceedsReleased", time=time, id=number, cash=cash, actor=actor, reason=WHY)


def test_more_than_a_seller_got_is_a_finding(room):
    room.feed(held(400))
    assert (room.faults, room.holds.findings) == ([], [])
    room.feed(held(401, number=2))
    (finding,) = room.holds.findings
    assert (finding.code, room.faults) == (ABOVE_PROCEEDS, [])
    assert finding.message == f"hold 2 is of 401 of participant {SELLER}, which got 400"


def test_sales_before_count_where_the_hold_says_so(room):
    room.feed(held(900, since=START - 1))
    assert room.holds.findings == []


def test_what_an_auction_pays_a_seller_is_a_sale(room):
    room.feed(settled(PROCEEDS, SELLER, DESK, 0, 50), held(450))
    assert room.holds.findings == []


@pytest.mark.parametrize("lots", [0, 3])
def test_what_comes_back_of_a_bid_or_is_bought_is_no_sale(room, lots):
    """Cash that a desk gives back for no lots; lots that the seller pays for."""
    ends = (SELLER, DESK) if not lots else (BUYER, SELLER)
    room.feed(settled(TRADE, *ends, lots, 50), held(401))
    (finding,) = room.holds.findings
    assert finding.code == ABOVE_PROCEEDS


@pytest.mark.parametrize(
    "wrong", [{"until": START + 90 * DAY_S + 1}, {"until": START}, {"number": 2}]
)
def test_a_hold_out_of_bounds_or_order_is_found(room, wrong):
    room.feed(held(1, **wrong))
    assert len(room.faults) == 1


def test_a_hold_of_a_batch_that_trades_is_found(room):
    room.holds.credits.status[UNIT] = ACTIVE
    room.feed(held(1))
    assert len(room.faults) == 1


def test_a_hold_is_released_in_parts_and_no_more(room):
    room.feed(held(400), released(399), released(2))
    assert len(room.faults) == 1
    assert room.holds.holds[1].cash == -1


def test_a_release_by_the_office_that_holds_is_found(room):
    room.feed(held(400), released(1, OFFICER))
    assert len(room.faults) == 1
    room.feed(released(1, OFFICER, time=START + 91 * DAY_S))
    room.holds.credits.status[UNIT] = ACTIVE
    room.feed(released(1, OFFICER))
    assert len(room.faults) == 1


def test_a_mark_states_what_the_seller_got(room):
    marked = {"market": MARKET, "seller": SELLER}
    room.feed(dated("ProceedsMarkSet", time=START, net=0, settled=900, **marked))
    assert room.faults == []
    room.feed(dated("ProceedsMarkSet", time=START, net=1, settled=900, **marked))
    room.feed(dated("ProceedsMarkSet", time=START, net=0, settled=899, **marked))
    assert len(room.faults) == 2
    other = {"market": MARKET, "seller": BUYER}  # whose cash is not counted
    room.feed(dated("ProceedsMarkSet", time=START, net=-900, settled=0, **other))
    assert len(room.faults) == 3


def test_the_audit_follows_a_hold_and_its_release(town):
    chain, people, market = town.chain, town.market.people, town.market
    order = OrderRequest(MarketId(market.credit_market), Side.BUY, 3_010, 100)
    chain.send(people["trader"], "Exchange", "place", order.pack())
    seller, office = market.participants["developer"], people["authority"]
    chain.send(office, "BatchDesk", "setLocked", market.credit, True, WHY)
    since = chain.now() - 30 * DAY_S
    most = chain.call("ProceedsHolds", "proceedsOf", market.credit, seller, since)
    assert most == 100 * 301_000
    chain.send(office, "ProceedsHolds", "hold", market.credit, seller, most, since, WHY)
    assert chain.call("ProceedsHolds", "holdOf", 1).cash == most
    _assert_holds(chain)
    for who, act in (
        ("trader", ("mark", market.credit, seller)),
        ("authority", ("release", 1, 1, WHY)),
    ):
        with pytest.raises(ChainError):  # marked by the hold; by the office that holds
            chain.send(people[who], "ProceedsHolds", *act)
    chain.send(office, "Schemes", "grantOffice", people["trader"].address, 1, 0, FREEZE)
    chain.send(people["trader"], "ProceedsHolds", "release", 1, most - 1, WHY)
    _assert_holds(chain)
    chain.set_time(chain.now() + DAY_S)
    chain.send(people["trader"], "ProceedsHolds", "mark", market.credit, seller)
    _assert_holds(chain)


def _assert_holds(chain):
    result = reconcile.audit(chain)
    assert result.differences == []
    assert ABOVE_PROCEEDS not in {finding.code for finding in result.findings}
