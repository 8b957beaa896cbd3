"""What blocks carried: gas, bytes and acts, and how long nodes took to execute them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.sandbox.consortium.genesis import BLOCK_GAS

#: Blocks asked for in one body.
BODY: Final = 20

_IMPORTED: Final = re.compile(
    r'Imported new (?:potential )?chain segment .* mgas=([\d.,]+)\s+elapsed="?([\d.]+)(ms|s|µs)'
)
_SECONDS: Final = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}


@dataclass(slots=True)
class Act:
    """All transactions that call one function."""

    transactions: int = 0
    gas: int = 0
    data: int = 0  # [bytes]
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    number: int
    time: int  # [s]
    gas: int
    transactions: int
    size: int  # [bytes]


@dataclass(slots=True)
class Span:
    """A row of blocks."""

    blocks: list[Block] = field(default_factory=list)
    acts: dict[str, Act] = field(default_factory=dict)  # by Contract.function

    @property
    def gas(self) -> int:
        return sum(block.gas for block in self.blocks)

    @property
    def transactions(self) -> int:
        return sum(block.transactions for block in self.blocks)

    @property
    def size(self) -> int:
        return sum(block.size for block in self.blocks)

    @property
    def seconds(self) -> int:
        """From the block before the first to the last, by the chain's clock."""
        if len(self.blocks) < 2:
            return 0
        first, last = self.blocks[0].time, self.blocks[-1].time
        return (last - first) * len(self.blocks) // (len(self.blocks) - 1)

    @property
    def share(self) -> float:
        """Of the gas that the blocks had room for."""
        return self.gas / (BLOCK_GAS * len(self.blocks)) if self.blocks else 0.0


def span(chain: Chain, first: int, last: int) -> Span:
    """Blocks `first` to `last`, both counted, with what each act in them cost."""
    made = Span()
    names = _names(chain)
    for block, receipts in _read(chain, range(first, last + 1)):
        made.blocks.append(
            Block(
                int(block["number"], 16),
                int(block["timestamp"], 16),
                int(block["gasUsed"], 16),
                len(block["transactions"]),
                int(block["size"], 16),
            )
        )
        for sent, receipt in zip(block["transactions"], receipts, strict=True):
            to, data = sent["to"], sent["input"]
            name = names.get((to, data[2:10]), "coin" if data == "0x" else "other")
            act = made.acts.setdefault("deployment" if to is None else name, Act())
            act.transactions += 1
            act.gas += int(receipt["gasUsed"], 16)
            act.data += len(data) // 2 - 1
            act.refused += receipt["status"] == "0x0"
    return made


def _names(chain: Chain) -> dict[tuple[str, str], str]:
    return {
        (contract.address.lower(), function.selector.hex()): f"{contract.name}.{function.name}"
        for contract in chain.contracts.values()
        for function in contract.functions
    }


def _read(chain: Chain, numbers: range) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    for start in range(numbers.start, numbers.stop, BODY):
        some = [hex(n) for n in range(start, min(start + BODY, numbers.stop))]
        asked = [("eth_getBlockByNumber", [n, True]) for n in some]
        blocks = chain.rpc.batch_or_raise(asked, BODY)
        receipts = chain.rpc.batch_or_raise([("eth_getBlockReceipts", [n]) for n in some], BODY)
        yield from zip(blocks, receipts, strict=True)


def executed(logs: Iterable[Path]) -> float:
    """[Mgas/s] The median over full blocks that nodes imported from others, as they tell of it themselves."""
    found = []
    for log in logs:
        for gas, took, unit in _IMPORTED.findall(log.read_text(errors="replace")):
            million = float(gas.replace(",", ""))
            if million > BLOCK_GAS / 2e6:
                found.append(million / (float(took) * _SECONDS[unit]))
    return median(found) if found else 0.0


def refused(spans: Iterable[Span]) -> Counter[str]:
    """How many transactions of each act were refused."""
    told: Counter[str] = Counter()
    for each in spans:
        told.update({name: act.refused for name, act in each.acts.items() if act.refused})
    return told
