"""Several schemes at once on one chain, whose acts follow each other as their calendars have it."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console

from tonne.chain.client import Chain
from tonne.errors import TonneError
from tonne.rules.pack import RulePack, load, scenario
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.steps import ChainDriver, StepDisplay
from tonne.simulation.fleet import plant_engine
from tonne.simulation.fleet.plants import (
    Fleet,
    assume_heat,
    assume_prior_year,
    calibrate,
    generate,
    select,
)
from tonne.simulation.fleet.plants_by_year import covered, on_basis
from tonne.simulation.period import years
from tonne.simulation.period.model import plausibility
from tonne.simulation.period.model.costs import Costs
from tonne.simulation.period.model.plan import Cast, PeriodOptions, few, reference, timeline
from tonne.simulation.period.model.scheme_run import SchemePlan, SchemeRun
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import Officers, PeriodState
from tonne.simulation.period.steps import (
    allocation,
    auction,
    linked_schemes,
    opening,
    reconciliation,
    registration,
    reporting,
)

#: Scenarios that a run takes for a pack where none is given: what it lacks for a period in common.
USUAL: Final = {
    "china-national": ("china-2023-24-assumed", "china-dates-assumed"),
    "china-shenzhen": ("china-shenzhen-assumed",),
    "china-guangdong": ("china-guangdong-assumed",),
    "china-hubei": ("china-hubei-assumed",),
    "eu-ets": ("eu-ets-assumed",),
}
#: The scheme whose plants the generated fleet is made of.
HOME: Final = "china-national"
#: Of each scheme, where the run does not say.
EMITTERS: Final = 100


def packs_of(options: PeriodOptions) -> list[RulePack]:
    """The packs, each with what scenarios supply; these are given, or the usual ones."""
    given = {scenario.scheme_of(path) for path in options.assumed}
    found: dict[str, RulePack] = {}
    for name in options.schemes:
        pack = load(name)
        if pack.scheme.name in found:
            raise _refused(
                "PERIOD_TWICE", f"{pack.scheme.name} is named twice.", name, "Name it once."
            )
        if pack.scheme.name in given:
            files = [p for p in options.assumed if scenario.scheme_of(p) == pack.scheme.name]
        else:
            files = [scenario.find(Path(stem)) for stem in USUAL.get(pack.scheme.name, ())]
        for path in files:
            pack = scenario.assume(pack, path)
        pack.check_runs()
        found[pack.scheme.name] = pack.recorded()
    if unknown := given - set(found):
        raise _refused(
            "SCENARIO_SCHEME", "A scenario is of a scheme that is not run.", ", ".join(unknown),
            f"Run {', '.join(found)} with scenarios of these.",
        )  # fmt: skip
    return list(found.values())


def _refused(code: str, sentence: str, value: object, remedy: str) -> TonneError:
    return TonneError(code, sentence, field="schemes", value=value, remedy=remedy)


def year_in_common(packs: Sequence[RulePack], first: int | None) -> int:
    """The reporting year that is run: the one asked for, or the first of which every pack knows all."""
    known = [{p.periods[name].last_year for name in p.complete_periods()} for p in packs]
    common = sorted(set.intersection(*known))
    year = first or next(iter(common), None)
    if year not in common:
        raise _refused(
            "PERIOD_NONE_IN_COMMON",
            f"The schemes have no period in common that ends with {year}."
            if year
            else "The schemes have no period in common.",
            ", ".join(p.scheme.name for p in packs),
            f"Years that all know: {', '.join(map(str, common)) or 'none'}; scenarios may supply dates.",
        )
    return year


def fleets(
    packs: Sequence[RulePack], options: PeriodOptions, year: int
) -> list[tuple[Fleet, Cast]]:
    """Emitters of each scheme and their parts: plants of the generated fleet stand in for all of them."""
    found = []
    for place, pack in enumerate(packs):
        seed = options.seed + pack.scheme.number
        fleet = select(generate(options.seed), options.emitters or EMITTERS, seed)
        fleet = assume_prior_year(assume_heat(fleet, options.seed), options.seed)
        fleet = covered(fleet, pack, year)
        engine = plant_engine.engine_of(pack, year)
        if options.calibrate and allocation.gives_for_power(pack, year):
            fleet = calibrate(fleet, engine)
        if pack.scheme.name != HOME:
            note = f"Plants of the generated fleet stand in for those of {pack.scheme.name}."
            fleet = replace(fleet, assumed=(*fleet.assumed, note))
        fleet = on_basis(fleet, pack, year)
        # The first scheme shares a company with each of the others.
        found.append((fleet, few(fleet, seed, 1 if place else len(packs) - 1)))
    return found


def run(runs: Sequence[SchemeRun], stack: ExitStack, deployment: Path) -> None:
    """All schemes, from their rules to the comparison of all that is on the chain."""
    for each in runs:
        _enter(each, None if each is runs[0] else runs[0].state)
    opening.found(runs[0].state)
    acts = [(each.state.driver, _acts(each, runs, stack, deployment)) for each in runs]
    interleave(acts)
    state = runs[-1].state
    state.driver.label = ""
    with state.driver.step("Reconcile", by_hand=True):
        reconciliation.reconcile([each.period for each in runs])


def _enter(run: SchemeRun, host: PeriodState | None) -> None:
    """Rules, parties and plants; companies of the first scheme keep their numbers and keys."""
    state = run.state
    with state.driver.step("Rules from the pack"):
        opening.scheme(state)
    with state.driver.step("Parties apply, are approved, register"):
        registration.enrol(state, host, run.pairs)
        reporting.accredit(state)


def _acts(
    run: SchemeRun, runs: Sequence[SchemeRun], stack: ExitStack, deployment: Path
) -> Iterator[int]:
    state = run.state
    daemon = years.oracle(state, deployment, stack)
    run.season = yield from years.open_season(state, daemon, [])

    def recognise(season: TradingSeason) -> None:
        linked_schemes.recognise(run, runs, season)

    run.periods.append((yield from years.trade_and_surrender(state, run.season, recognise)))
    yield from years.enforce(run.periods)


def interleave(acts: Sequence[tuple[ChainDriver, Iterator[int]]]) -> None:
    """The run that waits for the earliest moment has the turn, until it waits again."""
    began = time.monotonic()
    left = dict.fromkeys(range(len(acts)), began)
    waiting = [(0, place) for place in range(len(acts))]
    while waiting:
        _, place = heapq.heappop(waiting)
        driver, steps = acts[place]
        driver.away += time.monotonic() - left[place]
        following = next(steps, None)
        left[place] = time.monotonic()
        if following is not None:
            heapq.heappush(waiting, (following, place))


def plans(options: PeriodOptions) -> list[SchemePlan]:
    """One for each scheme; refuses what cannot be run together."""
    packs = packs_of(options)
    year = year_in_common(packs, options.first)
    found = []
    for pack, (fleet, cast) in zip(packs, fleets(packs, options, year), strict=True):
        name = next(n for n in pack.complete_periods() if pack.periods[n].last_year == year)
        period = pack.period(name)
        line = timeline(pack, period, options.sessions)
        plausibility.check(fleet, pack.mrv_on(pack.local_day(line.start)), year)
        allocation.check(pack, year)
        auction.check(pack, fleet, year)
        calibrated = options.calibrate and allocation.gives_for_power(pack, year)
        own = replace(options, scheme=pack.scheme.name, calibrate=calibrated)
        found.append(SchemePlan(own, pack, period, fleet, cast, line))
    return found


def runs_of(
    found: Sequence[SchemePlan], chain: Chain, officers: Officers, folder: Path, console: Console
) -> list[SchemeRun]:
    """A state for each scheme, all on one chain and with the same officers."""
    display = StepDisplay(console, lines=False)
    emitters = sum(len(plan.fleet) for plan in found)
    display.expect(years.expected(years.RUN_MS, emitters))
    for plan in found:
        label = plan.pack.scheme.name
        display.expect(years.expected(years.PERIOD_MS, len(plan.fleet), label))
    runs: list[SchemeRun] = []
    for place, plan in enumerate(found):
        name = plan.pack.scheme.name
        own = folder / name
        own.mkdir()
        costs = Costs(officers.public)
        state = PeriodState(
            options=plan.options,
            pack=plan.pack,
            period=plan.period,
            fleet=plan.fleet,
            line=plan.line,
            cast=plan.cast,
            keys=Keys(plan.options.seed, f"period {name}"),
            driver=ChainDriver(chain, display, name, costs.count),
            costs=costs,
            officers=officers,
            folder=own,
            reference=reference(plan.pack),
            first=False,
        )
        shared = {plan.cast.shared[0]: found[0].cast.shared[place - 1]} if place else {}
        runs.append(SchemeRun(state, pairs=shared))
    return runs
