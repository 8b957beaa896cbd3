"""Results of a period for its report. Amounts in [t] unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tonne.audit.reconcile import Audit
from tonne.rules.engine import YearlySupply
from tonne.rules.key_account import KeyOutcome


@dataclass(frozen=True, slots=True)
class ClawBack:
    """A downward correction and where it was taken from."""

    installation: int
    wallets: int
    ledger: int
    debt: int


@dataclass(frozen=True, slots=True)
class Issue:
    """Credits of one monitoring report: as many as serial numbers, some of them in the buffer."""

    project: str
    buffer: int
    first_serial: int
    last_serial: int


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    number: int
    project: str
    amount: int
    beneficiary: str
    purpose: str
    serials: tuple[tuple[int, int], ...]  # first and last of each block


@dataclass(frozen=True, slots=True)
class Fate:
    """A run of serial numbers and how it left."""

    kind: str
    first: int
    last: int

    @property
    def amount(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first:,} to {self.last:,} {self.kind}"


@dataclass(frozen=True, slots=True)
class Loss:
    """Credits that were lost again or never valid, and who bore it [t]."""

    event: str
    project: str
    unit: int
    lost: int
    borne_by: str
    buffer: int = 0
    developer: int = 0  # taken from its own holdings
    paid: int = 0  #      of the developer's debt
    owed: int = 0  #      of it, still
    holders: tuple[tuple[str, int], ...] = ()  # by name
    earlier: tuple[Fate, ...] = ()  # what had left the batch before, and keeps its record
    left: tuple[Fate, ...] = ()  #    what left by this


@dataclass(frozen=True, slots=True)
class Balance:
    """A class of units in all: what was issued is in being or has left in one of the ways."""

    units: str
    issued: int
    alive: int
    exits: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What was missing at the deadline, and what became of it."""

    place: int
    missing: int
    fine_cents: int  # 0 where the pack's form of a fine is not one the contracts know
    late: bool  # surrendered in the end
    owed: int  #  to the next allocation


@dataclass(frozen=True, slots=True)
class TradeSummary:
    """The season on the allowances' market."""

    sessions: int
    volume: int
    turnover_cents: int
    last_close_cents: int
    trades: int
    orders: int
    blocks: int  #   block trades, which the figures above leave out
    block_volume: int
    block_turnover_cents: int
    last_month_cents: int  # reference price of the last month, blocks included
    demand: int  #   what all together lacked at the start
    covered: int  #  of it, bought on the exchange, credits and blocks included
    waited: int  #   emitters that had not bought half of what they lacked by three quarters of it
    lacked: int  #   emitters that lacked something
    by_day: tuple[
        tuple[date, int], ...
    ] = ()  # lots of the book's sessions, then of block trades [t]

    @property
    def mean_cents(self) -> float:
        return self.turnover_cents / self.volume if self.volume else 0.0

    @property
    def share_met(self) -> float:
        return self.covered / self.demand if self.demand else 1.0


@dataclass(frozen=True, slots=True)
class AuctionResult:
    """The auctions of a vintage's share."""

    number: int  # of the last
    sold: int  # [t]
    price_cents: int  # mean of what was sold
    bids: int
    proceeds_cents: int
    held: int = 1  # auctions
    offered: int = 0  # [t]


@dataclass(frozen=True, slots=True)
class Link:
    """Another scheme's allowances that were recognised for one plant. Amounts in [t]."""

    scheme: str  # whose
    installation: int
    given: int
    amount: int  # own ones that came for them
    limit: int
    refused: str  # how the contract refused one more


@dataclass(frozen=True, slots=True)
class MonthlyResult:
    """Monthly evidence of the year that passed while a period was settled, in packages."""

    year: int
    plants: int  # that file
    on_time: int
    late: int
    missing: int
    not_due: int  # when the run ended
    corrected: int
    compared: int  # reports of the period's own year with its months
    differing: tuple[str, ...]  # where they differ, in words

    @property
    def due(self) -> int:
        return self.on_time + self.late + self.missing

    def __str__(self) -> str:
        later = f", {self.not_due} not due yet" if self.not_due else ""
        return (
            f"{self.on_time} of {self.due} packages of {self.plants} plants in time, {self.late} late,"
            f" {self.missing} missing{later}; {self.corrected} corrected"
        )

    def against_reports(self, year: int) -> str:
        """Whether reports are what their months add up to; empty where there are no months."""
        if not self.compared:
            return ""
        said = f"{self.compared} reports of {year} compared with their twelve months"
        return f"{said}: " + ("; ".join(self.differing) or "no difference")


@dataclass(slots=True)
class CarriedOver:
    """What became of the allowances that were left, and of debts. Amounts in [t]."""

    brought: int = 0  # left of older vintages when the period began
    older: int = 0  #   of them, surrendered in it
    netted: int = 0  #  of free allowances, not issued: they paid a debt
    deducted: int = 0  # of shortfalls, sent to the next allocation
    banked: int = 0  #  turned into a later vintage
    bankers: int = 0
    into: int = 0  #    the vintage it became
    expired: int = 0
    left: int = 0  #    of all vintages, at the end
    refused: str = ""  # how the contract refused a tonne beyond the limit


@dataclass(frozen=True, slots=True)
class SupplyDecision:
    """How the auctioned amount of a run follows from the scheme's, decided before the year [t]."""

    scheme: YearlySupply  # of the whole scheme
    before: YearlySupply  # of the year before
    lacked: int  # by the run's emitters, in the year before
    auctioned: int  # in the run, before it is rounded to what bids are multiples of


@dataclass(slots=True)
class PeriodResults:
    carried: CarriedOver = field(default_factory=CarriedOver)
    not_applied: list[tuple[str, str]] = field(
        default_factory=list
    )  # rule and reason, beside the pack's
    output: list[tuple[int, int]] = field(default_factory=list)  # power [MWh], heat [GJ], by place
    refused_reports: list[dict[str, str]] = field(default_factory=list)
    determined: list[int] = field(default_factory=list)  # installations
    claw_backs: list[ClawBack] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    certificates: list[IssuedCertificate] = field(default_factory=list)
    trading: TradeSummary | None = None
    supply: SupplyDecision | None = None
    auction: AuctionResult | None = None
    keys: list[KeyOutcome] = field(default_factory=list)  # of the pack, that hold in the period
    months: MonthlyResult | None = None  # where plants file monthly evidence
    links: list[Link] = field(default_factory=list)
    more_than_due: str = ""  # how the contract refused it
    shortfalls: list[Shortfall] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    certificate_checks: str = ""
    locked: str = ""  # how the contract refused to move units of a locked batch
    conservation: list[Balance] = field(default_factory=list)
    plain_values: int = 0  # compared with the plain engine and the run's books
    audit: Audit | None = None
    seconds: float = 0.0  # set-up and compiling aside
    memory: int = 0  #      [bytes] at the most, chain included
