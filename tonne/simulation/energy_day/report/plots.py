"""The plots of a day's report. Each writes one picture."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tonne.constants import HOUR_S
from tonne.meters.profiles import ZONE
from tonne.simulation.energy_day.model.grid import (
    CARRIERS,
    LINKS,
    REGIONS,
    carrier_of,
    node_of,
    region_of,
)
from tonne.simulation.energy_day.model.plan import INTERVAL_S
from tonne.simulation.energy_day.model.results import Bill
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.report import energy_balance

#: One colour for each region, and for each carrier, the same in every picture.
REGION_COLOURS = ("#1d4e89", "#c1443c", "#3a7d44")
CARRIER_COLOURS = ("#d9a21b", "#c1443c", "#7d8597", "#2a9d8f")
GREY, DARK = "#9aa1ab", "#33415c"
DPI = 110

plt.rcParams.update(
    {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "figure.constrained_layout.use": True,
    }
)


def write(state: DayState, out: Path) -> None:
    prices(state, out / "prices.png")
    flows(state, out / "flows.png")
    converters(state, out / "converters.png")
    losses(state, out / "losses.png")
    balances(state, out / "balances.png")
    bills(state, out / "bills.png")


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=DPI)
    plt.close(figure)


def _hours(state: DayState) -> np.ndarray:
    """Local hour of each interval's start."""
    begin = datetime.fromtimestamp(state.line.start, UTC).astimezone(ZONE)
    first = begin.hour + begin.minute / 60
    return first + np.arange(state.line.count) * INTERVAL_S / HOUR_S


def prices(state: DayState, path: Path) -> None:
    """Marginal price of each node."""
    figure, axes = plt.subplots(2, 2, figsize=(8, 5), sharex=True)
    hours = _hours(state)
    for carrier, panel in zip(CARRIERS, axes.flat, strict=True):
        for region, name in enumerate(REGIONS):
            values = energy_balance.prices(state, node_of(region, carrier))
            panel.step(hours, values, where="post", color=REGION_COLOURS[region], label=name)
        panel.set_title(carrier.name.capitalize())
        panel.set_ylim(bottom=0)
        panel.set_ylabel("credits/kWh")
    for panel in axes[1]:
        panel.set_xlabel("hour")
    axes[0][0].legend(frameon=False)
    _save(figure, path)


def flows(state: DayState, path: Path) -> None:
    """Lines between regions: what was scheduled, against a line's direction below zero."""
    lines = [n for n, link in enumerate(LINKS) if link.line]
    figure, axes = plt.subplots(2, 2, figsize=(8, 5), sharex=True)
    hours = _hours(state)
    for carrier, panel in zip(CARRIERS, axes.flat, strict=True):
        mine = [n for n in lines if carrier_of(LINKS[n].start) is carrier]
        for place, number in enumerate(mine):
            link = LINKS[number]
            name = f"{REGIONS[region_of(link.start)]} → {REGIONS[region_of(link.end)]}"
            values = np.array(energy_balance.net_flows(state, number)) / 1e3
            colour = REGION_COLOURS[place]
            panel.step(hours, values, where="post", color=colour, label=name)
            limit = link.capacity * state.per_customer / 1e3
            panel.axhline(limit, color=colour, linewidth=0.6, linestyle=":")
            panel.axhline(-limit, color=colour, linewidth=0.6, linestyle=":")
        panel.axhline(0, color="black", linewidth=0.6)
        panel.set_title(f"{carrier.name.capitalize()}, dotted: capacity")
        panel.set_ylabel("kWh per quarter")
        panel.legend(frameon=False, fontsize=7)
    for panel in axes[1]:
        panel.set_xlabel("hour")
    _save(figure, path)


def converters(state: DayState, path: Path) -> None:
    """What the converters of all regions took, by kind."""
    figure, axes = plt.subplots(figsize=(8, 3))
    hours = _hours(state)
    kinds: dict[str, np.ndarray] = {}
    for number, link in enumerate(LINKS):
        if not link.line:
            kind = link.name.rpartition(" ")[0]
            values = np.array(energy_balance.net_flows(state, number)) / 1e3
            kinds[kind] = kinds.get(kind, np.zeros(state.line.count)) + values
    colours = (*CARRIER_COLOURS, DARK)
    axes.stackplot(hours, *kinds.values(), labels=list(kinds), colors=colours, step="post")
    axes.set_ylabel("kWh per quarter taken")
    axes.set_xlabel("hour")
    axes.set_title("Converters of all regions")
    axes.legend(frameon=False, fontsize=7, ncols=len(kinds), loc="upper left")
    axes.margins(y=0.2)
    _save(figure, path)


def losses(state: DayState, path: Path) -> None:
    """Lines: by their curve and by their meters; areas: what of the loss no line explains."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 5.6), width_ratios=(3, 2))
    lines = [day for day in state.results.lines if day.in_wh]
    where = np.arange(len(lines))
    left.barh(where + 0.2, [d.modelled_wh / 1e3 for d in lines], height=0.38, color=GREY)
    left.barh(where - 0.2, [d.measured_wh / 1e3 for d in lines], height=0.38, color=DARK)
    left.set_yticks(where, [d.name for d in lines], fontsize=6)
    left.set_xlabel("kWh")
    left.legend(["modelled", "measured"], frameon=False, loc="lower right")
    left.set_title("Lines and converters")
    left.set_xscale("symlog", linthresh=1)
    _areas(right, state)
    _save(figure, path)


def _areas(axes: Axes, state: DayState) -> None:
    areas = state.results.areas
    where = np.arange(len(areas))
    measured = np.array([a.measured_wh for a in areas]) / 1e3
    rest = np.array([a.unaccounted_wh for a in areas]) / 1e3
    axes.barh(where, measured, color=DARK, label="measured by feeders")
    axes.barh(where, rest, left=measured, color=REGION_COLOURS[1], label="unaccounted")
    names = [f"{carrier_of(a.node).name.lower()}, {REGIONS[region_of(a.node)]}" for a in areas]
    axes.set_yticks(where, names, fontsize=7)
    axes.set_xlabel("kWh")
    axes.set_title("Areas")
    axes.legend(frameon=False, fontsize=7)


def balances(state: DayState, path: Path) -> None:
    """Each region: what came in above zero, what went out below."""
    found = energy_balance.balances(state)
    figure, axes = plt.subplots(1, len(REGIONS), figsize=(8, 4.4), sharey=True)
    above = ("plants", "fed_in", "by_lines", "by_converters", "evened_in")
    below = ("used", "vanished", "over_lines", "into_converters", "evened_away")
    names = {
        "fed_in": "customers' roofs",
        "evened_in": "evened out: in",
        "used": "customers",
        "vanished": "lost",
        "evened_away": "evened out: away",
    }
    colours = (DARK, "#d9a21b", "#1d4e89", "#2a9d8f", GREY)
    for region, panel in enumerate(axes):
        mine = [b for b in found if region_of(b.node) == region]
        where = np.arange(len(mine))
        for parts, sign in ((above, 1), (below, -1)):
            base = np.zeros(len(mine))
            for part, colour in zip(parts, colours, strict=True):
                values = sign * np.array([getattr(b, part) for b in mine]) / 1e3
                label = names.get(part, part.replace("_", " "))
                panel.bar(
                    where, values, bottom=base, color=colour, label=f"{label}", alpha=_shade(sign)
                )
                base += values
        panel.axhline(0, color="black", linewidth=0.6)
        panel.set_xticks(where, [carrier_of(b.node).name.lower() for b in mine], rotation=30)
        panel.set_title(REGIONS[region])
    axes[0].set_ylabel("kWh, in above and out below")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=7, ncols=5, loc="outside lower center")
    _save(figure, path)


def _shade(sign: int) -> float:
    return 1.0 if sign > 0 else 0.6


def bills(state: DayState, path: Path) -> None:
    """Bills of ten customers, by part."""
    shown = [state.results.bills[place] for place in energy_balance.ten(state)]
    figure, axes = plt.subplots(figsize=(8, 3.6))
    where = np.arange(len(shown))
    parts = (
        ("contract", DARK, "traded"),
        ("imbalance", REGION_COLOURS[1], "imbalance"),
        ("fee", "#d9a21b", "fee"),
        ("agreed", "#7d5ba6", "agreed"),
        ("networks", GREY, "networks"),
        ("returned", REGION_COLOURS[2], "returned"),
    )
    up, down = np.zeros(len(shown)), np.zeros(len(shown))
    for name, colour, label in parts:
        values = np.array([getattr(b, name) for b in shown]) / 1e6
        base = np.where(values >= 0, up, down)
        axes.bar(where, values, bottom=base, color=colour, label=label)
        up += np.maximum(values, 0)
        down += np.minimum(values, 0)
    axes.plot(where, [b.net / 1e6 for b in shown], "k_", markersize=14, label="net")
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_xticks(where, [_label(b) for b in shown], fontsize=7)
    axes.set_ylabel("credits; paid below zero")
    axes.set_title("Bills of ten customers")
    axes.legend(frameon=False, fontsize=7, ncols=7)
    axes.margins(y=0.2)
    _save(figure, path)


def _label(bill: Bill) -> str:
    return f"{bill.customer}\n" + bill.kind.replace(" ", "\n")
