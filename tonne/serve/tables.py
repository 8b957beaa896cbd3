"""Tables of the service: each of the SQLite file that is offered, its filters, its order.

A row names the log that it was read from: block, hash of the block, log, transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import duckdb

from tonne.audit.store import schema, views

#: Columns with ids of units, which are beyond 64 bits and so are text.
UNITS: Final = frozenset(
    (
        *(("issues", "id"), ("exits", "id"), ("transfers", "id"), ("holdings", "id")),
        ("unit_transfers", "id"),
        *(("batches", "id"), ("serials", "id")),
        *(("retirements", "id"), ("labels", "id"), ("movements", "id"), ("markets", "unit")),
        ("bills", "credit"),
    )
)


@dataclass(frozen=True, slots=True)
class ServedTable:
    """A table under a path. Names in braces of the path, and filters, are columns that rows must match."""

    path: str
    table: str
    about: str
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()  # columns that `q` looks into
    order: tuple[str, ...] = ("block", "place")
    newest_first: bool = True
    where: str = ""  # of all rows

    @property
    def name(self) -> str:
        """Name of an operation: distinct, of letters."""
        return self.path.strip("/").replace("/", "_").replace("{", "").replace("}", "")

    @property
    def cursor(self) -> str:
        """Pattern of `next`: a row's columns that order the table."""
        kinds = columns()[self.table]
        return ":".join(
            "[^:]{1,80}" if kinds[c] is str else r"[0-9]{1,18}" for c in self.order
        ).join(("^", "$"))


BY_NUMBER: Final = ("id",)
PLACE: Final = ("block", "place")

TABLES: Final = (
    ServedTable(
        "/markets",
        "markets",
        "Markets: unit, scheme, lot, base price and tick.",
        ("scheme", "unit"),
    ),
    ServedTable(
        "/markets/{market}/trades",
        "trades",
        "Fills of a market, the latest first; price and turnover in 0.0001 of the currency.",
        ("buyer", "seller"),
        order=("block", "place", "fill"),
    ),
    ServedTable(
        "/markets/{market}/blocks", "block_trades", "Trades by agreement outside the book."
    ),
    ServedTable(
        "/markets/{market}/days", "days", "Trading days: close, range, volume, turnover, fees."
    ),
    ServedTable(
        "/markets/{market}/orders", "orders", "Orders as they came to rest.", ("participant",)
    ),
    ServedTable("/auctions", "auctions", "Auctions as announced, and lots sold.", ("market",)),
    ServedTable("/schemes/{scheme}/caps", "caps", "Published caps by vintage [t].", ("vintage",)),
    ServedTable(
        "/schemes/{scheme}/rules", "rules", "Rule values by the day they hold from.", ("key",)
    ),
    ServedTable(
        "/participants",
        "participants",
        "The register of participants.",
        ("status", "jurisdiction"),
        search=("wallet", "id"),
        order=BY_NUMBER,
        newest_first=False,
    ),
    ServedTable("/wallets/{wallet}", "wallets", "Participants that a wallet was ever of."),
    ServedTable(
        "/participants/{owner}/statement",
        "movements",
        "Every movement of units, money and lots of a participant, the latest first.",
        ("what",),
    ),
    ServedTable(
        "/accounts/{account}/holdings",
        "holdings",
        "Units that an account holds.",
        ("class", "scheme", "vintage"),
        order=("contract", "id"),
        newest_first=False,
    ),
    ServedTable(
        "/units/{id}/holders",
        "holdings",
        "Accounts that hold a unit, units in the exchange's ledger under the exchange.",
        order=("account",),
        newest_first=False,
    ),
    ServedTable("/units/{id}/transfers", "transfers", "Movements of a unit, the latest first."),
    ServedTable(
        "/installations",
        "installations",
        "Regulated plants.",
        ("scheme", "operator", "benchmarkClass", "jurisdiction"),
        search=("id", "operator"),
        order=BY_NUMBER,
        newest_first=False,
    ),
    ServedTable(
        "/reports",
        "reports",
        "Emission reports, the latest first.",
        ("installation", "operator", "year"),
    ),
    ServedTable(
        "/disputes", "disputes", "Disputes of reports and their outcomes.", ("installation", "year")
    ),
    ServedTable(
        "/allocations",
        "allocations",
        "Free allocation in its steps [t].",
        ("scheme", "period", "installation"),
    ),
    ServedTable(
        "/obligations",
        "obligations",
        "Obligations of plants and their surrenders [t].",
        ("scheme", "period", "installation", "operator"),
    ),
    ServedTable(
        "/surrenders",
        "surrenders",
        "Units surrendered [t].",
        ("scheme", "period", "installation", "operator"),
    ),
    ServedTable(
        "/penalties",
        "penalties",
        "Steps of penalties.",
        ("scheme", "period", "installation", "act"),
    ),
    ServedTable(
        "/projects",
        "projects",
        "Offset projects by name and place; yearly cap [t] where validated.",
        ("developer", "methodology", "hostCountry"),
        search=("id", "name"),
        order=BY_NUMBER,
        newest_first=False,
    ),
    ServedTable(
        "/projects/steps",
        "project_steps",
        "Projects named, validated, suspended, renewed.",
        ("project", "act"),
    ),
    ServedTable(
        "/batches",
        "batches",
        "Batches of offset credits as they stand [t].",
        ("scheme", "vintage", "project", "status"),
    ),
    ServedTable(
        "/serials",
        "serials",
        "Blocks of serial numbers, issued and gone with an exit.",
        ("id", "kind", "registry"),
        order=("block", "place", "number"),
    ),
    ServedTable(
        "/issues",
        "issues",
        "Units issued, with their evidence.",
        ("id", "class", "scheme", "vintage", "contract"),
    ),
    ServedTable(
        "/exits",
        "exits",
        "Units that left for ever.",
        ("id", "class", "scheme", "vintage", "contract", "kind"),
    ),
    ServedTable("/labels", "labels", "Labels of batches, granted and ended.", ("programme", "id")),
    ServedTable(
        "/retirements",
        "retirements",
        "Units retired for a claim.",
        ("participant", "id"),
        search=("beneficiary", "purpose"),
    ),
    ServedTable(
        "/energy/intervals",
        "power_intervals",
        "Cleared intervals: energy and loss [Wh], prices of all nodes.",
        ("interval",),
    ),
    ServedTable(
        "/energy/nodes",
        "power_nodes",
        "Nodes of the grid.",
        ("scheme", "carrier"),
        order=("node",),
        newest_first=False,
    ),
    ServedTable(
        "/energy/prices",
        "power_prices",
        "Prices of nodes as intervals were cleared [micro-credit/kWh]; the last of an interval is final.",
        ("node", "interval"),
        order=("block", "place", "node"),
    ),
    ServedTable(
        "/energy/arcs",
        "power_arcs",
        "Lines and converters, each version of their terms.",
        ("arc",),
    ),
    ServedTable(
        "/energy/flows",
        "power_flows",
        "Energy sent by arc as intervals were cleared [Wh]; the last of an interval is final.",
        ("arc", "interval"),
        order=("block", "place", "arc"),
    ),
    ServedTable(
        "/energy/meters", "meter_intervals", "Sum roots of readings as posted.", ("node", "run")
    ),
    ServedTable("/energy/bills", "bills", "Energy bills paid in credits.", ("tariff", "payer")),
    ServedTable(
        "/energy/credits/issued",
        "issues",
        "Energy credits issued.",
        ("id",),
        where="contract = 'EnergyCredits'",
    ),
    ServedTable(
        "/energy/credits/gone",
        "exits",
        "Energy credits recovered or expired.",
        ("id", "kind"),
        where="contract = 'EnergyCredits'",
    ),
    ServedTable(
        "/powers",
        "powers",
        "Uses of power: grants, rules, freezes, halts.",
        ("kind", "contract", "actor"),
    ),
    ServedTable("/waiting", "waiting", "Scheduled acts that wait."),
    ServedTable("/events", "events", "Every event.", ("contract", "name", "tx")),
)


@cache
def columns() -> dict[str, dict[str, type]]:
    """Columns of each view with their kind: text, or whole numbers."""
    with duckdb.connect() as db:
        db.execute(schema.TABLES)
        views.create(db)
        found = {v.name: db.execute(f'DESCRIBE "{v.name}"').fetchall() for v in views.VIEWS}
    return {
        view: {
            name: str if kind == "VARCHAR" or kind == "JSON" or (view, name) in UNITS else int
            for name, kind, *_ in rows
        }
        for view, rows in found.items()
    }
