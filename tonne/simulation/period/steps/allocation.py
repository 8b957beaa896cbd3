"""Steps 3 and 5: free allowances, early on last year's output, then corrected on this year's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from tonne.chain.client import Receipt
from tonne.constants import PPM
from tonne.crypto.hashing import text_hash
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules.pack import RulePack
from tonne.simulation.fleet import industry
from tonne.simulation.fleet.plant_engine import class_name
from tonne.simulation.fleet.plants import Fleet, Plant
from tonne.simulation.fleet.traders import Ints
from tonne.simulation.period.model.plan import Cast
from tonne.simulation.period.model.results import ClawBack
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import auction

#: Last year's output of the plants that get far too much early, as a multiple of this year's.
COLLAPSE = 1.9

#: Free share disclosed beyond what is expected: corrections must fit under it [ppm].
HEADROOM_PPM = 20_000
#: Installations in one call of Allocation and Compliance, the contracts' own limit: a call's base and the
#: rules that it reads are shared by so many (8.5M gas at most in a true-up).
MOST = 200
#: Reasons of a table: `AllocationReason` of IAllocation.
TABLE, CHANGE = 0, 2


def gives_for_power(pack: RulePack, year: int) -> bool:
    """Whether anything is free for power; where not, output cannot be fitted to allocation."""
    day = engine.reporting_day(year)
    return any(pack.benchmark(name, "power", day) for name in pack.classes)


def check(pack: RulePack, year: int) -> None:
    """Refuses rules of allocation that the contracts do not know."""
    day = engine.reporting_day(year)
    if engine.corrected(pack, PPM, year) != PPM:
        raise _unknown(
            pack, "allocation.correction_all", day, "The contracts allocate benchmark times output.",
            "Multiply the benchmarks by it in a scenario file, and set it to 1 there.",
        )  # fmt: skip
    basis = pack.entry("allocation.preallocation_basis", day)
    if basis is not None and basis.value != "prior_output":
        raise _unknown(
            pack, "allocation.preallocation_basis", day,
            "The contracts give the early part on the output of the year before.",
            "Run a year in which it is prior_output.",
        )  # fmt: skip
    methods = pack.entry("allocation.power.method", day) or pack.entry("allocation.method", day)
    if methods is not None and "benchmark" not in methods.value and gives_for_power(pack, year):
        raise _unknown(
            pack, "allocation.method", day, "Yet a benchmark of power above 0 holds in this year.",
            "Set the benchmarks of power to 0 in a scenario file.",
        )  # fmt: skip


def _unknown(pack: RulePack, key: str, day: date, why: str, remedy: str) -> TonneError:
    value = pack.param(key, day)
    return TonneError(
        "PERIOD_ALLOCATION_RULE",
        f"{key} of {pack.scheme.name} is {value} on {day}. {why}",
        field=key,
        value=str(value),
        remedy=remedy,
    )


def other_methods(state: PeriodState, auctioned: bool) -> list[tuple[str, str]]:
    """Ways of allocation that the pack names and the run has no use for, each with the reason."""
    methods = state.pack.entry("allocation.method", engine.reporting_day(state.period.last_year))
    done = {"benchmark", *(["auction"] if auctioned else [])}
    return [
        (f"Allocation by {method.replace('_', ' ')}", _UNUSED[method])
        for method in (methods.value if methods else ())
        if method not in done
    ]


_UNUSED: Final = {
    "auction": "How large the auctioned share of the cap is, is not known.",
    "grandfathering": "No emitter of the run is allocated by its past emissions.",
    "intensity": "No emitter of the run is allocated by its own past intensity.",
    "verified_emissions": "No emitter of the run is allocated what it emits.",
}


def plant_collapses(fleet: Fleet, cast: Cast, pack: RulePack, year: int) -> Fleet:
    """Gives three plants a prior year far above this one, so that the true-up must claw back; none where
    nothing is given early."""
    if not pack.has("allocation.preallocation", engine.reporting_day(year)):
        return fleet
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


def gives_early(state: PeriodState) -> bool:
    """Whether the pack says what is given out early."""
    return state.pack.has("allocation.preallocation", engine.reporting_day(state.period.last_year))


def early_amounts(state: PeriodState) -> Ints:
    """What the plain engine gives out early [t]."""
    pack, year = state.pack, state.period.last_year
    by_output = gives_early(state)

    def amount(plant: Plant) -> int:
        if plant.by_table:
            return industry.early(pack, plant, year)
        if not by_output:
            return 0
        output = engine.Output(plant.prior_power_mwh, plant.prior_heat_gj)
        return engine.preallocation(pack, class_name(plant), output, year)

    return np.array([amount(plant) for plant in state.fleet.plants], np.int64)


def final_amounts(
    state: PeriodState, output: Sequence[tuple[int, int]], emissions: Sequence[int]
) -> Ints:
    """Allocation of the plain engine on verified (power [MWh], heat [GJ]) and emissions [t]."""
    pack, year = state.pack, state.period.last_year

    def amount(plant: Plant, delivered: tuple[int, int], emitted: int) -> int:
        if plant.by_table:
            return industry.final(pack, plant, emitted, year)
        given = engine.allocation(pack, class_name(plant), engine.Output(*delivered), year)
        return engine.corrected(pack, given, year)

    plants = zip(state.fleet.plants, output, emissions, strict=True)
    return np.array([amount(*each) for each in plants], np.int64)


def obligations(state: PeriodState, emissions: Ints, free: Ints) -> Ints:
    """What the plain engine expects each plant to owe [t]; nothing without a class."""
    return np.array(
        [
            engine.obligation(
                state.pack, class_name(plant), int(emitted), int(given), state.period.last_year
            )
            if plant.class_number
            else 0
            for plant, emitted, given in zip(state.fleet.plants, emissions, free, strict=True)
        ],
        np.int64,
    )


def disclose(state: PeriodState) -> None:
    """Cap and free share of the vintage, before anything of it is issued."""
    plants = state.fleet.plants
    output = [(p.power_mwh, p.heat_gj) for p in plants]
    expected = final_amounts(state, output, [p.emissions_t for p in plants])
    most = int(np.maximum(early_amounts(state), expected).sum())
    free = most + most * HEADROOM_PPM // PPM
    auctioned = auction.volume(state)
    state.results.not_applied += other_methods(state, bool(auctioned))
    state.driver.send(
        state.officers.bureau,
        "Schemes",
        "disclose",
        state.scheme,
        state.period.vintage,
        free + auctioned,
        free,
        auctioned,
    )


def pre_allocate(state: PeriodState) -> None:
    """The early part, where the pack has one."""
    state.early = early_amounts(state)
    state.owed = state.debts.copy()
    receipts = _table(state, state.early, np.zeros(len(state), np.int64))
    receipts += _pre_allocate_by_output(state)
    paid = np.minimum(state.debts, state.early)
    state.debts -= paid
    _netted(state, receipts, int(paid.sum()))


def _pre_allocate_by_output(state: PeriodState) -> list[Receipt]:
    """The early part of the plants that benchmarks in the contracts allocate."""
    if not gives_early(state):
        why = "Not known; all that is free is given out at the true-up."
        state.results.not_applied.append(("Early part of the free allocation", why))
        return []
    rows = [
        (
            int(state.installations[i]),
            state.fleet.plants[i].prior_power_mwh,
            state.fleet.plants[i].prior_heat_gj,
        )
        for i in state.obliged
        if not state.fleet.plants[i].by_table
    ]
    return state.driver.in_batches(
        state.officers.bureau,
        "Allocation",
        "preAllocate",
        rows,
        lambda part: (
            state.scheme,
            state.period.number,
            [r[0] for r in part],
            [r[1] for r in part],
            [r[2] for r in part],
        ),
        size=MOST,
    )


def _table(state: PeriodState, amounts: Ints, before: Ints) -> list[Receipt]:
    """What plants of sectors, whose products the contracts know no benchmark of, and those of the fleet's own
    table are given."""
    rows = [
        (int(state.installations[i]), int(amounts[i]))
        for i, plant in enumerate(state.fleet.plants)
        if plant.by_table and amounts[i] != before[i]
    ]
    paper = text_hash(f"tables of {state.pack.scheme.name}, {state.period.name}")
    reason = CHANGE if before.any() else TABLE
    return state.driver.in_batches(
        state.officers.bureau,
        "Allocation",
        "allocate",
        sorted(rows),
        lambda part: (
            state.scheme,
            state.period.number,
            [number for number, _ in part],
            [amount for _, amount in part],
            reason,
            paper,
        ),
        size=MOST // 2,
    )


def _netted(state: PeriodState, receipts: Sequence[Receipt], expected: int) -> None:
    """Notes what paid debts and was not issued; the books and the contract must agree."""
    told = sum(
        event["netted"]
        for receipt in receipts
        for event in state.chain.events(receipt)
        if event.name in ("AllowancesPreAllocated", "AllowancesTabled", "AllocationTruedUp")
    )
    if told != expected:
        raise AssertionError(f"{told:,} t paid debts, the run's books have {expected:,}")
    state.results.carried.netted += told


def true_up(state: PeriodState) -> None:
    """The correction, up or down, and the obligations that follow from it."""
    ids = [int(state.installations[i]) for i in state.obliged]
    args = (state.scheme, state.period.number)
    bureau = state.officers.bureau
    receipts = _table(state, state.final, state.early)
    receipts += state.driver.in_batches(
        bureau, "Compliance", "trueUpAndAssess", ids, lambda p: (*args, list(p)), size=MOST
    )
    state.results.claw_backs = [
        ClawBack(event["installation"], event["fromWallets"], event["fromLedger"], event["toDebt"])
        for receipt in receipts
        for event in state.chain.events(receipt)
        if event.name == "AllowancesClawedBack"
    ]
    rise = np.where(state.obliged_mask, np.maximum(state.final - state.early, 0), 0)
    paid = np.minimum(state.debts, rise)
    state.debts -= paid
    _netted(state, receipts, int(paid.sum()))
    places = {int(number): place for place, number in enumerate(state.installations)}
    for claw in state.results.claw_backs:
        state.debts[places[claw.installation]] += claw.debt
