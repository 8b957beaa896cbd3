"""A company with plants under two schemes gives up allowances of one for the other, up to a limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import ceil

from tonne.rules import engine
from tonne.simulation.period.model.results import Link
from tonne.simulation.period.model.state import World
from tonne.simulation.period.steps import surrender
from tonne.simulation.period.steps.scheme_run import Run
from tonne.simulation.period.steps.trading import Trading


def recognise(run: Run, runs: Sequence[Run], season: Trading) -> None:
    """Whoever has plants under both schemes uses all the room there is, after it was refused one more."""
    world = run.world
    day = world.pack.local_day(world.period.surrender_deadline)
    if not world.pack.has("link.scheme", day):
        return
    number = world.pack.onchain("link.scheme", day)
    other = next((each for each in runs if each.world.scheme == number), None)
    shared = _shared(run, other) if other else []
    if other is None or not shared:
        why = f"Scheme {number}, whose allowances are recognised, is not run."
        if other is not None:
            why = f"No company has plants under scheme {number} as well: name the two first."
        world.found.not_applied.append(("Recognised allowances of another scheme", why))
        return
    for place, theirs in shared:
        _recognise(run, other, season, place, theirs)


def _shared(run: Run, other: Run) -> list[tuple[int, int]]:
    """Places here and there of the companies with plants under both."""
    there = {int(number): place for place, number in enumerate(other.world.participants)}
    numbers = enumerate(run.world.participants)
    return [(place, there[int(number)]) for place, number in numbers if int(number) in there]


def _recognise(run: Run, other: Run, season: Trading, place: int, theirs: int) -> None:
    world, chain = run.world, run.world.chain
    plant, period = int(world.installations[place]), world.period.number
    day = world.pack.local_day(world.period.surrender_deadline)
    limit = engine.link_limit(world.pack, int(world.due[place]), day)
    room = chain.call("Links", "roomOf", plant, period)
    if room != limit:
        raise AssertionError(f"room for {room:,} recognised units, the plain rules say {limit:,}")
    wallet, unit = world.wallets[place], other.world.allowance
    held = chain.call("Allowances", "balanceOf", wallet, unit)
    most = _most(world, limit, day)
    refused = ""
    if held > most:
        calls = [world.call(wallet, "Links", "recognise", plant, period, [unit], [most + 1])]
        refused = surrender.refused(world, chain.send_many(calls, check=False))
    given = min(held, most)
    amount = engine.recognised(world.pack, given, day)
    if not amount:
        return
    world.send(wallet, "Links", "recognise", plant, period, [unit], [given])
    season.market.wallet[place] += amount
    if other.world.season is not None:
        other.world.season.market.wallet[theirs] -= given
    else:
        other.world.elsewhere[theirs] += given
    other.world.surrendered[unit] += given
    world.found.links.append(
        Link(other.world.pack.scheme.name, plant, given, amount, limit, refused)
    )


def _most(world: World, limit: int, day: date) -> int:
    """The most of another scheme's units that no more than `limit` own ones come for."""
    has = world.pack.has("link.ratio", day)
    ratio = Fraction(world.pack.param("link.ratio", day)) if has else Fraction(1)  # type: ignore[arg-type]
    return ceil((limit + 1) / ratio) - 1
