"""The transaction manager: each job lands on the chain once, whatever a node answers.

1. Signed bytes are in the journal before they are broadcast, to every node.
2. No answer to a broadcast means anything but "look": by hash for every attempt, then by the business key.
3. A signed nonce is consumed, by the same bytes sent again, or by dearer ones of the same job: no gap is left
   for the jobs behind it.
4. A job ends in a final block only, and only as a majority of the nodes sees it: landed, reverted,
   refused, or done by another copy. Until then a reorganisation sends the same bytes again.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

import structlog

from oracles.runtime.fees import FeePolicy
from oracles.runtime.finality import Finality
from oracles.runtime.journal import Attempt, Job, JobState, Journal, Rank
from oracles.runtime.refusal import Explain
from oracles.runtime.rpc_pool import NoQuorum, RpcPool
from tonne.chain.rpc import RpcFailure, quantity
from tonne.crypto.accounts import Account, Fees
from tonne.errors import TonneError

log = structlog.get_logger()

#: Jobs that only consume a nonce nothing else of the journal has.
FILL: Final = "fill/"
FILL_GAS: Final = 21_000

#: [s] The same bytes are not sent again sooner than this to a node that does not know them.
RESEND_S: Final = 2.0

#: [s] Longest time without a block, after which a pool may have set a transaction aside: other bytes wake it.
STALL_S: Final = 60.0

#: [s] The same at a development node, which mines a transaction when it arrives.
STALL_AT_ONCE_S: Final = 5.0

#: Share of the transactions in flight that backlog leaves to live work; and the longest time [s] for backlog
#: in one step.
LIVE_SHARE: Final = 4
LATE_S: Final = 0.2

#: How pools say that an account cannot pay: geth, Erigon, Reth, Anvil; Nethermind; Besu; Ganache.
_NO_COIN: Final = re.compile(
    r"insufficient ?funds|upfront cost exceeds|enough funds", re.IGNORECASE
)

#: So many nonces consumed by other transactions of this key, and the daemon sends nothing any more.
FOREIGN_LIMIT: Final = 3


@dataclass(frozen=True, slots=True)
class TransactionSettings:
    """How the manager waits and pays. Blocks are the chain's."""

    finality: Finality = Finality(1)
    resend_after_blocks: int = 5
    max_in_flight: int = 16
    fees: FeePolicy = field(default_factory=FeePolicy)
    stall_s: float = STALL_S


class Stopped(TonneError):
    """Nothing is sent any more until an operator has looked."""


class View(NamedTuple):
    """The chain's head as a majority of the nodes reports it."""

    head: int
    used: int  # nonces consumed in the newest block
    final: int  # newest final block, -1 for none
    used_finally: int  # nonces consumed in it


class Prospect(NamedTuple):
    """The state of an unsigned job at a block."""

    there: (
        bool | TonneError
    )  # whether its effect is there; an error where the answer does not show it
    failure: RpcFailure | None  # how the chain refused to play it


class Mined(NamedTuple):
    """The receipt of a canonical block."""

    tx_hash: str
    ok: bool
    block: int
    block_hash: str


class TransactionManager:
    """Moves the jobs towards their ends; `step` may be called at any time, after any crash.

    `shown(keys, block)` asks the chain whether each job's effect is there, by any sender; an error
    where the answer does not show it.
    `explain(failure)` turns a refused simulation into (code, sentence), or None where no reason is known.
    """

    def __init__(
        self,
        rpc: RpcPool,
        account: Account,
        journal: Journal,
        settings: TransactionSettings,
        shown: Callable[[Sequence[str], int | str], Sequence[bool | TonneError]],
        explain: Explain,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rpc = rpc
        self._account = account
        self._journal = journal
        self._settings = settings
        self._effects_at = shown
        self._explain = explain
        self._clock = clock
        self._offer: Fees | None = None
        self._body = settings.max_in_flight  # jobs that one body asks about
        self._held: dict[str, int] = {}  # queued job -> final block at which it has to wait
        self._resent: dict[str, float] = {}  # transaction -> when it was last broadcast
        self._underpriced: set[str] = set()  # transactions that every node found too cheap
        self._unpaid: set[str] = set()  # transactions that the account has too little coin for
        self._gap_since: int | None = None  # block at which a gap of nonces was first seen
        self._moved = (-1, 0.0)  # head, and [s] when it was first seen
        self._foreign = 0
        self._outgoing: list[
            tuple[Job, Attempt]
        ] = []  # signed and in the journal, to go out in one body
        self.counts: Counter[str] = Counter()  # what happened since the start, see `metrics.SERIES`
        self.gap = 0  # nonces below those in flight that no job has
        self.stopped = ""  # code of what an operator has to look at
        self.view = View(0, 0, -1, 0)
        self._chain_id = rpc.settled(
            "the chain", lambda: quantity(rpc.call("eth_chainId"), "eth_chainId")
        )
        journal.pin("chain", str(self._chain_id))
        journal.pin("sender", account.address)
        rpc.settled("the key's transactions", self._refuse_shared_key)

    @property
    def most_at_once(self) -> int:
        """Jobs that one step signs at most."""
        return self._settings.max_in_flight

    def step(self) -> int:
        """Looks at every open job once; returns how many changed state."""
        try:
            changed = self._step()
        except Stopped as stopped:
            self.stopped = stopped.code
            raise
        self.stopped = ""
        return changed

    def _step(self) -> int:
        self._outgoing = []  # of an interrupted step: its signed bytes may be missing in the journal
        jobs = self._journal.open_jobs()
        if not jobs:
            return 0
        view = self.view = self._look_at_chain()
        if view.head != self._moved[0]:
            self._moved = view.head, self._clock()
        self._check_history(view)
        self._offer = self._settings.fees.offer(self._rpc)
        signed = [job for job in jobs if job.state is not JobState.QUEUED]
        changed = self._follow(signed, view)
        room = self._settings.max_in_flight - sum(
            job.state is JobState.PENDING for job in self._journal.open_jobs()
        )
        with self._journal.transaction():
            changed += self._start_queued(jobs, room, view)
        self._broadcast(view.head)
        self._fill_gaps(view)
        return changed

    def _start_queued(self, jobs: Sequence[Job], room: int, view: View) -> int:
        """Signs as many as there is room for; their bytes are durable together, then go out together."""
        waiting = [
            job
            for job in jobs
            if job.state is JobState.QUEUED and self._held.get(job.key) != view.final
        ]
        live = [job for job in waiting if job.rank is not Rank.LATE][: max(room, 0)]
        kept = self._settings.max_in_flight // LIVE_SHARE
        late = [job for job in waiting if job.rank is Rank.LATE][: max(room - len(live) - kept, 0)]
        starting = [*live, *late][: self._body]
        looked_at = self._looked_at(starting, view)
        changed, until = 0, self._clock() + LATE_S  # a slow node's answers are behind it
        for job in starting:
            if job.rank is Rank.LATE and self._clock() > until:
                break
            changed += self._or_wait(job, partial(self._start, job, looked_at.get(job.key), view))
        return changed

    def _looked_at(self, jobs: Sequence[Job], view: View) -> dict[str, Prospect]:
        """Where no node can answer about all, the next step asks about half: the one that each stumbles at is
        found, and held, and starves no other."""
        try:
            found = self._prospects(jobs)
        except TonneError as error:
            log.warning("put_off", key=jobs[0].key, code=error.code, reason=error.message)
            if len(jobs) == 1:
                self._hold(jobs[0], view)
            self._body = max(len(jobs) // 2, 1)
            return {}
        self._body = self._settings.max_in_flight
        return found

    def _prospects(self, jobs: Sequence[Job]) -> dict[str, Prospect]:
        """The newest block's state of each job, from one node in two bodies."""
        asked = [job for job in jobs if not job.key.startswith(FILL)]
        if not asked:
            return {}
        effects = self._effects_at([job.key for job in asked], "latest")
        calls = self._rpc.batch([("eth_call", [self._simulation(j), "latest"]) for j in asked])
        return {
            job.key: Prospect(there, answer if isinstance(answer, RpcFailure) else None)
            for job, there, answer in zip(asked, effects, calls, strict=True)
        }

    # Following signed transactions

    def _follow(self, jobs: Sequence[Job], view: View) -> int:
        receipts = self._shown(jobs, view)
        ending = [job for job in jobs if self._may_end(job, receipts.get(job.key), view)]
        ballots = self._rpc.each(lambda: self._receipts(ending)) if ending else []
        unknown = self._unknown([job for job in jobs if job.key not in receipts])
        changed, ends = 0, {job.key for job in ending}
        with self._journal.transaction():
            for job in jobs:
                if job.key in ends:
                    changed += self._or_wait(job, partial(self._end, job, ballots, view))
                elif job.key in receipts:
                    changed += self._mined(job, receipts[job.key])
                else:
                    self._or_wait(job, partial(self._missing, job, job.key in unknown, view))
        self._broadcast(view.head)
        return changed

    def _or_wait(self, job: Job, act: Callable[[], int]) -> int:
        """Where the nodes do not agree or answer, a job waits, and the others go on."""
        try:
            return act()
        except Stopped:
            raise
        except TonneError as error:
            log.warning("put_off", key=job.key, code=error.code, reason=error.message)
            return 0

    @staticmethod
    def _may_end(job: Job, mined: Mined | None, view: View) -> bool:
        assert job.nonce is not None
        if mined is not None:
            return mined.block <= view.final
        return job.nonce < view.used_finally

    def _mined(self, job: Job, mined: Mined) -> int:
        if job.state is JobState.MINED and job.block_hash == mined.block_hash:
            return 0
        self._journal.set_state(
            job.key, JobState.MINED, block=mined.block, block_hash=mined.block_hash
        )
        return 1

    def _missing(self, job: Job, unknown: bool, view: View) -> int:
        """No receipt, and its nonce is not consumed for good: the same bytes go out again if need be."""
        assert job.nonce is not None
        if job.nonce < view.used:
            return 0
        if job.state is JobState.MINED:
            log.warning("reorganised", key=job.key, block=job.block)
            self._journal.set_state(job.key, JobState.PENDING)
        self._send_again(job, unknown, view)
        return 0

    def _end(self, job: Job, ballots: Sequence[dict[str, Mined]], view: View) -> int:
        """Ends a job as a majority of the nodes sees it; without one it waits."""
        votes = Counter(ballot.get(job.key) for ballot in ballots)
        mined, count = votes.most_common(1)[0] if votes else (None, 0)
        if count < self._rpc.quorum:
            raise NoQuorum(f"the receipt of {job.key}", count, self._rpc.quorum)
        if mined is not None and mined.block > view.final:
            return 0
        if mined is None:
            return self._nonce_gone(job, view)
        if not mined.ok:
            return self._reverted(job, mined, view)
        self._journal.set_state(
            job.key, JobState.FINAL, block=mined.block, block_hash=mined.block_hash
        )
        log.info("landed", key=job.key, block=mined.block, tx_hash=mined.tx_hash)
        return 1

    def _reverted(self, job: Job, mined: Mined, view: View) -> int:
        """The chain refused the mined transaction: another copy brought the effect, or there is a reason."""
        if self._is_done(job.key, view):
            state, code, reason = JobState.DONE_ELSEWHERE, None, None
        else:
            state = JobState.FAILED
            code, reason = self._refusal(job, "latest") or (
                "ORACLE_REVERTED",
                "The transaction reverted when it was mined.",
            )
            log.error("reverted", key=job.key, code=code, reason=reason)
        self._journal.set_state(
            job.key,
            state,
            code=code,
            reason=reason,
            block=mined.block,
            block_hash=mined.block_hash,
        )
        return 1

    def _nonce_gone(self, job: Job, view: View) -> int:
        """The nonce is consumed and no receipt exists: the block shows which transaction took it."""
        attempts = self._journal.attempts(job.key)
        taker = self._rpc.agreed(f"the nonce of {job.key}", lambda: self._taker(job, view))
        if not taker or taker in {attempt.tx_hash for attempt in attempts}:
            log.warning("receipt_missing", key=job.key, nonce=job.nonce)
            return 0
        self._foreign += 1
        self.counts["foreign_nonces"] += 1
        if self._is_done(job.key, view):
            self._journal.set_state(job.key, JobState.DONE_ELSEWHERE)
            return 1
        log.error("nonce_taken", key=job.key, nonce=job.nonce, by=taker, times=self._foreign)
        self._journal.requeue(job.key)
        return 1

    def _taker(self, job: Job, view: View) -> str:
        """Hash of the transaction that consumed a job's nonce, from its block; "" where it is not there.

        Looked for backwards from the final block, in steps that double: nodes keep the newest states only.
        """
        assert job.nonce is not None
        nonce = job.nonce

        def consumed(block: int) -> bool:
            count = self._rpc.call("eth_getTransactionCount", self._account.address, hex(block))
            return quantity(count, "the nonce") > nonce

        high, step = view.final, 1
        while (low := max(high - step, 0)) < high and consumed(low):
            high, step = low, 2 * step
        while low < high:
            middle = (low + high) // 2
            if consumed(middle):
                high = middle
            else:
                low = middle + 1
        block = self._rpc.call("eth_getBlockByNumber", hex(high), True)
        for found in block["transactions"]:
            ours = str(found["from"]).lower() == self._account.address.lower()
            if ours and quantity(found["nonce"], "a nonce") == job.nonce:
                return str(found["hash"])
        return ""

    # Sending

    def _start(self, job: Job, prospect: Prospect | None, view: View) -> int:
        """Signs a queued job, or ends it, or has it wait; 1 where its state changed."""
        if job.key.startswith(FILL):  # the gap is no more
            self._journal.set_state(job.key, JobState.FINAL)
            return 1
        if prospect is None:
            return 0
        if isinstance(prospect.there, TonneError):
            raise prospect.there
        if prospect.there:
            if not self._is_done(job.key, view):
                return self._hold(job, view)
            self._journal.set_state(job.key, JobState.DONE_ELSEWHERE)
            return 1
        refused = self._explain(prospect.failure) if prospect.failure else None
        if refused is not None:
            return self._refuse(job, refused, view)
        if self._offer is None:
            self.counts["fee_waits"] += 1
            log.warning("fee_above_cap", key=job.key, max_fee_wei=self._settings.fees.max_fee)
            return 0
        if self._foreign >= FOREIGN_LIMIT:
            raise self._key_shared("took nonces of this daemon's jobs")
        open_nonces = self._journal.open_nonces()
        nonce = max(view.used, open_nonces[-1] + 1) if open_nonces else view.used
        self._attempt(job, nonce, self._offer)
        return 1

    def _hold(self, job: Job, view: View) -> int:
        """What decides it may yet be reorganised away: it is looked at again in the next final block."""
        self._held[job.key] = view.final
        return 0

    def _refuse(self, job: Job, refused: tuple[str, str], view: View) -> int:
        """A refusal ends the job when the final block refuses it too."""
        code, reason = refused
        lasting = self._rpc.agreed(
            f"the refusal of {job.key}", lambda: self._refusal(job, self._final_tag(view))
        )
        if lasting is None or lasting[0] != code:
            return self._hold(job, view)
        self._journal.set_state(job.key, JobState.FAILED, code=code, reason=reason)
        log.error("refused_by_chain", key=job.key, code=code, reason=reason)
        return 1

    def _send_again(self, job: Job, unknown: bool, view: View) -> None:
        attempts = self._journal.attempts(job.key)
        last = attempts[-1]
        if last.sent_block is None:
            self._outgoing.append((job, last))
            return
        overdue = view.head - last.sent_block >= self._settings.resend_after_blocks
        # Where gas is free a sender may have no coin: only a pool that asks for more gets more.
        free = last.fee_wei == 0 and self._offer is not None and self._offer.price == 0
        if not unknown:
            self._unpaid.discard(last.tx_hash)
        # Nor does coin that is missing come with a dearer one.
        dearer = not free and last.tx_hash not in self._unpaid
        if last.tx_hash in self._underpriced or (dearer and overdue):
            fees = self._raised(last)
        elif self._stalled(attempts, view):
            fees = self._raised(last) if dearer else Fees(last.fee_wei, last.tip_wei)
        else:
            fees = None
        if fees is not None:
            assert job.nonce is not None
            self.counts["bumps"] += 1
            self._attempt(job, job.nonce, fees)
            return
        if unknown and self._clock() - self._resent.get(last.tx_hash, 0.0) >= RESEND_S:
            self._outgoing.append((job, last))

    def _stalled(self, attempts: Sequence[Attempt], view: View) -> bool:
        """No block comes, and no other bytes were tried at this one. Anvil mines on arrival and permanently
        sets aside a transaction that follows the one it is mining."""
        tried = sum(attempt.sent_block == view.head for attempt in attempts)
        return tried < 2 and self._clock() - self._moved[1] >= self._settings.stall_s

    def _as_dear_as_before(self, attempt: Attempt) -> bool:
        """Other bytes at the same price: a pool that refuses them still has the ones before."""
        before = self._journal.attempts(attempt.key)[-2:-1]
        return any((b.fee_wei, b.tip_wei) == (attempt.fee_wei, attempt.tip_wei) for b in before)

    def _raised(self, last: Attempt) -> Fees | None:
        if self._offer is None:
            return None
        before = Fees(last.fee_wei, last.tip_wei if self._offer.priority is not None else None)
        if before.priority is None and self._offer.priority is not None:
            before = Fees(last.fee_wei, 0)
        return self._settings.fees.raised(before, self._offer)

    def _attempt(self, job: Job, nonce: int, fees: Fees) -> None:
        """Signs, and keeps the bytes; they go out once they are durable. Each attempt allows a unit of gas
        more than the one before: no two are of the same bytes."""
        signed = self._account.sign_transaction(
            self._chain_id,
            nonce,
            bytes.fromhex(job.target[2:]),
            job.data,
            job.gas + len(self._journal.attempts(job.key)),
            fees,
        )
        raw = bytes.fromhex(signed.raw[2:])
        self._journal.save_attempt(job.key, nonce, signed.hash, raw, fees)
        self._outgoing.append((job, self._journal.attempts(job.key)[-1]))

    def _broadcast(self, head: int) -> None:
        """Sends the signed bytes to every node. Whatever they say, the next step looks."""
        going, self._outgoing = self._outgoing, []
        if not going:
            return
        for _, attempt in going:
            self._resent[attempt.tx_hash] = self._clock()
        self.counts["broadcasts"] += len(going)
        answers = self._rpc.broadcast(["0x" + attempt.raw.hex() for _, attempt in going])
        with self._journal.transaction():
            for (job, attempt), said in zip(going, answers, strict=True):
                log.info("broadcast", key=job.key, tx_hash=attempt.tx_hash, answers=said)
                cheap = "" not in said and any("underpriced" in answer for answer in said)
                if cheap and not self._as_dear_as_before(attempt):
                    self._underpriced.add(attempt.tx_hash)
                if "" not in said and any(_NO_COIN.search(answer) for answer in said):
                    self._unpaid.add(attempt.tx_hash)
                if said and attempt.sent_block is None:
                    self._journal.mark_sent(attempt.tx_hash, head)

    def _fill_gaps(self, view: View) -> None:
        """A nonce below those in flight that no job has is consumed by a transfer of nothing to oneself."""
        nonces = self._journal.open_nonces()
        missing = sorted(set(range(view.used, nonces[-1])) - set(nonces)) if nonces else []
        self.gap = len(missing)
        if not missing:
            self._gap_since = None
            return
        if self._gap_since is None:
            self._gap_since = view.head
        if view.head - self._gap_since < self._settings.resend_after_blocks or self._offer is None:
            return
        for nonce in missing[: self._settings.max_in_flight]:
            log.error("gap_filled", nonce=nonce)
            self.counts["gap_fills"] += 1
            key = f"{FILL}{nonce}"
            self._journal.enqueue(key, self._account.address, b"", FILL_GAS)
            job = self._journal.job(key)
            assert job is not None
            self._attempt(job, nonce, self._offer)
        self._broadcast(view.head)

    # Asking the chain

    def _is_done(self, key: str, view: View) -> bool:
        """Whether the effect is in the final block, as a majority of the nodes sees it."""

        def ask() -> bool:
            (there,) = self._effects_at([key], self._final_tag(view))
            if isinstance(there, TonneError):
                raise there
            return there

        return self._rpc.agreed(f"the effect of {key}", ask)

    @staticmethod
    def _final_tag(view: View) -> int | str:
        return view.final if view.final >= 0 else "earliest"

    def _refusal(self, job: Job, block: int | str) -> tuple[str, str] | None:
        """The chain's refusal of the job; None if it accepts it or the reason is unknown."""
        tag = block if isinstance(block, str) else hex(block)
        try:
            self._rpc.call("eth_call", self._simulation(job), tag)
        except RpcFailure as failure:
            return self._explain(failure)
        return None

    def _simulation(self, job: Job) -> dict[str, str]:
        return {
            "from": self._account.address,
            "to": job.target,
            "data": "0x" + job.data.hex(),
            "gas": hex(job.gas),
        }

    def _look_at_chain(self) -> View:
        self._rpc.look()
        views = self._rpc.each(self._one_view)
        if len(views) < self._rpc.quorum:
            raise NoQuorum("where the chain stands", len(views), self._rpc.quorum)

        def reached(numbers: Iterable[int]) -> int:
            """The largest number that a majority has reached, so that no single node can raise it."""
            return sorted(numbers, reverse=True)[self._rpc.quorum - 1]

        return View(
            reached(view.head for view in views),
            max(reached(view.used for view in views), self._journal.next_nonce()),
            reached(view.final for view in views),
            reached(view.used_finally for view in views),
        )

    def _one_view(self) -> View:
        head, used = self._rpc.batch_or_raise(
            [
                ("eth_blockNumber", []),
                ("eth_getTransactionCount", [self._account.address, "latest"]),
            ]
        )
        number = self._rpc.require_recent(quantity(head, "eth_blockNumber"))
        nonces = quantity(used, "the nonce")
        final = self._settings.finality.block(self._rpc, number)
        if final < 0:
            return View(number, nonces, -1, 0)
        if final >= number:
            return View(number, nonces, final, nonces)
        consumed = self._rpc.call("eth_getTransactionCount", self._account.address, hex(final))
        return View(number, nonces, final, quantity(consumed, "the nonce"))

    def _shown(self, jobs: Sequence[Job], view: View) -> dict[str, Mined]:
        """Receipts as one node shows them; of a nonce that most nodes call consumed, as any of them does."""
        receipts = self._receipts(jobs)
        hidden = [j for j in jobs if j.key not in receipts and (j.nonce or 0) < view.used]
        for shown in self._rpc.each(lambda: self._receipts(hidden)) if hidden else []:
            receipts = shown | receipts
        return receipts

    def _receipts(self, jobs: Sequence[Job]) -> dict[str, Mined]:
        """The receipt of each job with one, for any of its attempts; canonical blocks only. The receipt of
        another transaction is ignored."""
        asked = [
            (job.key, attempt.tx_hash)
            for job in jobs
            for attempt in self._journal.attempts(job.key)
        ]
        answers = self._rpc.batch_or_raise(
            [("eth_getTransactionReceipt", [tx_hash]) for _, tx_hash in asked]
        )
        found = {
            key: _mined(tx_hash, answer)
            for (key, tx_hash), answer in zip(asked, answers, strict=True)
            if answer is not None
            and answer.get("blockHash") is not None
            and str(answer.get("transactionHash")).lower() == tx_hash  # or it is another one's
        }
        blocks = sorted({mined.block for mined in found.values()})
        headers = self._rpc.batch_or_raise(
            [("eth_getBlockByNumber", [hex(b), False]) for b in blocks]
        )
        canonical = {int(h["number"], 16): h["hash"] for h in headers if h is not None}
        return {k: m for k, m in found.items() if canonical.get(m.block) == m.block_hash}

    def _unknown(self, jobs: Sequence[Job]) -> set[str]:
        """Keys of jobs with a latest transaction that some node does not know: neither mined nor waiting."""
        last = {job.key: self._journal.attempts(job.key)[-1].tx_hash for job in jobs}
        answers = self._rpc.batch(
            [("eth_getTransactionByHash", [tx_hash]) for tx_hash in last.values()]
        )
        return {key for key, answer in zip(last, answers, strict=True) if answer is None}

    def _check_history(self, view: View) -> None:
        """A final block that changes is beyond repair here: nothing is sent, nothing deleted."""
        kept = self._journal.recall("final block")
        if kept is not None:
            number, block_hash = kept.split(":")
            found = self._block_hash(int(number))
            if found is not None and found != block_hash:
                raise Stopped(
                    "ORACLE_FINALITY_BROKEN",
                    f"Block {number} was final and is another one now: the chain was reorganised deeper"
                    f" than {self._settings.finality}.",
                    field="finality",
                    value=str(self._settings.finality),
                    remedy="Nothing is sent. Compare the nodes; then start with a deeper --finality and a new"
                    " journal: what is on chain is not done again.",
                )
        if view.final >= 0 and (kept is None or int(kept.split(":")[0]) < view.final):
            found = self._block_hash(view.final)
            if found is not None:
                self._journal.remember("final block", f"{view.final}:{found}")

    def _block_hash(self, number: int) -> str | None:
        """Hash of a block as a majority of the nodes has it."""

        def ask() -> str:
            block = self._rpc.call("eth_getBlockByNumber", hex(number), False)
            return str(block["hash"]) if block else ""

        try:
            return self._rpc.agreed(f"block {number}", ask) or None
        except NoQuorum:
            return None

    def _refuse_shared_key(self) -> None:
        """Transactions of this key are waiting that are not in the journal: another daemon sends with it."""
        latest, pending = self._rpc.batch_or_raise(
            [
                ("eth_getTransactionCount", [self._account.address, tag])
                for tag in ("latest", "pending")
            ]
        )
        used, waiting = quantity(latest, "the nonce"), quantity(pending, "the nonce")
        own = set(self._journal.open_nonces())
        if any(nonce not in own for nonce in range(used, waiting)):
            raise self._key_shared("are on their way")

    def _key_shared(self, what: str) -> Stopped:
        return Stopped(
            "ORACLE_KEY_SHARED",
            f"Transactions of {self._account.address} that this journal does not know {what}.",
            field="keystore",
            value=self._account.address,
            remedy="Give each daemon a key of its own; stop what else sends with this one, then start again.",
        )


def _mined(tx_hash: str, receipt: dict[str, Any]) -> Mined:
    return Mined(
        tx_hash,
        quantity(receipt["status"], "a receipt's status") == 1,
        quantity(receipt["blockNumber"], "a receipt's block"),
        str(receipt["blockHash"]),
    )
