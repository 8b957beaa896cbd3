"""Monthly evidence of a run: who files, when, and that twelve months are the year."""

from __future__ import annotations

from collections import Counter
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.evidence import manifest, monthly
from tonne.rules.pack import load
from tonne.simulation.fleet.plants import generate, select
from tonne.simulation.period.model.plan import PeriodOptions, cast
from tonne.simulation.period.model.results import MonthlyResult, PeriodResults
from tonne.simulation.period.steps import monthly_evidence, reporting

PACK = load("china-national")
EUROPE = load("eu-ets")
FLEET = select(generate(3), 60, 3)


def state(pack=PACK, asked=6):
    plants = enumerate(FLEET.plants)
    return SimpleNamespace(
        pack=pack,
        fleet=FLEET,
        cast=cast(FLEET, 3),
        options=PeriodOptions(monthly=asked),
        obliged=[place for place, plant in plants if plant.class_number],
        results=PeriodResults(),
    )


@given(
    power=st.integers(0, 10**8),
    heat=st.integers(0, 10**8),
    process=st.integers(0, 10**6),
    more=st.integers(0, 10**8),
)
def test_twelve_months_add_up_to_each_figure_of_the_year(power, heat, process, more):
    lines = manifest.power_plant_lines(
        power_mwh=power, heat_gj=heat, emissions_t=process + more, fuel="coal",
        process_t=process,
    )  # fmt: skip
    parts = [list(monthly_evidence.month_of(lines, month)) for month in monthly.MONTHS]
    packages = [
        SimpleNamespace(
            package=SimpleNamespace(installation=1, year=2022, month=month),
            lines=manifest.plain(part),
        )
        for month, part in zip(monthly.MONTHS, parts, strict=True)
    ]
    for part in parts:
        manifest.parse_lines(manifest.plain(part))
    assert monthly.differences(1, 2022, lines, packages) == []
    for which, line in enumerate(lines):
        assert sum(part[which].quantity for part in parts) == line.quantity
        for gas, kg in line.gases.items():
            assert sum(part[which].gases[gas] for part in parts) == kg


@pytest.mark.parametrize(
    ("places", "late", "missing", "corrected"),
    [((), 0, 0, 0), ((7,), 0, 0, 1), ((7, 8), 1, 0, 1), ((7, 8, 9), 1, 1, 1)],
)
def test_who_files_is_in_time_but_for_one_late_and_one_missing(places, late, missing, corrected):
    planned = list(monthly_evidence.planned(state(), places, 2021))
    firsts, kept = Counter(), Counter()
    for filing in sorted(planned):
        assert filing.at >= PACK.start_of(date(2021 + filing.month // 12, filing.month % 12 + 1, 1))
        kept[filing.place, filing.month] += 1
        if kept[filing.place, filing.month] == 1:
            firsts[filing.at >= monthly.deadline(PACK, 2021, filing.month)] += 1
    assert firsts[True] == late
    assert firsts[False] == 12 * len(places) - late - missing
    assert sum(count > 1 for count in kept.values()) == corrected


def test_the_largest_that_play_no_part_file():
    here = state(asked=4)
    found = monthly_evidence.chosen(here, [2021])
    busy = set(here.cast.playing(*here.cast.named()))
    free = [place for place in here.obliged if place not in busy]
    assert len(found) == 4 and not busy & set(found)
    smallest = min(FLEET.plants[place].emissions_t for place in found)
    assert all(FLEET.plants[p].emissions_t <= smallest for p in free if p not in found)
    assert set(monthly_evidence.chosen(state(asked=200), [2021])) == set(free)
    assert monthly_evidence.chosen(state(asked=0), [2021]) == ()


def test_nobody_files_where_the_pack_has_no_day_for_it_and_that_is_said():
    here = state(EUROPE)
    found = monthly_evidence.plan(here, FLEET, [SimpleNamespace(last_year=2022)])
    assert (found.places, found.left) == ((), [])
    monthly_evidence.file_until(here, found, 10**12)
    assert monthly_evidence.result(here, found) is None
    assert [rule for rule, _ in here.results.not_applied] == ["Monthly evidence"]


def test_the_lines_of_a_month_are_those_of_the_report():
    plant = next(p for p in FLEET.plants if p.class_number == 1)
    part = list(monthly_evidence.month_of(reporting.lines_of(plant), 12))
    assert [line.product for line in part] == [line.product for line in reporting.lines_of(plant)]
    assert 0 < part[0].quantity <= plant.power_mwh // 12 + 1


def test_what_is_told_counts_what_was_due():
    told = MonthlyResult(2021, 6, 60, 1, 1, 10, 1, 0, ())
    assert str(told) == (
        "60 of 62 packages of 6 plants in time, 1 late, 1 missing, 10 not due yet; 1 corrected"
    )
    assert told.against_reports(2020) == ""
    compared = MonthlyResult(2022, 6, 72, 0, 0, 0, 0, 6, ())
    assert compared.against_reports(2021).endswith("their twelve months: no difference")
    assert "not due" not in str(compared)
