"""The plots of a report. Each takes a run's table of emitters or its days and writes one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tonne.simulation.period.model.market_state import MarketDay
from tonne.simulation.period.report.table import EmitterRow, Trend

#: One colour for each class, the same in every picture.
COLOURS = {
    "coal_gt300": "#33415c",
    "coal_le300": "#7d8597",
    "unconventional_coal": "#b08968",
    "gas": "#2a9d8f",
    "none": "#cccccc",
}
BLUE, RED, GREEN, GREY = "#1d4e89", "#c1443c", "#3a7d44", "#9aa1ab"
MILLION = 1e6
DPI = 110
PROVINCES = 31

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


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=DPI)
    plt.close(figure)


def prices(days: Sequence[MarketDay], path: Path, currency: str) -> None:
    """Price and volume by session."""
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 4.6), sharex=True, height_ratios=(3, 2))
    labels = [d.day.strftime("%d %b") for d in days]
    places = np.arange(len(days))
    close = [d.close / 100 for d in days]
    low = [(d.low or d.close) / 100 for d in days]
    high = [(d.high or d.close) / 100 for d in days]
    top.fill_between(places, low, high, color=BLUE, alpha=0.18, label="range of trades")
    top.plot(places, close, color=BLUE, marker="o", markersize=3, label="close")
    top.set_ylabel(f"{currency}/t")
    top.set_title("Price and volume by session (simulated trades)")
    top.legend(frameon=False)
    bottom.bar(places, [d.volume / MILLION for d in days], color=GREY)
    bottom.set_ylabel("Mt")
    bottom.set_xticks(places, labels, rotation=60, ha="right")
    _save(figure, path)


def balances(rows: Sequence[EmitterRow], path: Path) -> None:
    """Who was long and who was short: each emitter's balance, largest first."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4), width_ratios=(3, 2))
    balance = np.sort(np.array([r.final - r.due for r in rows if r.due or r.final]))[::-1]
    places = np.arange(len(balance))
    values = balance / MILLION
    left.fill_between(places, values, where=values >= 0, color=GREEN, step="mid", label="long")
    left.fill_between(places, values, where=values < 0, color=RED, step="mid", label="short")
    left.axhline(0, color="black", linewidth=0.6)
    left.set_xlabel("emitters, by balance")
    left.set_ylabel("allocation less obligation [Mt]")
    left.set_title("Long and short")
    left.legend(frameon=False)
    names = [
        name for name in COLOURS if any(r.class_name == name and r.status != "exempt" for r in rows)
    ]
    above = [sum(max(r.final - r.due, 0) for r in rows if r.class_name == n) for n in names]
    below = [sum(max(r.due - r.final, 0) for r in rows if r.class_name == n) for n in names]
    where = np.arange(len(names))
    right.barh(where, [v / MILLION for v in above], color=GREEN)
    right.barh(where, [-v / MILLION for v in below], color=RED)
    right.axvline(0, color="black", linewidth=0.6)
    right.set_yticks(where, [n.replace("_", " ") for n in names])
    right.set_xlabel("Mt")
    right.set_title("by class")
    _save(figure, path)


def by_province(rows: Sequence[EmitterRow], path: Path) -> None:
    """Allocation against emissions, by province and by class."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 5.6), width_ratios=(3, 2))
    provinces = sorted(
        {r.province for r in rows},
        key=lambda p: sum(r.emissions for r in rows if r.province == p),
    )[-PROVINCES:]
    _pairs(left, provinces, rows, "province")
    left.set_title("By province")
    names = [
        n
        for n in reversed(COLOURS)
        if any(r.class_name == n and r.status != "exempt" for r in rows)
    ]
    _pairs(right, names, rows, "class_name")
    right.set_title("By class")
    left.legend(frameon=False, loc="lower right")
    _save(figure, path)


def _pairs(axes: Axes, keys: Sequence[str], rows: Sequence[EmitterRow], field: str) -> None:
    where = np.arange(len(keys))
    chosen = [[r for r in rows if getattr(r, field) == key] for key in keys]
    free = [sum(r.final for r in part) / MILLION for part in chosen]
    emitted = [sum(r.emissions for r in part) / MILLION for part in chosen]
    axes.barh(where + 0.2, free, height=0.38, color=BLUE, label="allocation")
    axes.barh(where - 0.2, emitted, height=0.38, color=GREY, label="emissions")
    axes.set_yticks(where, [k.replace("_", " ") for k in keys], fontsize=7)
    axes.set_xlabel("Mt")


def intensities(rows: Sequence[EmitterRow], path: Path, benchmarks: dict[str, float]) -> None:
    """Intensity of each plant by rank, against its class's benchmark."""
    figure, axes = plt.subplots(figsize=(8, 3.6))
    for name, benchmark in benchmarks.items():
        ranked = sorted(r.emissions / r.power for r in rows if r.class_name == name and r.power > 0)
        if ranked:
            share = np.linspace(0, 100, len(ranked))
            axes.plot(share, ranked, color=COLOURS[name], label=name.replace("_", " "))
            axes.axhline(benchmark, color=COLOURS[name], linewidth=0.8, linestyle="--")
    ordinary = [r.emissions / r.power for r in rows if r.class_name in benchmarks and r.power]
    if ordinary:
        axes.set_ylim(0, float(np.quantile(ordinary, 0.995)) * 1.1)
    axes.set_xlabel("rank within the class [%]")
    axes.set_ylabel("t/MWh supplied")
    axes.set_title("Intensity by rank; dashed: the benchmark")
    axes.legend(frameon=False)
    _save(figure, path)


def compliance(rows: Sequence[EmitterRow], path: Path) -> None:
    """How obligations ended, in tonnes and in emitters."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.8))
    duty = [r for r in rows if r.due]
    tonnes = {
        "allowances": sum(r.surrendered - r.credits for r in duty) / MILLION,
        "credits": sum(r.credits for r in duty) / MILLION,
        "missing": sum(r.due - r.surrendered for r in duty) / MILLION,
    }
    _bars(left, tonnes, (BLUE, GREEN, RED), "Mt", "Obligations met by (simulated)")
    counts = {
        status: sum(r.status == status for r in duty) for status in ("met", "met late", "short")
    }
    _bars(right, counts, (BLUE, GREY, RED), "emitters", "Emitters (simulated)")
    _save(figure, path)


def _bars(
    axes: Axes, values: Mapping[str, float], colours: Sequence[str], label: str, title: str
) -> None:
    bars = axes.barh(list(values), list(values.values()), color=colours)
    axes.bar_label(bars, [f"{v:,.2f}" if label == "Mt" else f"{v:,}" for v in values.values()])
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.set_xlabel(label)
    axes.set_title(title)


def trend(years: Sequence[Trend], path: Path) -> None:
    """Intensity of each class by period, and what was carried into the next."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    names = [t.period for t in years]
    for name in ("coal_gt300", "coal_le300", "unconventional_coal", "gas"):
        values = [getattr(t, name) for t in years]
        if any(values):
            left.plot(names, values, marker="o", color=COLOURS[name], label=name)
    left.plot(names, [t.intensity for t in years], marker="o", color=RED, label="all")
    left.set_ylabel("t/MWh supplied")
    left.set_title("Emission intensity")
    left.legend(frameon=False, fontsize=7)
    places = np.arange(len(years))
    kinds = (("left", BLUE, "left"), ("banked", GREEN, "banked"), ("expired", GREY, "expired"))
    for place, (field, colour, label) in enumerate(kinds):
        amounts = [getattr(t, field) / MILLION for t in years]
        right.bar(places + (place - 1) * 0.25, amounts, 0.25, color=colour, label=label)
    right.set_xticks(places, names)
    right.set_ylabel("Mt")
    right.set_title("Allowances at the end (simulated)")
    right.legend(frameon=False, fontsize=7)
    _save(figure, path)
