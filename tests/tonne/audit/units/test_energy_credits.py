"""Energy credits, bills and pledges on a real small market: the events tell all, and nothing else fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tonne.audit.forging import auditing, unseen
from tests.tonne.audit.samples import SOME_BY_DAY
from tests.tonne.units.town_credits import scenario
from tonne.audit.replay.contract_replay import FAULTS

#: Every event of theirs: any one left out is missed.
EVENTS = (
    *("SeriesOpened", "IssueLimitSet", "ReceiverLimitSet", "CollateralRecorded"),
    *("CollateralWithdrawn", "IssuedAgainst", "TariffPublished", "TariffClosed", "BillPaid"),
    *("InvoiceIssued", "InvoiceFunded", "InvoiceSettled", "InvoiceEnded"),
    *("CreditsPledged", "CreditReleaseProposed"),
    *("PledgedCreditsReleased", "PledgedCreditsExpired", "CreditPledgeFrozen"),
    *("PayoutCredited", "PayoutWithdrawn", "PayoutExpired"),
)

#: Values that are off by so much.
VALUES = (
    *(("IssueLimitSet", "limit", 1), ("ReceiverLimitSet", "limit", 1)),
    *(("CollateralRecorded", "amount", 1), ("CollateralRecorded", "kind", 1)),
    *(("CollateralWithdrawn", "amount", 1), ("IssuedAgainst", "amount", 1)),
    *(("IssuedAgainst", "record", 1), ("BillPaid", "amount", 1), ("InvoiceSettled", "invoice", 2)),
    *(("PayoutCredited", "amount", 1), ("PayoutWithdrawn", "amount", 1)),
    *(("PayoutExpired", "amount", 1), ("PayoutCredited", "payee", 1)),
    *(("InvoiceEnded", "refunded", 1), ("SeriesOpened", "issuer", -1)),
    *(("CreditsPledged", "amount", 1), ("CreditsPledged", "lender", 1)),
    *(("CreditsPledged", "pledge", 1), ("CreditReleaseProposed", "amount", 1)),
    *(("CreditReleaseProposed", "by", -1), ("CreditReleaseProposed", "toLender", 1)),
    *(("PledgedCreditsReleased", "amount", 1), ("PledgedCreditsReleased", "left", 1)),
    *(("PledgedCreditsReleased", "to", 1), ("PledgedCreditsExpired", "amount", 1)),
    *(("PledgedCreditsExpired", "pledgor", 1), ("PledgedCreditsExpired", "pledge", -1)),
    *(("ApprovalForAll", "approved", 1), ("ControllerSet", "rights", 1 << 70)),
)


@pytest.fixture
def audited(town, monkeypatch):
    scenario(town)

    return auditing(town.chain, monkeypatch)


def test_credits_and_bills_are_told_by_their_events(audited):
    found = audited()
    assert found.differences == []
    assert found.compared["EnergyCredits"] >= 60
    assert found.compared["CreditBills"] >= 40
    assert found.compared["CreditPledges"] >= 15


@SOME_BY_DAY
def test_an_event_left_out_or_a_value_that_is_off_is_found(audited, some):
    assert unseen(audited, EVENTS[some], VALUES[some]) == []


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


def _told(name, *, nth=0, **changed):
    """Makes the nth event of a name say otherwise; nothing changed leaves it out."""
    seen = []

    def forge(event):
        if event.event.name != name:
            return event
        seen.append(event)
        if len(seen) != nth + 1:
            return event
        if not changed:
            return None
        return replace(event, event=replace(event.event, args={**event.event.args, **changed}))

    return forge


def _faults(found):
    """What the audit of pledges calls against the rules."""
    about = FAULTS
    told = (d for d in found.differences if (d.contract, d.about) == ("CreditPledges", about))
    return [fault for difference in told for fault in difference.found]


def test_a_pledge_that_no_rule_allows_is_found(audited, town):
    """Of each rule for pledges: that which was told to break it alone is named."""
    authority, north = (town.market.people[n].address for n in ("authority", "north"))
    trader, stranger = town.market.people["trader"].address, "0x" + "77" * 20
    east = town.market.participants["east"]
    for forge, fault in (
        (_told("CreditsPledged", wallet=trader), "pledge 1"),
        (_told("CreditsPledged", lender=east), "pledge 1"),
        (_told("CreditReleaseProposed", wallet=trader), "proposal of 10000000 of pledge 1"),
        (_told("CreditReleaseProposed", nth=2), "proposal of 0 of pledge 1"),
        # The side that proposed it, a stranger, and an officer do not agree for the other.
        (_told("PledgedCreditsReleased", by=north), "release of pledge 1: 10000000"),
        (_told("PledgedCreditsReleased", by=stranger), "release of pledge 1: 10000000"),
        (_told("PledgedCreditsReleased", by=authority), "release of pledge 1: 10000000"),
        # An order is an officer's.
        (_told("PledgedCreditsReleased", nth=1, by=north), "release of pledge 1: 5000000"),
        (_told("PledgedCreditsReleased", nth=1, reason=bytes(32)), "release of pledge 1: 5000000"),
        # Frozen, as far as anybody was told.
        (_told("Frozen", nth=2), "release of pledge 1: 15000000"),
        (_told("CreditPledgeFrozen", nth=1), "release of pledge 1: 15000000"),
        (_told("CreditPledgeFrozen", officer=north), "freeze of pledge 1"),
        (_told("CreditPledgeFrozen", reason=bytes(32)), "freeze of pledge 1"),
    ):
        found = _faults(audited(forge))
        assert any(told.startswith(fault) for told in found), (fault, found)


def test_pledges_against_the_terms_of_their_series_are_found(audited):
    """The second series is for participants of kinds that its lender is not, or still good."""
    for field, value, fault in (("kinds", 32, "pledge 2"), ("expiry", 1 << 39, "end of pledge 2")):

        def forge(event, field=field, value=value):
            if event.event.name != "SeriesOpened" or event.event.args["id"] & 0xFF != 2:
                return event
            terms = event.event.args["terms"]
            args = {**event.event.args, "terms": terms._replace(**{field: value})}
            return replace(event, event=replace(event.event, args=args))

        found = _faults(audited(forge))
        assert any(told.startswith(fault) for told in found), (fault, found)
