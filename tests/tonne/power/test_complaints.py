"""Complaints that the chain takes: silence, a false answer, a payment that is not what lines come to."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from tonne.crypto.hashing import text_hash
from tonne.errors import TonneError
from tonne.meters.leaves import OpenedLeaf
from tonne.power import asked_lines, complaints, line_requests
from tonne.power.asked_lines import leaf_of
from tonne.power.encoding import Payment
from tonne.power.settlement_runs import line_tree
from tonne.power.shown_lines import address_of, encrypt
from tonne.power.standing import list_words
from tonne.sandbox import seed_town, town_day

ONCE = b"\x05" * 32


def _asked(street_day, index=town_day.PER_DAY - 1, attempt=0):
    """The household asks for a line; its request."""
    town, day = street_day.town, street_day.day
    account, key = town.accounts["household"], town.who["household"].key
    about = (town.node, day.interval(index), account)
    secret = line_requests.secret_of(key, town.chain.chain_id, *about, attempt)
    point = line_requests.point_of(secret)
    town.chain.send(town.account_key("household"), "PowerSettlement", "ask", *about, *point)
    return line_requests.requests_of(town.chain, account)[-1]


def _answer(street_day, asked, net=0):
    town, day = street_day.town, street_day.day
    number = asked.interval - day.interval(0)
    place, line = day.line(number, asked.account)
    shown = encrypt(
        place,
        replace(line, net=line.net + net),
        line_tree(day.lines[number]).proof(place),
        asked.point,
        ONCE,
    )
    town.send(
        "grid_operator", "PowerSettlement", "answer", *asked.place, address_of(asked.point), shown
    )


def _complain(street_day, asked, reading=None):
    """What is found, after its call was sent."""
    town, who = street_day.town, street_day.town.who["household"]
    found = complaints.about(town.chain, asked, who.key, 0, reading)
    if found.function:
        town.send("household", "PowerSettlement", found.function, *found.arguments)
    return found


def _stands(street_day, asked):
    return bool(
        street_day.chain.call("PowerSettlement", "intervalOf", asked.node, asked.interval).postedAt
    )


def test_silence_fails_the_run_after_its_time(street_day):
    asked = _asked(street_day)
    assert _complain(street_day, asked).ground == "waiting"
    street_day.town.at(asked.deadline + 1)
    assert _complain(street_day, asked).ground == "silence"
    assert not _stands(street_day, asked)
    assert _complain(street_day, asked).ground == "failed"


def test_an_answer_that_is_not_the_line_fails_the_run(street_day):
    asked = _asked(street_day)
    _answer(street_day, asked, net=1)
    assert _complain(street_day, asked).ground == "false answer"
    assert not _stands(street_day, asked)


def test_a_line_of_another_reading_fails_the_run_by_the_meters_leaf(street_day):
    town, first = street_day.town, _asked(street_day)
    town.at(first.deadline + 1)
    assert _complain(street_day, first).ground == "silence"
    bond_again(town)
    # The operator posts the interval anew: the neighbour's 20 Wh are the household's.
    leaves = street_day.day.leaves[-1]
    false = replace(
        street_day.day, lines=[], leaves=[*street_day.day.leaves[:-1], _moved(town, leaves)]
    )
    *_, run = town_day._runs(town, false)
    false.words = town_day._list(town, false)
    town.send(*run)
    town_day.announce(town, false)
    assert list_words(town.chain, town.node, false.number) == list(false.words)
    street = replace(street_day, day=false)
    asked = _asked(street, attempt=1)
    assert _complain(street, first).ground == "failed"
    _answer(street, asked)
    assert _complain(street, asked).ground == "none"
    reading = leaves.proof(leaves.index_of(town.meters["household"]))
    assert _complain(street, asked, reading).ground == "figures"
    assert not _stands(street, asked)


def bond_again(town):
    """Another bond for the operator, out of credits issued for it."""
    bond, who = town.chain.call("PowerSettlement", "BOND"), town.who["grid_operator"]
    limit = seed_town.LIMIT * seed_town.MICRO + bond
    covered = (town.series, seed_town.DEPOSIT, limit, text_hash("another deposit"))
    moved = (who, town.chain["PowerMarket"], town.series, bond, b"")
    for call in (
        ("supervisor", "EnergyCredits", "setIssueLimit", town.series, limit, seed_town.WHY),
        ("town_hall", "EnergyCredits", "recordCollateral", *covered),
        ("town_hall", "EnergyCredits", "issue", town.series, [(who, bond)], 2, seed_town.WHY),
        ("grid_operator", "EnergyCredits", "safeTransferFrom", *moved),
        ("grid_operator", "PowerSettlement", "bond", bond),
    ):
        town.send(*call)


def _moved(town, leaves):
    """Leaves whose root is the oracle's, and of which two say something else."""
    more = {town.meters["household"]: 20, town.meters["neighbour"]: -20}
    told = []
    for leaf in leaves.leaves:
        flow = leaf.interval.counted
        counted = flow._replace(import_wh=flow.import_wh + more.get(leaf.meter, 0))
        told.append(SimpleNamespace(meter=leaf.meter, interval=SimpleNamespace(counted=counted)))
    return SimpleNamespace(leaves=told, root=leaves.root, tree=leaves.tree)


def test_a_sound_line_gives_no_ground(street_day):
    for index in (30, town_day.PER_DAY - 1):
        asked = _asked(street_day, index)
        _answer(street_day, asked)
        found = _complain(street_day, asked)
        assert (found.ground, found.function) == ("none", None)


@pytest.mark.parametrize("way", ["less", "left out"])
def test_a_list_that_pays_something_else_fails(unlisted_day, way):
    street_day, town, day = unlisted_day, unlisted_day.town, unlisted_day.day
    paid = [Payment.unpack(word) for word in day.words]
    home, plant = town.accounts["household"], town.accounts["south"]
    amount = next(p.amount for p in paid if p.account == home)
    # The plant gets what the household pays too much, so that the sum is right.
    shift = {"less": {home: -5, plant: 5}, "left out": {plant: amount}}[way]
    words = [
        Payment(p.account, p.amount + shift.get(p.account, 0)).pack()
        for p in paid
        if way == "less" or p.account != home
    ]
    post = (town.node, day.number, 0, words, True)
    town.send("grid_operator", "PowerSettlement", "postPayments", *post)
    asked = _asked(street_day)
    _answer(street_day, asked)
    assert _complain(street_day, asked).ground == "payment"
    assert not town.chain.call("PowerSettlement", "listOf", town.node, day.number).complete


def test_a_line_that_adds_up_wrong_needs_the_reading(street_day, monkeypatch):
    asked = _asked(street_day)
    _answer(street_day, asked)
    real = street_day.chain.call

    def call(contract, function, *args):
        told = real(contract, function, *args)
        return told._replace(feeImport=told.feeImport + 1_000) if function == "termsAt" else told

    monkeypatch.setattr(street_day.chain, "call", call)
    found = _complain(street_day, asked)
    assert (found.ground, found.function) == ("arithmetic", None)


@pytest.mark.parametrize("is_late", [False, True])
def test_an_answer_that_cannot_be_read_is_late_only_after_the_window(
    street_day, monkeypatch, is_late
):
    """The chain takes it for a line: it is not convicted of being none."""
    town, asked = street_day.town, _asked(street_day)
    _answer(street_day, asked)
    monkeypatch.setattr(asked_lines, "decrypt", lambda *_: [])
    until = town.chain.call(
        "PowerSettlement", "listOf", town.node, street_day.day.number
    ).postedAt + town.chain.call("PowerSettlement", "WINDOW")
    if is_late:
        town.at(until + 1)
    found = _complain(street_day, asked)
    assert (found.ground, found.until) == ("late" if is_late else "unread", until)
    assert found.function is None
    assert ("by hand, with your meter's reading" in found.says) is not is_late


def test_a_list_that_a_node_leaves_out_is_no_sound_one(street_day, monkeypatch):
    asked, real = _asked(street_day), street_day.chain.logs
    _answer(street_day, asked)

    def logs(contract, name=None, *args, **more):
        return [] if name == "PaymentsPosted" else real(contract, name, *args, **more)

    monkeypatch.setattr(street_day.chain, "logs", logs)
    with pytest.raises(TonneError, match="NODE_LEAVES_OUT"):
        _complain(street_day, asked)


def test_an_answer_to_a_challenge_is_a_reading(street_day):
    leaves = street_day.day.leaves[-1]
    for index in range(len(leaves.leaves)):
        opened = OpenedLeaf.parse(leaves.opened(index))
        assert leaf_of(opened) == leaves.proof(index)


def test_a_request_of_a_list_that_fell_is_over_with_it(street_day):
    """The neighbour's complaint fells the day's list: a request that was not answered is no silence."""
    town, asked = street_day.town, _asked(street_day)
    early = _asked(street_day, 30)
    town.at(asked.deadline + 1)
    assert _complain(street_day, early).ground == "silence"
    bond_again(town)
    assert _complain(street_day, asked).ground == "failed"
    assert _stands(street_day, asked)
