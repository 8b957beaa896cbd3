"""Windows on the auditor's store, as a person at a terminal uses them."""

from __future__ import annotations

import csv
import hashlib
import json

import duckdb
import pytest

from tonne import cli
from tonne.chain.rpc import Rpc


@pytest.fixture
def auditor(town, capsys, tmp_path):
    """Runs commands of `tonne audit` on one store; returns their JSON."""
    store = tmp_path / "store.duckdb"

    def run(name, *options, status=0):
        asks_node = name in ("run", "digest", "code")
        place = ["--rpc", town.chain.url, "--deployments", str(town.folder)] if asks_node else []
        with pytest.raises(SystemExit) as ended:
            cli.main(["audit", name, *map(str, options), *place, "--store", str(store), "--json"])
        read = capsys.readouterr()
        assert (ended.value.code or 0) == status, read.out + read.err
        return json.loads(read.out)

    return run


def test_the_windows_say_what_the_run_found(auditor, town):
    done = auditor("run")
    told = auditor("status")
    assert (told["block"], told["stateDigest"]) == (done["block"], done["stateDigest"])
    assert told["logs"] == done["events"] and told["findings"] == 0
    assert auditor("digest", "--verify")["verifiedBlocks"] == (
        town.chain.block_number() + 1 - town.deployment.first_block
    )
    assert auditor("findings")["rows"] == []
    assert auditor("code")["findings"] == []
    rows = auditor("sql", "SELECT count(*) AS n FROM events")["rows"]
    assert rows == [{"n": done["events"]}]
    assert {"powers", "trades", "holdings"} <= {r["table"] for r in auditor("tables")["rows"]}
    assert auditor("run") == done


def test_powers_name_acts_and_who_used_them(auditor, town):
    auditor("run")
    grants = auditor("powers", "--kind", "grant")["rows"]
    offices = [r for r in grants if r["act"] == "OfficeGranted"]
    told = town.chain.logs("Schemes", "OfficeGranted")
    assert [json.loads(r["args"])["officer"] for r in offices] == [e["officer"] for e in told]
    assert auditor("powers", "--waiting")["rows"] == []


def test_powers_tell_by_whom_each_act_was_done(auditor, town):
    """Every act of a kind that there is, with the account that signed it: no event has to name it."""
    chain, market, who = town.chain, town.market, town.market.people
    reason, authority = b"\x07" * 32, who["authority"]
    units = (market.allowance, 10, reason)
    chain.send(authority, "Allowances", "freezeByOrder", who["east"], *units)
    forced = (who["east"], who["north"], market.allowance, 5, reason)
    chain.send(authority, "Allowances", "forcedTransferByOrder", *forced)
    chain.send(authority, "Participants", "suspend", market.participants["south"], reason)
    chain.send(authority, "Exchange", "halt", market.credit_market, reason)
    auditor("run")
    rows = auditor("powers", "--rpc", chain.url)["rows"]
    sent = {
        row["tx"]: chain.rpc.call("eth_getTransactionByHash", row["tx"])["from"] for row in rows
    }
    assert {row["tx"]: row["by"].lower() for row in rows} == sent
    ours = {row["kind"]: row["by"] for row in rows if row["reason"] == "0x" + reason.hex()}
    assert {"freeze", "halt"} <= ours.keys() and set(ours.values()) == {authority.address}


def test_a_sender_that_a_node_invents_is_refused(auditor, town, monkeypatch):
    auditor("run")
    plain = Rpc.batch

    def lies(rpc, asked, size=500):
        answers = plain(rpc, asked, size)
        for answer in answers:
            if isinstance(answer, dict) and answer.get("transactions"):
                answer["transactions"][0] = {**answer["transactions"][0], "s": "0x1234"}
        return answers

    monkeypatch.setattr(Rpc, "batch", lies)
    told = auditor("powers", "--rpc", town.chain.url, status=1)
    assert told["error"]["code"] == "AUDIT_TRANSACTIONS_FALSE"


def test_a_statement_has_every_movement_of_a_participant(auditor, town):
    auditor("run")
    north = town.market.people["north"]
    number = town.market.participants["north"]
    rows = auditor("statement", number)["rows"]
    assert rows == auditor("statement", north.address)["rows"]
    units = sum(r["amount"] for r in rows if r["what"].startswith("units"))
    assert units == town.chain.call("Allowances", "balanceOf", north, town.market.allowance)
    money = sum(r["amount"] for r in rows if r["what"].startswith("money"))
    assert money == 50_000_000_000


def test_an_unknown_account_or_table_or_a_bad_question_is_refused_in_words(auditor, tmp_path):
    auditor("run")
    assert auditor("statement", 99, status=1)["error"]["code"] == "AUDIT_ACCOUNT_UNKNOWN"
    assert auditor("sql", "SELECT nothing", status=1)["error"]["code"] == "AUDIT_QUERY"
    asked = ("export", tmp_path, "--table", "nothing")
    assert auditor(*asked, status=1)["error"]["code"] == "AUDIT_TABLE_UNKNOWN"
    asked = ("export", tmp_path, "--format", "xml")
    assert auditor(*asked, status=1)["error"]["code"] == "AUDIT_FORMAT_UNKNOWN"


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_exports_keep_great_numbers_and_name_block_and_sum(auditor, town, tmp_path, form):
    done = auditor("run")
    folder = tmp_path / form
    told = auditor("export", folder, "--table", "holdings", "--table", "events", "--format", form)
    assert told == json.loads((folder / "manifest.json").read_text())
    assert (told["block"], told["blockHash"]) == (done["block"], done["blockHash"])
    for each in told["files"]:
        assert hashlib.sha256((folder / each["file"]).read_bytes()).hexdigest() == each["sha256"]
    path = folder / f"holdings.{form}"
    if form == "parquet":
        found = duckdb.sql(f"SELECT id, amount FROM '{path}'").fetchall()
        rows = [(int(i), int(a)) for i, a in found]
    elif form == "csv":
        rows = [(int(r["id"]), int(r["amount"])) for r in csv.DictReader(path.open())]
    else:
        lines = map(json.loads, path.read_text().splitlines())
        rows = [(int(r["id"]), int(r["amount"])) for r in lines]
    supply = town.chain.call("Allowances", "totalSupply", town.market.allowance)
    assert sum(amount for id_, amount in rows if id_ == town.market.allowance) == supply


def test_two_auditors_disclose_the_same_files(auditor, town, tmp_path):
    auditor("run")
    sums = [
        {f["file"]: f["sha256"] for f in auditor("disclose", tmp_path / name)["files"]}
        for name in ("a", "b")
    ]
    assert sums[0] == sums[1] and {"compliance.csv", "trading.csv", "supply.csv"} <= sums[0].keys()
    with (tmp_path / "a" / "compliance.csv").open() as file:
        due = {int(row["installation"]): int(row["due"]) for row in csv.DictReader(file)}
    period = town.market.period.number
    assert due == {n: town.chain.call("Compliance", "obligationOf", n, period).due for n in due}
