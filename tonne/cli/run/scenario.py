"""`tonne scenario run`, `show` and `validate`: studies that vary rules over seeds, without a chain."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import Printer, errors, many, table
from tonne.paths import HOME

if TYPE_CHECKING:
    from tonne.simulation.scenarios.keys import Setting
    from tonne.simulation.scenarios.study import Study
    from tonne.simulation.scenarios.table import Spread

app = typer.Typer(
    help="Studies that vary rules of a scheme over seeds, in a model without a chain.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="Scenario, by name or path, see docs/schemes.md.")]


@app.command()
@command(needs=Printer)
def validate(session: Printer, file: File) -> None:
    """Check a scenario file: every key, every value and every combination."""
    from tonne.simulation.scenarios import study as studies

    study = studies.read(file)
    variants, seeds = len(study.variants()), len(study.run.seeds)
    data = {
        "valid": file,
        "scheme": study.pack.scheme.name,
        "variants": variants,
        "seeds": seeds,
        "runs": variants * seeds,
    }
    session.show(data, f"{file} is valid: {many(variants, 'variant')}, {many(seeds, 'seed')}.")


@app.command("show")
@command(needs=Printer)
def show_study(session: Printer, file: File) -> None:
    """Show a scenario's varied rules, its fixed rules and its limits."""
    from tonne.simulation.scenarios import study as studies

    study = studies.read(file)
    settings = [
        {"case": name, **_described(s, s.written)} for name, fixed in study.cases for s in fixed
    ]
    sweeps = [
        _described(options[0], ", ".join(s.written for s in options)) for options in study.sweeps
    ]
    data = {
        "title": study.title,
        "scheme": study.pack.scheme.name,
        "from": study.run.from_,
        "years": study.run.years,
        "seeds": list(study.run.seeds),
        "emitters": study.run.emitters,
        "sweeps": sweeps,
        "cases": settings,
        "variants": [variant.name for variant in study.variants()],
        "assumed": [text for text, _ in _assumed(study)],
    }
    session.show(data, *_lines(study, sweeps, settings))


def _described(setting: Setting, values: str) -> dict[str, str]:
    from tonne.simulation.scenarios.keys import spec_of_key

    says = spec_of_key(setting.key).says
    return {"key": setting.key, "values": values, "unit": setting.unit, "says": says}


def _assumed(study: Study) -> list[tuple[str, str]]:
    run = study.run
    first, last = run.from_, run.from_ + run.years
    return study.pack.assumed_in(date(first, 1, 1), date(last, 12, 31))


def _lines(study: Study, sweeps: list[dict[str, str]], cases: list[dict[str, str]]) -> list[Any]:
    run, variants = study.run, study.variants()
    last = f" to {run.from_ + run.years - 1}" if run.years > 1 else ""
    lines: list[Any] = [
        f"{study.title}: {study.pack.scheme.title}, {run.from_}{last}.",
        f"{many(len(variants), 'variant')} under {many(len(run.seeds), 'seed')} each,"
        f" {run.emitters} emitters, {run.sessions} sessions a year.",
    ]
    columns = ("key", "values", "unit", "meaning")
    if sweeps:
        lines.append(
            table("\nSwept, in every combination", columns, [tuple(s.values()) for s in sweeps])
        )
    if cases:
        rows = [tuple(case.values()) for case in cases]
        lines.append(table("\nCases", ("case", *columns), rows))
    if assumed := _assumed(study):
        lines.append(table("\nAssumed beside that", ("value", "why"), assumed))
    weighs = any(s.key == "fine.chance" for variant in variants for s in variant.settings)
    lines += [
        "\nOther rules are the pack's; varied rules hold on every day of the run.",
        "Buyers weigh the cost of a missing tonne."
        if weighs
        else "Buyers do not weigh the fine (fine.chance is not set): a penalty changes costs and later"
        " allocations, not bids.",
        "Left out: early allocation and its correction, block trades, companies with several plants,"
        " borrowing, and insolvency.",
    ]
    return lines


@app.command()
@command(needs=Printer)
def run(
    session: Printer,
    file: File,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Number of processes; default: one per core.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; default: reports/NAME.")
    ] = None,
) -> None:
    """Run every variant under every seed; write table, single runs, a report and a manifest."""
    from tonne.progress import counted
    from tonne.simulation.scenarios import run as runs
    from tonne.simulation.scenarios import study as studies
    from tonne.simulation.scenarios import table as tables

    study = studies.read(file)
    folder = out or HOME / "reports" / file.stem
    total = len(study.variants()) * len(study.run.seeds)
    with counted(errors, "simulated seasons", total, hidden=session.as_json) as count:
        results = runs.run(study, jobs or os.cpu_count() or 1, lambda: count(1))
    told = runs.write(study, results, folder)
    made = tables.rows(study, results)
    names = [variant.name for variant in study.variants()]
    data = {
        "manifest": told,
        "folder": folder,
        "rows": [
            {
                "variant": names[row.variant],
                "year": row.year,
                **{
                    field: {"mean": str(value.mean), "deviation": str(value.deviation)}
                    for field, value in row.values.items()
                },
            }
            for row in made
        ],
    }
    shown = ("price", "default_ppm", "banked", "cost")
    measures = [m for field in shown for m in tables.MEASURES if m.field == field]
    columns = ("variant", "year", *(f">{m.name} [{tables.unit(study, m)}]" for m in measures))
    cells = [
        (
            names[row.variant],
            str(row.year),
            *(_spread(row.values[field]) for field in shown),
        )
        for row in made
    ]
    session.show(
        data,
        f"{study.title}: {many(len(study.run.seeds), 'seed')}, mean ± deviation; simulated.",
        table("", columns, cells),
        f"Table, single runs, report (index.html) and manifest: {folder}",
    )  # fmt: skip


def _spread(value: Spread) -> str:
    """Mean ± deviation; amounts from 10,000 in whole units."""
    digits = 0 if value.mean >= 10_000 else -int(value.mean.as_tuple().exponent)
    return f"{value.mean:,.{digits}f} ± {value.deviation:,.{digits}f}"
