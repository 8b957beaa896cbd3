"""Hostile parties of a live run: an aggregator that does not open, a solver whose price is wrong.

Who settles falsely is a daemon: `tests.oracles.power.live.false_settlement`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.oracles.power.ground import DaemonProcess, Street
from tonne.chain.reverts import ChainError
from tonne.power.clearing_solver import solve
from tonne.power.rounds import proposal, read_round
from tonne.types import lanes


@contextmanager
def not_opening(aggregator: DaemonProcess) -> Iterator[None]:
    """It does nothing meanwhile, so that it does not open what it committed to."""
    assert aggregator.process is not None
    os.kill(aggregator.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(aggregator.process.pid, signal.SIGCONT)


def wrong_price_is_refused(street: Street, number: int) -> bool:
    """A solver proposes the optimum at a price that is a millionth off; False where no curve was opened."""
    interval = street.interval(number)
    round_ = read_round(street.chain, interval, street.town.terms.interval_s)
    if not round_.steps:
        return False
    curves, margins, prices, flows, arcs = proposal(round_, solve(round_))
    place = min(step.node for step in round_.steps)  # a node without bids may have any price
    told = lanes.unpack(prices, round_.nodes)
    told[place] += 1
    prices = lanes.pack(told)
    wrong = (curves, margins, prices, flows, arcs)
    try:
        street.town.send("bureau", "PowerMarket", "clear", interval, wrong)
    except ChainError:
        return True
    raise AssertionError("a price that is no optimum's was taken")
