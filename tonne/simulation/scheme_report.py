"""Report of rule packs side by side: what each discloses, by topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.page import Facts, Page, PageTable, Section, Text
from tonne.rules.disclosure import TOPICS, Cell
from tonne.rules.pack import RulePack


def page(
    packs: Sequence[RulePack], day: date, found: Mapping[str, Sequence[Sequence[Cell]]]
) -> Page:
    """The packs' rules on a day, as they were compared."""
    names = [pack.scheme.name for pack in packs]
    tables = scheme_tables(names, found)
    titles = [
        (p.scheme.name, f"{p.scheme.title}; {p.scheme.currency}, {p.scheme.measure}") for p in packs
    ]
    cells = [cell for rows in found.values() for row in rows for cell in row]
    return Page(
        f"{len(packs)} schemes side by side, rules of {day}",
        "Carbon markets: report of schemes",
        [Text("Each scheme stands in its own currency and measure; nothing is converted.", "note")],
        [
            Section("Schemes", [Facts(titles)]),
            *(Section(one.title, [PageTable("", one.data, fold=99)]) for one in tables),
        ],
        headline=[
            ("schemes", f"{len(packs)}", ""),
            ("rules compared", f"{sum(map(len, TOPICS.values()))}", "of each"),
            ("told", f"{sum(c.disclosed for c in cells):,}", f"of {len(cells):,} cells"),
            ("on chain", f"{sum(c.on_chain for c in cells):,}", "of them"),
            ("assumed", f"{sum(c.assumed for c in cells):,}", "by scenarios"),
        ],
        data=[one.data for one in tables],
    )


def scheme_tables(
    names: Sequence[str], found: Mapping[str, Sequence[Sequence[Cell]]]
) -> list[PageTable]:
    """A table for each topic of the disclosure, with a row for each scheme."""
    return [
        PageTable(
            topic,
            DataTable(
                topic.lower().replace(" ", "_"),
                f"{topic}, by scheme.",
                [Column("scheme"), *(Column(column.strip(), key) for column, key in TOPICS[topic])],
                [
                    (name, *(cell.text for cell in row))
                    for name, row in zip(names, rows, strict=True)
                ],
            ),
        )
        for topic, rows in found.items()
    ]
