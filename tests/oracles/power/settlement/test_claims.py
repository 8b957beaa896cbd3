"""Claims of books on meters: each aggregator's count for its own customers alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from oracles.power.settlement import claims
from oracles.power.settlement.claims import AccountOwners
from tonne.errors import TonneError
from tonne.power.bid_books import BidBook
from tonne.power.encoding import FIRST_PSEUDONYM

A, B = 5, 7
#: Accounts of customers of A, and of B.
OF_A, OF_A2, OF_B = FIRST_PSEUDONYM, FIRST_PSEUDONYM + 1, FIRST_PSEUDONYM + 2
OUTSIDER = FIRST_PSEUDONYM + 9  # of A, which does not belong to the node
SPONSORS = {OF_A: A, OF_A2: A, OF_B: B, OUTSIDER: A}
PRESENT = {A, OF_A, OF_A2, OF_B}


class Nodes:
    """Of which all tell the same."""

    def __init__(self):
        self.asked = 0

    def agreed(self, about, question):
        self.asked += 1
        return question()


class Chain:
    def call_many(self, views):
        return [SimpleNamespace(sponsor=SPONSORS.get(account, 0)) for _, _, (account,) in views]


@pytest.fixture
def owners():
    return AccountOwners(Chain(), Nodes())


def _book(bidder, turns, bids=()):
    own = SimpleNamespace(
        bidder=bidder, bids=[SimpleNamespace(account=account) for account in bids]
    )
    return BidBook(1, own, (bytes(32), 0, 0, ()), turns, "")


def _accounts(owners, meters, standing, *books):
    return claims.accounts_of(meters, claims.claims_of(books), standing, owners, PRESENT)


def test_a_book_tells_the_account_of_its_customers_meter(owners):
    assert _accounts(owners, [1, 2], {1: OF_A2, 2: A}, _book(A, {1: OF_A})) == [OF_A, A]


def test_no_book_but_its_own_aggregators_tells_the_account_of_a_meter(owners):
    books = _book(A, {1: OF_A2}), _book(B, {1: OF_B})
    assert _accounts(owners, [1], {1: OF_A}, *books) == [OF_A2]
    assert _accounts(owners, [1], {1: OF_A}, books[1]) == [OF_A]


def test_a_book_that_names_an_account_twice_is_not_asked(owners):
    """Both readings would be one account's, and the node could not be settled."""
    book, other = _book(A, {1: OF_A2, 2: OF_A2}), _book(B, {3: OF_B})
    standing = {1: OF_A, 2: OF_A2, 3: B}
    assert _accounts(owners, [1, 2, 3], standing, book, other) == [OF_A, OF_A2, OF_B]


def test_a_book_that_names_the_account_of_another_of_its_meters_is_not_asked(owners):
    standing = {1: OF_A, 2: OF_A2}
    assert _accounts(owners, [1, 2], standing, _book(A, {1: OF_A2})) == [OF_A, OF_A2]
    assert _accounts(owners, [1, 2], standing, _book(A, {1: OF_A2, 2: OF_A})) == [OF_A2, OF_A]


def test_a_book_that_names_an_account_of_no_member_is_not_asked(owners):
    standing = {1: OF_A, 2: OF_A2}
    assert _accounts(owners, [1, 2], standing, _book(A, {1: OUTSIDER, 2: OF_A})) == [OF_A, OF_A2]


@pytest.mark.parametrize("books", [[], [_book(B, {1: OF_B})]])
def test_a_meter_that_is_not_written_down_has_no_account(owners, books):
    with pytest.raises(TonneError) as refused:
        _accounts(owners, [1], {2: OF_A}, *books)
    assert refused.value.code == "SETTLEMENT_METER_UNKNOWN" and "`1 = " in refused.value.remedy


def test_meters_that_are_not_written_down_are_told_in_order_however_shuffled(owners):
    """The sentence is the same for every interval, and is so told once."""
    said = set()
    for meters in ([3, 1, 2], [2, 3, 1]):
        with pytest.raises(TonneError) as refused:
            _accounts(owners, meters, {})
        said.add((refused.value.message, refused.value.remedy))
    ((message, remedy),) = said
    assert "[1, 2, 3]" in message and "`1 = " in remedy


@pytest.mark.parametrize(
    "turns, bids, foreign",
    [
        ({1: OF_B}, [], OF_B),
        ({}, [OF_A, OF_B], OF_B),
        ({1: B}, [], B),
        ({1: OF_B + 1}, [], OF_B + 1),
    ],
)
def test_a_book_names_accounts_of_its_own_aggregator_only(owners, turns, bids, foreign):
    claims.require_own(_book(A, {2: OF_A, 3: A}, [OF_A2, A]), owners)
    with pytest.raises(TonneError, match=str(foreign)) as refused:
        claims.require_own(_book(A, turns, bids), owners)
    assert refused.value.code == "SETTLEMENT_BOOK_FOREIGN"


def test_a_sponsor_is_asked_for_once_that_of_an_account_not_open_again():
    nodes = Nodes()
    owners = AccountOwners(Chain(), nodes)
    assert owners.of([OF_A, A]) == owners.of([OF_A, A]) == {OF_A: A, A: A}
    assert nodes.asked == 1
    assert owners.of([OF_B + 1]) == owners.of([OF_B + 1]) == {OF_B + 1: 0}
    assert nodes.asked == 3


#: Two meters of B's, of which it entered the first, and one of A's customers.
ENTERED, SECOND, OTHER = 1, 2, 3


def _standing(owners, told, entered, members=PRESENT, read=(ENTERED, SECOND, OTHER)):
    return claims.standing_of(told, read, entered, members, owners)


def test_a_meter_that_was_entered_is_on_an_account_of_its_owners_that_no_other_has(owners):
    found = _standing(owners, {ENTERED: OF_A, SECOND: B}, {ENTERED: B}, {*PRESENT, B})
    assert (found.accounts, found.displaced) == ({ENTERED: OF_B, SECOND: B}, [])


def test_a_meter_that_was_entered_changes_places_with_another_of_its_owners(owners):
    told = {ENTERED: OF_A, SECOND: OF_B, OTHER: OF_A2}
    found = _standing(owners, told, {ENTERED: B})
    assert found.accounts == {ENTERED: OF_B, SECOND: OF_A, OTHER: OF_A2}
    assert found.displaced == [SECOND]


def test_books_count_for_who_has_the_place_of_a_meter(owners):
    """Its supplier's book names the account of its turn: on another one there would be two readings."""
    found = _standing(owners, {ENTERED: OF_A, SECOND: OF_B, OTHER: OF_A2}, {ENTERED: B})
    books = _book(A, {ENTERED: OF_A2, OTHER: OF_A}), _book(B, {SECOND: B})
    named = found.claims(claims.claims_of(books))
    meters = [ENTERED, SECOND, OTHER]
    present = {*PRESENT, B}
    assert claims.accounts_of(meters, named, found.accounts, owners, present) == [B, OF_A2, OF_A]


def test_two_meters_that_were_entered_on_each_others_accounts_change_places(owners):
    found = _standing(owners, {ENTERED: OF_A, SECOND: OF_B}, {ENTERED: B, SECOND: A}, {OF_A, OF_B})
    assert (found.accounts, found.displaced) == ({ENTERED: OF_B, SECOND: OF_A}, [])


def test_a_meter_without_a_reading_needs_no_account(owners):
    """Neither one that was entered, nor what is written down for its owner's."""
    told, owner = {ENTERED: OF_A, SECOND: OF_B, 4: B}, {ENTERED: B}
    found = _standing(owners, told, owner, {OF_A, OF_B, B}, [ENTERED, 4])
    assert (found.accounts[ENTERED], found.displaced) == (OF_B, [])
    assert _standing(owners, told, owner, {OF_A}, [SECOND, 4]).accounts == told


def test_without_an_account_of_its_owners_there_is_no_run(owners):
    told = {ENTERED: OF_A, SECOND: OF_B}
    for entered, members in (({ENTERED: B}, {OF_A}), ({ENTERED: B, SECOND: B}, {OF_A, OF_B})):
        with pytest.raises(TonneError, match=f"Meter {ENTERED} .* participant {B}") as refused:
            _standing(owners, told, entered, members)
        assert refused.value.code == "SETTLEMENT_METER_ENTERED"
        assert f"`{ENTERED} = ACCOUNT`" in refused.value.remedy
