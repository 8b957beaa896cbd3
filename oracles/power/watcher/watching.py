"""Checks of aggregators: unopened bids, and receipts that the curves contradict.

1. A bid that is still closed when the opening is over is forfeited, to its customers.
2. A receipt with a bid that fits no curve of its aggregator is disputed. Only its aggregator can see its
   place in the tree: a customer who doubts that disputes by hand.
3. A dispute without an answer in time is upheld, for any opener.
4. `settled` checks runs and answers of the settlement operator.

All of it follows from the chain and the receipts; it is safe to repeat, and next to other watchers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import structlog

from oracles.power.watcher.folders import HandedIn, forget_gone, made
from oracles.power.watcher.settled import SettlementWatch, settled_effect
from oracles.runtime.daemon import Workplace
from oracles.runtime.effects import JobEffect
from oracles.runtime.journal import Journal
from oracles.runtime.metrics import Metrics
from oracles.runtime.retries import Progress, Retries
from oracles.runtime.rpc_pool import agreed_head
from tonne.chain.block_times import first_since
from tonne.chain.client import Head
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import DAY_S
from tonne.errors import TonneError, refused
from tonne.power import bid_receipts
from tonne.power.bid_receipts import ReceiptFile
from tonne.power.bid_tree import BidReceipt
from tonne.power.encoding import CurveStep, curve_steps
from tonne.power.intervals import BidStage, MarketTerms
from tonne.power.settlement_runs import END_S

log = structlog.get_logger()

RECEIPTS: Final = "receipts"

#: Of a receipt that no wallet of its aggregator signed, which nothing makes good.
UNSIGNED: Final = "BID_BAD_RECEIPT"

#: `disputeOf` of one that is over.
OVER: Final = 2**40 - 1
#: [s] Commitments and disputes of so long ago are looked at when it starts: of days that may still be open.
BACK_S: Final = END_S + 2 * DAY_S
#: Blocks of events that are read again, to find those of a reorganisation.
OVERLAP: Final = 20
#: Blocks in one request for events.
SPAN: Final = 10_000

#: Receipts that are read, and held against curves, in one step.
MOST: Final = 200
GAS: Final = 400_000

#: By interval and aggregator: the stage of its bid, and its opened curves.
Curves = dict[tuple[int, int], tuple[int, Sequence[CurveStep]]]

#: Findings, the labels of the metric.
RESULTS: Final = ("forfeited", "disputed", "upheld", "kept", "felled")


class Watching:
    """The watcher's work; see `oracles.runtime.daemon.Work`."""

    def __init__(self, place: Workplace[Journal]) -> None:
        self._chain = place.chain
        self._nodes = place.nodes
        self._journal = place.journal
        self._dry = place.dry
        self._folder = place.folder
        self._handed_in = HandedIn(made(place.folder / RECEIPTS), self._tell_unreadable)
        self._terms = MarketTerms.read(place.chain)
        self._market = place.chain["PowerMarket"]
        self._settled = SettlementWatch(place, self._enqueue, self._tell, self._tell_unreadable)
        self._head = Head(0, "", 0)
        self._next: int | None = None
        self._closed: set[tuple[int, int]] = set()  # (interval, participant) of bids to be opened
        self._disputes: dict[bytes, Any] = {}  # events by digest
        self._judged: dict[Path, int] = {}  # receipts that are done with, by time of change
        self._waiting: dict[
            Path, tuple[int, ReceiptFile, BidReceipt]
        ] = {}  # the others, with theirs
        self._told: set[str] = set()
        self._retries = Retries(place.journal)
        self.results = dict.fromkeys(RESULTS, 0)
        self.incidents: Counter[str] = Counter()

    @property
    def now(self) -> int:
        return self._head.time

    def left(self) -> int:
        return 0

    def observe(self, watched: Metrics) -> None:
        for result, count in self.results.items():
            watched.put("intervals", count, result)
        for code, count in self.incidents.items():
            watched.put("incidents", count, code)

    def step(self, draining: bool) -> int:
        self._head = agreed_head(self._chain, self._nodes)
        self._follow()
        if draining:
            return 0
        return self._each_part((self._forfeit, self._uphold, self._judge, self._fell))

    @staticmethod
    def _each_part(parts: Sequence[Callable[[], int]]) -> int:
        """Does each part; a fault in one, which is raised in the end, keeps no other from being done."""
        done = 0
        fault: Exception | None = None
        for part in parts:
            try:
                done += part()
            except RpcUnreachable:
                raise
            except Exception as error:
                fault = fault or error
        if fault is not None:
            raise fault
        return done

    def _fell(self) -> int:
        """Runs and lists of who settles."""
        felled = self._settled.step(self._head)
        self.results["felled"] += felled
        return felled

    def _follow(self) -> None:
        """Takes in commitments and disputes of the blocks that came since."""
        if self._next is None:
            self._next = first_since(self._chain, self.now - BACK_S)
        events = ("BidCommitted", "BidDisputed")
        while self._next <= self._head.number:
            last = min(self._next + SPAN - 1, self._head.number)
            for event in self._chain.logs(self._market, None, self._next, last, events=events):
                if event.name == "BidCommitted":
                    self._closed.add((event["interval"], event["participant"]))
                else:
                    self._disputes[bytes(event["digest"])] = event
            self._next = last + 1
        self._next = max(self._head.number + 1 - OVERLAP, 0)

    # Silence

    def _forfeit(self) -> int:
        """Bids that are closed although the opening is over."""
        due = [
            bid
            for bid in sorted(self._closed)
            if self.now >= self._terms.gate(bid[0]) + self._terms.opening_s
        ]
        states = self._chain.call_many(("PowerMarket", "bidOf", bid) for bid in due)
        done = 0
        for bid, found in zip(due, states, strict=True):
            if found.state != BidStage.COMMITTED:
                self._closed.discard(bid)
                continue
            key = f"forfeit/{bid[0]}/{bid[1]}"
            if self._send(key, "forfeit", *bid):
                self._tell("WATCHER_SILENT", f"Participant {bid[1]} left interval {bid[0]} closed.")
                self.results["forfeited"] += 1
                done += 1
        return done

    # Disputes

    def _uphold(self) -> int:
        """Disputes with an expired time for an answer."""
        due = [d for d, event in self._disputes.items() if self.now > event["deadline"]]
        states = self._chain.call_many(("PowerMarket", "disputeOf", (d,)) for d in due)
        done = 0
        for digest, deadline in zip(due, states, strict=True):
            if deadline == OVER:
                del self._disputes[digest]
            elif self._send(f"uphold/{digest.hex()}", "uphold", self._disputes[digest]["receipt"]):
                self.results["upheld"] += 1
                done += 1
        return done

    # Receipts

    def _judge(self) -> int:
        """Compares receipts with the curves once these are final; a limited number in a step, so that calls
        due at a gate do not wait for a city's receipts."""
        self._take_in()
        due = [path for path, found in self._waiting.items() if self._is_due(found[2])][:MOST]
        views = (("PowerMarket", "disputeOf", (self._waiting[path][1].hash,)) for path in due)
        curves: Curves = {}
        done = 0
        for path, known in zip(due, self._chain.call_many(views), strict=True):
            self._waiting[path] = self._waiting.pop(path)  # others first, if it has to wait on
            try:
                done += self._judge_one(path, bool(known), curves)
            except RpcUnreachable:
                raise
            except TonneError as fault:  # no fault of the receipt
                self._tell_once(fault.code, f"{self._name(path)}: {fault.message} {fault.remedy}")
        return done

    def _name(self, path: Path) -> Path:
        """Of a file, from the daemon's folder on."""
        return path.relative_to(self._folder)

    def _is_due(self, ticket: BidReceipt) -> bool:
        return self.now >= self._terms.gate(ticket.interval) + self._terms.opening_s

    def _take_in(self) -> None:
        """Reads receipts that are new or have changed, so many in a step; forgets those that are gone."""
        forget_gone(self._judged, MOST)
        taken = 0
        for path, changed in self._handed_in.files():
            held = self._waiting.get(path)
            if changed in (self._judged.get(path), held and held[0]):
                continue
            try:
                self._waiting[path] = changed, *self._read(path)
            except TonneError as fault:
                self._judged[path] = changed
                self._waiting.pop(path, None)
                self._tell(fault.code, f"{self._name(path)}: {fault.message} {fault.remedy}")
            taken += 1
            if taken == MOST:
                return

    def _read(self, path: Path) -> tuple[ReceiptFile, BidReceipt]:
        """A receipt of a bid in this market, with its terms."""
        receipt = bid_receipts.read(path)
        ticket = receipt.ticket
        here = receipt.domain.contract.lower() == self._market.address.lower()
        if not here or not isinstance(ticket, BidReceipt):
            raise refused("WATCHER_OTHER_RECEIPT", path=str(path))
        return receipt, ticket

    def _judge_one(self, path: Path, known: bool, curves: Curves) -> int:
        changed, receipt, ticket = self._waiting[path]
        over = self.now >= self._terms.free_at(ticket.interval)
        holds = known or over or self._holds(ticket, curves)
        if holds is None:
            return 0
        if holds:
            self._judged[path] = changed
            del self._waiting[path]
            self.results["kept"] += not known and not over
            return 0
        args = (ticket.fields(), receipt.signer, receipt.signature)
        if self._is_refused(path, args):
            return 0
        if not self._send(f"dispute/{receipt.hash.hex()}", "dispute", *args):
            return 0
        self.results["disputed"] += 1
        said = f"{self._name(path)}: interval {ticket.interval} has no such bid of {ticket.aggregator}."
        self._tell("WATCHER_BID_MISSING", said)
        return 1

    def _is_refused(self, path: Path, args: Sequence[Any]) -> bool:
        """Whether the chain would refuse a dispute, which is logged: a copy with another signature has the
        same hash and must not replace a good one. An unsigned receipt is finished."""
        calls = [(self._market.name, "dispute", tuple(args))]
        (answer,) = self._chain.call_many(calls, check=False)
        if not isinstance(answer, TonneError):
            return False
        said = f"{self._name(path)}: its bid is in no curve, and its dispute is refused"
        self._tell_once(answer.code, f"{said}: {answer.message}")
        if answer.code == UNSIGNED:
            self._judged[path], _, _ = self._waiting.pop(path)
        return True

    def _holds(self, ticket: BidReceipt, curves: Curves) -> bool | None:
        """Whether a bid may be in its aggregator's curves, each read once in a step, or is covered by
        a forfeit that the customers in the register share; None until a silent aggregator has forfeited."""
        whose = ticket.interval, ticket.aggregator
        if whose not in curves:
            stage = self._chain.call("PowerMarket", "bidOf", *whose).state
            opened = stage in (BidStage.OPENED, BidStage.RELEASED)
            curves[whose] = stage, self._steps(ticket) if opened else ()
        stage, steps = curves[whose]
        if stage == BidStage.COMMITTED:
            return None
        if stage == BidStage.FORFEITED:
            connections: int = self._chain.call("PowerMarket", "forfeitOf", *whose).connections
            return connections > 0
        return may_stand(ticket, steps)

    def _steps(self, ticket: BidReceipt) -> Sequence[CurveStep]:
        first = first_since(self._chain, self._terms.gate(ticket.interval))
        topics = [f"0x{ticket.interval:064x}", f"0x{ticket.aggregator:064x}"]
        found = self._chain.logs("PowerMarket", "BidOpened", first=first, topics=topics)
        if not found:
            raise TonneError(
                "POWER_CURVES_INCOMPLETE",
                f"A node does not tell the curves of participant {ticket.aggregator}.",
                field="interval",
                value=ticket.interval,
                remedy="They are read again. Where it stays, the node leaves events out: name another one.",
            )
        return curve_steps(found[-1]["words"])

    # Sending

    def _send(self, key: str, function: str, *args: Any) -> bool:
        return self._enqueue(key, self._market.name, function, args, GAS)

    def _enqueue(
        self, key: str, contract: str, function: str, args: Sequence[Any], gas: int
    ) -> bool:
        """Queues a call once, and a few times more after a refusal; a dry run logs it
        instead."""
        if self._dry:
            if key not in self._told:
                self._told.add(key)
                log.info("would_send", key=key)
            return False
        if self._retries.call(key).progress is not Progress.DUE:
            return False
        to = self._chain[contract]
        log.info("sending", key=key)
        data = to.encode(function, *args)
        return self._retries.enqueue(key, to.address, data, gas)

    def _tell_unreadable(self, folder: Path, reason: str) -> None:
        """Says once that a folder cannot be read."""
        remedy = "Let the daemon's user read it; the daemon tries again."
        self._tell_once("WATCHER_FOLDER", f"{folder} cannot be read: {reason}. {remedy}")

    def _tell_once(self, code: str, reason: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            self._tell(code, reason)

    def _tell(self, code: str, reason: str) -> None:
        self.incidents[code] += 1
        log.warning("incident", code=code, reason=reason)


def may_stand(ticket: BidReceipt, steps: Sequence[CurveStep]) -> bool:
    """Whether a step of its node, side and price has room for a bid."""
    return any(
        (step.node, step.side, step.price) == (ticket.node, ticket.side, ticket.price)
        and step.limit >= ticket.limitWh
        for step in steps
    )


def effect(journal: Journal, key: str) -> JobEffect:
    """A job's intended effect, by any sender."""
    kind, *words = key.split("/")
    if kind in ("run", "list"):
        return settled_effect(kind, words)
    if kind == "forfeit":
        bid = ("PowerMarket", "bidOf", tuple(map(int, words)))
        return JobEffect([bid], lambda answers: answers[0].state == BidStage.FORFEITED)
    dispute = ("PowerMarket", "disputeOf", (bytes.fromhex(words[0]),))
    done: Callable[[Sequence[Any]], bool] = (
        _is_opened if kind == "dispute" else lambda answers: bool(answers[0] == OVER)
    )
    return JobEffect([dispute], done)


def _is_opened(answers: Sequence[Any]) -> bool:
    return bool(answers[0])
