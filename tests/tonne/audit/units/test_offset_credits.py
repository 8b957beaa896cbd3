"""Batches, their serial numbers and what became of them, replayed from events."""

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.offset_credits import (
    ACTIVE,
    EX_ANTE,
    LOCKED,
    SET_APART,
    OffsetCreditsReplay,
)
from tonne.audit.units.unit_balances import INVALIDATED, RETIRED, REVERSED, SURRENDERED
from tonne.constants import ZERO_ADDRESS
from tonne.types import unit_id

A, HERE = "0x" + "a" * 40, "0x" + "1" * 40
UNIT = 2 << 96 | 1 << 80 | 2020 << 64 | 1
FOREIGN_UNIT = UNIT - 1 | unit_id.IMMOBILISED
PROMISE = UNIT - 1 | 1 << 62 | 1


def _faults(room):
    tally = Tally()
    room.invariants(tally)
    return [difference.about for difference in tally.differences]


def _room(*events):
    return feed(OffsetCreditsReplay(HERE, ParticipantsReplay(), SchemesReplay()), *events)


def _moved(source, target, amount, id_=UNIT):
    args = {"from": source, "to": target, "id": id_, "value": amount}
    return dated("TransferSingle", **args)


def _issued(amount, buffer=0, id_=UNIT):
    events = [
        dated("UnitsIssued", id=id_, amount=amount, evidence=b""),
        _moved(ZERO_ADDRESS, A, amount - buffer, id_),
    ]
    return [*events, _moved(ZERO_ADDRESS, HERE, buffer, id_)] if buffer else events


def _batch(first, last, buffer=0, status=ACTIVE, id_=UNIT):
    about = {"id": id_, "firstSerial": first, "lastSerial": last}
    return dated("BatchIssued", buffer=buffer, status=status, **about)


def _block(first, last, series=7, id_=FOREIGN_UNIT):
    return dated("BlockIssued", id=id_, block_=(2, series, first, last))


def _attached(*blocks, registry=1, series=0, id_=UNIT, kind=RETIRED, ref=b""):
    named = [struct(first=a, last=b) for a, b in blocks]
    return dated(
        "SerialsAttached",
        **{"id": id_, "kind": kind, "ref": ref},
        blocks=[(registry, series, b.first, b.last) for b in named],
    )


def _left(amount, kind=RETIRED, source=A, id_=UNIT, ref=b""):
    return [
        _moved(source, ZERO_ADDRESS, amount, id_),
        dated("UnitsExited", id=id_, kind=kind, amount=amount, ref=ref),
    ]


def _changed(previous, status, id_=UNIT):
    return dated("BatchStatusChanged", id=id_, previous=previous, status=status)


# Batches


APART = UNIT - 1 | (1 << 61) + 1


def test_what_is_set_apart_keeps_the_serials_that_have_just_left():
    left = [*_left(30, SET_APART), _attached((1, 30), kind=SET_APART)]
    apart = [*_issued(30, id_=APART), _batch(1, 30, id_=APART)]
    assert _faults(_room(*_issued(100), _batch(1, 100), *left, *apart)) == []
    other = [*_issued(30, id_=APART), _batch(2, 31, id_=APART)]
    assert FAULTS in _faults(_room(*_issued(100), _batch(1, 100), *left, *other))
    assert FAULTS in _faults(_room(*_issued(100), _batch(1, 100), *apart))


def test_serials_follow_one_another():
    room = _room(
        *_issued(100, buffer=10),
        _batch(1, 100, buffer=10),
        *_left(30),
        _attached((1, 30)),
    )
    assert _faults(room) == []
    assert room.next_serial == 101


def test_serials_run_over_blocks_first_in_first_out():
    room = _room(
        *_issued(10, id_=FOREIGN_UNIT),
        _block(101, 110),
        *_issued(20, id_=FOREIGN_UNIT),
        _block(501, 520),
        *_left(15, id_=FOREIGN_UNIT),
        _attached((101, 110), (501, 505), registry=2, series=7, id_=FOREIGN_UNIT),
    )
    assert _faults(room) == []
    asked = {c.function: c.expected for c in room.checks(0) if c.args == (FOREIGN_UNIT,)}
    assert (asked["batch"]["inUse"], asked["batch"]["next"]) == (1, 506)
    assert asked["batch"]["blocks"] == [(2, 7, 101, 110), (2, 7, 501, 520)]


@pytest.mark.parametrize(
    "events",
    [
        [_batch(2, 101)],
        [*_issued(100, buffer=9), _batch(1, 100, buffer=10)],
        [_batch(1, 100), _attached((2, 10))],
        [_batch(1, 100), _attached((1, 10)), _attached((10, 20))],
        [_batch(1, 100), _attached((1, 101))],
        [_batch(1, 100), _attached((1, 10), series=3)],
        [_batch(1, 100), _changed(LOCKED, ACTIVE)],
        [_batch(1, 100), _changed(ACTIVE, 3)],
        [_batch(1, 100, status=EX_ANTE), _changed(EX_ANTE, LOCKED)],
    ],
    ids=[
        "gap before",
        "other buffer",
        "skipped",
        "twice",
        "beyond the batch",
        "another series",
        "another status",
        "invalid without a lock",
        "a promise locked",
    ],
)
def test_batches_that_do_not_follow_are_found(events):
    assert FAULTS in _faults(_room(*events))


def test_more_units_than_serials_are_found():
    assert f"serials of {UNIT:#x}" in _faults(_room(*_issued(101), _batch(1, 100)))
    assert "units without a batch" in _faults(_room(*_issued(101)))


def test_kinds_are_those_of_the_contract():
    assert (INVALIDATED, REVERSED) == (7, 8)


def test_a_surrender_of_own_serial_numbers_is_asked_for():
    foreign = {"registry": 2, "series": 7, "id_": FOREIGN_UNIT}
    room = _room(
        _batch(1, 100),
        _block(1, 100),
        _attached((1, 30), kind=SURRENDERED, ref=b"7"),
        _attached((31, 40)),
        _attached((1, 30), kind=SURRENDERED, ref=b"7", **foreign),
    )
    asked = [(c.args, c.expected) for c in room.checks(0) if c.function == "wasSurrenderOf"]
    assert asked == [((UNIT, [(1, 0, 1, 30)], b"7"), True)]
