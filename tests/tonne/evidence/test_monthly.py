"""Monthly evidence: made, signed, on record in time, and twelve of it the year's report."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from eth_account import Account as Peer
from eth_account.messages import encode_typed_data

from tests.tonne.chain.test_wallet_signers import SAFE, WORDS, Wallets
from tests.tonne.cli.holder.test_bank_expire import tonne  # noqa: F401
from tonne.audit import reconcile
from tonne.crypto import eip712
from tonne.crypto.wallet_signatures import by_contract
from tonne.errors import TonneError
from tonne.evidence import manifest, monthly, reports
from tonne.evidence.fuels import FuelQuality
from tonne.evidence.manifest import EvidenceFile, ReportLine
from tonne.rules.pack import load

PACK = load("china-national")
DOCUMENT = EvidenceFile(path="lab/march.pdf", bytes=3, sha256="ab" * 32)
CALORIFIC = {
    "name": "lower heating value, as received", "value": "20.981", "unit": "GJ/t",
    "basis": "measured", "document": "lab/march.pdf",
}  # fmt: skip


#: 1,993 kg of CO2 a tonne.
COAL = FuelQuality(ncvMj=20_981, carbonGPerGj=26_171, oxidationPpm=990_000, tier=3)


def _line(category, product, quantity, unit, **gases):
    return ReportLine(
        category=category, product=product, source="unit 1", quantity=quantity, unit=unit,
        gases=gases, gwpSet=5, fuel=COAL if category == "combustion" else None,
    )  # fmt: skip


def _lines(power=250_000, coal=110_000, kg=219_250_000, heat=0):
    lines = [
        _line("output", "electricity", power, "MWh"),
        _line("combustion", "coal", coal, "t", CO2=kg),
    ]
    return [*lines, _line("output", "heat", heat, "GJ")] if heat else lines


def _package(month, installation=1, year=2020, lines=None):
    """As far as sums look at it."""
    package = SimpleNamespace(installation=installation, year=year, month=month)
    return SimpleNamespace(package=package, lines=manifest.plain(lines or _lines()))


def _year(**changed):
    return [_package(month, lines=changed.get(f"m{month}")) for month in monthly.MONTHS]


YEAR = _lines(12 * 250_000, 12 * 110_000, 12 * 219_250_000)


# When it is due


@pytest.mark.parametrize(
    ("year", "month", "last_day"),
    [(2021, 3, (2021, 5, 10)), (2021, 12, (2022, 2, 9)), (2020, 1, (2020, 3, 11))],
)
def test_a_month_is_due_within_forty_days_of_its_end(year, month, last_day):
    late_from = monthly.deadline(PACK, year, month)
    day = PACK.local_day(late_from - 1)
    assert (day.year, day.month, day.day) == last_day
    assert PACK.local_day(late_from) > day
    assert datetime.fromtimestamp(late_from, UTC).hour == 16, "midnight of the scheme, not of UTC"


def test_a_pack_that_does_not_say_has_no_deadline():
    with pytest.raises(TonneError) as refused:
        monthly.deadline(load("eu-ets"), 2021, 3)
    assert refused.value.code == "MONTH_NO_RULE"


@pytest.mark.parametrize(
    ("revision", "first", "now", "word"),
    [
        (1, 99, 500, "on time"), (3, 99, 500, "on time"), (1, 100, 500, "late"),
        (0, 0, 99, "not due"), (0, 0, 100, "missing"),
    ],
)  # fmt: skip
def test_a_month_stands_by_its_first_package(revision, first, now, word):
    kept = SimpleNamespace(revision=revision, firstAt=first)
    assert monthly.standing(kept, 100, now) == word


# Twelve months and the year


def test_twelve_months_are_the_year_within_half_a_unit_each():
    assert monthly.differences(1, 2020, YEAR, _year()) == []
    rounded = _year(m3=_lines(250_003, 109_997), m5=_lines(250_003, 109_997))
    assert monthly.differences(1, 2020, YEAR, rounded) == []


def test_a_difference_is_named_with_both_figures():
    (found,) = monthly.differences(1, 2020, YEAR, _year(m3=_lines(250_007)))
    assert "electricity (unit 1): the months come to 3,000,007 MWh" in found
    assert "the year says 3,000,000: 7 more" in found
    (found,) = monthly.differences(1, 2020, YEAR, _year(m3=_lines(kg=219_249_993)))
    assert "kg CO2" in found and "7 less" in found
    (found,) = monthly.differences(1, 2020, YEAR, _year(m3=_lines(heat=900)))
    assert "heat (unit 1): the months come to 900 GJ, the year says 0" in found


def test_a_month_that_is_missing_doubled_or_anothers_is_named():
    months = _year()
    said = monthly.differences(1, 2020, YEAR, months[1:])
    assert said[0] == "no package of 2020-01" and len(said) == 4
    assert "2 packages of 2020-01" in monthly.differences(1, 2020, YEAR, [*months, months[0]])
    strange = [*months, _package(4, installation=9), _package(4, year=2019)]
    said = monthly.differences(1, 2020, YEAR, strange)
    assert {"a package of installation 9, 2020-04", "a package of installation 1, 2019-04"} <= set(
        said
    )


# What a package holds


def test_what_is_measured_rests_on_a_document_of_the_package():
    assert monthly.parse_parameters([CALORIFIC], [DOCUMENT])[0].value == "20.981"
    default = {**CALORIFIC, "basis": "default", "document": None}
    assert monthly.parse_parameters([default], [])


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ([{**CALORIFIC, "document": None}], "MONTH_PARAMETER_DOCUMENT"),
        ([{**CALORIFIC, "document": "lab/april.pdf"}], "MONTH_PARAMETER_DOCUMENT"),
        ([{**CALORIFIC, "basis": "default", "document": "x"}], "MONTH_PARAMETER_DOCUMENT"),
        ([CALORIFIC, CALORIFIC], "MONTH_PARAMETERS_TWICE"),
        ([{**CALORIFIC, "value": "1e3"}], "MONTH_PARAMETERS_FORMAT"),
        ([{**CALORIFIC, "value": 20.981}], "MONTH_PARAMETERS_FORMAT"),
        ([{**CALORIFIC, "why": "?"}], "MONTH_PARAMETERS_FORMAT"),
        ({}, "MONTH_PARAMETERS_FORMAT"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters, code):
    with pytest.raises(TonneError) as refused:
        monthly.parse_parameters(parameters, [DOCUMENT])
    assert refused.value.code == code


def test_the_documented_form_is_the_one_that_is_read():
    text = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")
    lines, parameters = map(json.loads, re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    assert manifest.totals(manifest.parse_lines(lines)).power_mwh == 250_000
    assert len(monthly.parse_parameters(parameters, [DOCUMENT])) == 2
    sources = (
        "tonne/evidence/monthly.py",
        "tonne/cli/evidence/report_month.py",
        "tonne/evidence/reports.py",
        "tonne/evidence/manifest.py",
    )
    known = "".join(
        (Path(__file__).parents[3] / path).read_text(encoding="utf-8") for path in sources
    )
    for code in re.findall(r"`(MONTH_\w+|REPORT_\w+|MONTHS_DIFFER)`", text):
        assert f'"{code}"' in known, code


# On a chain


@pytest.fixture
def papers(tmp_path):
    """Lines, parameters and documents as an operator has them."""
    folder = tmp_path / "documents"
    (folder / "lab").mkdir(parents=True)
    (folder / "lab" / "march.pdf").write_bytes(b"pdf")
    (tmp_path / "lines.json").write_text(json.dumps(manifest.plain(_lines())))
    (tmp_path / "parameters.json").write_text(json.dumps([CALORIFIC]))
    return tmp_path


def _made(tonne, town, papers, month="2020-12", out="package.month.json", key=("--as", "north")):  # noqa: F811
    plant = tonne("position", "--as", "north")["plants"][0]["plant"]
    done = tonne(
        *("report", "month", "make", papers / "lines.json", "--installation", plant),
        *("--month", month, "--parameters", papers / "parameters.json"),
        *("--evidence", papers / "documents", "--out", papers / out, *key),
    )
    return plant, papers / out, done


def _refused(tonne, *arguments):  # noqa: F811
    """What is said of a refusal."""
    return tonne(*arguments, status=1, as_json=False)


def test_a_month_is_made_checked_and_put_on_record(tonne, town, papers):  # noqa: F811
    plant, path, made = _made(tonne, town, papers)
    verify = ("report", "month", "verify", path, "--evidence", papers / "documents")
    assert not tonne(*verify)["onRecord"]
    tonne("report", "month", "submit", path, "--as", "north")

    kept = town.chain.call("MonthlyEvidence", "monthOf", plant, 2020, 12)
    assert (kept.digest.hex(), kept.revision) == (made["digest"][2:], 1)
    found = tonne(*verify)
    assert found["onRecord"] and "every document is the one that was signed" in found["checked"]
    again = _refused(tonne, "report", "month", "submit", path, "--as", "north")
    assert "MONTHS_NO_CHANGE" in again
    assert reconcile.audit(town.chain).sound


def test_the_signature_is_one_that_wallets_make(tonne, town, papers):  # noqa: F811
    _, path, _ = _made(tonne, town, papers)
    file = monthly.load(path)
    typed = eip712.as_typed_data(file.struct(), file.domain())
    signer = Peer.recover_message(
        encode_typed_data(full_message=typed), signature=file.operatorSignature
    )
    assert signer == town.market.people["north"].address


def test_a_month_is_signed_by_a_wallet_elsewhere(tonne, town, papers):  # noqa: F811
    wallet = Peer.from_key(town.market.people["north"].key)
    plant, path, made = _made(tonne, town, papers, key=("--wallet", wallet.address))
    assert f"to be signed by {wallet.address}" in made["checked"][-1]
    submit = ("report", "month", "submit", path, "--as", "north")
    assert "MONTH_SIGNATURE_MISSING" in _refused(tonne, *submit)
    (message,) = tonne("report", "month", "typed-data", path)["messages"]
    assert (message["wallet"], message["typedData"]["primaryType"]) == (
        *(wallet.address, "MonthPackage"),
    )
    signable = encode_typed_data(full_message=json.loads(json.dumps(message["typedData"])))
    attach = ("report", "month", "attach-signature", path)
    wrong = "0x" + bytes(Peer.create().sign_message(signable).signature).hex()
    assert "SIGNATURE_NOT_AWAITED" in _refused(tonne, *attach, wrong)
    told = tonne(*attach, "0x" + bytes(wallet.sign_message(signable).signature).hex())
    assert (told["wallet"], told["awaited"]) == (wallet.address, 0)
    tonne(*submit)
    kept = town.chain.call("MonthlyEvidence", "monthOf", plant, 2020, 12)
    assert kept.digest.hex() == made["digest"][2:]


def test_a_contract_is_asked_until_its_package_is_on_record(tonne, town, papers):  # noqa: F811
    _, path, _ = _made(tonne, town, papers)
    signature = by_contract(SAFE, WORDS)
    file = monthly.load(path).model_copy(update={"operatorSignature": signature})
    says_yes, says_no = Wallets(file.digest()), Wallets(bytes(32))
    assert monthly._signer(says_yes, file, on_record=False) == SAFE and says_yes.asked == 1
    assert monthly._signer(says_no, file, on_record=True) == SAFE and says_no.asked == 0
    with pytest.raises(TonneError) as refused:
        monthly._signer(says_no, file, on_record=False)
    assert refused.value.code == "SIGNATURE_REFUSED"


def test_status_shows_in_time_late_missing_and_corrected(tonne, town, papers):  # noqa: F811
    chain = town.chain
    plant, path, _ = _made(tonne, town, papers, "2020-12")
    late_from = monthly.deadline(PACK, 2020, 12)
    if chain.now() < late_from:
        pytest.fail("the town is meant to begin after the months of 2020 were due")
    year = datetime.fromtimestamp(chain.now(), UTC).year
    month = datetime.fromtimestamp(chain.now(), UTC).month - 1
    text = f"{year}-{month:02}"
    plant, timely, _ = _made(tonne, town, papers, text, "timely.month.json")
    tonne("report", "month", "submit", path, timely, "--as", "north")

    def row(of):
        done = tonne("report", "month", "status", plant, "--year", of)
        return [m["standing"] for m in done["plants"][0]["months"]], done

    before, done = row(2020)
    assert (before[11], before[:11]) == ("late", ["missing"] * 11)
    assert done["counts"] == {"on time": 0, "late": 1, "missing": 11, "not due": 0}
    now, _ = row(year)
    assert (now[month - 1], now[11]) == ("on time", "not due")

    chain.set_time(monthly.deadline(PACK, year, month) + 1)
    (papers / "lines.json").write_text(json.dumps(manifest.plain(_lines(coal=110_001))))
    _, better, _ = _made(tonne, town, papers, text, "better.month.json")
    tonne("report", "month", "submit", better, "--as", "north")
    after, done = row(year)
    assert after[month - 1] == "on time"
    assert done["plants"][0]["months"][month - 1]["packages"] == 2
    said = tonne("report", "month", "status", plant, "--year", year, as_json=False)
    assert "on time*" in said and "corrected since" in said
    every = tonne("report", "month", "status", "--year", year)
    assert len(every["plants"]) == chain.call("Participants", "installationCount")


def test_a_package_is_refused_where_it_is_not_what_was_signed(tonne, town, papers):  # noqa: F811
    _, path, _ = _made(tonne, town, papers)
    whole = json.loads(path.read_text())

    def refused(**changed):
        (papers / "other.json").write_text(json.dumps({**whole, **changed}))
        return _refused(tonne, "report", "month", "verify", papers / "other.json")

    more, elsewhere = (
        [{**line, field: change(line[field])} for line in whole["lines"]]
        for field, change in (("quantity", lambda n: n + 1), ("source", lambda _: "unit 2"))
    )
    assert "MONTH_REFUSED: The lines do not add up" in refused(lines=more)
    assert "linesRoot is not" in refused(lines=elsewhere)
    assert "parametersRoot is not" in refused(parameters=[{**CALORIFIC, "value": "20.982"}])
    assert "evidenceRoot is not" in refused(evidence=[{**whole["evidence"][0], "bytes": 4}])
    assert "The signature is nobody's" in refused(package={**whole["package"], "month": 11})
    assert "MONTH_WRONG_CHAIN" in refused(chainId=5)
    assert "MONTH_FILE_UNREADABLE" in refused(format=2)
    (papers / "documents" / "lab" / "march.pdf").write_bytes(b"PDF")
    verify = ("report", "month", "verify")
    changed = _refused(tonne, *verify, path, "--evidence", papers / "documents")
    assert "MONTH_EVIDENCE_CHANGED" in changed
    assert "MONTH_FILE_MISSING" in _refused(tonne, *verify, papers / "none.json")


def test_only_the_operator_makes_and_records(tonne, town, papers):  # noqa: F811
    plant, path, _ = _made(tonne, town, papers)
    strange = ("report", "month", "make", papers / "lines.json", "--installation", plant)
    assert "REPORT_NOT_OPERATOR" in _refused(
        tonne, *strange, "--month", "2020-12", "--as", "trader"
    )
    assert "MONTH_BAD" in _refused(tonne, *strange, "--month", "2020-13", "--as", "north")
    submit = ("report", "month", "submit")
    assert "MONTHS_NOT_REPORTER" in _refused(tonne, *submit, path, "--as", "trader")
    _, early, _ = _made(tonne, town, papers, "2030-01", "early.json")
    assert "MONTHS_NOT_OVER" in _refused(tonne, *submit, early, "--as", "north")


def test_a_package_on_record_stays_sound_when_the_plant_is_sold(tonne, town, papers):  # noqa: F811
    plant, path, _ = _made(tonne, town, papers)
    people, chain = town.market.people, town.chain
    tonne("report", "month", "submit", path, "--as", "north")
    chain.send(
        people["north"],
        "Participants",
        "offerInstallation",
        plant,
        town.market.participants["east"],
    )
    chain.send(people["east"], "Participants", "acceptInstallation", plant)
    east = town.market.participants["east"]
    assert chain.call("Participants", "installation", plant) & 0xFFFFFF == east
    assert tonne("report", "month", "verify", path)["onRecord"]
    whole = json.loads(path.read_text())
    whole["package"]["signedAt"] += 1
    path.write_text(json.dumps(whole))
    assert "MONTH_REFUSED" in _refused(tonne, "report", "month", "verify", path)
    assert reconcile.audit(chain).sound


def test_a_year_s_report_is_compared_with_its_months(tonne, town, papers):  # noqa: F811
    made = [_made(tonne, town, papers, f"2020-{m:02}", f"{m}.json") for m in monthly.MONTHS]
    plant, files = made[0][0], [path for _, path, _ in made]
    draft = reports.write_report(town.chain, town.market.people["north"], plant, 2020, YEAR)
    reports.save(papers / "year.json", draft)
    compare = ("report", "month", "compare", papers / "year.json")

    assert "the package of installation" in _refused(tonne, *compare, *files), "none is on record"
    tonne("report", "month", "submit", *files, "--as", "north")
    assert tonne(*compare, *files)["months"] == 12

    more = _lines(12 * 250_000 + 50, 12 * 110_000, 12 * 219_250_000)
    draft = reports.write_report(town.chain, town.market.people["north"], plant, 2020, more)
    reports.save(papers / "year.json", draft)
    said = _refused(tonne, *compare, *files)
    assert "MONTHS_DIFFER" in said
    assert "the months come to 3,000,000 MWh, the year says 3,000,050: 50 less" in said
    assert "no package of 2020-12" in _refused(tonne, *compare, *files[:-1])


# What an audit makes of it


@pytest.mark.parametrize(
    ("field", "change", "said"),
    [
        ("revision", lambda n: n + 1, "does not follow"),
        ("operator", lambda n: n + 1, "does not operate it"),
        ("month", lambda _: 203_001, "was not over"),
        ("digest", lambda _: bytes(32), "does not follow"),
        ("digest", lambda _: b"\1" * 32, "digest"),
    ],
)
def test_a_month_told_otherwise_is_found(request, town, papers, monkeypatch, field, change, said):
    tonne = request.getfixturevalue("tonne")  # noqa: F811
    _, path, _ = _made(tonne, town, papers)
    tonne("report", "month", "submit", path, "--as", "north")
    honest = town.chain.event

    def told(log):
        event = honest(log)
        if event is None or event.name != "MonthRecorded":
            return event
        return replace(event, args={**event.args, field: change(event.args[field])})

    monkeypatch.setattr(town.chain, "event", told)
    found = reconcile.audit(town.chain)
    assert any(said in str(each) for each in found.differences)
