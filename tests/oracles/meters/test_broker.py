"""The broker inside the daemon: what it has acknowledged, it passes on."""

from __future__ import annotations

import asyncio
import gc
import socket
import time

import pytest

from oracles.meters.__main__ import client_name
from oracles.meters.broker import EmbeddedBroker
from oracles.meters.journal import MeterJournal
from oracles.meters.mqtt import MqttSource
from tests.patience import HANGING_S
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
    deadline = time.monotonic() + HANGING_S
    while source.down_since is not None or not gateway.is_connected():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    sent = [
        gateway.publish(f"tonne/gas/{number}", b"record", qos=1, retain=True)
        for number in range(1, RECORDS + 1)
    ]
    for each in sent:
        each.wait_for_publish(HANGING_S)
    gateway.disconnect()

    arrived: set[str] = set()
    while len(arrived) < RECORDS and time.monotonic() < deadline:
        messages = source.take(RECORDS, 0.1, range(1, RECORDS + 1))
        source.acknowledge(messages)
        arrived |= {message.arrival.topic for message in messages}
    gateway.loop_stop()
    source.stop()
    assert len(arrived) == RECORDS


@pytest.mark.parametrize("error, told", [(TimeoutError, False), (KeyError, True)])
def test_a_message_that_was_given_up_fills_no_log_and_other_errors_are_told(
    broker, caplog, error, told
):
    async def fails():
        raise error

    async def in_a_task():
        asyncio.get_running_loop().create_task(fails())
        await asyncio.sleep(0.01)
        gc.collect()

    broker._in_loop(in_a_task(), 5)
    assert ("never retrieved" in caplog.text) == told


def test_two_oracles_of_one_contract_stay_beside_each_other_at_a_broker(broker, tmp_path):
    contract = "0x" + "A1" * 20
    journals = [MeterJournal(tmp_path / f"{number}.sqlite") for number in range(2)]
    names = [client_name(contract, number, j.secret) for number in (0, 1) for j in journals]
    assert len(set(names)) == 4
    assert not any(j.secret.hex()[:8] in name for j in journals for name in names)
    again = MeterJournal(journals[0].path, reads=True).secret
    assert client_name(contract, 1, again) == names[2]  # a session is found again
    sources = [MqttSource(BrokerSettings(broker.url, name)) for name in names]
    for source in sources:
        source.start()
    try:
        deadline = time.monotonic() + HANGING_S
        while any(source.down_since for source in sources) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        assert [(source.down_since, source.outages) for source in sources] == [(None, 0)] * 4
    finally:
        for source in sources:
            source.stop()
