"""`tonne inventory`: signed, assured, restated, and compared, on the chain of the small market."""

from __future__ import annotations

import csv
import json
import re

import pytest
from eth_account import Account as Peer
from eth_account.messages import encode_typed_data

from tonne.audit.reconcile import audit
from tonne.crypto.eip712 import struct_hash
from tonne.evidence import inventories
from tonne.evidence.inventory_types import Inventory

YEAR = 2020
FIGURES = {
    "location_kg": 900_000,
    "market_kg": 700_000,
    "electricity_wh": 10**12,
    "other_contracts_wh": 10**11,
}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def north(town):
    return town.market.participants["north"]


@pytest.fixture
def east(town):
    return town.market.participants["east"]


def _fill(path, categories=(), **values):
    """Fills a form in: amounts by name, and categories of Scope 3."""
    text = path.read_text()
    for name, value in {**FIGURES, **values}.items():
        shown = json.dumps(value)
        text, count = re.subn(rf"(?m)^{name} = \S+( \w+)*\"?", f"{name} = {shown}", text)
        assert count, name
    for number, kg in categories:
        text = text.replace(f"# {number} = 0", f"{number} = {kg}")
    path.write_text(text)


def _signed(tonne, tmp_path, who="north", name="a", categories=((1, 5_000), (6, 700)), **values):
    form = tmp_path / f"{name}.inventory.toml"
    form.unlink(missing_ok=True)
    tonne("inventory", "new", YEAR, "--out", form, who=who)
    _fill(form, categories, **values)
    return tonne("inventory", "sign", form, who=who)["file"]


def _submitted(tonne, tmp_path, who="north", name="a", **values):
    file = _signed(tonne, tmp_path, who, name, **values)
    return file, tonne("inventory", "submit", file, who="trader")


def _retired(town, amount, holder):
    """A certificate of the trader's credits, for somebody."""
    claim = ("A", bytes(32), "b", 18_262, 18_627, b"CN")  # for the days of 2020
    args = (town.market.credit, amount, claim, town.market.people[holder])
    town.chain.send(town.market.people["trader"], "RetirementRegistry", "retireFor", *args)
    return town.chain.call("RetirementRegistry", "lastCertificate")


def test_an_inventory_is_signed_assured_and_put_on_record(town, tonne, tmp_path, north):
    file = _signed(tonne, tmp_path)
    for who in ("lead", "reviewer"):
        told = tonne(
            *("inventory", "assure", file, "--scope1", "reasonable", "--scope2", "limited"), who=who
        )
    assert told["checked"][-1].endswith("reasonable, limited, none")
    sent = tonne("inventory", "submit", file, who="trader")
    assert (sent["version"], sent["assured"], len(sent["transactions"])) == (1, True, 2)
    assert tonne("inventory", "submit", file, who="trader")["transactions"] == []

    shown = tonne("inventory", "show", north, YEAR)["inventory"]
    plant = town.market.installations["north"]
    _, tonnes, *_ = town.chain.call("EmissionsOracle", "finalReport", plant, YEAR)
    assert shown["scope1Kg"] == shown["scope1PlantsKg"] == tonnes * 1000 > 0
    assert (shown["scope3Kg"], shown["scope3Categories"]) == (5_700, "1 6")
    assert (shown["category6Kg"], shown["category2Kg"]) == (700, None)
    assert (shown["assuranceScope1"], shown["assuranceScope3"]) == ("reasonable", "none")
    assert shown["assuredBy"] == town.market.participants["verifier"]
    assert audit(town.chain, town.deployment.first_block).differences == []


def test_the_chains_hash_is_of_the_type_that_wallets_sign(town, tonne, tmp_path, north):
    file, _ = _submitted(tonne, tmp_path)
    made = inventories.load(tmp_path / file)
    record = town.chain.call("Inventories", "recordOf", north, YEAR, 1)
    assert record.hash == struct_hash(made.struct())
    assert isinstance(made.struct(), Inventory)


def test_a_restatement_keeps_its_history(town, tonne, tmp_path, north):
    first, _ = _submitted(tonne, tmp_path)
    error = tonne(*("inventory", "sign", first.replace(".json", ".toml")), who="north", status=1)
    assert (error["code"], error["field"]) == ("INVENTORY_REASON", "reason")
    again, _ = _submitted(tonne, tmp_path, other_kg=77, reason="structure")
    told = tonne("inventory", "show", north, YEAR)
    assert [v["version"] for v in told["versions"]] == [1, 2]
    assert told["versions"][1]["replaces"] == told["versions"][0]["hash"]
    assert told["versions"][1]["reason"] == told["inventory"]["reason"] == "structure"
    before = tonne("inventory", "show", north, YEAR, "--version", 1)["inventory"]
    assert told["inventory"]["scope1Kg"] == before["scope1Kg"] + 77
    assert audit(town.chain, town.deployment.first_block).differences == []
    assert again == first


def test_retired_credits_are_claimed_once(town, tonne, tmp_path, north, east):
    trader = town.market.participants["trader"]
    mine, for_north = _retired(town, 5, "trader"), _retired(town, 7, "north")
    told = tonne("inventory", "claim", YEAR, for_north, who="north")
    assert (told["creditsT"], told["certificatesWh"]) == (7, 0)
    assert tonne("inventory", "claim", YEAR, mine, who="trader")["creditsT"] == 5
    taken = tonne("inventory", "claim", YEAR, for_north, who="north", status=1)
    assert taken["code"] == "INVENTORIES_CLAIMED"
    foreign = tonne("inventory", "claim", YEAR, mine, who="east", status=1)
    assert foreign["code"] == "INVENTORIES_CLAIMED"
    _, sent = _submitted(tonne, tmp_path)
    assert tonne("inventory", "show", north, YEAR)["inventory"]["creditsT"] == 7
    assert town.chain.call("Inventories", "claimOf", mine)[0] == trader
    assert audit(town.chain, town.deployment.first_block).differences == []
    assert sent["version"] == 1


def test_a_plant_is_counted_by_another_with_its_operators_consent(
    town, tonne, tmp_path, north, east
):
    plant = town.market.installations["north"]
    form = tmp_path / "b.inventory.toml"
    tonne("inventory", "new", YEAR, "--out", form, who="east")
    _fill(form, boundary="equity share")
    text = form.read_text().replace("share_ppm = 1000000", "share_ppm = 400000")
    form.write_text(re.sub(r"installation = \d+", f"installation = {plant}", text))
    file = tonne("inventory", "sign", form, who="east")["file"]
    refused = tonne("inventory", "submit", file, who="trader", status=1)
    assert refused["code"] == "INVENTORIES_NO_CONSENT"
    consent = ("inventory", "consent", plant, YEAR, east, "--share-ppm", 400_000)
    assert tonne(*consent, who="north")["sharePpm"] == 400_000
    tonne("inventory", "submit", file, who="trader")

    # Under the same approach the whole is refused; under another it is shown.
    whole = _signed(tonne, tmp_path, boundary="equity share")
    twice = tonne("inventory", "submit", whole, who="trader", status=1)
    assert twice["code"] == "INVENTORIES_COUNTED_TWICE"
    _submitted(tonne, tmp_path)
    told = tonne("inventory", "compare", YEAR)
    own, other = told["inventories"]
    assert (own["organisation"], other["organisation"]) == (north, east)
    assert own["countedElsewhereKg"] == other["countedElsewhereKg"] == own["scope1Kg"] * 4 // 10
    assert other["plantsNotNamedKg"] > 0 == own["plantsNotNamedKg"]
    said = " ".join(told["hindrances"])
    for part in (
        "Different boundary approach: equity share; operational control",
        "In another's Scope 1 too",
        "plants it operates",
    ):
        assert part in said
    assert audit(town.chain, town.deployment.first_block).differences == []


def test_two_organisations_stand_side_by_side_in_the_same_columns(
    town, tonne, tmp_path, north, east
):
    _submitted(tonne, tmp_path)
    _submitted(tonne, tmp_path, "east", "b", gwp_set=5, categories=[(1, 9_000)])
    told = tonne("inventory", "compare", YEAR, north, east, "--csv", "c.csv")
    first, second = told["inventories"]
    assert list(first) == list(second)
    assert [first["category6Kg"], second["category6Kg"]] == [700, None]
    said = "; ".join(told["hindrances"])
    assert "Different set of global warming potentials: 5; 6" in said
    assert "Different categories of Scope 3: 1; 1 6" in said
    assert f"Not assured: participant {north}, {east}" in said
    unproven = (
        "rests on contracts that nothing here proves: 100,000,000,000 of 1,000,000,000,000 Wh"
    )
    assert f"Market-based Scope 2 of participant {north} {unproven}" in said
    with (tmp_path / "c.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["scope1Kg"] for row in rows] == [str(r["scope1Kg"]) for r in (first, second)]
    assert [row["category6Kg"] for row in rows] == ["700", ""]
    listed = tonne("inventory", "list")["inventories"]
    assert [row["organisation"] for row in listed] == sorted([north, east])


def test_a_base_year_on_record_is_compared_with(town, tonne, tmp_path, north):
    _submitted(tonne, tmp_path)
    row = tonne("inventory", "show", north, YEAR)["inventory"]
    assert (row["baseYear"], row["scope1And2SinceBaseKg"]) == (YEAR, 0)
    _submitted(tonne, tmp_path, base_year=2019, reason="method")
    row = tonne("inventory", "show", north, YEAR)["inventory"]
    assert (row["baseYear"], row["scope1And2SinceBaseKg"]) == (2019, None)


def test_a_wallet_elsewhere_signs(town, tonne, tmp_path, north):
    form = tmp_path / "a.inventory.toml"
    tonne("inventory", "new", YEAR, "--out", form, who="north")
    _fill(form)
    person = town.market.people["north"]
    file = tonne("inventory", "sign", form, "--wallet", person.address)["file"]
    missing = tonne("inventory", "submit", file, who="trader", status=1)
    assert missing["code"] == "INVENTORY_SIGNATURE_MISSING"
    (message,) = tonne("inventory", "typed-data", file)["messages"]
    signed = Peer.sign_message(encode_typed_data(full_message=message["typedData"]), person.key)
    tonne("inventory", "attach-signature", file, "0x" + signed.signature.hex())
    lead = town.market.people["lead"]
    tonne("inventory", "assure", file, "--scope1", "limited", "--wallet", lead.address)
    (message,) = tonne("inventory", "typed-data", file)["messages"]
    signed = Peer.sign_message(encode_typed_data(full_message=message["typedData"]), lead.key)
    tonne("inventory", "attach-signature", file, "0x" + signed.signature.hex())
    tonne("inventory", "assure", file, "--scope1", "limited", who="reviewer")
    assert tonne("inventory", "submit", file, who="trader")["assured"]


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"location_kg": -1}, "INVENTORY_FORM", "scope2.location_kg"),
        ({"market_kg": 1.5}, "INVENTORY_FORM", "scope2.market_kg"),
        ({"boundary": "control"}, "INVENTORY_FORM", "boundary"),
        ({"gwp_set": 3}, "INVENTORY_FORM", "gwp_set"),
        ({"base_year": 1900}, "INVENTORY_FORM", "base_year"),
        ({"base_year": 2021}, "INVENTORY_BASE_YEAR", "base_year"),
        ({"reason": "whim"}, "INVENTORY_FORM", "reason"),
        ({"reason": "error"}, "INVENTORY_REASON", "reason"),
        ({"document": "none.pdf"}, "INVENTORY_DOCUMENT_MISSING", "document"),
        ({"installation": 99}, "INVENTORY_PLANT_NOT_VERIFIED", "plants.installation"),
        ({"other_contracts_wh": 0}, "INVENTORY_BEYOND_COVERED", "scope2.market_kg"),
        ({"other_contracts_wh": 99_999_999}, "INVENTORY_BEYOND_COVERED", "scope2.market_kg"),
        ({"electricity_wh": 1}, "INVENTORY_ELECTRICITY", "scope2.electricity_wh"),
        ({"categories": [(1, -1)]}, "INVENTORY_FORM", "scope3.1"),
    ],
)
def test_a_wrong_form_is_refused_with_its_field(tonne, tmp_path, values, code, field):
    form = tmp_path / "a.inventory.toml"
    tonne("inventory", "new", YEAR, "--out", form, who="north")
    _fill(form, **values)
    error = tonne("inventory", "sign", form, who="north", status=1)
    assert (error["code"], error["field"]) == (code, field)
    assert error["remedy"] and error["value"] != ""


def test_a_plant_named_twice_and_a_category_that_is_none_are_refused(tonne, tmp_path):
    form = tmp_path / "a.inventory.toml"
    tonne("inventory", "new", YEAR, "--out", form, who="north")
    text = form.read_text()
    plant = re.search(r"\[\[plants\]\]\n.*\n.*\n", text)[0]
    form.write_text(text.replace(plant, plant * 2))
    error = tonne("inventory", "sign", form, who="north", status=1)
    assert (error["code"], error["field"]) == ("INVENTORY_FORM", "plants")
    form.write_text(text + "16 = 1\n")
    error = tonne("inventory", "sign", form, who="north", status=1)
    assert error["code"] == "INVENTORY_FORM" and error["field"].startswith("scope3")
    form.write_text("year = ")
    error = tonne("inventory", "sign", form, who="north", status=1)
    assert error["code"] == "INVENTORY_FORM_UNREADABLE"


def test_what_is_not_there_or_not_allowed_is_said(town, tonne, tmp_path, north):
    lead = tonne("inventory", "new", YEAR, who="lead", status=1)
    assert (lead["code"], lead["field"]) == ("INVENTORY_NOT_REPORTER", "keystore")
    tonne("inventory", "new", YEAR, who="north")
    assert tonne("inventory", "new", YEAR, who="north", status=1)["code"] == "INVENTORY_FORM_EXISTS"
    none = tonne("inventory", "show", north, YEAR, status=1)
    assert none["code"] == "INVENTORY_NOT_ON_RECORD"
    assert tonne("inventory", "compare", YEAR)["inventories"] == []
    assert tonne("inventory", "compare", YEAR, north, status=1)["code"] == none["code"]
    gone = tonne("inventory", "submit", "gone.json", who="trader", status=1)
    assert gone["code"] == "INVENTORY_FILE_MISSING"
    many = tonne("inventory", "claim", YEAR, *range(1, 202), who="north", status=1)
    assert many["code"] == "INVENTORY_CLAIMS"
    boundary = ("inventory", "consent", 1, YEAR, north, "--boundary", "all")
    assert tonne(*boundary, who="north", status=1)["code"] == "INVENTORY_WORD"


def test_a_statement_is_of_an_independent_body_and_of_one_mind(town, tonne, tmp_path, north):
    file = _signed(tonne, tmp_path)
    assure = ("inventory", "assure", file)
    assert tonne(*assure, who="lead", status=1)["code"] == "INVENTORY_LEVELS"
    assert tonne(*assure, "--scope1", "full", who="lead", status=1)["code"] == "INVENTORY_WORD"
    stranger = tonne(*assure, "--scope1", "limited", who="trader", status=1)
    assert stranger["code"] == "INVENTORY_NOT_ACCREDITED"
    tonne(*assure, "--scope1", "limited", who="lead")
    other = tonne(*assure, "--scope1", "reasonable", who="reviewer", status=1)
    assert (other["code"], other["value"]) == ("INVENTORY_OTHER_TERMS", "limited, none, none")
    half = tonne("inventory", "submit", file, who="trader", status=1)
    assert half["code"] == "INVENTORY_SIGNATURE_MISSING"
    body = town.market.participants["verifier"]
    town.chain.send(
        town.market.people["authority"], "EmissionsOracle", "setInterest", 1, body, north, True
    )
    fresh = _signed(tonne, tmp_path)
    interested = tonne("inventory", "assure", fresh, "--scope1", "limited", who="lead", status=1)
    assert interested["code"] == "INVENTORY_INTEREST"


@pytest.mark.parametrize("place", ["inventory", "plants", "contract", "amount"])
def test_a_file_that_was_changed_is_refused(tonne, tmp_path, place):
    path = tmp_path / _signed(tonne, tmp_path)
    plain = json.loads(path.read_text())
    if place == "inventory":
        plain["inventory"]["scope1OtherKg"] = 1
    elif place == "plants":
        plain["plants"] = []
    elif place == "contract":
        plain["contract"] = "0x" + "11" * 20
    else:
        plain["inventory"]["scope1OtherKg"] = -1
    path.write_text(json.dumps(plain))
    error = tonne("inventory", "submit", path, who="trader", status=1)
    assert error["code"] == ("TYPED_DATA_RANGE" if place == "amount" else "INVENTORY_REFUSED")


def test_people_read_the_columns(town, tonne, tmp_path, capsys, monkeypatch, north):
    from tonne import cli

    _submitted(tonne, tmp_path)
    _submitted(tonne, tmp_path, "east", "b")
    for command in (("compare", YEAR), ("show", north, YEAR), ("list",)):
        with pytest.raises(SystemExit) as end:
            cli.main(["inventory", *map(str, command)])
        assert not end.value.code
        said = " ".join(capsys.readouterr().out.split())
        assert ("Scope 1, kg" in said and "–" in said) or command == ("list",)
