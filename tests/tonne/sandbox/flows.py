"""Order flow out of a seed, so that a replay is tested where no recorded flow is at hand."""

from __future__ import annotations

import random

from tonne.market.order_flow import (
    BUY,
    CANCEL,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    SELL,
    UNPRICED,
    Command,
)

#: Where prices begin, and how far from the middle orders are placed.
MIDDLE = 50_000
SPREAD = 12
STEP = 5

KINDS = (LIMIT, POST_ONLY, IOC, FOK, MARKET, CANCEL)
SHARES = (46, 16, 8, 8, 4, 18)


def flow(seed: int, count: int) -> list[Command]:
    """Commands as a lively market gives them: near the middle, small and large, often withdrawn.

    Some orders sweep many prices, some are cancelled after they were filled or refused.
    """
    draw = random.Random(seed)
    middle = MIDDLE
    found: list[Command] = []
    orders: list[tuple[int, str]] = []
    for seq in range(count):
        kind = draw.choices(KINDS, SHARES)[0]
        if kind == CANCEL and orders:
            recent = orders[-30:] if draw.random() < 0.8 else orders
            order, side = draw.choice(recent)
            found.append(Command(seq, CANCEL, order, side, 0, 0))
            continue
        side = draw.choice((BUY, SELL))
        away = STEP * draw.randint(-2, SPREAD)
        lots = round(draw.lognormvariate(6, 2)) + 1
        if draw.random() < 0.02:  # a sweep
            away, lots = -STEP * draw.randint(4, 2 * SPREAD), lots * 200
        price = middle - away if side == BUY else middle + away
        order = len(orders) + 1
        kind = LIMIT if kind == CANCEL else kind
        orders.append((order, side))
        found.append(Command(seq, kind, order, side, 0 if kind in UNPRICED else price, lots))
        middle += STEP * draw.choice((-1, 0, 0, 0, 1))
    return found
