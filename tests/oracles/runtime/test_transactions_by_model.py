"""Random histories of a chain, its nodes and the daemon: no job is lost, lands twice or is refused."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from oracles.runtime.finality import Finality
from oracles.runtime.journal import JobState
from oracles.runtime.transactions import RESEND_S, TransactionSettings
from tests.oracles.runtime.bench import Bench
from tests.oracles.runtime.fake_node import MirrorNode, data_of
from tonne.errors import TonneError

#: Blocks until nothing is reorganised; and how many nonces something else may take in one history: a third
#: one stops the daemon.
DEPTH = 5
MOST_FOREIGN = 2

GWEI = 10**9
TEXTS = ("nonce too low", "already known", "insufficient funds", "internal error", "underpriced")


class Histories(RuleBasedStateMachine):
    """One chain seen by three nodes, of which one or another misbehaves, and a daemon that is killed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        bench = Bench(
            Path(self.folder.name),
            TransactionSettings(finality=Finality(DEPTH), resend_after_blocks=2),
        )
        self.bench, self.node = bench, bench.node
        bench.nodes = [MirrorNode(bench.node), bench.node, MirrorNode(bench.node)]
        bench.kill_and_restart()
        self.jobs = 0
        self.foreign = 0

    # The daemon

    @rule()
    def add(self) -> None:
        self.jobs += 1
        self.bench.add(f"job{self.jobs}", self.jobs.to_bytes(2, "big"))

    @rule(times=st.integers(1, 3))
    def step(self, times: int) -> None:
        for _ in range(times):
            self._step()

    def _step(self) -> None:
        """What a cycle would log; a stop would be a fault: nobody else uses the key that often."""
        self.bench.clock += RESEND_S
        try:
            self.bench.manager.step()
        except TonneError as error:
            assert error.code.startswith("RPC_"), error

    @rule()
    def kill(self) -> None:
        try:
            self.bench.kill_and_restart()
        except TonneError as error:
            assert error.code.startswith("RPC_"), error
            self._heal()
            self.bench.kill_and_restart()

    # The chain

    @rule(blocks=st.integers(1, DEPTH))
    def mine(self, blocks: int) -> None:
        self.node.mine(blocks)

    @rule(blocks=st.integers(1, 3))
    def mine_empty(self, blocks: int) -> None:
        self.node.mine_empty(blocks)

    @rule(depth=st.integers(1, DEPTH - 1), comes_back=st.booleans())
    def reorganise(self, depth: int, comes_back: bool) -> None:
        """What was in the blocks waits again in the pool, or is forgotten."""
        depth = min(depth, len(self.node.blocks) - 1)
        taken = [
            pair for block in self.node.consumed[len(self.node.blocks) - depth :] for pair in block
        ]
        self.node.reorganise(depth)
        self.foreign -= sum(tx_hash not in self.node.bytes_of for tx_hash, _ in taken)
        if comes_back:
            for tx_hash, nonce in taken:
                if tx_hash in self.node.bytes_of:
                    self.node.pool.setdefault(nonce, tx_hash)

    @rule()
    def drop_pool(self) -> None:
        self.node.drop_pool()

    @precondition(lambda self: self.node.pool)
    @rule(place=st.integers(0, 40))
    def drop_one(self, place: int) -> None:
        nonces = sorted(self.node.pool)
        del self.node.pool[nonces[place % len(nonces)]]

    @precondition(lambda self: self.foreign < MOST_FOREIGN and self.node.pool)
    @rule()
    def consume_nonce(self) -> None:
        self.foreign += 1
        self.node.consume_nonce()

    @rule(gwei=st.sampled_from([0, 1, 10, 400, 600]))
    def base_fee(self, gwei: int) -> None:
        """The last is above what is paid."""
        self.node.base_fee = gwei * GWEI

    # The nodes

    @rule(which=st.integers(0, 2), silent=st.booleans())
    def silence(self, which: int, silent: bool) -> None:
        self.bench.nodes[which].silent = silent

    @rule(which=st.integers(0, 2), times=st.integers(1, 3))
    def lose_answers(self, which: int, times: int) -> None:
        self.bench.nodes[which].lose_answers = times

    @rule(which=st.integers(0, 2), text=st.none() | st.sampled_from(TEXTS))
    def refuse_sends(self, which: int, text: str | None) -> None:
        self.bench.nodes[which].refuse_sends = text

    @rule(hides=st.booleans())
    def one_hides_receipts(self, hides: bool) -> None:
        self.bench.nodes[0].no_receipts = hides

    @rule(takes=st.booleans())
    def pool_takes_gaps(self, takes: bool) -> None:
        self.node.takes_gaps = takes

    def _heal(self) -> None:
        for node in self.bench.nodes:
            node.silent = node.no_receipts = False
            node.lose_answers, node.refuse_sends = 0, None
        self.bench.clock += 120  # all rests are over

    # What always holds

    def _landed(self) -> Counter[bytes]:
        """Jobs on the chain as it is, by their calldata."""
        told = (data_of(self.node.bytes_of[tx_hash]) for tx_hash in self.node.effects)
        return Counter(data for data in told if data)

    @invariant()
    def nothing_lands_twice(self) -> None:
        assert max(self._landed().values(), default=0) <= 1

    @invariant()
    def nothing_good_is_refused_and_what_is_final_is_there(self) -> None:
        landed = self._landed()
        for number in range(1, self.jobs + 1):
            job = self.bench.journal.job(f"job{number}")
            assert job is not None and job.state is not JobState.FAILED
            assert job.state is not JobState.FINAL or landed[number.to_bytes(2, "big")] == 1

    def teardown(self) -> None:
        """All faults end: whatever waits lands, once, and no nonce is left out."""
        try:
            self._heal()
            self.node.base_fee = 0
            for _ in range(30 + self.jobs):
                self._step()
                self.node.mine()
                if not self.bench.journal.open_count():
                    break
            assert self.bench.journal.open_count() == 0
            assert self._landed() == {n.to_bytes(2, "big"): 1 for n in range(1, self.jobs + 1)}
            assert not self.node.pool
        finally:
            self.bench.journal.close()
            self.folder.cleanup()


def test_histories_of_a_day():
    run_state_machine_as_test(Histories, settings=settings(max_examples=5, stateful_step_count=40))


@pytest.mark.long
@pytest.mark.nightly
def test_many_long_histories():
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=2_000, stateful_step_count=60)
    )
