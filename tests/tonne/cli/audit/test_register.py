"""`tonne register`: what is on chain about plants and participants, as the contracts tell it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shlex
import subprocess
import sys

import duckdb
import pytest

from tests.tonne.audit.store.test_report_lines import write
from tests.tonne.cli.authority.test_desk import _appeals_are_possible, shell  # noqa: F401
from tonne import cli
from tonne.evidence import manifest, profiles
from tonne.evidence.report_encoding import ReportRecord
from tonne.sandbox.seed_market import PLANTS

REASON = b"\x05" * 32
#: What an answer loads of others, and how much longer it may take with nothing new than to load that.
LIBRARIES = "duckdb, pydantic, typer, web3"
NOTHING_NEW = 2.5


@pytest.fixture
def register(town, capsys, tmp_path, monkeypatch):
    """A command of the register on one store: JSON, or the text for a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TONNE_RPC", town.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setenv("TONNE_AUDIT_STORE", str(tmp_path / "store.duckdb"))
    monkeypatch.setenv("TONNE_PROFILES", str(tmp_path / "documents"))

    def run(*words, status=0, text=False):
        with pytest.raises(SystemExit) as ended:
            cli.main(["register", *map(str, words), *([] if text else ["--json"])])
        read = capsys.readouterr()
        assert (ended.value.code or 0) == status, read.out + read.err
        return read.out if text else json.loads(read.out)

    return run


def _by_plant(told):
    return {row["plant"]: row for row in told["rows"]}


def test_the_list_has_the_contracts_figures(register, town):
    chain, market = town.chain, town.market
    period = market.period.number
    told = register("list")
    head = chain.head()
    assert (told["block"], told["blockHash"], told["time"]) == (head.number, head.hash, head.time)
    rows = _by_plant(told)
    assert set(rows) == set(market.installations.values())
    for number, row in rows.items():
        _, emissions, _, _ = chain.call("EmissionsOracle", "finalReport", number, 2020)
        _, allocation = chain.call("Allocation", "allocationOf", 1, period, number)
        owed = chain.call("Compliance", "obligationOf", number, period)
        stands = chain.call("Compliance", "standing", number, period)
        assert (row["verified"], row["finality"], row["year"]) == (emissions, "final", 2020)
        assert (row["allocation"], row["period"]) == (allocation, period)
        assert (row["surrendered"], row["owed"]) == (owed.allowances, stands.openT)
        assert row["operator"] == stands.operator
        assert (row["standing"], row["openPenalties"]) == ("not yet judged", 0)


def test_products_are_told_with_where_they_stand(register, town):
    rows = _by_plant(register("list"))
    for number, row in rows.items():
        power, _, others = row["products"][0], row["products"][1:-1], row["products"][-1]
        assert (power["product"], power["state"]) == ("electricity", "on chain")
        record = town.chain.call("EmissionsOracle", "record", number, 2020)
        assert power["quantity"] == ReportRecord.unpack(record).power_mwh
        _is_a_log(town, power, "EmissionsOracle")
        assert (others["quantity"], others["state"]) == (None, "not in this pack")
    page = register("list", text=True)
    assert "Verified by year and product" in page
    assert "Other products of 3 reports: not in this pack." in page
    (one, *_) = register("show", 1)["products"]
    assert one == {"year": 2020, **rows[1]["products"][0]}


def test_published_lines_are_proved_against_the_root_on_chain(register, tmp_path):
    north = PLANTS[0]
    assert north.name == "north", "which is plant 1"
    figures = {"power_mwh": north.power_mwh, "heat_gj": north.heat_gj, "fuel": north.fuel}
    lines = manifest.power_plant_lines(emissions_t=north.emissions_t, **figures)
    write(tmp_path, "1-2020.report.json", lines, year=2020)
    made = _by_plant(register("list", "--lines", tmp_path))[1]["products"]
    assert [(one["product"], one["state"]) for one in made] == [("electricity", "on chain")], (
        "the lines are known: there is no other product"
    )
    assert register("show", 1, "--lines", tmp_path)["products"] == [{"year": 2020, **made[0]}]
    folder = tmp_path / "register"
    register("export", folder, "--lines", tmp_path)
    with (folder / "products.csv").open() as file:
        rows = {row["installation"]: row for row in csv.DictReader(file)}
    assert (rows["1"]["state"], rows["1"]["quantity"]) == ("on chain", str(north.power_mwh))
    more = (lines[0].model_copy(update={"quantity": 1}), *lines[1:])
    write(tmp_path, "1-2020.report.json", more, year=2020)
    error = register("list", "--lines", tmp_path, status=1)["error"]
    assert (error["code"], error["field"]) == ("REGISTER_LINES_ALTERED", "lines")


def test_transfers_of_a_scheme_without_a_delay_are_counted(register):
    found = register("transactions")
    ((scheme, hidden),) = [(row["scheme"], row["withinDelay"]) for row in found["schemes"]]
    assert scheme == 1 and hidden > 0 and found["rows"] == []
    assert "not in this pack" in register("transactions", text=True)


def test_plants_are_listed_by_scheme_period_and_year(register, town):
    period = town.market.period.number
    assert len(register("list", "--scheme", 1, "--period", period, "--year", 2020)["rows"]) == 3
    assert register("list")["rows"] == register("list", "--scheme", 1)["rows"]


def test_it_reads_on_from_where_the_store_is(register, town):
    before = register("list")
    assert register("list") == before
    town.chain.mine(2)
    assert register("list")["block"] == before["block"] + 2
    north = town.market.installations["north"]
    given = (north, town.market.period.number, [town.market.allowance], [1_000])
    town.chain.send(town.market.people["north"], "Compliance", "surrender", *given)
    row = _by_plant(register("list"))[north]
    assert (row["surrendered"], row["owed"]) == (1_000, 3_149_000)
    (line,) = register("show", north)["surrenders"]
    assert (line["allowances"], line["late"]) == (1_000, False)
    _is_a_log(town, line, "Compliance")


def _is_a_log(town, line, contract):
    asked = {"fromBlock": hex(line["block"]), "toBlock": hex(line["block"])}
    logs = town.chain.rpc.call("eth_getLogs", {**asked, "address": town.chain[contract].address})
    assert line["place"] in [int(log["logIndex"], 16) for log in logs]


def test_standing_and_penalties_follow_the_contracts(register, town, shell):  # noqa: F811
    """From notice and decision over an appeal to closing, beside the contract's own view at each step."""
    chain, market = town.chain, town.market
    north, period = market.installations["north"], market.period.number
    at = ("--period", period)

    def stands():
        row = _by_plant(register("list"))[north]
        told = chain.call("Compliance", "publicStanding", north, period)[0]
        return told, row["standing"], row["openPenalties"]

    _appeals_are_possible(shell)
    assert stands() == (1, "not yet judged", 0)
    chain.set_time(market.period.surrender_deadline + 1)
    assert stands() == (4, "short", 0)
    shell.run("penalty", "notify", north, *at)
    assert stands() == (5, "short", 1)
    shell.run("penalty", "decide", north, *at, "--fine", "25000.00", "--reason", "first")
    assert stands() == (6, "short", 1)
    shell.run("penalty", "appeal", north, *at, "--reason", "the meter was broken", who="north")
    assert stands() == (9, "short", 1)
    shell.run("office", market.people["trader"].address, "penalise")
    given = ("penalty", "outcome", north, "reduced", *at, "--fine", "20000.00", "--reason", "y")
    shell.run(*given, who="trader")
    shell.run("penalty", "publish", north, *at, "--text", "a notice")
    assert stands() == (6, "short", 1)
    shell.run("penalty", "debit", north, *at)
    assert stands() == (7, "short", 0)
    shell.run("penalty", "close", north, *at)
    assert stands() == (8, "closed", 0)

    steps = register("show", north)["penalties"]
    assert [(s["act"], s["cents"]) for s in steps] == [
        ("ShortfallNoticed", None), ("PenaltyDecided", 2_500_000), ("PenaltyAppealed", None),
        ("PenaltyAppealDecided", 2_000_000), ("PenaltyPublished", 2_000_000),
        ("PenaltyDebited", 2_000_000), ("ShortfallDeducted", None),
    ]  # fmt: skip
    assert steps[3]["outcome"] == 2 and steps[2]["text"].startswith("0x")
    for step in steps:
        _is_a_log(town, step, "Compliance")
    page = " ".join(register("show", north, text=True).split())
    assert "appeal decided: reduced" in page and "20,000.00" in page


def test_a_plant_that_gave_all_complies(register, town):
    chain, market = town.chain, town.market
    south, period = market.installations["south"], market.period.number
    due = chain.call("Compliance", "obligationOf", south, period).due
    given = (south, period, [market.allowance], [due])
    chain.send(market.people["south"], "Compliance", "surrender", *given)
    row = _by_plant(register("list"))[south]
    assert (row["standing"], row["owed"], row["surrendered"]) == ("complies", 0, due)


def test_a_participant_is_shown_with_its_wallets_and_plants(register, town):
    number = town.market.participants["north"]
    told = register("show", "--participant", number)
    assert told["participant"]["status"] == "active"
    assert [w["wallet"] for w in told["wallets"]] == [town.market.people["north"].address]
    assert [p["plant"] for p in told["plants"]] == [town.market.installations["north"]]
    chain = town.chain
    chain.send(town.market.people["authority"], "Participants", "suspend", number, REASON)
    told = register("show", "--participant", number)
    assert told["participant"]["status"] == "suspended"
    _is_a_log(town, told["acts"][-1], "Participants")


def test_words_find_plants_and_participants(register, town):
    market = town.market
    north = (market.installations["north"], market.participants["north"])

    def found(*words):
        rows = register("search", *words)["rows"]
        return [(row["kind"], row["number"]) for row in rows]

    both = [("plant", north[0]), ("participant", north[1])]
    assert found("shanxi") == both
    assert found(market.people["north"].address.lower()[:12]) == both
    assert found("plant", north[0]) == both[:1]
    assert found("operator", north[1]) == both[:1]
    assert found("jurisdiction 14") == both
    assert found("class", 2) == [("plant", market.installations["east"])]
    assert found("Atlantis") == []


def test_names_of_profiles_stand_beside_numbers_and_are_found(
    register,
    town,
    shell,  # noqa: F811
    tmp_path,
    capsys,
):
    north, number = town.market.people["north"], town.market.participants["north"]
    form = profiles.ProfileForm(name="Shanxi Power Ltd", names={"de": "Nordwerk"})
    word = profiles.number_word(number)
    text = profiles.sign(town.chain, north, profiles.PARTICIPANT, word, form)
    file = tmp_path / "north.profile.json"
    file.write_bytes(text)
    with pytest.raises(SystemExit):
        cli.main(["profile", "publish", str(file), "--keystore", str(tmp_path / "north.json")])
    capsys.readouterr()
    row = _by_plant(register("list"))[town.market.installations["north"]]
    assert row["operatorName"] == "Shanxi Power Ltd"
    (plant, participant) = register("search", "nordwerk")["rows"]
    assert (plant["operator"], participant["number"]) == (number, number)
    page = register("list", text=True)
    assert "Shanxi Power" in page


def test_it_is_read_at_eighty_columns(register, town):
    asked = (("list",), ("show", 1), ("show", "--participant", 4), ("search", "shanxi"))
    for words in (*asked, ("transactions",)):
        page = register(*words, text=True)
        assert max(map(len, page.splitlines())) <= 80, words
        assert f"Block {town.chain.block_number():,}, 2021-" in page
        assert town.chain.head().hash in page
    assert "Penalties: none on chain" in register("show", 1, text=True)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_exported_files_are_what_the_register_says(register, town, tmp_path, form):
    folder = tmp_path / "register"
    told = register("export", folder, "--format", form)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"] == told["files"] and manifest["blockHash"] == told["blockHash"]
    for each in told["files"]:
        assert hashlib.sha256((folder / each["file"]).read_bytes()).hexdigest() == each["sha256"]
    if form == "csv":
        with (folder / "obligations.csv").open() as file:
            rows = list(csv.DictReader(file))
    else:
        rows = duckdb.sql(f"FROM '{folder / 'obligations.parquet'}'").to_arrow_table().to_pylist()
    listed = _by_plant(register("list"))
    assert {int(r["installation"]): int(r["due"]) for r in rows} == {
        number: row["owed"] for number, row in listed.items()
    }
    for row in rows:
        block = town.chain.rpc.call("eth_getBlockByNumber", hex(int(row["block"])), False)
        assert row["blockHash"] == block["hash"]
        _is_a_log(town, {"block": int(row["block"]), "place": int(row["place"])}, "Compliance")


@pytest.mark.parametrize(
    ("words", "code", "field", "value"),
    [
        (("show", 99), "REGISTER_PLANT_UNKNOWN", "plant", 99),
        (("show", "--participant", 99), "REGISTER_PARTICIPANT_UNKNOWN", "participant", 99),
        (("show",), "REGISTER_SHOW_WHAT", "plant", None),
        (("show", 1, "--participant", 4), "REGISTER_SHOW_WHAT", "plant", 1),
        (("list", "--scheme", 9), "REGISTER_SCHEME_UNKNOWN", "scheme", 9),
        (("list", "--period", 1999), "REGISTER_PERIOD_UNKNOWN", "period", 1999),
        (("list", "--year", 1999), "REGISTER_YEAR_UNKNOWN", "year", 1999),
        (("search", " "), "REGISTER_WORDS", "words", " "),
        (("list", "--lines", "none"), "REGISTER_LINES_FOLDER", "lines", "none"),
    ],
)
def test_what_the_register_does_not_have_is_refused_with_a_command_that_works(
    register, words, code, field, value
):
    error = register(*words, status=1)["error"]
    told = None if value is None else str(value)
    assert (error["code"], error["field"], error["value"]) == (code, field, told)
    advised = error["remedy"].split("`")[1]
    assert register(*shlex.split(advised)[2:])["block"]


def test_a_store_that_has_read_past_the_checkpoint_is_refused(register, town):
    before = register("list")
    pinned = f"{before['block']}:{before['blockHash']}"
    assert register("list", "--checkpoint", pinned) == before
    town.chain.mine(1)
    assert register("list", "--checkpoint", pinned) == before
    register("list")
    error = register("list", "--checkpoint", pinned, status=1)["error"]
    assert (error["code"], error["field"]) == ("REGISTER_PAST_CHECKPOINT", "checkpoint")
    wrong = f"{before['block']}:0x{'33' * 32}"
    assert register("list", "--checkpoint", wrong, status=1)["error"]["code"] == (
        "AUDIT_CHECKPOINT_OTHER"
    )


def test_a_form_that_is_none_is_refused(register, tmp_path):
    refused = register("export", tmp_path, "--format", "xml", status=1)["error"]
    assert refused["code"] == "AUDIT_FORMAT_UNKNOWN"


def test_an_answer_with_nothing_new_takes_little_more_than_to_load_the_program(
    register, town, tmp_path
):
    """About a second of processor on an idle machine; here beside what loading takes at the same time."""
    register("list")

    def spent(*program):
        with subprocess.Popen([sys.executable, "-P", *program], stdout=subprocess.PIPE) as running:
            running.stdout.read()
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
        assert running.returncode == 0
        return used.ru_utime + used.ru_stime

    asked = min(spent("-m", "tonne.cli", "register", "list", "--json") for _ in range(3))
    loading = min(spent("-c", f"import {LIBRARIES}") for _ in range(3))
    assert asked <= NOTHING_NEW * loading
