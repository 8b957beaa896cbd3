"""A broker inside the daemon, for a neighbourhood that has none."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import Any, Final

from amqtt.broker import Broker
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session

from tonne.errors import refused

START_S: Final = 10
STOP_S: Final = 3


class _Broker(Broker):  # type: ignore[misc]  # amqtt brings no types
    """amqtt acknowledges a record before it passes it on, and (0.12) drops those that it has not passed on
    yet when their sender leaves."""

    async def _client_message_loop(
        self, client_session: Session, handler: BrokerProtocolHandler
    ) -> None:
        await super()._client_message_loop(client_session, handler)
        left = client_session.delivered_message_queue
        while not left.empty():
            taken = asyncio.get_running_loop().create_future()
            taken.set_result(left.get_nowait())
            await self._handle_message_delivery(client_session, handler, taken)


def _unhandled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """amqtt drops a message after 5 s without an acknowledgement, with an unhandled error: the oracle was
    busy or killed, and requests the record again."""
    if not isinstance(context.get("exception"), TimeoutError):
        loop.default_exception_handler(context)


class EmbeddedBroker:
    """amqtt on one address, in a separate thread. Anybody who reaches the address may publish, because
    the meters' signatures decide."""

    def __init__(self, host: str = "127.0.0.1", port: int = 1883) -> None:
        self.url = f"mqtt://{host}:{port}"
        self._address = f"{host}:{port}"
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_unhandled)
        self._thread = threading.Thread(target=self._loop.run_forever, name="broker", daemon=True)
        self._broker: Broker | None = None

    def start(self) -> None:
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._thread.start()
        try:
            self._broker = self._in_loop(self._started(), START_S)
        except Exception as error:
            self._loop.call_soon_threadsafe(self._loop.stop)
            raise refused(
                "METER_BROKER_START", error=str(error)[:200], address=self._address
            ) from None

    def stop(self) -> None:
        if self._broker is not None:
            with contextlib.suppress(Exception):
                self._in_loop(self._broker.shutdown(), STOP_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_S)

    async def _started(self) -> Broker:
        # Named plugins only: by default amqtt would watch the machine, too.
        login = "amqtt.plugins.authentication.AnonymousAuthPlugin"
        broker = _Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": self._address}},
                "plugins": {login: {"allow_anonymous": True}},
            }
        )
        await broker.start()
        return broker

    def _in_loop(self, work: Any, seconds: float) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)
