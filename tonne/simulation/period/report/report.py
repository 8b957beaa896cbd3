"""Results of the period, on the terminal and as a page with charts and data files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from tonne.html_report import page
from tonne.html_report.data_files import Column, DataTable
from tonne.html_report.page import (
    Bullets,
    Charts,
    Facts,
    Page,
    PageTable,
    Part,
    Section,
    Text,
    listing,
)
from tonne.html_report.queried import Events
from tonne.sandbox.steps import Step
from tonne.simulation.fleet import industry, plant_engine
from tonne.simulation.fleet.plants import imbalance
from tonne.simulation.period.model.costs import COMPARABLE
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.report import (
    charts,
    closing_screen,
    first_cycle,
    period_tables,
    public_register,
    rule_facts,
    sectors,
    table,
)
from tonne.simulation.period.report.table import EmitterRow


class WrittenReport(NamedTuple):
    rows: list[EmitterRow]
    tables: dict[str, DataTable]  # of the data files, by name


def write(state: PeriodState, season: TradingSeason, store: Events, out: Path) -> WrittenReport:
    """Writes page and data files into `out`."""
    rows = table.rows(state, season)
    tables = [
        *period_tables.of(state, season, store),
        *sectors.tables(state, store),
        public_register.table(state, store),
        table.emitters(rows, state.pack.scheme.currency),
    ]
    by_name = {one.name: one for one in tables}
    page.write(_page(state, season, rows, by_name), out)
    return WrittenReport(rows, by_name)


# Figures


def beside_first_cycle(state: PeriodState) -> Sequence[tuple[str, str, str]]:
    """The season's figures, the run's and the published ones; nothing where the run is of no such cycle."""
    trading = state.results.trading
    if trading is None or not first_cycle.applies(state.pack, state.period):
        return ()
    obliged = int((state.due > 0).sum())
    short = len(state.results.shortfalls) / max(obliged, 1)
    return first_cycle.rows(first_cycle.of(trading, state.reference, short))


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
                f"{_mt(sold.sold)} at {sold.price_cents / 100:.2f} {currency}/t, {sold.bids} bids,"
                f" in {sold.held} of {_mt(sold.offered)} on offer",
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
        *sectors.figures(state),
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
        ("reconciled", _reconciled([state])),
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
    lines.append(
        (
            "authority and oracle in all",
            f"{total:,} gas for {plants:,} installations, {total // max(plants, 1):,} each;"
            " registration, which is once, is not in it",
        )
    )
    if plants >= COMPARABLE:
        short = len(state.results.shortfalls)
        lines.append(("goal", state.costs.against_goal(plants, short)))
    return lines


def assumed(state: PeriodState) -> list[tuple[str, str]]:
    """What a scenario supplied for the year."""
    period = state.period
    return state.pack.assumed_in(date(period.first_year, 1, 1), date(period.last_year, 12, 31))


def assumptions(state: PeriodState) -> list[Part]:
    """Everything that the run assumes: the fleet's calibration and estimates, figures of scenarios."""
    scenario = assumed(state)
    return [
        Text(calibration(state)),
        Bullets(state.fleet.assumed),
        *([Facts(scenario)] if scenario else []),
    ]


def fleet_facts(state: PeriodState) -> list[tuple[str, str]]:
    """The plants as the run is given them: source, emissions, allocation by the pack's rules."""
    fleet, year = state.fleet, state.period.last_year
    engine = plant_engine.engine_of(state.pack, year)
    free, (above, below) = fleet.allocation(engine), imbalance(fleet, engine)
    for plant in fleet.plants:
        if plant.by_table:
            own = industry.final(state.pack, plant, plant.emissions_t, year)
            balance = own - plant.emissions_t
            free, above, below = free + own, above + max(balance, 0), below + max(-balance, 0)
    return [
        ("source", fleet.source),
        ("emissions", _mt(fleet.emissions_t)),
        ("allocation", f"{_mt(free)} ({free / max(fleet.emissions_t, 1):.2%} of emissions)"),
        ("plants with more than they emit", f"{_mt(above)} in all"),
        ("plants with less than they emit", f"{_mt(below)} in all"),
    ]


def run_facts(states: Sequence[PeriodState]) -> list[tuple[str, str]]:
    """Reconciliation, time and memory of a run until its report is written."""
    found = states[-1].results
    return [
        ("reconciled", _reconciled(states)),
        *([("proof", found.audit.trust)] if found.audit else []),
        ("refused orders", f"{sum(len(state.driver.refused) for state in states)}"),
        ("time", f"{found.seconds:.1f} s, set-up and compiling aside"),
        ("memory", f"at most {found.memory / 1e6:,.0f} MB with the chain"),
    ]


def _reconciled(states: Sequence[PeriodState]) -> str:
    """How many values the audit and the plain engine compared; a run with a difference has no report."""
    audit = states[-1].results.audit
    assert audit is not None
    plain = sum(state.results.plain_values for state in states)
    return (
        f"{audit.values:,} values rebuilt from {audit.events:,} events,"
        f" {plain:,} by the plain engine: no difference"
    )


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


# The terminal


def summary(state: PeriodState, written: WrittenReport, out: Path) -> None:
    """Prints the key figures; with `brief`, whether all that was compared is equal."""
    audit = state.results.audit
    assert audit is not None
    if state.options.brief:
        plants = written.tables.get("sectors")
        differing = sectors.differing(plants) if plants else 0
        values = audit.values + state.results.plain_values
        closing_screen.brief(state.console, values, differing, out)
    else:
        told = len(state.fleet.assumed) + len(assumed(state))
        state.console.print()
        closing_screen.show(state.console, key_figures(state, written.rows), told, out)


# The page


def _page(
    state: PeriodState,
    season: TradingSeason,
    rows: Sequence[EmitterRow],
    tables: dict[str, DataTable],
) -> Page:
    found, currency = state.results, state.pack.scheme.currency
    sections = [
        Section("The period", [Facts(figures(state, rows))]),
        Section(closing_screen.ASSUMPTIONS, assumptions(state)),
        Section("The plants before the period", [Facts(fleet_facts(state))]),
        Section(
            "Price and volume",
            [
                Charts(charts.prices(season.market.days, currency)),
                PageTable(f"Sessions, in {currency}", tables["sessions"]),
            ],
        ),
        *_first_cycle(state),
        *_supply(state),
        Section("Long and short", [Charts(charts.balances(rows))]),
        Section("Allocation against emissions", [Charts(charts.allocation(rows))]),
        Section("Intensity", [Charts([charts.intensities(rows, _benchmarks(state))])]),
        Section("Compliance", [Charts(charts.compliance(rows))]),
        Section(
            "What the authority did (simulated)",
            [
                PageTable("Shortfalls at the deadline", _shortfalls(state)),
                PageTable("Steps of penalties, by the events", tables["penalties"]),
            ],
        ),
        Section("Corrected downward", [_claw_backs(state)]),
        Section(
            "Reports that were refused",
            [
                listing(
                    "refused",
                    "Reports that the oracle refused.",
                    page.columns("reason", first="code"),
                    [(r["code"], r["reason"]) for r in found.refused_reports],
                )
            ],
        ),
        Section("Monthly evidence", [Facts(evidence(state))]),
        Section("Credits and certificates", _credits(state)),
        Section(
            "What was lost, and who bore it (simulated)",
            [
                Facts(losses(state)),
                Text(
                    f"While the batch was locked, to move its units was refused: {found.locked}",
                    "small",
                ),
            ],
        ),
        Section(
            "What became of every unit",
            [Facts(conservation(state)), PageTable("Supply, by the events", tables["supply"])],
        ),
        Section("What was carried over, and what ended (simulated)", [Facts(carried(state))]),
        Section(
            "Emitters", [PageTable("Trades, surrender and fines are simulated", tables["emitters"])]
        ),
        *_sectors(state, tables.get("sectors")),
        Section(
            "Public register",
            [
                PageTable("Examples", public_register.examples(state, tables["register"])),
                PageTable("Plants, by the events, t", tables["register"]),
                Text(
                    "On a chain that is kept, `tonne register list` prints the register.", "small"
                ),
            ],
        ),
        Section("Cost of authority and oracle", [Facts(costs(state))]),
        Section(
            "Rules",
            [
                PageTable("Published caps [t]", tables["caps"]),
                PageTable("Rule values on the chain", tables["rules"]),
            ],
        ),
        Section("Rules that were not applied", [Facts(unapplied(state))]),
        Section(
            "Keys of the pack that had no effect",
            [
                Text(f"{rule_facts.keys_in_words(state).capitalize()}.", "small"),
                Facts(rule_facts.keys_left_out(state)),
            ],
        ),
        Section("How it was run", [Facts(run_facts([state])), steps_of(state.driver.steps)]),
    ]
    return Page(
        f"{state.pack.scheme.title}, period {state.period.name}",
        "Carbon market: report of a compliance period",
        [
            Text(
                "Trades, prices, shortfalls and fines below are simulated: no company named or numbered here"
                f" did any of it. {calibration(state)}",
                "note",
            ),
        ],
        sections,
        headline=key_figures(state, rows),
        foot=f"Seed {state.options.seed}, {state.options.chain}. Data: {state.fleet.credit}.",
        data=list(tables.values()),
    )


def _supply(state: PeriodState) -> list[Section]:
    facts = rule_facts.supply(state)
    return [Section("Supply, decided before the year", [Facts(facts)])] if facts else []


def _sectors(state: PeriodState, plants: DataTable | None) -> list[Section]:
    if plants is None:
        return []
    return [
        Section(
            "Sectors beside power",
            [
                Facts(sectors.figures(state)),
                PageTable("Allocation on the chain, and by the signed lines", sectors.sums(plants)),
                PageTable("Plants, by the events", plants),
            ],
        )
    ]


def _first_cycle(state: PeriodState) -> list[Section]:
    compared = beside_first_cycle(state)
    if not compared:
        return []
    about = "The season of this run beside the first cycle as it was published."
    told = listing(
        "first_cycle", about, page.columns("this run", "published", first="figure"), compared
    )
    set_so = "Agents' habits are set so that a season comes near what was published; they foretell nothing."
    return [Section("Beside the first cycle", [told, Text(set_so, "small")])]


def key_figures(state: PeriodState, rows: Sequence[EmitterRow]) -> list[tuple[str, str, str]]:
    trading, audit = state.results.trading, state.results.audit
    assert trading is not None and audit is not None
    duty = [r for r in rows if r.due]
    met = sum(r.status != "short" for r in duty)
    currency = state.pack.scheme.currency
    return [
        ("emitters", f"{len(rows):,}", f"{len(duty):,} with an obligation"),
        ("verified emissions", _mt(sum(r.emissions for r in rows if r.status != "exempt")), ""),
        ("last close (simulated)", f"{trading.last_close_cents / 100:.2f}", f"{currency}/t"),
        ("traded (simulated)", _mt(trading.volume + trading.block_volume), "blocks included"),
        ("complied in the end (simulated)", f"{met / max(len(duty), 1):.1%}", "of emitters"),
        (
            "values compared",
            f"{audit.values + state.results.plain_values:,}",
            "no difference",
        ),
    ]


def _benchmarks(state: PeriodState) -> dict[str, float]:
    day = state.pack.local_day(state.period.surrender_deadline)
    last = day.replace(year=state.period.last_year)
    return {name: float(state.pack.benchmark(name, "power", last)) for name in state.pack.classes}


def _shortfalls(state: PeriodState) -> DataTable:
    rows = [
        (
            state.fleet.plants[e.place].key,
            *(e.missing, e.fine_cents, 0 if e.late else e.owed),
            "surrendered late" if e.late else "off the next allocation",
        )
        for e in state.results.shortfalls
    ]
    columns = [
        Column("emitter"),
        Column("short", unit="t", total=True),
        Column("fine", "cents", state.pack.scheme.currency, digits=2, total=True, scale=100),
        Column("deducted", unit="t", total=True),
        Column("outcome"),
    ]
    return DataTable("shortfalls", "Shortfalls at the deadline.", columns, rows)


def _claw_backs(state: PeriodState) -> Part:
    columns = [
        Column("plant"),
        Column("from wallets", unit="t", total=True),
        Column("from the exchange", unit="t", total=True),
        Column("debt to the next allocation", unit="t", total=True),
    ]
    return listing(
        "claw_backs",
        "Corrections downward, and where they were taken from.",
        columns,
        [(str(c.installation), c.wallets, c.ledger, c.debt) for c in state.results.claw_backs],
    )


def _credits(state: PeriodState) -> list[Part]:
    found = state.results
    return [
        Facts(
            [
                (
                    c.project,
                    f"{c.last_serial - c.first_serial + 1:,} t issued, {c.buffer:,} t of them to"
                    f" the buffer; serial numbers {c.first_serial:,} to {c.last_serial:,}",
                )
                for c in found.issues
            ]
        ),
        Facts(
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
        Text(
            f"{found.certificate_checks}, before the chain of this run ended. On a chain that stays,"
            " `tonne certificate verify N` checks them and `tonne trace N` shows the evidence below them.",
            "small",
        ),
    ]


def steps_of(steps: Sequence[Step]) -> Part:
    """The steps of a run with their times."""
    columns = [
        Column("step"),
        Column("title"),
        Column("seconds", digits=2, total=True),
        Column("transactions", total=True),
    ]
    rows = [(str(s.number), s.title, s.seconds, s.transactions) for s in steps]
    return listing("steps", "Steps of the run.", columns, rows)
