"""Checks of the settlement operator: totals against the curves, silence, and false lines.

1. A run falls if its sold or bought energy differs from the accepted energy of all curves at its node: events
   alone show it.
2. A requested or doubted line without an answer in time fells its run, for any requester.
3. Requests of customers (`tonne energy line ask`) lie in `lines/` of the folder, at any depth. Each
   answer is read there, and disputed if it is no line of the account, or the line is false. Copies of a
   request count once, and a step reads a limited number, the longest waiting first: many requests of one
   customer delay no others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from oracles.power.watcher.folders import HandedIn, forget_gone, made
from oracles.runtime.daemon import Workplace
from oracles.runtime.effects import JobEffect
from oracles.runtime.journal import Journal
from tonne.chain.block_times import first_since
from tonne.chain.client import Event, Head
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.power import asked_lines, clearing_check
from tonne.power.asked_lines import Answered, AskedLine, LineReply
from tonne.power.intervals import MarketTerms
from tonne.power.rounds import read_whole
from tonne.power.settlement_runs import END_S
from tonne.power.standing import standing_run
from tonne.types import lanes

CONTRACT: Final = "PowerSettlement"
LINES: Final = "lines"
#: [s] Runs and requests of so long ago are looked at when it starts: of days that may still be open.
BACK_S: Final = END_S + 2 * DAY_S
#: Blocks of events that are read again, to find those of a reorganisation.
OVERLAP: Final = 20
#: Intervals of runs that one step compares with curves, files of requests that it reads, and requests
#: with replies that it reads.
MOST_INTERVALS: Final = 8
MOST_FILES: Final = 200
MOST_REPLIES: Final = 200
#: Of a dispute: its base, and each word of curves and margins.
GAS_BASE: Final = 1_000_000
GAS_WORD: Final = 4_000
GAS_MOST: Final = 16_000_000

#: A request about a run: its view, the call that fells the run without an answer, and its name.
SILENCES: Final = {
    "LineAsked": ("askOf", "disputeSilence", ("account", "byKey")),
    "LineDoubted": ("doubtOf", "disputeDoubt", ("account",)),
}

Send = Callable[[str, str, str, Sequence[Any], int], bool]
Tell = Callable[[str, str], None]
Place = tuple[int, int]  # node, interval
Asked = tuple[str, tuple[int, ...]]  # event, arguments of its view
#: A request by the facts that its answer depends on: its place and its one-time key.
Its = tuple[tuple[int, int, int, bool], bytes]
#: Files of a request, by the deadline that they have of it.
Forms = dict[int, tuple[Path, AskedLine]]


class SettlementWatch:
    """Follows runs and requests; `send` and `tell` belong to the watcher."""

    def __init__(
        self,
        place: Workplace[Journal],
        send: Send,
        tell: Tell,
        unreadable: Callable[[Path, str], None],
    ) -> None:
        self._chain = place.chain
        self._folder = place.folder
        self._handed_in = HandedIn(made(place.folder / LINES), unreadable)
        self._terms = MarketTerms.read(place.chain)
        self._send, self._tell = send, tell
        self._next: int | None = None
        self._runs: dict[Place, Event] = {}  # to be judged
        self._asked: dict[Asked, Event] = {}
        self._accepted: tuple[int, Any] = (-1, None)  # of the interval that was looked at last
        self._requests: dict[
            Path, tuple[int, AskedLine | None]
        ] = {}  # by file, with its time of change
        self._turns: dict[Its, None] = {}  # requests, those first that were looked at longest ago
        self._judged: dict[Its, Any] = {}  # finished ones, by the facts of their verdict
        self._shown: dict[
            tuple[int, int, int], tuple[Its, Any]
        ] = {}  # by node, interval and account: the request that read the line, and the line
        self._seen: dict[tuple[str, int], int] = {}  # events that were taken in, by their block
        self._said: set[tuple[Any, str]] = set()  # of what could not be judged yet, with the reason

    def step(self, head: Head) -> int:
        """Reads open cases; returns the number of queued disputes. A case with a fault, of the case or of a
        node, delays no other, and is read again."""
        self._follow(head)
        return self._silence(head.time) + self._lines(head.time) + self._totals()

    def _follow(self, head: Head) -> None:
        if self._next is None:
            self._next = first_since(self._chain, head.time - BACK_S)
        events = ("RunPosted", *SILENCES)
        for event in self._chain.logs(CONTRACT, None, self._next, head.number, events=events):
            its = event.tx_hash, event.log_index
            if its in self._seen:
                continue
            self._seen[its] = event.block
            place = event["node"], event["interval"]
            if event.name == "RunPosted":
                self._runs[place] = event
            else:
                subject = (event[name] for name in SILENCES[event.name][2])
                self._asked[event.name, (*place, *subject)] = event
        self._next = max(head.number + 1 - OVERLAP, 0)
        self._seen = {its: block for its, block in self._seen.items() if block >= self._next}

    # Totals

    def _totals(self) -> int:
        """Holds runs' totals against the curves of their intervals, those of some intervals in a step."""
        done = 0
        intervals = list(dict.fromkeys(interval for _, interval in self._runs))[:MOST_INTERVALS]
        chosen = [(place, event) for place, event in self._runs.items() if place[1] in intervals]
        for place, event in sorted(chosen, key=lambda item: item[0][::-1]):
            node, interval = place
            try:
                curves, margins, accepted = self._market(interval)
            except RpcUnreachable:
                raise
            except TonneError as fault:  # a node leaves events out: no fault of the run
                self._put_off(interval, fault.code, fault.message)
                self._runs[place] = self._runs.pop(place)  # others first
                continue
            totals = event["totals"]
            due = accepted.get((node, 1), 0), accepted.get((node, 0), 0)
            if (totals.soldWh, totals.boughtWh) == due:
                del self._runs[place]
                continue
            words = sum(map(len, curves)) + len(margins)
            args = node, interval, totals, (curves, margins)
            said = (
                f"Node {node}, interval {interval}: {totals.soldWh} Wh sold and {totals.boughtWh} bought are"
                f" posted of {due[0]} and {due[1]}."
            )
            done += self._fell(place, "disputeTotals", args, "WATCHER_TOTALS", said, words)
            del self._runs[place]
        return done

    def _market(self, interval: int) -> tuple[Any, ...]:
        """Curves, margins, and [Wh] accepted by (node, side) of an interval."""
        if self._accepted[0] == interval:
            found: tuple[Any, ...] = self._accepted[1]
            return found
        first = first_since(self._chain, self._terms.gate(interval))
        round_, clearing = read_whole(self._chain, interval, self._terms.interval_s, first)
        accepted: dict[tuple[int, int], int] = {}
        if clearing is not None:
            taken = clearing_check.accepted(round_, clearing)
            for step, energy in zip(round_.steps, taken, strict=True):
                key = step.node, step.side
                accepted[key] = accepted.get(key, 0) + energy
        margins = lanes.pack(clearing.margins) if clearing else []
        self._accepted = interval, (round_.curves(), margins, accepted)
        return self._market(interval)

    # Silence

    def _silence(self, now: int) -> int:
        """Fells runs with a request that has no answer in time."""
        done = 0
        for key, event in list(self._asked.items()):
            if now > event["deadline"]:
                done += self._judge_silence(key, event)
        return done

    def _judge_silence(self, key: Asked, event: Event) -> int:
        """Ends a request, unless a node returns its state without the run that it is about."""
        name, about = key
        node, interval, account, *_ = about
        view, function, _ = SILENCES[name]
        state, its = self._chain.call_many(
            [(CONTRACT, view, about), (CONTRACT, "intervalOf", (node, interval))]
        )
        due = its.postedAt and state.deadline == event["deadline"]
        done = 0
        if due and not int.from_bytes(state.answer, "big"):
            try:
                totals = self._posted(node, interval)
            except RpcUnreachable:
                raise
            except TonneError:
                totals = None
            if totals is None:
                said = f"A node does not return the run of node {node}, interval {interval}."
                self._put_off(key, "WATCHER_RUN_UNTOLD", said)
                return 0
            args = *about, totals
            said = f"Node {node}, interval {interval}: account {account} got no answer."
            done = self._fell((node, interval), function, args, "WATCHER_UNANSWERED", said)
        del self._asked[key]  # last: what a node that fails cuts short comes again
        return done

    def _posted(self, node: int, interval: int) -> Any:
        """Totals of the valid run; None without one."""
        first = first_since(self._chain, self._terms.start(interval))
        run = standing_run(self._chain, node, interval, first)
        return run and run["totals"]

    # Lines

    def _lines(self, now: int) -> int:
        """Reads the answers to customers' requests, and disputes false ones."""
        self._take_in()
        known: dict[Its, Forms] = {}
        for path, (_, found) in self._requests.items():
            if found is not None:
                known.setdefault((found.place, found.key), {})[found.deadline] = path, found
        self._keep(known)
        open_ = (its for its in self._turns if self._judged.get(its) != self._stamp(its, known))
        done = 0
        for its in list(islice(open_, MOST_REPLIES)):
            forms = known[its]
            path, _ = next(iter(forms.values()))
            try:
                done += self._line(its, forms, now)
            except RpcUnreachable:
                raise
            except TonneError as fault:  # no fault of the line
                self._put_off(its, fault.code, f"{self._name(path)}: {fault.message}")
            self._turns[its] = self._turns.pop(its)  # others first
        return done

    def _keep(self, known: dict[Its, Forms]) -> None:
        """Gives new requests their turn, and forgets those that are gone."""
        self._turns = {its: None for its in (*self._turns, *known) if its in known}
        self._judged = {its: by for its, by in self._judged.items() if its in known}
        self._shown = {about: one for about, one in self._shown.items() if one[0] in known}

    def _stamp(self, its: Its, known: dict[Its, Forms]) -> Any:
        """What a request is judged by: the deadlines that its files have, and the line before."""
        ahead = self._ahead(its)
        return sorted(known[its]), ahead and ahead[0]

    def _ahead(self, its: Its) -> tuple[Its, Any] | None:
        """Request and line of the interval before, where that was read."""
        node, interval, account, _ = its[0]
        return self._shown.get((node, interval - 1, account))

    def _take_in(self) -> None:
        """Reads requests that are new or have changed, so many in a step; forgets those that are gone."""
        forget_gone(self._requests, MOST_FILES)
        taken = 0
        for path, changed in self._handed_in.files():
            if self._requests.get(path, (0, None))[0] == changed:
                continue
            try:
                self._requests[path] = changed, asked_lines.read_request(path, self._chain)
            except TonneError as fault:
                self._requests[path] = changed, None
                self._tell(fault.code, f"{self._name(path)}: {fault.message} {fault.remedy}")
            taken += 1
            if taken == MOST_FILES:
                return

    def _line(self, its: Its, forms: Forms, now: int) -> int:
        """Judges a line, and again once the one before it was read, too."""
        path, request = self._form(forms)
        ahead = self._ahead(its)
        reply = self._reply(request)
        if reply.state in (Answered.OPEN, Answered.SILENT):
            return 0  # silence is disputed wherever it is
        if reply.state is Answered.OVER and now <= request.deadline:
            return 0  # a node that is behind does not know of it yet
        known = self._shown.get(request.about)
        if reply.shown is not None and (known is None or known[1] != reply.shown):
            self._shown[request.about] = its, reply.shown
        done = self._dispute(path, request, reply, ahead and ahead[1])
        # Last: what a node that fails cuts short comes again.
        self._judged[its] = sorted(forms), ahead and ahead[0]
        return done

    def _form(self, forms: Forms) -> tuple[Path, AskedLine]:
        """Of files of a request that differ in its deadline, one with the chain's; else the latest."""
        if len(forms) == 1:
            return next(iter(forms.values()))
        _, any_ = next(iter(forms.values()))
        deadline = self._chain.call(CONTRACT, "askOf", *any_.place).deadline
        return forms[deadline if deadline in forms else max(forms)]

    def _dispute(
        self, path: Path, request: AskedLine, reply: LineReply, ahead: tuple[Any, ...] | None
    ) -> int:
        """Queues the first dispute of an answer that the chain would take; `ahead` is the line before."""
        first = first_since(self._chain, self._terms.start(request.interval))
        for call in asked_lines.disputes_of(self._chain, request, reply, first, ahead):
            if asked_lines.holds(self._chain, call, None):
                place = request.node, request.interval
                said = f"{self._name(path)}: the line of account {request.account} is false."
                words = len(str(call[1])) // 64
                return self._fell(place, call[0], call[1], "WATCHER_LINE_FALSE", said, words)
        return 0

    def _reply(self, request: AskedLine) -> LineReply:
        first = first_since(self._chain, self._terms.start(request.interval))
        return asked_lines.reply_to(self._chain, request, first)

    def _name(self, path: Path) -> Path:
        """Of a file, from the daemon's folder on."""
        return path.relative_to(self._folder)

    def _put_off(self, what: Any, code: str, said: str) -> None:
        """Says once that something cannot be judged, and is looked at again."""
        if (what, code) not in self._said:
            self._said.add((what, code))
            self._tell(code, said)

    # Felling

    def _fell(
        self, place: Place, function: str, args: Sequence[Any], code: str, said: str, words: int = 0
    ) -> int:
        """Queues a dispute of the valid run, or of its day's list."""
        node, interval = place
        if function == "disputePayment":
            day = interval * self._terms.interval_s // DAY_S
            at = self._chain.call(CONTRACT, "listOf", node, day).postedAt
            key = f"list/{node}/{day}/{at}"
        else:
            at = self._chain.call(CONTRACT, "intervalOf", node, interval).postedAt
            key = f"run/{node}/{interval}/{at}"
        gas = min(GAS_BASE + GAS_WORD * words, GAS_MOST)
        if not at or not self._send(key, CONTRACT, function, args, gas):
            return 0
        self._tell(code, said)
        return 1


def settled_effect(kind: str, words: Sequence[str]) -> JobEffect:
    """The run or list posted then is no longer valid, by any dispute."""
    node, period, at = map(int, words)
    view = (CONTRACT, "listOf" if kind == "list" else "intervalOf", (node, period))
    return JobEffect([view], lambda answers: answers[0].postedAt != at)
