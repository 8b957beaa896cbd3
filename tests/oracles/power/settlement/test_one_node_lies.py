"""One node of three lies to who settles: no line is false for it, and no day left."""

from __future__ import annotations

from typing import Any

import pytest

from oracles.power.settlement.__main__ import KIND
from tests.oracles.power.ground import Desk
from tests.oracles.power.lying_nodes import among_liars
from tests.oracles.power.settlement.day import played

TRADED_WH = 30


@pytest.fixture
def day(street):
    return played(street)


@pytest.fixture(params=range(3))
def liar(request, street, tmp_path):
    """A desk at three nodes, and what one of them says otherwise."""
    told: dict[str, str] = {}
    chain = among_liars(street.chain, request.param, told)
    desk = Desk(chain, KIND, tmp_path / "settlement", street.town.people["operator"])
    yield desk, told
    desk.journal.close()


def _view(street, contract: str, function: str, *args: Any) -> str:
    return "0x" + street.chain[contract].encode(function, *args).hex()


def _words(*values: int) -> str:
    return "0x" + b"".join(value.to_bytes(32, "big") for value in values).hex()


def test_contracts_that_one_node_makes_up_are_on_no_line(street, day, liar):
    """What one account would have sold to another: no total of the run shows that it is false."""
    desk, told = liar
    seller, buyer = day.accounts(0)[:2]
    for account, position in ((seller, (TRADED_WH, 0)), (buyer, (0, TRADED_WH))):
        view = _view(street, "PowerTrades", "positionOf", account, 0, street.interval())
        told[view] = _words(*position)
    day.hand_over(desk.folder)
    desk.run(12)
    run = desk.journal.run(0, street.interval())
    assert street.chain.call("PowerSettlement", "intervalOf", 0, street.interval()).postedAt
    assert not any(line.traded_wh for line in run.lines)
    assert desk.work.incidents == {}


def test_who_settles_a_day_is_not_one_nodes_to_say(street, day, liar):
    """Its terms are remembered: told otherwise once, its day would be left until others take it over."""
    desk, told = liar
    operator = street.town.numbers["operator"]
    view = _view(street, "PowerSettlement", "termsAt", 0, street.interval())
    terms = street.chain.call("PowerSettlement", "termsAt", 0, street.interval())
    told[view] = _words(*(operator + 1 if value == operator else value for value in terms))
    day.hand_over(desk.folder)
    desk.run(12)
    assert street.chain.call("PowerSettlement", "intervalOf", 0, street.interval()).postedAt
    assert desk.work.incidents == {}
