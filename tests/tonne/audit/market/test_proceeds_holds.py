"""Holds of sellers' cash: the events tell all of it, and a hold above the proceeds is found."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit import reconcile
from tonne.audit.market.exchange import TRADE, ExchangeMarket
from tonne.audit.market.proceeds_holds import ABOVE_PROCEEDS, ProceedsHoldsReplay
from tonne.constants import DAY_S
from tonne.market.order_encoding import OrderRequest, Side
from tonne.types import account_id
from tonne.types.ids import MarketId

WHY = b"\1" * 32
HOUSE = 0xFFFF05
UNIT, MARKET, SELLER, BUYER = 7, 3, 5, 6
START = 1_000 * DAY_S
ACTIVE, LOCKED = 1, 2


@pytest.fixture
def holds():
    """The replay over a locked batch of which the seller has sold for 900, 500 of it yesterday."""
    market = ExchangeMarket(MARKET, UNIT, struct(utcQuarters=0))
    exchange = struct(markets={MARKET: market}, houses={"0xh": HOUSE}, settled={}, accounts={})
    replay = ProceedsHoldsReplay(exchange, struct(status={UNIT: LOCKED}), "0xh")
    feed(replay, sold(500, START - 1), sold(400, START))
    return replay


def account(participant):
    return account_id.pack(MARKET, participant)


def sold(cash, time):
    ends = {"from": account(SELLER), "to": account(BUYER)}
    return dated("Settled", time=time, kind=TRADE, lots=1, cash=cash, **ends)


def held(cash, since=START, until=START + 90 * DAY_S, number=1):
    args = {"unit": UNIT, "market": MARKET, "seller": SELLER, "cash": cash, "since": since}
    return dated("ProceedsHeld", time=START, id=number, until=until, **args)


def test_more_than_a_seller_got_is_a_finding(holds):
    feed(holds, held(400))
    assert (holds.faults, holds.findings) == ([], [])
    feed(holds, held(401, number=2))
    (finding,) = holds.findings
    assert (finding.code, holds.faults) == (ABOVE_PROCEEDS, [])
    assert finding.message == f"hold 2 is of 401 of participant {SELLER}, which got 400"


def test_sales_of_earlier_days_count_where_the_hold_says_so(holds):
    feed(holds, held(900, since=START - DAY_S))
    assert holds.findings == []


@pytest.mark.parametrize(
    "wrong", [{"until": START + 90 * DAY_S + 1}, {"until": START}, {"number": 2}]
)
def test_a_hold_out_of_bounds_or_order_is_found(holds, wrong):
    feed(holds, held(1, **wrong))
    assert len(holds.faults) == 1


def test_a_hold_of_a_batch_that_trades_is_found(holds):
    holds.credits.status[UNIT] = ACTIVE
    feed(holds, held(1))
    assert len(holds.faults) == 1


def test_a_hold_is_released_once_and_whole(holds):
    feed(holds, held(400))
    feed(holds, dated("ProceedsReleased", id=1, cash=399, actor="0x1", reason=WHY))
    feed(holds, dated("ProceedsReleased", id=1, cash=400, actor="0x1", reason=WHY))
    assert len(holds.faults) == 2


def test_the_audit_follows_a_hold_and_its_release(town):
    chain, people, market = town.chain, town.market.people, town.market
    order = OrderRequest(MarketId(market.credit_market), Side.BUY, 3_010, 100)
    chain.send(people["trader"], "Exchange", "place", order.pack())
    seller, office = market.participants["developer"], people["authority"]
    chain.send(office, "BatchDesk", "setLocked", market.credit, True, WHY)
    since = chain.now()
    most = chain.call("ProceedsHolds", "proceedsOf", market.credit, seller, since)
    assert most == 100 * 301_000
    chain.send(office, "ProceedsHolds", "hold", market.credit, seller, most, since, WHY)
    assert chain.call("ProceedsHolds", "holdOf", 1).cash == most
    _assert_holds(chain)
    chain.send(office, "ProceedsHolds", "release", 1, WHY)
    _assert_holds(chain)


def _assert_holds(chain):
    result = reconcile.audit(chain)
    assert result.differences == []
    assert ABOVE_PROCEEDS not in {finding.code for finding in result.findings}
