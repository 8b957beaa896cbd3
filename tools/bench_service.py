"""Requests a second that the data service answers: `python -m tools.bench_service [--events N]`.

A file of a million events is written as the follower writes it, two workers answer, and a process for each
kind of request asks without a pause, for other rows every time. Nothing is cached; all share the machine's
processors.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from tonne.audit.store import candles, published, register_table
from tonne.audit.store.database import Cursor, Store
from tonne.audit.store.register import SOURCED
from tonne.audit.store.register_products import ON_CHAIN
from tonne.serve.app import ServiceSettings
from tonne.serve.tables import columns
from tonne.serve.workers import Workers

MARKETS: Final = 8
PARTICIPANTS: Final = 5_000
PLANTS: Final = 5_000
#: Of the events, those that are fills.
FILLS: Final = 0.3
START: Final = 1_600_000_000
EVENTS_PER_BLOCK: Final = 40
SECONDS: Final = 15.0
SEED: Final = 20261128

KINDS: Final[dict[str, Callable[[random.Random], str]]] = {
    "trades": lambda r: (
        f"/v1/markets/{r.randrange(1, MARKETS + 1)}/trades?limit=100&after={_place(r)}:0"
    ),
    "candles": lambda r: f"/v1/markets/{r.randrange(1, MARKETS + 1)}/candles?span=1h&limit=200",
    "statement": lambda r: (
        f"/v1/participants/{r.randrange(1, PARTICIPANTS + 1)}/statement?limit=100"
    ),
    "installations": lambda r: f"/v1/installations?limit=100&after={r.randrange(PLANTS)}",
    "register": lambda r: f"/v1/register?limit=100&after={r.randrange(PLANTS)}",
    "short": lambda r: f"/v1/register?limit=100&standing=short&after={r.randrange(PLANTS)}",
    "operator": lambda r: f"/v1/register?operator={r.randrange(1, PARTICIPANTS + 1)}",
}
ALL: Final = "all at once"
#: Years of the register behind the latest one.
EARLIER: Final = 15
#: Of a million events; cursors are drawn from the later half.
BLOCKS: Final = 25_000


def _place(r: random.Random) -> str:
    return f"{r.randrange(BLOCKS // 2, BLOCKS)}:0"


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--events", type=int, default=1_000_000)
    given.add_argument("--seconds", type=float, default=SECONDS)
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.duckdb"
        began = time.monotonic()
        write(path, asked.events)
        print(f"{asked.events:,} events written in {time.monotonic() - began:.0f} s", flush=True)
        settings = ServiceSettings(published.path_for(path), rate=0)
        with Workers("127.0.0.1", 0, 2, settings) as workers:
            wait(workers.port)
            for name in KINDS:
                print(_row(name, measured(workers.port, [name], asked.seconds / 3)), flush=True)
            print(_row(ALL, measured(workers.port, list(KINDS), asked.seconds)), flush=True)


def _row(name: str, took: list[float]) -> str:
    took = sorted(took)
    rate = len(took) / sum(took) * _askers(name)
    half, most, last = (took[len(took) * part // 100] * 1e3 for part in (50, 95, 99))
    return f"{name:13} {rate:8,.0f} requests/s, p50 {half:.1f} ms, p95 {most:.1f} ms, p99 {last:.1f} ms"


def _askers(name: str) -> int:
    return len(KINDS) if name == ALL else 1


def measured(port: int, kinds: list[str], seconds: float) -> list[float]:
    """How long each request took [s]; each kind has a process that asks."""
    with multiprocessing.get_context("spawn").Pool(len(kinds)) as pool:
        jobs = [(port, kind, seconds, SEED + n) for n, kind in enumerate(kinds)]
        return [each for some in pool.starmap(ask, jobs) for each in some]


def ask(port: int, kind: str, seconds: float, seed: int) -> list[float]:
    """Times of the requests of one kind [s], at least one."""
    r, took = random.Random(seed), list[float]()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        until = time.monotonic() + seconds
        while not took or time.monotonic() < until:
            began = time.monotonic()
            connection.request("GET", KINDS[kind](r))
            answer = connection.getresponse()
            body = answer.read()
            took.append(time.monotonic() - began)
            if answer.status != 200:
                raise SystemExit(f"{kind}: {answer.status} {body[:200]!r}")
    return took


def wait(port: int) -> None:
    """Returns once a worker answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            try:
                connection.request("GET", "/v1/head")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
    raise SystemExit("the workers do not answer")


# The file


def write(path: Path, events: int) -> None:
    """Tables as of a market with so many events: a block has forty, a third of them fills."""
    store = Store(path)
    with closing(store), closing(sqlite3.connect(published.path_for(path))) as db:
        seed = bytes(32)
        store.found({"seed": seed.hex()}, [(bytes(20), "Exchange")], Cursor(0, seed, seed, 0))
        published.begin(store, db)
        db.execute("PRAGMA journal_mode = WAL")
        blocks = events // EVENTS_PER_BLOCK
        _fill(db, "blocks", _block_rows(blocks))
        _fill(db, "events", _event_rows(events))
        _fill(db, "trades", _trade_rows(events))
        _fill(db, "movements", _movement_rows(events))
        _fill(db, "installations", _plant_rows())
        marks = ", ".join("?" * len(register_table.COLUMNS))
        db.executemany(f"INSERT INTO register VALUES ({marks})", _standing_rows())
        db.execute(_CANDLES)
        head = (blocks, _hash(blocks), START + 12 * blocks, "00" * 32)
        db.execute("INSERT INTO head VALUES (?, ?, ?, ?)", head)
        db.commit()
        db.execute("ANALYZE")


_CANDLES: Final = f"""
INSERT INTO candles SELECT market, {candles.SPANS["1h"]}, time / 3600 * 3600 AS start, min(price), max(price),
    min(price), max(price), sum(lots), sum(turnover), count(*), max(block), max(place)
FROM trades GROUP BY market, start
"""


def _fill(db: sqlite3.Connection, table: str, rows: Iterator[tuple[object, ...]]) -> None:
    marks = ", ".join("?" * len(columns()[table]))
    db.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)


def _hash(number: int) -> str:
    return f"0x{number:064x}"


def _block_rows(blocks: int) -> Iterator[tuple[object, ...]]:
    for n in range(blocks + 1):
        yield (
            n,
            _hash(n),
            _hash(n - 1 if n else 0),
            START + 12 * n,
            20,
            EVENTS_PER_BLOCK,
            "00" * 32,
            False,
        )


def _event_rows(events: int) -> Iterator[tuple[object, ...]]:
    for n in range(events):
        block, place = divmod(n, EVENTS_PER_BLOCK)
        yield block, place, START + 12 * block, _hash(n), "Exchange", "OrderPlaced", "{}", "", ""


def _trade_rows(events: int) -> Iterator[tuple[object, ...]]:
    r = random.Random(SEED)
    for n in range(int(events * FILLS)):
        block, place = divmod(n, int(EVENTS_PER_BLOCK * FILLS))
        buyer, seller = r.randrange(1, PARTICIPANTS + 1), r.randrange(1, PARTICIPANTS + 1)
        lots, tick = r.randrange(1, 500), r.randrange(4_000, 6_000)
        market = 1 + n % MARKETS
        yield (
            block, place, 0, START + 12 * block, _hash(n), market, buyer, seller, buyer, seller, lots, tick,
            tick * 100, lots * tick * 100,
        )  # fmt: skip


def _movement_rows(events: int) -> Iterator[tuple[object, ...]]:
    for block, place, _, at, _, market, _, _, buyer, seller, lots, *_ in _trade_rows(events):
        yield buyer, block, place, at, "bought lots", f"market {market}", None, lots, None, seller
        yield (
            seller,
            block,
            place,
            at,
            "sold lots",
            f"market {market}",
            None,
            -int(str(lots)),
            None,
            buyer,
        )


def _plant_rows() -> Iterator[tuple[object, ...]]:
    for n in range(1, PLANTS + 1):
        yield (
            n // EVENTS_PER_BLOCK,
            n % EVENTS_PER_BLOCK,
            START,
            n,
            1 + n % PARTICIPANTS,
            1,
            44,
            1,
            600_000,
        )


def _standing_rows() -> Iterator[tuple[object, ...]]:
    """A plant's latest year and those before it; one in fifty is short in the latest."""
    product = {"product": "electricity", "unit": "MWh", "quantity": 3_000, "state": ON_CHAIN}
    for n in range(1, PLANTS + 1):
        place = {"Block": n // EVENTS_PER_BLOCK, "Log": n % EVENTS_PER_BLOCK}
        made = {**product, "block": place["Block"], "place": place["Log"]}
        sources = {f"{figure}{of}": place[of] for figure in SOURCED for of in place}
        for year in range(2020 - EARLIER, 2021):
            standing = "short" if year == 2020 and n % 50 == 0 else "complies"
            row: dict[str, object] = {
                "plant": n, "operator": 1 + n % PARTICIPANTS, "scheme": 1, "class": 1, "jurisdiction": 44,
                "closed": False, "period": year, "allocation": 1_000, "year": year, "verified": 1_200,
                "finality": "final", "surrendered": 1_200, "owed": 0, "cumulative": False,
                "standing": standing, "openPenalties": 0, "products": json.dumps([made]),
                "latest": year == 2020, **sources,
            }  # fmt: skip
            yield tuple(row[name] for name in register_table.COLUMNS)


if __name__ == "__main__":
    main()
