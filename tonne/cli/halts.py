"""`tonne market halt` and `resume`: an officer stops a market, and lets it go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne import deployments
from tonne.cli.common import (
    DEFAULT_RPC,
    As,
    AsJson,
    Folder,
    Keystore,
    MarketNumber,
    Passphrase,
    Rpc,
    connect,
    key,
    show,
)
from tonne.signing import Account, keccak

Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def halt(
    reason: Reason,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Stop a market: it takes no order and no block until it is resumed. For market officers.

    What rests stays, and whoever wants to cancels it. A halt outlasts the day.
    """
    who = key(name, keystore_file, passphrase_file)
    _act(rpc, folder, who, "halt", market, reason, "is halted", as_json)


def resume(
    reason: Reason,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    market: MarketNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End the halt of a market. For market officers."""
    who = key(name, keystore_file, passphrase_file)
    _act(rpc, folder, who, "resume", market, reason, "goes on", as_json)


def _act(
    rpc: str,
    folder: Path,
    officer: Account,
    function: str,
    market: int,
    reason: str,
    now: str,
    as_json: bool,
) -> None:
    desk = connect(rpc, folder)
    hashed = keccak(reason.encode())
    desk.chain.fund([officer])
    desk.chain.send(officer, "Exchange", function, market, hashed)
    show(
        {"market": market, "halted": function == "halt", "reasonHash": hashed},
        as_json,
        f"Market {market} {now}.",
        f"Reason on record: 0x{hashed.hex()}.",
    )
