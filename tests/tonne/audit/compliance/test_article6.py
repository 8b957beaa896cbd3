"""What no rule of Article6 and of ForwardPurchases allows is found, and what is left out."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tests.tonne.audit.export.test_exports import (
    CHINA,
    JAPAN,
    RETIRED,
    STORY,
    UNIT,
    _act,
    _authorised,
    _left,
)
from tonne.audit.compliance.article6 import OutcomesReplay
from tonne.audit.compliance.retirement_registry import ClaimsReplay
from tonne.audit.market.forward_purchases import ForwardsReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.currency import CurrencyReplay


def _faults(room) -> list[str]:
    tally = Tally()
    room.internal(tally)
    return [f"{d.about}: {d.found}" for d in tally.differences]


def _outcomes(*events):
    return feed(OutcomesReplay(feed(ClaimsReplay([]), RETIRED)), _left(301, 350, 3), *events)


def test_a_story_by_the_rules_has_no_fault():
    room = _outcomes(*STORY)
    assert _faults(room) == []
    told = {c.about: c.expected for c in room.checks() if c.function == "blockOf"}
    assert told[f"block 1 of {UNIT:#x}"]["state"] == 4
    assert told[f"block 301 of {UNIT:#x}"]["state"] == 5
    assert told[f"block 351 of {UNIT:#x}"]["state"] == 2
    assert told[f"block 401 of {UNIT:#x}"]["state"] == 1
    assert [c.expected for c in room.checks() if c.function == "adjustmentOf"] == [
        [None, 3],
        [None, 1],
        [None, 1],
        [None, 0],
    ]


def _adjusted(first, status):
    args = {"unit": UNIT, "first": first, "party": CHINA, "year": 1, "amount": 300}
    return dated("AdjustmentRecorded", status=status, **args)


OBLIGATION = (1 << 48 | 7 << 32 | 42).to_bytes(32, "big")
SURRENDERS = [
    _left(601, 640, 1, ref=1 << 48 | 7 << 32 | 42),
    _left(641, 700, 1, ref=1 << 48 | 7 << 32 | 42),
]


def _used(first, last, party=JAPAN, obligation=OBLIGATION):
    return _act("OutcomeSurrendered", first, last, party, obligation=obligation)


def _to_japan():
    transferred = _act("OutcomeTransferred", 601, 700, acquirer=JAPAN)
    return [
        *SURRENDERS,
        _authorised(601, 700),
        transferred,
        _act("OutcomeAcquired", 601, 700, JAPAN),
    ]


def test_a_use_in_a_surrender_is_told_with_its_obligation():
    room = _outcomes(*_to_japan(), _used(641, 700))
    assert _faults(room) == []
    told = {c.about: c.expected for c in room.checks() if c.function == "blockOf"}
    assert told[f"block 641 of {UNIT:#x}"]["state"] == 4
    assert told[f"block 641 of {UNIT:#x}"]["evidence"] == int.from_bytes(OBLIGATION, "big")
    assert [act.name for act in room.acts][-1] == "Use"


CONTRIBUTION = dated("ContributionPeriodSet", party=CHINA, firstYear=2021, lastYear=2030)


def test_a_contribution_is_compared_with_the_record():
    room = _outcomes(CONTRIBUTION)
    assert _faults(room) == []
    (years,) = [c.expected for c in room.checks() if c.function == "contributionOf"]
    assert years == (2021, 2030)


TRANSFERRED = _act("OutcomeTransferred", 1, 400, acquirer=JAPAN)
ACQUIRED = _act("OutcomeAcquired", 1, 400, party=JAPAN)


@pytest.mark.parametrize(
    "events",
    [
        [_authorised(), _authorised(500, 600)],
        [_authorised(), _act("OutcomeTransferred", 400, 501, acquirer=JAPAN)],
        [_authorised(), _act("OutcomeTransferred", 1, 400, party=JAPAN, acquirer=JAPAN)],
        [_authorised(), _act("OutcomeAcquired", 1, 400, party=JAPAN)],
        [_authorised(), TRANSFERRED, TRANSFERRED],
        [_authorised(), TRANSFERRED, _act("OutcomeAcquired", 1, 400, party=CHINA)],
        [_authorised(purpose=2, first_transfer=3), TRANSFERRED],
        [_authorised(), TRANSFERRED, ACQUIRED, _act("OutcomeUsed", 1, 301, JAPAN, certificate=1)],
        [_authorised(), TRANSFERRED, ACQUIRED, _act("OutcomeUsed", 1, 300, JAPAN, certificate=2)],
        [_authorised(), TRANSFERRED, ACQUIRED, _act("OutcomeUsed", 1, 300, CHINA, certificate=1)],
        [*STORY[:4], _act("OutcomeCancelled", 301, 351, JAPAN, cancellation=1)],
        [*STORY[:5], _adjusted(2, 2)],
        [*STORY[:5], _adjusted(1, 3)],
        [*_to_japan(), _used(640, 700)],
        [*_to_japan(), _used(641, 700, CHINA)],
        [*_to_japan(), _used(641, 700, obligation=bytes(32))],
        [*STORY[:5], CONTRIBUTION, _adjusted(1, 2)],
        [dated("ContributionPeriodSet", party=CHINA, firstYear=2031, lastYear=2030)],
    ],
    ids=[
        *("twice", "beyond", "not the host", "not transferred", "transferred twice", "not the acquirer"),
        *("not for contributions", "more than retired", "no certificate", "not the user"),
        *("more than cancelled", "no block", "too soon complete", "of two surrenders"),
        *("surrendered by another", "another obligation", "not of the contribution", "backwards"),
    ],
)  # fmt: skip
def test_an_act_that_no_rule_allows_is_found(events):
    assert any("acts that no rule allows" in fault for fault in _faults(_outcomes(*events)))


# Forward purchases

TERMS = struct(seller=2, project=7, vintage=2021, amount=100, price=5, deadline=90, currency="0xm")
OFFERED = dated("ForwardOffered", forward=1, buyer=1, seller=2, payer="0xa", terms=TERMS)
ACCEPTED = dated("ForwardAccepted", forward=1, wallet="0xb")


def _delivered(amount=40, paid=200, time=50, unit=UNIT):
    return dated(
        "ForwardDelivered", time, forward=1, unit=unit, wallet="0xb", amount=amount, paid=paid
    )


def _units(amount=40, to="0xa"):
    return dated("TransferSingle", **{"from": "0xb", "to": to, "id": UNIT, "value": amount})


def _forwards(held, *events):
    currency = CurrencyReplay()
    currency.balances["0xf"] = held
    return feed(ForwardsReplay(currency, "0xm", "0xf"), *events)


def test_a_purchase_by_the_rules_has_no_fault():
    delivered = [OFFERED, ACCEPTED, _delivered(), _units()]
    assert _faults(_forwards(300, *delivered)) == []
    ended = dated("ForwardEnded", forward=1, refunded=300)
    room = _forwards(0, *delivered, ended)
    assert _faults(room) == []
    (expected,) = [c.expected for c in room.checks() if c.function == "forwardOf"]
    assert expected["delivered"] == 40 and expected["status"] == 3


@pytest.mark.parametrize(
    "held, events, fault",
    [
        (299, [OFFERED, ACCEPTED, _delivered(), _units()], "money"),
        (300, [OFFERED, ACCEPTED, _delivered()], "without units"),
        (300, [OFFERED, ACCEPTED, _delivered(), _units(39)], "without units"),
        (300, [OFFERED, ACCEPTED, _delivered(), _units(to="0xe")], "without units"),
        (300, [OFFERED, _delivered(), _units()], "no rule"),
        (300, [OFFERED, ACCEPTED, _delivered(time=91), _units()], "no rule"),
        (300, [OFFERED, ACCEPTED, _delivered(paid=201), _units()], "no rule"),
        (300, [OFFERED, ACCEPTED, _delivered(unit=UNIT + (1 << 64)), _units()], "no rule"),
        (0, [OFFERED, dated("ForwardEnded", forward=1, refunded=499)], "no rule"),
    ],
)  # fmt: skip
def test_a_purchase_that_no_rule_allows_is_found(held, events, fault):
    assert any(fault in about for about in _faults(_forwards(held, *events)))
