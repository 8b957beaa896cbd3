"""Report of an audit: result, differences and findings, and the tables that a market discloses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tonne.audit.results import Body
from tonne.audit.store import exports
from tonne.audit.store.database import Store
from tonne.html_report.charts import Chart, ChartSeries
from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.page import Bullets, Charts, Facts, Page, PageTable, Part, Section, Text
from tonne.html_report.queried import queried

#: Headings of the disclosure's sections, by query.
SECTIONS: Final = {
    "compliance": "Compliance of each plant [t]",
    "trading": "Trading by market and day",
    "supply": "Supply by vintage [t]",
    "published": "Published caps [t]",
    "sanctions": "Published penalties",
    "parameters": "Rule values",
}
#: How columns are written: numbers of things, moments, money of the contracts, fines.
FORMS: Final = {
    **dict.fromkeys(("scheme", "period", "installation", "operator", "market"), "id"),
    **dict.fromkeys(("class", "vintage", "revision"), "id"),
    "day": "day",
    "fromDay": "day",
    "time": "time",
}
SCALES: Final = {"low": 10_000, "high": 10_000, "turnover": 10_000, "cents": 100}
#: Columns that are no sums.
UNSUMMED: Final = frozenset((*FORMS, "low", "high", "value", "key", "source", "capT"))


def page(body: Body, store: Store | None) -> Page:
    """The report of a result; without a store it has no tables of the market."""
    tables = (
        [] if store is None else [_disclosed(store, query.name) for query in exports.DISCLOSURE]
    )
    compared = DataTable(
        "compared",
        "Values rebuilt from events and compared with the chain, by contract.",
        [Column("contract"), Column("values compared", "values", total=True)],
        list(body["compared"].items()),
    )
    sound = "no value differs" if body["sound"] else "not sound"
    sections = [
        Section("Result", [Facts(_result(body)), *_beside(body)]),
        Section("Differences", [PageTable("", _differences(body["differences"]))]),
        Section("Findings", [PageTable("", _findings(body["findings"]))]),
        Section("Values compared", [*_compared_chart(body["compared"]), PageTable("", compared)]),
        *(Section(SECTIONS[table.name], _shown(table)) for table in tables),
    ]
    return Page(
        f"Audit at block {body['block'] or 0:,}: {sound}",
        "Report of an audit",
        [Text(body["trust"], "note")],
        sections,
        headline=[
            ("result", sound, ""),
            ("events", f"{body['events']:,}", "replayed"),
            ("values compared", f"{sum(body['compared'].values()):,}", "with the contracts"),
            ("differences", f"{len(body['differences']):,}", ""),
            ("findings", f"{len(body['findings']):,}", ""),
            ("code", f"{body['codes']:,}", "contracts and extensions compared"),
        ],
    )


def _result(body: Body) -> list[tuple[str, str]]:
    evidence = body["evidence"]
    return [
        ("block", f"{body['block'] or 0:,}"),
        ("block hash", body["blockHash"] or "none: the audit ended before"),
        ("digest of the rebuilt state", body["stateDigest"] or "none"),
        ("digest of the history", body.get("historyDigest") or "none: nothing was stored"),
        ("not proven after block", str(body["notProvenAfter"] or "nothing is proven")),
        ("vouched for by", ", ".join(map(str, body["vouchers"])) or "none"),
        (
            "evidence",
            f"{evidence['named']:,} roots in reports, {evidence['kept']:,} kept by two holders on record",
        ),
    ]


def _beside(body: Body) -> list[Part]:
    told = [b["text"] for b in (*body["lags"], *body["surpluses"], *body["unchecked"])]
    return [Bullets(told)] if told else []


def _differences(found: Sequence[Mapping[str, Any]]) -> DataTable:
    names = ("contract", "about", "events", "chain", "code")
    rows = [tuple(str(one[name]) for name in names) for one in found]
    return DataTable("differences", "Values that differ.", [Column(n) for n in names], rows)


def _findings(found: Sequence[Mapping[str, Any]]) -> DataTable:
    rows = [(one["code"], one["message"], one["block"]) for one in found]
    heads = [Column("code"), Column("finding", "message"), Column("block", form="id")]
    return DataTable(
        "findings", "Answers that a proof refutes, and breaches of rules.", heads, rows
    )


def _compared_chart(compared: Mapping[str, int]) -> list[Part]:
    ranked = sorted(compared.items(), key=lambda one: -one[1])
    values = [float(count) for _, count in ranked]
    series = [ChartSeries("values", "teal", values)]
    names = [name for name, _ in ranked]
    title = "Values compared by contract, by powers of ten"
    chart = Chart(title, "rows", series, "values", categories=names, scale="symlog")
    return [Charts([chart])] if ranked else []


def _disclosed(store: Store, name: str) -> DataTable:
    query = next(query for query in exports.DISCLOSURE if query.name == name)
    heads = [head for head, *_ in store.db.execute(f"DESCRIBE {query.sql}").fetchall()]
    columns = [
        Column(
            head,
            head,
            digits=2 if head in SCALES else None,
            total=head not in UNSUMMED,
            scale=SCALES.get(head, 1),
            form=FORMS.get(head, ""),
        )
        for head in heads
    ]
    return queried(store.db, name, query.about, query.sql, columns)


def _shown(table: DataTable) -> list[Part]:
    parts: list[Part] = [PageTable("", table)]
    if table.name != "trading" or not table.rows:
        return parts
    names = [column.name for column in table.columns]
    market, day, high, lots = (names.index(n) for n in ("market", "day", "high", "lots"))
    markets = sorted({int(str(row[market])) for row in table.rows})
    days = sorted({int(str(row[day])) for row in table.rows})
    labels = [Column("day", form="day").text(d) for d in days]
    charts = []
    for number in markets:
        mine = {int(str(row[day])): row for row in table.rows if row[market] == number}
        price = [float(str(mine[d][high])) / 10_000 if d in mine else None for d in days]
        traded = [float(str(mine[d][lots])) if d in mine else 0.0 for d in days]
        charts += [
            Chart(
                f"Market {number}: highest price of each day",
                "lines",
                [ChartSeries("highest price", "blue", price)],
                "currency a lot",
                categories=labels,
            ),
            Chart(
                f"Market {number}: lots of each day",
                "bars",
                [ChartSeries("lots", "grey", traded)],
                "lots",
                categories=labels,
            ),
        ]
    return [Charts(charts), *parts]
