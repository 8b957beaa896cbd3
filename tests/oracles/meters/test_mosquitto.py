"""mosquitto in place of the broker inside: TLS with certificates at both ends, outages, a month's backlog."""

from __future__ import annotations

import datetime
import getpass
import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from oracles.meters.mqtt import MqttSource
from tonne.errors import TonneError
from tonne.meters.mqtt import BrokerSettings, client_of, connect, tls_of

needs_mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto") is None, reason="mosquitto is not installed"
)

#: Quarter-hours of a month.
MONTH = 31 * 96
PLAIN = "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"


class Authority:
    """Issues certificates of a day into a folder: NAME.pem and NAME.key."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.folder = folder
        self.path = folder / f"{name}.pem"
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        found = self._built(self._name, self._key.public_key(), is_authority=True)
        self.path.write_bytes(found.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, password: bytes | None = None) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._built(subject, key.public_key())
        paths = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        hidden = (
            serialization.NoEncryption()
            if password is None
            else serialization.BestAvailableEncryption(password)
        )
        form = serialization.PrivateFormat.PKCS8
        paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, hidden))
        return paths

    def _built(self, subject, key, is_authority=False):
        now = datetime.datetime.now(datetime.UTC)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mosquitto(folder: Path, port: int, lines: str) -> Iterator[None]:
    conf = folder / "mosquitto.conf"
    conf.write_text(f"user {getpass.getuser()}\nlistener {port} 127.0.0.1\n{lines}")
    with subprocess.Popen(["mosquitto", "-c", str(conf)], stderr=subprocess.DEVNULL) as broker:
        try:
            yield
        finally:
            broker.kill()


def until(true, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


def connects(settings: BrokerSettings) -> bool:
    """Whether a connection comes about within two seconds."""
    source = MqttSource(settings)
    source.start()
    try:
        return until(lambda: source.down_since is None, 2)
    finally:
        source.stop()


def arrived(source: MqttSource, count: int, seconds: float = 120) -> list[tuple[str, bytes]]:
    """What came, in the order in which it is judged; so much at most."""
    found: list[tuple[str, bytes]] = []
    deadline = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        messages = source.take(1_000, 0.1, range(1, 1_000))
        source.acknowledge(messages)
        found += [(m.arrival.topic, m.arrival.payload) for m in messages]
    return found


def publish(settings: BrokerSettings, messages: list[tuple[str, bytes]]) -> None:
    gateway = client_of(settings, manual_ack=False)
    gateway.max_queued_messages_set(0)
    gateway.max_inflight_messages_set(100)
    connect(gateway, settings)
    assert until(gateway.is_connected)
    sent = [gateway.publish(topic, payload, qos=1) for topic, payload in messages]
    for each in sent:
        each.wait_for_publish(60)
    assert all(each.is_published() for each in sent)
    gateway.disconnect()
    gateway.loop_stop()


@needs_mosquitto
@pytest.mark.parametrize("version", [3, 5])
def test_both_ends_show_a_certificate(tmp_path, version):
    authority, port = Authority(tmp_path), free_port()
    certificate, key = authority.issue("broker")
    mine = authority.issue("oracle")
    lines = f"cafile {authority.path}\ncertfile {certificate}\nkeyfile {key}\n"
    lines += "require_certificate true\nuse_identity_as_username true\nallow_anonymous false\n"
    stranger = Authority(tmp_path, "stranger")
    url = f"mqtts://127.0.0.1:{port}"

    def settings(name: str, *tls: Path | None) -> BrokerSettings:
        return BrokerSettings(url, name, None, None, version, *tls)

    with mosquitto(tmp_path, port, lines):
        good = settings("oracle", authority.path, *mine)
        source = MqttSource(good)
        source.start()
        try:
            assert until(lambda: source.down_since is None)
            publish(settings("gateway", authority.path, *mine), [("tonne/gas/1", b"record")])
            assert arrived(source, 1) == [("tonne/gas/1", b"record")]
        finally:
            source.stop()
        bare = settings("bare", authority.path)
        other = settings("other", stranger.path, *mine)
        unknown = settings("unknown", authority.path, *stranger.issue("impostor"))
        for bad in (bare, other, unknown):
            assert not connects(bad)


@needs_mosquitto
@pytest.mark.parametrize("version", [3, 5])
def test_a_month_s_backlog_does_not_keep_live_readings_waiting(tmp_path, version):
    """The oracle was away while one meter's gateway sent a month; the others' readings come beside it."""
    port = free_port()
    settings = BrokerSettings(f"mqtt://127.0.0.1:{port}", "oracle", version=version)
    backlog = [("tonne/electricity/1", f"{n}".encode()) for n in range(MONTH)]
    live = [(f"tonne/electricity/{meter}", b"live") for meter in range(2, 22)]
    with mosquitto(tmp_path, port, PLAIN):
        source = MqttSource(settings)
        source.start()
        assert until(lambda: source.down_since is None)
        source.stop()
        publish(BrokerSettings(settings.url, "gateway", version=version), backlog + live)
        source = MqttSource(settings)
        source.start()
        try:
            assert until(lambda: source._waiting.qsize() >= MONTH + len(live))
            found = arrived(source, MONTH + len(live))
        finally:
            source.stop()
    assert [item for item in found if item[0] == backlog[0][0]] == backlog
    assert sorted(found) == sorted(backlog + live)
    assert set(found[: len(live) + 1]) == {*live, backlog[0]}


@needs_mosquitto
@pytest.mark.parametrize("version", [3, 5])
def test_a_broker_that_was_away_is_found_again(tmp_path, version):
    port = free_port()
    settings = BrokerSettings(f"mqtt://127.0.0.1:{port}", "oracle", version=version)
    source = MqttSource(settings)
    with mosquitto(tmp_path, port, PLAIN):
        source.start()
        assert until(lambda: source.down_since is None)
    try:
        assert until(lambda: source.down_since is not None)
        with mosquitto(tmp_path, port, PLAIN):
            assert until(lambda: source.down_since is None)
            publish(
                BrokerSettings(settings.url, "gateway", version=version), [("tonne/gas/1", b"r")]
            )
            assert arrived(source, 1) == [("tonne/gas/1", b"r")]
            assert source.outages == 1
    finally:
        source.stop()


def test_files_of_tls_that_cannot_serve_are_named(tmp_path):
    authority = Authority(tmp_path)
    certificate, key = authority.issue("oracle")
    _, hidden = authority.issue("hidden", b"secret")
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    bad = [
        ("mqtts://a", (tmp_path / "none.pem", None, None), "mqtt-ca"),
        ("mqtts://a", (empty, None, None), "mqtt-ca"),
        ("mqtts://a", (authority.path, None, key), "mqtt-key"),
        ("mqtts://a", (authority.path, certificate, hidden), "mqtt-certificate"),
        ("mqtts://a", (authority.path, empty, key), "mqtt-certificate"),
        ("mqtt://a", (authority.path, None, None), "mqtt-ca"),
        ("mqtt://a", (None, certificate, key), "mqtt-certificate"),
    ]
    for url, tls, field in bad:
        with pytest.raises(TonneError) as refused:
            tls_of(BrokerSettings(url, "oracle", None, None, 3, *tls))
        assert (refused.value.code, refused.value.field) == ("METER_BROKER_TLS", field), tls
        assert refused.value.remedy
    assert tls_of(BrokerSettings("mqtts://a", "o", None, None, 3, authority.path, certificate, key))
    assert tls_of(BrokerSettings("mqtt://a", "oracle")) is None
