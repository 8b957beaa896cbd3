"""The audit: reads a market's events, replays them, and compares every value with the contracts' state.

By default it replays only what it has proven: headers linked by hash, and receipts with the roots in them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tonne.audit.market import holding_limits
from tonne.audit.market.registrar_desk import StatusLag
from tonne.audit.market_replay import MarketReplay
from tonne.audit.proofs import code, storage
from tonne.audit.proofs.findings import Finding, Refuted
from tonne.audit.proofs.reader import Proof, ProvenSource
from tonne.audit.replay.compare import (
    Difference,
    Surplus,
    Tally,
    Unchecked,
    compare,
    in_groups,
)
from tonne.audit.replay.events import Log, Pinned, pin, read, stands
from tonne.audit.replay.state import StateDigest
from tonne.audit.store.follower import StoredSource
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.chain.reverts import ChainError
from tonne.chain.rpc import StateGone
from tonne.errors import TonneError, refused
from tonne.evidence.statements import QualifiedReport

#: Called with a stage and the count of what it has just done.
Progress = Callable[[str, int], None]

#: A source of proven events.
Source = ProvenSource | StoredSource

#: Attempts, each at a later block, when the node has dropped the state meanwhile.
CATCH_UPS: Final = 4
#: Checks of one batch.
BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Audit:
    """Result of an audit. Sound when nothing differs and no answer was refuted."""

    head: Pinned | None  # None where a refuted answer ended the audit before
    events: int
    compared: dict[str, int]  # values, by contract
    differences: list[Difference]
    lags: list[StatusLag]  # of the Exchange behind the register
    surpluses: list[Surplus]  # money beyond what is owed
    unchecked: list[Unchecked]  # markets of contracts outside the deployment
    proof: Proof | None = None  # None: the node was believed
    findings: list[Finding] = field(default_factory=list)  # answers that their proof refutes
    codes: int = 0  # contracts and extensions whose code was compared with its source
    state: str = ""  # digest of the rebuilt state; empty where the audit ended before
    evidence: tuple[int, int] = (0, 0)  # roots that reports name; of them kept by two on record
    qualified: Sequence[QualifiedReport] = ()  # reports that stand under a qualified opinion

    @property
    def values(self) -> int:
        return sum(self.compared.values())

    @property
    def sound(self) -> bool:
        return not self.differences and not self.findings

    @property
    def faults(self) -> list[Finding | Difference | StatusLag]:
        """All that keeps an audit from being clean, the gravest first."""
        return [*self.findings, *self.differences, *self.lags]

    @property
    def trust(self) -> str:
        """What the history rests on, in a sentence."""
        return str(self.proof) if self.proof else TRUSTED


#: Errors about an answer of the node; about one that a pinned block refutes.
ANSWER_CODES: Final = frozenset({"RPC_UNREADABLE", "CHAIN_NO_CONTRACT"})
PINNED_CODES: Final = ANSWER_CODES | {"AUDIT_PAST_HEAD", "AUDIT_REORGANISED"}
#: The whole result rests on the answers of one node.
TRUSTED: Final = "Not proven: the history is the word of the node."


def audit(
    chain: Chain,
    first_block: int = 0,
    block: int | None = None,
    on_progress: Progress = lambda _stage, _count: None,
    trust: Trust = Trust(),
    going_on: Callable[[], bool] = lambda: False,
) -> Audit:
    """Reads, replays and compares at one block. Needs only the chain and the ABIs.

    While `going_on` says that the chain grows, what there is of it is read; it may wait before it answers.

    An answer that its proof refutes ends the audit and is its finding.

    A node that keeps few states may have dropped that block's before all is compared. Unless the
    block was named, the audit then reads on to the block that is the latest by now, and compares there.
    """
    source: Source | None = None
    with collector_paused():
        try:
            holding_limits.follow(chain, first_block)
            source = source_of(chain, first_block, trust)
            return _audit(chain, first_block, block, on_progress, source, trust, going_on)
        except TonneError as refuted:
            if trust.node or not _refutes(refuted, pinned=trust.checkpoint is not None):
                raise
            return _refuted(source, refuted)


def source_of(chain: Chain, first_block: int, trust: Trust) -> Source | None:
    """What the events are read from; None where the node is believed."""
    if trust.node:
        return None
    if trust.store is not None:
        rest = (trust.others, trust.genesis, trust.chunk)
        return StoredSource(chain, first_block, trust.store, trust.checkpoint, *rest)
    return ProvenSource(chain, first_block, trust.checkpoint, trust.others, trust.genesis)


def _refutes(error: TonneError, pinned: bool) -> bool:
    """Whether an error says that an answer is false. A pinned block is neither replaced nor missing."""
    return isinstance(error, (Refuted, ChainError)) or error.code in (
        PINNED_CODES if pinned else ANSWER_CODES
    )


def _refuted(source: Source | None, refuted: TonneError) -> Audit:
    """The result of an audit that ended at an answer: nothing after it is replayed or compared."""
    block = refuted.block if isinstance(refuted, Refuted) else None
    finding = Finding(refuted.code, refuted.message, block)
    return Audit(None, 0, {}, [], [], [], [], source.proof if source else None, [finding])


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for reference cycles, which takes half of an audit's time: a replay makes none."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _audit(
    chain: Chain,
    first_block: int,
    block: int | None,
    on_progress: Progress,
    source: Source | None,
    trust: Trust,
    going_on: Callable[[], bool],
) -> Audit:
    head = source.pin(block) if source else pin(chain, block)
    replay = MarketReplay(chain)
    unknown: list[Log] = []
    count, start = 0, first_block
    pinned = block is not None or trust.checkpoint is not None  # there is no later block to go to

    def follow(first: int) -> int:
        """Replays up to the head; how many events."""
        found = 0
        for blocks, events in read(chain, first, head, unknown, source):
            replay.feed(events)
            found += len(events)
            on_progress("blocks", blocks)
        return found

    while not pinned and going_on():
        if chain.block_number() > head.number:
            count, start = count + follow(start), head.number + 1
            head = source.pin(None) if source else pin(chain)
    if not pinned and chain.block_number() > head.number:
        count, start = count + follow(start), head.number + 1
        head = source.pin(None) if source else pin(chain)
    for _ in range(CATCH_UPS):
        count += follow(start)
        try:
            tally, state = _compared(chain, replay, head, unknown, on_progress)
            codes, findings = code.read(chain, head.number)
            if source:
                _prove_slots(chain, replay, source.proof, tally)
        except StateGone:
            start, earlier = head.number + 1, head
            if pinned:
                break
            stands(chain, earlier)
            head = source.pin(None) if source else pin(chain)
            continue
        compared, lags = dict(sorted(tally.compared.items())), replay.registrar_desk.lags()
        beside = (tally.surpluses, tally.unchecked)
        findings += replay.batch_desk.findings + replay.holds.findings
        findings += replay.custody.findings(head.time)
        findings += code.against_record(codes, trust.codes, head.number)
        proof = source.proof if source else None
        kept = (len(replay.custody.named()), replay.custody.kept(head.time))
        sums = (tally.differences, lags, *beside, proof, findings, len(codes), state, kept)
        return Audit(head, count, compared, *sums, replay.oracle.qualified())
    raise refused("AUDIT_STATE_GONE", start=start - 1)


def _prove_slots(chain: Chain, replay: MarketReplay, proof: Proof, tally: Tally) -> None:
    """Compares the ledgers' storage itself, where the node proves it."""
    proof.slots, proof.no_slots = 0, ""
    try:
        for value, stored in storage.found(chain, replay.slots(), proof.last, proof.state_root):
            tally.value(value.contract, value.about, value.expected, stored)
            proof.slots += 1
    except storage.Unprovable as reason:
        proof.slots, proof.no_slots = 0, str(reason)


def _compared(
    chain: Chain,
    replay: MarketReplay,
    head: Pinned,
    unknown: list[Log],
    on_progress: Progress,
) -> tuple[Tally, str]:
    """Everything compared, and the digest of the rebuilt state."""
    tally, state = Tally(), StateDigest()
    tally.value("all", "logs that no interface explains", [], [log["topics"] for log in unknown])
    replay.invariants(tally)
    for checks in in_groups(replay.checks(head.time, tally), BATCH):
        state.add(checks)
        compare(chain, checks, head.number, tally)
        on_progress("checks", len(checks))
    return tally, state.hex()
