"""Replay of EvidenceCustody: two holders, thirty days, and what no holder may do."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.evidence.evidence_custody import (
    AT_RISK,
    GRACE_S,
    KEPT,
    LOST,
    UNRECORDED,
    CustodyRecord,
    EvidenceCustodyReplay,
)
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.constants import DAY_S

FILES = b"\1" * 32
YEAR = 365 * DAY_S
START = 1_700_000_000
NAMED = {FILES: "monitoring report 1"}


def _replay(*events, named=NAMED):
    parties = ParticipantsReplay()
    parties.wallets = {str(n): (n, 31) for n in range(1, 12)}
    return feed(EvidenceCustodyReplay(parties, lambda: named), *events)


def _taken(who, until, at=START, wallet=None):
    return dated(
        "CustodyTaken", at, digest=FILES, participant=who, wallet=wallet or str(who), until=until
    )


def _given_up(who, at, wallet=None):
    return dated(
        "CustodyGivenUp", at, digest=FILES, participant=who, wallet=wallet or str(who), reason=FILES
    )


def _asked(who, at=START, answer=14 * DAY_S):
    return dated("FilesRequested", at, digest=FILES, participant=who, by=9, answerBy=at + answer)


def _struck(who, at):
    return dated("HolderStruck", at, digest=FILES, participant=who, by="x")


ONE, TWO = _taken(1, START + 2 * YEAR), _taken(2, START + 3 * YEAR)


def test_evidence_is_kept_by_two():
    assert CustodyRecord().standing(START) == (UNRECORDED, 0)
    assert _replay(ONE).records[FILES].standing(START) == (AT_RISK, START + GRACE_S)
    assert _replay(ONE, TWO).records[FILES].standing(START) == (KEPT, 0)


def test_custody_that_ends_is_missed_from_then_on():
    record = _replay(ONE, TWO).records[FILES]
    end = START + 2 * YEAR
    assert record.standing(end - 1) == (KEPT, 0)
    assert record.standing(end + 5) == (AT_RISK, end + GRACE_S)
    assert record.standing(end + GRACE_S + 1) == (LOST, 0)


def test_a_finding_names_evidence_that_is_lost():
    replay = _replay(ONE, TWO, _given_up(1, START + 9))
    kept = [c for c in replay.checks(START + 9) if "two holders" in c.about]
    lost = [c for c in replay.checks(START + 10 + GRACE_S) if "two holders" in c.about]
    assert kept == [] and len(lost) == 1
    assert lost[0].expected[0] != LOST, "the chain's own answer differs from the rule"


@pytest.mark.parametrize(
    "events",
    [
        [_taken(1, START + YEAR - 1)],
        [ONE, _taken(1, START + YEAR)],
        [_taken(1, START + YEAR, wallet="2")],
        [_taken(n, START + YEAR) for n in range(1, 10)],
        [ONE, _given_up(1, START, wallet="2")],
        [_given_up(1, START)],
        [ONE, _asked(1, answer=DAY_S)],
        [ONE, _asked(1), _asked(1, START + DAY_S)],
        [ONE, _struck(1, START + DAY_S)],
        [ONE, _asked(1), _struck(1, START + 14 * DAY_S)],
        [ONE, dated("FilesConfirmed", START, digest=FILES, participant=1, wallet="1")],
    ],
)
def test_what_no_rule_allows_is_found(events):
    assert _replay(*events).faults != []


def test_a_silent_holder_is_struck():
    replay = _replay(ONE, TWO, _asked(1), _struck(1, START + 14 * DAY_S + 1))
    assert replay.faults == []
    assert [one.participant for one in replay.records[FILES].holders] == [2]


def test_evidence_that_too_few_hold_is_a_finding_once_a_report_names_it():
    """One stranger's custody of what no report names was a finding of every audit, for ever."""
    for events, count in (((ONE,), "one holder"), ((ONE, _given_up(1, START + 1)), "no holders")):
        named, stray = _replay(*events), _replay(*events, named={})
        (finding,) = named.findings(START + 2)
        assert finding.code == "EVIDENCE_AT_RISK"
        assert count in finding.message and "monitoring report 1" in finding.message
        assert stray.findings(START + 2) == []
        late = START + 2 * GRACE_S
        assert named.findings(late) == [], "from then on it is lost"
        assert len(list(named.checks(late))) == len(list(stray.checks(late))) + 1
    assert _replay(ONE, TWO).findings(START) == []
    assert (_replay(ONE, TWO).kept(START), _replay(ONE).kept(START)) == (1, 0)
