"""`tonne consortium`: a network in one terminal, steered from another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.patience import HANGING_S
from tests.tonne.sandbox.consortium import engines
from tonne.cli import main
from tonne.errors import TonneError
from tonne.sandbox.consortium import control

ROOT = Path(__file__).resolve().parents[4]


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--json"])
    assert end.value.code == 1
    return json.loads(capsys.readouterr().out)["error"]


@pytest.fixture(autouse=True)
def record(monkeypatch, tmp_path):
    monkeypatch.setattr(control, "RECORD", tmp_path / "consortium.json")


def test_without_a_network_it_is_said_how_to_start_one(tmp_path):
    with pytest.raises(TonneError) as none:
        control.ask("status", record=tmp_path / "consortium.json")
    assert none.value.code == "CONSORTIUM_NONE"
    assert "tonne consortium up" in none.value.remedy


def test_the_record_of_a_killed_process_is_no_network(tmp_path):
    left = tmp_path / "left.json"
    left.write_text(json.dumps({"control": str(tmp_path / "gone")}))
    control.refuse_second(left)
    assert not left.exists()


@pytest.mark.parametrize("drill", [(), ("--kill", "1", "--join")], ids=str)
def test_a_drill_is_one_thing(capsys, drill):
    assert refused(capsys, "consortium", "drill", *drill)["code"] == "CONSORTIUM_ONE_DRILL"


def test_a_group_is_numbers(capsys):
    told = refused(capsys, "consortium", "drill", "--partition", "1,two")
    assert (told["code"], told["value"]) == ("CONSORTIUM_BAD_GROUP", "1,two")


@pytest.mark.nightly
@pytest.mark.long
def test_a_network_is_steered_from_another_terminal_and_ends_cleanly():
    engines.need()
    left = ROOT / "build" / "consortium.json"
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    program = [sys.executable, "-P", "-m", "tonne.cli", "consortium"]

    def run(*arguments, status=0):
        done = subprocess.run(
            [*program, *arguments], env=surroundings, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def nodes(*arguments):
        return json.loads(run(*arguments, "--json"))["nodes"]

    running = subprocess.Popen(
        [*program, "up", "--period", "1"],
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        end = time.monotonic() + 420
        while not left.exists() and running.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        folder = Path(json.loads(left.read_text())["control"]).parent
        assert [node["running"] for node in nodes("status")] == [True] * 4
        assert "CONSORTIUM_RUNS" in run("up", status=1)
        assert not nodes("drill", "--kill", "2")[1]["running"]
        assert "CONSORTIUM_NO_SUCH_NODE" in run("drill", "--kill", "9", status=1)
        assert nodes("drill", "--start", "2")[1]["running"]
        assert {node["peers"] for node in nodes("drill", "--partition", "1,2")} == {1}
        assert "has ended" in run("stop")
        assert running.wait(HANGING_S) == 0
        assert not left.exists() and not folder.exists()
    finally:
        running.kill()
        running.wait()
    assert "CONSORTIUM_NONE" in run("status", status=1)
