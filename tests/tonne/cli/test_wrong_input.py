"""Wrong files and words at the command line: each is answered once, with code, field, value and remedy."""

from __future__ import annotations

import json

import pytest

CLAIM = {
    "--beneficiary": "A. Company",
    "--purpose": "fleet",
    "--from": "2020-01-01",
    "--until": "2020-12-31",
}
FORM = (
    'name = "Plain Wind"\nregistration = ""\naddress = ""\nwebsite = ""\ncontact = ""\nabout = ""\n'
)
DAYS = ("--since", "2021-01-01", "--until", "2026-12-31")
UNIT = "UNIT"  # the market's batch


def _retire(**changed):
    said = CLAIM | {f"--{key}": value for key, value in changed.items()}
    return ("retire", 5, *(word for pair in said.items() for word in pair), "--as", "trader")


#: Words, the code and the field of the answer. `@name` is a file with the words of FILES.
WORDS = {
    # Claims
    "a claim for a day that is none": (_retire(until="2020-02-30"), "RETIRE_BAD_DAY", "from/until"),
    "a claim that ends before it begins": (_retire(until="2019-12-31"), "RETIRE_PERIOD", "until"),
    "a claim in a year far away": (_retire(until="2149-12-31"), "RETIREMENT_PERIOD_INVALID", None),
    "a claim for a country that is none": (_retire(country="XX"), "COUNTRY_UNKNOWN", "country"),
    "a claim for nobody": (_retire(beneficiary=""), "RETIRE_BENEFICIARY", "beneficiary"),
    "a commitment in words": (
        _retire(beneficiary="", commitment="secret"), "COMMITMENT_WORD", None,
    ),
    "a Party that is none": (_retire(towards="XXX"), "COUNTRY_UNKNOWN", "country"),
    # Units
    "a lost wallet's unit that is none": (
        ("wallet", "recover", "0x" + "11" * 20, "UNIT-7"), "UNIT_UNREADABLE", "unit",
    ),
    "a forward delivery of a unit that is none": (
        ("forward", "deliver", 1, "UNIT-7", 5, "--as", "trader"), "OFFSET_ARGUMENT", "unit",
    ),
    "a unit to collect that is none": (
        ("forward", "collect", "UNIT-7", "--as", "trader"), "OFFSET_ARGUMENT", "unit",
    ),
    # Certificates
    "a certificate of another chain": (
        ("certificate", "verify", "eip155:1/erc721:0x00/1"), "CERTIFICATE_NUMBER", "certificate",
    ),
    "a certificate that is not there": (("certificate", "show", 999), "RETIREMENT_CERTIFICATE_UNKNOWN", None),
    "evidence that is not there": (
        ("certificate", "verify", 1, "--evidence", "nowhere"), "EVIDENCE_SOURCE", "source",
    ),
    "a salt of the wrong length": (
        ("certificate", "verify", 1, "--name", "A", "--salt", "0x12"), "COMMITMENT_WORD", None,
    ),
    "an opening that is no JSON": (
        ("certificate", "verify", 1, "--opening", "@words"), "COMMITMENT_UNREADABLE", "file",
    ),
    "an opening that is a list": (
        ("certificate", "verify", 1, "--opening", "@list"), "COMMITMENT_UNREADABLE", "file",
    ),
    "a serial number of no registry": (
        ("certificate", "find", "XYZ:1-2-3"), "SERIAL_FORM", "serial",
    ),
    # Profiles
    "a profile without a name": (
        ("profile", "sign", "@noname", "participant", "DEVELOPER", "--as", "developer"),
        "PROFILE_FORM", "name",
    ),
    "a profile with a field of its own": (
        ("profile", "sign", "@field", "participant", "DEVELOPER", "--as", "developer"),
        "PROFILE_FORM", "phone",
    ),
    "a profile with a page of another kind": (
        ("profile", "sign", "@website", "participant", "DEVELOPER", "--as", "developer"),
        "PROFILE_FORM", "website",
    ),
    "a profile in another coding": (
        ("profile", "sign", "@latin", "participant", "DEVELOPER", "--as", "developer"),
        "PROFILE_FORM_UNREADABLE", "file",
    ),
    "a profile of another's subject": (
        ("profile", "sign", "@form", "participant", 1, "--as", "developer"),
        "PROFILE_NOT_ENTITLED", "subject",
    ),
    "a profile of an unknown kind": (("profile", "show", "plant", 1), "PROFILE_KIND", "kind"),
    "a profile of a number that is none": (
        ("profile", "show", "project", "one"), "PROFILE_SUBJECT", "subject",
    ),
    "a published file that is none": (
        ("profile", "publish", "@words", "--as", "developer"), "PROFILE_MALFORMED", "file",
    ),
    # Labels
    "a label of a day that is none": (
        ("label", "grant", 1, UNIT, "--since", "2021-13-01", "--until", "2026-12-31",
         "--evidence", "@words", "--as", "trader"),
        "LABEL_DAY", None,
    ),
    "a label of an allowance": (
        ("label", "grant", 1, "0x10001", *DAYS, "--evidence", "@words", "--as", "trader"),
        "OFFSET_ARGUMENT", "unit",
    ),
    "labels on a day that is none": (("label", "list", "--on", "soon"), "LABEL_DAY", "on"),
    # Finding and buying
    "credits of a country that is none": (
        ("offsets", "find", "--country", "Atlantis"), "COUNTRY_UNKNOWN", "country",
    ),
    "credits of vintages in words": (
        ("offsets", "find", "--vintage", "old"), "OFFSET_VINTAGE", "vintage",
    ),
    "credits of vintages in the wrong order": (
        ("offsets", "find", "--vintage", "2021-2019"), "OFFSET_VINTAGE", "vintage",
    ),
    "credits of a kind that is none": (("offsets", "find", "--kind", "moon"), "OFFSET_KIND", "kind"),
    "credits on a day that is none": (("offsets", "find", "--on", "2021-2-30"), "DAY_UNREADABLE", "on"),
    "credits for a price in words": (
        ("offsets", "find", "--max-price", "cheap"), "AMOUNT_UNREADABLE", "amount",
    ),
    "a purchase for a negative price": (
        ("offsets", "buy", 5, "--max-price", "-1", "--as", "trader"), "AMOUNT_UNREADABLE", "amount",
    ),
    # Evidence
    "a root that is too short": (("evidence", "check", "0x12"), "EVIDENCE_ROOT", "root"),
    "a root in words": (("evidence", "get", "report", "out"), "EVIDENCE_ROOT", "root"),
    "a folder that is not there": (("evidence", "put", "nowhere"), "EVIDENCE_FOLDER", "folder"),
    "a folder without files": (("evidence", "put", "@@empty"), "EVIDENCE_EMPTY", "folder"),
    "a store that is not there": (("evidence", "mirror", "nowhere"), "EVIDENCE_SOURCE", "source"),
    "custody until a day that is none": (
        ("evidence", "keep", "0x" + "11" * 32, "--until", "2031-31-12", "--as", "trader"),
        "EVIDENCE_INCOMPLETE", None,
    ),
    # Monitoring
    "a monitoring draft that is no JSON": (
        ("monitoring", "sign", "@words", "--as", "developer"), "MONITORING_DRAFT_UNREADABLE", "file",
    ),
    "a monitoring draft that is a list": (
        ("monitoring", "sign", "@list", "--as", "developer"), "MONITORING_DRAFT_UNREADABLE", "file",
    ),
    "a monitored period of a day that is none": (
        ("monitoring", "new", 1, "--from", "2021-1-1", "--until", "2021-12-31"),
        "DAY_UNREADABLE", None,
    ),
    "a period of a project that is not there": (
        ("monitoring", "new", 99, "--from", "2021-01-01", "--until", "2021-12-31"),
        "PROJECT_UNKNOWN", "project",
    ),
    # Other registries
    "an extract that is a folder": (
        ("offsets", "import", "@@empty", "--as", "authority"), "EXTRACT_UNREADABLE", "file",
    ),
    "an extract that is a picture": (
        ("offsets", "import", "@picture", "--as", "authority"), "EXTRACT_UNREADABLE", "file",
    ),
    "an extract in another coding": (
        ("offsets", "import", "@latin", "--as", "authority"), "EXTRACT_UNREADABLE", "file",
    ),
    "an extract of another list": (
        ("offsets", "import", "@other.csv", "--as", "authority"), "EXTRACT_COLUMNS", "file",
    ),
    "a descriptor that is no TOML": (("registry", "check", "@list"), "DESCRIPTOR_UNREADABLE", "file"),
    "a descriptor that is not there": (
        ("registry", "add", "none.toml", "--as", "authority"), "DESCRIPTOR_UNREADABLE", "file",
    ),
    "a batch in words": (("offsets", "show", "the first"), "SERIAL_FORM", None),
    # Exports and pages
    "a table of another form": (("export", "holdings", "x.xls"), "EXPORT_FORM", "file"),
    "an export in a folder that is not there": (
        ("export", "holdings", "none/x.csv"), "FILE_REFUSED", "file",
    ),
    "an export to be checked that is none": (
        ("export", "check", "@words.json"), "EXPORT_UNREADABLE", "file",
    ),
    "an export without its units": (
        ("export", "check", "@noparts.json"), "EXPORT_UNREADABLE", "units",
    ),
    "an export whose file is not there": (
        ("export", "check", "none.json"), "EXPORT_UNREADABLE", "file",
    ),
    "a claim for two": (
        _retire(commitment="0x" + "11" * 32), "RETIRE_BENEFICIARY", "beneficiary",
    ),
    # Orders and funds
    "an order to cancel that is no number": (
        ("market", "cancel", "seven", "--as", "trader"), "ORDER_UNREADABLE", "order",
    ),
    "a signed order that neither buys nor sells": (
        ("market", "sign", "hold", "5", "--price", "50", "--out", "o.json", "--as", "trader"),
        "ORDER_BAD_SIDE", "side",
    ),
    "a signed order of no number of lots": (
        ("market", "sign", "buy", "five", "--price", "50", "--out", "o.json", "--as", "trader"),
        "ORDER_BAD_LOTS", "lots",
    ),
    "a deposit of neither cash nor units": (
        ("market", "deposit", "shares", "5", "--as", "trader"), "ACCOUNT_BAD_KIND", "asset",
    ),
    "a surrender of nothing": (("surrender", 1, 0, "--as", "north"), "SURRENDER_NOTHING", "amount"),
    "a retirement of more than there is": (
        ("retire", 10**9, *(word for pair in CLAIM.items() for word in pair), "--as", "trader"),
        "RETIRE_NOT_HELD", "amount",
    ),
    # Stores and files
    "a store to query that is not there": (
        ("audit", "sql", "SELECT 1", "--store", "none.duckdb"), "AUDIT_STORE_MISSING", "store",
    ),
    "checkpoints to publish where there are none": (
        ("mirror", "publish", "@blank", "--as", "trader"), "CHECKPOINT_NONE", "file",
    ),
    "a form of a profile that is there": (
        ("profile", "new", "participant", "DEVELOPER", "--out", "@form", "--as", "developer"),
        "PROFILE_FORM_EXISTS", "out",
    ),
    "a page that is no address": (("certificate", "page", "registry"), "CERTIFICATE_PAGE", "page"),
}  # fmt: skip
FILES = {
    "words": b"not what was asked for",
    "blank": b"",
    "words.json": b"not what was asked for",
    "list": b"[1, 2]",
    "picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "other.csv": b"name,amount\nA,1\n",
    "noparts.json": b'{"projects": []}',
    "form": FORM.encode(),
    "noname": FORM.replace("Plain Wind", "").encode(),
    "field": (FORM + 'phone = "1"\n').encode(),
    "website": FORM.replace('website = ""', 'website = "ftp://a"').encode(),
    "latin": FORM.replace("Plain", "Pl\u00e4in").encode("latin-1"),
}


@pytest.fixture
def said(town, tonne, tmp_path, monkeypatch):
    """Runs a case in a folder with the files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name, body in FILES.items():
        (tmp_path / name).write_bytes(body)
    known = {
        UNIT: hex(town.market.credit),
        "DEVELOPER": town.market.participants["developer"],
    }

    def run(words, status=1):
        typed = [
            word.lstrip("@")
            if isinstance(word, str) and word.startswith("@")
            else known.get(word, word)
            for word in words
        ]
        return tonne(*typed, status=status)

    return run


def _logs(town):
    return len(town.chain.rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}))


@pytest.mark.parametrize("name", WORDS)
def test_a_wrong_word_or_file_is_answered_once_and_changes_nothing(town, said, name):
    words, code, field = WORDS[name]
    before = _logs(town)
    refused = said(words)
    assert (refused["code"], refused["remedy"] != "") == (code, True), json.dumps(refused)
    assert field is None or refused["field"] == field, json.dumps(refused)
    assert refused["message"] and "Traceback" not in refused["message"]
    assert _logs(town) == before, "nothing happened on the chain"


def test_there_are_thirty_and_more():
    assert len(WORDS) >= 30
