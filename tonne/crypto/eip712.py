"""EIP-712: typed structs, their digests, and who signed them.

A signed type is a frozen dataclass whose fields, in order and by name, are the struct. Every field is
atomic, so that a struct hash is one keccak over the type hash and 32 bytes for each field.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, ClassVar, Final, TypeVar

from coincurve import PublicKey
from eth_utils.address import to_checksum_address

from tonne.crypto.hashing import keccak
from tonne.errors import TonneError

#: Order of secp256k1: a private key is in [1, N), and an s above half of it is refused everywhere.
CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

DOMAIN_FIELDS: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)
DOMAIN_TYPEHASH: Final = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)

ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_WHOLE: Final = re.compile(r"[0-9]{1,78}")  # of 256 bits at most


class SignatureError(TonneError):
    """A signature that is malformed, malleable or recovers to no address."""


class TypedDataError(TonneError):
    """A value that its EIP-712 type cannot hold."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts: one contract on one chain."""

    name: str
    chain_id: int
    contract: str
    version: str = "1"

    @property
    def separator(self) -> bytes:
        """Keccak of the encoded domain."""
        return _separator(self.name, self.version, self.chain_id, self.contract.lower())


@cache
def _separator(name: str, version: str, chain_id: int, contract: str) -> bytes:
    return keccak(
        DOMAIN_TYPEHASH
        + keccak(name.encode())
        + keccak(version.encode())
        + chain_id.to_bytes(32, "big")
        + bytes.fromhex(contract.removeprefix("0x")).rjust(32, b"\0")
    )


@dataclass(frozen=True, slots=True)
class Struct:
    """Base of the signed structs: subclasses give `TYPES`, one EIP-712 type for each field."""

    TYPES: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name, kind in _members(type(self)):
            value = getattr(self, name)
            if kind == "bytes32":
                ok = isinstance(value, bytes) and len(value) == 32
            elif kind == "bool":
                ok = type(value) is bool
            elif kind == "address":
                ok = isinstance(value, str) and ADDRESS.fullmatch(value) is not None
            else:
                # A bool is an int to Python, and never an amount.
                ok = type(value) is int and 0 <= value < 1 << int(kind[4:])
            if not ok:
                raise TypedDataError(
                    "TYPED_DATA_RANGE",
                    f"{type(self).__name__}.{name} is not a {kind}: {value!r}.",
                    field=name,
                    value=value,
                    remedy=f"Give a value that fits {kind}.",
                )

    @classmethod
    def type_string(cls) -> str:
        """The EIP-712 encodeType of the struct."""
        return f"{cls.__name__}({','.join(f'{kind} {name}' for name, kind in _members(cls))})"

    @classmethod
    def type_hash(cls) -> bytes:
        """Keccak of {type_string}."""
        return _type_hash(cls)


_MEMBERS: Final[dict[type[Struct], tuple[tuple[str, str], ...]]] = {}
_TYPE_HASHES: Final[dict[type[Struct], bytes]] = {}


def _members(cls: type[Struct]) -> tuple[tuple[str, str], ...]:
    """Names and types of the fields; found once for each type."""
    found = _MEMBERS.get(cls)
    if found is None:
        names = (f.name for f in fields(cls))
        found = _MEMBERS[cls] = tuple(zip(names, cls.TYPES, strict=True))
    return found


def _type_hash(cls: type[Struct]) -> bytes:
    found = _TYPE_HASHES.get(cls)
    if found is None:
        found = _TYPE_HASHES[cls] = keccak(cls.type_string().encode())
    return found


# Hashing


def struct_hash(struct: Struct) -> bytes:
    """The EIP-712 hash of a struct, without domain."""
    parts = [_type_hash(type(struct))]
    for name, _ in _members(type(struct)):
        value = getattr(struct, name)
        if type(value) is str:
            value = int(value, 16)  # an address
        parts.append(value if type(value) is bytes else int(value).to_bytes(32, "big"))
    return keccak(b"".join(parts))


def digest(struct: Struct, domain: Domain) -> bytes:
    """Digest to be signed: struct hash bound to contract and chain."""
    return keccak(b"\x19\x01" + domain.separator + struct_hash(struct))


def as_typed_data(struct: Struct, domain: Domain) -> dict[str, Any]:
    """The struct as wallets and `eth_account.messages.encode_typed_data` take it."""
    return {
        "types": {
            "EIP712Domain": [{"name": n, "type": t} for n, t in DOMAIN_FIELDS],
            type(struct).__name__: [{"name": n, "type": t} for n, t in _members(type(struct))],
        },
        "primaryType": type(struct).__name__,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        "message": as_json(struct),
    }


def as_json(struct: Struct) -> dict[str, Any]:
    """The fields of a struct as wallets and files have them; {from_json} reads them."""
    return {name: _as_json(value) for name, value in asdict(struct).items()}


def _as_json(value: Any) -> Any:
    """A value as wallets read it: JavaScript keeps whole numbers up to 2^53 only, so larger ones are text."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if type(value) is int and value >= 1 << 53:
        return str(value)
    return value


_S = TypeVar("_S", bound=Struct)


def from_json(kind: type[_S], values: Any) -> _S:
    """The struct of {as_json}: just its fields, each fitting its type; ValueError or TypedDataError else.

    Text stands for a whole number only where its type has numbers that need it.
    """
    members = dict(_members(kind))
    if not isinstance(values, dict) or set(values) != set(members):
        raise ValueError(f"{kind.__name__} has not just the fields {', '.join(sorted(members))}")
    return kind(**{name: _from_json(type_, values[name]) for name, type_ in members.items()})


def _from_json(kind: str, value: Any) -> Any:
    if kind == "bytes32" and isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    wide = kind.startswith("uint") and int(kind[4:]) > 53
    return int(value) if wide and isinstance(value, str) and _WHOLE.fullmatch(value) else value


# Signatures


def recover(struct: Struct, domain: Domain, signature: bytes) -> str:
    """The checksummed address that signed; SignatureError when no key can have."""
    return recover_digest(digest(struct, domain), signature)


def recover_digest(message: bytes, signature: bytes) -> str:
    """The checksummed address that signed a digest; refuses the forms that the contracts refuse."""
    if len(signature) == 64:
        signature = expand(signature)
    if len(signature) != 65:
        raise _bad_signature("SIGNATURE_LENGTH", f"has {len(signature)} bytes, not 65", signature)
    if signature[64] not in (27, 28):
        raise _bad_signature("SIGNATURE_V", f"has v = {signature[64]}, not 27 or 28", signature)
    if int.from_bytes(signature[32:64], "big") > CURVE_ORDER // 2:
        raise _bad_signature("SIGNATURE_HIGH_S", "has s in the upper half", signature)
    try:
        public = PublicKey.from_signature_and_message(
            signature[:64] + bytes([signature[64] - 27]), message, hasher=None
        )
    except Exception as error:  # coincurve raises bare Exception and ValueError
        raise _bad_signature("SIGNATURE_INVALID", "recovers to no address", signature) from error
    return to_checksum_address(keccak(public.format(compressed=False)[1:])[12:])


def compact(signature: bytes) -> tuple[bytes, bytes]:
    """The two words of ERC-2098 the contracts take: r, and s with the recovery bit on top."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise _bad_signature("SIGNATURE_LENGTH", "is not r, s, v with v 27 or 28", signature)
    s = int.from_bytes(signature[32:64], "big")
    if s > CURVE_ORDER // 2:
        raise _bad_signature("SIGNATURE_HIGH_S", "has s in the upper half", signature)
    return signature[:32], (s | (signature[64] - 27) << 255).to_bytes(32, "big")


def expand(signature: bytes) -> bytes:
    """The 65-byte form of a compact (64-byte) signature."""
    if len(signature) != 64:
        raise _bad_signature("SIGNATURE_LENGTH", f"has {len(signature)} bytes, not 64", signature)
    word = int.from_bytes(signature[32:], "big")
    s = word & (1 << 255) - 1
    return signature[:32] + s.to_bytes(32, "big") + bytes([27 + (word >> 255)])


def _bad_signature(code: str, what: str, signature: bytes) -> SignatureError:
    return SignatureError(
        code,
        f"The signature {what}.",
        field="signature",
        value="0x" + signature.hex(),
        remedy="Sign again with a key that gives r, low s, v.",
    )
