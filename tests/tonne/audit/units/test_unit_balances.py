"""Conservation of units, order of serials, certificates, and counting of differences."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.compliance.retirement_registry import ClaimsReplay
from tonne.audit.replay.compare import Check, Tally, compare
from tonne.audit.replay.currency import ZERO, CurrencyReplay
from tonne.audit.units.unit_balances import RETIRED, SURRENDERED, UnitsReplay

A, B, UNIT = "0xa", "0xb", 7


def _moved(source, target, amount):
    return dated("TransferSingle", **{"from": source, "to": target, "id": UNIT, "value": amount})


def _exited(amount, kind=SURRENDERED, ref=b"r"):
    return dated("UnitsExited", id=UNIT, amount=amount, kind=kind, ref=ref)


def _issued(amount):
    return [_moved(ZERO, A, amount), dated("UnitsIssued", id=UNIT, amount=amount, evidence=b"")]


def _faults(room) -> list[str]:
    tally = Tally()
    room.internal(tally)
    return [difference.about for difference in tally.differences]


def test_what_was_issued_is_held_or_has_left():
    room = UnitsReplay("Allowances", "0x1")
    feed(room, *_issued(100), _moved(A, B, 30), _moved(B, ZERO, 10), _exited(10))

    assert _faults(room) == []
    assert room.balances[A, UNIT] == 70 and room.balances[B, UNIT] == 20
    told = {c.about: c.expected for c in room.checks()}
    assert told["balances"] == [70, 20]
    assert told["unit 0x7 supply"] == 90
    assert told[f"unit 0x7 exit {SURRENDERED}"] == 10


@pytest.mark.parametrize(
    "events, fault",
    [
        ([*_issued(100), _moved(A, ZERO, 10)], "burnt"),
        ([*_issued(100), _exited(10)], "burnt"),
        ([_moved(ZERO, A, 100)], "minted"),
        ([dated("UnitsIssued", id=UNIT, amount=1, evidence=b"")], "conserved"),
        ([*_issued(100), _moved(B, A, 1)], "negative balances"),
    ],
    ids=["burnt without exit", "exit without burn", "minted only", "issued only", "from nothing"],
)
def test_a_missing_half_is_found(events, fault):
    room = feed(UnitsReplay("Allowances", "0x1"), *events)
    assert any(fault in about for about in _faults(room))


def test_the_currency_is_conserved():
    room = feed(
        CurrencyReplay(),
        dated("Transfer", **{"from": ZERO, "to": A, "value": 50}),
        dated("Transfer", **{"from": A, "to": B, "value": 20}),
        dated("Transfer", **{"from": B, "to": ZERO, "value": 5}),
    )
    assert (room.balances[A], room.balances[B], room.supply) == (30, 15, 45)
    assert _faults(room) == []


# Claims


def _retired(certificate, *blocks, amount=10):
    named = [struct(registry=1, series=1, first=a, last=b) for a, b in blocks]
    claim = struct(periodStart=1, periodEnd=2, country=156)
    return dated(
        "UnitsRetired", certificate=certificate, id=UNIT, amount=amount, blocks=named, claim=claim
    )


def _claims(*events, left):
    units = feed(UnitsReplay("OffsetCredits", "0x1"), _exited(left, RETIRED))
    return _faults(feed(ClaimsReplay([units]), *events))


def test_certificates_name_each_serial_once():
    assert _claims(_retired(1, (1, 10)), _retired(2, (11, 20)), left=20) == []


def test_a_serial_named_twice_is_found():
    found = _claims(_retired(1, (1, 10)), _retired(2, (10, 19)), left=20)
    assert found == ["serials of (1, 1) named twice"]


def test_a_serial_inside_a_longer_block_is_found():
    found = _claims(_retired(1, (1, 100), amount=100), _retired(2, (2, 3)), left=110)
    assert found == ["serials of (1, 1) named twice"]


def test_a_serial_far_inside_a_longer_block_is_found():
    events = (_retired(1, (1, 100)), _retired(2, (2, 3)), _retired(3, (50, 60)))
    tally = Tally()
    feed(ClaimsReplay([]), *events).internal(tally)
    (twice,) = (d.found for d in tally.differences if "named twice" in d.about)
    assert twice == [(2, 3), (50, 60)]


def test_a_missing_certificate_and_a_wrong_amount_are_found():
    assert _claims(_retired(2, (1, 10)), left=11) == ["numbers", "retired"]


# Counting


def test_every_value_is_counted_and_every_difference_told():
    answers = [5, SimpleNamespace(x=1, y=2, z=3), [1, 2, 3], [1], ValueError("refused")]
    checks = [
        Check("A", "one", (), 5, "one"),
        Check("A", "named", (), {"x": 1, "y": 9}, "named"),
        Check("B", "list", (), (1, 2, 4), "list"),
        Check("B", "short", (), [1, 2], "short"),
        Check("B", "gone", (), 0, "gone"),
    ]
    asked = {}

    def call_many(calls, **options):
        asked.update(options, calls=list(calls))
        return answers

    tally = Tally()
    compare(SimpleNamespace(call_many=call_many), checks, 77, tally)

    assert asked["block"] == 77 and len(asked["calls"]) == 5
    assert tally.compared == {"A": 3, "B": 6}
    assert tally.total == 9
    assert [d.about for d in tally.differences] == ["named.y", "list[2]", "short", "gone"]
