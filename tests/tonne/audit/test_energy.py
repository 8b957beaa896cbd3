"""Energy credits and their bills on a real small market: the events tell all, and nothing else fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tonne.energy import scenario
from tonne.audit import reconcile
from tonne.audit.reader import read

#: Every event of theirs: any one left out is missed.
EVENTS = (
    *("SeriesOpened", "IssueLimitSet", "ReceiverLimitSet", "CollateralRecorded"),
    *("CollateralWithdrawn", "IssuedAgainst", "TariffPublished", "TariffClosed", "BillPaid"),
    *("InvoiceIssued", "InvoiceFunded", "InvoiceSettled", "InvoiceEnded"),
)

#: Values that are off by so much.
VALUES = (
    *(("IssueLimitSet", "limit", 1), ("ReceiverLimitSet", "limit", 1)),
    *(("CollateralRecorded", "amount", 1), ("CollateralRecorded", "kind", 1)),
    *(("CollateralWithdrawn", "amount", 1), ("IssuedAgainst", "amount", 1)),
    *(("IssuedAgainst", "record", 1), ("BillPaid", "amount", 1), ("InvoiceSettled", "invoice", 2)),
    *(("InvoiceEnded", "refunded", 1), ("SeriesOpened", "issuer", -1)),
    *(("ApprovalForAll", "approved", 1), ("ControllerSet", "rights", 1 << 70)),
)


@pytest.fixture
def audited(town, monkeypatch):
    scenario(town)

    def run(forge=lambda event: event):
        def forged(*args):
            for blocks, events in read(*args):
                yield blocks, [kept for event in events if (kept := forge(event)) is not None]

        monkeypatch.setattr(reconcile, "read", forged)
        return reconcile.audit(town.chain)

    return run


def test_credits_and_bills_are_told_by_their_events(audited):
    found = audited()
    assert found.differences == []
    assert found.compared["EnergyCredits"] >= 60
    assert found.compared["CreditBills"] >= 40


def test_an_event_left_out_or_a_value_that_is_off_is_found(audited):
    unseen = []
    for name in EVENTS:
        dropped = []

        def drop(event, name=name, dropped=dropped):
            if event.event.name == name and not dropped:
                dropped.append(event)
                return None
            return event

        try:
            seen = audited(drop).differences != []
        except (KeyError, IndexError):
            seen = True  # what follows names something nobody told of
        if not (seen and dropped):
            unseen.append(name)
    for name, field, delta in VALUES:
        changed = []

        def change(event, name=name, field=field, delta=delta, changed=changed):
            if event.event.name != name or changed:
                return event
            changed.append(event)
            args = {**event.event.args, field: event.event.args[field] + delta}
            return replace(event, event=replace(event.event, args=args))

        if audited(change).differences == [] or not changed:
            unseen.append((name, field))
    assert unseen == []


def test_credits_that_moved_against_their_purpose_are_found(audited):
    """The second series is for no bill: told of it, the bill is against the rules."""

    def forge(event):
        if event.event.name != "SeriesOpened":
            return event
        terms = event.event.args["terms"]._replace(uses=1)
        args = {**event.event.args, "terms": terms}
        return replace(event, event=replace(event.event, args=args))

    found = audited(forge).differences
    assert any("moved from" in str(d.found) for d in found)
