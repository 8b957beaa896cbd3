"""Every pack in `schemes/`: its examples come out to the unit, and it says what it does not know."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tonne.errors import TonneError
from tonne.rules import pack as rule_packs
from tonne.rules.engine import published_cases
from tonne.rules.pack import load
from tonne.rules.pack.keys import KEYS, spec_of

NAMES = rule_packs.names()
PACKS = {name: load(name) for name in NAMES}
EXAMPLES = [
    pytest.param(pack, example, id=f"{name}: {example.name}")
    for name, pack in PACKS.items()
    for example in pack.examples
]


@pytest.mark.parametrize("pack, example", EXAMPLES)
def test_an_example_of_a_pack_comes_out_to_the_unit(pack, example):
    published_cases.check(pack, example)


def test_the_schemes_are_those_the_reference_describes():
    assert {*NAMES} == {
        "china-beijing", "china-chongqing", "china-fujian", "china-guangdong", "china-hubei",
        "china-national", "china-shanghai", "china-shenzhen", "china-tianjin", "eu-ets",
        "us-california", "us-rggi",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_has_an_example_and_names_where_it_is_from(name):
    pack = PACKS[name]
    assert pack.examples
    for example in pack.examples:
        assert example.source in pack.sources
    assert pack.sources["ours"].text.startswith("Chosen by this project")


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_keeps_its_currency_and_measure(name):
    """Prices are never converted: the currency stands in the unit of each."""
    pack = PACKS[name]
    currency = {"china": "CNY", "eu": "EUR", "us": "USD"}[name.partition("-")[0]]
    assert pack.scheme.currency == currency
    assert pack.scheme.measure == ("short ton" if name == "us-rggi" else "t")
    for key, values in pack.values.items():
        units = {value.unit for value in values}
        assert len(units) == 1, key
        money = {code for unit in units for code in re.findall(r"\b[A-Z]{3}\b", unit)}
        assert money <= {currency, "MWh", "ISO"}, key


@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_names_of_schemes_are_their_own(name):
    assert PACKS[name].scheme.name == name
    numbers = [pack.scheme.number for pack in PACKS.values()]
    assert numbers.count(PACKS[name].scheme.number) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_says_what_it_does_not_know(name):
    assert PACKS[name].unapplied()


def test_only_the_national_pack_can_be_set_up_on_a_chain():
    assert [name for name, pack in PACKS.items() if not pack.lacks()] == ["china-national"]
    with pytest.raises(TonneError) as caught:
        PACKS["eu-ets"].check_runs()
    assert caught.value.code == "PACK_DESCRIBES_ONLY"
    assert "market.first_day" in caught.value.message
    assert "penalty" not in caught.value.message, "a fine for each unit is a form of fine"


def test_a_period_without_all_its_dates_is_not_run():
    pack = PACKS["china-national"]
    assert pack.complete_periods() == ["2019-20"]
    with pytest.raises(TonneError, match="report_deadline") as caught:
        pack.period("2023")
    assert caught.value.code == "PACK_PERIOD_OPEN"


@pytest.mark.parametrize("key", KEYS)
def test_every_key_says_in_words_what_it_does(key):
    assert spec_of(key).says.endswith(".")


# examples that are wrong


def _changed(name: str, **fields: object) -> TonneError:
    pack = PACKS[name]
    example = pack.examples[0].model_copy(update=fields)
    with pytest.raises(TonneError) as caught:
        published_cases.check(pack, example)
    assert caught.value.remedy
    assert pack.path.name in caught.value.message
    return caught.value


def test_an_example_that_differs_is_refused():
    error = _changed("china-national", gives={"min": 423_997_001})
    assert error.code == "EXAMPLE_DIFFERS"
    assert "423997000" in error.message


def test_an_example_of_no_rule_or_without_its_figures_is_refused():
    assert _changed("china-national", rule="guess").code == "EXAMPLE_RULE"
    assert _changed("china-national", given={}).code == "EXAMPLE_GIVEN"
    misspelt = {"shortfall": 865_300, "price": 98, "prize": 98}
    assert "prize" in _changed("china-national", given=misspelt).message
    assert _changed("china-national", gives={"minimum": 1}).code == "EXAMPLE_DIFFERS"


def test_every_key_that_is_kept_on_chain_is_one_the_contracts_read():
    sources = (ROOT / "interfaces").rglob("*.sol")
    read = set(re.findall(r'keccak256\("([^"]+)"\)', "".join(p.read_text() for p in sources)))
    assert {spec.chain_key for spec in KEYS.values() if spec.chain_key} <= read


def test_the_guide_to_packs_names_every_rule_and_only_keys_that_exist():
    guide = (ROOT / "docs" / "schemes.md").read_text(encoding="utf-8")
    named = re.search(r"`tonne/rules/engine/published_cases.py`\): ([\w,\s]+)\.", guide)[1]
    assert re.findall(r"\w+", named) == list(published_cases.RULES)
    for key in re.findall(r"`(penalty\.\w+)`", guide):
        assert key in KEYS
