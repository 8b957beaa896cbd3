"""`tonne serve` as a process of its own: answers, follows, survives a dead worker, ends when it is told."""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.patience import HANGING_S
from tests.tonne.serve.test_service import trade


@pytest.fixture
def service(town, tmp_path):
    """The process and its URL."""
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<p>a page</p>")
    command = [
        *(sys.executable, "-P", "-m", "tonne.cli", "serve", "--port", "0", "--rate", "0"),
        *("--rpc", town.chain.url, "--deployments", str(town.folder), "--page", str(page)),
        *("--store", str(tmp_path / "store.duckdb"), "--audit-every", "1"),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    said = process.stdout.readline()
    url = re.search(r"http://[\d.:]+", said)
    assert url, said
    yield process, url[0]
    process.kill()
    process.wait(HANGING_S)


def _until(url, path, accept, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            found = requests.get(f"{url}/v1{path}", timeout=HANGING_S)
        except requests.ConnectionError:
            found = None
        if found is not None and found.status_code == 200 and accept(found.json()):
            return found.json()
        time.sleep(0.05)
    raise TimeoutError(found.text if found is not None else path)


def _worker(parent):
    """The one process that answers, among the children."""
    for path in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            command = path.with_name("cmdline").read_bytes()
            if f"PPid:\t{parent}\n" in path.read_text() and b"spawn_main" in command:
                return int(path.parent.name)
    raise AssertionError("no worker")


def test_it_follows_audits_and_ends(town, service):
    process, url = service
    head = town.chain.head()
    _until(url, "/head", lambda told: told["blockHash"] == head.hash)
    assert "a page" in requests.get(url, timeout=HANGING_S).text
    trade(town)
    head = town.chain.head()
    _until(url, "/head", lambda told: told["blockHash"] == head.hash)
    audited = _until(url, "/head", lambda told: told["auditedBlock"] == head.number)
    assert audited["result"]["sound"] is True
    assert len(audited["stateDigest"]) == 64

    os.kill(_worker(process.pid), signal.SIGKILL)
    _until(url, "/markets", lambda told: told["rows"])

    # An answer never waits for an acknowledgement, which takes 40 ms: of many, one is faster on any machine.
    with requests.Session() as kept:
        took = math.inf
        for _ in range(500):
            if took < 0.03:
                break
            answer = kept.get(f"{url}/v1/markets", timeout=HANGING_S)
            took = min(took, answer.elapsed.total_seconds())
    assert took < 0.03

    process.send_signal(signal.SIGTERM)
    process.wait(HANGING_S)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/v1/head", timeout=HANGING_S)


def test_workers_end_with_a_parent_that_was_killed(service):
    process, url = service
    _until(url, "/head", lambda told: told["block"] > 0)
    worker = Path(f"/proc/{_worker(process.pid)}")
    process.kill()
    process.wait(HANGING_S)
    until = time.monotonic() + HANGING_S
    while worker.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not worker.exists()
