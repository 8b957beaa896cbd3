"""A whole compliance period, audited with proof into the store; lies about it are found.

The nightly form has every emitter of the national market, and prints the figures of docs/auditor.md.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.tonne.audit.proofs.liars import AlteredRpc
from tests.tonne.audit.proofs.receipt_lies import LIES, flip
from tonne import paths
from tonne.audit import reconcile
from tonne.audit.proofs.reader import Checkpoint
from tonne.audit.trust import Trust
from tonne.chain.client import Chain
from tonne.deployment import record
from tonne.simulation.period import run as period_run
from tonne.simulation.period.model.plan import LEAST_EMITTERS, PeriodOptions

#: Seed of the lies.
SEED = 18


@dataclass(frozen=True, slots=True)
class Command:
    """What `tonne audit run` came to, and what it took."""

    body: dict[str, Any]
    status: int
    clock_s: float
    own_s: float
    most_mb: float


def audited(url: str, folder: Path, store: Path) -> Command:
    """`tonne audit run` of a chain, as a process of its own."""
    place = ["--rpc", url, "--deployments", str(folder), "--store", str(store), "--json"]
    program = [sys.executable, "-P", "-m", "tonne.cli", "audit", "run", *place]
    begun = time.monotonic()
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, text=True, cwd=paths.TREE,
        env={**os.environ, "PYTHONPATH": str(paths.TREE)},
    ) as running:  # fmt: skip
        assert running.stdout is not None
        said = running.stdout.read()
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    clock, own = time.monotonic() - begun, used.ru_utime + used.ru_stime
    return Command(json.loads(said), running.returncode, clock, own, used.ru_maxrss / 1024)


def lies(chain: Chain, head: int, die: random.Random) -> Iterator[tuple[str, AlteredRpc]]:
    """Connections that tell one lie each, about blocks of the whole period."""
    full = [n for n in range(1, head + 1) if _logs(chain, n)]
    url = chain.rpc.url

    def of_block(number: int, alter: Callable[[Any], Any]) -> Callable[[Any, list[Any]], Any]:
        return lambda answer, params: alter(answer) if params[0] == hex(number) else answer

    for lie in die.sample(LIES, 6):
        number = die.choice(full)

        def told(receipts: Any, lie: Any = lie, number: int = number) -> Any:
            own = random.Random(number)
            places = [(r, i) for r, one in enumerate(receipts) for i in range(len(one["logs"]))]
            lie(receipts, *own.choice(places), own)
            return receipts

        name = f"{lie.__name__} in block {number}"
        yield name, AlteredRpc(url, "eth_getBlockReceipts", of_block(number, told))
    for field in ("receiptsRoot", "stateRoot", "timestamp"):
        number = die.randrange(1, head)
        altered = of_block(number, lambda header, f=field: header | {f: flip(header[f], die)})
        yield f"{field} of block {number}", AlteredRpc(url, "eth_getBlockByNumber", altered)
    address = die.choice(sorted(c.address for c in chain.contracts.values())).lower()
    yield (
        f"code of {address}",
        AlteredRpc(
            url,
            "eth_getCode",
            lambda code, params: flip(code, die) if params[0].lower() == address else code,
        ),
    )


def _logs(chain: Chain, number: int) -> int:
    return sum(len(one["logs"]) for one in chain.rpc.call("eth_getBlockReceipts", hex(number)))


def examine(url: str, folder: Path, place: Path, codes: dict[str, str]) -> dict[str, Any]:
    """Audits the chain of a period twice, and through each lie; returns the figures."""
    store = place / "period.duckdb"
    first = audited(url, folder, store)
    assert first.status == 0 and first.body["sound"] and first.body["proven"], first.body
    again = audited(url, folder, store)
    assert again.body["historyDigest"] == first.body["historyDigest"]
    assert again.body["stateDigest"] == first.body["stateDigest"]
    unfound = []
    with Chain(url) as chain:
        record.attach(chain, folder)
        head = chain.head()
        trust = Trust(checkpoint=Checkpoint(head.number, head.hash), codes=codes)
        found = {}
        for name, liar in lies(chain, head.number, random.Random(SEED)):
            chain.rpc = liar
            told = reconcile.audit(chain, trust=trust)
            found[name] = sorted({fault.code for fault in (*told.findings, *told.differences)})
            if told.sound or not found[name]:
                unfound.append(name)
    assert unfound == [] and len(found) == 10
    return {
        "blocks": head.number + 1,
        "events": first.body["events"],
        "values": sum(first.body["compared"].values()),
        "trust": first.body["trust"],
        "store MB": store.stat().st_size / 2**20,
        "first": (first.clock_s, first.own_s, first.most_mb),
        "again": (again.clock_s, again.own_s, again.most_mb),
        "lies": found,
        "load": os.getloadavg(),
    }


def played(emitters: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A period with so many emitters, examined while its chain stands."""
    figures: dict[str, Any] = {}

    def stand(_options: Any, chain: Chain, folder: Path, _console: Console) -> None:
        chain.mine()  # its state is the one that the node proves
        deployments = folder / "deployments"
        codes = record.load(record.path_for(chain.chain_id, deployments)).code_hashes()
        figures.update(examine(chain.rpc.url, deployments, tmp_path, codes))

    monkeypatch.setattr(period_run, "_serve", stand)
    period_run.run(PeriodOptions(emitters=emitters, out=tmp_path / "report"), Console())
    for name, value in figures.items():
        print(f"{name}: {value}")
    return figures


@pytest.mark.long
def test_a_small_period_is_proven_and_lies_about_it_are_found(tmp_path, monkeypatch):
    figures = played(LEAST_EMITTERS, tmp_path, monkeypatch)
    assert figures["events"] > 1_000


@pytest.mark.long
@pytest.mark.nightly
def test_a_period_of_all_emitters_is_proven_and_lies_about_it_are_found(tmp_path, monkeypatch):
    figures = played(None, tmp_path, monkeypatch)
    assert figures["events"] > 50_000
    assert figures["first"][2] < 600, "MB"
