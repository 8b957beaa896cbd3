"""Labels at the command line: set and ended by their keeper, shown, filtered, bought by, exported."""

from __future__ import annotations

import json

import pytest

from tests.tonne.units.retirements import immobilise
from tonne.audit import reconcile
from tonne.audit.export import cad_trust_files
from tonne.chain import clock
from tonne.deployment import scheme_setup
from tonne.market.order_encoding import OrderRequest, Side
from tonne.rules.pack import loader
from tonne.types.ids import MarketId, UnitId

PRICE = 3_010  # [0.01 currency] of the wind farm's cheapest credits


@pytest.fixture
def labelled(town, tonne, tmp_path):
    """The trader keeps a programme, and labels the wind farm's batch."""
    about = ("--name", "CORSIA first phase", "--kind", "qualification")
    tonne("label", "programme", 1, "trader", *about, "--as", "authority")
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"eligible")
    days = ("--since", "2021-01-01", "--until", "2026-12-31", "--evidence", letter)
    tonne("label", "grant", 1, hex(town.market.credit), *days, "--as", "trader")
    return town.market.credit


def test_a_label_is_its_keepers(town, tonne, labelled, tmp_path):
    letter = tmp_path / "letter.pdf"
    days = ("--since", "2027-01-01", "--until", "2027-12-31", "--evidence", letter)
    refused = tonne("label", "grant", 1, hex(labelled), *days, "--as", "authority", status=1)
    assert refused["code"] == "LABELS_NOT_KEEPER"
    refused = tonne(
        "label", "programme", 2, town.market.people["trader"].address, "--name", "mine",
        "--kind", "insurance", "--as", "trader", status=1,
    )  # fmt: skip
    assert refused["code"] == "ACCESS_MANAGED_UNAUTHORIZED"


def test_labels_are_listed_with_dates_and_evidence_and_end(tonne, labelled):
    (label,) = tonne("label", "list")["labels"]
    assert (label["name"], label["from"], label["until"]) == (
        "CORSIA first phase", "2021-01-01", "2026-12-31",
    )  # fmt: skip
    assert len(label["evidence"]) == 66
    assert tonne("label", "list", "--on", "2020-12-31")["labels"] == []
    tonne(
        "label", "end", 1, hex(labelled), "--last", "2021-06-30", "--reason", "x", "--as", "trader"
    )
    assert tonne("label", "list")["labels"][0]["until"] == "2021-06-30"
    assert tonne("label", "list", "--on", "2021-07-01")["labels"] == []


@pytest.mark.parametrize(
    "terms, found",
    [
        ((), True),
        (("--label", "corsia first phase"), True),
        (("--label", "1", "--on", "2020-01-01"), False),
        (("--label", "ICVCM CCP"), False),
        (
            ("--country", "China", "--vintage", "2019-2021", "--kind", "wind", "--project", "1"),
            True,
        ),
        (("--country", "IND"), False),
        (("--vintage", "2021"), False),
        (("--max-price", "31.00"), True),
        (("--max-price", "30.00"), False),
    ],
)
def test_credits_are_found_by_what_they_are(tonne, labelled, terms, found):
    credits = tonne("offsets", "find", *terms)["credits"]
    assert [one["unit"] for one in credits] == ([hex(labelled)] if found else [])


@pytest.fixture
def second_book(town):
    """A market of another registry's units with a cheaper offer of 100 t; its number."""
    chain, people = town.chain, town.market.people
    unit = immobilise(town)
    trader = people["trader"]
    pack = loader.load("china-national")
    market = scheme_setup.create_market(
        chain, people["authority"], pack, UnitId(unit), "OffsetCredits",
        town.market.participants["exchange"], 3_000,
    )  # fmt: skip
    clock.next_session(chain, market)
    order = OrderRequest(MarketId(market), Side.SELL, 2_950, 100).pack()
    args = (trader, chain["Exchange"], unit, 100, order.to_bytes(32, "big"))
    chain.send(trader, "OffsetCredits", "safeTransferFrom", *args)
    return market


def test_the_cheapest_are_bought_over_two_books_at_once(town, tonne, second_book):
    chain = town.chain
    buyer = town.market.people["south"]
    chain.send(town.market.people["currency_issuer"], "SettlementCurrency", "mint", buyer, 10**7)
    terms = ("--max-price", "40.00", "--as", "south")
    few = tonne("offsets", "buy", 10**6, *terms, status=1)
    assert few["code"] == "OFFSET_TOO_FEW"
    poor = tonne("offsets", "buy", 250, *terms, status=1)
    assert poor["code"] == "OFFSET_NO_CASH"
    done = tonne("offsets", "buy", 250, *terms, "--deposit")
    assert done["tonnes"] == 250
    assert {t["market"]: t["tonnes"] for t in done["takes"]} == {
        second_book: 100,
        town.market.credit_market: 150,
    }
    number = town.market.participants["south"]
    for market, lots in ((second_book, 100), (town.market.credit_market, 150)):
        assert chain.call("Exchange", "account", number, market).lots == lots
    assert reconcile.audit(chain).differences == []


def test_an_offer_that_is_gone_stops_a_purchase_whole(town, tonne, second_book, monkeypatch):
    """Somebody takes the cheaper book between the search and the transaction."""
    from tonne.audit.export import credit_search

    chain, people = town.chain, town.market.people
    for name in ("south", "east"):
        chain.send(people["currency_issuer"], "SettlementCurrency", "mint", people[name], 10**7)
    real = credit_search.cheapest

    def overtaken(*args):
        takes = real(*args)
        east = people["east"]
        chain.send(east, "SettlementCurrency", "approve", chain["Exchange"], 10**6)
        chain.send(east, "Exchange", "depositCash", second_book, 10**6)
        order = OrderRequest(MarketId(second_book), Side.BUY, 2_950, 100).pack()
        chain.send(east, "Exchange", "place", order)
        return takes

    monkeypatch.setattr(credit_search, "cheapest", overtaken)
    terms = ("--max-price", "40.00", "--as", "south", "--deposit")
    tonne("offsets", "buy", 250, *terms, status=1)
    number = town.market.participants["south"]
    assert chain.call("Exchange", "account", number, town.market.credit_market).lots == 0


def test_labels_are_shown_and_exported(town, tonne, labelled, tmp_path):
    from tests.tonne.audit.export.cad_trust_schema import faults
    from tests.tonne.units.retirements import retire

    number = retire(town)
    shown = tonne("certificate", "show", number)
    batch = shown["children"][0]["children"][0]
    (label,) = [one for one in batch["children"] if one["kind"] == "label"]
    assert (label["title"], label["facts"]["until"]) == ("CORSIA first phase", "2026-12-31")

    tonne("export", "cadt", tmp_path / "cadt.json")
    records = cad_trust_files.read(tmp_path / "cadt.json")
    (exported,) = records.projects[0].labels
    assert (
        exported.label == "CORSIA first phase" and exported.labelType == "Letter of Qualification"
    )
    assert all(unit.labels == [exported] for unit in records.units)
    assert list(faults("label", json.loads(exported.model_dump_json()))) == []


def test_an_audit_compares_labels(town, labelled):
    found = reconcile.audit(town.chain)
    assert found.differences == [] and found.compared["Labels"] >= 4


def test_a_holder_retires_by_label(tonne, labelled):
    claim = (
        "--beneficiary",
        "A",
        "--purpose",
        "b",
        "--from",
        "2020-01-01",
        "--until",
        "2020-12-31",
    )
    done = tonne("retire", 5, *claim, "--unit", "label:corsia first phase", "--as", "trader")
    assert done["unit"] == str(labelled)
    assert tonne("retire", 5, *claim, "--unit", "label:1", "--as", "trader")["unit"] == str(
        labelled
    )
    refused = tonne("retire", 5, *claim, "--unit", "label:ICVCM", "--as", "trader", status=1)
    assert refused["code"] == "UNIT_NOT_HELD"
