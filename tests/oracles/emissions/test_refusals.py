"""Every way a file can be wrong: it alone is refused, with its code; what lies beside it lands."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from oracles.emissions.cycle import _read
from oracles.runtime.inbox import InboxFile
from oracles.runtime.refusal import Refusal
from tests.oracles.emissions.desk import FINDING
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.evidence import monitoring_files, report_files
from tonne.evidence.report_encoding import ReportTerms
from tonne.evidence.verdicts import QUALIFIED
from tonne.files import MAX_FILE_BYTES
from tonne.sandbox import seed_market

NORTH, EAST, SOUTH = 1, 2, 3
STRANGER = Account.from_seed("nobody accredited")
UNKNOWN = keccak(b"something else")
BAD = "0-bad.report.json"  # read before the good one
BAD_BATCH = "0-bad.batch.json"


def _plain(file) -> dict:
    return json.loads(file.model_dump_json())


def _without(file, *path: str) -> dict:
    """The file as plain data, one field left out."""
    plain = _plain(file)
    place = plain
    for part in path[:-1]:
        place = place[int(part)] if part.isdigit() else place[part]
    del place[path[-1]]
    return plain


def _signed_as(desk, **updates) -> object:
    """A good file whose signed report is changed after everybody signed."""
    file = desk.single(desk.report(NORTH))
    return file.model_copy(update={"signed": file.signed.model_copy(update=updates)})


def _wrong_type(desk) -> dict:
    plain = _plain(desk.single(desk.report(NORTH)))
    plain["signed"]["report"]["emissionsT"] = "3150000"
    return plain


def _lines_changed(desk):
    lines = [dict(line) for line in desk.report(NORTH).lines]
    lines[0]["quantity"] += 1
    return _signed_as(desk, lines=lines)


def _lines_renamed(desk):
    """They still add up, but are not those that were signed."""
    lines = [dict(line) for line in desk.report(NORTH).lines]
    lines[0]["source"] = "unit 2"
    return _signed_as(desk, lines=lines)


def _line_malformed(desk):
    lines = [dict(line) for line in desk.report(NORTH).lines]
    lines[0]["quantity"] = -1
    return _signed_as(desk, lines=lines)


def _evidence_changed(desk):
    files = [dict(file) for file in desk.report(NORTH).evidence]
    files[0]["bytes"] += 1
    return _signed_as(desk, evidence=files)


def _another_report(desk):
    """A good opinion beside a report it was not given on."""
    opinions = desk.single(desk.report(NORTH)).opinions
    other = desk.report(NORTH, signedAt=desk.chain.now() - 90_000)
    return desk.single(other).model_copy(update={"opinions": opinions})


def _interest(desk):
    operator = desk.chain.call("Participants", "walletOf", desk.people["north"])[0]
    desk.chain.send(
        desk.people["authority"],
        *("EmissionsOracle", "setInterest", desk.pack.scheme.number, desk.body, operator, True),
    )
    return desk.single(desk.report(NORTH))


def _plant(desk, **changes):
    return desk.single(desk.report(NORTH, plant=replace(seed_market.PLANTS[0], **changes)))


def _high_s(desk):
    signed = desk.report(NORTH)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    signature = signed.operatorSignature
    flipped = order - int.from_bytes(signature[32:64], "big")
    other = signature[:32] + flipped.to_bytes(32, "big") + bytes([55 - signature[64]])
    return _signed_as(desk, operatorSignature=other)


def _deep(_desk) -> bytes:
    return b'{"signed":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def _surrogate(desk) -> dict:
    plain = _plain(desk.single(desk.report(NORTH)))
    plain["\ud800"] = "\udfff"
    return plain


REPORTS = {
    "malformed": ("REPORT_MALFORMED", lambda _: b'{"format": 1, "kind": "report"'),
    "empty": ("REPORT_MALFORMED", lambda _: b""),
    "not UTF-8": ("REPORT_MALFORMED", lambda _: b"\xff\xfe{}"),
    "nested too deep": ("REPORT_MALFORMED", _deep),
    "a name that is no text": ("REPORT_MALFORMED", _surrogate),
    "oversized": ("REPORT_FILE_TOO_LARGE", lambda _: b" " * (MAX_FILE_BYTES + 1)),
    "wrong type of a field": ("REPORT_MALFORMED", _wrong_type),
    "no configuration": (
        "REPORT_MALFORMED",
        lambda d: _without(d.single(d.report(NORTH)), "signed", "report", "configDigest"),
    ),
    "too large for its field": (
        "TYPED_DATA_RANGE",
        lambda d: _changed(d, "signed.report.installation", 1 << 40),
    ),
    "no signature of the operator": (
        "REPORT_SIGNATURE_MISSING",
        lambda d: _without(d.single(d.report(NORTH)), "signed", "operatorSignature"),
    ),
    "no signature of the lead": (
        "REPORT_SIGNATURE_MISSING",
        lambda d: _without(d.single(d.report(NORTH)), "opinions", "0", "leadSignature"),
    ),
    "no signature of the reviewer": (
        "REPORT_SIGNATURE_MISSING",
        lambda d: _without(d.single(d.report(NORTH)), "opinions", "0", "reviewerSignature"),
    ),
    "a signature in its other form": ("SIGNATURE_HIGH_S", _high_s),
    "wrong chain": (
        "REPORT_WRONG_CHAIN",
        lambda d: d.single(d.report(NORTH)).model_copy(update={"chainId": 1}),
    ),
    "wrong contract": (
        "REPORT_WRONG_CONTRACT",
        lambda d: d.single(d.report(NORTH)).model_copy(
            update={"contract": d.chain["Schemes"].address}
        ),
    ),
    "unknown installation": (
        "REPORT_UNKNOWN_INSTALLATION",
        lambda d: d.single(d.report(999, by="north")),
    ),
    "not the operator's key": (
        "REPORT_NOT_REPORTER",
        lambda d: d.single(d.report(NORTH, by="east")),
    ),
    "lines do not add up": ("REPORT_LINES_MISMATCH", _lines_changed),
    "other lines": ("REPORT_LINES_MISMATCH", _lines_renamed),
    "a malformed line": ("REPORT_LINES_FORMAT", _line_malformed),
    "other evidence": ("REPORT_EVIDENCE_MISMATCH", _evidence_changed),
    "opinion on another report": ("REPORT_OPINION_MISMATCH", _another_report),
    "unaccredited lead": ("REPORT_UNACCREDITED", lambda d: d.single(d.report(NORTH), STRANGER)),
    "unaccredited reviewer": (
        "REPORT_UNACCREDITED",
        lambda d: d.single(d.report(NORTH), reviewer=STRANGER),
    ),
    "lead and reviewer exchanged": (
        "SIGNERS_WRONG_ROLE",
        lambda d: d.single(d.report(NORTH), "reviewer", "lead"),
    ),
    "one person twice": (
        "SIGNERS_REPEATED",
        lambda d: d.single(d.report(NORTH), reviewer="lead"),
    ),
    "body with an interest": ("EMISSIONS_INTEREST", _interest),
    "emissions too low": (
        "EMISSIONS_IMPLAUSIBLE_INTENSITY",
        lambda d: _plant(d, emissions_t=35_000),
    ),
    "emissions too high": (
        "EMISSIONS_IMPLAUSIBLE_INTENSITY",
        lambda d: _plant(d, emissions_t=31_500_000),
    ),
    "more than it can make": (
        "EMISSIONS_BEYOND_CAPACITY",
        lambda d: _plant(d, power_mwh=35_000_000, emissions_t=31_500_000),
    ),
    "assurance too low": (
        "EMISSIONS_ASSURANCE",
        lambda d: d.single(d.report(NORTH), assurance=1),
    ),
    "materiality too high": (
        "EMISSIONS_MATERIALITY_TOO_HIGH",
        lambda d: d.single(d.report(NORTH), materialityPpm=60_000),
    ),
    "a revision left out": (
        "EMISSIONS_WRONG_REVISION",
        lambda d: d.single(d.report(NORTH, revision=2)),
    ),
    "a year that is closed": (
        "EMISSIONS_YEAR_CLOSED",
        lambda d: d.single(d.report(NORTH, year=d.year - 1)),
    ),
    "signed in the future": (
        "EMISSIONS_SIGNED_AT",
        lambda d: d.single(d.report(NORTH), signedAt=d.chain.now() + 86_400),
    ),
    "signed for other rules": (
        "REPORT_STALE_CONFIG",
        lambda d: d.single(d.report(NORTH, configDigest=UNKNOWN)),
    ),
}


def _changed(desk, path: str, value: object) -> dict:
    """A good file as plain data, one value changed after all signed."""
    plain = _plain(desk.single(desk.report(NORTH)))
    place = plain
    *parents, last = path.split(".")
    for part in parents:
        place = place[part]
    place[last] = value
    return plain


def _findings_changed(desk):
    file = desk.qualified(desk.report(NORTH))
    (statement,) = file.statements
    finding = FINDING.model_copy(update={"resolved": True})
    return file.model_copy(
        update={"statements": [statement.model_copy(update={"findings": [finding]})]}
    )


STATEMENTS = {
    "an adverse opinion": (
        "REPORT_ADVERSE",
        lambda d: d.qualified(d.report(NORTH), verdict="adverse"),
    ),
    "a statement on another report": (
        "REPORT_STATEMENT_MISMATCH",
        lambda d: d.qualified(d.report(NORTH), report=UNKNOWN),
    ),
    "a statement of another body": (
        "REPORT_STATEMENT_MISMATCH",
        lambda d: d.qualified(d.report(NORTH), body=d.body + 1),
    ),
    "a statement by other persons": (
        "REPORT_STATEMENT_MISMATCH",
        lambda d: d.qualified(d.report(NORTH), "north"),
    ),
    "other findings": ("REPORT_STATEMENT_MISMATCH", _findings_changed),
    "a qualified opinion without its statement": (
        "REPORT_STATEMENT_MISSING",
        lambda d: d.qualified(d.report(NORTH)).model_copy(update={"statements": []}),
    ),
    "a qualified statement beside an unqualified opinion": (
        "REPORT_UNTOLD_QUALIFICATION",
        lambda d: d.single(d.report(NORTH)).model_copy(
            update={"statements": d.qualified(d.report(NORTH)).statements}
        ),
    ),
    "a qualification taken out of the opinion": (
        "REPORT_UNACCREDITED",
        lambda d: d.qualified(d.report(NORTH)).model_copy(
            update={"opinions": [_level_only(d)], "statements": []}
        ),
    ),
}


def _level_only(desk):
    """The opinion of a qualified report, with the qualification taken out after it was signed."""
    (opinion,) = desk.qualified(desk.report(NORTH)).opinions
    return opinion.model_copy(update={"assurance": 2})


def _batch(desk, *numbers: int, **changes):
    return desk.batch([desk.report(n) for n in numbers or (NORTH, EAST)], **changes)


BATCHES = {
    "another root": ("REPORT_BATCH_ROOT", lambda d: _batch(d, root=UNKNOWN)),
    "signed as qualified": ("REPORT_BATCH_QUALIFIED", lambda d: _batch(d, assurance=QUALIFIED | 2)),
    "a report left out": (
        "REPORT_BATCH_ROOT",
        lambda d: _batch(d, NORTH, EAST, 4).model_copy(
            update={"reports": [d.report(NORTH), d.report(EAST)]}
        ),
    ),
    "other totals": ("EMISSIONS_BATCH_TOTALS", lambda d: _batch(d, totalEmissionsT=1)),
    "another count": ("EMISSIONS_BATCH_COUNT", lambda d: _batch(d, count=3)),
    "a report for other rules": (
        "REPORT_STALE_CONFIG",
        lambda d: d.batch([d.report(NORTH), d.report(EAST, configDigest=UNKNOWN)]),
    ),
    "signed for other rules": (
        "REPORT_STALE_CONFIG",
        lambda d: d.batch([d.report(NORTH, configDigest=UNKNOWN)], configDigest=UNKNOWN),
    ),
    "of another body": ("SIGNERS_WRONG_BODY", lambda d: _batch(d, body=d.body + 1)),
    "no signature of the lead": (
        "REPORT_SIGNATURE_MISSING",
        lambda d: _without(_batch(d), "leadSignature"),
    ),
    "an operator's signature is another's": (
        "REPORT_NOT_REPORTER",
        lambda d: d.batch([d.report(NORTH), d.report(EAST, by=STRANGER)]),
    ),
    "a body with an interest": (
        "EMISSIONS_INTEREST",
        lambda d: _interest(d) and _batch(d),
    ),
    "implausible": (
        "EMISSIONS_IMPLAUSIBLE_INTENSITY",
        lambda d: d.batch(
            [
                d.report(EAST),
                d.report(NORTH, plant=replace(seed_market.PLANTS[0], emissions_t=9_000)),
            ]
        ),
    ),
}

SINGLE = REPORTS | STATEMENTS
ROWS = [(BAD, *row) for row in SINGLE.values()] + [(BAD_BATCH, *row) for row in BATCHES.values()]
IDS = [f"report: {name}" for name in SINGLE] + [f"batch: {name}" for name in BATCHES]


@pytest.mark.parametrize("name, code, make", ROWS, ids=IDS)
def test_a_bad_file_is_refused_alone(desk, name, code, make):
    content = make(desk)
    desk.put(name, content)
    before = (desk.inbox / name).read_bytes()
    desk.put("1-good.report.json", desk.single(desk.report(SOUTH)))

    desk.work(done=1)

    assert desk.code_of(name) == code
    assert (desk.inbox / "rejected" / name).read_bytes() == before
    assert desk.names("done") == ["1-good.report.json"]
    assert desk.names() == desk.names("accepted") == []
    assert desk.reported() == [SOUTH]


def test_a_qualified_opinion_lands_with_its_findings(desk):
    desk.put("1-good.report.json", desk.qualified(desk.report(NORTH)))

    desk.work(done=1)

    assert desk.reported() == [NORTH]
    kept = json.loads((desk.inbox / "done" / "1-good.report.json").read_bytes())
    assert kept["statements"][0]["findings"] == [FINDING.model_dump()]
    (event,) = desk.chain.logs("EmissionsOracle", "EmissionsReported")
    assert ReportTerms.unpack(event["terms"]).qualified == 1


@pytest.mark.parametrize(
    "name",
    [
        *("notes.txt", "north.json", "x" * 250, "x" * 240 + ".report.json"),
        b"caf\xe9.report.json".decode("utf-8", "surrogateescape"),
    ],
)
def test_a_wrong_name_is_refused_and_kept(desk, name):
    content = desk.single(desk.report(NORTH)).model_dump_json().encode()
    desk.put("1-good.report.json", desk.single(desk.report(SOUTH)))
    desk.put(name, content)

    desk.work(done=1)

    (reason,) = (desk.inbox / "rejected").glob("*.reason.json")
    assert json.loads(reason.read_text())["code"] == "REPORT_FILE_NAME"
    assert (desk.inbox / "rejected" / name).read_bytes() == content
    assert desk.reported() == [SOUTH]


def test_all_at_once_stop_nothing(desk):
    for place, (name, _, make) in enumerate(ROWS):
        if make is not _interest and "interest" not in IDS[place]:
            desk.put(f"{place:02d}-{name}", make(desk))
    desk.put("z.report.json", desk.single(desk.report(SOUTH)))
    desk.put("z.batch.json", _batch(desk, NORTH, EAST, 4, 5))

    desk.work(done=2)

    assert desk.reported() == [NORTH, EAST, SOUTH, 4, 5]
    assert desk.names() == desk.names("accepted") == []
    assert len(desk.names("rejected")) == 2 * (len(ROWS) - 2)


# What comes again


def test_the_same_bytes_are_taken_once(desk):
    file = desk.single(desk.report(NORTH))
    desk.put("a.report.json", file)
    desk.work(done=1)
    desk.put("b.report.json", file)
    desk.work(done=1)

    assert desk.code_of("b.report.json") == "REPORT_REPEATED"
    assert desk.reported() == [NORTH]


def test_the_same_report_signed_again_is_taken_once(desk):
    desk.put("a.report.json", desk.single(desk.report(NORTH)))
    desk.put("b.report.json", desk.single(desk.report(NORTH, signedAt=desk.chain.now() - 90_000)))

    desk.work(done=1)

    assert desk.code_of("b.report.json") == "EMISSIONS_ALREADY_REPORTED"
    assert desk.reported() == [NORTH]


def test_a_correction_of_what_was_refused_lands(desk):
    desk.put(BAD, _plant(desk, emissions_t=35_000))
    desk.cycle()()
    assert desk.code_of(BAD) == "EMISSIONS_IMPLAUSIBLE_INTENSITY"

    desk.put(BAD, desk.single(desk.report(NORTH)))
    desk.work(done=1)

    assert desk.reported() == [NORTH]


def test_a_second_revision_follows_the_first(desk):
    desk.put("a.report.json", desk.single(desk.report(NORTH)))
    desk.work(done=1)
    desk.put("b.report.json", desk.single(desk.report(NORTH, revision=2)))
    desk.work(done=2)

    assert desk.reported() == [NORTH, NORTH]


def test_a_batch_waits_for_the_one_before(desk):
    desk.put("b.batch.json", _batch(desk, EAST, sequence=2))
    cycle = desk.cycle()
    cycle()
    assert desk.names() == ["b.batch.json"]
    assert desk.names("rejected") == []

    desk.put("z.batch.json", _batch(desk, NORTH, sequence=1))
    desk.work(done=2)

    assert desk.reported() == [NORTH, EAST]


def test_a_batch_that_comes_again_is_refused(desk):
    desk.put("a.batch.json", _batch(desk))
    desk.work(done=1)
    desk.put("b.batch.json", _batch(desk, 4, 5))
    desk.work(done=1)

    assert desk.code_of("b.batch.json") == "EMISSIONS_BATCH_REPEATED"
    assert desk.reported() == [NORTH, EAST]


# What fails on its way


def _fail_on_the_way(desk) -> object:
    """A file that was fine when it was taken in, and is not when it is to be sent."""
    file = desk.single(desk.report(NORTH))
    desk.put("a.report.json", file)
    cycle = desk.cycle()
    for arrival in cycle._inbox.arrivals():
        cycle._take(arrival)
    _interest(desk)
    cycle()
    cycle()
    assert desk.code_of("a.report.json") == "EMISSIONS_INTEREST"
    operator = desk.chain.call("Participants", "walletOf", desk.people["north"])[0]
    desk.chain.send(
        desk.people["authority"],
        *("EmissionsOracle", "setInterest", desk.pack.scheme.number, desk.body, operator, False),
    )
    return file


@pytest.mark.parametrize("corrected", [True, False], ids=["corrected", "the same bytes"])
def test_what_the_chain_refused_may_come_again(desk, corrected):
    file = _fail_on_the_way(desk)
    if corrected:
        file = desk.single(desk.report(NORTH, signedAt=desk.chain.now() - 90_000))
    desk.put("b.report.json", file)

    desk.work(done=1)

    assert desk.reported() == [NORTH]


def test_a_kill_between_journal_and_move_loses_nothing(desk):
    """The file is in the journal as accepted, and still in the inbox."""
    desk.put("a.report.json", desk.single(desk.report(NORTH)))
    cycle = desk.cycle()
    (arrival,) = cycle._inbox.arrivals()
    cycle._take(arrival)
    (desk.inbox / "accepted" / "a.report.json").rename(desk.inbox / "a.report.json")

    desk.work(done=1)

    assert desk.names("rejected") == []
    assert desk.reported() == [NORTH]


def test_without_a_sender_nothing_moves(desk):
    desk.put("a.report.json", desk.single(desk.report(NORTH)))
    desk.put(BAD, b"{")
    desk.cycle(sends=False)()

    assert desk.names() == [BAD, "a.report.json"]
    assert desk.reported() == []


@pytest.mark.parametrize("name", [BAD, "0-bad.monitoring.json"])
def test_what_a_reader_of_files_does_not_foresee_is_the_file_s_refusal(monkeypatch, name):
    def broken(*_):
        raise ZeroDivisionError

    for module in (report_files, monitoring_files):
        monkeypatch.setattr(module, "parse", broken)
    with pytest.raises(Refusal) as refused:
        _read(InboxFile(name, b"{}", "00" * 32))
    assert refused.value.code == f"{name.split('.')[1].upper()}_MALFORMED"
