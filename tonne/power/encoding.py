"""Orders, arcs and packed lanes as `contracts/types/PackedPower.sol` has them.

Energy is in Wh, prices and costs in micro-credits per kWh, efficiencies in parts per million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tonne.errors import TonneError

BID, OFFER = 0, 1
SIDES: Final = {BID: "bid", OFFER: "offer"}
PPM: Final = 1_000_000
LANE_BITS: Final = 32
LANES: Final = 8
MASK: Final = (1 << LANE_BITS) - 1

#: Accounts below it are participants, the others pseudonyms.
FIRST_PSEUDONYM: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Order:
    """A bid or an offer at one node for one interval."""

    account: int
    node: int
    side: int
    limit: int  # [Wh]
    price: int  # [micro-credit/kWh]

    def __post_init__(self) -> None:
        widths = (
            ("account", LANE_BITS),
            ("limit", LANE_BITS),
            ("price", LANE_BITS),
            ("node", 8),
            ("side", 1),
        )
        for name, bits in widths:
            value: Any = getattr(self, name)
            if type(value) is not int or not 0 <= value < 1 << bits:
                raise TonneError(
                    "POWER_ORDER_RANGE",
                    f"An order's {name} does not fit {bits} bits: {value!r}.",
                    field=name,
                    value=value,
                    remedy="Give whole Wh, and whole micro-credits per kWh.",
                )

    @property
    def sign(self) -> int:
        """+1 for an offer, which is taken when the price is above its own; -1 for a bid."""
        return 1 if self.side == OFFER else -1

    def word(self, accepted: int = 0) -> int:
        return (
            accepted
            | self.account << 32
            | self.limit << 64
            | self.price << 96
            | self.node << 128
            | self.side << 136
        )

    @classmethod
    def of(cls, word: int) -> Order:
        return cls(
            account=word >> 32 & MASK,
            limit=word >> 64 & MASK,
            price=word >> 96 & MASK,
            node=word >> 128 & 0xFF,
            side=word >> 136 & 0xFF,
        )

    def escrow(self, energy: int, guarantee: int) -> int:
        """What so much of it binds [micro-credit]: the payer rounds up."""
        return -(-energy * (self.price if self.side == BID else guarantee) // 1000)


@dataclass(frozen=True, slots=True)
class Arc:
    """A line or a converter, one way, as it is at some moment."""

    start: int
    end: int
    efficiency: int  # [ppm]
    capacity: int  # [Wh] per interval
    cost: int = 0  # [micro-credit/kWh] sent
    line: bool = True
    table: int = 0
    version: int = 1
    since: int = 0  # [s]

    @property
    def tolerance(self) -> int:
        """One price unit at the end where it counts most."""
        return max(1, -(-self.efficiency // PPM))

    def arriving(self, flow: int) -> int:
        return flow * self.efficiency // PPM

    def gain(self, prices: Sequence[int]) -> int:
        """What one kWh sent brings at the prices, less what it costs."""
        return prices[self.end] * self.efficiency // PPM - prices[self.start] - self.cost

    def rent(self, flow: int, prices: Sequence[int]) -> int:
        """[micro-credit × Wh / kWh]"""
        sent = prices[self.start] + self.cost
        return self.arriving(flow) * prices[self.end] - flow * sent

    def word(self) -> int:
        return (
            self.capacity
            | self.cost << 32
            | self.efficiency << 64
            | self.start << 96
            | self.end << 104
            | int(self.line) << 112
            | self.table << 120
            | self.version << 136
            | self.since << 152
        )

    @classmethod
    def of(cls, word: int) -> Arc:
        return cls(
            capacity=word & MASK,
            cost=word >> 32 & MASK,
            efficiency=word >> 64 & MASK,
            start=word >> 96 & 0xFF,
            end=word >> 104 & 0xFF,
            line=bool(word >> 112 & 0xFF),
            table=word >> 120 & 0xFFFF,
            version=word >> 136 & 0xFFFF,
            since=word >> 152 & (1 << 40) - 1,
        )


@dataclass(frozen=True, slots=True)
class Round:
    """What is to be cleared: the grid of an interval and its orders, in the order of the set."""

    nodes: int
    arcs: tuple[Arc, ...]
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Clearing:
    """Prices by node, flows by arc and accepted energy by order."""

    prices: tuple[int, ...]
    flows: tuple[int, ...]
    accepted: tuple[int, ...]

    def packed(self) -> tuple[list[int], list[int], list[int]]:
        """Accepted, prices, flows, as `PowerMarket.clear` takes them."""
        return pack(self.accepted), pack(self.prices), pack(self.flows)


def pack(lanes: Sequence[int]) -> list[int]:
    """Eight lanes of 32 bits a word, the first lowest."""
    return [
        sum(lane << LANE_BITS * place for place, lane in enumerate(lanes[first : first + LANES]))
        for first in range(0, len(lanes), LANES)
    ]


def unpack(words: Sequence[int], count: int) -> list[int]:
    return [words[i // LANES] >> i % LANES * LANE_BITS & MASK for i in range(count)]
