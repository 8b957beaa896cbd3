"""What a rule pack says is what stands on the chain after set-up."""

from __future__ import annotations

import pytest

from tests.conftest import PACK
from tonne import rulepack, setup


@pytest.mark.parametrize("needed", [False, True])
def test_a_scheme_asks_for_consent_to_sales_where_its_pack_does(deployed, people, tmp_path, needed):
    path = tmp_path / "pack.toml"
    rule = 'sale_consent = [\n  { value = false, unit = "flag"'
    text = PACK.read_text(encoding="utf-8")
    assert rule in text
    path.write_text(text.replace(rule, rule.replace("false", str(needed).lower())), "utf-8")
    pack, authority = rulepack.load(path), people["authority"]
    deployed.chain.fund([authority])

    setup.set_up_scheme(deployed.chain, authority, pack)

    scheme = pack.scheme.number
    assert deployed.chain.call("Participants", "saleConsentNeeded", scheme) is needed


def limited(tmp_path, *lines: str):
    """The pack with a rule for holdings."""
    path = tmp_path / "pack.toml"
    text = PACK.read_text(encoding="utf-8").replace(
        "[market]\n", "[market]\n" + "\n".join(lines) + "\n", 1
    )
    path.write_text(text, encoding="utf-8")
    return rulepack.load(path)


def rule(key: str, value: str, unit: str) -> str:
    return (
        f'{key} = [{{ value = {value}, unit = "{unit}", from = 2021-07-16,'
        ' source = "trading-rules-2021", confidence = "medium" }]'
    )


def test_limits_over_the_allocation_are_ordered_for_each_pool(town, tmp_path):
    """Beijing's form: a million tonnes, and an emitter's own allocation; a group counts together."""
    pack = limited(
        tmp_path,
        rule("holding_limit", "1_000_000", "t"),
        rule("holding_limit_over_allocation", "true", "flag"),
    )
    chain, people, market = town.chain, town.market.people, town.market.market
    authority = people["authority"]
    north, south, trader = (
        chain.call("Participants", "walletOf", people[name])[0]
        for name in ("north", "south", "trader")
    )
    for member in (north, south):
        chain.send(authority, "Participants", "setGroup", member, 77)

    setup.set_holding_limits(
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
    pack = limited(
        tmp_path,
        rule("holding_limit_base", "25_000_000", "t"),
        rule("holding_limit_base_share", "0.1", "share"),
        rule("holding_limit_rest_share", "0.025", "share"),
    )
    chain, authority = town.chain, town.market.people["authority"]
    unit = setup.unit_id(setup.OFFSET_CREDIT, pack.scheme.number, 0, 99)

    number = setup.create_market(chain, authority, pack, unit, "OffsetCredits", budget=162_800_000)

    _, rules = chain.call("ExchangeLens", "marketConfig", number)
    assert rules.holdingLimit == 5_945_000


def test_a_pack_without_a_limit_orders_none(town, pack):
    chain, market = town.chain, town.market.market
    before = chain.block_number()
    setup.set_holding_limits(
        chain, town.market.people["authority"], pack, market, pack.first_trading_day, {1: 5}
    )
    assert chain.block_number() == before
