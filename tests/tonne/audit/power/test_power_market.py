"""Grid, power market and losses on a real chain: audited, and every act left out or altered is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tonne.audit.samples import SOME_BY_DAY
from tests.tonne.power.story import Street, Trading
from tonne.audit import reconcile
from tonne.audit.replay.events import read

ROOMS = ("PowerGrid", "BidLimits", "ReferencePrices", "PowerMarket", "PowerLosses")

LEFT_OUT = (
    *("NodeAdded", "ArcSet", "CreditsSet", "CreditsDeposited", "CreditsWithdrawn"),
    *("PseudonymOpened", "CreditsMoved", "BidCommitted", "BidOpened", "BidReleased"),
    *("DepositChanged", "BidForfeited", "ForfeitClaimed", "BidDisputed", "BidShown", "BidUpheld"),
    "AwardTaken",
    *("BiddersRegistered", "CustomersSet", "OperatorNamed", "ExpectedSet", "ReferenceStarted"),
    *("ReferencesFixed", "PriceCounted", "CounterSet"),
    *("ControllerSet", "ReserveSet", "CreditsBound", "CreditsUnbound", "AccountsSettled"),
    *("DebtIncurred", "DebtPaid"),
    *("IntervalCleared", "LineRegistered", "LineClosed", "LossCurveSet"),
    *("AreaBoundSet", "LineLossBooked", "AreaLossBooked", "LossDisputed", "LossDecided"),
)

HOUR = 3_600
#: Event, field (or part of a struct, or number in a list), what is added to it, and what is said then.
ALTERED = (
    ("NodeAdded", "node", 1, "node 1 does not follow"),
    ("NodeAdded", "terms.region", 9, "node 0"),
    ("NodeAdded", "terms.since", -2 * HOUR, "node 0 does not follow"),
    ("ArcSet", "version", 1, "version 2 of arc 0 does not follow"),
    ("ArcSet", "to", 1, "arc 0"),
    ("ArcSet", "since", -2 * HOUR, "version 1 of arc 0 does not follow"),
    ("ArcSet", "terms.efficiencyPpm", 50_001, "version 1 of arc 0 does not follow"),
    ("ArcSet", "terms.capacityWh", 1, "grid at"),
    ("ArcSet", "terms.meterTo", 1, "meters of version 1 of arc 0"),
    ("CreditsSet", "microPerUnit", 1, "credits"),
    ("CreditsDeposited", "amount", 1, "credits held for all accounts"),
    ("CreditsDeposited", "account", 1, "deposit of"),
    ("CreditsWithdrawn", "amount", 1, "credits held for all accounts"),
    ("CreditsWithdrawn", "account", 1, "withdrawal to"),
    ("PseudonymOpened", "account", 1, "does not follow"),
    ("PseudonymOpened", "sponsor", 1, "account 16777216"),
    ("CreditsMoved", "amount", 1, "effects stated"),
    ("CreditsMoved", "to", 1, "account 16777217"),
    ("BiddersRegistered", "since", -60, "bidders of node 0: time"),
    ("CustomersSet", "connections", 1, "customers of"),
    ("OperatorNamed", "operator", 1, "operator of node 1"),
    ("ExpectedSet", "importWh", 1, "metered at node 1"),
    ("ReferenceStarted", "price", 1, "reference of node 0"),
    ("ReferenceStarted", "day", 1, "reference of node 0"),
    ("PriceCounted", "price", 1, "references of node 0"),
    ("PriceCounted", "interval", -9_000, "price of"),
    ("ReferencesFixed", "prices.0", 1, "references of node 0"),
    ("ReferencesFixed", "day", 1, "references of node 0"),
    ("DepositChanged", "amount", 1, "deposit of"),
    ("DepositChanged", "change", 1, "deposit of"),
    ("BidCommitted", "mostWh", 1, "bid of"),
    ("BidCommitted", "participant", 1, "bid of"),
    ("BidCommitted", "interval", 9, "bid of"),
    ("BidOpened", "words.1", 1 << 32, "others"),  # a Wh more
    ("BidOpened", "escrow", 1, "held"),
    ("BidOpened", "fee", 1, "held"),
    ("BidOpened", "root", 1, "others"),
    ("BidReleased", "proposer", 1, "release of"),
    ("BidForfeited", "forfeit.amount", 1, "forfeit of"),
    ("BidForfeited", "forfeit.connections", 1, "forfeit of"),
    ("ForfeitClaimed", "amount", 1, "claim"),
    ("ForfeitClaimed", "index", 9, "claim"),
    ("BidDisputed", "deadline", 1, "dispute"),
    ("BidUpheld", "amount", 1, "bid upheld"),
    ("AwardTaken", "amount", 1, "award of"),
    ("AwardTaken", "account", -1, "award of"),
    ("IntervalCleared", "welfare", 1, "amounts"),
    ("IntervalCleared", "energyWh", 1, "amounts"),
    ("IntervalCleared", "lossWh", 1, "amounts"),
    ("IntervalCleared", "rent", 1, "amounts"),
    ("IntervalCleared", "prices.0", 1_000, "clearing of interval"),
    ("IntervalCleared", "flows.0", 1, "clearing of interval"),
    ("IntervalCleared", "margins.1", 1, "clearing of interval"),
    ("ControllerSet", "account", -1, "does not follow"),
    ("ControllerSet", "rights", -2, "controller"),
    ("ReserveSet", "account", 1, "effects stated"),
    ("ReserveSet", "debt", 1, "reserve"),
    ("CreditsBound", "amount", 1, "account"),
    ("CreditsUnbound", "amount", 1, "account"),
    ("AccountsSettled", "words.0", 1 << 32, "effects stated"),
    ("AccountsSettled", "words.1", 1 << 32, "account"),
    ("DebtIncurred", "amount", 1, "effects stated"),
    ("DebtPaid", "amount", 1, "effects stated"),
    ("LineRegistered", "id", 1, "line 2 does not follow"),
    ("LineRegistered", "line.meterIn", 1, "line 1 does not follow"),
    ("LineRegistered", "line.validFrom", 60, "curve 1 of line 1"),
    ("LineClosed", "validUntil", -60 * HOUR, "a change of the lines of area 1"),
    ("LossCurveSet", "version", 1, "curve 2 of line 1"),
    ("LossCurveSet", "curve.linearPpm", 90_000, "curve 1 of line 1"),
    ("LossCurveSet", "curve.noLoadWh", 1, "curve 1 of line 1"),
    ("AreaBoundSet", "mostPpm", 700_000, "bound of area 1"),
    ("LineLossBooked", "loss.inWh", 1, "loss of"),
    ("LineLossBooked", "loss.modelledWh", 1, "loss of line 1"),
    ("LineLossBooked", "loss.version", -1, "loss of line 1"),
    ("LineLossBooked", "loss.status", 1, "loss of line 1"),
    ("LineLossBooked", "start", HOUR, "root not final"),
    ("AreaLossBooked", "loss.chargedWh", 1, "loss of area"),
    ("AreaLossBooked", "loss.injectedWh", 1, "loss of area"),
    ("AreaLossBooked", "loss.lines", 1, "loss of area"),
    ("LossDisputed", "lossWh", 1, "losses held and in dispute"),
    ("LossDisputed", "mostWh", 1, "losses held and in dispute"),
    ("LossDecided", "chargedWh", 1, "decision on"),
    ("LossDecided", "start", HOUR, "LossDecided does not follow"),
)


@pytest.fixture
def story(town):
    Trading(town).tell()
    Street(town).tell()
    return town


def _is(dated, name):
    return dated.event.name == name and dated.event.contract in ROOMS


def _changed(args, path, by):
    """The event's values with one of them, maybe inside a struct or a list, moved by `by`."""
    name, _, inner = path.partition(".")
    value = args[name]
    if not inner:
        return {**args, name: value + by}
    if inner.isdigit():
        place = int(inner)
        return {**args, name: [*value[:place], value[place] + by, *value[place + 1 :]]}
    return {**args, name: value._replace(**{inner: getattr(value, inner) + by})}


def test_grid_market_and_losses_are_told_by_their_events(story):
    whole = reconcile.audit(story.chain)
    assert whole.differences == []
    assert whole.compared["PowerGrid"] >= 36
    assert whole.compared["PowerMarket"] > 60
    assert whole.compared["PowerLosses"] > 40


@SOME_BY_DAY
def test_an_event_left_out_or_altered_is_found(story, monkeypatch, some):
    def forged(change):
        done = []

        def once(event):
            if done:
                return event
            kept = change(event)
            if kept is not event:
                done.append(event)
            return kept

        def forge(*args):
            for blocks, events in read(*args):
                yield blocks, [e for e in map(once, events) if e is not None]

        monkeypatch.setattr(reconcile, "read", forge)
        found = reconcile.audit(story.chain).differences
        assert done
        return [str(d) for d in found if d.contract in ROOMS]

    unseen = []
    for name in LEFT_OUT[some]:
        if not forged(lambda e, name=name: None if _is(e, name) else e):
            unseen.append(name)
    for name, path, by, says in ALTERED[some]:

        def altered(e, name=name, path=path, by=by):
            if not _is(e, name):
                return e
            args = _changed(e.event.args, path, by)
            return replace(e, event=replace(e.event, args=args))

        found = forged(altered)
        if not any(says in told for told in found):
            unseen.append((name, path, by, found[:3]))
    assert unseen == []
