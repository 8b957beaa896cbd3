"""Command line of a daemon: shared options, connection, sender, logging.

All oracles share one vocabulary of options; a daemon adds its own.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer

from oracles.runtime import metrics
from oracles.runtime.faults import coded
from oracles.runtime.fees import FeePolicy
from oracles.runtime.finality import chosen
from oracles.runtime.journal import Journal
from oracles.runtime.notices import Courier, read_settings
from oracles.runtime.owner_only import require_private_keys
from oracles.runtime.remote_signer import open_account
from oracles.runtime.rpc_pool import RpcPool
from oracles.runtime.transactions import STALL_AT_ONCE_S, STALL_S, TransactionSettings
from tonne.chain.client import Chain
from tonne.chain.rpc import Rpc
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.deployment import record
from tonne.errors import TonneError, refused

#: [s] Rest between two idle cycles of a daemon that drains.
DRAIN_INTERVAL_S: Final = 0.2

Rpcs = Annotated[
    list[str],
    typer.Option(
        "--rpc",
        help="JSON-RPC URL of a node, or @FILE with one a line; repeat it: a majority of nodes decides.",
    ),
]
Deployment = Annotated[Path, typer.Option(help="The deployments file, deployments/CHAINID.json.")]
Keystore = Annotated[
    Path | None,
    typer.Option(
        "--keystore", help="Ethereum keystore of the sender. Without one nothing is sent (dry run)."
    ),
]
Passphrase = Annotated[Path | None, typer.Option(help="File that holds the keystore's passphrase.")]
SignerUrl = Annotated[
    str | None,
    typer.Option(
        "--signer", help="URL of a remote signer (Web3Signer's JSON-RPC) instead of a keystore."
    ),
]
SignerCertificate = Annotated[
    Path | None,
    typer.Option(
        "--signer-certificate", help="The daemon's certificate with its key, for a signer with TLS."
    ),
]
Interval = Annotated[float, typer.Option(help="Rest between two idle cycles [s].")]
FinalityChoice = Annotated[
    str,
    typer.Option(
        "--finality", help="auto, finalized, instant, or blocks until nothing is reorganised."
    ),
]
MaxFee = Annotated[int, typer.Option(help="Never pay more per gas [gwei].", min=1)]
LeastTip = Annotated[int, typer.Option(help="Least tip per gas [wei]: pools refuse 0.", min=0)]
MaxTip = Annotated[int, typer.Option(help="Largest tip per gas [gwei].", min=0)]
MetricsPort = Annotated[
    int | None, typer.Option(help="Serve /metrics, /live, /ready, /fresh on this port.")
]
Silence = Annotated[
    float,
    typer.Option(
        help="/fresh is lost when no block comes for so long [s]; 0: they may stay away.", min=0
    ),
]
NoticeFile = Annotated[
    Path | None,
    typer.Option("--notices", help="File with a webhook or a mail account for notices."),
]
Within = Annotated[float, typer.Option(help="End after this long, drained or not [s].", min=0)]


@dataclass(frozen=True, slots=True)
class Operation:
    """How an operator has a daemon run."""

    finality: str
    fees: FeePolicy
    interval_s: float = DRAIN_INTERVAL_S
    metrics_port: int | None = None
    silence_s: float = 0
    notices: Path | None = None
    drains_within_s: float | None = None  # None: it runs until a signal


def transaction_settings(chain: Chain, nodes: RpcPool, operation: Operation) -> TransactionSettings:
    """How transactions wait and pay on this chain, where its operator leaves that to the daemon."""
    finality = nodes.settled("the finality", lambda: chosen(chain, operation.finality))
    kind = nodes.settled("the kind of node", lambda: chain.kind)
    stall_s = STALL_S if kind == "other" else STALL_AT_ONCE_S
    return TransactionSettings(finality=finality, fees=operation.fees, stall_s=stall_s)


def new_app() -> typer.Typer:
    return typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


#: [s] A node that has not answered a request by then does not answer it; see `loop.STOP_S`.
REQUEST_S: Final = 5.0

GWEI: Final = 10**9


def urls(named: Sequence[str]) -> list[str]:
    """The URLs that --rpc names; a file keeps those that hold a key out of the process list."""
    found = []
    for name in named:
        if name.startswith("@"):
            lines = Path(name[1:]).read_text("utf-8").splitlines()
            found += [line.strip() for line in lines if line.strip()]
        else:
            found.append(name)
    return found


def connect(rpcs: Sequence[str], deployment: Path) -> tuple[Chain, RpcPool]:
    """The chain with the contracts of a deployments file. Raises if a majority of the nodes lacks one
    of them."""
    known = record.load(deployment)
    pool = RpcPool([Rpc(url, REQUEST_S) for url in urls(rpcs)], chain_id=known.chain_id)
    chain = Chain(pool.url, rpc=pool)
    pool.settled("the deployment", lambda: record.attach(chain, path=deployment).chain_id)
    return chain, pool


def observed(
    oracle: str, operation: Operation, journal: Journal
) -> tuple[metrics.Metrics, Courier | None]:
    """Metrics and notices of the daemon, before its work begins."""
    settings = read_settings(operation.notices) if operation.notices else None
    watched = metrics.Metrics(oracle)
    if operation.metrics_port is not None:
        metrics.serve(watched, operation.metrics_port)
    return watched, Courier(oracle, settings, journal, watched) if settings else None


def fee_policy(max_fee_gwei: int, least_tip_wei: int, max_tip_gwei: int) -> FeePolicy:
    """Bounds as the operator gives them; the tips lie within the fee."""
    if not least_tip_wei <= max_tip_gwei * GWEI <= max_fee_gwei * GWEI:
        raise refused(
            "ORACLE_FEE_BOUNDS",
            max_tip_gwei=max_tip_gwei,
            least_tip_wei=least_tip_wei,
            max_fee_gwei=max_fee_gwei,
        )
    return FeePolicy(max_fee_gwei * GWEI, least_tip_wei, max_tip_gwei * GWEI)


@dataclass(frozen=True, slots=True)
class SenderChoice:
    """Where the sender's key is: in a keystore, at a remote signer, or nowhere (a dry run)."""

    keystore_file: Keystore = None
    passphrase_file: Passphrase = None
    signer: SignerUrl = None
    certificate: SignerCertificate = None

    @property
    def secrets(self) -> tuple[Path, ...]:
        """Files that no other user may read."""
        named = (self.keystore_file, self.passphrase_file, self.certificate)
        return tuple(path for path in named if path is not None)

    def account(self) -> Account | None:
        """The sender; None: the daemon then sends nothing. Refused where others may read its secrets."""
        require_private_keys(self.secrets)
        if self.signer is None:
            if self.keystore_file is None:
                return None
            return keystore.read(self.keystore_file, self.passphrase_file)
        if self.keystore_file is not None:
            raise refused("ORACLE_TWO_SENDERS", signer=self.signer)
        return open_account(Rpc(self.signer, REQUEST_S, self.certificate))


def log_json() -> None:
    """Logs one JSON object a line to stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def run_app(app: typer.Typer) -> None:
    """Runs the command. An error becomes one line with its code, and exit status 2."""
    try:
        app()
    except (TonneError, OSError, sqlite3.Error) as error:
        known = coded(error)
        typer.echo(f"{known.code}: {known.message} {known.remedy or ''}".rstrip(), err=True)
    else:
        return
    sys.exit(2)
