"""Which credits the pack of China admits against an obligation, from the file to the contract."""

from __future__ import annotations

import pytest

from tests.tonne.units.retirements import immobilise
from tonne.chain.reverts import ChainError

CHINA, PARAGUAY = 156, 600


def _surrender(town, unit, holder, amount=20):
    """North's plant gives up credits that somebody handed to it."""
    chain, people = town.chain, town.market.people
    north, plant = people["north"], town.market.installations["north"]
    chain.send(
        people[holder],
        "OffsetCredits",
        "safeTransferFrom",
        people[holder],
        north,
        unit,
        amount,
        b"",
    )
    args = (plant, town.market.period.number, [unit], [amount])
    receipt = chain.send(north, "Compliance", "surrender", *args)
    (told,) = [event for event in chain.events(receipt) if event.name == "UnitsSurrendered"]
    return told


def test_credits_of_a_project_in_china_count(town):
    for unit, holder in ((town.market.credit, "trader"), (immobilise(town, CHINA), "trader")):
        assert _surrender(town, unit, holder)["offsets"] == 20


def test_credits_of_another_country_do_not(town):
    unit = immobilise(town, PARAGUAY)
    with pytest.raises(ChainError) as refusal:
        _surrender(town, unit, "trader")
    assert refusal.value.code == "COMPLIANCE_UNIT_REFUSED"


def test_the_rule_says_where_it_comes_from(pack):
    day = pack.local_day(pack.period("2019-20").surrender_deadline)
    assert pack.onchain("offset.host_country", day) == CHINA
    assert pack.onchain("offset.limit", day) == 50_000
    assert pack.where("offset.host_country", day).endswith(", measures-2020-ccer")
