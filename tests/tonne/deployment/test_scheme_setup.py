"""What a rule pack says is what stands on the chain after set-up."""

from __future__ import annotations

import pytest

from tests.conftest import PACK
from tests.tonne.rules.packs import altered, dated
from tonne.deployment import scheme_setup
from tonne.rules import pack as rule_packs
from tonne.sandbox import seed_market
from tonne.types import unit_id


@pytest.mark.parametrize("needed", [False, True])
def test_a_scheme_asks_for_consent_to_sales_where_its_pack_does(
    unfounded_market, people, tmp_path, needed
):
    path = tmp_path / "pack.toml"
    rule = 'sale_consent = [\n  { value = false, unit = "flag"'
    text = PACK.read_text(encoding="utf-8")
    assert rule in text
    path.write_text(text.replace(rule, rule.replace("false", str(needed).lower())), "utf-8")
    pack, authority = rule_packs.load(path), people["authority"]
    unfounded_market.chain.fund([authority])

    scheme_setup.set_up_scheme(unfounded_market.chain, authority, pack)

    scheme = pack.scheme.number
    assert unfounded_market.chain.call("Participants", "saleConsentNeeded", scheme) is needed


@pytest.fixture
def beijing(tmp_path):
    """Beijing's form: a million tonnes for everybody, and an emitter's own allocation on top."""
    return altered(
        tmp_path,
        holding_limit=dated("1_000_000", "t"),
        holding_limit_over_allocation=dated("true", "flag"),
    )


def test_limits_over_the_allocation_are_ordered_for_each_pool(town, beijing):
    """A group counts together."""
    pack = beijing
    chain, people, market = town.chain, town.market.people, town.market.market
    authority = people["authority"]
    north, south, trader = (
        chain.call("Participants", "walletOf", people[name])[0]
        for name in ("north", "south", "trader")
    )
    for member in (north, south):
        chain.send(authority, "Participants", "setGroup", member, 77)

    scheme_setup.set_holding_limits(
        chain,
        authority,
        pack,
        market,
        pack.first_trading_day,
        {north: 300_000, south: 20_000, trader: 0},
    )

    limits = [
        chain.call("HoldingLimits", "poolOf", who, market)[1] for who in (north, south, trader)
    ]
    assert limits == [1_320_000, 1_320_000, 1_000_000]


def test_a_limit_from_the_budget_is_the_rule_of_the_market(town, tmp_path):
    """California's form, with the budget of 2013: everybody's limit is 5,945,000."""
    pack = altered(
        tmp_path,
        holding_limit_base=dated("25_000_000", "t"),
        holding_limit_base_share=dated("0.1", "share"),
        holding_limit_rest_share=dated("0.025", "share"),
    )
    chain, authority = town.chain, town.market.people["authority"]
    unit = unit_id.pack(unit_id.ENERGY_CERTIFICATE, pack.scheme.number, 0, 99)

    number = scheme_setup.create_market(
        chain, authority, pack, unit, "EnergyCertificates", budget=162_800_000
    )

    _, rules = chain.call("ExchangeLens", "marketConfig", number)
    assert rules.holdingLimit == 5_945_000


def test_a_pack_without_a_limit_orders_none(town, pack):
    chain, market = town.chain, town.market.market
    before = chain.block_number()
    scheme_setup.set_holding_limits(
        chain, town.market.people["authority"], pack, market, pack.first_trading_day, {1: 5}
    )
    assert chain.block_number() == before


def test_a_market_is_set_up_with_the_limits_that_its_pack_makes(unfounded_market, people, beijing):
    chain, period = unfounded_market.chain, beijing.period("2019-20")

    made = seed_market.seed(chain, beijing, period, people)

    given = scheme_setup.allocations(chain, beijing, period)
    assert sorted(given) == sorted(made.participants[plant.name] for plant in seed_market.PLANTS)
    assert all(given.values())
    for name, number in made.participants.items():
        _, limit, *_ = chain.call("HoldingLimits", "poolOf", number, made.market)
        assert limit == 1_000_000 + given.get(number, 0), name


def test_limits_are_ordered_again_when_allocations_change(town, beijing, monkeypatch):
    chain, market = town.chain, town.market
    who, north = market.people["authority"], market.participants["north"]
    monkeypatch.setattr(scheme_setup, "allocations", lambda *_: {north: 7})
    scheme_setup.order_holding_limits(chain, who, beijing, market.period, market.market)
    assert chain.call("HoldingLimits", "poolOf", north, market.market)[1] == 1_000_007


def test_one_limit_for_everybody_is_the_rule_of_the_market_alone(town, tmp_path):
    pack = altered(tmp_path, holding_limit=dated("1_000_000", "t"))
    before = town.chain.block_number()
    who = town.market.people["authority"]
    scheme_setup.order_holding_limits(town.chain, who, pack, town.market.period, town.market.market)
    assert town.chain.block_number() == before


@pytest.mark.parametrize(("word", "number"), [("own_wallets", 1), ("participants", 2), ("free", 3)])
def test_a_deployment_takes_custody_from_the_pack(tmp_path, word, number):
    assert scheme_setup.custody(altered(tmp_path, custody=dated(f'"{word}"', "rule"))) == number
