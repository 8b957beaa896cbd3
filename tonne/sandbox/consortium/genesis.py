"""The first block of a chain of validators under Clique, with London's rules: the last that Clique has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

#: [gas] of a block, as operators have it.
BLOCK_GAS: Final = 30_000_000
#: Blocks between two checkpoints of the votes; none is reached in a drill.
CHECKPOINT_BLOCKS: Final = 30_000
#: [wei] Nearly nothing, so that gas is paid for by the same code as where it costs something.
FIRST_BASE_FEE: Final = 7
#: [wei] of who pays for the others.
COIN: Final = 10**27

_VANITY = "00" * 32
_NO_SEAL = "00" * 65
_FORKS = (
    *("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg"),
    *("istanbul", "berlin", "london"),
)


def genesis(
    chain_id: int, validators: Iterable[str], rich: Iterable[str], period_s: int
) -> dict[str, Any]:
    """The block as geth's `init` takes it; `validators` and `rich` are addresses."""
    signers = sorted(address.lower().removeprefix("0x") for address in validators)
    return {
        "config": {
            "chainId": chain_id,
            **{f"{fork}Block": 0 for fork in _FORKS},
            "clique": {"period": period_s, "epoch": CHECKPOINT_BLOCKS},
        },
        "difficulty": "0x1",
        "gasLimit": hex(BLOCK_GAS),
        "baseFeePerGas": hex(FIRST_BASE_FEE),
        "extraData": "0x" + _VANITY + "".join(signers) + _NO_SEAL,
        "alloc": {address.removeprefix("0x"): {"balance": hex(COIN)} for address in rich},
    }
