"""Each bad record has its code, is counted under its meter, and changes nothing."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from oracles.meters import cycle, intake, journal
from oracles.meters.intake import (
    AHEAD_S,
    CLOCK_TOLERANCE_S,
    KEPT_BYTES,
    MOST_AHEAD,
    MeterState,
    Taken,
)
from oracles.meters.requests import MOST_OVERDUE, OVERDUE_S
from tests.oracles.meters.ground import OFFICER, OWNER, QUARTER, T0, register
from tests.tonne.meters import records
from tests.tonne.meters.test_greenbutton import feed, kind, reading
from tonne.constants import DAY_S
from tonne.meters.leaves import IntervalLeaves, OpenedLeaf
from tonne.meters.mqtt import topic_of
from tonne.meters.ocmf import MAX_RECORD_BYTES
from tonne.meters.readings import GATEWAY_STATUS, Carrier, Quality
from tonne.meters.registers import RegisterSeries
from tonne.meters.series import Flow
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import MeterFleet, SigningKey


def refused(desk, payload, code, *, topic=None, meter=1):
    """One record more, refused with the code; what was known stays as it was."""
    desk.run(1)
    before = desk.journal.counts()["records"], _points(desk)
    desk.wire.put(topic or desk.topic(0), payload)
    desk.run(1)
    assert desk.incidents() == {(code, meter): 1}
    assert (desk.journal.counts()["records"], _points(desk)) == before
    assert desk.wire.waiting == []
    assert len(desk.wire.acknowledged) == desk.wire.number  # it does not come again


def _points(desk):
    return {n: list(s.series.points) for n, s in desk.cycle.intake.meters.items()}


def test_a_tampered_record_is_refused(desk):
    desk.at(QUARTER)
    record = bytearray(desk.meters[0].record(0))
    record[42] ^= 1
    refused(desk, bytes(record), "METER_NOT_SIGNED")


def test_a_record_signed_by_another_meter_is_refused(desk):
    desk.at(QUARTER)
    other = desk.signed(0, desk.meters[2].key, readAt=T0, importWh=5, sequence=1)
    refused(desk, other, "METER_NOT_SIGNED")


def test_the_same_bytes_again_count_once(desk):
    desk.at(QUARTER)
    desk.send(0, [0])
    desk.send(0, [0])
    desk.run(1)
    assert desk.incidents() == {("METER_REPEATED", 1): 1}
    assert desk.journal.counts()["records"] == 1


def test_another_record_of_a_number_that_was_used_is_refused(desk):
    desk.at(QUARTER)
    desk.send(0, [0])
    again = desk.signed(0, readAt=T0 + 60, importWh=9, sequence=1)
    refused(desk, again, "METER_REPLAYED")


def test_a_skipped_record_is_seen_asked_for_and_filled_in(desk):
    desk.at(3 * QUARTER)
    for index in (0, 3):
        desk.send(index, [0])
    desk.run(1)
    assert desk.incidents() == {("METER_SKIPPED", 1): 1}
    assert desk.wire.requested == [(1, 2, 3)]
    counter = desk.cycle.intake.meters[1].counters[0, "T"]
    assert counter.missing == 2
    for index in (2, 1):
        desk.send(index, [0])
    desk.run(1)
    assert (counter.missing, counter.highest) == (0, 4)
    assert len(desk.cycle.intake.meters[1].series.points) == 4


def test_a_meter_is_asked_for_its_next_record_whatever_came_in_its_name(desk, asked_at_once):
    """A broker keeps the last message of each meter, a forged or an old one too."""
    desk.at(QUARTER)
    desk.send(0)
    desk.send(1)
    desk.run(1)
    desk.at(2 * QUARTER + OVERDUE_S - 5)
    desk.run(1)
    assert desk.wire.requested == []
    desk.send(2, range(1, desk.fleet.count))
    desk.send(1, [0])  # a replay
    desk.run(1)
    desk.at(2 * QUARTER + OVERDUE_S + 5)
    desk.run(2)
    assert set(desk.wire.requested) == {(1, 3, 2 + MOST_OVERDUE)}
    desk.wire.requested.clear()
    desk.send(2, [0])
    desk.run(2)
    desk.wire.requested.clear()
    desk.run(1)
    assert desk.wire.requested == []


def test_a_meter_that_ended_is_asked_for_nothing(desk, asked_at_once):
    desk.at(QUARTER)
    desk.send(0)
    desk.send(1)
    desk.chain.send(OFFICER, "MeterOracle", "closeMeter", 1, T0 + QUARTER)
    desk.at(2 * QUARTER + OVERDUE_S + 5)
    desk.run(2)
    assert desk.wire.requested and 1 not in {meter for meter, _, _ in desk.wire.requested}


def test_of_many_records_that_are_wanted_each_is_asked_for_in_its_turn(
    desk, asked_at_once, monkeypatch
):
    monkeypatch.setattr(cycle, "MOST_ASKED", 2)
    desk.at(QUARTER)
    desk.send(0)
    desk.send(1)
    desk.at(2 * QUARTER + OVERDUE_S + 5)
    desk.run(1 + desk.fleet.count)
    assert {meter for meter, _, _ in desk.wire.requested} == set(range(1, desk.fleet.count + 1))


def test_an_unknown_meter_is_counted_under_none(desk):
    refused(desk, desk.meters[0].record(0), "METER_UNKNOWN", topic="tonne/electricity/99", meter=0)


def test_a_gas_feed_on_an_electricity_meter_is_refused(desk):
    topic = desk.topic(0, Carrier.GAS)
    refused(desk, desk.meters[0].record(0), "METER_WRONG_CARRIER", topic=topic)


def test_a_record_of_heat_under_the_topic_of_electricity_is_refused(desk):
    raw = records.ocmf([records.reading(RI="6-0:1.8.0")])
    refused(desk, raw, "METER_WRONG_CARRIER")


@pytest.mark.parametrize(
    "topic",
    ["tonne/electricity", "tonne/water/1", "tonne/electricity/x", "tonne/electricity/0", "a/b/1"],
)
def test_a_topic_that_names_no_meter_is_refused(desk, topic):
    meter = 1 if topic.endswith("/1") else 0
    refused(desk, desk.meters[0].record(0), "METER_WRONG_TOPIC", topic=topic, meter=meter)


def test_a_record_under_another_meter_s_topic_is_refused(desk):
    desk.at(QUARTER)
    refused(desk, desk.meters[2].record(0), "METER_WRONG_TOPIC")


def test_a_negative_step_is_set_aside(desk):
    desk.at(QUARTER)
    desk.wire.put(desk.topic(0), desk.signed(0, readAt=T0, importWh=500, sequence=1))
    refused(
        desk, desk.signed(0, readAt=T0 + QUARTER, importWh=499, sequence=2), "METER_NEGATIVE_STEP"
    )
    assert desk.journal.counts()["set_aside"] == 1


def several(desk, readings, page, key=None):
    """OCMF of the first meter with (moment, Wh) of each reading, signed by its key or by another."""
    said = [
        records.reading(
            TM=f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S},000+0000 S", RV=wh, RU="Wh"
        )
        for at, wh in readings
    ]
    body = json.dumps({"FV": "1.0", "PG": f"T{page}", "RD": said}).encode()
    key = key or desk.meters[0].key
    signed = key.sign(hashlib.sha256(body).digest())
    der = encode_dss_signature(signed.r, signed.s).hex()
    section = {"SA": records.NAMES[key.public.curve], "SD": der}
    return b"OCMF|" + body + b"|" + json.dumps(section).encode()


def by_another(desk, at):
    """A record of the first meter that the second one signed."""
    return desk.signed(0, desk.meters[1].key, readAt=at, importWh=1, sequence=1)


def ahead(desk, at, sequence=1):
    """A record ahead of the clock, put off: nothing is said of the meter, and the broker forgets it."""
    desk.wire.put(desk.topic(0), desk.signed(0, readAt=at, importWh=1, sequence=sequence))
    desk.run(1)
    assert desk.incidents() == {}
    assert len(desk.wire.acknowledged) == desk.wire.number


def test_a_clock_ten_minutes_ahead_is_refused_once_the_chain_s_has_moved_on(desk, asked_at_once):
    desk.at(QUARTER - 600)  # the interval that ends in ten minutes has begun
    ahead(desk, T0 + QUARTER)
    desk.at(QUARTER - 600 + AHEAD_S - 5)
    desk.run(1)
    assert desk.incidents() == {}
    desk.at(QUARTER - 600 + AHEAD_S + 5)
    desk.run(1)
    assert desk.incidents() == {("METER_CLOCK_AHEAD", 1): 1}
    assert len(desk.wire.acknowledged) == desk.wire.number


def test_a_reading_of_a_future_interval_is_refused_once_the_chain_s_clock_has_moved_on(
    desk, asked_at_once
):
    desk.at(QUARTER)
    ahead(desk, T0 + 4 * QUARTER)
    desk.at(QUARTER + AHEAD_S + 5)
    desk.run(1)
    assert desk.incidents() == {("METER_FUTURE_INTERVAL", 1): 1}


def test_a_record_that_comes_while_the_chain_stands_is_taken_when_it_goes_on(desk, asked_at_once):
    desk.at(QUARTER)
    ahead(desk, T0 + 2 * QUARTER)
    for _ in range(3):  # no block: the clock stands
        desk.run(1)
    assert desk.incidents() == {}
    desk.start()  # a kill
    desk.at(2 * QUARTER)
    desk.run(1)
    assert desk.incidents() == {}
    assert desk.journal.counts()["records"] == 1
    assert desk.journal.put_off_first(1) == []


def test_of_records_ahead_of_the_clock_a_meter_has_some_put_off_and_no_more(desk):
    desk.at(QUARTER)
    for number in range(1, MOST_AHEAD + 2):
        record = desk.signed(0, readAt=T0 + 4 * QUARTER + number, importWh=1, sequence=number)
        desk.wire.put(desk.topic(0), record)
    desk.run(1)
    assert desk.incidents() == {("METER_FUTURE_INTERVAL", 1): 1}
    assert len(desk.journal.put_off_first(MOST_AHEAD + 2)) == MOST_AHEAD


def test_who_signs_without_end_has_so_much_kept_and_more_with_time(desk, monkeypatch):
    monkeypatch.setattr(intake, "LATE_BYTES", 0)
    desk.at(QUARTER)
    size = len(desk.signed(0, readAt=T0, importWh=0, sequence=1))
    most = KEPT_BYTES // size
    sent = iter(range(1, 10_000))

    def send(count):
        """Records of the moment at which it counts first: each is signed, and says nothing new."""
        for _ in range(count):
            desk.wire.put(desk.topic(0), desk.signed(0, readAt=T0, importWh=0, sequence=next(sent)))
        desk.run(1)

    send(most + 3)
    desk.send(1, [1])
    desk.run(1)
    assert desk.journal.counts()["records"] == most + 1
    assert desk.incidents() == {("METER_TOO_MUCH", 1): 3}
    desk.at(2 * QUARTER)
    send(2 * most)
    assert desk.journal.counts()["records"] - 1 - most in (most, most + 1)


def test_records_of_a_month_come_at_once(desk):
    """As of a gateway that was away: one of 2 KB for each quarter-hour."""
    desk.at(31 * 96 * QUARTER)
    desk.run(1)
    meter = desk.cycle.registry.meters[1]
    state = MeterState(RegisterSeries(meter.terms))
    for _ in range(31 * 96):
        state.room = (
            desk.cycle.intake._room(state, meter, 2_048, desk.cycle.now),
            desk.cycle.now,
        )


def test_what_is_put_off_again_is_tried_behind_the_others(desk, asked_at_once, monkeypatch):
    monkeypatch.setattr(cycle, "BATCH", 2)
    desk.at(QUARTER)
    for meter in range(3):
        record = desk.signed(meter, readAt=T0 + 4 * QUARTER, importWh=1, sequence=1)
        desk.wire.put(desk.topic(meter), record)
    desk.run(2)
    first = set()
    for _ in range(3):
        assert len(desk.journal.put_off_first(9)) == 3
        first.add(desk.journal.put_off_first(1)[0][1])
        desk.run(1)
    assert len(first) == 3


def test_what_is_put_off_is_tried_now_and_then(desk, monkeypatch):
    desk.run(1)
    tried = []
    monkeypatch.setattr(desk.cycle.intake, "take_again", lambda *_: tried.append(1) or Taken())
    desk.run(5)
    assert tried == []


def test_what_is_put_off_has_so_much_room_and_the_oldest_gives_way(desk, monkeypatch):
    monkeypatch.setattr(journal, "MAX_PUT_OFF_BYTES", 1_000)
    desk.journal.put_off([(desk.topic(0), bytes([number]) * 300) for number in range(5)])
    assert [raw[0] for _, _, raw in desk.journal.put_off_first(9)] == [2, 3, 4]


def test_of_one_meter_so_much_is_set_aside_and_no_more(desk, monkeypatch):
    monkeypatch.setattr(journal, "MAX_SET_ASIDE_BYTES", 1_000)
    for number in range(5):
        for meter in (1, 2):
            desk.journal.set_aside(bytes([meter, number]), meter, desk.topic(0), bytes(300))
    assert [len(desk.journal.set_aside_of(meter)) for meter in (1, 2)] == [3, 3]


def test_what_was_set_aside_is_there_after_a_kill_while_it_was_tried_again(desk, monkeypatch):
    desk.at(QUARTER)
    desk.wire.put(desk.topic(0), by_another(desk, T0))
    desk.run(1)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(desk.cycle.intake, "take", killed)
    with pytest.raises(KeyboardInterrupt):
        desk.cycle.intake.heed([1], desk.chain.now())
    assert desk.journal.counts()["set_aside"] == 1


def test_of_many_records_that_are_refused_the_log_tells_once_a_minute(desk, capsys):
    desk.at(QUARTER)
    for number in range(5):
        desk.wire.put(desk.topic(0), by_another(desk, T0 + number))
        desk.wire.put(desk.topic(1), b"")
    desk.run(1)
    assert desk.incidents() == {("METER_NOT_SIGNED", 1): 5, ("METER_RECORD_FORM", 2): 5}
    assert capsys.readouterr().out.count(" refused ") == 2


def test_of_many_records_that_are_refused_the_chain_is_asked_once_a_block(desk, monkeypatch):
    desk.at(QUARTER)
    desk.run(1)
    asked = []
    call = desk.cycle.registry._chain.call

    def counted(*of, **where):
        asked.append(of[1])
        return call(*of, **where)

    monkeypatch.setattr(desk.cycle.registry._chain, "call", counted)
    for block in (1, 2):
        for number in range(5):
            desk.wire.put(desk.topic(0), by_another(desk, T0 + 5 * block + number))
        desk.run(1)
        assert desk.incidents() == {("METER_NOT_SIGNED", 1): 5 * block}
        assert asked.count("meter") == block
        desk.at(QUARTER + block)


@pytest.fixture
def asked_at_once(monkeypatch):
    """What was put off is judged again in the next cycle."""
    monkeypatch.setattr(cycle, "ASK_AGAIN_S", 0.0)


def test_a_clock_slightly_ahead_is_accepted(desk):
    desk.at(QUARTER)
    at = desk.chain.now() + CLOCK_TOLERANCE_S
    desk.wire.put(desk.topic(0), desk.signed(0, readAt=at, importWh=1, sequence=1))
    desk.run(1)
    assert desk.incidents() == {}


def test_before_it_counts_a_meter_says_nothing(desk):
    desk.at(QUARTER)
    refused(desk, desk.signed(0, readAt=T0 - 1, importWh=1, sequence=1), "METER_NOT_VALID")


@pytest.mark.parametrize(
    "payload, code",
    [
        (b"", "METER_RECORD_FORM"),
        (b"{}", "METER_RECORD_FORM"),
        (b"tonne meter 1", "METER_RECORD_FORM"),
        (b"OCMF|{", "METER_JSON_FORM"),
        (b"OCMF|" + b"x" * MAX_RECORD_BYTES, "METER_TOO_LARGE"),
        (b"\0" * 10_000_000, "METER_TOO_LARGE"),
    ],
)
def test_what_is_no_record_is_refused(desk, payload, code):
    refused(desk, payload, code)


def test_a_step_beyond_the_nameplate_is_kept_and_held(desk):
    desk.at(2 * QUARTER)
    for at, register_wh in ((0, 0), (1, 10**6), (2, 100)):
        record = desk.signed(0, readAt=T0 + at * QUARTER, importWh=register_wh, sequence=at + 1)
        desk.wire.put(desk.topic(0), record)
    desk.run(1)
    assert desk.incidents() == {("METER_IMPLAUSIBLE_STEP", 1): 1}
    series = desk.cycle.intake.meters[1].series
    assert [point.registers.import_wh for point in series.points] == [0, 100]
    assert series.held[T0 + QUARTER].quality is Quality.HELD


# Keys and devices


def test_after_a_key_was_rotated_each_key_signs_its_own_time(desk):
    desk.at(QUARTER - 100)
    fresh = SigningKey(Curve.P256, 4711)
    desk.chain.send(
        OFFICER, "MeterOracle", "rotateKey", 1, (*fresh.public.words, T0 + QUARTER, Curve.P256)
    )
    desk.at(2 * QUARTER)
    desk.send(0, [0])
    desk.wire.put(desk.topic(0), desk.signed(0, fresh, readAt=T0 + QUARTER, importWh=5, sequence=2))
    desk.wire.put(
        desk.topic(0), desk.signed(0, fresh, readAt=T0 + 2 * QUARTER, importWh=6, sequence=3)
    )
    desk.run(1)
    assert desk.incidents() == {}
    old = desk.signed(0, readAt=T0 + 2 * QUARTER + 1, importWh=7, sequence=4)
    refused(desk, old, "METER_NOT_SIGNED")


def test_a_reading_waits_for_the_exchange_that_explains_it(desk):
    """Exchanged in mid-interval: what the new device says before the office has recorded it, its clock a
    little ahead, is refused, kept, and taken then; both devices count."""
    desk.at(QUARTER - 100)
    desk.send(0, [0])
    device = SigningKey(Curve.SECP256K1, 815)
    desk.wire.put(
        desk.topic(0), desk.signed(0, device, readAt=T0 + QUARTER, importWh=30, sequence=1)
    )
    desk.run(1)
    assert desk.incidents() == {("METER_NOT_SIGNED", 1): 1}
    key = (*device.public.words, T0 + QUARTER - 60, Curve.SECP256K1)
    desk.chain.send(OFFICER, "MeterOracle", "exchangeMeter", 1, key, (70, 2), (10, 0))
    desk.run(1)
    assert desk.journal.counts() == {"records": 2, "set_aside": 0}
    series = desk.cycle.intake.meters[1].series
    assert series.state(T0 + QUARTER).flow == Flow(70 + 20, 2)
    desk.start()
    desk.run(1)
    assert desk.cycle.intake.meters[1].series.points == series.points


def test_an_exchange_that_contradicts_the_readings_is_told(desk):
    desk.at(2 * QUARTER)
    desk.wire.put(desk.topic(0), desk.signed(0, readAt=T0, importWh=500, sequence=1))
    desk.run(1)
    key = (*SigningKey(Curve.P256, 1).public.words, T0 + 3 * QUARTER, Curve.P256)
    desk.chain.send(OFFICER, "MeterOracle", "exchangeMeter", 1, key, (499, 0), (0, 0))
    desk.run(1)
    assert desk.incidents() == {}  # it may still be replaced
    desk.at(3 * QUARTER)
    desk.run(1)
    assert desk.incidents() == {("METER_EXCHANGE_CONFLICT", 1): 1}


def test_an_exchange_that_was_entered_anew_before_it_began_leaves_nothing_behind(desk):
    device = SigningKey(Curve.SECP256K1, 815)
    desk.at(0)
    desk.wire.put(desk.topic(0), desk.signed(0, readAt=T0, importWh=1_000, sequence=1))
    desk.run(1)
    for at, last, first in ((4, 2_000, 0), (8, 9_000, 50)):
        key = (*device.public.words, T0 + at * QUARTER, Curve.SECP256K1)
        desk.chain.send(OFFICER, "MeterOracle", "exchangeMeter", 1, key, (last, 0), (first, 0))
        desk.run(1)
    for quarter in range(1, 8):
        desk.at(quarter * QUARTER + 1)
        at, wh = T0 + quarter * QUARTER, 1_000 + 1_000 * quarter
        desk.wire.put(desk.topic(0), desk.signed(0, readAt=at, importWh=wh, sequence=1 + quarter))
        desk.run(1)
    desk.at(8 * QUARTER + 1)
    record = desk.signed(0, device, readAt=T0 + 8 * QUARTER, importWh=50, sequence=1)
    desk.wire.put(desk.topic(0), record)
    desk.run(1)
    assert desk.incidents() == {}
    series = desk.cycle.intake.meters[1].series
    flows = [series.state(T0 + quarter * QUARTER).flow.import_wh for quarter in range(9)]
    assert flows == [1_000 * quarter for quarter in range(9)]
    desk.start()
    desk.run(1)
    assert desk.cycle.intake.meters[1].series.points == series.points


def test_an_exchange_to_come_tells_nothing_of_a_silent_meter(desk):
    device = SigningKey(Curve.SECP256K1, 815)
    desk.at(0)
    desk.send(0)
    key = (*device.public.words, T0 + 400 * QUARTER, Curve.SECP256K1)
    desk.chain.send(OFFICER, "MeterOracle", "exchangeMeter", 1, key, (2_000, 0), (0, 0))
    desk.run(1)
    assert desk.cycle.intake.meters[1].series.state(T0 + QUARTER) is None


def test_a_record_tells_of_no_moment_before_its_meter_or_its_key_counted(desk):
    """The last of several readings says nothing of the first: that may be of the meter's former life."""
    desk.at(2 * QUARTER)
    early = several(desk, [(T0 - 20 * 365 * DAY_S, 0), (T0 + QUARTER, 10**6)], page=1)
    refused(desk, early, "METER_NOT_VALID")
    fresh = SigningKey(Curve.SECP256K1, 4711)
    words = (*fresh.public.words, desk.chain.now() + 60, Curve.SECP256K1)
    desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, words)
    desk.at(3 * QUARTER)
    over = several(desk, [(T0 + QUARTER, 0), (T0 + 3 * QUARTER, 10)], page=2, key=fresh)
    desk.wire.put(desk.topic(0), over)
    desk.run(1)
    assert desk.incidents() == {("METER_NOT_VALID", 1): 1, ("METER_NOT_SIGNED", 1): 1}
    good = several(desk, [(T0 + 3 * QUARTER - 5, 0), (T0 + 3 * QUARTER, 1)], page=3, key=fresh)
    desk.wire.put(desk.topic(0), good)
    desk.run(1)
    assert desk.journal.counts()["records"] == 1


def test_who_has_the_next_key_does_not_change_what_the_last_one_told_of_the_moment_between(desk):
    """A customer who moves in would have the one before pay, where the old reading was provisional."""
    fresh = SigningKey(Curve.SECP256K1, 4711)
    words = (*fresh.public.words, T0 + QUARTER, Curve.SECP256K1)
    desk.at(QUARTER - 100)
    desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, words)
    desk.at(QUARTER)
    for at, wh in ((0, 0), (1, 100)):
        record = desk.signed(
            0, readAt=T0 + at * QUARTER, importWh=wh, sequence=1 + at, status=Quality.PROVISIONAL
        )
        desk.wire.put(desk.topic(0), record)
    desk.run(1)
    refused(
        desk,
        desk.signed(0, fresh, readAt=T0 + QUARTER, importWh=2_700, sequence=3),
        "METER_STAMP_CONFLICT",
    )
    same = desk.signed(0, fresh, readAt=T0 + QUARTER, importWh=100, sequence=4)
    desk.wire.put(desk.topic(0), same)
    desk.at(2 * QUARTER)
    for sequence, status in ((5, Quality.PROVISIONAL), (6, Quality.SETTLED)):  # its own it may mend
        record = desk.signed(
            0,
            fresh,
            readAt=T0 + 2 * QUARTER,
            importWh=100 + sequence,
            sequence=sequence,
            status=status,
        )
        desk.wire.put(desk.topic(0), record)
    desk.run(1)
    assert desk.journal.counts()["records"] == 5
    assert desk.cycle.intake.meters[1].series.state(T0 + 2 * QUARTER).flow == Flow(106, 0)
    assert desk.cycle.intake.meters[1].series.state(T0 + QUARTER).flow == Flow(100, 0)


def test_another_meter_that_signs_the_same_bytes_takes_no_record_away(desk):
    desk.at(QUARTER)
    readings = [(T0, 0), (T0 + QUARTER, 0)]
    for meter in (1, 0):
        record = several(desk, readings, page=1, key=desk.meters[meter].key)
        desk.wire.put(desk.topic(meter), record)
        desk.run(1)
    assert desk.journal.counts()["records"] == 2
    assert desk.incidents() == {}


@pytest.mark.parametrize(
    "poison",
    [
        b'OCMF|{"a":1e9999999999999999999}|{}',
        b'OCMF|{"PG":"T1","RD":[{}]}|{"SA":"\\ud800","SD":""}',
    ],
)
def test_no_payload_ends_a_batch(desk, poison):
    desk.at(QUARTER)
    desk.wire.put(desk.topic(0), poison)
    desk.send(1, [1])
    desk.run(1)
    assert desk.journal.counts()["records"] == 1
    assert len(desk.wire.acknowledged) == 2


def test_what_is_wrong_with_a_parser_is_the_record_s_own_refusal(desk, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(intake, "parse_own", broken)
    desk.at(QUARTER)
    refused(desk, desk.meters[0].record(0), "METER_RECORD_FORM")


def test_what_nobody_signed_is_not_put_off(desk):
    desk.at(QUARTER)
    desk.wire.put(desk.topic(0), by_another(desk, T0 + 4 * QUARTER))
    desk.run(1)
    assert desk.incidents() == {("METER_NOT_SIGNED", 1): 1}
    assert desk.journal.put_off_first(1) == []


def test_a_key_that_has_not_begun_gives_way_to_the_next(desk):
    desk.at(QUARTER)
    desk.run(1)
    for seed in (1, 2):
        key = (*SigningKey(Curve.P256, seed).public.words, T0 + 3 * QUARTER, Curve.P256)
        desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, key)
    desk.run(1)
    keys = desk.cycle.registry.meters[1].keys
    assert len(keys) == desk.chain.call("MeterOracle", "meter", 1).keyCount == 2
    assert keys[1].key == SigningKey(Curve.P256, 2).public
    other = desk.signed(0, desk.meters[2].key, readAt=T0, importWh=5, sequence=1)
    refused(desk, other, "METER_NOT_SIGNED")


def test_a_brainpool_key_is_checked_and_told_to_be_unprovable(desk):
    key = records.public(Curve.BRAINPOOL_P256)
    meter = (1, 1, 5000, T0, 0, 1000, 9, 0, 0)
    desk.chain.send(OFFICER, "MeterOracle", "registerMeter", meter, (*key.words, T0, key.curve))
    number = desk.chain.call("MeterOracle", "meterCount")
    desk.at(QUARTER)
    topic = topic_of(Carrier.ELECTRICITY, number)
    raw = records.ocmf([records.reading()], curve=Curve.BRAINPOOL_P256)
    desk.wire.put(topic, raw)
    desk.wire.put(topic, raw.replace(b"12.345", b"12.346"))
    desk.run(1)
    assert desk.incidents() == {("METER_NOT_PROVABLE", number): 1, ("METER_NOT_SIGNED", number): 1}
    assert desk.cycle.intake.meters[number].series.state(T0 + QUARTER).registers == Flow(12_345, 0)


def test_a_record_written_anew_is_refused(desk):
    key = records.public()
    meter = (1, 1, 5000, T0, 0, 1000, 9, 0, 0)
    desk.chain.send(OFFICER, "MeterOracle", "registerMeter", meter, (*key.words, T0, key.curve))
    number = desk.chain.call("MeterOracle", "meterCount")
    desk.at(QUARTER)
    head, body, signature = records.ocmf([records.reading()]).split(b"|")
    again = json.dumps(json.loads(body), separators=(",", ":")).encode()
    topic = topic_of(Carrier.ELECTRICITY, number)
    refused(
        desk, b"|".join((head, again, signature)), "METER_NOT_SIGNED", topic=topic, meter=number
    )


# Files


def put_file(desk, name, content):
    (desk.folder / "inbox" / name).write_bytes(content)
    os.utime(desk.folder / "inbox" / name, (0, 0))  # nothing writes it any more
    desk.run(1)
    (told,) = (desk.folder / "inbox").rglob(f"*{name}")
    return told.parent.name


def test_a_feed_is_taken_once_and_a_later_one_corrects_it(desk):
    desk.at(3 * QUARTER)
    first = feed(reading(T0, QUARTER, "100"), reading(T0 + QUARTER, QUARTER, "50"))
    assert put_file(desk, "4-june.xml", first) == "done"
    assert put_file(desk, "4-again.xml", first) == "done"
    assert desk.incidents() == {("METER_REPEATED", 4): 1}
    later = feed(reading(T0, QUARTER, "90"), updated="2026-06-03T00:00:00Z")
    assert put_file(desk, "4-later.xml", later) == "done"
    assert desk.cycle.intake.meters[4].series.state(T0 + 2 * QUARTER).flow == Flow(140, 0)
    desk.start()
    desk.run(1)
    assert desk.cycle.intake.meters[4].series.state(T0 + 2 * QUARTER).flow == Flow(140, 0)


@pytest.mark.parametrize(
    "name, content, code, meter",
    [
        ("4-a.xml", b"<feed>", "METER_XML_FORM", 4),
        ("4-a.xml", feed(reading(T0, QUARTER), kind="1"), "METER_WRONG_CARRIER", 4),
        ("4-a.xml", feed(reading(T0, QUARTER), type_=kind(uom=42)), "METER_UNIT_UNSUPPORTED", 4),
        ("4-a.xml", feed(reading(T0 + 86_400, QUARTER)), "METER_FUTURE_INTERVAL", 4),
        ("4-a.xml", b" " * 10_000_000, "METER_TOO_LARGE", 4),
        ("99-a.xml", feed(reading(T0, QUARTER)), "METER_UNKNOWN", 0),
        ("june.xml", feed(reading(T0, QUARTER)), "METER_FILE_NAME", 0),
    ],
)
def test_a_bad_feed_is_rejected_with_its_reason(desk, name, content, code, meter):
    desk.at(3 * QUARTER)
    assert put_file(desk, name, content) == "rejected"
    assert desk.incidents() == {(code, meter): 1}
    reason = json.loads((desk.folder / "inbox" / "rejected" / f"{name}.reason.json").read_text())
    assert reason["code"] == code


def test_a_meter_has_one_kind_of_source(desk):
    desk.at(3 * QUARTER)
    desk.send(0, [3])
    assert put_file(desk, "4-a.xml", feed(reading(T0, QUARTER))) == "rejected"
    assert put_file(desk, "3-a.xml", feed(reading(T0, QUARTER))) == "done"
    desk.send(0, [2])
    desk.run(1)
    assert desk.incidents() == {("METER_OTHER_SOURCE", 4): 1, ("METER_OTHER_SOURCE", 3): 1}


def test_records_may_come_as_a_file(desk):
    key = records.public()
    meter = (1, 1, 5000, T0, 0, 1000, 9, 0, 0)
    desk.chain.send(OFFICER, "MeterOracle", "registerMeter", meter, (*key.words, T0, key.curve))
    number = desk.chain.call("MeterOracle", "meterCount")
    desk.at(QUARTER)
    raw = records.ocmf([records.reading()])
    assert put_file(desk, f"{number}-june.ocmf", raw + b"\n\n" + raw + b"\n") == "done"
    assert desk.incidents() == {("METER_REPEATED", number): 1}
    assert put_file(desk, f"{number}-july.ocmf", raw.replace(b"12.3", b"12.4")) == "rejected"


def test_another_fleet_is_followed_as_soon_as_it_is_registered(desk):
    desk.run(1)
    more = MeterFleet(node=1, first=5, count=2, seed=8, since=T0, interval_s=QUARTER)
    register(desk.chain, more)
    desk.run(1)
    assert sorted(desk.cycle.registry.meters) == [1, 2, 3, 4, 5, 6]
    assert desk.cycle.registry.meters[5].keys[0].key == more.key(OWNER, 0).public


# Gateways


def as_gateway(desk, place, key, at, **fields):
    return desk.signed(place, key, readAt=at, status=GATEWAY_STATUS, **fields)


def test_what_a_gateway_signs_is_marked_in_its_leaf_and_nothing_else_is(desk):
    for quarter, wh in enumerate((1_000, 1_200)):
        desk.at(quarter * QUARTER)
        own = desk.meters[0].key
        raw = as_gateway(desk, 0, own, T0 + quarter * QUARTER, importWh=wh, sequence=quarter + 1)
        desk.wire.put(desk.topic(0), raw)
        desk.send(quarter, range(1, desk.fleet.count))
        desk.run(1)
    desk.at(QUARTER + 1)
    desk.run()
    (path,) = (desk.folder / "leaves").glob(f"1/{T0}-1.leaves")
    kept = IntervalLeaves.read(path)
    told = {t["meter"]: t for t in map(kept.receipt, range(len(kept.leaves)))}
    assert (told[1]["signedBy"], told[1]["sequence"], told[1]["importWh"]) == ("gateway", 2, 200)
    assert {t["signedBy"] for number, t in told.items() if number != 1} == {"meter"}
    place = kept.index_of(1)
    opened = OpenedLeaf.parse(kept.opened(place))
    assert (opened.told["signedBy"], opened.told["sequence"]) == ("gateway", 2)
    state = desk.state(0)
    assert (state.status, state.commitment) == (1, opened.commitment)  # the chain takes such a leaf


def test_records_of_a_key_of_several_meters_that_do_not_say_whose_it_is_are_counted(desk):
    """The officer gives meter 3 the key of meter 1: a gateway signs for both, it seems."""
    desk.at(0)
    desk.send(0, [0])
    desk.run(1)
    shared = desk.meters[0].key
    added = (*shared.public.words, T0 + QUARTER, shared.public.curve)
    desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 3, added)
    desk.at(QUARTER)
    desk.run(1)
    assert desk.incidents() == {}
    wh = desk.meters[0].registers(1)[0]
    desk.wire.put(desk.topic(0), desk.signed(0, readAt=T0 + QUARTER, importWh=wh, sequence=2))
    desk.run(1)
    assert desk.incidents() == {("METER_GATEWAY_UNSAID", 1): 1}
    desk.at(QUARTER + 60)
    later = T0 + QUARTER + 60
    desk.wire.put(desk.topic(0), as_gateway(desk, 0, shared, later, importWh=wh, sequence=3))
    desk.run(1)
    assert desk.incidents() == {("METER_GATEWAY_UNSAID", 1): 1}
    assert desk.journal.counts()["records"] == 3
