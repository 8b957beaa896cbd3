"""What a wallet pays that is new to a market is what `snapshots/first_use.json` says."""

from __future__ import annotations

import pytest

from tests.gas import first_use

#: Gas that a key may have at most.
MOST = {
    "first_buy": 118_000,
    "second_buy": 82_000,
    "first_buy_by_permit": 165_000,
    "second_buy_by_permit": 112_000,
    "first_sell": 154_000,
    "second_sell": 100_500,
    "first_surrender_from_ledger": 155_000,
    "second_surrender_from_ledger": 138_000,
}


@pytest.fixture(scope="module")
def measured():
    return first_use.measure()


def test_receipts_equal_the_snapshot(measured):
    assert measured == first_use.snapshot()


def test_no_key_costs_more_than_its_limit(measured):
    assert set(measured) == set(MOST)
    assert {key: gas for key, gas in measured.items() if gas > MOST[key]} == {}


def test_a_snapshot_is_read_as_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(first_use, "SNAPSHOT", tmp_path / "first_use.json")
    first_use.write({"second": 2, "first": 1})
    assert first_use.snapshot() == {"first": 1, "second": 2}
