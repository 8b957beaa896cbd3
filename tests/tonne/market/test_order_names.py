"""Names of orders and the numbers that stand for them."""

from __future__ import annotations

import pytest

from tonne.errors import TonneError
from tonne.market import order_names


@pytest.mark.parametrize("name", ["1", "0", str(2**248 - 1), "bid-7", "买单", "x" * 31, "a b"])
def test_a_name_is_read_back_from_its_number(name):
    assert order_names.name(order_names.number(name)) == name


def test_a_text_and_a_number_never_meet():
    assert order_names.number("a") == 0x61 << 248
    assert order_names.number("97") == order_names.number("0x61") == 97
    assert order_names.name(97) == "97"


def test_a_number_that_is_no_text_is_shown_in_hexadecimal():
    for odd in (2**256 - 1, 0x61 << 248 | 1, 0x37 << 248):
        assert order_names.name(odd) == hex(odd)
        assert order_names.number(hex(odd)) == odd


@pytest.mark.parametrize("name", ["", "x" * 32, "买" * 11, "a\nb", "0xyz", str(2**256), "0x"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(TonneError) as refused:
        order_names.number(name)
    assert refused.value.code == "ORDER_BAD_NAME"
