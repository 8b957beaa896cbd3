"""Losses close to the watt-hour, on made and on real weeks."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.power.losses import AreaLoss, LossCurve, shares, split

WEEK = Path(__file__).parents[4] / "shared" / "data" / "energy"
#: Fourteen households, eight roofs and a grid connection, each read to the whole watt-hour.
TRUNCATION_WH = 23


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_shares_add_up_and_each_is_within_a_watt_hour_of_its_due(
    loss: int, weights: list[int]
) -> None:
    total = sum(weights)
    dealt = shares(loss, weights)
    assert sum(dealt) == (loss if total else 0)
    for share, weight in zip(dealt, weights):
        assert total == 0 or abs(share * total - loss * weight) <= total


@given(st.integers(0, 10**12), st.booleans(), st.booleans())
def test_both_sides_bear_the_loss_between_them(loss: int, delivering: bool, taking: bool) -> None:
    by_delivering, by_taking = split(loss, delivering, taking)
    assert by_delivering + by_taking == loss
    assert by_delivering == 0 or delivering
    assert by_taking == 0 or taking or not delivering


def test_one_side_alone_bears_all_of_it() -> None:
    assert split(1_001, True, True) == (450, 551)
    assert split(1_001, True, False) == (1_001, 0)
    assert split(1_001, False, True) == (0, 1_001)


@pytest.mark.parametrize(
    "curve, in_wh, lost",
    [
        (LossCurve(115, 0, 0), 4_000, 115),  # iron alone: 460 W for a quarter of an hour
        (LossCurve(0, 320_000, 0), 1_000, 320),  # an electrolyser at 68 %
        (LossCurve(0, 0, 1_250_000), 2_500, 5),  # resistance grows with the square
        (LossCurve(115, 10_000, 1_250_000), 2_500, 145),
        (LossCurve(115, 0, 0), 40, 40),  # never more than went in
    ],
)
def test_a_curve_has_three_terms(curve: LossCurve, in_wh: int, lost: int) -> None:
    assert curve.modelled_wh(in_wh) == lost


def test_what_no_line_explains_is_unaccounted() -> None:
    area = AreaLoss(injected_wh=5_000, withdrawn_wh=4_800, measured_wh=150, modelled_wh=140)
    assert (area.loss_wh, area.unaccounted_wh) == (350, 200)


@pytest.mark.parametrize(
    "withdrawn, plausible", [(5_001, False), (5_000, True), (4_500, True), (4_499, False)]
)
def test_a_negative_or_excessive_loss_is_not_charged(withdrawn: int, plausible: bool) -> None:
    assert AreaLoss(5_000, withdrawn, 0, 0).is_plausible(most_ppm=100_000) is plausible


@pytest.mark.skipif(not WEEK.exists(), reason="the week of a real grid lies beside the project")
def test_each_quarter_hour_of_a_street_closes_to_zero() -> None:
    with (
        open(WEEK / "lv_rural1_meters_15min.csv") as meters,
        open(WEEK / "lv_rural1_losses_15min.csv") as losses,
    ):
        rows = list(zip(csv.DictReader(meters), csv.DictReader(losses)))
    assert len(rows) == 672
    for readings, flow in rows:
        wh = {name: int(value) for name, value in readings.items()}
        export = [v for k, v in wh.items() if k.startswith("G0")] + [wh["GRID_import_wh"]]
        taken = [v for k, v in wh.items() if k.startswith("L")] + [wh["GRID_export_wh"]]
        loss = sum(export) - sum(taken)
        by_delivering, by_taking = split(loss, any(export), any(taken))
        borne = sum(shares(by_delivering, export)) + sum(shares(by_taking, taken))
        assert sum(export) - sum(taken) - borne == 0
        computed = int(flow["line_loss_milliwh"]) + int(flow["trafo_loss_milliwh"])
        assert abs(1_000 * loss - computed) <= 1_000 * TRUNCATION_WH


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((WEEK / name).read_text().splitlines()))
