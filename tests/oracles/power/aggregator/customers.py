"""Twenty customers of one of the town's aggregators, with standing instructions of their own."""

from __future__ import annotations

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
price = {sells}
"""


def settle_in(
    folder: Path,
    street: Street,
    count: int = COUNT,
    wh: int = 100,
    node: int = NODE,
    sells: str = "0.4",
    first: int = 100,
) -> None:
    """Writes the files of so many customers of the aggregator of a node, from meter `first` on; every second
    one pays less."""
    (folder / INSTRUCTIONS).mkdir(parents=True, exist_ok=True)
    for meter in range(first, first + count):
        price = "0.30" if meter % 2 else "0.25"
        text = BUYS.format(node=node, wh=wh, price=price, sells=sells)
        (folder / INSTRUCTIONS / f"{meter}.toml").write_text(text)
    own = street.town.customers[node, node]
    (folder / ACCOUNTS).write_text(f"[nodes.{node}]\nfirst = {own[0]}\ncount = {len(own)}\n")


def bid(street: Street, number: int = 0):
    """The aggregator's bid of an interval as the chain has it."""
    who = street.town.numbers["aggregator 0"]
    return street.chain.call("PowerMarket", "bidOf", street.interval(number), who)
