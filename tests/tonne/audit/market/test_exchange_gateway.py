"""Nonces of signed orders: spent once, for the wallet's own orders, or cancelled."""

from __future__ import annotations

import pytest

from tests.tonne.audit.events import dated, feed
from tonne.audit.market.exchange_gateway import ExchangeGatewayReplay
from tonne.audit.parties.participants import ParticipantsReplay

WALLET, OWNER, MARKET, ORDER = "0xa", 7, 1, 48 << 48


def _room(*events):
    parties = ParticipantsReplay()
    parties.wallets[WALLET] = (OWNER, 1)
    return feed(ExchangeGatewayReplay(parties), *events)


def _placed(owner=OWNER, tx="0x1"):
    return dated("OrderPlaced", tx=tx, account=MARKET << 24 | owner, order=5 << 128 | ORDER)


def _used(nonce=3, wallet=WALLET, order=ORDER, tx="0x1"):
    return dated("SignedOrderUsed", tx=tx, wallet=wallet, nonce=nonce, order=order)


def _spent(room):
    return {check.args for check in room.checks(0) if check.expected is True}


def test_orders_cancels_and_their_wallets_spend_nonces():
    cancelled = dated("NoncesCancelled", wallet=WALLET, word=1, mask=0b101)
    room = _room(_placed(), _used(), _used(4, order=0), _used(5, order=ORDER, tx="0x2"), cancelled)
    assert room.faults == []
    assert _spent(room) == {(WALLET, nonce) for nonce in (3, 4, 5, 256, 258)}


@pytest.mark.parametrize(
    "events",
    [
        [_used(), _used()],
        [_used(wallet="0xb", order=0)],
        [_placed(OWNER + 1), _used()],
        [dated("NoncesCancelled", wallet=WALLET, word=0, mask=8), _used()],
    ],
    ids=["twice", "a wallet of none", "another's order", "a cancelled nonce"],
)
def test_a_nonce_used_against_the_rules_is_found(events):
    assert len(_room(*events).faults) == 1


def _named(number=9, order=ORDER, wallet=WALLET):
    return dated("OrderNamed", wallet=wallet, number=number, order=order)


def test_a_wallets_own_numbers_name_its_orders_once():
    room = _room(_placed(), _named(), _named(10, order=0))
    assert room.faults == []
    named = {c.args: c.expected for c in room.checks(0) if c.function == "namedOrder"}
    assert named == {(WALLET, 9): (True, ORDER), (WALLET, 10): (True, 0)}
    for wrong in ([_named()], [_placed(OWNER + 1), _named()], [_named(order=0), _named(order=0)]):
        assert len(_room(*wrong).faults) == 1
    assert len(_room(_named(order=0, wallet="0xb")).faults) == 1


def test_an_order_of_another_transaction_is_taken_for_a_cancel():
    assert _room(_placed(OWNER + 1, tx="0x0"), _used()).faults == []
