"""Answers that are sealed to a one-time key."""

from __future__ import annotations

import hashlib

import pytest
from coincurve import PrivateKey, PublicKey

from tonne.crypto.sealing import OneTimeKey, info_of, seal
from tonne.errors import TonneError

INFO = info_of(31_337, "0x" + "11" * 20, 7)


def test_its_private_key_alone_opens_what_was_sealed():
    key, data = OneTimeKey.make(), bytes(range(200))
    sealed = seal(data, key.public, INFO)
    assert key.open(sealed, INFO) == data
    assert OneTimeKey.make().open(sealed, INFO) != data
    assert key.open(sealed, info_of(31_337, "0x" + "11" * 20, 8)) != data


def test_the_same_bytes_are_sealed_otherwise_each_time():
    key = OneTimeKey.make()
    assert seal(b"a leaf", key.public, INFO) != seal(b"a leaf", key.public, INFO)


def test_the_derived_key_is_that_of_the_contract():
    """SHA-256(x, number, info) for each 32 bytes, from number 1 on."""
    key = OneTimeKey.make()
    sealed = seal(bytes(40), key.public, INFO)
    x = PublicKey(sealed[:33]).multiply(key.secret).format(compressed=False)[1:33]
    derived = b"".join(hashlib.sha256(x + n.to_bytes(4, "big") + INFO).digest() for n in (1, 2))
    assert sealed[33:] == derived[:40]
    assert key.shared(sealed)[0] == x


def test_bytes_without_a_point_open_to_nothing():
    key = OneTimeKey.make()
    for sealed in (b"", b"\2" * 20, b"\5" + bytes(40), b"\2" + (5).to_bytes(32, "big") + b"x"):
        assert key.open(sealed, INFO) is None
        assert key.shared(sealed) == (bytes(32), bytes(32))


def test_a_key_is_kept_for_its_owner_alone(tmp_path):
    key, path = OneTimeKey.make(), tmp_path / "key.json"
    key.write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert OneTimeKey.read(path) == key
    assert key.public[0] == PrivateKey(key.secret).public_key.format(compressed=False)[1:33]


@pytest.mark.parametrize("content", ["", "{}", '{"oneTimeKey": "00"}', '{"oneTimeKey": 5}'])
def test_a_broken_file_of_a_key_is_refused(tmp_path, content):
    path = tmp_path / "key.json"
    path.write_text(content)
    with pytest.raises(TonneError) as refused:
        OneTimeKey.read(path)
    assert refused.value.code == "SEALING_KEY_FORM"
