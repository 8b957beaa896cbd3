"""The order of runs, lists and payments; the chain decides all of it, and it is read back from there.

1. A run's lines are in the journal before the run is sent, a list's words before the list: the operator can
   show every posted line after any kill.
2. Runs of a day follow each other: a line carries its account's sums. One call posts an interval for all
   nodes that are ready.
3. A run or list that fell in a dispute is not posted again: the log reports it to the operator.
4. A draining daemon still answers requests, and pays days within their window.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Final

import structlog

from oracles.power.settlement.accepted import IntervalBids, are_present, crowded_at
from oracles.power.settlement.answers import Answers
from oracles.power.settlement.journal import KeptRun, SettlementJournal
from oracles.power.settlement.members import Enrolment
from oracles.power.settlement.payments import Payments, shown_by
from oracles.power.settlement.preparing import BOOKED, HELD, NodeDay, Preparing
from oracles.power.settlement.references import References
from oracles.power.settlement.standing import standing_run
from oracles.power.settlement.told_calls import ToldCalls
from oracles.runtime.daemon import Workplace
from oracles.runtime.metrics import Metrics
from oracles.runtime.retries import Progress
from oracles.runtime.rpc_pool import agreed_head
from tonne.chain.client import Head
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.power.settlement import Tariff
from tonne.power.settlement_runs import END_S
from tonne.power.shown_bids import most_bids

log = structlog.get_logger()

#: Of a run of an interval: of the call, of each node, of each arc.
GAS_BASE: Final = 300_000
GAS_NODE: Final = 300_000
GAS_ARC: Final = 20_000
#: Of the loss of an area.
GAS_AREA: Final = 200_000
#: Of an enrolment, and for each of its bytes.
GAS_ENROL: Final = 500_000
GAS_BYTE: Final = 100
GAS_MOST: Final = 16_000_000
#: `WalletRights.REPORT`.
REPORT: Final = 8

#: Outcomes of node-intervals and node-days, and calls about references: labels of the metric.
RESULTS: Final = ("posted", "unread", "answered", "listed", "paid", "counted")


class Settling:
    """The settlement's work; see `oracles.runtime.daemon.Work`."""

    def __init__(self, place: Workplace[SettlementJournal]) -> None:
        self._chain = place.chain
        self._nodes = place.nodes
        self._journal = place.journal
        self._dry = place.dry
        self._sender = place.sender
        self._contract = place.chain["PowerSettlement"]
        self._place = place
        self._number = place.nodes.settled("who settles", self._participant)
        self._making = Preparing(place, self._tell)
        self._answers = Answers(place, self._number)
        self._payments = Payments(place, self._making.per_day, self._tell)
        self._references = References(place, self._making.per_day, self._tell)
        self._terms: dict[tuple[int, int], NodeDay] = {}
        self._operators: dict[tuple[int, int], int] = {}
        self._over: set[tuple[int, int]] = set()  # (node, day) with nothing left to post
        self._head = Head(0, "", 0)
        self._said: set[str] = set()
        self._calls = ToldCalls(place.journal, self._tell)
        self.results = dict.fromkeys(RESULTS, 0)
        self.incidents: Counter[str] = Counter()

    def _participant(self) -> int:
        if self._sender is None:
            return 0
        number, rights, _ = self._chain.call("Participants", "walletOf", self._sender.address)
        return int(number) if rights & REPORT else 0

    def _is_named(self) -> bool:
        """Whether the key's participant exists by now; logs its absence once."""
        self._number = self._nodes.settled("who settles", self._participant)
        if self._number:
            self._answers = Answers(self._place, self._number)
            return True
        assert self._sender is not None
        self._tell(
            "SETTLEMENT_CHECK_ROLE",
            f"{self._sender.address} is no participant's wallet that may report: nothing is settled.",
            "Name the operator's key with --keystore; `check` with the same options shows its nodes.",
        )
        return False

    @property
    def now(self) -> int:
        return self._head.time

    def left(self) -> int:
        return self._answers.open

    def observe(self, watched: Metrics) -> None:
        for result, count in self.results.items():
            watched.put("intervals", count, result)
        for code, count in self.incidents.items():
            watched.put("incidents", count, code)

    def step(self, draining: bool) -> int:
        self._head = agreed_head(self._chain, self._nodes)
        if not self._dry and not self._number and not self._is_named():
            return 0
        answered = self._answers.step(self._head, self._tell)
        self.results["answered"] += answered
        paid = self._payments.pay(self.now)
        self.results["paid"] += paid
        if draining:
            return answered + paid
        done = answered + paid + self._settle()
        # Last: a fault in it keeps no day from being settled.
        counted = self._references.step(self.now)
        self.results["counted"] += counted
        return done + counted

    # Days

    def _settle(self) -> int:
        newest = self.now // DAY_S - 1
        oldest = (self.now - END_S - 1) // DAY_S
        own = [of for day in range(oldest, newest + 1) for of in self._own(day)]
        if not own:
            self._tell_none()
            return 0
        states = self._chain.call_many(
            (self._contract, function, (of.node, of.day))
            for of in own
            for function in ("dayOf", "listOf")
        )
        done, due = 0, defaultdict[int, list[NodeDay]](list)
        for of, day, list_ in zip(own, states[::2], states[1::2], strict=True):
            if day.closed or list_.complete:
                if day.closed or self.now > list_.postedAt + self._payments.window_s:
                    self._over.add((of.node, of.day))
                continue
            if day.intervals < self._making.per_day:
                due[of.day * self._making.per_day + day.intervals].append(of)
            else:
                listed = self._payments.post(of, list_)
                self.results["listed"] += listed
                done += listed
        return done + sum(self._post(interval, of) for interval, of in sorted(due.items()))

    def _tell_none(self) -> None:
        """Says once that no node is this participant's, today neither."""
        if not self._dry and not self._over and self._number not in self._operators.values():
            self._tell(
                "SETTLEMENT_CHECK_ROLE",
                f"Participant {self._number} settled no node in the last days.",
                "Where it is to settle one, have its office say so: `tonne grid operator --help`.",
            )

    def _own(self, day: int) -> list[NodeDay]:
        """Node-days that are this participant's to settle; in a dry run those of all."""
        nodes, _ = self._chain.call("PowerGrid", "gridAt", day * DAY_S)
        running = [node for node in range(nodes) if (node, day) not in self._over]
        takers = self._chain.call_many((self._contract, "takerOf", (node, day)) for node in running)
        found = []
        for node, taker in zip(running, takers, strict=True):
            of = self._day_of(node, day)
            if of is None:
                continue
            settler = taker.poster or self._operators[node, day]
            if self._dry or settler == self._number:
                found.append(replace(of, turn=taker.until if taker.poster else 0))
        return found

    def _day_of(self, node: int, day: int) -> NodeDay | None:
        """A node's day with its terms; None on a day without settlement."""
        key = node, day
        if key not in self._terms:
            about = f"the terms of node {node}"
            told = self._nodes.agreed(about, lambda: self._terms_of(node, day))
            if told is None:
                return None
            self._operators[key], self._terms[key] = told
        return self._terms[key]

    def _terms_of(self, node: int, day: int) -> tuple[int, NodeDay] | None:
        """The operator and the terms of a node's day, from one node of the chain; None without one."""
        terms, at = self._chain.call_many(
            [
                (self._contract, "termsAt", (node, day * self._making.per_day)),
                ("PowerGrid", "node", (node,)),
            ],
            check=False,
        )
        if isinstance(terms, TonneError) or isinstance(at, TonneError):
            return None
        tariff = Tariff(terms.spreadPpm, terms.feeImport, terms.feeExport)
        return int(terms.operator), NodeDay(node, day, 0, at.metering, tariff)

    # Runs

    def _post(self, interval: int, nodes: Sequence[NodeDay]) -> int:
        """Posts an interval for nodes that are as far; of one that is not ready the others wait until
        readings are due."""
        booked, on_its_way = self._book(interval, nodes)
        if on_its_way:  # the chain refuses a run without readings that the pending loss includes
            return booked
        ready: list[KeptRun] = []
        markets: list[IntervalBids] = []
        waits = False
        for of in nodes:
            if self._is_posted(of, interval):
                continue
            try:
                if interval % self._making.per_day:
                    standing_run(self._chain, self._journal, of.node, interval - 1)
                run, market = self._making.made(of, interval, self.now)
            except RpcUnreachable:
                raise
            except TonneError as fault:
                waits = True
                if fault.code != "SETTLEMENT_WAITS":
                    self._tell(fault.code, fault.message, fault.remedy)
                continue
            if self._enrol(run, market):
                waits = True
                continue
            ready.append(run)
            markets.append(market)
        if not ready or (waits and self.now <= self._making.late(nodes[0].day)):
            return booked
        return booked + self._send_runs(interval, ready, markets)

    def _enrol(self, run: KeptRun, market: IntervalBids) -> bool:
        """Enrols who never joined the node and has a line of the run; whether one still waits."""
        accounts = {line.account for line in run.lines}
        self._tell_unfit(run.node, market, accounts)
        lacking = self._making.members.lacking(run.node, market, accounts)
        for enrolment in lacking:
            self._queue_enrolment(enrolment)
        return bool(lacking)

    def _tell_unfit(self, node: int, market: IntervalBids, accounts: Container[int]) -> None:
        for book in market.books:
            if crowd := crowded_at(book, node):
                self._tell(
                    "SETTLEMENT_BOOK_CROWDED",
                    f"Node {node}: the book of participant {book.bidder} has more than"
                    f" {most_bids(book.own)} bids of account {crowd[0]}, which no call could show:"
                    " all is bought and sold on its own account.",
                    "Have it make fewer bids of larger energy for each account, as its daemon does.",
                )
            if not are_present(book, node, accounts):
                self._tell(
                    "SETTLEMENT_BOOK_UNFIT",
                    f"Node {node}: participant {book.bidder} bids for customers that do not belong to it:"
                    " all is bought and sold on its own account.",
                    "Have it bid for accounts of its folder alone: `tonne energy connect --help`.",
                )

    def _queue_enrolment(self, enrolment: Enrolment) -> None:
        key = enrolment.key
        if self._dry:
            self._would(key)
            return
        about = f"The enrolment of account {enrolment.account}"
        if not self._calls.is_due(key, about, shown_by(enrolment.node, enrolment.day)):
            return
        data = self._contract.encode("enrol", *enrolment.args)
        gas = min(GAS_ENROL + GAS_BYTE * len(data), GAS_MOST)
        self._calls.enqueue(key, self._contract.address, data, gas)

    def _is_posted(self, of: NodeDay, interval: int) -> bool:
        """Whether a run was sent, though the chain does not have it: it is on its way, or it fell."""
        known = self._journal.job_of(of.node, interval)
        if known is None or known[0] != of.turn:
            return False
        about = f"The run of node {of.node}, interval {interval}"
        remedy = shown_by(of.node, of.day)
        return not self._calls.is_due(known[1], about, remedy, fell="SETTLEMENT_RUN_FELL")

    def _send_runs(
        self, interval: int, runs: Sequence[KeptRun], markets: Sequence[IntervalBids]
    ) -> int:
        names = ",".join(f"{run.node}.{run.turn}" for run in runs)
        key = f"run/{interval}/{names}"
        if self._dry:
            self._would(key)
            return 0
        data = self._contract.encode("post", interval, [run.row for run in runs])
        with self._journal.transaction():
            for book in markets[0].books:
                self._journal.keep_book(interval, book.bidder, book.text)
            for run in runs:
                self._journal.keep_run(replace(run, job=key))
            gas = min(GAS_BASE + GAS_NODE * len(runs) + GAS_ARC * 128, GAS_MOST)
            self._calls.enqueue(key, self._contract.address, data, gas)
        self.results["posted"] += len(runs)
        self.results["unread"] += sum(not run.meters for run in runs)
        log.info("posting", interval=interval, nodes=[run.node for run in runs])
        return len(runs)

    # Losses

    def _book(self, interval: int, nodes: Sequence[NodeDay]) -> tuple[int, bool]:
        """Books areas with final sums and booked lines: one call for all. Number of queued calls, and
        whether one is pending."""
        start = interval * (DAY_S // self._making.per_day)
        losses = self._chain.call_many(
            ("PowerLosses", "areaLoss", (of.area, start)) for of in nodes
        )
        areas: dict[int, tuple[int, bytes, int]] = {}
        for of, loss in zip(nodes, losses, strict=True):
            if loss.status == HELD:
                self._tell(
                    "SETTLEMENT_LOSS_HELD",
                    f"The loss of node of meters {of.area}, {start}, is not plausible: its office decides.",
                )
            elif loss.status not in BOOKED:
                leaves = self._making.final_leaves(of.area, start)
                if leaves is not None:
                    areas[of.area] = of.area, leaves.root, leaves.tree.sums
        key = f"loss/{start}/{','.join(map(str, areas))}"
        if not areas:
            return 0, False
        if self._dry:
            self._would(key)
            return 0, False
        if not self._calls.is_due(
            key, f"The booking of losses at {start}", refused="SETTLEMENT_LOSS_OPEN"
        ):
            return 0, self._calls.call(key).progress is Progress.OPEN
        contract = self._chain["PowerLosses"]
        data = contract.encode("bookAreas", start, list(areas.values()))
        gas = min(GAS_AREA * (len(areas) + 1), GAS_MOST)
        sent = self._calls.enqueue(key, contract.address, data, gas)
        return int(sent), sent

    # Saying

    def _would(self, key: str) -> None:
        if key not in self._said:
            self._said.add(key)
            log.info("would_send", key=key)

    def _tell(self, code: str, reason: str, remedy: str | None = None) -> None:
        """Says once what the operator has to know of, and to do."""
        if reason in self._said:
            return
        self._said.add(reason)
        self.incidents[code] += 1
        log.warning("incident", code=code, reason=reason, remedy=remedy or "")
