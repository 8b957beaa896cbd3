"""Results of several schemes side by side, each in its own currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console

from tonne.deployment import chain_disclosure
from tonne.html_report import page
from tonne.html_report.charts import Chart
from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.page import (
    PAGE,
    Bullets,
    Charts,
    Facts,
    Page,
    PageTable,
    Part,
    Section,
    Text,
)
from tonne.rules import disclosure, engine
from tonne.rules.disclosure import TOPICS, Cell
from tonne.rules.pack import Period, RulePack
from tonne.simulation.period.model.results import AuctionResult, Link
from tonne.simulation.period.model.scheme_run import SchemePlan, SchemeRun
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.report import charts, closing_screen, report
from tonne.simulation.period.report.closing_screen import KeyFigure
from tonne.simulation.period.report.table import EmitterRow
from tonne.simulation.scheme_report import scheme_tables

NONE = "none"


def introduce(console: Console, plan: SchemePlan) -> None:
    """Prints a scheme's size and currency, before the run."""
    pack, fleet = plan.pack, plan.fleet
    console.print(
        f"{pack.scheme.title}, {plan.period.name}: {len(fleet):,} emitters,"
        f" {fleet.emissions_t / 1e6:,.0f} Mt CO2e"
    )


# Figures


def figures(
    runs: Sequence[SchemeRun], tables: Sequence[Sequence[EmitterRow]]
) -> list[tuple[str, list[str]]]:
    """Rows of the comparison: a figure's name, and its value for each scheme."""
    columns = [_column(r.state, rows) for r, rows in zip(runs, tables, strict=True)]
    return [(name, [column[name] for column in columns]) for name in columns[0]]


def _column(state: PeriodState, rows: Sequence[EmitterRow]) -> dict[str, str]:
    """One scheme's figures by name."""
    results, code = state.results, state.pack.scheme.currency
    trading = results.trading
    assert trading is not None
    liable = [row for row in rows if row.due]
    fines = sum(shortfall.fine_cents for shortfall in results.shortfalls)
    return {
        "period": state.period.name,
        "surrender by": str(_deadline(state)),
        "currency": code,
        "emitters": f"{len(rows):,} ({len(liable):,} with an obligation)",
        "also under another scheme": f"{len(state.cast.shared)}",
        "verified emissions": _t(sum(row.emissions for row in rows)),
        "free, early": _t(sum(row.early for row in rows)),
        "free, in the end": _t(sum(row.final for row in rows)),
        "auctioned (simulated)": _auctioned(results.auction, code),
        "obligations": _t(sum(row.due for row in liable)),
        "traded (simulated)": _t(trading.volume + trading.block_volume),
        "mean price (simulated)": report.mean_price(trading.mean_cents, code),
        "last close (simulated)": f"{trading.last_close_cents / 100:.2f} {code}/t",
        "surrendered (simulated)": _t(sum(row.surrendered for row in liable)),
        "recognised of another scheme": _recognised(results.links),
        "short at the deadline (simulated)": f"{len(results.shortfalls)} emitters, "
        + _t(sum(shortfall.missing for shortfall in results.shortfalls)),
        "fines (simulated)": f"{fines / 100:,.2f} {code}",
        "refused orders": f"{len(state.driver.refused)}",
    }


def _auctioned(auction: AuctionResult | None, currency: str) -> str:
    if not auction:
        return NONE
    price = f"{auction.price_cents / 100:.2f} {currency}/t"
    return f"{_t(auction.sold)} at {price}, {auction.bids} bids"


def _recognised(recognised: Sequence[Link]) -> str:
    links = (f"{_t(k.amount)} of {k.scheme}, limit {_t(k.limit)}" for k in recognised)
    return "; ".join(links) or NONE


def links(runs: Sequence[SchemeRun]) -> list[tuple[str, str]]:
    """Recognised allowances by plant, with the refusal of one more."""
    return [
        (
            f"{r.state.pack.scheme.name}, plant {link.installation}",
            f"{link.given:,} allowances of {link.scheme} for {link.amount:,} own ones, of at most"
            f" {link.limit:,}; one more: {link.refused or 'not tried, the company had none'}",
        )
        for r in runs
        for link in r.state.results.links
    ]


def _assumed(pack: RulePack, period: Period) -> list[tuple[str, str]]:
    """Assumptions of the scenario, from the year's first day to the surrender deadline."""
    return pack.assumed_in(date(period.first_year, 1, 1), pack.local_day(period.surrender_deadline))


def not_applied(state: PeriodState) -> list[tuple[str, str]]:
    """Rules that the run does not apply, each with the reason."""
    return [*report.unapplied(state), *_custody(state)]


def _custody(state: PeriodState) -> list[tuple[str, str]]:
    """Custody, unless own wallets are allowed: one contract holds the allowances of all schemes."""
    day = state.pack.first_trading_day
    entry = state.pack.entry("market.custody", day)
    if entry is not None and entry.value == "own_wallets":
        return []
    why = "One contract holds the allowances of all schemes; who may hold them is what the strictest says."
    return [("Custody of allowances", why)]


# Page and tables


def write(runs: Sequence[SchemeRun], tables: Sequence[Sequence[EmitterRow]], out: Path) -> None:
    """Writes the page that links those of the schemes, and its tables."""
    by_scheme = {r.state.pack.scheme.name: t for r, t in zip(runs, tables, strict=True)}
    headline = key_figures(runs, tables)
    page.write(_page(runs, figures(runs, tables), charts.schemes(by_scheme), headline), out)


def compared(runs: Sequence[SchemeRun]) -> dict[str, list[list[Cell]]]:
    """Disclosure of all schemes by topic, for the last year and each surrender deadline: what the run's chain
    says, and beside it the packs."""
    day = engine.reporting_day(runs[0].state.period.last_year)
    deadlines = [_deadline(r.state) for r in runs]
    packs = [r.state.pack for r in runs]
    told = [
        chain_disclosure.read(r.state.chain, pack, day, until)
        for r, pack, until in zip(runs, packs, deadlines, strict=True)
    ]
    return disclosure.compared(packs, day, deadlines, told)


def _deadline(state: PeriodState) -> date:
    return state.pack.local_day(state.period.surrender_deadline)


def _disclosed(names: Sequence[str], by_topic: Mapping[str, list[list[Cell]]]) -> DataTable:
    """Table of topic, column and key, with one column for each scheme."""
    rows = [
        (topic, column.strip(), key, *(row[place].text for row in found))
        for topic, found in by_topic.items()
        for place, (column, key) in enumerate(TOPICS[topic])
    ]
    heads = [Column("topic"), Column("column"), Column("key"), *(Column(n, n) for n in names)]
    return DataTable("disclosure", "Rules that the schemes disclose, by key.", heads, rows)


def _page(
    runs: Sequence[SchemeRun],
    rows: Sequence[tuple[str, list[str]]],
    chart: Chart,
    headline: Sequence[KeyFigure],
) -> Page:
    names = [r.state.pack.scheme.name for r in runs]
    heads = [Column("figure"), *(Column(n, n, link=f"{n}/{PAGE}") for n in names)]
    compared_figures = DataTable(
        "schemes",
        "Figures of the schemes, each in its own currency.",
        heads,
        [(name, *cells) for name, cells in rows],
    )
    year = runs[0].state.period.last_year
    found = compared(runs)
    disclosed = _disclosed(names, found)
    sections = [
        Section("Figures", [Charts([chart]), PageTable("", compared_figures, fold=99)]),
        Section("Allowances of another scheme", [Facts(links(runs))]),
        Section(
            "What the schemes disclose",
            [
                Text(f"Rules of the reporting year {year}, and of each one's day of surrender."),
                *scheme_tables(names, found),
            ],
        ),
        Section(
            closing_screen.ASSUMPTIONS,
            [part for r in runs for part in _assumptions(r.state)],
        ),
        *(
            Section(
                f"{r.state.pack.scheme.name}: rules that were not applied",
                [Facts(not_applied(r.state))],
            )
            for r in runs
        ),
        Section(
            "How it was run",
            [
                Facts(report.run_facts([r.state for r in runs])),
                report.steps_of(
                    sorted((s for r in runs for s in r.state.driver.steps), key=lambda s: s.number)
                ),
            ],
        ),
    ]
    return Page(
        "Schemes at once on one chain",
        "Carbon market: report of several schemes",
        [
            Text(
                "Trades, prices, shortfalls and fines are simulated. Prices stand in each scheme's own"
                " currency: nothing is converted.",
                "note",
            )
        ],
        sections,
        headline=headline,
        data=[compared_figures, disclosed],
    )


def _assumptions(state: PeriodState) -> list[Part]:
    """Assumptions of one scheme's plants, and figures that its scenario supplies."""
    return [
        Text(f"{state.pack.scheme.title}:"),
        Bullets(state.fleet.assumed),
        Facts(_assumed(state.pack, state.period)),
    ]


# Terminal


def key_figures(
    runs: Sequence[SchemeRun], tables: Sequence[Sequence[EmitterRow]]
) -> list[KeyFigure]:
    """Six figures, each with a value for every scheme in the order of the report's columns."""
    audit = runs[-1].state.results.audit
    assert audit is not None
    columns = [_column(r.state, rows) for r, rows in zip(runs, tables, strict=True)]
    values = audit.values + sum(r.state.results.plain_values for r in runs)

    def each(name: str) -> str:
        return ", ".join(column[name] for column in columns)

    return [
        ("schemes", ", ".join(r.state.pack.scheme.name for r in runs), ""),
        ("verified emissions", each("verified emissions"), ""),
        ("obligations", each("obligations"), ""),
        ("last close (simulated)", each("last close (simulated)"), ""),
        ("recognised", each("recognised of another scheme"), ""),
        ("values compared", f"{values:,}", "no difference"),
    ]


def summary(runs: Sequence[SchemeRun], tables: Sequence[Sequence[EmitterRow]], out: Path) -> None:
    """Prints the key figures."""
    console = runs[0].state.console
    assumed = sum(
        len(r.state.fleet.assumed) + len(_assumed(r.state.pack, r.state.period)) for r in runs
    )
    console.print()
    closing_screen.show(console, key_figures(runs, tables), assumed, out)


def _t(tonnes: int) -> str:
    return f"{tonnes:,} t"
