"""Publishes a simulated fleet's records over MQTT, as gateways of real meters would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from tonne.errors import TonneError
from tonne.meters.mqtt import BrokerSettings
from tonne.meters.record_publisher import RecordPublisher
from tonne.meters.simulated_fleet import SigningMeter

#: [s] How long it waits for a broker that is not there.
CONNECT_S: Final = 20


class Publisher(RecordPublisher[SigningMeter]):
    """A fleet's gateway: each record is signed when it is sent, and once more when it is sent again."""

    def __init__(self, fleet: Sequence[SigningMeter], settings: BrokerSettings) -> None:
        self._last: int | None = None
        self._ready = threading.Event()
        super().__init__(fleet, settings)
        self._client.max_inflight_messages_set(100)

    def start(self) -> None:
        """Connects; TonneError METER_BROKER_DOWN where the broker does not answer within `CONNECT_S`."""
        super().start()
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
                self.send(meter, meter.record(index))

    def _connected(self) -> None:
        # A broker that lost its memory has no last record of any meter: the oracle sees gaps by it.
        if self._ready.is_set() and self._last is not None:
            for meter in self._meters.values():
                self.send(meter, meter.record(self._last))
        self._ready.set()

    def _kept(self, meter: SigningMeter, first: int, last: int) -> Iterator[bytes]:
        if self._last is None:
            return
        for sequence in range(max(first, 1), min(last, self._last + 1) + 1):
            yield meter.record(sequence - 1)


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
