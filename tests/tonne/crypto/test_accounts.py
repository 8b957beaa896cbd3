"""What is signed here by hand is what everybody else's libraries sign."""

from __future__ import annotations

import pytest
from eth_account import Account as Reference
from eth_account import messages
from hypothesis import given, settings
from hypothesis import strategies as st

from tonne.crypto.accounts import Account, Fees, checksum, contract_address
from tonne.crypto.hashing import keccak
from tonne.crypto.personal_account import PersonalAccount

KEYS = st.integers(1, 2**255).map(lambda n: n.to_bytes(32, "big"))
AMOUNTS = st.one_of(st.sampled_from([0, 1, 127, 128, 255, 256]), st.integers(0, 2**70))


@settings(max_examples=60)
@given(
    key=KEYS,
    nonce=AMOUNTS.filter(lambda n: n < 2**64),
    gas=st.integers(21_000, 2**40),
    price=AMOUNTS,
    tip=st.one_of(st.none(), st.integers(0, 2**40)),
    value=AMOUNTS,
    data=st.one_of(st.just(b""), st.binary(max_size=3), st.binary(min_size=50, max_size=300)),
    to=st.one_of(st.just(b""), st.binary(min_size=20, max_size=20)),
    chain=st.sampled_from([1, 31337, 2**40]),
)
def test_transactions_are_those_of_eth_account(key, nonce, gas, price, tip, value, data, to, chain):
    fields = {"nonce": nonce, "gas": gas, "value": value, "data": data, "chainId": chain}
    fields["to"] = checksum("0x" + to.hex()) if to else b""
    if tip is None:
        fields["gasPrice"] = price
    else:
        price += tip
        fields |= {"maxFeePerGas": price, "maxPriorityFeePerGas": tip, "type": 2}
    expected = Reference.sign_transaction(fields, key)

    for kind in (Account, PersonalAccount):
        signed = kind(key).sign_transaction(chain, nonce, to, data, gas, Fees(price, tip), value)

        assert signed.raw == "0x" + bytes(expected.raw_transaction).hex()
        assert signed.hash == "0x" + bytes(expected.hash).hex()


@settings(max_examples=30)
@given(key=KEYS, text=st.binary(max_size=40))
def test_addresses_and_digests_are_those_of_eth_account(key, text):
    account, reference = Account(key), Reference.from_key(key)
    message = messages.encode_defunct(text)
    digest = messages._hash_eip191_message(message)

    assert account.address == reference.address
    assert account.sign(digest) == bytes(reference.sign_message(message).signature)


def test_a_contract_address_is_the_deployers_next():
    sender = bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")

    assert contract_address(sender, 0) == "0xcd234A471b72ba2F1Ccf0A70FCABA648a5eeCD8d"
    assert contract_address(sender, 1) == "0x343c43A37D37dfF08AE8C4A11544c718AbB4fCF8"


def test_a_key_is_never_shown():
    account = Account.from_seed("somebody")

    assert account.key.hex() not in repr(account) + str(account) + str(vars(account))


def test_keys_from_words_are_the_same_every_time_and_differ_by_word():
    assert Account.from_seed("a", 1) == Account.from_seed("a", 1)
    assert Account.from_seed("a", 1) != Account.from_seed("a", 2)
    assert keccak(b"").hex().startswith("c5d2460186f7")


@pytest.mark.parametrize("key", [b"\0" * 32, b"\xff" * 32])
def test_a_number_outside_the_curve_is_no_key(key):
    with pytest.raises(ValueError, match=r"."):
        Account(key)
