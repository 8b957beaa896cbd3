"""A mirror: replays a market continuously into its store, and signs what it has come to."""

from __future__ import annotations

from dataclasses import dataclass, field

from tonne.audit.checkpoints import AuditCheckpoint, SignedCheckpoint, sign
from tonne.audit.market import holding_limits
from tonne.audit.market_replay import MarketReplay
from tonne.audit.reconcile import collector_paused
from tonne.audit.replay.compare import Tally
from tonne.audit.replay.events import Log, Pinned, stands
from tonne.audit.replay.state import StateDigest
from tonne.audit.store.database import Store
from tonne.audit.store.follower import StoredSource
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account


@dataclass(frozen=True, slots=True)
class Came:
    """What a step came to."""

    checkpoint: SignedCheckpoint
    faults: list[str] = field(default_factory=list)  # events that break a rule
    events: bool = True  # whether there were new ones, other than checkpoints


class Mirror:
    """Keeps the replay in memory between steps; reads it anew from the store after a reorganisation."""

    def __init__(
        self, chain: Chain, first_block: int, store: Store, trust: Trust, signer: Account
    ) -> None:
        self._chain, self._first, self._store = chain, first_block, store
        self._trust, self._signer = trust, signer
        self._limits: list[str] = []
        self._last = ""  # hash of the block of the last step
        self._begin()

    def _begin(self) -> None:
        self._limits = holding_limits.follow(self._chain, self._first)
        trust = self._trust
        rest = (trust.checkpoint, trust.others, trust.genesis, trust.chunk)
        self._source = StoredSource(self._chain, self._first, self._store, *rest)
        self._replay, self._next = MarketReplay(self._chain), self._first
        self._unknown: list[Log] = []
        self._replaced = 0

    def step(self) -> Came | None:
        """Reads new blocks and signs the last; None without a new block.

        Raises the errors of a reading; a step after that reads on from the store.
        """
        try:
            with collector_paused():
                return self._step()
        except BaseException:
            self._begin()
            raise

    def _step(self) -> Came | None:
        if holding_limits.follow(self._chain, self._first) != self._limits:
            self._begin()
        head = self._source.pin(self._trust.checkpoint.number if self._trust.checkpoint else None)
        if head.hash == self._last:
            return None
        if self._source.replaced != self._replaced:
            replaced = self._source.replaced
            self._replay, self._next, self._unknown = MarketReplay(self._chain), self._first, []
            self._replaced = replaced
        new = False
        for _, events in self._source.stretches(self._next, head, self._unknown):
            self._replay.feed(events)
            new = new or any(at.event.contract != "AuditCheckpoints" for at in events)
        stands(self._chain, head)
        self._next, self._last = head.number + 1, head.hash
        return self._signed(head, new)

    def _signed(self, head: Pinned, new: bool) -> Came:
        tally, state = Tally(), StateDigest()
        tally.value("all", "logs that no interface explains", [], self._unknown)
        self._replay.invariants(tally)
        state.add(self._replay.checks(head.time, tally))
        block = self._store.block(head.number)
        history = block.digest if block else b""
        told = AuditCheckpoint(
            head.number, bytes.fromhex(head.hash[2:]), history, bytes.fromhex(state.hex())
        )
        contract = self._chain["AuditCheckpoints"].address
        signed = sign(self._chain.chain_id, contract, told, self._signer)
        return Came(signed, [str(difference) for difference in tally.differences], new)
