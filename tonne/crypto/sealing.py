"""Bytes sealed to a one-time key on secp256k1, as `contracts/lib/SealedAnswers.sol` opens them.

ECIES of SEC 1: an ephemeral point, then the bytes added bit by bit to what ANSI X9.63 derives (SHA-256)
from the x of the product of both keys. There is no tag: the opened bytes are held against a root that no
others fit, and a chain has to be able to open garbage.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from coincurve import PrivateKey, PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from tonne import files
from tonne.constants import ZERO_WORD
from tonne.crypto.hashing import keccak
from tonne.errors import refused

POINT_BYTES: Final = 33
KEY_BYTES: Final = 32

#: (x, y) of a point.
Words = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class OneTimeKey:
    """The private half of a key that is used for one answer."""

    secret: bytes

    @classmethod
    def make(cls) -> OneTimeKey:
        return cls(PrivateKey().secret)

    @property
    def public(self) -> Words:
        return _words(PrivateKey(self.secret).public_key)

    def open(self, sealed: bytes, info: bytes) -> bytes | None:
        """What sealed bytes open to; None where they begin with no point."""
        product = self._product(sealed)
        if product is None:
            return None
        return _added(sealed[POINT_BYTES:], product, info)

    def shared(self, sealed: bytes) -> Words:
        """The point that exposes sealed bytes to the chain; zeros where they begin with no point."""
        product = self._product(sealed)
        return _words(product) if product else (ZERO_WORD, ZERO_WORD)

    def _product(self, sealed: bytes) -> PublicKey | None:
        try:
            return PublicKey(sealed[:POINT_BYTES]).multiply(self.secret)
        except ValueError:
            return None

    # A file of its own: who loses it can neither read the answer nor expose it

    def write(self, path: Path) -> None:
        body = json.dumps({"oneTimeKey": self.secret.hex()}) + "\n"
        files.write(path, body.encode(), files.PRIVATE)

    @classmethod
    def read(cls, path: Path) -> OneTimeKey:
        try:
            secret = bytes.fromhex(json.loads(path.read_text("utf-8"))["oneTimeKey"])
            PrivateKey(secret)
        except (OSError, ValueError, KeyError, TypeError):
            raise refused("SEALING_KEY_FORM", path=str(path)) from None
        return cls(secret)


def seal(data: bytes, key: Words, info: bytes) -> bytes:
    """Seals bytes to a public key; each time otherwise."""
    ephemeral = PrivateKey()
    product = PublicKey(b"\4" + key[0] + key[1]).multiply(ephemeral.secret)
    return ephemeral.public_key.format(compressed=True) + _added(data, product, info)


def info_of(chain_id: int, contract: str, number: int) -> bytes:
    """What binds an answer to its challenge."""
    address = bytes.fromhex(contract.removeprefix("0x"))
    return keccak(chain_id.to_bytes(32, "big") + bytes(12) + address + number.to_bytes(32, "big"))


def _words(point: PublicKey) -> Words:
    raw = point.format(compressed=False)
    return raw[1:33], raw[33:]


def _added(data: bytes, product: PublicKey, info: bytes) -> bytes:
    if not data:
        return b""
    derived = X963KDF(algorithm=SHA256(), length=len(data), sharedinfo=info).derive(
        _words(product)[0]
    )
    return bytes(a ^ b for a, b in zip(data, derived, strict=True))
