"""Which block a moment falls into."""

from __future__ import annotations

from tonne.chain.client import Chain


def first_since(chain: Chain, moment: int, low: int = 0) -> int:
    """The first block of a time not before `moment` [s]; the one after the newest where there is none yet.

    Block `low` and those before it are known to be earlier, or are not asked for.
    """
    high = chain.block_number() + 1
    step = 1
    # Backwards in steps that double: the block that is asked for lies mostly near the head.
    while high - step > low and chain.block(hex(high - step)).time >= moment:
        high, step = high - step, 2 * step
    low = max(low, high - step)
    while low < high:
        middle = (low + high) // 2
        if chain.block(hex(middle)).time >= moment:
            high = middle
        else:
            low = middle + 1
    return high
