"""Step 7, second half: what follows when units are missing at the deadline."""

from __future__ import annotations

from collections.abc import Iterator

from tonne.chain.reverts import ChainError
from tonne.simulation.period.model.plan import NOBODY
from tonne.simulation.period.model.results import Shortfall
from tonne.simulation.period.model.state import World, reason
from tonne.simulation.period.steps import registration, surrender
from tonne.simulation.period.steps.trading import Trading

#: [0.0001 currency] in 0.01.
LEDGER = 100
#: Beside money.
NO_MEASURES = 0
#: Of the form of fine that is a multiple of a price.
MULTIPLE = "penalty.multiple_max"


def lay_up_cash(world: World, trading: Trading) -> None:
    """The defaulter has money on the exchange, where a fine can reach it."""
    place = world.cast.defaulter
    if place == NOBODY or not can_fine(world):
        return
    wallet, amount = world.trader(place), _most(world, trading, place)
    registration.money(world, {place: amount})  # more than what it trades with
    world.send(wallet, world.currency, "approve", world.chain["Exchange"], amount)
    world.send(wallet, "Exchange", "depositCash", world.market, amount)
    trading.market.cash[place] += amount


def can_fine(world: World) -> bool:
    """Whether the pack's fine, on the day of the deadline, has a form the contracts know."""
    day = world.pack.local_day(world.period.surrender_deadline)
    forms = ("penalty.max", "penalty.max_per_unit", MULTIPLE)
    return any(world.pack.has(key, day) for key in forms)


def _most(world: World, trading: Trading, place: int) -> int:
    """The highest fine the defaulter can expect [0.01 currency]; of a multiple, at today's price."""
    if not _is_multiple(world):
        due = int(world.due[place])
        missing = due - due * surrender.DEFAULTER_PERCENT // 100
        return fine_bounds(world, max(1, missing))[1]
    day = world.pack.local_day(world.period.surrender_deadline)
    worth = trading.market.days[-1].close * int(world.due[place])
    return world.pack.onchain(MULTIPLE, day) * worth // 1_000_000


def _is_multiple(world: World) -> bool:
    """Whether the fine is a multiple of a price."""
    return world.pack.has(MULTIPLE, world.pack.local_day(world.period.surrender_deadline))


def fix_price(world: World, trading: Trading) -> None:
    """Where fines are a multiple of a price: the market's, or where it has none one that is stated."""
    if not _is_multiple(world):
        return
    args = (world.scheme, world.period.number)
    call = world.call(world.officers.bureau, "Compliance", "fixFinePrice", *args)
    found = world.chain.call_many([("Compliance", "fixFinePrice", args)], check=False)[0]
    if isinstance(found, ChainError):
        stated = (
            trading.market.days[-1].close,
            reason("no trade in the months of the price: the last close"),
        )
        call = world.call(world.officers.bureau, "Compliance", "stateFinePrice", *args, *stated)
        world.found.not_applied.append(
            ("Price of the fine, from the market", f"{found}: the last close before it is stated.")
        )
    world.send_all([call])


def fine_bounds(world: World, shortfall: int) -> tuple[int, int]:
    answer = world.chain.call(
        "Compliance", "fineBounds", world.scheme, world.period.number, shortfall
    )
    return int(answer[0]), int(answer[1])


def enforce(world: World, trading: Trading) -> Iterator[int]:
    """Notices for all who are short; fines; late surrender; payment or debit; deduction.

    Yields the moment that is waited for.
    """
    short = surrender.missing(world).tolist()
    number = world.period.number
    bureau = world.officers.bureau
    ids = [int(world.installations[i]) for i in short]
    world.in_batches(bureau, "Compliance", "notify", ids, lambda part: (number, list(part)))
    yield from world.until(world.line.late)
    if not can_fine(world):
        _without_fine(world, trading, short)
        return
    fix_price(world, trading)
    fines = {place: _fine(world, place) for place in short}
    world.send_all(
        world.call(
            bureau,
            "Compliance",
            "decide",
            int(world.installations[place]),
            number,
            fine,
            NO_MEASURES,
            reason(f"decision on {world.fleet.plants[place].key}"),
        )
        for place, fine in fines.items()
    )
    shortfalls = {place: int(world.due[place] - world.given[place]) for place in short}
    _late(world, trading)
    _collect(world, fines)
    _deduct(world)
    world.found.shortfalls = [
        _row(world, place, shortfalls[place], fines[place]) for place in short
    ]


def _without_fine(world: World, trading: Trading, short: list[int]) -> None:
    """Notices stand and late surrender is possible; what the contracts cannot decide is said."""
    shortfalls = {place: int(world.due[place] - world.given[place]) for place in short}
    _late(world, trading)
    world.found.shortfalls = [_row(world, place, shortfalls[place], 0) for place in short]
    world.found.not_applied.append(
        (
            "Fine and deduction for a shortfall",
            "The pack has no fine on the day of the deadline; notices stand.",
        )
    )


def _late(world: World, trading: Trading) -> None:
    """One gives up after the deadline what it owes."""
    late = world.cast.late
    if late != NOBODY:
        world.send_all(surrender.give_up(world, trading, late, int(world.due[late])))


def _fine(world: World, place: int) -> int:
    """Within the bounds: the larger the missing share, the nearer the upper one [0.01 currency]."""
    shortfall = int(world.due[place] - world.given[place])
    least, most = fine_bounds(world, shortfall)
    return least + (most - least) * shortfall // max(1, int(world.due[place]))


def _collect(world: World, fines: dict[int, int]) -> None:
    """Whoever can pays; from the defaulter the fine is taken."""
    compliance = world.chain["Compliance"]
    number = world.period.number
    defaulter = world.cast.defaulter
    paying = [p for p in fines if world.operators[p] != defaulter]
    payers = [(world.wallets[int(world.operators[p])], p) for p in paying]
    world.in_batches(
        world.officers.issuer,
        world.currency,
        "mintBatch",
        payers,
        lambda part: ([w for w, _ in part], [fines[p] for _, p in part]),
    )
    calls = []
    for wallet, place in payers:
        fine = fines[place]
        calls.append(world.call(wallet, world.currency, "approve", compliance, fine))
        plant = int(world.installations[place])
        calls.append(world.call(wallet, "Compliance", "payPenalty", plant, number, fine))
    for place in fines:
        if world.operators[place] == defaulter:
            plant = int(world.installations[place])
            args = (plant, number, world.market)
            calls.append(world.call(world.officers.bureau, "Compliance", "debitPenalty", *args))
    world.send_all(calls)


def _deduct(world: World) -> None:
    """What never came is owed to the next allocation."""
    day = world.pack.local_day(world.period.surrender_deadline)
    if not world.pack.has("penalty.deduction", day):
        why = "What is missing stays owed for the period itself; no later allocation is cut."
        world.found.not_applied.append(("Deduction of a shortfall", why))
        return
    number = world.period.number
    open_ = surrender.missing(world).tolist()
    calls = [
        world.call(
            world.officers.bureau, "Compliance", "deduct", int(world.installations[place]), number
        )
        for place in open_
    ]
    world.send_all(calls)
    for place in open_:
        left = int(world.due[place] - world.given[place])
        deducted = -(-left * world.pack.onchain("penalty.deduction", day) // 1_000_000)
        world.debts[place] += deducted
        world.found.carried.deducted += deducted


def _row(world: World, place: int, missing: int, fine: int) -> Shortfall:
    owed = world.chain.call("Allocation", "debtOf", int(world.installations[place]))
    return Shortfall(place, missing, fine, bool(world.given[place] == world.due[place]), owed)
