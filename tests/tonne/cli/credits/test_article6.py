"""What Parties do at the command line: a use that was a surrender, a contribution, an entity."""

from __future__ import annotations

import json

import pytest

from tonne import cli
from tonne.audit import reconcile
from tonne.audit.export import article6
from tonne.cli.core import session
from tonne.crypto import keystore


@pytest.fixture
def tonne(town, tmp_path, capsys, monkeypatch):
    """Runs a command and returns what it printed for machines."""
    monkeypatch.setenv("TONNE_RPC", town.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("authority", "trader"):
        keystore.write(tmp_path / f"{name}.json", town.market.people[name], "x", keystore.WEAK)

    def run(*arguments, status=0):
        with pytest.raises(SystemExit) as end:
            cli.main([*(str(argument) for argument in arguments), "--json"])
        printed = capsys.readouterr()
        assert (end.value.code or 0) == status, printed
        told = json.loads(printed.out)
        return told if status == 0 else told["error"]

    return run


def test_a_use_in_a_surrender_is_recorded_audited_and_exported(town, tonne, tmp_path):
    chain, unit = town.chain, town.market.credit
    first = chain.call("OffsetCredits", "batch", unit).next
    for who, party in (("authority", "CHN"), ("trader", "JPN")):
        address = town.market.people[who].address
        tonne("article6", "focal-point", address, party, "--as", "authority")
    terms = ("--approach", "CA0001", "--document", "letter", "--as", "authority")
    tonne("article6", "authorise", unit, first, first + 99, *terms)
    transfer = ("article6", "transfer", unit, first, first + 49, "JPN", "--as", "authority")
    told = tonne(*transfer, "--dry-run")
    assert told["changes"][0]["before"] == "authorised" and not told["sent"]
    assert tonne("article6", "list")["blocks"][0]["state"] == "authorised"
    wrong = tonne("article6", "acquire", "wind", 1, 2, "--as", "trader", status=1)
    assert wrong["code"] == "OFFSET_ARGUMENT"
    tonne(*transfer)
    tonne("article6", "acquire", unit, first, first + 49, "--as", "trader")
    plant, period = _surrender(town, unit)

    use = ("article6", "use-in-surrender", unit)
    other = tonne(*use, first, first + 19, plant + 1, period, "--as", "trader", status=1)
    assert other["code"] == "ARTICLE6_NOT_SURRENDERED"
    done = tonne(*use, first, first + 19, plant, period, "--as", "trader")
    assert (done["first"], done["last"], done["state"]) == (first, first + 19, "used")
    tonne("article6", "contribution", 2021, 2030, "--as", "authority")
    entity = ("CA0001", "Example Airlines plc", "JPN", "0100-01")
    tonne("article6", "entity", *entity, "--as", "authority")

    found = reconcile.audit(chain)
    assert found.differences == []
    tonne("export", "article6", tmp_path / "aef.json", "--party", "CHN")
    tables = article6.read(tmp_path / "aef.json")
    action = next(a for a in tables.actions if a.ActionType == "Use")
    assert (action.QuantityTCo2, action.UsingPartyId, action.Purpose) == (20, "JPN", "NDC")
    assert tables.submission[0].NdcLastYear == 2030 and tables.authorizations[0].Sector == "Energy"
    assert [e.Name for e in tables.entities] == ["Example Airlines plc"]


def _surrender(town, unit):
    """20 t for the plant in the north; its number and the period's."""
    chain, people = town.chain, town.market.people
    give = (people["developer"], people["north"], unit, 20, b"")
    chain.send(people["developer"], "OffsetCredits", "safeTransferFrom", *give)
    plant, period = town.market.installations["north"], town.market.period.number
    chain.send(people["north"], "Compliance", "surrender", plant, period, [unit], [20])
    return plant, period
