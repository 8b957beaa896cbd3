"""Step 9: results of the day, on the terminal, as a page with plots, and as data files."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from rich.table import Table

from tonne.meters.profiles import ZONE
from tonne.simulation.energy_day.model.grid import NODES, node_name, region_of
from tonne.simulation.energy_day.model.results import Bill
from tonne.simulation.energy_day.model.state import DayState
from tonne.simulation.energy_day.report import energy_balance
from tonne.simulation.html_report import grid, html, image, table
from tonne.units.energy_credits import credits

#: Files beside the page.
PAGE, PRICES, BILLS, PRIVACY = "index.html", "prices.csv", "bills.json", "privacy.json"


def write(state: DayState, out: Path) -> None:
    """Writes page, plots, prices and bills into `out`."""
    from tonne.simulation.energy_day.report import plots  # slow to import, and only wanted here

    out.mkdir(parents=True, exist_ok=True)
    plots.write(state, out)
    _prices(state, out / PRICES)
    bills = [asdict(b) | {"net": b.net} for b in state.results.bills]
    body = {"day": str(state.options.day), "unit": "micro-credit, Wh", "bills": bills}
    (out / BILLS).write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    told = json.dumps(state.results.privacy, indent=1) + "\n"
    (out / PRIVACY).write_text(told, encoding="utf-8")
    (out / PAGE).write_text(_page(state), encoding="utf-8")


def _prices(state: DayState, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [node_name(node).replace(", ", " ") for node in range(NODES)]
        writer.writerow(["start", *names])
        for index, cleared in enumerate(state.rounds):
            prices = cleared.clearing.prices if cleared else [""] * NODES
            writer.writerow([state.line.at(index), *prices])


def figures(state: DayState) -> list[tuple[str, str]]:
    """The day in some lines."""
    found = state.results
    cleared = [c for c in state.rounds if c is not None]
    energy = sum(
        x
        for c in cleared
        for o, x in zip(c.round.orders, c.clearing.accepted, strict=True)
        if o.side == 0
    )
    audit = found.audit
    assert audit is not None
    lost = sum(a.charged_wh for a in found.areas)
    return [
        ("meters", f"{len(state.meters):,}, {len(state.customers):,} of them customers'"),
        ("names that customers took turns in", f"{len(state.holders):,}"),
        ("orders", f"{sum(len(c.round.orders) for c in cleared):,} in {len(cleared)} intervals"),
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
        ("runs of settlement", f"{2 * len(state.settled):,}: provisional, final"),
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
    shown = Table.grid(padding=(0, 2))
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


def _page(state: DayState) -> str:
    found = state.results
    title = f"A day of three regions and four carriers, {state.options.day:%d %B %Y}"
    ten = [found.bills[place] for place in energy_balance.ten(state)]
    parts = [
        f"<h1>{escape(title)}</h1>",
        '<p class="note">Households, plants, weather and prices below are <b>simulated</b>. What'
        " their meters signed, what the chain checked and what the audit rebuilt is not.</p>",
        grid(figures(state)),
        "<h2>Marginal prices</h2>",
        image("prices.png", "Marginal price of each node by hour"),
        '<p class="small">All of them: <a href="prices.csv">prices.csv</a>, in micro-credits per'
        " kWh by start of the interval.</p>",
        "<h2>Flows</h2>",
        image("flows.png", "Flows over lines between regions"),
        image("converters.png", "What converters took"),
        "<h2>Losses</h2>",
        image("losses.png", "Losses of lines and areas"),
        _losses(state),
        _areas(state),
        "<p>" + escape(_held(state)) + "</p>",
        "<h2>Energy balance of each region</h2>",
        image("balances.png", "Energy balance of each region and carrier"),
        _balances(state),
        "<h2>Bills of ten customers</h2>",
        image("bills.png", "Bills of ten customers"),
        _bills(ten),
        "<h2>Energy at an agreed price</h2>",
        grid(
            (
                f"contract {a.number}, {a.what}",
                f"{a.energy_wh:,} Wh at {a.price / 1e6:.3f} credits/kWh; paid {credits(a.paid)}"
                f" credits, penalty {credits(a.penalty)}",
            )
            for a in found.agreed
        ),
        "<h2>Certificates of renewable electricity</h2>",
        grid(
            (
                c.plant,
                f"{c.energy_wh:,} Wh in {c.hours} hours, {c.claimed_wh:,} Wh claimed by consumers",
            )
            for c in found.certified
        ),
        "<h2>Issue and recovery of credits</h2>",
        grid((line.what, f"{credits(line.amount)} credits") for line in found.credits),
        "<h2>How it was run</h2>",
        grid(
            (f"{s.number} {s.title}", f"{s.seconds:.2f} s, {s.transactions:,} transactions")
            for s in state.driver.steps
        ),
        f'<p class="small">Seed {state.options.seed}, {state.options.chain}; begun on'
        f" {_when(state.line.start)}.</p>",
    ]
    return html(title, parts)


def _losses(state: DayState) -> str:
    rows = [
        (d.name, d.in_wh, d.out_wh, d.modelled_wh, d.measured_wh, d.held or "")
        for d in state.results.lines
        if d.in_wh
    ]
    return table(
        "Lines and converters [Wh]",
        ("", "in", "out", "modelled", "measured", "intervals in dispute"),
        rows,
    )


def _areas(state: DayState) -> str:
    rows = [
        (
            node_name(a.node),
            *(a.injected_wh, a.withdrawn_wh, a.modelled_wh, a.measured_wh),
            *(a.unaccounted_wh, a.charged_wh),
        )
        for a in state.results.areas
    ]
    heads = ("", "injected", "withdrawn", "modelled", "measured", "unaccounted", "charged")
    return table("Areas [Wh]", heads, rows) + (
        '<p class="small">Loss of lines between regions and of converters is in the prices: who'
        " buys at the far end pays for what does not arrive, and its members bear none of it a"
        " second time. A heat pump delivers more than it takes, so no loss of it is booked.</p>"
    )


def _held(state: DayState) -> str:
    if not state.results.held:
        return "No loss was in dispute."
    return "Held until the authority decided: " + "; ".join(state.results.held) + "."


def _balances(state: DayState) -> str:
    heads = (
        *("", "plants", "fed in", "by lines", "by converters", "evened out"),
        *("used", "over lines", "into converters", "lost", "unaccounted"),
    )
    rows = [
        (
            node_name(b.node),
            *(b.plants, b.fed_in, b.by_lines, b.by_converters, b.evened_out),
            *(b.used, b.over_lines, b.into_converters, b.lost, b.unaccounted),
        )
        for b in sorted(energy_balance.balances(state), key=lambda b: region_of(b.node))
    ]
    return table("In, then out [Wh]", heads, rows)


def _bills(bills: Sequence[Bill]) -> str:
    heads = (
        *("customer", "import Wh", "export Wh", "bought Wh", "sold Wh", "share of losses Wh"),
        *("imbalance Wh", "traded", "imbalance", "fee", "agreed", "networks", "returned", "net"),
    )
    rows = [
        (
            f"{b.customer}, {b.kind}, {b.region}",
            *(b.import_wh, b.export_wh, b.bought_wh, b.sold_wh, b.loss_wh, b.imbalance_wh),
            *map(
                _credits, (b.contract, b.imbalance, b.fee, b.agreed, b.networks, b.returned, b.net)
            ),
        )
        for b in bills
    ]
    return table("Energy, and credits", heads, rows)


def _credits(amount: int) -> str:
    return f"{amount / 1e6:,.4f}"


def _when(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC).astimezone(ZONE):%Y-%m-%d %H:%M %Z}"
