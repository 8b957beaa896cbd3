"""The pack that is shipped says what its sources say; a wrong one is refused with its line."""

from __future__ import annotations

import contextlib
import re
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.rules import pack as rule_packs
from tonne.rules.pack import NO_VALUE, RulePack, load, scenario
from tonne.rules.pack.constraints import ZERO_WHERE_ABSENT
from tonne.rules.pack.keys import KEYS, spec_of
from tonne.rules.pack.toml_lines import LineIndex

ROOT = Path(rule_packs.__file__).resolve().parents[3]
PACK = ROOT / "schemes" / "china-national.toml"


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return load("china-national")


@pytest.fixture
def refused(tmp_path):
    """Loads the shipped pack with one piece of text replaced, and returns the error."""

    def change(old: str, new: str, near: str = "") -> TonneError:
        text = PACK.read_text(encoding="utf-8")
        at = text.find(old)
        assert at >= 0, f"the pack no longer holds {old!r}"
        changed = text.replace(old, new, 1)
        path = tmp_path / "changed.toml"
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(TonneError) as caught:
            load(path)
        error = caught.value
        assert error.remedy
        if near:
            line = changed.count("\n", 0, changed.index(near, at)) + 1
            assert error.message.startswith(f"{path}:{line}: "), error
        return error

    return change


# what the pack says


@pytest.mark.parametrize(
    ("key", "year", "value"),
    [
        ("benchmark.power.coal_gt300", 2020, "0.877"),
        ("benchmark.power.coal_le300", 2020, "0.979"),
        ("benchmark.power.unconventional_coal", 2020, "1.146"),
        ("benchmark.power.gas", 2020, "0.392"),
        ("benchmark.heat.coal", 2019, "0.126"),
        ("benchmark.heat.gas", 2019, "0.059"),
        ("benchmark.power.coal_gt300", 2021, "0.8218"),
        ("benchmark.power.coal_gt300", 2022, "0.8177"),
        ("allocation.preallocation", 2020, "0.70"),
        ("obligation.cap_over_free", 2020, "0.20"),
        ("offset.limit", 2021, "0.05"),
        ("penalty.min", 2021, "20000"),
        ("penalty.max", 2021, "30000"),
        ("penalty.deduction", 2021, "1"),
    ],
)
def test_a_published_figure_holds_in_its_year(pack, key, year, value):
    assert pack.param(key, on=date(year, 12, 31)) == Decimal(value)


def test_a_value_ends_where_its_source_ends(pack):
    assert pack.has("penalty.min", date(2024, 4, 30))
    with pytest.raises(TonneError) as caught:
        pack.param("penalty.min", on=date(2024, 5, 1))
    assert caught.value.code == "PACK_NO_VALUE"


def test_what_is_not_known_is_absent_and_listed(pack):
    assert not pack.has("market.holding_limit", date(2021, 12, 31))
    assert "Holding limit" in {u.rule for u in pack.unapplied()}
    assert pack.market_on(date(2023, 8, 28)).close_rule is None


def test_a_run_is_told_of_rules_of_its_own_years_that_no_scenario_fills():
    scenarios = [ROOT / "scenarios" / f"china-{name}-assumed.toml" for name in ("dates", "2023-24")]
    dated = scenario.assume(load("china-national"), scenarios[0])
    filled = scenario.assume(dated, scenarios[1])

    def told(pack: RulePack, period: str) -> set[str]:
        return {left.rule for left in pack.unapplied(pack.period(period))}

    first = {"Two reporting years in one period", "Pre-allocation on the output of 2018"}
    advance, benchmarks = (
        "Size of the advance on 2023 for 2021 and 2022",
        "Benchmarks of 2023 and 2024",
    )
    assert first <= told(dated, "2019-20") and not first & told(dated, "2021")
    assert advance in told(dated, "2021") and advance not in told(dated, "2019-20")
    assert benchmarks in told(dated, "2023") and benchmarks not in told(dated, "2022")
    assert benchmarks not in told(filled, "2023"), "a scenario supplied them"
    assert "Holding limit" in told(filled, "2019-20") & told(filled, "2023")
    assert {*first, advance, benchmarks} <= {left.rule for left in filled.unapplied()}


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        ('keys = ["market.holding"]', "PACK_UNKNOWN_KEY", "names market.holding, which is no key"),
        ("first_year = 2021\nlast_year = 2020", "PACK_DATES", "is before 2021"),
    ],
)
def test_a_rule_that_is_not_applied_names_keys_and_years_that_can_be(refused, lines, code, words):
    error = refused(
        'rule = "Holding limit"', f'rule = "Holding limit"\n{lines}', lines.split(" ")[-1]
    )
    assert error.code == code and words in error.message


def test_days_of_a_fine_are_unknown_in_china_and_said_to_be(pack, tmp_path):
    rules = {u.rule for u in pack.unapplied()}
    for key, rule in ZERO_WHERE_ABSENT.items():
        assert not pack.has(key, date(2021, 12, 31)) and rule in rules

    known = tmp_path / "known.toml"
    days = (
        '[{ value = 10, unit = "days", from = 2021-02-01, source = "ours", confidence = "ours" }]'
    )
    text = PACK.read_text(encoding="utf-8")
    known.write_text(text.replace("[penalty]\n", f"[penalty]\nhearing = {days}\n", 1), "utf-8")
    left = {u.rule for u in load(known).unapplied()}
    assert rules - left == {ZERO_WHERE_ABSENT["penalty.hearing"]}


def test_the_market_opens_at_48_yuan_with_a_band_of_a_tenth(pack):
    market = pack.market
    assert market.first_day == date(2021, 7, 16)
    assert (market.reference_price_cents, market.tick_cents, market.lot) == (4800, 1, 1)
    assert (market.band_ppm, market.listed_max, market.block_min) == (100_000, 99_999, 100_000)
    assert [(s.opens, s.closes) for s in market.sessions] == [
        (time(9, 30), time(11, 30)),
        (time(13), time(15)),
    ]


def test_blocks_have_a_size_a_band_and_hours_and_takers_reach_five_levels(pack):
    market = pack.market
    assert (market.block_min, market.block_band_ppm, market.taker_levels) == (100_000, 300_000, 5)
    assert (market.block_session.opens, market.block_session.closes) == (time(13), time(15))


def test_2021_has_the_114_trading_days_the_ministry_counted(pack):
    days = pack.trading_days(2021)
    assert len(days) == 114
    assert (days[0], days[-1]) == (date(2021, 7, 16), date(2021, 12, 31))


@pytest.mark.parametrize(
    "day", ["2021-09-18", "2021-09-20", "2021-09-26", "2021-10-01", "2021-10-09"]
)
def test_holidays_and_worked_weekends_are_closed(pack, day):
    assert not pack.is_trading_day(date.fromisoformat(day))


def test_a_year_without_a_calendar_is_closed(pack):
    assert not pack.is_trading_day(date(2026, 1, 5))


def test_trading_day_words_hold_one_bit_a_day(pack):
    first, words = pack.trading_day_words(2021)
    bits = enumerate(bit == "1" for word in words for bit in f"{word:0256b}"[::-1])
    days = {256 * first + i for i, trades in bits if trades}
    # The last word reaches into the year after.
    both = [*pack.trading_days(2021), *pack.trading_days(2022)]
    reached = {
        rule_packs.day_number(d)
        for d in both
        if rule_packs.day_number(d) < 256 * (first + len(words))
    }
    assert days == reached


def test_a_period_ends_with_the_last_second_of_its_local_day(pack):
    period = pack.period("2019-20")
    assert period.surrender_deadline == 1_640_966_399  # 2021-12-31 23:59:59 +08:00
    assert period.determination_from == period.report_deadline + 1
    assert period.onchain == (2020, 2020, 2020, 1_625_068_799, 1_625_068_800, 1_640_966_399)
    assert pack.local_day(period.surrender_deadline) == date(2021, 12, 31)
    assert pack.local_day(period.surrender_deadline + 1) == date(2022, 1, 1)


def test_an_unknown_period_names_those_known(pack):
    with pytest.raises(TonneError, match="2019-20"):
        pack.period("2018")


def test_every_class_has_benchmarks_and_bounds_around_them(pack):
    mrv = pack.mrv_on(date(2020, 12, 31))
    assert [b.number for b in mrv.bounds] == [1, 2, 3, 4]
    for bounds in mrv.bounds:
        info = pack.class_by_number(bounds.number)
        power = pack.onchain(f"benchmark.power.{info.power}", date(2020, 12, 31))
        heat = pack.onchain(f"benchmark.heat.{info.heat}", date(2020, 12, 31))
        assert bounds.min_power < power < bounds.max_power
        assert bounds.min_heat < heat < bounds.max_heat


# what goes on chain


def test_chain_values_are_integers_in_the_contracts_units(pack):
    day = rule_packs.day_number(date(2019, 1, 1))
    params = {(p.key, p.from_day): p.value for p in pack.onchain_params()}
    assert params["benchmark.power.coal_gt300", day] == 8770
    assert params["benchmark.heat.gas", day] == 590
    assert params["allocation.preallocation_ppm", day] == 700_000
    assert params["obligation.gas_deficit_exempt", day] == 1
    penalty_day = rule_packs.day_number(date(2021, 2, 1))
    assert params["penalty.max_cents", penalty_day] == 3_000_000


def test_a_value_that_ends_ends_on_chain_too(pack):
    params = [(p.from_day, p.value) for p in pack.onchain_params() if p.key == "penalty.min_cents"]
    assert params == [
        (rule_packs.day_number(date(2021, 2, 1)), 2_000_000),
        (rule_packs.day_number(date(2024, 5, 1)), NO_VALUE),
    ]


def test_dates_of_a_key_rise_and_every_source_has_a_hash(pack):
    latest: dict[str, int] = {}
    for param in pack.onchain_params():
        assert latest.get(param.key, -1) < param.from_day
        latest[param.key] = param.from_day
        assert len(param.source_hash) == 32
        assert len(param.key) <= 64


def test_the_keys_of_the_contracts_are_keys_of_the_pack(pack):
    """The pack names every number of `ParamKeys` and `BankingKeys`, and beside them only those of
    `ComplianceKeys`, `FalseReportKeys` and `LinkKeys`."""
    keys, banking, links, *more = (
        set(re.findall(r'keccak256\("([^"]+)"\)', (ROOT / "interfaces" / name).read_text("utf-8")))
        for name in (
            *(
                "rules/ISchemes.sol",
                "compliance/IBanking.sol",
                "compliance/ILinks.sol",
                "compliance/ICompliance.sol",
            ),
            "compliance/IFalseReports.sol",
        )
    )
    assert keys and banking and all(more)
    assert links == {spec.chain_key for key, spec in KEYS.items() if key.startswith("link.")}
    known = keys.union(banking, *more)
    assert keys | banking <= {p.key for p in pack.onchain_params()} <= known


# what is refused


CAP = "[obligation]\n"
FIRST = "value = 0.877,"
DATES = "from = 2019-01-01, to = 2020-12-31"
CONFIDENT = 'source = "icap-731", confidence = "high"'
OFFSET = 'value = 0.05, unit = "share", from = 2021-02-01'
RESALE = 'value = false, unit = "flag", from = 2021-07-16'
BAND = '0.10, unit = "share", from = 2021-07-16'
WRONG_TIE = (
    'tie = [{ value = "alphabet", unit = "rule", from = 2021-07-16,'
    ' source = "ours", confidence = "ours" }]\n'
)
DEADLINE = "surrender_deadline = 2021-12-31"
LISTED = (
    'required = [\n  "allocation.preallocation", "obligation.cap_over_free",'
    ' "obligation.gas_deficit_exempt",\n  "offset.limit", "penalty.min", "penalty.max",'
    ' "penalty.deduction",'
)
FINE = 'value = 30_000, unit = "CNY", from = 2021-02-01, to = 2024-04-30'
PART = "surrender_deadline = 2024-12-31"

#: What is replaced, by what, the code, and what stands on the line the error names.
WRONG = [
    (CAP, CAP + "cap_over_fee = []\n", "PACK_UNKNOWN_KEY", "cap_over_fee"),
    ("notice_days =", "notice_day = 3\nnotice_days =", "PACK_UNKNOWN_KEY", "notice_day ="),
    ("[offset]", "[surprise]\nx = 1\n\n[offset]", "PACK_UNKNOWN_KEY", "[surprise]"),
    ("to = 2020-12-31, source", "to = 2021-01-01, source", "PACK_OVERLAP", "value = 2_257"),
    (DATES, DATES.replace("2020-12-31", "2021-06-30"), "PACK_OVERLAP", "value = 2_257"),
    ('0.8218, unit = "t/', '0.8218, unit = "short ton/', "PACK_UNIT", "short ton"),
    ('measure = "t"', 'measure = "short ton"', "PACK_UNIT", "value = 4_500_000_000"),
    ('currency = "CNY"', 'currency = "EUR"', "PACK_UNIT", "value = 20_000"),
    ("value = 20_000, unit", "value = 40_000, unit", "PACK_RANGE", "value = 40_000"),
    ("value = 99_999,", "value = 100_001,", "PACK_RANGE", "value = 100_001"),
    ("value = 0.55,", "value = 1.65,", "PACK_RANGE", "value = 1.65"),
    ("[benchmark.heat]", "[benchmark.steam]", "PACK_PRODUCT", "coal = ["),
    ("[benchmark.heat]\ncoal =", "[benchmark.heat]\nwood =", "PACK_PRODUCT", "wood ="),
    ("[mrv.min_heat]\ncoal =", "[mrv.min_heat]\nwood =", "PACK_PRODUCT", "wood ="),
    ("to = 2021-10-07", "to = 2022-10-07", "PACK_HOLIDAY", "2022-10-07"),
    ("to = 2021-10-07", "to = 2021-09-30", "PACK_DATES", "2021-09-30"),
    ("[2021-02-07,", "[2021-02-08,", "PACK_HOLIDAY", "2021-02-08"),
    (OFFSET, OFFSET.replace("0.05", "5"), "PACK_VALUE", "value = 5,"),
    (FIRST, "value = 0.87705,", "PACK_VALUE", "value = 0.87705,"),
    (FIRST, "value = -0.877,", "PACK_VALUE", "value = -0.877,"),
    (FIRST, "value = nan,", "PACK_VALUE", "value = nan,"),
    (FIRST, "value = true,", "PACK_VALUE", "value = true,"),
    (FIRST, 'value = "0.877",', "PACK_VALUE", 'value = "0.877",'),
    (FIRST, "value = [0.877],", "PACK_FIELD", "value = [0.877],"),
    ('source = "icap-731"', 'source = "icap"', "PACK_SOURCE", '"icap"'),
    ('confidence = "high"', 'confidence = "sure"', "PACK_FIELD", '"sure"'),
    (CONFIDENT, CONFIDENT.replace("high", "ours"), "PACK_CONFIDENCE", '"ours"'),
    (DATES, DATES.replace("2019-01-01", '"2019-01-01"'), "PACK_FIELD", '"2019-01-01"'),
    (DATES, "from = 2020-12-31, to = 2019-01-01", "PACK_DATES", "to = 2019-01-01"),
    (DEADLINE, f"{DEADLINE}T00:00:00", "PACK_FIELD", f"{DEADLINE}T00"),
    (DEADLINE, "surrender_deadline = 2021-09-01", "PACK_PERIOD", "2021-09-01"),
    ("first_year = 2020", "first_year = 2021", "PACK_PERIOD", "first_year = 2021"),
    ("first_year = 2020", "first_year = 70_000", "PACK_FIELD", "first_year = 70_000"),
    ("number = 4\n", "number = 3\n", "PACK_CLASS", "number = 3"),
    ('["09:30-11:30", ', '["09:30-13:30", ', "PACK_VALUE", '"09:30-13:30"'),
    ('["09:30-11:30", ', '["9:30-11:30", ', "PACK_VALUE", '"9:30-11:30"'),
    ('value = "nearest"', 'value = "upward"', "PACK_VALUE", '"upward"'),
    ('value = "nearest"', 'value = "inward"', "PACK_VALUE", '"inward"'),
    (RESALE, RESALE.replace("false", "true"), "PACK_VALUE", RESALE.replace("false", "true")),
    ('{ value = "day"', '{ value = "until_cancelled"', "PACK_ORDER_LIFE", '"until_cancelled"'),
    (BAND, BAND.replace("0.10", "0"), "PACK_ORDER_LIFE", '{ value = "day"'),
    ('["09:30-11:30", ', '["09:40-11:30", ', "PACK_VALUE", '"09:40-11:30"'),
    ('["09:30-11:30", ', '["09:30-10:30", "11:00-11:30", ', "PACK_VALUE", '"11:00-11:30"'),
    (
        '["13:00-15:00"], unit',
        '["13:00-14:00", "14:15-15:00"], unit',
        "PACK_VALUE",
        '"14:15-15:00"',
    ),
    ("[auction]\n", "[auction]\n" + WRONG_TIE, "PACK_VALUE", '"alphabet"'),
    ("format = 1", "format = 2", "PACK_FORMAT", "format = 2"),
    ('utc_offset = "+08:00"', 'utc_offset = "CST"', "PACK_FIELD", '"CST"'),
    ("first_day = 2021-07-16", 'first_day = "July"', "PACK_FIELD", '"July"'),
    ("[calendar.2021]", "[calendar.next]", "PACK_CALENDAR", "[calendar.next]"),
    ('power = "gas"', 'power = "hydrogen"', "PACK_PRODUCT", "gas = ["),
    (LISTED, "required = [", "PACK_REQUIRED", "required = ["),
    (LISTED, LISTED.replace("offset.limit", "offset.limits"), "PACK_REQUIRED", "required = ["),
    ("[allocation.cement]", "[allocation.glass]", "PACK_SECTOR", "method = ["),
    ("[coverage.aluminium]\ngases", "[coverage.aluminium]\ngasses", "PACK_UNKNOWN_KEY", "gasses ="),
    ("\nmultiple_min = [{ value = 5", "\nmultiple_min = [{ value = 15", "PACK_RANGE", "value = 15"),
    ("{ value = 500_000,", "{ value = 2_500_000,", "PACK_RANGE", "value = 2_500_000"),
    (FINE, FINE.replace("2024-04-30", "2024-05-01"), "PACK_PENALTY", "multiple_max = ["),
    (CONFIDENT, CONFIDENT.replace("high", "assumed"), "PACK_CONFIDENCE", '"assumed"'),
    ("value = 2017-03-14", 'value = "2017-03-14"', "PACK_VALUE", '"2017-03-14"'),
    ('["CO2", "PFCs"]', '["CO2", "CF4"]', "PACK_VALUE", '"CF4"'),
    ("first_year = 2022", "first_year = 2021", "PACK_PERIOD", "first_year = 2021"),
    (PART, f"{PART}\npart_deadlines = [2024-12-31]", "PACK_PERIOD", "part_deadlines"),
    ('source = "cea-2024-12"', 'source = "cea-2024"', "PACK_SOURCE", 'source = "cea-2024"'),
    ('from = 2024-01-01\nsource = "industry-2024"', 'from = "2024"', "PACK_FIELD", 'from = "2024"'),
]


@pytest.mark.parametrize(("old", "new", "code", "near"), WRONG)
def test_a_wrong_pack_is_refused_with_its_line(refused, old, new, code, near):
    assert refused(old, new, near).code == code


def test_a_typing_error_gets_the_key_that_was_meant(refused):
    error = refused("preallocation = [", "prealocation = [", "prealocation")
    assert error.code == "PACK_UNKNOWN_KEY"
    assert error.remedy == "Did you mean preallocation?"


@pytest.mark.parametrize("table", ["tick = [", "min = ["])
def test_a_key_every_pack_needs_is_missed(tmp_path, table):
    lines = PACK.read_text(encoding="utf-8").splitlines()
    start = lines.index(table)
    path = tmp_path / "short.toml"
    path.write_text("\n".join(lines[:start] + lines[start + 3 :]), encoding="utf-8")
    with pytest.raises(TonneError) as caught:
        load(path)
    assert caught.value.code == "PACK_MISSING"


def test_a_field_that_is_missing_is_named(refused):
    error = refused(CONFIDENT, 'source = "icap-731"', 'source = "icap-731" }')
    assert (error.code, error.field) == (
        "PACK_MISSING",
        "benchmark.power.coal_gt300[0].confidence",
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [("b = 3\nformat = x\n", ":2: "), ("\xff", ": "), ("b = 1\na = 2\na = 3\n", ":3: ")],
)
def test_a_file_that_is_not_toml_is_refused(tmp_path, text, line):
    path = tmp_path / "bad.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(TonneError) as caught:
        load(path)
    assert caught.value.code == "PACK_SYNTAX"
    assert caught.value.message.startswith(f"{path}{line}")


def test_an_unknown_name_lists_the_packs_there_are():
    with pytest.raises(TonneError) as caught:
        load("atlantis")
    assert caught.value.code == "PACK_NOT_FOUND"
    assert "china-national" in caught.value.remedy


# lines


def test_every_dated_value_of_the_pack_is_found_on_its_own_line(pack):
    text = PACK.read_text(encoding="utf-8")
    lines = text.splitlines()
    index = LineIndex(text)
    for key, values in pack.values.items():
        for i, value in enumerate(values):
            line = lines[index.find((*key.split("."), i, "value")) - 1]
            assert f"from = {value.from_}" in line
            assert value.source in line


@given(st.text(max_size=400))
def test_no_text_breaks_the_search_for_lines(text):
    assert LineIndex(text).find(("a", 0, "b")) >= 1


@given(junk=st.binary(max_size=200), where=st.integers(min_value=0, max_value=20_000))
def test_a_damaged_pack_is_loaded_or_refused_but_never_fails(tmp_path_factory, junk, where):
    raw = PACK.read_bytes()
    path = tmp_path_factory.mktemp("packs") / "damaged.toml"
    path.write_bytes(raw[:where] + junk + raw[where + len(junk) :])
    with contextlib.suppress(TonneError):
        load(path)


def test_what_offsets_are_admitted_is_written_as_lists_and_kept_as_bits():
    kinds = spec_of("offset.kinds")
    assert kinds.to_chain(("forest", "efficiency")) == 1 << 1 | 1 << 3
    assert kinds.problem(("forest",)) is None
    assert "lists some of" in kinds.problem(("hydro",))
    assert "lists some of" in kinds.problem("forest")
    assert spec_of("offset.methodologies").to_chain(("1", "190")) == 1 << 1 | 1 << 190


def test_a_sector_of_the_contracts_has_a_number_and_a_product(refused, pack):
    assert {name: one.number for name, one in pack.sectors.items()} == {
        "steel": 5, "cement": 6, "aluminium": 7,
    }  # fmt: skip
    error = refused('number = 6\nproduct = "clinker"\n', 'product = "clinker"\n')
    assert error.code == "PACK_SECTOR_PRODUCT"
    error = refused("number = 5\n", "number = 4\n", "number = 4")
    assert error.code == "PACK_CLASS" and "class gas has this number already" in error.message


def test_bounds_of_a_sector_are_the_most_that_a_plant_emits(pack):
    found = {one.number: one for one in pack.mrv_on(date(2025, 3, 1)).bounds}
    assert found[5].base_t == 60_000_000
    assert (found[5].max_power, found[5].max_heat) == (0, 0)
    assert set(found) == set(range(1, 8))
    assert {one.number for one in pack.mrv_on(date(2021, 3, 1)).bounds} == {1, 2, 3, 4}
