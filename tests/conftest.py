"""Fixtures for tests that need a chain. Nodes are shared by a session; each test gets it as it was."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import distribution
from tests.e2e import warm
from tests.patience import HANGING_S
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.deployment import deployer as deploying
from tonne.deployment import founding, record, roles
from tonne.deployment.record import Deployment
from tonne.rules import pack as rule_packs
from tonne.rules.pack import Period, RulePack
from tonne.sandbox import node, seed_market, seed_town, town_day
from tonne.sandbox.town_day import TownDay
from tonne.sandbox.town_state import SeedTown

# Imports and collected tests are no garbage. The search for it would take a third of the time of collection.
gc.disable()

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "schemes" / "china-national.toml"
PERIOD = "2019-20"
START_SECONDS = HANGING_S

# How fast a machine is says nothing of what is tested: both cores may be busy with a compiler.
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any speed")

# No test depends on the terminal or the CI that started it.
for name in ("NO_COLOR", "FORCE_COLOR", "CI", "TTY_INTERACTIVE", "COLUMNS", "LINES"):
    os.environ.pop(name, None)
os.environ["TERM"] = "xterm-256color"

# A shell ignores Ctrl-C for what it runs in the background, and children inherit that: processes that
# tests interrupt would never notice.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(distribution.FileOrder(config))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(700, 10, 50)
    gc.enable()


@dataclass(frozen=True, slots=True)
class Standing:
    """A deployed market, and where its deployments file lies."""

    chain: Chain
    deployment: Deployment
    folder: Path


@pytest.fixture(scope="session")
def pack() -> RulePack:
    return rule_packs.load(PACK)


@pytest.fixture(scope="session")
def period(pack: RulePack) -> Period:
    return pack.period(PERIOD)


@pytest.fixture(scope="session")
def _anvil(pack: RulePack, period: Period) -> Iterator[node.Node]:
    with node.start(timestamp=seed_market.start_time(pack, period)) as running:
        yield running


@pytest.fixture
def anvil(_anvil: node.Node) -> Iterator[node.Node]:
    """A running Anvil at its first block."""
    chain = Chain(_anvil.url)
    mark = chain.snapshot()
    yield _anvil
    chain.revert(mark)
    chain.close()


@pytest.fixture
def chain(anvil: node.Node) -> Iterator[Chain]:
    """A client of the empty chain."""
    with Chain(anvil.url) as client:
        yield client


@pytest.fixture(scope="session")
def people() -> dict[str, Account]:
    """Everybody of the small market, by name."""
    return seed_market.people()


@pytest.fixture(scope="session")
def settings(people: dict[str, Account]) -> deploying.Settings:
    return deploying.Settings(
        people["administrator"].address,
        {name: people[name].address for name in roles.HOLDERS},
    )


@pytest.fixture(scope="session")
def unfounded(settings: deploying.Settings) -> deploying.Settings:
    """Of a market whose officers are still to be appointed."""
    return replace(settings, founded=False)


@pytest.fixture(scope="session")
def _market(
    pack: RulePack,
    period: Period,
    unfounded: deploying.Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("deployments")
    with (
        node.start(timestamp=seed_market.start_time(pack, period)) as running,
        Chain(running.url) as chain,
    ):
        deploying.deploy(chain, Account.from_seed("deployer"), unfounded, folder)
        yield running.url, folder


@pytest.fixture
def unfounded_market(_market: tuple[str, Path]) -> Iterator[Standing]:
    """The whole market, deployed and wired, without a scheme; set back after each test."""
    url, folder = _market
    with Chain(url) as client:
        mark = client.snapshot()
        yield Standing(client, record.attach(client, folder), folder)
        client.revert(mark)


@pytest.fixture
def deployed(unfounded_market: Standing, people: dict[str, Account]) -> Standing:
    """The whole market, founded, without a scheme; set back after each test."""
    guardian = people["guardian"].address
    founding.found(unfounded_market.chain, people["administrator"], guardian)
    return unfounded_market


@pytest.fixture(scope="session")
def _town(
    pack: RulePack,
    period: Period,
    unfounded: deploying.Settings,
    people: dict[str, Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Path, seed_market.SeedMarket]]:
    folder = tmp_path_factory.mktemp("deployments")
    with (
        node.start(timestamp=seed_market.start_time(pack, period)) as running,
        Chain(running.url) as chain,
    ):
        deploying.deploy(chain, Account.from_seed("deployer"), unfounded, folder)
        market = seed_market.seed(chain, pack, period, people)
        yield running.url, folder, market


@dataclass(frozen=True, slots=True)
class Town:
    """The small named market inside its first trading session."""

    chain: Chain
    deployment: Deployment
    folder: Path
    market: seed_market.SeedMarket


@pytest.fixture
def town(_town: tuple[str, Path, seed_market.SeedMarket]) -> Iterator[Town]:
    """The small named market; set back after each test."""
    url, folder, market = _town
    with Chain(url) as client:
        mark = client.snapshot()
        yield Town(client, record.attach(client, folder), folder, market)
        client.revert(mark)


@dataclass(frozen=True, slots=True)
class StreetDay:
    """The small market's town with its first day posted; its homes have asked for nothing yet."""

    town: SeedTown
    day: TownDay
    folder: Path

    @property
    def chain(self) -> Chain:
        return self.town.chain


@pytest.fixture(scope="session")
def _street_day(
    pack: RulePack,
    period: Period,
    unfounded: deploying.Settings,
    people: dict[str, Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Path, SeedTown, TownDay]]:
    folder = tmp_path_factory.mktemp("deployments")
    who = {**people, **seed_town.people()}
    with (
        node.start(timestamp=seed_market.start_time(pack, period)) as running,
        Chain(running.url) as chain,
    ):
        deploying.deploy(chain, Account.from_seed("deployer"), unfounded, folder)
        year = seed_market._Seed(chain, pack, period, who)
        year.rules()
        year.parties()
        town = seed_town.found(chain, pack, who)
        day = TownDay(town.first_day)
        town_day.post(town, day)
        yield running.url, folder, town, day


@pytest.fixture
def unlisted_day(_street_day: tuple[str, Path, SeedTown, TownDay]) -> Iterator[StreetDay]:
    """The town whose first day has runs and no list; set back after each test."""
    url, folder, town, day = _street_day
    with Chain(url) as client:
        mark = client.snapshot()
        record.attach(client, folder)
        yield StreetDay(replace(town, chain=client), day, folder)
        client.revert(mark)


@pytest.fixture
def street_day(unlisted_day: StreetDay) -> StreetDay:
    """The town with its first day listed; set back after each test."""
    town_day.announce(unlisted_day.town, unlisted_day.day)
    return unlisted_day


@pytest.fixture(scope="session")
def program() -> Iterator[list[str]]:
    """The words that stand for `tonne` on a command line."""
    with tempfile.TemporaryDirectory(prefix="tonne-") as folder:
        path = str(Path(folder) / "warm.sock")
        serving = subprocess.Popen(
            [sys.executable, "-P", warm.__file__, "serve", path],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        try:
            _wait(path, serving)
            yield [sys.executable, "-S", "-P", warm.__file__, "run", path]
        finally:
            os.killpg(serving.pid, signal.SIGTERM)
            serving.wait(HANGING_S)


def _wait(path: str, serving: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.connect(path)
            except OSError:
                assert serving.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return
