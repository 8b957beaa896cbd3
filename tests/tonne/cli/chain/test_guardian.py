"""The guardian's desk: acts that wait are shown, cancelled and made; contracts are paused and run again."""

from __future__ import annotations

import json

import pytest

from tonne import cli
from tonne.audit import reconcile
from tonne.constants import DAY_S
from tonne.crypto import keystore
from tonne.deployment import founding

KEYS = ("authority", "administrator", "guardian", "trader")


class _Shell:
    """The founded town, and one keystore for each key."""

    def __init__(self, town, folder, capsys, monkeypatch):
        self.town, self.chain, self.folder, self.capsys = town, town.chain, folder, capsys
        self.people = town.market.people
        monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
        monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
        monkeypatch.setenv("TONNE_PASSPHRASE_FILE", str(folder / "passphrase.txt"))
        (folder / "passphrase.txt").write_text("x\n")
        for name in KEYS:
            keystore.write(folder / f"{name}.json", self.people[name], "x", keystore.WEAK)
        guardian = self.people["guardian"].address
        founding.found(self.chain, self.people["administrator"], guardian)

    def run(self, *arguments, who=None, status=0):
        key = () if who is None else ("--keystore", str(self.folder / f"{who}.json"))
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, arguments), *key, "--json"])
        out = self.capsys.readouterr().out
        assert (ended.value.code or 0) == status, out
        return json.loads(out)

    def pass_delay(self):
        self.chain.set_time(self.chain.now() + founding.DELAY_S)


@pytest.fixture
def shell(town, tmp_path, capsys, monkeypatch):
    return _Shell(town, tmp_path, capsys, monkeypatch)


def _office(shell, status=0):
    who = shell.people["trader"].address
    return shell.run("authority", "office", who, "market", who="authority", status=status)


def test_an_office_waits_and_is_given_by_the_same_command_later(shell):
    trader = shell.people["trader"].address
    assert _office(shell)["waits"]
    assert shell.chain.call("Schemes", "officeOf", trader, 1, 0) == 0
    (waiting,) = shell.run("roles")["waiting"]
    assert waiting["act"].startswith("Schemes.grantOffice")
    assert waiting["readyAt"] - shell.chain.now() in range(
        founding.DELAY_S - 60, founding.DELAY_S + 1
    )
    assert _office(shell, status=1)["error"]["code"] == "WAITING_NOT_READY"

    shell.pass_delay()
    assert not _office(shell)["waits"]
    assert shell.chain.call("Schemes", "officeOf", trader, 1, 0) != 0
    assert shell.run("guardian", "status")["waiting"] == []
    assert reconcile.audit(shell.chain).differences == []


def test_the_guardian_cancels_what_waits(shell):
    _office(shell)
    (waiting,) = shell.run("guardian", "status")["waiting"]
    shell.run("guardian", "cancel", waiting["operation"][:10], who="guardian")
    assert shell.run("guardian", "status")["waiting"] == []
    shell.pass_delay()
    assert _office(shell)["waits"], "it waits anew"
    assert reconcile.audit(shell.chain).differences == []


def test_what_has_waited_is_made_by_its_account(shell):
    _office(shell)
    refused = shell.run("guardian", "execute", who="authority", status=1)
    assert refused["error"]["code"] == "WAITING_NOT_READY"
    shell.pass_delay()
    shell.run("guardian", "execute", who="authority")
    assert shell.chain.call("Schemes", "officeOf", shell.people["trader"].address, 1, 0) != 0


def test_a_role_of_the_manager_itself_waits(shell):
    trader = shell.people["trader"].address
    grant = ("authority", "act", founding.MANAGER, "grantRole", 2, trader, 0)
    assert shell.run(*grant, who="administrator")["waits"]
    shell.pass_delay()
    assert not shell.run(*grant, who="administrator")["waits"]
    assert shell.chain.call(founding.MANAGER, "hasRole", 2, trader) == (True, founding.DELAY_S)


def test_daily_acts_of_officers_do_not_wait(shell):
    assert not shell.run("authority", "halt", "--reason", "drill", who="authority")["waits"]


def test_a_pause_is_begun_shown_and_ended(shell):
    shell.run("guardian", "pause", "Exchange", "--hours", 6, who="guardian")
    (held,) = shell.run("status")["pauses"]
    assert held["contract"] == "Exchange"
    assert held["nextPause"] - held["pausedUntil"] == 2 * DAY_S
    trader = shell.people["trader"]
    refusal = shell.chain.send(trader, "Exchange", "withdrawCash", 1, 1, trader, check=False)
    assert refusal.error.code == "PAUSE_IN_FORCE"

    shell.run("guardian", "unpause", "Exchange", who="guardian")
    (held,) = shell.run("guardian", "status")["pauses"]
    assert held["pausedUntil"] == 0
    shell.chain.send(trader, "Exchange", "withdrawCash", 1, 1, trader)
    refused = shell.run("guardian", "pause", "Exchange", who="guardian", status=1)
    assert refused["error"]["code"] == "PAUSE_TOO_SOON"
    assert reconcile.audit(shell.chain).differences == []


def test_a_contract_without_a_pause_is_named(shell):
    refused = shell.run("guardian", "pause", "Schemes", who="guardian", status=1)["error"]
    assert refused["code"] == "PAUSE_CONTRACT" and "Exchange" in refused["remedy"]


def test_malformed_data_that_waits_is_shown_all_the_same(shell):
    schemes, authority = shell.chain["Schemes"], shell.people["authority"]
    data = schemes.function("grantOffice").selector + b"\xff" * 7
    shell.chain.send(authority, founding.MANAGER, "schedule", schemes, data, 0)
    (waiting,) = shell.run("guardian", "status")["waiting"]
    assert "Schemes.grantOffice(0x" in waiting["act"]


def test_an_administrator_that_is_an_officer_too_acts_as_officer_at_once(shell):
    market = shell.chain["Exchange"]
    data = market.encode("halt", 1, bytes(32))
    administrator = shell.people["administrator"].address
    assert founding.wait_of(shell.chain, administrator, market, data) == 0
    data = market.encode("setController", administrator, 1)
    assert founding.wait_of(shell.chain, administrator, market, data) == founding.DELAY_S
