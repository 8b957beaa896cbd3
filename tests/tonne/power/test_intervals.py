"""Times of an interval as the market's terms set them."""

from __future__ import annotations

from tonne.power.intervals import MarketTerms

TERMS = MarketTerms(900, 600, 30, 300, 7_200, 10_000_000, 50_000, 100)


def test_an_interval_has_its_times():
    assert (TERMS.start(10), TERMS.gate(10), TERMS.free_at(10)) == (9_000, 8_400, 16_200)


def test_energy_at_the_cap_is_rounded_up():
    assert TERMS.at_cap(1) == 10_000
    assert MarketTerms(900, 600, 30, 300, 0, 1, 1, 0).at_cap(1) == 1


def test_only_intervals_between_gate_and_end_of_window_are_in_it():
    assert list(TERMS.in_window(8_399)) == []
    assert list(TERMS.in_window(8_400)) == list(TERMS.in_window(8_699)) == [10]
    assert list(TERMS.in_window(8_700)) == []
    # A window longer than an interval holds several.
    wide = MarketTerms(60, 600, 30, 150, 0, 1, 1, 0)
    assert list(wide.in_window(600)) == [18, 19, 20]
