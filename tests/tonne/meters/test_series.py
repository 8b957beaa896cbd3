"""Intervals of a meter's series: what all of them are booked with is what the registers moved."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.meters.deltas import Delta, DeltaSeries
from tonne.meters.readings import Quality, Reading
from tonne.meters.registers import RegisterSeries, RegisterTerms
from tonne.meters.series import Booked, Flow, closed, interval

Q = 900
T0 = 1_700_000_100 // Q * Q
TERMS = RegisterTerms(digits=6, nameplate_w=20_000)
GOOD = Quality.SETTLED


def put(series, at, import_wh, export_wh=0, quality=GOOD, device=0, sequence=1):
    points = series.plan(
        [Reading(at, import_wh, export_wh, quality)], device, sequence, b"%032d" % at
    )
    for point in points:
        series.put(point)
    return points


def made(*readings, terms=TERMS):
    """A series of (quarter-hour, register) pairs."""
    series = RegisterSeries(terms)
    for quarter, register in readings:
        put(series, T0 + quarter * Q, register)
    return series


def leaf(series, quarter, booked=None):
    return interval(series, T0 + quarter * Q, T0 + quarter * Q + Q, booked)


def test_two_readings_make_an_interval():
    found = leaf(made((0, 100), (1, 350)), 0)
    assert (found.import_wh, found.export_wh, found.quality) == (250, 0, GOOD)
    assert found.registers == Flow(350, 0)


def test_without_the_reading_at_its_end_an_interval_is_held():
    series = made((0, 100), (1, 350))
    found = leaf(series, 1)
    assert (found.import_wh, found.quality, found.registers) == (0, Quality.HELD, Flow(350, 0))
    assert leaf(RegisterSeries(TERMS), 0).quality is Quality.HELD
    assert leaf(series, -1).quality is Quality.HELD  # before its first reading nothing is known


def test_a_gap_of_weeks_is_substituted_and_adds_up():
    quarters = 3 * 7 * 96
    series = made((0, 100), (quarters, 90_100))
    leaves = [leaf(series, i) for i in range(quarters)]
    assert sum(found.import_wh for found in leaves) == 90_000
    assert {found.quality for found in leaves} == {Quality.SUBSTITUTED}


def test_a_late_reading_takes_its_place_and_the_rest_follows():
    series = made((0, 100), (2, 500))
    assert [leaf(series, i).import_wh for i in (0, 1)] == [200, 200]
    put(series, T0 + Q, 150)
    assert [leaf(series, i).import_wh for i in (0, 1)] == [50, 350]
    assert leaf(series, 0).quality is GOOD


def test_a_register_rolls_over():
    found = leaf(made((0, 999_900), (1, 50)), 0)
    assert (found.import_wh, found.registers) == (150, Flow(50, 0))


@pytest.mark.parametrize("register", [99, 94_000])
def test_a_negative_step_is_no_rollover(register):
    series = made((0, 100_000))
    with pytest.raises(TonneError) as refused:
        put(series, T0 + Q, register)
    assert refused.value.code == "METER_NEGATIVE_STEP"
    assert len(series.points) == 1


def test_a_reading_outside_its_neighbours_is_refused():
    series = made((0, 100), (2, 500))
    with pytest.raises(TonneError) as refused:
        put(series, T0 + Q, 600)
    assert refused.value.code == "METER_NEGATIVE_STEP"


def test_more_than_the_meter_can_measure_is_refused():
    series = made((0, 100))
    put(series, T0 + Q, 100 + 6_252)  # 20 kW for a quarter-hour, a quarter more, and two
    with pytest.raises(TonneError) as refused:
        put(series, T0 + 2 * Q, 6_352 + 6_253)
    assert refused.value.code == "METER_IMPLAUSIBLE_STEP"


@pytest.mark.parametrize("every_s", [1, 7, 60, 100])
def test_many_short_steps_measure_no_more_than_a_long_one(every_s):
    """Each of them may be rounded up by a Wh, and show one more that was cut off before."""
    terms = RegisterTerms(digits=6, nameplate_w=800)
    series = RegisterSeries(terms)
    put(series, T0, 0)
    shown, refused = 0, 0
    for at in range(every_s, Q + 1, every_s):
        try:
            put(series, T0 + at, shown + terms.most_wh(every_s))
            shown += terms.most_wh(every_s)
        except TonneError as error:
            assert error.code == "METER_IMPLAUSIBLE_STEP"
            refused += 1
    assert refused
    assert shown <= terms.most_wh(Q)


def test_a_minute_after_rest_measures_no_more_than_another():
    terms = RegisterTerms(digits=6, nameplate_w=800)
    series = RegisterSeries(terms)
    put(series, T0, 0)
    put(series, T0 + Q - 60, 0)
    for second in range(1, 61):
        with contextlib.suppress(TonneError):
            put(series, T0 + Q - 60 + second, second * terms.most_wh(1))
    assert 0 < series.points[-1].registers.import_wh <= terms.most_wh(60)


def test_readings_each_second_at_the_nameplate_are_taken():
    series = RegisterSeries(TERMS)
    for at in range(Q + 1):
        put(series, T0 + at, 20_000 * at // 3_600)
    assert len(series.points) == Q + 1


def test_a_register_beyond_its_digits_is_refused():
    with pytest.raises(TonneError) as refused:
        made((0, 1_000_000))
    assert refused.value.code == "METER_REGISTER_RANGE"


def test_the_same_stamp_twice_is_nothing_new_and_two_valid_values_are_a_conflict():
    series = made((0, 100))
    assert put(series, T0, 100) == []
    with pytest.raises(TonneError) as refused:
        put(series, T0, 101)
    assert refused.value.code == "METER_STAMP_CONFLICT"


def test_a_valid_reading_replaces_a_provisional_one():
    series = made((0, 100))
    put(series, T0 + Q, 200, quality=Quality.PROVISIONAL)
    assert leaf(series, 0).quality is Quality.PROVISIONAL
    put(series, T0 + Q, 230)
    assert (leaf(series, 0).import_wh, leaf(series, 0).quality) == (130, GOOD)


def test_a_held_reading_shapes_nothing_and_shows_in_its_leaf():
    series = made((0, 100))
    put(series, T0 + Q, 777, quality=Quality.HELD)
    assert (leaf(series, 0).quality, leaf(series, 0).registers) == (Quality.HELD, Flow(777, 0))
    put(series, T0 + 2 * Q, 300)
    assert (leaf(series, 0).import_wh, leaf(series, 0).quality) == (100, Quality.SUBSTITUTED)


def test_an_exchange_in_mid_interval_counts_both_devices():
    series = made((0, 100))
    for point in series.exchange(T0 + 400, 1, last=Flow(160, 7), first=Flow(5, 0)):
        series.put(point)
    put(series, T0 + Q, 45, 2, device=1)
    found = leaf(series, 0)
    assert (found.import_wh, found.export_wh, found.quality) == (60 + 40, 7 + 2, GOOD)
    assert found.registers == Flow(45, 2)


def test_a_late_reading_of_the_old_device_fits_before_the_exchange():
    series = made((0, 100))
    for point in series.exchange(T0 + 2 * Q, 1, last=Flow(300, 0), first=Flow(0, 0)):
        series.put(point)
    put(series, T0 + Q, 120)
    assert [leaf(series, i).import_wh for i in (0, 1)] == [20, 180]
    with pytest.raises(TonneError):
        put(series, T0 + Q + 1, 301)


def test_a_correction_books_only_the_difference():
    series = made((0, 100), (2, 500))
    first = leaf(series, 0)
    booked = closed(series, T0, T0 + Q, None, first)  # 200, final
    put(series, T0 + Q, 150)  # too late for the interval it tells of
    assert leaf(series, 1, booked).import_wh == 200  # 350 less the 150 that were booked too early
    assert leaf(series, 1, booked).quality is Quality.SUBSTITUTED


def test_what_came_after_the_final_run_is_booked_with_the_next_open_interval():
    series = made((0, 100))
    booked = closed(series, T0, T0 + Q, None, leaf(series, 0))
    assert booked == Booked(T0 + Q, Flow(0, 0))
    put(series, T0 + 2 * Q, 900)
    found = leaf(series, 1, booked)
    assert (found.import_wh, found.quality) == (800, Quality.SUBSTITUTED)


def test_what_was_booked_too_much_is_made_good_by_all_that_follow():
    """A final interval took a third of 300; then the meter says that it had moved 50 a quarter later."""
    series = made((0, 0), (3, 300))
    booked = closed(series, T0, T0 + Q, None, leaf(series, 0))
    put(series, T0 + 2 * Q, 50)
    assert [leaf(series, i, booked).import_wh for i in (1, 2)] == [0, 200]


def test_a_meter_that_was_silent_when_intervals_became_final_is_owed_all_since_its_first_reading():
    series = RegisterSeries(TERMS)
    booked = closed(series, T0, T0 + Q, None, leaf(series, 0))
    assert booked == Booked(T0 + Q, None)
    for quarter, register in ((0, 100), (1, 180), (2, 300)):
        put(series, T0 + quarter * Q, register)
    assert leaf(series, 1, booked).import_wh == 200


def delta(quarter, energy, quarters=1, quality=GOOD, updated=1, is_export=False):
    start = T0 + quarter * Q
    return Delta(start, start + quarters * Q, is_export, energy, quality, updated, bytes(32))


def fed(*deltas):
    series = DeltaSeries()
    for item in series.plan(list(deltas)):
        series.put(item)
    return series


def test_deltas_of_the_market_s_own_grid_keep_their_quality():
    series = fed(
        delta(0, 100), delta(1, 50, quality=Quality.PROVISIONAL), delta(1, 9, is_export=True)
    )
    assert (leaf(series, 1).import_wh, leaf(series, 1).export_wh) == (50, 9)
    assert leaf(series, 1).quality is Quality.PROVISIONAL
    assert leaf(series, 0).quality is Quality.HELD  # the other direction is not told yet
    assert leaf(series, 2).quality is Quality.HELD


def test_an_hour_is_shared_out_over_its_quarters_and_adds_up():
    series = fed(delta(0, 103, quarters=4))
    found = [leaf(series, i) for i in range(4)]
    assert [x.import_wh for x in found] == [25, 26, 26, 26]
    assert {x.quality for x in found} == {Quality.SUBSTITUTED}


def test_a_later_feed_corrects_and_an_earlier_one_does_not():
    series = fed(delta(0, 100, updated=5))
    assert series.plan([delta(0, 90, updated=4)]) == []
    (better,) = series.plan([delta(0, 90, updated=6)])
    series.put(better)
    assert leaf(series, 0).import_wh == 90


def test_a_delta_that_cuts_another_is_refused():
    series = fed(delta(0, 100, quarters=4))
    for item in (delta(1, 5), delta(-1, 5, quarters=2), delta(0, 5)):
        with pytest.raises(TonneError) as refused:
            series.plan([item])
        assert refused.value.code == "METER_INTERVALS_OVERLAP"


def test_a_held_delta_does_not_flow():
    series = fed(delta(0, 100, quality=Quality.HELD), delta(1, 5))
    assert (leaf(series, 0).quality, leaf(series, 0).import_wh) == (Quality.HELD, 0)
    assert leaf(series, 1).import_wh == 5


STEPS = st.lists(st.tuples(st.integers(0, 6_000), st.integers(0, 6_000)), min_size=2, max_size=30)


@settings(max_examples=150)
@given(steps=STEPS, data=st.data())
def test_booked_differences_add_up_to_the_last_register(steps, data):
    """Whatever order readings come in, whichever never come, and whenever intervals become final:
    once the last reading is there, all that was booked is all that the registers moved."""
    start = Flow(data.draw(st.integers(0, 999_999)), data.draw(st.integers(0, 999_999)))
    truth = [start]
    for step in steps:
        truth.append(Flow(*((a + b) % 10**6 for a, b in zip(truth[-1], step, strict=True))))
    last = len(steps)
    order = data.draw(st.permutations(range(last + 1)))
    # Each reading comes before some interval closes; the first and the last always come.
    lost = data.draw(st.sets(st.integers(1, last - 1), max_size=last)) if last > 1 else set()
    arrives = {
        i: data.draw(st.integers(0, last)) for i in order if i not in lost and i not in (0, last)
    }
    arrives[0], arrives[last] = 0, last
    series, booked, total = RegisterSeries(TERMS), None, Flow(0, 0)
    for quarter in range(last + 1):
        for i in order:
            if arrives.get(i) == quarter:
                try:
                    put(series, T0 + i * Q, *truth[i])
                except TonneError as refused:
                    # Over more than a turn of the register a gap cannot be told from another.
                    assert refused.code in ("METER_IMPLAUSIBLE_STEP", "METER_NEGATIVE_STEP")
                    return
        at = T0 + quarter * Q
        found = interval(series, at, at + Q, booked)
        booked = closed(series, at, at + Q, booked, found)
        total = Flow(total[0] + found.counted[0], total[1] + found.counted[1])
    # One more interval, so that what is still owed finds a place.
    put(series, T0 + (last + 2) * Q, *truth[last])
    found = interval(series, T0 + (last + 1) * Q, T0 + (last + 2) * Q, booked)
    total = Flow(total[0] + found.counted[0], total[1] + found.counted[1])
    assert total == Flow(sum(s[0] for s in steps), sum(s[1] for s in steps))


@settings(max_examples=100)
@given(
    energies=st.lists(st.integers(0, 10_000), min_size=1, max_size=20),
    corrections=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 10_000)), max_size=10),
    closings=st.integers(0, 20),
)
def test_corrected_deltas_add_up_too(energies, corrections, closings):
    series = fed(*(delta(i, e) for i, e in enumerate(energies)))
    told, booked, total = list(energies), None, 0
    for quarter in range(min(closings, len(energies))):
        found = leaf(series, quarter, booked)
        booked = closed(series, T0 + quarter * Q, T0 + quarter * Q + Q, booked, found)
        total += found.import_wh
    for number, (index, energy) in enumerate(corrections):
        if index < len(energies):
            told[index] = energy
            for item in series.plan([delta(index, energy, updated=2 + number)]):
                series.put(item)
    series.put(delta(len(energies), 10**6))  # enough to make good what was booked too much
    for quarter in range(min(closings, len(energies)), len(energies) + 1):
        found = leaf(series, quarter, booked)
        booked = closed(series, T0 + quarter * Q, T0 + quarter * Q + Q, booked, found)
        total += found.import_wh
    assert total == sum(told) + 10**6
