"""RLP and hexadecimal text, compared with the field's library."""

from __future__ import annotations

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from tonne.audit.proofs import encoding

ITEMS = st.recursive(
    st.binary(max_size=80), lambda inner: st.lists(inner, max_size=20), max_leaves=60
)


def _encoded(item):
    if isinstance(item, bytes):
        return encoding.string(item)
    return encoding.sequence(map(_encoded, item))


@given(ITEMS)
def test_items_are_encoded_and_decoded_as_the_library_does(item):
    assert _encoded(item) == rlp.encode(item)
    assert encoding.decode(rlp.encode(item)) == item


@pytest.mark.parametrize("size", [0, 1, 55, 56, 255, 256, 65_535, 65_536])
def test_lengths_at_their_bounds(size):
    value = b"\xff" * size
    assert encoding.string(value) == rlp.encode(value)
    assert encoding.sequence([b"\x01"] * size) == rlp.encode([1] * size)


@given(st.integers(0, 2**300))
def test_numbers_have_no_leading_zeros(value):
    assert encoding.integer(value) == rlp.encode(value)


@pytest.mark.parametrize(
    "encoded", ["", "8101", "b801ff", "b90000", "c281", "c101ff", "83aabb", "f801ff", "b8"]
)
def test_what_is_not_the_shortest_form_of_one_item_is_refused(encoded):
    with pytest.raises((ValueError, IndexError)):
        encoding.decode(bytes.fromhex(encoded))


@pytest.mark.parametrize(
    "text", ["0x1 234", "0x12 34", "1234", "0x123", "0xzz", None, 12, "0x1234\n"]
)
def test_text_that_is_not_hexadecimal_throughout_is_refused(text):
    with pytest.raises(ValueError):
        encoding.data(text)


def test_another_size_is_refused():
    assert encoding.data("0x1234", 2) == b"\x12\x34"
    with pytest.raises(ValueError):
        encoding.data("0x1234", 3)


@pytest.mark.parametrize("text", ["0x", "12", "0x-1", None, 5])
def test_a_quantity_that_is_none_is_refused(text):
    with pytest.raises(ValueError):
        encoding.number(text)
