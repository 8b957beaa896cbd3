"""The public register of a run's scheme by its events: all of it, and examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tonne.audit.store.excerpt import EventRows
from tonne.audit.store.register import COMPLIES, Moment, PublicRegister
from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.queried import Events
from tonne.simulation.period.model.state import PeriodState

COLUMNS: Final = (
    Column("plant", form="id"),
    Column("operator", form="id"),
    Column("class", form="id"),
    Column("allocated", "allocation", total=True),
    Column("year", form="id"),
    Column("verified", total=True),
    Column("figure", "finality"),
    Column("surrendered", total=True),
    Column("owed", total=True),
    Column("standing"),
    Column("open penalties", "openPenalties", total=True),
    Column("products", "made"),
)


def table(state: PeriodState, store: Events) -> DataTable:
    """A row for each plant of the scheme in the period, as `tonne register list` has it at the last block."""
    head = state.chain.head()
    at = Moment(head.number, head.hash, head.time)
    register = PublicRegister(EventRows(store), at)
    listed = register.listed(state.scheme, state.period.number)
    about = (
        f"The public register at block {at.block:,}, amounts in t, by the events alone: tonnes of product by"
        " lines that were published on chain and come to the roots of their reports."
    )
    told = [{**row, "made": made(row["products"])} for row in listed]
    rows = [tuple(_plain(row[column.name]) for column in COLUMNS) for row in told]
    return DataTable("register", about, COLUMNS, rows)


def made(products: Iterable[Mapping[str, Any]]) -> str:
    """Output by product, each figure with where it stands."""
    return "; ".join(
        f"{one['product']} {one['quantity']:,} {one['unit']} ({one['state']})"
        for one in products
        if one["quantity"] is not None
    )


def _plain(value: str | int | None) -> str | int | None:
    return value if value is None or isinstance(value, str) else int(value)


def examples(state: PeriodState, register: DataTable) -> DataTable:
    """Some plants of the register, each with its kind of case."""
    rows = {row[0]: row for row in register.rows}
    shown = []
    for number, what in _chosen(state, register).items():
        plant, _, _, allocated, _, verified, _, surrendered, owed, standing, _, output = rows[
            number
        ]
        example = str(output) if str(output).startswith(f"{what} ") else what
        shown.append((plant, allocated, verified, surrendered, owed, standing, example))
    names = ("allocated", "verified", "surrendered", "owed", "standing")
    return DataTable(
        "examples",
        "Plants of the register as examples, amounts in t.",
        [Column("plant", form="id"), *(Column(name) for name in names), Column("example of")],
        shown,
    )


def _chosen(state: PeriodState, register: DataTable) -> dict[int, str]:
    """The first plant of each kind of case that the run has, by number."""
    numbers, results = state.installations.tolist(), state.results
    cases: dict[str, Iterable[int]] = {
        "no report": results.determined,
        "clawed back": (one.installation for one in results.claw_backs),
        "late surrender": (numbers[one.place] for one in results.shortfalls if one.late),
        "fell short": (numbers[one.place] for one in results.shortfalls if not one.late),
        "plant sold": (numbers[place] for place in state.cast.named().get("seller", ())),
    }
    for number, plant in zip(numbers, state.fleet.plants, strict=True):
        if plant.industry is not None:
            cases.setdefault(plant.industry.product, [number])
    found: dict[int, str] = {}
    for what, having in cases.items():
        number = next((one for one in having if one not in found), None)
        if number is not None:
            found[number] = what
    met = (int(row[0] or 0) for row in register.rows if row[9] == COMPLIES)
    plain = next((number for number in met if number not in found), None)
    return found if plain is None else {plain: "complied", **found}
