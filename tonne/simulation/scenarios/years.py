"""One run of a scenario: a fleet's years under one set of rules, from allocation to what is carried on.

What it leaves out of the on-chain run: early allocation and its correction, block trades, companies with
several plants, borrowing, and firms that run out of money.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from tonne.constants import PPM
from tonne.rules import engine
from tonne.rules.engine.figures import down, figure, says
from tonne.rules.pack import RulePack
from tonne.simulation.fleet import abatement, plants_by_year
from tonne.simulation.fleet import plants as fleet
from tonne.simulation.fleet.abatement import AbatementCurve
from tonne.simulation.fleet.plant_engine import class_name, engine_of
from tonne.simulation.fleet.plants import Engine, Fleet
from tonne.simulation.fleet.traders import Ints
from tonne.simulation.scenarios import season
from tonne.simulation.scenarios.season import PriceView, SeasonOutcome
from tonne.simulation.scenarios.study import Study, Variant
from tonne.simulation.scenarios.variant import Rules, varied


@dataclass(frozen=True, slots=True)
class YearResult:
    """What one year of one run came to."""

    price: int  #          mean of all trades [0.01 currency]
    close: int  #          of the last session [0.01 currency]
    volume: int  #         [t]
    default_ppm: int  #    missing tonnes, of all that was owed
    defaulters: int
    banked: int  #         what is left and can be used later [t]
    expired: int  #        what is left and cannot [t]
    offsets: int  #        [t]
    fines: int  #          the middle of what may be decided [0.01 currency]
    cost: int  #           of each tonne lacked: bought, offset, fined [0.01 currency]
    free: int  #           given out [t]
    due: int  #            [t]
    warned: int
    avoided: int  #        emissions that the price expected made firms avoid [t]


@dataclass(slots=True)
class CarriedState:
    """What goes from one year into the next."""

    price: int
    held: dict[int, Ints] = field(default_factory=dict)  # by vintage [t]
    cut: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # of the next allocation [t]
    owed: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # beside the next due [t]
    net_sales: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


def run(study: Study, variant: Variant, seed: int) -> list[YearResult]:
    """The years of a study under one variant and seed."""
    rules = varied(study.pack, variant.settings, study.run.from_)
    plants = plants_of(study, seed)
    zero = np.zeros(len(plants), np.int64)
    state = CarriedState(_start(study), {}, zero.copy(), zero.copy(), zero.copy())
    base = plants.emissions_t
    results = []
    for year in range(study.run.from_, study.run.from_ + study.run.years):
        if year > study.run.from_:
            plants = plants_by_year.next_year(plants, seed, year)
        results.append(_year(study, rules, plants, state, base, year, seed))
    return results


def plants_of(study: Study, seed: int) -> Fleet:
    """The first year's fleet: calibrated to the rules as they are, so that what a variant changes shows."""
    made = fleet.select(fleet.generate(seed), study.run.emitters, seed)
    return fleet.calibrate(
        fleet.assume_heat(made, seed), corrected_engine(study.pack, study.run.from_)
    )


def _start(study: Study) -> int:
    given = study.run.reference_price
    if given is None:
        given = study.pack.values["market.reference_price"][0].value
    return int(given * 100)


def deadline_of(pack: RulePack, year: int) -> date:
    """The day of surrender for a year; the end of the next year where the pack does not say."""
    for rule in pack.periods.values():
        if rule.last_year == year and rule.surrender_deadline:
            return rule.surrender_deadline
    return date(year + 1, 12, 31)


def _year(
    study: Study, rules: Rules, plants: Fleet, state: CarriedState, base: int, year: int, seed: int
) -> YearResult:
    pack, deadline = rules.pack, deadline_of(rules.pack, year)
    allotted = allocated(rules, plants, base, year)
    free = np.maximum(allotted - state.cut, 0)
    state.cut = np.maximum(state.cut - allotted, 0)
    _admit(pack, state, year)
    carried = sum(state.held.values(), np.zeros_like(free))
    state.held[year] = state.held.get(year, np.zeros_like(free)) + free  # what was banked into it
    held = int((free + carried).sum())
    answer = _answer(study, rules, plants, allotted, Owing(state.owed, held), year, seed)
    due = answer.due
    lack = np.maximum(due - free - carried, 0)
    used = _offsets(rules, due, lack, year, seed, deadline)
    out = season.trade(
        rules,
        year,
        seed,
        free + carried + used - due,
        due,
        PriceView(state.price, answer.expected),
        deadline,
        study.run.sessions,
    )
    state.held[year] = state.held[year] + out.bought
    _sold(state, out.sold)
    state.net_sales = state.net_sales + out.sold - out.bought
    missing = _surrender(state, due - used)
    price = engine.weighted_price(out.turnover, out.volume) if out.volume else out.close
    fined = _enforce(pack, state, missing, deadline, out)
    discount = 1 - rules.share("offset.discount", year)
    paid = int(out.spent.sum()) + down(discount * price * int(used.sum())) + fined
    banked, expired = _carry(pack, state, year, deadline)
    state.price = max(out.close, 1)
    owed, gap = int(due.sum()), int(lack.sum())
    return YearResult(
        price=price,
        close=out.close,
        volume=out.volume,
        default_ppm=int(missing.sum()) * PPM // owed if owed else 0,
        defaulters=int((missing > 0).sum()),
        banked=banked,
        expired=expired,
        offsets=int(used.sum()),
        fines=fined,
        cost=paid // gap if gap else 0,
        free=int(free.sum()),
        due=owed,
        warned=out.warned,
        avoided=answer.avoided,
    )


@dataclass(frozen=True, slots=True)
class Owing:
    """What stands before a year's own obligations [t]."""

    earlier: Ints  # owed from the year before
    held: int  #     by all together


@dataclass(frozen=True, slots=True)
class Answer:
    """The price that everybody can expect, and what firms owe after they answered to it."""

    expected: int  # [0.01 currency a t]
    due: Ints  #     [t]
    avoided: int  #  emissions [t]


def _answer(
    study: Study, rules: Rules, plants: Fleet, allotted: Ints, owing: Owing, year: int, seed: int
) -> Answer:
    pack = rules.pack
    due = obligations(pack, plants, allotted, year) + owing.earlier
    owed = int(due.sum())
    limit = engine.offset_limit(pack, owed, deadline_of(pack, year))
    offsets = min(down(rules.share("offset.supply", year) * owed), limit)
    curve = curve_of(study, rules, seed, year)
    expected = curve.price(due, owing.held + offsets)
    less, avoided = plants_by_year.avoiding(plants, curve.avoided(expected))
    return Answer(expected, obligations(pack, less, allotted, year) + owing.earlier, avoided)


def curve_of(study: Study, rules: Rules, seed: int, year: int) -> AbatementCurve:
    """What each firm avoids at a price, by the share that the file sets or the usual one."""
    share = (
        rules.share("abatement.share", year) if rules.has("abatement.share") else abatement.SHARE
    )
    return AbatementCurve.drawn(seed, study.run.emitters, _start(study), share)


def corrected_engine(pack: RulePack, year: int) -> Engine:
    """The plain engine with the factors a scheme puts on the power benchmark and on all allocations."""
    give, factor = engine_of(pack, year), engine.correction(pack, year)

    def allocate(number: int, power_mwh: int, heat_gj: int) -> int:
        return engine.corrected(pack, give(number, down(factor * power_mwh), heat_gj), year)

    return allocate


def allocated(rules: Rules, plants: Fleet, base: int, year: int) -> Ints:
    """Free allowances of a year, cut by one factor to fit under the cap where there is one [t]."""
    give = corrected_engine(rules.pack, year)
    amounts = {p.key: give(p.class_number, p.power_mwh, p.heat_gj) for p in plants.plants}
    if rules.has("cap"):
        amounts = engine.fitted(amounts, down(rules.share("cap", year) * base))
    return np.array([amounts[plant.key] for plant in plants.plants], np.int64)


def obligations(pack: RulePack, plants: Fleet, free: Ints, year: int) -> Ints:
    """What each owes [t]; nothing without a class."""
    return np.array(
        [
            engine.obligation(pack, class_name(p), p.emissions_t, int(given), year)
            if p.class_number
            else 0
            for p, given in zip(plants.plants, free, strict=True)
        ],
        np.int64,
    )


def _admit(pack: RulePack, state: CarriedState, year: int) -> None:
    """Leaves out vintages that this year does not admit."""
    state.held = {v: held for v, held in state.held.items() if _usable(pack, v, year)}


def _usable(pack: RulePack, vintage: int, year: int) -> bool:
    """Whether what is left of a vintage can be surrendered for a year as it is."""
    expired = engine.expired(pack, vintage, deadline_of(pack, year))
    return not expired and engine.admitted(pack, vintage, year, engine.reporting_day(year))


def _offsets(rules: Rules, due: Ints, lack: Ints, year: int, seed: int, deadline: date) -> Ints:
    """What each covers by offsets: up to its limit, first come first served while there are any [t]."""
    if not rules.has("offset.supply"):
        return np.zeros_like(due)
    supply = down(rules.share("offset.supply", year) * int(due.sum()))
    used = np.zeros_like(due)
    order = np.random.default_rng([seed, year, *b"offsets"]).permutation(len(due))
    for place in order.tolist():
        limit = engine.offset_limit(rules.pack, int(due[place]), deadline)
        used[place] = min(limit, int(lack[place]), supply)
        supply -= int(used[place])
    return used


def _sold(state: CarriedState, sold: Ints) -> None:
    """Takes what was sold, the newest first: the older is surrendered before it can expire."""
    left = sold.copy()
    for vintage in sorted(state.held, reverse=True):
        part = np.minimum(state.held[vintage], left)
        state.held[vintage] = state.held[vintage] - part
        left -= part


def _surrender(state: CarriedState, due: Ints) -> Ints:
    """Surrenders the oldest first; what is missing [t]."""
    left = due.copy()
    for vintage in sorted(state.held):
        part = np.minimum(state.held[vintage], left)
        state.held[vintage] = state.held[vintage] - part
        left -= part
    return left


def _enforce(
    pack: RulePack, state: CarriedState, missing: Ints, deadline: date, out: SeasonOutcome
) -> int:
    """Fines, and what a shortfall brings later: a deduction, units in place of it, the debt itself."""
    price = out.close
    if engine.needs_price(pack, deadline):
        first, last = engine.window(
            deadline,
            int(figure(pack, "penalty.price_months", deadline)),
            str(pack.param("penalty.price_until", deadline)),
        )
        if any(first <= day.day <= last for day in out.trades):
            price = engine.fine_price(pack, deadline, out.trades)
    refused_only = says(pack, "penalty.deduction_on_refusal", deadline)
    state.owed = np.zeros_like(missing)
    fines = 0
    for place in np.flatnonzero(missing).tolist():
        bounds = engine.penalty_bounds(pack, int(missing[place]), deadline, price)
        fines += (bounds.min_cents + bounds.max_cents) // 2
        if not refused_only:  # nobody refuses an order here
            state.cut[place] += bounds.deduction_t
        state.owed[place] = bounds.units_due + (int(missing[place]) if bounds.still_owed else 0)
    return fines


def _carry(pack: RulePack, state: CarriedState, year: int, deadline: date) -> tuple[int, int]:
    """What can be used in the next year, banked or as it is, and what cannot [t]."""
    kept: dict[int, Ints] = {}
    banked = expired = 0
    room = np.zeros_like(state.net_sales)
    if says(pack, "banking.allowed", deadline):
        total = sum(
            (h for v, h in state.held.items() if engine.bankable_vintage(pack, v, deadline)),
            np.zeros_like(room),
        )
        room = np.array(
            [
                engine.bankable(pack, int(held), int(sales), deadline)
                for held, sales in zip(total, state.net_sales, strict=True)
            ],
            np.int64,
        )
    turned = np.zeros_like(room)
    for vintage, held in sorted(state.held.items()):
        if _usable(pack, vintage, year + 1):
            kept[vintage] = held
            banked += int(held.sum())
            continue
        part = np.zeros_like(held)
        if engine.bankable_vintage(pack, vintage, deadline):
            part = np.minimum(held, room - turned)
        turned = turned + part
        expired += int((held - part).sum())
    if turned.any():
        kept[year + 1] = turned  # into the next year's own
    state.held = kept
    return banked + int(turned.sum()), expired
