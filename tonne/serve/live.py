"""Messages to subscribers: each new block and the fills in it, as soon as the SQLite file has them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any, Final

from fastapi import WebSocket, WebSocketDisconnect

from tonne.errors import TonneError
from tonne.serve.database import PublishedTables

#: [s] Between two looks at whether the file has changed.
LOOK: Final = 0.02
#: Messages that a slow subscriber may be behind before it is cut off.
MOST_BEHIND: Final = 256
MOST_SUBSCRIBERS: Final = 1_000
#: Fills told of one block; more are left to the list of trades.
MOST_FILLS: Final = 1_000

FILLS: Final = """
SELECT block, place AS log, fill, time, tx, market, buyer, seller, lots, tick, price, turnover
FROM trades WHERE block > ? ORDER BY block, place, fill LIMIT ?
"""


class LiveFeed:
    """One look at the file for all subscribers of a worker."""

    def __init__(self, database: PublishedTables) -> None:
        self._database = database
        self._subscribers: dict[asyncio.Queue[str | None], int | None] = {}
        self._watcher: asyncio.Task[None] | None = None

    async def serve(self, socket: WebSocket) -> None:
        """Tells a subscriber of all that comes, of one market with `?market=`, until it leaves."""
        text = socket.query_params.get("market")
        if text is not None and not (text.isdecimal() and int(text) < 65_536):
            await socket.close(1008, "market: a number below 65536")
            return
        if len(self._subscribers) >= MOST_SUBSCRIBERS:
            await socket.close(1013, "too many subscribers")
            return
        await socket.accept()
        queue: asyncio.Queue[str | None] = asyncio.Queue(MOST_BEHIND)
        self._subscribers[queue] = None if text is None else int(text)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        leaving = asyncio.create_task(_until_left(socket))
        try:
            await self._tell(socket, queue, leaving)
        finally:
            leaving.cancel()
            del self._subscribers[queue]

    async def _tell(
        self, socket: WebSocket, queue: asyncio.Queue[str | None], leaving: asyncio.Task[None]
    ) -> None:
        while not leaving.done():
            getting = asyncio.create_task(queue.get())
            await asyncio.wait((getting, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                getting.cancel()
                return
            message = getting.result()
            if message is None:  # too far behind
                await socket.close(1013, "too slow")
                return
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await socket.send_text(message)

    async def _watch(self) -> None:
        """Looks as long as a subscriber listens."""
        version, last = -1, None
        while self._subscribers:
            with contextlib.suppress(TonneError):
                found = self._database.version()
                if found != version:
                    version = found
                    last = self._say(last)
            await asyncio.sleep(LOOK)

    def _say(self, last: int | None) -> int:
        """Tells the news behind block `last`; the block that the file is at."""
        with self._database.at_one_block() as head:
            if last is not None and head.block <= last:  # a reorganisation, or a result of an audit
                kind = "block" if head.block == last else "replaced"
                self._put({"type": kind, "block": head.block, "blockHash": head.hash}, None)
                return head.block
            fills = [] if last is None else self._database.rows(FILLS, (last, MOST_FILLS))
        told: dict[str, Any] = {"type": "block", "block": head.block, "blockHash": head.hash}
        self._put({**told, "time": head.time}, None)
        for fill in fills:
            self._put({"type": "trade", **fill}, int(fill["market"]))
        return head.block

    def _put(self, message: dict[str, Any], market: int | None) -> None:
        text = json.dumps(message, separators=(",", ":"))
        for queue, wanted in self._subscribers.items():
            if market is not None and wanted is not None and wanted != market:
                continue
            if queue.qsize() >= MOST_BEHIND - 1:
                if not queue.full():
                    queue.put_nowait(None)
                continue
            queue.put_nowait(text)


async def _until_left(socket: WebSocket) -> None:
    """Reads and forgets messages of a subscriber until it leaves."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()
