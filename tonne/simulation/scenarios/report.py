"""The report of a scenario: price, default rate, banked volume and cost, mean and spread over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tonne.html_report.charts import Chart, ChartSeries
from tonne.html_report.data_files import Column, DataTable, Value
from tonne.html_report.page import Charts, Facts, Page, PageTable, Section, Text
from tonne.simulation.scenarios.study import Study
from tonne.simulation.scenarios.table import MEASURES, Measure, VariantRow, unit

#: Measures with a chart.
SHOWN: Final = ("price", "default_ppm", "banked", "cost")
COLOURS: Final = ("blue", "red", "green", "amber", "purple", "teal", "brown", "grey", "ink")


def page(study: Study, made: Sequence[VariantRow]) -> Page:
    """Charts, and the table of every variant."""
    scheme = study.pack.scheme
    shown = [measure for field in SHOWN for measure in MEASURES if measure.field == field]
    return Page(
        f"Scenario {study.path.stem}",
        f"{scheme.title}: report of a scenario",
        [
            Text(
                f"Every figure is simulated in a plain model: {len(study.variants())} variants under"
                f" {len(study.run.seeds)} seeds. Mean and deviation are over the seeds.",
                "note",
            )
        ],
        [
            Section("Charts", [Charts([_chart(study, made, measure) for measure in shown])]),
            Section("Variants", [PageTable("", _table(study, made))]),
            Section(
                "How it was run",
                [
                    Facts(
                        [
                            ("scenario", study.path.name),
                            ("scheme", scheme.title),
                            ("seeds", ", ".join(map(str, study.run.seeds))),
                            ("emitters", f"{study.run.emitters:,}"),
                            ("sessions", f"{study.run.sessions:,}"),
                        ]
                    )
                ],
            ),
        ],
    )


def _title(measure: Measure) -> str:
    return f"{measure.name[0].upper()}{measure.name[1:]} (simulated)"


def _chart(study: Study, made: Sequence[VariantRow], measure: Measure) -> Chart:
    """Variants beside each other, or over the years where there are several."""
    variants = study.variants()
    if study.run.years == 1:
        means = [float(row.values[measure.field].mean) for row in made]
        apart = [float(row.values[measure.field].deviation) for row in made]
        return Chart(
            _title(measure),
            "rows",
            [
                ChartSeries("mean", "blue", means),
                ChartSeries("less deviation", "grey", _moved(means, apart, -1), mark=True),
                ChartSeries("plus deviation", "ink", _moved(means, apart, 1), mark=True),
            ],
            unit(study, measure),
            categories=[variants[row.variant].name for row in made],
        )
    series = []
    for place, variant in enumerate(variants):
        mine = [row.values[measure.field] for row in made if row.variant == place]
        means, apart = [float(v.mean) for v in mine], [float(v.deviation) for v in mine]
        colour = COLOURS[place % len(COLOURS)]
        low, high = _moved(means, apart, -1), _moved(means, apart, 1)
        if len(variants) <= 3:
            series.append(ChartSeries(f"{variant.name}: deviation", colour, low=low, high=high))
        series.append(ChartSeries(variant.name, colour, means))
    years = [str(study.run.from_ + index) for index in range(study.run.years)]
    return Chart(_title(measure), "lines", series, unit(study, measure), categories=years)


def _moved(means: Sequence[float], apart: Sequence[float], sign: int) -> list[float]:
    return [mean + sign * by for mean, by in zip(means, apart, strict=True)]


def _table(study: Study, made: Sequence[VariantRow]) -> DataTable:
    """Means and deviations of every measure."""
    variants = study.variants()
    columns = [Column("variant"), Column("year", form="id")]
    for measure in MEASURES:
        digits = 2 if measure.divisor > 1 else 1
        columns.append(Column(measure.name, unit=unit(study, measure), digits=digits))
        columns.append(Column(f"{measure.name} deviation", digits=digits, shown=False))
    rows: list[tuple[Value, ...]] = []
    for row in made:
        values: list[Value] = []
        for spread in row.values.values():
            values += [float(spread.mean), float(spread.deviation)]
        rows.append((variants[row.variant].name, row.year, *values))
    return DataTable("variants", "Mean and deviation of each variant and year.", columns, rows)
