"""Step 10: results of the period, on the terminal and as a page with plots and a CSV."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

from rich.table import Table

from tonne.simulation.html_report import bullets, grid, html, image
from tonne.simulation.period.model.costs import BUDGET, FLEET
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.report import table
from tonne.simulation.period.report.table import EmitterRow

#: Rows of the list of shortfalls that a page shows; the CSV has all.
SHOWN = 60


def write(state: PeriodState, season: TradingSeason, out: Path) -> list[EmitterRow]:
    """Writes page, plots and CSV into `out`; returns the table of emitters."""
    from tonne.simulation.period.report import plots  # slow to import, and only wanted here

    out.mkdir(parents=True, exist_ok=True)
    rows = table.rows(state, season)
    table.write_csv(rows, out / "emitters.csv")
    day = state.pack.local_day(state.period.surrender_deadline)
    benchmarks = {
        name: float(state.pack.benchmark(name, "power", day.replace(year=state.period.last_year)))
        for name in state.pack.classes
    }
    plots.prices(season.market.days, out / "prices.png", state.pack.scheme.currency)
    plots.balances(rows, out / "balances.png")
    plots.by_province(rows, out / "provinces.png")
    plots.intensities(rows, out / "intensities.png", benchmarks)
    plots.compliance(rows, out / "compliance.png")
    (out / "index.html").write_text(_page(state, season, rows), encoding="utf-8")
    return rows


# Figures that terminal and page share


def figures(state: PeriodState, rows: Sequence[EmitterRow]) -> list[tuple[str, str]]:
    """The period in twenty lines."""
    found = state.results
    trading, audit = found.trading, found.audit
    assert trading is not None and audit is not None
    currency = state.pack.scheme.currency
    duty = [r for r in rows if r.due]
    due = sum(r.due for r in duty)
    missing = sum(r.missing for r in duty)
    met = sum(r.status != "short" for r in duty)
    emitted = sum(r.emissions for r in rows if r.status != "exempt")
    free = sum(r.final for r in rows)
    told, sold = found.months, found.auction
    months = [(f"monthly evidence of {told.year} (simulated)", str(told))] if told else []
    auctioned = (
        [
            (
                "auctioned (simulated)",
                f"{_mt(sold.sold)} at {sold.price_cents / 100:.2f} {currency}/t, {sold.bids} bids",
            )
        ]
        if sold
        else []
    )
    return [
        ("emitters", f"{len(rows):,} ({len(duty):,} with an obligation)"),
        ("verified emissions", _mt(emitted)),
        ("allocated early", _mt(sum(r.early for r in rows))),
        ("allocated in the end", f"{_mt(free)} ({free / max(emitted, 1):.2%} of emissions)"),
        *auctioned,
        ("obligations", _mt(due)),
        ("reports refused by the oracle", f"{len(found.refused_reports)}"),
        ("determined by the authority", f"{len(found.determined)} plants"),
        ("clawed back", f"{len(found.claw_backs)} plants"),
        ("sessions", f"{trading.sessions}"),
        ("traded (simulated)", f"{_mt(trading.volume)} in {trading.trades:,} trades"),
        (
            "block trades (simulated)",
            f"{_mt(trading.block_volume)} in {trading.blocks:,}, "
            f"{trading.block_volume / max(trading.block_volume + trading.volume, 1):.0%} of all;"
            f" price of the last month {trading.last_month_cents / 100:.2f} {currency}/t",
        ),
        ("turnover (simulated)", f"{trading.turnover_cents / 100 / 1e6:,.1f} m {currency}"),
        (
            "price (simulated)",
            f"mean {mean_price(trading.mean_cents, currency)}, last close"
            f" {trading.last_close_cents / 100:.2f} {currency}/t",
        ),
        (
            "waited for the deadline (simulated)",
            f"{trading.waited:,} of {trading.lacked:,} emitters that lacked allowances had not bought"
            " half of that by three quarters of the season",
        ),
        *months,
        (
            "demand met on the exchange",
            f"{trading.share_met:.1%} of {_mt(trading.demand)}",
        ),
        ("credits surrendered", _mt(sum(r.credits for r in rows))),
        ("certificates of retirement", f"{len(found.certificates)}"),
        (
            "short at the deadline (simulated)",
            f"{len(found.shortfalls):,} emitters, {_mt(sum(s.missing for s in found.shortfalls))}",
        ),
        (
            "default (simulated)",
            f"{missing / max(due, 1):.2%} of obligations ({_mt(missing)});"
            f" {met / max(len(duty), 1):.1%} of emitters complied in the end",
        ),
        ("fines (simulated)", f"{sum(r.fine for r in rows) / 1e6:,.2f} m {currency}"),
        (
            "reconciled",
            f"{audit.values:,} values rebuilt from {audit.events:,} events,"
            f" {found.plain_values:,} by the plain engine:"
            " no difference",
        ),
        ("proof", audit.trust),
        ("transactions", f"{state.driver.transactions:,}, {state.driver.gas / 1e9:,.2f} G gas"),
        ("refused orders", f"{len(state.driver.refused)}"),
    ]


def mean_price(cents: float, currency: str) -> str:
    """Of a book's trades; there is none where nothing was traded."""
    return f"{cents / 100:.2f} {currency}/t" if cents else "none"


def evidence(state: PeriodState) -> list[tuple[str, str]]:
    """What the largest plants filed while the period was settled; its reports against their months."""
    told, year = state.results.months, state.period.last_year
    if told is None:
        return []
    lines = [(f"of {told.year}, in the year that passed", str(told))]
    if against := told.against_reports(year):
        return [*lines, (f"of {year}, against its reports", against)]
    return [*lines, (f"of {year}", "none: the chain of this run began after its months")]


def losses(state: PeriodState) -> list[tuple[str, str]]:
    """What was lost and who bore it, with what had left the batch before and keeps its record."""
    found = []
    for loss in state.results.losses:
        lines = [f"{loss.lost:,} t lost; borne by {loss.borne_by}"]
        if loss.holders:
            own = [("the developer", loss.developer)] if loss.developer else []
            each = [*own, *loss.holders]
            lines.append("of these " + ", ".join(f"{who} {tonnes:,} t" for who, tonnes in each))
        if loss.left:
            lines.append("serial numbers " + ", ".join(map(str, loss.left)))
        if loss.earlier:
            lines.append("before, and keeping their record: " + ", ".join(map(str, loss.earlier)))
        found.append((f"{loss.event}, {loss.project}", "; ".join(lines) + "."))
    return found


def conservation(state: PeriodState) -> list[tuple[str, str]]:
    """Issued = in being + each way of leaving, for each class of units."""
    return [
        (
            balance.units,
            f"{balance.issued:,} t issued = {balance.alive:,} t in being"
            + "".join(f" + {amount:,} t {kind}" for kind, amount in balance.exits),
        )
        for balance in state.results.conservation
    ]


def carried(state: PeriodState) -> list[tuple[str, str]]:
    """From older vintages into this period, and from it into later ones."""
    found = state.results.carried
    lines = [
        ("older vintages", f"{found.brought:,} t in hand, {found.older:,} t of them surrendered"),
        ("debts", f"{found.netted:,} t of allocations paid them and were not issued"),
        ("shortfalls", f"{found.deducted:,} t off the next allocation"),
    ]
    if found.into:
        lines.append(
            ("banked", f"{found.banked:,} t by {found.bankers:,} emitters, now of {found.into}")
        )
        if found.refused:
            lines.append(("a tonne more", f"was refused: {found.refused}"))
    if found.expired:
        lines.append(("expired", f"{found.expired:,} t"))
    return [*lines, ("left", f"{found.left:,} t of all vintages")]


def costs(state: PeriodState) -> list[tuple[str, str]]:
    """Gas of the authority and the oracle, by part; the emitters' own calls are not in it."""
    plants = len(state.obliged)
    lines = [
        (part.name, f"{part.gas:,} gas in {part.calls:,} calls") for part in state.costs.parts()
    ]
    total = state.costs.total
    most = BUDGET * plants // FLEET
    return [
        *lines,
        (
            "authority and oracle in all",
            f"{total:,} gas for {plants:,} installations, what is done once aside;"
            f" {total // max(plants, 1):,} each, {total / max(most, 1):.0%} of what it may be",
        ),
    ]


def assumed(state: PeriodState) -> list[tuple[str, str]]:
    """What a scenario supplied for the year."""
    period = state.period
    return state.pack.assumed_in(date(period.first_year, 1, 1), date(period.last_year, 12, 31))


def unapplied(state: PeriodState) -> list[tuple[str, str]]:
    """Rules that the run did not apply: those the pack names, and what this one found."""
    left = state.pack.unapplied(state.period)
    return [(u.rule, u.reason) for u in left] + state.results.not_applied


def _mt(tonnes: int) -> str:
    return f"{tonnes / 1e6:,.2f} Mt"


def calibration(state: PeriodState) -> str:
    if state.options.calibrate:
        return (
            "Output was multiplied by one calibration factor, "
            f"{state.fleet.calibration_ppm / 1e6:.6f}, so that allocation under the pack's own"
            " benchmarks equals emissions; no rule was changed."
        )
    return "Output was not calibrated: allocation and emissions are as the fleet gives them."


def summary(state: PeriodState, rows: Sequence[EmitterRow], out: Path) -> None:
    """The figures on the terminal."""
    shown = Table.grid(padding=(0, 2))
    for name, value in figures(state, rows):
        shown.add_row(name, value)
    state.console.print()
    state.console.print(shown)
    state.console.print()
    state.console.print("What was lost, and who bore it (simulated)", style="bold")
    for name, value in (*losses(state), *conservation(state)):
        state.console.print(f"{name}: {value}", highlight=False)
    state.console.print()
    state.console.print(calibration(state), style="dim")
    for sentence in state.fleet.assumed:
        state.console.print(f"assumed: {sentence}", style="dim", highlight=False)
    for name, value in costs(state):
        state.console.print(f"{name}: {value}", style="dim", highlight=False)
    for what, _ in assumed(state):
        state.console.print(f"assumed: {what}", style="dim", highlight=False)
    left_out = "; ".join(rule for rule, _ in unapplied(state))
    if left_out:
        state.console.print(f"not applied: {left_out}.", style="dim", highlight=False)
    state.console.print(
        f"{state.results.seconds:.1f} s, set-up and compiling aside;"
        f" at most {state.results.memory / 1e6:,.0f} MB with the chain",
        highlight=False,
    )
    state.console.print(f"report: {out / 'index.html'}", soft_wrap=True, highlight=False)


# The page


def _page(state: PeriodState, season: TradingSeason, rows: Sequence[EmitterRow]) -> str:
    title = f"{state.pack.scheme.title}, period {state.period.name}"
    found = state.results
    parts = [
        f"<h1>{escape(title)}</h1>",
        '<p class="note">Trades, prices, shortfalls and fines below are <b>simulated</b>: no'
        " company named or numbered here did any of it. " + escape(calibration(state)) + "</p>",
        bullets(state.fleet.assumed),
        "<h2>The period</h2>",
        grid(figures(state, rows)),
        "<h2>Price and volume</h2>",
        image("prices.png", "Price and volume by session"),
        "<h2>Long and short</h2>",
        image("balances.png", "Balance of each emitter, and by class"),
        "<h2>Allocation against emissions</h2>",
        image("provinces.png", "Allocation and emissions by province and class"),
        "<h2>Intensity</h2>",
        image("intensities.png", "Intensity by rank within each class"),
        "<h2>Compliance</h2>",
        image("compliance.png", "How obligations ended"),
        "<h2>What the authority did (simulated)</h2>",
        _enforcement(state),
        "<h2>Corrected downward</h2>",
        grid(
            [
                (
                    f"plant {c.installation}",
                    f"{c.wallets:,} t from wallets, {c.ledger:,} t from the exchange,"
                    f" {c.debt:,} t as a debt to the next allocation",
                )
                for c in found.claw_backs
            ]
        ),
        "<h2>Reports that were refused</h2>",
        grid([(r["code"], r["reason"]) for r in found.refused_reports]),
        "<h2>Monthly evidence</h2>",
        grid(evidence(state)),
        "<h2>Credits and certificates</h2>",
        grid(
            [
                (
                    c.project,
                    f"{c.last_serial - c.first_serial + 1:,} t issued, {c.buffer:,} t of them to"
                    f" the buffer; serial numbers {c.first_serial:,} to {c.last_serial:,}",
                )
                for c in found.issues
            ]
        ),
        grid(
            [
                (
                    f"certificate {c.number}",
                    f"{c.amount:,} t of {c.project} for {c.beneficiary}, {c.purpose};"
                    f" serial numbers "
                    + ", ".join(f"{first:,} to {last:,}" for first, last in c.serials),
                )
                for c in found.certificates
            ]
        ),
        f'<p class="small">{escape(found.certificate_checks)}, before the chain of this run ended.'
        " On a chain that stays, <code>tonne certificate verify N</code> checks them and"
        " <code>tonne trace N</code> shows what they rest on.</p>",
        "<h2>What was lost, and who bore it (simulated)</h2>",
        grid(losses(state)),
        '<p class="small">While the batch was locked, to move its units was refused: '
        + escape(found.locked)
        + "</p>",
        "<h2>What became of every unit</h2>",
        grid(conservation(state)),
        "<h2>What was carried over, and what ended (simulated)</h2>",
        grid(carried(state)),
        "<h2>What it cost the authority and the oracle</h2>",
        grid(costs(state)),
        "<h2>Assumed by a scenario</h2>",
        grid(assumed(state)),
        "<h2>Rules that were not applied</h2>",
        grid(unapplied(state)),
        "<h2>How it was run</h2>",
        grid(
            (
                f"{s.number} {s.title}",
                f"{s.seconds:.2f} s, {s.transactions:,} transactions",
            )
            for s in state.driver.steps
        ),
        f'<p class="small">Seed {state.options.seed}, {state.options.chain}. All emitters:'
        ' <a href="emitters.csv">emitters.csv</a>. Data: ' + escape(state.fleet.credit) + ".</p>",
    ]
    return html(title, parts)


def _enforcement(state: PeriodState) -> str:
    entries = state.results.shortfalls
    shown = [
        (
            state.fleet.plants[e.place].key,
            f"short of {e.missing:,} t; fine {e.fine_cents / 100:,.2f}"
            f" {state.pack.scheme.currency}; "
            + ("surrendered late" if e.late else f"{e.owed:,} t off the next allocation"),
        )
        for e in entries[:SHOWN]
    ]
    more = len(entries) - len(shown)
    return grid(shown) + (f"<p>… and {more:,} more, see the CSV.</p>" if more > 0 else "")
