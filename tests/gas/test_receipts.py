"""Receipts of a real node say what Forge's snapshots say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from tests.gas import bench, comparison, operations
from tests.gas.__main__ import main
from tests.gas.books import BOOKS
from tests.gas.comparison import Row


@pytest.fixture(scope="module")
def receipts() -> dict[str, int]:
    with bench.standing() as standing:
        return operations.measure(standing)


def test_receipts_equal_the_snapshots_and_keep_the_limits(receipts):
    rows = comparison.rows(comparison.snapshot(), receipts, comparison.limits())
    assert comparison.faults(rows) == []


@pytest.mark.nightly
@pytest.mark.long
def test_receipts_under_londons_rules_equal_the_snapshots_too():
    """The rules of the validators in `tests/e2e/consortium`, whose receipts equal Anvil's."""
    with bench.standing("london") as standing:
        found = operations.measure(standing)
    rows = comparison.rows(comparison.snapshot(), found, comparison.limits())
    assert comparison.faults(rows) == []


def test_what_is_explained_still_differs(receipts):
    forge = comparison.snapshot()
    equal = [key for key in comparison.EXPLAINED if receipts[key] == forge[key]]
    assert equal == []


def test_a_limit_belongs_to_a_key_that_is_measured():
    assert set(comparison.limits()) <= set(comparison.snapshot())


SOUND = Row("take_1_maker", 54_000, 54_000, 57_000, {})


@pytest.mark.parametrize(
    "row, said",
    [
        (replace(SOUND, anvil=54_001), "0 less to 0 more is explained"),
        (replace(SOUND, anvil=53_999), "0 less to 0 more is explained"),
        (replace(SOUND, forge=57_001, anvil=57_001), "above the limit"),
        (replace(SOUND, anvil=None), "operations.py does not"),
        (replace(SOUND, forge=None), "has no such key"),
        (replace(SOUND, key="open_day", limit=None, anvil=54_201), "0 less to 200 more"),
    ],
)
def test_a_figure_that_is_not_as_it_must_be_is_told(row, said):
    [told] = comparison.faults([row])
    assert said in told


def test_sound_figures_are_not_complained_of():
    explained = replace(SOUND, key="open_day", limit=None, anvil=54_200)
    assert comparison.faults([SOUND, explained]) == []


def test_every_other_book_is_compared_in_what_it_can_do():
    for book in BOOKS:
        assert {"take_1_maker", "take_10_makers", "cancel_in_queue"} <= set(book.gas), book.name
        assert set(book.gas) <= set(comparison.snapshot()), book.name


def test_the_command_prints_json(monkeypatch, receipts):
    import typer

    monkeypatch.setattr(operations, "measure", lambda _: receipts)
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--json"])
    assert result.exit_code == 0, result.output
    data = json.loads(result.output)
    assert data["operations"]["take_1_maker"]["anvil"] == receipts["take_1_maker"]
    assert data["matchedPer10Mgas"]["tonne"]["orders"] > data["matchedPer10Mgas"]["Kuru"]["orders"]
