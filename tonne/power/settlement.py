"""What an interval's deliveries are worth to each account: two legs, fees, and what remains of them.

What was accepted in the clearing is paid in full at the node's price; what was metered beyond or below
contracts, after the account's share of losses, is imbalance at the same price or, where imbalance is to be
dear, at a worse one. Payers pay rounded up, payees get rounded down; what that leaves goes to a rounding
account, what scarcity and dual prices leave to a surplus account that gives it back by metered volume. What
accounts do not bear of the energy their meters leave open is the operator's. All amounts are micro-credits,
energy is Wh, prices are micro-credits per kWh; what an account gets is positive.
`contracts/power/PowerSettlement.sol` reckons the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tonne.constants import PPM

WH_PER_KWH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Position:
    """One account at one node in one interval."""

    account: int
    metered_wh: int  # net export of its readings; 0 where a meter is missing
    sold_wh: int = 0  # in the clearing
    bought_wh: int = 0
    loss_wh: int = 0  # its share of the area's loss
    traded_wh: int = 0  # sold less bought by contracts, which are paid by themselves
    volume_wh: int = 0  # what it metered, without sign: by which surplus is given back

    @property
    def imbalance_wh(self) -> int:
        """Delivered beyond contract and losses; negative when short."""
        return self.metered_wh - self.sold_wh + self.bought_wh - self.traded_wh - self.loss_wh


@dataclass(frozen=True, slots=True)
class Tariff:
    """What besides the price decides about money."""

    spread_ppm: int = 0  # of the price, for imbalance: short pays that more, long gets that less
    fee_import: int = 0  # [micro-credit/kWh] grid fee on what an account imports, net
    fee_export: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One account's interval, each part apart [micro-credit]."""

    account: int
    imbalance_wh: int
    contract: int
    imbalance: int
    fee: int  # never positive

    @property
    def net(self) -> int:
        """Net amount of the account; negative when it pays."""
        return self.contract + self.imbalance + self.fee


@dataclass(frozen=True, slots=True)
class IntervalSettlement:
    """All accounts of one node and interval. `net + fees + operator + surplus + rounding == 0`."""

    lines: tuple[Line, ...]
    fees: int  # to the grid's operator
    operator: int  # what energy that accounts do not bear is worth to it
    surplus: int  # receipts of the legs less their payments, before rounding
    rounding: int  # less than two micro-credits a line

    @property
    def imbalance_wh(self) -> int:
        """Sum of imbalances [Wh]."""
        return sum(line.imbalance_wh for line in self.lines)

    @property
    def net(self) -> int:
        """Sum of what accounts get."""
        return sum(line.net for line in self.lines)


def worth(imbalance_wh: int, price: int, tariff: Tariff) -> int:
    """What imbalance is worth, in 10^-9 of a micro-credit: the short pay more, the long get less."""
    spread = tariff.spread_ppm if imbalance_wh < 0 else -tariff.spread_ppm
    return imbalance_wh * price * (PPM + spread)


def settle(
    positions: Sequence[Position], price: int, tariff: Tariff, open_wh: int = 0
) -> IntervalSettlement:
    """Both legs and the fees of each account at one node and interval.

    `open_wh` is the loss that accounts bear beyond what their meters leave open: the operator's.
    """
    per_contract, per_imbalance = WH_PER_KWH, WH_PER_KWH * PPM
    own = worth(open_wh, price, tariff)
    lines, exact = [], own
    for p in positions:
        at = worth(p.imbalance_wh, price, tariff)
        fee = tariff.fee_import * max(0, -p.metered_wh) + tariff.fee_export * max(0, p.metered_wh)
        lines.append(
            Line(
                account=p.account,
                imbalance_wh=p.imbalance_wh,
                contract=p.sold_wh * price // per_contract
                - -(-p.bought_wh * price // per_contract),
                imbalance=at // per_imbalance,  # down: a payer's amount grows
                fee=-fee // WH_PER_KWH,
            )
        )
        exact += (p.sold_wh - p.bought_wh) * price * PPM + at
    fees = -sum(line.fee for line in lines)
    paid = sum(line.contract + line.imbalance for line in lines)
    operator = own // per_imbalance
    surplus = -exact // per_imbalance  # down: the refund is covered
    return IntervalSettlement(
        tuple(lines), fees, operator, surplus, rounding=-paid - operator - surplus
    )


def give_back(surplus: int, positions: Iterable[Position]) -> dict[int, int]:
    """A surplus by the volume each account metered, rounded down; the rest stays where it is.

    A deficit is given to no account."""
    volumes: dict[int, int] = {}
    for p in positions:
        volumes[p.account] = volumes.get(p.account, 0) + p.volume_wh
    total = sum(volumes.values())
    if surplus <= 0 or not total:
        return {}
    return {account: surplus * volume // total for account, volume in volumes.items()}


def net_of(day: Sequence[Mapping[int, int]]) -> dict[int, int]:
    """One net amount for each account over a day of intervals. Zero is left out."""
    total: dict[int, int] = {}
    for interval in day:
        for account, amount in interval.items():
            total[account] = total.get(account, 0) + amount
    return {account: amount for account, amount in sorted(total.items()) if amount}
