"""A local chain never outlives the process that started it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oracles.runtime.finality import DEVELOPMENT_DEPTH
from tests.patience import HANGING_S
from tonne.chain.client import Chain
from tonne.errors import TonneError
from tonne.sandbox import node

ROOT = Path(__file__).resolve().parents[3]

PARENT = """
import sys, time
from tonne.sandbox import node
running = node.start(kind=sys.argv[1])
print(running.process.pid, flush=True)
if sys.argv[2] == "return":
    sys.exit(0)
if sys.argv[2] == "raise":
    raise RuntimeError
time.sleep(60)
"""


def _gone(pid: int, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/status").read_text().split("State:")[1].strip()[0]
        except (OSError, IndexError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
@pytest.mark.parametrize("kind", ["anvil", "ganache"])
@pytest.mark.parametrize("end", ["return", "raise", "SIGINT", "SIGTERM", "SIGKILL"])
def test_the_node_ends_with_its_parent(kind, end):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, kind, end],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    if end.startswith("SIG"):
        parent.send_signal(getattr(signal, end))
    parent.wait(HANGING_S)

    assert _gone(pid)


def test_chain_time_begins_where_it_is_told():
    with node.start(timestamp=1_600_000_000) as running, Chain(running.url) as chain:
        assert chain.rpc.call("eth_getBlockByNumber", "0x0", False)["timestamp"] == hex(
            1_600_000_000
        )


def test_time_can_move_with_blocks_only():
    with (
        node.start(timestamp=1_600_000_000, seconds_per_block=1) as running,
        Chain(running.url) as chain,
    ):
        chain.mine(5)
        before = chain.now()
        time.sleep(1.2)
        chain.mine()
        assert chain.now() == before + 1


def test_a_state_file_keeps_chain_and_time(tmp_path):
    state = tmp_path / "chain.json"
    with node.start(state=state, timestamp=1_600_000_000) as running, Chain(running.url) as chain:
        moment = chain.set_time(1_650_000_000)
        head = chain.block_number()

    with node.start(state=state) as running, Chain(running.url) as chain:
        assert chain.block_number() == head
        chain.mine()
        assert moment <= chain.now() < moment + 60


def test_a_script_that_starts_node_is_not_taken_for_it(tmp_path):
    """The launcher of the PyPI package starts Node as a child, which nothing would end."""
    launcher = tmp_path / "node"
    launcher.write_text("#!/bin/sh\nexec /usr/bin/env node\n")
    launcher.chmod(0o755)

    assert not node._is_program(launcher)
    assert not node._is_program(tmp_path / "missing")
    assert node._is_program(Path(node.node_binary()))


def test_what_is_no_chain_is_named(monkeypatch):
    with pytest.raises(TonneError) as refusal:
        node.start(kind="geth")
    assert refusal.value.code == "NODE_UNKNOWN_KIND"

    monkeypatch.setattr(node, "ROOT", Path("/nowhere"))
    monkeypatch.delenv("TONNE_ANVIL", raising=False)
    with pytest.raises(TonneError) as refusal:
        node.start()
    assert refusal.value.code == "NODE_MISSING"


def test_a_node_that_dies_says_why():
    with pytest.raises(TonneError) as refusal:
        node.start(extra=("--no-such-option",), port=node.free_port())
    assert refusal.value.code == "NODE_DIED"
    assert "no-such-option" in str(refusal.value)


def test_a_block_of_anvil_is_final_once_the_daemons_take_it_for_final():
    with node.start() as running:
        chain = Chain(running.url)
        chain.mine(5)
        final = int(chain.rpc.call("eth_getBlockByNumber", "finalized", False)["number"], 16)
        assert chain.head().number - final == DEVELOPMENT_DEPTH - 1
