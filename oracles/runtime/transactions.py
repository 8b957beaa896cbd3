"""The transaction manager: each job lands on the chain once, whatever the node answers.

Rules, each learnt from somebody's double mint:

1. Signed bytes are in the journal before they are broadcast.
2. No answer to a broadcast means anything but "look": by hash for every attempt, then by the
business key.
3. A job keeps its nonce until that nonce is provably consumed by something else.
4. A job is done when its block is deep enough and still canonical; a reorganisation sends the same
bytes again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from oracles.runtime.journal import Job, JobState, Journal
from tonne.chain.rpc import Rpc, RpcFailure, RpcUnreachable
from tonne.crypto.accounts import Account, Fees
from tonne.errors import TonneError

log = structlog.get_logger()

#: A replacement must raise both caps by a tenth at least; an eighth leaves room for rounding.
BUMP_NUMERATOR, BUMP_DENOMINATOR = 9, 8


@dataclass(frozen=True, slots=True)
class TransactionSettings:
    """How the manager waits and pays. Blocks are the chain's, fees in wei per gas."""

    finality_blocks: int = 1
    resend_after_blocks: int = 5
    max_in_flight: int = 16
    max_fee_wei: int = 500_000_000_000
    priority_wei: int = 0


class TransactionManager:
    """Moves the jobs towards their ends; `step` may be called at any time, after any crash.

    `is_done(key)` asks the chain whether the job's effect is there, whoever brought it.
    `explain(failure)` turns a refused simulation into (code, sentence), or None: nobody knows.
    """

    def __init__(
        self,
        rpc: Rpc,
        account: Account,
        journal: Journal,
        settings: TransactionSettings,
        is_done: Callable[[str], bool],
        explain: Callable[[RpcFailure], tuple[str, str] | None],
    ) -> None:
        self._rpc = rpc
        self._account = account
        self._journal = journal
        self._settings = settings
        self._is_done = is_done
        self._explain = explain
        self._offer: Fees | None = None
        self._chain_id = int(rpc.call("eth_chainId"), 16)
        journal.pin("chain", str(self._chain_id))
        journal.pin("sender", account.address)

    def step(self) -> int:
        """Looks at every open job once; returns how many changed state."""
        self._offer = None
        jobs = self._journal.open_jobs()
        if not jobs:
            return 0
        head, used = self._head_and_used_nonces()
        changed = 0
        pending = [job for job in jobs if job.state is not JobState.QUEUED]
        receipts = self._receipts(pending)
        for job in pending:
            changed += self._look(job, receipts.get(job.key), head, used)
        room = self._settings.max_in_flight - sum(
            1 for job in pending if job.state is JobState.PENDING
        )
        for job in [job for job in jobs if job.state is JobState.QUEUED][: max(room, 0)]:
            changed += self._start(job, head, used)
        return changed

    # Looking

    def _look(self, job: Job, receipt: dict[str, Any] | None, head: int, used: int) -> int:
        if receipt is not None:
            return self._mined(job, receipt, head)
        if job.state is JobState.MINED:
            log.warning("reorganised", key=job.key, block=job.block)
            self._journal.set_state(job.key, JobState.PENDING)
        assert job.nonce is not None
        if used > job.nonce:
            return self._nonce_gone(job)
        self._send_again(job, head)
        return 0

    def _mined(self, job: Job, receipt: dict[str, Any], head: int) -> int:
        block = int(receipt["blockNumber"], 16)
        if int(receipt["status"], 16) == 0:
            return self._reverted(job, block, receipt["blockHash"])
        if head - block + 1 < self._settings.finality_blocks:
            if job.state is not JobState.MINED or job.block_hash != receipt["blockHash"]:
                self._journal.set_state(
                    job.key, JobState.MINED, block=block, block_hash=receipt["blockHash"]
                )
                return 1
            return 0
        self._journal.set_state(
            job.key, JobState.FINAL, block=block, block_hash=receipt["blockHash"]
        )
        log.info("landed", key=job.key, block=block, tx_hash=receipt["transactionHash"])
        return 1

    def _reverted(self, job: Job, block: int, block_hash: str) -> int:
        """Ours reverted: somebody else brought the effect, or the chain refuses it for a reason it
        can tell."""
        if self._is_done(job.key):
            self._journal.set_state(
                job.key, JobState.DONE_ELSEWHERE, block=block, block_hash=block_hash
            )
            return 1
        code, reason = self._refusal(job) or (
            "ORACLE_REVERTED",
            "The transaction reverted when it was mined.",
        )
        self._journal.set_state(
            job.key, JobState.FAILED, code=code, reason=reason, block=block, block_hash=block_hash
        )
        log.error("reverted", key=job.key, code=code, reason=reason)
        return 1

    def _nonce_gone(self, job: Job) -> int:
        """The nonce is used and none of our attempts is there: something else took it."""
        if self._is_done(job.key):
            self._journal.set_state(job.key, JobState.DONE_ELSEWHERE)
            return 1
        # A node may show the new nonce before it shows the receipt: look once more before trusting
        # it.
        if self._receipts([job]).get(job.key) is not None:
            return 0
        log.warning("nonce_taken", key=job.key, nonce=job.nonce)
        self._journal.requeue(job.key)
        return 1

    # Sending

    def _start(self, job: Job, head: int, used: int) -> int:
        if self._is_done(job.key):
            self._journal.set_state(job.key, JobState.DONE_ELSEWHERE)
            return 1
        refused = self._refusal(job)
        if refused is not None:
            self._journal.set_state(job.key, JobState.FAILED, code=refused[0], reason=refused[1])
            log.error("refused_by_chain", key=job.key, code=refused[0], reason=refused[1])
            return 1
        highest = self._journal.highest_nonce()
        nonce = used if highest is None else max(used, highest + 1)
        self._attempt(job, nonce, self._fees(), head)
        return 1

    def _send_again(self, job: Job, head: int) -> None:
        attempts = self._journal.attempts(job.key)
        last = attempts[-1]
        if last.sent_block is None:
            self._broadcast(job, last.tx_hash, last.raw, head)
            return
        if head - last.sent_block < self._settings.resend_after_blocks:
            return
        wanted = max(last.fee_wei * BUMP_NUMERATOR // BUMP_DENOMINATOR + 1, self._fees().price)
        if last.fee_wei > 0 and wanted <= self._settings.max_fee_wei:
            assert job.nonce is not None
            self._attempt(job, job.nonce, Fees(wanted, self._priority(wanted)), head)
        else:
            self._broadcast(job, last.tx_hash, last.raw, head)

    def _attempt(self, job: Job, nonce: int, fees: Fees, head: int) -> None:
        signed = self._account.sign_transaction(
            self._chain_id,
            nonce,
            bytes.fromhex(job.target[2:]),
            job.data,
            job.gas,
            fees,
        )
        raw = bytes.fromhex(signed.raw[2:])
        self._journal.save_attempt(job.key, nonce, signed.hash, raw, fees.price)
        self._broadcast(job, signed.hash, raw, head)

    def _broadcast(self, job: Job, tx_hash: str, raw: bytes, head: int) -> None:
        """Sends the bytes. Whatever the node says, the next step looks; so nothing is concluded
        here."""
        try:
            self._rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
            log.info("broadcast", key=job.key, tx_hash=tx_hash)
        except RpcFailure as answer:
            log.info(
                "broadcast_answered", key=job.key, tx_hash=tx_hash, answer=answer.rpc_message[:200]
            )
        except RpcUnreachable as silence:
            log.warning(
                "broadcast_unanswered", key=job.key, tx_hash=tx_hash, error_class=silence.code
            )
            return
        self._journal.mark_sent(tx_hash, head)

    # Asking the chain

    def _refusal(self, job: Job) -> tuple[str, str] | None:
        """Why the chain would refuse the job now, or None when it would not (or cannot say)."""
        call = {
            "from": self._account.address,
            "to": job.target,
            "data": "0x" + job.data.hex(),
            "gas": hex(job.gas),
        }
        try:
            self._rpc.call("eth_call", call, "latest")
        except RpcFailure as failure:
            return self._explain(failure)
        return None

    def _head_and_used_nonces(self) -> tuple[int, int]:
        head, used = self._rpc.batch_or_raise(
            [
                ("eth_blockNumber", []),
                ("eth_getTransactionCount", [self._account.address, "latest"]),
            ]
        )
        return int(head, 16), int(used, 16)

    def _receipts(self, jobs: list[Job]) -> dict[str, dict[str, Any]]:
        """The receipt of each job that has one, whichever attempt it was; only of blocks still
        canonical."""
        asked = [
            (job.key, attempt.tx_hash)
            for job in jobs
            for attempt in self._journal.attempts(job.key)
        ]
        answers = self._rpc.batch_or_raise(
            [("eth_getTransactionReceipt", [tx_hash]) for _, tx_hash in asked]
        )
        found = {
            key: answer
            for (key, _), answer in zip(asked, answers, strict=True)
            if answer is not None and answer.get("blockHash") is not None
        }
        blocks = sorted({answer["blockNumber"] for answer in found.values()})
        headers = self._rpc.batch_or_raise([("eth_getBlockByNumber", [b, False]) for b in blocks])
        canonical = {h["number"]: h["hash"] for h in headers if h is not None}
        return {k: a for k, a in found.items() if canonical.get(a["blockNumber"]) == a["blockHash"]}

    def _fees(self) -> Fees:
        """The node's own suggestion, within the cap; asked once a step."""
        if self._offer is None:
            self._offer = self._suggested()
        return self._offer

    def _suggested(self) -> Fees:
        price = int(self._rpc.call("eth_gasPrice"), 16)
        if price > self._settings.max_fee_wei:
            raise TonneError(
                "ORACLE_FEE_ABOVE_CAP",
                "Gas costs more than this daemon may pay; it waits.",
                field="max_fee_wei",
                value=str(price),
                remedy="wait, or raise --max-fee-gwei",
            )
        return Fees(price, self._priority(price))

    def _priority(self, price: int) -> int | None:
        block = self._rpc.call("eth_getBlockByNumber", "latest", False)
        if "baseFeePerGas" not in block:
            return None
        return min(self._settings.priority_wei, price)
