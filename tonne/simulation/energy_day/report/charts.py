"""Charts of a day's report. Hours are those of the market's day, which is settled from midnight UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from tonne.constants import HOUR_S
from tonne.html_report.charts import Chart, ChartSeries, Numbers
from tonne.meters.profiles import ZONE
from tonne.simulation.energy_day.model.grid import (
    CARRIERS,
    REGIONS,
    carrier_of,
    node_of,
    region_of,
)
from tonne.simulation.energy_day.model.results import Bill
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.report import energy_balance
from tonne.simulation.energy_day.report.energy_balance import NodeBalance

#: One colour for each region, and for each kind of converter, the same in every chart.
REGION_COLOURS: Final = ("blue", "red", "green")
KIND_COLOURS: Final = ("amber", "red", "grey", "teal", "ink", "purple")
DAY: Final = (0.0, 24.0)
KWH: Final = 1e3

ABOVE: Final = {
    "plants": "plants",
    "fed_in": "customers' roofs",
    "by_lines": "by lines",
    "by_converters": "by converters",
    "evened_in": "evened out: in",
}
BELOW: Final = {
    "used": "customers",
    "vanished": "lost",
    "over_lines": "over lines",
    "into_converters": "into converters",
    "evened_away": "evened out: away",
}
BALANCE_COLOURS: Final = ("ink", "amber", "blue", "teal", "grey")

#: Parts of a bill: field, name, colour.
BILL_PARTS: Final = (
    ("contract", "traded", "ink"),
    ("imbalance", "imbalance", "red"),
    ("fee", "fee", "amber"),
    ("agreed", "agreed", "purple"),
    ("networks", "networks", "grey"),
    ("returned", "returned", "green"),
)


def _by_hour(
    state: DayState, title: str, unit: str, series: Sequence[ChartSeries], stacked: bool = False
) -> Chart:
    """Steps over the day, from 0 to 24."""
    starts = [state.line.at(index) for index in range(state.line.count)]
    midnight = datetime.fromtimestamp(starts[0], UTC).replace(hour=0, minute=0)
    return Chart(
        title,
        "lines",
        series,
        unit,
        x=[(start - midnight.timestamp()) / HOUR_S for start in starts],
        x_unit="hour (UTC)",
        domain=DAY,
        stacked=stacked,
        wide=stacked,
        tips=[_interval(start, state.line.interval_s) for start in starts],
    )


def _interval(start: int, seconds: int) -> str:
    """An interval by the clock of the market, and of the place."""
    begin = datetime.fromtimestamp(start, UTC)
    end = datetime.fromtimestamp(start + seconds, UTC)
    return f"{begin:%H:%M} to {end:%H:%M} UTC ({begin.astimezone(ZONE):%H:%M %Z})"


def _unit(state: DayState) -> str:
    return f"kWh in {state.line.interval_s // 60} min"


def _kwh(values: Sequence[int]) -> list[float]:
    return [value / KWH for value in values]


def prices(state: DayState) -> list[Chart]:
    """Marginal price of each node, by carrier."""
    return [
        _by_hour(
            state,
            f"{carrier.name.capitalize()}: price",
            "credits/kWh",
            [
                ChartSeries(
                    name,
                    REGION_COLOURS[region % len(REGION_COLOURS)],
                    energy_balance.prices(state, node_of(region, carrier)),
                    step=True,
                )
                for region, name in enumerate(state.grid.names)
            ],
        )
        for carrier in CARRIERS
    ]


def flows(state: DayState) -> list[Chart]:
    """Lines between regions by carrier: what was scheduled, against a line's direction below zero."""
    found = []
    for carrier in CARRIERS:
        lines = [
            n for n, k in enumerate(state.grid.links) if k.line and carrier_of(k.start) is carrier
        ]
        series = []
        for place, number in enumerate(lines):
            link = state.grid.links[number]
            limit = link.capacity * state.per_customer / KWH
            series.append(
                ChartSeries(
                    f"{REGIONS[region_of(link.start)]} → {REGIONS[region_of(link.end)]}",
                    REGION_COLOURS[place % len(REGION_COLOURS)],
                    _kwh(energy_balance.net_flows(state, number)),
                    step=True,
                    levels=(limit, -limit),
                )
            )
        title = f"{carrier.name.capitalize()}: flow; dashed: capacity"
        found.append(_by_hour(state, title, _unit(state), series))
    return found


def converters(state: DayState) -> Chart:
    """Intake of the converters of all regions, by kind."""
    kinds: dict[str, list[float]] = {}
    for number, link in enumerate(state.grid.links):
        if not link.line:
            kind = link.name.removesuffix(f" {REGIONS[region_of(link.start)]}")
            before = kinds.get(kind, [0.0] * state.line.count)
            taken = _kwh(energy_balance.net_flows(state, number))
            kinds[kind] = [a + b for a, b in zip(before, taken, strict=True)]
    series = [
        ChartSeries(kind, colour, values, step=True)
        for (kind, values), colour in zip(kinds.items(), KIND_COLOURS, strict=False)
    ]
    return _by_hour(state, "Converters of all regions", f"{_unit(state)} taken", series, True)


def losses(state: DayState) -> list[Chart]:
    """Lines: by their curve and by their meters; areas: with the part that no line explains."""
    lines = [day for day in state.results.lines if day.in_wh]
    areas = state.results.areas
    return [
        Chart(
            "Loss of lines and converters, by powers of ten",
            "rows",
            [
                ChartSeries("modelled", "grey", _kwh([d.modelled_wh for d in lines])),
                ChartSeries("measured", "ink", _kwh([d.measured_wh for d in lines])),
            ],
            "kWh",
            categories=[d.name for d in lines],
            scale="symlog",
        ),
        Chart(
            "Loss of areas",
            "rows",
            [
                ChartSeries("measured by feeders", "ink", _kwh([a.measured_wh for a in areas])),
                ChartSeries("unaccounted", "red", _kwh([a.unaccounted_wh for a in areas])),
            ],
            "kWh",
            categories=[
                f"{carrier_of(a.node).name.lower()}, {REGIONS[region_of(a.node)]}" for a in areas
            ],
            stacked=True,
        ),
    ]


def balances(state: DayState) -> list[Chart]:
    """Each region: in above zero, out below; the same colour for the two sides of one thing."""
    found = energy_balance.balances(state)
    charts = []
    for region, name in enumerate(state.grid.names):
        mine = [b for b in found if region_of(b.node) == region]
        series = [
            ChartSeries(label, colour, _sum(mine, part, sign))
            for parts, sign in ((ABOVE, 1), (BELOW, -1))
            for (part, label), colour in zip(parts.items(), BALANCE_COLOURS, strict=True)
        ]
        charts.append(
            Chart(
                f"{name.capitalize()}: in above, out below",
                "bars",
                series,
                "kWh",
                categories=[carrier_of(b.node).name.lower() for b in mine],
                stacked=True,
            )
        )
    return charts


def _sum(nodes: Sequence[NodeBalance], part: str, sign: int) -> list[float]:
    return [sign * int(getattr(node, part)) / KWH for node in nodes]


def bills(shown: Sequence[Bill]) -> Chart:
    """Bills by part; payments are below zero."""

    def amounts(field: str) -> Numbers:
        return [int(getattr(bill, field)) / 1e6 for bill in shown]

    parts = [ChartSeries(label, colour, amounts(field)) for field, label, colour in BILL_PARTS]
    return Chart(
        "Bills of ten customers: received above, paid below",
        "rows",
        [*parts, ChartSeries("net", "blue", amounts("net"), mark=True)],
        "credits",
        categories=[f"{bill.customer} {bill.kind}" for bill in shown],
        stacked=True,
        wide=True,
    )
