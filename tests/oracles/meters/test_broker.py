"""The broker inside the daemon: what it has acknowledged, it passes on."""

from __future__ import annotations

import socket
import time

import pytest

from oracles.meters.broker import EmbeddedBroker
from oracles.meters.mqtt import MqttSource
from tonne.meters.mqtt import BrokerSettings, client_of, connect

RECORDS = 400


@pytest.fixture
def broker():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = EmbeddedBroker(port=port)
    running.start()
    yield running
    running.stop()


def test_what_a_sender_left_behind_arrives(broker):
    """A gateway hangs up as soon as all it sent was acknowledged."""
    source = MqttSource(BrokerSettings(broker.url, "oracle"))
    source.start()
    gateway = client_of(BrokerSettings(broker.url, "gateway"), manual_ack=False)
    gateway.max_inflight_messages_set(RECORDS)
    connect(gateway, BrokerSettings(broker.url, "gateway"))
    deadline = time.monotonic() + 20
    while source.down_since is not None or not gateway.is_connected():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    sent = [
        gateway.publish(f"tonne/gas/{number}", b"record", qos=1, retain=True)
        for number in range(1, RECORDS + 1)
    ]
    for each in sent:
        each.wait_for_publish(20)
    gateway.disconnect()

    arrived: set[str] = set()
    while len(arrived) < RECORDS and time.monotonic() < deadline:
        messages = source.take(RECORDS, 0.1)
        source.acknowledge(messages)
        arrived |= {message.arrival.topic for message in messages}
    gateway.loop_stop()
    source.stop()
    assert len(arrived) == RECORDS
