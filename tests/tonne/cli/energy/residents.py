"""A town whose day is settled, and its residents at the command line."""

from __future__ import annotations

import json

import pytest

from tonne import cli
from tonne.cli.core import session
from tonne.crypto import keystore


@pytest.fixture
def resident(unlisted_day, tmp_path, capsys, monkeypatch):
    """Runs a command, as `who` of the town, and returns what it printed for machines, or its error."""
    monkeypatch.setenv("TONNE_RPC", unlisted_day.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(unlisted_day.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("household", "neighbour", "retailer", "south"):
        account = unlisted_day.town.who[name]
        keystore.write(tmp_path / f"{name}.json", account, "x", keystore.WEAK)

    def run(*arguments, who=None, status=0, as_json=True):
        options = [*(("--as", who) if who else ()), *(("--json",) if as_json else ())]
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, arguments), *options])
        printed = capsys.readouterr()
        assert (end.value.code or 0) == status, printed
        if not as_json:
            return " ".join(printed.out.split())
        told = json.loads(printed.out)
        return told.get("error", told)

    return run


#: Where a test has no command line of its own.
tonne = resident
