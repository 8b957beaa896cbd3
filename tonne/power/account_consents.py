"""Consents of keys: that a supplier opens the account of a key.

The market opens an account for no key that did not sign so (`IPowerPseudonyms`). Who holds the key signs it
before it tells the supplier: what it signs names no meter and no customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from tonne.chain.client import Chain
from tonne.constants import DAY_S
from tonne.crypto.accounts import Account, checksum
from tonne.crypto.eip712 import Domain, Struct
from tonne.power.bid_tree import market_domain

#: [s] That a consent counts, from when it was signed.
CONSENT_S: Final = 30 * DAY_S


@dataclass(frozen=True, slots=True)
class AccountConsent(Struct):
    """`AccountConsent` of IPowerPseudonyms, which the account's key signs."""

    TYPES: ClassVar = "address", "uint24", "uint40"

    key: str  # address of the account's key
    sponsor: int  # participant number of the supplier
    deadline: int  # [s]


class NewPseudonym(NamedTuple):
    """`NewPseudonym` of IPowerPseudonyms."""

    signer: str
    credits: int  # [micro-credit]
    deadline: int  # [s]
    signature: bytes


def consented(
    chain: Chain, sponsor: int, keys: Sequence[Account], amounts: Sequence[int] | int = 0
) -> list[NewPseudonym]:
    """Accounts that a sponsor opens for keys at hand, with amounts [micro-credit] of its own credits."""
    deadline, domain = chain.now() + CONSENT_S, domain_of(chain)
    if isinstance(amounts, int):
        amounts = [amounts] * len(keys)
    found = []
    for key, amount in zip(keys, amounts, strict=True):
        signature = key.sign_typed(AccountConsent(key.address, sponsor, deadline), domain)
        found.append(NewPseudonym(key.address, amount, deadline, signature))
    return found


def domain_of(chain: Chain) -> Domain:
    """The market's domain on a chain."""
    return market_domain(chain.chain_id, checksum(chain["PowerMarket"].address))
