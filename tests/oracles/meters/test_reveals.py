"""Whose leaves challenges bring to light, to an attacker that reads the whole chain and tries all numbers.

Any account once had any leaf published for a fee, registers in the open beside the bare digest of the
record. Trying all numbers tied 50 of 50 to their meters.
"""

from __future__ import annotations

import pytest

from tests.oracles.meters.ground import OWNER, QUARTER, T0, Desk, challenge
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.meters import leaves
from tonne.meters.leaves import IntervalLeaves, Leaf, salted
from tonne.meters.readings import MeterRecord, commit

METERS = 50


@pytest.fixture
def asked(sit) -> Desk:
    """Each leaf of an interval was asked for by the operator of its node, and answered."""
    desk = sit(METERS)
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    desk.chain.fund([OWNER])
    event = desk.posted()[1, 0]
    with pytest.raises(TonneError) as refused:
        challenge(desk.chain, event, 0, asks=OWNER)
    assert refused.value.code == "METER_ORACLE_NO_STANDING"
    for index in range(METERS):
        challenge(desk.chain, event, index)
    desk.until(lambda: len(desk.chain.logs("MeterOracle", "LeafAnswered")) == METERS)
    return desk


def kept(desk: Desk) -> tuple[Leaf, ...]:
    return IntervalLeaves.read(leaves.path_of(desk.folder / "leaves", 1, T0, 1)).leaves


def published(desk: Desk) -> bytes:
    """All that the chain has: calls and events, byte for byte."""
    found = []
    for number in range(desk.chain.block_number() + 1):
        block = desk.chain.rpc.call("eth_getBlockByNumber", hex(number), True)
        found += [call["input"] for call in block["transactions"]]
        span = {"fromBlock": hex(number), "toBlock": hex(number)}
        found += [log["data"] for log in desk.chain.rpc.call("eth_getLogs", span)]
    return b"".join(bytes.fromhex(data[2:]) for data in found)


def tied(desk: Desk, leaf: Leaf) -> set[int]:
    """Meters that a leaf is told to be of, by one that even knows the registers of all, but no salt."""
    found, word = set(), leaf.reading.to_bytes(32, "big")
    for place, meter in enumerate(desk.meters):
        number, registers = desk.fleet.first + place, meter.registers(1)
        record = MeterRecord(number, T0 + QUARTER, *registers, 1, 0, bytes(16))
        marks = (
            leaf.salted in (salted(bytes(32), number), keccak(number.to_bytes(32, "big"))),
            leaf.digest == record.digest() or leaf.digest == leaf.interval.digest,
            word[:16] == commit(bytes(16), *registers),
            registers[0] == int.from_bytes(word[:8], "big"),
        )
        if any(marks):
            found.add(number)
    return found


def test_no_word_of_a_leaf_that_was_asked_for_is_on_the_chain(asked):
    said = published(asked)
    words = {word for leaf in kept(asked) for word in (leaf.salted, leaf.digest, leaf.salt)}
    words |= {leaf.reading.to_bytes(32, "big") for leaf in kept(asked)}
    assert [word for word in words if word in said] == []


def test_no_leaf_that_is_shown_is_tied_to_a_meter_by_trying_all_numbers(asked):
    """As the holder of a line, a plant or a trade shows its own."""
    assert [leaf.meter for leaf in kept(asked) if tied(asked, leaf)] == []
