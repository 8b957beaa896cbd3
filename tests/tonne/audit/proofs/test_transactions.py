"""Transactions as the trie holds them: their bytes and their senders are those of eth-account."""

from __future__ import annotations

import pytest
from eth_account import Account

from tonne.audit.proofs.transactions import encoded, sender

KEY = "0x" + "11" * 32
TO, WORD = "0x" + "22" * 20, "0x" + "33" * 32
ACCESS = [{"address": TO, "storageKeys": [WORD]}]
OF_FEES = {"maxFeePerGas": 7, "maxPriorityFeePerGas": 3, "chainId": 31337}

KINDS = {
    "before EIP-155": {"gasPrice": 5},
    "of a chain": {"gasPrice": 5, "chainId": 31337},
    "EIP-2930": {"gasPrice": 5, "chainId": 31337, "type": 1, "accessList": ACCESS},
    "EIP-1559": {**OF_FEES, "type": 2},
    "EIP-1559 with accesses": {**OF_FEES, "type": 2, "accessList": ACCESS},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("to", [TO, None])
def test_bytes_and_sender_are_those_that_were_signed(kind, to):
    fields = {"nonce": 4, "gas": 21_000, "value": 9, "data": "0x0102", **KINDS[kind]}
    signed = Account.sign_transaction({**fields, **({"to": to} if to else {})}, KEY)
    names = ("nonce", "gas", "value", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "chainId")
    told = {name: hex(fields[name]) for name in names if name in fields}
    told |= {"to": to, "input": fields["data"], "accessList": fields.get("accessList", [])}
    told |= {"type": hex(fields.get("type", 0)), "v": hex(signed.v)}
    told |= {"r": hex(signed.r), "s": hex(signed.s)}
    assert encoded(told) == signed.raw_transaction
    assert sender(told) == Account.from_key(KEY).address
