"""A wind farm in the small market: its meter, three posted hours with their files, and its device."""

from __future__ import annotations

from pathlib import Path

from tonne.chain.client import Chain
from tonne.constants import HOUR_S
from tonne.crypto.accounts import Account
from tonne.evidence.project_sites import source_word
from tonne.meters.leaves import IntervalLeaves, path_of
from tonne.meters.readings import Quality
from tonne.meters.series import Flow, IntervalReading

SECRET = b"s" * 32
FARM = "a wind farm"
SOURCE = source_word(FARM)
DELIVERED = (400_000, 0, 700_000)  # [Wh] in the three hours
X, Y = b"\1" * 32, b"\2" * 32


def _leaves(node: int, start: int, meters: tuple[int, int], energy: int) -> IntervalLeaves:
    farm, other = (
        IntervalReading(5, wh, Flow(50, 70), Quality.SETTLED, 3, bytes(32)) for wh in (energy, 9)
    )
    return IntervalLeaves.of(SECRET, node, start, [(meters[0], farm), (meters[1], other)])


def found(town, folder: Path) -> int:
    """Node, meters, bond and final roots; returns the start of the first hour [s]."""
    chain: Chain = town.chain
    people = town.market.people
    officer, notary = people["authority"], people["north"]
    oracle, _, _ = chain.call("Participants", "walletOf", notary)
    owner = town.market.participants["east"]
    place = chain.call("Participants", "participant", owner).jurisdiction
    first = (chain.now() // HOUR_S - 4) * HOUR_S

    def do(who: Account, function: str, *args):
        return chain.send(who, "MeterOracle", function, *args)

    do(officer, "openNode", (1, place, 1, oracle, 12, HOUR_S, 2 * HOUR_S, 2 * HOUR_S, HOUR_S))
    for _ in range(2):
        meter = (owner, 1, 1_000_000, first - 900, 0, 1000, 12, 0, 0)
        do(officer, "registerMeter", meter, (X, Y, first - 900, 2))
    chain.send(people["currency_issuer"], "SettlementCurrency", "mint", notary, 1_000_00)
    chain.send(notary, "SettlementCurrency", "approve", chain["MeterOracle"], 1_000_00)
    do(notary, "depositBond", oracle, 1_000_00)
    for number, energy in enumerate(DELIVERED):
        start = first + number * HOUR_S
        leaves = _leaves(1, start, (1, 2), energy)
        leaves.write(path_of(folder, 1, start, 1))
        do(notary, "post", 1, start, 1, leaves.root, leaves.tree.sums, leaves.data)
    return first
