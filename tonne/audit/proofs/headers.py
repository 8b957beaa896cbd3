"""Block headers, each with the hash of its own fields, linked from a first block to a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.proofs.encoding import MALFORMED, data, integer, number, sequence, string
from tonne.audit.proofs.findings import Refuted
from tonne.chain.rpc import Rpc
from tonne.crypto.hashing import keccak

#: Headers of one batch.
HEADERS: Final = 100


def _word(text: Any) -> bytes:
    return string(data(text, 32))


def _quantity(text: Any) -> bytes:
    return integer(number(text))


#: Fields in the order of the hash: those of every chain, and of forks. A header has the later ones that
#: its fork knows; which these are is proven by the hash itself.
ALWAYS: Final[tuple[tuple[str, Callable[[Any], bytes]], ...]] = (
    ("parentHash", _word),
    ("sha3Uncles", _word),
    ("miner", lambda text: string(data(text, 20))),
    ("stateRoot", _word),
    ("transactionsRoot", _word),
    ("receiptsRoot", _word),
    ("logsBloom", lambda text: string(data(text, 256))),
    ("difficulty", _quantity),
    ("number", _quantity),
    ("gasLimit", _quantity),
    ("gasUsed", _quantity),
    ("timestamp", _quantity),
    ("extraData", lambda text: string(data(text))),
    ("mixHash", _word),
    ("nonce", lambda text: string(data(text, 8))),
)
SINCE_FORKS: Final[tuple[tuple[str, Callable[[Any], bytes]], ...]] = (
    ("baseFeePerGas", _quantity),  # London
    ("withdrawalsRoot", _word),  # Shanghai
    ("blobGasUsed", _quantity),  # Cancun
    ("excessBlobGas", _quantity),
    ("parentBeaconBlockRoot", _word),
    ("requestsHash", _word),  # Prague
    ("blockAccessListHash", _word),  # Amsterdam
    ("slotNumber", _quantity),
)
EXTRA: Final = 12  # place of extraData


@dataclass(frozen=True, slots=True)
class Header:
    """What a header proves once its hash is linked."""

    number: int
    hash: bytes
    parent: bytes
    time: int  # [s]
    state_root: bytes
    receipts_root: bytes
    transactions: tuple[
        bytes, ...
    ]  # hashes, as the node lists them: the root of them is not rebuilt
    fields: tuple[bytes, ...]  # encoded, in the order of the hash
    extra: bytes

    def hash_with(self, extra: bytes) -> bytes:
        """Hash of the header with other extra data, as seals are computed."""
        before, after = self.fields[:EXTRA], self.fields[EXTRA + 1 :]
        return keccak(sequence((*before, string(extra), *after)))


#: Computes the extra data under which a sealed chain hashes its headers.
Hashed = Callable[[bytes], bytes | None]


def read(answer: Any, expected: int, hashed: Hashed = lambda _: None) -> Header:
    """The header of block `expected`; raises `Refuted` if it does not hash to its own hash.

    `hashed` gives the extra data without the part that a BFT chain leaves out of the hash.
    """
    try:
        header = _fields(answer)
    except MALFORMED as error:
        raise Refuted(
            "AUDIT_ANSWER_MALFORMED",
            f"The header of block {expected} cannot be read: {error!r:.100}",
            expected,
        ) from None
    sealed = hashed(header.extra)
    own = keccak(sequence(header.fields)) if sealed is None else header.hash_with(sealed)
    if own != header.hash or header.number != expected:
        raise Refuted(
            "AUDIT_HEADER_FALSE",
            f"The fields of block {expected} do not hash to the hash that the node gives it.",
            expected,
        )
    return header


def _fields(answer: Mapping[str, Any]) -> Header:
    later = [(name, write) for name, write in SINCE_FORKS if answer.get(name) is not None]
    extra = data(answer["extraData"])
    return Header(
        number=number(answer["number"]),
        hash=data(answer["hash"], 32),
        parent=data(answer["parentHash"], 32),
        time=number(answer["timestamp"]),
        state_root=data(answer["stateRoot"], 32),
        receipts_root=data(answer["receiptsRoot"], 32),
        transactions=tuple(data(tx, 32) for tx in answer["transactions"]),
        fields=tuple(write(answer[name]) for name, write in (*ALWAYS, *later)),
        extra=extra,
    )


def linked(
    rpc: Rpc, first: int, last: int, parent: bytes | None, hashed: Hashed = lambda _: None
) -> Iterator[Header]:
    """Headers of blocks first to last, each with the hash of the one before it as its parent's.

    The first one's parent is `parent` where that is given.
    """
    for start in range(first, last + 1, HEADERS):
        asked = range(start, min(start + HEADERS, last + 1))
        answers = rpc.batch_or_raise([("eth_getBlockByNumber", [hex(n), False]) for n in asked])
        for place, answer in zip(asked, answers, strict=True):
            header = read(answer, place, hashed)
            if parent is not None and header.parent != parent:
                raise Refuted(
                    "AUDIT_CHAIN_BROKEN",
                    f"Block {place} does not follow block {place - 1}: it names another parent.",
                    place,
                )
            parent = header.hash
            yield header
