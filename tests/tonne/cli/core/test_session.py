"""The keys that commands sign with."""

from __future__ import annotations

from pathlib import Path

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
