"""Parts of a compliance period, from the pack of California to what the contracts keep."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tonne.crypto.hashing import keccak
from tonne.deployment import scheme_setup
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules import pack as rule_packs
from tonne.rules.pack.key_spec import NO_VALUE
from tonne.rules.pack.model import PeriodRule
from tonne.rules.pack.pack import AssumedPeriod
from tonne.rules.pack.period_parts import part_params, parts_of

PACKS = Path(__file__).resolve().parents[4] / "schemes"
PATH = PACKS / "us-california.toml"
CHINA = PACKS / "china-national.toml"


@pytest.fixture
def california():
    """Its second period, with the dates that no source gives."""
    found = rule_packs.load(PATH)
    rule = found.periods["2015-17"].model_copy(
        update={
            "vintage": 2015,
            "operator_deadline": date(2018, 4, 10),
            "report_deadline": date(2018, 9, 1),
            "determination_from": date(2018, 9, 15),
            "true_up_by": date(2018, 10, 1),
        }
    )
    assert isinstance(rule, PeriodRule)
    assumed = AssumedPeriod(rule, ("vintage", "report_deadline"), "a test")
    return found.assuming({}, {}, {"2015-17": assumed})


def test_each_year_but_the_last_has_a_part_with_its_own_deadline(california):
    parts = parts_of(california, "2015-17")
    assert [(p.number, p.first_year, p.last_year, p.vintage) for p in parts] == [
        (2015, 2015, 2015, 2015),
        (2016, 2016, 2016, 2015),
    ]
    assert [california.local_day(p.surrender_deadline) for p in parts] == [
        date(2016, 11, 1),
        date(2017, 11, 1),
    ]
    assert [california.local_day(p.report_deadline) for p in parts] == [
        date(2016, 9, 1),
        date(2017, 9, 1),
    ]
    for part in parts:
        assert part.report_deadline <= part.determination_from <= part.surrender_deadline


def test_the_contracts_learn_in_which_period_a_part_is_due(california):
    told = [(p.key, p.from_day, p.value) for p in part_params(california)]
    assert told == [
        ("obligation.part_period", rule_packs.day_number(date(2015, 1, 1)), 2015),
        ("obligation.part_period", rule_packs.day_number(date(2016, 1, 1)), 2016),
        ("obligation.part_period", rule_packs.day_number(date(2017, 1, 1)), NO_VALUE),
    ]
    shares = [
        p.value for p in california.onchain_params() if p.key == "obligation.part_surrender_ppm"
    ]
    assert shares == [300_000]
    assert engine.part_due(california, 1_000_001, 2015) == 300_001


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("part_deadlines = [2016-11-01, 2017-11-01]", "part_deadlines = [2016-11-01]", "are not 2"),
        (
            "part_deadlines = [2016-11-01, 2017-11-01]",
            "part_deadlines = [2015-11-01, 2017-11-01]",
            "not after 2015",
        ),
        ("number = 1\nfirst_year = 2013", "number = 2016\nfirst_year = 2013", "due for 2016"),
    ],
)
def test_parts_that_cannot_be_are_refused(tmp_path, old, new, said):
    text = PATH.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / "us-california.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TonneError) as caught:
        rule_packs.load(path)
    assert caught.value.code == "PACK_PERIOD" and said in str(caught.value)


def test_later_vintages_are_refused_where_borrowing_is_not_allowed(tmp_path):
    text = (PACKS / "eu-ets.toml").read_text(encoding="utf-8")
    old = '{ value = 0, unit = "vintages", from = 2020-01-01'
    assert text.count(old) == 1
    path = tmp_path / "eu-ets.toml"
    path.write_text(text.replace(old, old.replace("value = 0", "value = 1")), encoding="utf-8")
    with pytest.raises(TonneError) as caught:
        rule_packs.load(path)
    assert caught.value.code == "PACK_BORROWING"


def test_units_beside_the_missing_ones_are_refused_where_totals_run_on(tmp_path):
    text = PATH.read_text(encoding="utf-8")
    source = re.search(r'units_for_each = .*source = ("[^"]+")', text)
    assert source and text.count("[obligation]\n") == 1
    since = '{ value = 2013, unit = "year", from = 2013-01-01, source = %s, confidence = "high" }'
    path = tmp_path / "us-california.toml"
    more = f"[obligation]\ncumulative_from = [{since % source[1]}]\n"
    path.write_text(text.replace("[obligation]\n", more), encoding="utf-8")
    with pytest.raises(TonneError) as caught:
        rule_packs.load(path)
    assert caught.value.code == "PACK_RUNNING_TOTALS"
    assert "is 4 while obligation.cumulative_from is 2013" in str(caught.value)


def test_a_scheme_with_parts_is_set_up_with_them(unfounded_market, people, tmp_path):
    """China's first cycle as the two years that it was, with half of 2019 due a year early."""
    text = CHINA.read_text(encoding="utf-8")
    for old, new in (
        ("first_year = 2020\n", "first_year = 2019\npart_deadlines = [2020-12-31]\n"),
        (
            "[obligation]\n",
            '[obligation]\npart_surrender = [{ value = 0.50, unit = "share", from = 2019-01-01,'
            ' source = "ours", confidence = "ours" }]\n',
        ),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = tmp_path / "two-years.toml"
    path.write_text(text, encoding="utf-8")
    pack, chain, authority = rule_packs.load(path), unfounded_market.chain, people["authority"]
    chain.fund([authority])

    scheme_setup.set_up_scheme(chain, authority, pack)

    scheme, (part,) = pack.scheme.number, parts_of(pack, "2019-20")
    assert tuple(chain.call("Schemes", "period", scheme, 2019)) == part.onchain
    key = keccak(b"obligation.part_period")
    in_year = [pack.start_of(date(year, 12, 31)) for year in (2018, 2019, 2020)]
    due = [chain.call("Schemes", "paramOr", scheme, key, time, 0) for time in in_year]
    assert due == [0, 2019, 0]
