"""A day's sums by account and customer are those of its lines."""

from __future__ import annotations

from tonne.power.settlement import Position, Tariff, give_back, give_back_by, settle
from tonne.simulation.energy_day.model.day_book import DayBook
from tonne.simulation.energy_day.model.results import Settled

TARIFF = Tariff(spread_ppm=10_000, fee_import=2_000, fee_export=500)


def interval(shift: int) -> list[Position]:
    return [
        Position(7, -500 - shift, bought_wh=450, loss_wh=3, traded_wh=-20, volume_wh=500 + shift),
        Position(8, 800, sold_wh=780, loss_wh=4, traded_wh=20, volume_wh=800),
        Position(9, -10, volume_wh=10),
    ]


def test_accounts_and_customers_add_up_over_intervals_in_which_they_change_places():
    book, days = DayBook(), [interval(0), interval(90)]
    done = [settle(positions, 250_000, TARIFF) for positions in days]
    turns = [{7: 0, 8: 1}, {7: 1, 8: 0}]  # the third account is no customer's
    for positions, result, places in zip(days, done, turns, strict=True):
        book.add(places, {7: -5}, positions, result)
    lines = [{line.account: line for line in result.lines} for result in done]
    assert dict(book.nets) == {a: sum(by[a].net for by in lines) for a in (7, 8, 9)}
    assert book.rows[0][:6] == [
        500,
        800,
        450,
        780,
        7,
        sum(by[a].imbalance_wh for a, by in zip((7, 8), lines)),
    ]
    assert [book.rows[0][10], book.rows[1][10]] == [-5, -5]
    assert set(book.rows) == {0, 1}
    assert book.net == sum(result.net for result in done)
    assert book.operator == sum(result.operator + result.fees for result in done)
    assert (book.surplus, book.rounding) == (
        sum(result.surplus for result in done),
        sum(result.rounding for result in done),
    )
    every = [p for positions in days for p in positions]
    assert give_back_by(999, book.volumes) == give_back(999, every)


def test_an_interval_s_sums_are_those_of_its_lines():
    positions = interval(0)
    result = settle(positions, 250_000, TARIFF)
    kept = Settled.of(3, 5, positions, result, 290, 7)
    assert (kept.sold_wh, kept.lost_wh, kept.traded_wh) == (330, 7, 0)
    assert (kept.money, kept.imbalance_wh) == (0, result.imbalance_wh)
    assert kept.traders == ((7, -20), (8, 20))
