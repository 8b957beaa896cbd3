"""Results of the day, on the terminal, as a page with charts, and as data files."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table as Grid

from tonne.html_report import page
from tonne.html_report.data_files import DataTable
from tonne.html_report.page import PAGE, Charts, Facts, Page, PageTable, Part, Section, Text
from tonne.meters.profiles import ZONE
from tonne.power.clearing_check import outcome
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.report import charts, day_tables, energy_balance
from tonne.simulation.energy_day.steps.bids import who_bids
from tonne.units.energy_credits import credits

#: Files beside the page: bills, which `tonne energy bill` reads, and advantages of an attacker.
BILLS, PRIVACY = "bills.json", "privacy.json"


def write(state: DayState, out: Path) -> None:
    """Writes page, data files and bills into `out`."""
    page.write(_page(state), out)
    bills = [asdict(b) | {"net": b.net} for b in state.results.bills]
    body = {"day": str(state.options.day), "unit": "micro-credit, Wh", "bills": bills}
    (out / BILLS).write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    told = json.dumps(state.results.privacy, indent=1) + "\n"
    (out / PRIVACY).write_text(told, encoding="utf-8")


def figures(state: DayState) -> list[tuple[str, str]]:
    """The day in some lines."""
    found = state.results
    cleared = [c for c in state.rounds if c is not None]
    energy = sum(outcome(c.round, c.clearing).energy for c in cleared)
    steps, own = sum(len(c.round.steps) for c in cleared), sum(c.bids for c in cleared)
    audit = found.audit
    assert audit is not None
    lost = sum(a.charged_wh for a in found.areas)
    return [
        ("meters", f"{len(state.meters):,}, {len(state.customers):,} of them customers'"),
        ("names that customers took turns in", f"{len(state.holders):,}"),
        ("customers' bids", f"{own:,}, in {steps:,} steps of curves, in {len(cleared)} intervals"),
        *([("customers without bids", few)] if (few := who_bids(state.options)) else []),
        ("traded", f"{energy / 1e3:,.1f} kWh"),
        ("a clearing with a made-up price", found.refused_clearing),
        ("readings", f"{len(state.meters) * (state.line.count + 1):,}, each signed by its meter"),
        ("corrected runs", f"{found.corrected}"),
        ("losses that members bear", f"{lost / 1e3:,.2f} kWh"),
        (
            "agreed between accounts",
            f"{len(found.agreed)} contracts, {sum(a.energy_wh for a in found.agreed) / 1e3:,.2f} kWh",
        ),
        (
            "certificates",
            f"{sum(c.energy_wh for c in found.certified) / 1e3:,.1f} kWh,"
            f" {sum(c.claimed_wh for c in found.certified) / 1e3:,.1f} kWh of it claimed",
        ),
        ("losses in dispute", f"{len(found.held)}"),
        ("runs of settlement", f"{len(state.settled):,}"),
        (
            "payments",
            f"one for each of {found.paid:,} accounts" if found.paid else "none: not a whole day",
        ),
        (
            "surplus",
            f"{credits(sum(d.surplus for d in found.days))} credits, of which"
            f" {credits(sum(d.returned for d in found.days))} went back by metered volume;"
            f" rounding {sum(d.rounding for d in found.days):,} micro-credits",
        ),
        (
            "reconciled",
            f"{audit.values:,} values rebuilt from {audit.events:,} events,"
            f" {found.own_values:,} of the run's own books: no difference",
        ),
        *((f"curves told by {what}", _advantages(by)) for what, by in found.privacy.items()),
        ("proof", audit.trust),
        (
            "transactions",
            f"{state.driver.transactions:,} of the run, {state.driver.gas / 1e9:,.2f} G gas",
        ),
    ]


def _advantages(by_kind: dict[str, float]) -> str:
    """By how much an attack on events beats the median of each kind."""
    return ", ".join(f"{kind.replace('_', ' ')} {value:.3f}" for kind, value in by_kind.items())


def summary(state: DayState, out: Path) -> None:
    """The figures on the terminal."""
    shown = Grid.grid(padding=(0, 2))
    for name, value in figures(state):
        shown.add_row(name, value)
    state.console.print()
    state.console.print(shown)
    for line in state.results.held:
        state.console.print(f"held, and decided: {line}", highlight=False, style="dim")
    state.console.print(
        f"{state.results.seconds:.1f} s, {state.results.processor:.1f} s of processors, compiling aside",
        highlight=False,
    )
    state.console.print(f"report: {out / PAGE}", soft_wrap=True, highlight=False)


# The page


def _page(state: DayState) -> Page:
    found = state.results
    title = (
        f"A day of {state.options.regions} regions and four carriers, {state.options.day:%d %B %Y}"
    )
    ten = [found.bills[place] for place in energy_balance.ten(state)]
    tables = day_tables.of(state)
    sections = [
        Section("The day", [Facts(figures(state))]),
        Section(
            "Marginal prices",
            [
                Charts(charts.prices(state)),
                Text(
                    "Hours are those of the market's day, which is settled from midnight to midnight UTC; a"
                    " chart's values name the local time, too.",
                    "small",
                ),
            ],
        ),
        Section("Flows", [Charts([*charts.flows(state), charts.converters(state)])]),
        Section("Losses", _losses(state, tables)),
        Section(
            "Energy balance of each region",
            [Charts(charts.balances(state)), PageTable("In, then out", tables["balances"])],
        ),
        Section(
            "Bills",
            [Charts([charts.bills(ten)]), PageTable("Energy, and credits", tables["customers"])],
        ),
        Section("Energy at an agreed price", [PageTable("", tables["agreements"])]),
        Section("Certificates of renewable electricity", [PageTable("", tables["certificates"])]),
        Section(
            "Issue and recovery of credits",
            [
                Facts([(line.what, f"{credits(line.amount)} credits") for line in found.credits]),
                PageTable("Bills paid in credits", tables["credit_bills"]),
            ],
        ),
        Section(
            "How it was run",
            [
                Facts(
                    [
                        (
                            f"{s.number} {s.title}",
                            f"{s.seconds:.2f} s, {s.transactions:,} transactions",
                        )
                        for s in state.driver.steps
                    ]
                )
            ],
        ),
    ]
    return Page(
        title,
        "Energy market: report of a day",
        [
            Text(
                "Households, plants, weather and prices are simulated. The signatures of the meters, the"
                " checks of the contracts and the values that the audit rebuilt are not.",
                "note",
            )
        ],
        sections,
        headline=_headline(state),
        foot=f"Seed {state.options.seed}, {state.options.chain}; begun on {_when(state.line.start)}.",
        data=list(tables.values()),
    )


def _headline(state: DayState) -> list[tuple[str, str, str]]:
    shown = dict(figures(state))
    audit = state.results.audit
    assert audit is not None
    lost = sum(a.charged_wh for a in state.results.areas)
    prices = [p for n in range(state.grid.nodes) for p in energy_balance.prices(state, n) if p == p]
    return [
        ("traded", shown["traded"], f"in {sum(c is not None for c in state.rounds)} intervals"),
        ("prices", f"{min(prices):.3f} to {max(prices):.3f}", "credits/kWh, all nodes"),
        ("losses that members bear", f"{lost / 1e3:,.2f} kWh", ""),
        ("readings", f"{len(state.meters) * (state.line.count + 1):,}", "each signed by its meter"),
        ("corrected runs", f"{state.results.corrected:,}", ""),
        ("values compared", f"{audit.values + state.results.own_values:,}", "no difference"),
    ]


def _losses(state: DayState, tables: dict[str, DataTable]) -> list[Part]:
    return [
        Charts(charts.losses(state)),
        PageTable("Lines and converters", tables["lines"]),
        PageTable("Areas", tables["areas"]),
        Text(
            "Loss of lines between regions and of converters is in the prices: who buys at the far end pays"
            " for what does not arrive, and its members bear none of it a second time. A heat pump delivers"
            " more than it takes, so no loss of it is booked.",
            "small",
        ),
        Text(_held(state)),
    ]


def _held(state: DayState) -> str:
    if not state.results.held:
        return "No loss was in dispute."
    return "Held until the authority decided: " + "; ".join(state.results.held) + "."


def _when(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC).astimezone(ZONE):%Y-%m-%d %H:%M %Z}"
