"""Raw logs as rows of bytes, and the digest that chains them block by block."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from tonne.audit.proofs.headers import Header

#: First words of every chain of digests: changes when the form does.
FORM: Final = b"tonne audit store 1"


class Row(NamedTuple):
    """A log. Its topics stand behind each other."""

    block: int
    place: int  # index of the log within its block
    time: int  # [s]
    tx_index: int  # of the transaction within its block
    tx: bytes
    address: bytes
    topics: bytes
    data: bytes


class StoredBlock(NamedTuple):
    """A proven block, and the digest of all rows up to it."""

    number: int
    hash: bytes
    parent: bytes
    time: int  # [s]
    state_root: bytes
    receipts: int
    logs: int
    digest: bytes


def row(log: dict[str, Any], time: int) -> Row:
    """A log that its proof has read as strict hexadecimal before."""
    return Row(
        int(log["blockNumber"], 16),
        int(log["logIndex"], 16),
        time,
        int(log["transactionIndex"], 16),
        bytes.fromhex(log["transactionHash"][2:]),
        bytes.fromhex(log["address"][2:]),
        bytes.fromhex("".join([topic[2:] for topic in log["topics"]])),
        bytes.fromhex(log["data"][2:]),
    )


def seed(genesis: bytes, first: int, addresses: Iterable[bytes]) -> bytes:
    """The digest before the first block: of the chain, and of the contracts whose logs are kept."""
    known = b"".join(sorted(addresses))
    return hashlib.sha256(FORM + genesis + first.to_bytes(8, "big") + known).digest()


def block(header: Header, rows: Sequence[Row], before: bytes) -> StoredBlock:
    """A block of these rows behind one with the digest `before`."""
    count = len(header.transactions)
    bare = StoredBlock(
        header.number,
        header.hash,
        header.parent,
        header.time,
        header.state_root,
        count,
        len(rows),
        b"",
    )
    return bare._replace(digest=digest(before, bare, rows))


def digest(before: bytes, of: StoredBlock, rows: Iterable[Row]) -> bytes:
    """SHA-256 over the digest before, the block, and its rows; every field with its length."""
    head = b"%d,%d,%d,%d," % (of.number, of.time, of.receipts, of.logs)
    parts = [before, head, of.hash, of.parent, of.state_root]
    for r in rows:
        parts.append(b"%d,%d,%d,%d," % (r.place, r.tx_index, len(r.topics), len(r.data)))
        parts += (r.tx, r.address, r.topics, r.data)
    return hashlib.sha256(b"".join(parts)).digest()
