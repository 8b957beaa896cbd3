"""Parts of what a silent aggregator forfeits: which wait for a customer, and why one is not to be had."""

from __future__ import annotations

import pytest

from tests.tonne.power.neighbours import KEYS, QUARTER
from tests.tonne.power.silent import CAP, DAY, Silent
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.power.encoding import FIRST_PSEUDONYM
from tonne.power.forfeits import part_of, waiting

CUSTOMERS = [*KEYS, Account.from_seed("third")]


@pytest.fixture
def silent(town):
    found = Silent(town)
    found.chain.fund(CUSTOMERS)
    return found


@pytest.fixture
def papers(silent):
    return silent.list([key.address for key in CUSTOMERS])


def refusal(silent, paper, interval):
    with pytest.raises(TonneError) as caught:
        part_of(silent.chain, paper, interval)
    assert (caught.value.field, caught.value.value) == ("interval", interval)
    assert "tonne energy " in caught.value.remedy
    return caught.value.code


def take(silent, place, paper, interval):
    args = (interval, silent.number, FIRST_PSEUDONYM, *paper.shown)
    return silent.chain.send(CUSTOMERS[place], "PowerMarket", "claim", *args)


def test_each_customer_has_a_part_once(silent, papers):
    assert waiting(silent.chain, papers[0]) == []
    one, two = silent.forfeit(900), silent.forfeit(1_000)
    parts = [part_of(silent.chain, papers[0], each) for each in (one, two)]
    assert [part.amount for part in parts] == [900 * CAP // 3, 1_000 * CAP // 3]
    assert [part.until for part in parts] == [each * QUARTER + 30 * DAY for each in (one, two)]
    assert waiting(silent.chain, papers[0]) == parts

    sent = take(silent, 0, papers[0], one)
    (event,) = [e for e in silent.chain.events(sent) if e.name == "ForfeitClaimed"]
    assert event["amount"] == parts[0].amount
    assert refusal(silent, papers[0], one) == "CLAIM_TAKEN"
    assert waiting(silent.chain, papers[0]) == parts[1:]
    assert waiting(silent.chain, papers[1]) == parts


def test_what_the_reserve_has_waits_for_nobody(silent, papers):
    at = silent.forfeit()
    take(silent, 1, papers[1], at)
    silent.chain.set_time(at * QUARTER + 30 * DAY)
    assert len(waiting(silent.chain, papers[0])) == 1  # nobody has given it to the reserve yet
    silent.end(at)
    assert waiting(silent.chain, papers[0]) == []
    assert refusal(silent, papers[0], at) == "CLAIM_ENDED"
    assert refusal(silent, papers[1], at) == "CLAIM_TAKEN"


def test_where_nothing_is_forfeited_there_is_no_part(silent, papers):
    assert refusal(silent, papers[0], silent.interval) == "CLAIM_NO_FORFEIT"
    at = silent.commit()
    with pytest.raises(TonneError, match="No bid of participant"):
        part_of(silent.chain, papers[0], at)
    silent.pass_gate(at)
    with pytest.raises(TonneError, match="was not opened; no watcher has forfeited it yet"):
        part_of(silent.chain, papers[0], at)
    assert refusal(silent, papers[0], at) == "CLAIM_NO_FORFEIT"


def test_the_list_that_counted_then_shares_it(silent, papers):
    before = silent.forfeit()
    later = silent.list([key.address for key in CUSTOMERS])
    after = silent.forfeit()
    assert refusal(silent, later[0], before) == "CLAIM_OTHER_LIST"
    assert refusal(silent, papers[0], after) == "CLAIM_OTHER_LIST"
    assert [part.interval for part in waiting(silent.chain, papers[0])] == [before]
    assert [part.interval for part in waiting(silent.chain, later[0])] == [after]


def test_a_forfeit_without_a_list_is_for_receipts(silent):
    at = silent.forfeit()
    papers = silent.list([CUSTOMERS[0].address])
    assert refusal(silent, papers[0], at) == "CLAIM_NO_LIST"
    assert waiting(silent.chain, papers[0]) == []


def test_a_forfeit_that_comes_to_nothing_has_no_parts(silent, papers):
    """A receipt that it broke took the deposit before."""
    at = silent.commit()
    silent.pass_gate(at)
    silent.break_receipt(at - 1)
    silent.chain.send(silent.outsider, "PowerMarket", "forfeit", at, silent.number)
    assert refusal(silent, papers[0], at) == "CLAIM_NOTHING"
    assert waiting(silent.chain, papers[0]) == []
