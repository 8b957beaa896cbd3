"""A daemon that takes the place of a command's process, with the command's connection and key."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from tonne.cli.core.session import ACCOUNTS, PASSPHRASE_FILE, read_key

#: Settings of a command that passes unknown options on to its daemon.
PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}


def execute(
    module: str,
    folder: Path,
    rpc: str,
    deployments: Path,
    name: str | None,
    keystore_file: Path | None,
    passphrase_file: Path | None,
    options: Sequence[str],
) -> NoReturn:
    """Runs `python -m MODULE run` in its folder, with further options of the daemon.

    `name` is an account of `tonne up`; without a key the daemon sends no transactions.
    """
    from tonne.chain.client import Chain

    if name is not None:
        read_key(name, None, None)  # raises for an unknown name
        keystore_file, passphrase_file = ACCOUNTS / f"{name}.json", ACCOUNTS / PASSPHRASE_FILE
    with Chain(rpc) as chain:
        deployment = deployments / f"{chain.chain_id}.json"
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-P", "-m", module, "run", "--rpc", rpc]
    words += ["--deployment", str(deployment), "--folder", str(folder)]
    if keystore_file is not None:
        words += ["--keystore", str(keystore_file)]
    if passphrase_file is not None:
        words += ["--passphrase-file", str(passphrase_file)]
    os.execv(sys.executable, [*words, *options])
