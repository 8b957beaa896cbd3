"""Options and arguments that several commands share, each declared once.

`tonne.cli.core.command` adds those of a session to a command; the others are named in the command's
signature.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne import paths

DEFAULT_RPC: Final = "http://127.0.0.1:8545"
DEPLOYMENTS: Final = paths.HOME / "deployments"
PROFILES: Final = paths.HOME / "profiles"

#: Panels of a help page, below the command's own options.
CONNECTION: Final = "Connection and key"
OUTPUT: Final = "Output"

#: How a participant is named on the command line.
WHO: Final = "Participant number, wallet address, keystore file, or account name of `tonne up`."

#: How an amount is written; `tonne.cli.core.output.parse_money` reads it.
AMOUNT: Final = "Decimal point, commas only between thousands."

ON_RECORD: Final = "Its hash goes on record."


def _connection(flag: str, **settings: Any) -> Any:
    """An option of the panel of the connection."""
    return typer.Option(flag, rich_help_panel=CONNECTION, **settings)


Rpc = Annotated[str, _connection("--rpc", envvar="TONNE_RPC", help="JSON-RPC URL of the node.")]
Rpcs = Annotated[
    list[str],
    _connection(
        "--rpc",
        envvar="TONNE_RPC",
        help="JSON-RPC URL of the node; once more for each node that must give the same hashes.",
    ),
]
Deployments = Annotated[
    Path,
    _connection(
        "--deployments",
        envvar="TONNE_DEPLOYMENTS",
        help="Folder of the deployment records.",
        show_default="deployments/ of the project",
    ),
]
Profiles = Annotated[
    Path,
    _connection(
        "--profiles",
        envvar="TONNE_PROFILES",
        help="Folder of profile documents, which give names to numbers.",
        show_default="profiles/ of the project",
    ),
]
As = Annotated[str | None, _connection("--as", help="Account name of `tonne up`, e.g. trader.")]
Keystore = Annotated[
    Path | None,
    _connection("--keystore", envvar="TONNE_KEYSTORE", help="Ethereum keystore file that signs."),
]
PassphraseFile = Annotated[
    Path | None,
    _connection(
        "--passphrase-file",
        envvar="TONNE_PASSPHRASE_FILE",
        help="File with the keystore's passphrase on its only line; default: prompt.",
    ),
]
Elsewhere = Annotated[
    str | None,
    _connection(
        "--wallet",
        help="Address of a wallet elsewhere that will sign, e.g. a Safe.",
    ),
]
From = Annotated[
    str | None,
    _connection("--from", help="Address that will send, e.g. a Safe, when its key is not here."),
]
SafeFile = Annotated[
    Path | None,
    typer.Option(
        "--safe",
        help="Write the calls to this file for a Safe's Transaction Builder; send nothing.",
        rich_help_panel=OUTPUT,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Show the changes; send nothing.", rich_help_panel=OUTPUT),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=OUTPUT)]
SchemeNumber = Annotated[int, typer.Option("--scheme", help="Scheme number.")]
MarketNumber = Annotated[int, typer.Option("--market", help="Market number.")]

Pack = Annotated[
    str | None,
    typer.Option("--pack", help="Rule pack, by name or path; default: the scheme's own."),
]
Reason = Annotated[str, typer.Option("--reason", help=f"Reason. {ON_RECORD}")]
Participant = Annotated[str, typer.Argument(help=WHO)]
Plant = Annotated[int, typer.Argument(help="Installation number.", min=1)]
PeriodNumber = Annotated[int, typer.Option("--period", help="Compliance period number.", min=1)]


#: Folder of the meter oracle.
METERS: Final = paths.HOME / "build" / "meters"
LEAVES: Final = METERS / "leaves"

Leaves = Annotated[
    Path,
    typer.Option(
        "--leaves",
        help="Folder of the meter oracle's Merkle leaves.",
        show_default="build/meters/leaves/",
    ),
]


class LocalChain(StrEnum):
    """Client that a simulation starts for its chain."""

    anvil = "anvil"
    ganache = "ganache"
