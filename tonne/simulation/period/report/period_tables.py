"""Tables of a period's report out of the events, by the queries of the data service and of `tonne audit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from tonne.audit.store import excerpt, exports, register
from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.html_report.data_files import Column, DataTable, Value
from tonne.html_report.queried import Events, queried
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState

#: Views of the events that the tables read.
VIEWS: Final = (
    *("markets", "trades", "block_trades", "days", "penalties", "obligations", "surrenders"),
    *("issues", "exits", "caps", "rules", "allocations"),
)
#: Money of the contracts is in 0.0001 of the currency, fines are in 0.01.
MONEY, CENTS = 10_000, 100
#: How numbers that count nothing are written.
_FORMS: Final = {"class": "id", "vintage": "id", "revision": "id", "fromDay": "day"}


def store_of(chain: Chain) -> Events:
    """The events of all periods and schemes of a chain."""
    return excerpt.read(chain, (*VIEWS, *register.VIEWS), register.EVENTS)


def of(state: PeriodState, season: TradingSeason, store: Events) -> list[DataTable]:
    """Every table of a period."""
    markets = [season.market.number, *(p.market.number for p in season.projects if p.market)]
    return [
        _sessions(season, store),
        _trades(store, markets),
        _blocks(store, markets),
        _penalties(state, store),
        _disclosures(state, store),
        *_of_scheme(state, store),
    ]


def _money(title: str, key: str, scale: int, total: bool = False) -> Column:
    return Column(title, key, digits=2, total=total, scale=scale)


def _columns(names: Sequence[str]) -> list[Column]:
    """Numbers of things, moments, and lots, which are summed."""
    forms = {"time": "time", "fromDay": "day", "lots": ""}
    return [Column(n, n, form=forms.get(n, "id"), total=n == "lots") for n in names]


def _disclosure(name: str) -> str:
    return next(query.sql for query in exports.DISCLOSURE if query.name == name)


def _sessions(season: TradingSeason, store: Events) -> DataTable:
    """By day of trading; close and orders are of the run's book, without them the query's."""
    asked = f"SELECT day, low, high, lots, turnover, fills FROM ({_disclosure('trading')}) WHERE market = ?"
    found = {
        datetime.fromtimestamp(day * DAY_S, UTC).date(): row
        for day, *row in store.execute(asked, [season.market.number]).fetchall()
    }
    rows: list[tuple[Value, ...]] = []
    for day in season.market.days:
        low, high, lots, turnover, fills = found.get(day.day, (None, None, 0, 0, 0))
        rows.append((str(day.day), low, high, day.close * CENTS, lots, turnover, fills, day.orders))
    return DataTable(
        "sessions",
        "Sessions of the allowances' market: range, close, lots, turnover, trades, orders (simulated).",
        [
            Column("session", "day"),
            _money("low", "low_0.0001", MONEY),
            _money("high", "high_0.0001", MONEY),
            _money("close", "close_0.0001", MONEY),
            Column("lots", total=True),
            _money("turnover", "turnover_0.0001", MONEY, total=True),
            Column("trades", total=True),
            Column("orders", total=True),
        ],
        rows,
    )


def _among(markets: Sequence[int]) -> str:
    return f"market IN ({', '.join(map(str, map(int, markets)))})"


def _trades(store: Events, markets: Sequence[int]) -> DataTable:
    names = ("market", "block", "place", "fill", "time", "buyer", "seller", "lots")
    return queried(
        store,
        "trades",
        "Every fill: price and turnover in 0.0001 of the currency (simulated).",
        f"SELECT {', '.join(names)}, price, turnover FROM trades WHERE {_among(markets)}"
        " ORDER BY block, place, fill",
        [
            *_columns(names),
            _money("price", "price_0.0001", MONEY),
            _money("turnover", "turnover_0.0001", MONEY, total=True),
        ],
    )


def _blocks(store: Events, markets: Sequence[int]) -> DataTable:
    names = ("block", "market", "time", "seller", "buyer", "tick", "lots")
    return queried(
        store,
        "block_trades",
        "Trades by agreement outside the book; turnover in 0.0001 of the currency (simulated).",
        f"SELECT {', '.join(names)}, turnover FROM block_trades WHERE {_among(markets)}"
        " ORDER BY block, place",
        [
            *_columns(names),
            _money("turnover", "turnover_0.0001", MONEY, total=True),
        ],
    )


def _penalties(state: PeriodState, store: Events) -> DataTable:
    names = ("installation", "act", "units", "cents", "time", "block")
    return queried(
        store,
        "penalties",
        f"Each step of a penalty; units in t, fines in {state.pack.scheme.currency} (simulated).",
        f"SELECT {', '.join(names)} FROM penalties WHERE scheme = ? AND period = ?"
        " ORDER BY block, place",
        [
            Column("plant", "installation", form="id"),
            Column("act"),
            Column("units", unit="t"),
            _money("amount", "cents", CENTS),
            *_columns(("time", "block")),
        ],
        [state.scheme, state.period.number],
    )


def _disclosures(state: PeriodState, store: Events) -> DataTable:
    names = {
        "installation": "plant",
        "operator": "operator",
        "emissionsT": "emissions",
        "freeT": "free",
        "due": "due",
        "surrendered": "surrendered in time",
        "surrenderedLate": "late",
        "offsets": "credits",
        "open": "open",
    }
    return queried(
        store,
        "disclosures",
        "Disclosed compliance of each plant [t], as `tonne audit disclose` has it.",
        f"SELECT {', '.join(names)} FROM ({_disclosure('compliance')}) WHERE scheme = ? AND period = ?"
        " ORDER BY installation",
        [
            Column(title, key, total=key not in ("installation", "operator"))
            for key, title in names.items()
        ],
        [state.scheme, state.period.number],
    )


def _of_scheme(state: PeriodState, store: Events) -> list[DataTable]:
    """Supply, caps and rules of the scheme, all its vintages."""
    gone = ("surrendered", "retired", "cancelled", "expired", "invalidated", "reversed")
    asked = (
        (
            "supply",
            "supply",
            "Units of each class and vintage: issued, gone by kind, outstanding [t].",
            ("class", "vintage", "issued", *gone, "outstanding"),
        ),
        (
            "caps",
            "published",
            "Published caps, free and auctioned amounts by vintage [t].",
            ("vintage", "revision", "capT", "freeT", "auctionT"),
        ),
        (
            "rules",
            "parameters",
            "Rule values by the day they hold from, with the hash of their source.",
            ("key", "fromDay", "value", "source"),
        ),
    )
    return [
        queried(
            store,
            name,
            about,
            f"SELECT {', '.join(columns)} FROM ({_disclosure(query)}) WHERE scheme = ?",
            [
                Column(c, c, form=_FORMS.get(c, ""), total=name == "supply" and c not in _FORMS)
                for c in columns
            ],
            [state.scheme],
        )
        for name, query, about, columns in asked
    ]
