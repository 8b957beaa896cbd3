"""Trades and what they come to, for the contract's tests: `tests/vectors/power_trades.json`.

`python -m tests.tonne.power.trade_vectors` writes the file; a test compares it with what it would write.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from tonne.power.trade_settlement import Rates, Standing, bound, execute

PATH = Path(__file__).parents[2] / "vectors" / "power_trades.json"
CASES = 24

INPUTS = ("price", "wheeling", "grid", "penalty", "energy", "other", "delivered", "taken")
OUTPUTS = (
    *("paid", "proceeds", "wheeled", "gridded", "sellerShort", "buyerShort"),
    *("sellerPenalty", "buyerPenalty", "boundOfSeller", "boundOfBuyer"),
)


def case(random: Random) -> list[int]:
    """A contract with meters and a penalty, and another, `other`, that sells and buys beside it."""
    price, wheeling, grid = (random.randrange(most) for most in (5_000_000, 300_000, 300_000))
    penalty = random.randrange(1, 5_000_000)
    energy = random.choice((1, random.randrange(1, 1_000), random.randrange(1, 300_000)))
    other = random.choice((0, random.randrange(1, 300_000)))
    whole = energy + other
    # Short by nothing, a little, all; beyond what was sold or bought.
    delivered, taken = (
        random.choice((0, whole - 1, whole, 2 * whole, random.randrange(whole + 1)))
        for _ in range(2)
    )
    rates = Rates(price, wheeling, grid, penalty, True, True)
    seller, buyer = Standing(sold_wh=whole), Standing(bought_wh=whole)
    found = execute(rates, energy, seller, buyer, delivered, -taken)
    return [
        *(price, wheeling, grid, penalty, energy, other, delivered, taken),
        *found.word()[1:],
        *bound(rates, energy),
    ]


def text() -> str:
    """Columns, one line each, which Forge reads."""
    random = Random(20)
    columns = zip(*(case(random) for _ in range(CASES)), strict=True)
    lines = (
        f'"{name}": {json.dumps(list(column))}'
        for name, column in zip((*INPUTS, *OUTPUTS), columns, strict=True)
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
