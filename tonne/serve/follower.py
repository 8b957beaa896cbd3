"""The one writer: follows the chain into the store, and brings the SQLite file to each new block."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final

from tonne.audit import results
from tonne.audit.replay.events import Dated, Log, Pinned, stands
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
SESSION: Final = """
CREATE TABLE IF NOT EXISTS session
(market PRIMARY KEY, status, phase, open, opensAt, day, low, high, last, barred, block, time)
"""
#: A market's session as a row; see `_session`.
Session = tuple[int | str | None, ...]
SIDES: Final = ("buy", "sell")
STATUS: Final = ("none", "trading", "halted", "delisted")
PHASES: Final = ("closed", "pre-open", "trading", "break")

#: [s] Sessions begin and end on whole minutes.
MINUTE_S: Final = 60


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
        self._minute = -1  # since 1970, in which every market's session was read last

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
        books, sessions = self._books(head.number), self._sessions(head)
        published.publish(self._store, lambda db: _write(db, books, sessions, head))
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

    def _asked(self) -> list[int]:
        """Markets whose books may have changed."""
        known = [row["market"] for row in self._store.rows("SELECT market FROM markets")]
        return [int(m) for m in known if self._markets is None or int(m) in self._markets]

    def _sessions(self, head: Pinned) -> dict[int, Session]:
        """What the lens says of each market's session: of those that changed, of all in a new minute."""
        if head.time // MINUTE_S != self._minute:
            self._minute = head.time // MINUTE_S
            known = self._store.rows("SELECT market FROM markets")
            asked = [int(row["market"]) for row in known]
        else:
            asked = self._asked()
        days = self._chain.call_many([("ExchangeLens", "market", (m,)) for m in asked], head.number)
        ticks = [(m, t) for m, d in zip(asked, days, strict=True) for t in _ticks(d) if t]
        calls = [("ExchangeLens", "priceOf", tick) for tick in ticks]
        prices = dict(zip(ticks, self._chain.call_many(calls, head.number), strict=True))
        return {m: _session(m, d, prices) for m, d in zip(asked, days, strict=True)}

    def _books(self, block: int) -> dict[int, list[list[Any]]]:
        """Both sides of the books that changed, by market."""
        asked = self._asked()
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


def _ticks(day: Any) -> tuple[int, int, int]:
    return int(day.lowTick), int(day.highTick), int(day.lastTick)


def _session(market: int, day: Any, prices: dict[tuple[int, int], int]) -> Session:
    """A row of SESSION without block and time; prices in 0.0001 of the currency, None for none."""
    low, high, last = (prices.get((market, tick)) for tick in _ticks(day))
    stands = (STATUS[day.status], PHASES[day.phase], int(day.open), int(day.opensAt) or None)
    return (market, *stands, int(day.day) or None, low, high, last, int(day.barred))


def _write(
    db: sqlite3.Connection,
    books: dict[int, list[list[Any]]],
    sessions: dict[int, Session],
    head: Pinned,
) -> None:
    db.execute(BOOK)
    db.execute(SESSION)
    db.executemany(
        f"INSERT OR REPLACE INTO session VALUES ({', '.join('?' * 12)})",
        [(*row, head.number, head.time) for row in sessions.values()],
    )
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
                head.number,
            )
            for side, levels in zip(SIDES, sides, strict=True)
            for level in levels
        ]
        db.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
