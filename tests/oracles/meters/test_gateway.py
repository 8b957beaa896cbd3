"""A gateway between a P1 port and a broker: outages, a gateway killed, records asked for again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess

import pytest

from oracles.meters.mqtt import MqttSource
from tests.oracles.meters.test_mosquitto import (
    PLAIN,
    Authority,
    arrived,
    free_port,
    mosquitto,
    needs_mosquitto,
    until,
)
from tests.tonne.meters.test_p1 import AT, telegram
from tonne.cli import main
from tonne.meters.gateway import Gateway, GatewayBook, GatewayMeter, GatewaySender, make_key
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.readings import parse_own
from tonne.paths import HOME


def started(folder, port, *options) -> subprocess.Popen:
    command = [str(HOME / "bin" / "tonne"), "meters", "gateway", "--json"]
    command += ["--meter", "17", "--key", str(folder / "gateway.pem"), "--folder", str(folder)]
    command += ["--broker", f"mqtt://127.0.0.1:{port}", *options]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, cwd=HOME, env=dict(os.environ), **pipes)


def put(process: subprocess.Popen, quarter: int) -> None:
    process.stdin.write(telegram(AT + 900 * quarter, 1_234_567 + quarter))
    process.stdin.flush()


def numbers(found) -> list[int]:
    return [parse_own(raw)[0].sequence for _, raw in found]


@needs_mosquitto
@pytest.mark.parametrize("version", [3, 5])
def test_nothing_is_lost_by_a_broker_that_is_away_and_a_gateway_that_is_killed(tmp_path, version):
    make_key(tmp_path / "gateway.pem")
    port = free_port()
    book = tmp_path / "signed.sqlite"
    first = started(tmp_path, port, "--mqtt-version", str(version))
    for quarter in range(3):
        put(first, quarter)  # there is no broker yet
    assert until(lambda: book.exists() and kept(book) == 3)
    first.send_signal(signal.SIGKILL)
    first.wait()
    source = MqttSource(BrokerSettings(f"mqtt://127.0.0.1:{port}", "oracle", version=version))
    with mosquitto(tmp_path, port, PLAIN):
        source.start()
        try:
            assert until(lambda: source.down_since is None)
            second = started(tmp_path, port, "--mqtt-version", str(version))
            ((topic, raw),) = arrived(source, 1)  # the last one of before the kill
            assert (topic, numbers([(topic, raw)])) == ("tonne/electricity/17", [3])
            put(second, 3)
            assert numbers(arrived(source, 1)) == [4]
            source.request([(17, 1, 2)])
            assert numbers(arrived(source, 2)) == [1, 2]
            second.stdin.close()
            said = json.loads(second.stdout.read())
            assert (said["signed"], said["sentAgain"], said["waiting"]) == (1, 2, 0)
            assert second.wait() == 0
        finally:
            source.stop()


@needs_mosquitto
def test_a_broker_that_cannot_be_trusted_is_told_with_the_reason_and_what_is_untaken_ends_with_1(
    tmp_path, monkeypatch, capsys
):
    authority, port = Authority(tmp_path), free_port()
    certificate, key = authority.issue("broker")
    make_key(tmp_path / "gateway.pem")
    (tmp_path / "port.p1").write_bytes(telegram(AT) + telegram(AT + 900, 1_234_600))
    stop = GatewaySender.stop
    monkeypatch.setattr(GatewaySender, "stop", lambda self: stop(self, 5))
    command = [
        "meters",
        "gateway",
        "--json",
        "--key",
        str(tmp_path / "gateway.pem"),
        "--meter",
        "17",
    ]
    command += ["--port", str(tmp_path / "port.p1"), "--broker", f"mqtts://127.0.0.1:{port}"]

    def ended(name: str, *options: str) -> tuple[int, dict, str]:
        with pytest.raises(SystemExit) as code:
            main([*command, "--folder", str(tmp_path / name), *options])
        told = capsys.readouterr()
        return code.value.code, json.loads(told.out), told.err

    lines = f"certfile {certificate}\nkeyfile {key}\n" + PLAIN
    with mosquitto(tmp_path, port, lines):
        assert until(lambda: listens(port))
        code, said, warned = ended("without")
        assert (code, said["signed"], said["waiting"]) == (1, 2, 2)
        assert said["reason"] in warned and "certificate" in said["reason"]
        assert warned.count("METER_BROKER_DOWN") == 1
        code, said, warned = ended("with", "--mqtt-ca", str(authority.path))
        assert (code, said["waiting"], said["reason"], warned) == (0, 0, "", "")
    code, said, warned = ended("nowhere")
    assert (code, said["waiting"]) == (1, 2)
    assert "refused" in warned


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def kept(path) -> int:
    book = GatewayBook(path)
    try:
        return len(book.between(17, 1, 99))
    finally:
        book.close()


@needs_mosquitto
def test_another_meter_s_request_is_not_answered(tmp_path):
    port = free_port()
    meters = [GatewayMeter(17)]
    book = GatewayBook(tmp_path / "book.sqlite")
    book.add(17, 1, AT, b"one")
    settings = BrokerSettings(f"mqtt://127.0.0.1:{port}", "gateway")
    source = MqttSource(BrokerSettings(settings.url, "oracle"))
    sender = GatewaySender(meters, book, settings)
    with mosquitto(tmp_path, port, PLAIN):
        source.start()
        sender.start()
        try:
            assert [raw for _, raw in arrived(source, 1)] == [b"one"]
            source.request([(18, 1, 9)])
            source.request([(17, 1, 9)])
            assert [raw for _, raw in arrived(source, 1)] == [b"one"]
            assert sender.again == 1
        finally:
            sender.stop()
            source.stop()
            book.close()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--meter", "x"], "METER_GATEWAY_METER"),
        (["--meter", "18=hydrogen"], "METER_GATEWAY_METER"),
        (["--wh-per-m3", "0"], "METER_GATEWAY_CALORIFIC"),
        (["--wh-per-m3", "nan"], "METER_GATEWAY_CALORIFIC"),
        (["--port", "/nowhere"], "METER_GATEWAY_PORT"),
        (["--key", "/nowhere"], "METER_GATEWAY_KEY"),
    ],
)
def test_options_that_cannot_serve_are_named(tmp_path, capsys, options, code):
    make_key(tmp_path / "gateway.pem")
    command = ["meters", "gateway", "--meter", "17", "--key", str(tmp_path / "gateway.pem")]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--folder", str(tmp_path), *options])
    assert ended.value.code
    assert code in capsys.readouterr().err


def test_a_gateway_signs_nothing_older_than_it_signed(tmp_path):
    from tests.tonne.meters.test_gateway import signed
    from tonne.meters.gateway import read_key

    make_key(tmp_path / "gateway.pem")
    book = GatewayBook(tmp_path / "book.sqlite")
    gateway = Gateway(read_key(tmp_path / "gateway.pem"), [GatewayMeter(17)], book, 900)
    assert len(signed(gateway, telegram(AT + 900) + telegram(AT))) == 1
    book.close()
