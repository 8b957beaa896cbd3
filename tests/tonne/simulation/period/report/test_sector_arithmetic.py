"""Allocation of sectors by signed lines alone: rounding, gases, benchmark of the year or of years before."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from tests.tonne.simulation.fleet.test_industry import CHINA, EUROPE, POWER
from tonne.rules import pack as rule_packs
from tonne.simulation.fleet import industry
from tonne.simulation.period.report import sector_arithmetic
from tonne.simulation.period.steps import reporting


@pytest.fixture(scope="module", params=[("china-national", CHINA), ("eu", EUROPE)], ids="ce")
def drawn(request):
    """A pack and its drawn plants of sectors."""
    name, scenario = request.param
    pack = rule_packs.load(name)
    facts = industry.assumed([scenario], pack)
    return pack, industry.with_industry(POWER, facts, pack, 2021, Fraction(1)).plants


def lines_of(plant):
    return [line.model_dump() for line in reporting.lines_of(plant)]


def test_it_equals_the_engine_for_every_plant(drawn):
    pack, plants = drawn
    for plant in plants:
        worked_out = sector_arithmetic.allocation(pack, plant, lines_of(plant), 2024)
        assert worked_out == industry.final(pack, plant, plant.emissions_t, 2024)


def test_a_kilogram_more_is_a_tonne_more():
    line = {"category": "combustion", "product": "coal", "quantity": 1, "gwpSet": 5}
    assert sector_arithmetic.emitted_t([line | {"gases": {"CO2": 2_000}}]) == 2
    assert sector_arithmetic.emitted_t([line | {"gases": {"CO2": 2_001}}]) == 3
    assert sector_arithmetic.emitted_t([line | {"gases": {"CO2": 1, "CF4": 1}}]) == 7


def test_other_products_and_what_is_bought_do_not_count():
    made = {"category": "output", "product": "clinker", "quantity": 7}
    others = [made | {"product": "heat"}, made | {"category": "process"}]
    assert sector_arithmetic.made_t([made, *others], "clinker") == 7


def test_lines_that_say_less_give_less(drawn):
    pack, plants = drawn
    plant = plants[0]
    less = replace(plant.industry, product_t=plant.industry.product_t - 1_000)
    low = replace(plant, emissions_t=plant.emissions_t - 1_000, industry=less)
    given = sector_arithmetic.allocation(pack, plant, lines_of(low), 2024)
    historic = pack.scheme.name == "eu-ets"  # tonnes of the years before count there
    assert given == industry.final(pack, plant, plant.emissions_t, 2024) - (
        0 if historic else 1_000
    )


def test_files_that_were_carried_are_read_alone_and_in_batches(drawn, tmp_path):
    pack, plants = drawn
    folder = tmp_path / "inbox" / "done"
    folder.mkdir(parents=True)
    reports = [
        {"report": {"installation": number}, "lines": lines_of(plant)}
        for number, plant in enumerate(plants[:3], start=5)
    ]
    (folder / "1.report.json").write_text(json.dumps({"kind": "report", "signed": reports[0]}))
    (folder / "2.batch.json").write_text(json.dumps({"kind": "batch", "reports": reports[1:]}))
    state = SimpleNamespace(
        folder=tmp_path,
        pack=pack,
        period=SimpleNamespace(last_year=2024),
        installations=np.array([5, 6, 7, 8]),
        fleet=SimpleNamespace(plants=plants[:4]),
    )
    found = sector_arithmetic.of(state)
    assert list(found) == [5, 6, 7], "the fourth signed nothing"
    assert found[6] == industry.final(pack, plants[1], plants[1].emissions_t, 2024)
