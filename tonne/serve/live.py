"""Messages to subscribers: each new block and the fills in it, as soon as the SQLite file has them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from typing import Final

from fastapi import WebSocket, WebSocketDisconnect

from tonne.errors import TonneError
from tonne.serve.database import PublishedTables, ServedHead

#: [s] Between two looks at whether the file has changed.
LOOK: Final = 0.02
#: Messages that a slow subscriber may be behind before it is cut off.
MOST_BEHIND: Final = 256
MOST_SUBSCRIBERS: Final = 1_000
#: Of one address, so that one cannot take the places of all.
MOST_OF_ONE: Final = 50
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
        self._of: Counter[str] = Counter()  # subscribers by address
        self._told: ServedHead | None = None  # the block that all who listen know of
        self._watcher: asyncio.Task[None] | None = None

    async def serve(self, socket: WebSocket) -> None:
        """Tells a subscriber of all that comes, of one market with `?market=`, until it leaves."""
        text = socket.query_params.get("market")
        if text is not None and not (text.isdecimal() and int(text) < 65_536):
            await socket.close(1008, "market: a number below 65536")
            return
        client = socket.client.host if socket.client else ""
        if len(self._subscribers) >= MOST_SUBSCRIBERS or self._of[client] >= MOST_OF_ONE:
            await socket.close(1013, "too many subscribers")
            return
        await socket.accept()
        queue: asyncio.Queue[str | None] = asyncio.Queue(MOST_BEHIND)
        self._subscribers[queue] = None if text is None else int(text)
        self._of[client] += 1
        self._greet(queue)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        leaving = asyncio.create_task(_until_left(socket))
        try:
            await self._tell(socket, queue, leaving)
        finally:
            leaving.cancel()
            del self._subscribers[queue]
            self._of[client] -= 1
            self._of += Counter()  # those of none are forgotten

    def _greet(self, queue: asyncio.Queue[str | None]) -> None:
        """The block that a new subscriber begins at."""
        with contextlib.suppress(TonneError), self._database.at_one_block() as head:
            queue.put_nowait(_block("block", head))
            self._told = self._told or head

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
        version = -1
        while self._subscribers:
            with contextlib.suppress(TonneError):
                found = self._database.version()
                if found != version:
                    version = found
                    self._told = self._say(self._told)
            await asyncio.sleep(LOOK)
        self._told = None

    def _say(self, last: ServedHead | None) -> ServedHead:
        """Tells the news behind block `last`; the block that the file is at."""
        with self._database.at_one_block() as head:
            if last is None:  # there was nothing to greet with
                return head
            stands = self._database.hash_of(last.block) == last.hash
            fills = self._database.rows(FILLS, (last.block, MOST_FILLS)) if stands else []
        self._put(_block("block" if stands else "replaced", head), None)
        for fill in fills:
            text = json.dumps({"type": "trade", **fill}, separators=(",", ":"))
            self._put(text, int(fill["market"]))
        return head

    def _put(self, text: str, market: int | None) -> None:
        for queue, wanted in self._subscribers.items():
            if market is not None and wanted is not None and wanted != market:
                continue
            if queue.qsize() >= MOST_BEHIND - 1:
                if not queue.full():
                    queue.put_nowait(None)
                continue
            queue.put_nowait(text)


def _block(kind: str, head: ServedHead) -> str:
    told = {"type": kind, "block": head.block, "blockHash": head.hash, "time": head.time}
    return json.dumps(told, separators=(",", ":"))


async def _until_left(socket: WebSocket) -> None:
    """Reads and forgets messages of a subscriber until it leaves."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()
