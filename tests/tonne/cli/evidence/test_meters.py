"""`tonne meters` and `tonne energy` from the shell."""

from __future__ import annotations

import json
import socket
import time

import pytest

from oracles.meters.broker import EmbeddedBroker
from oracles.meters.mqtt import MqttSource
from tests.patience import HANGING_S
from tonne.cli import main
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.simulated_fleet import MeterFleet, meters

OWNER = Account.from_seed("fleet")
STATUS = {
    "written": 1_780_300_000,
    "chainTime": 1_780_300_000,
    "broker": {
        "url": "mqtt://127.0.0.1:1883",
        "connected": False,
        "downSince": 1_780_299_000,
        "outages": 1,
        "code": "METER_BROKER_DOWN",
    },
    "counts": {"records": 1200, "set_aside": 2},
    "transactions": {"final": 3},
    "challenges": 1,
    "nodes": [
        {
            "node": 1,
            "carrier": "gas",
            "meters": 4,
            "open": 9,
            "posted": 8,
            "firstOpen": 1_780_264_800,
        }
    ],
    "meters": {"registered": 4, "heard": 3, "missingRecords": 5},
    "incidents": [
        {
            "code": "METER_SKIPPED",
            "meter": 17,
            "count": 2,
            "lastAt": 1_780_290_000,
            "reason": "Records 2 to 3 have not come.",
        }
    ],
}


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    """Tables are as wide as the terminal."""
    monkeypatch.setattr("tonne.cli.core.output.console.width", 200)


def ran(capsys, *arguments) -> str:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert not ended.value.code
    return capsys.readouterr().out


def test_status_says_what_was_refused_and_that_the_broker_is_away(tmp_path, capsys):
    (tmp_path / "status.json").write_text(json.dumps(STATUS))
    out = ran(capsys, "meters", "status", "--folder", tmp_path)
    for word in ("METER_BROKER_DOWN", "METER_SKIPPED", "17", "1,200 records", "5 missing", "gas"):
        assert word in out
    assert json.loads(ran(capsys, "meters", "status", "--folder", tmp_path, "--json")) == STATUS


def test_status_without_an_oracle_says_how_to_start_one(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["meters", "status", "--folder", str(tmp_path)])
    assert "METER_NO_ORACLE" in capsys.readouterr().err


@pytest.fixture
def fleet(tmp_path):
    made = MeterFleet(node=1, first=11, count=4, seed=7, since=1_780_264_800, interval_s=900)
    made.write(tmp_path / "fleet.json")
    keystore.write(tmp_path / "keys.json", OWNER, "secret", keystore.WEAK)
    (tmp_path / "pass.txt").write_text("secret\n")
    return made


def test_a_simulated_fleet_publishes_what_its_meters_sign(fleet, tmp_path, capsys):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    broker = EmbeddedBroker(port=port)
    broker.start()
    source = MqttSource(BrokerSettings(f"mqtt://127.0.0.1:{port}", "listener"))
    source.start()
    deadline = time.monotonic() + HANGING_S
    while source.down_since is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    options = ["--fleet", tmp_path / "fleet.json", "--fleet-keystore", tmp_path / "keys.json"]
    options += ["--fleet-passphrase-file", tmp_path / "pass.txt"]
    options += ["--broker", f"mqtt://127.0.0.1:{port}", "--count", 3]
    out = ran(capsys, "meters", "simulate", *options, "--json")
    out = out[out.index("{") :]  # the listener beside it says that it is connected
    assert json.loads(out) == {"intervals": 3, "records": 12, "sentAgain": 0}
    got = {}
    while len(got) < 12 and time.monotonic() < deadline:
        found = source.take(100, 0.2, range(1, 10))
        source.acknowledge(found)
        got |= {m.arrival.payload: m.arrival.topic for m in found}
    source.stop()
    broker.stop()
    wanted = {
        meter.record(index): f"tonne/electricity/{meter.number}"
        for meter in meters(fleet, OWNER)
        for index in range(3)
    }
    assert got == wanted


@pytest.mark.parametrize(
    "url", ["http://a", "mqtt://", "mqtt://user:word@host", "mqtt://host:x", "mqtt://host/path"]
)
def test_an_address_that_is_none_is_refused_and_no_password_is_shown(fleet, tmp_path, capsys, url):
    options = ["--fleet", tmp_path / "fleet.json", "--fleet-keystore", tmp_path / "keys.json"]
    options += ["--fleet-passphrase-file", tmp_path / "pass.txt", "--broker", url]
    with pytest.raises(SystemExit):
        main([str(o) for o in ("meters", "simulate", *options)])
    told = capsys.readouterr().err
    assert "METER_BROKER_URL" in told
    assert "word" not in told.replace("password", "")


def test_the_bench_prints_rates_roots_and_gas(capsys):
    options = ("--meters", 500, "--signatures", 20, "--workers", 1, "--json")
    data = json.loads(ran(capsys, "energy", "bench", *options))
    assert set(data["verifiedPerSecond"]) == {"p256", "secp256k1"}
    assert data["root"]["meters"] == 500
    assert set(data["gasPerReading"]) == {"root", "calldata", "stored again", "stored new"}
