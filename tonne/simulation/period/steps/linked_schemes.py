"""A company with plants under two schemes gives up allowances of one for the other, up to a limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import ceil

from tonne.rules import engine
from tonne.simulation.period.model.results import Link
from tonne.simulation.period.model.scheme_run import SchemeRun
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState


def recognise(run: SchemeRun, runs: Sequence[SchemeRun], season: TradingSeason) -> None:
    """A firm with plants under both schemes uses all the room there is, after it was refused one more."""
    state = run.state
    day = state.pack.local_day(state.period.surrender_deadline)
    if not state.pack.has("link.scheme", day):
        return
    number = state.pack.onchain("link.scheme", day)
    other = next((each for each in runs if each.state.scheme == number), None)
    shared = _shared(run, other) if other else []
    if other is None or not shared:
        why = f"Scheme {number}, whose allowances are recognised, is not run."
        if other is not None:
            why = f"No company has plants under scheme {number} as well: name the two first."
        state.results.not_applied.append(("Recognised allowances of another scheme", why))
        return
    for place, theirs in shared:
        _recognise(run, other, season, place, theirs)


def _shared(run: SchemeRun, other: SchemeRun) -> list[tuple[int, int]]:
    """Places here and there of the companies with plants under both."""
    there = {int(number): place for place, number in enumerate(other.state.participants)}
    numbers = enumerate(run.state.participants)
    return [(place, there[int(number)]) for place, number in numbers if int(number) in there]


def _recognise(
    run: SchemeRun, other: SchemeRun, season: TradingSeason, place: int, theirs: int
) -> None:
    state, chain = run.state, run.state.chain
    plant, period = int(state.installations[place]), state.period.number
    day = state.pack.local_day(state.period.surrender_deadline)
    limit = engine.link_limit(state.pack, int(state.due[place]), day)
    room = chain.call("Links", "roomOf", plant, period)
    if room != limit:
        raise AssertionError(f"room for {room:,} recognised units, the plain rules say {limit:,}")
    wallet, unit = state.wallets[place], other.state.allowance
    held = chain.call("Allowances", "balanceOf", wallet, unit)
    most = _most(state, limit, day)
    refused = ""
    if held > most:
        args = (plant, period, [unit], [most + 1])
        refused = state.driver.refusal(state.driver.call(wallet, "Links", "recognise", *args))
    given = min(held, most)
    amount = engine.recognised(state.pack, given, day)
    if not amount:
        return
    state.driver.send(wallet, "Links", "recognise", plant, period, [unit], [given])
    season.market.wallet[place] += amount
    if other.season is not None:
        other.season.market.wallet[theirs] -= given
    else:
        other.state.elsewhere[theirs] += given
    other.state.surrendered[unit] += given
    state.results.links.append(
        Link(other.state.pack.scheme.name, plant, given, amount, limit, refused)
    )


def _most(state: PeriodState, limit: int, day: date) -> int:
    """The most of another scheme's units that no more than `limit` own ones come for."""
    has = state.pack.has("link.ratio", day)
    # The pack was checked when it was read: this key has a number.
    ratio = Fraction(state.pack.param("link.ratio", day)) if has else Fraction(1)  # type: ignore[arg-type]
    return ceil((limit + 1) / ratio) - 1
