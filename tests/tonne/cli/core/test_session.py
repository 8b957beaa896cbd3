"""The keys that commands sign with."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from tonne.cli.core import output
from tonne.cli.core.session import read_key
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.crypto.personal_account import PersonalAccount


def test_a_persons_key_signs_with_eth_account(tmp_path: Path) -> None:
    account = Account.from_seed("officer")
    passphrase = tmp_path / "passphrase.txt"
    passphrase.write_text("secret\n")
    path = keystore.write(tmp_path / "officer.json", account, "secret", keystore.WEAK)

    key = read_key(None, path, passphrase)

    assert isinstance(key, PersonalAccount)
    assert key == account


def test_an_account_of_tonne_up_signs_with_eth_account(tmp_path: Path, monkeypatch) -> None:
    account = Account.from_seed("registrar")
    monkeypatch.setattr("tonne.cli.core.session.ACCOUNTS", tmp_path)
    (tmp_path / "passphrase.txt").write_text("secret")
    keystore.write(tmp_path / "registrar.json", account, "secret", keystore.WEAK)

    key = read_key("registrar", None, None)

    assert isinstance(key, PersonalAccount)
    assert key == account


def test_a_keystore_that_is_opened_is_named_at_a_terminal(tmp_path: Path, monkeypatch) -> None:
    """Opening one takes a second: several in a row would look as if nothing went on."""
    out = io.StringIO()
    monkeypatch.setattr(output, "errors", Console(file=out, force_terminal=True, width=80))
    monkeypatch.setattr("tonne.cli.core.session.ACCOUNTS", tmp_path)
    (tmp_path / "passphrase.txt").write_text("secret")
    path = keystore.write(tmp_path / "north.json", Account.from_seed("n"), "secret", keystore.WEAK)

    read_key("north", None, None)
    read_key(None, path, tmp_path / "passphrase.txt")

    assert out.getvalue().count("opening north.json") >= 2
