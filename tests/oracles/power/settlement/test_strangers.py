"""What an account holder may do beside the books, and still neither stops a node's day nor costs the bond."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from oracles.power.settlement.__main__ import KIND
from oracles.power.settlement.journal import SettlementJournal
from oracles.runtime.daemon import JOURNAL
from tests.gas.power_town import QUARTER_S
from tests.oracles.power.ground import SMALL, power_market
from tests.oracles.power.settlement.day import SettledDay, listed, played
from tonne.chain.reverts import ChainError
from tonne.crypto.accounts import Account
from tonne.power.account_consents import consented
from tonne.power.clearing_solver import solve
from tonne.power.encoding import BID, OFFER, Payment
from tonne.power.rounds import accepted_by, proposal, read_round
from tonne.power.standing import listed_amount


@pytest.fixture(scope="module")
def _town():
    """Each of two aggregators may bid at both nodes."""
    with power_market(replace(SMALL, at_node=2)) as town:
        yield town


@pytest.fixture
def desk(street, sit):
    return sit(KIND, street.town.people["operator"], "settlement")


def _cleared(street, curves) -> dict[tuple[int, int, int], int]:
    """Curves that are bidders' own; what is accepted."""
    street.commit(curves=curves)
    street.open()
    round_ = read_round(street.chain, street.interval(), QUARTER_S)
    clearing = solve(round_)
    street.town.send(
        "stranger", "PowerMarket", "clear", street.interval(), proposal(round_, clearing)
    )
    return accepted_by(round_, clearing)


def test_a_bidder_that_has_a_rests_watt_hour_keeps_no_node_from_being_settled(street, desk):
    """Of a step at the price it got one watt-hour by rounding alone, which no proof of its curves shows."""
    curves = {
        0: [(0, BID, 2, 300_000), (0, OFFER, 3, 100_000)],
        1: [(0, OFFER, 1, 100_000)],
    }
    taken = _cleared(street, curves)
    own = street.town.numbers["aggregator 1"]
    assert taken[own, 0, OFFER] == 1
    day = SettledDay(street)
    day.sent = day.arriving = 0
    day.read()
    day.over()
    day.hand_over(desk.folder)
    found = desk.work._making.market(street.interval(), street.chain.now())
    shown = (0, street.interval(), own, found.shown(own), found.margins)
    with pytest.raises(ChainError, match="SETTLEMENT_NO_MEMBER"):  # others cannot know of it
        street.town.send("stranger", "PowerSettlement", "enrol", *shown)
    desk.run(10)
    assert desk.work.incidents == {}
    assert street.chain.call("PowerSettlement", "intervalOf", 0, street.interval()).postedAt
    run = desk.journal.run(0, street.interval())
    sold = {line.account: line.sold_wh for line in run.lines if line.sold_wh}
    assert sold == {street.town.numbers[f"aggregator {number}"]: 1 for number in range(2)}
    place = 0, street.town.day, own
    assert street.chain.call("PowerSettlement", "firstLineOf", *place) == street.interval()
    (line,) = (line for line in run.lines if line.account == own)
    bids, margins = desk.work._answers._bids(line, run)
    price, _ = street.chain.call("PowerMarket", "priceOf", street.interval(), 0)
    about = line.account, 0, street.interval(), 0
    weighed = (*about, line.sold_wh, line.bought_wh, price, bids, margins)
    assert street.chain.call("BidProofs", "weigh", *weighed) == (True, True)


def _on_its_suppliers_account(street, desk):
    """Writes a meter that its owner entered down for an account of an aggregator's.

    Returns the day, the meter, the file, and the account that it had, its owner's.
    """
    town, new, meter = street.town, Account.from_seed("newcomer"), street.town.ends[0][0][0]
    opened = consented(street.chain, town.numbers["aggregator 0"], [new])
    town.send("aggregator 0", "PowerMarket", "openPseudonyms", opened)
    account = street.chain.call("PowerMarket", "pseudonymOf", new)
    town.send("aggregator 0", "PowerSettlement", "join", 0, [account])
    town.send("grid", "PowerSettlement", "enter", 0, [meter])
    day = played(street)
    day.hand_over(desk.folder)
    path, own = desk.folder / "accounts" / "meters.toml", dict(town.ends[0])[meter]
    path.write_text(path.read_text().replace(f"\n{meter} = {own}\n", f"\n{meter} = {account}\n"))
    return day, meter, path, own


def test_a_reading_goes_to_who_entered_its_meter(street, desk):
    """Who enters it while it is an aggregator's customer has a run fall that has it on another's line."""
    meter = _on_its_suppliers_account(street, desk)[1]
    desk.run(8)
    run = desk.journal.run(0, street.interval())
    line = run.lines[run.meters.index(meter)]
    owner = street.chain.call("PowerMarket", "accountOf", line.account).sponsor
    assert owner == street.town.numbers["grid"] and line.metered_wh
    assert desk.work.incidents == {}


def test_a_meter_that_was_entered_takes_its_owners_account_from_another_of_its_meters(street, desk):
    """On its supplier's account its owner would have the run fall, whose one account has a meter already."""
    day, meter, path, own = _on_its_suppliers_account(street, desk)
    text = path.read_text()
    second, others = day.meter(0, 0), day.accounts(0)[-1]
    assert f"\n{second} = {others}\n" in text
    path.write_text(text.replace(f"\n{second} = {others}\n", f"\n{second} = {own}\n"))
    desk.run(8)
    run = desk.journal.run(0, street.interval())
    line = run.lines[run.meters.index(meter)]
    owner = street.chain.call("PowerMarket", "accountOf", line.account).sponsor
    assert owner == street.town.numbers["grid"] and line.metered_wh
    assert street.chain.call("PowerSettlement", "intervalOf", 0, street.interval()).postedAt
    assert desk.work.incidents == {"SETTLEMENT_METER_DISPLACED": 1}


def test_who_joined_and_is_owed_nothing_costs_no_word_of_a_list(street, tmp_path):
    """Joining costs its gas once, and a list has room for 96,000: idle accounts would fill it for good."""
    town, new = street.town, Account.from_seed("newcomer")
    opened = consented(street.chain, town.numbers["aggregator 0"], [new])
    town.send("aggregator 0", "PowerMarket", "openPseudonyms", opened)
    account = street.chain.call("PowerMarket", "pseudonymOf", new)
    town.send("aggregator 0", "PowerSettlement", "join", 0, [account])
    day = listed(street, tmp_path / "settlement")
    with closing(SettlementJournal(tmp_path / "settlement" / JOURNAL)) as journal:
        lines = {line.account for line in journal.run(0, day.intervals[-1]).lines}
        words = journal.list_of(0, town.day).words
    assert street.chain.call("PowerSettlement", "listOf", 0, town.day).complete
    assert account in lines - {Payment.unpack(word).account for word in words}
    assert listed_amount(street.chain, 0, town.day, account) == 0
