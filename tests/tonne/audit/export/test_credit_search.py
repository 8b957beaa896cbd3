"""Credits that fit, and the cheapest of them over several books."""

from __future__ import annotations

import pytest

from tonne.audit.export import credit_search
from tonne.audit.export.credit_search import CreditOffer, CreditTerms, LabelView, Offer, cost
from tonne.audit.units.labels import BatchLabel
from tonne.errors import TonneError

CHINA, INDIA = 156, 356
CORSIA = LabelView(1, "CORSIA first phase", "qualification", BatchLabel(1, 1, 0, 9, b"\1" * 32, ""))


def _credit(number=1, offers=(), **changes):
    terms = {"project": "7", "country": CHINA, "vintage": 2020, "activity": 1, "kind": 2} | changes
    return CreditOffer(
        unit=number, tonnes=1_000, market=number, currency="0xc", **{"labels": [], **terms},
        offers=[Offer(*one) for one in offers],
    )  # fmt: skip


@pytest.mark.parametrize(
    "wanted, fits",
    [
        (CreditTerms(), True),
        (CreditTerms(projects=["7"]), True),
        (CreditTerms(projects=["8"]), False),
        (CreditTerms(countries=[INDIA, CHINA]), True),
        (CreditTerms(countries=[INDIA]), False),
        (CreditTerms(vintages=(2019, 2020)), True),
        (CreditTerms(vintages=(2021, 2022)), False),
        (CreditTerms(labels=["corsia FIRST phase"]), True),
        (CreditTerms(labels=["1"]), True),
        (CreditTerms(labels=["1", "ICVCM CCP"]), False),
        (CreditTerms(labels=["article6"]), False),
        (CreditTerms(kinds=[2]), True),
        (CreditTerms(kinds=[1]), False),
        (CreditTerms(currency="0xd"), False),
        (CreditTerms(most=100), True),
        (CreditTerms(most=99), False),
    ],
)
def test_a_credit_fits_where_every_term_does(wanted, fits):
    assert wanted.fits(_credit(offers=[(100, 5)], labels=[CORSIA])) is fits


def test_an_authorisation_is_asked_for_as_a_label():
    assert CreditTerms(labels=["Article6"]).fits(_credit(authorised_t=5))


def test_the_price_of_a_tonne_counts_lot_and_fee():
    dear = _credit(offers=[(1_000, 5)], lot_t=10, fee_ppm=10_000)
    assert not CreditTerms(most=100).fits(dear) and CreditTerms(most=101).fits(dear)


def test_the_cheapest_are_taken_over_several_books():
    books = [
        _credit(1, [(100, 10), (130, 50)]),
        _credit(2, [(110, 20)]),
        _credit(3, [(1_050, 3)], lot_t=10),
    ]
    takes = credit_search.cheapest(books, CreditTerms(), 55)
    assert {t.credit.unit: (t.lots, t.price) for t in takes} == {
        1: (10, 100),
        2: (15, 110),
        3: (3, 1_050),
    }
    assert sum(t.tonnes for t in takes) == 55
    whole = [(100, 10), (105, 30), (110, 15)]
    assert sum(t.cash for t in takes) == sum(price * amount for price, amount in whole)


def test_no_more_is_taken_than_asked_for_and_no_dearer():
    books = [_credit(1, [(1_000, 9)], lot_t=10), _credit(2, [(200, 9)])]
    takes = credit_search.cheapest(books, CreditTerms(most=150), 35)
    assert [(t.credit.unit, t.lots) for t in takes] == [(1, 3)], "whole lots, within the price"
    with pytest.raises(TonneError) as refusal:
        credit_search.enough(takes, 35)
    assert refusal.value.code == "OFFSET_TOO_FEW" and "30 t" in str(refusal.value)


def test_books_of_one_purchase_are_bounded():
    books = [_credit(n, [(100 + n, 1)]) for n in range(1, 30)]
    takes = credit_search.cheapest(books, CreditTerms(), 29)
    assert len(takes) == credit_search.MOST_BOOKS
    assert [t.credit.unit for t in takes] == list(range(1, credit_search.MOST_BOOKS + 1))


def test_a_purchase_rounds_its_fee_up():
    assert cost(101, 3, 1_000) == 304 and cost(101, 3, 0) == 303
