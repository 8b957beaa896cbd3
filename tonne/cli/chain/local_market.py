"""The market that `tonne up` starts: node, deployment, seeded parties and orders, open sessions."""

from __future__ import annotations

import shlex
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tonne import files, paths
from tonne.chain import clock
from tonne.chain.client import Chain
from tonne.cli.core.options import DEFAULT_RPC, DEPLOYMENTS
from tonne.cli.core.output import console, errors, table
from tonne.cli.core.session import PASSPHRASE_FILE
from tonne.constants import HOUR_S
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.deployment import founding, market_rules, record, roles
from tonne.deployment.deployer import Settings, deploy
from tonne.deployment.record import Deployment
from tonne.errors import TonneError, refused
from tonne.paths import TREE
from tonne.progress import ProgressDisplay
from tonne.rules import pack as rule_packs
from tonne.rules.pack import Period, RulePack
from tonne.sandbox import node, open_cases, page_server, sample_files, seed_market, seed_town
from tonne.sandbox.page_server import PageServer
from tonne.sandbox.seed_market import SeedMarket
from tonne.sandbox.steps import compile_contracts

PACK: Final = TREE / "schemes" / "china-national.toml"
PERIOD: Final = "2019-20"

#: Passphrase of the keystores of the named accounts, whose keys are derived from public names.
PASSPHRASE: Final = "tonne-local-test"

#: Commands to begin with, as people of the small market.
HINTS: Final = (
    "market watch",
    "market buy 6000 --price 48.50 --as north",
    "position --as north",
)

#: The role of each named account.
ROLES: Final = {**seed_market.PEOPLE, **seed_town.PEOPLE}

#: Parts of the start, with their shares of its time.
PARTS: Final = (("contracts", 1.0), ("market", 2.0))

#: Interval between two checks of the session [s].
CHECK_S: Final = 2.0

#: A step of chain time up to this [s] is time passing; a longer one is a moved clock.
PASSING_S: Final = 3 * HOUR_S


def run(port: int, state: Path | None, folder: Path, accounts: Path, sample: Path) -> None:
    """Starts the node, deploys and seeds the market if it is new, and runs until Ctrl-C.

    `state` keeps the chain over a restart; `sample` gets the files of a new market. Raises UP_PORT_TAKEN
    where the port answers already.
    """
    pack = rule_packs.load(PACK)
    period = pack.period(PERIOD)
    _check_port(port)
    people = seed_market.people() | seed_town.people()
    _write_keystores(accounts, people)
    compile_contracts(errors)
    with ProgressDisplay(errors, "starting the market") as display:
        display.expect(PARTS)
        server = node.start(
            port=port,
            state=state,
            timestamp=seed_market.start_time(pack, period),
            seconds_per_block=1,
        )
        try:
            chain = Chain(server.url)
            show = display.counter("contracts")
            deployment = _deployment(chain, people, folder, state, show)
            market = chain.call("Exchange", "marketCount")
            if not market:
                show = display.counter("market")
                _seed(chain, pack, period, people, sample, show)
            founding.found(chain, people["administrator"], people["guardian"].address)
        except BaseException:
            server.stop()
            raise
    with server, ExitStack() as stack:
        clock.speak(chain, clock.zone_of(chain, pack.scheme.number))
        clock.next_session(chain, 1)
        page = _page(chain, folder, server.url)
        if page is not None:
            stack.enter_context(page)
        _greet(chain, deployment, people, accounts, folder, server.url, state, page, sample)
        _keep_open(chain, server, pack, people["authority"])


def _seed(
    chain: Chain,
    pack: RulePack,
    period: Period,
    people: dict[str, Account],
    sample: Path,
    show: Callable[[int, int, str], None],
) -> None:
    """The market's year with the town and the open cases, and the files of these."""

    def finish(market: SeedMarket) -> None:
        open_cases.announce(chain, market)
        sample_files.write(sample, open_cases.monitoring_draft(chain, market))

    further = {
        "reports": ("dispute", lambda market: open_cases.restate(chain, pack, market)),
        "credits": ("town", lambda market: seed_town.play(chain, pack, people)),
        "orders": ("open cases", finish),
    }
    seed_market.seed(chain, pack, period, people, show, further)


def _page(chain: Chain, folder: Path, url: str) -> PageServer | None:
    """The page on its usual port, or on a free one; None where it was not built."""
    path = record.path_for(chain.chain_id, folder)
    for port in (page_server.PORT, 0):
        try:
            return page_server.start(page_server.PageSource(url, chain.chain_id, path), port)
        except TonneError as error:
            if error.code == "PAGE_NOT_BUILT":
                return None
    return None


def _deployment(
    chain: Chain,
    people: dict[str, Account],
    folder: Path,
    state: Path | None,
    show: Callable[[int, int, str], None],
) -> Deployment:
    """The market's deployment; a copy of its record lies beside the file of the chain."""
    copy = state.with_suffix(".deployment.json") if state else None
    if copy is not None and copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, record.path_for(chain.chain_id, folder))
    holders = {name: people[name].address for name in roles.HOLDERS}
    deployment = deploy(
        chain,
        Account.from_seed("tonne", "deployer"),
        Settings(people["administrator"].address, holders, founded=False),
        folder,
        lambda d, t, n: show(d, t, f"deploying {n}"),
    )
    if copy is not None:
        shutil.copyfile(record.path_for(chain.chain_id, folder), copy)
    return deployment


def _keep_open(chain: Chain, server: node.Node, pack: RulePack, authority: Account) -> None:
    """Waits for Ctrl-C; when a session ends by time passing, opens the next one by the pack's rules.

    A clock that was moved to another time stays there.
    """
    before, was_open = chain.now(), True
    while True:
        time.sleep(CHECK_S)
        if not server.alive():
            raise refused("UP_NODE_ENDED", url=server.url, last_lines=server.tail(3))
        now = chain.now()
        is_open = chain.call("ExchangeLens", "market", 1).open
        if not is_open and was_open and now - before < PASSING_S:
            for market in market_rules.markets_of(chain, pack.scheme.number):
                market_rules.send(chain, authority, [market_rules.update_of(chain, pack, market)])
                clock.next_session(chain, market)
            is_open, now = True, chain.now()
        before, was_open = now, is_open


def _greet(
    chain: Chain,
    deployment: Deployment,
    people: dict[str, Account],
    accounts: Path,
    folder: Path,
    url: str,
    state: Path | None,
    page: PageServer | None,
    sample: Path,
) -> None:
    now = clock.shown(chain.now(), clock.zone_of(chain, 1))
    console.print(f"A small carbon market runs at {url}, chain {chain.chain_id}.")
    console.print(f"The market is open; its time is {now}.")
    named = [(name, ROLES[name]) for name in people]
    console.print(table("Accounts, for --as NAME", ("", ""), named))
    addresses = record.path_for(chain.chain_id, folder)
    shown = page.url if page is not None else "not built: `make page`, then `tonne page`"
    places = {
        "page": shown,
        "keystores": paths.short(accounts),
        "passphrase": paths.short(accounts / PASSPHRASE_FILE),
        "contracts": f"{len(deployment.contracts)} addresses in {paths.short(addresses)}",
        **({"sample": f"evidence and drafts in {paths.short(sample)}"} if sample.is_dir() else {}),
        **({"chain": f"kept in {paths.short(state)}"} if state is not None else {}),
    }
    for name, place in places.items():
        console.print(f"{name:<10}  {place}", soft_wrap=True)
    console.print("Try, in another terminal:")
    settings = _environment(url, folder, accounts)
    hints = [f"{paths.program()} {hint}" for hint in HINTS]
    for line in ([f"export {' '.join(settings)}"] if settings else []) + hints:
        console.print(f"  {line}", soft_wrap=True, markup=False)
    console.print("Ctrl-C ends it.")


def _environment(url: str, folder: Path, accounts: Path) -> list[str]:
    """Settings by which commands in another terminal find a market that is not where they look by default."""
    given = (
        ("TONNE_RPC", url, DEFAULT_RPC),
        ("TONNE_DEPLOYMENTS", str(folder.absolute()), str(DEPLOYMENTS)),
        ("TONNE_ACCOUNTS", str(accounts.absolute()), str(paths.HOME / "build" / "accounts")),
    )
    return [f"{name}={shlex.quote(value)}" for name, value, usual in given if value != usual]


def _write_keystores(folder: Path, people: dict[str, Account]) -> None:
    """Writes a keystore for each account, and the passphrase beside them: these are test keys."""
    folder.mkdir(parents=True, exist_ok=True)
    files.write(folder / PASSPHRASE_FILE, PASSPHRASE + "\n", files.PRIVATE)
    for name, account in people.items():
        path = folder / f"{name}.json"
        if path.exists() and keystore.address(path) == account.address:
            continue
        path.unlink(missing_ok=True)
        keystore.write(path, account, PASSPHRASE, keystore.WEAK)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex((node.HOST, port)) == 0:
            raise refused("UP_PORT_TAKEN", port=port)
