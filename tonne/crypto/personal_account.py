"""A person's key, with which eth-account signs.

Byte for byte these are the signatures of `Account` (RFC 6979 leaves no choice), which signs the many of a
simulation or a daemon. A person signs one at a time, and there a widely read library is worth its time.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tonne.crypto.accounts import Account, Fees, Signed, checksum
from tonne.crypto.eip712 import Domain, Struct, as_typed_data

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


class PersonalAccount(Account):
    """The account of a person or an officer."""

    __slots__ = ()

    @cached_property
    def _local(self) -> LocalAccount:
        from eth_account import Account as EthAccount  # slow to import

        local: LocalAccount = EthAccount.from_key(self.key)
        return local

    def sign_typed(self, struct: Struct, domain: Domain) -> bytes:
        signed = self._local.sign_typed_data(full_message=as_typed_data(struct, domain))
        return bytes(signed.signature)

    def sign_transaction(
        self,
        chain_id: int,
        nonce: int,
        to: bytes,
        data: bytes,
        gas: int,
        fees: Fees,
        value: int = 0,
    ) -> Signed:
        fields: dict[str, Any] = {
            "chainId": chain_id,
            "nonce": nonce,
            "to": checksum("0x" + to.hex()) if to else b"",
            "data": data,
            "gas": gas,
            "value": value,
        }
        if fees.priority is None:
            fields["gasPrice"] = fees.price
        else:
            fields |= {
                "type": 2,
                "maxFeePerGas": fees.price,
                "maxPriorityFeePerGas": fees.priority,
            }
        signed = self._local.sign_transaction(fields)
        return Signed("0x" + signed.raw_transaction.hex(), "0x" + signed.hash.hex())
