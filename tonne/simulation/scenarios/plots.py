"""The plots of a scenario: price, default rate, banked volume and cost, mean and spread over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from tonne.simulation.scenarios.study import Study
from tonne.simulation.scenarios.table import MEASURES, VariantRow, unit

#: One picture each.
SHOWN = ("price", "default_ppm", "banked", "cost")
DPI = 110
BLUE = "#1d4e89"


def draw(study: Study, made: Sequence[VariantRow], folder: Path) -> list[Path]:
    """One picture a measure: variants side by side, or over the years where there are several."""
    return [_one(study, made, folder, field) for field in SHOWN]


def _one(study: Study, made: Sequence[VariantRow], folder: Path, field: str) -> Path:
    measure = next(m for m in MEASURES if m.field == field)
    variants = study.variants()
    height = max(2.4, 0.34 * len(variants) + 1.2) if study.run.years == 1 else 4.6
    figure, axes = plt.subplots(figsize=(8, height), layout="constrained")
    if study.run.years == 1:
        means = [float(row.values[field].mean) for row in made]
        spreads = [float(row.values[field].deviation) for row in made]
        places = np.arange(len(made))
        axes.errorbar(means, places, xerr=spreads, fmt="o", color=BLUE, capsize=3)
        axes.set_yticks(places, [variants[row.variant].name for row in made], fontsize=7)
        axes.invert_yaxis()
        axes.margins(y=0.2)
        axes.set_xlabel(unit(study, measure))
    else:
        for place, variant in enumerate(variants):
            mine = [row for row in made if row.variant == place]
            axes.errorbar(
                [str(row.year) for row in mine],
                [float(row.values[field].mean) for row in mine],
                yerr=[float(row.values[field].deviation) for row in mine],
                marker="o", markersize=3, capsize=3, label=variant.name,
            )  # fmt: skip
        axes.set_ylabel(unit(study, measure))
        axes.legend(frameon=False, fontsize=7)
    axes.set_title(
        f"{measure.name[0].upper()}{measure.name[1:]}: mean and deviation of"
        f" {len(study.run.seeds)} seeds (simulated)",
        fontsize=10,
    )
    axes.spines[["top", "right"]].set_visible(False)
    path = folder / f"{measure.name.replace(' ', '-')}.png"
    figure.savefig(path, dpi=DPI)
    plt.close(figure)
    return path
