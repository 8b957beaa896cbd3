"""Schemes of one market settle in currencies of their own, and the audit keeps these apart."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tonne.audit.market.custody import CustodyReplay
from tonne.audit.reconcile import audit
from tonne.chain.reverts import ChainError
from tonne.deployment import deployer as deploying
from tonne.deployment import founding, record, scheme_setup
from tonne.deployment.plan import CURRENCY, plan_for
from tonne.errors import TonneError
from tonne.rules.pack import load
from tonne.rules.pack.scenario import assume

EURO = f"{CURRENCY}.EUR"
CENTS = 1_000_00


@pytest.fixture
def two(town, unfounded, tmp_path):
    """The small market with a second currency, which its administrator added."""
    folder = tmp_path / "deployments"
    shutil.copytree(town.folder, folder)
    wanted = replace(unfounded, currencies=("EUR",))
    deployment = deploying.deploy(town.chain, town.market.people["administrator"], wanted, folder)
    return town, deployment, folder


def test_a_currency_is_added_to_a_standing_market(two, unfounded):
    town, deployment, folder = two
    chain, people = town.chain, town.market.people
    assert chain.call(EURO, "symbol") == "EURX"
    assert set(deployment.contracts) - set(town.deployment.contracts) == {EURO}
    before = chain.block_number()
    # Whoever completes the deployment later need not name it again.
    again = deploying.deploy(chain, people["administrator"], unfounded, folder)
    assert again.contracts == deployment.contracts
    assert chain.block_number() == before
    attached = record.attach(chain, folder)
    assert attached.contracts == deployment.contracts


def test_only_its_issuer_issues_it(two):
    chain, people = two[0].chain, two[0].market.people
    chain.send(people["currency_issuer"], EURO, "mint", people["trader"], 1)
    with pytest.raises(ChainError, match="UNAUTHORIZED"):
        chain.send(people["administrator"], EURO, "mint", people["trader"], 1)


def test_the_roles_of_a_founded_markets_new_currency_wait(town, settings, tmp_path):
    folder = tmp_path / "deployments"
    shutil.copytree(town.folder, folder)
    chain, people = town.chain, town.market.people
    founding.found(chain, people["administrator"], people["guardian"].address)
    wanted = replace(settings, currencies=("EUR",))

    deploying.deploy(chain, people["administrator"], wanted, folder)
    assert {act.function for act in founding.waiting(chain)} == {"setTargetFunctionRole"}
    with pytest.raises(ChainError, match="UNAUTHORIZED"):
        chain.send(people["currency_issuer"], EURO, "mint", people["trader"], 1)

    chain.set_time(chain.now() + founding.DELAY_S)
    deploying.deploy(chain, people["administrator"], settings, folder)
    chain.send(people["currency_issuer"], EURO, "mint", people["trader"], 1)
    assert founding.waiting(chain) == []


@pytest.mark.parametrize("code", ["eur", "EURO", "E1R", ""])
def test_a_code_of_another_form_is_refused(code):
    with pytest.raises(TonneError) as caught:
        plan_for([code])
    assert caught.value.code == "DEPLOY_CURRENCY"


def european(town) -> int:
    """A market of European allowances, in euro; returns its number."""
    chain, people = town.chain, town.market.people
    authority = people["authority"]
    pack = assume(load("eu-ets"), ROOT / "scenarios" / "eu-ets-assumed.toml")
    scheme_setup.set_up_scheme(chain, authority, pack)
    period = pack.period("2023")
    chain.send(authority, "Schemes", "disclose", pack.scheme.number, period.vintage, 9, 9, 0)
    return scheme_setup.create_market(chain, authority, pack, scheme_setup.allowance(pack, period))


def test_a_market_settles_in_the_currency_of_its_scheme(two):
    town = two[0]
    chain, people = town.chain, town.market.people
    market, trader = european(town), people["trader"]
    assert scheme_setup.currency_of_market(chain, market).name == EURO
    assert scheme_setup.currency_of_market(chain, town.market.market).name == CURRENCY
    chain.send(people["currency_issuer"], EURO, "mint", trader, CENTS)
    chain.send(trader, EURO, "approve", chain["Exchange"], CENTS)
    chain.send(trader, "Exchange", "depositCash", market, CENTS)

    found = audit(chain, two[1].first_block)
    assert found.differences == []
    assert found.compared[EURO] > 0


def test_money_of_one_currency_does_not_stand_for_another(two, monkeypatch):
    """Both together would add up; each by itself does not."""
    town = two[0]
    chain, people = town.chain, town.market.people
    market, trader = european(town), people["trader"]
    chain.send(people["currency_issuer"], EURO, "mint", trader, CENTS)
    chain.send(trader, EURO, "approve", chain["Exchange"], CENTS)
    chain.send(trader, "Exchange", "depositCash", market, CENTS)
    held = CustodyReplay.money
    shift = {CURRENCY: CENTS * 100, EURO: -CENTS * 100}
    monkeypatch.setattr(CustodyReplay, "money", lambda self, c: held(self, c) + shift[c.contract])
    found = audit(chain, two[1].first_block)
    assert [d.about for d in found.differences] == [f"money behind all markets, in {EURO}"]
    assert [s.contract for s in found.surpluses] == ["Exchange"]


def test_a_scheme_without_a_currency_of_its_own_uses_the_markets_first(town):
    pack = load(Path(ROOT / "scenarios" / "australia-assumed.toml"))
    assert scheme_setup.currency_of(town.chain, pack) == CURRENCY
