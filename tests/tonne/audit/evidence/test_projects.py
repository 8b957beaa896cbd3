"""Projects as their events tell them: place, meters, reports and claims; what does not fit is found."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import replace

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tonne.audit import reconcile
from tonne.audit.evidence.projects import ProjectsReplay
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.contract_replay import FAULTS
from tonne.audit.replay.dispatcher import Dispatcher
from tonne.audit.replay.events import read

Place = namedtuple("Place", "latitude longitude")
Method = namedtuple("Method", "scheme")


def _method(number=1, scheme=1, version=1):
    terms = Method(scheme)
    return dated("MethodologySet", id=number, scheme=scheme, version=version, methodology=terms)


METHODOLOGY = _method()


def _registered(
    number=1, latitude=41_150_000, longitude=114_700_000, meters=(), source=b"s" * 32, design=b"d"
):
    return dated(
        "ProjectRegistered",
        **{"id": number, "developer": 5, "methodology": 1, "hostCountry": 156, "source": source},
        **{"creditingFrom": 1, "creditingUntil": 9, "documentHash": design.ljust(32, b"\0")},
        location=Place(latitude, longitude),
        meters=list(meters),
    )


def _taken(name=b"s" * 32, scheme=1):
    return dated("NameTaken", name=name, scheme=scheme)


OWN = [METHODOLOGY, _taken()]


def _claimed(name="SourceClaimed", start=1, until=5, ref=1, kind=1, by="0xa"):
    claim = {"kind": kind, "ref": ref, "from": start, "until": until, "by": by}
    return dated(name, source=b"s" * 32, **claim)


def _claimant(allowed=True):
    return dated("ClaimantSet", claimant="0xa", allowed=allowed)


A, B = b"\1".ljust(32, b"\0"), b"\2".ljust(32, b"\0")


@pytest.mark.parametrize(
    "events, fault",
    [
        ([_registered(meters=[A, B])], None),  # takes no name
        ([_taken(A), _taken(B), _registered(meters=[A, B])], None),
        ([_taken(A, 2), _registered(meters=[A])], "are of schemes {1, 2}"),
        ([_registered(meters=[(7).to_bytes(32, "big")])], None),
        ([_registered(meters=[(8).to_bytes(32, "big")])], "are of schemes {1, 2}"),
        ([_taken()], "is taken a second time"),
        ([_method(scheme=2, version=2)], "to another scheme"),
        ([_method(version=2)], None),
        ([_method(version=1)], "terms 1 of methodology 1 do not follow"),
        (
            [_method(number) for number in range(2, 66)],
            "scheme 1 has 65 methodologies",
        ),
        ([_registered(2)], "project 2 does not follow"),
        ([_registered(latitude=90_000_001)], "place of project 1"),
        ([_registered(longitude=-180_000_001)], "place of project 1"),
        ([_registered(latitude=0, longitude=0)], "place of project 1"),
        ([_registered(meters=[B, A])], "meters of project 1"),
        ([_registered(meters=[A, A])], "meters of project 1"),
        ([_registered(meters=[bytes(32)])], "meters of project 1"),
        ([_registered(meters=[n.to_bytes(32, "big") for n in range(1, 66)])], "meters of project"),
        ([_claimed(), _claimed(start=4, until=6)], "is claimed twice at 4"),
        ([_claimed(), _claimed(start=5, until=6)], None),
        ([_claimed(), _claimed("SourceReleased", ref=2)], "is released as it was not claimed"),
        ([_claimed(), _claimed("SourceReleased"), _claimed(start=4, until=6)], None),
        ([_claimant(), _claimed(kind=2), _claimed("SourceReleased", kind=2)], None),
        ([_claimed(kind=2)], "no claimant"),
        ([_claimant(), _claimant(False), _claimed(kind=2)], "no claimant"),
        (
            [_claimant(), _claimed(kind=2), _claimed("SourceReleased", kind=2, by="0xb")],
            "is released as it was not claimed",
        ),
    ],
)
def test_projects_and_claims_that_cannot_be_are_found(events, fault):
    replay, tally = feed(ProjectsReplay({7: 1, 8: 2}.get), *OWN, *events), Tally()
    replay.invariants(tally)
    told = [str(found) for difference in tally.differences for found in difference.found]
    assert len(told) == (fault is not None) and all(fault in found for found in told)


Monitored = namedtuple("Monitored", "project status finalAt reportHash")
VALIDATED = dated("ProjectValidated", id=1, yearlyCapT=100)

REPORTED = dated(
    "MonitoringReported",
    **{
        "reportId": 1,
        "project": 1,
        "report": struct(periodFrom=1, periodUntil=5, evidenceRoot=b"e" * 32),
    },
    monitoring=Monitored(1, 1, 50, b"h" * 32),
)
DISPUTED = dated("MonitoringDisputed", reportId=1)
REPORT = [*OWN, _registered(), VALIDATED, REPORTED, _claimed()]


def _resolved(upheld):
    return dated("MonitoringResolved", 40, reportId=1, upheld=upheld)


@pytest.mark.parametrize(
    "events, fault",
    [
        (REPORT, None),
        (REPORT[:-1], "the period of report 1 is claimed"),
        ([*REPORT[:3], *REPORT[4:]], FAULTS),
        ([*REPORT, DISPUTED, _resolved(False)], None),
        ([*REPORT, DISPUTED, _resolved(True), _claimed("SourceReleased")], None),
        ([*REPORT, DISPUTED, _resolved(True)], "the period of report 1 is claimed"),
        ([*REPORT, _resolved(False)], FAULTS),
    ],
)
def test_reports_that_do_not_hold_their_period_are_found(events, fault):
    replay, tally = feed(ProjectsReplay(), *events), Tally()
    replay.invariants(tally)
    assert [difference.about for difference in tally.differences] == ([fault] if fault else [])


def test_a_report_is_final_once_its_dispute_is_dismissed():
    room = feed(ProjectsReplay(), *REPORT)
    ended = feed(ProjectsReplay(), *REPORT, DISPUTED, _resolved(False))
    for replay, now, final in ((room, 49, False), (room, 50, True), (ended, 40, True)):
        (told,) = [c.expected for c in replay.checks(now) if c.function == "isFinal"]
        assert told is final


@pytest.fixture
def replayed(town):
    """The market's projects, with an event changed on its way: the differences from the chain."""
    chain, first_block = town.chain, town.deployment.first_block
    head = reconcile.pin(chain, None)
    events = [one for _, part in read(chain, first_block, head, []) for one in part]
    mine = [one for one in events if one.event.contract == "Projects"]

    def differences(name="", **change):
        replay, tally = ProjectsReplay(), Tally()
        replays = Dispatcher([replay])
        for one in mine:
            event = one.event
            if event.name == name:
                one = replace(one, event=replace(event, args={**event.args, **change}))
            replays.feed([one])
        replay.invariants(tally)
        reconcile.compare(chain, list(replay.checks(head.time)), head.number, tally)
        assert tally.compared["Projects"] > 30
        return [difference.about for difference in tally.differences]

    return differences


def test_a_project_is_told_by_its_events(replayed):
    assert replayed() == []


@pytest.mark.parametrize(
    "name, change, about",
    [
        ("ProjectRegistered", {"location": Place(41_150_001, 114_700_000)}, "site of 1.location"),
        ("ProjectRegistered", {"meters": [A]}, "site of 1.metersRoot"),
        ("ProjectRegistered", {"hostCountry": 392}, "project 1.hostCountry"),
        ("ProjectValidated", {"yearlyCapT": 1}, "project 1.yearlyCapT"),
        ("SourceClaimed", {"until": 1 << 40}, "the period of report 1 is claimed"),
    ],
)
def test_a_value_that_the_chain_keeps_otherwise_is_found(replayed, name, change, about):
    assert about in replayed(name, **change)


def _named(number, name):
    return dated("ProjectNamed", id=number, name=name)


def _validated(number):
    return dated("ProjectValidated", id=number, yearlyCapT=100)


def _answer(number, others, validations, reason="two plants"):
    return dated(
        "LikenessAnswered", id=number, others=others, validations=validations, reason=reason
    )


def _second(name="zhangbei wind 2 ", design=b"x", **at):
    """Another project of another source, named and with its name taken."""
    registered = _registered(2, source=b"t" * 32, design=design, **at)
    return [registered, _named(2, name), _taken(b"t" * 32)]


FIRST = [*OWN, _registered(), _named(1, "Zhangbei wind 2"), _validated(1)]
FAR = {"latitude": 41_200_000}  # 5.6 km


@pytest.mark.parametrize(
    "events, fault",
    [
        ([*_second(), _validated(2)], "project 2 is validated without an answer"),
        ([*_second(), _answer(2, [1], 1), _validated(2)], None),
        ([*_second(), _answer(2, [1], 0), _validated(2)], "project 2 is validated without an answer"),
        ([*_second(design=b"d", latitude=1), _validated(2)], "is validated without an answer"),
        ([*_second("Kisumu stoves", latitude=1), _validated(2)], None),
        # Names alike, further than the chain looks: an officer who did not use the tool.
        ([*_second(**FAR), _validated(2)], "answer for project 2, which may be the plant of project 1"),
        ([*_second(**FAR), _answer(2, [1], 1), _validated(2)], None),
        ([*_second(**FAR)], None),  # a registration harms nothing
        ([*_second("Zhangbei wind 3", **FAR), _validated(2)], None),
        ([*_second(), _answer(2, [], 1), _validated(2)], "answer for project 2"),
        ([*_second(), _answer(2, [1], 9), _validated(2)], "validations to come"),
        ([*_second(), _answer(2, [1], 1, ""), _validated(2)], "answer for project 2"),
        ([_named(1, "later")], "name of project 1"),
    ],
)  # fmt: skip
def test_twins_that_no_officer_answered_for_are_found(events, fault):
    replay, tally = feed(ProjectsReplay(), *FIRST, *events), Tally()
    replay.invariants(tally)
    told = " ".join(
        f"{one.about} {found}" for one in tally.differences for found in (one.found, one.expected)
    )
    assert (fault is None) == (tally.differences == []), told
    assert fault is None or fault in told


def test_evidence_of_another_source_is_found():
    told = REPORTED.event
    other = replace(REPORTED, event=replace(told, args=told.args | {"reportId": 2, "project": 2}))
    claimed = dated("SourceClaimed", **{"source": b"t" * 32, "kind": 1, "ref": 2, "by": "0xa"},
                    **{"from": 1, "until": 5})  # fmt: skip
    twin = [*_second(**FAR), _answer(2, [1], 1), _validated(2), other, claimed]
    replay, tally = feed(ProjectsReplay(), *FIRST, REPORTED, _claimed(), *twin), Tally()
    replay.invariants(tally)
    found = [str(one.found) for one in tally.differences]
    assert any("report 2 has the evidence of another source" in told for told in found)


def _sited(number=1, plant=42, at=(41_150_000, 114_700_000), meters=()):
    site = {"location": Place(*at), "meters": list(meters), "reasonHash": b"w", "officer": "0x1"}
    return dated("PlantSited", installation=plant, number=number, **site)


def _placed(sitings, plant=0):
    return dated("ProjectPlaced", id=1, installation=plant, sitings=sitings)


def _zero(plant=42, start=1):
    claim = {"kind": 3, "ref": plant, "from": start, "until": start + 1, "by": "0xa"}
    return dated("SourceClaimed", source=b"s" * 32, **claim)


METER = b"m" * 32
BOUND = dated("MeterBound", meter=METER, source=b"s" * 32)
AWAY = (-10_000_000, 20_000_000)


@pytest.mark.parametrize(
    "events, near, placed",
    [
        ([], (0, 0), True),
        ([_sited()], (42, 1), False),
        ([_sited(at=(41_160_000, 114_690_000))], (42, 1), False),
        ([_sited(at=(41_170_000, 114_700_000))], (0, 0), True),
        ([_sited(plant=7)], (0, 0), True),  # of another scheme
        ([_sited(), _placed(1)], (42, 1), True),
        ([_sited(), _placed(1), _sited(2)], (42, 2), False),
        ([BOUND, _sited(at=AWAY, meters=[METER])], (42, 1), False),
        ([_sited(at=AWAY, meters=[METER]), BOUND], (42, 1), False),
        ([_zero()], (42, 1), False),
        ([_zero(), _placed(1), _zero(start=2)], (42, 1), True),
        ([_zero(), _placed(1), _zero(43, start=2)], (43, 2), False),
    ],
)
def test_a_plant_near_a_project_is_answered_for(events, near, placed):
    replay = ProjectsReplay(plant_scheme={42: 1, 43: 1, 7: 2}.get)
    feed(replay, *OWN, _registered(), *events)
    assert (replay.near_plant(1), replay.is_placed(1), replay.faults) == (near, placed, [])


@pytest.mark.parametrize(
    "events, fault",
    [
        ([_sited(2)], "siting 2 does not follow"),
        ([_placed(1)], "project 1 at a plant"),
        (
            [_sited(), _validated(1)],
            "project 1 is validated near a plant without a statement",
        ),
    ],
)
def test_what_is_said_of_plants_that_cannot_be_is_found(events, fault):
    replay = ProjectsReplay(plant_scheme={42: 1}.get)
    feed(replay, *OWN, _registered(), *events)
    assert fault in replay.faults
