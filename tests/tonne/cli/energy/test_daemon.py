"""`tonne energy run`: the daemon that takes the command's place, with its connection and key."""

from __future__ import annotations

import sys

import pytest

from tonne import cli
from tonne.cli.core import daemon_process


@pytest.fixture
def executed(town, tmp_path, monkeypatch):
    """Runs a command; the words of the process that takes its place, and the exit status."""
    monkeypatch.setenv("TONNE_RPC", town.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        words = []

        def execv(_, given):
            words.extend(given)
            raise SystemExit

        monkeypatch.setattr(daemon_process.os, "execv", execv)
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, arguments)])
        return words, end.value.code or 0

    return run


def test_a_daemon_gets_connection_folder_key_and_further_options(
    executed, keystores, town, tmp_path, monkeypatch
):
    monkeypatch.setattr(daemon_process, "ACCOUNTS", keystores)
    monkeypatch.setattr("tonne.cli.core.session.ACCOUNTS", keystores)
    words, _ = executed("energy", "run", "solver", "--as", "trader", "--finality", "instant")
    record = town.folder / f"{town.chain.chain_id}.json"
    assert words == [
        *(sys.executable, "-P", "-m", "oracles.power.solver", "run", "--rpc", town.chain.url),
        *("--deployment", str(record), "--folder", "solver"),
        *("--keystore", str(keystores / "trader.json")),
        *("--passphrase-file", str(keystores / "passphrase.txt")),
        *("--finality", "instant"),
    ]
    assert (tmp_path / "solver").is_dir()


def test_an_unknown_daemon_or_account_starts_nothing(executed):
    assert executed("energy", "run", "oracle") == ([], 2)
    assert executed("energy", "run", "watcher", "--as", "nobody-here") == ([], 1)
