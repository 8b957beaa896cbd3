"""Waits for a new block: told by the node where it tells (`eth_subscribe`), else by asking again."""

from __future__ import annotations

import json
import time
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tonne.chain.node_login import header

#: [s] Between two questions where the node tells nothing.
POLL: Final = 0.25
#: [s] For a connection or its first answer.
PATIENCE: Final = 5.0
#: [s] After which a subscription that failed is tried again.
AGAIN: Final = 30.0


class Heads:
    """A subscription to a node's new blocks."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = urlunsplit(parts._replace(scheme={"https": "wss"}.get(parts.scheme, "ws")))
        self._admission = header(url)
        self._socket: ClientConnection | None = None
        self._tried = -AGAIN

    @property
    def is_told(self) -> bool:
        """Whether the node tells of new blocks."""
        return self._socket is not None

    def wait(self, seconds: float) -> None:
        """Returns at a new block, or when it may be time to ask, or after `seconds`."""
        if self._socket is None and time.monotonic() - self._tried >= AGAIN:
            self._tried = time.monotonic()
            self._socket = self._subscribed()
            if self._socket is not None:
                return  # blocks before the subscription
        if self._socket is None:
            time.sleep(min(POLL, seconds))
            return
        try:
            self._socket.recv(timeout=seconds)
            while True:  # several blocks are one
                self._socket.recv(timeout=0)
        except TimeoutError:
            return
        except (OSError, WebSocketException):
            self.close()

    def _subscribed(self) -> ClientConnection | None:
        try:
            socket = connect(
                self._url,
                open_timeout=PATIENCE,
                max_size=2**20,
                additional_headers=self._admission,
            )
        except (OSError, WebSocketException, ValueError):
            return None
        try:
            asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
            socket.send(json.dumps(asked))
            if "result" in json.loads(socket.recv(timeout=PATIENCE)):
                return socket
        except (OSError, WebSocketException, ValueError):
            pass
        socket.close()
        return None

    def close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()
