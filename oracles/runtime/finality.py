"""Which block can no longer be reorganised, as far as the kind of chain allows to say.

`finalized`  the node's own tag: proof-of-stake chains
`instant`    every block: Byzantine-fault-tolerant validators (QBFT, IBFT), which never reorganise
a number     so many blocks, the transaction's own counted: development nodes, proof of authority
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tonne.chain.client import Chain
from tonne.chain.rpc import Rpc, RpcFailure, quantity
from tonne.errors import refused

#: Depth on development nodes, which report no finality: Anvil answers head - 64, Ganache the head.
DEVELOPMENT_DEPTH: Final = 3

#: Methods that only validators of such chains have: Besu's QBFT and IBFT 2.0, Istanbul.
_INSTANT_METHODS: Final = (
    ("qbft_getValidatorsByBlockNumber", "latest"),
    ("ibft_getValidatorsByBlockNumber", "latest"),
    ("istanbul_getValidators", "latest"),
)


@dataclass(frozen=True, slots=True)
class Finality:
    """`depth` blocks, the transaction's own counted; 0 for the node's `finalized` tag."""

    depth: int = 1

    def block(self, rpc: Rpc, head: int) -> int:
        """The newest final block; -1 when there is none yet."""
        if self.depth:
            return max(head - self.depth + 1, -1)
        found = rpc.call("eth_getBlockByNumber", "finalized", False)
        return quantity(found["number"], "the finalized block") if found else -1

    def __str__(self) -> str:
        if not self.depth:
            return "the node's finalized block"
        return f"{self.depth} blocks" if self.depth > 1 else "every block at once"


def chosen(chain: Chain, wanted: str) -> Finality:
    """`auto`, `finalized`, `instant` or a number of blocks, by the operator's option."""
    if wanted == "auto":
        return _of(chain)
    if wanted == "finalized":
        return Finality(0)
    if wanted == "instant":
        return Finality(1)
    if wanted.isdecimal() and int(wanted) > 0:
        return Finality(int(wanted))
    raise refused("ORACLE_FINALITY", wanted=wanted)


def _of(chain: Chain) -> Finality:
    if chain.kind != "other" or "hardhat" in chain.client.lower():
        return Finality(DEVELOPMENT_DEPTH)
    if any(_has(chain.rpc, method, tag) for method, tag in _INSTANT_METHODS):
        return Finality(1)
    if _has(chain.rpc, "eth_getBlockByNumber", "finalized", False):
        return Finality(0)
    raise refused("ORACLE_FINALITY_UNKNOWN", finality="auto", client=chain.client)


def _has(rpc: Rpc, method: str, *params: object) -> bool:
    try:
        return rpc.call(method, *params) is not None
    except RpcFailure:
        return False
