"""Reports, disputes, configurations and interests of the oracle, replayed from events made by hand."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.evidence.emissions_oracle import (
    ANNULLED,
    DETERMINED,
    DISPUTED,
    REPORTED,
    EmissionsOracleReplay,
    EmissionsRecord,
)
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.rules.schemes import SchemesReplay
from tonne.constants import ZERO_ADDRESS

PLANT, YEAR, BODY, WALLET = 7, 2024, 5, "0xa"
KEY = (PLANT, YEAR)


@pytest.fixture
def room():
    schemes = feed(SchemesReplay(), dated("SchemeCreated", scheme=1, utcOffset=0, noticeDays=0))
    replay = EmissionsOracleReplay(schemes, ParticipantsReplay())
    replay.records[KEY] = EmissionsRecord(emissions_t=9, revision=1, status=REPORTED, final_at=50)
    return replay


def _about(name, time=40, **args):
    return dated(name, time, installation=PLANT, year=YEAR, **args)


def _answers(replay):
    return {(check.function, *map(str, check.args)): check.expected for check in replay.checks(60)}


def test_a_skipped_report_names_the_record_that_overtook_it(room):
    word = room.records[KEY].word()
    feed(room, _about("BatchItemSkipped", standing=word))
    assert room.faults == []
    feed(room, _about("BatchItemSkipped", standing=word + 1))
    feed(room, dated("BatchItemSkipped", installation=8, year=YEAR, standing=0))
    assert len(room.faults) == 2


@pytest.mark.parametrize(
    "ended, status",
    [
        (_about("DisputeResolved", upheld=True), ANNULLED),
        (_about("DisputeResolved", upheld=False), REPORTED),
        (_about("EmissionsDetermined", emissionsT=8, powerMwh=1, heatGj=0, revision=2), DETERMINED),
    ],
    ids=["upheld", "dismissed", "determined"],
)
def test_a_dispute_is_open_until_it_ends(room, ended, status):
    feed(room, _about("ReportDisputed", by=WALLET))
    assert room.records[KEY].status == DISPUTED
    assert _answers(room)["disputedBy", "7", "2024"] == WALLET
    feed(room, ended)
    assert room.records[KEY].status == status
    assert _answers(room)["disputedBy", "7", "2024"] == ZERO_ADDRESS
    assert ("fallenReport", "7", "2024") in _answers(room) or status != ANNULLED


def test_an_interest_is_the_last_one_set(room):
    for interested in (True, False):
        told = {"scheme": 1, "body": BODY, "participant": 3, "by": WALLET}
        feed(room, dated("InterestSet", interested=interested, **told))
        assert _answers(room)["hasInterest", "1", "5", "3"] is interested


def _configured(version, digest, old):
    told = {"scheme": 1, "version": version, "digest": digest, "oldDigest": old}
    words = [0, 1, BODY << 160]
    return dated("OracleConfigured", pointer=WALLET, words=words, **told)


def test_a_configuration_follows_the_one_before(room):
    first, second = b"\1" * 32, b"\2" * 32
    feed(room, _configured(1, first, bytes(32)), _configured(2, second, first))
    assert room.faults == [] and room.signers[1, 2] == [BODY]
    assert _answers(room)["configOf", "1"] == (2, second, WALLET)
    feed(room, _configured(4, first, second), _configured(5, first, second))
    assert len(room.faults) == 2


def test_batches_of_a_body_leave_no_gap(room):
    told = {"scheme": 1, "body": BODY}
    feed(room, *(dated("ReportBatchAccepted", sequence=n, **told) for n in (1, 2)))
    assert room.faults == [] and _answers(room)["lastSequence", "1", "5"] == 2
    feed(room, dated("ReportBatchAccepted", sequence=4, **told))
    assert len(room.faults) == 1
