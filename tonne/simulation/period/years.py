"""The steps of a period, and of several periods that follow each other on one chain.

A step that takes time is a generator: it yields the moments it waits for [s unix], so that monthly
filings and interleaved schemes come first, and returns its result.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from tonne.rules.pack import Period
from tonne.sandbox.steps import ChainDriver
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.fleet.plants_by_year import next_year, on_basis
from tonne.simulation.fleet.traders import Ints
from tonne.simulation.period.audit_beside import AuditBeside
from tonne.simulation.period.model.costs import Costs
from tonne.simulation.period.model.daemon import EmissionDaemon
from tonne.simulation.period.model.plan import timeline
from tonne.simulation.period.model.results import PeriodResults
from tonne.simulation.period.model.scheme_run import PeriodRun
from tonne.simulation.period.model.season import OffsetProject, TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import (
    allocation,
    auction,
    banking,
    enforcement,
    market,
    monthly_evidence,
    offsets,
    opening,
    published_lines,
    reconciliation,
    registration,
    reporting,
    reversals,
    surrender,
    trading,
)

#: Steps of a run, with their time as measured on two cores: [ms], and [ms] for each emitter.
RUN_MS: Final = {
    "Deploy; rules from the pack": (3400, 0.0),
    "Parties apply, are approved, register": (240, 1.3),
    "Retirements for a named claim": (40, 0.2),
    "Credits reversed: fire, clearing, invalidation": (100, 0.75),
    "Reconcile": (1500, 3.1),
    "Report": (600, 1.1),
}
#: Steps of each period, likewise.
PERIOD_MS: Final = {
    "Disclosure and pre-allocation": (50, 0.45),
    "Reports, verification, determination": (3500, 1.7),
    "Credits are issued and listed": (50, 0.15),
    "Trading before the true-up": (400, 1.3),
    "True-up and obligations": (20, 0.5),
    "Trading after the true-up": (600, 5.0),
    "Surrender": (60, 4.1),
    "Shortfalls": (100, 0.9),
}


def expected(
    steps: Mapping[str, tuple[int, float]], emitters: int, label: str = ""
) -> list[tuple[str, float]]:
    """Titles of steps with their expected times [ms]; `label` as their driver has it."""
    before = f"{label}: " if label else ""
    return [(before + title, fixed + each * emitters) for title, (fixed, each) in steps.items()]


@dataclass(frozen=True, slots=True)
class Expected:
    """Results of the plain engine on the verified reports [t], by place in the fleet."""

    output: list[tuple[int, int]]  # verified power [MWh], heat [GJ]
    emissions: Ints
    final: Ints
    due: Ints
    credits: Ints  # wanted


def run(
    state: PeriodState,
    stack: ExitStack,
    fleet: Fleet,
    periods: Sequence[Period],
    beside: AuditBeside,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[PeriodRun]:
    """All periods, from an empty chain to the reconciliation; `meanwhile` is done while the audit ends.

    `beside`: the audit, whose process waits for a chain.

    `fleet`: plants as supplied in the first period. The true-up interrupts trading, as in the
    calendar. The consequences of a deadline follow once it has passed, possibly after a later period
    has begun.
    """
    filings = monthly_evidence.plan(state, fleet, periods)
    runs: list[PeriodRun] = []
    for moment in _periods(state, stack, fleet, periods, runs, beside):
        monthly_evidence.file_until(state, filings, moment)
    monthly_evidence.close(state, filings)
    for each in runs:
        each.state.results.months = monthly_evidence.result(each.state, filings)
    with state.driver.step("Reconcile", by_hand=True):
        reconciliation.reconcile(runs, filings, beside, meanwhile)
    return runs


def _periods(
    state: PeriodState,
    stack: ExitStack,
    fleet: Fleet,
    periods: Sequence[Period],
    runs: list[PeriodRun],
    beside: AuditBeside,
) -> Iterator[int]:
    """One period after the other; adds each to `runs` once its obligations are surrendered."""
    with state.driver.step("Deploy; rules from the pack"):
        deployment = opening.contracts(state)
        beside.start(state.chain.url, deployment.parent)
    daemon = oracle(state, deployment, stack)
    daemon.start()
    with state.driver.step("Parties apply, are approved, register", len(state) + 40):
        registration.register(state)
        reporting.accredit(state)
        projects = offsets.register(state)
    season = yield from open_season(state, daemon, projects)
    runs.append((yield from trade_and_surrender(state, season)))
    _first_period_only(runs[0])
    for period in periods[1:]:
        fleet = next_year(fleet, state.options.seed, period.last_year)
        line = timeline(state.pack, period, state.options.sessions)
        yield from enforce([run for run in runs if run.state.line.after < line.early])
        state = _following(runs[-1], fleet, period)
        state.console.print(f"   {period.name} begins")
        daemon = oracle(state, deployment, stack)
        daemon.start()
        projects = offsets.again(state, projects)
        season = yield from open_season(state, daemon, projects)
        runs.append((yield from trade_and_surrender(state, season)))
    yield from enforce(runs)


def oracle(state: PeriodState, deployment: Path, stack: ExitStack) -> EmissionDaemon:
    """The emission oracle of a period, stopped with `stack`."""
    daemon = opening.oracle(state, deployment)
    stack.callback(daemon.stop)
    return daemon


def _following(before: PeriodRun, fleet: Fleet, period: Period) -> PeriodState:
    """State of the next period: parties, plants and holdings stay, all else begins anew."""
    old = before.state
    folder = old.folder.parent if not old.first else old.folder
    folder = folder / period.name
    folder.mkdir()
    nothing = np.zeros(len(old), np.int64)
    costs = Costs(old.officers.public)
    return replace(
        old,
        period=period,
        fleet=on_basis(fleet, old.pack, period.last_year),
        line=timeline(old.pack, period, old.options.sessions),
        folder=folder,
        driver=ChainDriver(old.chain, old.driver.display, old.driver.label, costs.count),
        costs=costs,
        early=nothing,
        final=nothing,
        emissions=nothing,
        due=nothing,
        given=nothing,
        given_credits=nothing,
        first=False,
        enforced=False,
        owed=nothing,
        elsewhere=nothing,
        auctioned=0,
        older=[*old.older, before.season.market],
        reference=before.season.market.days[-1].close,
        results=PeriodResults(),
    )


# One period


def open_season(
    state: PeriodState, daemon: EmissionDaemon, projects: list[OffsetProject]
) -> Generator[int, None, TradingSeason]:
    """From disclosure to the opening of the market."""
    banking.begin(state)
    driver = state.driver
    with driver.step("Disclosure and pre-allocation"):
        yield from driver.until(state.line.early)
        allocation.disclose(state)
        allocation.pre_allocate(state)
        if state.first:
            registration.replace_key(state)
    with driver.step("Reports, verification, determination", len(state.obliged), by_hand=True):
        expected = yield from _report(state, daemon, projects)
    with driver.step("Credits are issued and listed"):
        offsets.issue(state, projects)
    state.final, state.due = expected.final, expected.due
    return trading.start(state, projects, expected.due, expected.final)


def _report(
    state: PeriodState, daemon: EmissionDaemon, projects: list[OffsetProject]
) -> Generator[int, None, Expected]:
    yield from state.driver.until(state.line.signed)
    yield from state.driver.until(state.line.verified)
    daemon.start()
    block = state.chain.block_number()
    reporting.report_year(state, daemon)
    daemon.stop()
    state.costs.reports(state.chain, state.keys.account("oracle").address, block)
    published_lines.publish(state)
    offsets.report(state, projects, _expected(state).credits)
    reporting.dispute(state)
    yield from state.driver.until(state.line.determined)
    reporting.determine(state)
    expected = _expected(state)
    state.results.output, state.emissions = expected.output, expected.emissions
    yield from state.driver.until(state.line.offsets_issued)
    return expected


def _expected(state: PeriodState) -> Expected:
    output, emissions = reporting.read_verified(state)
    final = allocation.final_amounts(state, output, emissions.tolist())
    due = allocation.obligations(state, emissions, final)
    lacking = np.maximum(due - final, 0)
    return Expected(output, emissions, final, due, offsets.choose_buyers(state, due, lacking))


def trade_and_surrender(
    state: PeriodState,
    season: TradingSeason,
    recognise: Callable[[TradingSeason], None] = lambda season: None,
) -> Generator[int, None, PeriodRun]:
    """From the first session to surrender and banking.

    `recognise`: called once obligations stand, for schemes that recognise another's allowances.
    """
    driver = state.driver
    yield from auction.hold(state, season)
    half, count = state.line.true_up, len(state.line.sessions)
    with driver.step(
        "Trading before the true-up", half, by_hand=True, detail=f"sessions 1 to {half}"
    ):
        yield from trading.run(state, season, 0, half)
    with driver.step("True-up and obligations"):
        yield trading.opening_of(state, half)
        market.open_day(state, season.market, state.line.sessions[half])
        if state.first:
            trading.offer_everything(state, season, state.cast.claw_ledger)
        allocation.true_up(state)
        market.limit_holdings(state)
        trading.reread(state, season)
        recognise(season)
        trading.rebalance(state, season)
    with driver.step(
        "Trading after the true-up",
        count - half,
        by_hand=True,
        detail=f"sessions {half + 1} to {count}",
    ):
        trading.session(state, season, half, opened=True)
        driver.advance()
        if state.first:
            registration.sell_plant(state)
        trading.rebalance(state, season)
        yield from trading.run(state, season, half + 1, count)
        state.results.trading = trading.summary(season)
    yield from driver.until(state.line.surrendered)
    with driver.step("Surrender", 2 * len(state.obliged)):
        _surrender(state, season)
    if banking.can_bank(state):
        with driver.step("Banking"):
            yield from banking.bank(state, season)
    state.results.carried.left = _left(state, season)
    return PeriodRun(state, season)


def _surrender(state: PeriodState, season: TradingSeason) -> None:
    before = sum(state.surrendered[market.unit] for market in state.older)
    state.given = np.zeros(len(state), np.int64)
    state.given_credits = np.zeros(len(state), np.int64)
    surrender.prepare(state, season)
    enforcement.lay_up_cash(state, season)
    surrender.in_time(state, season)
    state.results.more_than_due = surrender.too_much(state)
    after = sum(state.surrendered[market.unit] for market in state.older)
    state.results.carried.older = after - before


def _left(state: PeriodState, season: TradingSeason) -> int:
    """Allowances of all vintages still held by emitters [t]."""
    return int(sum(market.held.sum() for market in (*state.older, season.market)))


def _first_period_only(run: PeriodRun) -> None:
    state, projects = run.state, run.season.projects
    with state.driver.step("Retirements for a named claim"):
        offsets.retire(state, projects)
        registration.close_company(state)
    with state.driver.step("Credits reversed: fire, clearing, invalidation"):
        reversals.happen(state, projects)


def enforce(runs: Sequence[PeriodRun]) -> Iterator[int]:
    """Consequences of the deadlines that have passed, once for each; then expiry."""
    for run in runs:
        state, season = run.state, run.season
        if state.enforced:
            continue
        state.enforced = True
        with state.driver.step("Shortfalls", detail=f"fines, deductions for {state.period.name}"):
            yield from state.driver.until(state.line.after)
            yield from enforcement.enforce(state, season)
        if run is runs[-1]:  # a late surrender took some of it; no later period has begun
            state.results.carried.left = _left(state, season)
    if not runs:
        return
    state, season = runs[-1].state, runs[-1].season
    markets = [*state.older, season.market]
    if banking.expires(state, markets):
        with state.driver.step("What expired ends"):
            banking.expire(state, markets)
        state.results.carried.left = _left(state, season)
