"""A customer's accounts with its suppliers, by keys that follow from its wallet's, one after another.

A key stands for one account, and an account is its supplier's for good: who has another supplier has the next
key. Only the wallet's holder can tell that the accounts are one customer's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.power.line_requests import key_for

#: Accounts of a customer that are looked for.
MOST: Final = 256


class CustomerAccount(NamedTuple):
    """An account that a supplier opened for a customer."""

    key: Account
    number: int
    sponsor: int  # participant number of the supplier


def account_key(key: bytes, chain_id: int, place: int = 0) -> Account:
    """The key of a customer's account number `place`. It follows from the wallet's key, and its address from
    nothing that others know: they do not see whose account it is."""
    purpose = f"tonne account/{chain_id}"
    return Account(key_for(key, f"{purpose}/{place}" if place else purpose))


def opened(chain: Chain, wallet: Account) -> list[CustomerAccount]:
    """The customer's accounts, in the order in which they were opened."""
    found: list[CustomerAccount] = []
    while len(found) < MOST:
        key = account_key(wallet.key, chain.chain_id, len(found))
        number = chain.call("PowerMarket", "pseudonymOf", key)
        if not number:
            break
        sponsor = chain.call("PowerMarket", "accountOf", number).sponsor
        found.append(CustomerAccount(key, number, sponsor))
    return found


def key_with(chain: Chain, wallet: Account, supplier: int) -> Account:
    """The key of the customer's account with a supplier: of the latest that it opened, else the next key."""
    known = opened(chain, wallet)
    for account in reversed(known):
        if account.sponsor == supplier:
            return account.key
    return account_key(wallet.key, chain.chain_id, len(known))


def keys_of(chain: Chain, wallet: Account) -> list[Account]:
    """Keys that a wallet's holder has in the market: those of its accounts, the latest first, the next one,
    and the wallet's own."""
    known = opened(chain, wallet)
    following = account_key(wallet.key, chain.chain_id, len(known))
    return [*(account.key for account in reversed(known)), following, wallet]
