"""The solver's work, step by step: what it proposes, when it gives way, what it is paid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracles.power.solver.__main__ import KIND, role
from oracles.power.solver.solving import GAS_MOST, LEFT_BLOCKS
from oracles.runtime.loop import CycleResult
from tests.gas.power_town import HOLD_S
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.power import clearing_check
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, OFFER
from tonne.power.intervals import Stage
from tonne.power.rounds import proposal, read_round

OUTSIDER = Account.from_seed("solver", "outsider")


@pytest.fixture
def desk(street, sit):
    """A solver whose wallet is a participant's."""
    return sit(KIND, street.town.people["stranger"])


def _optimum(street):
    round_ = read_round(street.chain, street.interval(), 900)
    return round_, solve(round_)


def _fee(street) -> int:
    bids = [
        street.chain.call("PowerMarket", "bidOf", street.interval(), street.town.numbers[who])
        for who in ("aggregator 0", "aggregator 1")
    ]
    return sum(bid.fee for bid in bids)


def test_an_interval_that_is_open_whole_is_cleared(street, desk):
    street.commit()
    assert desk.run() == [CycleResult.IDLE] * 4
    street.open()

    desk.run()

    round_ = street.round()
    assert round_.proposer == desk.sender.address
    assert desk.states() == {f"clear/{street.interval()}/1": "final"}
    _, clearing = _optimum(street)
    (event,) = street.chain.logs("PowerMarket", "IntervalCleared")
    assert event["welfare"] == clearing_check.outcome(*_optimum(street)).welfare
    assert clearing.packed()[1] == list(event["prices"])


def test_nothing_is_proposed_while_curves_are_still_opened(street, desk):
    street.commit()
    street.open(who=("aggregator 0",))

    desk.run()
    assert desk.states() == {}

    # The others kept silent: what is open is cleared without them.
    street.town.at(street.gate() + 31)
    desk.run()
    assert street.round().proposer == desk.sender.address


def test_a_clearing_as_good_that_stands_is_left_alone(street, desk):
    street.commit()
    street.open()
    round_, clearing = _optimum(street)
    street.chain.fund([OUTSIDER])
    street.chain.send(
        OUTSIDER, "PowerMarket", "clear", street.interval(), proposal(round_, clearing)
    )

    assert desk.run() == [CycleResult.IDLE] * 4

    assert desk.states() == {}
    assert desk.work.results["outdone"] == 1
    assert street.round().proposer == OUTSIDER.address


def test_a_clearing_that_stands_with_higher_prices_gives_way(street, desk):
    # What both take whole has many prices: the lowest is the offer's own.
    street.commit(curves={0: [(0, BID, 100, 300_000), (0, OFFER, 100, 200_000)]})
    street.open()
    round_, clearing = _optimum(street)
    dearer = replace(
        clearing,
        prices=tuple(price + 10 for price in clearing.prices),
        margins=(0,) * len(clearing.margins),
    )
    street.chain.fund([OUTSIDER])
    street.chain.send(OUTSIDER, "PowerMarket", "clear", street.interval(), proposal(round_, dearer))

    desk.run()

    assert street.round().proposer == desk.sender.address
    assert len(street.chain.logs("PowerMarket", "IntervalCleared")) == 2


def test_of_two_solvers_one_clears_and_the_other_ends_in_peace(street, sit):
    one = sit(KIND, street.town.people["stranger"], "one")
    two = sit(KIND, street.town.people["grid"], "two")
    street.commit()
    street.open()

    # Both have solved before either was heard.
    one.work.step(False)
    two.work.step(False)
    one.run()
    two.run()

    assert street.round().proposer == one.sender.address
    key = f"clear/{street.interval()}/1"
    assert (one.states()[key], two.states()[key]) == ("final", "done_elsewhere")


def test_a_kill_at_any_step_leaves_one_clearing(street, desk):
    street.commit()
    street.open()
    desk.work.step(False)  # queued
    desk.start()
    desk.manager.step()  # signed and sent
    street.chain._let_pool_empty()
    desk.start()
    desk.run()

    assert desk.states() == {f"clear/{street.interval()}/1": "final"}
    assert len(street.chain.logs("PowerMarket", "IntervalCleared")) == 1


def _wait(street, desk):
    """Until bids are free long enough that it releases them."""
    desk.run(1)
    street.chain.mine(LEFT_BLOCKS)


def test_bids_that_their_aggregators_release_are_left_to_them(street, desk):
    """A call for all of them reverted when one was released a moment before."""
    street.commit()
    street.open()
    desk.run()
    street.town.at(street.start() + HOLD_S)
    desk.run(2)
    for who in ("aggregator 0", "aggregator 1"):
        own = [street.town.numbers[who]]
        street.town.send(who, "PowerMarket", "release", street.interval(), own)
    _wait(street, desk)
    desk.run(2)
    assert set(desk.states()) == {f"clear/{street.interval()}/1"}
    assert desk.work.results["paid"] == 1


def test_it_is_paid_once_bids_are_free(street, desk):
    street.commit()
    street.open()
    desk.run()
    fee, before = _fee(street), street.account("stranger").free
    assert fee > 0

    street.town.at(street.start() + HOLD_S - 10)
    desk.run()
    assert street.account("stranger").free == before

    street.town.at(street.start() + HOLD_S)
    desk.start()
    desk.run(6)
    assert street.account("stranger").free == before
    street.chain.mine(LEFT_BLOCKS)
    desk.run(6)
    assert street.account("stranger").free == before + fee
    assert desk.journal.unpaid() == []
    assert desk.work.results["paid"] == 1


def test_bids_that_another_released_in_part_are_no_hindrance(street, desk):
    street.commit()
    street.open()
    desk.run()
    fee, before = _fee(street), street.account("stranger").free
    street.town.at(street.start() + HOLD_S)
    first = [street.town.numbers["aggregator 0"]]
    street.town.send("grid", "PowerMarket", "release", street.interval(), first)

    _wait(street, desk)
    desk.run(6)

    assert street.account("stranger").free == before + fee
    assert desk.journal.unpaid() == []


def test_who_was_outdone_after_all_asks_for_no_pay(street, desk):
    street.commit()
    street.open()
    desk.run()
    desk.work._sender = OUTSIDER.address  # as if another's clearing stood
    street.town.at(street.start() + HOLD_S)

    _wait(street, desk)
    assert desk.work.step(False) == 1
    assert desk.journal.unpaid() == []
    assert len(desk.states()) == 1


def test_a_round_that_a_node_tells_in_part_is_not_solved(street, desk, monkeypatch):
    street.commit()
    street.open()
    told = street.chain.logs
    monkeypatch.setattr(
        street.chain, "logs", lambda *args, **more: told(*args, **more)[:1], raising=True
    )
    assert desk.run(1) == [CycleResult.ERROR]
    assert desk.states() == {}

    monkeypatch.undo()
    desk.run()
    assert street.round().proposer == desk.sender.address


def test_a_dry_run_sends_nothing(street, sit):
    desk = sit(KIND, None)
    street.commit()
    street.open()

    assert set(desk.run()) == {CycleResult.IDLE}
    assert street.round().stage == Stage.CLEARING
    assert desk.states() == {}


def test_a_drained_solver_begins_nothing(street, desk):
    street.commit()
    street.open()
    desk.drains = True

    desk.run()
    assert desk.states() == {}


def test_its_gas_limit_has_room(street, desk):
    street.commit()
    street.open()
    desk.work.step(False)
    job = desk.journal.job(f"clear/{street.interval()}/1")
    desk.run()

    (event,) = street.chain.logs("PowerMarket", "IntervalCleared")
    used = street.chain.receipt(event.tx_hash).gas_used
    assert 1.2 * used < job.gas < GAS_MOST


def test_who_is_no_participant_is_told_that_nothing_is_paid(street):
    with pytest.raises(TonneError, match="unpaid") as told:
        role(street.chain, OUTSIDER)
    assert told.value.code == "SOLVER_CHECK_ACCOUNT"
    stranger = street.town.people["stranger"]
    assert "100 micro-credits a step" in role(street.chain, stranger)
