"""Four validators seal, bear one failure, stop at two, and go on; nothing of them is left."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tonne.sandbox.consortium import engines
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.sandbox.consortium import engine, network

pytestmark = [pytest.mark.long, pytest.mark.nightly]

ROOT = Path(__file__).resolve().parents[4]
PAYER = Account.from_seed("consortium", "payer")
PERIOD_S = 1

PARENT = """
import sys, time
from tonne.sandbox.consortium import network
running = network.start(1, validators=1)
print(running[1].process.pid, running.scratch.path, flush=True)
time.sleep(120)
"""


@pytest.fixture(scope="module")
def consortium():
    engines.need()
    with network.start(PERIOD_S, [PAYER]) as running:
        yield running
    assert not running.scratch.path.exists()
    assert not any(validator.alive for validator in running.validators)


def agreed(consortium):
    """Whether nodes that run have one chain: their hashes at the least of their heads."""
    seen = [each for each in consortium.look() if each.running]
    least = hex(min(each.block for each in seen))
    asked = ("eth_getBlockByNumber", least, False)
    return len({consortium[each.number].ask(*asked)["hash"] for each in seen}) == 1


def test_all_four_seal_on_one_chain(consortium):
    consortium.await_blocks(6)
    ask = consortium[1].ask
    sealed = {ask("clique_getSigner", hex(number)) for number in range(1, 7)}
    assert sealed == {validator.address.lower() for validator in consortium.validators}
    assert agreed(consortium)
    assert all(seen.peers == 3 for seen in consortium.look())


def test_no_key_is_in_the_command_line_or_the_environment(consortium):
    for validator in consortium.validators:
        process = Path(f"/proc/{validator.process.pid}")
        secrets = [
            (validator.folder / name).read_text().strip() for name in ("passphrase", "nodekey")
        ]
        seen = (process / "cmdline").read_text() + (process / "environ").read_text()
        assert not any(secret in seen for secret in secrets)
        assert stat.S_IMODE(validator.folder.stat().st_mode) == 0o700
        for name in ("passphrase", "nodekey", "keystore/key.json"):
            assert stat.S_IMODE((validator.folder / name).stat().st_mode) == 0o600


def test_what_steers_a_node_is_not_open_to_others(consortium):
    from tonne.sandbox import node

    for method in ("admin_peers", "debug_setHead", "personal_listAccounts", "miner_stop"):
        with pytest.raises(TonneError) as refused:
            node.rpc(consortium[1].url, method)
        assert "not" in refused.value.message


def test_one_of_four_is_killed_and_comes_back(consortium):
    consortium.kill(2)
    consortium.await_blocks(4)
    assert [seen.running for seen in consortium.look()] == [True, False, True, True]
    consortium.start(2)
    consortium.await_blocks(2)
    assert agreed(consortium)


@pytest.mark.parametrize("group", [[1, 2], [1, 4]], ids=str)
def test_two_halves_stand_still_and_go_on_when_joined(consortium, group):
    consortium.await_blocks(1)
    consortium.partition(group)
    time.sleep(3 * PERIOD_S)
    stood = [seen.block for seen in consortium.look()]
    time.sleep(5 * PERIOD_S)
    assert [seen.block for seen in consortium.look()] == stood
    consortium.join()
    consortium.await_blocks(2)
    assert agreed(consortium)


def test_a_wiped_node_fetches_the_chain_anew(consortium):
    consortium.wipe(3)
    assert not consortium[3].alive
    consortium.start(3)
    consortium.await_blocks(1)
    assert agreed(consortium)


def test_a_node_that_is_not_there_is_named(consortium):
    with pytest.raises(TonneError) as refused:
        consortium.kill(5)
    assert refused.value.code == "CONSORTIUM_NO_SUCH_NODE"


def test_the_validators_end_with_who_started_them(consortium):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    process = int(parent.stdout.readline().split()[0])
    parent.send_signal(signal.SIGKILL)
    parent.wait(30)
    end = time.monotonic() + 20
    while Path(f"/proc/{process}").exists() and time.monotonic() < end:
        if "Z" in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2][:4]:
            break
        time.sleep(0.1)
    else:
        assert not Path(f"/proc/{process}").exists()


def test_the_engine_is_the_pinned_one():
    told = subprocess.run([engine.binary(), "version"], capture_output=True, text=True).stdout
    assert f"Version: {engine.VERSION}" in told
