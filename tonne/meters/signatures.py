"""Signatures of meters: ECDSA over SHA-256, on the curves that meters sign on.

Meters do not normalise: half of all genuine signatures have a high s, so both halves are accepted.
Two of the curves can be checked by a chain, that of German gateways only here.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

import coincurve
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tonne.crypto.eip712 import CURVE_ORDER as K1_ORDER
from tonne.errors import TonneError, refused


class Curve(IntEnum):
    """Numbers of `Curve` of IMeters."""

    SECP256K1 = 1
    P256 = 2
    BRAINPOOL_P256 = 3

    @property
    def on_chain(self) -> bool:
        """Whether a chain can check a signature on it."""
        return self <= Curve.P256


_CURVES: Final[dict[Curve, type[ec.EllipticCurve]]] = {
    Curve.SECP256K1: ec.SECP256K1,
    Curve.P256: ec.SECP256R1,
    Curve.BRAINPOOL_P256: ec.BrainpoolP256R1,
}
_BY_NAME: Final = {made().name: curve for curve, made in _CURVES.items()}

#: Order of each curve (SEC 2, FIPS 186-4, RFC 5639).
ORDERS: Final[dict[Curve, int]] = {
    Curve.SECP256K1: K1_ORDER,
    Curve.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    Curve.BRAINPOOL_P256: 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
}

#: Prime of the field of secp256k1 (SEC 2).
K1_FIELD: Final = 2**256 - 2**32 - 977

_ECDSA: Final = ec.ECDSA(utils.Prehashed(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point on a curve."""

    curve: Curve
    x: int
    y: int

    @classmethod
    def of_der(cls, der: bytes) -> PublicKey:
        """The key of a SubjectPublicKeyInfo, the form in which makers hand keys out."""
        try:
            found = serialization.load_der_public_key(der)
        except (ValueError, UnsupportedAlgorithm):
            raise _bad_key("It is not a public key in DER form.") from None
        if not isinstance(found, ec.EllipticCurvePublicKey) or found.curve.name not in _BY_NAME:
            raise _bad_key("It lies on none of the curves that meters sign on.")
        numbers = found.public_numbers()
        return cls(_BY_NAME[found.curve.name], numbers.x, numbers.y)

    @classmethod
    def of_words(cls, curve: int, x: bytes, y: bytes) -> PublicKey:
        """As the chain tells of it."""
        return cls(Curve(curve), int.from_bytes(x, "big"), int.from_bytes(y, "big"))

    @property
    def words(self) -> tuple[bytes, bytes]:
        """x and y as the 32 bytes each that the chain keeps."""
        return self.x.to_bytes(32, "big"), self.y.to_bytes(32, "big")


@dataclass(frozen=True, slots=True)
class Signature:
    """The two numbers of an ECDSA signature."""

    r: int
    s: int

    @classmethod
    def of_der(cls, der: bytes) -> Signature:
        try:
            return cls(*utils.decode_dss_signature(der))
        except ValueError:
            raise refused("METER_SIGNATURE_FORM") from None


@dataclass(frozen=True, slots=True)
class Claim:
    """That `key` signed `digest`."""

    key: PublicKey
    digest: bytes
    signature: Signature


def is_signed(claim: Claim) -> bool:
    """Whether the signature is the key's; r and s lie in 1..order-1, s in either half."""
    order = ORDERS[claim.key.curve]
    r, s = claim.signature.r, claim.signature.s
    if not (0 < r < order and 0 < s < order):
        return False
    if claim.key.curve is Curve.SECP256K1 and r < K1_FIELD - order:
        return False  # it stands for two points, and a chain, which recovers the signer, tries one
    try:
        key = _loaded(claim.key)
    except ValueError:  # not on its curve
        return False
    if isinstance(key, coincurve.PublicKey):
        # libsecp256k1 takes the low half only; (r, -s) is the same statement.
        der = utils.encode_dss_signature(r, min(s, order - s))
        return key.verify(der, claim.digest, hasher=None)
    try:
        key.verify(utils.encode_dss_signature(r, s), claim.digest, _ECDSA)
    except InvalidSignature:
        return False
    return True


def check_all(
    claims: Sequence[Claim], pool: Executor | None = None, chunk: int = 500
) -> list[bool]:
    """`is_signed` of each; shared out among the processes of `pool` when there are many."""
    if pool is None or len(claims) <= chunk:
        return [is_signed(claim) for claim in claims]
    packed = [_pack(claims[i : i + chunk]) for i in range(0, len(claims), chunk)]
    return [bool(answer) for answers in pool.map(_check_packed, packed) for answer in answers]


def _pack(claims: Sequence[Claim]) -> list[tuple[int, int, int, bytes, int, int]]:
    """Plain numbers cross to another process faster than objects."""
    return [(c.key.curve, c.key.x, c.key.y, c.digest, c.signature.r, c.signature.s) for c in claims]


def _check_packed(packed: list[tuple[int, int, int, bytes, int, int]]) -> bytes:
    return bytes(
        is_signed(Claim(PublicKey(Curve(curve), x, y), digest, Signature(r, s)))
        for curve, x, y, digest, r, s in packed
    )


@lru_cache(maxsize=200_000)
def _loaded(key: PublicKey) -> coincurve.PublicKey | ec.EllipticCurvePublicKey:
    if key.curve is Curve.SECP256K1:
        return coincurve.PublicKey.from_point(key.x, key.y)
    return ec.EllipticCurvePublicNumbers(key.x, key.y, _CURVES[key.curve]()).public_key()


def _bad_key(message: str) -> TonneError:
    return TonneError(
        "METER_KEY_FORM",
        message,
        field="key",
        remedy="Give the key as SubjectPublicKeyInfo, on secp256k1 or P-256 where the chain shall check it.",
    )
