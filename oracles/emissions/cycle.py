"""One cycle of the emission oracle: take in what arrived, move what is open, file what has
ended."""

from __future__ import annotations

from pathlib import Path

import structlog

from oracles.emissions.checks import Checker, NotYet, Submission
from oracles.runtime.inbox import Inbox, InboxFile, check_name, digest, printable
from oracles.runtime.journal import JobState, Journal
from oracles.runtime.loop import CycleResult
from oracles.runtime.transactions import TransactionManager
from tonne.chain.client import Chain
from tonne.chain.reverts import ChainError
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.evidence.report_files import parse

log = structlog.get_logger()

#: Of one transaction; a batch of 200 stays far below.
GAS_LIMIT = 16_000_000

#: What the chain says of something it has already: not an error of the file.
REPETITIONS = ("EMISSIONS_ALREADY_REPORTED", "EMISSIONS_BATCH_REPEATED")


class EmissionsCycle:
    """Call it again and again. Without a sender it checks and says what it would do, and moves
    nothing."""

    def __init__(
        self,
        chain: Chain,
        inbox: Inbox,
        journal: Journal,
        checker: Checker,
        sender: Account | None,
        manager: TransactionManager | None,
    ) -> None:
        self._chain = chain
        self._inbox = inbox
        self._journal = journal
        self._checker = checker
        self._sender = sender
        self._manager = manager
        self._oracle = chain["EmissionsOracle"]
        self._told: set[str] = set()
        self._digests: dict[tuple[int, int, int], str] = {}

    def __call__(self) -> CycleResult:
        taken = sum(self._take(arrival) for arrival in self._inbox.arrivals())
        moved = self._manager.step() if self._manager else 0
        filed = self._file_ended()
        return CycleResult.WORKED if taken or moved or filed else CycleResult.IDLE

    # Taking in

    def _take(self, arrival: InboxFile) -> bool:
        """Accepts, rejects, or leaves one file; returns whether it left the inbox."""
        taken = self._journal.file_accepted(arrival.sha256)
        if taken == arrival.name and not self._inbox.holds(arrival):
            # A kill came between the journal and the move.
            self._inbox.move(arrival.name, "accepted")
            return True
        if taken is not None:
            return self._refuse(
                arrival,
                TonneError(
                    "REPORT_REPEATED",
                    f"{arrival.name} has been handed in before, byte for byte.",
                    field="file",
                    value=arrival.name,
                    remedy="Nothing needs to be done.",
                ),
                "repeated",
            )
        try:
            check_name(arrival.name)
            submission = self._checker.check(arrival.name, parse(arrival.name, arrival.content))
            job = self._journal.job(submission.key)
            if job is not None and job.state in (JobState.QUEUED, JobState.PENDING):
                raise NotYet(f"waits for {submission.key}, which is on its way")
            self._simulate(submission)
        except NotYet as waiting:
            self._tell_once(arrival, "waiting", str(waiting))
            return False
        except TonneError as error:
            outcome = "repeated" if error.code in REPETITIONS else "rejected"
            return self._refuse(arrival, error, outcome)
        return self._accept(arrival, submission)

    def _simulate(self, submission: Submission) -> None:
        """Lets the contract judge; a refusal comes back as its own error with its sentence."""
        try:
            self._chain.call(
                self._oracle, submission.function, *submission.args, sender=self._sender
            )
        except ChainError as error:
            if not error.revert.name:
                raise NotYet(f"the chain gave no reason ({error.message})") from None
            raise

    def _accept(self, arrival: InboxFile, submission: Submission) -> bool:
        if self._manager is None:
            self._tell_once(arrival, "would_submit", submission.key)
            return False
        data = self._oracle.encode(submission.function, *submission.args)
        with self._journal.transaction():
            self._journal.enqueue(submission.key, self._oracle.address, data, GAS_LIMIT)
            self._journal.record_file(
                arrival.sha256, arrival.name, "accepted", None, None, submission.key
            )
        self._inbox.move(arrival.name, "accepted")
        log.info("accepted", file=arrival.name, key=submission.key)
        return True

    def _refuse(self, arrival: InboxFile, error: TonneError, outcome: str) -> bool:
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

    # Filing what has ended

    def _digest_of(self, path: Path) -> str:
        """Worked out once: what lies in `accepted/` does not change, and may lie there long."""
        state = path.stat()
        mark = (state.st_ino, state.st_size, state.st_mtime_ns)
        if mark not in self._digests:
            self._digests[mark] = digest(path)
        return self._digests[mark]

    def _file_ended(self) -> int:
        """Moves accepted files whose job has ended; safe to repeat after a kill between job and
        move."""
        filed = 0
        for path in self._inbox.accepted():
            found = self._journal.file_key(self._digest_of(path))
            job = self._journal.job(found) if found else None
            if job is None or job.state in (JobState.QUEUED, JobState.PENDING, JobState.MINED):
                continue
            if job.state is JobState.FAILED:
                self._inbox.reject(
                    path.name, job.code or "ORACLE_REVERTED", job.reason or "", "", "accepted"
                )
            else:
                self._inbox.move(path.name, "done", "accepted")
            filed += 1
        return filed
