"""Records for tests: made here, and real ones where the sample data lies beside the checkout."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tonne.meters.signatures import _CURVES, Curve, PublicKey

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no sample data beside the checkout")

NAMES = {
    Curve.P256: "ECDSA-secp256r1-SHA256",
    Curve.SECP256K1: "ECDSA-secp256k1-SHA256",
    Curve.BRAINPOOL_P256: "ECDSA-brainpool256r1-SHA256",
}


def private(curve: Curve = Curve.P256, number: int = 1) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(0xABCDEF + number, _CURVES[curve]())


def public(curve: Curve = Curve.P256, number: int = 1) -> PublicKey:
    point = private(curve, number).public_key().public_numbers()
    return PublicKey(curve, point.x, point.y)


def sign(body: bytes, curve: Curve = Curve.P256, number: int = 1) -> bytes:
    """DER."""
    digest = hashlib.sha256(body).digest()
    return private(curve, number).sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def reading(**changed) -> dict:
    return {
        "TM": "2026-06-01T00:15:00,000+0200 S",
        "TX": "F",
        "RV": 12.345,
        "RI": "1-b:1.8.0",
        "RU": "kWh",
        "EF": "",
        "ST": "G",
    } | changed


def ocmf(readings, page="F1", curve=Curve.P256, number=1, **changed) -> bytes:
    body = json.dumps({"FV": "1.4", "PG": page, "RD": readings} | changed).encode()
    signed = {"SA": NAMES[curve], "SD": sign(body, curve, number).hex()}
    return b"OCMF|" + body + b"|" + json.dumps(signed).encode()
