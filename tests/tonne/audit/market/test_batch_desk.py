"""Locks and suspensions at the desk, and a batch that traded although it was barred."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit import reconcile
from tonne.audit.market.batch_desk import TRADED_BARRED, BatchDeskReplay
from tonne.audit.market.exchange import HOLD, RETURN, TRADE, ExchangeMarket
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.events import read
from tonne.market.order_encoding import OrderRequest, Side
from tonne.types import account_id
from tonne.types.ids import MarketId

WHY = b"\1" * 32
DESK = "0xde"
UNIT, MARKET, TRADER = 7, 3, 5
PART = 8  # set apart from it, in no market
ACTIVE, LOCKED, INVALIDATED = 1, 2, 3


@pytest.fixture
def desk():
    """The desk's replay over a batch in a market, both as the test says."""
    credits = struct(status={UNIT: LOCKED}, desk=DESK)
    projects = struct(projects={1: {"status": 3}}, desk=DESK)
    market = ExchangeMarket(MARKET, UNIT, struct(), barred=True)
    issuance = struct(outcomes={})
    replay = BatchDeskReplay(credits, issuance, projects, struct(markets={MARKET: market}), DESK)
    replay.causes = {UNIT: 1}
    return replay


def faults(desk):
    tally = Tally()
    desk.invariants(tally)
    return [str(difference.about) for difference in tally.differences]


def test_a_batch_is_locked_exactly_while_it_has_a_cause_and_its_market_barred(desk):
    assert faults(desk) == []
    desk.causes = {}
    assert faults(desk) == [f"a cause locks batch {UNIT:#x}"]
    desk.credits.status[UNIT] = ACTIVE
    assert faults(desk) == [f"bar of market {MARKET}"]


def test_a_part_that_does_not_follow_its_source_is_found(desk):
    about = f"batch {PART:#x} follows the one it was set apart from"
    desk.issuance.outcomes = {PART: {"source": UNIT}}
    desk.credits.status[PART], desk.causes[PART] = LOCKED, 4
    assert faults(desk) == []
    desk.causes[PART] = 2  # locked, by another cause alone
    assert faults(desk) == [about]
    desk.credits.status[UNIT] = INVALIDATED
    assert faults(desk) == [about]
    desk.credits.status[PART] = INVALIDATED
    assert faults(desk) == []
    desk.credits.status |= {UNIT: ACTIVE, PART: LOCKED}
    desk.causes = {PART: 4}
    assert about in faults(desk)


def test_another_desk_is_found(desk):
    desk.credits.desk, desk.projects.desk = "0xad", None
    assert faults(desk) == ["desk of the credits", "desk of the projects"]


def test_causes_that_do_not_change_or_that_are_none_are_found(desk):
    feed(desk, dated("LockCausesChanged", id=UNIT, causes=1, actor="0x1", reason=WHY))
    feed(desk, dated("LockCausesChanged", id=UNIT, causes=8, actor="0x1", reason=WHY))
    assert len(desk.faults) == 2
    feed(desk, dated("LockCausesChanged", id=UNIT, causes=3, actor="0x1", reason=WHY))
    assert (len(desk.faults), desk.causes) == (2, {UNIT: 3})


def test_a_suspension_that_the_register_does_not_have_is_found(desk):
    feed(desk, dated("SuspensionCarried", project=1, actor="0x1", suspended=True, next=0))
    assert desk.faults == []
    feed(desk, dated("SuspensionCarried", project=1, actor="0x1", suspended=False, next=0))
    assert desk.faults == ["suspension of project 1 is carried wrongly"]


def settled(kind, lots):
    account = account_id.pack(MARKET, TRADER)
    return dated("Settled", kind=kind, lots=lots, to=account, controller="0xb1", cash=0)


def test_lots_of_a_barred_batch_that_were_settled_are_a_finding(desk):
    feed(desk, settled(RETURN, 9), settled(TRADE, 0))
    assert desk.findings == []
    feed(desk, settled(TRADE, 9), settled(HOLD, 4))
    assert [finding.code for finding in desk.findings] == [TRADED_BARRED] * 2
    assert str(desk.findings[0]).endswith(
        f"9 lots of batch {UNIT:#x} were settled by 0xb1 in market {MARKET}"
        " while the batch was locked"
    )
    desk.credits.status[UNIT] = ACTIVE
    feed(desk, settled(TRADE, 9))
    assert len(desk.findings) == 2


def _trade(town):
    """The trader takes a part of the developer's offer."""
    market = town.market.credit_market
    order = OrderRequest(MarketId(market), Side.BUY, 3_010, 10)
    town.chain.send(town.market.people["trader"], "Exchange", "place", order.pack())


def traded(result):
    return [finding for finding in result.findings if finding.code == TRADED_BARRED]


def test_a_locked_batch_that_traded_is_a_finding_of_the_audit(town, monkeypatch):
    """The fill is real; the history told to the audit has the lock before it."""
    chain, people, unit = town.chain, town.market.people, town.market.credit
    _trade(town)
    chain.send(people["authority"], "BatchDesk", "setLocked", unit, True, WHY)
    told = reconcile.audit(chain)
    assert told.differences == [] and traded(told) == []

    def lock_first(*args, **kwargs):
        batches = list(read(*args, **kwargs))
        all_events = [at for _, events in batches for at in events]
        fill = next(i for i, at in enumerate(all_events) if at.event.name == "OrdersFilled")
        tx = next(at.event.tx_hash for at in all_events if at.event.name == "LockCausesChanged")
        lock = [at for at in all_events if at.event.tx_hash == tx]
        rest = [at for at in all_events if at.event.tx_hash != tx]
        yield sum(blocks for blocks, _ in batches), [*rest[:fill], *lock, *rest[fill:]]

    monkeypatch.setattr(reconcile, "read", lock_first)
    found = reconcile.audit(chain)
    assert not found.sound
    (finding,) = traded(found)
    assert "filled on the book" in finding.message
