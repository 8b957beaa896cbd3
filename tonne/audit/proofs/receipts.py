"""Logs proven by the receipts of their block: the root of all receipts must be the header's.

No receipt and no log can then be left out, added or changed. The root binds status, gas, bloom and logs;
a log's index is counted. It does not bind hashes of transactions: these only have to be the block's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tonne.audit.proofs.encoding import (
    EMPTY_STRING,
    MALFORMED,
    data,
    integer,
    number,
    sequence,
    string,
)
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.headers import Header
from tonne.audit.proofs.tries import ordered_root

Json = dict[str, Any]

#: Status 0 as Ganache writes it: the byte, where the protocol has the empty string.
GANACHE_FAILED: Final = b"\x00"

_PREFIX: Final = {20: b"\x94", 32: b"\xa0"}


def check(header: Header, receipts: Any, ganache: bool = False) -> list[Json]:
    """The logs of a block in order; raises `Refuted` unless its receipts have the header's root."""
    try:
        encoded = [_receipt(receipt, EMPTY_STRING) for receipt in receipts]
        root = ordered_root(encoded)
        if root != header.receipts_root and ganache:
            root = ordered_root([_receipt(receipt, GANACHE_FAILED) for receipt in receipts])
        if root != header.receipts_root:
            raise Refuted(
                "AUDIT_RECEIPTS_FALSE",
                f"The receipts of block {header.number} do not have the root in its header:"
                " a log was left out, added or changed.",
                header.number,
            )
        return _logs(header, receipts)
    except MALFORMED as error:
        raise Refuted(
            "AUDIT_ANSWER_MALFORMED",
            f"The receipts of block {header.number} cannot be read: {error!r:.100}",
            header.number,
        ) from None


def _receipt(receipt: Json, failed: bytes) -> bytes:
    """A receipt as the trie holds it: its type, then status, gas, bloom and logs."""
    kind = number(receipt.get("type") or "0x0")
    logs = sequence([_log(log) for log in receipt["logs"]])
    bloom = b"\xb9\x01\x00" + data(receipt["logsBloom"], 256)
    gas = integer(number(receipt["cumulativeGasUsed"]))
    body = sequence((_status(receipt, failed), gas, bloom, logs))
    if not 0 <= kind < 0x80:
        raise ValueError(f"type {kind}")
    return bytes((kind,)) + body if kind else body


def _status(receipt: Json, failed: bytes) -> bytes:
    """1, or 0; before Byzantium the root of the state behind the transaction."""
    if receipt.get("status") is None:
        return string(data(receipt["root"], 32))
    status = number(receipt["status"])
    if status not in (0, 1):
        raise ValueError(f"status {status}")
    return b"\x01" if status else failed


def _log(log: Json) -> bytes:
    topics = sequence([b"\xa0" + data(topic, 32) for topic in log["topics"]])
    return sequence((b"\x94" + data(log["address"], 20), topics, string(data(log["data"]))))


def _logs(header: Header, receipts: Sequence[Json]) -> list[Json]:
    """The logs, whose places must be those that are counted here."""
    block, place = "0x" + header.hash.hex(), 0
    hashes = [data(receipt["transactionHash"], 32) for receipt in receipts]
    if tuple(hashes) != header.transactions or len(set(hashes)) != len(hashes):
        raise _misplaced(header, "the transactions are not those of the block")
    found = []
    for index, receipt in enumerate(receipts):
        of = (block, header.number, receipt["transactionHash"], index)
        if _place(receipt) != of:
            raise _misplaced(header, f"receipt {index} says that it is of another place")
        for log in receipt["logs"]:
            if _place(log) != of or number(log["logIndex"]) != place:
                raise _misplaced(header, f"log {place} says that it is of another place")
            found.append(log)
            place += 1
    return found


def _place(entry: Json) -> tuple[str, int, str, int]:
    """Block and transaction that a receipt or log says it is of."""
    return (
        entry["blockHash"],
        number(entry["blockNumber"]),
        entry["transactionHash"],
        number(entry["transactionIndex"]),
    )


def _misplaced(header: Header, fault: str) -> Refuted:
    return Refuted(
        "AUDIT_RECEIPT_MISPLACED",
        f"The receipts of block {header.number} contradict each other: {fault}.",
        header.number,
    )
