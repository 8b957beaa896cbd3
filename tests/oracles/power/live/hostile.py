"""Hostile parties of a live run: an aggregator that does not open, a solver whose price is wrong, a meter
that speaks for another.

Who settles falsely is a daemon: `tests.oracles.power.live.false_settlement`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.oracles.power.ground import DaemonProcess, Street
from tonne.chain.reverts import ChainError
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import SigningKey, SigningMeter
from tonne.power.clearing_check import accepted
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID
from tonne.power.rounds import proposal, read_round
from tonne.types import lanes

#: [Wh] That a node may lack and be in balance, where four lines touch it, and two more.
ROUNDING_WH: Final = 8


class HostileMeter:
    """It tells readings of another: one that it signed, and one of the other's own that it changed; and sends
    a number that is beyond what decimals hold."""

    #: [Wh] That it says to flow in an interval.
    SAID_WH: Final = 10**6
    POISON: Final = b'OCMF|{"a":1e9999999999999999999}|{}'

    def __init__(self, of: SigningMeter) -> None:
        self.of = of
        key = SigningKey(Curve.SECP256K1, 10**9 + of.number)
        self._own = SigningMeter(of.number, of.carrier, of.since, of.interval_s, key)

    def records(self, index: int) -> tuple[bytes, ...]:
        """What it sends when an interval begins."""
        while self._own.known <= index:
            self._own.run(self.SAID_WH, 0)
        told = self.of.record(index)
        return self.POISON, self._own.record(index), told[:-1] + bytes([told[-1] ^ 1])


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
    """A solver proposes the optimum at a price that is a millionth above what an accepted bid pays at most.

    False where no bid was accepted, or no curve opened.
    """
    interval = street.interval(number)
    round_ = read_round(street.chain, interval, street.town.terms.interval_s)
    if not round_.steps:
        return False
    clearing = solve(round_)
    taken = zip(round_.steps, accepted(round_, clearing), strict=True)
    bids = [(step.price, step.node) for step, wh in taken if step.side == BID and wh > ROUNDING_WH]
    if not bids:
        return False
    price, place = min(bids)
    curves, margins, prices, flows, arcs = proposal(round_, clearing)
    told = lanes.unpack(prices, round_.nodes)
    told[place] = price + 1
    wrong = (curves, margins, lanes.pack(told), flows, arcs)
    try:
        street.town.send("bureau", "PowerMarket", "clear", interval, wrong)
    except ChainError as refused:
        assert refused.code.startswith("CLEARING_"), refused
        return True
    raise AssertionError("a price that is no optimum's was taken")
