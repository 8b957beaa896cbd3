"""The copy of the register: a node that leaves events out drops no reading."""

from __future__ import annotations

import pytest

from tests.oracles.meters.ground import OFFICER, QUARTER, T0
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import SigningKey


def leaving_out(desk, monkeypatch, name: str) -> None:
    """The next answer about events lacks those of one kind."""
    logs, once = desk.chain.logs, iter([True])

    def answer(*args, **options):
        found = logs(*args, **options)
        return [e for e in found if e.name != name] if next(once, False) else found

    monkeypatch.setattr(desk.chain, "logs", answer)


@pytest.mark.parametrize("kind", ["NodeSet", "MeterRegistered"])
def test_an_answer_that_lacks_events_drops_no_reading(desk, monkeypatch, kind):
    desk.at(QUARTER + 10)
    leaving_out(desk, monkeypatch, kind)
    desk.send(0)
    desk.send(1)
    desk.run(1)
    assert desk.wire.acknowledged == []  # the broker keeps them
    desk.run(3)
    assert desk.incidents() == {}
    assert desk.journal.counts()["records"] == 2 * desk.fleet.count
    assert (desk.state(0).status, desk.state(0).run) == (1, 1)


def test_a_key_that_a_node_left_out_refuses_no_record(desk, monkeypatch):
    desk.at(QUARTER - 100)
    desk.run(1)
    fresh = SigningKey(Curve.P256, 4711)
    words = (*fresh.public.words, T0 + QUARTER, Curve.P256)
    desk.chain.send(OFFICER, "MeterOracle", "rotateKey", 1, words)
    leaving_out(desk, monkeypatch, "MeterKeyRotated")
    desk.at(2 * QUARTER)
    desk.wire.put(desk.topic(0), desk.signed(0, fresh, readAt=T0 + QUARTER, importWh=5, sequence=1))
    desk.run(4)
    assert desk.incidents() == {}
    assert desk.journal.counts()["records"] == 1
