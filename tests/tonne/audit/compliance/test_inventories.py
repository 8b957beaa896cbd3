"""Inventories, replayed from events made by hand and held against reports and certificates."""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit.compliance.inventories import InventoriesReplay
from tonne.audit.compliance.retirement_registry import DECLINED, RetirementRegistryReplay
from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay, EmissionsRecord
from tonne.audit.parties.participants import Installation, Participant, ParticipantsReplay
from tonne.audit.rules.schemes import SchemesReplay
from tonne.crypto.eip712 import struct_hash
from tonne.evidence.inventory_types import (
    HEAD,
    SCOPE3,
    TAIL,
    Inventory,
    InventoryAssurance,
    plants_hash,
)
from tonne.types import unit_id

ONE, TWO, BODY = 1, 2, 9
WALLETS = {ONE: "0x01", TWO: "0x02"}
YEAR, SCHEME, PLANT = 2020, 1, 7
EQUITY, CONTROL = 1, 3
PLANT_T = 1_001
DIGEST = b"\5" * 32


@pytest.fixture
def room():
    parties = ParticipantsReplay()
    for number, wallet in WALLETS.items():
        parties.wallets[wallet] = (number, 31)
    for number in (ONE, TWO, BODY):
        parties.participants[number] = Participant(1, 11, "0x00")
    parties.installations[PLANT] = Installation(ONE, SCHEME, 11, 1, 1)
    oracle = EmissionsOracleReplay(SchemesReplay(), parties)
    oracle.records[PLANT, YEAR] = EmissionsRecord(PLANT_T, status=1, final_at=100)
    oracle.configs[SCHEME] = (1, DIGEST, "0x0c")
    oracle.signers[SCHEME, 1] = [BODY, BODY, TWO]
    oracle._wallets[SCHEME, 1] = ["0x0a", "0x0b", "0x0d"]
    retirements = RetirementRegistryReplay([])
    units = {1: (unit_id.OFFSET_CREDIT, 2018, 40), 2: (unit_id.ENERGY_CERTIFICATE, YEAR, 300)}
    for number, (kind, vintage, amount) in units.items():
        retirements.certificates[number] = {
            "id": unit_id.pack(kind, SCHEME, vintage),
            "amount": amount,
        }
        retirements.holders[number] = WALLETS[ONE]
    return InventoriesReplay(parties, oracle, retirements)


PLANTS = [(PLANT, 1_000_000)]
FIRST = Inventory(
    **{field.name: 0 for field in fields(Inventory)}
    | {
        "organisation": ONE,
        "year": YEAR,
        "version": 1,
        "baseYear": 2019,
        "boundary": CONTROL,
        "method": 1,
        "gwpSet": 6,
        "scope1PlantsKg": PLANT_T * 1000,
        "scope1OtherKg": 5,
        "scope2LocationKg": 6,
        "scope2MarketKg": 7,
        "scope3Reported": 3,
        "category1Kg": 8,
        "plantsHash": plants_hash(PLANTS),
        "replaces": bytes(32),
        "documentHash": bytes(32),
        "signedAt": 90,
    }
)


def _submitted(inventory=FIRST, plants=PLANTS, signer=WALLETS[ONE], time=200, **more):
    told = {name: getattr(inventory, name) for name in HEAD + TAIL}
    return dated(
        "InventorySubmitted",
        time,
        **{
            "organisation": inventory.organisation,
            "year": inventory.year,
            "hash": struct_hash(inventory),
            "inventory": struct(**told, scope3Kg=[getattr(inventory, name) for name in SCOPE3]),
            "plants": [SimpleNamespace(installation=p, sharePpm=ppm) for p, ppm in plants],
            "signer": signer,
        }
        | more,
    )


def _claimed(numbers=(1, 2), totals=(300, 40), year=YEAR, who=ONE):
    return dated(
        "CertificatesClaimed",
        organisation=who,
        year=year,
        numbers=list(numbers),
        certificatesWh=totals[0],
        creditsT=totals[1],
        wallet=WALLETS[who],
    )


def _covered(other_wh, used_wh):
    return {"otherContractsWh": other_wh, "electricityWh": used_wh}


def _consented(ppm, wallet=WALLETS[ONE]):
    about = {"installation": PLANT, "organisation": TWO, "year": YEAR, "boundary": EQUITY}
    return dated("ShareConsented", **about, sharePpm=ppm, wallet=wallet)


def _restated(inventory=FIRST, **changes):
    return replace(
        inventory, **{"version": 2, "reason": 3, "replaces": struct_hash(inventory)} | changes
    )


def _of_second(ppm=400_000, **changes):
    plants = [(PLANT, ppm)]
    own = replace(
        FIRST,
        **{
            "organisation": TWO,
            "boundary": EQUITY,
            "scope1PlantsKg": PLANT_T * ppm // 1000,
            "plantsHash": plants_hash(plants),
        }
        | changes,
    )
    return _submitted(own, plants, WALLETS[TWO])


def _assured(lead=0, reviewer=1, time=300, **changes):
    said = InventoryAssurance(
        **{
            "inventory": struct_hash(FIRST),
            "organisation": ONE,
            "year": YEAR,
            "version": 1,
            "scheme": SCHEME,
            "body": BODY,
            "scope1Level": 2,
            "scope2Level": 1,
            "scope3Level": 0,
            "qualified": False,
            "materialityPpm": 50_000,
            "configDigest": DIGEST,
            "signedAt": 95,
        }
        | changes
    )
    told = {field.name: getattr(said, field.name) for field in fields(said)}
    return dated(
        "InventoryAssured",
        time,
        organisation=ONE,
        year=YEAR,
        hash=struct_hash(FIRST),
        assurance=struct(**told),
        lead=lead,
        reviewer=reviewer,
    )


def test_inventories_are_told_by_their_events(room):
    events = (_submitted(), _assured(), _consented(400_000), _of_second(), _claimed())
    claims = {"certificatesWh": 300, "electricityWh": 300, "creditsT": 40}
    feed(room, *events, _submitted(_restated(**claims), time=400))
    assert FIRST.category(2) == 0 and FIRST.category(3) is None
    assert room.faults == []
    checks = {(check.function, check.args): check.expected for check in room.checks(0)}
    first, again = (checks["recordOf", (ONE, YEAR, version)] for version in (1, 2))
    assert (first["scope1Kg"], first["scope1Level"], first["body"]) == (1_001_005, 2, BODY)
    assert (again["scope3Kg"], again["assuredAt"], again["submittedAt"]) == (8, 0, 400)
    assert checks["versionOf", (ONE, YEAR)] == 2
    assert checks["claimedOf", (ONE, YEAR)] == [300, 40]
    assert checks["claimOf", (2,)] == (ONE, YEAR)
    assert checks["sharesOf", (PLANT, YEAR, CONTROL)] == [(ONE, 2, 1_000_000)]
    assert checks["sharesOf", (PLANT, YEAR, EQUITY)] == [(TWO, 1, 400_000)]
    assert checks["consentOf", (PLANT, YEAR, TWO, EQUITY)] == 400_000


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ((_submitted(signer=WALLETS[TWO]),), "may not sign"),
        ((_submitted(hash=bytes(32)),), "what it is filed under"),
        ((_submitted(_restated()),), "follows"),
        ((_submitted(), _submitted()), "follows"),
        ((_submitted(), _submitted(_restated(replaces=bytes(32)))), "follows"),
        ((_submitted(replace(FIRST, scope1PlantsKg=1)),), "Scope 1"),
        ((_submitted(replace(FIRST, creditsT=1)),), "claims"),
        (
            (_submitted(replace(FIRST, scope2MarketKg=4, **_covered(999, 999))),),
            "than 999 Wh allow",
        ),
        ((_submitted(replace(FIRST, **_covered(1, 0))),), "than 1 Wh allow"),
        ((_submitted(plants=[(PLANT, 999_999)]),), "plants"),
        ((_submitted(time=99),), "no final report"),
        ((_of_second(),), "without consent"),
        ((_consented(400_000), _of_second(500_000)), "without consent"),
        ((_consented(400_000, WALLETS[TWO]),), "does not manage"),
        ((_consented(400_000), _of_second(boundary=CONTROL)), "counted in part"),
        (
            (_consented(1), _of_second(1), _submitted(replace(FIRST, boundary=EQUITY))),
            "counted for 1000001 ppm",
        ),
        ((_claimed(), _claimed()), "claimed twice"),
        ((_claimed(totals=(300, 41)),), "claims of 1"),
        ((_claimed(year=2021),), "of another year"),
        ((_claimed(who=TWO),), "no wallet of 2"),
        ((_claimed((3,)),), "does not follow"),
    ],
)
def test_what_does_not_follow_is_found(room, events, fault):
    feed(room, *events)
    assert any(fault in told for told in room.faults), room.faults


def test_a_declined_certificate_and_one_of_another_unit_are_found(room):
    room.retirements.answers[1] = DECLINED
    room.retirements.certificates[2]["id"] = unit_id.allowance(SCHEME, YEAR)
    feed(room, _claimed(totals=(0, 340)))
    assert [told.split(" ", 2)[2] for told in room.faults] == [
        "was declined",
        "is of neither credits nor electricity",
    ]


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (_assured(lead=2), "persons of"),
        (_assured(configDigest=bytes(32)), "another signer set"),
        (_assured(inventory=bytes(32)), "of one that stands"),
    ],
)
def test_an_assurance_that_does_not_follow_is_found(room, event, fault):
    feed(room, _submitted(), event)
    assert any(fault in told for told in room.faults), room.faults


def test_a_second_assurance_and_one_of_an_interested_body_are_found(room):
    room.oracle.interests[SCHEME, BODY, ONE] = True
    feed(room, _submitted(), _assured(), _assured())
    assert any("has an interest" in told for told in room.faults)
    assert any("of one that stands" in told for told in room.faults)
    room.oracle.interests.clear()
    room.faults.clear()
    for number in (ONE, BODY):
        room.parties.participants[number].group = 7
    room.records[ONE, YEAR, 1]["assuredAt"] = 0
    feed(room, _assured())
    assert room.faults == [f"assurance of inventory 1 of 1 for 2020: {BODY} has an interest"]
