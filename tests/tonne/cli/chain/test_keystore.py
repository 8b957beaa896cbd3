"""`tonne keystore`: keys are made for names given once, under a passphrase; addresses of several are read."""

from __future__ import annotations

import json

import pytest

from tonne import cli
from tonne.crypto import keystore
from tonne.crypto.accounts import Account


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Runs a command of keystores in an empty folder; its result, or its error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, status=0):
        with pytest.raises(SystemExit) as ended:
            cli.main(["keystore", *arguments, "--json"])
        told = json.loads(capsys.readouterr().out)
        assert (ended.value.code or 0) == status, told
        return told.get("error", told)

    return run


@pytest.mark.parametrize("again", ["a.json", "./a.json"])
def test_a_repeated_name_is_noticed_before_a_key_is_made(run, tmp_path, again):
    (tmp_path / "phrase").write_text("correct horse\n")
    told = run("new", "a.json", again, "--passphrase-file", "phrase", status=1)
    assert (told["code"], told["value"]) == ("KEYSTORE_TWICE", again.removeprefix("./"))
    assert not (tmp_path / "a.json").exists()


def test_an_empty_passphrase_file_makes_no_keystore(run, tmp_path):
    (tmp_path / "phrase").write_text("\n")
    told = run("new", "a.json", "--passphrase-file", "phrase", status=1)
    assert told["code"] == "KEYSTORE_EMPTY_PASSPHRASE"
    assert not (tmp_path / "a.json").exists()


def test_addresses_of_several_keystores_are_read_at_once(run, tmp_path):
    accounts = [Account.from_seed("keystore", name) for name in "ab"]
    for name, account in zip("ab", accounts, strict=True):
        keystore.write(tmp_path / f"{name}.json", account, "x", keystore.WEAK)
    told = run("address", "a.json", "b.json")
    assert [one["address"] for one in told["keystores"]] == [a.address for a in accounts]
    assert run("address", "b.json")["address"] == accounts[1].address
