"""The order of commitments, openings and releases; all of it is read back from the chain.

1. Salt and curves are in the journal before the commitment is sent: no kill loses the opening.
2. A commitment needs a possible opening: limits, steps, deposit and credits are checked before.
3. Receipts go out once the commitment is on the chain: an aggregator answers for its bids.
4. Commitments are opened, also while draining: silence costs their worth at the cap.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import structlog

from oracles.power.aggregator.batteries import BatteryBids
from oracles.power.aggregator.customers import CustomerFiles, Wishes
from oracles.power.aggregator.journal import AggregatorJournal, Committed
from oracles.power.aggregator.papers import write_papers
from oracles.power.aggregator.settled_accounts import SettledAccounts
from oracles.power.aggregator.shown import OVER, ShownAnswers
from oracles.power.releases import KIND, queue_release, release_effect
from oracles.runtime.daemon import Workplace
from oracles.runtime.effects import JobEffect
from oracles.runtime.journal import OPEN_STATES, JobState, Rank
from oracles.runtime.metrics import Metrics
from oracles.runtime.rpc_pool import agreed_head
from tonne.chain.client import Head
from tonne.errors import TonneError
from tonne.power import openable
from tonne.power.bid_tree import CustomerBid, Portfolio, commitment
from tonne.power.intervals import BidStage, MarketTerms, Stage
from tonne.power.portfolios import few_each, in_steps, of_enough, under_cap, within
from tonne.power.shown_bids import crowded, most_bids
from tonne.types.ids import PowerAccountId

log = structlog.get_logger()

GAS_COMMIT: Final = 200_000
#: Gas of an opening, with room: of the call, and for each byte, step and curve.
GAS_OPEN: Final = 250_000
GAS_BYTE: Final = 40
GAS_STEP: Final = 1_500
GAS_CURVE: Final = 12_000
GAS_MOST: Final = 6_000_000

#: Commitments go out this part of an interval before the gate.
LEAD: Final = 3

#: Outcomes of intervals, the labels of the metric.
RESULTS: Final = ("committed", "passed", "opened", "released", "forfeited", "refused")


class Bidding:
    """The aggregator's work; see `oracles.runtime.daemon.Work`."""

    def __init__(self, place: Workplace[AggregatorJournal]) -> None:
        self._chain = place.chain
        self._nodes = place.nodes
        self._journal = place.journal
        self._folder = place.folder
        self._sender = place.sender
        self._terms = MarketTerms.read(place.chain)
        self._number = place.nodes.settled("the aggregator", self._participant)
        self._files = CustomerFiles(place.folder, place.journal.secret)
        self._settled = SettledAccounts(place.chain)
        self._batteries = BatteryBids(place.chain, place.journal, self._terms, self._number)
        self._shown = ShownAnswers(place.chain, place.journal, self._number)
        self._head = Head(0, "", 0)
        self._passed: set[tuple[int, str]] = set()  # intervals without bids, and why
        self._told: set[str] = set()  # faults of files
        self.results = dict.fromkeys(RESULTS, 0)
        self.incidents: Counter[str] = Counter()

    def _participant(self) -> int:
        if self._sender is None:
            return 0
        return int(self._chain.call("Participants", "walletOf", self._sender)[0])

    @property
    def now(self) -> int:
        return self._head.time

    def left(self) -> int:
        return sum(self._is_closed(made) for made in self._journal.running())

    def _is_closed(self, made: Committed) -> bool:
        """Whether its curves still have to be opened."""
        job = self._journal.job(open_key(made.interval))
        return job is None or job.state in (*OPEN_STATES, JobState.FAILED)

    def observe(self, watched: Metrics) -> None:
        for result, count in self.results.items():
            watched.put("intervals", count, result)
        for code, count in self.incidents.items():
            watched.put("incidents", count, code)

    def step(self, draining: bool) -> int:
        self._head = agreed_head(self._chain, self._nodes)
        done = self._advance()
        done += self._shown.step(self._head, self._incident)
        return done if draining else done + self._commit()

    def _incident(self, code: str, reason: str) -> None:
        self.incidents[code] += 1
        log.error("incident", code=code, reason=reason)

    # Committing

    def _commit(self) -> int:
        interval = (self.now + self._terms.gate_lead_s) // self._terms.interval_s + 1
        early = self.now < self._terms.gate(interval) - self._terms.interval_s // LEAD
        if early or self._journal.of(interval) is not None:
            return 0
        try:
            made = self._made(interval)
            if made is None:
                return 0
            self._require_openable(made)
        except TonneError as fault:
            self._pass(interval, fault)
            return 0
        if self._sender is None:
            self._once(interval, "would_commit", energy_wh=made.own.energy)
            return 0
        hash_ = commitment(interval, made.opening, made.own.bidder)
        market = self._chain["PowerMarket"]
        data = market.encode("commit", interval, hash_, made.own.energy)
        with self._journal.transaction():
            self._journal.add(made)
            self._journal.enqueue(
                commit_key(interval), market.address, data, GAS_COMMIT, Rank.DEADLINE
            )
        self.results["committed"] += 1
        log.info("committing", interval=interval, bids=len(made.own.bids), wh=made.own.energy)
        return 1

    def _made(self, interval: int) -> Committed | None:
        """The portfolio of an interval; None if no customer has a bid that is allowed."""
        start = self._terms.start(interval)
        wishes, faults = self._files.wishes(
            interval, start, self._batteries.orders, self._settled.of
        )
        for fault in faults:
            if fault.message not in self._told:
                self._told.add(fault.message)
                self._incident(fault.code, fault.message)
        own = self._few(Portfolio.of(PowerAccountId(self._number), self._fit(wishes, start)))
        if not own.bids:
            self._once(interval, "no_bids", customers=len(wishes.turns))
            return None
        opening = own.opening(secrets.token_bytes(32))
        needed = openable.needed_for(own, self._terms)
        return Committed(interval, own, opening[0], opening, wishes.turns, needed)

    def _fit(self, wishes: Wishes, start: int) -> list[CustomerBid]:
        """Bids as the market takes them: no price beyond the cap, registered steps, energy within limits, no
        curve of a few."""
        bids = under_cap(wishes.bids, self._terms.price_cap)
        nodes = sorted({bid.node for bid in bids})
        sides = sorted({(bid.node, bid.side) for bid in bids})
        answers = self._chain.call_many(
            [
                *(("BidLimits", "termsOf", (node, self._number, start)) for node in nodes),
                *(("BidLimits", "mostOf", (self._number, *side, start)) for side in sides),
            ]
        )
        steps = {node: terms.steps for node, terms in zip(nodes, answers, strict=False)}
        most = dict(zip(sides, answers[len(nodes) :], strict=True))
        return of_enough(within(in_steps(bids, steps), lambda node, side: most[node, side]))

    def _few(self, own: Portfolio) -> Portfolio:
        """Without the least bids of accounts with more than the operator could show; it is logged."""
        if not crowded(own):
            return own
        most = most_bids(own)
        told = f"Accounts have more than {most} bids at a node: their least ones are left out."
        if told not in self._told:
            self._told.add(told)
            self._incident("AGGREGATOR_BIDS_MANY", told)
        return Portfolio.of(own.bidder, of_enough(few_each(own.bids, most)))

    def _require_openable(self, made: Committed) -> None:
        """Raises where the curves could not be opened, or silence could not be paid for."""
        openable.require_within(self._chain, self._terms, made.own, made.interval)
        if self._sender is None:
            return
        closed = [other for other in self._journal.running() if self._is_closed(other)]
        needed = made.held + sum(other.held for other in closed)
        openable.require_backed(self._chain, self._terms, made.own, needed)

    def _pass(self, interval: int, fault: TonneError) -> None:
        """Logs each reason once for an interval without a possible bid; the next step looks at it again."""
        if (interval, fault.code) not in self._passed:
            self._passed.add((interval, fault.code))
            self.results["passed"] += 1
            self._incident(fault.code, f"Interval {interval} is not bid for: {fault.message}")

    def _once(self, interval: int, event: str, **told: Any) -> None:
        if (interval, event) not in self._passed:
            self._passed.add((interval, event))
            log.info(event, interval=interval, **told)

    # After a commitment

    def _advance(self) -> int:
        running = self._journal.running()
        if not running or self._sender is None:
            return 0
        views = [
            *(("PowerMarket", "bidOf", (m.interval, self._number)) for m in running),
            *(("PowerMarket", "stageOf", (m.interval,)) for m in running),
        ]
        answers = self._chain.call_many(views)
        bids, stages = answers[: len(running)], answers[len(running) :]
        return sum(
            self._follow(made, BidStage(bid.state), Stage(stage))
            for made, bid, stage in zip(running, bids, stages, strict=True)
        )

    def _follow(self, made: Committed, state: BidStage, stage: Stage) -> int:
        interval = made.interval
        if state is BidStage.NONE:
            return self._follow_uncommitted(interval, stage)
        if state in (BidStage.COMMITTED, BidStage.OPENED) and not made.told:
            assert self._sender is not None
            write_papers(self._chain, self._folder, made, self._sender)
            self._journal.mark_told(interval)
        if state is BidStage.COMMITTED and stage is Stage.OPENING:
            return self._open(made)
        if state is BidStage.COMMITTED and stage > Stage.OPENING:
            return self._end(interval, "forfeited", BidStage.COMMITTED)
        if state is BidStage.OPENED and self.now >= self._terms.free_at(interval):
            return queue_release(self._chain, self._journal, interval, [self._number])
        if state in (BidStage.RELEASED, BidStage.FORFEITED):
            return self._end(interval, state.name.lower(), state)
        return 0

    def _follow_uncommitted(self, interval: int, stage: Stage) -> int:
        """A commitment that the chain refused, or that came too late, is over."""
        job = self._journal.job(commit_key(interval))
        waits = job is not None and job.state in OPEN_STATES
        if waits or (stage is Stage.OPEN and (job is None or job.state is not JobState.FAILED)):
            return 0
        if job is not None and job.code:
            self._incident(job.code, f"Interval {interval} was not bid for: {job.reason}")
        return self._end(interval, "refused", BidStage.NONE)

    def _open(self, made: Committed) -> int:
        market = self._chain["PowerMarket"]
        data = market.encode("open", made.interval, self._number, made.opening)
        job = self._journal.job(open_key(made.interval))
        if job is not None and job.state is not JobState.FAILED:
            return 0
        queued = self._journal.enqueue(
            open_key(made.interval), market.address, data, open_gas(made.own, data), Rank.DEADLINE
        )
        self.results["opened"] += 1
        log.info("opening", interval=made.interval, bytes=len(data))
        return int(queued)

    def _end(self, interval: int, how: str, state: BidStage) -> int:
        """Over, once most nodes say so."""
        view = ("PowerMarket", "bidOf", interval, self._number)
        found = self._nodes.agreed(
            f"the bid of interval {interval}", lambda: int(self._chain.call(*view).state)
        )
        if found != state:
            return 0
        self._journal.end(interval, how)
        self.results[how] += 1
        if how == "forfeited":
            self._incident("AGGREGATOR_SILENT", f"The bid of interval {interval} was not opened.")
        return 1


def open_gas(own: Portfolio, data: bytes) -> int:
    """The gas limit of an opening."""
    curves = len(openable.curve_sizes(own))
    needed = GAS_OPEN + GAS_BYTE * len(data) + GAS_STEP * len(own.steps) + GAS_CURVE * curves
    return min(needed, GAS_MOST)


def commit_key(interval: int) -> str:
    """The business key of a commitment."""
    return f"commit/{interval}"


def open_key(interval: int) -> str:
    """The business key of an opening."""
    return f"open/{interval}"


def effect(journal: AggregatorJournal, key: str) -> JobEffect:
    """What a job is to bring about."""
    kind, *words = key.split("/")
    if kind == KIND:
        return release_effect(key)
    if kind == "show":
        return JobEffect([("PowerMarket", "disputeOf", (bytes.fromhex(words[0]),))], _is_over)
    made = journal.of(int(words[0]))
    assert made is not None
    own = commitment(made.interval, made.opening, made.own.bidder)
    least = BidStage.COMMITTED if kind == "commit" else BidStage.OPENED

    def there(answers: Sequence[Any]) -> bool:
        (bid,) = answers
        reached = least <= bid.state < BidStage.FORFEITED
        return reached and bytes(bid.commitment) == own

    return JobEffect([("PowerMarket", "bidOf", (made.interval, made.own.bidder))], there)


def _is_over(answers: Sequence[Any]) -> bool:
    return bool(answers[0] == OVER)
