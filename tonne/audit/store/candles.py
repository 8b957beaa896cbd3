"""Candles: opening, highest, lowest and closing price of the fills of a market in each span of time."""

from __future__ import annotations

import sqlite3
from typing import Final

from tonne.audit.store.database import Store
from tonne.constants import DAY_S, HOUR_S

#: Spans that are kept [s], by how they are written.
SPANS: Final = {"1m": 60, "15m": 900, "1h": HOUR_S, "1d": DAY_S}

#: Prices and turnover in 0.0001 of the currency; `block` and `place` of the last fill.
TABLE: Final = """
CREATE TABLE candles (
    market, seconds, start, open, high, low, close, lots, turnover, fills, block, place,
    PRIMARY KEY (market, seconds, start)
) WITHOUT ROWID
"""

_NEW: Final = """
SELECT market, seconds, time // seconds * seconds, arg_min(price, point), max(price), min(price),
    arg_max(price, point), CAST(sum(lots) AS HUGEINT), CAST(sum(turnover) AS HUGEINT), count(*),
    max(point).block, arg_max(place, point)
FROM (SELECT *, {{'block': block, 'place': place, 'fill': fill}} AS point FROM trades WHERE block > $last),
    (SELECT unnest([{spans}]) AS seconds)
GROUP BY ALL
"""

_ADD: Final = """
INSERT INTO candles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET high = max(high, excluded.high), low = min(low, excluded.low),
    close = excluded.close, lots = lots + excluded.lots, turnover = turnover + excluded.turnover,
    fills = fills + excluded.fills, block = excluded.block, place = excluded.place
"""


def add(store: Store, db: sqlite3.Connection, last: int) -> None:
    """Adds the fills of the blocks behind `last`."""
    spans = ", ".join(map(str, SPANS.values()))
    found = store.db.execute(_NEW.format(spans=spans), {"last": last}).fetchall()
    db.executemany(_ADD, [tuple(int(value) for value in row) for row in found])
