"""A million events into the store; some thousands with the long tests."""

from __future__ import annotations

import pytest

from tools import bench_million


@pytest.mark.long
def test_the_digests_are_those_of_every_way_to_read(tmp_path):
    readings = bench_million.measured(4_000, tmp_path)
    assert bench_million.faults(readings) == []
    assert readings["live"].events > 4_000
    bent = readings | {"chunks 10000": readings["run"]}
    assert bench_million.faults(bent) == ["the digests differ"]


@pytest.mark.long
@pytest.mark.nightly
def test_a_million_events_are_read_within_the_bar():
    assert bench_million.main() == 0
