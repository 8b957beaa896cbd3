"""SIGTERM in each phase of the meter oracle, also while a call never ends: it ends, and loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles.meters.broker import EmbeddedBroker
from tests.oracles import hanging
from tests.oracles.meters.ground import QUARTER, T0
from tests.oracles.meters.process import (
    ROOT,
    WAIT_SECONDS,
    Daemon,
    free_port,
    on_chain,
    posted,
    publisher,
    total,
)

#: [s] In place of `loop.STOP_S`.
PATIENCE = 0.5

#: [s] Within which it ends; the call that hangs never does.
STOP_SECONDS = 60

SOON = [("acknowledging", "stuck")]
LATER = hanging.cases(hanging.METERS, SOON)


@pytest.fixture
def street(fleet) -> Iterator[tuple]:
    """A broker's port, and the fleet's publisher at it."""
    port = free_port()
    broker = EmbeddedBroker(port=port)
    broker.start()
    made = publisher(fleet, port)
    yield port, made
    made.stop()
    broker.stop()


def spoilt(daemons, port: int, mark: Path, point: str, how: str) -> Daemon:
    """The daemon with one call that takes long, or never ends."""
    environment = {hanging.MARK: str(mark), hanging.PATIENCE: str(PATIENCE)}
    starter = ("-m", "tests.oracles.hanging", point, how, "meters")
    return daemons("--broker", f"mqtt://127.0.0.1:{port}", starter=starter, environment=environment)


def ended(daemon: Daemon) -> float:
    """[s] until it is gone after SIGTERM."""
    since = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(WAIT_SECONDS) == 0
    return time.monotonic() - since


def stops_and_goes_on(metered, fleet, daemons, street, mark, point, how):
    """[s] until it was gone; a daemon after it brings everything once."""
    port, made = street
    metered.set_time(T0 + 2 * QUARTER + 10)
    for index in range(3):
        made.publish(index)
    daemon = spoilt(daemons, port, mark, point, how)
    daemon.until(mark.exists)
    took = ended(daemon)
    daemon = daemons("--broker", f"mqtt://127.0.0.1:{port}")
    daemon.until(lambda: posted(metered) >= 2)
    daemon.until(lambda: daemon.status()["counts"]["records"] == 3 * fleet.count)
    assert on_chain(metered) == total(fleet, 3) and posted(metered) == 2
    assert daemon.status()["meters"]["missingRecords"] == 0
    return took


@pytest.mark.parametrize(("point", "how"), SOON)
def test_a_signal_ends_it_whatever_hangs(metered, fleet, daemons, street, tmp_path, point, how):
    mark = tmp_path / "mark"
    assert stops_and_goes_on(metered, fleet, daemons, street, mark, point, how) < STOP_SECONDS


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.parametrize(("point", "how"), LATER)
def test_a_signal_ends_it_in_every_phase(metered, fleet, daemons, street, tmp_path, point, how):
    mark = tmp_path / "mark"
    assert stops_and_goes_on(metered, fleet, daemons, street, mark, point, how) < STOP_SECONDS


#: Makes the workers of a daemon, names them, and waits.
EMPLOYER = """
import os, time
from oracles.meters.workers import pool_of

if __name__ == "__main__":
    pool = pool_of(2)
    for asked in [pool.submit(time.sleep, 0.1) for _ in range(4)]:
        asked.result()
    print(*pool._processes, flush=True)
    time.sleep(600)
"""


def test_its_workers_end_with_a_daemon_that_was_killed(tmp_path):
    """They check signatures in processes of their own, which nothing else would end."""
    (tmp_path / "employer.py").write_text(EMPLOYER)
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "employer.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    ) as employer:  # fmt: skip
        workers = [int(pid) for pid in employer.stdout.readline().split()]
        assert len(workers) == 2 and all(map(alive, workers))
        employer.kill()
    until = time.monotonic() + WAIT_SECONDS
    while any(map(alive, workers)):
        assert time.monotonic() < until
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
