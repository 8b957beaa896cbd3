"""`tonne registry`: one added by a file alone and known to every command; a use found, and undone."""

from __future__ import annotations

import csv
import json

import pytest

from tests.tonne.units import wrong_rows
from tests.tonne.units.retirements import claim
from tests.tonne.units.test_registry_descriptors import ERS
from tonne import cli
from tonne.audit.reconcile import audit
from tonne.crypto import keystore
from tonne.units import registry_descriptors, registry_extracts

DISPUTE = 512
SERIAL = "ERS-0-17-BR-VRU-2023-4-1-5000"
USED = "ERS-0-17-BR-VRU-2023-4-101-200"


def _row(serial, tonnes, event="issuance", **changed):
    return {
        "registry": "ERS",
        "event": event,
        "date": "2026-04-10",
        "project_id": "17",
        "project_type": "Restoration",
        "methodology": "M001",
        "country": "Brazil",
        "vintage_start": "2023-01-01",
        "vintage_end": "2023-12-31",
        "quantity_t": str(tonnes),
        "serial": serial,
        "beneficiary": "Example Airlines",
        **changed,
    }


@pytest.fixture
def tonne(town, tmp_path, capsys, monkeypatch):
    """A command of an account, or of none; what it prints for machines."""
    monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setenv("TONNE_PASSPHRASE_FILE", str(tmp_path / "passphrase.txt"))
    (tmp_path / "passphrase.txt").write_text("x\n")
    for name in ("authority", "developer", "trader"):
        keystore.write(tmp_path / f"{name}.json", town.market.people[name], "x", keystore.WEAK)
    kept = tmp_path / "kept"
    monkeypatch.setattr(registry_descriptors, "FOLDERS", [*registry_descriptors.FOLDERS, kept])

    def run(who, *arguments, status=0):
        key = ("--keystore", str(tmp_path / f"{who}.json")) if who else ()
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, arguments), *key, "--json"])
        out = capsys.readouterr().out
        assert (ended.value.code or 0) == status, out
        return json.loads(out)

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "stranger.toml"
    path.write_text(ERS, encoding="utf-8")
    return path


@pytest.fixture
def brought(town, tonne, file, tmp_path):
    """The ninth registry with a block of 5,000 t of which 100 t were retired there."""
    tonne("authority", "registry", "add", file)
    extract = tmp_path / "extract.csv"
    rows = [_row(SERIAL, 5000), _row(USED, 100, "retirement")]
    with extract.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [*registry_extracts.COLUMNS, "beneficiary"])
        writer.writeheader()
        writer.writerows(rows)
    trader = town.market.people["trader"].address

    def bring():
        done = tonne("authority", "offsets", "import", extract, "--to", trader)
        return [answer["code"] for answer in done["answers"]]

    assert bring() == ["OFFSET_PART_IMMOBILISED", "OFFSET_RECORDED"]
    return bring


def _sound(town):
    assert audit(town.chain, town.deployment.first_block).differences == []


def test_a_descriptor_is_checked_without_a_chain(tonne, file, monkeypatch):
    monkeypatch.setenv("TONNE_RPC", "http://127.0.0.1:1")
    told = tonne(None, "registry", "check", file, USED)
    assert [(r["first"], r["last"]) for r in told["read"]] == [(1, 5000), (101, 200)]
    file.write_text(ERS.replace('unit = "t"', 'unit = "lb"'), encoding="utf-8")
    refused = tonne(None, "registry", "check", file, status=1)["error"]
    assert (refused["code"], refused["field"]) == ("DESCRIPTOR_REFUSED", "unit")


def test_a_stranger_adds_a_ninth_registry_by_a_file(town, tonne, file, brought):
    block = town.chain.block_number()
    again = tonne("authority", "registry", "add", file)
    assert (again["registry"], again["added"]) == (2, False)
    assert brought() == ["OFFSET_STANDS", "OFFSET_STANDS"]
    assert town.chain.block_number() == block
    unit = town.chain.call("Immobilisation", "batchAt", 1)
    trader = town.market.people["trader"]
    assert town.chain.call("OffsetCredits", "balanceOf", trader, unit) == 4900

    told = tonne(None, "registry", "list")["registries"]
    assert {r["name"]: r["registry"] for r in told}["ERS"] == 2
    found = tonne(None, "certificate", "find", f"ers: {SERIAL.lower()}")["found"]
    assert [f["units"] for f in found] == [100, 4800]
    lineage = tonne(None, "trace", f"ERS:{SERIAL}")["lineage"]
    assert [node["facts"]["registry"] for node in lineage] == ["ERS", "ERS", "ERS"]
    _sound(town)


def test_verify_trace_and_export_read_the_ninth_registry(
    town, tonne, brought, tmp_path, monkeypatch
):
    """A certificate of its units, and what a stranger's program can be given of them."""
    chain, trader = town.chain, town.market.people["trader"]
    unit = chain.call("Immobilisation", "batchAt", 1)
    receipt = chain.send(trader, "RetirementRegistry", "retire", unit, 150, claim("Importers Ltd"))
    number = _number(town, receipt)
    verified = tonne(None, "certificate", "verify", number)
    read = "its serial number says the country, vintage and project of its batch"
    by_serial = {c["of"]: c["passed"] for c in verified["checks"] if c["about"] == read}
    assert verified["sound"] and by_serial == {SERIAL: True}
    lineage = tonne(None, "trace", number)["lineage"]
    assert SERIAL in json.dumps(lineage)
    found = tonne(None, "certificate", "find", "ERS:ERS-0-17-BR-VRU-2023-4-1-50")["found"]
    assert found[0]["certificate"] == number
    file = tmp_path / "cadt.json"
    tonne(None, "export", "cadt", file)
    assert "ERS" in file.read_text(encoding="utf-8")
    tonne(None, "export", "check", file)
    _sound(town)

    # Without the file, or with another than the one on record, the number stays unread, and is said to be.
    monkeypatch.setattr(registry_descriptors, "FOLDERS", registry_descriptors.FOLDERS[:1])
    told = tonne(None, "certificate", "verify", number)
    assert [c["passed"] for c in told["checks"] if c["about"] == read] == [None]


def _number(town, receipt):
    return next(e for e in town.chain.events(receipt) if e.name == "UnitsRetired")["certificate"]


def test_wrong_rows_come_in_never_and_a_second_run_changes_nothing(town, tonne, tmp_path):
    """Every wrong row of the table beside one good one, on a chain."""
    extract = tmp_path / "wrong.csv"
    good = wrong_rows.GOOD | {"serial": "ACR-US-192-2010-205-1 to 100"}
    with extract.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(good))
        writer.writeheader()
        writer.writerows([*(wrong_rows.GOOD | change for change, _, _ in wrong_rows.WRONG), good])
    trader = town.market.people["trader"].address

    def bring():
        answers = tonne("authority", "offsets", "import", extract, "--to", trader)["answers"]
        for (_, code, field), answer in zip(wrong_rows.WRONG, answers[:-1], strict=True):
            assert (answer["code"], answer["field"], answer["accepted"]) == (code, field, False)
        return answers[-1]["code"]

    assert bring() == "OFFSET_IMMOBILISED"
    unit = town.chain.call("Immobilisation", "batchAt", 1)
    assert town.chain.call("OffsetCredits", "totalSupply", unit) == 100
    block = town.chain.block_number()
    assert bring() == "OFFSET_STANDS"
    assert town.chain.block_number() == block
    _sound(town)


def test_a_serial_used_elsewhere_is_found_with_day_and_beneficiary(tonne, brought):
    told = tonne(None, "certificate", "find", f"ERS:{USED}")
    (use,) = told["usedElsewhere"]
    assert told["found"] == []
    assert use["use"] == "retired in its own registry on 2026-04-10 for Example Airlines"
    (node,) = tonne(None, "trace", f"ERS:{USED}")["lineage"]
    assert "Example Airlines" in node["facts"]["where"]
    never = "ERS-0-17-BR-VRU-2023-4-6000-6001"
    refused = tonne(None, "certificate", "find", f"ERS:{never}", status=1)["error"]
    assert refused["code"] == "SERIAL_NOT_HERE"


def test_a_use_is_undone_by_two_offices(town, tonne, brought):
    refused = tonne(
        "authority", "registry", "contest", f"ERS:{SERIAL[:-6]}2-3", "--reason", "x", status=1
    )
    assert refused["error"]["code"] == "SERIAL_NOT_USED"
    tonne("authority", "registry", "contest", f"ERS:{USED}", "--reason", "it was ours")
    alone = tonne("authority", "registry", "undo", f"ERS:{USED}", status=1)["error"]
    assert alone["code"] == "SERIALS_NOT_PROPOSED"
    developer = town.market.people["developer"]
    town.chain.send(
        town.market.people["authority"], "Schemes", "grantOffice", developer, 1, 0, DISPUTE
    )
    tonne("developer", "registry", "undo", f"ERS:{USED}")
    refused = tonne(None, "certificate", "find", f"ERS:{USED}", status=1)["error"]
    assert refused["code"] == "SERIAL_NOT_HERE"
    _sound(town)


def test_another_descriptor_is_proposed_and_adopted(town, tonne, file, brought):
    changed = file.with_name("changed.toml")
    changed.write_text(ERS.replace("999999999", "1000000"), encoding="utf-8")
    refused = tonne("authority", "registry", "add", changed, status=1)["error"]
    assert refused["code"] == "DESCRIPTOR_OTHER"
    developer = town.market.people["developer"]
    town.chain.send(
        town.market.people["authority"], "Schemes", "grantOffice", developer, 1, 0, DISPUTE
    )
    tonne("authority", "registry", "propose", changed)
    tonne("developer", "registry", "adopt", changed)
    # Until the file on record is at hand, nothing is read by the former one.
    assert brought() == ["DESCRIPTOR_OTHER", "DESCRIPTOR_OTHER"]
    (registry_descriptors.FOLDERS[-1] / "ers.toml").write_bytes(changed.read_bytes())
    assert brought() == ["OFFSET_STANDS", "OFFSET_STANDS"]
    _sound(town)


def test_another_scheme_is_admitted_by_the_keeper(town, tonne, file, brought):
    tonne("authority", "registry", "admit", "ERS", 2)
    assert town.chain.call("Immobilisation", "isAdmitted", 2, 2)
    tonne("authority", "registry", "admit", "ERS", 2, "--end")
    assert not town.chain.call("Immobilisation", "isAdmitted", 2, 2)
    refused = tonne("trader", "registry", "admit", "ERS", 2, status=1)["error"]
    assert refused["code"] == "SCHEMES_NO_POWER"
    refused = tonne("authority", "registry", "admit", "NONE", 2, status=1)["error"]
    assert refused["code"] == "REGISTRY_NOT_ADDED"
    _sound(town)


def test_a_request_costs_a_bond_that_comes_back_with_the_units(town, tonne, brought):
    chain, trader = town.chain, town.market.people["trader"]
    bond, before = (
        chain.call("Immobilisation", "BOND"),
        chain.call("SettlementCurrency", "balanceOf", trader),
    )
    assert bond > 0
    serial = "ERS-0-17-BR-VRU-2023-4-5001-5100"
    for n in (1, 2):
        tonne("trader", "offsets", "request", 1, serial, "--evidence", "statement")
        assert chain.call("SettlementCurrency", "balanceOf", trader) == before - n * bond
        if n == 1:
            tonne("authority", "offsets", "revert", 1, "--reason", "not locked there")
    tonne("authority", "offsets", "finalise", 2, "--evidence", "locked")
    asset = int(chain["SettlementCurrency"].address, 16)
    payee = town.market.participants["trader"]
    assert chain.call("Immobilisation", "payoutOf", payee, asset) == bond
    assert tonne("trader", "offsets", "bond")["bond"] == bond
    assert chain.call("SettlementCurrency", "balanceOf", trader) == before - bond
    refused = tonne("trader", "offsets", "bond", status=1)["error"]
    assert refused["code"] == "PAYOUTS_NOTHING_OWED"
    other = serial.replace("BR", "CN")
    refused = tonne("trader", "offsets", "request", 1, other, "--evidence", "statement", status=1)
    assert (refused["error"]["code"], refused["error"]["field"]) == (
        "EXTRACT_CONTRADICTS",
        "country",
    )
    _sound(town)
