"""A daemon without a key on its machine, and the signer as a real process beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from tests.oracles.emissions.process import ROOT
from tests.oracles.emissions.test_daemon import _terminated
from tests.oracles.meters.process import free_port
from tests.patience import HANGING_S

START_SECONDS = HANGING_S


@pytest.fixture
def signer(desk, oracle):
    """URL of the running signer, and its process."""
    port, log = free_port(), desk.folder / "signer.log"
    command = [sys.executable, "-m", "oracles.signer", "--daemon", "emissions"]
    options = {
        "--deployment": desk.deployments,
        "--keystore": oracle.keystore,
        "--passphrase-file": desk.folder / "passphrase.txt",
        "--port": port,
    }
    told = [str(part) for pair in options.items() for part in pair]
    with log.open("wb") as out:
        process = subprocess.Popen([*command, *told], cwd=ROOT, stdout=out, stderr=out)
    end = time.monotonic() + START_SECONDS
    while b'"ready"' not in log.read_bytes():
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}", process
    if process.poll() is None:
        process.kill()
        process.wait()


def test_a_daemon_sends_what_a_signer_signs(desk, oracle, signer):
    url, process = signer
    desk.put("a.report.json", desk.single(desk.report(4)))
    daemon = oracle.run(sends=False, further=["--signer", url])
    oracle.until(lambda: oracle.said("landed") == 1)
    assert desk.reported() == [4]

    journal = str(desk.folder / "daemon.sqlite")
    command = oracle.command("check", "--signer", url, "--journal", journal)
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert desk.people["oracle"].address in ended.stdout, ended.stdout + ended.stderr
    assert _terminated(daemon) == 0
    assert _terminated(process) == 0
    lines = (desk.folder / "signer.log").read_text().splitlines()
    signed = [json.loads(line) for line in lines if '"signed"' in line]
    assert len(signed) == 1
    assert signed[0]["to"] == desk.chain["EmissionsOracle"].address.lower()
