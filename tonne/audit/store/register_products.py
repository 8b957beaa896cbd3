"""Output of a plant in a year by product: of a report's totals and of its lines.

Totals are in the report's event, and of the lines the root. A figure of lines counts where they come to that
root: published on chain (`lines_on_chain`), or in a file that a reader was given (`report_lines`). Without
either, the row says which of two it is: the scheme does not disclose tonnes of product, or the pack has
nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tonne.audit.store.queries import Query
from tonne.rules import unpublished

if TYPE_CHECKING:
    from tonne.audit.store.database import Store
    from tonne.audit.store.report_lines import LinesFigures, ReportKey

#: Products whose totals are signed: column of the report, name and unit.
TOTALS: Final = (("powerMwh", "electricity", "MWh"), ("heatGj", "heat", "GJ"))
#: Where a figure stands that is in an event; see `report_lines.PROVED`.
ON_CHAIN: Final = "on chain"
#: The other products of a report whose lines were not published.
OTHERS: Final = "other products"


def of_year(
    step: Mapping[str, Any], known: Mapping[ReportKey, LinesFigures], scheme: int
) -> list[dict[str, Any]]:
    """Rows of one plant and year: totals, then products of its lines, or one row that says why none.

    `step`: the last figure on record, of a report or of a determination, which has no lines. Block and log
    of a total are those of that figure.
    """
    plant, year = int(step["plant"]), int(step["year"])
    where = {"block": int(step["block"]), "place": int(step["place"])}
    rows = [
        {"product": name, "unit": unit, "quantity": int(step[column]), "state": ON_CHAIN, **where}
        for column, name, unit in TOTALS
        if step[column]
    ]
    reported = step["act"] == "EmissionsReported"
    lines = known.get((plant, year, int(step["revision"]))) if reported else None
    if lines is None:
        word = unpublished.word_of(scheme, unpublished.PRODUCTS, year)
        unknown = {"product": OTHERS, "unit": None, "quantity": None, "state": word}
        return [*rows, {**unknown, "block": None, "place": None}]
    state, (block, place), figures = lines
    told = {"state": state, "block": block, "place": place}
    return [
        *rows,
        *({"product": f.product, "unit": f.unit, "quantity": f.quantity, **told} for f in figures),
    ]


def exported(
    store: Store, products: Mapping[tuple[int, int], Sequence[Mapping[str, Any]]]
) -> Query:
    """The table `products` for an export, of the register's rows; held until the store is closed."""
    store.db.execute(f"CREATE OR REPLACE TEMP TABLE register_products ({_COLUMNS})")
    rows = [
        [plant, year, *(one[name] for name in _FIELDS)]
        for (plant, year), made in products.items()
        for one in made
    ]
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        store.db.executemany(f"INSERT INTO register_products VALUES ({marks})", rows)
    return Query(
        "products",
        "Output of plants by year and product, each figure with where it stands.",
        "SELECT v.*, b.hash AS blockHash FROM register_products v LEFT JOIN blocks b"
        " ON b.number = v.block AND NOT b.replaced ORDER BY ALL",
    )


_FIELDS: Final = ("product", "unit", "quantity", "state", "block", "place")
_COLUMNS: Final = (
    "installation HUGEINT, year INTEGER, product VARCHAR, unit VARCHAR, quantity HUGEINT, state VARCHAR,"
    " block BIGINT, place INTEGER"
)
