"""The aggregator's work, step by step: what it commits to, opens, hands out and answers for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from oracles.power.aggregator.__main__ import KIND, role
from oracles.power.aggregator.bidding import commit_key, open_key
from oracles.runtime.loop import CycleResult
from tests.gas.power_town import HOLD_S, PER_DAY, QUARTER_S
from tests.oracles.power.aggregator.customers import COUNT, NODE, bid, buyers, settle_in
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.power import bid_receipts
from tonne.power.account_consents import consented
from tonne.power.intervals import BidStage
from tonne.power.rounds import read_steps

LEAD_S = QUARTER_S // 3


@pytest.fixture
def desk(street, sit):
    made = sit(KIND, street.town.people["aggregator 0"])
    settle_in(made.folder, street)
    return made


def _before_gate(street, seconds: int = 100, number: int = 0) -> None:
    street.town.at(street.gate(number) - seconds)


def _receipts(street, desk, number: int = 0):
    place = desk.folder / "receipts" / str(street.interval(number))
    return [bid_receipts.read(path) for path in sorted(place.glob("*.json"))]


def test_customers_are_bid_for_interval_after_interval(street, desk):
    for number in range(2):
        street.town.at(street.gate(number) - LEAD_S - 10)
        desk.run()
        assert bid(street, number).state == BidStage.NONE

        _before_gate(street, number=number)
        desk.run()
        assert bid(street, number).state == BidStage.COMMITTED
        assert bid(street, number).mostWh == COUNT * 150

        street.town.at(street.gate(number))
        desk.run()
        assert bid(street, number).state == BidStage.OPENED
        steps = read_steps(street.chain, street.interval(number))
        assert [(s.side, s.limit, s.price) for s in steps] == [
            (0, 1_000, 300_000),
            (0, 1_000, 250_000),
            (1, 1_000, 400_000),
        ]
    assert set(desk.states().values()) == {"final"}
    assert desk.work.results["opened"] == desk.work.results["committed"] == 2


def test_a_price_beyond_the_cap_keeps_no_curve_from_being_opened(street, desk):
    """Files by hand: who would pay more bids the cap, who sells for more alone is left out."""
    cap = street.chain.call("PowerMarket", "terms").priceCap
    beyond = cap // 10**6 + 1
    for meter in range(100, 100 + COUNT):
        dear = {"0.30": f"{beyond}", "0.4": "0.4" if meter < 110 else f"{beyond}"}
        path = desk.folder / "instructions" / f"{meter}.toml"
        text = path.read_text()
        for price, other in dear.items():
            text = text.replace(f"price = {price}", f"price = {other}")
        path.write_text(text)
    _before_gate(street)
    desk.run()
    street.town.at(street.gate())
    desk.run()
    assert bid(street).state == BidStage.OPENED
    steps = read_steps(street.chain, street.interval())
    told = [(s.side, s.limit, s.price) for s in steps]
    assert told == [(0, 1_000, cap), (0, 1_000, 250_000), (1, 500, 400_000)]
    prices = {found.ticket.price for found in _receipts(street, desk)}
    assert prices == {cap, 250_000, 400_000}


def test_what_was_held_is_free_after_the_hold(street, desk):
    _before_gate(street)
    desk.run()
    before = street.account("aggregator 0").free
    street.town.at(street.gate())
    desk.run()
    assert street.account("aggregator 0").free < before

    street.town.at(street.start() + HOLD_S)
    desk.run(6)
    assert bid(street).state == BidStage.RELEASED
    assert street.account("aggregator 0").free == before
    assert desk.journal.of(street.interval()) is not None
    assert street.interval() not in {made.interval for made in desk.journal.running()}


def test_a_kill_between_any_two_steps_loses_no_opening(street, desk):
    _before_gate(street)
    desk.work.step(False)  # in the journal, not sent
    salt = desk.journal.of(street.interval()).salt
    for moment in (None, None, street.gate(), None, None):
        if moment is not None:
            street.town.at(moment)
        desk.start()
        desk.manager.step()
        street.chain._let_pool_empty()
        desk.start()
        desk.work.step(False)

    desk.run()
    assert bid(street).state == BidStage.OPENED
    assert desk.journal.of(street.interval()).salt == salt
    (event,) = street.chain.logs("PowerMarket", "BidOpened")
    assert bytes(event["salt"]) == salt
    assert desk.states()[commit_key(street.interval())] == "final"
    assert desk.states()[open_key(street.interval())] == "final"


def test_nothing_is_sent_that_the_journal_does_not_open(street, desk, monkeypatch):
    _before_gate(street)
    monkeypatch.setattr(desk.journal, "add", lambda made: 1 / 0)
    assert desk.run(3) == [CycleResult.ERROR] * 3
    assert desk.states() == {}
    assert bid(street).state == BidStage.NONE


def test_portfolio_and_commitment_are_kept_together_or_not_at_all(street, desk, monkeypatch):
    _before_gate(street)
    monkeypatch.setattr(desk.journal, "enqueue", lambda *job: 1 / 0)
    desk.run(1)
    assert desk.journal.of(street.interval()) is None


def test_a_dispute_of_another_aggregators_receipt_is_not_its_own(street, desk):
    _before_gate(street)
    desk.run()
    street.town.at(street.gate())
    desk.run()
    street.town.at(street.gate() + 31)
    other = street.town.people["aggregator 1"]
    ticket = replace(
        _receipts(street, desk)[0].ticket, aggregator=street.town.numbers["aggregator 1"]
    )
    receipt = replace(
        _receipts(street, desk)[0], ticket=ticket, signatures={}, signer=other.address
    )
    signed = receipt.signed(other)
    args = (ticket.fields(), signed.signer, signed.signature)
    street.town.send("stranger", "PowerMarket", "dispute", *args)

    desk.run()
    assert desk.work.incidents == {}
    assert [key for key in desk.states() if key.startswith("show/")] == []


def test_each_customer_has_a_receipt_before_the_gate_and_the_operator_a_book(street, desk):
    _before_gate(street)
    desk.run()

    receipts = _receipts(street, desk)
    assert len(receipts) == 2 * COUNT
    assert street.chain.now() < street.gate()
    for receipt in receipts:
        assert receipt.is_signed(street.chain)
        assert receipt.ticket.aggregator == street.town.numbers["aggregator 0"]
    book = json.loads((desk.folder / "books" / f"{street.interval()}.json").read_text())
    assert sum(entry["wh"] for entry in book["bids"]) == COUNT * 150
    assert sorted(book["turns"].values()) == sorted(street.town.customers[NODE, 0])
    assert (desk.folder / "books" / f"{street.interval()}.json").stat().st_mode & 0o077 == 0


def test_turns_change_from_interval_to_interval(street, desk):
    turns = []
    for number in range(2):
        _before_gate(street, number=number)
        desk.run()
        turns.append(desk.journal.of(street.interval(number)).turns)
        street.town.at(street.gate(number))
        desk.run()
    assert sorted(turns[0].values()) == sorted(turns[1].values())
    assert turns[0] != turns[1]


def test_a_disputed_receipt_is_shown_in_its_place(street, desk):
    _before_gate(street)
    desk.run()
    street.town.at(street.gate())
    desk.run()
    street.town.at(street.gate() + 31)
    receipt = _receipts(street, desk)[7]
    args = (receipt.ticket.fields(), receipt.signer, receipt.signature)
    street.town.send("stranger", "PowerMarket", "dispute", *args)

    desk.start()
    desk.run()

    (shown,) = street.chain.logs("PowerMarket", "BidShown")
    assert bytes(shown["digest"]) == receipt.hash
    with pytest.raises(TonneError):
        street.town.send("stranger", "PowerMarket", "uphold", receipt.ticket.fields())


def test_a_bid_that_was_not_opened_is_tried_to_be_shown_every_ten_minutes(street, desk):
    """Each step sent it anew, until the dispute was over: some hours of a core."""
    _before_gate(street)
    desk.run()
    street.town.at(street.gate() + 31)
    receipt = _receipts(street, desk)[0]
    args = (receipt.ticket.fields(), receipt.signer, receipt.signature)
    street.town.send("stranger", "PowerMarket", "dispute", *args)
    with capture_logs() as told:
        desk.run(12)
        assert desk.states()[f"show/{receipt.hash.hex()}"] == "failed"
        street.town.at(street.chain.now() + 601)
        desk.run(12)
    assert [entry["event"] for entry in told].count("showing") == 2
    assert desk.work.incidents["AGGREGATOR_SHOW_REFUSED"] == 1


def test_a_receipt_of_a_bid_that_was_never_made_is_told(street, desk):
    _before_gate(street)
    desk.run()
    street.town.at(street.gate())
    desk.run()
    street.town.at(street.gate() + 31)
    receipt = _receipts(street, desk)[0]
    desk.journal._db.execute("UPDATE portfolios SET bids = '[]'")
    args = (receipt.ticket.fields(), receipt.signer, receipt.signature)
    street.town.send("stranger", "PowerMarket", "dispute", *args)

    desk.run()
    assert desk.work.incidents["AGGREGATOR_BID_MISSING"] == 1
    assert street.chain.logs("PowerMarket", "BidShown") == []


def test_fewer_customers_than_a_curve_may_show_are_not_bid_for(street, sit):
    desk = sit(KIND, street.town.people["aggregator 0"])
    settle_in(desk.folder, street, buyers(count=9))
    _before_gate(street)
    assert desk.run() == [CycleResult.IDLE] * 4
    assert desk.states() == {}


def test_bids_that_who_settles_could_not_show_are_left_out_and_told(street, desk, monkeypatch):
    """A book of them would be settled on the aggregator's own account."""
    for module in ("oracles.power.aggregator.bidding", "tonne.power.shown_bids"):
        monkeypatch.setattr(f"{module}.most_bids", lambda own: 1)
    _before_gate(street)
    desk.run()
    assert bid(street).mostWh == COUNT * 100
    assert desk.work.incidents == {"AGGREGATOR_BIDS_MANY": 1}


def test_more_than_may_be_bid_is_cut_to_it(street, sit):
    desk = sit(KIND, street.town.people["aggregator 0"])
    settle_in(desk.folder, street, buyers(wh=2_000))
    number = street.town.numbers["aggregator 0"]
    most = street.chain.call("BidLimits", "mostOf", number, NODE, 0, street.start())
    assert 0 < most < COUNT * 2_000
    _before_gate(street)
    desk.run()
    street.town.at(street.gate())
    desk.run()

    bought = [s.limit for s in read_steps(street.chain, street.interval()) if s.side == 0]
    assert most - COUNT <= sum(bought) <= most


def test_what_the_deposit_does_not_cover_is_not_committed(street, desk):
    street.town.send("aggregator 0", "PowerMarket", "takeBack", 10**11 - 29_999_999)
    _before_gate(street)
    assert desk.run() == [CycleResult.IDLE] * 4
    assert desk.work.incidents == {"BIDDER_DEPOSIT": 1}

    # What is missing is set aside: the same interval is bid for.
    street.town.send("aggregator 0", "PowerMarket", "deposit", 1)
    desk.run()
    assert bid(street).state == BidStage.COMMITTED


def test_what_credits_do_not_hold_is_not_committed(street, desk):
    units = street.account("aggregator 0").free
    street.town.send(
        "aggregator 0", "PowerMarket", "withdraw", units, street.town.people["aggregator 0"]
    )
    _before_gate(street)
    desk.run()
    assert desk.work.incidents == {"BIDDER_CREDITS": 1}
    assert desk.states() == {}


def test_a_file_that_cannot_be_read_keeps_no_other_from_counting(street, desk):
    bad = desk.folder / "instructions" / "100.toml"
    bad.write_text("node = 0\n[[buy]]\nwh = 0\nprice = 1\n")
    _before_gate(street)
    desk.run()
    assert bid(street).mostWh == (COUNT - 1) * 150
    assert desk.work.incidents == {"INSTRUCTION_UNREADABLE": 1}


def test_more_customers_than_accounts_are_told(street, desk):
    settle_in(desk.folder, street, buyers(COUNT + 1))
    _before_gate(street)
    desk.run()
    assert desk.work.incidents == {"AGGREGATOR_ACCOUNTS": 1}
    assert desk.states() == {}


def test_accounts_are_bid_for_from_the_day_on_which_they_are_settled(street, desk, monkeypatch):
    """What is bid for an account of no member is bought and sold on the aggregator's own."""
    town = street.town
    keys = [Account.from_seed("new customer", number) for number in range(COUNT)]
    opened = consented(street.chain, town.numbers["aggregator 0"], keys)
    town.send("aggregator 0", "PowerMarket", "openPseudonyms", opened)
    first = street.chain.call("PowerMarket", "pseudonymOf", keys[0])
    own = list(range(first, first + COUNT))
    monkeypatch.setitem(town.customers, (NODE, NODE), own)
    settle_in(desk.folder, street)
    _before_gate(street, number=2)  # on the day itself
    town.send("aggregator 0", "PowerSettlement", "join", NODE, own)
    desk.run()
    assert desk.states() == {}
    assert desk.work.incidents == {"AGGREGATOR_ACCOUNTS_NEW": 1}

    _before_gate(street, number=PER_DAY)
    desk.run()
    assert bid(street, PER_DAY).mostWh == COUNT * 150


def test_a_drained_aggregator_opens_what_it_committed_and_commits_no_more(street, desk):
    _before_gate(street)
    desk.run()
    assert desk.work.left() == 1
    desk.drains = True
    street.town.at(street.gate())
    desk.run()
    assert bid(street).state == BidStage.OPENED
    assert desk.work.left() == 0

    _before_gate(street, number=1)
    desk.run()
    assert bid(street, 1).state == BidStage.NONE


def test_who_was_away_while_curves_were_opened_counts_one_forfeit(street, desk):
    _before_gate(street)
    desk.run()
    street.town.at(street.gate() + 31)
    desk.run()
    assert bid(street).state == BidStage.COMMITTED
    assert desk.work.results["forfeited"] == 1
    assert desk.work.incidents == {"AGGREGATOR_SILENT": 1}


def test_who_was_away_at_the_gate_bids_for_the_next_interval(street, desk):
    street.town.at(street.gate() + 31)
    desk.run()
    assert desk.states() == {}
    _before_gate(street, number=1)
    desk.run()
    assert bid(street, 1).state == BidStage.COMMITTED


def test_a_commitment_that_comes_too_late_is_given_up(street, desk):
    _before_gate(street)
    desk.work.step(False)
    street.town.at(street.gate())
    desk.run()
    assert desk.states() == {commit_key(street.interval()): "failed"}
    assert desk.work.results["refused"] == 1
    assert _receipts(street, desk) == []


def test_a_dry_run_sends_nothing(street, sit):
    desk = sit(KIND, None)
    settle_in(desk.folder, street)
    _before_gate(street)
    assert desk.run() == [CycleResult.IDLE] * 4
    assert desk.states() == {}


def test_the_openings_gas_limit_has_room(street, desk):
    _before_gate(street)
    desk.run()
    street.town.at(street.gate())
    desk.run()
    for key, name in ((commit_key, "BidCommitted"), (open_key, "BidOpened")):
        (event,) = street.chain.logs("PowerMarket", name)
        used = street.chain.receipt(event.tx_hash).gas_used
        assert 1.2 * used < desk.journal.job(key(street.interval())).gas


def test_who_may_not_bid_is_told(street):
    people = street.town.people
    assert "bids at 0" in role(street.chain, people["aggregator 0"])
    for who, code in (
        (Account.from_seed("nobody"), "AGGREGATOR_CHECK_ROLE"),
        (people["grid"], "AGGREGATOR_CHECK_STEPS"),
    ):
        with pytest.raises(TonneError) as refused:
            role(street.chain, who)
        assert refused.value.code == code
