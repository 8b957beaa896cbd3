"""Contracts that sign: each answer belongs to the act after it, of a wallet that signs for the act."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.evidence.checkpoints import CheckpointsReplay
from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay
from tonne.audit.market.exchange_gateway import ExchangeGatewayReplay
from tonne.audit.parties.participants import Installation, ParticipantsReplay
from tonne.audit.rules.schemes import SchemesReplay
from tonne.crypto.accounts import checksum
from tonne.evidence.report_encoding import REPORT
from tonne.evidence.statements import OpinionSigners

PLANT, YEAR, OPERATOR, BODY = 7, 2024, 3, 5
LEAD, REVIEWER, OTHER, OWN = (checksum(f"0x{n:040x}") for n in (1, 2, 3, 9))
PERSONS = 0 | 1 << 8  # places of the body's lead and reviewer


def _signer(address: str) -> int:
    return int(address, 16) | BODY << 160


@pytest.fixture
def room():
    parties = ParticipantsReplay()
    parties.wallets[OWN] = (OPERATOR, 8)
    parties.installations[PLANT] = Installation(OPERATOR, 1, 11, 1, 660_000)
    schemes = feed(SchemesReplay(), dated("SchemeCreated", scheme=1, utcOffset=0, noticeDays=0))
    words = [0, 3 | 0 << 8, *map(_signer, (LEAD, REVIEWER, OTHER))]
    told = {"scheme": 1, "version": 1, "digest": b"\1" * 32, "oldDigest": bytes(32)}
    configured = dated("OracleConfigured", pointer=OWN, words=words, **told)
    return feed(EmissionsOracleReplay(schemes, parties), configured)


def _answered(*wallets):
    return [dated("SignedByContract", wallet=wallet, digest=bytes(32)) for wallet in wallets]


def _reported(sequence=0, more=0):
    fields = dict.fromkeys(REPORT.names, 0) | {"installation": PLANT, "year": YEAR, "revision": 1}
    terms = 50 | 1 << 32 | BODY << 48 | 1 << 72 | PERSONS << 80 | sequence << 208 | more
    told = {"installation": PLANT, "operator": OPERATOR, "report": REPORT.pack(**fields)}
    return dated(
        "EmissionsReported", linesRoot=bytes(32), evidenceRoot=b"\2" * 32, terms=terms, **told
    )


def _accepted():
    return dated("ReportBatchAccepted", scheme=1, body=BODY, sequence=1)


def test_a_report_keeps_the_contracts_that_signed_it(room):
    feed(room, *_answered(OWN, LEAD, REVIEWER), _reported())
    assert room.faults == []
    assert room.records[PLANT, YEAR].contracts == (OWN, LEAD, REVIEWER)


def test_a_report_of_keys_has_none(room):
    feed(room, _reported())
    assert (room.faults, room.records[PLANT, YEAR].contracts) == ([], ())


def test_a_qualified_report_names_the_persons_of_its_statement(room):
    feed(room, _reported(more=1 << 255))
    (report,) = room.qualified()
    assert (report.installation, report.year, report.revision) == (PLANT, YEAR, 1)
    assert report.signers == (OpinionSigners(BODY, LEAD, REVIEWER),)
    feed(room, _reported())
    assert (room.faults, room.qualified()) == ([], [])


def test_a_qualified_report_of_rules_that_were_never_set_is_a_fault(room):
    feed(room, _reported(more=1 << 255 | 2 << 32))
    assert room.qualified() == [] and "rules that it names" in room.faults[0]


def test_contracts_of_a_batch_come_with_its_end(room):
    feed(room, _reported(sequence=1), *_answered(LEAD, REVIEWER), _accepted())
    assert room.faults == []


@pytest.mark.parametrize(
    "events",
    [
        [*_answered(OTHER), _reported()],
        [*_answered("0xb"), _reported()],
        [_reported(), *_answered(LEAD)],
        [_reported(sequence=1), *_answered(OWN), _accepted()],
        _answered(OWN),
    ],
    ids=["a person not named", "a stranger", "after the act", "an operator's, of a batch", "alone"],
)
def test_an_answer_that_signs_for_nobody_named_is_a_fault(room, events):
    assert len(feed(room, *events).faults) == 1


def test_a_checkpoint_and_a_signed_order_name_their_signer():
    parties = ParticipantsReplay()
    parties.wallets[OWN] = (OPERATOR, 8)
    for signer, faults in ((OWN, 0), (LEAD, 1)):
        kept = dated(
            "CheckpointKept",
            auditor=OPERATOR,
            number=0,
            blockHash=b"",
            history=b"",
            state=b"",
            signer=OWN,
        )
        assert len(feed(CheckpointsReplay(parties), *_answered(signer), kept).faults) == faults
        used = dated("SignedOrderUsed", wallet=OWN, nonce=1, order=0)
        assert len(feed(ExchangeGatewayReplay(parties), *_answered(signer), used).faults) == faults
