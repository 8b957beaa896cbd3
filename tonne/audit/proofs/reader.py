"""The proven reader: logs of the blocks that are linked by hash to a checkpoint, and no others.

A checkpoint is a block and its hash. Its hash pins every header, log and time before it. The reader cannot
know by itself that it is the block of the true chain: others vouch for that (`vouchers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tonne.audit.proofs import headers, receipts, seals
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.headers import Header
from tonne.audit.proofs.tries import EMPTY_ROOT
from tonne.audit.replay.events import Log, LogSource, Pinned, pin
from tonne.chain.client import Chain
from tonne.chain.rpc import Rpc, RpcFailure

#: Transactions of one batch of receipts, or the blocks that have as many.
TRANSACTIONS: Final = 1_000
#: JSON-RPC: the node does not know the method; the last is Ganache's.
UNKNOWN_METHODS: Final = (-32601, -32004, -32700)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A block and its hash, known otherwise than from the node."""

    number: int
    hash: str


@dataclass(slots=True)
class Proof:
    """How far a history is proven, and by what."""

    first: int
    last: int
    hash: str
    vouchers: list[str]  # of the last block's hash
    blocks: int = 0
    receipts: int = 0
    slots: int = 0  # of ledgers, proven against the state root
    no_slots: str = ""  # why there are none
    state_root: bytes = field(default=b"", repr=False)

    def __str__(self) -> str:
        by = ", ".join(self.vouchers) or "this node alone"
        slots = f"{self.slots:,} stored values" if self.slots else f"no storage: {self.no_slots}"
        return (
            f"Proven: blocks {self.first:,} to {self.last:,}, {self.receipts:,} receipts, {slots};"
            f" hash of block {self.last:,} vouched for by {by}. Not proven after block {self.last:,}."
        )


class ProvenSource(LogSource):
    """Logs whose receipts have the roots of linked headers."""

    def __init__(
        self,
        chain: Chain,
        first_block: int,
        checkpoint: Checkpoint | None = None,
        others: Sequence[Rpc] = (),
        genesis: str | None = None,
    ) -> None:
        super().__init__(chain)
        self._checkpoint, self._others = checkpoint, others
        self._genesis = genesis
        self._begun = False
        self._seals: seals.Seals | None = None  # of a chain whose headers have them
        self.proof = Proof(first_block, -1, "", [])
        self._linked: dict[int, Header] = {}  # headers whose receipts were not read yet
        self._transactions: set[bytes] = set()
        self._by_block = True  # whether the node gives all receipts of a block at once

    def resume(self, last: int, hash_: str, transactions: Iterable[bytes]) -> None:
        """Goes on behind a block that was proven earlier, whose transactions must not come again."""
        self.proof.last, self.proof.hash = last, hash_
        self._transactions = set(transactions)

    def pin(self, block: int | None) -> Pinned:
        """The block to compare at: the named one, the checkpoint, or the latest; linked to all before it."""
        if self._checkpoint is not None and (block is None or block > self._checkpoint.number):
            block = self._checkpoint.number
        head = pin(self._chain, block)
        self._link(head)
        return head

    def stand_at(self, head: Pinned, state_root: bytes) -> None:
        """Compares at a block that was proven earlier."""
        proof = self.proof
        proof.vouchers = [*self._vouched(), *self._agreed(head)]
        proof.last, proof.hash, proof.state_root = head.number, head.hash, state_root

    def _link(self, head: Pinned) -> None:
        """Links the headers from the last proven one to `head`, and checks what vouches for it."""
        proof = self.proof
        start, parent = self._start()
        end = max(head.number, self._checkpoint.number if self._checkpoint else 0)
        last: Header | None = None
        for header in headers.linked(self._chain.rpc, start, end, parent, seals.without_seals):
            if header.number <= head.number:
                last = header
                self._check_known(header)
                if header.number >= max(proof.first, proof.last + 1):
                    self._linked[header.number] = _light(header)
            if self._seals is not None:
                self._seals.check(header)
            self._check_checkpoint(header)
        if last is None or "0x" + last.hash.hex() != head.hash or last.time != head.time:
            raise Refuted(
                "AUDIT_CHAIN_BROKEN",
                f"The headers do not lead to the hash that the node gave block {head.number}.",
                head.number,
            )
        proof.vouchers = [*self._vouched(), *self._agreed(head)]
        proof.blocks += last.number + 1 - start
        proof.last, proof.hash, proof.state_root = head.number, head.hash, last.state_root

    def _start(self) -> tuple[int, bytes | None]:
        """The first block to link, and the hash of the one before it.

        Sealed chains are linked from block 0, which names the first validators.
        """
        proof = self.proof
        before = (proof.last + 1, bytes.fromhex(proof.hash[2:])) if proof.hash else None
        if self._begun and before:
            return before
        (zero,) = headers.linked(self._chain.rpc, 0, 0, None, seals.without_seals)
        if self._genesis is not None and "0x" + zero.hash.hex() != self._genesis.lower():
            raise Refuted(
                "AUDIT_GENESIS_OTHER", "Block 0 of this node is not the one of the deployment.", 0
            )
        self._begun = True
        self._seals = seals.follower(zero)
        if self._seals is None:
            return before or (proof.first, None)
        return (1, zero.hash) if proof.first else (0, None)

    def _check_known(self, header: Header) -> None:
        """A block that was proven earlier is passed again where seals are followed from block 0."""
        if header.number == self.proof.last and "0x" + header.hash.hex() != self.proof.hash:
            raise Refuted(
                "AUDIT_CHAIN_BROKEN",
                f"Block {header.number} is not the one that was proven before.",
                header.number,
            )

    def _check_checkpoint(self, header: Header) -> None:
        pinned = self._checkpoint
        if pinned is None or pinned.number != header.number:
            return
        if "0x" + header.hash.hex() != pinned.hash.lower():
            raise Refuted(
                "AUDIT_CHECKPOINT_OTHER",
                f"Block {header.number} of this node is not the checkpoint {pinned.hash}.",
                header.number,
            )

    def _vouched(self) -> list[str]:
        pinned = self._checkpoint
        vouched = [f"the checkpoint at block {pinned.number:,}"] if pinned is not None else []
        return [*vouched, self._seals.voucher] if self._seals is not None else vouched

    def _agreed(self, head: Pinned) -> list[str]:
        """Nodes that give the block the same hash; raises `Refuted` where one does not."""
        for place, other in enumerate(self._others, start=2):
            found = other.call("eth_getBlockByNumber", hex(head.number), False)
            told = found.get("hash") if isinstance(found, dict) else None
            if told != head.hash:
                raise Refuted(
                    "AUDIT_NODES_DISAGREE",
                    f"Node {place} has {told or 'no block'} as block {head.number:,}, node 1 {head.hash}.",
                    head.number,
                )
        count = len(self._others)
        return [f"{count} other node{'s' * (count > 1)}"] if count else []

    # Logs

    def logs(self, first: int, last: int) -> tuple[list[Log], dict[str, int]]:
        """Logs of the known contracts in blocks first to last, in order, and times by block number."""
        found: list[Log] = []
        times: dict[str, int] = {}
        for header, logs in self.blocks(first, last):
            if logs:
                times[logs[0]["blockNumber"]] = header.time
                found += logs
        return found, times

    def blocks(self, first: int, last: int) -> Iterator[tuple[Header, list[Log]]]:
        """Each block with the logs of the known contracts in it; read once."""
        addresses = {c.address.lower() for c in self._chain.contracts.values()}
        for group in self._groups(first, last):
            full = [header for header in group if header.receipts_root != EMPTY_ROOT]
            answers = iter(self._receipts(full))
            for header in group:
                logs: list[Log] = []
                if header.receipts_root != EMPTY_ROOT:
                    logs = receipts.check(header, next(answers), self._chain.kind == "ganache")
                self._count(header)
                yield header, [log for log in logs if log["address"].lower() in addresses]

    def _groups(self, first: int, last: int) -> list[list[Header]]:
        """Linked headers, in groups of about TRANSACTIONS transactions."""
        groups: list[list[Header]] = [[]]
        count = 0
        for block in range(first, last + 1):
            header = self._linked.pop(block, None)
            if header is None:
                continue
            if count and count + len(header.transactions) > TRANSACTIONS:
                groups.append([])
                count = 0
            groups[-1].append(header)
            count += len(header.transactions)
        return groups

    def _receipts(self, group: Sequence[Header]) -> list[Any]:
        """All receipts of each block: by one question each, or by one for each transaction."""
        rpc = self._chain.rpc
        if self._by_block:
            try:
                return rpc.batch_or_raise(
                    [("eth_getBlockReceipts", [hex(h.number)]) for h in group]
                )
            except RpcFailure as failure:
                if failure.rpc_code not in UNKNOWN_METHODS:
                    raise
                self._by_block = False
        asked = [
            ("eth_getTransactionReceipt", ["0x" + tx.hex()]) for h in group for tx in h.transactions
        ]
        answers = iter(rpc.batch_or_raise(asked))
        return [[next(answers) for _ in h.transactions] for h in group]

    def _count(self, header: Header) -> None:
        known = len(self._transactions)
        self._transactions.update(header.transactions)
        if len(self._transactions) != known + len(header.transactions):
            raise Refuted(
                "AUDIT_TRANSACTION_TWICE",
                f"A transaction of block {header.number} is in an earlier block too.",
                header.number,
            )
        self.proof.receipts += len(header.transactions)


def _light(header: Header) -> Header:
    """Without the fields, which only the hash needs."""
    return Header(
        header.number,
        header.hash,
        header.parent,
        header.time,
        header.state_root,
        header.receipts_root,
        header.transactions,
        (),
        b"",
    )
