"""Money and units behind markets: a gift is a surplus, what is missing differs, what is foreign is named."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.tonne.audit.events import units
from tonne.audit.market.custody import CustodyReplay, Outside
from tonne.audit.reconcile import audit
from tonne.audit.replay.compare import Tally
from tonne.deployment import market_rules
from tonne.deployment.plan import CURRENCY
from tonne.types import held_account, unit_id


def test_a_cent_given_to_a_contract_leaves_the_audit_sound(town):
    chain, people = town.chain, town.market.people
    holders = ("Exchange", "MeterOracle", "ForwardPurchases")
    chain.send(people["currency_issuer"], CURRENCY, "mint", people["trader"], len(holders))
    for contract in holders:
        chain.send(people["trader"], CURRENCY, "transfer", chain[contract], 1)
    found = audit(chain)
    assert found.differences == []
    assert {s.contract: s.amount for s in found.surpluses} == {
        "Exchange": 100,  # the ledger counts 0.0001
        "MeterOracle": 1,
        "ForwardPurchases": 1,
    }


def test_money_that_is_missing_differs():
    tally = Tally()
    tally.backed("Exchange", "money", 5, 4)
    assert [(d.expected, d.found) for d in tally.differences] == [(5, 4)]
    assert tally.surpluses == []


@pytest.fixture
def foreign(town):
    """A market of units and in a currency that the deployment does not know."""
    chain, people = town.chain, town.market.people
    scheme = unit_id.scheme_of(town.market.allowance)
    config = {
        "units": chain["EnergyCertificates"].address,
        "lotSize": 1,
        "basePrice": 0,
        "tickSize": 100,
        "referenceTick": 10,
        "utcQuarters": 32,
        "feeAccount": 0,
        "rules": {**market_rules.AT_FIRST, "sessions": [36, 46, 52, 60]},
    }
    unit = unit_id.pack(unit_id.ENERGY_CERTIFICATE, scheme, 2021)
    elsewhere = chain["Participants"].address  # any code
    chain.send(people["authority"], "Exchange", "createMarket", unit, scheme, elsewhere, config)
    return chain


def test_a_market_of_foreign_contracts_is_named_and_ends_no_audit(foreign):
    found = audit(foreign)
    assert found.differences == []
    assert len(found.unchecked) == 2
    assert all("Exchange: not checked: m" in str(left) for left in found.unchecked)


def test_held_units_are_a_term_of_their_own():
    account, wallet, exchange, unit = held_account.account_of(9), "0xa", "0xe", 7
    room = units()
    room.balances.update({(wallet, unit): 5, (account, unit): 7, (exchange, unit): 11})
    room.frozen.update({(wallet, unit): 2, (account, unit): 3})
    custody = CustodyReplay(SimpleNamespace(), SimpleNamespace(), {}, (), exchange)
    assert custody.outside(room) == {unit: Outside(free=3, held_for=4, frozen=5)}
