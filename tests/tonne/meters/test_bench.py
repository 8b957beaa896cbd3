"""What the bench measures is real: genuine signatures, a root with its sums, gas by stated rules."""

from __future__ import annotations

import json

from tonne.crypto.merkle_sum import Sums
from tonne.meters import bench
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.signatures import Curve, is_signed


def test_claims_are_genuine_and_of_one_curve():
    for curve in (Curve.P256, Curve.SECP256K1):
        made = bench.claims(curve, 5)
        assert {claim.key.curve for claim in made} == {curve}
        assert len({claim.key for claim in made}) == 5
        assert all(map(is_signed, made))


def test_a_root_counts_all_meters():
    rooted = bench.root(1000)
    leaves = IntervalLeaves.of(b"bench".ljust(32, b"\0"), 1, bench.START, bench.readings(1000))
    assert rooted.root == leaves.root
    assert Sums.of(leaves.tree.sums).count == 1000
    assert rooted.proof_bytes == 10 * 46


def test_gas_is_that_of_the_snapshot_and_of_the_bytes(tmp_path):
    (tmp_path / "energy.json").write_text(json.dumps({"interval_root": "60000"}))
    gas = bench.gas_per_reading(100_000, tmp_path / "energy.json")
    assert gas["root"] == (0.6, 0.69301)
    assert 16 * 10 < gas["calldata"][0] < 16 * 40
    assert gas["stored new"][0] == gas["calldata"][0] + 22_100
    assert bench.gas_per_reading(10, tmp_path / "none.json")["root"][0] is None
