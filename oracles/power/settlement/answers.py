"""Requests to the operator, answered in time from the journal: a line, a reading's account, bids."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog

from oracles.power.settlement.accepted import is_fit
from oracles.power.settlement.journal import KeptRun, SettlementJournal
from oracles.power.settlement.standing import standing_run
from oracles.runtime.daemon import Workplace
from oracles.runtime.journal import JobState, Rank
from tonne.chain.block_times import first_since
from tonne.chain.client import Head
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import ZERO_ADDRESS
from tonne.errors import TonneError, refused
from tonne.power import bid_books
from tonne.power.intervals import MarketTerms
from tonne.power.rounds import read_clearing, read_round
from tonne.power.settlement_runs import AccountLine, line_tree
from tonne.power.shown_bids import ShownBid, shown_bid, whole_curves
from tonne.power.shown_lines import Point, address_of, encrypt, name_account
from tonne.types import lanes
from tonne.types.ids import PowerAccountId

log = structlog.get_logger()

#: A request with its state on the chain.
VIEWS: Final = {"LineAsked": "askOf", "ReadingAsked": "readingAskOf", "LineDoubted": "doubtOf"}
#: What names the one that it is about: the view's arguments behind node and interval.
SUBJECTS: Final = {
    "LineAsked": ("account", "byKey"),
    "ReadingAsked": ("meter",),
    "LineDoubted": ("account",),
}
#: Of a doubt, with a public answer.
NO_POINT: Final[Point] = (b"", b"")
#: Account of a reading that is not there: that of none.
NO_ACCOUNT: Final = 2**32
#: Blocks of events that are read again, to find those of a reorganisation.
OVERLAP: Final = 20

GAS_BASE: Final = 400_000
GAS_BYTE: Final = 60
GAS_MOST: Final = 6_000_000

#: Gets a code, a sentence and a remedy.
Incident = Callable[[str, str, str | None], None]
Asked = tuple[
    str, tuple[int, ...]
]  # event, arguments of its view: node, interval, account or meter


class OpenRequest(NamedTuple):
    """Until when something is to be answered, and to which one-time key; none of a doubt."""

    deadline: int  # [s]
    point: Point

    @property
    def key(self) -> str:
        """Address of the one-time key."""
        return address_of(self.point) if self.point != NO_POINT else ZERO_ADDRESS


class Answers:
    """Follows requests about this poster's runs, and answers them; also while draining."""

    def __init__(self, place: Workplace[SettlementJournal], number: int) -> None:
        self._chain = place.chain
        self._nodes = place.nodes
        self._journal = place.journal
        self._number = number
        self._terms = MarketTerms.read(place.chain)
        self._contract = place.chain["PowerSettlement"]
        self._window_s = int(place.chain.call(self._contract, "WINDOW"))
        self._next: int | None = None
        self._open: dict[Asked, OpenRequest] = {}
        self._told: set[Asked] = set()

    @property
    def open(self) -> int:
        """Requests without an answer on the chain."""
        return len(self._open)

    def step(self, head: Head, incident: Incident) -> int:
        """Queues an answer to each that is open; returns how many."""
        if not self._number:
            return 0
        if self._next is None:
            self._next = first_since(self._chain, head.time - self._window_s)
        first = self._next
        found = self._nodes.agreed("what is asked", lambda: self._asked(first, head.number))
        self._next = max(first, head.number + 1 - OVERLAP)
        self._open |= dict(found)
        return sum(self._look(asked, head.time, incident) for asked in list(self._open))

    def _asked(self, first: int, last: int) -> tuple[tuple[Asked, OpenRequest], ...]:
        """Requests in blocks, from one node."""
        told = self._chain.logs(self._contract, None, first, last, events=tuple(VIEWS))
        return tuple(
            (
                (event.name, tuple(event[x] for x in ("node", "interval", *SUBJECTS[event.name]))),
                OpenRequest(event["deadline"], _point(event)),
            )
            for event in told
        )

    def _is_over(self, asked: Asked, request: OpenRequest) -> bool:
        """Whether the chain has an answer, or another request in its place, by one node."""
        name, subject = asked
        state, its = self._chain.call_many(
            [
                (self._contract, VIEWS[name], subject),
                (self._contract, "intervalOf", subject[:2]),
            ]
        )
        its_own = (state.key, state.deadline) == (request.key, request.deadline)
        other = not its_own or its.poster != self._number
        return bool(other or int.from_bytes(state.answer, "big"))

    def _look(self, asked: Asked, now: int, incident: Incident) -> int:
        name, subject = asked
        node, interval, *_ = subject
        request = self._open[asked]
        # Forgotten once most nodes say so: one that lies would have it unanswered, which costs the bond.
        over = now > request.deadline or self._nodes.agreed(
            f"a request about node {node}, interval {interval}",
            lambda: self._is_over(asked, request),
        )
        if over:
            del self._open[asked]
            return 0
        words = ("answer", VIEWS[name], *map(int, subject), request.deadline, request.key)
        key = "/".join(map(str, words))
        job = self._journal.job(key)
        if job is not None and job.state is not JobState.FAILED:
            return 0
        try:
            data = self._data(asked, request)
        except RpcUnreachable:
            raise
        except TonneError as fault:
            if asked not in self._told:
                self._told.add(asked)
                incident(fault.code, fault.message, fault.remedy)
            return 0
        log.info("answering", what=name, node=node, interval=interval)
        gas = min(GAS_BASE + GAS_BYTE * len(data), GAS_MOST)
        return int(self._journal.enqueue(key, self._contract.address, data, gas, Rank.DEADLINE))

    def _data(self, asked: Asked, request: OpenRequest) -> bytes:
        name, subject = asked
        node, interval, about, *_ = subject
        run = standing_run(self._chain, self._journal, node, interval)
        if name == "ReadingAsked":
            sealed = self._named(run, about, request.point)
            return self._contract.encode("answerReading", *subject, request.key, sealed)
        index = _index_of(run, about)
        proof = line_tree(run.lines).proof(index)
        if name == "LineAsked":
            shown = encrypt(index, run.lines[index], proof, request.point, secrets.token_bytes(32))
            return self._contract.encode("answer", *subject, request.key, shown)
        line = run.lines[index]
        shown_line = interval, index, run.totals, line.shown(), proof
        bids, margins = self._bids(line, run)
        return self._contract.encode("prove", node, shown_line, bids, margins)

    def _named(self, run: KeptRun, meter: int, to: Point) -> Any:
        read = meter in run.meters
        account = run.lines[run.meters.index(meter)].account if read else NO_ACCOUNT
        return name_account(PowerAccountId(account), to, secrets.token_bytes(32))

    def _bids(self, line: AccountLine, run: KeptRun) -> tuple[list[ShownBid], list[int]]:
        """The account's bids at a node in their places, and margins of the valid clearing."""
        node, interval = run.node, run.interval
        present = {line.account for line in run.lines}
        round_ = read_round(self._chain, interval, self._terms.interval_s)
        clearing = read_clearing(self._chain, interval, round_)
        shown = []
        for text in self._journal.books(interval):
            book = bid_books.parse(text, Path("journal"))
            if not is_fit(book, node, present):
                continue
            shown += [
                shown_bid(interval, book.own, book.opening[0], index)
                for index, bid in enumerate(book.own.bids)
                if (bid.account, bid.node) == (line.account, node)
            ]
        if not shown:
            shown = self._whole(line.account, interval)
        return shown, lanes.pack(clearing.margins) if clearing else []

    def _whole(self, account: int, interval: int) -> list[ShownBid]:
        """All curves of a participant with bids in its account's name."""
        topics = [f"0x{interval:064x}", f"0x{account:064x}"]
        told = self._chain.logs("PowerMarket", "BidOpened", topics=topics)
        if not told:
            return []
        event = told[-1]
        opening = event["salt"], event["root"], event["leaves"], list(event["words"])
        return [whole_curves(interval, account, opening)]


def _point(event: Any) -> Point:
    if event.name == "LineDoubted":
        return NO_POINT
    return bytes(event["x"]), bytes(event["y"])


def _index_of(run: KeptRun, account: int) -> int:
    for index, line in enumerate(run.lines):
        if line.account == account:
            return index
    raise refused("SETTLEMENT_LINE_UNKNOWN", account=account, node=run.node, interval=run.interval)
