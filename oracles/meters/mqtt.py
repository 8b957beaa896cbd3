"""Readings over MQTT: taken at least once, acknowledged only when they are in the journal.

The broker keeps the session while this end is away, retains each meter's last record, and the oracle
requests records that a gap shows to be missing. So an outage of meter, broker or oracle loses
nothing. The meter's counter identifies repeated records.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import paho.mqtt.client as paho
import structlog

from oracles.meters.intake import Arrival
from tonne.meters.mqtt import (
    REQUESTS,
    TOPIC_ROOT,
    BrokerSettings,
    client_of,
    connect,
    meter_of,
)
from tonne.meters.readings import MAX_RECORD_BYTES

log = structlog.get_logger()

#: [bytes] Of a payload that is too large for a record, so much is handed on; MQTT itself would let 256 MB in.
SHOWN_BYTES: Final = 64

#: [bytes] A message that waits counts its payload and this.
MESSAGE_BYTES: Final = 1024
#: [bytes] Room for unjudged records: of one meter, of all; and for waiting messages without acknowledgement
#: of one, of all. A faster writer loses messages that MQTT allows to be lost (QoS 0), or waits.
TURN_BYTES: Final = 2**18
TAKEN_BYTES: Final = 2**21
LOOSE_BYTES: Final = 2**21
WAITING_BYTES: Final = 2**26
#: [s] The broker is kept waiting so long for each message: less than it waits for a sign of life.
HOLD_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Message:
    """An arrival that still has to be acknowledged, on the connection that brought it."""

    arrival: Arrival
    number: int
    quality: int
    connection: int

    @property
    def bytes(self) -> int:
        """Its size in the count of waiting bytes."""
        return len(self.arrival.payload) + MESSAGE_BYTES


@dataclass(slots=True)
class _Queue:
    """What waits of one meter."""

    messages: deque[Message] = field(default_factory=deque)
    loose: int = 0  # [bytes] of those that ask for no acknowledgement

    def push(self, message: Message) -> bool:
        """Whether there is room for it."""
        if message.quality == 0:
            if self.loose >= LOOSE_BYTES:
                return False
            self.loose += message.bytes
        self.messages.append(message)
        return True

    def pop(self) -> Message:
        message = self.messages.popleft()
        if message.quality == 0:
            self.loose -= message.bytes
        return message


class MqttSource:
    """Subscribes to all meters of a broker, in a separate thread."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.settings = settings
        self.outages = 0
        self.down_since: float | None = time.time()
        self.why = "not connected yet"
        self.dropped = (
            0  # messages that asked for no acknowledgement, and for which there was no room
        )
        self._connection = 0
        self._waiting: queue.Queue[Message] = queue.Queue()
        self._turns: dict[int, _Queue] = {}  # by meter, the next turn first
        self._bytes = 0  # of all that waits
        self._lock = threading.Condition()
        self._client = client_of(settings, manual_ack=True)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def start(self) -> None:
        connect(self._client, self.settings)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def take(self, most: int, wait_s: float, known: Container[int]) -> list[Message]:
        """New messages, after a short wait for the first; meters in turns, each in its order, at most
        `TURN_BYTES` of each and `TAKEN_BYTES` of all. Topics of unknown meters share
        one turn."""
        with contextlib.suppress(queue.Empty):
            self._sort_in(self._waiting.get(timeout=0 if self._turns else wait_s), known)
            while True:
                self._sort_in(self._waiting.get_nowait(), known)
        found: list[Message] = []
        taken = 0
        room: dict[int, int] = {}
        served: dict[int, _Queue] = {}
        while self._turns and len(found) < most and taken < TAKEN_BYTES:
            meter, waiting = next(iter(self._turns.items()))
            del self._turns[meter]
            found.append(waiting.pop())
            taken += found[-1].bytes
            room[meter] = room.get(meter, TURN_BYTES) - found[-1].bytes
            if waiting.messages:  # behind the others
                (self._turns if room[meter] > 0 else served)[meter] = waiting
        self._turns |= served
        self._make_room(found)
        return found

    def _sort_in(self, message: Message, known: Container[int]) -> None:
        number = meter_of(message.arrival.topic)
        turn = self._turns.setdefault(number if number in known else 0, _Queue())
        if not turn.push(message):
            self.dropped += 1
            self._make_room([message])

    def _make_room(self, messages: Sequence[Message]) -> None:
        with self._lock:
            self._bytes -= sum(message.bytes for message in messages)
            self._lock.notify_all()

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Acknowledges messages; those of an earlier connection come again and are known then."""
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
        client.subscribe(f"{TOPIC_ROOT}/+/+", qos=1)

    def _on_subscribe(
        self, _: paho.Client, __: Any, ___: Any, codes: Any, ____: Any = None
    ) -> None:
        """The source is up once the broker delivers to it: a message before that may be lost."""
        if any(code.is_failure for code in codes):
            self.why = "the broker refuses the subscription"
            log.warning("broker_refused", reason=self.why)
            return
        self.down_since = None
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
        size = len(message.payload)
        shown = size if size <= MAX_RECORD_BYTES else SHOWN_BYTES
        arrival = Arrival(message.topic, bytes(message.payload[:shown]), size)
        arrived = Message(arrival, message.mid, message.qos, self._connection)
        with self._lock:
            if self._bytes >= WAITING_BYTES and not message.qos:
                self.dropped += 1
                return
            self._lock.wait_for(lambda: self._bytes < WAITING_BYTES, HOLD_S)
            self._bytes += arrived.bytes
        self._waiting.put(arrived)
