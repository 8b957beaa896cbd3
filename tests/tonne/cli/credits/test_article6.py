"""What Parties do at the command line: a use that was a surrender, a contribution, an entity."""

from __future__ import annotations

from tonne.audit import reconcile
from tonne.audit.export import article6


def test_what_parties_and_a_holder_do_is_recorded_audited_and_exported(town, tonne, tmp_path):
    chain, people = town.chain, town.market.people
    for who, party in (("authority", "CHN"), ("trader", "JPN")):
        address = people[who].address
        tonne("article6", "focal-point", address, party, "--as", "authority")
    holder = chain.call("Participants", "walletOf", people["developer"])[0]
    terms = ("--approach", "CA0001", "--document", "letter", "--as", "authority")
    told = tonne(
        *("article6", "authorise", town.market.credit, 100, holder, "--towards", "JPN"), *terms
    )
    assert told["authorisation"] == 1
    apart = tonne("article6", "set-apart", 1, 50, "--as", "developer")
    unit, first = int(apart["unit"]), apart["first"]
    transfer = ("article6", "transfer", unit, first, "--as", "authority")
    told = tonne(*transfer, "--dry-run")
    assert told["changes"][0]["before"] == "authorised" and not told["sent"]
    assert tonne("article6", "list")["blocks"][0]["state"] == "authorised"
    wrong = tonne("article6", "acquire", "wind", 1, "--as", "trader", status=1)
    assert wrong["code"] == "OFFSET_ARGUMENT"
    tonne(*transfer)
    tonne("article6", "acquire", unit, first, "--as", "trader")
    early = tonne("article6", "lapse", unit, first, "--as", "trader", status=1)
    assert early["code"] == "ARTICLE6_WRONG_STATE"
    retire = ("retire", 20, "--unit", hex(unit), "--beneficiary", "Example", "--purpose", "flights")
    days = ("--from", "2021-01-01", "--until", "2021-12-31", "--as", "developer")
    unmarked = tonne(*retire, *days, status=1)
    assert unmarked["code"] == "RETIREMENT_UNMARKED"
    certificate = tonne(*retire, *days, "--towards", "JPN")["certificate"]
    wrong = tonne(
        "article6", "use", unit, first, first + 20, certificate, "--as", "trader", status=1
    )
    assert wrong["code"] == "ARTICLE6_NOT_PROVED"
    done = tonne("article6", "use", unit, first, first + 19, certificate, "--as", "trader")
    assert (done["first"], done["last"], done["state"]) == (first, first + 19, "used")
    plant, period = town.market.installations["north"], town.market.period.number
    use = ("article6", "use-in-surrender", unit, first + 20, first + 29)
    other = tonne(*use, plant, period, "--as", "trader", status=1)
    assert other["code"] == "ARTICLE6_NOT_SURRENDERED"
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
