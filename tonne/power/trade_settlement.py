"""Energy sold at an agreed price: what an interval of a contract binds and comes to, in plain numbers.

The same arithmetic as `contracts/power/PowerTrades.sol`: the buyer pays rounded up, everybody is paid
rounded down, penalties are rounded down. Energy is Wh, amounts are micro-credits, prices and fees are
micro-credits per kWh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

from tonne.crypto.eip712 import Domain, Struct
from tonne.types import lanes

POWER_TRADES: Final = "tonne PowerTrades"
WH_PER_KWH: Final = 1_000


def trades_domain(chain_id: int, contract: str) -> Domain:
    """The domain of contracts."""
    return Domain(POWER_TRADES, chain_id, contract)


@dataclass(frozen=True, slots=True)
class PowerContract(Struct):
    """What seller, buyer and carrier sign; see IPowerTrades."""

    TYPES: ClassVar = (
        *("address", "address", "address", "uint8", "uint8", "uint32", "uint32"),
        *("uint32", "uint32", "uint32", "uint32", "uint32", "bytes32"),
        *("uint32", "uint32", "uint40", "uint256"),
    )

    seller: str
    buyer: str
    carrier: str  # nobody where both are at one node
    sellerNode: int
    buyerNode: int
    fromInterval: int
    untilInterval: int
    price: int
    wheelingFee: int
    maximumGridFee: int
    penalty: int
    energyWh: int
    profile: bytes
    sellerMeter: int
    buyerMeter: int
    deadline: int  # [s]
    salt: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Money terms of a contract, and the meters that may cost a penalty."""

    price: int
    wheeling_fee: int = 0
    grid_fee: int = 0
    penalty: int = 0
    seller_metered: bool = False
    buyer_metered: bool = False

    @property
    def full(self) -> int:
        """Everything the buyer pays for a kWh."""
        return self.price + self.wheeling_fee + self.grid_fee


@dataclass(frozen=True, slots=True)
class TradeOutcome:
    """`Executed` of IPowerTrades, of one interval or of several added up."""

    energy_wh: int = 0
    paid: int = 0
    proceeds: int = 0
    wheeling: int = 0
    grid: int = 0
    seller_short_wh: int = 0
    buyer_short_wh: int = 0
    seller_penalty: int = 0
    buyer_penalty: int = 0

    def __add__(self, other: TradeOutcome) -> TradeOutcome:
        return TradeOutcome(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(TradeOutcome))
        )

    def word(self) -> tuple[int, ...]:
        return tuple(getattr(self, f.name) for f in fields(TradeOutcome))

    @property
    def to_seller(self) -> int:
        return self.proceeds + self.buyer_penalty - self.seller_penalty

    @property
    def to_buyer(self) -> int:
        """Negative: what it pays."""
        return self.seller_penalty - self.buyer_penalty - self.paid

    @property
    def rounding(self) -> int:
        """Remainder of rounding: less than four for an interval."""
        return self.paid - self.proceeds - self.wheeling - self.grid


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account has sold and bought at a node in an interval, by all its contracts [Wh]."""

    sold_wh: int = 0
    bought_wh: int = 0


def energy_of(energy_wh: int, profile: Sequence[int], interval: int, per_day: int = 96) -> int:
    """Energy of an interval: a profile's lane of the time of day in UTC, or the same in each."""
    if not profile:
        return energy_wh
    return lanes.at(profile, interval % per_day)


def bound(rates: Rates, energy_wh: int) -> tuple[int, int]:
    """What an interval binds of the seller and of the buyer: the most it can cost either."""
    penalty = energy_wh * rates.penalty // WH_PER_KWH
    return (
        penalty if rates.seller_metered else 0,
        -(-energy_wh * rates.full // WH_PER_KWH) + (penalty if rates.buyer_metered else 0),
    )


def short(standing: Standing, energy_wh: int, net_wh: int, sells: bool) -> int:
    """A contract's share of what an account falls short by over all it has at the node.

    `net_wh` is what its meter delivered less what it took.
    """
    due = standing.sold_wh - standing.bought_wh
    most, missing = (due, due - net_wh) if sells else (-due, net_wh - due)
    if most <= 0 or missing <= 0:
        return 0
    whole = standing.sold_wh if sells else standing.bought_wh
    return min(missing, most) * energy_wh // whole


def execute(
    rates: Rates,
    energy_wh: int,
    seller: Standing = Standing(),
    buyer: Standing = Standing(),
    seller_net_wh: int = 0,
    buyer_net_wh: int = 0,
) -> TradeOutcome:
    """What one interval comes to."""
    seller_short = buyer_short = 0
    if energy_wh and rates.seller_metered:
        seller_short = short(seller, energy_wh, seller_net_wh, True)
    if energy_wh and rates.buyer_metered:
        buyer_short = short(buyer, energy_wh, buyer_net_wh, False)
    return TradeOutcome(
        energy_wh,
        -(-energy_wh * rates.full // WH_PER_KWH),
        energy_wh * rates.price // WH_PER_KWH,
        energy_wh * rates.wheeling_fee // WH_PER_KWH,
        energy_wh * rates.grid_fee // WH_PER_KWH,
        seller_short,
        buyer_short,
        seller_short * rates.penalty // WH_PER_KWH,
        buyer_short * rates.penalty // WH_PER_KWH,
    )


def rates_of(state: Any) -> Rates:
    """Of a `PowerContractState` of IPowerTrades."""
    return Rates(
        *(state.price, state.wheelingFee, state.gridFee, state.penalty),
        *(state.sellerMeter != 0, state.buyerMeter != 0),
    )
