"""Commands of a person, run in this process against the small market."""

from __future__ import annotations

import json
import shutil

import pytest

from tonne import cli
from tonne.cli.core import session
from tonne.crypto import keystore


@pytest.fixture(scope="session")
def keystores(people, tmp_path_factory):
    """A folder with a keystore of everybody of the small market, and their passphrase."""
    folder = tmp_path_factory.mktemp("keystores")
    (folder / session.PASSPHRASE_FILE).write_text("x\n")
    for name, account in people.items():
        keystore.write(folder / f"{name}.json", account, "x", keystore.WEAK)
    return folder


@pytest.fixture
def tonne_of(keystores, tmp_path, capsys, monkeypatch):
    """Makes what runs a command against a market, as `who`.

    It returns what the command printed for machines, or its error.
    """

    def of(market):
        monkeypatch.setenv("TONNE_RPC", market.chain.url)
        monkeypatch.setenv("TONNE_DEPLOYMENTS", str(market.folder))
        monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
        shutil.copytree(keystores, tmp_path, dirs_exist_ok=True)

        def run(*arguments, status=0, who=None):
            named = ("--as", who) if who else ()
            with pytest.raises(SystemExit) as end:
                cli.main([*map(str, (*arguments, *named)), "--json"])
            printed = capsys.readouterr()
            assert (end.value.code or 0) == status, printed
            told = json.loads(printed.out)
            return told.get("error", told)

        return run

    return of


@pytest.fixture
def tonne(town, tonne_of):
    """Runs a command in the small market; everybody there has a keystore."""
    return tonne_of(town)
