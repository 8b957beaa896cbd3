"""A chain with meters and their oracle; set back after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.oracles.meters.ground import QUARTER, T0, Desk, deploy, register
from tests.oracles.meters.process import Daemon
from tonne.chain.client import Chain
from tonne.meters.simulated_fleet import MeterFleet
from tonne.sandbox import node


@pytest.fixture(scope="module")
def _ground() -> Iterator[tuple[str, dict]]:
    with node.start(timestamp=T0 - 3600) as running, Chain(running.url) as chain:
        deploy(chain)
        yield running.url, chain.contracts


@pytest.fixture
def metered(_ground) -> Iterator[Chain]:
    """A chain with two nodes and no meter."""
    url, contracts = _ground
    with Chain(url) as chain:
        for contract in contracts.values():
            chain.add(contract)
        chain.contracts["Participants"] = contracts["Participants"]
        mark = chain.snapshot()
        yield chain
        chain.revert(mark)


@pytest.fixture
def sit(metered, tmp_path) -> Iterator[Callable[..., Desk]]:
    """Makes a desk with a registered fleet."""
    desks = []

    def made(count: int = 4, **options) -> Desk:
        fleet = MeterFleet(node=1, first=1, count=count, seed=7, since=T0, interval_s=900)
        register(metered, fleet)
        desks.append(Desk(metered, tmp_path, fleet, **options))
        return desks[-1]

    yield made
    for desk in desks:
        desk.journal.close()


@pytest.fixture
def desk(sit) -> Desk:
    """Four meters, two on each curve: three households of the street and one more."""
    return sit()


@pytest.fixture
def fleet(metered) -> MeterFleet:
    made = MeterFleet(node=1, first=1, count=6, seed=7, since=T0, interval_s=QUARTER)
    register(metered, made)
    return made


@pytest.fixture
def daemons(metered, tmp_path) -> Iterator[Callable[..., Daemon]]:
    started: list[Daemon] = []

    def start(*options: str, **further: Any) -> Daemon:
        started.append(Daemon(metered, tmp_path, *options, **further))
        return started[-1]

    yield start
    for daemon in started:
        if daemon.process.poll() is None:
            daemon.kill()
