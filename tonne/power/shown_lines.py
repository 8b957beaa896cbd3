"""Lines shown to their accounts alone, and accounts named to the owners of meters: encrypted to a one-time
key, as `contracts/lib/SharedSecret.sol` does.

The operator draws an ephemeral key for each answer; both sides derive the address of one point, which
encrypts the line's index, its words and its proof. An asker that finds anything else shows the secret of its
one-time key, and the chain decrypts the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from coincurve import PrivateKey, PublicKey
from eth_abi.abi import encode

from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import CURVE_ORDER
from tonne.crypto.hashing import keccak
from tonne.errors import refused
from tonne.power.settlement_runs import AccountLine
from tonne.types.ids import PowerAccountId

Point = tuple[bytes, bytes]
NO_ADDRESS: Final = bytes(20)


class LineAnswer(NamedTuple):
    """`LineAnswer` of IPowerSettlement."""

    x: bytes
    odd: bool
    blocks: list[bytes]


class SealedAccount(NamedTuple):
    """`SealedAccount` of IPowerSettlement."""

    x: bytes
    odd: bool
    word: bytes


def point_of(secret: bytes) -> Point:
    """The public point of a one-time key."""
    packed = PrivateKey(secret).public_key.format(compressed=False)
    return packed[1:33], packed[33:]


def address_of(point: Point) -> str:
    """By which the chain knows a one-time key."""
    return checksum("0x" + keccak(point[0] + point[1])[12:].hex())


def digest_of(answer: LineAnswer | SealedAccount) -> bytes:
    """By which the chain knows an answer."""
    kind = "bytes32[]" if isinstance(answer, LineAnswer) else "bytes32"
    return keccak(encode([f"(bytes32,bool,{kind})"], [tuple(answer)]))


def encrypt(index: int, line: AccountLine, proof: bytes, to: Point, ephemeral: bytes) -> LineAnswer:
    """The answer to a request: the line and its way to the root, for the holder of the one-time key.

    The proof is filled up to a whole word.
    """
    *words, salt = line.shown()
    way = [proof[at : at + 32].ljust(32, b"\0") for at in range(0, len(proof), 32)]
    plain = [index.to_bytes(32, "big"), *(word.to_bytes(32, "big") for word in words), salt, *way]
    x, y = point_of(ephemeral)
    key = _shared(_public(to), ephemeral)
    return LineAnswer(x, bool(y[-1] & 1), _apply(key, plain))


def name_account(account: PowerAccountId, to: Point, ephemeral: bytes) -> SealedAccount:
    """The answer to the owner of a meter: on which account's line its reading is."""
    x, y = point_of(ephemeral)
    key = _shared(_public(to), ephemeral)
    (word,) = _apply(key, [account.to_bytes(32, "big")])
    return SealedAccount(x, bool(y[-1] & 1), word)


def named_account(answer: SealedAccount, secret: bytes) -> int:
    """The account that an answer names; of none where it is 2**32 or more."""
    (word,) = decrypt(LineAnswer(answer.x, answer.odd, [answer.word]), secret)
    return int.from_bytes(word, "big")


def decrypt(answer: LineAnswer, secret: bytes) -> list[bytes]:
    """Index, line and proof, as words: what the chain reads, though the answer's point be none."""
    return _apply(_address_of(answer, secret), answer.blocks)


def _address_of(answer: LineAnswer, secret: bytes) -> bytes:
    """As `SharedSecret.addressOf`: 0 where `ecrecover` knows no such point."""
    if not 0 < int.from_bytes(answer.x, "big") < CURVE_ORDER:
        return NO_ADDRESS
    try:
        point = PublicKey(bytes([3 if answer.odd else 2]) + answer.x)
    except ValueError:
        return NO_ADDRESS
    return _shared(point, secret)


def _public(point: Point) -> PublicKey:
    """LINE_NO_POINT: the chain takes no request to such a key; a node that tells of one is wrong."""
    try:
        return PublicKey(b"\x04" + point[0] + point[1])
    except ValueError as error:
        raise refused("LINE_NO_POINT", point_x=f"0x{point[0].hex()}") from error


def _shared(point: PublicKey, secret: bytes) -> bytes:
    """The address of the point that both sides derive."""
    return keccak(point.multiply(secret).format(compressed=False)[1:])[12:]


def _apply(key: bytes, blocks: Sequence[bytes]) -> list[bytes]:
    masks = (
        keccak(key.rjust(32, b"\0") + place.to_bytes(32, "big")) for place in range(len(blocks))
    )
    return [
        bytes(a ^ b for a, b in zip(block, mask, strict=True))
        for block, mask in zip(blocks, masks, strict=True)
    ]
