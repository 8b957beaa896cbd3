"""SIGTERM in each phase of the meter oracle, also while a call never ends: it is soon gone, and loses nothing."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles.meters.broker import EmbeddedBroker
from tests.oracles import hanging
from tests.oracles.meters.ground import QUARTER, T0
from tests.oracles.meters.test_daemon import (  # noqa: F401
    ROOT,
    Daemon,
    daemons,
    fleet,
    free_port,
    on_chain,
    posted,
    publisher,
    total,
)

#: [s] In place of `loop.STOP_S`.
PATIENCE = 0.5
STOP_SECONDS = 10

SOON = [("acknowledging", "stuck")]
ALL = [(point, how) for point in hanging.METERS for how in hanging.WAYS]


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
    assert daemon.process.wait(STOP_SECONDS) == 0
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
    assert stops_and_goes_on(metered, fleet, daemons, street, mark, point, how) < PATIENCE + 3


@pytest.mark.long
@pytest.mark.parametrize(("point", "how"), [case for case in ALL if case not in SOON])
def test_a_signal_ends_it_in_every_phase(metered, fleet, daemons, street, tmp_path, point, how):
    mark = tmp_path / "mark"
    assert stops_and_goes_on(metered, fleet, daemons, street, mark, point, how) < PATIENCE + 3


@pytest.mark.parametrize("how", ["kill", "cut short"])
def test_its_workers_end_with_it(metered, fleet, daemons, street, tmp_path, how):
    """They check signatures in processes of their own, which nothing else would end."""
    port, made = street
    mark = tmp_path / "mark"
    environment = {hanging.MARK: str(mark), hanging.PATIENCE: str(PATIENCE)}
    starter = ("-m", "tests.oracles.hanging", "acknowledging", "stuck", "meters")
    options = ("--broker", f"mqtt://127.0.0.1:{port}", "--workers", "2")
    metered.set_time(T0 + 2 * QUARTER + 10)
    daemon = daemons(*options, starter=starter, environment=environment)
    for index in range(3):
        made.publish(index)
    daemon.until(mark.exists)
    workers = children(daemon.process.pid)
    assert workers
    if how == "kill":
        daemon.kill()
    else:
        ended(daemon)
    until = time.monotonic() + 5
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < until, subprocess.run(
            ["ps", "-o", "pid,args", "-p", ",".join(map(str, workers))], capture_output=True
        ).stdout
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def alive(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


