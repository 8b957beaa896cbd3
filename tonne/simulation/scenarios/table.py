"""Results of a scenario: mean and spread over seeds, as rows and as CSV."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Final, NamedTuple

from tonne.simulation.scenarios.study import Study
from tonne.simulation.scenarios.years import YearResult

#: Results of every (variant, seed), by their places in the study.
Results = Mapping[tuple[int, int], Sequence[YearResult]]


class Measure(NamedTuple):
    """One column of the table: a result, what it is divided by, its unit."""

    field: str
    name: str
    divisor: int
    unit: str  # may name the scheme's {currency} and {measure}


MEASURES: Final = (
    Measure("price", "price", 100, "{currency}/{measure}"),
    Measure("close", "last close", 100, "{currency}/{measure}"),
    Measure("default_ppm", "default rate", 10_000, "%"),
    Measure("defaulters", "defaulters", 1, "emitters"),
    Measure("banked", "banked", 1, "{measure}"),
    Measure("expired", "expired", 1, "{measure}"),
    Measure("cost", "cost of a lacking unit", 100, "{currency}/{measure}"),
    Measure("fines", "fines", 100, "{currency}"),
    Measure("offsets", "offsets", 1, "{measure}"),
    Measure("volume", "volume", 1, "{measure}"),
    Measure("free", "given out", 1, "{measure}"),
    Measure("due", "owed", 1, "{measure}"),
    Measure("avoided", "emissions avoided", 1, "{measure}"),
    Measure("warned", "warned", 1, "emitters"),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation over the seeds (of a sample; 0 for a single one)."""

    mean: Decimal
    deviation: Decimal


@dataclass(frozen=True, slots=True)
class VariantRow:
    """One variant in one year."""

    variant: int
    year: int
    values: Mapping[str, Spread]


def rows(study: Study, results: Results) -> list[VariantRow]:
    """The table, in the order of the file."""
    found = []
    for place in range(len(study.variants())):
        runs = [results[place, seed] for seed in study.run.seeds]
        for index in range(study.run.years):
            values = {
                m.field: _spread([getattr(years[index], m.field) for years in runs], m.divisor)
                for m in MEASURES
            }
            found.append(VariantRow(place, study.run.from_ + index, values))
    return found


def _spread(values: Sequence[int], divisor: int) -> Spread:
    deviation = Decimal(statistics.stdev(values)) if len(values) > 1 else Decimal(0)
    step = Decimal("0.01") if divisor > 1 else Decimal("0.1")
    mean = Decimal(sum(values)) / len(values)
    return Spread((mean / divisor).quantize(step), (deviation / divisor).quantize(step))


def unit(study: Study, measure: Measure) -> str:
    scheme = study.pack.scheme
    return measure.unit.format(currency=scheme.currency, measure=scheme.measure)


def as_csv(study: Study, made: Sequence[VariantRow]) -> str:
    """The table as a file: the same for the same scenario, pack and version."""
    swept = [settings[0].key for settings in study.sweeps]
    head = ["case", *swept, "year", "seeds"]
    for measure in MEASURES:
        name = f"{measure.name} [{unit(study, measure)}]"
        head += [name, f"{name} deviation"]
    variants = study.variants()
    lines = []
    for row in made:
        variant = variants[row.variant]
        line = [variant.case, *(s.written for s in variant.settings if s.swept)]
        line += [str(row.year), str(len(study.run.seeds))]
        for value in row.values.values():
            line += [str(value.mean), str(value.deviation)]
        lines.append(line)
    return _csv(head, lines)


def runs_as_csv(study: Study, results: Results) -> str:
    """Every run by itself, in whole units (money in 0.01, rates in parts per million)."""
    names = [f.name for f in fields(YearResult)]
    lines = []
    for place, variant in enumerate(study.variants()):
        for seed in study.run.seeds:
            for index, result in enumerate(results[place, seed]):
                given = asdict(result)
                head = [variant.name, str(study.run.from_ + index), str(seed)]
                lines.append([*head, *(str(given[name]) for name in names)])
    return _csv(["variant", "year", "seed", *names], lines)


def _csv(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return text.getvalue()
