"""References of who settles: which prices it counts, once, and when it fixes tomorrow's."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from oracles.power.settlement.__main__ import KIND
from oracles.power.settlement.references import FIX_FROM_S
from oracles.runtime.loop import CycleResult
from oracles.runtime.retries import MOST_TRIES
from tests.oracles.power.ground import Desk, Street
from tests.oracles.power.lying_nodes import among_liars
from tests.oracles.power.settlement.day import listed
from tonne.constants import DAY_S
from tonne.power.settlement_runs import is_backed


@pytest.fixture(scope="module")
def _listed(_town, tmp_path_factory):
    """The folder of who settled a day whose list is complete, and can be disputed no more."""
    mark, chain = _town.chain.snapshot(), _town.chain
    folder = tmp_path_factory.mktemp("listed") / "settlement"
    listed(Street(_town), folder, is_local=True)
    posted = chain.call("PowerSettlement", "listOf", 0, _town.day).postedAt
    _town.at(posted + chain.call("PowerSettlement", "WINDOW") + 1)
    yield folder
    chain.revert(mark)


@pytest.fixture
def desk(_listed, street, sit, tmp_path):
    """Of who settled it."""
    shutil.copytree(_listed, tmp_path / "settlement")
    return sit(KIND, street.town.people["operator"], "settlement")


def _counted(street, node):
    return street.chain.call("ReferencePrices", "isCounted", node, street.interval())


def _evening(street):
    """[d] The day whose evening it is then."""
    chain = street.chain
    today = chain.now() // DAY_S
    street.town.at(today * DAY_S + FIX_FROM_S - 60)
    return today


def _about(desk, kind):
    return {key: state for key, state in desk.states().items() if key.startswith(f"{kind}/")}


def test_prices_of_a_paid_day_are_counted_and_move_tomorrows_reference(street, desk):
    chain, interval = street.chain, street.interval()
    today = _evening(street)
    desk.run(12)
    # Of the other intervals nobody read a meter.
    assert _about(desk, "count") == {f"count/{interval}/0,1": "final"}
    assert _counted(street, 0) and _counted(street, 1)
    assert _about(desk, "fix") == {}

    street.town.at(today * DAY_S + FIX_FROM_S)
    desk.run(8)
    assert _about(desk, "fix") == {f"fix/{n}/{today + 1}": "final" for n in range(2)}
    hour = interval - street.town.day * 96
    old, new = (
        chain.call("ReferencePrices", "referenceOf", 0, day * 96 + hour)
        for day in (today, today + 1)
    )
    price, _ = chain.call("PowerMarket", "priceOf", interval, 0)
    assert new == min(max(price, old - old // 5), old + old // 5) != old
    done = desk.states()
    desk.start()  # it has nothing to do after a restart, either
    desk.run(6)
    assert desk.states() == done
    assert desk.work.incidents == {}


def test_what_others_counted_and_fixed_is_left_out(street, desk):
    interval = street.interval()
    own = [
        e
        for e in street.chain.logs("PowerSettlement", "RunPosted")
        if (e["node"], e["interval"]) == (0, interval)
    ]
    row = 0, b"", own[0]["totals"]
    street.town.send("stranger", "PowerSettlement", "countPrices", interval, [row])
    street.town.send("stranger", "ReferencePrices", "fix", 1)
    today = street.chain.now() // DAY_S
    street.town.at(today * DAY_S + FIX_FROM_S)
    desk.run(16)
    assert _about(desk, "count") == {f"count/{interval}/1": "final"}
    assert _about(desk, "fix") == {f"fix/0/{today + 1}": "final"}


def test_a_count_that_is_refused_is_told_and_given_up(street, desk, monkeypatch):
    """Another one's count came ahead of it, each time that it looked."""
    work = desk.work._references
    encode = work._settlement.encode
    monkeypatch.setattr(
        type(work._settlement),
        "encode",
        lambda self, name, *args: (
            encode(name, args[0] + 1, args[1]) if name == "countPrices" else encode(name, *args)
        ),
    )
    desk.run(8 + 4 * MOST_TRIES)
    # Of both nodes at once, then of each alone.
    assert set(_about(desk, "count").values()) == {"failed"}
    assert len(_about(desk, "count")) == 3
    assert desk.work.incidents == {"SETTLEMENT_REFUSED": 2}
    assert desk.journal.uncounted(0) == {}


def _paid(desk):
    """Lists of both nodes, before a price is counted: the node that is paid first is counted first."""
    for kept in desk.journal.unpaid():
        desk.journal.mark_paid(kept.node, kept.day)


def test_a_node_of_another_run_keeps_no_others_from_being_counted(street, desk):
    """As after a day that another one took over: who settled before kept its own run."""
    run = desk.journal.run(1, street.interval())
    desk.journal.keep_run(replace(run, totals=(b"\1" * 32, *run.totals[1:])))
    _paid(desk)
    desk.run(8 + 4 * MOST_TRIES)
    assert _counted(street, 0)
    assert not _counted(street, 1)
    assert desk.work.incidents == {"SETTLEMENT_REFUSED": 1}
    assert desk.journal.uncounted(0) == {}


def test_a_fault_of_references_keeps_no_day_from_being_settled(street, desk, monkeypatch):
    """A deployment that is older than the daemon has no such view."""
    work, done = desk.work, list[int]()
    settle = work._settle
    monkeypatch.setattr(work, "_settle", lambda: done.append(1) or settle())
    monkeypatch.setattr(work._references, "_agreed", lambda *_: 1 / 0)
    _paid(desk)
    results = desk.run(3)
    assert len(done) == len(results)
    assert CycleResult.ERROR in results


@pytest.fixture(params=range(3))
def liar(request, street, desk, tmp_path):
    """A desk at three nodes in the place of one's, and what one of them says otherwise."""
    told: dict[str, str] = {}
    desk.journal.close()
    chain = among_liars(street.chain, request.param, told)
    lied_to = Desk(chain, KIND, tmp_path / "settlement", street.town.people["operator"])
    _paid(lied_to)
    yield lied_to, told
    lied_to.journal.close()
    desk.start()


def test_which_prices_are_counted_is_not_one_nodes_to_say(street, liar):
    """Told so once, it would count them never."""
    desk, told = liar
    today = _evening(street)
    for node in range(2):
        told[_view(street, "isCounted", node, street.interval())] = f"0x{1:064x}"
        told[_view(street, "fixedDay", node)] = f"0x{0:064x}"
    _run_over_blocks(street, desk)
    assert _counted(street, 0) and _counted(street, 1)
    street.town.at(today * DAY_S + FIX_FROM_S)
    _run_over_blocks(street, desk)
    assert len(_about(desk, "fix")) == 2


def _run_over_blocks(street, desk):
    """A job of which one node says that it is done waits for the next block, and asks another one then."""
    for _ in range(8):
        desk.run(2)
        street.chain.mine()


def _view(street, function, *args):
    return "0x" + street.chain["ReferencePrices"].encode(function, *args).hex()


@pytest.mark.parametrize(
    ("sold", "bought", "long", "short", "imports", "exports", "backed"),
    [
        (100, 0, 0, 0, 0, 100, True),
        (100, 0, 0, 50, 0, 100, True),
        (100, 0, 0, 51, 0, 100, False),
        (0, 100, 30, 30, 100, 100, False),
        (0, 0, 0, 0, 0, 0, False),
        (100, 0, 0, 0, 0, 0, False),
        (0, 0, 0, 0, 10, 0, False),
        (10, 0, 20, 20, 1, 0, False),
    ],
)
def test_a_price_counts_of_which_half_was_delivered(
    sold, bought, long, short, imports, exports, backed
):
    totals = (b"", b"", 0, 0, sold, bought, 0, long, short, imports, exports)
    assert is_backed(totals) is backed
