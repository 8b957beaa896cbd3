"""`tonne monitoring`: from the form to the credits, with every refusal on the way."""

from __future__ import annotations

import json

import pytest

from tonne.audit.reconcile import audit

DAY_S = 86_400


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def evidence(tmp_path):
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "export.csv").write_text("hours")
    return folder


@pytest.fixture
def form(town, tonne, tmp_path):
    """A filled-in form of two months of the town's wind farm, after the period its credits are from."""
    town.chain.set_time(town.chain.now() + 5 * DAY_S)
    told = tonne("monitoring", "new", 1, "--from", "2021-01-01", "--until", "2021-02-28")
    path = tmp_path / told["file"]
    filled = path.read_text().replace('name = ""', 'name = "grid electricity displaced"')
    filled = filled.replace("tonnes = 0", "tonnes = 1500").replace(
        'document = ""', 'document = "export.csv"'
    )
    path.write_text(filled)
    return path


@pytest.fixture
def draft(tonne, form, evidence):
    told = tonne("monitoring", "sign", form, "--evidence", evidence, who="developer")
    return told["file"]


def _open(told):
    return [one["about"] for one in told["checks"] if one["passed"] is None]


def _failed(told):
    return [one["about"] for one in told["checks"] if one["passed"] is False]


def test_a_report_goes_from_the_form_to_its_credits(town, tonne, draft, evidence):
    first = tonne("monitoring", "check", draft)
    assert first["sound"] and first["quantityT"] == 1500
    assert "a verification body has given an opinion" in _open(first)
    assert "the 1 files are those of the manifest" in _open(first)
    assert (
        tonne("monitoring", "sign", draft, "--evidence", evidence, who="lead")["signedAs"] == "lead"
    )
    whole = tonne("monitoring", "sign", draft, who="reviewer")
    assert whole["missing"] is None
    last = tonne("monitoring", "check", draft, "--evidence", evidence)
    assert not _failed(last) and len(_open(last)) == 6  # the points a verifier judges
    assert tonne("monitoring", "status", draft)["report"] is None
    number = tonne("monitoring", "submit", draft, who="trader")["report"]
    assert number == 2
    assert tonne("monitoring", "status", draft)["status"] == "reported"

    town.chain.set_time(tonne("monitoring", "status", "--project", 1) and _final(town, number) + 1)
    tonne("offsets", "issue", number, who="authority")
    last = tonne("monitoring", "status", "--project", 1)["reports"][-1]
    assert (last["final"], last["quantityT"]) == ("yes", 1500)
    assert last["issuedAs"] == "credit 2021 #2"
    assert tonne("monitoring", "status", draft)["issuedAs"] == "credit 2021 #2"
    assert audit(town.chain).differences == []


def _final(town, number):
    return town.chain.call("Projects", "monitoring", number).finalAt


def test_it_is_delivered_to_an_inbox_and_looked_for_there(tonne, draft, tmp_path):
    inbox = tmp_path / "inbox"
    refused = tonne("monitoring", "submit", draft, "--inbox", inbox, status=1)
    assert refused["code"] == "MONITORING_SIGNATURE_MISSING"
    for who in ("lead", "reviewer"):
        tonne("monitoring", "sign", draft, who=who)
    refused = tonne("monitoring", "submit", draft, "--inbox", inbox, status=1)
    assert (refused["code"], refused["field"]) == ("MONITORING_NO_INBOX", "inbox")
    inbox.mkdir()
    file = tonne("monitoring", "submit", draft, "--inbox", inbox)["file"]
    assert file.endswith("/1-2021-01-01.monitoring.json")
    assert tonne("monitoring", "status", draft, "--inbox", inbox)["inbox"]["place"] == "inbox"


def test_a_disputed_report_is_decided_by_another_officer(town, tonne, draft):
    for who in ("lead", "reviewer"):
        tonne("monitoring", "sign", draft, who=who)
    number = tonne("monitoring", "submit", draft, who="trader")["report"]
    tonne("monitoring", "dispute", number, "--reason", "a meter stood still", who="authority")
    assert tonne("monitoring", "status", draft)["status"] == "disputed"
    decide = ("monitoring", "resolve", number, "--upheld", "--reason", "it did")
    refused = tonne(*decide, who="authority", status=1)
    assert refused["code"] == "PROJECTS_OWN_DISPUTE"
    people = town.market.people
    powers = town.chain.call("Schemes", "officeOf", people["authority"], 1, 0)
    town.chain.send(people["authority"], "Schemes", "grantOffice", people["trader"], 1, 0, powers)
    tonne(*decide, who="trader")
    assert tonne("monitoring", "status", draft)["status"] == "annulled"
    assert audit(town.chain).differences == []


NEW = ("monitoring", "new")
WRONG_PERIODS = {
    "no such project": ((9, "2021-01-01", "2021-02-28"), "PROJECT_UNKNOWN", "project"),
    "no day": ((1, "January", "2021-02-28"), "DAY_UNREADABLE", "from"),
    "no such day": ((1, "2021-01-01", "2021-02-30"), "DAY_UNREADABLE", "until"),
    "turned": ((1, "2021-02-28", "2021-01-01"), "MONITORING_PERIOD", "from, until"),
    "not over": ((1, "2021-01-01", "2025-12-31"), "MONITORING_PERIOD", "from, until"),
    "before the crediting": ((1, "2019-01-01", "2019-12-31"), "MONITORING_PERIOD", "from, until"),
}


@pytest.mark.parametrize("name", WRONG_PERIODS)
def test_a_form_is_only_written_for_a_period_that_can_be_reported(name, tonne):
    (project, first, last), code, field = WRONG_PERIODS[name]
    refused = tonne(*NEW, project, "--from", first, "--until", last, status=1)
    assert (refused["code"], refused["field"]) == (code, field) and refused["remedy"]


def test_a_form_is_never_written_over(tonne, form):
    refused = tonne(*NEW, 1, "--from", "2021-01-01", "--until", "2021-02-28", status=1)
    assert refused["code"] == "MONITORING_FORM_EXISTS"
    assert "displaced" in form.read_text()


WRONG_FORMS = {
    "claimed already": ("2021-01-01", "2020-12-01", "nothing else claims the source in the period"),
    "another year": ("vintage = 2021", "vintage = 2019", "the vintage is a year of the period"),
    "too much": ("tonnes = 1500", "tonnes = 900000", "the quantity is plausible"),
    "a buffer": ('= "0"', '= "5"', "the buffer share is within the methodology's bounds"),
    "not over": ("2021-02-28", "2029-02-28", "the period is over and within the crediting period"),
}


@pytest.mark.parametrize("name", WRONG_FORMS)
def test_a_developer_is_kept_from_signing_a_report_that_fails(name, tonne, form, evidence):
    old, new, about = WRONG_FORMS[name]
    assert old in form.read_text()
    form.write_text(form.read_text().replace(old, new))
    refused = tonne("monitoring", "sign", form, "--evidence", evidence, who="developer", status=1)
    assert (refused["code"], refused["field"]) == ("MONITORING_REFUSED", about)


def test_who_may_not_sign_is_told_so(tonne, form, evidence):
    refused = tonne("monitoring", "sign", form, "--evidence", evidence, who="trader", status=1)
    assert refused["code"] == "MONITORING_NOT_DEVELOPER"
    refused = tonne("monitoring", "sign", form, who="developer", status=1)
    assert refused["code"] == "MONITORING_DOCUMENT"
    draft = tonne("monitoring", "sign", form, "--evidence", evidence, who="developer")["file"]
    refused = tonne("monitoring", "sign", draft, who="developer", status=1)
    assert refused["code"] == "MONITORING_NOT_ACCREDITED"
    sign = ("monitoring", "sign", draft)
    assert tonne(*sign, "--role", "judge", who="lead", status=1)["code"] == "MONITORING_ROLE"
    tonne(*sign, who="lead")
    refused = tonne(*sign, "--role", "reviewer", who="lead", status=1)
    assert refused["code"] == "MONITORING_ROLE_TAKEN"


def test_evidence_that_changes_fails_its_point(tonne, draft, evidence):
    (evidence / "export.csv").write_text("other hours")
    told = tonne("monitoring", "check", draft, "--evidence", evidence, status=1)
    assert _failed(told) == ["the 1 files are those of the manifest"]
    refused = tonne("monitoring", "sign", draft, "--evidence", evidence, who="lead", status=1)
    assert refused["code"] == "MONITORING_REFUSED"


def _changed(path, change):
    plain = json.loads(open(path).read())
    change(plain)
    with open(path, "w") as file:
        json.dump(plain, file)


DRAFTS = {
    "another chain": (lambda d: d.update(chainId=5), "it is for this chain and this contract"),
    "a line": (
        lambda d: d["signed"]["amounts"][0].update(name="other"),
        "amounts, parameters and evidence are those that were signed",
    ),
    "a signed figure": (
        lambda d: d["signed"]["report"].update(signedAt=d["signed"]["report"]["signedAt"] - 1),
        "the developer signed",
    ),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_a_draft_that_was_changed_fails_its_point(name, tonne, draft):
    change, about = DRAFTS[name]
    _changed(draft, change)
    assert about in _failed(tonne("monitoring", "check", draft, status=1))


def test_a_draft_that_is_none_is_named_so(tonne, draft, tmp_path):
    (tmp_path / "other.json").write_text("{}")
    assert tonne("monitoring", "check", "none.json", status=1)["code"] == "MONITORING_FILE_MISSING"
    refused = tonne("monitoring", "check", "other.json", status=1)
    assert refused["code"] == "MONITORING_DRAFT_UNREADABLE"


def test_an_accreditation_or_rules_that_changed_void_a_draft(town, tonne, draft):
    tonne("monitoring", "sign", draft, who="lead")
    people = town.market.people
    body, developer = (town.market.participants[name] for name in ("verifier", "developer"))
    town.chain.send(people["authority"], "EmissionsOracle", "setInterest", 1, body, developer, True)
    told = tonne("monitoring", "check", draft, status=1)
    assert _failed(told) == ["the body has no interest in the developer"]
