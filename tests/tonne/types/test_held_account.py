"""Accounts of units held for a participant."""

from __future__ import annotations

from eth_utils.crypto import keccak

from tonne.types import held_account


def test_an_account_is_the_hash_and_the_participant():
    prefix = keccak(text="tonne: held for a participant")[12:29]
    account = held_account.account_of(0xABCDEF)
    assert bytes.fromhex(account[2:]) == prefix + bytes.fromhex("abcdef")


def test_an_account_is_read_back_and_no_other_is_one():
    assert held_account.owner_of(held_account.account_of(7)) == 7
    assert held_account.owner_of(held_account.account_of(7).lower()) == 7
    assert held_account.owner_of("0x" + "0" * 40) == 0
    assert held_account.owner_of("0xa") == 0
