"""Monitoring reports through the emission oracle's inbox: in order, once; each wrong one with its code."""

from __future__ import annotations

import json

import pytest

from oracles.emissions.news import EmissionsNews
from oracles.runtime.inbox import Inbox
from tests.oracles.emissions import projects
from tests.oracles.emissions.projects import DAY_S, FIRST_S, signed
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak

STRANGER = Account.from_seed("not accredited")
NAME = "1-2020.monitoring.json"


@pytest.fixture
def project(desk) -> int:
    return projects.found(desk)


def _reports(desk) -> list[tuple[int, int]]:
    logs = desk.chain.logs("Projects", "MonitoringReported")
    return [
        ((e["report"].periodFrom - FIRST_S) // DAY_S, (e["report"].periodUntil - FIRST_S) // DAY_S)
        for e in logs
    ]


def _sent(desk) -> int:
    sender = desk.people["oracle"].address
    return int(desk.chain.rpc.call("eth_getTransactionCount", sender, "latest"), 16)


def test_periods_of_one_source_follow_each_other_whatever_their_names(desk, project):
    """The second one's place among the claims is known once the first is on record."""
    periods = [(100, 200), (0, 100), (300, 350), (200, 300)]
    for place, days in enumerate(periods):
        desk.put(f"{place}.monitoring.json", signed(desk, days))
    desk.put("north.report.json", desk.single(desk.report(1)))
    before = _sent(desk)
    desk.chain.rpc.call("evm_setAutomine", False)
    cycle = desk.cycle()
    for _ in range(12):  # a block comes after a cycle, not with a transaction
        cycle()
        desk.chain.rpc.call("evm_mine")
    desk.chain.rpc.call("evm_setAutomine", True)
    cycle()
    assert len(desk.names("done")) == 5
    assert _reports(desk) == periods
    assert _sent(desk) == before + 5  # none was sent in vain
    assert desk.reported() == [1] and desk.names("rejected") == []


def test_a_report_comes_once_and_a_repetition_is_named_one(desk, project):
    file = signed(desk)
    desk.put(NAME, file)
    desk.work(1)
    desk.put("again.monitoring.json", json.dumps(json.loads(file.model_dump_json())).encode())
    desk.put("same.monitoring.json", file)
    desk.cycle()()
    assert desk.code_of("again.monitoring.json") == "PROJECTS_ALREADY_REPORTED"
    assert desk.code_of("same.monitoring.json") == "REPORT_REPEATED"
    assert _reports(desk) == [(0, 100)]


def test_a_claim_that_comes_between_sends_the_file_round_again(desk, project):
    """Another copy's report of the same source is mined before the one on its way."""
    desk.put(NAME, signed(desk, (200, 300)))
    cycle = desk.cycle()
    cycle._take_in()  # accepted with the hint of an empty source
    other = signed(desk, (0, 100))
    checker = desk.cycle(sends=False)._checker
    submission = checker.check("other", other)
    desk.chain.send(desk.people["north"], "Projects", "submit", *submission.args)
    desk.work(1)
    assert _reports(desk) == [(0, 100), (200, 300)] and desk.names("rejected") == []


def test_without_a_key_it_only_says_what_it_would_do(desk, project):
    desk.put(NAME, signed(desk))
    desk.cycle(sends=False)()
    assert desk.names() == [NAME] and _reports(desk) == []


def _with(desk, **updates):
    """A good file whose signed part is changed after everybody signed."""
    file = signed(desk)
    return file.model_copy(update={"signed": file.signed.model_copy(update=updates)})


def _amounts(desk, **changes):
    return _with(desk, amounts=[{**projects.AMOUNTS[0], **changes}, projects.AMOUNTS[1]])


def _evidence(desk, **changes):
    files = [file.model_dump() for file in projects.EVIDENCE]
    return _with(desk, evidence=[{**files[0], **changes}])


def _without(desk, *path):
    plain = json.loads(signed(desk).model_dump_json())
    place = plain
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return plain


def _other_opinion(desk):
    return signed(desk).model_copy(update={"opinion": signed(desk, (0, 99)).opinion})


def _interest(desk):
    developer = desk.chain.call("Participants", "walletOf", desk.people["developer"])[0]
    args = (desk.pack.scheme.number, desk.body, developer, True)
    desk.chain.send(desk.people["authority"], "EmissionsOracle", "setInterest", *args)
    return signed(desk)


def _suspended(desk):
    args = (1, True, keccak(b"a question"))
    desk.chain.send(desk.people["authority"], "BatchDesk", "setSuspended", *args)
    return signed(desk)


def _claimed(desk):
    submission = desk.cycle(sends=False)._checker.check("first", signed(desk, (50, 60)))
    desk.chain.send(desk.people["north"], "Projects", "submit", *submission.args)
    return signed(desk)


WRONG = {
    "not JSON": ("MONITORING_MALFORMED", lambda desk: b"{"),
    "a report of a plant": ("MONITORING_MALFORMED", lambda d: d.single(d.report(1))),
    "no signature": (
        "MONITORING_SIGNATURE_MISSING",
        lambda d: _without(d, "opinion", "leadSignature"),
    ),
    "no evidence": ("MONITORING_MALFORMED", lambda d: _without(d, "signed", "evidence")),
    "another chain": (
        "MONITORING_WRONG_CHAIN",
        lambda d: signed(d).model_copy(update={"chainId": 5}),
    ),
    "another contract": (
        "MONITORING_WRONG_CONTRACT",
        lambda d: signed(d).model_copy(update={"contract": "0x" + "11" * 20}),
    ),
    "amounts changed": ("MONITORING_CHANGED", lambda d: _amounts(d, tonnes=1201)),
    "a line renamed": ("MONITORING_CHANGED", lambda d: _amounts(d, name="other grid")),
    "evidence changed": ("MONITORING_CHANGED", lambda d: _evidence(d, bytes=6)),
    "a document that is not there": (
        "MONITORING_DOCUMENT",
        lambda d: _amounts(d, document="none.csv"),
    ),
    "a path out of the package": ("REPORT_EVIDENCE_PATH", lambda d: _evidence(d, path="../a")),
    "no such project": ("MONITORING_UNKNOWN_PROJECT", lambda d: signed(d, project=9)),
    "rules of another time": (
        "MONITORING_STALE_CONFIG",
        lambda d: signed(d, configDigest=keccak(b"old")),
    ),
    "an opinion on another report": ("MONITORING_OPINION_MISMATCH", _other_opinion),
    "an opinion on another quantity": (
        "MONITORING_OPINION_MISMATCH",
        lambda d: signed(d, opinion={"quantityT": 999}),
    ),
    "a lead who is not accredited": ("MONITORING_UNACCREDITED", lambda d: signed(d, lead=STRANGER)),
    "the lead twice": ("SIGNERS_REPEATED", lambda d: signed(d, reviewer="lead")),
    "not the developer": ("PROJECTS_NOT_REPORTER", lambda d: signed(d, by="north")),
    "a body with an interest": ("PROJECTS_INTEREST", _interest),
    "a suspended project": ("PROJECTS_WRONG_STATUS", _suspended),
    "a period that is claimed": ("INTERVALS_OVERLAP", _claimed),
    "before the crediting period": ("PROJECTS_BAD_PERIOD", lambda d: signed(d, (-1, 100))),
    "a period that is not over": ("PROJECTS_BAD_PERIOD", lambda d: signed(d, (0, 2000))),
    "a vintage of another year": ("PROJECTS_BAD_VINTAGE", lambda d: signed(d, vintage=2018)),
    "more than is plausible": ("PROJECTS_IMPLAUSIBLE_QUANTITY", lambda d: signed(d, (0, 1))),
    "a buffer that is not allowed": ("PROJECTS_BAD_BUFFER", lambda d: signed(d, bufferPpm=1)),
    "signed before the period's end": (
        "EMISSIONS_SIGNED_AT",
        lambda d: signed(d, signedAt=FIRST_S),
    ),
    "too weak an assurance": ("EMISSIONS_ASSURANCE", lambda d: signed(d, opinion={"assurance": 1})),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_report_is_refused_with_its_code(name, desk, project):
    code, make = WRONG[name]
    desk.put("0-bad.monitoring.json", make(desk))
    desk.put("1-good.report.json", desk.single(desk.report(1)))
    desk.work(1)
    assert desk.code_of("0-bad.monitoring.json") == code
    assert desk.reported() == [1]


def test_a_dispute_of_a_monitoring_report_is_told(desk, project):
    desk.put(NAME, signed(desk))
    desk.work(1)
    news = EmissionsNews(desk.chain, desk.journal, Inbox(desk.inbox), [])
    people = desk.people
    desk.chain.send(people["authority"], "Projects", "dispute", 1, keccak(b"why"))
    said = [notice.text for notice in news.look(desk.chain.now())]
    assert [text for text in said if "monitoring report 1" in text] == [
        f"{people['authority'].address} disputes monitoring report 1."
    ]
