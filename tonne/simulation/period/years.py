"""The steps of a period, and of several that follow each other on one chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tonne.rules.pack import Period
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.fleet.plants_by_year import next_year, on_basis
from tonne.simulation.period.model.costs import Costs
from tonne.simulation.period.model.daemon import Daemon
from tonne.simulation.period.model.plan import timeline
from tonne.simulation.period.model.results import Findings
from tonne.simulation.period.model.state import Ints, World
from tonne.simulation.period.steps import (
    allocation,
    auction,
    banking,
    enforcement,
    market,
    monthly_evidence,
    offsets,
    opening,
    reconciliation,
    registration,
    reporting,
    reversals,
    surrender,
    trading,
)
from tonne.simulation.period.steps.offsets import Project
from tonne.simulation.period.steps.trading import Trading


@dataclass(slots=True)
class Year:
    """A period that was run."""

    world: World
    season: Trading
    projects: list[Project]


def run(world: World, stack: ExitStack, fleet: Fleet, periods: Sequence[Period]) -> list[Year]:
    """All periods, from an empty chain to the comparison of all that is on it.

    `fleet` says what plants supply in the first of them. Trading is interrupted by the true-up, as the
    calendar has it. What follows a deadline is done once it has passed, which may be after a later
    period has begun.
    """
    years: list[Year] = []
    for moment in _all(world, stack, fleet, periods, years):
        if world.filings is not None:
            world.filings.until(moment)
    if world.filings is not None:
        world.filings.close()
        for year in years:
            year.world.found.months = world.filings.told(year.world)
    with world.step(9, "Reconcile", by_hand=True):
        reconciliation.reconcile([(year.world, year.season, year.projects) for year in years])
    return years


def _all(
    world: World, stack: ExitStack, fleet: Fleet, periods: Sequence[Period], years: list[Year]
) -> Iterator[int]:
    """Fills `years`; yields the moments that are waited for."""
    with world.step(1, "Deploy; rules from the pack"):
        deployment = opening.contracts(world)
    daemon = oracle(world, deployment, stack)
    daemon.start()
    with world.step(2, "Parties apply, are approved, register", len(world) + 40):
        registration.register(world)
        reporting.accredit(world)
        projects = offsets.register(world)
    world.filings = monthly_evidence.filings(world, fleet, periods)
    yield from one(years, world, daemon, projects)
    _once(years[0])
    for period in periods[1:]:
        fleet = next_year(fleet, world.options.seed, period.last_year)
        line = timeline(world.pack, period, world.options.sessions)
        yield from enforce([year for year in years if year.world.line.after < line.early])
        world = _follow(years[-1], fleet, period)
        world.console.print(f"\n[bold]Period {period.name}[/bold]")
        daemon = oracle(world, deployment, stack)
        daemon.start()
        projects = offsets.again(world, projects)
        yield from one(years, world, daemon, projects)
    yield from enforce(years)


def oracle(world: World, deployment: Path, stack: ExitStack) -> Daemon:
    daemon = opening.oracle(world, deployment)
    stack.callback(daemon.stop)
    return daemon


def _follow(before: Year, fleet: Fleet, period: Period) -> World:
    """The world a year on: parties, plants and what they hold stay; all else begins anew."""
    old = before.world
    folder = old.folder.parent if not old.first else old.folder
    folder = folder / period.name
    folder.mkdir()
    nothing = np.zeros(len(old), np.int64)
    return replace(
        old,
        period=period,
        fleet=on_basis(fleet, old.pack, period.last_year),
        line=timeline(old.pack, period, old.options.sessions),
        folder=folder,
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
        season=None,
        older=[*old.older, before.season.market],
        reference=before.season.market.days[-1].close,
        steps=[],
        found=Findings(),
        transactions=0,
        gas=0,
        refused=[],
        costs=Costs(),
    )


def one(
    years: list[Year],
    world: World,
    daemon: Daemon,
    projects: list[Project],
    linked: Callable[[Trading], None] = lambda season: None,
) -> Iterator[int]:
    """From disclosure to surrender; adds to `years` and yields the moments that are waited for.

    `linked` is done once obligations stand, for schemes that recognise another's allowances.
    """
    banking.begin(world)
    with world.step(3, "Disclosure and pre-allocation"):
        yield from world.until(world.line.early)
        allocation.disclose(world)
        allocation.pre_allocate(world)
        if world.first:
            registration.replace_key(world)
    with world.step(4, "Reports, verification, determination", len(world.obliged), by_hand=True):
        yield from world.until(world.line.signed)
        yield from world.until(world.line.verified)
        daemon.start()
        block = world.chain.block_number()
        reporting.report_year(world, daemon)
        daemon.stop()
        world.costs.reports(world.chain, world.keys.account("oracle").address, block)
        expected = Expected(world)
        offsets.report(world, projects, expected.credits)
        reporting.dispute(world)
        yield from world.until(world.line.determined)
        reporting.determine(world)
        expected = Expected(world)
        yield from world.until(world.line.offsets_issued)
    with world.step(8, "Credits are issued and listed"):
        offsets.issue(world, projects)
    season = trading.start(world, projects, expected.due, expected.final)
    world.season = season
    yield from auction.hold(world, season)
    half, count = world.line.true_up, len(world.line.sessions)
    with world.step(6, f"Trading, sessions 1 to {half}", half, by_hand=True):
        yield from season.run(0, half)
    with world.step(5, "True-up and obligations"):
        world.final, world.due = expected.final, expected.due
        yield season.opens(half)
        season.market.open_day(world.line.sessions[half])
        if world.first:
            season.offer_everything(world.cast.claw_ledger)
        allocation.true_up(world)
        market.limit_holdings(world)
        season.reread()
        linked(season)
        season.rebalance()
    with world.step(6, f"Trading, sessions {half + 1} to {count}", count - half, by_hand=True):
        season.session(half, opened=True)
        world.advance()
        if world.first:
            registration.sell_plant(world)
        season.rebalance()
        yield from season.run(half + 1, count)
        world.found.trading = trading.summary(season)
    yield from world.until(world.line.surrendered)
    with world.step(7, "Surrender"):
        _surrender(world, season)
    if banking.can_bank(world):
        with world.step(7, "Banking"):
            yield from banking.bank(world, season)
    world.found.carried.left = _left(world, season)
    years.append(Year(world, season, projects))


def _surrender(world: World, season: Trading) -> None:
    before = sum(world.surrendered[market.unit] for market in world.older)
    world.given = np.zeros(len(world), np.int64)
    world.given_credits = np.zeros(len(world), np.int64)
    surrender.prepare(world, season)
    enforcement.lay_up_cash(world, season)
    surrender.in_time(world, season)
    world.found.more_than_due = surrender.too_much(world, season)
    after = sum(world.surrendered[market.unit] for market in world.older)
    world.found.carried.older = after - before


def _left(world: World, season: Trading) -> int:
    return int(sum(banking.held(m).sum() for m in (*world.older, season.market)))


def _once(year: Year) -> None:
    """What happens in the first period only."""
    world = year.world
    with world.step(8, "Retirements for a named claim"):
        offsets.retire(world, year.projects)
        registration.close_company(world)
    with world.step(8, "A fire, a clearing, an invalidation"):
        reversals.happen(world, year.projects)


def enforce(years: Sequence[Year]) -> Iterator[int]:
    """What follows a deadline that has passed, once for each; then what has expired ends.

    Yields the moments that are waited for.
    """
    for year in years:
        world = year.world
        if world.enforced:
            continue
        world.enforced = True
        with world.step(7, f"Shortfalls of {world.period.name}, fines, late surrender, deduction"):
            yield from world.until(world.line.after)
            yield from enforcement.enforce(world, year.season)
        if year is years[-1]:  # a late surrender took some of it; no later period has begun
            world.found.carried.left = _left(world, year.season)
    if not years:
        return
    last = years[-1]
    markets = [*last.world.older, last.season.market]
    if banking.expires(last.world, markets):
        with last.world.step(7, "What expired ends"):
            banking.expire(last.world, markets)
        last.world.found.carried.left = _left(last.world, last.season)


class Expected:
    """What the plain engine expects once reports are known."""

    def __init__(self, world: World) -> None:
        output = reporting.read_verified(world)
        world.found.output = output
        self.final: Ints = allocation.final_amounts(world, output)
        self.due: Ints = allocation.obligations(world, world.emissions, self.final)
        lacking = np.maximum(self.due - self.final, 0)
        self.credits = offsets.choose_buyers(world, self.due, lacking)
