"""A chain of its own with the small market just before its first report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracles.emissions.desk import FURTHER, Desk
from tests.oracles.emissions.process import Oracle
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.deployment import deployer as deploying
from tonne.deployment import record
from tonne.sandbox import node, seed_market


@pytest.fixture(scope="module")
def _ground(pack, period, unfounded, people, tmp_path_factory) -> Iterator[tuple[str, Path, int]]:
    folder = tmp_path_factory.mktemp("deployments")
    with (
        node.start(timestamp=seed_market.start_time(pack, period)) as running,
        Chain(running.url) as chain,
    ):
        deploying.deploy(chain, Account.from_seed("deployer"), unfounded, folder)
        year = seed_market._Seed(chain, pack, period, people)
        year.rules()
        year.parties()
        row = (year.numbers["north"], pack.scheme.number, pack.jurisdictions["Shanxi"], 1, 660_000)
        rows = [(*row, keccak(b"further %d" % i)) for i in range(FURTHER)]
        chain.send(people["authority"], "Participants", "registerInstallations", rows)
        chain.set_time(period.report_deadline - 21 * 86_400)
        yield running.url, folder, year.numbers["verifier"]


@pytest.fixture
def desk(_ground, pack, period, people, tmp_path) -> Iterator[Desk]:
    """A desk at a chain without reports; set back after each test."""
    url, folder, body = _ground
    with Chain(url) as chain:
        record.attach(chain, folder)
        mark = chain.snapshot()
        path = folder / f"{chain.chain_id}.json"
        table = Desk(chain, people, body, tmp_path, pack, period.last_year, path)
        yield table
        if table.journal is not None:
            table.journal.close()
        chain.revert(mark)


@pytest.fixture
def oracle(desk: Desk) -> Iterator[Oracle]:
    running = Oracle(desk)
    yield running
    for process in running.started:
        if process.poll() is None:
            process.kill()
            process.wait()
