"""`tonne scheme validate`, `show`, `compare` and `explain`: rule packs, without a chain."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from tonne.cli.core.session import AsJson, show, table
from tonne.errors import TonneError
from tonne.rules import disclosure
from tonne.rules import pack as rulepack
from tonne.rules.disclosure import NOT_DISCLOSED, TOPICS, Cell, written
from tonne.rules.engine import published_cases
from tonne.rules.pack import RulePack
from tonne.rules.pack.keys import KEYS, spec_of
from tonne.rules.pack.scenario import assume, scheme_of

#: Most schemes that stand beside each other, a column for each.
ABREAST: Final = 3

app = typer.Typer(help="Rule packs: check them, read them, compare them.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="Packs by name or path; without, all.")]
Name = Annotated[str, typer.Argument(help="A pack by name or path, e.g. eu-ets.")]
On = Annotated[str | None, typer.Option("--on", help="Rules of this day, e.g. 2024-12-31.")]
Scenarios = Annotated[
    list[Path] | None,
    typer.Option("--scenario", help="File of assumed figures; may be given several times."),
]


@app.command()
def validate(names: Names = None, as_json: AsJson = False) -> None:
    """Check packs: every table, every number, what each requires, and its examples to the unit."""
    rows = []
    for name in names or rulepack.names():
        pack = rulepack.load(name)
        if not pack.examples:
            raise TonneError(
                "PACK_NO_EXAMPLE",
                f"{pack.path}: the pack has no example.",
                field="example",
                remedy="Add a published case as [[example]], or one worked by hand, from `ours`.",
            )
        for example in pack.examples:
            published_cases.check(pack, example)
        ours = sum(example.source == "ours" for example in pack.examples)
        lacks = pack.lacks()
        rows.append(
            {
                "scheme": pack.scheme.name,
                "keys": len(pack.values),
                "required": len(pack.scheme.required),
                "published": len(pack.examples) - ours,
                "ours": ours,
                "lacks": lacks,
            }
        )
    columns = ("scheme", ">keys", ">required", ">published examples", ">ours", "on a chain")
    cells = [
        (*(row[key] for key in ("scheme", "keys", "required", "published", "ours")), _runs(row))
        for row in rows
    ]
    show({"valid": rows}, as_json, table("", columns, cells))


def _runs(row: dict[str, Any]) -> str:
    missing = len(row["lacks"])
    return f"lacks {missing} figures" if missing else "can be set up"


@app.command("show")
def show_pack(
    name: Name, on: On = None, scenario: Scenarios = None, as_json: AsJson = False
) -> None:
    """Everything a pack says on a day, with source and confidence, and what it does not know."""
    day = _day(on)
    (pack,) = _loaded([name], scenario)
    rows = list(_values_on(pack, day))
    periods = [
        {
            "period": period,
            "years": f"{rule.first_year}-{rule.last_year}",
            "parts": [str(d) for d in rule.part_deadlines],
            "surrender": str(rule.surrender_deadline or NOT_DISCLOSED),
        }
        for period, rule in pack.periods.items()
    ]
    unapplied = [{"rule": u.rule, "reason": u.reason} for u in pack.unapplied()]
    data = {
        "scheme": pack.scheme.name,
        "title": pack.scheme.title,
        "currency": pack.scheme.currency,
        "measure": pack.scheme.measure,
        "digest": pack.digest.hex(),
        "on": str(day),
        "values": rows,
        "periods": periods,
        "unapplied": unapplied,
        "lacks": pack.lacks(),
    }
    show(data, as_json, *_told(pack, day, data))


def _told(pack: RulePack, day: date, data: dict[str, Any]) -> list[Any]:
    fields = ("key", "value", "from", "to", "confidence", "source")
    lines: list[Any] = [
        f"{pack.scheme.title}: {pack.scheme.currency}, {pack.scheme.measure}, rules of {day}.",
        table("", fields, [[r[field] for field in fields] for r in data["values"]], rules=True),
    ]
    if data["periods"]:
        rows = [(p["period"], p["years"], p["surrender"]) for p in data["periods"]]
        lines.append(table("\nPeriods", ("period", "years", "surrender by"), rows))
    left = [(u["rule"], u["reason"]) for u in data["unapplied"]]
    lines.append(table("\nNot known, or not applied", ("rule", "reason"), left))
    lacks = ", ".join(data["lacks"])
    lines.append(
        f"\nTo be set up on a chain it lacks: {lacks}."
        if lacks
        else "\nIt can be set up on a chain."
    )
    return lines


def _values_on(pack: RulePack, day: date) -> Iterator[dict[str, str]]:
    for key in pack.values:
        entry = pack.entry(key, day)
        if entry is not None:
            yield {
                "key": key,
                "value": written(entry),
                "from": str(entry.from_),
                "to": str(entry.to or ""),
                "confidence": entry.confidence,
                "source": entry.source,
            }


@app.command()
def compare(
    names: Names = None, on: On = None, scenario: Scenarios = None, as_json: AsJson = False
) -> None:
    """Schemes side by side, each in its own currency and measure; what one does not disclose says so."""
    day = _day(on)
    packs = _loaded(names or rulepack.names(), scenario)
    found = disclosure.compared(packs, day)
    data = {
        "on": str(day),
        "schemes": [
            {
                "scheme": pack.scheme.name,
                "currency": pack.scheme.currency,
                "measure": pack.scheme.measure,
                "cells": {
                    cell.key: {
                        "text": cell.text,
                        "disclosed": cell.disclosed,
                        "assumed": cell.assumed,
                    }
                    for rows in found.values()
                    for cell in rows[i]
                },
            }
            for i, pack in enumerate(packs)
        ],
    }
    names_ = [pack.scheme.name for pack in packs]
    tables = [_beside(topic, names_, rows) for topic, rows in found.items()]
    show(data, as_json, f"Rules of {day}.", *tables)


def _beside(topic: str, names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """One topic: a line for each scheme; of a few schemes a column for each, which is easier to read."""
    columns = [column for column, _ in TOPICS[topic]]
    cells = [[cell.text for cell in row] for row in rows]
    if len(names) <= ABREAST:
        lines = [(column, *line) for column, *line in zip(columns, *cells, strict=True)]
        return table(f"\n{topic}", ("", *names), lines, rules=True)
    lines = [(name, *row) for name, row in zip(names, cells, strict=True)]
    return table(f"\n{topic}", ("scheme", *columns), lines, rules=True)


@app.command()
def explain(
    name: Name,
    key: Annotated[str, typer.Argument(help="A key of the pack, e.g. penalty.multiple_min.")],
    scenario: Scenarios = None,
    as_json: AsJson = False,
) -> None:
    """One key: what it does, and its values by date with source and confidence."""
    (pack,) = _loaded([name], scenario)
    says = _says(pack, key)
    values = [
        {
            "value": written(value),
            "from": str(value.from_),
            "to": str(value.to or ""),
            "confidence": value.confidence,
            "source": pack.sources[value.source].text,
            "where": pack.place(key, i) if value.confidence != "assumed" else "",
        }
        for i, value in enumerate(pack.values.get(key, ()))
    ]
    data = {"scheme": pack.scheme.name, "key": key, "says": says, "values": values}
    fields = ("value", "from", "to", "confidence", "source", "where")
    lines: list[Any] = [f"{key} of {pack.scheme.name}: {says}"]
    if values:
        rows = [[value[field] for field in fields] for value in values]
        lines.append(table("", fields, rows, rules=True))
    else:
        lines.append(f"{pack.scheme.name}: {NOT_DISCLOSED}.")
    show(data, as_json, *lines)


def _says(pack: RulePack, key: str) -> str:
    try:
        return spec_of(key).says
    except KeyError:
        near = difflib.get_close_matches(key, [*pack.values, *KEYS], n=3)
        raise TonneError(
            "SCHEME_NO_KEY",
            "There is no such key in rule packs.",
            field="key",
            value=key,
            remedy=f"Did you mean {' or '.join(near)}?"
            if near
            else "`tonne scheme show` lists them.",
        ) from None


def _loaded(names: list[str], scenarios: list[Path] | None) -> list[RulePack]:
    """The packs, each with the assumed figures that are given for it."""
    packs = {pack.scheme.name: pack for pack in map(rulepack.load, names)}
    for path in scenarios or []:
        name = scheme_of(path)
        # A file for none of them is refused by the first one.
        target = name if name in packs else next(iter(packs))
        packs[target] = assume(packs[target], path)
    return list(packs.values())


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TonneError(
            "SCHEME_DAY_UNREADABLE",
            "This is not a day.",
            field="on",
            value=text,
            remedy="Write it like 2024-12-31.",
        ) from None
