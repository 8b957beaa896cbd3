"""Orders, arcs and packed lanes as `contracts/types` packs them: `PackedPowerOrder`, `PackedArc`.

Energy is in Wh, prices and costs in micro-credits per kWh, efficiencies in parts per million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tonne.constants import PPM
from tonne.errors import TonneError
from tonne.types import lanes
from tonne.types.ids import PowerAccountId
from tonne.types.packing import Layout, signed, unsigned

BID, OFFER = 0, 1
SIDES: Final = {BID: "bid", OFFER: "offer"}

#: Accounts below it are participants, the others pseudonyms.
FIRST_PSEUDONYM: Final = PowerAccountId(2**24)

_ORDER: Final = Layout(accepted=32, account=32, limit=32, price=32, node=8, side=1)
_ARC: Final = Layout(
    capacity=32, cost=32, efficiency=32, start=8, end=8, line=8, table=16, version=16, since=40
)
_PAYMENT: Final = Layout(account=32, amount=96, unbound=96)


@dataclass(frozen=True, slots=True)
class PowerOrder:
    """A bid or an offer at one node for one interval."""

    account: PowerAccountId
    node: int  # place among the nodes of the market
    side: int
    limit: int  # [Wh]
    price: int  # [micro-credit/kWh]

    def __post_init__(self) -> None:
        for name in ("account", "limit", "price", "node", "side"):
            value: Any = getattr(self, name)
            most = _ORDER.largest(name)
            if type(value) is not int or not 0 <= value <= most:
                raise TonneError(
                    "POWER_ORDER_RANGE",
                    f"An order's {name} is not a whole number up to {most}: {value!r}.",
                    field=name,
                    value=value,
                    remedy="Give whole Wh, and whole micro-credits per kWh.",
                )

    @property
    def sign(self) -> int:
        """+1 for an offer, which is taken when the price is above its own; -1 for a bid."""
        return 1 if self.side == OFFER else -1

    def word(self, accepted: int = 0) -> int:
        return _ORDER.pack(
            accepted=accepted,
            account=self.account,
            limit=self.limit,
            price=self.price,
            node=self.node,
            side=self.side,
        )

    @classmethod
    def of(cls, word: int) -> PowerOrder:
        """The order of a word; what lies above its fields is left alone."""
        f = _ORDER.unpack(word)
        return cls(PowerAccountId(f["account"]), f["node"], f["side"], f["limit"], f["price"])

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
        return _ARC.pack(**{name: getattr(self, name) for name in _ARC.names})

    @classmethod
    def of(cls, word: int) -> Arc:
        f = _ARC.unpack(word)
        return cls(
            f["start"],
            f["end"],
            f["efficiency"],
            f["capacity"],
            f["cost"],
            bool(f["line"]),
            f["table"],
            f["version"],
            f["since"],
        )


@dataclass(frozen=True, slots=True)
class Round:
    """A clearing problem: the grid of an interval and its orders, in the order of the set."""

    nodes: int
    arcs: tuple[Arc, ...]
    orders: tuple[PowerOrder, ...]


@dataclass(frozen=True, slots=True)
class Clearing:
    """Prices by node, flows by arc and accepted energy by order."""

    prices: tuple[int, ...]
    flows: tuple[int, ...]
    accepted: tuple[int, ...]

    def packed(self) -> tuple[list[int], list[int], list[int]]:
        """Accepted, prices, flows, as `PowerMarket.clear` takes them."""
        return lanes.pack(self.accepted), lanes.pack(self.prices), lanes.pack(self.flows)


class Payment(NamedTuple):
    """One payment of settlement [micro-credit]."""

    account: PowerAccountId
    amount: int  # to the account; negative: from it
    unbound: int = 0  # of its escrow, set free

    def pack(self) -> int:
        """Its word; the amount in two's complement."""
        amount = unsigned(self.amount, 96)
        return _PAYMENT.pack(account=self.account, amount=amount, unbound=self.unbound)

    @classmethod
    def unpack(cls, word: int) -> Payment:
        account, amount, unbound = _PAYMENT.unpack(word).values()
        return cls(PowerAccountId(account), signed(amount, 96), unbound)
