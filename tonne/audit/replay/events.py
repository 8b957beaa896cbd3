"""All events of a market up to one block, from the word of a node or from proofs.

A node that is believed can answer a range with fewer logs than there are: it may lag, cap silently, or
be asked past its head. So the head is fixed first, ranges are bisected on any refusal, every block that
holds a log is asked for by its header, and the head's hash is looked at again when all has been read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tonne.chain.client import Chain
from tonne.chain.contract import Event
from tonne.chain.rpc import RpcFailure, quantity
from tonne.errors import TonneError, refused

#: Blocks in the first `eth_getLogs`; then as many as give about this many logs.
FIRST_BLOCKS: Final = 50
MOST_BLOCKS: Final = 10_000
FEW_LOGS, MANY_LOGS = 2_000, 8_000

#: A log as `eth_getLogs` answers it.
Log = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pinned:
    """The block at which all values are compared."""

    number: int
    hash: str
    time: int  # [s]


@dataclass(frozen=True, slots=True)
class Dated:
    """An event with the time of its block [s]."""

    event: Event
    time: int

    @property
    def tx(self) -> str:
        """Hash of its transaction."""
        return self.event.tx_hash


def pin(chain: Chain, number: int | None = None) -> Pinned:
    """The latest block, or the one named; it must exist on this node."""
    wanted = "latest" if number is None else hex(number)
    # In a body of its own: web3.py takes longer to load than a result that is kept to be looked up.
    (block,) = chain.rpc.batch_or_raise([("eth_getBlockByNumber", [wanted, False])])
    if block is None:
        raise refused("AUDIT_PAST_HEAD", block=number)
    found = block if isinstance(block, dict) else {}
    place, moment = found.get("number"), found.get("timestamp")
    return Pinned(
        quantity(place, "a block's number"),
        str(found.get("hash")),
        quantity(moment, "a block's time"),
    )


class EventSource(Protocol):
    """Where events come from: the word of a node, proofs, or a store of what was proven."""

    def stretches(
        self, first: int, head: Pinned, unknown: list[Log]
    ) -> Iterator[tuple[int, list[Dated]]]:
        """How many blocks each stretch from `first` to `head` has, and its events in order."""


class LogSource(ABC):
    """A source that is asked for the logs of some blocks at a time."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    @abstractmethod
    def logs(self, first: int, last: int) -> tuple[list[Log], dict[str, int]]:
        """Logs of the known contracts in blocks first to last in order, and times [s] by block number."""

    def stretches(
        self, first: int, head: Pinned, unknown: list[Log]
    ) -> Iterator[tuple[int, list[Dated]]]:
        start, size = first, FIRST_BLOCKS
        while start <= head.number:
            end = min(start + size - 1, head.number)
            logs, times = self.logs(start, end)
            found = []
            for log in logs:
                event = self._chain.event(log)
                if event is None:
                    unknown.append(log)
                else:
                    found.append(Dated(event, times[log["blockNumber"]]))
            yield end - start + 1, found
            start = end + 1
            if len(logs) < FEW_LOGS:
                size = min(size * 2, MOST_BLOCKS)
            elif len(logs) > MANY_LOGS:
                size = max(size // 2, 1)


class NodeWord(LogSource):
    """Logs as the node tells them."""

    def logs(self, first: int, last: int) -> tuple[list[Log], dict[str, int]]:
        addresses = [contract.address for contract in self._chain.contracts.values()]
        logs = _logs(self._chain, addresses, first, last)
        return logs, block_times(self._chain, logs)


def read(
    chain: Chain,
    first_block: int,
    head: Pinned,
    unknown: list[Log],
    source: EventSource | None = None,
) -> Iterator[tuple[int, list[Dated]]]:
    """Events of the contracts known to `chain` up to `head`, a stretch of blocks at a time.

    Yields how many blocks a stretch has, and its events in order. Logs that no ABI explains are
    added to `unknown`. Only one stretch is held at a time. Without a source the node is believed.
    """
    yield from (source or NodeWord(chain)).stretches(first_block, head, unknown)
    stands(chain, head)


def stands(chain: Chain, head: Pinned) -> None:
    """Raises when the chain has another block in that place by now."""
    if pin(chain, head.number).hash != head.hash:
        raise TonneError(
            "AUDIT_REORGANISED",
            f"Block {head.number} was replaced while it was read.",
            field="block",
            value=head.hash,
            remedy="Run the audit again, at a block that is final.",
        )


def _logs(chain: Chain, addresses: list[str], first: int, last: int) -> list[Log]:
    query = {"address": addresses, "fromBlock": hex(first), "toBlock": hex(last)}
    try:
        found: list[Log] = chain.rpc.call("eth_getLogs", query)
        return found
    except RpcFailure:
        if first == last:
            raise
        middle = (first + last) // 2
        return _logs(chain, addresses, first, middle) + _logs(chain, addresses, middle + 1, last)


def block_times(chain: Chain, logs: list[Log]) -> dict[str, int]:
    """Time of each block with a log; its header must be the block the log says it is of."""
    times = {
        log["blockNumber"]: int(log["blockTimestamp"], 16)
        for log in logs
        if log.get("blockTimestamp") is not None
    }
    hashes = {log["blockNumber"]: log["blockHash"] for log in logs}
    missing = [number for number in hashes if number not in times]
    headers = chain.rpc.batch_or_raise(
        ("eth_getBlockByNumber", [number, False]) for number in missing
    )
    for number, header in zip(missing, headers, strict=True):
        if header is None or header["hash"] != hashes[number]:
            raise TonneError(
                "AUDIT_REORGANISED",
                f"A log of block {int(number, 16)} is not of the block the node has now.",
                field="block",
                value=hashes[number],
                remedy="Run the audit again, at a block that is final.",
            )
        times[number] = int(header["timestamp"], 16)
    return times
