"""The order of proposals: the optimum of the opened curves if the chain would prefer it to the valid
clearing; later the pay.

The chain decides all of it. Curves are compared with its running hash, so that no node can pass a part of
a round off as the whole. The valid clearing is compared by the contract's rule. A later solver with no
better solution sends nothing, or its job ends as done by another.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import structlog

from oracles.power.releases import KIND, queue_release, release_effect, waiting
from oracles.power.solver.journal import Proposed, SolverJournal
from oracles.runtime.daemon import Workplace
from oracles.runtime.effects import JobEffect
from oracles.runtime.journal import OPEN_STATES, Rank
from oracles.runtime.metrics import Metrics
from oracles.runtime.rpc_pool import agreed_head
from tonne.chain.block_times import first_since
from tonne.chain.client import Head
from tonne.errors import TonneError
from tonne.power import clearing_check
from tonne.power.clearing_solver import solve
from tonne.power.encoding import Clearing, Round
from tonne.power.intervals import MarketTerms, Stage
from tonne.power.rounds import is_better, proposal, read_round, require_whole
from tonne.types import lanes

log = structlog.get_logger()

#: Gas of a clearing, with room: of the call and its result, and for each byte, step, curve, arc, node.
GAS_BASE: Final = 300_000
GAS_BYTE: Final = 40
GAS_STEP: Final = 1_000
GAS_CURVE: Final = 6_000
GAS_ARC: Final = 15_000
GAS_NODE: Final = 10_000
#: The most that a chain, and a signer, let one transaction have.
GAS_MOST: Final = 16_000_000

#: Proposals for one set of curves: after so many refusals another would be refused, too.
MOST_TRIES: Final = 5

#: Blocks for which aggregators may release their free bids themselves: a common call for an interval
#: reverts if one bid was released before.
LEFT_BLOCKS: Final = 5

#: Outcomes of intervals, the labels of the metric.
RESULTS: Final = ("proposed", "outdone", "unsolved", "paid")


@dataclass(frozen=True, slots=True)
class Solved:
    """An interval's round as it was opened, and its optimum."""

    curves: bytes
    round: Round
    clearing: Clearing
    outcome: clearing_check.ClearingOutcome


class Solving:
    """The solver's work; see `oracles.runtime.daemon.Work`."""

    def __init__(self, place: Workplace[SolverJournal]) -> None:
        self._chain = place.chain
        self._nodes = place.nodes
        self._journal = place.journal
        self._dry = place.dry
        self._sender = place.sender.address if place.sender else ""
        self._terms = MarketTerms.read(place.chain)
        self._solved: dict[int, Solved] = {}
        self._unsolved: set[tuple[int, bytes]] = set()
        self._outdone: set[int] = set()
        self._head = Head(0, "", 0)
        self._gate = 0, 0  # [s] a gate, and the first block since
        self._free_from: dict[
            int, int
        ] = {}  # block at which an interval's bids were first seen free
        self.results = dict.fromkeys(RESULTS, 0)

    @property
    def now(self) -> int:
        return self._head.time

    def left(self) -> int:
        return 0

    def observe(self, watched: Metrics) -> None:
        for result, count in self.results.items():
            watched.put("intervals", count, result)

    def step(self, draining: bool) -> int:
        self._head = agreed_head(self._chain, self._nodes)
        done = 0 if draining else self._clear(self._terms.in_window(self.now))
        return done + self._collect()

    # Clearing

    def _clear(self, intervals: range) -> int:
        rounds = self._chain.call_many(("PowerMarket", "roundOf", (i,)) for i in intervals)
        for known in [i for i in self._solved if i not in intervals]:
            del self._solved[known]
        done = 0
        for interval, round_ in zip(intervals, rounds, strict=True):
            if round_.stage == Stage.CLEARING and round_.opened:
                done += self._look(interval, round_)
        return done

    def _look(self, interval: int, standing: Any) -> int:
        """Proposes a solution better than the valid clearing, unless one is pending."""
        if standing.proposer.lower() == self._sender.lower() and self._sender:
            return 0
        solved = self._optimum(interval, standing.curvesHash)
        if solved is None or not self._is_better(interval, solved, standing):
            return 0
        told = [p for p in self._journal.proposals(interval) if p.curves == solved.curves]
        if told:
            last = self._journal.job(told[-1].key)
            open_ = last is not None and last.state in OPEN_STATES
            if open_ or len(told) >= MOST_TRIES:
                return 0
        return self._propose(interval, solved)

    def _is_better(self, interval: int, solved: Solved, standing: Any) -> bool:
        better = is_better(self._chain, interval, standing, solved.outcome, solved.clearing)
        if not better and interval not in self._outdone:
            self._outdone.add(interval)
            self.results["outdone"] += 1
            log.info("another_stands", interval=interval, proposer=standing.proposer)
        return better

    def _optimum(self, interval: int, curves: bytes) -> Solved | None:
        """The solution of the opened curves; None without curves."""
        kept = self._solved.get(interval)
        if kept is not None and kept.curves == curves:
            return kept
        if (interval, curves) in self._unsolved:
            return None
        gate = self._terms.gate(interval)
        first = first_since(self._chain, gate, self._gate[1] if gate > self._gate[0] else 0)
        self._gate = gate, first
        round_ = read_round(self._chain, interval, self._terms.interval_s, first)
        seed = self._chain.call("PowerMarket", "seedOf", interval)
        require_whole(round_, seed, curves)
        try:
            clearing = solve(round_)
        except TonneError as error:
            self._unsolved.add((interval, curves))
            self.results["unsolved"] += 1
            log.error("unsolved", interval=interval, code=error.code, reason=error.message)
            return None
        solved = Solved(curves, round_, clearing, clearing_check.outcome(round_, clearing))
        self._solved[interval] = solved
        return solved

    def _propose(self, interval: int, solved: Solved) -> int:
        bidders = tuple(dict.fromkeys(int(step.account) for step in solved.round.steps))
        number = len(self._journal.proposals(interval)) + 1
        proposed = Proposed(
            interval, number, solved.curves, solved.outcome, solved.clearing.prices, bidders
        )
        told = {"interval": interval, "welfare": solved.outcome.welfare, "bidders": len(bidders)}
        if self._dry:
            if interval not in self._outdone:
                self._outdone.add(interval)
                log.info("would_propose", **told)
            return 0
        market = self._chain["PowerMarket"]
        data = market.encode("clear", interval, proposal(solved.round, solved.clearing))
        with self._journal.transaction():
            self._journal.add_proposal(proposed)
            self._journal.enqueue(
                proposed.key, market.address, data, gas_of(solved.round, data), Rank.DEADLINE
            )
        self.results["proposed"] += 1
        log.info("proposing", number=number, **told)
        return 1

    # Pay

    def _collect(self) -> int:
        """Has bids with fees for this solver released; forgets intervals without fees for it."""
        if self._dry:
            return 0
        head, before = self._head.number, self._free_from
        free = [i for i in self._journal.unpaid() if self.now >= self._terms.free_at(i)]
        self._free_from = {i: before.get(i, head) for i in free}
        due = [i for i, block in self._free_from.items() if head >= block + LEFT_BLOCKS]
        return sum(self._collect_of(interval) for interval in due)

    def _collect_of(self, interval: int) -> int:
        last = self._journal.proposals(interval)[-1]
        job = self._journal.job(last.key)
        if job is not None and job.state in OPEN_STATES:
            return 0

        def ask() -> tuple[str, tuple[int, ...]]:
            standing = self._chain.call("PowerMarket", "roundOf", interval)
            return standing.proposer.lower(), tuple(waiting(self._chain, interval, last.bidders))

        proposer, bidders = self._nodes.agreed(f"the pay of interval {interval}", ask)
        if proposer != self._sender.lower() or not bidders:
            self.results["paid"] += proposer == self._sender.lower()
            self._journal.settle_pay(interval)
            return 1
        return queue_release(self._chain, self._journal, interval, bidders)


def gas_of(round_: Round, data: bytes) -> int:
    """The gas limit of a clearing of that round."""
    work = GAS_STEP * len(round_.steps)
    grid = GAS_ARC * len(round_.arcs) + GAS_NODE * round_.nodes
    curves = sum(1 for _ in groupby(round_.steps, key=lambda s: (s.account, s.node, s.side)))
    return min(GAS_BASE + GAS_BYTE * len(data) + work + grid + GAS_CURVE * curves, GAS_MOST)


def effect(journal: SolverJournal, key: str) -> JobEffect:
    """A job's intended effect: its clearing, or one that it does not beat, is valid; bids are free."""
    if key.startswith(KIND):
        return release_effect(key)
    own = journal.proposal(key)

    def stands(answers: Any) -> bool:
        standing, words = answers
        if int(standing.proposer, 16) == 0:
            return False
        prices = lanes.unpack(words, len(own.prices))
        return not clearing_check.beats(own.outcome, own.prices, standing.welfare, prices)

    views = [
        ("PowerMarket", "roundOf", (own.interval,)),
        ("PowerMarket", "pricesOf", (own.interval,)),
    ]
    return JobEffect(views, stands)
