"""One cycle of the emission oracle: read new files, advance open transactions, file the completed
ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import structlog

from oracles.emissions.checks import Checker, structs
from oracles.emissions.news import EmissionsNews
from oracles.emissions.persons import NotYet, SignedFile, Submission
from oracles.runtime.daemon import Cycle
from oracles.runtime.finality import Finality
from oracles.runtime.inbox import Inbox, InboxFile, check_name, digest, printable
from oracles.runtime.journal import JobState, Journal, Rank
from oracles.runtime.loop import CycleResult, guarded
from oracles.runtime.notices import Notice
from oracles.runtime.refusal import Refusal, refusing
from oracles.runtime.rpc_pool import NoQuorum, RpcPool
from oracles.runtime.transactions import TransactionManager
from tonne.chain.client import Chain, Head
from tonne.chain.reverts import ChainError
from tonne.chain.rpc import RpcUnreachable
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import struct_hash
from tonne.errors import TonneError
from tonne.evidence import monitoring_files, report_files

log = structlog.get_logger()

#: Of one transaction; a batch of 200 stays far below.
GAS_LIMIT = 16_000_000

#: Largest number of files per cycle, and the longest time for them [s], while fewer or more transactions wait
#: than one step sends. Pending transactions do not wait for new files.
INTAKE_FILES = 50
INTAKE_S = 2.0
BUSY_INTAKE_S = 0.25

#: Refusals for an effect that the chain already has: no fault of the file.
REPETITIONS = (
    "EMISSIONS_ALREADY_REPORTED",
    "EMISSIONS_BATCH_REPEATED",
    "PROJECTS_ALREADY_REPORTED",
)

#: A claim of another contract came between on the same source: the file is checked against the new state.
OVERTAKEN = "INTERVALS_WRONG_HINT"


class EmissionsCycle(Cycle):
    """The cycle of the daemon; call it repeatedly. Without a sender it checks files, logs the result and
    moves nothing."""

    def __init__(
        self,
        chain: Chain,
        inbox: Inbox,
        journal: Journal,
        checker: Checker,
        sender: Account | None,
        manager: TransactionManager | None,
        finality: Finality,
        pool: RpcPool,
    ) -> None:
        super().__init__()
        self._chain = chain
        self._inbox = inbox
        self._journal = journal
        self._checker = self._now = checker
        self._sender = sender
        self._manager = manager
        self._finality = finality
        self._pool = pool
        self.head = Head(0, "", 0)
        self._last_seen = ""  # name of the file looked at last: the next cycle goes on behind it
        self._told: set[str] = set()
        self._digests: dict[tuple[int, int, int], str] = {}

    @property
    def now(self) -> int:
        """[s] Chain time of the latest known head."""
        return self.head.time

    def left(self) -> int:
        """Files that are on their way."""
        return len(self._inbox.accepted())

    def news(self, days: Sequence[int]) -> Callable[[int], Iterator[Notice]]:
        """Disputes, accreditations that end, the end of reporting."""
        return EmissionsNews(self._chain, self._journal, self._inbox, days).look

    def __call__(self) -> CycleResult:
        """Sending and filing run first, so that pending transactions never wait for new files."""
        self._pool.turn()
        return guarded(
            (
                ("look", self._look),
                ("send", self._manager.step if self._manager else lambda: 0),
                ("file", self._file_ended),
                ("take", self._take_in if not self.draining() else lambda: 0),
            )
        )

    def _look(self) -> int:
        self._pool.look()
        self.head = self._chain.head()
        return 0

    # Taking in

    def _take_in(self) -> int:
        """Looks at some files, each once around. No answer of the node, or a wrong one, touches a file."""
        begun, taken = time.monotonic(), 0
        self._now = self._checker.at("latest")  # asks once for all that they share
        arrivals = self._inbox.arrivals(after=self._last_seen, most=INTAKE_FILES)
        for arrival in arrivals:
            # Before it is looked at: one that no node answers about does not come first again.
            self._last_seen = arrival.name
            try:
                taken += self._take(arrival)
            except RpcUnreachable as silence:
                if not isinstance(silence, NoQuorum):
                    raise  # most likely it would be the same with the next file
                self._tell_once(arrival, "put_off", silence.code)
            except TonneError as error:
                self._tell_once(arrival, "put_off", f"{error.code}: {error.message}"[:300])
            took_s = time.monotonic() - begun
            if self.draining() or took_s > (BUSY_INTAKE_S if self._enough() else INTAKE_S):
                break
        return taken

    def _enough(self) -> bool:
        """As many wait to be sent as one step sends."""
        return (
            self._manager is not None
            and self._journal.queued(Rank.LIVE) >= self._manager.most_at_once
        )

    def _take(self, arrival: InboxFile) -> bool:
        """Accepts, rejects, or leaves one file; returns whether it left the inbox."""
        taken = self._journal.file_accepted(arrival.sha256)
        if taken == arrival.name and not self._inbox.holds(arrival):
            # A kill came between the journal and the move.
            self._inbox.move(arrival.name, "accepted")
            return True
        if taken is not None:
            return self._refuse(arrival, _repeated(arrival), "repeated")
        try:
            file = _read(arrival)
        except Refusal as error:
            return self._refuse(arrival, error, "rejected")
        verdict = self._judged(arrival, file, self._now, "latest")
        if isinstance(verdict, Submission):
            return self._accept(arrival, verdict)
        if isinstance(verdict, str):
            self._tell_once(arrival, "waiting", verdict)
            return False
        if not self._lasts(arrival, file, verdict):
            self._tell_once(arrival, "refused_until_final", verdict.code)
            return False
        return self._refuse(
            arrival, verdict, "repeated" if verdict.code in REPETITIONS else "rejected"
        )

    def _lasts(self, arrival: InboxFile, file: SignedFile, refusal: Refusal) -> bool:
        """Whether the final block refuses the file for the same reason, as most nodes see it."""

        def ask() -> str:
            head = self._pool.require_recent(self._chain.block_number())
            final = self._finality.block(self._pool, head)
            block = final if final >= 0 else "earliest"
            verdict = self._judged(arrival, file, self._checker.at(block), block)
            return verdict.code if isinstance(verdict, Refusal) else ""

        return self._pool.agreed(f"the refusal of {arrival.name}", ask) == refusal.code

    def _judged(
        self, arrival: InboxFile, file: SignedFile, checker: Checker, block: int | str
    ) -> Submission | Refusal | str:
        """The transaction, its refusal, or the condition that it waits for, by the state of a block."""
        try:
            submission = checker.check(arrival.name, file)
            job = self._journal.job(submission.key)
            if job is not None and job.state in (JobState.QUEUED, JobState.PENDING):
                raise NotYet(f"waits for {submission.key}, which is on its way")
            if submission.queue and self._journal.has_open(submission.queue):
                raise NotYet("waits for a report of the same source, which is on its way")
            self._simulate(submission, block)
        except NotYet as waiting:
            return str(waiting)
        except Refusal as refusal:
            return refusal
        return submission

    def _simulate(self, submission: Submission, block: int | str) -> None:
        """Lets the contract judge; a refusal comes back as its own error with its sentence."""
        try:
            self._chain.call(
                submission.contract,
                submission.function,
                *submission.args,
                sender=self._sender,
                block=block,
            )
        except ChainError as error:
            if not error.revert.name:
                raise NotYet(f"the chain gave no reason ({error.message})") from None
            raise Refusal(
                error.code,
                error.message,
                field=error.field,
                value=error.value,
                remedy=error.remedy or "",
            ) from None

    def _accept(self, arrival: InboxFile, submission: Submission) -> bool:
        if self._manager is None:
            self._tell_once(arrival, "would_submit", submission.key)
            return False
        target = self._chain[submission.contract]
        data = target.encode(submission.function, *submission.args)
        with self._journal.transaction():
            self._journal.enqueue(submission.key, target.address, data, GAS_LIMIT)
            self._journal.record_file(
                arrival.sha256, arrival.name, "accepted", None, None, submission.key
            )
        self._inbox.move(arrival.name, "accepted")
        log.info("accepted", file=arrival.name, key=submission.key)
        return True

    def _refuse(self, arrival: InboxFile, error: Refusal, outcome: str) -> bool:
        if self._manager is None:
            self._tell_once(arrival, "would_reject", error.code)
            return False
        log.warning(outcome, file=arrival.name, code=error.code, reason=error.message)
        self._inbox.reject(arrival.name, error.code, error.message, error.remedy or "")
        if self._journal.file_accepted(arrival.sha256) is None:
            name, reason = printable(arrival.name), printable(error.message)
            self._journal.record_file(arrival.sha256, name, outcome, error.code, reason, None)
        return True

    def _tell_once(self, arrival: InboxFile, event: str, detail: str) -> None:
        """A file that stays is spoken of once, not every cycle."""
        mark = f"{arrival.sha256}/{event}/{detail}"
        if mark not in self._told:
            self._told.add(mark)
            log.info(event, file=arrival.name, detail=detail)

    # Filing completed jobs

    def _digest_of(self, path: Path) -> str:
        """Worked out once: what lies in `accepted/` does not change, and may lie there long."""
        state = path.stat()
        mark = (state.st_ino, state.st_size, state.st_mtime_ns)
        if mark not in self._digests:
            self._digests[mark] = digest(path)
        return self._digests[mark]

    def _file_ended(self) -> int:
        """Moves accepted files with a completed job; safe to repeat after a kill between job and
        move."""
        filed = 0
        for path in self._inbox.accepted():
            found = self._journal.file_key(self._digest_of(path))
            if found is None:
                # The journal was put back from a backup, or is a new one: the file is looked at again.
                log.warning("not_in_journal", file=path.name)
                self._inbox.move(path.name, "", "accepted")
                filed += 1
                continue
            job = self._journal.job(found)
            if job is None or job.state in (JobState.QUEUED, JobState.PENDING, JobState.MINED):
                continue
            if job.state is JobState.FAILED and job.code == OVERTAKEN:
                self._inbox.move(path.name, "", "accepted")
            elif job.state is JobState.FAILED:
                self._inbox.reject(
                    path.name, job.code or "ORACLE_REVERTED", job.reason or "", "", "accepted"
                )
            else:
                self._inbox.move(path.name, "done", "accepted")
            filed += 1
        return filed


def _read(arrival: InboxFile) -> SignedFile:
    """A file by its name and content; raises Refusal with the reason for a wrong one."""
    try:
        check_name(arrival.name)
        monitoring = arrival.name.endswith(monitoring_files.MONITORING_SUFFIX)
        parse = monitoring_files.parse if monitoring else report_files.parse
        code = "MONITORING_MALFORMED" if monitoring else "REPORT_MALFORMED"
        with refusing(code, "file", arrival.name, "Have the file made and signed again."):
            file: SignedFile = parse(arrival.name, arrival.content)
            for struct in structs(file):
                struct_hash(struct)
            return file
    except TonneError as error:
        raise Refusal(
            error.code,
            error.message,
            field=error.field,
            value=error.value,
            remedy=error.remedy or "",
        ) from None


def _repeated(arrival: InboxFile) -> Refusal:
    return Refusal(
        "REPORT_REPEATED",
        f"{arrival.name} has been handed in before, byte for byte.",
        field="file",
        value=arrival.name,
        remedy="Nothing needs to be done.",
    )
