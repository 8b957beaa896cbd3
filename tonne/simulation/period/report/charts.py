"""Charts of a period's report, of a run's table of emitters, its sessions, or its periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from tonne.html_report.charts import Chart, ChartSeries, thinned
from tonne.simulation.period.model.market_state import MarketDay
from tonne.simulation.period.report.table import EmitterRow, Trend

#: One colour for each class, the same in every chart.
COLOURS: Final = {
    "coal_gt300": "ink",
    "coal_le300": "grey",
    "unconventional_coal": "brown",
    "gas": "teal",
    "none": "purple",
}
MILLION: Final = 1e6
PROVINCES: Final = 31


def prices(days: Sequence[MarketDay], currency: str) -> list[Chart]:
    """Price and volume by session."""
    labels = [f"{d.day:%d %b}" for d in days]
    tips = [f"{d.day:%d %B %Y}" for d in days]
    return [
        Chart(
            "Price by session (simulated trades)",
            "lines",
            [
                ChartSeries(
                    "range of trades",
                    "blue",
                    low=[(d.low or d.close) / 100 for d in days],
                    high=[(d.high or d.close) / 100 for d in days],
                ),
                ChartSeries("close", "blue", [d.close / 100 for d in days]),
            ],
            f"{currency}/t",
            categories=labels,
            tips=tips,
        ),
        Chart(
            "Volume by session (simulated trades)",
            "bars",
            [ChartSeries("volume", "grey", [d.volume / MILLION for d in days])],
            "Mt",
            categories=labels,
            tips=tips,
        ),
    ]


def balances(rows: Sequence[EmitterRow]) -> list[Chart]:
    """Surplus and shortage: each emitter's balance, largest first, and by class."""
    balance = sorted((r.final - r.due for r in rows if r.due or r.final), reverse=True)
    places, values = thinned([b / MILLION for b in balance])
    names = _classes(rows)
    above = [sum(max(r.final - r.due, 0) for r in rows if r.class_name == n) for n in names]
    below = [sum(max(r.due - r.final, 0) for r in rows if r.class_name == n) for n in names]
    return [
        Chart(
            "Long and short, largest balance first",
            "lines",
            [
                ChartSeries("long", "green", [v if v >= 0 else None for v in values], fill=True),
                ChartSeries("short", "red", [v if v < 0 else None for v in values], fill=True),
            ],
            "allocation less obligation, Mt",
            x=places,
            x_unit="emitters",
            tips=[f"emitter {int(place) + 1:,} by balance" for place in places],
        ),
        Chart(
            "Long and short by class",
            "rows",
            [
                ChartSeries("long", "green", [v / MILLION for v in above]),
                ChartSeries("short", "red", [-v / MILLION for v in below]),
            ],
            "Mt",
            categories=[_words(n) for n in names],
            stacked=True,
        ),
    ]


def allocation(rows: Sequence[EmitterRow]) -> list[Chart]:
    """Allocation against emissions, by province and by class."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.province] = sums.get(row.province, 0) + row.emissions
    provinces = sorted(sums, key=lambda p: -sums[p])[:PROVINCES]
    return [
        _pairs("By province", provinces, rows, "province"),
        _pairs("By class", _classes(rows), rows, "class_name"),
    ]


def _pairs(title: str, keys: Sequence[str], rows: Sequence[EmitterRow], field: str) -> Chart:
    chosen = [[r for r in rows if getattr(r, field) == key] for key in keys]
    return Chart(
        title,
        "rows",
        [
            ChartSeries("allocation", "blue", [sum(r.final for r in s) / MILLION for s in chosen]),
            ChartSeries(
                "emissions", "grey", [sum(r.emissions for r in s) / MILLION for s in chosen]
            ),
        ],
        "Mt",
        categories=[_words(key) for key in keys],
    )


def intensities(rows: Sequence[EmitterRow], benchmarks: Mapping[str, float]) -> Chart:
    """Intensity of each plant by rank, against its class's benchmark."""
    series = []
    for name, benchmark in benchmarks.items():
        ranked = sorted(r.emissions / r.power for r in rows if r.class_name == name and r.power > 0)
        if ranked:
            places, values = thinned(ranked)
            last = max(len(ranked) - 1, 1)
            series.append(
                ChartSeries(
                    _words(name),
                    COLOURS[name],
                    values,
                    x=[100 * place / last for place in places],
                    levels=(benchmark,),
                )
            )
    ordinary = [r.emissions / r.power for r in rows if r.class_name in benchmarks and r.power]
    return Chart(
        "Intensity by rank; dashed: the benchmark",
        "lines",
        series,
        "t/MWh supplied",
        x_unit="rank within the class, %",
        domain=(0, 100),
        most=float(np.quantile(ordinary, 0.995)) * 1.1 if ordinary else None,
    )


def compliance(rows: Sequence[EmitterRow]) -> list[Chart]:
    """How obligations ended, in tonnes and in emitters."""
    duty = [r for r in rows if r.due]
    tonnes = {
        "allowances": sum(r.surrendered - r.credits for r in duty) / MILLION,
        "credits": sum(r.credits for r in duty) / MILLION,
        "missing": sum(r.due - r.surrendered for r in duty) / MILLION,
    }
    counts = {
        status: float(sum(r.status == status for r in duty))
        for status in ("met", "met late", "short")
    }
    return [
        _one("Obligations met by (simulated)", tonnes, "Mt"),
        _one("Emitters (simulated)", counts, "emitters"),
    ]


def _one(title: str, values: Mapping[str, float], unit: str) -> Chart:
    return Chart(
        title,
        "rows",
        [ChartSeries(unit, "blue", list(values.values()))],
        unit,
        categories=list(values),
    )


def trend(years: Sequence[Trend], currency: str) -> list[Chart]:
    """Prices of each period, and what was carried into the next."""
    names = [t.period for t in years]
    prices = [
        ChartSeries("mean", "blue", [t.mean_cents / 100 for t in years]),
        ChartSeries("last close", "amber", [t.last_cents / 100 for t in years]),
    ]
    kinds = (("left", "blue"), ("banked", "green"), ("expired", "grey"))
    carried = [
        ChartSeries(kind, colour, [getattr(t, kind) / MILLION for t in years])
        for kind, colour in kinds
    ]
    return [
        Chart("Price (simulated)", "lines", prices, f"{currency}/t", categories=names),
        Chart("Allowances at the end (simulated)", "bars", carried, "Mt", categories=names),
    ]


def schemes(tables: Mapping[str, Sequence[EmitterRow]]) -> Chart:
    """Emissions, allocation, obligations and surrender of each scheme."""
    fields = (
        ("emissions", "emissions", "grey"),
        ("free allocation", "final", "blue"),
        ("obligations", "due", "amber"),
        ("surrendered (simulated)", "surrendered", "green"),
    )
    return Chart(
        "Emissions, allocation, obligations, surrender",
        "rows",
        [
            ChartSeries(
                title,
                colour,
                [sum(getattr(r, field) for r in rows) / MILLION for rows in tables.values()],
            )
            for title, field, colour in fields
        ],
        "Mt",
        categories=list(tables),
        wide=True,
    )


def _classes(rows: Sequence[EmitterRow]) -> list[str]:
    return [n for n in COLOURS if any(r.class_name == n and r.status != "exempt" for r in rows)]


def _words(name: str) -> str:
    return name.replace("_", " ")
