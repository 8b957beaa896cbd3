"""The packed event of fills, decoded as documented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.fills import RECORD, Fill, decode

FILLS = st.builds(
    Fill,
    tick=st.integers(1, 57_599),
    ended=st.booleans(),
    index=st.integers(0, 2**23 - 1),
    maker=st.integers(1, 2**24 - 1),
    lots=st.integers(1, 2**32 - 1),
)


def test_a_record_of_the_chain_is_read():
    # tick 4810, order 5 of the queue, participant 7, 100 lots; then an order of 3 lots that ended
    data = bytes.fromhex("12ca0000050000070000006412cb80000000000800000003")
    assert decode(data) == [
        Fill(tick=4810, ended=False, index=5, maker=7, lots=100),
        Fill(tick=4811, ended=True, index=0, maker=8, lots=3),
    ]


@given(st.lists(FILLS, max_size=20))
def test_what_was_packed_is_decoded(fills):
    data = b"".join(fill.pack() for fill in fills)
    assert len(data) == RECORD * len(fills)
    assert decode(data) == fills


@given(st.binary(max_size=40).filter(lambda data: len(data) % RECORD))
def test_half_a_record_is_refused(data):
    with pytest.raises(TonneError) as refusal:
        decode(data)
    assert refusal.value.code == "FILLS_LENGTH"
