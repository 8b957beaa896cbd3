"""A customer's accounts: one for each supplier, whose keys only the wallet's holder links."""

from __future__ import annotations

from tonne.crypto.accounts import Account
from tonne.power import customer_accounts
from tonne.power.account_consents import consented
from tonne.power.customer_accounts import account_key


def _open(town, sponsor, key):
    opened = consented(town.chain, town.numbers[sponsor], [key])
    town.send(sponsor, "PowerMarket", "openPseudonyms", opened)


def test_keys_follow_from_the_wallets_and_show_nobody_that_they_are_one_customers():
    key = Account.from_seed("wallet").key
    addresses = {
        Account(key).address,
        *(account_key(key, chain, place).address for chain in (1, 2) for place in range(3)),
    }
    assert len(addresses) == 7
    assert account_key(key, 1).address == account_key(key, 1, 0).address


def test_a_customer_has_another_account_with_each_supplier(street_day):
    town, chain = street_day.town, street_day.chain
    wallet, (old, new) = (
        Account.from_seed("moves"),
        (town.numbers[n] for n in ("retailer", "south")),
    )
    assert customer_accounts.opened(chain, wallet) == []
    first = customer_accounts.key_with(chain, wallet, old)
    assert first.address == customer_accounts.key_with(chain, wallet, new).address
    _open(town, "retailer", first)
    second = customer_accounts.key_with(chain, wallet, new)
    assert second.address == account_key(wallet.key, chain.chain_id, 1).address != first.address
    assert customer_accounts.key_with(chain, wallet, old).address == first.address
    _open(town, "south", second)
    known = customer_accounts.opened(chain, wallet)
    assert [(own.key.address, own.sponsor) for own in known] == [
        (first.address, old),
        (second.address, new),
    ]
    third = account_key(wallet.key, chain.chain_id, 2)
    own = [key.address for key in customer_accounts.keys_of(chain, wallet)]
    assert own == [second.address, first.address, third.address, wallet.address]
