"""A full disk: no reading is acknowledged before it is kept, and all go on when there is room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from oracles.runtime.loop import CycleResult
from tests.full_disk import KINDS, SmallDisk
from tests.oracles.meters.ground import OWNER, QUARTER, T0, Desk, register
from tonne.meters.simulated_fleet import MeterFleet, meters


@pytest.fixture(params=KINDS)
def disk(request, tmp_path) -> Iterator[SmallDisk]:
    with KINDS[request.param](tmp_path / "disk") as small:
        yield small


@pytest.fixture
def sits(metered, disk) -> Iterator[Desk]:
    """A desk whose folder is on the disk."""
    fleet = MeterFleet(node=1, first=1, count=4, seed=7, since=T0, interval_s=QUARTER)
    register(metered, fleet)
    made = Desk(metered, disk.path, fleet)
    yield made
    made.journal.close()


@pytest.mark.parametrize("before", [0, 1, 2])
def test_what_is_acknowledged_is_kept_and_all_goes_on_when_there_is_room(sits, disk, before):
    sits.at(2 * QUARTER + 10)
    for index in range(3):
        sits.send(index)
    cycle = sits.cycle
    for _ in range(before):
        cycle()
    disk.full(0)
    with capture_logs() as said:
        results = [cycle() for _ in range(3)]
    assert sits.journal.counts()["records"] >= len(sits.wire.acknowledged)
    disk.room()
    failed = {line["code"] for line in said if line["event"] == "phase_failed"}
    assert failed and failed <= {"ORACLE_JOURNAL_UNWRITABLE", "ORACLE_FILE"}
    assert CycleResult.ERROR in results
    for _ in range(20):
        cycle()
    assert len(sits.wire.acknowledged) == sits.journal.counts()["records"] == 3 * sits.fleet.count
    posted = sits.chain.logs("MeterOracle", "IntervalPosted")
    assert [event["run"] for event in posted] == [1, 1]
    energy = sum(event["sums"] & (1 << 47) - 1 for event in posted)
    assert energy == sum(m.registers(2)[0] for m in meters(sits.fleet, OWNER))
