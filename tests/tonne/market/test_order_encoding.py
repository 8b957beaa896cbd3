"""Words of the Exchange, packed and unpacked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import TonneError
from tonne.market.order_encoding import (
    OrderKey,
    OrderRequest,
    PlacedOrder,
    SelfTrade,
    Side,
    TimeInForce,
)

ORDERS = st.builds(
    OrderRequest,
    market=st.integers(1, 2**16 - 1),
    side=st.sampled_from(Side),
    tick=st.integers(0, 2**16 - 1),
    lots=st.integers(0, 2**32 - 1),
    time_in_force=st.sampled_from(TimeInForce),
    post_only=st.booleans(),
    self_trade=st.sampled_from(SelfTrade),
    minimum_lots=st.integers(0, 2**32 - 1),
    maximum_cost=st.integers(0, 2**52 - 1),
    maximum_fills=st.integers(0, 2**12 - 1),
    maximum_holes=st.integers(0, 2**12 - 1),
    expiry=st.integers(0, 2**12 - 1),
    maximum_levels=st.integers(0, 2**12 - 1),
)
IDS = st.builds(
    OrderKey,
    market=st.integers(1, 2**16 - 1),
    side=st.sampled_from(Side),
    tick=st.integers(1, 57_599),
    epoch=st.integers(0, 2**24 - 1),
    index=st.integers(0, 2**24 - 1),
)


def test_a_known_order_packs_as_documented():
    order = OrderRequest(
        market=1, side=Side.SELL, tick=4810, lots=100, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL
    )
    assert order.pack() == 100 | 4810 << 32 | 1 << 48 | 1 << 64 | 1 << 65
    dated = OrderRequest(
        1, Side.BUY, 4810, 100, TimeInForce.GOOD_TILL_DATE, expiry=9, maximum_levels=5
    )
    assert dated.pack() == 100 | 4810 << 32 | 1 << 48 | 4 << 65 | 9 << 180 | 5 << 192


@given(ORDERS)
def test_an_order_survives_its_word(order):
    assert OrderRequest.unpack(order.pack()) == order


@given(IDS, st.integers(1, 2**32 - 1))
def test_an_id_survives_its_word(order_id, lots):
    assert OrderKey.unpack(order_id.pack()) == order_id
    assert PlacedOrder.unpack(lots << 128 | order_id.pack()) == PlacedOrder(order_id, lots)
    dated = 9 << 160 | lots << 128 | order_id.pack()
    assert PlacedOrder.unpack(dated) == PlacedOrder(order_id, lots, last_day=9)


@pytest.mark.parametrize(
    "field, value", [("lots", 2**32), ("lots", -1), ("tick", 2**16), ("maximum_cost", 2**52)]
)
def test_a_field_that_does_not_fit_is_refused(field, value):
    values = {"market": 1, "side": Side.BUY, "tick": 4800, "lots": 1} | {field: value}
    with pytest.raises(TonneError) as refusal:
        OrderRequest(**values)
    assert refusal.value.code == "ORDER_FIELD_WIDTH"
    assert refusal.value.field == field
