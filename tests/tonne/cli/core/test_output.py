"""Tables that fit the terminal or turn into rows, and amounts that are read exactly or refused."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tonne.cli.core import output
from tonne.cli.core.output import parse_money, parse_whole, table, working
from tonne.cli.market.funds import whole
from tonne.errors import TonneError


def printed(listing, width=80):
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(listing)
    return out.getvalue()


def test_a_table_that_fits_is_a_table():
    text = printed(table("Book", ("side", ">price", ">lots"), [("bid", "47.80", "3,000")]))
    title, head, row = (line.split() for line in text.strip().splitlines())
    assert (title, head, row) == (["Book"], ["side", "price", "lots"], ["bid", "47.80", "3,000"])


def test_a_table_that_is_too_wide_turns_into_rows():
    """As `tonne energy prices` with twelve nodes, which cut its figures away."""
    nodes = [f">electricity {n}" for n in range(12)]
    prices = [f"{n}.1234" for n in range(12)]
    text = printed(table("Prices [credits/kWh]", ("interval", *nodes), [("12:00", *prices)]))
    assert "Prices [credits/kWh]" in text and "…" not in text
    assert "electricity 11: 11.1234" in " ".join(text.split())


def test_text_wraps_between_words_and_markup_is_text():
    text = printed(table("", ("key", "why", ">t"), [("[red]", "word " * 30, "1,234,567")]))
    assert "[red]" in text and "1,234,567" in text
    assert sum(line.count("word") for line in text.splitlines()) == 30


@given(
    columns=st.lists(st.booleans(), min_size=1, max_size=12),
    rows=st.lists(st.lists(st.integers(0, 10**18), min_size=12, max_size=12), max_size=4),
    width=st.integers(40, 120),
)
def test_no_figure_is_ever_cut_and_no_line_too_long(columns, rows, width):
    names = [f">figure {n}" if right else f"text {n}" for n, right in enumerate(columns)]
    text = printed(table("", names, [[f"{v:,}" for v in row[: len(names)]] for row in rows]), width)
    words = text.split()
    assert all(f"{v:,}" in words for row in rows for v in row[: len(names)])
    assert all(len(line) <= width for line in text.splitlines())


@pytest.mark.parametrize(
    ("text", "amount"),
    [("48", 4800), ("48.2", 4820), ("1,000.50", 100_050), ("1234567.89", 123_456_789), ("0.01", 1)],
)
def test_an_amount_is_read_to_its_last_digit(text, amount):
    assert parse_money(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "1,00",
        "1.000,50",
        "1,0000",
        ",100",
        "1,,000",
        "1 000",
        "48.",
        ".5",
        "-1",
        "1e3",
        "²",
        "0.001",
    ],
)
def test_an_amount_that_could_be_misread_is_refused(text):
    with pytest.raises(TonneError) as refusal:
        parse_money(text)
    assert refusal.value.code == "AMOUNT_UNREADABLE"
    assert "commas only between thousands" in refusal.value.remedy


def test_units_and_lots_are_whole_and_grouped_by_thousands():
    assert (parse_whole("12,345"), parse_whole("12345"), parse_whole("1,00")) == (
        12_345,
        12_345,
        None,
    )
    for text in ("0", "1,00", "1.5", "-3"):
        with pytest.raises(TonneError, match="AMOUNT_UNREADABLE"):
            whole(text)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_that_work_goes_on_and_a_pipe_gets_nothing(monkeypatch, terminal):
    out = io.StringIO()
    monkeypatch.setattr(output, "errors", Console(file=out, force_terminal=terminal, width=80))
    with working("opening north.json") as say:
        say("3 blocks")
    assert ("opening north.json: 3 blocks" in out.getvalue()) is terminal
    assert terminal or not out.getvalue()
