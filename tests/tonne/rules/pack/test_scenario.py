"""A scenario file fills gaps of a pack, and every table marks what it supplied."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tonne.errors import TonneError
from tonne.rules import disclosure, engine
from tonne.rules.pack import RulePack, load
from tonne.rules.pack.scenario import assume, find, scheme_of

SHIPPED = ROOT / "scenarios" / "china-2023-24-assumed.toml"
DAY = date(2023, 12, 31)


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return load("china-national")


def test_a_gap_is_filled_and_marked(pack):
    assert not pack.has("benchmark.power.gas", DAY)
    assumed = assume(pack, SHIPPED)

    assert engine.allocation(assumed, "gas", engine.Output(1_000_000), 2023) == 330_500
    assert assumed.entry("benchmark.power.gas", DAY).confidence == "assumed"
    cell = disclosure.cell(assumed, "benchmark", DAY)
    assert (cell.text, cell.disclosed, cell.assumed) == ("6 (assumed)", False, True)
    assert not pack.has("benchmark.power.gas", DAY), "the pack itself stays as it was"


def test_what_the_scheme_says_itself_is_not_marked(pack):
    assumed = assume(pack, SHIPPED)
    cell = disclosure.cell(assumed, "benchmark", date(2022, 12, 31))
    assert (cell.text, cell.assumed) == ("6", False)


HEAD = 'format = 1\n[scenario]\ntitle = "What if"\nscheme = "china-national"\n'
ASSUMED = '[[assume]]\nkey = "{}"\nvalue = {}\nunit = "{}"\nfrom = {}\nwhy = "to see"\n'
BORROW = ("borrowing.limit", "0.1", "share", "2021-01-01")


def test_a_single_figure_is_marked_where_it_stands(pack, tmp_path):
    assumed = assume(pack, _file(tmp_path, BORROW))
    cell = disclosure.cell(assumed, "borrowing.limit", DAY)
    assert (cell.text, cell.disclosed, cell.assumed) == ("10 % (assumed)", False, True)
    assert disclosure.cell(assumed, "offset.limit", DAY).text == "5 %"


def _file(folder: Path, *assumptions: tuple[str, ...], head: str = HEAD) -> Path:
    path = folder / "what-if.toml"
    path.write_text(head + "".join(ASSUMED.format(*one) for one in assumptions), "utf-8")
    return path


@pytest.mark.parametrize(
    ("assumptions", "code", "line"),
    [
        ([("borrowing.limits", *BORROW[1:])], "PACK_UNKNOWN_KEY", 5),
        ([(BORROW[0], "0.1", "t", BORROW[3])], "PACK_UNIT", 8),
        ([(BORROW[0], "1.1", "share", BORROW[3])], "PACK_VALUE", 7),
        ([("offset.limit", "0.1", "share", "2023-01-01")], "SCENARIO_KNOWN", 6),
        ([BORROW, BORROW], "SCENARIO_KNOWN", 12),
        ([("benchmark.power.wood", "0.1", "t/MWh", "2023-01-01")], "SCENARIO_KEY", 6),
        ([("allocation.glass.gap_limit", "0.1", "share", "2023-01-01")], "SCENARIO_KEY", 6),
        ([(*BORROW[:3], '"soon"')], "PACK_FIELD", 9),
        ([("penalty.verifier_multiple_max", "4", "times", "2020-01-01")], "SCENARIO_KNOWN", 6),
    ],
)
def test_a_wrong_assumption_is_refused_with_its_line(pack, tmp_path, assumptions, code, line):
    path = _file(tmp_path, *assumptions)
    with pytest.raises(TonneError) as caught:
        assume(pack, path)
    assert caught.value.code == code
    assert caught.value.message.startswith(f"{path}:{line}: ")
    assert caught.value.remedy


def test_an_assumption_that_turns_a_range_upside_down_is_refused(tmp_path):
    path = _file(
        tmp_path, ("penalty.max_per_unit", "1", "CNY/t", "2012-01-01"),
        ("penalty.min_per_unit", "2", "CNY/t", "2012-01-01"),
    )  # fmt: skip
    with pytest.raises(TonneError) as caught:
        assume(load("china-national"), path)
    assert caught.value.code == "PACK_RANGE"


@pytest.mark.parametrize("name", ["eu-ets", "china-shenzhen", "china-guangdong", "china-hubei"])
def test_no_scheme_takes_the_bounds_of_plausible_reports_from_china(pack, name):
    """A gas station of 0.20 t/MWh is plausible anywhere; China's bounds are those of its own fleet."""
    own = assume(load(name), ROOT / "scenarios" / f"{name}-assumed.toml")
    day = date(2024, 3, 1)
    national = {one.number: one for one in pack.mrv_on(day).bounds}
    for bounds in own.mrv_on(day).bounds:
        if bounds.number in (1, 2, 3, 4):
            assert bounds.min_power < national[bounds.number].min_power
            assert bounds.max_power > national[bounds.number].max_power
    assert own.mrv_on(day).bounds[3].min_power == 1_900


def test_a_scenario_of_another_scheme_or_none_is_refused(pack, tmp_path):
    path = _file(tmp_path, BORROW, head=HEAD.replace("national", "hubei"))
    with pytest.raises(TonneError) as caught:
        assume(pack, path)
    assert caught.value.code == "SCENARIO_SCHEME"
    with pytest.raises(TonneError) as caught:
        assume(pack, tmp_path / "none.toml")
    assert caught.value.code == "SCENARIO_UNREADABLE"
    assert "price-linked-penalty" in caught.value.remedy


def test_a_scenario_is_found_by_name_or_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = _file(tmp_path, BORROW)
    assert find(path) == path
    assert find(Path("eu-ets-assumed")) == ROOT / "scenarios" / "eu-ets-assumed.toml"
    assert scheme_of(Path("eu-ets-assumed")) == "eu-ets"


@pytest.mark.parametrize(
    ("name", "key", "day", "text"),
    [
        # 13.00 and 6.00 dollars in 2021, 7 % more every year.
        ("us-rggi", "supply.ccr_price", date(2021, 6, 30), "13.00 USD/short ton"),
        ("us-rggi", "supply.ccr_price", date(2024, 6, 30), "15.92 USD/short ton"),
        ("us-rggi", "supply.ecr_price", date(2024, 6, 30), "7.35 USD/short ton"),
        ("us-rggi", "auction.reserve_price", date(2025, 6, 30), "2.62 USD/short ton"),
        ("us-rggi", "auction.reserve_price", date(2028, 6, 30), "9.63 USD/short ton"),
        (
            "us-california",
            "supply.ceiling_price",
            date(2024, 6, 30),
            "65.00 USD/t in 2021, yearly + 5 % and consumer prices",
        ),
        ("eu-ets", "penalty.max_per_unit", date(2012, 6, 30), "100.00 EUR/t"),
        ("eu-ets", "penalty.max_per_unit", date(2023, 6, 30), "111.00 EUR/t"),
        ("eu-ets", "penalty.max_per_unit", date(2024, 6, 30), "100.00 EUR/t and consumer prices"),
    ],
)
def test_a_price_that_rises_is_shown_as_it_is_on_the_day(name, key, day, text):
    assert disclosure.cell(load(name), key, day).text == text
