"""Clearings: an outsider reads the curves, solves, and proposes; the chain takes nothing but an optimum."""

from __future__ import annotations

from dataclasses import replace

from tonne.errors import refused
from tonne.power.bid_tree import accepted_of_customers
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, Clearing
from tonne.power.rounds import accepted_by, proposal, read_round
from tonne.simulation.energy_day.model.state import Cleared, DayState


def clear(state: DayState, index: int, first_block: int) -> None:
    """Solves an interval and proposes the result, with a key from outside the market."""
    number = state.line.number(index)
    round_ = read_round(state.chain, number, state.line.interval_s, first_block)
    if not round_.steps:
        state.rounds.append(None)
        state.taken.append({})
        return
    clearing = solve(round_)
    outsider = state.keys.account("outsider")
    state.driver.send(outsider, "PowerMarket", "clear", number, proposal(round_, clearing))
    portfolios = state.portfolios.values()
    taken = accepted_by(round_, clearing)
    for own in portfolios:
        if own.bids:
            taken |= accepted_of_customers(round_, clearing, own)
    state.taken.append(taken)
    bids = sum(len(own.bids) for own in portfolios)
    state.rounds.append(Cleared(round_, clearing, tuple(own.bidder for own in portfolios), bids))


def try_worse(state: DayState, index: int) -> None:
    """A stranger proposes the same with a price of its own making. The chain says what is wrong."""
    cleared = state.rounds[index]
    assert cleared is not None
    bought = {s.node for s in cleared.round.steps if s.side == BID}
    if not bought:
        return  # customers bid from ten at a node; without bids any price is as good
    node = min(bought)
    prices = list(cleared.clearing.prices)
    prices[node] += 1_000
    forged: Clearing = replace(cleared.clearing, prices=tuple(prices))
    rogue = state.keys.account("rogue")
    receipt = state.chain.send(
        rogue,
        "PowerMarket",
        "clear",
        state.line.number(index),
        proposal(cleared.round, forged),
        check=False,
    )
    if receipt.error is None:
        raise refused("ENERGY_DAY_FORGED", clearing=state.line.number(index))
    state.results.refused_clearing = str(receipt.error)
