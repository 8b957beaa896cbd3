"""The plain rules against published cases, worked examples of ours, and what must always hold."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.rules import engine, pack
from tonne.rules.engine import Output
from tonne.rules.pack import RulePack, load

PACK: RulePack = load("china-national")
SHIPPED = Path(pack.__file__).resolve().parents[3] / "schemes" / "china-national.toml"
CLASSES = sorted(PACK.classes)
DEADLINE = date(2021, 12, 31)
CENTS_OF_YUAN = 100

amounts = st.integers(min_value=0, max_value=2**40 - 1)
classes = st.sampled_from(CLASSES)


# published


@pytest.mark.parametrize(
    ("name", "per_million_mwh", "per_million_gj"),
    [
        ("coal_gt300", 877_000, 126_000),
        ("coal_le300", 979_000, 126_000),
        ("unconventional_coal", 1_146_000, 126_000),
        ("gas", 392_000, 59_000),
    ],
)
def test_allocation_of_2019_20_is_the_published_benchmark_times_output(
    name, per_million_mwh, per_million_gj
):
    assert engine.allocation(PACK, name, Output(1_000_000), 2020) == per_million_mwh
    assert engine.allocation(PACK, name, Output(0, 1_000_000), 2020) == per_million_gj


def test_the_six_fines_of_ningxia_lie_within_the_published_range():
    """Six firms paid 168,000 yuan in all (China Daily, 5 May 2022)."""
    bounds = engine.penalty_bounds(PACK, 1, DEADLINE)
    total = 168_000 * CENTS_OF_YUAN
    assert 6 * bounds.min_cents <= total <= 6 * bounds.max_cents


BEIJING = engine.HoldingRule(flat=1_000_000, over_allocation=True)
CALIFORNIA = engine.HoldingRule(
    base=25_000_000, base_share=Fraction(1, 10), rest_share=Fraction(25, 1000)
)


def test_the_holding_limit_of_beijing_is_the_allocation_and_a_million():
    assert BEIJING.limit(allocation=2_345_678) == 3_345_678
    assert BEIJING.limit() == 1_000_000


def test_the_holding_limit_of_california_follows_the_budget():
    """0.1 x 25 m + 0.025 x (162.8 m - 25 m), the budget of 2013."""
    assert CALIFORNIA.limit(budget=162_800_000) == 5_945_000
    assert CALIFORNIA.limit(allocation=7, budget=25_000_000) == 2_500_000


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ("holding_limit = 1000000\nholding_limit_over_allocation = true", BEIJING),
        (
            "holding_limit_base = 25000000\nholding_limit_base_share = 0.1\n"
            "holding_limit_rest_share = 0.025",
            CALIFORNIA,
        ),
        ("", None),
    ],
)
def test_a_pack_says_which_rule_holds(lines, rule, tmp_path):
    text = SHIPPED.read_text(encoding="utf-8")
    head, _, rest = text.partition("[market]\n")
    given = [line.split(" = ") for line in lines.splitlines()]
    path = tmp_path / "with-limit.toml"
    path.write_text(head + "[market]\n" + "".join(_entry(*pair) for pair in given) + rest, "utf-8")
    assert engine.holding_rule(load(path), DEADLINE) == rule


def _entry(key: str, value: str) -> str:
    unit = "share" if key.endswith("share") else "flag" if value == "true" else "t"
    return (
        f'{key} = [{{ value = {value}, unit = "{unit}", from = 2019-01-01, source = "ours",'
        ' confidence = "ours" }]\n'
    )


# worked by hand; ours


def test_preallocation_gives_seventy_percent_rounding_each_product_down():
    # 0.877 x 1001 x 0.7 = 614.5139, 0.126 x 101 x 0.7 = 8.9082
    assert engine.preallocation(PACK, "coal_gt300", Output(1001, 101), 2020) == 614 + 8


def test_true_up_corrects_up_and_down():
    early = engine.preallocation(PACK, "coal_gt300", Output(1_000_000), 2020)
    assert early == 613_900
    assert engine.true_up(PACK, "coal_gt300", Output(800_000), 2020, early) == 87_700
    assert engine.true_up(PACK, "coal_gt300", Output(600_000), 2020, early) == -87_700


@pytest.mark.parametrize(
    ("name", "emissions", "free", "due"),
    [
        ("coal_gt300", 1_000_000, 900_000, 1_000_000),  # short by less than a fifth: all of it
        ("coal_gt300", 1_000_000, 800_000, 1_000_000),
        ("coal_gt300", 1_000_000, 700_000, 900_000),  # free + 20 %
        ("coal_gt300", 1_000_001, 700_000, 900_000),  # a fifth is rounded down
        ("coal_gt300", 1_000_000, 1_200_000, 1_000_000),
        ("gas", 1_000_000, 700_000, 700_000),  # no deficit
        ("gas", 700_000, 1_000_000, 700_000),
        (None, 500_000, 0, 100_000),
    ],
)
def test_obligation_caps(name, emissions, free, due):
    assert engine.obligation(PACK, name, emissions, free, 2020) == due


@pytest.mark.parametrize(("due", "limit"), [(0, 0), (19, 0), (20, 1), (1_000_019, 50_000)])
def test_offsets_cover_a_twentieth_rounded_down(due, limit):
    assert engine.offset_limit(PACK, due, DEADLINE) == limit


def test_offsets_before_the_measures_cover_nothing():
    assert engine.offset_limit(PACK, 1_000_000, date(2021, 1, 31)) == 0


def test_penalty_deducts_the_whole_shortfall():
    assert engine.penalty_bounds(PACK, 865_300, DEADLINE) == engine.PenaltyBounds(
        20_000 * CENTS_OF_YUAN, 30_000 * CENTS_OF_YUAN, 865_300
    )


def test_a_plant_without_a_class_receives_nothing():
    assert engine.allocation(PACK, None, Output(1_000_000, 1_000_000), 2020) == 0


def test_negative_output_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Output(-1)


def test_position_of_a_short_plant():
    position = engine.position(
        PACK, PACK.period("2019-20"), "coal_gt300", Output(1_000_000), 950_000, held=613_900
    )
    assert (position.allocation, position.obligation) == (877_000, 950_000)
    assert position.gap == 950_000 - 613_900
    assert position.offset_room == 47_500
    assert position.penalty == engine.penalty_bounds(PACK, position.gap, DEADLINE)


def test_position_counts_what_was_surrendered():
    position = engine.position(
        PACK, PACK.period("2019-20"), "coal_gt300", Output(1_000_000), 950_000,
        held=10_000, surrendered=945_000, offsets_surrendered=45_000,
    )  # fmt: skip
    assert (position.gap, position.offset_room, position.penalty) == (-5_000, 2_500, None)


# always


@given(name=classes, power=amounts, heat=amounts)
def test_allocation_is_below_the_exact_figure_by_less_than_a_tonne_a_product(name, power, heat):
    day = date(2020, 12, 31)
    exact = Fraction(PACK.benchmark(name, "power", day)) * power
    exact += Fraction(PACK.benchmark(name, "heat", day)) * heat
    assert 0 <= exact - engine.allocation(PACK, name, Output(power, heat), 2020) < 2


@given(name=classes, power=amounts, heat=amounts)
def test_the_integers_of_the_contracts_give_the_same_allocation(name, power, heat):
    """The engine works with the decimals of the pack; the chain keeps them times ten thousand."""
    day, info = date(2020, 12, 31), PACK.classes[name]
    by_chain = power * PACK.onchain(f"benchmark.power.{info.power}", day) // 10_000
    by_chain += heat * PACK.onchain(f"benchmark.heat.{info.heat}", day) // 10_000
    assert engine.allocation(PACK, name, Output(power, heat), 2020) == by_chain


@given(name=classes, last=amounts, verified=amounts)
def test_early_and_correction_add_up_to_the_final_allocation(name, last, verified):
    early = engine.preallocation(PACK, name, Output(last), 2020)
    correction = engine.true_up(PACK, name, Output(verified), 2020, early)
    assert early + correction == engine.allocation(PACK, name, Output(verified), 2020)
    assert early <= engine.allocation(PACK, name, Output(last), 2020)


@given(name=classes, emissions=amounts, free=amounts)
def test_obligation_never_exceeds_emissions_nor_the_cap(name, emissions, free):
    due = engine.obligation(PACK, name, emissions, free, 2020)
    assert due <= emissions
    if free >= emissions:
        assert due == emissions
    if PACK.classes[name].fuel == "gas":
        assert due <= free
    else:
        assert due <= free + emissions // 5


@given(due=amounts)
def test_offset_limit_is_a_twentieth(due):
    limit = engine.offset_limit(PACK, due, DEADLINE)
    assert 20 * limit <= due < 20 * (limit + 1)


def test_a_sector_is_allocated_what_it_emitted_or_by_tonnes_of_product():
    china, europe = load("china-national"), load("eu")
    made = engine.SectorFigures(3_000_001, 1_700_000, 2_900_000, 1_600_001)
    assert engine.sector_final(china, "steel", made, 2024) == 3_000_001
    assert engine.sector_early(china, "steel", made, 2024) == 0, (
        "nothing is early in the first year"
    )
    assert engine.sector_early(china, "steel", made, 2025) == 2_030_000
    # 0.693 of 1,600,001 t made before are 1,108,800.693; the year's own tonnes do not count.
    assert engine.sector_final(europe, "clinker", made, 2024) == 1_108_800
    assert engine.sector_early(europe, "clinker", made, 2024) == 1_108_800
    assert engine.sector_final(europe, "hot_metal", made, 2021) == 2_060_801
    # Until 2020 the pack does not say which tonnes: the year's.
    assert engine.sector_final(europe, "aluminium", made, 2020) == 2_573_800
