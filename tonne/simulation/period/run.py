"""A whole compliance period, from an empty chain to a report."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tonne.chain.client import Chain
from tonne.deployment import record
from tonne.errors import refused
from tonne.html_report.queried import Events
from tonne.paths import HOME
from tonne.rules.pack import Period, RulePack, load, scenario
from tonne.sandbox import node, page_server, temp_folders
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.steps import ChainDriver, StepDisplay, compile_contracts
from tonne.simulation.fleet import industry, plant_engine, plants_file
from tonne.simulation.fleet.plants import (
    Fleet,
    assume_heat,
    assume_prior_year,
    calibrate,
    generate,
    scale_output,
    select,
)
from tonne.simulation.fleet.plants_by_year import covered, on_basis
from tonne.simulation.fleet.plants_file import Form
from tonne.simulation.period import years
from tonne.simulation.period.audit_beside import AuditBeside
from tonne.simulation.period.model import plausibility
from tonne.simulation.period.model.costs import Costs
from tonne.simulation.period.model.plan import PeriodOptions, cast, reference, timeline
from tonne.simulation.period.model.scheme_run import PeriodRun
from tonne.simulation.period.model.state import Officers, PeriodState
from tonne.simulation.period.report import period_tables, report, trend
from tonne.simulation.period.steps import allocation, auction, key_accounts, opening

PACK = "china-national"

#: States of past blocks the chain keeps: nothing here asks what was long ago, and each is the whole market.
STATES = 4


def run(options: PeriodOptions, console: Console) -> Path:
    """Runs the period and writes its report; returns the folder of the report."""
    if options.schemes:
        return _several(options, console)
    pack, fleet = rules_and_fleet(options)
    periods = periods_of(pack, options)
    fitted = options.calibrate and allocation.gives_for_power(pack, periods[0].last_year)
    options = replace(options, calibrate=fitted)
    period = periods[0]
    lines = [timeline(pack, each, options.sessions) for each in periods]
    line = lines[0]
    plausibility.check(
        on_basis(fleet, pack, period.last_year),
        pack.mrv_on(pack.local_day(line.start)),
        period.last_year,
    )
    for each in periods:
        industry.check(fleet, pack, each.last_year)
    allocation.check(pack, period.last_year)
    auction.check(pack, fleet, period.last_year)
    who = cast(fleet, options.seed)
    _introduce(console, pack, periods, fleet)
    with ExitStack() as stack:
        stack.enter_context(_collector_seldom())
        beside = stack.enter_context(AuditBeside())  # loads while contracts are compiled
        compile_contracts(console)
        began = time.monotonic()
        folder = stack.enter_context(_folder(options))
        keys = Keys(options.seed)
        server = stack.enter_context(
            node.start(kind=options.chain, timestamp=line.start, keep_states=STATES)
        )
        chain = stack.enter_context(Chain(server.url, bundled=True))
        officers = _officers(keys)
        costs = Costs(officers.public)
        display = StepDisplay(console, lines=len(periods) == 1 and not options.brief)
        display.expect(years.expected(years.RUN_MS, len(fleet)))
        for _ in periods:
            display.expect(years.expected(years.PERIOD_MS, len(fleet)))
        state = PeriodState(
            options=options,
            pack=pack,
            period=period,
            fleet=allocation.plant_collapses(
                on_basis(fleet, pack, period.last_year), who, pack, period.last_year
            ),
            line=line,
            cast=who,
            keys=keys,
            driver=ChainDriver(chain, display, observe=costs.count),
            costs=costs,
            officers=officers,
            folder=folder,
            reference=reference(pack),
        )
        stores: list[Events] = []  # read while the audit ends

        def read() -> None:
            stores.append(stack.enter_context(closing(period_tables.store_of(chain))))

        done = years.run(state, stack, fleet, periods, beside, read)
        for year in done:
            key_accounts.close(year.state)
        out = _out(options)
        _measure([year.state for year in done], began, server)
        with done[-1].state.driver.step("Report", by_hand=True):
            tables = _write(done, stores[0], out)
        if len(done) == 1:
            report.summary(state, tables[0], out)
        else:
            trend.summary(done, [one.rows for one in tables], out)
        _serve(options, chain, folder, console)
        return out


@contextmanager
def _collector_seldom() -> Iterator[None]:
    """Reference cycles are searched for a hundredth as often: they are few, and it takes a tenth of a run."""
    usual = gc.get_threshold()
    gc.set_threshold(usual[0] * 100, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _measure(states: Sequence[PeriodState], began: float, server: node.Node) -> None:
    """Records time and memory of the run up to its report."""
    for state in states:
        state.results.seconds = time.monotonic() - began
        state.results.memory = node.peak_memory(server)


def _serve(options: PeriodOptions, chain: Chain, folder: Path, console: Console) -> None:
    """With `serve`: serves the page on the chain of the run until Ctrl-C."""
    if not options.serve:
        return
    record_file = record.path_for(chain.chain_id, folder / "deployments")
    page = page_server.PageSource(chain.rpc.url, chain.chain_id, record_file)
    with page_server.start(page, 0) as server:
        console.print(f"This market in a browser, until Ctrl-C: {server.url}", soft_wrap=True)
        threading.Event().wait()


def _several(options: PeriodOptions, console: Console) -> Path:
    """Several schemes at once, on one chain; a page of each, and one that compares them."""
    from tonne.simulation.period import several_schemes
    from tonne.simulation.period.report import comparison_report

    plans = several_schemes.plans(options)
    for plan in plans:
        comparison_report.introduce(console, plan)
    compile_contracts(console)
    began = time.monotonic()
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(options))
        keys = Keys(options.seed)
        start = min(plan.line.start for plan in plans)
        server = stack.enter_context(node.start(kind=options.chain, timestamp=start))
        chain = stack.enter_context(Chain(server.url, bundled=True))
        runs = several_schemes.runs_of(plans, chain, _officers(keys), folder, console)
        state = runs[0].state
        with state.driver.step("Deploy; a currency of each scheme"):
            deployment = opening.market(state, [plan.pack for plan in plans])
        several_schemes.run(runs, stack, deployment)
        for each in runs:
            key_accounts.close(each.state)
        out = _out(options)
        _measure([each.state for each in runs], began, server)
        with (
            runs[-1].state.driver.step("Report", by_hand=True),
            closing(period_tables.store_of(chain)) as store,
        ):
            tables = [
                report.write(r.state, r.period.season, store, out / r.state.pack.scheme.name).rows
                for r in runs
            ]
            comparison_report.write(runs, tables, out)
        comparison_report.summary(runs, tables, out)
        _serve(options, chain, folder, console)
        return out


def _officers(keys: Keys) -> Officers:
    roles = ("bureau", "second", "operator", "issuer", "treasury")
    return Officers(*(keys.account("officer", role) for role in roles))


def rules_and_fleet(options: PeriodOptions) -> tuple[RulePack, Fleet]:
    """The rule pack and the fleet, calibrated unless the run must do without."""
    form: Form | None = None
    path: str | Path = options.scheme or PACK
    if options.scenario is not None:
        form, base = plants_file.read_scenario(options.scenario)
        path = options.scheme or base or PACK
    pack = load(path)
    for assumed in options.assumed:
        pack = scenario.assume(pack, assumed)
    pack = pack.recorded()
    if options.fleet is not None:
        fleet = plants_file.read_fleet(options.fleet, form)
    else:
        fleet = generate(options.seed)
    facts = industry.assumed(options.assumed, pack)
    power, part = industry.shared_out(facts, len(fleet), options.emitters)
    fleet = select(fleet, power, options.seed)
    fleet = assume_prior_year(assume_heat(fleet, options.seed), options.seed)
    period = periods_of(pack, options)[0]
    fleet = covered(fleet, pack, period.last_year)
    engine = plant_engine.engine_of(pack, period.last_year)
    if options.calibrate and allocation.gives_for_power(pack, period.last_year):
        fleet = calibrate(fleet, engine)
    if options.shift_percent:
        fleet = scale_output(fleet, (100 + options.shift_percent) * 10_000)
        note = f"Allocation is shifted by {options.shift_percent:+d} % to see prices answer."
        fleet = replace(fleet, assumed=(*fleet.assumed, note))
    return pack, industry.with_industry(fleet, facts, pack, options.seed, part)


def periods_of(pack: RulePack, options: PeriodOptions) -> list[Period]:
    """The periods that are run, each a reporting year after the one before it."""
    whole = [pack.periods[name].last_year for name in pack.complete_periods()]
    if options.first is None and not whole and pack.periods:
        return [pack.period(next(iter(pack.periods)))]  # refused, with what it lacks
    pack.check_runs()
    first = options.first or min(whole)
    found = []
    for year in range(first, first + options.years):
        name = next((n for n, p in pack.periods.items() if p.last_year == year), None)
        if name is None:
            raise refused(
                "PERIOD_NO_YEAR",
                year=year,
                scheme_name=pack.scheme.name,
                last_year=", ".join(str(p.last_year) for p in pack.periods.values()),
            )
        found.append(pack.period(name))
    return found


def _write(done: list[PeriodRun], store: Events, out: Path) -> list[report.WrittenReport]:
    """One page of a single period; of several one each, and one above them."""
    if len(done) == 1:
        return [report.write(done[0].state, done[0].season, store, out)]
    tables = [
        report.write(year.state, year.season, store, out / year.state.period.name) for year in done
    ]
    trend.write(done, [one.rows for one in tables], out)
    return tables


@contextmanager
def _folder(options: PeriodOptions) -> Iterator[Path]:
    """Where inbox, keystore and journal of the run lie; gone afterwards unless they are kept."""
    folder = temp_folders.make("period")
    try:
        yield folder.path
    finally:
        if options.keep:
            folder.keep()
            Console(stderr=True).print(f"kept: {folder.path}")
        else:
            folder.remove()


def _out(options: PeriodOptions) -> Path:
    if options.out is not None:
        return options.out
    return HOME / "reports" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


def _introduce(console: Console, pack: RulePack, periods: Sequence[Period], fleet: Fleet) -> None:
    """Prints the scheme, the periods and the size of the run."""
    names = " to ".join(dict.fromkeys((periods[0].name, periods[-1].name)))
    console.print(
        f"{pack.scheme.title}, {names}: {len(fleet):,} emitters, {fleet.emissions_t / 1e6:,.0f} Mt CO2e"
    )
