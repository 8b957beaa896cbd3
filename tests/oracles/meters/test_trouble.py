"""A record or a file about which no node answers keeps no other waiting, nor what is due."""

from __future__ import annotations

import pytest

from oracles.meters import cycle, feeds
from tests.oracles.meters.ground import QUARTER, T0
from tonne.chain.rpc import RpcUnreachable

BAD = "METER_NOT_SIGNED"


def in_trouble(*_):
    raise RpcUnreachable("RPC_IN_TROUBLE", "In trouble.", field="rpc", value="", remedy="")


@pytest.fixture
def troubled(desk, monkeypatch):
    """The chain is not to be asked whether a refusal of meter 1 stands."""
    desk.at(QUARTER + 10)
    desk.run(1)
    desk.at(QUARTER + 400)
    confirm = desk.cycle.registry.confirm

    def asked(number, code):
        if number == 1 and code == BAD:
            in_trouble()
        confirm(number, code)

    monkeypatch.setattr(desk.cycle.registry, "confirm", asked)
    return desk


def by_another(desk):
    return desk.signed(0, desk.meters[2].key, readAt=T0, importWh=5, sequence=1)


def test_a_record_that_cannot_be_judged_waits_alone(troubled, monkeypatch):
    desk = troubled
    desk.wire.put(desk.topic(0), by_another(desk))
    for index in (0, 1):
        desk.send(index, [1, 2, 3])
    desk.run(3)
    assert desk.journal.counts()["records"] == 6
    assert (desk.state(0).status, desk.state(0).run) == (1, 1)
    assert desk.incidents() == {}
    assert len(desk.wire.acknowledged) == desk.wire.number  # it waits here, not at the broker

    monkeypatch.undo()
    monkeypatch.setattr(cycle, "ASK_AGAIN_S", 0.0)
    desk.run(1)
    assert desk.incidents() == {(BAD, 1): 1}
    desk.run(1)
    assert desk.incidents() == {(BAD, 1): 1}


def test_a_file_that_cannot_be_judged_keeps_no_other_waiting(troubled, monkeypatch):
    desk = troubled
    for name in ("1-a.ocmf", "2-b.ocmf"):
        (desk.folder / "inbox" / name).write_bytes(b"OCMF|{}|{}\n")
    monkeypatch.setattr(feeds, "_named", lambda name: (int(name[0]), "ocmf"))
    records = feeds.Feeds._records

    def judged(self, intake, number, file, now):
        if number == 1:
            in_trouble()
        return records(self, intake, number, file, now)

    monkeypatch.setattr(feeds.Feeds, "_records", judged)
    desk.run(3)
    assert (desk.folder / "inbox" / "1-a.ocmf").exists()
    assert (desk.folder / "inbox" / "rejected" / "2-b.ocmf").exists()
    assert (desk.state(0).status, desk.state(0).run) == (1, 1)


def test_a_root_that_cannot_be_posted_keeps_no_answer_waiting(desk, monkeypatch):
    desk.run(1)
    monkeypatch.setattr(desk.cycle.posting, "step", in_trouble)
    answered = []
    monkeypatch.setattr(desk.cycle.challenges, "step", lambda head, now: answered.append(head) or 0)
    desk.run(1)
    assert answered
