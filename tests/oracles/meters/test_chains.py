"""A meter's own signature is proved on a chain with the P-256 precompile, and on one without it."""

from __future__ import annotations

import pytest

from tests.oracles.meters.ground import QUARTER, SCEPTIC, T0, Desk, deploy, register
from tonne.chain.client import Chain
from tonne.errors import TonneError
from tonne.meters import leaves
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import MeterFleet
from tonne.sandbox import node

#: [gas] of a proof: the precompile's answer, or the verifier contract's.
PRECOMPILED, BY_CONTRACT = range(40_000, 70_000), range(200_000, 400_000)


def _prove(desk: Desk, place: int, bit: int = 0):
    """Shows the leaf of one meter with its signature, of which a bit may be turned."""
    kept = IntervalLeaves.read(leaves.path_of(desk.folder / "leaves", 1, T0, 1))
    index = kept.index_of(place + 1)
    leaf, raw = kept.leaves[index], desk.meters[place].record(1)
    at = 1 << 144 | T0 << 104 | index << 72 | 4 << 40 | place + 1 << 8
    s = bytes([raw[-32] ^ bit, *raw[-31:]])
    by = (leaf.salt, *desk.meters[place].key.public.words, raw[-64:-32], s)
    proof = kept.proof(index)[3]
    args = (at, leaf.reading, leaf.digest, by, proof)
    return desk.chain.send(SCEPTIC, "MeterOracle", "proveLeaf", *args)


@pytest.mark.parametrize(
    "kind, hardfork, gas",
    [
        ("anvil", "osaka", PRECOMPILED),
        ("anvil", "prague", BY_CONTRACT),
        ("ganache", None, BY_CONTRACT),
    ],
)
def test_a_signature_is_proved_with_and_without_the_precompile(kind, hardfork, gas, tmp_path):
    with (
        node.start(kind=kind, timestamp=T0 - 3600, hardfork=hardfork) as running,
        Chain(running.url) as chain,
    ):
        deploy(chain)
        fleet = MeterFleet(node=1, first=1, count=4, seed=7, since=T0, interval_s=QUARTER)
        register(chain, fleet)
        desk = Desk(chain, tmp_path, fleet)
        desk.at(QUARTER + 10)
        desk.send(0)
        desk.send(1)
        desk.run(6)
        place = next(i for i in range(4) if fleet.curve(i) is Curve.P256)
        used = _prove(desk, place).gas_used
        assert used in gas
        assert len(chain.logs("MeterOracle", "LeafProved")) == 1
        with pytest.raises(TonneError) as refused:
            _prove(desk, place, bit=1)
        assert refused.value.code == "METER_ORACLE_NOT_SIGNED"
        desk.journal.close()
