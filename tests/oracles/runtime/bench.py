"""A transaction manager at nodes in memory, killed and started again."""

from __future__ import annotations

from oracles.runtime.journal import JobState, Journal
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import (
    RESEND_S,
    TransactionManager,
    TransactionSettings,
)
from tests.oracles.runtime.fake_node import FakeNode, MirrorNode
from tonne.crypto.accounts import Account

TARGET = "0x" + "11" * 20


SENDER = Account.from_seed("transactions", "test")


class Bench:
    """A journal on disk, a fake node, and a manager that can be killed and started again."""

    def __init__(self, tmp_path, settings: TransactionSettings | None = None) -> None:
        self.path = tmp_path / "journal.sqlite"
        self.node = FakeNode()
        self.nodes = [self.node]
        self.settings = settings or TransactionSettings(resend_after_blocks=2)
        self.done: set[str] = set()
        self.clock = 0.0
        self.explained: tuple[str, str] | None = ("EMISSIONS_REFUSED", "The chain refuses it.")
        self.journal = Journal(self.path)
        self.manager = self._manager()

    def _manager(self) -> TransactionManager:
        return TransactionManager(
            RpcPool(self.nodes, clock=lambda: self.clock, sleep=lambda _: None),
            SENDER,
            self.journal,
            self.settings,
            lambda keys, _block: [key in self.done for key in keys],
            lambda _: self.explained,
            lambda: self.clock,
        )

    def kill_and_restart(self) -> None:
        self.journal.close()
        self.journal = Journal(self.path)
        self.manager = self._manager()

    def add(self, key: str, data: bytes = b"\x01") -> None:
        assert self.journal.enqueue(key, TARGET, data, 1_000_000)

    def state(self, key: str) -> JobState:
        return self.journal.job(key).state

    def settle(self, rounds: int = 12) -> None:
        for _ in range(rounds):
            self.manager.step()
            self.node.mine()
            self.clock += RESEND_S


def three(bench: Bench) -> tuple[FakeNode, FakeNode, FakeNode]:
    """Three views of one chain: what is mined in one is mined in all, unless it lies."""
    honest, second = bench.node, MirrorNode(bench.node)
    liar = MirrorNode(bench.node)
    bench.nodes = [liar, honest, second]
    bench.manager = bench._manager()
    return honest, second, liar
