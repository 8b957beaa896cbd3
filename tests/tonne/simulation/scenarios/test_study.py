"""A scenario file is read whole, and refused with its line where it makes no sense."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.tonne.simulation.scenarios.files import CASE, HEAD, RUN, SWEEP, read, written
from tonne.errors import TonneError
from tonne.rules.pack import load
from tonne.rules.pack.scenario import assume
from tonne.simulation.scenarios import study

SHIPPED = ("cap-path", "early-warning", "offset-limit", "price-linked-penalty")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_is_valid(name):
    found = study.read(ROOT / "scenarios" / f"{name}.toml")
    assert len(found.variants()) > 1
    assert len({variant.name for variant in found.variants()}) == len(found.variants())


def test_every_case_meets_every_combination(tmp_path):
    found = read(
        tmp_path,
        SWEEP.format("cap", "[0.9, 1]"),
        SWEEP.format("offset.limit", "[0, 0.05, 0.1]"),
        CASE.format("a", '"offset.supply" = 0.01'),
        CASE.format("b", '"offset.supply" = 0.02'),
    )
    assert len(found.variants()) == 12
    assert found.variants()[0].name == "a; cap 0.9, offset.limit 0"
    assert found.variants()[-1].name == "b; cap 1, offset.limit 0.1"


def test_the_same_file_supplies_what_the_pack_does_not_know(tmp_path):
    assumed = """[[assume]]
key = "borrowing.limit"
value = 0.1
unit = "share"
from = 2021-01-01
why = "to see"
"""
    path = written(tmp_path, assumed, SWEEP.format("cap", "[0.9, 1]"))
    day = study.date(2022, 12, 31)
    assert study.read(path).pack.has("borrowing.limit", day)
    assert assume(load("china-national"), path).has("borrowing.limit", day)


CAP = SWEEP.format("cap", "[0.9, 1]")
PER_UNIT = '"penalty.min_per_unit" = {}, "penalty.max_per_unit" = {}'
MULTIPLE = '"penalty.multiple_min" = 3, "penalty.multiple_max" = 3'


@pytest.mark.parametrize(
    ("parts", "run", "code", "line"),
    [
        (["[sweeps]\n"], RUN, "PACK_UNKNOWN_KEY", 10),
        ([SWEEP.format("cup", "[1]")], RUN, "PACK_UNKNOWN_KEY", 11),
        ([SWEEP.format("mrv.report_days", "[1]")], RUN, "PACK_UNKNOWN_KEY", 11),
        ([SWEEP.format("cap", "[]")], RUN, "PACK_FIELD", 12),
        (['[[sweep]]\nkey = "cap"\n'], RUN, "PACK_MISSING", 10),
        ([SWEEP.format("benchmark.power.wood", "[1]")], RUN, "PACK_PRODUCT", 11),
        ([SWEEP.format("benchmark.steel.gas", "[1]")], RUN, "PACK_PRODUCT", 11),
        ([SWEEP.format("offset.limit", "[0.1, 1.5]")], RUN, "PACK_VALUE", 12),
        ([SWEEP.format("offset.limit", '["much"]')], RUN, "PACK_VALUE", 12),
        ([SWEEP.format("offset.limit", "[[0.1]]")], RUN, "SCENARIO_PATH", 12),
        ([SWEEP.format("cap", "[[1.0, 0.9]]")], RUN, "SCENARIO_PATH", 12),
        ([SWEEP.format("cap", "[1, 1]")], RUN, "SCENARIO_TWICE", 12),
        ([CAP, CAP], RUN, "SCENARIO_TWICE", 14),
        ([CAP, CASE.format("a", '"cap" = 1')], RUN, "SCENARIO_TWICE", 11),
        ([CAP, *[CASE.format("a", '"offset.limit" = 0')] * 2], RUN, "SCENARIO_TWICE", 17),
        ([CASE.format("a", '"cap" = 3')], RUN, "PACK_VALUE", 12),
        ([CASE.format("a", PER_UNIT.format(2, 1))], RUN, "SCENARIO_CONTRADICTION", 12),
        ([CASE.format("a", '"penalty.max_per_unit" = 1')], RUN, "SCENARIO_CONTRADICTION", 12),
        ([CASE.format("a", MULTIPLE)], RUN, "SCENARIO_CONTRADICTION", 12),
        (
            [CASE.format("a", f"{PER_UNIT.format(1, 1)}, {MULTIPLE}")],
            RUN, "SCENARIO_CONTRADICTION", 12,
        ),
        ([CASE.format("a", '"warning.gap" = 0.1')], RUN, "SCENARIO_CONTRADICTION", 12),
        ([], RUN, "SCENARIO_NOTHING_SWEPT", 5),
        ([CAP], RUN.replace("[1, 2, 3]", "[1, 1]"), "SCENARIO_SEEDS", 7),
        ([CAP], RUN.replace("[1, 2, 3]", "[]"), "PACK_FIELD", 7),
        ([CAP], RUN.replace("emitters", "emiters"), "PACK_UNKNOWN_KEY", 8),
        ([CAP], RUN.replace("= 100", "= 2163"), "PACK_FIELD", 8),
        ([CAP], RUN.replace("2020", "2023"), "SCENARIO_NO_BENCHMARK", 6),
        ([CAP], "", "PACK_MISSING", 1),
        (
            [SWEEP.format("cap", [i / 10_000 for i in range(1, 8_000)])],
            RUN, "SCENARIO_TOO_MANY", 7,
        ),
    ],
)  # fmt: skip
def test_a_wrong_scenario_is_refused_with_its_line(tmp_path, parts, run, code, line):
    path = written(tmp_path, *parts, run=run)
    with pytest.raises(TonneError) as caught:
        study.read(path)
    assert caught.value.code == code
    assert caught.value.message.startswith(f"{path}:{line}: ")
    assert caught.value.remedy


def test_a_scheme_without_benchmarks_or_a_file_that_is_not_there_is_refused(tmp_path):
    path = written(tmp_path, CAP, head=HEAD.replace("china-national", "us-rggi"))
    with pytest.raises(TonneError) as caught:
        study.read(path)
    assert caught.value.code == "SCENARIO_NO_CLASSES"
    with pytest.raises(TonneError) as caught:
        study.read(tmp_path / "none.toml")
    assert caught.value.code == "SCENARIO_UNREADABLE"
