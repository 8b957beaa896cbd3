"""`tonne audit`: what its result rests on, printed and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tonne import cli
from tonne.audit.reconcile import TRUSTED

#: [s] Processor time that a run with nothing new may take, with all that Python loads for it.
#: What an audit loads of others, and how much longer it may take with nothing new than to load that.
LIBRARIES = "duckdb, pydantic, typer, web3"
NOTHING_NEW = 1.5


@pytest.fixture
def audited(town, capsys, tmp_path):
    """Runs the command; returns its output on one line."""

    store = tmp_path / "store.duckdb"

    def run(*options, status=0):
        place = ["--rpc", town.chain.url, "--deployments", str(town.folder), "--store", str(store)]
        with pytest.raises(SystemExit) as ended:
            cli.main(["audit", *place, *options])
        read = capsys.readouterr()
        assert (ended.value.code or 0) == status, read.out + read.err
        return " ".join((read.out + read.err).split())

    return run


def _block(chain, number):
    return chain.rpc.call("eth_getBlockByNumber", hex(number), False)


def test_the_command_says_what_its_result_rests_on(audited, town):
    head = town.chain.block_number()
    pinned = f"{head}:{_block(town.chain, head)['hash']}"

    said = audited("--checkpoint", pinned, "--rpc", town.chain.url)
    assert f"by the checkpoint at block {head:,}, 1 other node. Not proven after block" in said

    assert TRUSTED in audited("--trust-node")

    told = json.loads(audited("--json", "--trust-node"))
    assert told["proven"] is False and told["trust"] == TRUSTED and told["notProvenAfter"] is None
    told = json.loads(audited("--json"))
    assert told["proven"] is True and told["notProvenAfter"] == head and told["findings"] == []


def test_the_command_names_a_refuted_answer_and_fails(audited, town):
    pinned = f"{town.chain.block_number()}:0x{'33' * 32}"

    assert "AUDIT_CHECKPOINT_OTHER" in audited("--checkpoint", pinned, status=1)
    told = json.loads(audited("--json", "--checkpoint", pinned, status=1))
    assert told["findings"][0]["code"] == "AUDIT_CHECKPOINT_OTHER"
    assert told["proven"] is False and told["block"] is None


def test_the_command_writes_a_report_beside_its_result(audited, tmp_path):
    assert f"report: {tmp_path / 'page' / 'index.html'}" in audited(
        "--report", str(tmp_path / "page")
    )
    told = json.loads(audited("--json", "--report", str(tmp_path / "again")))
    html = (tmp_path / "again" / "index.html").read_text(encoding="utf-8")
    assert told["stateDigest"] in html and "Rule values" in html
    assert (tmp_path / "again" / "data" / "compliance.parquet").is_file()
    audited("--trust-node", "--report", str(tmp_path / "word"))
    assert TRUSTED in (tmp_path / "word" / "index.html").read_text(encoding="utf-8")
    assert not (tmp_path / "word" / "data" / "compliance.csv").exists()


@pytest.mark.parametrize("text", ["5", "5:0x12", "x:0x" + "11" * 32, "5:" + "11" * 32])
def test_a_checkpoint_in_another_form_is_refused(audited, text):
    assert "AUDIT_CHECKPOINT_FORM" in audited("--json", "--checkpoint", text, status=1)


def test_a_run_with_nothing_new_takes_little_more_than_to_load_the_program(town, tmp_path):
    """A second of processor on an idle machine, which `tools.bench_million` holds it to; here beside what
    loading the libraries takes at the same time."""
    place = ["--rpc", town.chain.url, "--deployments", str(town.folder)]
    asked = [*place, "--store", str(tmp_path / "store.duckdb"), "--json"]

    def run(*program):
        with subprocess.Popen(
            [sys.executable, "-P", *program], stdout=subprocess.PIPE, text=True
        ) as running:
            said = running.stdout.read()
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
        assert running.returncode == 0
        return said, used.ru_utime + used.ru_stime

    first, _ = run("-m", "tonne.cli", "audit", *asked)
    again = [run("-m", "tonne.cli", "audit", *asked) for _ in range(3)]
    loading = [run("-c", f"import {LIBRARIES}")[1] for _ in range(3)]
    assert {said for said, _ in again} == {first}
    assert min(spent for _, spent in again) <= NOTHING_NEW * min(loading)
