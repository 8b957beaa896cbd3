"""`tonne serve` as a process of its own: answers, follows, survives a dead worker, ends when it is told."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

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
    process.wait(10)


def _until(url, path, accept, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            found = requests.get(f"{url}/v1{path}", timeout=60)
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
    assert "a page" in requests.get(url, timeout=60).text
    trade(town)
    head = town.chain.head()
    _until(url, "/head", lambda told: told["blockHash"] == head.hash)
    audited = _until(url, "/head", lambda told: told["auditedBlock"] == head.number)
    assert audited["result"]["sound"] is True
    assert len(audited["stateDigest"]) == 64

    os.kill(_worker(process.pid), signal.SIGKILL)
    _until(url, "/markets", lambda told: told["rows"])

    with (
        requests.Session() as kept
    ):  # an answer never waits for an acknowledgement: that takes 40 ms
        took = [
            kept.get(f"{url}/v1/markets", timeout=60).elapsed.total_seconds() for _ in range(20)
        ]
    assert min(took) < 0.03

    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    assert time.monotonic() - began < 10
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/v1/head", timeout=5)


def test_workers_end_with_a_parent_that_was_killed(service):
    process, url = service
    _until(url, "/head", lambda told: told["block"] > 0)
    worker = Path(f"/proc/{_worker(process.pid)}")
    process.kill()
    process.wait(10)
    until = time.monotonic() + 20
    while worker.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not worker.exists()
