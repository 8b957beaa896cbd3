"""SIGTERM in each phase of the emission oracle, also while a call never ends: it ends, and loses nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oracles.runtime import loop
from tests.oracles import hanging
from tests.oracles.emissions.process import ROOT, WAIT_SECONDS, Oracle
from tests.patience import HANGING_S

#: [s] In place of `loop.STOP_S`, which one test waits for as it is.
PATIENCE = 0.5

#: [s] Within which it ends, after `PATIENCE` or by itself; the call that hangs never does.
STOP_SECONDS = 60

#: Reports that are handed in.
PLANTS = range(4, 7)

SOON = [("journalling", "hangs"), ("sending", "stuck")]
LATER = hanging.cases(hanging.EMISSIONS, SOON)


def start(oracle: Oracle, mark: Path, point: str, how: str, patience: float) -> subprocess.Popen:
    options = oracle.command("run")[3:]
    options += ["--journal", str(oracle.desk.folder / "daemon.sqlite"), "--interval", "0.05"]
    options += ["--finality", "instant", "--keystore", str(oracle.keystore)]
    command = [sys.executable, "-m", "tests.oracles.hanging", point, how, "emissions", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {hanging.MARK: str(mark), hanging.PATIENCE: str(patience)}
    with oracle.log.open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
    oracle.started.append(process)
    return process


def ended(process: subprocess.Popen) -> float:
    """[s] until it is gone after SIGTERM."""
    since = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_SECONDS) == 0
    return time.monotonic() - since


def stops_and_goes_on(desk, oracle, point, how, patience):
    """[s] until it was gone."""
    for number in PLANTS:
        desk.put(f"{number}.report.json", desk.single(desk.report(number)))
    mark = desk.folder / "mark"
    process = start(oracle, mark, point, how, patience)
    oracle.until(mark.exists)
    took = ended(process)
    oracle.run()
    oracle.until(lambda: len(desk.names("done")) == len(PLANTS))
    assert desk.reported() == list(PLANTS)
    assert desk.names() == desk.names("accepted") == desk.names("rejected") == []
    return took


@pytest.mark.parametrize(("point", "how"), SOON)
def test_a_signal_ends_it_whatever_hangs(desk, oracle, point, how):
    assert stops_and_goes_on(desk, oracle, point, how, PATIENCE) < STOP_SECONDS


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.parametrize(("point", "how"), LATER)
def test_a_signal_ends_it_in_every_phase(desk, oracle, point, how):
    assert stops_and_goes_on(desk, oracle, point, how, PATIENCE) < STOP_SECONDS


@pytest.mark.long
def test_a_call_that_never_ends_is_cut_off_within_ten_seconds(desk, oracle):
    assert stops_and_goes_on(desk, oracle, "sending", "stuck", loop.STOP_S) < 10


def test_a_signal_ends_it_while_it_waits_for_finality(desk, oracle):
    for number in PLANTS:
        desk.put(f"{number}.report.json", desk.single(desk.report(number)))
    process = oracle.run(further=("--finality", "6"))
    oracle.until(lambda: desk.reported() == list(PLANTS))
    assert desk.names("done") == []
    assert ended(process) < STOP_SECONDS
    desk.chain.mine(6)
    oracle.run(further=("--finality", "6"))
    oracle.until(lambda: len(desk.names("done")) == len(PLANTS))
    assert desk.reported() == list(PLANTS)


def test_a_signal_ends_it_while_no_node_answers_its_first_question(desk, oracle):
    with socket.create_server(("127.0.0.1", 0)) as hole:
        url = f"http://127.0.0.1:{hole.getsockname()[1]}"
        options = oracle.command("run", "--journal", str(desk.folder / "daemon.sqlite"))[3:]
        options[options.index("--rpc") + 1] = url
        command = [sys.executable, "-m", "tests.oracles.hanging", "none", "slow", "emissions"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), hanging.PATIENCE: str(PATIENCE)}
        process = subprocess.Popen([*command, *options], cwd=ROOT, env=environment)
        oracle.started.append(process)
        hole.settimeout(HANGING_S)
        line, _ = hole.accept()
        with line:
            assert ended(process) < STOP_SECONDS
