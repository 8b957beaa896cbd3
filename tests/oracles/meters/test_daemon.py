"""The daemon as a real process with its own broker: killed in the middle, cut off for an hour, asked."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from oracles.meters.broker import EmbeddedBroker
from tests.oracles.meters.ground import NOTARY, QUARTER, T0
from tests.oracles.meters.process import (
    PASSPHRASE,
    ROOT,
    free_port,
    on_chain,
    posted,
    posts_an_interval,
    publisher,
    total,
)


def test_readings_go_from_the_street_to_the_chain_though_the_daemon_is_killed(
    metered, fleet, daemons
):
    port = free_port()
    metered.set_time(T0 + 2 * QUARTER + 10)
    broker = EmbeddedBroker(port=port)
    broker.start()
    street = publisher(fleet, port)
    options = ("--broker", f"mqtt://127.0.0.1:{port}")
    daemon = daemons(*options)
    daemon.until(lambda: daemon.status().get("broker", {}).get("connected", False))
    for index in range(3):
        street.publish(index)
    daemon.until(lambda: posted(metered) >= 1)
    daemon.kill()
    metered.set_time(T0 + 8 * QUARTER + 10)
    for index in range(3, 9):
        street.publish(index)
    daemon = daemons(*options)
    daemon.until(lambda: posted(metered) >= 8)
    daemon.until(lambda: daemon.status()["counts"]["records"] == 9 * fleet.count)
    assert on_chain(metered) == total(fleet, 9)
    assert posted(metered) == 8
    assert daemon.stop() == 0
    status = daemon.status()
    assert status["meters"] == {"registered": 6, "heard": 6, "missingRecords": 0}
    assert {i["code"] for i in status["incidents"]} <= {"METER_REPEATED", "METER_SKIPPED"}
    assert PASSPHRASE not in daemon.log() and NOTARY.key.hex() not in daemon.log()
    assert street.stop() == 0
    broker.stop()


@pytest.mark.long
def test_a_broker_that_was_away_for_an_hour_loses_and_doubles_nothing(metered, fleet, daemons):
    """Its memory is gone, too: what was on the way is found missing by the counter and asked for."""
    port = free_port()
    broker = subprocess.Popen([sys.executable, "-c", BROKER, str(port)], cwd=ROOT)
    try:
        street = publisher(fleet, port)
        daemon = daemons("--broker", f"mqtt://127.0.0.1:{port}")
        metered.set_time(T0 + QUARTER + 10)
        daemon.until(lambda: daemon.status().get("broker", {}).get("connected", False))
        for index in (0, 1):
            street.publish(index)
        daemon.until(lambda: posted(metered) >= 1)
        broker.kill()
        broker.wait()
        daemon.until(lambda: not daemon.status()["broker"]["connected"])
        assert daemon.status()["broker"]["code"] == "METER_BROKER_DOWN"
        for index in range(2, 6):
            street.publish(index)
        metered.set_time(T0 + 5 * QUARTER + 10)
        broker = subprocess.Popen([sys.executable, "-c", BROKER, str(port)], cwd=ROOT)
        daemon.until(lambda: daemon.status()["counts"]["records"] == 6 * fleet.count)
        daemon.until(lambda: posted(metered) >= 5)
        assert on_chain(metered) == total(fleet, 6)
        assert street.stop() == 0
        daemon.stop()
        status = daemon.status()
        assert status["meters"]["missingRecords"] == 0
        codes = {
            item["code"]: item["count"] for item in status["incidents"] if item["meter"] is None
        }
        assert codes == {"METER_BROKER_DOWN": 1}
    finally:
        broker.kill()
        broker.wait()


BROKER = """
import sys, time
from oracles.meters.broker import EmbeddedBroker
EmbeddedBroker(port=int(sys.argv[1])).start()
time.sleep(600)
"""


def test_a_daemon_without_a_broker_opens_one(metered, fleet, daemons):
    port = free_port()
    metered.set_time(T0 + QUARTER + 10)
    posts_an_interval(metered, fleet, daemons("--broker-port", str(port)), port)


@pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed")
@pytest.mark.parametrize("version", [3, 5])
def test_mosquitto_serves_as_well(metered, fleet, daemons, version, tmp_path):
    port = free_port()
    (tmp_path / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with subprocess.Popen(["mosquitto", "-c", str(tmp_path / "mosquitto.conf")]) as broker:
        try:
            metered.set_time(T0 + QUARTER + 10)
            options = ("--broker", f"mqtt://127.0.0.1:{port}", "--mqtt-version", str(version))
            daemon = daemons(*options)
            daemon.until(lambda: daemon.status().get("broker", {}).get("connected", False))
            street = publisher(fleet, port, version)
            for index in (0, 1):
                street.publish(index)
            daemon.until(lambda: posted(metered) == 1)
            assert on_chain(metered) == total(fleet, 2)
            street.stop()
        finally:
            broker.kill()
