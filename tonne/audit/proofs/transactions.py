"""Senders of transactions, proven: the transactions of a block have the root in its linked header.

A receipt binds no sender. Events that name no actor are put down to the account that signed: its signature is
read out of the transaction, whose bytes are those that the header's root holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tonne.audit.proofs import headers, seals
from tonne.audit.proofs.encoding import MALFORMED, data, integer, number, sequence, string
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.tries import ordered_root
from tonne.chain.rpc import Rpc
from tonne.crypto.accounts import checksum
from tonne.crypto.eip712 import SignatureError, recover_digest
from tonne.crypto.hashing import keccak

#: Place of the transactions' root among a header's fields.
ROOT: Final = 4
#: `v` of a signature without a chain, and with one: from here on, two for each chain.
PLAIN, OF_CHAIN = 27, 35

Json = dict[str, Any]


def senders(rpc: Rpc, blocks: Mapping[int, bytes]) -> dict[str, str]:
    """Sender by transaction hash, of all transactions of some blocks; `blocks` has each one's proven hash.

    Raises `Refuted` where a block's transactions are not those of its header.
    """
    asked = [("eth_getBlockByNumber", [hex(number_), True]) for number_ in blocks]
    found: dict[str, str] = {}
    for (place, known), answer in zip(blocks.items(), rpc.batch_or_raise(asked), strict=True):
        found |= of_block(place, known, answer)
    return found


def of_block(place: int, known: bytes, answer: Any) -> dict[str, str]:
    """Sender by transaction hash, in the block's order; `known` is its proven hash."""
    try:
        told: list[Json] = answer["transactions"]
        named = {**answer, "transactions": [tx["hash"] for tx in told]}
        header = headers.read(named, place, seals.without_seals)
        raws = [encoded(tx) for tx in told]
        if header.hash != known or string(ordered_root(raws)) != header.fields[ROOT]:
            raise Refuted(
                "AUDIT_TRANSACTIONS_FALSE",
                f"The transactions of block {place} do not have the root in its header.",
                place,
            )
        return {"0x" + keccak(raw).hex(): sender(tx) for raw, tx in zip(raws, told, strict=True)}
    except (*MALFORMED, SignatureError) as error:
        raise Refuted(
            "AUDIT_ANSWER_MALFORMED",
            f"The transactions of block {place} cannot be read: {error!r:.100}",
            place,
        ) from None


def encoded(tx: Json) -> bytes:
    """A signed transaction as the trie holds it."""
    kind = number(tx.get("type") or "0x0")
    signature = [_quantity(tx, "r"), _quantity(tx, "s")]
    if not kind:
        return sequence([*_legacy(tx), _quantity(tx, "v"), *signature])
    parity = integer(_parity(tx))
    return bytes((kind,)) + sequence([*_typed(tx, kind), parity, *signature])


def sender(tx: Json) -> str:
    """The account whose signature a transaction has."""
    kind = number(tx.get("type") or "0x0")
    if kind:
        digest = keccak(bytes((kind,)) + sequence(_typed(tx, kind)))
    else:
        v = number(tx["v"])
        chain = [integer((v - OF_CHAIN) // 2), string(b""), string(b"")] if v >= OF_CHAIN else []
        digest = keccak(sequence([*_legacy(tx), *chain]))
    words = number(tx["r"]).to_bytes(32, "big") + number(tx["s"]).to_bytes(32, "big")
    return checksum(recover_digest(digest, words + bytes((PLAIN + _parity(tx),))))


def _parity(tx: Json) -> int:
    """0 or 1: which of two keys signed."""
    if number(tx.get("type") or "0x0"):
        return number(tx["yParity"] if tx.get("yParity") is not None else tx["v"])
    v = number(tx["v"])
    return (v - OF_CHAIN) % 2 if v >= OF_CHAIN else v - PLAIN


def _legacy(tx: Json) -> list[bytes]:
    prices = [_quantity(tx, name) for name in ("nonce", "gasPrice", "gas")]
    return [*prices, *_call(tx)]


def _typed(tx: Json, kind: int) -> list[bytes]:
    """Fields of a typed transaction before its signature: EIP-2930, 1559, 4844 and 7702."""
    if kind not in (1, 2, 3, 4):
        raise ValueError(f"type {kind}")
    prices = ("gasPrice",) if kind == 1 else ("maxPriorityFeePerGas", "maxFeePerGas")
    fields = [_quantity(tx, name) for name in ("chainId", "nonce", *prices, "gas")]
    fields += [*_call(tx), sequence(_access(tx))]
    if kind == 3:
        hashes = sequence(string(data(word, 32)) for word in tx["blobVersionedHashes"])
        fields += [_quantity(tx, "maxFeePerBlobGas"), hashes]
    if kind == 4:
        fields.append(sequence(_delegation(each) for each in tx["authorizationList"]))
    return fields


def _call(tx: Json) -> list[bytes]:
    to = tx.get("to")
    target = string(b"" if to is None else data(to, 20))
    return [target, _quantity(tx, "value"), string(data(tx["input"]))]


def _access(tx: Json) -> Iterable[bytes]:
    for entry in tx.get("accessList") or ():
        keys = sequence(string(data(key, 32)) for key in entry["storageKeys"])
        yield sequence((string(data(entry["address"], 20)), keys))


def _delegation(each: Json) -> bytes:
    address = string(data(each["address"], 20))
    signature = [_quantity(each, name) for name in ("yParity", "r", "s")]
    return sequence([_quantity(each, "chainId"), address, _quantity(each, "nonce"), *signature])


def _quantity(of: Json, name: str) -> bytes:
    return integer(number(of[name]))
