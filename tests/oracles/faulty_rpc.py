"""A connection that fails or lies as nodes do, by a seeded die."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tonne.chain.rpc import Rpc, RpcFailure, RpcUnreachable

FAULTS = (
    "silent",
    "cut off after the node took it",
    "no JSON",
    "internal error",
    "rate limit",
    "null",
    "empty",
    "stale head",
)


class FaultyRpc(Rpc):
    """A real connection with a share of its calls spoilt. `told` counts the faults by kind."""

    def __init__(self, url: str, share: float, seed: int, faults: tuple[str, ...] = FAULTS) -> None:
        super().__init__(url, 5)
        self.share = share
        self.faults = faults
        self.told: Counter[str] = Counter()
        self._die = random.Random(seed)

    def call(self, method: str, *params: Any) -> Any:
        fault = self._fault()
        if fault is None:
            return super().call(method, *params)
        return self._spoilt(fault, method, params)

    def batch(self, requests_: Any, size: int = 500) -> list[Any]:
        asked = list(requests_)
        fault = self._fault()
        if fault is None or not asked:
            return super().batch(asked, size)
        if fault in ("null", "empty", "stale head"):
            return [self._answered(fault, method, params) for method, params in asked]
        self._spoilt(fault, asked[0][0], asked[0][1])
        return super().batch(asked, size)

    def _answered(self, fault: str, method: str, params: Any) -> Any:
        """One refusal does not spoil the others' answers."""
        try:
            return self._spoilt(fault, method, params)
        except RpcFailure as failure:
            return failure

    def _fault(self) -> str | None:
        if self._die.random() >= self.share:
            return None
        fault = self._die.choice(self.faults)
        self.told[fault] += 1
        return fault

    def _spoilt(self, fault: str, method: str, params: Any) -> Any:
        if fault == "silent":
            raise _unreachable("RPC_UNREACHABLE")
        if fault == "cut off after the node took it":
            super().call(method, *params)
            raise _unreachable("RPC_UNREACHABLE")
        if fault == "no JSON":
            raise _unreachable("RPC_UNREADABLE")
        if fault == "internal error":
            raise RpcFailure(method, {"code": -32603, "message": "Internal error"})
        if fault == "rate limit":
            raise RpcFailure(method, {"code": -32005, "message": "limit exceeded"})
        if fault == "empty" and method == "eth_call":
            return "0x"
        if fault == "stale head":
            return self._stale(method, params)
        return (
            None
            if method in ("eth_getTransactionReceipt", "eth_getTransactionByHash")
            else self._plain(method, params)
        )

    def _plain(self, method: str, params: Any) -> Any:
        return super().call(method, *params)

    def _stale(self, method: str, params: Any) -> Any:
        """As a node three blocks behind answers."""
        head = int(super().call("eth_blockNumber"), 16)
        behind = hex(max(head - 3, 0))
        if method == "eth_blockNumber":
            return behind
        return super().call(method, *(behind if p == "latest" else p for p in params))


def _unreachable(code: str) -> RpcUnreachable:
    return RpcUnreachable(code, "No answer.", field="rpc", value="", remedy="")
