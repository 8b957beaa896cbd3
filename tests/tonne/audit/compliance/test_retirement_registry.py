"""Certificates: serial numbers named once, tokens minted and locked, amounts of units that left."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed, struct, units
from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS
from tonne.audit.units.unit_balances import RETIRED
from tonne.constants import ZERO_ADDRESS

UNIT = 7


def _faults(room) -> list[str]:
    tally = Tally()
    room.invariants(tally)
    return [difference.about for difference in tally.differences]


def _retired(certificate, *blocks, amount=10):
    named = [struct(registry=1, series=1, first=a, last=b) for a, b in blocks]
    claim = struct(periodStart=1, periodEnd=2, country=156)
    return dated(
        "UnitsRetired", certificate=certificate, id=UNIT, amount=amount, blocks=named, claim=claim
    )


def _minted(*events, holder="0xh"):
    """Each certificate's token is minted and locked before its retirement is told."""
    numbers = range(1, len(events) + 1)
    transfers = ({"from": ZERO_ADDRESS, "to": holder, "tokenId": number} for number in numbers)
    for transfer in transfers:
        yield dated("Transfer", **transfer)
        yield dated("Locked", tokenId=transfer["tokenId"])


def _claims(*events, left):
    exited = dated("UnitsExited", id=UNIT, amount=left, kind=RETIRED, ref=b"r")
    credits = feed(units("OffsetCredits"), exited)
    return _faults(feed(RetirementRegistryReplay([credits]), *_minted(*events), *events))


def test_certificates_name_each_serial_once():
    assert _claims(_retired(1, (1, 10)), _retired(2, (11, 20)), left=20) == []


def test_the_mark_of_a_certificate_is_of_units_set_apart():
    apart = UNIT | 2 << 96 | 1 << 61
    retired = [_retired(1), dated("OutcomeRetired", certificate=1, id=apart, party=756)]
    retired[0].event.args["id"] = apart
    room = feed(RetirementRegistryReplay([]), *retired)
    assert room.faults == []
    assert [c.expected for c in room.checks(0) if c.function == "markOf"] == [(True, 756)]
    for wrong in (UNIT, apart + 1):
        told = dated("OutcomeRetired", certificate=1, id=wrong, party=756)
        assert feed(RetirementRegistryReplay([]), retired[0], told).faults


def test_a_serial_named_twice_is_found():
    found = _claims(_retired(1, (1, 10)), _retired(2, (10, 19)), left=20)
    assert found == ["serials of (1, 1) named twice"]


def test_a_serial_inside_a_longer_block_is_found():
    found = _claims(_retired(1, (1, 100), amount=100), _retired(2, (2, 3)), left=110)
    assert found == ["serials of (1, 1) named twice"]


def test_a_serial_far_inside_a_longer_block_is_found():
    events = (_retired(1, (1, 100)), _retired(2, (2, 3)), _retired(3, (50, 60)))
    tally = Tally()
    feed(RetirementRegistryReplay([]), *_minted(*events), *events).invariants(tally)
    (twice,) = (d.found for d in tally.differences if "named twice" in d.about)
    assert twice == [(2, 3), (50, 60)]


def test_a_missing_certificate_and_a_wrong_amount_are_found():
    found = _claims(_retired(2, (1, 10)), left=11)
    assert found == ["certificates minted", "certificates locked", "numbers", "retired"]


@pytest.mark.parametrize(
    "events, about",
    [
        ([_retired(1, (1, 10))], "certificates minted"),
        ([*list(_minted(1))[:1], _retired(1, (1, 10))], "certificates locked"),
        ([*_minted(1), *_minted(1), _retired(1, (1, 10))], FAULTS),
        ([*_minted(1), dated("Locked", tokenId=1), _retired(1, (1, 10))], FAULTS),
        ([*_minted(1), dated("Transfer", **{"from": "0xh", "to": "0xi", "tokenId": 2})], FAULTS),
        ([dated("Locked", tokenId=1)], FAULTS),
    ],
    ids=["not minted", "not locked", "minted twice", "locked twice", "moved", "locked unminted"],
)
def test_a_certificate_is_minted_and_locked_once(events, about):
    assert about in _faults(feed(RetirementRegistryReplay([]), *events))


def test_holders_locks_and_unit_contracts_are_asked_for():
    added = dated("UnitContractAdded", unitContract="0xu", **{"class": 2})
    events = [added, *_minted(1, 2), _retired(1, (1, 10)), _retired(2, (11, 20))]
    told = {
        (c.function, c.args): c.expected
        for c in feed(RetirementRegistryReplay([]), *events).checks(0)
        if c.function != "isClaimOf"
    }
    assert told["unitContract", (2,)] == "0xu"
    assert told["certificate", (1,)]["holder"] == "0xh"
    assert told["balanceOf", ("0xh",)] == 2 and told["locked", (2,)]

    twice = feed(RetirementRegistryReplay([]), added, added)
    assert len(twice.faults) == 1
