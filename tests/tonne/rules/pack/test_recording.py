"""The record of a pack's keys that are read."""

from __future__ import annotations

from datetime import date

from tonne.rules.pack import load


def test_a_key_is_read_when_its_values_are_handed_out_until_the_record_is_closed():
    pack = load("china-national").recorded()
    day = date(2021, 12, 31)
    assert pack.has("offset.limit", day)
    pack.onchain("penalty.min", day)
    assert len(list(pack.values.items())) == len(pack.values) > 100  # listed, not read
    assert "offset.programmes" in pack.values and pack.holds_between("offset.programmes", day, day)
    assert pack.read_keys() == {
        "offset.limit",
        "penalty.min",
        "penalty.index",
        "penalty.indexed",
    } & set(pack.values)
    pack.param("market.tick", day)
    assert "market.tick" not in pack.read_keys()


def test_a_pack_without_a_record_says_nothing_and_keeps_its_values():
    pack = load("china-national")
    recorded = pack.recorded()
    assert pack.read_keys() == frozenset()
    assert dict(recorded.values.items()) == dict(pack.values)
    assert not pack.holds_between("penalty.min", date(2025, 1, 1), date(2025, 12, 31))
