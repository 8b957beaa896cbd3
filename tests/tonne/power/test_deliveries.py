"""Positions of an interval's accounts: of readings, of those without, and where none were final."""

from __future__ import annotations

from tonne.power.deliveries import metered_positions, unread_positions
from tonne.power.encoding import BID, OFFER
from tonne.power.losses import dealt

NODE, OTHER = 3, 4
#: Accounts of two readings, then two without.
ACCOUNTS = (11, 12, 13, 14)
FLOWS = [(700, 0), (50, 400)]
#: Of the other node too, which is not to count here.
TAKEN = {
    (11, NODE, BID): 600,
    (12, NODE, OFFER): 300,
    (13, NODE, BID): 20,
    (13, NODE, OFFER): 5,
    (12, OTHER, OFFER): 900,
    (14, OTHER, BID): 900,
}
TRADED = {11: -40, 14: 40}


def test_each_reading_has_the_position_of_its_account_and_its_share_of_the_loss():
    first, second, *_ = metered_positions(NODE, ACCOUNTS, FLOWS, 21, TAKEN, TRADED)
    losses = dealt(21, FLOWS)
    assert losses == [11, 10]
    assert (first.account, first.metered_wh, first.bought_wh, first.sold_wh) == (11, -700, 600, 0)
    assert (second.account, second.metered_wh, second.bought_wh, second.sold_wh) == (
        12,
        350,
        0,
        300,
    )
    assert [first.loss_wh, second.loss_wh] == losses
    assert [first.volume_wh, second.volume_wh] == [700, 350]
    assert [first.traded_wh, second.traded_wh] == [-40, 0]


def test_accounts_beyond_the_readings_have_metered_and_lost_nothing():
    *_, third, fourth = metered_positions(NODE, ACCOUNTS, FLOWS, 21, TAKEN, TRADED)
    assert (third.account, third.metered_wh, third.loss_wh, third.volume_wh) == (13, 0, 0, 0)
    assert (third.bought_wh, third.sold_wh) == (20, 5)
    assert (fourth.account, fourth.bought_wh, fourth.sold_wh, fourth.traded_wh) == (14, 0, 0, 40)


def test_without_readings_all_delivered_what_they_sold_and_took_what_they_bought():
    found = unread_positions(NODE, ACCOUNTS, TAKEN, TRADED)
    assert [(p.account, p.metered_wh, p.volume_wh) for p in found] == [
        (11, -640, 640),
        (12, 300, 300),
        (13, -15, 15),
        (14, 40, 40),
    ]
    for p in found:
        assert p.metered_wh == p.sold_wh - p.bought_wh + p.traded_wh
        assert p.loss_wh == 0
