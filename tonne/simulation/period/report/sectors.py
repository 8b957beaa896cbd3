"""Plants of sectors beside power: what they made and emitted, and what the chain allocated to them."""

from __future__ import annotations

from typing import Final

from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.queried import Events
from tonne.simulation.period.model.state import PeriodState

COLUMNS: Final = (
    Column("emitter"),
    Column("installation", form="id"),
    Column("sector"),
    Column("product"),
    Column("made before", "product_before_t", total=True),
    Column("made", "product_t", total=True),
    Column("emissions", "emissions_t", total=True),
    Column("allocated", "allocated_t", total=True),
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
                *(int(state.emissions[place]), int(given.get(number, 0)), int(state.due[place])),
            )
        )
    about = "Plants of sectors: product [t], verified emissions, allocation on the chain, obligation [t]."
    return [DataTable("sectors", about, COLUMNS, rows)] if rows else []


def figures(state: PeriodState) -> list[tuple[str, str]]:
    """Each sector in a line, for terminal and page; nothing for a fleet of power alone."""
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
