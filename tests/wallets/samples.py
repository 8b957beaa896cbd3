"""One message of every signed type, with every field as large as it can be and no two alike."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import Domain, Struct
from tonne.crypto.hashing import keccak
from tools.descriptors import SIGNED, SignedType

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def _value(name: str, kind: str, place: int) -> Any:
    if kind == "bytes32":
        return keccak(name.encode())
    if kind == "address":
        return checksum("0x" + keccak(name.encode())[:20].hex())
    if kind == "bool":
        return True
    return (1 << int(kind[4:])) - 1 - place


def sample(kind: type[Struct]) -> Struct:
    members = zip(fields(kind), kind.TYPES, strict=True)
    values = {f.name: _value(f.name, type_, i) for i, (f, type_) in enumerate(members)}
    return kind(**values)


def domain(signed: SignedType) -> Domain:
    return Domain(f"tonne {signed.contract}", 31_337, CONTRACT)


SAMPLES = [(sample(signed.struct), domain(signed)) for signed in SIGNED]
NAMES = [signed.struct.__name__ for signed in SIGNED]
