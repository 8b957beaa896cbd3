"""The settlement's work on runs: what it posts when, what it waits for, what a kill leaves."""

from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from oracles.power.settlement.__main__ import KIND, role
from oracles.power.settlement.accepted import IntervalBids
from oracles.runtime.loop import CycleResult
from tests.oracles.power.settlement.day import OUTSIDE, SettledDay, played, post_the_rest, stolen
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import ZERO_ADDRESS, ZERO_WORD
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.meters.leaves import path_of
from tonne.power.account_consents import consented
from tonne.power.bilateral_trades import TradeFile
from tonne.power.trade_settlement import PowerContract, trades_domain


@pytest.fixture
def day(street) -> SettledDay:
    return played(street)


@pytest.fixture
def desk(street, sit):
    return sit(KIND, street.town.people["operator"], "settlement")


def _run(street, node: int = 0, number: int = 0):
    return street.chain.call("PowerSettlement", "intervalOf", node, street.interval(number))


def test_losses_are_booked_and_an_interval_posted_for_all_nodes_in_one_call(street, day, desk):
    day.hand_over(desk.folder)
    desk.run(8)

    start, interval = street.start(), street.interval()
    assert desk.states() == {f"loss/{start}/1,2": "final", f"run/{interval}/0.0,1.0": "final"}
    posted = street.chain.logs("PowerSettlement", "RunPosted")
    assert [event["node"] for event in posted] == [0, 1]
    for event in posted:
        kept = desk.journal.run(event["node"], interval)
        assert bytes(event["data"]) == kept.data
        # Each customer bought or sold its hundred watt-hours.
        told = event["totals"]
        assert max(told.soldWh, told.boughtWh) > 1_100
        assert len(kept.lines) == told.count == 22
    assert desk.work.incidents == {}


def test_nothing_is_posted_of_a_day_that_is_not_over(street, desk):
    quiet = SettledDay(street)
    quiet.trade()
    quiet.read()
    quiet.hand_over(desk.folder)
    desk.run()
    assert desk.states() == {}


def test_the_next_interval_waits_for_its_readings_until_they_are_due(street, day, desk):
    day.hand_over(desk.folder)
    desk.run(8)
    assert len(desk.states()) == 2

    day.late()
    desk.run(8)
    assert desk.states()[f"run/{street.interval(1)}/0.0,1.0"] == "final"
    assert desk.work.results["unread"] >= 2
    kept = desk.journal.run(0, street.interval(1))
    before = {line.account: line.day for line in desk.journal.run(0, street.interval()).lines}
    # Without readings all have a line that carries their sums on.
    assert {line.account: line.day for line in kept.lines} == before


def test_a_run_waits_for_a_loss_on_its_way_though_readings_are_overdue(street, day, desk):
    day.late()
    day.hand_over(desk.folder)
    desk.work.step(False)  # the loss is queued
    desk.work.step(False)
    assert set(desk.states()) == {f"loss/{street.start()}/1,2"}
    assert desk.journal.run(0, street.interval()) is None
    desk.run(4)
    kept = desk.journal.run(0, street.interval())
    assert _run(street).postedAt and len(kept.meters) == 22
    assert "failed" not in desk.states().values()


def test_readings_that_are_not_in_the_folder_are_told_of_and_waited_for(street, day, desk):
    day.hand_over(desk.folder, readings=False)
    desk.run()
    assert desk.states() == {}
    assert desk.work.incidents == {"SETTLEMENT_READINGS_MISSING": 2}

    day.hand_over(desk.folder)
    desk.run(8)
    assert _run(street).postedAt


def test_leaves_of_another_root_are_no_readings(street, day, desk):
    day.leaves = {0: day.leaves[1], 1: day.leaves[0]}
    day.hand_over(desk.folder)
    desk.run()
    assert desk.states() == {}
    assert desk.work.incidents == {"SETTLEMENT_READINGS_MISSING": 2}


def test_a_book_that_is_missing_or_of_other_bids_is_waited_for(street, day, desk):
    books = dict(day.books)
    one = next(iter(books))
    day.books = {one: books[one].replace('"wh": 100', '"wh": 90')}
    day.hand_over(desk.folder)
    desk.run(6)
    assert not _run(street).postedAt
    assert desk.work.incidents == {"SETTLEMENT_BOOK_UNREADABLE": 1}

    day.books = {one: books[one]}
    day.hand_over(desk.folder)
    desk.run()
    assert not _run(street).postedAt
    assert desk.work.incidents["SETTLEMENT_BOOK_MISSING"] == 1

    day.books = books
    day.hand_over(desk.folder)
    desk.run(6)
    assert _run(street).postedAt


def test_a_meter_without_an_account_is_told_of(street, day, desk):
    day.hand_over(desk.folder)
    (desk.folder / "accounts" / "meters.toml").write_text("[meters]\n")
    desk.run(6)
    assert not _run(street).postedAt
    assert desk.work.incidents == {"SETTLEMENT_METER_UNKNOWN": 2}


def _claim(day, meter, account):
    """The book of aggregator 1 says that a reading goes to an account."""
    told = json.loads(day.books["aggregator 1"])
    told["turns"][str(meter)] = account
    day.books["aggregator 1"] = json.dumps(told)


def _charged(desk, street):
    return {line.account for line in desk.journal.run(0, street.interval()).lines}


def test_a_meter_of_anothers_customer_is_claimed_in_vain(street, day, desk):
    """Without the check its reading, and what it sold, went to whose book was read last."""
    victim, own = day.meter(0, 0), day.accounts(1)[0]
    _claim(day, victim, own)
    day.hand_over(desk.folder)
    desk.run(6)
    assert _run(street).postedAt
    assert own not in _charged(desk, street)
    assert set(day.accounts(0)) <= _charged(desk, street)


def test_a_meter_that_who_settles_has_under_anothers_account_is_claimed_in_vain(street, day, desk):
    _claim(day, OUTSIDE, day.accounts(1)[0])
    day.hand_over(desk.folder)
    desk.run(6)
    assert _run(street).postedAt
    assert street.town.outside[0] in _charged(desk, street)


def test_a_book_that_names_accounts_of_others_is_no_book(street, day, desk):
    _claim(day, day.meter(1, 0), day.accounts(0)[0])
    day.hand_over(desk.folder)
    desk.run(6)
    assert not _run(street).postedAt
    assert desk.work.incidents == {"SETTLEMENT_BOOK_FOREIGN": 1}


def test_a_book_that_names_an_account_for_two_meters_keeps_no_node_from_being_settled(
    street, day, desk
):
    _claim(day, day.meter(1, 0), day.accounts(1)[1])
    day.hand_over(desk.folder)
    desk.run(6)
    assert desk.states()[f"run/{street.interval()}/0.0,1.0"] == "final"
    assert desk.work.incidents == {}


def test_an_aggregator_of_no_node_that_hands_in_no_book_is_enrolled_and_paid(street, day, desk):
    """Its customers' trade is its own, where it has no account; without that line the day is not paid."""
    own = street.town.numbers["aggregator 0"]
    del day.books["aggregator 0"]
    day.hand_over(desk.folder)
    day.without_books()
    desk.run(12)
    interval, place = street.interval(), (0, street.town.day)
    assert desk.states()[f"enrol/0/{place[1]}/{interval}/{own}"] == "final"
    assert street.chain.call("PowerSettlement", "firstLineOf", *place, own) == interval
    assert _run(street).postedAt and own in _charged(desk, street)
    line = next(x for x in desk.journal.run(0, interval).lines if x.account == own)
    assert line.bought_wh > 1_100

    day.late()
    post_the_rest(desk, day)
    desk.run(6)
    assert street.chain.call("PowerSettlement", "listOf", *place).complete
    assert own in {line.account for line in desk.journal.run(0, day.intervals[-1]).lines}
    assert desk.work.incidents == {}


def test_an_aggregator_that_bids_for_accounts_of_no_member_has_bid_for_itself(
    street, desk, monkeypatch
):
    town, own = street.town, street.town.numbers["aggregator 0"]
    new = Account.from_seed("newcomer")
    opened = consented(street.chain, own, [new])
    town.send("aggregator 0", "PowerMarket", "openPseudonyms", opened)
    number = street.chain.call("PowerMarket", "pseudonymOf", new)
    accounts = [*town.customers[0, 0][:-2], own, number]  # it bids for itself, too
    with monkeypatch.context() as patched:
        patched.setitem(town.customers, (0, 0), accounts)
        day = played(street)
    day.hand_over(desk.folder)
    desk.run(10)
    assert desk.work.incidents == {"SETTLEMENT_BOOK_UNFIT": 1}
    assert _run(street).postedAt
    charged = _charged(desk, street)
    assert own in charged and number not in charged
    # Where the line is doubted all curves are shown, and not the bid that its book has for it.
    run = desk.journal.run(0, street.interval())
    line = next(line for line in run.lines if line.account == own)
    assert line.bought_wh > 1_100
    ((bid, *_),), _ = desk.work._answers._bids(line, run)
    assert bid == (street.interval(), own, own, 0, 0, 0, 0, ZERO_WORD)


def _sell(street, seller: str, buyer: str) -> None:
    """30 Wh of the day's first interval at node 0, beside the market."""
    town, chain = street.town, street.chain
    parties = [town.people[name] for name in (seller, buyer)]
    terms = PowerContract(
        *(parties[0].address, parties[1].address, ZERO_ADDRESS, 0, 0),
        *(street.interval(), street.interval(), 100_000, 0, 0, 0, 30, ZERO_WORD, 0, 0),
        *(street.gate(), 1),
    )
    domain = trades_domain(chain.chain_id, chain["PowerTrades"].address)
    signatures = {
        side: who.sign_typed(terms, domain)
        for side, who in zip(("seller", "buyer"), parties, strict=True)
    }
    town.send("stranger", "PowerTrades", "agree", *TradeFile(terms, domain, signatures).arguments())


def test_who_traded_by_contract_where_it_never_joined_is_enrolled(street, desk):
    """Else its energy is missing in the run, and the chain takes none of that interval."""
    _sell(street, "aggregator 0", "aggregator 1")
    day = played(street)
    day.hand_over(desk.folder)
    desk.run(12)
    assert desk.work.incidents == {}
    assert _run(street).postedAt
    seller, buyer = (street.town.numbers[f"aggregator {place}"] for place in (0, 1))
    traded = {
        line.account: line.traded_wh
        for line in desk.journal.run(0, street.interval()).lines
        if line.traded_wh
    }
    assert traded == {seller: 30, buyer: -30}
    for account in (seller, buyer):
        place = 0, street.town.day, account
        assert street.chain.call("PowerSettlement", "firstLineOf", *place) == street.interval()


def test_an_enrolment_that_the_chain_refuses_is_told_of_and_given_up(
    street, day, desk, monkeypatch
):
    del day.books["aggregator 0"]
    day.hand_over(desk.folder)
    day.without_books()
    monkeypatch.setattr(IntervalBids, "shown", lambda *_: [])  # no bid shows it
    desk.run(20)
    assert not _run(street).postedAt
    assert desk.work.incidents == {"SETTLEMENT_REFUSED": 1}
    assert set(desk.states().values()) == {"final", "failed"}


@pytest.mark.parametrize("account", [1, None])
def test_an_account_that_is_no_member_or_has_two_readings_is_told_of(street, day, desk, account):
    day.hand_over(desk.folder)
    path = desk.folder / "accounts" / "meters.toml"
    other = account or day.accounts(0)[0]
    path.write_text(path.read_text().replace(f"9000 = {street.town.outside[0]}", f"9000 = {other}"))
    desk.run(6)
    assert not _run(street).postedAt
    assert desk.work.incidents == {"SETTLEMENT_ACCOUNT_UNFIT": 1}


def test_a_kill_at_any_step_leaves_one_run_and_its_lines(street, day, desk):
    day.hand_over(desk.folder)
    desk.run(4)  # losses
    desk.work.step(False)  # the run is queued, its lines are kept
    kept = desk.journal.run(0, street.interval())
    desk.start()
    assert desk.journal.run(0, street.interval()) == kept
    desk.manager.step()  # signed and sent
    street.chain._let_pool_empty()
    desk.start()
    desk.run(6)

    assert len(street.chain.logs("PowerSettlement", "RunPosted")) == 2
    assert desk.journal.run(0, street.interval()) == kept
    assert bytes(street.chain.logs("PowerSettlement", "RunPosted")[0]["data"]) == kept.data


def test_lines_that_are_not_in_the_journal_end_the_days_runs(street, day, desk):
    day.hand_over(desk.folder)
    desk.run(8)
    desk.journal._db.execute("DELETE FROM runs")
    day.late()
    desk.start()
    desk.run()
    assert not _run(street, number=1).postedAt
    assert desk.work.incidents == {"SETTLEMENT_RUN_UNKNOWN": 2}


def test_nothing_is_built_on_a_run_that_another_copy_posted(street, day, desk):
    """A copy had other papers: what it posted is not the run that this journal keeps."""
    day.hand_over(desk.folder)
    desk.run(8)
    account = day.accounts(0)[3]
    desk.journal.keep_run(stolen(desk.journal.run(0, street.interval()), 10**6, account))
    day.late()
    desk.start()
    desk.run()
    assert not _run(street, number=1).postedAt
    assert desk.work.incidents == {"SETTLEMENT_RUN_OTHER": 1}
    desk.journal.keep_run(stolen(desk.journal.run(0, street.interval()), -(10**6), account))
    desk.run()
    assert _run(street, number=1).postedAt


def test_no_list_is_made_of_a_last_run_that_another_copy_posted(street, day, desk):
    day.hand_over(desk.folder)
    desk.run(8)
    day.late()
    post_the_rest(desk, day)
    last = desk.journal.run(0, day.intervals[-1])
    desk.journal.keep_run(stolen(last, 10**6, day.accounts(0)[3]))
    desk.run()
    told = [street.chain.call("PowerSettlement", "listOf", n, street.town.day) for n in range(2)]
    assert [list_.complete for list_ in told] == [False, True]
    assert desk.work.incidents == {"SETTLEMENT_RUN_OTHER": 1}


def test_a_run_that_fell_is_told_of_and_not_posted_again(street, day, desk, monkeypatch):
    day.hand_over(desk.folder)
    desk.run(8)
    sent = dict(desk.states())
    fallen = street.chain.call("PowerSettlement", "dayOf", 0, street.town.day)._replace(intervals=0)
    told = street.chain.call_many

    def other(calls, *args, **more):
        calls = list(calls)
        answers = told(calls, *args, **more)
        return [
            fallen if (call[1], call[2]) == ("dayOf", (0, street.town.day)) else answer
            for call, answer in zip(calls, answers, strict=True)
        ]

    monkeypatch.setattr(street.chain, "call_many", other)
    desk.run(3)
    assert desk.states() == sent
    assert desk.work.incidents == {"SETTLEMENT_RUN_FELL": 1}


def test_a_dry_run_a_drained_and_another_participant_post_nothing(street, sit, day, desk):
    dry = sit(KIND, None, "dry")
    other = sit(KIND, street.town.people["stranger"], "other")
    desk.drains = True
    for one in (dry, other, desk):
        day.hand_over(one.folder)
        one.run(3)
        assert one.states() == {}
    assert dry.work._said == {f"loss/{street.start()}/1,2"}


def test_who_settles_nothing_is_told(street):
    operator, stranger = (street.town.people[name] for name in ("operator", "stranger"))
    with pytest.raises(TonneError) as told:
        role(street.chain, stranger)
    assert told.value.code == "SETTLEMENT_CHECK_ROLE"
    street.town.at(street.start())
    assert role(street.chain, operator).startswith("settles nodes 0, 1; bond")


def test_a_key_of_no_participant_is_told_of_until_it_is_one(street, sit, day, monkeypatch):
    new = sit(KIND, Account.from_seed("new operator"), "new")
    day.hand_over(new.folder)
    new.run(2)
    assert new.work.incidents == {"SETTLEMENT_CHECK_ROLE": 1}

    monkeypatch.setattr(new.work, "_participant", lambda: street.town.numbers["operator"])
    new.work.step(False)
    assert list(new.states()) == [f"loss/{street.start()}/1,2"]
    assert new.work._answers._number == street.town.numbers["operator"]


def test_a_participant_that_settles_no_node_is_told(street, sit, day):
    other = sit(KIND, street.town.people["aggregator 0"], "other")
    other.run(2)
    assert other.work._number and other.states() == {}
    assert other.work.incidents == {"SETTLEMENT_CHECK_ROLE": 1}


def test_leaves_that_cannot_be_read_are_told_of_and_keep_no_good_ones_back(street, day, desk):
    day.hand_over(desk.folder, readings=False)
    for place in range(2):
        area = street.town.area(place)
        path = path_of(desk.folder / "readings", area, street.start(), 0)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
        path.with_name(f"{street.start()}-2.leaves").mkdir()
    desk.run(2)
    assert desk.states() == {}
    assert desk.work.incidents == {"SETTLEMENT_READINGS_UNREADABLE": 2}

    day.hand_over(desk.folder)
    desk.run(8)
    assert _run(street).postedAt


def test_what_is_missing_is_told_with_its_remedy(day, desk):
    day.hand_over(desk.folder, readings=False)
    with capture_logs() as told:
        desk.run(1)
    said = {line["remedy"] for line in told if line["event"] == "incident"}
    assert said == {"Copy the oracle's folder `leaves` there; it is looked at again."}


def test_a_node_that_goes_away_is_no_incident(day, desk, monkeypatch):
    day.hand_over(desk.folder)
    desk.run(4)

    def silent(*_):
        raise RpcUnreachable("RPC_UNREACHABLE", "No answer.", field="rpc", value="", remedy="")

    monkeypatch.setattr(desk.work._making, "made", silent)
    assert desk.run(1) == [CycleResult.ERROR]
    assert desk.work.incidents == {}


def test_an_account_that_is_no_number_is_told_with_its_meter(street, day, desk):
    day.hand_over(desk.folder)
    (desk.folder / "accounts" / "meters.toml").write_text("[meters]\n9000 = 0\n")
    with capture_logs() as told:
        desk.run(6)
    said = [line["reason"] for line in told if line["event"] == "incident"]
    assert said == ["meters.toml cannot be read: 0 of meter 9000 is no account's number."]
