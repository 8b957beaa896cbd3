"""`tonne energy interval`, `bill`, `complain`, `credit bill pay --meter`: a resident with a key."""

from __future__ import annotations

import csv
import json
import subprocess
from dataclasses import replace
from decimal import Decimal

import pypdfium2
import pytest

from tests.patience import HANGING_S
from tests.tonne.cli.energy.residents import tonne as tonne
from tests.tonne.power.test_complaints import bond_again
from tests.web.conftest import chromium
from tonne import paths
from tonne.chain import clock
from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.power import meter_bills
from tonne.power.account_consents import consented
from tonne.power.asked_lines import AskedLine
from tonne.power.encoding import Payment
from tonne.power.meter_bills import owed
from tonne.power.settlement_runs import DaySums, line_tree
from tonne.power.shown_lines import address_of, encrypt
from tonne.sandbox import town_day
from tonne.units.energy_credits import credits

LAST = town_day.PER_DAY - 1


@pytest.fixture
def date(unlisted_day):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(unlisted_day.day.start, UTC).date().isoformat()


def _answer(street_day, name="household", index=LAST, nth=-1):
    """The operator shows what was asked for last; the line before the day's last is asked for ahead of it."""
    town, day = street_day.town, street_day.day
    asked = town.chain.logs("PowerSettlement", "LineAsked")[nth]
    place, line = day.line(index, town.accounts[name])
    proof = line_tree(day.lines[index]).proof(place)
    shown = encrypt(place, line, proof, (asked["x"], asked["y"]), b"\x05" * 32)
    place = tuple(asked[name] for name in ("node", "interval", "account", "byKey"))
    key = address_of((asked["x"], asked["y"]))
    town.send("grid_operator", "PowerSettlement", "answer", *place, key, shown)


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
    if chromium() is not None:
        assert _pages_printed(folder) == 1


def _pages_printed(folder):
    """Sheets of A4 that a browser prints the page of a folder on."""
    paper = folder / "bill.pdf"
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
    )
    command = [chromium(), *options, "--no-pdf-header-footer", f"--print-to-pdf={paper}"]
    page = (folder / "index.html").as_uri()
    subprocess.run([*command, page], check=True, capture_output=True, timeout=HANGING_S)
    return len(pypdfium2.PdfDocument(paper))


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


def test_what_is_paid_by_a_tariff_that_the_supplier_has_no_part_of_pays_no_bill(
    street_day, tonne, date
):
    """References are known to all: a stranger pays itself under the bill's, of any amount."""
    town = street_day.town
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    before = tonne("energy", "bill", "--meter", 1, who="household")
    other = town.numbers["south"]
    foreign = (0, 0, 0, 0, 0, 0, other, 900_000, other, town.scheme, False)
    town.send("supervisor", "CreditBills", "publishTariff", foreign, town.place)
    reference = meter_bills.reference(1, street_day.day.number)
    chain, wallet = town.chain, town.who["neighbour"]
    chain.send(wallet, "EnergyCredits", "setApprovalForAll", chain["CreditBills"], True)
    words = (town.tariff + 1, town.series, before["due"], reference, 0)
    chain.send(wallet, "CreditBills", "payBill", *words)
    after = tonne("energy", "bill", "--meter", 1, who="household")
    assert (after["payment"], after["due"]) == (None, before["due"])
    pay = ("credit", "bill", "pay", town.tariff + 1, "--meter", 1)
    told = tonne(*pay, who="household", status=1)
    assert (told["code"], told["field"], told["value"]) == (
        "BILL_OTHER_TARIFF",
        "tariff",
        str(town.tariff + 1),
    )
    paid = tonne("credit", "bill", "pay", "--meter", 1, who="household")
    assert paid["amount"] == before["due"]
    again = tonne("energy", "bill", "--meter", 1, who="household")
    assert again["payment"] is not None


def test_an_award_goes_to_no_account_that_another_opened_for_a_wallets_address(
    false_list, tonne, date, tmp_path
):
    """Its credits would be that one's: refused until the wallet is the participant's, whose they are then."""
    town = false_list.town
    tonne("energy", "complain", 1, "--day", date, who="household")
    purse = Account.from_seed("purse")
    keystore.write(tmp_path / "purse.json", purse, "x", keystore.WEAK)
    town.send("household", "Participants", "addWallet", purse, 31)
    opened = consented(town.chain, town.numbers["retailer"], [purse])
    town.send("retailer", "PowerMarket", "openPseudonyms", opened)
    award = ("energy", "award", "--to", "purse")
    told = tonne(*award, who="household", status=1)
    assert (told["code"], told["field"]) == ("ACCOUNT_OF_OTHER", "to")
    assert f"Participant {town.numbers['retailer']} opened" in told["message"]
    town.chain.fund([purse])
    town.chain.send(purse, "Participants", "confirmWallet", town.numbers["household"])
    taken = tonne(*award, who="household")
    assert taken["to"] == town.numbers["household"]


def test_an_owners_interval_is_of_its_own_account_though_another_opened_one_for_its_wallet(
    street_day, tonne, date, tmp_path
):
    town, chain = street_day.town, street_day.town.chain
    purse = Account.from_seed("purse")
    keystore.write(tmp_path / "purse.json", purse, "x", keystore.WEAK)
    town.send("south", "Participants", "addWallet", purse, 31)
    opened = consented(town.chain, town.numbers["retailer"], [purse])
    town.send("retailer", "PowerMarket", "openPseudonyms", opened)
    town.send(
        "retailer",
        "PowerSettlement",
        "join",
        town.node,
        [chain.call("PowerMarket", "pseudonymOf", purse)],
    )
    chain.fund([purse])
    chain.send(purse, "Participants", "confirmWallet", town.numbers["south"])
    asked = tonne("energy", "interval", town.meters["south"], "--day", date, who="purse")
    assert asked["account"] == town.numbers["south"]


def test_one_accounts_day_is_paid_once_though_two_meters_are_billed_by_it(street_day, tonne, date):
    town, day = street_day.town, street_day.day
    second = town.meters["neighbour"]
    town.send("authority", "MeterOracle", "setReaders", [second], [town.who["household"]])
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    due = owed(day.last_line(town.accounts["household"]))
    paid = tonne("credit", "bill", "pay", "--meter", 1, who="household")
    assert paid["amount"] == due
    bill = tonne("energy", "bill", "--meter", second, who="household")
    assert (bill["account"], bill["payment"] is None) == (town.accounts["household"], False)
    again = tonne("credit", "bill", "pay", "--meter", second, who="household", status=1)
    assert again["code"] == "BILL_PAID"


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
    assert waiting["until"] == asked["deadline"]
    said = tonne(*complain, who="household", as_json=False)
    assert str(asked["deadline"]) not in said
    assert f"until {clock.shown(asked['deadline'], _zone(street_day))}" in said
    street_day.town.at(asked["deadline"] + 1)
    told = tonne(*complain, who="household")
    assert (told["ground"], told["sent"]) == ("silence", True)
    assert street_day.chain.logs("PowerSettlement", "RunFailed")


def _zone(street_day):
    return clock.zone_of(street_day.chain, 1)


# Days that are false


def _list_with(unlisted_day, more):
    """The operator's list takes so much more [micro-credit] from the household, for the neighbour."""
    town, day = unlisted_day.town, unlisted_day.day
    shift = {town.accounts["household"]: -more, town.accounts["neighbour"]: more}
    paid = [Payment.unpack(word) for word in day.words]
    words = [p._replace(amount=p.amount + shift.get(p.account, 0)).pack() for p in paid]
    town_day.announce(town, replace(day, words=words))


MORE = 2_000_000


@pytest.fixture
def false_list(unlisted_day, tonne, date):
    """The household was shown its line, and the list takes more than it says."""
    _list_with(unlisted_day, MORE)
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(unlisted_day)
    return unlisted_day


def test_a_list_that_takes_more_than_the_line_is_told_of_and_not_paid(
    false_list, tonne, date, tmp_path
):
    """A share of the surplus it is not: the day has none."""
    net = false_list.day.last_line(false_list.town.accounts["household"]).day.net
    bill = tonne("energy", "bill", "--meter", 1, who="household")
    assert (bill["listed"], bill["byLine"], bill["returned"]) == (net - MORE, net, 0)
    assert bill["listFalse"]
    said = tonne("energy", "bill", "--meter", 1, "--page", tmp_path, who="household", as_json=False)
    page = (tmp_path / "index.html").read_text()
    for told in (said, page):
        assert "THE LIST IS FALSE" in told
        assert f"-{credits(-net + MORE)} credits" in told
        assert f"comes to -{credits(-net)}" in told
        assert f"tonne energy complain 1 --day {date}" in told
        assert "surplus" not in told
        assert "credit bill pay" not in told
    held = tonne("credit", "account", who="household", as_json=False)
    assert "the list is false" in held
    refused = tonne("credit", "bill", "pay", "--meter", 1, who="household", status=1)
    assert (refused["code"], refused["value"]) == ("BILL_LIST_FALSE", date)
    assert credits(-net) in refused["message"]
    assert f"tonne energy complain 1 --day {date}" in refused["remedy"]


def test_a_false_list_that_is_complained_of_falls_and_the_award_is_told(false_list, tonne, date):
    town = false_list.town
    half = town.chain.call("PowerSettlement", "BOND") // 2
    told = tonne("energy", "complain", 1, "--day", date, who="household")
    account = town.accounts["household"]
    assert (told["ground"], told["account"], told["award"]) == ("payment", account, half)
    gone = tonne("energy", "bill", "--meter", 1, who="household", status=1)
    assert (gone["code"], gone["value"]) == ("BILL_NO_LIST", date)
    bond_again(town)
    town_day.announce(town, false_list.day)
    bill = tonne("energy", "bill", "--meter", 1, who="household")
    assert not bill["listFalse"]


def test_the_award_waits_for_the_accounts_key(false_list, tonne, date):
    town = false_list.town
    half = credits(town.chain.call("PowerSettlement", "BOND") // 2)
    said = tonne("energy", "complain", 1, "--day", date, who="household", as_json=False)
    assert f"Account {town.accounts['household']} got {half} credits" in said
    assert "They wait for its key" in said and "tonne energy award --to" in said
    account = town.accounts["household"]
    assert credits(town.chain.call("PowerMarket", "awardOf", account)) == half


def test_the_award_is_taken_with_the_wallet_that_the_accounts_key_follows_from(
    false_list, tonne, date
):
    """No file has that key: it follows from the wallet's (`tonne energy key`)."""
    town = false_list.town
    account, neighbour = town.accounts["household"], town.numbers["neighbour"]
    tonne("energy", "complain", 1, "--day", date, who="household")
    half = town.chain.call("PowerSettlement", "BOND") // 2
    refused = tonne("energy", "award", "--to", "neighbour", who="retailer", status=1)
    assert (refused["code"], refused["field"]) == ("AWARD_NONE", "keystore")
    had = town.chain.call("PowerMarket", "accountOf", neighbour).free
    told = tonne("energy", "award", "--to", "neighbour", who="household")
    assert (told["account"], told["to"], told["amount"]) == (account, neighbour, half)
    assert town.chain.call("PowerMarket", "accountOf", neighbour).free == had + half
    again = tonne("energy", "award", "--to", "neighbour", who="household", status=1)
    assert again["code"] == "AWARD_NONE" and f"account {account}" in again["message"]


def test_a_false_list_is_paid_by_once_it_can_be_disputed_no_more(false_list, tonne, date):
    town = false_list.town
    town.at(town.chain.now() + town.chain.call("PowerSettlement", "WINDOW") + 1)
    said = tonne("energy", "bill", "--meter", 1, who="household", as_json=False)
    assert "cannot be disputed on the chain any more" in said
    late = tonne("energy", "complain", 1, "--day", date, who="household")
    assert (late["ground"], late["sent"]) == ("late", False)
    paid = tonne("credit", "bill", "pay", "--meter", 1, who="household")
    net = false_list.day.last_line(town.accounts["household"]).day.net
    assert paid["amount"] == -net + MORE


def test_false_sums_of_the_day_are_complained_of_by_the_line_before(
    street_day, tonne, date, monkeypatch
):
    """The last run falls, since it is not answered for, and comes again with sums that take a credit more."""
    town, complain = street_day.town, ("energy", "complain", 1, "--day", date)
    asked = tonne(*complain, who="household")
    both = {e["interval"] for e in town.chain.logs("PowerSettlement", "LineAsked")}
    assert both == {street_day.day.interval(LAST - 1), street_day.day.interval(LAST)}
    town.at(asked["deadline"] + 1)
    assert tonne(*complain, who="household")["ground"] == "silence"
    bond_again(town)
    false = replace(street_day, day=_day_of_false_sums(street_day, monkeypatch))
    again = tonne(*complain, who="household")
    assert again["deadline"] > asked["deadline"]
    _answer(false)
    waiting = tonne(*complain, who="household")
    assert (waiting["ground"], waiting["sent"]) == ("waiting", False)
    _answer(false, index=LAST - 1, nth=-2)
    bill = tonne("energy", "bill", "--meter", 1, who="household")
    assert (bill["sumFalse"], bill["listFalse"]) == (True, False)
    said = tonne("energy", "bill", "--meter", 1, who="household", as_json=False)
    assert "YOUR SUMS ARE FALSE" in said
    refused = tonne("credit", "bill", "pay", "--meter", 1, who="household", status=1)
    assert refused["code"] == "BILL_LIST_FALSE"
    told = tonne(*complain, who="household")
    assert (told["ground"], told["sent"]) == ("sums", True)


def _day_of_false_sums(street_day, monkeypatch):
    """The day, whose last run is posted anew with sums that do not go on from the line before."""
    town, real = street_day.town, town_day.lines_of
    shift = {town.accounts["household"]: -1_000_000, town.accounts["neighbour"]: 1_000_000}
    made = []

    def lines_of(*args):
        made.append(real(*args))
        if len(made) < town_day.PER_DAY:
            return made[-1]
        return [
            replace(x, day=DaySums(x.day.net + shift.get(x.account, 0), x.day.volume_wh))
            for x in made[-1]
        ]

    monkeypatch.setattr(town_day, "lines_of", lines_of)
    false = replace(street_day.day, lines=[])
    *_, run = town_day._runs(town, false)
    false.words = town_day._list(town, false)
    town.send(*run)
    town_day.announce(town, false)
    return false


def test_a_day_whose_run_fell_is_said_to_have_fallen(street_day, tonne, date):
    complain = ("energy", "complain", 1, "--day", date)
    asked = tonne(*complain, who="household")
    street_day.town.at(asked["deadline"] + 1)
    tonne(*complain, who="household")
    fell = tonne("energy", "bill", "--meter", 1, who="household", status=1)
    assert (fell["code"], fell["value"]) == ("LINE_RUN_FELL", date)
    assert "a new one is awaited" in fell["message"]
    ((meter, why),) = tonne("credit", "account", who="household")["unproved"]
    assert (meter, why.startswith(f"{date}: LINE_RUN_FELL")) == (1, True)


def test_a_day_that_has_no_bill_hides_no_other(street_day, tonne, date, monkeypatch):
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    number = street_day.day.number
    monkeypatch.setattr(meter_bills, "days_asked", lambda *_: [number - 1, number])
    told = tonne("credit", "account", who="household")
    assert [bill["day"] for bill in told["bills"]] == [date]
    assert len(told["unproved"]) == 1


@pytest.mark.parametrize("more", [-1, 2])
def test_the_sum_that_was_really_paid_is_told(street_day, tonne, date, more):
    """A list that fell since had another amount: what was paid by it is told, and the difference."""
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    due = owed(street_day.day.last_line(street_day.town.accounts["household"]))
    ref = f"bill of meter 1, day {street_day.day.number}"
    amount = due + more * 1_000_000
    tonne("credit", "bill", "pay", 1, 1, credits(amount), "--ref", ref, who="household")
    bill = tonne("energy", "bill", "--meter", 1, who="household")
    assert (bill["due"], bill["paid"]) == (due, amount)
    said = tonne("energy", "bill", "--meter", 1, who="household", as_json=False)
    if more > 0:
        assert f"You paid {credits(amount)} credits" in said
        assert "you paid 2 too much" in said
        twice = tonne("credit", "bill", "pay", "--meter", 1, who="household", status=1)
        assert twice["code"] == "BILL_PAID"
    else:
        assert f"You paid {credits(amount)} of {credits(due)} credits: 1 are left to pay" in said
        rest = tonne("credit", "bill", "pay", "--meter", 1, who="household")
        assert rest["amount"] == due - amount


def test_a_reading_that_the_line_is_not_on_is_refused(street_day, tonne, date, tmp_path):
    complain = ("energy", "complain", 1, "--day", date)
    tonne(*complain, who="household")
    _answer(street_day, index=LAST - 1, nth=-2)
    _answer(street_day)
    for name, index in (("household", 46), ("neighbour", LAST)):
        path = _receipt(street_day, tmp_path, name, index)
        told = tonne(*complain, "--reading", path, who="household", status=1)
        assert (told["code"], told["field"]) == ("LINE_READING_OTHER", "reading")
    path = _receipt(street_day, tmp_path, "household", LAST)
    good = tonne(*complain, "--reading", path, who="household", as_json=False)
    assert "figures agree" in good
    assert "no reading" not in good
    said = tonne(*complain, who="household", as_json=False)
    assert "tonne meters ask --meter 1" in said
    assert "ahead of the list" in said
    half = tonne(*complain, "--challenge", 1, who="household", status=1)
    assert half["code"] == "LINE_READING_CHALLENGE"


def _receipt(street_day, folder, name, index):
    leaves = street_day.day.leaves[index]
    path = folder / f"{name}-{index}.json"
    path.write_text(json.dumps(leaves.receipt(leaves.index_of(street_day.town.meters[name]))))
    return path


def test_a_supplier_that_asks_first_shuts_its_customer_out_of_no_line(
    street_day, tonne, date, tmp_path
):
    """Both are answered, and each reads its own answer."""
    town, file = street_day.town, tmp_path / "request.json"
    account = town.accounts["household"]
    about = ("--account", account, "--node", town.node, "--since", f"{date}T23:45:00Z")
    tonne("energy", "line", "ask", file, *about, who="retailer")
    asked = tonne("energy", "interval", 1, "--day", date, who="household")
    assert asked["answered"] is False
    events = town.chain.logs("PowerSettlement", "LineAsked")
    same = [e["byKey"] for e in events if e["interval"] == asked["interval"]]
    assert same == [False, True]
    _answer(street_day)
    net = street_day.day.last_line(account).day.net
    assert tonne("energy", "interval", 1, "--day", date, who="household")["dayNet"] == net
    assert tonne("energy", "line", "show", file)["state"] == "open"
    _answer(street_day, nth=0)
    assert tonne("energy", "line", "show", file)["dayNet"] == net
    assert tonne("energy", "bill", "--meter", 1, "--day", date, who="household")["due"] > 0


def test_a_supplier_asks_between_two_looks_and_the_answer_is_read_all_the_same(
    street_day, tonne, date, tmp_path
):
    """Its request does not count among the customer's, whose one-time keys are numbered."""
    town = street_day.town
    account = town.accounts["household"]
    tonne("energy", "interval", 1, "--day", date, who="household")
    about = ("--account", account, "--node", town.node, "--since", f"{date}T23:45:00Z")
    tonne("energy", "line", "ask", tmp_path / "request.json", *about, who="retailer")
    own = next(i for i, e in enumerate(_asks(town)) if e["interval"] == _asks(town)[-1]["interval"])
    _answer(street_day, nth=own)
    assert tonne("energy", "interval", 1, "--day", date, who="household")["answered"] is True


def test_a_line_that_the_account_asked_for_into_a_file_is_read_by_that_file(
    street_day, tonne, date, tmp_path
):
    town, file = street_day.town, tmp_path / "request.json"
    account = town.accounts["household"]
    made = AskedLine.make(
        town.chain, town.node, street_day.day.interval(LAST), account, by_key=True
    )
    town.chain.send(
        town.account_key("household"), "PowerSettlement", "ask", *made.about, *made.point
    )
    replace(made, deadline=_asks(town)[-1]["deadline"]).write(file)
    for words in (
        ("interval", 1, "--day", date),
        ("complain", 1, "--day", date),
        ("bill", "--meter", 1, "--day", date),
    ):
        told = tonne("energy", *words, who="household", status=1)
        assert (told["code"], told["value"]) == ("LINE_ASKED_BY_OTHER", str(account))
    _answer(street_day)
    net = street_day.day.last_line(account).day.net
    assert tonne("energy", "line", "show", file)["dayNet"] == net


def _asks(town):
    return town.chain.logs("PowerSettlement", "LineAsked")


def test_a_bill_that_is_no_meters_has_an_amount_and_a_reference(tonne):
    told = tonne("credit", "bill", "pay", who="household", status=1)
    assert (told["code"], told["field"]) == ("BILL_NO_AMOUNT", "tariff")
    told = tonne("credit", "bill", "pay", 1, 1, who="household", status=1)
    assert (told["code"], told["field"]) == ("BILL_NO_AMOUNT", "amount")
    told = tonne("credit", "bill", "pay", 1, 1, "2", who="household", status=1)
    assert told["field"] == "ref"
    paid = tonne("credit", "bill", "pay", 1, 1, "2", "--ref", "chimney", who="household")
    assert paid["amount"] == 2_000_000


def test_what_a_node_leaves_out_is_not_taken_as_gone(street_day, tonne, date, monkeypatch):
    """No run fell, nobody else asked, and nothing ends in an error of the program."""
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    interval = ("energy", "interval", 1, "--day", date)
    bill = ("energy", "bill", "--meter", 1, "--day", date)
    complain = ("energy", "complain", 1, "--day", date)
    real = Chain.logs
    for name, commands in {
        "LineAsked": (interval, bill, complain),
        "LineAnswered": (interval, bill, complain),
        "RunPosted": (interval, bill, complain),
        "PaymentsPosted": (bill, complain),
    }.items():
        monkeypatch.setattr(
            Chain, "logs", lambda *a, n=name, **k: [e for e in real(*a, **k) if e.name != n]
        )
        for command in commands:
            told = tonne(*command, who="household", status=1)
            assert (told["code"], told["field"]) == ("NODE_LEAVES_OUT", "rpc"), (name, command)
            assert "--rpc" in told["remedy"]


def test_the_line_before_that_a_node_leaves_out_was_asked_for(street_day, tonne, date, monkeypatch):
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    before, real = street_day.day.interval(LAST) - 1, Chain.logs

    def logs(*args, **more):
        told = real(*args, **more)
        return [e for e in told if e.name != "LineAsked" or e["interval"] != before]

    assert tonne("energy", "bill", "--meter", 1, "--day", date, who="household")["due"]
    monkeypatch.setattr(Chain, "logs", logs)
    for command in (("bill", "--meter", 1), ("complain", 1)):
        told = tonne("energy", *command, "--day", date, who="household", status=1)
        assert told["code"] == "NODE_LEAVES_OUT"


def test_a_bill_is_not_paid_twice_though_a_node_leaves_its_payment_out(
    street_day, tonne, date, monkeypatch
):
    chain, wallet = street_day.chain, street_day.town.who["household"]
    tonne("energy", "interval", 1, "--day", date, who="household")
    _answer(street_day)
    pay = ("credit", "bill", "pay", "--meter", 1, "--day", date)
    tonne(*pay, who="household")
    held = chain.call("EnergyCredits", "balanceOf", wallet, street_day.town.series)
    logs, call = Chain.logs, Chain.call
    told_of = lambda *a, **k: [e for e in logs(*a, **k) if e.name != "BillPaid"]  # noqa: E731
    monkeypatch.setattr(Chain, "logs", told_of)
    for command in (("energy", "bill", "--meter", 1, "--day", date), pay):
        told = tonne(*command, who="household", status=1)
        assert (told["code"], told["field"]) == ("NODE_LEAVES_OUT", "rpc")

    # It lies about the chain's own count, too.
    def calls(self, contract, function, *args, **more):
        return 0 if function == "paidOf" else call(self, contract, function, *args, **more)

    monkeypatch.setattr(Chain, "call", calls)
    told = tonne(*pay, who="household", status=1)
    assert told["code"] == "BILLS_PAID_BEFORE"
    assert "--rpc" in told["remedy"]
    monkeypatch.undo()
    assert chain.call("EnergyCredits", "balanceOf", wallet, street_day.town.series) == held
