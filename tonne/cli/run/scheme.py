"""`tonne scheme validate`, `show`, `compare` and `explain`: rule packs, without a chain."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import Listing, Printer, parse_date, table
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.rules.disclosure import Cell
    from tonne.rules.pack import RulePack

#: Most schemes compared in columns; more are compared in rows.
ABREAST: Final = 3

app = typer.Typer(help="Rule packs: validate, show, compare, apply.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="Packs, by name or path; default: all.")]
Name = Annotated[str, typer.Argument(help="Pack, by name or path, e.g. eu-ets.")]
On = Annotated[
    str | None, typer.Option("--on", help="Date of the rules, e.g. 2024-12-31; default: today.")
]
Scenarios = Annotated[
    list[Path] | None,
    typer.Option("--scenario", help="Scenario with assumed figures, by name or path. Repeatable."),
]


@app.command()
@command(needs=Printer)
def validate(session: Printer, names: Names = None) -> None:
    """Check packs: tables, numbers, required keys, and published examples to the unit."""
    from tonne.rules import pack as rule_packs
    from tonne.rules.engine import published_cases

    rows = []
    for name in names or rule_packs.names():
        pack = rule_packs.load(name)
        if not pack.examples:
            raise refused("PACK_NO_EXAMPLE", pack_path=pack.path)
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
    session.show({"valid": rows}, table("", columns, cells))


def _runs(row: dict[str, Any]) -> str:
    missing = len(row["lacks"])
    return f"lacks {missing} figures" if missing else "can be set up"


@app.command("show")
@command(needs=Printer)
def show_pack(session: Printer, name: Name, on: On = None, scenario: Scenarios = None) -> None:
    """Show a pack's rules on a date, with source and confidence, and its unknown rules."""
    from tonne.rules.unpublished import NOT_IN_PACK

    day = _day(on)
    (pack,) = loaded([name], scenario)
    rows = list(_values_on(pack, day))
    periods = [
        {
            "period": period,
            "years": f"{rule.first_year}-{rule.last_year}",
            "parts": [str(d) for d in rule.part_deadlines],
            "surrender": str(rule.surrender_deadline or NOT_IN_PACK),
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
    session.show(data, *_lines(pack, day, data))


def _lines(pack: RulePack, day: date, data: dict[str, Any]) -> list[Any]:
    fields = ("key", "value", "from", "to", "confidence", "source")
    lines: list[Any] = [
        f"{pack.scheme.title}: {pack.scheme.currency}, {pack.scheme.measure}, rules of {day}.",
        table("", fields, [[r[field] for field in fields] for r in data["values"]]),
    ]
    if data["periods"]:
        rows = [(p["period"], p["years"], p["surrender"]) for p in data["periods"]]
        lines.append(table("\nPeriods", ("period", "years", "surrender by"), rows))
    left = [(u["rule"], u["reason"]) for u in data["unapplied"]]
    lines.append(table("\nNot known, or not applied", ("rule", "reason"), left))
    lacks = ", ".join(data["lacks"])
    lines.append(
        f"\nMissing for a set-up on a chain: {lacks}."
        if lacks
        else "\nIt can be set up on a chain."
    )
    return lines


def _values_on(pack: RulePack, day: date) -> Iterator[dict[str, str]]:
    from tonne.rules.disclosure import written

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
@command(needs=Printer)
def compare(
    session: Printer,
    names: Names = None,
    on: On = None,
    scenario: Scenarios = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for a report of the comparison as a page.")
    ] = None,
    rpc: Annotated[
        str | None,
        typer.Option(
            help="JSON-RPC URL of a node: what schemes disclosed on its chain stands in the packs' place."
        ),
    ] = None,
    deployments: Annotated[
        Path | None,
        typer.Option(help="Folder of the deployment records.", show_default="that of the project"),
    ] = None,
) -> None:
    """Compare schemes side by side, each in its own currency and measure."""
    from tonne.rules import disclosure
    from tonne.rules import pack as rule_packs

    day = _day(on)
    packs = loaded(names or rule_packs.names(), scenario)
    told = _on_chain(packs, day, rpc, deployments)
    found = disclosure.compared(packs, day, on_chain=told)
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
                        "onChain": cell.on_chain,
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
    if report is None:
        session.show(data, f"Rules of {day}.", *tables)
        return
    from tonne.html_report import page
    from tonne.simulation import scheme_report

    page.write(scheme_report.page(packs, day, found), report)
    session.show(data | {"report": str(report / page.PAGE)}, f"report: {report / page.PAGE}")


def _on_chain(
    packs: Sequence[RulePack], day: date, rpc: str | None, folder: Path | None
) -> list[dict[str, str]]:
    """Disclosure of each scheme on a chain, by key; nothing where no node is named."""
    if rpc is None:
        return []
    from tonne.chain.client import Chain
    from tonne.cli.core.options import DEPLOYMENTS
    from tonne.deployment import chain_disclosure, record

    with Chain(rpc) as chain:
        record.attach(chain, folder or DEPLOYMENTS)
        return [chain_disclosure.read(chain, pack, day) for pack in packs]


def _beside(topic: str, names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Listing:
    """One topic: a row for each scheme, or a column for each of a few."""
    from tonne.rules.disclosure import TOPICS

    columns = [column for column, _ in TOPICS[topic]]
    cells = [[cell.text for cell in row] for row in rows]
    if len(names) <= ABREAST:
        lines = [(column, *line) for column, *line in zip(columns, *cells, strict=True)]
        return table(f"\n{topic}", ("", *names), lines)
    lines = [(name, *row) for name, row in zip(names, cells, strict=True)]
    return table(f"\n{topic}", ("scheme", *columns), lines)


@app.command()
@command(needs=Printer)
def explain(
    session: Printer,
    name: Name,
    key: Annotated[str, typer.Argument(help="Rule key, e.g. penalty.multiple_min.")],
    scenario: Scenarios = None,
) -> None:
    """Explain a rule key, with its values by date, source and confidence."""
    from tonne.rules.disclosure import written
    from tonne.rules.unpublished import NOT_DISCLOSED, NOT_IN_PACK

    (pack,) = loaded([name], scenario)
    says = _meaning(pack, key)
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
        lines.append(table("", fields, rows))
    else:
        hidden = pack.undisclosed(key, datetime.now(UTC).date())
        lines.append(f"{pack.scheme.name}: {NOT_DISCLOSED if hidden else NOT_IN_PACK}.")
    session.show(data, *lines)


def _meaning(pack: RulePack, key: str) -> str:
    from tonne.rules.pack.keys import KEYS, spec_of

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
            else "`tonne scheme show NAME` lists them.",
        ) from None


def loaded(names: list[str], scenarios: list[Path] | None) -> list[RulePack]:
    """The packs, each with its assumed figures."""
    from tonne.rules import pack as rule_packs
    from tonne.rules.pack.scenario import assume, scheme_of

    packs = {pack.scheme.name: pack for pack in map(rule_packs.load, names)}
    for path in scenarios or []:
        name = scheme_of(path)
        # The first pack refuses a file of another scheme.
        target = name if name in packs else next(iter(packs))
        packs[target] = assume(packs[target], path)
    return list(packs.values())


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    return parse_date(text, "on", "SCHEME_DAY_UNREADABLE")
