"""Readings over MQTT: taken at least once, acknowledged only when they are in the journal.

The session is kept by the broker while this end is away, each meter's last record is retained, and
records that a gap shows to be missing are asked for again; so an outage of any of the three (meter,
broker, oracle) loses nothing. What comes twice is told by the meter's counter.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as paho
import structlog

from oracles.meters.intake import Arrival
from tonne.meters.mqtt import REQUESTS, TOPIC_ROOT, BrokerSettings, client_of, connect

log = structlog.get_logger()

#: A payload beyond this is not even handed on; MQTT itself would let 256 MB in.
MAX_SHOWN: Final = 2**17


@dataclass(frozen=True, slots=True)
class Message:
    """An arrival that still has to be acknowledged, on the connection that brought it."""

    arrival: Arrival
    number: int
    quality: int
    connection: int


class MqttSource:
    """Subscribes to all meters of a broker, in a thread of its own."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.settings = settings
        self.outages = 0
        self.down_since: float | None = time.time()
        self.why = "not connected yet"
        self._connection = 0
        self._waiting: queue.Queue[Message] = queue.Queue()
        self._turns: dict[str, deque[Message]] = {}  # by topic, the one whose turn it is first
        self._lock = threading.Lock()
        self._client = client_of(settings, manual_ack=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def start(self) -> None:
        connect(self._client, self.settings)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def take(self, most: int, wait_s: float) -> list[Message]:
        """What has arrived, waiting a moment for the first; the meters in turns, each in its order."""
        with contextlib.suppress(queue.Empty):
            self._sort_in(self._waiting.get(timeout=0 if self._turns else wait_s))
            while True:
                self._sort_in(self._waiting.get_nowait())
        found: list[Message] = []
        while self._turns and len(found) < most:
            topic, messages = next(iter(self._turns.items()))
            found.append(messages.popleft())
            del self._turns[topic]
            if messages:
                self._turns[topic] = messages  # behind the others
        return found

    def _sort_in(self, message: Message) -> None:
        self._turns.setdefault(message.arrival.topic, deque()).append(message)

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tells the broker; what came over an earlier connection comes again, and is known then."""
        with self._lock:
            for message in messages:
                if message.quality > 0 and message.connection == self._connection:
                    self._client.ack(message.number, message.quality)

    def request(self, gaps: Sequence[tuple[int, int, int]]) -> None:
        """Asks for records that have not come."""
        for meter, first, last in gaps:
            self._client.publish(f"{REQUESTS}/{meter}", f"{first}-{last}".encode(), qos=1)

    def _on_connect(self, client: paho.Client, _: Any, __: Any, code: Any, ___: Any = None) -> None:
        if code.is_failure:
            self.why = str(code)
            log.warning("broker_refused", reason=self.why)
            return
        with self._lock:
            self._connection += 1
        self.down_since = None
        client.subscribe(f"{TOPIC_ROOT}/+/+", qos=1)
        log.info("broker_connected", url=self.settings.url)

    def _on_disconnect(
        self, _: paho.Client, __: Any, ___: Any, code: Any, ____: Any = None
    ) -> None:
        with self._lock:
            self._connection += 1
        if self.down_since is None:
            self.down_since = time.time()
            self.outages += 1
        self.why = str(code)
        log.warning("broker_lost", reason=self.why)

    def _on_message(self, _: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        payload = bytes(message.payload[:MAX_SHOWN])
        arrival = Arrival(message.topic, payload, len(message.payload))
        self._waiting.put(Message(arrival, message.mid, message.qos, self._connection))
