"""A market is deployed, fed by both oracles, traded on and audited on every kind of chain at hand."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eth_account import Account as EthAccount

from tests import strict_proxy
from tests.oracles.emissions import desk as emissions
from tests.oracles.meters import ground as meters
from tests.oracles.meters.process import Daemon, free_port, posts_an_interval
from tests.patience import HANGING_S
from tests.toolchain import trees
from tonne import files
from tonne.audit import reconcile
from tonne.chain import suitability
from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.deployment import deployer, founding, record
from tonne.market.order_encoding import OrderRequest, Side
from tonne.meters.simulated_fleet import MeterFleet
from tonne.sandbox import node, seed_market

pytestmark = pytest.mark.long

#: The two that differ most from the Anvil of all other tests; the rest by `make test-nightly`.
BY_DAY = ("ganache", "strict node")

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "hardhat"
GWEI = 10**9
BLOCK_GAS = 30_000_000
#: The first of the accounts that Anvil and Hardhat start with, all of them rich.
MNEMONIC = "test test test test test test test test test test test junk"
HARDHAT = """import {{ defineConfig }} from "hardhat/config";
export default defineConfig({{ networks: {{ node: {{ type: "edr-simulated", initialDate: "{}" }} }} }});
"""
PASSPHRASE = "a passphrase that is not printed"
REPORTS = 3
WAIT_S = HANGING_S


@dataclass(slots=True)
class Place:
    """Where a market is to stand: `url` for all, `behind` for time, which passes by itself elsewhere."""

    url: str
    behind: str
    pays: bool = False  # gas costs something, and no method gives coin
    proxy: strict_proxy.StrictProxy | None = None


class Elsewhere(Chain):
    """A chain whose time passes without this client's doing: `Place.behind` is told instead."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.url)
        self._behind = Chain(place.behind)

    def set_time(self, moment: int) -> int:
        if self._behind.kind == "other":  # Hardhat
            if moment > self.now():
                self._behind.rpc.call("evm_setNextBlockTimestamp", moment)
                self._behind.rpc.call("evm_mine")
            return self.now()
        return self._behind.set_time(moment)

    def close(self) -> None:
        super().close()
        self._behind.close()


@contextmanager
def anvil(moment: int, *extra: str, hardfork: str | None = None) -> Iterator[Place]:
    with node.start(timestamp=moment, hardfork=hardfork, extra=extra) as running:
        yield Place(running.url, running.url)


@contextmanager
def ganache(moment: int) -> Iterator[Place]:
    with node.start(kind="ganache", timestamp=moment) as running:
        yield Place(running.url, running.url)


@contextmanager
def behind_a_strict_proxy(moment: int) -> Iterator[Place]:
    """Blocks of 30M gas every second, whose base fee rises as they fill."""
    with node.start(timestamp=moment, accounts=1) as running:
        told = Chain(running.url)
        told.rpc.call("evm_setBlockGasLimit", hex(BLOCK_GAS))
        told.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        told.rpc.call("evm_mine")
        told.rpc.call("anvil_setBalance", _payer().address, hex(10**24))
        told.rpc.call("evm_setIntervalMining", 1)
        told.close()
        with strict_proxy.start(running.url) as proxy:
            yield Place(proxy.url, running.url, pays=True, proxy=proxy)


@contextmanager
def hardhat(moment: int) -> Iterator[Place]:
    """Hardhat's node, from the example's packages."""
    port = node.free_port()
    scratch = node.temp_folders.make("hardhat")
    try:
        for name in ("package-lock.json", "package.json"):
            shutil.copy(EXAMPLE / name, scratch.path)
        began = datetime.fromtimestamp(moment, UTC).isoformat()
        (scratch.path / "hardhat.config.ts").write_text(HARDHAT.format(began))
        trees.npm(
            ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "hardhat@3.18.0"],
            scratch.path,
        )
        command = ["node_modules/hardhat/dist/src/cli.js", "node", "--port", str(port)]
        with (scratch.path / "log").open("wb") as log:
            process = subprocess.Popen(
                [node.node_binary(), *command], cwd=scratch.path, stdout=log, stderr=log
            )
        url = f"http://{node.HOST}:{port}"
        try:
            _until(lambda: _answers(url) or process.poll() is not None)
            yield Place(url, url, pays=True)
        finally:
            process.kill()
            process.wait()
    finally:
        scratch.remove()


KINDS = {
    "anvil": lambda moment: anvil(moment),
    "anvil, a block a second": lambda moment: anvil(moment, "--block-time", "1", "--mixed-mining"),
    "anvil, osaka": lambda moment: anvil(moment, hardfork="osaka"),
    "ganache": ganache,
    "hardhat": hardhat,
    "strict node": behind_a_strict_proxy,
}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[] if kind in BY_DAY else pytest.mark.nightly) for kind in KINDS],
)
def test_a_market_runs_on(kind, pack, period, people, settings, tmp_path):
    with ExitStack() as stack:
        place = stack.enter_context(KINDS[kind](seed_market.start_time(pack, period)))
        chain = stack.enter_context(Elsewhere(place))
        said = list(suitability.aspects(chain.rpc))
        assert suitability.verdict(said) is not suitability.Fitness.UNFIT, said
        if place.pays:
            chain.sponsor(_payer())
        deploying = replace(settings, founded=False)
        payer = _payer() if place.pays else Account.from_seed("deployer")
        deployer.deploy(chain, payer, deploying, tmp_path / "deployments")
        run = seed_market._Seed(chain, pack, period, people)
        for step in (run.rules, run.parties, run.pre_allocate, run.report):
            step()
        reported = _oracle_reports(place, chain, run, tmp_path)
        for step in (run.credits, run.true_up, run.markets, run.orders):
            step()
        founding.found(chain, people["administrator"], people["guardian"].address)
        filled = _a_trade(chain, run)
        if place.proxy is not None:
            assert not reconcile.audit(chain).sound  # headers under seals that nobody set
            place.proxy.seals = False
        found = reconcile.audit(chain)
        _meters_are_read(place, chain, tmp_path)
        assert reported == [4, 5, 6]
        assert filled == 1
        assert found.differences == [] and found.values > 1_000
        if place.proxy is not None:
            assert place.proxy.closed == []


def _payer() -> Account:
    EthAccount.enable_unaudited_hdwallet_features()
    return Account(EthAccount.from_mnemonic(MNEMONIC).key)


def _oracle_reports(place: Place, chain: Chain, run: seed_market._Seed, folder: Path) -> list[int]:
    """The oracle of emissions, as a process, posts reports that lie in its inbox."""
    row = (run.numbers["north"], run.scheme, run.pack.jurisdictions["Shanxi"], 1, 660_000)
    rows = [(*row, keccak(b"further %d" % each)) for each in range(REPORTS)]
    chain.send(run.who["authority"], "Participants", "registerInstallations", rows)
    where = record.path_for(chain.chain_id, folder / "deployments")
    body, year = run.numbers["verifier"], run.period.last_year
    desk = emissions.Desk(chain, dict(run.who), body, folder, run.pack, year, where)
    for number in range(4, 4 + REPORTS):
        desk.put(f"{number}.report.json", desk.single(desk.report(number, by="north")))
    files.write(folder / "passphrase.txt", PASSPHRASE + "\n", files.PRIVATE)
    keystore.write(folder / "oracle.json", run.who["oracle"], PASSPHRASE, keystore.WEAK)
    options = {
        "--rpc": place.url,
        "--deployment": where,
        "--inbox": desk.inbox,
        "--journal": folder / "journal.sqlite",
        "--keystore": folder / "oracle.json",
        "--passphrase-file": folder / "passphrase.txt",
        "--interval": "0.1",
        "--finality": "1",
    }
    command = [sys.executable, "-m", "oracles.emissions", "run"]
    command += [str(part) for pair in options.items() for part in pair]
    chain.fund([run.who["oracle"]])
    before = len(desk.reported())
    with (folder / "oracle.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        done = desk.inbox / "done"
        refused = desk.inbox / "rejected"
        _until(
            lambda: len(list(done.glob("*"))) == REPORTS or any(refused.glob("*")),
            process,
            folder / "oracle.log",
        )
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(HANGING_S) == 0
    return desk.reported()[before:]


def _a_trade(chain: Chain, run: seed_market._Seed) -> int:
    """Fills of an order that meets the best offer."""
    order = OrderRequest(market=run.market, side=Side.BUY, tick=4820, lots=1_000)
    receipt = chain.send(run.who["trader"], "Exchange", "place", order.pack())
    return sum(event.name == "OrdersFilled" for event in chain.events(receipt))


def _meters_are_read(place: Place, chain: Chain, folder: Path) -> None:
    """The oracle of meters, a process with its broker, posts the root of an interval on a node of its own."""
    folder /= "meters"
    folder.mkdir()
    with Elsewhere(place) as other:
        if place.pays:
            other.sponsor(_payer())
            other.fund([meters.OWNER, *_meter_people()])
        other.set_time(meters.T0 - 3_600)
        meters.deploy(other)
        fleet = MeterFleet(
            node=1, first=1, count=4, seed=7, since=meters.T0, interval_s=meters.QUARTER
        )
        meters.register(other, fleet)
        other.set_time(meters.T0 + meters.QUARTER + 10)
        port = free_port()
        daemon = Daemon(other, folder, "--broker-port", str(port))
        try:
            posts_an_interval(other, fleet, daemon, port)
        finally:
            daemon.kill()


def _meter_people() -> list[Account]:
    deploys = Account.from_seed("meters", "deployer")
    return [deploys, meters.OFFICER, meters.NOTARY, meters.SCEPTIC]


def _until(true, process: subprocess.Popen[bytes] | None = None, log: Path | None = None) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        said = log.read_text() if log else ""
        assert process is None or process.poll() is None, said
        assert time.monotonic() < end, said
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return bool(node.rpc(url, "eth_chainId"))
    except OSError:
        return False
