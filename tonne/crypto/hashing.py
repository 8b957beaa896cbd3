"""Keccak-256, as the chain has it."""

from __future__ import annotations

import hmac

try:
    from sha3 import keccak_256  # a fifth of the time, where something else has brought it
except ImportError:
    from Crypto.Hash import keccak as _keccak

    def keccak(data: bytes) -> bytes:
        return _keccak.new(digest_bits=256, data=data).digest()
else:

    def keccak(data: bytes) -> bytes:
        found: bytes = keccak_256(data).digest()
        return found


def text_hash(text: str) -> bytes:
    """Keccak-256 of a text's UTF-8; the chain keeps hashes of reasons and documents, not texts."""
    return keccak(text.encode())


def expand(secret: bytes, purpose: bytes) -> bytes:
    """32 bytes that follow from a uniform secret and do not tell it: HKDF-Expand (RFC 5869), SHA-256."""
    return hmac.digest(secret, purpose + b"\1", "sha256")
