"""Settlement of a day on a real chain: rebuilt from events, and every act left out or altered is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.tonne.power.deliveries import PER_DAY, Deliveries
from tonne.audit import reconcile
from tonne.audit.market_replay import MarketReplay
from tonne.audit.replay.compare import Difference, Tally, compare
from tonne.audit.replay.events import Dated, pin, read

ROOM = "PowerSettlement"

EVENTS = (
    *("AreaSet", "OwnerJoined", "MemberJoined", "BondChanged", "RunPosted", "RunFailed"),
    "AccountEnrolled",
    *("PaymentsPosted", "PaymentsDropped", "PaymentsFailed", "ChunkPaid", "OperatorPaid"),
    *(
        "LineAsked",
        "LineAnswered",
        "MeterEntered",
        "ReadingAsked",
        "ReadingAnswered",
        "LineDoubted",
        "LineProved",
        "DayTaken",
        "DayClosed",
        "BondsCarried",
        "RewardKept",
        "RewardPaid",
    ),
)

#: Event, which one of its kind, field (or part of a struct, or number in a list), what is added to it.
ALTERED = (
    *(("AreaSet", 0, f"terms.{name}", 1) for name in ("fromInterval", "operator", "feeImport")),
    *(("AreaSet", 0, f"terms.{name}", 1) for name in ("feeExport", "spreadPpm")),
    ("AreaSet", 0, "node", 1),
    *(("OwnerJoined", 0, name, 1) for name in ("node", "owner", "since")),
    *(("MemberJoined", 0, name, 1) for name in ("node", "account", "since")),
    *(("AccountEnrolled", 0, name, 1) for name in ("node", "interval", "account")),
    *(("BondChanged", i, name, 1) for i in (0, 1, -1) for name in ("bond", "by", "poster")),
    *(("RunPosted", 0, name, 1) for name in ("node", "interval", "poster")),
    *(("RunPosted", 0, f"totals.{name}", 1) for name in ("sums", "count", "soldWh", "boughtWh")),
    *(("RunPosted", 0, f"totals.{name}", 1) for name in ("chargedWh", "longWh", "shortWh")),
    *(("RunPosted", 0, f"totals.{name}", 1) for name in ("importWh", "exportWh", "net", "fees")),
    *(("RunPosted", 0, f"totals.{name}", 1) for name in ("due", "surplus", "rounding")),
    *(("RunFailed", 0, name, 1) for name in ("node", "interval", "wronged")),
    *(("PaymentsPosted", i, "words.0", 1 << 40) for i in (0, -1)),
    *(("PaymentsPosted", -1, name, 1) for name in ("node", "day", "poster", "first")),
    *(("PaymentsDropped", i, name, 1) for i in (0, 1) for name in ("node", "day")),
    *(("PaymentsFailed", 0, name, 1) for name in ("node", "day", "wronged")),
    *(("ChunkPaid", 0, name, 1) for name in ("node", "day", "index")),
    *(("OperatorPaid", 0, name, 1) for name in ("node", "day", "payee", "amount")),
    *(("LineAsked", 0, name, 1) for name in ("node", "interval", "account", "deadline")),
    *(("LineAnswered", 0, name, 1) for name in ("node", "interval", "account")),
    *(("MeterEntered", 0, name, 1) for name in ("node", "meter", "owner", "since")),
    *(("ReadingAsked", 0, name, 1) for name in ("node", "interval", "meter", "deadline")),
    *(("ReadingAnswered", 0, name, 1) for name in ("node", "interval", "meter")),
    *(("DayTaken", 0, name, 1) for name in ("node", "day", "by", "until")),
    *(("DayClosed", 0, name, 1) for name in ("node", "day")),
    *(("BondsCarried", 0, name, 1) for name in ("node", "day", "to", "amount")),
    *(("BondChanged", -3, name, 1) for name in ("bond", "by", "poster")),
    *(("RewardKept", 0, name, 1) for name in ("node", "interval", "account", "amount")),
    *(("RewardPaid", 0, name, 1) for name in ("node", "interval", "account", "amount")),
    *(("LineDoubted", 0, name, 1) for name in ("node", "interval", "account", "deadline")),
    *(("LineProved", 0, name, 1) for name in ("node", "interval", "account")),
)


class Told:
    """A market's events, as they are or as somebody would have them."""

    def __init__(self, story: Deliveries) -> None:
        self.chain = story.chain
        self.head = pin(self.chain)
        parts = read(self.chain, 0, self.head, [])
        self.events = [event for _, events in parts for event in events]

    def tally(self, events: Sequence[Dated]) -> Tally:
        replay = MarketReplay(self.chain)
        replay.feed(list(events))
        tally = Tally()
        replay.invariants(tally)
        compare(self.chain, list(replay.settlement.checks(0)), self.head.number, tally)
        return tally

    def differences(self, name: str, which: int, change: Callable) -> list[Difference]:
        places = [i for i, e in enumerate(self.events) if _is(e, name)]
        place = places[which]
        kept = change(self.events[place])
        events = [*self.events[:place], *([kept] if kept else []), *self.events[place + 1 :]]
        return [d for d in self.tally(events).differences if d.contract == ROOM]


def _is(dated: Dated, name: str) -> bool:
    return dated.event.name == name and dated.event.contract == ROOM


def _put(dated: Dated, path: str, change: Callable) -> Dated:
    """An event with one of its values, maybe inside a struct or a list, changed."""
    args = dated.event.args
    name, _, inner = path.partition(".")
    value = args[name]
    if inner.isdigit():
        value = [change(item) if i == int(inner) else item for i, item in enumerate(value)]
    elif inner == "blocks":
        value = value._replace(blocks=[change(block) for block in value.blocks])
    elif inner:
        value = value._replace(**{inner: change(getattr(value, inner))})
    else:
        value = change(value)
    return replace(dated, event=replace(dated.event, args={**args, name: value}))


def _changed(dated: Dated, path: str, by: int) -> Dated:
    return _put(dated, path, lambda value: value + by)


def _other(dated: Dated, path: str) -> Dated:
    return _put(dated, path, lambda _: bytes(31) + b"\1")


def _not(dated: Dated, path: str) -> Dated:
    return _put(dated, path, lambda flag: not flag)


@pytest.fixture
def story(town):
    told = Deliveries(town)
    told.tell()
    return told


def test_settlement_is_told_by_its_events(story):
    whole = reconcile.audit(story.chain)
    assert whole.differences == []
    # 96 intervals of three values, a day, its list with a chunk, terms, members, a bond, requests.
    assert whole.compared[ROOM] >= 96 * 3 + 8 + 8 + 1 + 5 + 3 + 3 + 2 * 4


def test_an_event_left_out_or_altered_is_found(story):
    told = Told(story)
    assert told.tally(told.events).differences == []
    unseen = []
    for name in EVENTS:
        count = sum(_is(event, name) for event in told.events)
        assert count, name
        for which in {0, count // 2, count - 1}:
            if not told.differences(name, which, lambda _: None):
                unseen.append((name, which))
    for name, which, path, by in ALTERED:
        if not told.differences(name, which, lambda e, p=path, b=by: _changed(e, p, b)):
            unseen.append((name, which, path))
    for name, path in (
        *(("RunPosted", f"totals.{part}") for part in ("lines", "meterRoot")),
        *(("LineAsked", part) for part in ("x", "y")),
        *(("ReadingAsked", part) for part in ("x", "y")),
        *(("LineAnswered", f"answer.{part}") for part in ("x", "blocks")),
        *(("ReadingAnswered", f"answer.{part}") for part in ("x", "word")),
    ):
        if not told.differences(name, -1, lambda e, p=path: _other(e, p)):
            unseen.append((name, path))
    for name, path in (
        ("PaymentsPosted", "complete"),
        ("LineAsked", "byKey"),
        ("LineAnswered", "byKey"),
        ("LineAnswered", "answer.odd"),
        ("ReadingAnswered", "answer.odd"),
    ):
        if not told.differences(name, -1, lambda e, p=path: _not(e, p)):
            unseen.append((name, path))
    assert unseen == []


@pytest.mark.parametrize("by", [1, 40 * PER_DAY])
def test_an_enrolment_that_the_contract_would_refuse_is_found(story, by):
    """Once more for a later interval, or of one whose bids are still to come."""
    told = Told(story)
    forged = _changed(next(e for e in told.events if _is(e, "AccountEnrolled")), "interval", by)
    replay = MarketReplay(told.chain)
    replay.feed([*told.events, replace(told.events[-1], event=forged.event)])
    assert [fault for fault in replay.settlement.faults if "enrolled at node" in fault]


def test_the_ledger_tells_what_settlement_did(story):
    """A bond, its loss and each payment: words of the ledger that are left out or of other amounts."""
    told = Told(story)
    desk = told.chain[ROOM].address
    mine = [i for i, e in enumerate(told.events) if e.event.args.get("by") == desk]
    changes = {"AccountsSettled": ("words.0", 1 << 32), "CreditsAwarded": ("amount", 1)}
    assert {told.events[i].event.name for i in mine} == set(changes)
    unseen = []
    for place in mine:
        event = told.events[place]
        for kept in ([], [_changed(event, *changes[event.event.name])]):
            tally = told.tally([*told.events[:place], *kept, *told.events[place + 1 :]])
            if not any(d.contract == ROOM for d in tally.differences):
                unseen.append((event.event.name, place, kept))
    assert unseen == []


def test_a_buyer_and_its_seller_left_out_alike_are_found(town):
    """What is scheduled to leave is the same without them, so the chain takes the run until it is shown."""
    told = Deliveries(town)
    told.open()
    told.trade(told.first)
    told.read()
    told.book()
    told.post(told.intervals[:1], omitted=True)
    found = reconcile.audit(told.chain).differences
    assert [(d.contract, d.expected, d.found) for d in found] == [(ROOM, (1_000, 1_000), (0, 0))]
    told.dispute_totals(told.first)
    told.post(told.intervals[:1])
    assert reconcile.audit(told.chain).differences == []


def test_a_reward_is_kept_until_the_next_run_pays_it(town):
    told = Deliveries(town)
    told.open()
    told.trade(told.first)
    told.read()
    told.book()
    told.post(told.intervals[:1], omitted=True)
    told.dispute_contracts()
    assert reconcile.audit(told.chain).differences == []
    kept = told.chain.call(ROOM, "intervalOf", 0, told.first)
    assert kept[0] == 0
    assert kept[2] > 0
    told.post(told.intervals[:1])
    assert reconcile.audit(told.chain).differences == []
