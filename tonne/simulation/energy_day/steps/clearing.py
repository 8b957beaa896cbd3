"""Clearings: an outsider reads the orders, solves, and proposes; the chain takes nothing but an optimum."""

from __future__ import annotations

from dataclasses import replace

from tonne.errors import TonneError
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, Clearing
from tonne.power.rounds import proposal, read_round, releases
from tonne.simulation.energy_day.model.plan import INTERVAL_S
from tonne.simulation.energy_day.model.state import Cleared, World
from tonne.simulation.energy_day.steps.orders import freed

#: Orders whose escrow is reduced in one call.
RELEASED = 1_200


def clear(world: World, index: int, first_block: int) -> None:
    """Solves an interval and proposes the result, with a key that belongs to nobody of the market."""
    number = world.line.number(index)
    round_ = read_round(world.chain, number, INTERVAL_S, first_block)
    if not round_.orders:
        world.rounds.append(None)
        return
    clearing = solve(round_)
    outsider = world.keys.account("outsider")
    world.send(outsider, "PowerMarket", "clear", number, proposal(round_, clearing))
    world.rounds.append(Cleared(round_, clearing))


def try_worse(world: World, index: int) -> None:
    """Somebody proposes the same with a price of its own making. The chain says what is wrong."""
    cleared = world.rounds[index]
    assert cleared is not None
    bought = {o.node for o in cleared.round.orders if o.side == BID}
    node = min(bought)
    prices = list(cleared.clearing.prices)
    prices[node] += 1_000
    forged: Clearing = replace(cleared.clearing, prices=tuple(prices))
    rogue = world.keys.account("rogue")
    receipt = world.chain.send(
        rogue,
        "PowerMarket",
        "clear",
        world.line.number(index),
        proposal(cleared.round, forged),
        check=False,
    )
    if receipt.error is None:
        raise TonneError(
            "ENERGY_DAY_FORGED",
            "The chain took a clearing with a price that was made up.",
            field="clearing",
            value=world.line.number(index),
            remedy="This is a fault of the market: report it.",
        )
    world.found.refused_clearing = str(receipt.error)


def release(world: World, indices: range) -> None:
    """Frees what was bound for more than was accepted."""
    calls = []
    for index in indices:
        cleared, number = world.rounds[index], world.line.number(index)
        if cleared is None:
            continue
        seed = world.chain.call("PowerMarket", "seedOf", number)
        for shown in releases(cleared.round, cleared.clearing, seed, RELEASED):
            calls.append(
                world.call(world.keys.account("outsider"), "PowerMarket", "release", number, shown)
            )
        freed(world, index)
    world.send_all(calls)
