"""Plants of sectors beside power: allocation on the chain, and arithmetic on their signed reports."""

from __future__ import annotations

from typing import Any, Final

from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.queried import Events
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.report import sector_arithmetic

COLUMNS: Final = (
    Column("emitter"),
    Column("installation", form="id"),
    Column("sector"),
    Column("product"),
    Column("made before", "product_before_t", total=True),
    Column("made", "product_t", total=True),
    Column("emissions", "emissions_t", total=True),
    Column("allocated on chain", "allocated_t", total=True),
    Column("by its signed lines", "worked_out_t", total=True),
    Column("obligation", "obligation_t", total=True),
)
#: Amount of the last table of each installation in a period.
_TABLED = """
SELECT installation, last(amount ORDER BY block, place) FROM allocations
WHERE scheme = ? AND period = ? AND act = 'AllowancesTabled' GROUP BY installation
"""


def tables(state: PeriodState, store: Events) -> list[DataTable]:
    """A row for each plant of a sector, with the allocations of the events, not the run's own; no table of a
    fleet of power alone."""
    if all(plant.industry is None for plant in state.fleet.plants):
        return []
    worked_out = sector_arithmetic.of(state)
    given = dict(store.execute(_TABLED, [state.scheme, state.period.number]).fetchall())
    rows = []
    for place, plant in enumerate(state.fleet.plants):
        if plant.industry is None:
            continue
        number = int(state.installations[place])
        rows.append(
            (
                *(plant.key, number, plant.class_name, plant.industry.product),
                *(plant.industry.prior_product_t, plant.industry.product_t),
                *(int(state.emissions[place]), int(given.get(number, 0)), worked_out.get(number)),
                int(state.due[place]),
            )
        )
    about = (
        "Plants of sectors [t]: product, verified emissions, allocation on the chain and as worked out of the"
        " signed reports' lines by the pack, obligation."
    )
    return [DataTable("sectors", about, COLUMNS, rows)]


def sums(plants: DataTable) -> DataTable:
    """A row for each product: allocation on the chain and by the signed lines [t]."""
    found: dict[str, list[int]] = {}
    for _, _, _, product, _, made, emitted, given, worked_out, _ in plants.rows:
        own: tuple[Any, ...] = (1, made, emitted, given, worked_out or 0, given != worked_out)
        before = found.get(str(product), [0] * 6)
        found[str(product)] = [a + int(b) for a, b in zip(before, own, strict=True)]
    names = ("plants", "made", "verified", "on chain", "by lines", "plants that differ")
    return DataTable(
        "sector_sums",
        "Sectors beside power [t]: allocation on chain, and by the signed lines of the reports.",
        [Column("product"), *(Column(name, total=True) for name in names)],
        [(product, *amounts) for product, amounts in found.items()],
    )


def differing(plants: DataTable) -> int:
    """Number of plants whose allocation on the chain is not that of their signed lines."""
    return sum(int(row[-1] or 0) for row in sums(plants).rows)


def figures(state: PeriodState) -> list[tuple[str, str]]:
    """Each sector in a line; nothing for a fleet of power alone."""
    found: dict[str, list[int]] = {}
    products: dict[str, str] = {}
    for place, plant in enumerate(state.fleet.plants):
        if plant.industry is None:
            continue
        sums = found.setdefault(plant.class_name, [0, 0, 0, 0])
        own = (1, plant.industry.product_t, int(state.emissions[place]), int(state.final[place]))
        found[plant.class_name] = [a + b for a, b in zip(sums, own, strict=True)]
        products[plant.class_name] = plant.industry.product
    return [
        (
            state.pack.sectors[sector].title,
            f"{count:,} emitters (drawn), {made / 1e6:,.2f} Mt of {products[sector]},"
            f" {emitted / 1e6:,.2f} Mt verified, {given / 1e6:,.2f} Mt allocated by table",
        )
        for sector, (count, made, emitted, given) in found.items()
    ]
