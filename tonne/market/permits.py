"""ERC-2612 permits of the settlement currency, signed by the thousand."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak

_PERMIT = keccak(
    b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
_DOMAIN = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


@dataclass(frozen=True, slots=True)
class PermitDomain:
    """Where permits of the currency count."""

    separator: bytes
    spender: bytes

    @classmethod
    def of(cls, name: str, chain_id: int, currency: bytes, spender: bytes) -> PermitDomain:
        words = (
            _DOMAIN,
            keccak(name.encode()),
            keccak(b"1"),
            chain_id.to_bytes(32, "big"),
            currency.rjust(32, b"\0"),
        )
        return cls(keccak(b"".join(words)), spender)

    def sign(
        self, owner: Account, amount: int, nonce: int, deadline: int
    ) -> tuple[int, int, bytes, bytes]:
        """An ERC-2612 permit as the gateway takes it: deadline, v, r, s."""
        struct = keccak(
            _PERMIT
            + owner.address_bytes.rjust(32, b"\0")
            + self.spender.rjust(32, b"\0")
            + b"".join(n.to_bytes(32, "big") for n in (amount, nonce, deadline))
        )
        recovery, r, s = owner.sign_parts(keccak(b"\x19\x01" + self.separator + struct))
        return deadline, 27 + recovery, r, s
