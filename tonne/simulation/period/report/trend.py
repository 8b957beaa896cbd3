"""Several periods side by side: what was carried, what followed shortfalls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tonne.html_report import page
from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.page import PAGE, Bullets, Charts, Facts, Page, PageTable, Section, Text
from tonne.simulation.period.model.scheme_run import PeriodRun
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.report import charts, closing_screen, report, table
from tonne.simulation.period.report.closing_screen import KeyFigure
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


def key_figures(years: Sequence[PeriodRun], trend: Sequence[Trend]) -> list[KeyFigure]:
    """Six figures of all periods; a figure of each period where a sum says nothing."""
    audit = years[-1].state.results.audit
    assert audit is not None
    currency = years[0].state.pack.scheme.currency
    values = audit.values + sum(year.state.results.plain_values for year in years)

    def total(name: str) -> str:
        return f"{sum(getattr(t, name) for t in trend) / 1e6:,.2f} Mt"

    closes = ", ".join(f"{t.last_cents / 100:.2f}" for t in trend)
    return [
        ("periods", f"{trend[0].period} to {trend[-1].period}", ""),
        ("obligations", total("due"), "in all periods"),
        ("last closes (simulated)", closes, f"{currency}/t"),
        ("short at the deadlines (simulated)", total("missing"), ""),
        ("not used at the end (simulated)", f"{trend[-1].left / 1e6:,.2f} Mt", ""),
        ("values compared", f"{values:,}", "no difference"),
    ]


def summary(years: Sequence[PeriodRun], tables: Sequence[Sequence[EmitterRow]], out: Path) -> None:
    """Prints the key figures."""
    console = years[0].state.console
    console.print()
    told = len(_notes(years)) + len(_assumed(years))
    closing_screen.show(console, key_figures(years, rows(years, tables)), told, out)


def _notes(years: Sequence[PeriodRun]) -> list[str]:
    """Assumptions on the plants, each once."""
    return list(dict.fromkeys(note for year in years for note in year.state.fleet.assumed))


def _assumed(years: Sequence[PeriodRun]) -> list[tuple[str, str]]:
    """Figures that scenarios supply, by period."""
    return [
        (f"{year.state.period.name}: {what}", why)
        for year in years
        for what, why in report.assumed(year.state)
    ]


def write(years: Sequence[PeriodRun], tables: Sequence[Sequence[EmitterRow]], out: Path) -> None:
    """A page above those of the years, with charts and their data."""
    page.write(_page(years, rows(years, tables)), out)


def _page(years: Sequence[PeriodRun], trend: Sequence[Trend]) -> Page:
    state = years[0].state
    names = [t.period for t in trend]
    columns = [Column("figure"), *(Column(n, n, link=f"{n}/{PAGE}") for n in names)]
    lines = [(name, *values) for name, values in figures(trend, state.pack.scheme.currency)]
    return Page(
        f"{state.pack.scheme.title}, periods {names[0]} to {names[-1]}",
        "Carbon market: report of several compliance periods",
        [
            Text(
                f"Trades, prices, shortfalls and fines are simulated. {report.calibration(state)}",
                "note",
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
            Section(
                closing_screen.ASSUMPTIONS,
                [
                    Text(report.calibration(state)),
                    Bullets(_notes(years)),
                    Facts(_assumed(years)),
                ],
            ),
            Section("Rules that were not applied", [Facts(not_applied(years))]),
            Section(
                "How it was run",
                [
                    Facts(report.run_facts([year.state for year in years])),
                    report.steps_of([s for y in years for s in y.state.driver.steps]),
                ],
            ),
        ],
        headline=key_figures(years, trend),
        data=[table.trend_table(trend)],
    )
