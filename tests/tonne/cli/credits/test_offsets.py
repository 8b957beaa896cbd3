"""`tonne offsets`: an extract in, twice; a block asked for, made final, released and given back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tonne import cli
from tonne.audit.reconcile import audit
from tonne.crypto import keystore
from tonne.units import registry_extracts

EXTRACT = Path(__file__).resolve().parents[5] / "shared" / "data" / "offset_events.csv"

COLUMNS = registry_extracts.COLUMNS
VERRA = "VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0"


def _row(serial: str, tonnes: int, event: str = "issuance", registry: str = "VERRA") -> dict:
    return {
        "registry": registry,
        "event": event,
        "date": "2026-01-01",
        "project_id": "2498",
        "project_type": "Agriculture Forestry and Other Land Use",
        "methodology": "VM0015",
        "country": "Paraguay",
        "vintage_start": "2020-01-01",
        "vintage_end": "2020-11-19",
        "quantity_t": str(tonnes),
        "serial": serial,
    }


#: Three adjacent blocks, one that overlaps two of them, one used elsewhere, one without a serial number.
ROWS = (
    _row(f"13488-505982056-505982352-{VERRA}", 297),
    _row(f"13488-505972385-505973109-{VERRA}", 725),
    _row(f"13488-505973110-505982055-{VERRA}", 8_946),
    _row(f"13488-505973000-505973200-{VERRA}", 201),
    _row(f"13488-505982353-505982400-{VERRA}", 48, "retirement"),
    _row("", 1_000),
)


class _Shell:
    def __init__(self, town, folder, capsys, monkeypatch):
        self.town, self.folder, self.capsys = town, folder, capsys
        monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
        monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
        monkeypatch.setenv("TONNE_PASSPHRASE_FILE", str(folder / "passphrase.txt"))
        (folder / "passphrase.txt").write_text("x\n")
        for name in ("authority", "east", "trader"):
            keystore.write(folder / f"{name}.json", town.market.people[name], "x", keystore.WEAK)

    def run(self, who, *arguments, status=0):
        """What `tonne offsets` prints for machines."""
        key = ("--keystore", str(self.folder / f"{who}.json")) if who else ()
        return self.command("offsets", *arguments, *key, status=status)

    def command(self, *arguments, status=0):
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, arguments), "--json"])
        out = self.capsys.readouterr().out
        assert (ended.value.code or 0) == status, out
        return json.loads(out)

    def text(self, *arguments):
        with pytest.raises(SystemExit):
            cli.main(["offsets", *map(str, arguments)])
        return " ".join(self.capsys.readouterr().out.split())

    def bring(self, rows=ROWS, *more):
        """Imports rows for the trader; the codes, in the order of the file."""
        file = self.folder / "extract.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        trader = self.town.market.people["trader"].address
        done = self.run("authority", "import", file, "--to", trader, *more)
        return [answer["code"] for answer in done["answers"]]

    def held(self, batch=1):
        chain = self.town.chain
        id_ = chain.call("Immobilisation", "batchAt", batch)
        return chain.call("OffsetCredits", "balanceOf", self.town.market.people["trader"], id_)

    def sound(self):
        found = audit(self.town.chain, self.town.deployment.first_block)
        assert found.differences == []
        assert found.compared["Immobilisation"] > 0


@pytest.fixture
def shell(town, tmp_path, capsys, monkeypatch):
    return _Shell(town, tmp_path, capsys, monkeypatch)


ANSWERS = [
    "OFFSET_IMMOBILISED",
    "OFFSET_IMMOBILISED",
    "OFFSET_IMMOBILISED",
    "OFFSET_OVERLAP",
    "OFFSET_RECORDED",
    "SERIAL_MISSING",
]


def test_an_extract_comes_in_once_and_a_dry_run_changes_nothing(shell):
    chain = shell.town.chain
    block = chain.block_number
    assert shell.bring(ROWS, "--dry-run") == ANSWERS
    assert chain.block_number == block

    assert shell.bring() == ANSWERS
    assert shell.held() == 297 + 725 + 8_946
    block = chain.block_number
    again = shell.bring()
    assert [code for code in again if code != "OFFSET_STANDS"] == [
        "OFFSET_OVERLAP",
        "SERIAL_MISSING",
    ]
    assert chain.block_number == block
    # Released in between, it does not come back by the same file.
    shell.run("trader", "release", 1, 297)
    shell.run("authority", "finalise", 1, "--evidence", "unlocked")
    assert shell.bring()[0] == "OFFSET_STANDS"
    shell.sound()


def test_a_report_names_every_row(shell):
    report = shell.folder / "answers.json"
    shell.bring(ROWS[:4], "--dry-run")
    shell.run("authority", "import", shell.folder / "extract.csv", "--dry-run", "--report", report)
    answers = json.loads(report.read_text("utf-8"))
    assert [a["line"] for a in answers] == [2, 3, 4, 5]
    assert answers[3]["remedy"] and not answers[3]["accepted"]
    said = shell.text("import", shell.folder / "extract.csv", "--dry-run")
    assert "OFFSET_OVERLAP" in said and "Nothing was changed" in said


def test_units_need_a_wallet(shell):
    shell.bring(ROWS[:1], "--dry-run")
    file = shell.folder / "extract.csv"
    refused = shell.run("authority", "import", file, status=1)
    assert refused["error"]["code"] == "OFFSET_NO_WALLET"


def test_a_wallet_that_is_none_stops_an_import_before_it_begins(shell):
    shell.bring(ROWS[:1], "--dry-run")
    file = shell.folder / "extract.csv"
    for wallet in ("nobody", "0x12", "9999"):
        refused = shell.run("authority", "import", file, "--to", wallet, status=1)
        assert (refused["error"]["code"], refused["error"]["field"]) == (
            "PARTY_UNKNOWN",
            "receiver",
        )
    assert shell.town.chain.call("Immobilisation", "batchCount") == 0


def test_what_only_officers_do_is_refused_to_others(shell):
    shell.bring(ROWS[:1], "--dry-run")
    file, trader = shell.folder / "extract.csv", shell.town.market.people["trader"].address
    refused = shell.run("trader", "import", file, "--to", trader, status=1)
    assert refused["error"]["code"] == "SCHEMES_NO_POWER"


def test_a_block_is_asked_for_made_final_released_and_given_back(shell):
    shell.bring(ROWS[:1])
    serial = f"13488-505972385-505973109-{VERRA}"
    asked = shell.run("trader", "request", 1, serial, "--evidence", "account statement")
    assert asked == {"request": 1, "batch": 1, "tonnes": 725}
    assert "requested" in shell.text("show", serial)
    shell.run("trader", "revert", 1, "--reason", "not mine")
    assert "Nothing of it" in shell.text("show", serial)
    shell.run("trader", "request", 1, serial, "--evidence", "account statement")
    refused = shell.run("trader", "finalise", 2, "--evidence", "locked", status=1)
    assert refused["error"]["code"] == "SCHEMES_NO_POWER"
    done = shell.run("authority", "finalise", 2, "--evidence", "locked")
    assert done["blocks"] == [{"first": 505_972_385, "last": 505_973_109}]
    assert shell.held() == 297 + 725

    shell.run("trader", "release", 1, 400)
    assert "release" in shell.text("list")
    shell.run("trader", "revert", 3, "--reason", "changed my mind")
    assert shell.held() == 297 + 725
    shell.run("trader", "release", 1, 400)
    gone = shell.run("authority", "finalise", 4, "--evidence", "unlocked")
    assert gone["blocks"] == [
        {"first": 505_982_056, "last": 505_982_352},
        {"first": 505_972_385, "last": 505_972_487},
    ]
    assert shell.held() == 622
    assert shell.run(None, "list")["batches"][0]["here"] == 622
    assert len(shell.run(None, "show", 1)["blocks"]) == 2
    assert "Nothing of it" in shell.text("show", f"13488-505982056-505982352-{VERRA}")
    shell.sound()


OPENING = (
    *("open", "verra", "--project", "2498", "--vintage", 2020, "--country", "Paraguay"),
    *("--account", "4711", "--kind", "land", "--methodology", "VM0042"),
)


def test_an_officer_opens_a_registry_and_a_batch_that_holders_ask_into(shell):
    refused = shell.run("trader", *OPENING, status=1)
    assert refused["error"]["code"] == "SCHEMES_NO_POWER"
    done = shell.run("authority", *OPENING)
    assert done == {
        "registry": 2, "name": "VERRA", "opened": True, "batch": 1, "batchOpened": True
    }  # fmt: skip
    serial = f"13488-505972385-505973109-{VERRA}"
    shell.run("trader", "request", 1, serial, "--evidence", "account statement")
    shell.run("authority", "finalise", 1, "--evidence", "locked")
    assert shell.held() == 725
    (batch,) = shell.run(None, "list")["batches"]
    told = [batch[name] for name in ("registry", "project", "vintage", "hostCountry", "account")]
    assert told == ["VERRA", "2498", 2020, 600, "4711"]
    # What stands open is named; another project's batch is another.
    block = shell.town.chain.block_number()
    again = shell.run("authority", *OPENING)
    assert (again["opened"], again["batch"], again["batchOpened"]) == (False, 1, False)
    assert shell.town.chain.block_number() == block
    assert shell.run("authority", *OPENING, "--removal")["batch"] == 2
    assert shell.run("authority", "open", "GOLD") == {
        "registry": 3, "name": "GOLD", "opened": True
    }  # fmt: skip
    shell.sound()


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("open", "NONE"), "REGISTRY_UNKNOWN", "registry"),
        (("open", "VERRA", "--project", "1"), "OFFSET_ARGUMENT", "vintage"),
        (("open", "VERRA", "--project", "1", "--vintage", 2020), "OFFSET_ARGUMENT", "account"),
        ((*OPENING, "--kind", "fire"), "OFFSET_ARGUMENT", "kind"),
        ((*OPENING, "--country", "Atlantis"), "COUNTRY_UNKNOWN", "country"),
        (("clear", "x"), "OFFSET_ARGUMENT", "unit"),
    ],
)
def test_what_cannot_be_opened_is_refused_before_it_is_sent(shell, arguments, code, field):
    block = shell.town.chain.block_number()
    error = shell.run("authority", *arguments, status=1)["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert shell.town.chain.block_number() == block


def test_an_invalid_batch_ends_in_the_ledger_in_orders_and_on_wallets(shell):
    town = shell.town
    chain, unit, people = town.chain, town.market.credit, town.market.people
    refused = shell.run("trader", "clear", unit, status=1)["error"]
    assert refused["code"] == "INVALID_NOT_DECLARED"
    for function, args in (("setLocked", (unit, True)), ("invalidate", (unit,))):
        chain.send(people["authority"], "BatchDesk", function, *args, b"\1" * 32)
    supply = chain.call("OffsetCredits", "totalSupply", unit)

    told = shell.run(None, "clear", unit, "--dry-run")

    developer = str(town.market.participants["developer"])
    assert (told["ledger"], told["cleared"]) == ({developer: 7_000}, False)  # all of it offered
    assert sum(told["wallets"].values()) + 7_000 == supply
    assert set(told["wallets"]) == {people[n].address for n in ("developer", "trader")}
    assert chain.call("OffsetCredits", "totalSupply", unit) == supply
    assert shell.run("trader", "clear", unit)["cleared"]
    assert chain.call("OffsetCredits", "totalSupply", unit) == 0
    assert "0 lots of 0 accounts in the ledger, 0 t on 0 wallets" in shell.text("clear", unit)
    assert audit(chain, town.deployment.first_block).differences == []


def test_what_does_not_wait_or_is_not_there_is_said(shell):
    refused = shell.run("authority", "finalise", 1, "--evidence", "x", status=1)
    assert refused["error"]["code"] == "OFFSET_NO_REQUEST"
    refused = shell.run("trader", "release", 1, 5, status=1)
    assert refused["error"]["code"] == "OFFSET_BATCH_UNKNOWN"


@pytest.mark.skipif(not EXTRACT.exists(), reason="needs the registry extracts")
def test_all_rows_of_the_extracts_are_answered_and_stand_the_second_time(shell):
    trader = shell.town.market.people["trader"].address
    first = shell.run("authority", "import", EXTRACT, "--to", trader)
    assert {(c["code"], c["event"]): c["rows"] for c in first["counts"]} == {
        ("OFFSET_RECORDED", "retirement"): 200,
        ("OFFSET_RECORDED", "cancellation"): 50,
        ("OFFSET_IMMOBILISED", "issuance"): 97,
        ("EXTRACT_CONTRADICTS", "issuance"): 3,
        ("SERIAL_MISSING", "issuance"): 100,
    }
    block = shell.town.chain.block_number
    second = shell.run("authority", "import", EXTRACT, "--to", trader)
    assert sum(c["rows"] for c in second["counts"] if c["code"] == "OFFSET_STANDS") == 347
    assert shell.town.chain.block_number == block
    shell.sound()

    # Blocks from all over the world, each in a country that the export can name.
    file = shell.folder / "units.json"
    written = shell.command("export", "cadt", file)
    assert written["unlisted_countries"] == ["Malawi", "Sierra Leone"]
    refused = {a["serial"] for a in first["answers"] if a["code"] == "EXTRACT_CONTRADICTS"}
    units = json.loads(file.read_text("utf-8"))["units"]
    brought = [u for u in units if "original serial: " in u.get("unitTags", "")]
    assert sum(u["unitCount"] for u in brought) == sum(
        int(row["quantity_t"])
        for row in csv.DictReader(EXTRACT.open(encoding="utf-8"))
        if row["event"] == "issuance" and row["serial"] not in ("", *refused)
    )
