"""Layouts of packed words and sets of bits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.types.packing import (
    Layout,
    bit_set,
    has_bit,
    ones,
    places,
    side_by_side,
    signed,
    unsigned,
    with_bit,
)

LAYOUT = Layout(first=8, _gap=4, flag=1, last=40)


def test_fields_are_packed_lowest_first_and_gaps_stay_empty():
    word = LAYOUT.pack(first=0xAB, flag=1, last=0x1234)
    assert word == 0xAB | 1 << 12 | 0x1234 << 13
    assert LAYOUT.width == 53
    assert LAYOUT.names == ["first", "flag", "last"]
    assert LAYOUT.unpack(word | 0xF << 8 | 7 << 53) == {"first": 0xAB, "flag": 1, "last": 0x1234}
    assert LAYOUT.get(word, "last") == 0x1234
    assert LAYOUT.above(word | 7 << 53) == 7


@pytest.mark.parametrize("field, value", [("first", 256), ("first", -1), ("flag", 2)])
def test_a_value_that_does_not_fit_is_refused(field, value):
    with pytest.raises(TonneError) as caught:
        LAYOUT.pack(**{field: value})
    assert (caught.value.code, caught.value.field) == ("PACKED_FIELD_WIDTH", field)
    assert LAYOUT.pack(**{field: LAYOUT.largest(field)})


@given(st.integers(-(2**95), 2**95 - 1))
def test_a_signed_number_comes_back(value):
    assert signed(unsigned(value, 96), 96) == value
    assert unsigned(-1, 96) == ones(96)


@given(st.sets(st.integers(0, 255)))
def test_a_set_of_bits_comes_back(chosen):
    word = bit_set(chosen)
    assert list(places(word)) == sorted(chosen)
    assert all(has_bit(word, place) for place in chosen)
    assert not has_bit(word, 256)


@given(st.integers(0, 2**16 - 1), st.integers(0, 15))
def test_a_bit_is_set_and_cleared_alone(word, place):
    for on in (True, False):
        changed = with_bit(word, place, on)
        assert has_bit(changed, place) is on
        assert changed | 1 << place == word | 1 << place


def test_numbers_stand_side_by_side_and_an_impossible_one_spills():
    assert side_by_side([1, 2, 3], 64) == 1 + 2 * 2**64 + 3 * 2**128
    assert side_by_side([-1, 1], 64) == 2**64 - 1
