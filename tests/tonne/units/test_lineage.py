"""From a certificate or a serial number down to the methodology, and the picture of it."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.tonne.units.retirements import HOSTILE, VERRA, claim, retire, retire_immobilised
from tonne.errors import TonneError
from tonne.evidence.store import EvidenceStore
from tonne.evidence.verification import EvidenceCheck
from tonne.sandbox import seed_market
from tonne.text import harmless
from tonne.units import lineage_drawing
from tonne.units.lineage import LineageNode, Tracer, all_sound
from tonne.units.serial_lookup import Block

Place = namedtuple("Place", "latitude longitude")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def evidence(tmp_path):
    """The evidence of the wind farm's report, as it lies on somebody's disk."""
    file = tmp_path / "evidence" / "meters" / "export.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(seed_market.WIND_METERS)
    return tmp_path / "evidence"


def _kinds(node):
    return [one.kind for one in node.walk()]


def test_a_certificate_leads_to_everything_it_rests_on(town, evidence):
    node = Tracer(town.chain, 0, [EvidenceStore(evidence)]).certificate(retire(town))
    assert _kinds(node) == [
        "certificate",
        "serial numbers",
        "batch",
        "monitoring report",
        "signer",
        "signer",
        "signer",
        "evidence",
        "meter",
        "project",
        "meters",
        "methodology",
    ]
    checks = [check for one in node.walk() for check in one.checks]
    assert node.sound
    assert [check.about for check in checks if not check.passed] == [
        "two holders keep the evidence"
    ]


def test_evidence_that_was_changed_is_found(town, evidence):
    (evidence / "meters" / "export.csv").write_bytes(b"day,MWh\n2020-12-31,42\n")
    node = Tracer(town.chain, 0, [EvidenceStore(evidence)]).certificate(retire(town))
    wrong = [c.about for one in node.walk() for c in one.checks if c.passed is False]
    assert wrong == ["the files are those of the signed manifest"]
    assert not node.sound


def test_evidence_that_is_not_at_hand_is_said_to_be_so(town):
    node = Tracer(town.chain, 0).certificate(retire(town))
    said = [check for one in node.walk() for check in one.checks if check.passed is None]
    assert [check.detail for check in said] == ["the evidence is not at hand", "not on record"]


def test_a_serial_number_leads_to_its_certificate_or_its_batch(town):
    retire(town)
    nodes = Tracer(town.chain, 0).serial(Block(1, 0, 100, 101))
    assert [node.title for node in nodes] == ["Certificate 1", "Serial numbers 101 to 101"]
    assert nodes[1].facts["where"] == "still in its batch"
    assert "monitoring report" in _kinds(nodes[1]) and all_sound(nodes)


def _ex_ante(town):
    """60 t issued ahead of any achievement; its first serial number."""
    args = (1, 2020, 60, bytes(32))
    town.chain.send(town.market.people["authority"], "Issuance", "issueExAnte", *args)
    return Block(1, 0, 60_001, 60_001)


def test_a_unit_ahead_of_any_achievement_leads_to_no_report(town):
    (node,) = Tracer(town.chain, 0).serial(_ex_ante(town))
    batch = node.children[0]
    assert (batch.title, batch.facts["status"]) == ("Batch 1 ex ante", "ex ante")
    assert batch.children == []


def test_a_unit_that_was_verified_leads_to_the_report_that_did(town, monkeypatch):
    wanted = _ex_ante(town)
    honest = town.chain.logs

    def logs(contract=None, event=None, *args, **kwargs):
        told = event == "ExAnteVerified" and contract == "Issuance"
        return [{"reportId": 1}] if told else honest(contract, event, *args, **kwargs)

    monkeypatch.setattr(town.chain, "logs", logs)
    (node,) = Tracer(town.chain, 0).serial(wanted)
    assert "Monitoring report 1" in [one.title for one in node.walk()]


def test_a_block_of_another_registry_leads_to_its_project_there(town):
    node = Tracer(town.chain, 0).certificate(retire_immobilised(town, 800))
    assert [child.title for child in node.children] == [
        "Serial numbers 505,972,385 to 505,973,109",
        "Serial numbers 505,982,056 to 505,982,130",
    ]
    assert {child.facts["registry"] for child in node.children} == {"VERRA"}
    project = next(one for one in node.walk() if one.kind == "project elsewhere")
    assert project.title == "Project 2498" and project.facts["methodology"] == "VM0015"
    assert [child.title for child in project.children] == list(VERRA)
    assert node.sound


def _told(town, monkeypatch, name, change):
    honest = town.chain.logs

    def logs(contract=None, event=None, *args, **kwargs):
        found = honest(contract, event, *args, **kwargs)
        return [replace(e, args={**e.args, **change}) for e in found] if event == name else found

    monkeypatch.setattr(town.chain, "logs", logs)


@pytest.mark.parametrize("change", [{"amount": 60_001}, {"evidence": bytes(32)}])
def test_a_batch_beyond_its_report_or_for_another_is_found(town, monkeypatch, change):
    number = retire(town)
    _told(town, monkeypatch, "UnitsIssued", change)
    node = Tracer(town.chain, 0).certificate(number)
    wrong = [c.about for one in node.walk() for c in one.checks if c.passed is False]
    assert wrong == ["the batch was issued for this report and not beyond it"]


def test_a_period_that_somebody_else_claims_is_found(town, monkeypatch):
    number = retire(town)
    honest = town.chain.call
    taken = lambda *a, **k: (2, 5, 9) if a[1] == "claimAt" else honest(*a, **k)  # noqa: E731
    monkeypatch.setattr(town.chain, "call", taken)
    node = Tracer(town.chain, 0).certificate(number)
    assert [one.kind for one in node.walk() if any(c.passed is False for c in one.checks)] == [
        "meters"
    ]


def test_place_and_meters_are_told_and_compared_with_the_record(town, monkeypatch):
    number = retire(town)
    (site,) = _of_kind(Tracer(town.chain, 0).certificate(number), "project", "meters")
    assert site.facts["latitude, longitude"] == "41.150000, 114.700000"
    assert site.facts["meters"] == "1" and site.facts["meter 1"].startswith("0x")
    assert site.as_dict()["facts"] == site.facts and "41.150000" in lineage_drawing.svg([site])

    for change in ({"meters": [b"\1" * 32]}, {"location": Place(41_150_000, 114_700_001)}):
        _told(town, monkeypatch, "ProjectRegistered", change)
        (site,) = _of_kind(Tracer(town.chain, 0).certificate(number), "project", "meters")
        wrong = [check.about for check in site.checks if check.passed is False]
        assert wrong == ["place and meters are those on record"]
        monkeypatch.undo()


TWICE = "no validated project of another source names one of its meters"


@pytest.mark.parametrize(
    "change, wrong",
    [
        ({"id": 2, "source": b"\2" * 32}, [TWICE]),
        ({"id": 2}, []),  # the same plant, registered again
        ({"id": 2, "source": b"\2" * 32, "meters": [b"\3" * 32]}, []),
    ],
)
def test_a_meter_that_a_project_of_another_source_names_is_found(town, monkeypatch, change, wrong):
    number = retire(town)
    honest = town.chain.logs

    def logs(contract=None, event=None, *args, **kwargs):
        found = honest(contract, event, *args, **kwargs)
        if event not in ("ProjectRegistered", "ProjectValidated") or kwargs.get("topics"):
            return found
        return [*found, *(replace(e, args={**e.args, **change}) for e in found)]

    monkeypatch.setattr(town.chain, "logs", logs)
    (site,) = _of_kind(Tracer(town.chain, 0).certificate(number), "project", "meters")
    assert [check.about for check in site.checks if check.passed is False] == wrong


def test_a_registration_that_no_officer_validated_harms_no_certificate(town):
    """A rival registers a project at the public meter of the wind farm; it made every certificate fail."""
    number = retire(town)
    (meters,) = (e["meters"] for e in town.chain.logs("Projects", "ProjectRegistered", 0))
    rival = (1, 156, 1_577_808_000, 1_893_456_000, b"\2" * 32, (41_150_000, 114_700_000))
    developer = town.market.people["developer"]
    town.chain.send(developer, "Projects", "register", *rival, meters, b"\3" * 32)
    node = Tracer(town.chain, 0).certificate(number)
    assert node.sound, [c.about for one in node.walk() for c in one.checks if c.passed is False]


def test_times_are_told_in_the_days_of_the_scheme(town):
    nodes = {one.kind: one for one in Tracer(town.chain, 0).certificate(retire(town)).walk()}
    until = "2020-01-01 00:00 UTC+08:00 until 2021-01-01 00:00 UTC+08:00"
    assert nodes["monitoring report"].facts["period"] == until
    assert nodes["project"].facts["crediting period"].startswith("2020-01-01 00:00 UTC+08:00 until")
    assert nodes["certificate"].facts["retired"].endswith("UTC+08:00")


def _of_kind(node, above, kind):
    return [c for one in node.walk() if one.kind == above for c in one.children if c.kind == kind]


# Pictures


def _hostile():
    return LineageNode(
        "certificate", HOSTILE, {HOSTILE: HOSTILE}, [EvidenceCheck(HOSTILE, False, HOSTILE)]
    )


def test_a_picture_keeps_hostile_words_words():
    picture = ElementTree.fromstring(lineage_drawing.svg([_hostile()]))
    assert {element.tag for element in picture.iter()} <= {SVG + "svg", SVG + "rect", SVG + "text"}
    assert harmless(HOSTILE) in [
        text.text.removeprefix("Certificate: ") for text in picture.iter(SVG + "text")
    ]


def test_a_page_keeps_hostile_words_words(tmp_path):
    path = tmp_path / "lineage.html"
    lineage_drawing.draw(path, HOSTILE, [_hostile()])
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page and "\x1b" not in page and "\u202e" not in page
    assert page.count("<text") == lineage_drawing.svg([_hostile()]).count("<text")


def test_each_node_is_a_box_below_the_one_it_stands_behind(town):
    node = Tracer(town.chain, 0).certificate(retire(town, words=claim("中国 & Sons")))
    picture = ElementTree.fromstring(lineage_drawing.svg([node]))
    boxes = picture.findall(SVG + "rect")[1:]
    assert len(boxes) == len(_kinds(node))
    assert len(picture.findall(SVG + "path")) == len(boxes) - 1
    tops = [int(box.attrib["y"]) for box in boxes]
    assert tops == sorted(tops)


def test_another_form_of_picture_is_refused(tmp_path):
    with pytest.raises(TonneError) as refusal:
        lineage_drawing.draw(tmp_path / "lineage.gif", "", [])
    assert refusal.value.code == "LINEAGE_FORM"
