"""Books of bids: read as an aggregator's daemon writes them, refused where they are not that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oracles.power.aggregator.journal import Committed
from oracles.power.aggregator.papers import book
from tonne.errors import TonneError
from tonne.power import bid_books
from tonne.power.bid_tree import CustomerBid, Portfolio
from tonne.power.encoding import BID, OFFER

SALT, BIDDER, INTERVAL = b"\x07" * 32, 9, 1_920_192
PLACE = Path("books/9/1920192.json")


def _bid(account: int, side: int, price: int, wh: int) -> CustomerBid:
    return CustomerBid(account, 2, side, price, wh, bytes([account]) * 32)


@pytest.fixture
def made() -> Committed:
    own = Portfolio.of(BIDDER, [_bid(21, BID, 300_000, 100), _bid(22, OFFER, 80_000, 40)])
    turns = {501: 21, 502: 22, 503: 23}
    return Committed(INTERVAL, own, SALT, own.opening(SALT), turns, 0)


@pytest.fixture
def raw(made) -> dict:
    return json.loads(json.dumps(book(made)))


def _code(raw) -> str:
    with pytest.raises(TonneError) as told:
        bid_books.parse(raw if isinstance(raw, str) else json.dumps(raw), PLACE)
    assert told.value.value == str(PLACE)
    return told.value.code


def test_a_book_is_read_as_it_was_written(made, raw, tmp_path):
    path = tmp_path / "book.json"
    path.write_text(json.dumps(raw))
    found = bid_books.read(path)
    salt, root, leaves, words = made.opening
    assert (found.interval, found.bidder) == (INTERVAL, BIDDER)
    assert found.own == made.own
    assert found.opening == (salt, root, leaves, tuple(words))
    assert found.turns == made.turns
    assert bid_books.parse(found.text, PLACE) == found


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["bids"][0].update(wh=99),
        lambda raw: raw["bids"][1].update(price=80_001),
        lambda raw: raw["bids"][0].update(account=23),
        lambda raw: raw["bids"].pop(),
        lambda raw: raw.update(root="0x" + "01" * 32),
        lambda raw: raw.update(leaves=3),
        lambda raw: raw["words"].append("0x0"),
        lambda raw: raw.update(bidder=10),
        lambda raw: raw["bids"][0].update(node=256),
        lambda raw: raw["turns"].update({"501": 2**32}),
    ],
)
def test_bids_that_do_not_come_to_the_curves_are_no_book(raw, change):
    change(raw)
    assert _code(raw) == "SETTLEMENT_BOOK_UNREADABLE"


@pytest.mark.parametrize("name", ["interval", "bidder", "salt", "root", "leaves", "words", "bids"])
def test_a_field_that_is_missing_is_told(raw, name):
    del raw[name]
    assert _code(raw) == "SETTLEMENT_BOOK_UNREADABLE"


@pytest.mark.parametrize("text", ["", "[]", "{", '"book"', "[" * 100_000])
def test_another_file_is_no_book(text):
    assert _code(text) == "SETTLEMENT_BOOK_UNREADABLE"


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(TonneError) as told:
        bid_books.read(tmp_path / "none.json")
    assert told.value.code == "SETTLEMENT_BOOK_UNREADABLE"
