"""Twenty customers of one of the town's aggregators, with standing instructions of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from oracles.power.aggregator.customers import ACCOUNTS, INSTRUCTIONS
from tests.oracles.power.ground import Street

NODE, COUNT = 0, 20

BUYS = """node = {node}

[[buy]]
wh = {wh}
price = {price}

[[sell]]
wh = 50
price = 0.4
"""


def buyers(count: int = COUNT, wh: int = 100) -> dict[int, str]:
    """Instructions of so many customers, by meter; every second one pays less."""
    return {
        meter: BUYS.format(node=NODE, wh=wh, price="0.30" if meter % 2 else "0.25")
        for meter in range(100, 100 + count)
    }


def settle_in(
    folder: Path, street: Street, told: Mapping[int, str] | None = None, node: int = NODE
) -> None:
    """Writes what customers of a node's aggregator want, by meter, and which accounts they take turns in."""
    (folder / INSTRUCTIONS).mkdir(parents=True, exist_ok=True)
    for meter, text in (told or buyers()).items():
        (folder / INSTRUCTIONS / f"{meter}.toml").write_text(text)
    own = street.town.customers[node, node]
    (folder / ACCOUNTS).write_text(f"[nodes.{node}]\nfirst = {own[0]}\ncount = {len(own)}\n")


def bid(street: Street, number: int = 0):
    """The aggregator's bid of an interval as the chain has it."""
    who = street.town.numbers["aggregator 0"]
    return street.chain.call("PowerMarket", "bidOf", street.interval(number), who)
