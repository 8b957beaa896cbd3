"""Words of storage that contracts have at a block, counted at a node that keeps old states."""

from __future__ import annotations

from typing import Final

from tonne.chain.client import Chain
from tonne.sandbox.consortium.validator import Validator

#: Words of one answer.
ANSWER: Final = 4_096


def words(validator: Validator, chain: Chain, block: int) -> dict[str, int]:
    """Of each contract, by name, as the block leaves it (before its successor's first transaction)."""
    found = validator.ask("eth_getBlockByNumber", hex(block), False)
    return {
        name: _count(validator, found["hash"], contract.address)
        for name, contract in chain.contracts.items()
    }


def _count(validator: Validator, block: str, address: str) -> int:
    count, start = 0, "0x" + "00" * 32
    while True:
        part = validator.ask("debug_storageRangeAt", block, 0, address, start, ANSWER)
        count += len(part["storage"] or ())
        if part["nextKey"] is None:
            return count
        start = part["nextKey"]
