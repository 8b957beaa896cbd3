"""The first hour of docs/oracle.md, line by line as it stands, on a machine with this folder alone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.oracles.emissions.process import ROOT, WAIT_SECONDS

BLOCK = re.compile(r"^## First hour\n.*?^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    (block,) = BLOCK.findall((ROOT / "docs" / "oracle.md").read_text())
    return block.replace("\\\n", " ").splitlines()


@pytest.mark.long
@pytest.mark.nightly
def test_each_line_does_what_it_says(desk, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    setup, *others, last = [
        line.replace("URL", desk.chain.rpc.url)
        .replace("deployments/CHAINID.json", str(desk.deployments))
        .replace(".venv/bin/python", sys.executable)
        .replace("tonne keystore", f"{sys.executable} -m tonne.cli keystore")
        for line in commands()
    ]
    assert setup.startswith("make setup") and len(others) == 3
    for line in others:
        done = subprocess.run(
            line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True,
            timeout=WAIT_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert "FAIL" not in done.stdout and done.stdout.count("ok  ") > 8

    desk.folder = tmp_path
    desk.put("a.report.json", desk.single(desk.report(4)))
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            f"exec {last}", shell=True, cwd=tmp_path, env=environment, stdout=log, stderr=log
        )
    until = time.monotonic() + WAIT_SECONDS
    while not desk.reported():
        assert running.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    assert running.wait(WAIT_SECONDS) == 0
    assert desk.reported() == [4]
