"""`tonne keystore`: Ethereum keystore files."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import PassphraseFile
from tonne.cli.core.output import Printer

app = typer.Typer(help="Create Ethereum keystores and read their addresses.", no_args_is_help=True)


@app.command("new")
@command(needs=Printer)
def new(
    printer: Printer,
    file: Annotated[Path, typer.Argument(help="Keystore file to create.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Create a random key and write it to a new keystore file."""
    from tonne.crypto import keystore
    from tonne.crypto.accounts import Account

    if passphrase_file is not None:
        passphrase = passphrase_file.read_text(encoding="utf-8").rstrip("\r\n")
    else:
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    account = Account(secrets.token_bytes(32))
    keystore.write(file, account, passphrase)
    printer.show({"address": account.address, "file": file}, f"{account.address} in {file}.")


@app.command("address")
@command(needs=Printer)
def address(printer: Printer, file: Annotated[Path, typer.Argument(help="Keystore file.")]) -> None:
    """Print the address of a keystore without decrypting it."""
    from tonne.crypto import keystore

    found = keystore.address(file)
    printer.show({"address": found}, found)
