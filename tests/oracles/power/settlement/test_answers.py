"""A day to its end: its list, what is asked in its window, its payments."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles.power.settlement.__main__ import KIND
from oracles.power.settlement.answers import OVERLAP
from tests.gas.power_town import WINDOW_S
from tests.oracles.power.ground import Desk, Street
from tests.oracles.power.lying_nodes import among_liars
from tests.oracles.power.settlement.day import SettledDay, listed, stolen
from tonne.audit import reconcile
from tonne.power.settlement_runs import line_tree
from tonne.power.shown_lines import decrypt, named_account, point_of

SECRET = b"\x11" * 32
X, Y = point_of(SECRET)
#: The meter at the end of the line at node 0.
LINE_END = 1


@pytest.fixture(scope="module")
def _listed(_town, tmp_path_factory) -> Iterator[tuple[SettledDay, Path]]:
    """A day whose list is complete, and the folder of who settled it."""
    mark = _town.chain.snapshot()
    street = Street(_town)
    # A meter at a line's end is entered ahead of the day by its owner, whose accounts are there.
    _town.send("grid", "PowerSettlement", "enter", 0, [LINE_END])
    folder = tmp_path_factory.mktemp("listed") / "settlement"
    yield listed(street, folder), folder
    _town.chain.revert(mark)


@pytest.fixture
def day(_listed, _town) -> Iterator[SettledDay]:
    mark = _town.chain.snapshot()
    yield _listed[0]
    _town.chain.revert(mark)


@pytest.fixture
def desk(_listed, day, tmp_path) -> Iterator[Desk]:
    shutil.copytree(_listed[1], tmp_path / "desk")
    made = Desk(day.street.chain, KIND, tmp_path / "desk", day.street.town.people["operator"])
    yield made
    made.journal.close()


def _list(day, node=0):
    return day.street.chain.call("PowerSettlement", "listOf", node, day.street.town.day)


def _ask(day, number=0, place=0):
    account = day.accounts(place)[0]
    interval = day.street.interval(number)
    who = f"aggregator {place}"
    day.street.town.send(who, "PowerSettlement", "ask", place, interval, account, X, Y)
    return interval, account


def test_all_intervals_of_a_day_stand_and_its_lists_are_whole(day):
    state = day.street.chain.call("PowerSettlement", "dayOf", 0, day.street.town.day)
    assert state.intervals == 96
    for node in range(2):
        assert _list(day, node).complete
        assert _list(day, node).poster == day.street.town.numbers["operator"]


@pytest.mark.parametrize("number", [0, 57])
def test_an_account_is_shown_its_line(day, desk, number):
    interval, account = _ask(day, number)
    desk.run()

    (event,) = day.street.chain.logs("PowerSettlement", "LineAnswered")
    answer = event["answer"]
    words = decrypt(answer, SECRET)
    run = desk.journal.run(0, interval)
    index = int.from_bytes(words[0], "big")
    line = run.lines[index]
    assert line.account == account
    shown = [word.to_bytes(32, "big") for word in line.shown()[:3]]
    assert words[1:4] == shown and words[4] == line.salt
    proof = line_tree(run.lines).proof(index)
    assert b"".join(words[5:])[: len(proof)] == proof
    assert desk.work.left() == 0


def test_a_key_and_its_sponsor_that_ask_in_one_block_are_each_answered(day, desk):
    """One request of the two that is taken for the other would leave an honest run to be felled."""
    chain, other = day.street.chain, b"\x12" * 32
    interval, account = day.street.interval(0), day.accounts(0)[0]
    told = chain.logs("PowerMarket", "PseudonymOpened")
    signer = next(e["signer"] for e in told if e["account"] == account)
    sponsor = day.street.town.people["aggregator 0"].address
    chain.rpc.call("evm_setAutomine", False)
    try:
        for sender, point in ((sponsor, point_of(other)), (signer, (X, Y))):
            _put_into_pool(chain, sender, chain["PowerSettlement"], interval, account, *point)
        chain.rpc.call("anvil_mine", hex(1))
    finally:
        chain.rpc.call("evm_setAutomine", True)
    asked = chain.logs("PowerSettlement", "LineAsked")
    assert len({(e.block, e["deadline"]) for e in asked}) == 1
    desk.run()

    found = {e["byKey"]: e["answer"] for e in chain.logs("PowerSettlement", "LineAnswered")}
    run = desk.journal.run(0, interval)
    for by_key, secret in ((True, SECRET), (False, other)):
        words = decrypt(found[by_key], secret)
        assert run.lines[int.from_bytes(words[0], "big")].account == account
    assert desk.work.left() == 0


def _put_into_pool(chain, sender, contract, *request):
    data = "0x" + contract.encode("ask", 0, *request).hex()
    call = {
        "from": sender,
        "to": contract.address,
        "data": data,
        "gasPrice": "0x0",
        "gas": "0x7a120",
    }
    chain.rpc.call("anvil_impersonateAccount", sender)
    chain.rpc.call("eth_sendTransaction", call)


def test_an_answer_outlives_kills_and_is_given_while_draining(day, desk):
    _ask(day)
    desk.drains = True
    desk.work.step(True)  # queued
    desk.start()
    desk.drains = True
    desk.manager.step()
    day.street.chain._let_pool_empty()
    desk.start()
    desk.run()
    assert len(day.street.chain.logs("PowerSettlement", "LineAnswered")) == 1
    assert desk.work.left() == 0


def test_a_line_that_is_not_in_the_journal_is_told_of(day, desk):
    _ask(day)
    desk.journal._db.execute("DELETE FROM runs")
    desk.run()
    assert desk.work.incidents == {"SETTLEMENT_RUN_UNKNOWN": 1}
    assert desk.work.left() == 1


def test_a_line_of_a_run_that_another_copy_posted_is_not_shown(day, desk):
    _ask(day)
    kept = desk.journal.run(0, day.street.interval())
    desk.journal.keep_run(stolen(kept, 10**6, day.accounts(0)[3]))
    desk.run()
    assert not day.street.chain.logs("PowerSettlement", "LineAnswered")
    assert desk.work.incidents == {"SETTLEMENT_RUN_OTHER": 1}
    assert desk.work.left() == 1


@pytest.mark.parametrize("place", range(3))
def test_a_request_that_one_node_calls_answered_is_not_forgotten(day, desk, place):
    """Its block lies behind those that are read again when the next node is asked."""
    street, told = day.street, dict[str, str]()
    desk.chain = among_liars(street.chain, place, told)
    desk.start()
    interval, account = _ask(day)
    contract = street.chain["PowerSettlement"]
    ask = street.chain.call(contract, "askOf", 0, interval, account, False)
    words = (int(ask.key, 16), ask.deadline, ask.listAt, 1)
    view = "0x" + contract.encode("askOf", 0, interval, account, False).hex()
    told[view] = "0x" + b"".join(word.to_bytes(32, "big") for word in words).hex()
    street.chain.rpc.call("anvil_mine", hex(2 * OVERLAP))
    for _ in range(6):
        desk.run(1)
        street.chain.rpc.call("anvil_mine", hex(1))
    answers = street.chain.logs("PowerSettlement", "LineAnswered")
    assert len(answers) == 1


def test_bids_of_a_doubted_line_are_shown(day, desk):
    street, interval = day.street, day.street.interval()
    run = desk.journal.run(0, interval)
    account = day.accounts(0)[3]
    index = next(i for i, line in enumerate(run.lines) if line.account == account)
    line = run.lines[index]
    assert line.bought_wh == 100
    shown = (interval, index, run.totals, line.shown(), line_tree(run.lines).proof(index))
    street.town.send("aggregator 0", "PowerSettlement", "doubt", 0, shown)
    desk.run()

    (event,) = street.chain.logs("PowerSettlement", "LineProved")
    assert (event["node"], event["account"]) == (0, account)


def test_the_account_of_a_reading_is_named_to_its_owner(day, desk):
    street, interval = day.street, day.street.interval()
    street.town.send("grid", "PowerSettlement", "askReading", 0, interval, LINE_END, X, Y)
    desk.run()
    (event,) = street.chain.logs("PowerSettlement", "ReadingAnswered")
    ((_, account),) = street.town.ends[0]
    assert named_account(event["answer"], SECRET) == account
    assert desk.work.left() == 0


def test_of_a_reading_that_is_not_there_no_account_is_named(day, desk):
    street, quiet = day.street, day.street.interval(40)
    street.town.send("grid", "PowerSettlement", "askReading", 0, quiet, LINE_END, X, Y)
    desk.run()
    (event,) = street.chain.logs("PowerSettlement", "ReadingAnswered")
    assert named_account(event["answer"], SECRET) == 2**32


def test_what_is_asked_of_another_posters_run_is_left_to_it(day, sit):
    _ask(day)
    other = sit(KIND, day.street.town.people["stranger"], "other")
    other.run()
    assert other.states() == {} and other.work.left() == 0


def test_a_day_is_paid_after_its_window_and_the_books_agree(day, desk):
    street = day.street
    street.town.at(_list(day).postedAt + WINDOW_S - 100)
    desk.run(3)
    assert street.chain.logs("PowerSettlement", "ChunkPaid") == []

    street.town.at(_list(day).postedAt + WINDOW_S + 60)
    desk.start()
    desk.run(6)
    assert len(street.chain.logs("PowerSettlement", "ChunkPaid")) == 2
    assert desk.journal.unpaid() == []
    assert desk.work.results["paid"] == 2
    assert not street.chain.call("PowerSettlement", "dayOf", 0, street.town.day).bonded
    assert reconcile.audit(street.chain).differences == []


def test_a_chunk_that_a_stranger_paid_is_no_hindrance(day, desk):
    street = day.street
    street.town.at(_list(day).postedAt + WINDOW_S + 60)
    words = desk.journal.list_of(0, street.town.day).words
    street.town.send("stranger", "PowerSettlement", "pay", 0, street.town.day, 0, words)
    desk.run(6)
    assert desk.journal.unpaid() == []


def test_a_list_that_fell_is_told_of_and_not_posted_again(day, desk, monkeypatch):
    street = day.street
    of = desk.work._own(street.town.day)[0]
    fallen = _list(day)._replace(complete=False, chunks=0, poster=0)
    before = desk.states()
    assert desk.work._payments.post(of, fallen) == 0
    assert desk.states() == before
    assert desk.work.incidents == {"SETTLEMENT_LIST_FELL": 1}
