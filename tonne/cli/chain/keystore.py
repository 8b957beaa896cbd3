"""`tonne keystore`: Ethereum keystore files."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import PassphraseFile
from tonne.cli.core.output import Printer, errors

app = typer.Typer(help="Create Ethereum keystores and read their addresses.", no_args_is_help=True)


@app.command("new")
@command(needs=Printer)
def new(
    printer: Printer,
    files: Annotated[list[Path], typer.Argument(help="Keystore files to create.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Create a random key for each file and write it to a new keystore there, under one passphrase."""
    from tonne.crypto import keystore
    from tonne.crypto.accounts import Account
    from tonne.progress import counted

    keystore.check_new(files)
    if passphrase_file is not None:
        passphrase = keystore.new_passphrase_in(passphrase_file)
    else:
        keystore.require_terminal(files[0])
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    made = []
    # Each takes a second: slow to guess at.
    with counted(errors, "keystores", len(files), hidden=printer.as_json) as count:
        for file in files:
            account = Account(secrets.token_bytes(32))
            keystore.write(file, account, passphrase)
            made.append({"address": account.address, "file": file})
            count(1)
    lines = [f"{one['address']} in {one['file']}." for one in made]
    printer.show({**made[0], "keystores": made}, *lines)


@app.command("address")
@command(needs=Printer)
def address(
    printer: Printer, files: Annotated[list[Path], typer.Argument(help="Keystore files.")]
) -> None:
    """Print the address of each keystore without decrypting it."""
    from tonne.crypto import keystore

    found = [{"address": keystore.address(file), "file": file} for file in files]
    lines = [f"{one['address']} in {one['file']}." for one in found]
    only = [str(found[0]["address"])]
    printer.show(
        {"address": found[0]["address"], "keystores": found}, *(lines if files[1:] else only)
    )
