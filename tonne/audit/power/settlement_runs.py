"""Replay of PowerSettlement's runs: terms, members, and what each interval comes to.

A run is checked as the contract does, against readings, loss, scheduled flows and price of other replays.
A dispute's proof is in the call, not in its event: that event only says that the run is void.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eth_abi.abi import encode

from tonne.audit.evidence.meter_oracle import POSTED
from tonne.audit.power.power_losses import CHARGED, SETTLED, PowerLossesReplay
from tonne.audit.power.power_market import PowerMarketReplay
from tonne.audit.replay.contract_replay import Args, ContractReplay
from tonne.audit.replay.events import Dated
from tonne.chain.client import Chain
from tonne.constants import CHANGE_S, DAY_S, PPM
from tonne.crypto.hashing import keccak
from tonne.crypto.merkle_sum import Sums
from tonne.power.encoding import FIRST_PSEUDONYM, Payment
from tonne.power.settlement import WH_PER_KWH, Tariff, imbalance_prices, worth
from tonne.power.settlement_runs import END_S, chunks
from tonne.types.ids import PowerAccountId

MARKET: Final = 16  # `Powers` of ISchemes
SLACK_WH: Final = 2  # of a clearing at a node
ROUNDINGS: Final = 3  # of a line
SILENCE_S: Final = DAY_S  # after readings and losses were due, when others may take over
FAILURES: Final = 2  # of a day, after which others may take it over without waiting so long
#: `RunTotals`, as it is committed to.
TOTALS: Final = (
    "(bytes32,bytes32,uint192,uint32,uint48,uint48,uint48,uint48,uint48,uint48,uint48,int88,uint88,"
    "int88,int80,uint32,uint32,uint40,uint40)"
)

Place = tuple[int, int]  # node, interval or day


@dataclass(slots=True)
class SettlementRun:
    """The standing run of an interval: `IntervalState`, and its totals."""

    posted_at: int
    poster: int
    totals: Any

    def word(self) -> tuple[int, ...]:
        packed = encode([TOTALS], [tuple(self.totals)])
        return self.posted_at, self.poster, int.from_bytes(keccak(packed)[:22], "big")


@dataclass(slots=True)
class PaymentList:
    """The list of a day's payments: `DayList`. Words as they were posted."""

    poster: int
    posted_at: int
    words: list[int] = field(default_factory=list)
    complete: bool = False
    paid: set[int] = field(default_factory=set)  # chunks

    @property
    def chunks(self) -> Sequence[Sequence[int]]:
        return chunks(self.words)

    @property
    def payments(self) -> list[Payment]:
        return [Payment.unpack(word) for word in self.words]

    @property
    def debits(self) -> int:
        return -sum(min(p.amount, 0) for p in self.payments)

    @property
    def sum(self) -> int:
        return sum(p.amount for p in self.payments)

    def word(self) -> tuple[int | bool, ...]:
        last = self.payments[-1].account if self.words else 0
        sizes = (len(self.chunks), len(self.paid), self.complete)
        return (self.poster, self.posted_at, last, *sizes, self.debits, self.sum)


#: `IntervalState` without a run, `DayList` without a list.
NO_RUN: Final = (0, 0, 0)
NO_LIST: Final = (0, 0, 0, 0, 0, False, 0, 0)


@dataclass(slots=True)
class SettlementDay:
    """A day's standing runs and its list."""

    runs: dict[int, SettlementRun] = field(default_factory=dict)  # by interval
    failed: set[int] = field(default_factory=set)  # intervals without a run since one failed
    failures: int = 0
    lines: int = 0
    closed: bool = False
    bonded: bool = False  # a poster's bond answers for it
    list: PaymentList | None = None
    carried: int = 0  # to it, of bonds that were lost
    taken: dict[int, int] = field(default_factory=dict)  # until when [s], by taker, in their order
    rewards: dict[int, Payment] = field(default_factory=dict)  # kept for an account, by interval

    @property
    def taker(self) -> tuple[int, int]:
        """`DayTaker`: who took it over last, and until when no other does; zeros for the operator."""
        return [(0, 0), *self.taken.items()][-1]

    def sum(self, name: str) -> int:
        return sum(getattr(run.totals, name) for run in self.runs.values())

    @property
    def returning(self) -> int:
        """What it gives back by metered volume."""
        return max(self.sum("surplus"), 0) + self.carried if self.volume_wh else 0

    @property
    def volume_wh(self) -> int:
        return self.sum("importWh") + self.sum("exportWh")

    def word(self) -> tuple[int | bool, ...]:
        """`DayState`."""
        return (
            *(self.sum("net"), self.sum("due"), len(self.runs), self.failures, self.lines),
            *(self.closed, self.bonded, self.sum("surplus"), self.volume_wh, self.carried),
        )

    def interval_word(self, interval: int) -> tuple[int, ...]:
        """`IntervalState`."""
        run, kept = self.runs.get(interval), self.rewards.get(interval)
        if run is not None:
            return run.word()
        return (0, 0, kept.kept()) if kept else NO_RUN


@dataclass(slots=True)
class PosterBond:
    """A participant's bond, what of it covers lists and days taken over, and the days it answers for."""

    amount: int = 0
    debits: int = 0
    open_days: int = 0


class SettlementRunsReplay(ContractReplay):
    """Terms, members, bonds and runs; days as the runs make them."""

    contract = "PowerSettlement"

    def __init__(self, chain: Chain, losses: PowerLossesReplay, power: PowerMarketReplay) -> None:
        super().__init__()
        self.address = chain[self.contract].address
        self.window, self.late, self.bond = (
            chain.call(self.contract, name) for name in ("WINDOW", "LATE", "BOND")
        )
        self.losses, self.power = losses, power
        self.meters, self.grid = losses.meters, power.grid
        self.step: int = power.terms.intervalS
        self.per_day = DAY_S // self.step
        self.terms: dict[int, list[Any]] = defaultdict(list)  # `AreaTerms`, by node
        self.members: dict[Place, int] = {}  # first day, by node and account
        #: First interval, by node, day and account.
        self.enrolled: dict[tuple[int, int, int], int] = {}
        self.owners: dict[Place, int] = {}  # first day, by node and participant
        self.held: Counter[Place] = Counter()  # accounts that are members, by node and owner
        self.entered: dict[Place, tuple[int, int]] = {}  # owner and first day, by node and meter
        self.metered: Counter[Place] = Counter()  # meters entered, by node and owner
        self.bonds: dict[int, PosterBond] = defaultdict(PosterBond)
        self.days: dict[Place, SettlementDay] = defaultdict(SettlementDay)
        #: Poster and wronged account of a lost bond, until it is paid.
        self._slashed: tuple[int, PowerAccountId] | None = None

    def terms_at(self, node: int, interval: int) -> Any:
        """Terms of a node in an interval; KeyError where there are none."""
        for terms in reversed(self.terms[node]):
            if terms.fromInterval <= interval:
                return terms
        raise KeyError(f"terms of node {node}")

    def operator_of(self, place: Place) -> int:
        node, day = place
        operator: int = self.terms_at(node, day * self.per_day).operator
        return operator

    def settler_of(self, place: Place) -> int:
        """Who alone settles a day."""
        return self.days[place].taker[0] or self.operator_of(place)

    # Terms and members

    def _oracle(self, node: int) -> int:
        oracle: int = self.meters.nodes[self.grid.nodes[node].metering].oracle
        return oracle

    def _on_AreaSet(self, a: Args, at: Dated) -> None:
        node, terms = a["node"], a["terms"]
        known = self.grid.nodes[node]
        all_ = self.terms[node]
        earliest = (at.time // DAY_S + 1) * self.per_day
        may = self.grid.schemes.may(a["officer"], known.scheme, known.jurisdiction, MARKET)
        timed = self.meters.nodes[known.metering].intervalS == self.step and DAY_S % self.step == 0
        timed = timed and terms.fromInterval % self.per_day == 0
        fits = terms.operator > 0 and terms.spreadPpm <= PPM and terms.fromInterval >= earliest
        fits = fits and terms.fromInterval <= (at.time + CHANGE_S) // self.step
        apart = terms.operator != self._oracle(node) and (node, terms.operator) not in self.owners
        named = self.power.limits.operators.get(node) == terms.operator
        priced = self.power.references.reference(node, terms.fromInterval) is not None
        self._require(
            may and timed and fits and apart and named and priced,
            f"terms of node {node} from {terms.fromInterval} on",
        )
        while all_ and all_[-1].fromInterval >= terms.fromInterval:
            all_.pop()  # terms to come are replaced
        all_.append(terms)

    def owner_of(self, account: int) -> int:
        """The participant, or the sponsor of a pseudonym."""
        sponsor = self.power.accounts[account].sponsor
        return account if account < FIRST_PSEUDONYM and not sponsor else sponsor

    def _on_OwnerJoined(self, a: Args, at: Dated) -> None:
        node, owner = a["node"], a["owner"]
        apart = owner > 0 and owner != self._oracle(node)
        apart = apart and not (self.terms[node] and self.terms[node][-1].operator == owner)
        new = (node, owner) not in self.owners and a["since"] == at.time // DAY_S + 1
        self._require(apart and new, f"owner {owner} at node {node}")
        self.owners[node, owner] = a["since"]

    def _on_MemberJoined(self, a: Args, at: Dated) -> None:
        node, account = a["node"], a["account"]
        joined = (node, account) not in self.members and a["since"] == at.time // DAY_S + 1
        joined = joined and (node, self.owner_of(account)) in self.owners
        self._require(joined, f"account {account} at node {node}")
        self.members[node, account] = a["since"]
        self.held[node, self.owner_of(account)] += 1

    def first_line_of(self, node: int, day: int, account: int) -> int:
        """First interval of a day in which an account has a line; 0 of none."""
        since = self.members.get((node, account))
        if since is not None and since <= day:
            first: int = day * self.per_day
            return first
        return self.enrolled.get((node, day, account), 0)

    def _on_AccountEnrolled(self, a: Args, at: Dated) -> None:
        """Of a bidder whose gate has closed, and once more only for an earlier interval of the day."""
        node, interval, account = a["node"], a["interval"], a["account"]
        day = interval // self.per_day
        first = self.first_line_of(node, day, account)
        closed = at.time + self.power.terms.gateLeadS >= interval * self.step
        self._require(
            closed and not 0 < first <= interval, f"account {account} enrolled at node {node}"
        )
        self.enrolled[node, day, account] = interval

    def _on_MeterEntered(self, a: Args, at: Dated) -> None:
        """An owner's own meter, and no more of them than it has accounts."""
        node, meter, owner = a["node"], a["meter"], a["owner"]
        known = self.meters.meters.get(meter)
        right = known is not None and known.owner == owner and (node, meter) not in self.entered
        self.entered[node, meter] = (owner, a["since"])
        self.metered[node, owner] += 1
        right = right and self.metered[node, owner] <= self.held[node, owner]
        right = right and a["since"] == at.time // DAY_S + 1
        self._require(right, f"meter {meter} at node {node}")

    def _posts(self, place: Place, poster: int, at: Dated, about: str) -> None:
        """Who posts settles the day, apart from oracle and owners, and its bond is liable."""
        own = poster == self.settler_of(place) and self._apart(place[0], poster)
        own = own and at.time >= (place[1] + 1) * DAY_S
        self._require(own and self._liable(place, poster, at), f"poster of {about}")

    def _apart(self, node: int, poster: int) -> bool:
        """Who settles a node, its oracle and the owners of its accounts are different participants."""
        oracle = self._oracle(node)
        return poster != oracle and not {(node, poster), (node, oracle)} & self.owners.keys()

    def _liable(self, place: Place, poster: int, at: Dated) -> bool:
        """Whether a poster has bond enough, and its day has not ended."""
        end = (place[1] + 1) * DAY_S + END_S
        bond = self.bonds[poster]
        open_ = not self.days[place].closed and at.time <= end
        return open_ and bond.amount >= self.bond + bond.debits

    def _bind(self, day: SettlementDay, poster: int) -> None:
        """A bond answers for a day that is paid or closed, or taken over by another, before it is free."""
        if not day.bonded:
            day.bonded = True
            self.bonds[poster].open_days += 1

    def _unbind(self, day: SettlementDay, poster: int) -> None:
        day.bonded = False
        self.bonds[poster].open_days -= 1

    # Runs

    def _on_RunPosted(self, a: Args, at: Dated) -> None:
        node, number, stated = a["node"], a["interval"], a["totals"]
        about = f"run of node {node} in interval {number}"
        place = (node, number // self.per_day)
        day = self.days[place]
        self._posts(place, a["poster"], at, about)
        self._require(number not in day.runs, f"{about} does not follow")
        self._readings(node, number, stated, at.time, about)
        self._energy(node, number, stated, about)
        terms = self.terms_at(node, number)
        tariff = Tariff(terms.spreadPpm, terms.feeImport, terms.feeExport)
        price = self.power.price_of(number, node, at.time)
        self._require(price is not None, f"{about}: no price")
        reference = self.power.references.reference(node, number)
        self._require(reference is not None, f"{about}: no reference")
        self._money(stated, (reference or 0, price or 0), tariff, about)
        self._require(number not in day.rewards, f"{about}: a reward is kept in its place")
        self._bind(day, a["poster"])
        day.runs[number] = SettlementRun(at.time, a["poster"], stated)
        day.failed.discard(number)
        day.lines = max(day.lines, stated.count)

    def _readings(self, node: int, number: int, stated: Any, time: int, about: str) -> None:
        place = (self.grid.nodes[node].metering, number * self.step)
        area = self.losses.of_areas.get(place)
        charged, status = (area.charged, area.status) if area else (0, 0)
        booked = status in (CHARGED, SETTLED)
        readings = Sums.of(stated.sums).count
        if not readings:
            late = time > (number // self.per_day + 1) * DAY_S + self.late
            self._require(late and not booked, f"{about}: without readings")
            return
        root = self.meters.roots[place]
        same = (root.status, root.root, root.sums) == (POSTED, stated.meterRoot, stated.sums)
        self._require(same and stated.count >= readings, f"{about}: readings")
        self._require(self.meters.is_final(place, time) and booked, f"{about}: not final")
        self._require(stated.chargedWh == charged, f"{about}: loss")

    def _energy(self, node: int, number: int, stated: Any, about: str) -> None:
        sold = stated.soldWh - stated.boughtWh
        leaving, arcs = self.power.scheduled(number, node)
        self._require(abs(sold - leaving) <= SLACK_WH + arcs, f"{about}: not scheduled")
        sums, metered = Sums.of(stated.sums), stated.exportWh - stated.importWh
        if sums.count:
            closes = metered == sums.export_wh - sums.import_wh
            closes &= stated.exportWh <= sums.export_wh
            imbalance = metered - sold - stated.chargedWh
        else:  # all are taken to have delivered what they sold
            closes, imbalance = metered == sold and not stated.chargedWh, 0
            closes &= not stated.longWh
        closes &= imbalance == stated.longWh - stated.shortWh
        self._require(closes, f"{about}: energy does not close")

    def _money(self, stated: Any, quoted: tuple[int, int], tariff: Tariff, about: str) -> None:
        exact = stated.importWh * tariff.fee_import + stated.exportWh * tariff.fee_export
        least = -(-exact // WH_PER_KWH)
        self._require(least <= stated.fees <= least + stated.count, f"{about}: fees")
        sums = Sums.of(stated.sums)
        open_wh = stated.chargedWh - sums.export_wh + sums.import_wh if sums.count else 0
        prices = imbalance_prices(
            *quoted,
            tariff.spread_ppm,
            agreed_wh=stated.soldWh + stated.boughtWh,
            missed_wh=stated.longWh + stated.shortWh,
            metered_wh=stated.importWh + stated.exportWh,
        )
        own = worth(open_wh, prices)
        legs = (stated.soldWh - stated.boughtWh) * quoted[1]
        legs += worth(stated.longWh, prices) + worth(-stated.shortWh, prices) + own
        due = own // WH_PER_KWH + stated.fees
        surplus = -legs // WH_PER_KWH
        closes = stated.net + due + surplus + stated.rounding == 0
        closes &= (stated.due, stated.surplus) == (due, surplus)
        said = (stated.cleared, stated.shortPays, stated.longGets)
        self._require(said == (quoted[1], *prices), f"{about}: prices")
        fits = stated.rounding <= ROUNDINGS * (stated.count + 1) + 1
        self._require(closes and fits, f"{about}: money does not close")

    # Failures

    def _in_dispute(self, day: SettlementDay, time: int) -> bool:
        """Until the window of a complete list has ended, or the day is closed."""
        over = day.list is not None and day.list.complete
        over = over and day.list is not None and time > day.list.posted_at + self.window
        return not over and not day.closed

    def _on_RunFailed(self, a: Args, at: Dated) -> None:
        node, number = a["node"], a["interval"]
        day, about = self.days[node, number // self.per_day], f"failure at {node}, {number}"
        self._require(self._in_dispute(day, at.time), about)
        run = day.runs.pop(number)
        day.failed.add(number)
        day.failures = min(day.failures + 1, 255)
        self._slash(run.poster, a["wronged"])

    def _slash(self, poster: int, wronged: PowerAccountId) -> None:
        self._require(self._slashed is None, f"poster {poster} fails twice at once")
        self._slashed = (poster, wronged)
