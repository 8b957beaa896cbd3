"""A meter's own signature is proved on a chain with the P-256 precompile, and on one without it."""

from __future__ import annotations

import pytest

from tests.oracles.meters.ground import OFFICER, QUARTER, SCEPTIC, T0, Desk, deploy, register
from tonne.chain.client import Chain
from tonne.errors import TonneError
from tonne.meters import leaves
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.readings import parse_own
from tonne.meters.signatures import Curve
from tonne.meters.simulated_fleet import MeterFleet
from tonne.sandbox import node

#: [gas] of a contradiction: the precompile's answer, or the verifier contract's.
PRECOMPILED, BY_CONTRACT = range(150_000, 260_000), range(380_000, 560_000)


def _contradict(desk: Desk, place: int, bit: int = 0):
    """Shows other registers than were posted, as the meter signed them; a bit of that may be turned."""
    kept = IntervalLeaves.read(leaves.path_of(desk.folder / "leaves", 1, T0, 1))
    index = kept.index_of(place + 1)
    leaf, meter = kept.leaves[index], desk.meters[place]
    raw = desk.signed(place, readAt=T0 + QUARTER, importWh=meter.registers(1)[0] + 1, sequence=9)
    record, said = parse_own(raw)
    at = 1 << 144 | T0 << 104 | index << 72 | 4 << 40 | place + 1 << 8
    r, s = ((n ^ bit).to_bytes(32, "big") for n in (said.signature.r, said.signature.s))
    by = (leaf.salt, *meter.key.public.words, r, s)
    args = (at, leaf.reading, leaf.digest, by, kept.proof(index)[3], record.on_chain)
    desk.chain.send(OFFICER, "MeterOracle", "setReaders", [place + 1], [SCEPTIC])
    return desk.chain.send(SCEPTIC, "MeterOracle", "contradict", *args)


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
        with pytest.raises(TonneError) as refused:
            _contradict(desk, place, bit=1)
        assert refused.value.code == "METER_ORACLE_NOT_SIGNED"
        assert _contradict(desk, place).gas_used in gas
        desk.until(lambda: desk.state(0).open == 0)
        assert desk.state(0).status == 1  # upheld by what the meter signed first
        desk.journal.close()
