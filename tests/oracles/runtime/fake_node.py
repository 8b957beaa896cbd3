"""A node in memory that misbehaves on demand: it loses answers, drops transactions and
reorganises."""

from __future__ import annotations

from typing import Any

from tonne.chain.rpc import RpcFailure, RpcUnreachable
from tonne.crypto.hashing import keccak


class FakeNode:
    """Knows one sender, one effect a calldata, and mines when told. Calldata `b"bad…"` reverts."""

    def __init__(self) -> None:
        self.pool: dict[int, str] = {}
        self.bytes_of: dict[str, str] = {}
        self.blocks: list[tuple[str, list[str]]] = [("0x" + "00" * 32, [])]
        self.nonces_mined = 0
        self.effects: list[str] = []
        self.sent: list[str] = []
        self.lose_answers = 0
        self.refuse_sends: str | None = None
        self.order: dict[str, int] = {}
        self.reverts: set[str] = set()
        self.refuse_calls: set[str] = set()

    # The two calls of tonne.chain.rpc.Rpc

    def call(self, method: str, *params: Any) -> Any:
        return getattr(self, method)(*params)

    def batch_or_raise(self, requests: list) -> list[Any]:
        return [self.call(method, *params) for method, params in requests]

    # Methods

    def eth_chainId(self) -> str:
        return "0x7a69"

    def eth_blockNumber(self) -> str:
        return hex(len(self.blocks) - 1)

    def eth_gasPrice(self) -> str:
        return "0x3b9aca00"

    def eth_getTransactionCount(self, _address: str, _block: str) -> str:
        return hex(self.nonces_mined)

    def eth_getBlockByNumber(self, number: str, _full: bool) -> dict | None:
        position = len(self.blocks) - 1 if number == "latest" else int(number, 16)
        if position >= len(self.blocks):
            return None
        return {"number": hex(position), "hash": self.blocks[position][0], "baseFeePerGas": "0x0"}

    def eth_call(self, call: dict, _block: str) -> str:
        if call["data"] in self.refuse_calls:
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
            while self.nonces_mined in self.pool:
                tx_hash = self.pool.pop(self.nonces_mined)
                self.nonces_mined += 1
                txs.append(tx_hash)
                if tx_hash not in self.reverts:
                    self.effects.append(tx_hash)
            self._append(txs)

    def consume_nonce(self) -> None:
        """Something else uses the sender's next nonce."""
        self.pool.pop(self.nonces_mined, None)
        self.nonces_mined += 1
        self._append([])

    def drop_pool(self) -> None:
        self.pool.clear()

    def reorganise(self, depth: int) -> None:
        """The last blocks vanish with what was in them; as many empty ones take their place."""
        for _ in range(depth):
            _, txs = self.blocks.pop()
            self.nonces_mined -= len(txs)
            self.effects = [e for e in self.effects if e not in txs]
        for _ in range(depth):
            self._append([])

    def _append(self, txs: list[str]) -> None:
        seed = f"{len(self.blocks)}/{len(self.sent)}/{','.join(txs)}/{self.blocks[-1][0]}".encode()
        self.blocks.append(("0x" + keccak(seed).hex(), txs))


def _nonce_of(raw: str) -> int:
    import rlp

    fields = rlp.decode(bytes.fromhex(raw[2:])[1:])
    return int.from_bytes(fields[1], "big")
