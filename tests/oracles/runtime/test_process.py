"""How a daemon's process sets itself up at a node."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from oracles.runtime.fees import FeePolicy
from oracles.runtime.finality import DEVELOPMENT_DEPTH
from oracles.runtime.process import Operation, transaction_settings
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import STALL_AT_ONCE_S, STALL_S
from tests.oracles.runtime.fake_node import FakeNode


@pytest.mark.parametrize(
    ("kind", "finality", "depth", "stall_s"),
    [("anvil", "auto", DEVELOPMENT_DEPTH, STALL_AT_ONCE_S), ("other", "12", 12, STALL_S)],
)
def test_a_development_node_that_makes_no_block_is_woken_in_seconds(kind, finality, depth, stall_s):
    chain = SimpleNamespace(kind=kind, client=kind)
    settings = transaction_settings(
        chain, RpcPool([FakeNode()]), Operation(finality, FeePolicy(max_fee=7))
    )
    assert (settings.finality.depth, settings.stall_s) == (depth, stall_s)
    assert settings.fees == FeePolicy(max_fee=7)
