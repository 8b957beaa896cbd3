"""`tonne energy interval`, `bill`, `complain`, `credit bill pay --meter`: a resident with a key."""

from __future__ import annotations

import csv
import json
from decimal import Decimal

import pytest

from tonne import cli, paths
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.power.meter_bills import owed
from tonne.power.settlement_runs import line_tree
from tonne.power.shown_lines import encrypt
from tonne.sandbox import town_day
from tonne.units.energy_credits import credits

LAST = town_day.PER_DAY - 1


@pytest.fixture
def tonne(street_day, tmp_path, capsys, monkeypatch):
    """Runs a command, as `who` of the town, and returns what it printed for machines, or its error."""
    monkeypatch.setenv("TONNE_RPC", street_day.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(street_day.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("household", "neighbour", "retailer", "south"):
        account = street_day.town.who[name]
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


@pytest.fixture
def date(street_day):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(street_day.day.start, UTC).date().isoformat()


def _answer(street_day, name="household", index=LAST):
    """The operator shows what was asked for last."""
    town, day = street_day.town, street_day.day
    asked = town.chain.logs("PowerSettlement", "LineAsked")[-1]
    place, line = day.line(index, town.accounts[name])
    proof = line_tree(day.lines[index]).proof(place)
    shown = encrypt(place, line, proof, (asked["x"], asked["y"]), b"\x05" * 32)
    about = (asked["node"], asked["interval"], asked["account"])
    town.send("grid_operator", "PowerSettlement", "answer", *about, shown)


def test_a_resident_asks_reads_pays_and_prints(street_day, tonne, date, tmp_path):
    town, day = street_day.town, street_day.day
    line = day.last_line(town.accounts["household"])
    asked = tonne("energy", "interval", 1, "--day", date, who="household")
    assert (asked["answered"], asked["account"]) == (False, town.accounts["household"])
    again = tonne("energy", "interval", 1, "--day", date, who="household")
    assert again["deadline"] == asked["deadline"]
    _answer(street_day)
    shown = tonne("energy", "interval", 1, "--day", date, who="household")
    assert (shown["answered"], shown["dayNet"], shown["lines"]) == (True, line.day.net, 3)

    bill = tonne("energy", "bill", "--meter", 1, who="household")
    assert (bill["day"], bill["due"], bill["payment"]) == (date, owed(line), None)
    assert bill["supplier"] == town.numbers["retailer"]
    wrong = tonne("credit", "bill", "pay", 1, 1, "3", "--meter", 1, who="household", status=1)
    assert (wrong["code"], wrong["field"]) == ("BILL_OTHER_AMOUNT", "amount")
    paid = tonne("credit", "bill", "pay", "--meter", 1, who="household")
    assert (paid["amount"], paid["shares"]["sale"]) == (owed(line), owed(line))
    assert (paid["tariff"], paid["series"]) == (town.tariff, 1)
    twice = tonne("credit", "bill", "pay", "--meter", 1, who="household", status=1)
    assert twice["code"] == "BILL_PAID"

    folder = tmp_path / "bill"
    said = tonne(
        *("energy", "bill", "--meter", 1, "--day", date, "--page", folder),
        who="household",
        as_json=False,
    )
    assert "Nothing is left to pay" in said
    page = (folder / "index.html").read_text()
    for words in (
        "Bill of meter 1",
        "Nothing is left to pay",
        line.salt.hex(),
        "energy complain 1",
        "0.04 credits per kWh taken",
        "23:45:00 (UTC)",
    ):
        assert words in page


def test_an_interval_has_the_price_that_its_amount_comes_from(street_day, tonne, date, tmp_path):
    """The reference, since nobody bid; by the figures of the page's file it is reckoned again."""
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    tonne("energy", "bill", "--meter", 1, "--page", tmp_path, who="household")
    with (tmp_path / "data" / "intervals.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row.pop("interval").endswith("23:45:00 (UTC)")
    taken, fed_in, losses, price, amount, fee = map(Decimal, row.values())
    assert (price, fed_in) == (Decimal("0.25"), 0)
    assert abs((taken + losses) * price + amount) < Decimal("0.00001")
    assert abs(taken * Decimal("0.04") + fee) < Decimal("0.00001")


def test_a_resident_without_a_meters_number_is_told_to_name_it(tonne, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "HOME", tmp_path)
    told = tonne("energy", "bill", who="household", status=1)
    assert told["code"] == "ENERGY_NO_REPORT"
    assert "tonne energy bill --meter METER" in told["remedy"]


def test_the_plant_settles_for_itself_and_has_no_bill_to_pay(street_day, tonne, date):
    tonne("energy", "interval", 3, "--day", date, who="south")
    _answer(street_day, "south")
    bill = tonne("energy", "bill", "--meter", 3, who="south")
    assert (bill["supplier"], bill["due"]) == (None, 0)
    assert bill["listed"] > 0
    said = tonne("energy", "bill", "--meter", 3, who="south", as_json=False)
    assert "settled with your own account" in said
    told = tonne("credit", "bill", "pay", "--meter", 3, who="south", status=1)
    assert told["code"] == "BILL_NOTHING_DUE"


def test_a_bill_that_several_tariffs_divide_is_paid_by_the_one_that_is_named(
    street_day, tonne, date
):
    town, day = street_day.town, street_day.day
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    retailer = town.numbers["retailer"]
    more = (0, 0, 0, 0, 0, 0, retailer, 900_000, retailer, town.scheme, False)
    town.send("supervisor", "CreditBills", "publishTariff", more, town.place)
    pay = ("credit", "bill", "pay")
    told = tonne(*pay, "--meter", 1, who="household", status=1)
    assert (told["code"], told["value"]) == (
        "BILL_TARIFF_CHOICE",
        f"{town.tariff}, {town.tariff + 1}",
    )
    town.send("supervisor", "CreditBills", "closeTariff", town.tariff)
    town.send("supervisor", "CreditBills", "closeTariff", town.tariff + 1)
    told = tonne(*pay, "--meter", 1, who="household", status=1)
    assert (told["code"], told["field"]) == ("BILL_NO_TARIFF", "tariff")
    town.send("supervisor", "CreditBills", "publishTariff", more, town.place)
    due = owed(day.last_line(town.accounts["household"]))
    typed = credits(due)
    paid = tonne(*pay, town.tariff + 2, 1, typed, "--meter", 1, who="household")
    assert (paid["amount"], paid["tariff"]) == (due, town.tariff + 2)


def test_a_bill_is_paid_in_the_series_that_there_is_enough_of(street_day, tonne, date):
    town = street_day.town
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    chain, wallet = town.chain, town.who["household"]
    held = chain.call("EnergyCredits", "balanceOf", wallet, town.series)
    town.send("household", "EnergyCredits", "redeem", town.series, held - 1, b"\x01" * 32)
    told = tonne("credit", "bill", "pay", "--meter", 1, who="household", status=1)
    assert (told["code"], told["value"]) == ("CREDIT_SERIES_SHORT", "1")


def test_an_interval_is_named_by_its_start(street_day, tonne, date):
    told = tonne("energy", "interval", 1, "--day", date, "--at", "11:30", who="household")
    assert told["interval"] == street_day.day.interval(46)
    for at in ("11:35", "24:00", "noon"):
        told = tonne("energy", "interval", 1, "--day", date, "--at", at, who="household", status=1)
        assert told["code"] == "LINE_NO_START"


def test_lines_are_asked_for_in_their_time_by_a_key(street_day, tonne, date):
    ask = ("energy", "interval", 1, "--day")
    late = tonne(*ask, "2021-01-01", who="household", status=1)
    assert late["code"] == "LINE_NOT_YET"
    window = street_day.chain.call("PowerSettlement", "WINDOW")
    street_day.town.at(street_day.chain.now() + window // 2 + 60)
    assert tonne(*ask, date, who="household", status=1)["code"] == "LINE_TOO_LATE"


def test_a_complaint_asks_first_and_acts_when_the_operator_was_silent(street_day, tonne, date):
    complain = ("energy", "complain", 1, "--day", date)
    asked = tonne(*complain, who="household")
    waiting = tonne(*complain, who="household")
    assert (waiting["ground"], waiting["sent"]) == ("waiting", False)
    street_day.town.at(asked["deadline"] + 1)
    told = tonne(*complain, who="household")
    assert (told["ground"], told["sent"]) == ("silence", True)
    assert street_day.chain.logs("PowerSettlement", "RunFailed")


def test_a_bill_that_is_no_meters_has_an_amount_and_a_reference(tonne):
    told = tonne("credit", "bill", "pay", who="household", status=1)
    assert (told["code"], told["field"]) == ("BILL_NO_AMOUNT", "tariff")
    told = tonne("credit", "bill", "pay", 1, 1, who="household", status=1)
    assert (told["code"], told["field"]) == ("BILL_NO_AMOUNT", "amount")
    told = tonne("credit", "bill", "pay", 1, 1, "2", who="household", status=1)
    assert told["field"] == "ref"
    paid = tonne("credit", "bill", "pay", 1, 1, "2", "--ref", "chimney", who="household")
    assert paid["amount"] == 2_000_000
