"""Aggregate a table of Chinese power plants into `tonne/data/fleet_facts.csv`.

    python tools/fleet_facts.py ../shared/data/china_entities_2162.csv > tonne/data/fleet_facts.csv

One row for each province, benchmark class and capacity bin. Of single plants only the smallest and largest
capacity [MW] and emission rate [t/MWh] of a bin remain.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping

BINS_MW = (0, 50, 100, 200, 350, 700, 1100)
CLASSES = {
    "conventional_coal_gt300": "coal_gt300",
    "conventional_coal_le300": "coal_le300",
    "unconventional_coal": "unconventional_coal",
    "gas": "gas",
}
COLUMNS = (
    "province",
    "benchmark_class",
    "capacity_bin_mw",
    "emitters",
    "units",
    "capacity_mw",
    "capacity_min_mw",
    "capacity_max_mw",
    "rate_t_per_mwh",
    "rate_min",
    "rate_max",
)


def capacity_bin(megawatts: float) -> str:
    """The bin of a capacity [MW] as text: `350-700`, `1100+`."""
    low = max(b for b in BINS_MW if b <= megawatts)
    higher = [b for b in BINS_MW if b > megawatts]
    return f"{low}-{higher[0]}" if higher else f"{low}+"


def facts(rows: Iterable[Mapping[str, str]]) -> list[list[object]]:
    """Rows of the table of facts, in the order of `COLUMNS`."""
    groups: dict[tuple[str, str, float], list[tuple[float, int, float, float]]] = defaultdict(list)
    for row in rows:
        capacity = float(row["capacity_mw"])
        energy, carbon = float(row["generation_mwh_2020_est"]), float(row["co2_t_2020_est"])
        low: float = max(b for b in BINS_MW if b <= capacity)
        key = (row["province"] or "unknown", CLASSES[row["benchmark_class"]], low)
        groups[key].append((capacity, int(row["units"]), energy, carbon))
    table: list[list[object]] = []
    for (province, name, low), members in sorted(groups.items()):
        capacities = [m[0] for m in members]
        rates = [carbon / energy for _, _, energy, carbon in members]
        energy = sum(m[2] for m in members)
        table.append(
            [
                province,
                name,
                capacity_bin(low),
                len(members),
                sum(m[1] for m in members),
                round(sum(capacities), 1),
                min(capacities),
                max(capacities),
                round(sum(m[3] for m in members) / energy, 4),
                round(min(rates), 4),
                round(max(rates), 4),
            ]
        )
    return table


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/fleet_facts.py FILE.csv > tonne/data/fleet_facts.csv")
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        table = facts(csv.DictReader(file))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(table)


if __name__ == "__main__":
    main()
