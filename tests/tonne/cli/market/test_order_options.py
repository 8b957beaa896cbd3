"""The choices of an order on the command line."""

import pytest

from tonne.cli.core.output import date_of
from tonne.cli.market.order_options import OrderTerms, how_long, packed
from tonne.errors import TonneError
from tonne.market.order_encoding import OrderRequest, SelfTrade, Side, TimeInForce


@pytest.mark.parametrize(
    "terms, force",
    [
        (OrderTerms(), TimeInForce.DAY),
        (OrderTerms(at_once=True), TimeInForce.IMMEDIATE_OR_CANCEL),
        (OrderTerms(all_or_nothing=True), TimeInForce.FILL_OR_KILL),
        (OrderTerms(gtc=True), TimeInForce.GOOD_TILL_CANCELLED),
        (OrderTerms(until="2021-07-30"), TimeInForce.GOOD_TILL_DATE),
    ],
)
def test_each_choice_is_a_time_in_force(terms, force):
    assert terms.time_in_force == force


def test_an_order_ends_in_one_way():
    with pytest.raises(TonneError) as refusal:
        _ = OrderTerms(gtc=True, until="2021-07-30").time_in_force
    assert refusal.value.code == "ORDER_TWO_ENDS"


def test_the_last_day_is_counted_from_the_market_s_day_0():
    assert OrderTerms(until="2021-07-16").expiry(18_823) == 1
    assert OrderTerms(until="2021-07-30").expiry(18_823) == 15
    assert OrderTerms().expiry(18_823) == 0
    assert str(date_of(18_824)) == "2021-07-16"


def test_what_is_not_a_day_is_refused():
    with pytest.raises(TonneError) as refusal:
        OrderTerms(until="Friday").expiry(18_823)
    assert refusal.value.code == "ORDER_BAD_DATE"


def test_an_own_order_is_met_as_told():
    assert OrderTerms(own="decrement").self_trade == SelfTrade.DECREMENT
    with pytest.raises(TonneError) as refusal:
        _ = OrderTerms(own="whatever").self_trade
    assert refusal.value.code == "ORDER_BAD_OWN"


def test_how_long_an_order_rests_is_said():
    assert how_long(18_824) == "until 2021-07-16 ends"
    assert how_long(0) == "until it is cancelled"


def test_a_market_order_never_rests(town):
    """Left at the edge of the band it would be the worst price of the day."""
    chain, market = town.chain, town.market.market
    day = chain.call("ExchangeLens", "market", market)
    for side, edge in ((Side.BUY, day.highTick), (Side.SELL, day.lowTick)):
        order = OrderRequest.unpack(packed(chain, market, side, 5, None, OrderTerms()))
        assert (order.tick, order.time_in_force) == (edge, TimeInForce.IMMEDIATE_OR_CANCEL)
        named = OrderRequest.unpack(
            packed(chain, market, side, 5, None, OrderTerms(all_or_nothing=True))
        )
        assert named.time_in_force == TimeInForce.FILL_OR_KILL
    limited = OrderRequest.unpack(packed(chain, market, Side.BUY, 5, "48.00", OrderTerms()))
    assert limited.time_in_force == TimeInForce.DAY
    with pytest.raises(TonneError) as refusal:
        packed(chain, market, Side.BUY, 5, None, OrderTerms(post_only=True))
    assert refusal.value.code == "ORDER_NO_PRICE"
