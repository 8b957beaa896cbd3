"""Keys that sign transactions and typed data by the thousand, with libsecp256k1.

With eth-account a transaction takes 15 times as long, typed data 13 times (`tools.bench_fast_path`); a
compliance period has fifteen thousand. Where a person signs once, `PersonalAccount` leaves it to eth-account.
"""

from __future__ import annotations

import hashlib
from functools import cached_property, lru_cache
from typing import NamedTuple

from coincurve import PrivateKey

from tonne.crypto import eip712
from tonne.crypto.hashing import keccak


@lru_cache(maxsize=200_000)
def checksum(address: str) -> str:
    """The address with the capital letters of EIP-55."""
    plain = address.lower().removeprefix("0x")
    digest = keccak(plain.encode()).hex()
    letters = (c.upper() if int(d, 16) >= 8 else c for c, d in zip(plain, digest, strict=False))
    return "0x" + "".join(letters)


class Fees(NamedTuple):
    """A transaction's offer for gas. `priority` is None on chains without EIP-1559."""

    price: int  # [wei] gas price, or the most that is paid in all
    priority: int | None = None  # [wei]


class Signed(NamedTuple):
    raw: str  # 0x…
    hash: str  # 0x…


class Unsigned(NamedTuple):
    """A transaction before its signature."""

    body: bytes  # RLP of its fields, without the list's head
    chain_id: int
    typed: bool  # with a tip (EIP-1559), or of the oldest kind with the chain id in v (EIP-155)

    @classmethod
    def of(
        cls,
        chain_id: int,
        nonce: int,
        to: bytes,
        data: bytes,
        gas: int,
        fees: Fees,
        value: int = 0,
    ) -> Unsigned:
        before = [_integer(nonce)]
        if fees.priority is not None:
            before = [_integer(chain_id), *before, _integer(fees.priority)]
        rest = (fees.price, gas, to, value, data)
        fields = (_string(f) if isinstance(f, bytes) else _integer(f) for f in rest)
        access_list = b"" if fees.priority is None else b"\xc0"
        body = b"".join(before) + b"".join(fields) + access_list
        return cls(body, chain_id, fees.priority is not None)

    @property
    def digest(self) -> bytes:
        if self.typed:
            return keccak(b"\x02" + _list(self.body))
        return keccak(_list(self.body + _integer(self.chain_id) + b"\x80\x80"))

    def signed(self, recovery: int, r: bytes, s: bytes) -> Signed:
        """With a signature: the recovery id, 0 or 1, and two words."""
        if self.typed:
            raw = b"\x02" + _list(self.body + _integer(recovery) + _trimmed(r) + _trimmed(s))
        else:
            v = _integer(self.chain_id * 2 + 35 + recovery)
            raw = _list(self.body + v + _trimmed(r) + _trimmed(s))
        return Signed("0x" + raw.hex(), "0x" + keccak(raw).hex())


class Account:
    """A key that signs. The key itself is never printed, compared or logged."""

    __slots__ = ("__dict__", "_private")

    def __init__(self, key: bytes | str) -> None:
        secret = bytes.fromhex(key.removeprefix("0x")) if isinstance(key, str) else bytes(key)
        self._private = PrivateKey(secret)

    @classmethod
    def from_seed(cls, *parts: str | int) -> Account:
        """A key made from words, the same every time. For test chains only: anyone can make it."""
        digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
        return cls(
            (int.from_bytes(digest, "big") % (eip712.CURVE_ORDER - 1) + 1).to_bytes(32, "big")
        )

    @cached_property
    def address(self) -> str:
        return checksum("0x" + self.address_bytes.hex())

    @cached_property
    def address_bytes(self) -> bytes:
        return keccak(self._private.public_key.format(compressed=False)[1:])[-20:]

    @property
    def key(self) -> bytes:
        """The private key, for writing a keystore or handing to another signer in memory."""
        return self._private.secret

    def sign(self, digest: bytes) -> bytes:
        """The 65 bytes r, s, v (27 or 28) over a 32-byte digest; s is always low."""
        signature = self._private.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes((signature[64] + 27,))

    def sign_typed(self, struct: eip712.Struct, domain: eip712.Domain) -> bytes:
        """The signature of a struct that counts in one domain (EIP-712)."""
        return self.sign(eip712.digest(struct, domain))

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
        """A signed transaction and its hash; `to` is empty for a deployment."""
        unsigned = Unsigned.of(chain_id, nonce, to, data, gas, fees, value)
        return unsigned.signed(*self._sign_parts(unsigned.digest))

    def _sign_parts(self, digest: bytes) -> tuple[int, bytes, bytes]:
        """(recovery id, r, s)."""
        signature = self._private.sign_recoverable(digest, hasher=None)
        return signature[64], signature[:32], signature[32:64]

    def __repr__(self) -> str:
        return f"Account({self.address})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Account) and other.address_bytes == self.address_bytes

    def __hash__(self) -> int:
        return hash(self.address_bytes)


def contract_address(sender: bytes, nonce: int) -> str:
    """Where a deployment by `sender` with this nonce will stand."""
    return checksum("0x" + keccak(_list(_string(sender) + _integer(nonce)))[-20:].hex())


# RLP, for transactions only.


def _integer(value: int) -> bytes:
    return _string(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _trimmed(word: bytes) -> bytes:
    return _string(word.lstrip(b"\0"))


def _string(data: bytes) -> bytes:
    size = len(data)
    if size == 1 and data[0] < 0x80:
        return data
    return _head(0x80, size) + data


def _list(body: bytes) -> bytes:
    return _head(0xC0, len(body)) + body


def _head(base: int, size: int) -> bytes:
    if size < 56:
        return bytes((base + size,))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((base + 55 + len(length),)) + length
