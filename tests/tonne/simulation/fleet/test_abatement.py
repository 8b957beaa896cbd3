"""Abatement curves: nothing at the reference price, more above it, and a price at which supply suffices."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tonne.simulation.fleet.abatement import AROUND, HIGHEST, MOST, SHARE, AbatementCurve

REFERENCE = 4_800
FIRMS = 400
DUE = np.full(FIRMS, 1_000_000, np.int64)


@pytest.fixture
def curve():
    return AbatementCurve.drawn(7, FIRMS, REFERENCE)


def test_nothing_is_avoided_up_to_the_reference_price(curve):
    assert not curve.avoided(REFERENCE).any()
    assert not curve.avoided(1).any()


def test_each_avoids_its_own_share_and_more_at_a_higher_price(curve):
    twice, thrice = curve.avoided(2 * REFERENCE), curve.avoided(3 * REFERENCE)
    assert (thrice > twice).all()
    assert twice.min() >= float(SHARE) * (1 - AROUND) and twice.max() <= float(SHARE) * (1 + AROUND)
    assert twice.mean() == pytest.approx(float(SHARE), rel=0.05)
    assert curve.avoided(1_000 * REFERENCE).max() == MOST


def test_the_price_is_the_lowest_at_which_supply_suffices(curve):
    supply = int(DUE.sum()) * 90 // 100
    price = curve.price(DUE, supply)

    def owed(at):
        return (DUE * (1 - curve.avoided(at))).sum()

    assert owed(price) <= supply < owed(price - 1)
    assert 2.8 * REFERENCE < price < 3.2 * REFERENCE, (
        "a tenth less, at a twentieth for each doubling"
    )


def test_a_long_market_stays_at_the_reference_price_and_a_hopeless_one_at_the_highest(curve):
    assert curve.price(DUE, int(DUE.sum())) == REFERENCE
    assert curve.price(DUE, 0) == HIGHEST * REFERENCE


def test_where_no_firm_answers_to_a_price_none_is_expected():
    curve = AbatementCurve.drawn(7, FIRMS, REFERENCE, Fraction(0))
    assert curve.price(DUE, 0) == REFERENCE


def test_a_curve_is_the_seeds_alone(curve):
    again, other = (AbatementCurve.drawn(seed, FIRMS, REFERENCE) for seed in (7, 8))
    assert (again.shares == curve.shares).all() and (other.shares != curve.shares).any()
