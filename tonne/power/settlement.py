"""What an interval's deliveries are worth to each account: two legs, fees, and what remains of them.

What was accepted in the clearing is paid in full at the node's price; what was metered beyond or below
contracts, after the account's share of losses, is imbalance, at the worse of the reference and the price
that counts (see `tonne.power.settlement_prices`) and, where it is to be dear, worse by a spread. Payers pay
rounded up, payees get rounded down; what that leaves goes to a rounding account, what scarcity and
two-sided prices leave to a surplus account that gives it back by metered volume. What accounts do not bear
of the energy their meters leave open is the operator's. All amounts are micro-credits, energy is Wh, prices
are micro-credits per kWh; what an account gets is positive.
`contracts/power/PowerSettlement.sol` reckons the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tonne.power.settlement_prices import counted, sides

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

    spread_ppm: int = 0  # for imbalance: short pays that more, long gets that less
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


class RunPrices(NamedTuple):
    """Prices of a node in an interval [micro-credit/kWh]."""

    cleared: int  # of energy sold and bought in the clearing
    short_pays: int
    long_gets: int


@dataclass(frozen=True, slots=True)
class IntervalSettlement:
    """All accounts of one node and interval. `net + fees + operator + surplus + rounding == 0`."""

    lines: tuple[Line, ...]
    fees: int  # to the grid's operator
    operator: int  # what energy that accounts do not bear is worth to it
    surplus: int  # receipts of the legs less their payments, before rounding
    rounding: int  # less than two micro-credits a line
    prices: RunPrices

    @property
    def imbalance_wh(self) -> int:
        """Sum of imbalances [Wh]."""
        return sum(line.imbalance_wh for line in self.lines)

    @property
    def net(self) -> int:
        """Sum of what accounts get."""
        return sum(line.net for line in self.lines)


def settle(
    positions: Sequence[Position],
    price: int,
    tariff: Tariff,
    open_wh: int = 0,
    reference: int | None = None,
) -> IntervalSettlement:
    """Both legs and the fees of each account at one node and interval.

    `open_wh` is the loss that accounts bear beyond what their meters leave open: the operator's. Without a
    reference the price is its own.
    """
    prices = imbalance_prices(
        price if reference is None else reference,
        price,
        tariff.spread_ppm,
        agreed_wh=sum(p.sold_wh + p.bought_wh for p in positions),
        missed_wh=sum(abs(p.imbalance_wh) for p in positions),
        metered_wh=sum(abs(p.metered_wh) for p in positions),
    )
    own = worth(open_wh, prices)
    lines, exact = [], own
    for p in positions:
        at = worth(p.imbalance_wh, prices)
        fee = tariff.fee_import * max(0, -p.metered_wh) + tariff.fee_export * max(0, p.metered_wh)
        lines.append(
            Line(
                account=p.account,
                imbalance_wh=p.imbalance_wh,
                contract=p.sold_wh * price // WH_PER_KWH - -(-p.bought_wh * price // WH_PER_KWH),
                imbalance=at // WH_PER_KWH,  # down: a payer's amount grows
                fee=-fee // WH_PER_KWH,
            )
        )
        exact += (p.sold_wh - p.bought_wh) * price + at
    fees = -sum(line.fee for line in lines)
    paid = sum(line.contract + line.imbalance for line in lines)
    operator = own // WH_PER_KWH
    surplus = -exact // WH_PER_KWH  # down: the refund is covered
    return IntervalSettlement(
        tuple(lines),
        fees,
        operator,
        surplus,
        rounding=-paid - operator - surplus,
        prices=RunPrices(price, *prices),
    )


def imbalance_prices(
    reference: int, price: int, spread_ppm: int, *, agreed_wh: int, missed_wh: int, metered_wh: int
) -> tuple[int, int]:
    """Prices of a kWh short, and of one long. Delivered is at least what was sold and bought less all
    imbalances: a bid that is not delivered gives its price no weight."""
    counts = counted(reference, price, max(0, agreed_wh - missed_wh), metered_wh)
    return sides(reference, counts, spread_ppm)


def worth(imbalance_wh: int, prices: tuple[int, int]) -> int:
    """What imbalance is worth, in thousandths of a micro-credit."""
    pays, gets = prices
    return imbalance_wh * (pays if imbalance_wh < 0 else gets)


def give_back(surplus: int, positions: Iterable[Position]) -> dict[int, int]:
    """A surplus by the volume each account metered, rounded down; the rest stays where it is.

    A deficit is given to no account."""
    volumes: dict[int, int] = {}
    for p in positions:
        volumes[p.account] = volumes.get(p.account, 0) + p.volume_wh
    return give_back_by(surplus, volumes)


def give_back_by(surplus: int, volumes: Mapping[int, int]) -> dict[int, int]:
    """The same by volumes that were added up before, by account [Wh]."""
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
