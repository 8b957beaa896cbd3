"""A signed order in a file, on its way from whoever signs to whoever sends."""

from __future__ import annotations

import json

import pytest

from tonne.crypto import eip712
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.market import signed_orders as so
from tonne.market.order_encoding import OrderRequest, SelfTrade, Side, TimeInForce

SIGNER = Account.from_seed("signed", "seller")
DOMAIN = so.gateway_domain(1337, "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9")
WORD = OrderRequest(
    market=3,
    side=Side.SELL,
    tick=4_810,
    lots=25,
    time_in_force=TimeInForce.GOOD_TILL_DATE,
    post_only=True,
    self_trade=SelfTrade.DECREMENT,
    minimum_lots=1,
    maximum_cost=2,
    maximum_fills=3,
    maximum_holes=4,
    expiry=5,
    maximum_levels=6,
).pack()


def order() -> so.SignedOrder:
    return so.SignedOrder.of(SIGNER.address, WORD, so.fresh_nonce(), 1_627_000_000)


def test_an_order_is_the_word_it_was_made_from():
    assert order().order.pack() == WORD


@pytest.mark.parametrize(
    "message", [order(), so.SignedCancel(SIGNER.address, 77, 1 << 255, 1_627_000_000)]
)
def test_a_file_is_read_as_it_was_written(message, tmp_path):
    path = tmp_path / "sent" / "order.json"
    file = so.SignedFile.make(message, DOMAIN, SIGNER)
    file.write(path)
    read = so.read(path)
    assert read == file
    assert eip712.recover(read.message, read.domain, read.signature) == SIGNER.address


def test_another_key_cannot_sign():
    with pytest.raises(TonneError) as caught:
        so.SignedFile.make(order(), DOMAIN, Account.from_seed("signed", "stranger"))
    assert caught.value.code == "SIGNED_ORDER_FOREIGN"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["order"].pop("lots"),
        lambda d: d["order"].update(more=1),
        lambda d: d["order"].update(lots="25"),
        lambda d: d["order"].update(nonce="many"),
        lambda d: d.update(cancel={}),
        lambda d: d.update(chainId="1337"),
        lambda d: d.update(contract="0x12"),
        lambda d: d.update(signature=7),
        lambda d: d.pop("order"),
    ],
)
def test_a_spoilt_file_is_refused(spoil, tmp_path):
    path = tmp_path / "order.json"
    data = so.SignedFile.make(order(), DOMAIN, SIGNER).as_json()
    spoil(data)
    path.write_text(json.dumps(data))
    with pytest.raises(TonneError) as caught:
        so.read(path)
    assert caught.value.code == "SIGNED_ORDER_UNREADABLE"


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(TonneError):
        so.read(tmp_path / "missing.json")
