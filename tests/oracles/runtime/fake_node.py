"""A node in memory that misbehaves on demand: it loses answers, drops transactions and
reorganises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rlp

from tonne.chain.rpc import RpcFailure, RpcUnreachable
from tonne.crypto.hashing import keccak


class FakeNode:
    """Knows one sender, one effect a calldata, and mines when told. Calldata `b"bad…"` reverts."""

    def __init__(self) -> None:
        self.pool: dict[int, str] = {}
        self.bytes_of: dict[str, str] = {}
        self.blocks: list[tuple[str, list[str]]] = [("0x" + "00" * 32, [])]
        self.nonces_mined = 0
        self.nonces_in = [0]  # of the sender, by block
        self.consumed: list[list[tuple[str, int]]] = [[]]  # transactions and nonces, by block
        self.sender = "0x"
        self.effects: list[str] = []
        self.sent: list[str] = []
        self.lose_answers = 0
        self.refuse_sends: str | None = None
        self.order: dict[str, int] = {}
        self.reverts: set[str] = set()
        self.refuse_calls: set[str] = set()
        self.passes_at: set[str] = set()  # blocks before what refuses the calls
        self.silent = False
        self.no_receipts = False
        self.gas_price = 1_000_000_000
        self.least_tip = 0
        self.base_fee = 0
        self.suggested_tip: int | None = 0
        self.takes_gaps = True
        self.no_coin = ""  # what the pool says of an account that cannot pay
        self.aside: set[str] = set()  # never mined: only other bytes take their place

    # As a connection, see tonne.chain.rpc.Rpc

    url = "http://fake"
    timeout_s = 5.0

    def call(self, method: str, *params: Any) -> Any:
        if self.silent:
            raise RpcUnreachable("RPC_UNREACHABLE", "silent", field="rpc", value="fake", remedy="")
        return getattr(self, method)(*params)

    def batch(self, requests: list, _size: int = 500) -> list[Any]:
        return [self._answer(method, params) for method, params in requests]

    def close(self) -> None:
        pass

    def _answer(self, method: str, params: Any) -> Any:
        try:
            return self.call(method, *params)
        except RpcFailure as failure:
            return failure

    # Methods

    def eth_chainId(self) -> str:
        return "0x7a69"

    def eth_blockNumber(self) -> str:
        return hex(len(self.blocks) - 1)

    def eth_gasPrice(self) -> str:
        return hex(self.gas_price)

    def eth_maxPriorityFeePerGas(self) -> str:
        if self.suggested_tip is None:
            raise RpcFailure("eth_maxPriorityFeePerGas", {"code": -32601, "message": "no method"})
        return hex(self.suggested_tip)

    def eth_feeHistory(self, blocks: str, _newest: str, _percentiles: list) -> dict:
        return {"reward": [["0x7"]] * int(blocks, 16)}

    def eth_getTransactionCount(self, address: str, block: str) -> str:
        self.sender = address
        if block == "pending":
            nonce = self.nonces_mined
            while nonce in self.pool:
                nonce += 1
            return hex(nonce)
        last = len(self.blocks) - 1 if block in ("latest", "pending") else int(block, 16)
        return hex(sum(self.nonces_in[: last + 1]))

    def eth_getTransactionByHash(self, tx_hash: str) -> dict | None:
        known = tx_hash in self.pool.values() or self.eth_getTransactionReceipt(tx_hash)
        return {"hash": tx_hash} if known else None

    def eth_getBlockByNumber(self, number: str, _full: bool) -> dict | None:
        position = len(self.blocks) - 1 if number == "latest" else int(number, 16)
        if position >= len(self.blocks):
            return None
        return {
            "number": hex(position),
            "hash": self.blocks[position][0],
            "baseFeePerGas": hex(self.base_fee),
            "transactions": [
                {"hash": tx_hash, "from": self.sender, "nonce": hex(nonce)}
                for tx_hash, nonce in self.consumed[position]
            ],
        }

    def eth_call(self, call: dict, block: str) -> str:
        if call["data"] in self.refuse_calls and block not in self.passes_at:
            raise RpcFailure(
                "eth_call", {"code": 3, "message": "execution reverted", "data": "0x12345678"}
            )
        return "0x"

    def eth_sendRawTransaction(self, raw: str) -> str:
        tx_hash = "0x" + keccak(bytes.fromhex(raw[2:])).hex()
        self.sent.append(tx_hash)
        if self.refuse_sends is not None:
            raise RpcFailure(
                "eth_sendRawTransaction", {"code": -32000, "message": self.refuse_sends}
            )
        nonce = self.order.get(raw)
        if nonce is None:
            nonce = _nonce_of(raw)
            self.order[raw] = nonce
        if nonce < self.nonces_mined:
            raise RpcFailure("eth_sendRawTransaction", {"code": -32603, "message": "nonce too low"})
        if not self.takes_gaps and any(n not in self.pool for n in range(self.nonces_mined, nonce)):
            raise _send_refused(f"nonce too high: {nonce}")
        if self.no_coin:
            raise _send_refused(self.no_coin)
        cap, tip = _fees_of(raw)
        before = self.pool.get(nonce)
        if before is not None and before != tx_hash and before not in self.aside:
            old_cap, old_tip = _fees_of(self.bytes_of[before])
            if cap * 10 < max(old_cap * 11, 1) or tip * 10 < max(old_tip * 11, 1):
                raise _send_refused("replacement transaction underpriced")
        if tip < self.least_tip or cap < self.base_fee:
            raise _send_refused("transaction underpriced")
        known = self.pool.get(nonce) == tx_hash
        self.pool[nonce] = tx_hash
        self.bytes_of[tx_hash] = raw
        if self.lose_answers:
            self.lose_answers -= 1
            raise RpcUnreachable("RPC_UNREACHABLE", "lost", field="rpc", value="fake", remedy="")
        if known:
            raise RpcFailure("eth_sendRawTransaction", {"code": -32000, "message": "already known"})
        return tx_hash

    def eth_getTransactionReceipt(self, tx_hash: str) -> dict | None:
        if self.no_receipts:
            return None
        for position, (block_hash, txs) in enumerate(self.blocks):
            if tx_hash in txs:
                status = "0x0" if tx_hash in self.reverts else "0x1"
                return {
                    "blockNumber": hex(position),
                    "blockHash": block_hash,
                    "status": status,
                    "transactionHash": tx_hash,
                }
        return None

    # What happens to it

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            txs = []
            while (tx_hash := self.pool.get(self.nonces_mined)) is not None:
                if tx_hash in self.aside or _fees_of(self.bytes_of[tx_hash])[0] < self.base_fee:
                    break
                del self.pool[self.nonces_mined]
                self.nonces_mined += 1
                txs.append(tx_hash)
                if tx_hash not in self.reverts:
                    self.effects.append(tx_hash)
            first = self.nonces_mined - len(txs)
            self._append(txs, [(tx_hash, first + i) for i, tx_hash in enumerate(txs)])

    def mine_empty(self, blocks: int = 1) -> None:
        """Blocks in which nothing of the pool finds room."""
        for _ in range(blocks):
            self._append([])

    def consume_nonce(self) -> None:
        """Something else uses the sender's next nonce."""
        self.pool.pop(self.nonces_mined, None)
        self.nonces_mined += 1
        self._append([], [(f"0xf0{self.nonces_mined:062x}", self.nonces_mined - 1)])

    def drop_pool(self) -> None:
        self.pool.clear()

    def reorganise(self, depth: int) -> None:
        """The last blocks vanish with what was in them; as many empty ones take their place."""
        for _ in range(depth):
            _, txs = self.blocks.pop()
            self.consumed.pop()
            self.nonces_mined -= self.nonces_in.pop()
            self.effects = [e for e in self.effects if e not in txs]
        for _ in range(depth):
            self._append([])

    def branch(self) -> tuple[Any, ...]:
        """The chain as it is now, to be put back by `switch_to`."""
        parts = (self.blocks, self.consumed, self.nonces_in, self.effects)
        return (*(list(part) for part in parts), self.nonces_mined)

    def switch_to(self, branch: tuple[Any, ...]) -> None:
        """The chain is another branch's; what is mined there waits no more."""
        self.blocks, self.consumed, self.nonces_in, self.effects = (list(p) for p in branch[:4])
        self.nonces_mined = branch[4]
        self.pool = {n: tx_hash for n, tx_hash in self.pool.items() if n >= self.nonces_mined}

    def _append(self, txs: list[str], consumed: Sequence[tuple[str, int]] = ()) -> None:
        self.nonces_in.append(len(consumed))
        self.consumed.append(list(consumed))
        seed = f"{len(self.blocks)}/{len(self.sent)}/{','.join(txs)}/{self.blocks[-1][0]}".encode()
        self.blocks.append(("0x" + keccak(seed).hex(), txs))


class MirrorNode(FakeNode):
    """Another node of the same chain: it has the same blocks and pool, and misbehaves on its own."""

    OWN = ("_of", "silent", "no_receipts", "lose_answers", "refuse_sends")

    def __init__(self, of: FakeNode) -> None:
        object.__setattr__(self, "_of", of)
        self.silent = self.no_receipts = False
        self.lose_answers, self.refuse_sends = 0, None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.OWN:
            object.__setattr__(self, name, value)
        else:
            setattr(self._of, name, value)


def _nonce_of(raw: str) -> int:
    return int.from_bytes(_fields(raw)[1], "big")


def _fees_of(raw: str) -> tuple[int, int]:
    """Cap and tip."""
    fields = _fields(raw)
    return int.from_bytes(fields[3], "big"), int.from_bytes(fields[2], "big")


def data_of(raw: str) -> bytes:
    """Calldata of signed bytes."""
    return _fields(raw)[7]


def _fields(raw: str) -> list[bytes]:
    return rlp.decode(bytes.fromhex(raw[2:])[1:])


def _send_refused(said: str) -> RpcFailure:
    return RpcFailure("eth_sendRawTransaction", {"code": -32000, "message": said})
