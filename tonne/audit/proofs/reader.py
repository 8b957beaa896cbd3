"""The proven reader: logs of the blocks that are linked by hash to a checkpoint, and no others.

A checkpoint is a block and its hash. Its hash pins every header, log and time before it. The reader cannot
know by itself that it is the block of the true chain: others vouch for that (`vouchers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tonne.audit.proofs import headers, receipts, seals
from tonne.audit.proofs.findings import Refuted
from tonne.audit.proofs.headers import Header
from tonne.audit.proofs.tries import EMPTY_ROOT
from tonne.audit.replay.events import Log, Pinned, pin
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


class ProvenSource:
    """Logs whose receipts have the roots of linked headers."""

    def __init__(
        self,
        chain: Chain,
        first_block: int,
        checkpoint: Checkpoint | None = None,
        others: Sequence[Rpc] = (),
        genesis: str | None = None,
    ) -> None:
        self._chain, self._checkpoint, self._others = chain, checkpoint, others
        self._genesis = genesis
        self._seals: seals.Seals | None = None  # of a chain whose headers have them
        self.proof = Proof(first_block, -1, "", [])
        self._full: dict[int, Header] = {}  # headers of blocks with receipts
        self._transactions: set[bytes] = set()
        self._by_block = True  # whether the node gives all receipts of a block at once

    def pin(self, block: int | None) -> Pinned:
        """The block to compare at: the named one, the checkpoint, or the latest; linked to all before it."""
        if self._checkpoint is not None and (block is None or block > self._checkpoint.number):
            block = self._checkpoint.number
        head = pin(self._chain, block)
        self._link(head)
        return head

    def _link(self, head: Pinned) -> None:
        """Links the headers from the last proven one to `head`, and checks what vouches for it."""
        proof = self.proof
        start, parent = self._start()
        end = max(head.number, self._checkpoint.number if self._checkpoint else 0)
        last: Header | None = None
        for header in headers.linked(self._chain.rpc, start, end, parent, seals.without_seals):
            if header.number <= head.number:
                last = header
                if header.number >= proof.first and header.receipts_root != EMPTY_ROOT:
                    self._full[header.number] = _light(header)
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
        if proof.hash:
            return proof.last + 1, bytes.fromhex(proof.hash[2:])
        (zero,) = headers.linked(self._chain.rpc, 0, 0, None, seals.without_seals)
        if self._genesis is not None and "0x" + zero.hash.hex() != self._genesis.lower():
            raise Refuted(
                "AUDIT_GENESIS_OTHER", "Block 0 of this node is not the one of the deployment.", 0
            )
        self._seals = seals.follower(zero)
        if self._seals is None or proof.first == 0:
            return proof.first, None
        return 1, zero.hash

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
        addresses = {c.address.lower() for c in self._chain.contracts.values()}
        found: list[Log] = []
        times: dict[str, int] = {}
        for group in self._groups(first, last):
            for header, answer in zip(group, self._receipts(group), strict=True):
                logs = receipts.check(header, answer, self._chain.kind == "ganache")
                self._count(header)
                mine = [log for log in logs if log["address"].lower() in addresses]
                if mine:
                    times[mine[0]["blockNumber"]] = header.time
                    found += mine
        return found, times

    def _groups(self, first: int, last: int) -> list[list[Header]]:
        """Headers of blocks with receipts, in groups of about TRANSACTIONS transactions."""
        groups: list[list[Header]] = [[]]
        count = 0
        for block in range(first, last + 1):
            header = self._full.pop(block, None)
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
