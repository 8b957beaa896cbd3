"""Several periods side by side: what was carried, what followed shortfalls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from tonne.html_report import page
from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.page import PAGE, Bullets, Charts, Facts, Page, PageTable, Section, Text
from tonne.simulation.period.model.scheme_run import PeriodRun
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.report import charts, report, rule_facts, table
from tonne.simulation.period.report.table import EmitterRow, Trend

CLASSES = ("coal_gt300", "coal_le300", "unconventional_coal", "gas")


def rows(years: Sequence[PeriodRun], tables: Sequence[Sequence[EmitterRow]]) -> list[Trend]:
    return [_row(year.state, table) for year, table in zip(years, tables, strict=True)]


def _row(state: PeriodState, table: Sequence[EmitterRow]) -> Trend:
    found, trading = state.results, state.results.trading
    assert trading is not None
    duty = [row for row in table if row.class_name in CLASSES]
    return Trend(
        period=state.period.name,
        emissions=sum(row.emissions for row in duty),
        allocated=sum(row.final for row in table),
        due=sum(row.due for row in table),
        brought=found.carried.brought,
        older=found.carried.older,
        netted=found.carried.netted,
        short=len(found.shortfalls),
        missing=sum(s.missing for s in found.shortfalls),
        deducted=found.carried.deducted,
        banked=found.carried.banked,
        expired=found.carried.expired,
        left=found.carried.left,
        mean_cents=trading.mean_cents,
        last_cents=trading.last_close_cents,
        lacked=trading.lacked,
        waited=trading.waited,
        evidence_due=found.months.due if found.months else 0,
        evidence_in_time=found.months.on_time if found.months else 0,
        authority_gas=state.costs.total,
    )


def figures(trend: Sequence[Trend], currency: str) -> list[tuple[str, list[str]]]:
    """A line for each figure, a column for each period."""

    def mt(name: str) -> list[str]:
        return [f"{getattr(t, name) / 1e6:,.2f} Mt" for t in trend]

    lines = [
        ("emissions (put in, drawn after the first period)", mt("emissions")),
        ("allocated in the end", mt("allocated")),
        ("not issued, paid debts", mt("netted")),
        ("obligations", mt("due")),
        ("older vintages in hand", mt("brought")),
        ("surrendered of them", mt("older")),
        ("mean price (simulated)", [report.mean_price(t.mean_cents, currency) for t in trend]),
        ("last close (simulated)", [f"{t.last_cents / 100:.2f} {currency}/t" for t in trend]),
        (
            "waited for the deadline (simulated)",
            [f"{t.waited:,} of {t.lacked:,} that lacked" for t in trend],
        ),
        (
            "short at the deadline (simulated)",
            [f"{t.short:,} emitters, {t.missing / 1e6:,.2f} Mt" for t in trend],
        ),
        ("off the next allocation (simulated)", mt("deducted")),
        ("banked (simulated)", mt("banked")),
        ("expired (simulated)", mt("expired")),
        ("left at the end (simulated)", mt("left")),
        (
            "monthly evidence in time (simulated)",
            [
                f"{t.evidence_in_time} of {t.evidence_due} packages" if t.evidence_due else "none"
                for t in trend
            ],
        ),
        ("authority and oracle", [f"{t.authority_gas / 1e6:,.1f} M gas" for t in trend]),
    ]
    return lines


def not_applied(years: Sequence[PeriodRun]) -> list[tuple[str, str]]:
    """Rules that no year applied, of the pack and of the run, each once."""
    pack = years[0].state.pack
    periods = [year.state.period for year in years]
    found = [(left.rule, left.reason) for each in periods for left in pack.unapplied(each)]
    for year in years:
        name = year.state.period.name
        found += [(f"{name}: {rule}", why) for rule, why in year.state.results.not_applied]
    return list(dict.fromkeys(found))


def summary(years: Sequence[PeriodRun], tables: Sequence[Sequence[EmitterRow]], out: Path) -> None:
    """The figures on the terminal."""
    state = years[-1].state
    trend = rows(years, tables)
    shown = Table.grid(padding=(0, 2))
    shown.add_row("", *(t.period for t in trend), style="bold")
    for name, values in figures(trend, state.pack.scheme.currency):
        shown.add_row(name, *values)
    console, audit = state.console, state.results.audit
    assert audit is not None
    console.print()
    console.print(shown)
    console.print()
    console.print(report.calibration(years[0].state), style="dim")
    said = dict.fromkeys(note for year in years for note in year.state.fleet.assumed)
    for sentence in said:
        console.print(f"assumed: {sentence}", style="dim", highlight=False)
    for year in years:
        for what, _ in report.assumed(year.state):
            console.print(
                f"assumed for {year.state.period.name}: {what}", style="dim", highlight=False
            )
    left_out = "; ".join(rule for rule, _ in not_applied(years))
    console.print(f"not applied: {left_out}.", style="dim", highlight=False)
    for year in years:
        rule_facts.print_keys(year.state)
    plain = sum(year.state.results.plain_values for year in years)
    console.print(
        f"reconciled: {audit.values:,} values rebuilt from {audit.events:,} events, {plain:,} by the"
        " plain engine: no difference",
        highlight=False,
    )
    console.print(audit.trust, highlight=False, soft_wrap=True)
    refused = sum(len(year.state.driver.refused) for year in years)
    console.print(f"refused orders: {refused}", highlight=False)
    console.print(
        f"{state.results.seconds:.1f} s, set-up and compiling aside;"
        f" at most {state.results.memory / 1e6:,.0f} MB with the chain",
        highlight=False,
    )
    console.print(f"report: {out / PAGE}", soft_wrap=True, highlight=False)


def write(years: Sequence[PeriodRun], tables: Sequence[Sequence[EmitterRow]], out: Path) -> None:
    """A page above those of the years, with charts and their data."""
    page.write(_page(years, rows(years, tables)), out)


def _page(years: Sequence[PeriodRun], trend: Sequence[Trend]) -> Page:
    state = years[0].state
    names = [t.period for t in trend]
    columns = [Column("figure"), *(Column(n, n, link=f"{n}/{PAGE}") for n in names)]
    lines = [(name, *values) for name, values in figures(trend, state.pack.scheme.currency)]
    assumed = [
        (f"{year.state.period.name}: {what}", why)
        for year in years
        for what, why in report.assumed(year.state)
    ]
    return Page(
        f"{state.pack.scheme.title}, periods {names[0]} to {names[-1]}",
        "Carbon market: report of several compliance periods",
        [
            Text(
                f"Trades, prices, shortfalls and fines are simulated. {report.calibration(state)}",
                "note",
            ),
            Bullets(
                list(dict.fromkeys(note for year in years for note in year.state.fleet.assumed))
            ),
        ],
        [
            Section(
                "Periods side by side",
                [
                    PageTable(
                        "", DataTable("figures", "Figures by period.", columns, lines), fold=99
                    ),
                ],
            ),
            Section("Trend", [Charts(charts.trend(trend, state.pack.scheme.currency))]),
            Section("Assumed by a scenario", [Facts(assumed)]),
            Section("Rules that were not applied", [Facts(not_applied(years))]),
            Section(
                "How it was run",
                [report.steps_of([s for y in years for s in y.state.driver.steps])],
            ),
        ],
        data=[table.trend_table(trend)],
    )
