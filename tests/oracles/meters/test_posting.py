"""From readings to roots on a real chain: runs, windows, corrections, and what they add up to."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from oracles.meters.journal import root_key, roots_key, roots_of
from oracles.meters.patience import SHORT_GRACE_S
from oracles.meters.posting import GAS_LIMIT, GAS_ROOT, RETRY_S
from oracles.runtime.journal import JobState
from tests.oracles.meters.ground import (
    NODE,
    NOTARY,
    OFFICER,
    OWNER,
    QUARTER,
    SCEPTIC,
    T0,
    answer_of,
    challenge,
    register,
)
from tests.tonne.meters.test_greenbutton import feed, reading
from tonne.constants import ZERO_ADDRESS
from tonne.crypto.merkle_sum import Sums
from tonne.crypto.sealing import OneTimeKey, info_of, seal
from tonne.errors import TonneError
from tonne.meters import leaves
from tonne.meters.leaves import IntervalLeaves, Leaf
from tonne.meters.mqtt import topic_of
from tonne.meters.readings import Carrier, Quality, parse_own
from tonne.meters.simulated_fleet import MeterFleet, meters

WINDOW = NODE["correctionS"]


def sums(desk, quarter):
    return Sums.of(desk.posted()[1, quarter]["sums"])


def moved(desk, first, last, places=None):
    """Import of some meters between two records [Wh]."""
    chosen = [m for i, m in enumerate(desk.meters) if places is None or i in places]
    return sum(m.registers(last)[0] - m.registers(first)[0] for m in chosen)


def test_a_whole_interval_is_posted_at_once(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    assert (sums(desk, 0).settled, sums(desk, 0).count) == (4, 4)
    assert sums(desk, 0).import_wh == moved(desk, 0, 1)
    assert (desk.state(0).status, desk.state(0).run) == (1, 1)
    desk.run()
    assert desk.state(0).run == 1  # nothing changed, nothing is posted


def test_a_missing_meter_is_waited_for_and_then_held(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.run()
    assert desk.state(0).status == 0
    desk.at(QUARTER + 301)
    desk.run()
    assert (sums(desk, 0).settled, sums(desk, 0).held) == (3, 1)
    assert sums(desk, 0).import_wh == moved(desk, 0, 1, [0, 1, 2])


def test_a_meter_that_was_waited_for_in_vain_holds_up_no_further_root_that_day(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.at(QUARTER + 301)
    desk.run()
    for quarter in (1, 2):
        desk.at((quarter + 1) * QUARTER)
        desk.send(quarter + 1, [0, 1, 2])
        desk.run(1)
        desk.at((quarter + 1) * QUARTER + SHORT_GRACE_S)
        desk.run()
        assert (desk.state(quarter).run, sums(desk, quarter).held) == (1, 1)


def test_what_is_missing_of_a_backlog_says_nothing_of_its_meter(desk):
    """It may be on its way from the broker."""
    desk.at(4 * QUARTER)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.run()
    assert desk.state(0).run == 1
    assert desk.cycle.posting.books[1].patience._spent == {}


def test_a_late_reading_is_posted_once_shortly_before_the_window_closes(desk):
    desk.at(QUARTER + 301)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.run()
    desk.send(1, [3])
    desk.run()
    assert desk.state(0).run == 1
    desk.at(QUARTER + WINDOW - 3600)
    desk.run()
    assert desk.state(0).run == 2
    assert (sums(desk, 0).settled, sums(desk, 0).import_wh) == (4, moved(desk, 0, 1))


def test_who_tells_another_thing_each_minute_has_a_few_runs(desk):
    """All runs of the interval would be used up in the window's last hour, and their fees."""
    desk.at(QUARTER + 301)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.run()
    base = desk.meters[3].registers(1)[0]
    runs = {}
    for minute in range(60):
        record = desk.signed(
            3, readAt=T0 + QUARTER, importWh=base + minute % 2, sequence=2 + minute, status=1
        )
        desk.at(QUARTER + WINDOW - 3600 + 60 * minute)
        desk.wire.put(desk.topic(3), record)
        desk.run(2)
        runs.setdefault(desk.state(0).run, minute)
    assert runs == {2: 0, 3: 30, 4: 45, 5: 53, 6: 57, 7: 59}
    desk.at(QUARTER + WINDOW + 1)
    desk.run()
    assert desk.cycle.posting.books[1].first == T0 + QUARTER  # it is final


def test_a_backlog_that_comes_during_the_correction_is_corrected_again(desk):
    """A broker that was away for most of the window: some of its records come a moment after the run."""
    desk.at(QUARTER + 301)
    desk.send(0)
    desk.send(1, [0, 1])
    desk.run()
    desk.at(QUARTER + WINDOW - 3600)
    desk.send(1, [2])
    desk.run()
    desk.send(1, [3])
    desk.run()
    assert (desk.state(0).run, sums(desk, 0).settled) == (2, 3)
    desk.at(QUARTER + WINDOW - 1800)
    desk.run()
    assert (desk.state(0).run, sums(desk, 0).settled) == (3, 4)


def test_what_fits_no_leaf_is_held(desk, monkeypatch):
    monkeypatch.setattr(leaves, "fitting", lambda told: replace(told, quality=Quality.HELD))
    desk.at(QUARTER + 301)
    desk.send(0)
    desk.send(1)
    desk.run()
    assert (sums(desk, 0).held, sums(desk, 0).count) == (4, 4)


def test_leaves_that_cannot_be_made_keep_no_other_interval_waiting(desk, monkeypatch):
    made = IntervalLeaves.of

    def failing(secret, node, start, *rest):
        if start == T0:
            raise TonneError("METER_ENERGY_RANGE", "Too large.")
        return made(secret, node, start, *rest)

    monkeypatch.setattr(IntervalLeaves, "of", failing)
    desk.at(2 * QUARTER + 10)
    for quarter in range(3):
        desk.send(quarter)
    desk.run()
    assert [desk.state(quarter).run for quarter in (0, 1)] == [0, 1]
    assert desk.incidents() == {("METER_ENERGY_RANGE", 0): 1}


def test_after_the_window_the_difference_is_booked_with_the_next_interval(desk):
    desk.at(QUARTER + 301)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.run()
    desk.at(QUARTER + WINDOW + 1)
    desk.run()  # the first is final, without the fourth meter
    assert desk.cycle.posting.books[1].first == T0 + QUARTER
    desk.send(1, [3])
    desk.send(2)
    desk.run()
    assert desk.state(0).run == 1
    assert sums(desk, 1).import_wh == moved(desk, 1, 2, [0, 1, 2]) + moved(desk, 0, 2, [3])
    assert (sums(desk, 1).settled, sums(desk, 1).substituted) == (3, 1)


def test_what_is_booked_survives_a_restart(desk):
    desk.at(QUARTER + 301)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.run()
    desk.at(QUARTER + WINDOW + 1)
    desk.run()
    desk.start()
    desk.send(1, [3])
    desk.send(2)
    desk.run()
    assert sums(desk, 1).import_wh == moved(desk, 1, 2, [0, 1, 2]) + moved(desk, 0, 2, [3])


def test_what_is_final_needs_neither_its_leaves_nor_its_points_any_more(desk):
    desk.at(3 * QUARTER + 301)
    for index in range(3):
        desk.send(index)
    desk.send(3, [0, 1, 2])
    desk.run()
    desk.at(3 * QUARTER + WINDOW + 1)
    desk.run()
    assert desk.cycle.posting.books[1].first == T0 + 3 * QUARTER
    kept = {(meter, (point.at - T0) // QUARTER) for meter, point in desk.journal.points()}
    assert kept == {(m, q) for m in (1, 2, 3) for q in (2, 3)} | {(4, 1), (4, 2)}
    assert desk.journal.counts()["records"] == 15
    for path in (desk.folder / "leaves").rglob("*.leaves"):
        path.unlink()
    desk.start()
    desk.send(3, [3])
    desk.send(4)
    desk.run()
    assert desk.cycle.posting.books[1].first == T0 + 3 * QUARTER
    assert sums(desk, 3).import_wh == moved(desk, 3, 4, [0, 1, 2]) + moved(desk, 2, 4, [3])


def test_a_restart_before_anything_was_sent_posts_the_same_leaves_once(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.cycle.registry.follow()
    desk.run(1)
    desk.start()
    desk.run()
    assert desk.state(0).run == 1
    assert len(desk.chain.logs("MeterOracle", "IntervalPosted")) == 1


def test_without_its_journal_s_postings_the_chain_is_believed(desk, tmp_path):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    desk.journal._db.execute("DELETE FROM jobs")
    desk.journal._db.execute("DELETE FROM postings")
    desk.start()
    desk.run()
    assert desk.state(0).run == 1
    assert desk.journal.job_counts() == {}


def test_a_gap_is_held_substituted_when_it_ends_and_corrected_when_it_is_filled(desk):
    desk.at(QUARTER + 301)
    desk.send(0)
    desk.send(1, [0, 1, 2])
    desk.run()
    assert sums(desk, 0).held == 1
    desk.at(3 * QUARTER)
    for index in (2, 3):
        desk.send(index)
    desk.run()
    desk.at(QUARTER + WINDOW - 3600)
    desk.run()
    assert (sums(desk, 0).settled, sums(desk, 0).substituted) == (3, 1)
    half = (moved(desk, 0, 2, [3])) // 2
    assert sums(desk, 0).import_wh == moved(desk, 0, 1, [0, 1, 2]) + half
    assert sums(desk, 0).import_wh + sums(desk, 1).import_wh == moved(desk, 0, 2)
    assert desk.wire.requested == [(4, 2, 2)]


def test_leaves_are_kept_for_their_owner_and_say_what_was_posted(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    path = leaves.path_of(desk.folder / "leaves", 1, T0, 1)
    assert path.stat().st_mode & 0o777 == 0o600
    kept = IntervalLeaves.read(path)
    event = desk.posted()[1, 0]
    assert (kept.root, kept.tree.sums, kept.data) == (event["root"], event["sums"], event["data"])
    assert [leaf.salted for leaf in kept.leaves] == sorted(leaf.salted for leaf in kept.leaves)
    for leaf in kept.leaves:
        meter = desk.meters[leaf.meter - 1]
        assert leaf.interval.registers == meter.registers(1)
        record, _ = parse_own(meter.record(1))
        assert leaf.reading >> 128 == int.from_bytes(record.on_chain[2], "big")
        assert leaf.interval.import_wh == meter.registers(1)[0]
        desk.chain.call("MeterOracle", "requireLeaf", 1, T0, kept.proof(kept.index_of(leaf.meter)))


def test_salts_differ_by_interval_and_hide_the_meter(desk):
    desk.at(2 * QUARTER + 10)
    for index in range(3):
        desk.send(index)
    desk.run()
    folder = desk.folder / "leaves"
    first, second = (
        IntervalLeaves.read(leaves.path_of(folder, 1, T0 + q * QUARTER, 1)) for q in (0, 1)
    )
    ids = {leaf.salted for leaf in (*first.leaves, *second.leaves)}
    assert len(ids) == 8
    assert len({leaf.salt for leaf in (*first.leaves, *second.leaves)}) == 8


def test_leaves_of_customers_stand_apart_from_those_that_all_see(desk):
    """From the first interval that begins after a reader was named; earlier ones keep their order."""

    def order(quarter):
        path = leaves.path_of(desk.folder / "leaves", 1, T0 + quarter * QUARTER, 1)
        return [leaf.meter for leaf in IntervalLeaves.read(path).leaves]

    desk.at(QUARTER + 10)
    for index in range(2):
        desk.send(index)
    desk.run()
    theirs = [1, 2, 4]
    desk.chain.send(OFFICER, "MeterOracle", "setReaders", theirs, [SCEPTIC] * 3)
    desk.at(3 * QUARTER + 10)
    for index in (2, 3):
        desk.send(index)
    desk.run()
    assert desk.state(1).run == desk.state(0).run == 1  # what was posted is not posted again
    by_energy = sorted(theirs, key=lambda m: moved(desk, 2, 3, [m - 1]))
    assert order(2)[2:] == [by_energy[1], 3]
    unread = IntervalLeaves.read(leaves.path_of(desk.folder / "leaves", 1, T0 + QUARTER, 1)).leaves
    assert [leaf.salted for leaf in unread] == sorted(leaf.salted for leaf in unread)

    # Another reader, or none, moves no leaf.
    desk.chain.send(OFFICER, "MeterOracle", "setReaders", theirs, [ZERO_ADDRESS] * 3)
    desk.run()
    assert desk.state(2).run == 1


def test_a_feed_settles_its_intervals_and_corrects_them(desk):
    desk.at(QUARTER + 10)
    (desk.folder / "inbox" / "4-a.xml").write_bytes(feed(reading(T0, QUARTER, "100")))
    for index in (0, 1):
        desk.send(index, [0, 1, 2])
    desk.run()
    assert sums(desk, 0).import_wh == moved(desk, 0, 1, [0, 1, 2]) + 100
    later = feed(reading(T0, QUARTER, "70", quality="9"), updated="2026-06-03T00:00:00Z")
    (desk.folder / "inbox" / "4-b.xml").write_bytes(later)
    desk.at(QUARTER + WINDOW - 3600)
    desk.run()
    assert sums(desk, 0).import_wh == moved(desk, 0, 1, [0, 1, 2]) + 70
    assert (sums(desk, 0).substituted, desk.state(0).run) == (1, 2)


def test_a_posting_that_the_chain_refuses_is_told_and_tried_again(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.cycle.posting._oracle = 1
    # The node gets another oracle between what is known of it and the posting.
    desk.cycle.registry.follow()
    desk.cycle.registry._apply = lambda _: set()
    desk.chain.send(OFFICER, "MeterOracle", "setOracle", 1, 2)
    desk.run()
    assert desk.journal.job(f"root/1/{T0}/1").state is JobState.FAILED
    assert desk.incidents() == {("METER_ORACLE_NOT_ORACLE", 0): 1}
    desk.chain.send(OFFICER, "MeterOracle", "setOracle", 1, 1)
    desk.at(desk.chain.now() - T0 + RETRY_S)  # from when it was refused, whatever that took
    desk.run()
    assert desk.state(0).run == 1


def test_other_nodes_and_meters_that_do_not_count_are_left_alone(desk):
    desk.at(QUARTER + 301)
    desk.run()
    assert {node for node, _ in desk.posted()} == {1}
    assert sums(desk, 0).held == 4


# Challenges


def posted(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    return IntervalLeaves.read(leaves.path_of(desk.folder / "leaves", 1, T0, 1))


@pytest.mark.parametrize("index", [0, 3])
def test_a_leaf_that_is_asked_for_is_shown_to_who_asks(desk, index):
    kept = posted(desk)
    key = challenge(desk.chain, desk.posted()[1, 0], index)
    desk.run()
    opened = answer_of(desk.chain, 1, key)
    assert (opened.meter, opened.index) == (kept.leaves[index].meter, index)
    assert (opened.salt, opened.reading) == (kept.leaves[index].salt, kept.leaves[index].reading)
    assert opened.commitment == desk.state(0).commitment
    assert desk.chain.call("MeterOracle", "isAnswer", 1, kept.opened(index))
    (event,) = desk.chain.logs("MeterOracle", "LeafAnswered")
    assert kept.leaves[index].reading.to_bytes(32, "big") not in event["sealed_"]
    other = answer_of(desk.chain, 1, OneTimeKey.make())
    assert other is None or other.commitment != desk.state(0).commitment
    assert desk.cycle.challenges.open == {}

    # Nobody exposes it: the oracle closes it, and the fee is its own.
    assert desk.state(0).open == 1
    desk.at(QUARTER + 7 * 3600)
    desk.run(4)
    assert desk.state(0).open == 0
    assert desk.chain.call("MeterOracle", "bondOf", 1)[0] > 10**9
    assert desk.cycle.challenges.answered == {}


def test_a_reader_asks_for_its_meter_and_no_stranger_does(desk):
    """For the fee, any account had all registers published, and 50 of 50 tied to their meters."""
    desk.chain.send(OFFICER, "MeterOracle", "setReaders", [2], [NOTARY])
    desk.chain.set_time(T0 - 60)
    posted(desk)
    event = desk.posted()[1, 0]
    for stranger, which, by_place in (
        (NOTARY, 0, True),
        (NOTARY, 3, False),
        (SCEPTIC, 2, False),
        (OFFICER, 0, True),
    ):
        with pytest.raises(TonneError) as refused:
            challenge(desk.chain, event, which, by_place, stranger)
        assert refused.value.code == "METER_ORACLE_NO_STANDING"
    key = challenge(desk.chain, event, 2, False, NOTARY)
    desk.run()
    opened = answer_of(desk.chain, 1, key)
    assert opened.meter == 2
    assert opened.told["importWh"] == desk.meters[1].registers(1)[0]


def test_an_answer_that_is_garbage_is_exposed(desk):
    posted(desk)
    key = challenge(desk.chain, desk.posted()[1, 0], 1)
    info = info_of(desk.chain.chain_id, desk.chain["MeterOracle"].address, 1)
    garbage = seal(b"later", key.public, info)
    desk.chain.send(NOTARY, "MeterOracle", "answer", 1, garbage)
    args = (1, int.from_bytes(key.secret, "big"), key.shared(garbage), garbage)
    desk.chain.send(SCEPTIC, "MeterOracle", "expose", *args)
    assert desk.state(0).status == 2


def test_an_answer_that_is_good_is_not_exposed(desk):
    posted(desk)
    key = challenge(desk.chain, desk.posted()[1, 0], 1)
    desk.run()
    (event,) = desk.chain.logs("MeterOracle", "LeafAnswered")
    args = (1, int.from_bytes(key.secret, "big"), key.shared(event["sealed_"]), event["sealed_"])
    with pytest.raises(TonneError) as refused:
        desk.chain.send(SCEPTIC, "MeterOracle", "expose", *args)
    assert refused.value.code == "METER_ORACLE_GOOD_ANSWER"


def test_a_leaf_is_shown_after_a_restart(desk):
    posted(desk)
    challenge(desk.chain, desk.posted()[1, 0], 1)
    desk.start()
    desk.run()
    assert len(desk.chain.logs("MeterOracle", "LeafAnswered")) == 1


def test_a_leaf_that_is_not_kept_is_told_and_an_interval_that_failed_is_posted_again(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    leaves.path_of(desk.folder / "leaves", 1, T0, 1).unlink()
    challenge(desk.chain, desk.posted()[1, 0], 1)
    desk.run()
    assert desk.incidents() == {("METER_LEAF_MISSING", 0): 1}
    desk.at(QUARTER + 7 * 3600)
    desk.chain.send(SCEPTIC, "MeterOracle", "expire", 1)
    desk.chain.send(NOTARY, "MeterOracle", "depositBond", 1, 10**9)
    desk.run(4)
    assert (desk.state(0).status, desk.state(0).run) == (1, 2)


def test_what_is_kept_opens_each_leaf(desk):
    """A receipt has all that a customer needs to rebuild its leaf, and its place."""
    kept = posted(desk)
    index = kept.index_of(2)
    receipt = kept.receipt(index)
    raw = desk.meters[1].record(1)
    assert bytes.fromhex(receipt["record"]) == hashlib.sha256(raw[:44]).digest()
    again = Leaf.of(
        bytes.fromhex(receipt["secret"]),
        2,
        kept.leaves[index].interval,
        bytes.fromhex(receipt["registerSalt"]),
    )
    assert again.meter_leaf == kept.leaves[index].meter_leaf
    assert (receipt["place"], receipt["quality"]) == (index, "settled")


def test_where_nothing_happens_the_chain_is_asked_for_its_head_alone(desk, monkeypatch):
    desk.at(QUARTER + 10)
    for index in range(2):
        desk.send(index)
    desk.run(5)
    asked = []
    rpc = desk.chain.rpc
    call, post = rpc.call, rpc._post
    monkeypatch.setattr(rpc, "call", lambda *a: asked.append(a[0]) or call(*a))
    monkeypatch.setattr(rpc, "_post", lambda body: asked.append("a batch") or post(body))

    desk.run(2)

    assert asked == ["eth_getBlockByNumber"] * 2


def test_intervals_that_end_together_are_asked_about_together(desk, monkeypatch):
    desk.at(4 * QUARTER + 10)
    for index in range(5):
        desk.send(index)
    desk.run(8)
    desk.chain.set_time(T0 + 4 * QUARTER + NODE["correctionS"] + 10)
    asked = []
    call_many = desk.chain.call_many

    def counted(calls, *block):
        calls = list(calls)
        asked.append(len(calls))
        return call_many(calls, *block)

    monkeypatch.setattr(desk.chain, "call_many", counted)
    desk.run(1)

    assert asked.count(4) == 1  # a further turn follows where there is time
    assert desk.cycle.posting.books[1].first == T0 + 4 * QUARTER


# Several nodes


def two_nodes(sit):
    """A desk at node 1 with one meter, and the one meter of its node 2."""
    desk = sit(count=1)
    fleet = MeterFleet(2, 2, 1, 7, T0, QUARTER, Carrier.GAS)
    register(desk.chain, fleet)
    (live,) = meters(fleet, OWNER)
    return desk, live


def say_all(desk, live, index, gas=True):
    """Both meters' records up to one of them; or that of node 1 alone."""
    desk.at(index * QUARTER + 10)
    for number in range(index + 1):
        desk.send(number)
        if gas:
            desk.wire.put(topic_of(Carrier.GAS, live.number), live.record(number))


def test_roots_of_an_interval_that_are_ready_together_go_in_one_call(sit):
    desk, live = two_nodes(sit)
    say_all(desk, live, 1)
    desk.run()
    assert set(desk.posted()) == {(1, 0), (2, 0)}
    job = desk.journal.root_job(2, T0, 1)
    assert job.key == f"roots/{T0}/1/1/2/1"
    assert desk.journal.root_job(1, T0, 1) == job
    assert job.gas == GAS_LIMIT + GAS_ROOT
    desk.start()  # what is on the chain is not posted again
    desk.run()
    assert [desk.state(0, node).run for node in (1, 2)] == [1, 1]


def test_a_root_that_is_ready_alone_goes_alone(sit):
    desk, live = two_nodes(sit)
    say_all(desk, live, 1, gas=False)
    desk.run()
    assert set(desk.posted()) == {(1, 0)}
    desk.wire.put(topic_of(Carrier.GAS, live.number), live.record(0))
    desk.wire.put(topic_of(Carrier.GAS, live.number), live.record(1))
    desk.run()
    assert set(desk.posted()) == {(1, 0), (2, 0)}
    assert desk.journal.root_job(2, T0, 1).key == f"root/2/{T0}/1"


def test_roots_that_were_refused_together_go_each_alone(sit):
    """One that the chain takes from nobody keeps no other from being posted."""
    desk, live = two_nodes(sit)
    say_all(desk, live, 1)
    desk.cycle.registry.follow()
    desk.cycle.registry._apply = lambda _: set()
    desk.chain.send(OFFICER, "MeterOracle", "setOracle", 2, 2)  # another's from now on
    desk.run()
    assert desk.posted() == {}
    assert desk.journal.root_job(1, T0, 1).state is JobState.FAILED
    desk.at(desk.chain.now() - T0 + RETRY_S)
    desk.run()
    assert set(desk.posted()) == {(1, 0)}
    assert desk.journal.root_job(2, T0, 1).key == f"root/2/{T0}/1"


def test_keys_tell_what_they_are_of():
    assert roots_of(root_key(3, 900, 2)) == [(3, 900, 2)]
    assert roots_of(roots_key(900, [(3, 2), (1, 1)])) == [(3, 900, 2), (1, 900, 1)]
