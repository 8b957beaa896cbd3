"""Curves, arcs and packed lanes as `contracts/types` packs them: `PackedCurve`, `PackedArc`.

Energy is in Wh, prices and costs in micro-credits per kWh, efficiencies in parts per million.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple

from tonne.constants import PPM
from tonne.errors import refused
from tonne.types import lanes
from tonne.types.ids import PowerAccountId
from tonne.types.packing import Layout, signed, unsigned

BID, OFFER = 0, 1
SIDES: Final = {BID: "bid", OFFER: "offer"}

#: Accounts below it are participants, the others pseudonyms.
FIRST_PSEUDONYM: Final = PowerAccountId(2**24)

_HEAD: Final = Layout(account=32, node=8, side=8, steps=8)
_STEP: Final = Layout(price=32, limit=32)
_WORD: Final = Layout(first=64, second=64, third=64, fourth=64)  # steps
#: Steps of a curve at most, and in a word.
MOST_STEPS, STEPS_PER_WORD = 32, 4
#: Lanes of a node in the margins of a clearing, see {Clearing}.
LANES_PER_NODE: Final = 4
_ARC: Final = Layout(
    capacity=32, cost=32, efficiency=32, start=8, end=8, line=8, table=16, version=16, since=40
)
_PAYMENT: Final = Layout(account=32, amount=96, unbound=96)
_REWARD: Final = Layout(amount=96, account=32)


@dataclass(frozen=True, slots=True)
class CurveStep:
    """A step of a bidder's curve at one node and side."""

    account: PowerAccountId  # of the bidder
    node: int  # place among the nodes of the market
    side: int
    limit: int  # [Wh]
    price: int  # [micro-credit/kWh]

    def __post_init__(self) -> None:
        fields = {
            **dict.fromkeys(("account", "node", "side"), _HEAD),
            "limit": _STEP,
            "price": _STEP,
        }
        for name, layout in fields.items():
            value: Any = getattr(self, name)
            most = layout.largest(name)
            if type(value) is not int or not 0 <= value <= most:
                raise refused("POWER_STEP_RANGE", given=value, part=name, limit=most)

    @property
    def sign(self) -> int:
        """+1 for an offer, which is taken when the price is above its own; -1 for a bid."""
        return 1 if self.side == OFFER else -1

    @property
    def rank(self) -> tuple[int, int, int]:
        """Its place in the curves of its bidder: node, side, and from the best price on."""
        return self.node, self.side, self.sign * self.price


def curve_words(steps: Sequence[CurveStep]) -> list[int]:
    """The curves of one bidder, in the order of {CurveStep.rank}."""
    words: list[int] = []
    for (account, node, side), found in groupby(steps, key=lambda s: (s.account, s.node, s.side)):
        curve = list(found)
        words.append(_HEAD.pack(account=account, node=node, side=side, steps=len(curve)))
        packed = [_STEP.pack(price=step.price, limit=step.limit) for step in curve]
        packed += [0] * (-len(packed) % STEPS_PER_WORD)
        for first in range(0, len(packed), STEPS_PER_WORD):
            words.append(_WORD.pack(**dict(zip(_WORD.names, packed[first:], strict=False))))
    return words


def curve_steps(words: Sequence[int]) -> list[CurveStep]:
    """The steps of {curve_words}."""
    found: list[CurveStep] = []
    at = 0
    while at < len(words):
        head = _HEAD.unpack(words[at])
        for place in range(head["steps"]):
            word = _WORD.unpack(words[at + 1 + place // STEPS_PER_WORD])
            step = _STEP.unpack(word[_WORD.names[place % STEPS_PER_WORD]])
            account = PowerAccountId(head["account"])
            found.append(
                CurveStep(account, head["node"], head["side"], step["limit"], step["price"])
            )
        at += 1 + -(-head["steps"] // STEPS_PER_WORD)
    return found


def held(steps: Sequence[CurveStep], guarantee: int) -> int:
    """Credits that a bidder's curves hold [micro-credit]: of each the payer rounds up."""
    worth: dict[tuple[int, int], int] = defaultdict(int)
    for step in steps:
        each = step.price if step.side == BID else guarantee
        worth[step.node, step.side] += step.limit * each
    return sum(-(-amount // 1000) for amount in worth.values())


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
    """A clearing problem: the grid of an interval and its steps, by bidder in the order of opening."""

    nodes: int
    arcs: tuple[Arc, ...]
    steps: tuple[CurveStep, ...]

    def curves(self) -> list[list[int]]:
        """The words of each bidder."""
        return [curve_words(list(own)) for _, own in groupby(self.steps, key=lambda s: s.account)]


class Margin(NamedTuple):
    """Steps of a side at a node's price: [Wh] accepted of their limits."""

    accepted: int
    limits: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """Prices by node and flows by arc. Off the price nothing is open; at it margins say how much is
    accepted: of bids at a node's price, their limits, and of offers alike."""

    prices: tuple[int, ...]
    flows: tuple[int, ...]
    margins: tuple[int, ...]

    def margin(self, node: int, side: int) -> Margin:
        first = LANES_PER_NODE * node + 2 * side
        return Margin(*self.margins[first : first + 2])

    def packed(self) -> tuple[list[int], list[int], list[int]]:
        """Margins, prices, flows, as `PowerMarket.clear` takes them."""
        return lanes.pack(self.margins), lanes.pack(self.prices), lanes.pack(self.flows)


class Payment(NamedTuple):
    """One payment of settlement [micro-credit]."""

    account: PowerAccountId
    amount: int  # to the account; negative: from it
    unbound: int = 0  # of its escrow, set free

    def pack(self) -> int:
        """Its word; the amount in two's complement."""
        amount = unsigned(self.amount, 96)
        return _PAYMENT.pack(account=self.account, amount=amount, unbound=self.unbound)

    def kept(self) -> int:
        """The word of a reward that is kept for the account in the place of a run."""
        return _REWARD.pack(amount=self.amount, account=self.account)

    @classmethod
    def unpack(cls, word: int) -> Payment:
        account, amount, unbound = _PAYMENT.unpack(word).values()
        return cls(PowerAccountId(account), signed(amount, 96), unbound)
