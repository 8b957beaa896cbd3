"""CAD Trust records: every unit in one row of one fate, valid by the published schemas."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from tests.tonne.audit.events import dated, feed, struct
from tests.tonne.audit.export.cad_trust_schema import faults
from tests.tonne.audit.export.test_exports import (
    BATCH,
    CHINA,
    CREDITS,
    DORA,
    ENDED,
    JAPAN,
    OUTCOME,
    STORY,
    UNIT,
    WUYI,
    _moved,
    _outcomes,
)
from tonne.audit.export import cad_trust, cad_trust_files
from tonne.audit.export.cad_trust import CadTrustSource
from tonne.audit.export.cad_trust_files import CadTrustRecords
from tonne.audit.export.cad_trust_records import CadtLabel, counted, serial_of
from tonne.audit.parties.participants import Participant
from tonne.audit.units.credit_batches import CreditBatchesReplay
from tonne.audit.units.credit_projects import CreditProjectsReplay
from tonne.countries import picklist
from tonne.errors import TonneError
from tonne.types import unit_id

DEVELOPER, BODY = 5, 6
#: 2021-01-01 00:00 in China: the year before in UTC.
NEW_YEAR = 1_609_430_400
PROJECT = {
    "id": 7,
    "developer": DEVELOPER,
    "methodology": 1,
    "hostCountry": CHINA,
    "location": WUYI,
    "creditingFrom": NEW_YEAR,
    "creditingUntil": NEW_YEAR + 7 * 31_536_000,
    "documentHash": b"\1" * 32,
}
REPORT = struct(
    periodFrom=NEW_YEAR, periodUntil=NEW_YEAR + 31_536_000, vintage=2021, quantityT=1_000
)
PROJECTS = [
    dated("SchemeCreated", scheme=1, utcOffset=28_800),
    dated("MethodologySet", id=1, methodology=struct(activity=2, kind=1, scheme=1)),
    dated("ProjectRegistered", NEW_YEAR - 99, **PROJECT),
    dated("ProjectValidated", NEW_YEAR, id=7, yearlyCapT=2_000),
    dated(
        "MonitoringReported", NEW_YEAR + 40_000_000, reportId=3, project=7, body=BODY, report=REPORT
    ),
]
FOREIGN = unit_id.immobilised(1, 2020, 1)
VERRA = "13488-505972385-505973109-VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0"
TERMS = struct(
    scheme=1, vintage=2020, registry=4, activity=1, kind=6, hostCountry=600, methodology=0,
    project="2498", methodologyText="VM0015", account="account 7",
)  # fmt: skip


def _foreign(first, last):
    return struct(registry=4, series=0, first=first, last=last)


#: 725 t of a block of Verra, of which 25 are retired.
LODGED = [
    dated("RegistryAdded", registry=4, terms=struct(name="VERRA")),
    dated("BatchOpened", id=FOREIGN, registry=4, terms=TERMS),
    dated("BlockIssued", id=FOREIGN, block_=_foreign(505972385, 505973109)),
    dated(
        "BlockImmobilised", id=FOREIGN, request=0, block_=_foreign(505972385, 505973109), serial=VERRA
    ),
    dated(
        "SerialsAttached", 50, id=FOREIGN, kind=2, ref=(9).to_bytes(32, "big"),
        blocks=[_foreign(505972385, 505972409)], **{"from": DORA},
    ),
]  # fmt: skip
LABEL = CadtLabel(
    id="1", label="CORSIA, first phase", labelType="Certification",
    creditingPeriodStartDate=date(2021, 1, 1), creditingPeriodEndDate=date(2021, 12, 31),
    validityPeriodStartDate=date(2022, 1, 1), validityPeriodEndDate=date(2026, 12, 31),
    unitQuantity=1_000, labelLink="https://registry.example/corsia",
)  # fmt: skip


@pytest.fixture
def batches():
    return feed(CreditBatchesReplay(CREDITS), *BATCH, *ENDED)


@pytest.fixture
def source():
    batches = feed(CreditBatchesReplay(CREDITS), *BATCH, *ENDED, *LODGED)
    for unit in (UNIT, OUTCOME):
        batches.batches[unit].report = 3
    source = CadTrustSource(batches, _outcomes(*STORY), 31_337)
    source.projects = feed(CreditProjectsReplay(), *PROJECTS)
    source.registries = {4: "Verra Registry"}
    source.now = NEW_YEAR + 50_000_000
    source.parties.participants = {
        DEVELOPER: Participant(1, CHINA, "0xa"),
        8: Participant(1, JAPAN, DORA),
    }
    source.parties.seats = {DORA: 8}
    source.labels = {UNIT: [LABEL]}
    return source


def _rows(batches, outcomes):
    return list(cad_trust.units(CadTrustSource(batches, outcomes, 1)))


def _records(source):
    return CadTrustRecords(
        projects=list(cad_trust.projects(source)), units=list(cad_trust.units(source))
    )


def test_every_unit_is_in_one_row(batches):
    rows = _rows(batches, _outcomes(*STORY))
    counts = Counter()
    for row in rows:
        counts[row.unitStatus] += row.unitCount
    assert counts == {"Retired": 300, "Cancelled": 70, "Held": 550, "Buffer": 80}
    serials = sorted((serial_of(r.unitBlockStart)[2], serial_of(r.unitBlockEnd)[2]) for r in rows)
    assert serials[0][0] == 1 and serials[-1][1] == 1_000
    assert all(a[1] + 1 == b[0] for a, b in pairwise(serials))
    assert {r.unitType for r in rows} == {"Removal - nature"}
    assert {r.countryJurisdictionOfOwner for r in rows} == {"China"}


def test_the_adjustment_of_each_block_is_told(batches):
    rows = _rows(batches, _outcomes(*STORY))
    told = {
        serial_of(r.unitBlockStart)[2]: (
            r.correspondingAdjustmentDeclaration,
            r.correspondingAdjustmentStatus,
        )
        for r in rows
    }
    assert told[1] == ("Committed", "Completed")
    assert told[301] == ("Committed", "Not Started")
    assert told[351] == ("Committed", "Not Started")
    assert told[501] == ("Unknown", "Not Started")


def test_units_on_their_way_out_are_pending_export():
    batches = feed(CreditBatchesReplay(CREDITS, "0xe"), *BATCH, _moved(DORA, "0xe", 40))
    rows = _rows(batches, _outcomes())
    pending = [r for r in rows if r.unitStatus == "Pending Export"]
    assert [r.unitCount for r in pending] == [40]


PROMISE = UNIT - 1 | 1 << 62 | 1


def _promised():
    return [
        dated("BatchIssued", id=PROMISE, project=7, firstSerial=1_001, lastSerial=1_500, status=4),
        dated("ExAnteIssued", id=PROMISE, project=7),
    ]


def test_an_ex_ante_batch_has_no_row_and_a_file_that_shows_it_as_held_is_found():
    promised = feed(CreditBatchesReplay(CREDITS), *BATCH, *_promised())
    rows = _rows(promised, _outcomes())
    assert rows == _rows(feed(CreditBatchesReplay(CREDITS), *BATCH), _outcomes())
    planted = rows[-1].model_copy(
        update={"unitBlockStart": "1-0-1001", "unitBlockEnd": "1-0-1500", "unitStatus": "Held"}
    )
    assert cad_trust.unfounded(rows, rows) == []
    assert cad_trust.unfounded([*rows, planted], rows) == [
        "1-0-1001 to 1-0-1500 as Held; on the chain: no unit"
    ]
    changed = dated("BatchStatusChanged", id=PROMISE, previous=4, status=1)
    verified = feed(CreditBatchesReplay(CREDITS), *BATCH, *_promised(), changed)
    assert sum(row.unitCount for row in _rows(verified, _outcomes())) == 1_500


def test_what_is_left_of_an_invalid_batch_is_not_held():
    ended = feed(CreditBatchesReplay(CREDITS), *BATCH, *ENDED)
    was = _rows(ended, _outcomes())
    for batch in ended.batches.values():
        batch.status = 3
    rows = _rows(ended, _outcomes())
    assert {row.unitStatus for row in rows} == {"Retired", "Cancelled"}
    assert rows[-1].unitStatusReason == "invalidated"
    told = [line for line in cad_trust.unfounded(was, rows) if "as Held" in line]
    assert told and all("on the chain: Cancelled" in line for line in told)


def test_every_record_is_valid_by_the_published_schemas(source):
    records = json.loads(_records(source).model_dump_json(exclude_none=True))
    found = [f for p in records["projects"] for f in faults("project", p)]
    found += [f for u in records["units"] for f in faults("unit", u)]
    assert found == []


@pytest.mark.parametrize(
    "change",
    [
        {"unitCount": None},
        {"unitType": "Reduction"},
        {"countryJurisdictionOfOwner": "Domain"},
        {"other": "field"},
        {"unitOwner": ""},
        {"labels": []},
        {"issuance": {"startDate": "2021-01-01"}},
    ],
)
def test_the_schemas_refuse_what_cad_trust_would(source, change):
    (unit, *_) = json.loads(_records(source).model_dump_json(exclude_none=True))["units"]
    assert list(faults("unit", unit)) == []
    assert list(faults("unit", unit | change)) != []


def test_a_project_has_its_place_issuances_labels_and_estimate(source):
    own, elsewhere = _records(source).projects
    assert own.projectLocations[0].geographicIdentifier == "27.725000, -118.010000"
    assert own.projectLocations[0].country == "China"
    assert [(i.startDate, i.endDate) for i in own.issuances] == [
        (date(2021, 1, 1), date(2021, 12, 31))
    ], "days are the scheme's local ones, the last day included"
    assert own.labels == [LABEL] and own.projectStatus == "Registered"
    assert own.estimations[0].unitCount == 14_000
    assert (elsewhere.registryOfOrigin, elsewhere.originProjectId) == ("Verra Registry", "2498")
    assert elsewhere.projectLocations[0].country == "Paraguay" and elsewhere.issuances is None


def test_a_unit_leads_to_its_issuance_place_and_labels(source):
    records = _records(source)
    own = records.projects[0]
    unit = next(u for u in records.units if u.unitBlockStart == "1-0-1")
    assert unit.issuance == own.issuances[0]
    assert unit.projectLocationId == own.projectLocations[0].id
    assert unit.labels == [LABEL]


def test_original_serials_are_kept(source):
    retired, held = (u for u in _records(source).units if "VCS" in u.unitBlockStart)
    assert retired.unitBlockStart == VERRA.replace("505973109", "505972385")
    assert retired.unitBlockEnd.startswith("13488-505972409-505972409-VCS")
    assert (retired.unitCount, held.unitCount) == (25, 700)
    assert f"original serial: {VERRA}" in held.unitTags


def test_soil_and_rice_are_nature(source):
    assert {u.unitType for u in _records(source).units if "VCS" in u.unitBlockStart} == {
        "Reduction - nature"
    }


def test_a_unit_is_of_the_country_of_its_owner(source):
    units = [u for u in _records(source).units if "VCS" not in u.unitBlockStart]
    retired = next(u for u in units if u.unitStatus == "Retired")
    assert retired.unitOwner == "participant 8"
    assert retired.countryJurisdictionOfOwner == "Japan", "where its owner is, not the project"
    source.owners = {one: {DEVELOPER: 100, 8: 450} for one in (UNIT, OUTCOME)}
    held = [
        u
        for u in _records(source).units
        if u.unitStatus == "Held" and "VCS" not in u.unitBlockStart
    ]
    assert {(u.unitOwner, u.countryJurisdictionOfOwner) for u in held} == {(None, "Japan")}
    assert held[0].unitTags == "owners in China: 100; owners in Japan: 450"
    source.owners = {one: {8: 550} for one in (UNIT, OUTCOME)}
    held = [
        u
        for u in _records(source).units
        if u.unitStatus == "Held" and "VCS" not in u.unitBlockStart
    ]
    assert {u.unitOwner for u in held} == {"participant 8"}


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_records_read_back_as_they_were_written(source, tmp_path, ending):
    records = _records(source)
    path = tmp_path / f"cadt.{ending}"
    written = cad_trust_files.write(path, records)
    assert all(file.exists() for file in written) and (ending == "json") == (len(written) == 1)
    back = cad_trust_files.read(path)
    assert back.projects == records.projects
    assert Counter(u.unitBlockStart for u in back.units) == Counter(
        u.unitBlockStart for u in records.units
    )
    assert sorted(back.units, key=str) == sorted(records.units, key=str)


def test_what_the_upload_makes_of_the_csv_files_is_valid(source, tmp_path):
    """Its parser keeps texts as texts and empty cells as empty texts, which the schemas refuse."""
    files = cad_trust_files.write(tmp_path / "cadt.csv", _records(source))
    kinds = {"projects": "project", "units": "unit"}
    for file in files:
        kind = kinds[file.stem.split("-")[1]]
        found = [f for record in cad_trust_files.uploaded(file) for f in faults(kind, record)]
        assert found == [], file.name


def test_files_of_an_earlier_export_do_not_stay(source, tmp_path):
    path = tmp_path / "cadt.csv"
    many = cad_trust_files.write(path, _records(source))
    source.labels = {}
    few = cad_trust_files.write(path, _records(source))
    assert set(tmp_path.iterdir()) == set(few) and len(few) <= len(many)


@pytest.mark.parametrize(
    "field, value",
    [
        ("unitCount", 299),
        ("unitStatus", "Lost"),
        ("unitStatusReason", None),
        ("unitType", "nature"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(source, tmp_path, field, value):
    path = tmp_path / "cadt.json"
    cad_trust_files.write(path, _records(source))
    plain = json.loads(path.read_text())
    plain["units"][0][field] = value
    path.write_text(json.dumps(plain))
    with pytest.raises(TonneError, match=r"units\.0") as refused:
        cad_trust_files.read(path)
    assert refused.value.code == "EXPORT_UNREADABLE"


@pytest.mark.parametrize(
    "start, end, units",
    [
        ("1-0-17", "1-0-20", 4),
        ("1-0-17", "1-0-17", 1),
        ("9-5-5-X", "9-8-8-X", 4),
        ("ID#1", "ID#30", 30),
        ("1-0-17", "1-1-20", 0),
        ("A-17", "B-20", 0),
    ],
)
def test_a_block_is_counted_by_the_number_that_differs(start, end, units):
    assert counted(start, end) == units


@pytest.mark.parametrize(
    ("number", "written"),
    [(180, "Democratic Republic of Congo"), (214, "Domincan Republic"), (694, "Sierra Leone")],
)
def test_a_country_is_written_as_the_picklist_has_it_or_else_by_its_name(number, written):
    elsewhere = dated("ProjectRegistered", id=7, methodology=1, hostCountry=number, location=WUYI)
    batches = feed(CreditBatchesReplay(CREDITS), BATCH[0], elsewhere, *BATCH[2:])
    assert {r.countryJurisdictionOfOwner for r in _rows(batches, _outcomes())} == {written}
    assert (written in picklist()) == (number != 694)
