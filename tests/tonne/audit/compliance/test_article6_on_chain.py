"""Forwards, retirement on purchase and Article 6 on a real chain: audited, exported, read back."""

from __future__ import annotations

import pytest

from tests.tonne.audit.export.cad_trust_schema import faults
from tonne.audit import reconcile
from tonne.audit.export import article6, cad_trust, cad_trust_files, tables
from tonne.audit.export.cad_trust_source import source_of
from tonne.audit.export.holdings import holdings
from tonne.audit.export.rebuild import rebuild, rebuild_market
from tonne.audit.replay.events import read
from tonne.crypto.accounts import Account
from tonne.evidence.profiles import ChainRecords, Names
from tonne.units.lineage import Tracer
from tonne.units.serial_lookup import Block

CHINA, JAPAN = 156, 392
NONE = b"\0" * 32
CLAIM = ("Example Airlines plc", NONE, "flights of 2021", 18_628, 18_992, b"CN")


@pytest.fixture
def story(town):
    """The trader buys forward, buys to retire and cancels; China lets Japan use what was retired."""
    chain, people, unit = town.chain, town.market.people, town.market.credit
    officers = {n: Account.from_seed("focal point", n) for n in ("China", "Japan")}
    chain.fund(list(officers.values()))
    trader, developer = people["trader"], people["developer"]
    currency = chain["SettlementCurrency"]
    vintage = unit >> 64 & 0xFFFF

    seller = chain.call("Participants", "walletOf", developer)[0]
    terms = (seller, 1, vintage, 500, 4_000, 400, chain.now() + 86_400, currency.address)
    chain.send(trader, "SettlementCurrency", "approve", chain["ForwardPurchases"], 2_000_000)
    chain.send(trader, "ForwardPurchases", "offer", terms)
    chain.send(people["currency_issuer"], "SettlementCurrency", "mint", developer, 200_000)
    chain.send(developer, "SettlementCurrency", "approve", chain["ForwardPurchases"], 200_000)
    chain.send(developer, "ForwardPurchases", "accept", 1)
    approve = (chain["ForwardPurchases"], True)
    chain.send(developer, "OffsetCredits", "setApprovalForAll", *approve)
    chain.send(developer, "ForwardPurchases", "deliver", 1, unit, 200)

    for name, party in (("China", CHINA), ("Japan", JAPAN)):
        chain.send(people["authority"], "Article6", "setFocalPoint", officers[name], party)
    host, guest = officers["China"], officers["Japan"]
    buyer = chain.call("Participants", "walletOf", trader)[0]
    terms6 = (unit, 1_000, buyer, JAPAN, 1, 0, b"CA0001".ljust(16, b"\0"), NONE)
    chain.send(host, "Article6", "authorise", *terms6)
    receipt = chain.send(trader, "Article6", "setApart", 1, 190)
    apart = next(e for e in chain.events(receipt) if e.name == "OutcomeSetApart")
    outcome, first = apart["unit"], apart["first"]
    chain.send(host, "Article6", "transfer", outcome, first)
    chain.send(guest, "Article6", "acquire", outcome, first)

    market = town.market.credit_market
    tick = chain.call("ExchangeLens", "best", market)[1]
    purchase = (market, tick, 300, 0, 0)
    chain.send(trader, "RetirementRegistry", "retireOnPurchase", purchase, CLAIM, trader)
    chain.send(trader, "RetirementRegistry", "retireOutcome", outcome, 120, CLAIM, trader, JAPAN)
    chain.send(guest, "Article6", "use", outcome, first, first, first + 119, 2)
    for officer, year in ((host, 2021), (guest, 2023)):
        chain.send(officer, "Article6", "recordAdjustment", outcome, first, year, 120)
    chain.send(trader, "RetirementRegistry", "cancel", outcome, 10, NONE)
    taken = [(1, 0, first + 120, first + 129)]
    place = (first + 120, first + 120, first + 129)
    chain.send(guest, "Article6", "cancel", outcome, *place, 1, taken)
    return town, unit, outcome, first


def test_nothing_differs_until_an_event_is_left_out(story, monkeypatch):
    town, *_ = story
    found = reconcile.audit(town.chain)
    assert found.differences == []
    assert found.compared["Article6"] > 10 and found.compared["ForwardPurchases"] > 10

    names = ("OutcomeSetApart", "OutcomeTransferred", "OutcomeUsed", "AdjustmentRecorded")
    for name in (*names, "BatchSetApart", "ForwardDelivered"):

        def forged(*args, name=name):
            for blocks, events in read(*args):
                yield blocks, [e for e in events if e.event.name != name]

        monkeypatch.setattr(reconcile, "read", forged)
        assert reconcile.audit(town.chain).differences != [], name


def test_what_is_exported_reads_back_and_adds_up(story, tmp_path):
    town, unit, outcome, first = story
    chain = town.chain
    batches, outcomes, head = rebuild(chain, 0)

    source, _ = source_of(chain, 0)
    records = cad_trust_files.CadTrustRecords(
        projects=list(cad_trust.projects(source)), units=list(cad_trust.units(source))
    )
    files = cad_trust_files.write(tmp_path / "cadt.csv", records)
    kinds = {"projects": "project", "units": "unit"}
    for file in files:
        kind = kinds[file.stem.split("-")[1]]
        uploaded = list(cad_trust_files.uploaded(file))
        assert uploaded and [f for one in uploaded for f in faults(kind, one)] == []
    back = cad_trust_files.read(tmp_path / "cadt.csv").units
    assert sorted(back, key=str) == sorted(records.units, key=str)
    assert sum(row.unitCount for row in back) == chain.call("OffsetCredits", "issuedOf", unit)
    for kind, status in ((2, "Retired"), (3, "Cancelled")):
        told = sum(row.unitCount for row in back if row.unitStatus == status)
        both = [chain.call("OffsetCredits", "exitedOf", one, kind) for one in (unit, outcome)]
        assert told == sum(both)
    completed = [r.unitCount for r in back if r.correspondingAdjustmentStatus == "Completed"]
    assert completed == [120]

    path = tmp_path / "aef.json"
    article6.write(path, article6.tables(batches, outcomes, head.time))
    found = article6.read(path)
    use = next(a for a in found.actions if a.ActionType == "Use")
    assert use.ItmoFirstId == chain.call("Article6", "identifierOf", outcome, first, first)
    assert use.CalendarYear == 2023 and found.authorizations[0].AuthorizedQuantity == 1_000
    held = sum(h.QuantityTCo2 for h in found.holdings)
    ended = [a for a in found.actions if a.ActionType in ("Use", "Cancellation")]
    assert held + sum(a.QuantityTCo2 for a in ended) == 190


def test_a_certificate_tells_the_authorisation_and_the_adjustments(story):
    town, *_, first = story
    node = Tracer(town.chain, 0).certificate(2)
    assert node.facts["Article 6"] == "authorised outcomes, used for the contribution of Japan"
    (told,) = [one for one in node.walk() if one.kind == "authorisation"]
    assert told.facts["towards"] == "the contribution of Japan"
    assert told.facts["corresponding adjustment"] == (
        f"120 t from {first:,} by China for 2021; 120 t from {first:,} by Japan for 2023"
    )
    (batch,) = [one for one in node.walk() if one.kind == "batch"]
    assert batch.facts["set apart from"] == "batch 1"
    assert "monitoring report" in [one.kind for one in node.walk()]
    (here,) = Tracer(town.chain, 0).serial(Block(1, 0, first + 150, first + 150))
    assert here.facts["where"] == "still in its batch"


def test_tables_hold_every_certificate_project_and_unit(story, tmp_path):
    town, unit, outcome, _ = story
    chain, found = town.chain, rebuild_market(town.chain, 0)
    names = Names(ChainRecords(chain, 0), tmp_path)

    bought, used = tables.retirements(found, names)
    assert (used.unit, used.amount) == (hex(outcome), 120)
    assert used.beneficiary == CLAIM[0] and used.participant_country == "CHN"

    held = list(
        tables.holding_rows(found, holdings(found.market, chain["Exchange"].address), names)
    )
    for one in (unit, outcome):
        there = sum(row.amount for row in held if row.unit == hex(one))
        gone = sum(chain.call("OffsetCredits", "exitedOf", one, kind) for kind in range(1, 11))
        assert there == chain.call("OffsetCredits", "issuedOf", one) - gone
    assert {row.place for row in held} >= {"wallet", "exchange"}

    (project,) = tables.projects(found, names)
    retired = bought.amount + 120
    assert (project.retired_t, project.cancelled_t) == (retired, 10)
    assert project.issued_t == project.in_circulation_t + project.buffer_t + retired + 10

    for kind, rows in ((tables.RetirementRow, [bought, used]), (tables.HoldingRow, held)):
        tables.write(tmp_path / "table.csv", kind, rows)
        assert len((tmp_path / "table.csv").read_text().splitlines()) == len(rows) + 1
