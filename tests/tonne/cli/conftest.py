"""Commands of a person, run in this process against the small market."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.tonne.cli.remedy_runs import RemedyRuns
from tests.tonne.cli.remedy_table import PLAYED, SITUATIONS_FILE
from tests.tonne.units.town_credits import HALL
from tonne import cli
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.sandbox import seed_town


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


@pytest.fixture(scope="session")
def everybody(keystores, tmp_path_factory):
    """A folder with a keystore of everybody of market and town, and their passphrase."""
    folder = tmp_path_factory.mktemp("everybody")
    shutil.copytree(keystores, folder, dirs_exist_ok=True)
    for name, account in {**seed_town.people(), "hall": HALL}.items():
        keystore.write(folder / f"{name}.json", account, "x", keystore.WEAK)
    return folder


@pytest.fixture(autouse=True)
def remedies_run(request, everybody, monkeypatch, tmp_path_factory):
    """Runs the commands of remedies that a test's refusals print, in that very situation.

    Those of the codes that `remedy_table` has for the test's file; of all in tests of situations.
    """
    file = str(request.path.relative_to(Path(__file__).parent))
    listed = {code for code, where in PLAYED.items() if where == file}
    log = os.environ.get("REMEDY_LOG")
    runs = RemedyRuns(everybody, tmp_path_factory.mktemp("remedies"))
    real_main, real_fail = cli.main, cli.fail
    refused = []

    def main(arguments=None):
        refused.clear()
        try:
            real_main(arguments)
        finally:
            for error in list(refused):
                if log or error.code in listed or file == SITUATIONS_FILE:
                    runs.of(error, [str(a) for a in arguments or ()])

    monkeypatch.setattr(cli, "fail", lambda e, j: (refused.append(e), real_fail(e, j)))
    monkeypatch.setattr(cli, "main", main)
    yield runs
    if log:
        with open(log, "a") as out:
            for one in runs.found:
                out.write(json.dumps([one.code, one.written, one.run, one.fault, file]) + "\n")
    else:
        assert [one for one in runs.found if one.fault is not None] == []
