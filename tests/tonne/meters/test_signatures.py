"""Signatures of meters on each curve: both halves of s, the edges of r and s, and keys in DER."""

from __future__ import annotations

import hashlib
from concurrent.futures import ProcessPoolExecutor

import coincurve
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from tonne.errors import TonneError
from tonne.meters.signatures import (
    _CURVES,
    ORDERS,
    Claim,
    Curve,
    PublicKey,
    Signature,
    check_all,
    is_signed,
)

DIGEST = hashlib.sha256(b"a reading").digest()
PREHASHED = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
ALL = pytest.mark.parametrize("curve", list(Curve))


def made(curve: Curve) -> Claim:
    private = ec.derive_private_key(0x1234567 + curve, _CURVES[curve]())
    point = private.public_key().public_numbers()
    signature = Signature(*utils.decode_dss_signature(private.sign(DIGEST, PREHASHED)))
    return Claim(PublicKey(curve, point.x, point.y), DIGEST, signature)


@ALL
def test_both_halves_of_s_are_accepted(curve):
    claim = made(curve)
    r, s = claim.signature.r, claim.signature.s
    for half in (s, ORDERS[curve] - s):
        assert is_signed(Claim(claim.key, DIGEST, Signature(r, half)))


@ALL
def test_numbers_outside_the_group_are_refused(curve):
    claim = made(curve)
    r, s, n = claim.signature.r, claim.signature.s, ORDERS[curve]
    for bad in ((0, s), (r, 0), (n, s), (r, n), (r + n, s), (r, s + n), (-r, s)):
        assert not is_signed(Claim(claim.key, DIGEST, Signature(*bad))), bad


@ALL
def test_another_digest_or_key_is_refused(curve):
    claim = made(curve)
    assert not is_signed(Claim(claim.key, hashlib.sha256(b"another").digest(), claim.signature))
    other = PublicKey(curve, claim.key.x, claim.key.y + 1)  # on no curve
    assert not is_signed(Claim(other, DIGEST, claim.signature))


@ALL
def test_a_key_in_der_is_read(curve):
    private = ec.derive_private_key(0x1234567 + curve, _CURVES[curve]())
    der = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert PublicKey.of_der(der) == made(curve).key


def test_only_two_curves_can_be_proved_on_a_chain():
    assert [curve for curve in Curve if curve.on_chain] == [Curve.SECP256K1, Curve.P256]


def test_what_is_no_key_of_a_meter_is_refused():
    other = ed25519.Ed25519PrivateKey.generate().public_key()
    der = other.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for bad in (b"", b"\x30\x00", der):
        with pytest.raises(TonneError) as refused:
            PublicKey.of_der(bad)
        assert refused.value.code == "METER_KEY_FORM"


def test_many_are_checked_in_other_processes_with_the_same_answers():
    good = [made(curve) for curve in (Curve.P256, Curve.SECP256K1)] * 4
    bad = Claim(good[0].key, DIGEST, Signature(1, 1))
    with ProcessPoolExecutor(1) as pool:
        assert check_all([*good, bad], pool, chunk=3) == [True] * 8 + [False]


def test_a_signature_that_stands_for_two_points_is_none():
    """Its x is beyond the order: a chain recovers the signer from another point, and finds no such one."""
    field, order = 2**256 - 2**32 - 977, ORDERS[Curve.SECP256K1]
    digest, s = hashlib.sha256(b"made for it").digest(), 7
    square = next(
        (x, (x**3 + 7) % field)
        for x in range(order + 1, order + 100)
        if pow(x**3 + 7, (field - 1) // 2, field) == 1
    )
    point = coincurve.PublicKey.from_point(square[0], pow(square[1], (field + 1) // 4, field))
    r = square[0] - order
    parts = (
        (s, point),
        (-int.from_bytes(digest, "big"), coincurve.PrivateKey.from_int(1).public_key),
    )
    signer = coincurve.PublicKey.combine_keys(
        [
            part.multiply((times * pow(r, -1, order) % order).to_bytes(32, "big"))
            for times, part in parts
        ]
    )
    key = PublicKey(Curve.SECP256K1, *signer.point())
    der = utils.encode_dss_signature(r, s)
    assert signer.verify(der, digest, hasher=None)
    assert not is_signed(Claim(key, digest, Signature(r, s)))
