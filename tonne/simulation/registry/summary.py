"""Result of a replay: tables for people and for machines."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tonne.simulation.registry.plan import Expectation
from tonne.simulation.registry.rows import STAR
from tonne.simulation.registry.run import ReplayResult

HEAD = (
    *("scheme", "installation", "year", "verified_total_t", "surrendered_total_t"),
    *("verdict", "published", "as_the_totals_say"),
)


def published(result: ReplayResult) -> Counter[tuple[str, str]]:
    """Rows whose registry states both totals, by published code without stars and verdict."""
    return Counter(
        (one.row.code.removesuffix(STAR), verdict)
        for one, verdict in _judged(result)
        if one.row.has_totals
    )


def differing(result: ReplayResult) -> list[str]:
    """Verdicts that do not equal the registry's own totals, as INSTALLATION YEAR."""
    return [
        f"{one.row.installation} {one.row.year}"
        for one, verdict in _judged(result)
        if verdict != one.verdict or _contradicts(one, verdict)
    ]


def by_year(result: ReplayResult) -> list[tuple[str, int, int, int, int, int, int]]:
    """Scheme, year, verdicts, of them complies, short and unverified; corrections by the authority."""
    rows = []
    names = {plant.scheme.number: plant.scheme.name for plant in result.plan.plants}
    for (number, year), acts in sorted(result.plan.years.items()):
        told = Counter(result.verdicts[number, year, one.plant] for one in acts.expected)
        kinds = (told["complies"], told["short"], told["unverified"])
        corrected = len(acts.corrections)
        rows.append((names[number], year, len(acts.expected), *kinds, corrected))
    return rows


def as_dict(result: ReplayResult) -> dict[str, Any]:
    """All of it but the single verdicts."""
    return {
        "installations": len(result.plan.plants),
        "verdicts": len(result.verdicts),
        "differing": differing(result),
        "published": [
            {"code": code or "none", "verdict": verdict, "rows": count}
            for (code, verdict), count in sorted(published(result).items())
        ],
        "reverts": result.refused,
        "audit": {"compared": result.compared, "differences": result.differences},
        "transactions": result.transactions,
        "gas": {name: gas // max(items, 1) for name, (gas, items) in result.gas.items()},
        "seconds": round(result.seconds, 1),
        "memory_bytes": result.memory,
    }


def write(result: ReplayResult, path: Path) -> None:
    """Every verdict as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEAD)
        for one, verdict in _judged(result):
            same = "" if not one.row.has_totals else "no" if _contradicts(one, verdict) else "yes"
            row = (one.row.scheme.name, one.row.installation, one.row.year)
            totals = (one.verified, one.surrendered)
            table.writerow((*row, *totals, verdict, one.row.code, same))


def _judged(result: ReplayResult) -> Iterator[tuple[Expectation, str]]:
    for number, year, one in result.plan.expectations():
        yield one, result.verdicts[number, year, one.plant]


def _contradicts(one: Expectation, verdict: str) -> bool:
    """Whether the registry states both totals, and they say otherwise."""
    given, verified = one.row.total_surrendered, one.row.total_verified
    if given is None or verified is None:
        return False
    return (given >= verified) != (verdict == "complies")
