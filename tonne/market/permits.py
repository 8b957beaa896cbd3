"""ERC-2612 permits of the settlement currency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import Domain, Struct


@dataclass(frozen=True, slots=True)
class Permit(Struct):
    """What a wallet lets another account take."""

    TYPES: ClassVar = ("address", "address", "uint256", "uint256", "uint256")

    owner: str
    spender: str
    value: int  # [0.0001 currency]
    nonce: int
    deadline: int  # [s]


@dataclass(frozen=True, slots=True)
class PermitDomain:
    """The currency on whose chain permits count, and the contract that uses them."""

    domain: Domain
    spender: str

    @classmethod
    def of(cls, name: str, chain_id: int, currency: str, spender: str) -> PermitDomain:
        return cls(Domain(name, chain_id, currency), spender)

    def sign(
        self, owner: Account, amount: int, nonce: int, deadline: int
    ) -> tuple[int, int, bytes, bytes]:
        """An ERC-2612 permit as the gateway takes it: deadline, v, r, s."""
        permit = Permit(owner.address, self.spender, amount, nonce, deadline)
        signature = owner.sign_typed(permit, self.domain)
        return deadline, signature[64], signature[:32], signature[32:64]
