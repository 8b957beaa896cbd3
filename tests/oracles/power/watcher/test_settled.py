"""What the watcher holds against who settles, at desks beside it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from oracles.power.settlement.__main__ import KIND as SETTLEMENT
from oracles.power.watcher import settled
from oracles.power.watcher.__main__ import KIND
from tests.gas.power_town import WINDOW_S
from tests.oracles.power.ground import Desk, Street
from tests.oracles.power.settlement.day import listed, played, stolen
from tonne.chain.client import Chain
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.power import asked_lines
from tonne.power.asked_lines import Answered, AskedLine, LineReply
from tonne.power.encoding import BID, OFFER
from tonne.power.settlement_runs import line_tree
from tonne.power.shown_lines import address_of, encrypt

#: The interval of the day whose run has a false sum.
FALSE = 40


def _failed(street):
    return [
        (event["node"], event["interval"], event["wronged"])
        for event in street.chain.logs("PowerSettlement", "RunFailed")
    ]


def _pass_overlap(street):
    """Blocks until none of those before them is read again."""
    for _ in range(settled.OVERLAP):
        street.chain.rpc.call("evm_mine")


# Totals


@pytest.fixture
def settler(street, sit):
    return sit(SETTLEMENT, street.town.people["operator"], "settlement")


@pytest.fixture
def watch(street, sit):
    return sit(KIND, street.town.people["stranger"], "watch")


def _falsely_posted(street, settler) -> int:
    """An interval in which two accounts of node 0 traded a watt-hour that no bid of theirs had."""
    day = played(street)
    day.hand_over(settler.folder)
    interval = street.interval()
    market = settler.work._making.market(interval, street.chain.now())
    one, other = day.accounts(0)[:2]
    for key in ((one, 0, BID), (other, 0, OFFER)):
        market.whole[key] = market.whole.get(key, 0) + 1
    settler.run(8)
    assert street.chain.call("PowerSettlement", "intervalOf", 0, interval).postedAt
    return interval


def test_totals_that_the_curves_contradict_fell_their_run_alone(street, settler, watch):
    interval = _falsely_posted(street, settler)
    watch.run(6)
    assert _failed(street) == [(0, interval, 0)]
    assert watch.work.incidents == {"WATCHER_TOTALS": 1}
    assert watch.work.results["felled"] == 1
    assert list(watch.states().values()) == ["final"]


def test_true_totals_stand(street, settler, watch, sit):
    day = played(street)
    day.hand_over(settler.folder)
    settler.run(8)
    watch.run(4)
    assert _failed(street) == [] and watch.states() == {} and watch.work.incidents == {}


def test_a_run_of_a_day_that_is_still_open_is_found_by_a_watcher_that_is_new(street, settler, sit):
    """A day is open until seven days after its end: what was posted before a watcher came may be false."""
    interval = _falsely_posted(street, settler)
    _pass_overlap(street)
    street.town.at((street.town.day + 7) * DAY_S)
    late = sit(KIND, street.town.people["stranger"], "late")
    late.run(6)
    assert _failed(street) == [(0, interval, 0)]


def test_events_of_long_ago_are_not_kept_in_mind(street, settler, watch):
    played(street).hand_over(settler.folder)
    settler.run(8)
    watch.run(2)
    assert watch.work._settled._seen
    _pass_overlap(street)
    watch.run(1)
    assert watch.work._settled._seen == {}


def test_a_dry_run_fells_nothing(street, settler, sit):
    _falsely_posted(street, settler)
    dry = sit(KIND, None, "dry")
    dry.run(3)
    assert _failed(street) == [] and dry.work.results["felled"] == 0


def test_runs_of_an_interval_that_cannot_be_judged_keep_no_others_waiting(
    street, settler, watch, monkeypatch
):
    day = played(street)
    day.hand_over(settler.folder)
    settler.run(8)
    day.late()
    settler.run(8)
    first, second = street.interval(), street.interval(1)
    assert street.chain.call("PowerSettlement", "intervalOf", 0, second).postedAt
    monkeypatch.setattr(settled, "MOST_INTERVALS", 1)
    real = watch.work._settled._market

    def told(interval):
        if interval == first:
            raise TonneError("POWER_CURVES_INCOMPLETE", "Left out.", field="x", value="", remedy="")
        return real(interval)

    monkeypatch.setattr(watch.work._settled, "_market", told)
    watch.run(1)
    assert len({interval for _, interval in watch.work._settled._runs}) > 1  # one interval a step
    watch.run(12)
    assert {interval for _, interval in watch.work._settled._runs} == {first}
    assert watch.work.incidents == {"POWER_CURVES_INCOMPLETE": 1}


# Requests


@pytest.fixture(scope="module")
def _listed(_town, tmp_path_factory):
    """A day whose list is complete, in which an account's sum is false in one interval."""
    mark = _town.chain.snapshot()
    street = Street(_town)
    folder = tmp_path_factory.mktemp("listed") / "settlement"
    account, false = _town.customers[0, 0][3], street.interval(FALSE)

    def changed(run):
        return stolen(run, 10**6, account) if (run.node, run.interval) == (0, false) else run

    yield listed(street, folder, changed), folder
    _town.chain.revert(mark)


@pytest.fixture
def day(_listed, _town):
    mark = _town.chain.snapshot()
    yield _listed[0]
    _town.chain.revert(mark)


@pytest.fixture
def operator(_listed, day, tmp_path):
    shutil.copytree(_listed[1], tmp_path / "operator")
    made = Desk(
        day.street.chain, SETTLEMENT, tmp_path / "operator", day.street.town.people["operator"]
    )
    yield made
    made.journal.close()


@pytest.fixture
def delegate(day, tmp_path):
    made = Desk(day.street.chain, KIND, tmp_path / "delegate", day.street.town.people["stranger"])
    yield made
    made.journal.close()


def _ask(day, delegate, number):
    """A customer asks, and its delegate has the request."""
    street, account = day.street, day.street.town.customers[0, 0][3]
    made = AskedLine.make(street.chain, 0, street.interval(number), account, by_key=False)
    receipt = street.town.send("aggregator 0", "PowerSettlement", "ask", *made.about, *made.point)
    (asked,) = [e for e in street.chain.events(receipt) if e.name == "LineAsked"]
    made = replace(made, deadline=asked["deadline"])
    made.write(delegate.folder / "lines" / f"{number}.json")
    return made


def _answer_with_anothers_line(day, operator, made):
    run = operator.journal.run(0, made.interval)
    index = next(i for i, line in enumerate(run.lines) if line.account != made.account)
    proof = line_tree(run.lines).proof(index)
    shown = encrypt(index, run.lines[index], proof, made.point, b"\x21" * 32)
    day.street.town.send(
        "operator", "PowerSettlement", "answer", *made.place, address_of(made.point), shown
    )


def test_silence_fells_the_run_for_all_who_asked(day, delegate):
    made = _ask(day, delegate, 0)
    (delegate.folder / "lines" / "0.json").unlink()  # another's request
    delegate.run(3)
    assert delegate.states() == {}
    day.street.town.at(made.deadline + 1)
    delegate.run(4)
    assert _failed(day.street) == [made.about]
    assert delegate.work.incidents == {"WATCHER_UNANSWERED": 1}


def test_an_answer_that_is_true_ends_the_matter(day, operator, delegate):
    made = _ask(day, delegate, 0)
    operator.run(3)
    day.street.town.at(made.deadline + 1)
    delegate.run(3)
    assert _failed(day.street) == [] and delegate.states() == {} and delegate.work.incidents == {}


def test_an_answer_that_is_anothers_line_fells_the_run(day, operator, delegate):
    made = _ask(day, delegate, 0)
    _answer_with_anothers_line(day, operator, made)
    delegate.run(4)
    assert _failed(day.street) == [made.about]
    assert delegate.work.incidents == {"WATCHER_LINE_FALSE": 1}


def test_a_false_sum_falls_where_the_line_before_was_asked_for_too(day, operator, delegate):
    made = _ask(day, delegate, FALSE)
    operator.run(3)
    delegate.run(2)
    assert _failed(day.street) == []  # by this line alone nothing shows
    _ask(day, delegate, FALSE - 1)
    delegate.run(1)  # not answered yet
    operator.run(3)
    delegate.run(4)
    assert _failed(day.street) == [made.about]
    assert delegate.work.incidents == {"WATCHER_LINE_FALSE": 1}


def test_a_file_with_another_secret_does_not_hide_the_line_before(day, operator, delegate):
    made = _ask(day, delegate, FALSE)
    before = _ask(day, delegate, FALSE - 1)
    replace(before, secret="22" * 32).write(delegate.folder / "lines" / "~.json")
    operator.run(3)
    delegate.run(4)
    assert _failed(day.street) == [made.about]


def _replies_read(monkeypatch):
    """Requests whose replies are read from now on."""
    real, read = asked_lines.reply_to, []

    def reply_to(chain, request, first):
        read.append(request)
        return real(chain, request, first)

    monkeypatch.setattr(asked_lines, "reply_to", reply_to)
    return read


def test_copies_of_requests_are_read_once(day, operator, delegate, monkeypatch):
    """However their files write the key, and whatever they say of the deadline."""
    made, before = _ask(day, delegate, FALSE), _ask(day, delegate, FALSE - 1)
    operator.run(3)
    for one in (made, before):
        for n in range(20):
            for form in (one, replace(one, deadline=n), replace(one, secret=one.secret.upper())):
                name = f"{one.interval}-{form.deadline}-{form.secret[:9]}-{n}.json"
                form.write(delegate.folder / "lines" / "copies" / name)
    read = _replies_read(monkeypatch)
    delegate.run(1)
    assert sorted(set(read), key=str) == sorted(read, key=str) and len(read) == 2
    assert {one.deadline for one in read} == {made.deadline, before.deadline}
    delegate.run(4)
    assert len(read) <= 3  # the line after is read again, with the one before it
    assert _failed(day.street) == [made.about]
    assert delegate.work.incidents == {"WATCHER_LINE_FALSE": 1}


def test_many_requests_of_one_keep_no_other_from_being_judged(day, operator, delegate, monkeypatch):
    """Those of which nothing comes are read some at a time, after those that waited longer."""
    made = _ask(day, delegate, 0)
    for n in range(1, 8):
        never = replace(made, secret=f"{n:064x}", interval=made.interval + n, deadline=2**40 - 1)
        never.write(delegate.folder / "lines" / f"+{n}.json")
    _answer_with_anothers_line(day, operator, made)
    monkeypatch.setattr(settled, "MOST_REPLIES", 3)
    read = _replies_read(monkeypatch)
    delegate.run(1)
    assert len(read) == 3
    delegate.run(5)
    assert len(read) <= 6 * 3 and len(set(read)) == 8
    assert _failed(day.street) == [made.about]


def test_a_file_that_is_no_request_is_told_of_once(day, delegate):
    (delegate.folder / "lines" / "x.json").write_text("{}")
    delegate.run(3)
    assert delegate.work.incidents == {"LINE_REQUEST_UNREADABLE": 1}


def test_a_doubted_line_whose_bids_are_not_shown_fells_its_run(day, operator, delegate):
    street, interval = day.street, day.street.interval()
    run, account = operator.journal.run(0, interval), street.town.customers[0, 0][3]
    index = next(i for i, line in enumerate(run.lines) if line.account == account)
    proof = line_tree(run.lines).proof(index)
    shown = interval, index, run.totals, run.lines[index].shown(), proof
    street.town.send("aggregator 0", "PowerSettlement", "doubt", 0, shown)
    delegate.run(2)
    assert _failed(street) == []
    street.town.at(street.chain.now() + WINDOW_S // 8 + 2)
    delegate.run(4)
    assert _failed(street) == [(0, interval, account)]


# What cuts judging short


def _silent_once(monkeypatch, owner, name):
    """A function that a node does not answer the first time."""
    real, asked = getattr(owner, name), []

    def answered(*args, **more):
        asked.append(args)
        if len(asked) == 1:
            raise RpcUnreachable("RPC_UNREACHABLE", "No answer.", field="rpc", value="", remedy="")
        return real(*args, **more)

    monkeypatch.setattr(owner, name, answered)


def _leave_out(monkeypatch, name, interval):
    """From now on the node tells no such events of an interval."""
    real = Chain.logs

    def logs(*args, **more):
        return [e for e in real(*args, **more) if e.name != name or e["interval"] != interval]

    monkeypatch.setattr(Chain, "logs", logs)


def test_silence_is_not_forgotten_with_a_node_that_goes_away_meanwhile(day, delegate, monkeypatch):
    made = _ask(day, delegate, 0)
    day.street.town.at(made.deadline + 1)
    _silent_once(monkeypatch, delegate.work._settled, "_posted")
    delegate.run(5)
    assert _failed(day.street) == [made.about]


def test_a_false_answer_is_not_forgotten_with_a_node_that_goes_away_meanwhile(
    day, operator, delegate, monkeypatch
):
    made = _ask(day, delegate, 0)
    _answer_with_anothers_line(day, operator, made)
    _silent_once(monkeypatch, asked_lines, "holds")
    delegate.run(5)
    assert _failed(day.street) == [made.about]


def test_a_request_that_a_node_does_not_know_yet_is_looked_at_again(
    day, operator, delegate, monkeypatch
):
    made = _ask(day, delegate, 0)
    _answer_with_anothers_line(day, operator, made)
    over = LineReply(Answered.OVER, made.deadline)
    monkeypatch.setattr(asked_lines, "reply_to", lambda *_: over)
    delegate.run(2)
    assert _failed(day.street) == []
    monkeypatch.undo()
    delegate.run(4)
    assert _failed(day.street) == [made.about]


def test_a_run_that_a_node_does_not_tell_is_told_of_once_and_felled_later(
    day, delegate, monkeypatch
):
    made = _ask(day, delegate, 0)
    day.street.town.at(made.deadline + 1)
    _leave_out(monkeypatch, "RunPosted", made.interval)
    delegate.run(3)
    assert _failed(day.street) == []
    assert delegate.work.incidents == {"WATCHER_RUN_UNTOLD": 1, "NODE_LEAVES_OUT": 1}
    monkeypatch.undo()
    delegate.run(4)
    assert _failed(day.street) == [made.about]


def test_an_answer_that_a_node_leaves_out_keeps_no_other_from_being_disputed(
    day, operator, delegate, monkeypatch
):
    hidden, made = _ask(day, delegate, 0), _ask(day, delegate, 7)
    for one in (hidden, made):
        _answer_with_anothers_line(day, operator, one)
    _leave_out(monkeypatch, "LineAnswered", hidden.interval)
    delegate.run(4)
    assert _failed(day.street) == [made.about]
    assert delegate.work.incidents == {"NODE_LEAVES_OUT": 1, "WATCHER_LINE_FALSE": 1}


def test_a_request_of_no_numbers_keeps_no_other_from_being_judged(day, operator, delegate):
    made = _ask(day, delegate, 0)
    _answer_with_anothers_line(day, operator, made)
    path = delegate.folder / "lines" / "0.json"
    other = json.loads(path.read_text()) | {"interval": 2**32}
    (delegate.folder / "lines" / "-.json").write_text(json.dumps(other))
    delegate.run(4)
    assert _failed(day.street) == [made.about]
    assert delegate.work.incidents == {"LINE_REQUEST_UNREADABLE": 1, "WATCHER_LINE_FALSE": 1}


def test_a_request_whose_reply_has_a_fault_keeps_no_other_from_being_judged(
    day, operator, delegate, monkeypatch
):
    made = _ask(day, delegate, 0)
    _answer_with_anothers_line(day, operator, made)
    bad = replace(made, interval=made.interval + 1)
    bad.write(delegate.folder / "lines" / "-.json")
    real = asked_lines.reply_to

    def told(chain, request, first):
        if request.interval == bad.interval:
            raise TonneError("RPC_ANSWER", "It is no answer.", field="rpc", value="", remedy="")
        return real(chain, request, first)

    monkeypatch.setattr(asked_lines, "reply_to", told)
    delegate.run(4)
    assert _failed(day.street) == [made.about]
    assert delegate.work.incidents == {"RPC_ANSWER": 1, "WATCHER_LINE_FALSE": 1}


def test_a_link_that_leads_nowhere_ends_nothing(delegate):
    (delegate.folder / "lines" / "x.json").symlink_to(delegate.folder / "gone")
    delegate.run(2)
    assert delegate.work.incidents == {}


def test_files_of_requests_are_read_some_at_a_time(delegate, monkeypatch):
    monkeypatch.setattr(settled, "MOST_FILES", 2)
    for number in range(5):
        (delegate.folder / "lines" / f"{number}.json").write_text("{}")
    seen = []
    for _ in range(3):
        delegate.run(1)
        seen.append(delegate.work.incidents["LINE_REQUEST_UNREADABLE"])
    assert seen == [2, 4, 5]
