"""The one writer: follows the chain into the store, and brings the SQLite file to each new block."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final

from tonne.audit import results
from tonne.audit.replay.events import Dated, Log, stands
from tonne.audit.store import published
from tonne.audit.store.database import Store
from tonne.audit.store.follower import StoredSource
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.types import account_id
from tonne.types.ids import AccountId

#: Levels of a side of a book that are kept.
LEVELS: Final = 50
BOOK: Final = """
CREATE TABLE IF NOT EXISTS book (market, side, tick, price, lots, orders, block)
"""
SIDES: Final = ("buy", "sell")


class ServiceFollower:
    """Keeps its place between steps; begins again at the store's after an error."""

    def __init__(self, chain: Chain, first_block: int, store: Store, trust: Trust) -> None:
        self._chain, self._first, self._store, self._trust = chain, first_block, store, trust
        self._last = ""  # hash of the block of the last step
        self._begin()

    def _begin(self) -> None:
        trust = self._trust
        rest = (trust.checkpoint, trust.others, trust.genesis, trust.chunk)
        self._source = StoredSource(self._chain, self._first, self._store, *rest)
        self._replaced = 0
        self._markets: set[int] | None = None  # whose books are to be read; None: all

    def step(
        self, on_blocks: Callable[[int, int], None] = lambda _block, _head: None
    ) -> int | None:
        """Reads new blocks and publishes them; the block it came to, None without a new one."""
        try:
            return self._step(on_blocks)
        except BaseException:
            self._begin()
            raise

    def _step(self, on_blocks: Callable[[int, int], None]) -> int | None:
        head = self._source.pin(self._trust.checkpoint.number if self._trust.checkpoint else None)
        if head.hash == self._last:
            return None
        cursor = self._store.cursor()
        unknown: list[Log] = []
        at = cursor.block if cursor else self._first - 1
        if self._source.replaced != self._replaced:
            self._replaced, self._markets = self._source.replaced, None
        for blocks, events in self._source.stretches(at + 1, head, unknown):
            at += blocks
            on_blocks(at, head.number)
            if self._markets is not None:
                self._markets = _touched(self._markets, events)
        stands(self._chain, head)
        books = self._books(head.number)
        published.publish(self._store, lambda db: _write(db, books, head.number))
        self._last, self._markets = head.hash, set()
        return head.number

    def audit(self) -> results.Body:
        """Audits at the latest block; the result is published.

        It may store blocks that the follower has not seen, whose books are to be read yet.
        """
        try:
            return results.run(self._chain, self._first, self._trust)
        finally:
            self._last = ""
            self._begin()

    def _books(self, block: int) -> dict[int, list[list[Any]]]:
        """Both sides of the books that changed, by market."""
        known = [row["market"] for row in self._store.rows("SELECT market FROM markets")]
        asked = [int(m) for m in known if self._markets is None or int(m) in self._markets]
        calls = [
            ("ExchangeLens", "depth", (m, side, LEVELS))
            for m in asked
            for side in range(len(SIDES))
        ]
        if not calls:
            return {}
        found = self._chain.call_many(calls, block)
        return {m: found[2 * n : 2 * n + 2] for n, m in enumerate(asked)}


def _touched(markets: set[int] | None, events: Iterable[Dated]) -> set[int] | None:
    """Markets whose books may have changed; None where an event does not say which."""
    if markets is None:
        return None
    for at in events:
        if at.event.contract != "Exchange":
            continue
        args = at.event.args
        account = args.get("account", args.get("taker"))
        if "market" in args:
            markets.add(int(args["market"]))
        elif isinstance(account, int):
            markets.add(account_id.market_of(AccountId(account)))
        else:
            return None
    return markets


def _write(db: sqlite3.Connection, books: dict[int, list[list[Any]]], block: int) -> None:
    db.execute(BOOK)
    for market, sides in books.items():
        db.execute("DELETE FROM book WHERE market = ?", (market,))
        rows = [
            (
                market,
                side,
                int(level.tick),
                int(level.price),
                int(level.lots),
                int(level.orders),
                block,
            )
            for side, levels in zip(SIDES, sides, strict=True)
            for level in levels
        ]
        db.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
