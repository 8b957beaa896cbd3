"""Holding limits that another contract has taken over are replayed from its events on."""

from __future__ import annotations

import pytest

from tonne.audit import reconcile
from tonne.audit.market import holding_limits
from tonne.chain.client import Chain
from tonne.deployment import compiler, record
from tonne.deployment.plan import EXCHANGE_LIMIT


@pytest.fixture
def replaced(town):
    """Address of the contract that took the place of the deployed one, and ordered a limit."""
    people, artifact = town.market.people, compiler.contracts()["HoldingLimits"]
    administrator, officer = people["administrator"], people["authority"]
    with Chain(town.chain.url) as chain:
        record.attach(chain, town.folder)
        former, exchange = chain["HoldingLimits"].address, chain["Exchange"]
        args = (exchange, former)
        new, _ = chain.deploy(administrator, "HoldingLimits", artifact.abi, artifact.bytecode, args)
        chain.send(administrator, "HoldingLimits", "learn", 100)
        chain.send(administrator, exchange, "setController", new, EXCHANGE_LIMIT)
        who = town.market.participants["trader"]
        chain.send(officer, exchange, "setHoldingLimit", who, town.market.market, 50_000)
        return former, new.address


def test_the_audit_follows_limits_that_are_replaced(town, replaced):
    former, now = replaced
    assert reconcile.audit(town.chain).differences == []
    assert town.chain["HoldingLimits"].address == now
    assert town.chain.contracts["HoldingLimits.1"].address == former
    assert reconcile.audit(town.chain).differences == [], "and once more"


def test_limits_that_are_not_followed_are_found(town, replaced, monkeypatch):
    """An audit that reads one address alone tells an account's limit wrongly."""
    monkeypatch.setattr(holding_limits, "follow", lambda *_: [])
    told = " ".join(str(found) for found in reconcile.audit(town.chain).differences)
    assert f"limits of {replaced[1]} are not followed" in told
