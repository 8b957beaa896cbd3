"""Files of order flow, the grid of their prices, and the plain book."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tonne.sandbox.flows import flow
from tonne.errors import TonneError
from tonne.market.order_flow import (
    BUY,
    CANCEL,
    LIMIT,
    MOST_STEP,
    POST_ONLY,
    SELL,
    Command,
    Grid,
    Level,
    Trade,
    match,
    read_book,
    read_commands,
    read_trades,
    write_book,
    write_commands,
    write_trades,
)

HEAD = "seq,cmd,order_id,side,price,qty\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "flow.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_files_are_read_as_they_were_written(tmp_path):
    commands = flow(1, 200)
    outcome = match(commands)
    path = tmp_path / "rows.csv"
    write_commands(path, commands)
    assert read_commands(path) == commands
    write_trades(path, outcome.trades)
    assert read_trades(path) == outcome.trades
    write_book(path, outcome.book)
    assert read_book(path) == outcome.book


def test_columns_may_stand_in_any_order_among_others(tmp_path):
    text = "t_ms,qty,price,side,order_id,cmd,seq\n17,5,100,B,1,LIMIT,0\n\n18,0,0,B,1,CANCEL,1\n"
    assert read_commands(written(tmp_path, text)) == [
        Command(0, LIMIT, 1, BUY, 100, 5),
        Command(1, CANCEL, 1, BUY, 0, 0),
    ]


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "line 1, column seq: is missing in the header"),
        ("seq,cmd,order_id,side,price\n", "line 1, column qty: is missing"),
        ("seq,seq,cmd,order_id,side,price,qty\n", "line 1, column seq: stands twice"),
        (HEAD + "0,LIMIT,1,B,100\n", "line 2, column price: 5 cells stand where"),
        (HEAD + "0,LIMIT,1,B,100,5,6\n", "line 2, column qty: 7 cells stand where"),
        (HEAD + "x,LIMIT,1,B,100,5\n", "line 2, column seq: 'x' is not a whole number"),
        (HEAD + "0,STOP,1,B,100,5\n", "line 2, column cmd: 'STOP' is none of"),
        (HEAD + "0,LIMIT,1,b,100,5\n", "line 2, column side: 'b' is none of B, S"),
        (HEAD + "0,LIMIT,0,B,100,5\n", "line 2, column order_id: '0' must be at least 1"),
        (HEAD + "0,LIMIT,1,B,100.5,5\n", "line 2, column price: '100.5' is not a whole number"),
        (HEAD + "0,LIMIT,1,B,0,5\n", "line 2, column price: '0' must be at least 1"),
        (HEAD + "0,LIMIT,1,B,1099511627776,5\n", "column price: '1099511627776' must be at most"),
        (HEAD + "0,LIMIT,1,B,100,0\n", "line 2, column qty: '0' must be at least 1"),
        (HEAD + "0,LIMIT,1,B,100,-5\n", "line 2, column qty: '-5' is not a whole number"),
        (HEAD + "0,LIMIT,1,B,100,4294967296\n", "column qty: '4294967296' must be at most"),
        (HEAD + "0,LIMIT,1,B,9,5\n0,LIMIT,2,B,9,5\n", "line 3, column seq: '0' comes after 0"),
        (HEAD + "0,LIMIT,1,B,9,5\n1,LIMIT,1,B,9,5\n", "line 3, column order_id: '1' was placed"),
        (HEAD + "0,CANCEL,1,B,0,0\n", "line 2, column order_id: '1' was not placed before"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_by_line_and_column(tmp_path, text, said):
    with pytest.raises(TonneError) as caught:
        read_commands(written(tmp_path, text))
    assert caught.value.code == "FLOW_BAD_ROW"
    assert said in caught.value.message


def test_text_that_is_no_csv_is_refused(tmp_path):
    path = tmp_path / "flow.csv"
    path.write_bytes(HEAD.encode() + b"\xff\xfe,LIMIT\n")
    with pytest.raises(TonneError) as caught:
        read_commands(path)
    assert caught.value.code == "FLOW_BAD_ROW"


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(TonneError) as caught:
        read_trades(tmp_path / "none.csv")
    assert caught.value.code == "FLOW_UNREADABLE"


def limit(seq: int, side: str, price: int, lots: int, kind: str = LIMIT) -> Command:
    return Command(seq, kind, seq + 1, side, price, lots)


@pytest.mark.parametrize(
    "prices, grid",
    [
        ([78_256, 78_300, 79_116], Grid(78_252, 4)),
        ([100], Grid(99, 1)),
        ([10, 40], Grid(0, 10)),
        ([7, 107], Grid(6, 1)),
        ([], Grid(0, 1)),
    ],
)
def test_the_grid_has_every_price_and_the_fewest_ticks(prices, grid):
    commands = [limit(i, BUY, price, 1) for i, price in enumerate(prices)]
    assert Grid.of(commands) == grid
    for price in prices:
        assert grid.tick(price) >= 1
        assert grid.price(grid.tick(price)) == price


@pytest.mark.parametrize("far", [60_001, 1 + 2 * (MOST_STEP + 1)])
def test_prices_too_far_apart_are_refused(far):
    with pytest.raises(TonneError) as caught:
        Grid.of([limit(0, BUY, 1, 1), limit(1, SELL, far, 1), limit(2, SELL, far - 1, 1)])
    assert caught.value.code == "FLOW_PRICES_TOO_FAR"


def test_orders_meet_by_price_then_time_at_the_makers_price():
    outcome = match(
        [
            limit(0, SELL, 101, 5),
            limit(1, SELL, 100, 5),
            limit(2, SELL, 100, 5),
            limit(3, BUY, 101, 12),
        ]
    )
    assert outcome.trades == [
        Trade(3, 4, 2, 100, 5),
        Trade(3, 4, 3, 100, 5),
        Trade(3, 4, 1, 101, 2),
    ]
    assert outcome.book == [Level(SELL, 101, 1, 3)]


def test_what_is_left_rests_and_keeps_its_place_when_partly_filled():
    outcome = match(
        [
            limit(0, BUY, 100, 5),
            limit(1, BUY, 100, 5),
            limit(2, SELL, 100, 2),
            limit(3, SELL, 99, 4),
        ]
    )
    assert outcome.trades == [
        Trade(2, 3, 1, 100, 2),
        Trade(3, 4, 1, 100, 3),
        Trade(3, 4, 2, 100, 1),
    ]
    assert outcome.book == [Level(BUY, 100, 1, 4)]


def test_post_only_that_would_trade_and_cancels_of_nothing_are_refused():
    outcome = match(
        [
            limit(0, SELL, 100, 5),
            limit(1, BUY, 100, 5, POST_ONLY),
            limit(2, BUY, 99, 5, POST_ONLY),
            Command(3, CANCEL, 2, BUY, 0, 0),
            Command(4, CANCEL, 1, SELL, 0, 0),
            Command(5, CANCEL, 1, SELL, 0, 0),
        ]
    )
    assert outcome.refused == [1, 3, 5]
    assert outcome.trades == []
    assert outcome.book == [Level(BUY, 99, 1, 5)]
