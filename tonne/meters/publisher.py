"""Publishes a simulated fleet's records over MQTT, as gateways of real meters would: each retained, sent
until the broker has it, and again when the oracle asks."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import paho.mqtt.client as paho

from tonne.errors import TonneError
from tonne.meters.mqtt import REQUESTS, BrokerSettings, client_of, connect, topic_of
from tonne.meters.simulated_fleet import SigningMeter

_RANGE: Final = re.compile(rb"([0-9]{1,9})-([0-9]{1,9})")

#: Records that are sent again for one request.
MOST_AGAIN: Final = 10_000

#: [s] How long it waits for a broker that is not there.
CONNECT_S: Final = 20


class Publisher:
    """A fleet's gateway. Messages for an absent broker wait until it is back."""

    def __init__(self, fleet: Sequence[SigningMeter], settings: BrokerSettings) -> None:
        self._meters = {meter.number: meter for meter in fleet}
        self._settings = settings
        self._last: int | None = None
        self._lock = threading.Lock()
        self._given = self._taken = 0  # records handed to the client, and taken by the broker
        self._ready = threading.Event()
        self._client = client_of(settings, manual_ack=False)
        self._client.max_queued_messages_set(0)  # no bound: nothing is thrown away
        self._client.max_inflight_messages_set(100)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_request
        self._client.on_publish = self._on_publish
        self.again = 0

    def start(self) -> None:
        connect(self._client, self._settings)
        if not self._ready.wait(CONNECT_S):
            self._client.loop_stop()
            raise TonneError(
                "METER_BROKER_DOWN",
                "The broker does not answer.",
                field="broker",
                value=self._settings.url,
                remedy="`tonne meters run` opens one, if it is not told of another.",
            )

    def publish(self, index: int, without: Collection[int] = ()) -> None:
        """Record `index` of every meter but some, which are silent; the oracle will ask for theirs."""
        self._last = index
        for meter in self._meters.values():
            if meter.number not in without:
                self._send(meter, index)

    def stop(self, seconds: float = 30) -> int:
        """Waits until the broker has everything; returns how many it has not taken by then."""
        deadline = time.monotonic() + seconds
        while self._unsent() and time.monotonic() < deadline:
            time.sleep(0.02)
        left = self._unsent()
        self._client.disconnect()
        self._client.loop_stop()
        return left

    def _unsent(self) -> int:
        with self._lock:
            return self._given - self._taken

    def _send(self, meter: SigningMeter, index: int, retain: bool = True) -> None:
        with self._lock:
            self._given += 1
        topic = topic_of(meter.carrier, meter.number)
        # Without a connection it waits in the client, and goes out when there is one again.
        self._client.publish(topic, meter.record(index), qos=1, retain=retain)

    def _on_publish(self, *_: Any) -> None:
        with self._lock:
            self._taken += 1

    def _on_connect(self, client: paho.Client, _: Any, __: Any, code: Any, ___: Any = None) -> None:
        if code.is_failure:
            return
        client.subscribe(f"{REQUESTS}/+", qos=1)
        # A broker that lost its memory has no last record of any meter: the oracle sees gaps by it.
        if self._ready.is_set() and self._last is not None:
            for meter in self._meters.values():
                self._send(meter, self._last)
        self._ready.set()

    def _on_request(self, _: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        asked = requested(message)
        meter = self._meters.get(asked[0]) if asked else None
        if asked is None or meter is None or self._last is None:
            return
        for sequence in range(max(asked[1], 1), min(asked[2], self._last + 1) + 1):
            self._send(meter, sequence - 1, retain=False)
            self.again += 1


def requested(message: paho.MQTTMessage) -> tuple[int, int, int] | None:
    """(meter, first, last) of a request for at most `MOST_AGAIN` records; None of another message."""
    number = message.topic.rpartition("/")[2]
    wanted = _RANGE.fullmatch(message.payload)
    if wanted is None or not (number.isascii() and number.isdecimal() and len(number) <= 10):
        return None
    first, last = int(wanted[1]), int(wanted[2])
    return int(number), first, min(last, first + MOST_AGAIN - 1)


def run(
    publisher: Publisher,
    indices: range,
    rest_s: float,
    stop: threading.Event,
    before: Callable[[int], None] = lambda _: None,
) -> int:
    """Publishes interval after interval, `rest_s` apart; `before(index)` may move a test chain's clock.
    Returns how many intervals went out."""
    done = 0
    due = time.monotonic()
    for index in indices:
        if stop.is_set():
            break
        before(index)
        publisher.publish(index)
        done += 1
        due += rest_s
        stop.wait(max(due - time.monotonic(), 0))
    return done
