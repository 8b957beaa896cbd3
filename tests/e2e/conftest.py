"""A process that starts commands warm, for the tests that run many."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import warm

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@pytest.fixture(scope="session")
def program() -> Iterator[list[str]]:
    """The words that stand for `tonne` on a command line."""
    with tempfile.TemporaryDirectory(prefix="tonne-") as folder:
        path = str(Path(folder) / "warm.sock")
        serving = subprocess.Popen(
            [sys.executable, "-P", warm.__file__, "serve", path],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        try:
            _wait(path, serving)
            yield [sys.executable, "-S", "-P", warm.__file__, "run", path]
        finally:
            os.killpg(serving.pid, signal.SIGTERM)
            serving.wait(30)


def _wait(path: str, serving: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.connect(path)
            except OSError:
                assert serving.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return
