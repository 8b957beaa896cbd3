"""Results of an energy day for its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tonne.audit.reconcile import Audit
from tonne.power.settlement import IntervalSettlement, Position


@dataclass(frozen=True, slots=True)
class LineDay:
    """A line's or converter's day [Wh], as it is on the chain."""

    name: str
    in_wh: int
    out_wh: int
    modelled_wh: int
    held: int  # intervals in dispute

    @property
    def measured_wh(self) -> int:
        return self.in_wh - self.out_wh


@dataclass(frozen=True, slots=True)
class AreaDay:
    """An area's day [Wh], as it is on the chain."""

    node: int
    injected_wh: int
    withdrawn_wh: int
    measured_wh: int
    modelled_wh: int
    charged_wh: int
    held: int

    @property
    def unaccounted_wh(self) -> int:
        return self.injected_wh - self.withdrawn_wh


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A step in the life of the credits [micro-credit]."""

    what: str
    amount: int


@dataclass(frozen=True, slots=True)
class Bill:
    """The sums of a customer's day; energy [Wh], amounts [micro-credit], positive: it gets."""

    customer: int
    kind: str
    region: str
    import_wh: int
    export_wh: int
    bought_wh: int
    sold_wh: int
    loss_wh: int
    imbalance_wh: int
    contract: int
    imbalance: int
    fee: int
    agreed_wh: int  # sold less bought by contracts
    agreed: int  #     what these came to
    networks: int  # its part of a bill that divides itself
    returned: int  # of the surplus

    @property
    def net(self) -> int:
        market = self.contract + self.imbalance + self.fee
        return market + self.agreed + self.networks + self.returned


@dataclass(frozen=True, slots=True)
class Settled:
    """Sums of a node's interval, as it was posted; its lines are not kept, of a city there are a million."""

    node: int
    index: int
    metered_wh: int  # net export of all meters
    charged_wh: int
    sold_wh: int  #      in the clearing, less bought
    lost_wh: int  #      shares of the loss
    traded_wh: int  #    sold less bought by contracts
    imbalance_wh: int
    money: int  #        net amounts, fees, operator's part, surplus and rounding: they come to 0
    traders: tuple[tuple[int, int], ...]  # account, energy of its contracts

    @classmethod
    def of(
        cls,
        node: int,
        index: int,
        positions: Sequence[Position],
        result: IntervalSettlement,
        metered_wh: int,
        charged_wh: int,
    ) -> Settled:
        """The sums of an interval's lines."""
        return cls(
            node,
            index,
            metered_wh,
            charged_wh,
            sum(p.sold_wh - p.bought_wh for p in positions),
            sum(p.loss_wh for p in positions),
            sum(p.traded_wh for p in positions),
            result.imbalance_wh,
            result.net + result.fees + result.operator + result.surplus + result.rounding,
            tuple((p.account, p.traded_wh) for p in positions if p.traded_wh),
        )


@dataclass(frozen=True, slots=True)
class DayNet:
    """A node's day [micro-credit]."""

    node: int
    amounts: dict[int, int]  # by account, the returned surplus included
    net: int
    operator: int  # what its energy is worth and its fees
    surplus: int
    returned: int
    rounding: int


@dataclass(frozen=True, slots=True)
class Certified:
    """A renewable plant's certificates [Wh]."""

    plant: str
    hours: int
    energy_wh: int
    claimed_wh: int


@dataclass(slots=True)
class AgreedTrade:
    """A contract between two accounts, and what it came to."""

    number: int
    what: str
    first: int  # interval
    last: int
    each_wh: int
    price: int  # [micro-credit/kWh]
    meter: int  # of the seller, where it may owe a penalty
    energy_wh: int = 0
    paid: int = 0  #    [micro-credit] by the buyer, fees included
    penalty: int = 0  # by the seller
    owed: int = 0  #    of it, as the run reckons


@dataclass(slots=True)
class DayResults:
    refused_clearing: str = ""  #  what the chain said to a clearing that was not the best
    corrected: int = 0  #          runs beyond the first
    held: list[str] = field(default_factory=list)
    lines: list[LineDay] = field(default_factory=list)
    areas: list[AreaDay] = field(default_factory=list)
    agreed: list[AgreedTrade] = field(default_factory=list)
    certified: list[Certified] = field(default_factory=list)
    credits: list[CreditLine] = field(default_factory=list)
    days: list[DayNet] = field(default_factory=list)
    paid: int = 0  #               accounts in payments
    bills: list[Bill] = field(default_factory=list)
    own_values: int = 0  # compared with the run's own books
    audit: Audit | None = None
    privacy: dict[str, dict[str, float]] = field(default_factory=dict)  # advantage, by kind
    seconds: float = 0.0
    processor: float = 0.0  # [s] of this process and all it started
    memory: int = 0
