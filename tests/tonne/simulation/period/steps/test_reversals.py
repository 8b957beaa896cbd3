"""Who bears a loss, reckoned without a chain: a double answers, and keeps what was sent."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tonne.simulation.period.model.results import Fate
from tonne.simulation.period.steps import reversals
from tonne.units.serial_lookup import Block, Left

UNIT, OTHER = 5, 6
RETIRED, CANCELLED, REVERSED = 2, 3, 8


class _State:
    """Sends nothing: keeps the calls, and lets each take effect on serial numbers that were told."""

    def __init__(self, left=(), at_hand=0):
        self.sent = []
        self.left = list(left)
        self.at_hand = at_hand  # of the developer, on its wallet
        self.officers = SimpleNamespace(bureau="bureau")
        self.chain = self.driver = self

    def send(self, sender, contract, function, *args):
        self.sent.append((sender, function, args))
        if function == "withdrawUnits":
            self.at_hand += args[1]
        if function == "reverseAvoidable":
            taken = min(self.at_hand, args[1])
            self.at_hand -= taken
            return [_Event("ReversedAvoidably", {"takenT": taken, "debt": 3})]
        return []

    def events(self, receipt):
        return receipt

    def logs(self, contract, name, first):
        """`SerialsAttached`, one event for each block."""
        return [
            _Event(
                name,
                {"id": left.unit, "kind": left.kind, "ref": left.ref, "blocks": [left.block]},
            )
            for left in self.left
        ]


class _Event:
    tx_hash = "0x"

    def __init__(self, name, args):
        self.name, self.args = name, args

    def __getitem__(self, key):
        return self.args[key]


def _left(kind, first, last, unit=UNIT):
    return Left(Block(0, 0, first, last), unit, kind, bytes(32), "0x")


def _forest(left=10_000, buffer=2_000):
    developer = SimpleNamespace(label="forest", account="developer", number=9)
    market = SimpleNamespace(number=2)
    return SimpleNamespace(
        unit=UNIT, left=left, buffer=buffer, developer=developer, market=market, buyer=None
    )


# Serial numbers


def test_adjoining_blocks_of_one_exit_are_one_fate_in_order():
    state = _State(
        [
            _left(REVERSED, 31, 40),
            _left(RETIRED, 1, 10),
            _left(RETIRED, 11, 20),
            _left(CANCELLED, 21, 30),
            _left(RETIRED, 41, 50),
            _left(RETIRED, 51, 52, OTHER),
            _left(RETIRED, 53, 60),
        ]
    )
    assert reversals.fates(state, UNIT) == (
        Fate("retired", 1, 20),
        Fate("cancelled", 21, 30),
        Fate("reversed", 31, 40),
        Fate("retired", 41, 50),
        Fate("retired", 53, 60),
    )
    assert reversals.fates(state, 7) == ()


def test_what_is_new_begins_after_all_that_left_before():
    earlier = (Fate("retired", 1, 20), Fate("reversed", 21, 30))
    now = (Fate("retired", 1, 20), Fate("reversed", 21, 45), Fate("cancelled", 46, 50))
    assert reversals._new(earlier, now) == (Fate("reversed", 31, 45), Fate("cancelled", 46, 50))
    assert reversals._new((), now) == now
    assert reversals._new(now, now) == ()


# Who bears it


@pytest.mark.parametrize("buffer, lost", [(2_000, 1_200), (7, 4), (1, 0)])
def test_a_fire_takes_six_tenths_of_the_buffer_rounded_down_and_nothing_else(buffer, lost):
    state, forest = _State(), _forest(buffer=buffer)
    loss = reversals._fire(state, forest)
    ((sender, function, args),) = state.sent
    assert (sender, function, args[:3]) == ("bureau", "reverseUnavoidable", (UNIT, UNIT, lost))
    assert (loss.lost, loss.buffer) == (lost, lost)
    assert (loss.developer, loss.paid, loss.owed, loss.holders) == (0, 0, 0, ())
    assert f"keeps {buffer - lost:,} t" in loss.borne_by


@pytest.mark.parametrize(
    "left, lost, taken, paid",
    [
        (10_000, 6_000, 4_000, 1_200),  # four tenths at hand; of the debt of 2,000, six tenths
        (100, 1_000, 40, 60),  # it has less left than it would pay
        (0, 1_000, 0, 0),  # it sold all it had: nothing at hand, nothing to pay with
    ],
)
def test_a_clearing_is_taken_paid_and_owed_to_the_tonne(left, lost, taken, paid):
    state, forest = _State(), _forest(left)
    loss = reversals._clearing(state, forest)
    assert (loss.lost, loss.developer, loss.paid) == (lost, taken, paid)
    assert loss.developer + loss.paid + loss.owed == loss.lost
    assert (loss.buffer, loss.holders) == (0, ())
    # What it withdrew is no longer left in the ledger, and what it paid it had withdrawn.
    withdrawn = sum(args[1] for _, function, args in state.sent if function == "withdrawUnits")
    assert forest.left == left - withdrawn and state.at_hand == paid
    payments = [args for _, function, args in state.sent if function == "payDebt"]
    assert payments == ([(3, UNIT, paid)] if paid else [])


def test_owners_of_an_invalid_batch_are_named_and_those_without_are_not_called():
    accounts = {
        11: SimpleNamespace(lots=30, lotsInAsks=10),
        12: SimpleNamespace(lots=0, lotsInAsks=0),
        21: SimpleNamespace(lots=5, lotsInAsks=5),
    }
    called = []

    def in_batches(sender, contract, function, items, args, size):
        called.append((function, list(items), size))
        return [
            [_Event("UnitsDebited", {"account": 2 << 24 | owner, "lots": accounts[owner].lots})]
            for owner in items
        ]

    state = SimpleNamespace(
        participants=np.array([11, 12]),
        fleet=SimpleNamespace(plants=[SimpleNamespace(key="E1"), SimpleNamespace(key="E2")]),
        developers=[SimpleNamespace(number=21, label="efficiency")],
        companies=[],
        officers=SimpleNamespace(bureau="bureau"),
        driver=SimpleNamespace(in_batches=in_batches),
        chain=SimpleNamespace(
            call_many=lambda calls: [accounts[args[0]] for _, _, args in calls],
            events=lambda receipt: receipt,
        ),
    )
    market = SimpleNamespace(number=2, lots=np.array([30, 2]))
    found = reversals._clear_ledger(state, SimpleNamespace(market=market, unit=UNIT))
    assert found == ({"E1": 30, "efficiency": 5}, 15)
    assert called == [("clearInvalidated", [11, 21], 50)]
