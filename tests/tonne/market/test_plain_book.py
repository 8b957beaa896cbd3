"""The plain book: price, then time; the maker's price; day orders; the band."""

from __future__ import annotations

import pytest

from tonne.market.plain_book import PlainBook, PlainTrade


@pytest.fixture
def book() -> PlainBook:
    made = PlainBook(5_000)
    made.open_day()
    return made


def test_place_trades_at_the_maker_s_price_in_order(book: PlainBook) -> None:
    book.place(1, False, 5_010, 10)
    book.place(2, False, 5_000, 10)
    book.place(3, False, 5_000, 10)
    assert book.place(9, True, 5_020, 25) == [
        PlainTrade(9, 2, 5_000, 10),
        PlainTrade(9, 3, 5_000, 10),
        PlainTrade(9, 1, 5_010, 5),
    ]
    assert (book.best_ask, book.best_bid, book.last) == (5_010, 0, 5_010)
    assert (book.volume, book.turnover) == (25, 20 * 5_000 + 5 * 5_010)


def test_place_rests_what_is_left(book: PlainBook) -> None:
    book.place(1, True, 4_990, 10)
    assert book.place(2, False, 5_000, 10) == []
    assert book.place(3, False, 4_990, 4) == [PlainTrade(1, 3, 4_990, 4)]
    assert (book.best_bid, book.best_ask) == (4_990, 5_000)


def test_open_day_ends_orders_and_closes_at_the_mean(book: PlainBook) -> None:
    book.place(1, False, 5_001, 1)
    book.place(2, True, 5_001, 1)
    book.place(1, False, 5_002, 1)
    book.place(2, True, 5_002, 1)
    book.place(1, False, 5_100, 1)
    book.open_day()
    assert book.close == 5_002  # 5001.5, rounded up
    assert (book.best_ask, book.volume) == (0, 0)


def test_open_day_keeps_the_close_without_trades(book: PlainBook) -> None:
    book.open_day()
    assert book.close == book.last == 5_000


@pytest.mark.parametrize(
    "close,low,high",
    [(5_296, 4_766, 5_826), (4_562, 4_106, 5_018), (5_746, 5_171, 6_321), (5_615, 5_054, 6_177)],
)
def test_band_is_rounded_to_the_nearest_tick(close: int, low: int, high: int) -> None:
    """Closes and limits that the Chinese market published."""
    book = PlainBook(close)
    book.open_day()
    assert (book.low, book.high) == (low, high)


@pytest.mark.parametrize("tick", [4_499, 5_501])
def test_place_refuses_a_price_outside_the_band(book: PlainBook, tick: int) -> None:
    with pytest.raises(ValueError, match="outside the band"):
        book.place(1, True, tick, 1)
