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

from rich.progress import BarColumn, Progress, TextColumn

from tonne import files, paths
from tonne.chain import clock
from tonne.chain.client import Chain
from tonne.cli.core.options import DEFAULT_RPC, DEPLOYMENTS
from tonne.cli.core.output import console, errors, table
from tonne.cli.core.session import PASSPHRASE_FILE
from tonne.constants import HOUR_S
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.deployment import compiler, founding, market_rules, record, roles
from tonne.deployment.deployer import Settings, deploy
from tonne.deployment.plan import PLAN
from tonne.deployment.record import Deployment
from tonne.errors import TonneError
from tonne.paths import TREE
from tonne.rules import pack as rule_packs
from tonne.rules.pack import Period, RulePack
from tonne.sandbox import node, open_cases, page_server, sample_files, seed_market, seed_town
from tonne.sandbox.page_server import PageServer
from tonne.sandbox.seed_market import SeedMarket

PACK: Final = TREE / "schemes" / "china-national.toml"
PERIOD: Final = "2019-20"

#: Passphrase of the keystores of the named accounts, whose keys are derived from public names.
PASSPHRASE: Final = "tonne-local-test"

#: Commands to begin with, as people of the small market.
HINTS: Final = (
    "tonne market watch",
    "tonne market quote buy 6000 --as north",
    "tonne market buy 6000 --price 48.50 --as north",
    "tonne position --as north",
    "tonne surrender 2 100000 --as east",
    "tonne retire 500 --beneficiary 'Trader Ltd' --purpose 'fleet fuel'"
    " --from 2020-01-01 --until 2020-12-31 --as trader",
    "tonne credit account --as household",
    "tonne energy bill --meter 1 --as household",
    "tonne clock next-session",
    "tonne status",
)

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
    with Progress(
        TextColumn("{task.description:<22}"), BarColumn(), console=errors, transient=True
    ) as bar:
        show = _progress(bar)
        compiler.contracts(PLAN, progress=lambda said: show(0, 1, said))
        server = node.start(
            port=port,
            state=state,
            timestamp=seed_market.start_time(pack, period),
            seconds_per_block=1,
        )
        try:
            chain = Chain(server.url)
            deployment = _deployment(chain, people, folder, state, show)
            market = chain.call("Exchange", "marketCount")
            if not market:
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
            raise TonneError(
                "UP_NODE_ENDED", f"The node has ended: {server.tail(3)}", "url", server.url
            )
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
    zone = clock.zone_of(chain, 1)
    rows = [(entry.name, entry.address) for entry in deployment.contracts.values()]
    console.print(table(f"Contracts on {url}, chain {chain.chain_id}", ("name", "address"), rows))
    console.print()
    roles_of = {**seed_market.PEOPLE, **seed_town.PEOPLE}
    named = [(name, account.address, roles_of[name]) for name, account in people.items()]
    console.print(table("Accounts", ("name", "address", "role"), named))
    console.print()
    console.print(
        f"Keystores in {accounts}, passphrase in {accounts / PASSPHRASE_FILE}.", soft_wrap=True
    )
    if sample.is_dir():
        console.print(f"Evidence and drafts to work on: {sample}.", soft_wrap=True)
    console.print(f"It is {clock.shown(chain.now(), zone)}; the market is open.")
    if state is not None:
        console.print(f"The chain is kept in {state}.", soft_wrap=True)
    console.print("\nTry, in another terminal:")
    settings = _environment(url, folder, accounts)
    if settings:
        console.print(f"  export {' '.join(settings)}", soft_wrap=True, markup=False)
    for line in HINTS:
        console.print(f"  {line}", soft_wrap=True)
    shown = page.url if page is not None else "not built: `make page`, then `tonne page`"
    console.print(f"\nThe page: {shown}", soft_wrap=True)
    console.print("\nCtrl-C ends it.")


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
            raise TonneError(
                "UP_PORT_TAKEN",
                f"Port {port} is already in use.",
                field="port",
                value=port,
                remedy="Stop the process on it, or choose another: `tonne up --port 8546`.",
            )


def _progress(bar: Progress) -> Callable[[int, int, str], None]:
    task = bar.add_task("starting", total=None)

    def show(done: int, total: int, what: str) -> None:
        bar.update(task, completed=done, total=total, description=what)

    return show
