"""What every gateway does with its meters' records: publishes each retained, sends it until the broker has
it, and again when the oracle asks."""

from __future__ import annotations

import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar

import paho.mqtt.client as paho

from tonne.meters.mqtt import REQUESTS, BrokerSettings, client_of, connect, on_failure, topic_of
from tonne.meters.readings import Carrier

_RANGE: Final = re.compile(rb"([0-9]{1,9})-([0-9]{1,9})")

#: Records that are sent again for one request.
MOST_AGAIN: Final = 10_000


class PublishedMeter(Protocol):
    """A meter whose records are published: its topic is of its carrier and its number."""

    @property
    def number(self) -> int: ...

    @property
    def carrier(self) -> Carrier: ...


M = TypeVar("M", bound=PublishedMeter)


class RecordPublisher(ABC, Generic[M]):
    """A client of the broker for some meters' records. Without a broker they wait until it is back.

    `again` counts the records that were sent again because the oracle asked; `reason` is why there is no
    connection, empty where there is one.
    """

    def __init__(self, meters: Sequence[M], settings: BrokerSettings) -> None:
        self._meters = {meter.number: meter for meter in meters}
        self._settings = settings
        self._lock = threading.Lock()
        self._given = self._taken = 0  # records handed to the client, and taken by the broker
        self.again = 0
        self.reason = ""
        self._client = client_of(settings, manual_ack=False)
        self._client.max_queued_messages_set(0)  # no bound: nothing is thrown away
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        on_failure(self._client, self._failed)
        self._client.on_message = self._on_request
        self._client.on_publish = self._on_publish

    def start(self) -> None:
        """Begins to connect; the client's own thread goes on trying."""
        connect(self._client, self._settings)

    def send(self, meter: M, raw: bytes, retain: bool = True) -> None:
        """Hands a record to the client, in which it waits for a connection where there is none."""
        with self._lock:
            self._given += 1
        self._client.publish(topic_of(meter.carrier, meter.number), raw, qos=1, retain=retain)

    def stop(self, seconds: float = 30) -> int:
        """Waits `seconds` at most until the broker has all; returns how many it has not taken by then."""
        deadline = time.monotonic() + seconds
        while self._unsent() and time.monotonic() < deadline:
            time.sleep(0.02)
        left = self._unsent()
        self._client.disconnect()
        self._client.loop_stop()
        return left

    @abstractmethod
    def _connected(self) -> None:
        """A connection is there, the first or another, and requests are subscribed to."""

    @abstractmethod
    def _kept(self, meter: M, first: int, last: int) -> Iterable[bytes]:
        """Those of a meter's records `first` to `last` that can be sent again."""

    def _failed(self, reason: str) -> None:
        """There is no connection, time and again; in the client's thread."""
        self.reason = reason

    def _unsent(self) -> int:
        with self._lock:
            return self._given - self._taken

    def _on_publish(self, *_: Any) -> None:
        with self._lock:
            self._taken += 1

    def _on_connect(self, client: paho.Client, _: Any, __: Any, code: Any, ___: Any = None) -> None:
        if code.is_failure:
            self._failed(f"the broker refuses it: {code}".lower())
            return
        self.reason = ""
        client.subscribe(f"{REQUESTS}/+", qos=1)
        self._connected()

    def _on_disconnect(self, *given: Any) -> None:
        code = given[3]
        # After a refusal the reason is known; a broker that does not like a certificate says none.
        if code.is_failure and not self.reason:
            self._failed(f"the broker ended the connection ({code})".lower())

    def _on_request(self, _: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        asked = requested(message)
        meter = self._meters.get(asked[0]) if asked else None
        if asked is None or meter is None:
            return
        for raw in self._kept(meter, *asked[1:]):
            self.send(meter, raw, retain=False)
            self.again += 1


def requested(message: paho.MQTTMessage) -> tuple[int, int, int] | None:
    """(meter, first, last) of a request for at most `MOST_AGAIN` records; None of another message."""
    number = message.topic.rpartition("/")[2]
    wanted = _RANGE.fullmatch(message.payload)
    if wanted is None or not (number.isascii() and number.isdecimal() and len(number) <= 10):
        return None
    first, last = int(wanted[1]), int(wanted[2])
    return int(number), first, min(last, first + MOST_AGAIN - 1)
