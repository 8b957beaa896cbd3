"""Steps 3 and 5: free allowances, early on last year's output, then corrected on this year's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tonne.chain.client import Receipt
from tonne.rules import engine
from tonne.rules.pack import RulePack
from tonne.simulation.fleet.plant_engine import class_name
from tonne.simulation.fleet.plants import Fleet
from tonne.simulation.period.model.plan import Cast
from tonne.simulation.period.model.results import ClawBack
from tonne.simulation.period.model.state import Ints, World
from tonne.simulation.period.steps import auction

#: Last year's output of the plants that get far too much early, as a multiple of this year's.
COLLAPSE = 1.9

#: Free share disclosed beyond what is expected: corrections must fit under it [ppm].
HEADROOM_PPM = 20_000


def gives_for_power(pack: RulePack, year: int) -> bool:
    """Whether anything is free for power; where not, output cannot be fitted to allocation."""
    day = engine.reporting_day(year)
    return any(pack.benchmark(name, "power", day) for name in pack.classes)


def plant_collapses(fleet: Fleet, cast: Cast) -> Fleet:
    """Gives three plants a prior year far above this one, so that the true-up must claw back."""
    plants = list(fleet.plants)
    for place in (cast.claw_wallet, cast.claw_ledger, cast.claw_debt):
        plant = plants[place]
        plants[place] = replace(
            plant,
            prior_power_mwh=int(plant.power_mwh * COLLAPSE),
            prior_heat_gj=int(plant.heat_gj * COLLAPSE),
        )
    note = "Three plants are given a prior year 1.9 times this one, to show the claw-back."
    return replace(fleet, plants=tuple(plants), assumed=(*fleet.assumed, note))


def gives_early(world: World) -> bool:
    """Whether the pack says what is given out early."""
    return world.pack.has("allocation.preallocation", engine.reporting_day(world.period.last_year))


def early_amounts(world: World) -> Ints:
    """What the plain engine gives out early [t]."""
    if not gives_early(world):
        return np.zeros(len(world), np.int64)
    return np.array(
        [
            engine.preallocation(
                world.pack,
                class_name(plant),
                engine.Output(plant.prior_power_mwh, plant.prior_heat_gj),
                world.period.last_year,
            )
            for plant in world.fleet.plants
        ],
        np.int64,
    )


def final_amounts(world: World, output: Sequence[tuple[int, int]]) -> Ints:
    """What the plain engine allocates on verified (power [MWh], heat [GJ]) [t]."""
    return np.array(
        [
            engine.allocation(
                world.pack, class_name(plant), engine.Output(*delivered), world.period.last_year
            )
            for plant, delivered in zip(world.fleet.plants, output, strict=True)
        ],
        np.int64,
    )


def obligations(world: World, emissions: Ints, free: Ints) -> Ints:
    """What the plain engine expects each plant to owe [t]; nothing without a class."""
    return np.array(
        [
            engine.obligation(
                world.pack, class_name(plant), int(emitted), int(given), world.period.last_year
            )
            if plant.class_number
            else 0
            for plant, emitted, given in zip(world.fleet.plants, emissions, free, strict=True)
        ],
        np.int64,
    )


def disclose(world: World) -> None:
    """Cap and free share of the vintage, before anything of it is issued."""
    expected = final_amounts(world, [(p.power_mwh, p.heat_gj) for p in world.fleet.plants])
    most = int(np.maximum(early_amounts(world), expected).sum())
    free = most + most * HEADROOM_PPM // 1_000_000
    emitted = np.array([plant.emissions_t for plant in world.fleet.plants], np.int64)
    lacking = np.maximum(obligations(world, emitted, expected) - expected, 0)
    auctioned = auction.volume(world, lacking)
    world.send(
        world.officers.bureau,
        "Schemes",
        "disclose",
        world.scheme,
        world.period.vintage,
        free + auctioned,
        free,
        auctioned,
    )


def pre_allocate(world: World) -> None:
    """The early part, where the pack has one."""
    world.early = early_amounts(world)
    world.owed = world.debts.copy()
    if not gives_early(world):
        why = "Not known; all that is free is given out at the true-up."
        world.found.not_applied.append(("Early part of the free allocation", why))
        return
    rows = [
        (
            int(world.installations[i]),
            world.fleet.plants[i].prior_power_mwh,
            world.fleet.plants[i].prior_heat_gj,
        )
        for i in world.obliged
    ]
    receipts = world.in_batches(
        world.officers.bureau,
        "Allocation",
        "preAllocate",
        rows,
        lambda part: (
            world.scheme,
            world.period.number,
            [r[0] for r in part],
            [r[1] for r in part],
            [r[2] for r in part],
        ),
    )
    paid = np.minimum(world.debts, world.early)
    world.debts -= paid
    _netted(world, receipts, int(paid.sum()))


def _netted(world: World, receipts: Sequence[Receipt], expected: int) -> None:
    """Notes what paid debts and was not issued; the books and the contract must agree."""
    told = sum(
        event["netted"]
        for receipt in receipts
        for event in world.chain.events(receipt)
        if event.name in ("AllowancesPreAllocated", "AllocationTruedUp")
    )
    if told != expected:
        raise AssertionError(f"{told:,} t paid debts, the run's books have {expected:,}")
    world.found.carried.netted += told


def true_up(world: World) -> None:
    """The correction, up or down, and the obligations that follow from it."""
    ids = [int(world.installations[i]) for i in world.obliged]
    args = (world.scheme, world.period.number)
    bureau = world.officers.bureau
    receipts = world.in_batches(
        bureau, "Compliance", "trueUpAndAssess", ids, lambda p: (*args, list(p))
    )
    world.found.claw_backs = [
        ClawBack(event["installation"], event["fromWallets"], event["fromLedger"], event["toDebt"])
        for receipt in receipts
        for event in world.chain.events(receipt)
        if event.name == "AllowancesClawedBack"
    ]
    rise = np.where(world.obliged_mask, np.maximum(world.final - world.early, 0), 0)
    paid = np.minimum(world.debts, rise)
    world.debts -= paid
    _netted(world, receipts, int(paid.sum()))
    places = {int(number): place for place, number in enumerate(world.installations)}
    for claw in world.found.claw_backs:
        world.debts[places[claw.installation]] += claw.debt
