"""Two schemes on one chain: a company with a plant in both gives up allowances of one for the other."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.tonne.rules.packs import assuming
from tonne.audit.reconcile import audit
from tonne.crypto.hashing import keccak
from tonne.deployment import scheme_setup
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules.pack import day_number, load

ROOT = Path(__file__).resolve().parents[4]
CAP = 10**9


@pytest.fixture
def linked(town):
    """(town, the company's foreign allowance, its plant at home); home recognises a twentieth."""
    chain, people, market = town.chain, town.market.people, town.market
    authority, home = people["authority"], load("china-national")
    other = load(ROOT / "scenarios" / "australia-assumed.toml")
    scheme_setup.set_up_scheme(chain, authority, other)
    (name,) = other.complete_periods()
    period, scheme = other.period(name), other.scheme.number
    chain.send(authority, "Schemes", "disclose", scheme, period.vintage, CAP, CAP, 0)
    north, _, _ = chain.call("Participants", "walletOf", people["north"])
    plant = [(north, scheme, 1, 4, 100_000, bytes(32))]
    chain.send(authority, "Participants", "registerInstallations", plant)
    abroad = chain.call("Participants", "installationCount")
    chain.send(
        authority, "Allocation", "preAllocate", scheme, period.number, [abroad], [900_000], [0]
    )
    day = day_number(home.local_day(chain.now())) + home.scheme.notice_days.value
    values = {"link.scheme": scheme, "link.limit_ppm": 50_000}
    inputs = [
        {
            "key": keccak(key.encode()),
            "keyText": key,
            "fromDay": day,
            "value": value,
            "sourceHash": bytes(32),
        }
        for key, value in values.items()
    ]
    number = home.scheme.number
    change = chain["Schemes"].encode("setParams", number, inputs)
    chain.send(authority, "Schemes", "amend", number, "link to the other scheme", [change])
    return town, scheme_setup.allowance(other, period), market.installations["north"]


def test_a_company_with_plants_in_two_schemes_uses_one_for_the_other(linked):
    town, foreign, plant = linked
    chain, market = town.chain, town.market
    people, number = market.people, market.period.number
    north = people["north"]
    held = chain.call("Allowances", "balanceOf", north, foreign)
    assert held > 0
    due = chain.call("Compliance", "obligationOf", plant, number).due
    home = load("china-national")
    pack = assuming(assuming(home, "link.scheme", 61), "link.limit", Decimal("0.05"))
    day = pack.local_day(market.period.surrender_deadline)
    room = chain.call("Links", "roomOf", plant, number)
    assert room == engine.link_limit(pack, due, day) > 1_000

    own = chain.call("Allowances", "balanceOf", north, market.allowance)
    chain.send(north, "Links", "recognise", plant, number, [foreign], [1_000])
    assert chain.call("Allowances", "balanceOf", north, market.allowance) == own + 1_000
    assert chain.call("Allowances", "balanceOf", north, foreign) == held - 1_000
    chain.send(north, "Compliance", "surrender", plant, number, [market.allowance], [1_000])
    with pytest.raises(TonneError) as caught:
        chain.send(north, "Links", "recognise", plant, number, [foreign], [room])
    assert caught.value.code == "LINKS_LIMIT_EXCEEDED"

    found = audit(chain)
    assert found.differences == []
    assert found.compared["Links"] >= 4
