"""Step 7, second half: notices, fines and deductions for shortfalls at the deadline."""

from __future__ import annotations

from collections.abc import Iterator

from tonne.chain.reverts import ChainError
from tonne.constants import PPM
from tonne.crypto.hashing import text_hash
from tonne.simulation.period.model.plan import UNCAST
from tonne.simulation.period.model.results import Shortfall
from tonne.simulation.period.model.season import TradingSeason
from tonne.simulation.period.model.state import PeriodState
from tonne.simulation.period.steps import registration, surrender

#: [0.0001 currency] in 0.01.
LEDGER = 100
#: Beside money.
NO_MEASURES = 0
#: Of the form of fine that is a multiple of a price.
MULTIPLE = "penalty.multiple_max"


def lay_up_cash(state: PeriodState, season: TradingSeason) -> None:
    """The defaulter has money on the exchange, where a fine can reach it."""
    place = state.cast.defaulter
    if place == UNCAST or not can_fine(state):
        return
    wallet, amount = state.trader(place), _most(state, season, place)
    registration.money(state, {place: amount})  # more than what it trades with
    state.driver.send(wallet, state.currency, "approve", state.chain["Exchange"], amount)
    state.driver.send(wallet, "Exchange", "depositCash", state.market, amount)
    season.market.cash[place] += amount


def can_fine(state: PeriodState) -> bool:
    """Whether the pack's fine, on the day of the deadline, has a form the contracts know."""
    day = state.pack.local_day(state.period.surrender_deadline)
    forms = ("penalty.max", "penalty.max_per_unit", MULTIPLE)
    return any(state.pack.has(key, day) for key in forms)


def _most(state: PeriodState, season: TradingSeason, place: int) -> int:
    """The highest fine the defaulter can expect [0.01 currency]; of a multiple, at today's price."""
    if not _is_multiple(state):
        due = int(state.due[place])
        missing = due - due * surrender.DEFAULTER_PERCENT // 100
        return fine_bounds(state, max(1, missing))[1]
    day = state.pack.local_day(state.period.surrender_deadline)
    worth = season.market.days[-1].close * int(state.due[place])
    return state.pack.onchain(MULTIPLE, day) * worth // PPM


def _is_multiple(state: PeriodState) -> bool:
    """Whether the fine is a multiple of a price."""
    return state.pack.has(MULTIPLE, state.pack.local_day(state.period.surrender_deadline))


def fix_price(state: PeriodState, season: TradingSeason) -> None:
    """Where fines are a multiple of a price: the market's, or where it has none one that is stated."""
    if not _is_multiple(state):
        return
    args = (state.scheme, state.period.number)
    call = state.driver.call(state.officers.bureau, "Compliance", "fixFinePrice", *args)
    found = state.chain.call_many([("Compliance", "fixFinePrice", args)], check=False)[0]
    if isinstance(found, ChainError):
        stated = (
            season.market.days[-1].close,
            text_hash("no trade in the months of the price: the last close"),
        )
        call = state.driver.call(
            state.officers.bureau, "Compliance", "stateFinePrice", *args, *stated
        )
        state.results.not_applied.append(
            ("Price of the fine, from the market", f"{found}: the last close before it is stated.")
        )
    state.driver.send_all([call])


def fine_bounds(state: PeriodState, shortfall: int) -> tuple[int, int]:
    answer = state.chain.call(
        "Compliance", "fineBounds", state.scheme, state.period.number, shortfall
    )
    return int(answer[0]), int(answer[1])


def enforce(state: PeriodState, season: TradingSeason) -> Iterator[int]:
    """Notices for all who are short; fines; late surrender; payment or debit; deduction.

    Yields the moment that is waited for.
    """
    short = surrender.missing(state).tolist()
    number = state.period.number
    bureau = state.officers.bureau
    ids = [int(state.installations[i]) for i in short]
    state.driver.in_batches(bureau, "Compliance", "notify", ids, lambda part: (number, list(part)))
    yield from state.driver.until(state.line.late)
    if not can_fine(state):
        _without_fine(state, season, short)
        return
    fix_price(state, season)
    fines = {place: _fine(state, place) for place in short}
    state.driver.send_all(
        state.driver.call(
            bureau,
            "Compliance",
            "decide",
            int(state.installations[place]),
            number,
            fine,
            NO_MEASURES,
            text_hash(f"decision on {state.fleet.plants[place].key}"),
        )
        for place, fine in fines.items()
    )
    shortfalls = {place: int(state.due[place] - state.given[place]) for place in short}
    _late(state, season)
    _collect(state, fines)
    _deduct(state)
    state.results.shortfalls = [
        _row(state, place, shortfalls[place], fines[place]) for place in short
    ]


def _without_fine(state: PeriodState, season: TradingSeason, short: list[int]) -> None:
    """Notices stand and late surrender is possible; what the contracts cannot decide is said."""
    shortfalls = {place: int(state.due[place] - state.given[place]) for place in short}
    _late(state, season)
    state.results.shortfalls = [_row(state, place, shortfalls[place], 0) for place in short]
    state.results.not_applied.append(
        (
            "Fine and deduction for a shortfall",
            "The pack has no fine on the day of the deadline; notices stand.",
        )
    )


def _late(state: PeriodState, season: TradingSeason) -> None:
    """One gives up after the deadline what it owes."""
    late = state.cast.late
    if late != UNCAST:
        state.driver.send_all(surrender.give_up(state, season, late, int(state.due[late])))


def _fine(state: PeriodState, place: int) -> int:
    """Within the bounds: the larger the missing share, the nearer the upper one [0.01 currency]."""
    shortfall = int(state.due[place] - state.given[place])
    least, most = fine_bounds(state, shortfall)
    return least + (most - least) * shortfall // max(1, int(state.due[place]))


def _collect(state: PeriodState, fines: dict[int, int]) -> None:
    """A firm that can pays; from the defaulter the fine is taken."""
    compliance = state.chain["Compliance"]
    number = state.period.number
    defaulter = state.cast.defaulter
    paying = [p for p in fines if state.operators[p] != defaulter]
    payers = [(state.wallets[int(state.operators[p])], p) for p in paying]
    state.driver.in_batches(
        state.officers.issuer,
        state.currency,
        "mintBatch",
        payers,
        lambda part: ([w for w, _ in part], [fines[p] for _, p in part]),
    )
    calls = []
    for wallet, place in payers:
        fine = fines[place]
        calls.append(state.driver.call(wallet, state.currency, "approve", compliance, fine))
        plant = int(state.installations[place])
        calls.append(state.driver.call(wallet, "Compliance", "payPenalty", plant, number, fine))
    for place in fines:
        if state.operators[place] == defaulter:
            plant = int(state.installations[place])
            args = (plant, number, state.market)
            calls.append(
                state.driver.call(state.officers.bureau, "Compliance", "debitPenalty", *args)
            )
    state.driver.send_all(calls)


def _deduct(state: PeriodState) -> None:
    """What never came is owed to the next allocation."""
    day = state.pack.local_day(state.period.surrender_deadline)
    if not state.pack.has("penalty.deduction", day):
        why = "What is missing stays owed for the period itself; no later allocation is cut."
        state.results.not_applied.append(("Deduction of a shortfall", why))
        return
    number = state.period.number
    open_ = surrender.missing(state).tolist()
    calls = [
        state.driver.call(
            state.officers.bureau, "Compliance", "deduct", int(state.installations[place]), number
        )
        for place in open_
    ]
    state.driver.send_all(calls)
    for place in open_:
        left = int(state.due[place] - state.given[place])
        deducted = -(-left * state.pack.onchain("penalty.deduction", day) // PPM)
        state.debts[place] += deducted
        state.results.carried.deducted += deducted


def _row(state: PeriodState, place: int, missing: int, fine: int) -> Shortfall:
    owed = state.chain.call("Allocation", "debtOf", int(state.installations[place]))
    return Shortfall(place, missing, fine, bool(state.given[place] == state.due[place]), owed)
