"""A real small market: nothing differs, until one event is left out or changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tonne.audit import reconcile
from tonne.audit.replay.events import read


@pytest.fixture
def small(town, monkeypatch):
    """Audits the small market, with its events passed through a forger first."""
    people, market = town.market.people, town.market
    north = market.installations["north"]
    town.chain.send(
        people["north"], "Compliance", "surrender", north, market.period.number,
        [market.allowance], [1_000],
    )  # fmt: skip

    def run(forge=lambda events: events):
        def forged(*args):
            for blocks, events in read(*args):
                yield blocks, forge(events)

        monkeypatch.setattr(reconcile, "read", forged)
        return reconcile.audit(town.chain)

    return run


def test_nothing_differs(small):
    found = small()
    assert found.differences == []
    assert found.sound and found.events > 50 and found.values > 300
    contracts = {"Participants", "Schemes", "EmissionsOracle", "Allowances", "Exchange"}
    assert contracts < found.compared.keys()


DROPPED = [
    *("EmissionsReported", "TransferSingle", "UnitsIssued", "OrderPlaced", "CashDeposited"),
    *("ParticipantApproved", "VintageDisclosed", "AllocationTruedUp", "UnitsSurrendered"),
    *("OfficeGranted", "RegistrarSet", "RoleGranted", "TargetFunctionRoleUpdated"),
]


@pytest.mark.parametrize("name", DROPPED)
def test_an_event_left_out_is_found(small, name):
    dropped = []

    def forge(events):
        for event in events:
            if event.event.name == name and not dropped:
                dropped.append(event)
            else:
                yield event

    found = small(lambda events: list(forge(events)))
    assert len(dropped) == 1
    assert found.differences != []


@pytest.mark.parametrize(
    "name, field",
    [("CashDeposited", "amount"), ("AllocationTruedUp", "amount"), ("ObligationAssessed", "due")],
)
def test_a_value_that_is_off_by_one_is_found(small, name, field):
    changed = []

    def one(event):
        if event.event.name != name or changed:
            return event
        changed.append(event)
        args = {**event.event.args, field: event.event.args[field] + 1}
        return replace(event, event=replace(event.event, args=args))

    found = small(lambda events: [one(event) for event in events])
    assert len(changed) == 1
    assert found.differences != []


def test_a_chain_that_grows_is_read_as_it_grows(town):
    trader, exchange = town.market.people["trader"], town.chain["Exchange"]
    stages, progress, looks = [], [], iter([True, True, True, False])

    def going_on():
        """A block more at every second look."""
        if len(stages) % 2:
            town.chain.send(trader, "SettlementCurrency", "approve", exchange, len(stages))
        stages.append(len(progress))
        return next(looks)

    found = reconcile.audit(
        town.chain, 0, on_progress=lambda *p: progress.append(p), going_on=going_on
    )
    assert found.sound and found.head.number == town.chain.block_number()
    assert stages[0] == 0 < stages[-1], "it has read before the chain was at its end"
    once = reconcile.audit(town.chain)
    assert (found.events, found.values, found.state) == (once.events, once.values, once.state)
