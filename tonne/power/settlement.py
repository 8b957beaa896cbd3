"""What an interval's deliveries are worth to each account: two legs, fees, and what remains of them.

Contracts are paid in full at the node's price; what was metered beyond or below them, after the
account's share of losses, is imbalance at the same price or, where imbalance is to be dear, at a worse
one. Payers pay rounded up, payees get rounded down; what that leaves goes to a rounding account, what
scarcity and dual prices leave to a surplus account that gives it back by metered volume. All amounts
are micro-credits, energy is Wh, prices are micro-credits per kWh; what an account gets is positive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tonne.power.losses import PPM, shares

WH_PER_KWH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Position:
    """One account at one node in one interval."""

    account: int
    metered_wh: int  # net export of its final readings; 0 where a meter is missing
    sold_wh: int = 0
    bought_wh: int = 0
    loss_wh: int = 0  # its share of what the area lost
    volume_wh: int = 0  # import and export of its readings, by which surplus is given back

    @property
    def imbalance_wh(self) -> int:
        """Delivered beyond contract and losses; negative when short."""
        return self.metered_wh - self.sold_wh + self.bought_wh - self.loss_wh


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
        """What the account gets; negative when it pays."""
        return self.contract + self.imbalance + self.fee


@dataclass(frozen=True, slots=True)
class IntervalSettlement:
    """All accounts of one node and interval. `sum(net) + fees + surplus + rounding == 0`."""

    lines: tuple[Line, ...]
    fees: int  # to the grid's operator
    surplus: int  # what the legs take in beyond what they pay out, before rounding
    rounding: int  # less than two micro-credits a line

    @property
    def imbalance_wh(self) -> int:
        """Sum of imbalances [Wh]."""
        return sum(line.imbalance_wh for line in self.lines)


def settle(positions: Sequence[Position], price: int, tariff: Tariff) -> IntervalSettlement:
    """Both legs and the fees of each account at one node and interval."""
    lines, exact = [], 0
    for p in positions:
        short_price = price * (PPM + tariff.spread_ppm)
        long_price = price * (PPM - tariff.spread_ppm)
        at = long_price if p.imbalance_wh >= 0 else short_price
        per_contract, per_imbalance = WH_PER_KWH, WH_PER_KWH * PPM
        fee = tariff.fee_import * max(0, -p.metered_wh) + tariff.fee_export * max(0, p.metered_wh)
        lines.append(
            Line(
                account=p.account,
                imbalance_wh=p.imbalance_wh,
                contract=p.sold_wh * price // per_contract
                - -(-p.bought_wh * price // per_contract),
                imbalance=p.imbalance_wh * at // per_imbalance,  # down: a payer's amount grows
                fee=-fee // WH_PER_KWH,
            )
        )
        exact += (p.sold_wh - p.bought_wh) * price * PPM + p.imbalance_wh * at
    fees = -sum(line.fee for line in lines)
    paid = sum(line.contract + line.imbalance for line in lines)
    surplus = -exact // (WH_PER_KWH * PPM)  # down: what is given back is there
    return IntervalSettlement(tuple(lines), fees=fees, surplus=surplus, rounding=-paid - surplus)


def give_back(surplus: int, positions: Sequence[Position]) -> dict[int, int]:
    """A surplus dealt out by metered volume, to the last micro-credit; a deficit is borne alike."""
    volumes = [p.volume_wh for p in positions]
    returned: dict[int, int] = {}
    for position, share in zip(positions, shares(surplus, volumes)):
        returned[position.account] = returned.get(position.account, 0) + share
    return returned


def net_of(day: Sequence[Mapping[int, int]]) -> dict[int, int]:
    """One net amount for each account: what a day of intervals comes to. Zero is left out."""
    total: dict[int, int] = {}
    for interval in day:
        for account, amount in interval.items():
            total[account] = total.get(account, 0) + amount
    return {account: amount for account, amount in sorted(total.items()) if amount}
