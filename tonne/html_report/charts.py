"""Charts of a report as data; the page draws them in the reader's browser, at any width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

#: Names of the page's colours, each with a value for light and for dark.
COLOURS: Final = ("blue", "red", "green", "amber", "purple", "grey", "teal", "brown", "ink")

Numbers = Sequence[float | None]

#: Most points of a curve; no screen shows more.
MOST_POINTS: Final = 400


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """Values of one name, by place on the x axis. A band has `low` and `high`, a level one dashed value."""

    name: str
    colour: str
    y: Numbers = ()
    x: Numbers = ()  #       own places; else the chart's
    low: Numbers = ()
    high: Numbers = ()
    step: bool = False  #    holds until the next place
    fill: bool = False  #    down to zero
    dash: bool = False
    mark: bool = False  #    a mark without a bar or line
    levels: Numbers = ()  #  horizontal lines

    def told(self) -> dict[str, Any]:
        """As JSON has it, without empty fields."""
        told: dict[str, Any] = {"name": self.name, "colour": self.colour}
        for name in ("y", "x", "low", "high", "levels"):
            values = getattr(self, name)
            if len(values):
                told[name] = [_short(v) for v in values]
        told |= {n: True for n in ("step", "fill", "dash", "mark") if getattr(self, n)}
        return told


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. `kind`: lines, bars (upright) or rows (lying). Categories or numbers on the x axis."""

    title: str
    kind: str
    series: Sequence[ChartSeries]
    unit: str  #                           of the values
    categories: Sequence[str] = ()
    x: Numbers = ()
    x_unit: str = ""
    domain: tuple[float, float] | None = None  # of the x axis
    most: float | None = None  #           of the values shown
    stacked: bool = False
    scale: str = ""  #                     symlog: zero, then powers of ten
    wide: bool = False  #                  over the whole width
    tips: Sequence[str] = field(default_factory=tuple)  # of places on the x axis, in words

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "unit": self.unit,
            "series": [one.told() for one in self.series],
            "categories": list(self.categories),
            "x": [_short(v) for v in self.x],
            "xUnit": self.x_unit,
            "domain": self.domain,
            "most": self.most,
            "stacked": self.stacked,
            "scale": self.scale,
            "tips": list(self.tips),
        }


def thinned(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Places and values of at most MOST_POINTS points of a long curve, with its first and last."""
    last = len(values) - 1
    if last < MOST_POINTS:
        return list(map(float, range(len(values)))), list(values)
    places = sorted({round(i * last / (MOST_POINTS - 1)) for i in range(MOST_POINTS)})
    return list(map(float, places)), [values[place] for place in places]


def _short(value: float | None) -> float | None:
    """Six digits are more than a screen shows; JSON has no NaN."""
    if value is None or value != value:
        return None
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() else short
