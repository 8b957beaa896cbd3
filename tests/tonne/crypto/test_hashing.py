"""Whichever library is there, the hash is the chain's."""

from __future__ import annotations

import importlib
import sys

import pytest
from eth_hash.auto import keccak as reference

from tonne.crypto import hashing


@pytest.fixture(params=["as installed", "without sha3"])
def keccak(request, monkeypatch):
    if request.param == "without sha3":
        monkeypatch.setitem(sys.modules, "sha3", None)
    yield importlib.reload(hashing).keccak
    monkeypatch.undo()
    importlib.reload(hashing)


def test_it_is_keccak_and_not_the_later_sha3(keccak):
    assert keccak(b"").hex().startswith("c5d2460186f7")
    for length in (1, 32, 135, 136, 137, 1_000):
        assert keccak(b"\xa5" * length) == reference(b"\xa5" * length)
