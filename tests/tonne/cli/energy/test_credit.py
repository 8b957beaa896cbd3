"""`tonne credit`: a town's credits from the collateral to the last of them, by commands alone."""

from __future__ import annotations

import json

import pytest
from eth_account import Account as Peer
from eth_account.messages import encode_typed_data

from tests.tonne.units.town_credits import HALL, found
from tonne import cli
from tonne.audit import reconcile
from tonne.cli.core import session
from tonne.crypto import eip712, keystore
from tonne.crypto.hashing import keccak
from tonne.power import signed_invoices


@pytest.fixture
def credit(town, tmp_path, capsys, monkeypatch):
    found(town)
    monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("authority", "east", "north", "south", "trader"):
        keystore.write(tmp_path / f"{name}.json", town.market.people[name], "x", keystore.WEAK)
    keystore.write(tmp_path / "hall.json", HALL, "x", keystore.WEAK)

    def run(who, *arguments, status=0, as_json=True):
        options = [*(("--as", who) if who else ()), *(("--json",) if as_json else ())]
        with pytest.raises(SystemExit) as ended:
            cli.main(["credit", *map(str, arguments), *options])
        read = capsys.readouterr()
        assert (ended.value.code or 0) == status, read.out + read.err
        return json.loads(read.out) if as_json else " ".join(read.out.split())

    return run


@pytest.fixture
def series(credit):
    """Series 1 with a limit of 1,000 credits on a deposit of as much, 100 with east, 50 with north."""
    credit("hall", "open", "--until", "2030-12-31", "--purpose", "winter heating")
    credit("authority", "limit", 1, "1,000", "--reason", "budget")
    credit("hall", "collateral", 1, "1,000", "--document", "escrow account")
    credit("hall", "issue", 1, 100, "east", "--collateral", 1, "--decision", "no. 7")
    credit("hall", "issue", 1, 50, "north", "--collateral", 1, "--decision", "no. 8")


def test_a_deed_is_on_record_by_its_content_and_words_by_themselves(credit, series, town, tmp_path):
    deed = tmp_path / "deed.pdf"
    deed.write_bytes(b"a deed")
    record = credit("hall", "collateral", 1, 5, "--document", deed)["record"]
    events = town.chain.logs("EnergyCredits", "CollateralRecorded", 0)
    found = {event["record"]: event["documentHash"] for event in events}
    assert found == {1: keccak(b"escrow account"), record: keccak(b"a deed")}


def test_credits_go_round_and_come_back(credit, series, town):
    frozen = credit("authority", "freeze", 1, "0.5", "north", "--reason", "an inquiry")
    assert frozen["free"] == 49_500_000
    assert credit("east", "redeem", 1, 10, "--for", "a heat pump")["left"] == 90_000_000
    assert credit("hall", "reclaim", 1, 5, "north", "--reason", "moved away")["reclaimed"] == 5e6
    taken = credit("hall", "collateral", 1, 100, "--withdraw", 1, "--reason", "not needed")
    assert taken["collateral"] == 890_000_000
    assert credit("hall", "limit", 1, 200, "--participant", "south")["limit"] == 200_000_000
    (line,) = credit(None, "report")["series"]
    assert [line[k] for k in ("issued", "outstanding", "redeemed", "reclaimed", "expired")] == [
        *(150_000_000, 135_000_000, 10_000_000, 5_000_000, 0)
    ]
    assert (line["limit"], line["collateral"]) == (1_000_000_000, 890_000_000)

    town.chain.set_time(line["expiry"] + 1)
    assert credit("trader", "sweep", 1)["expired"] == 135_000_000
    told = credit(None, "report", as_json=False)
    for figure in ("issued: 150", "outstanding: 0", "redeemed: 10", "reclaimed: 5", "expired: 135"):
        assert figure in told
    assert "limit: 1,000 collateral: 890" in told
    assert reconcile.audit(town.chain).differences == []


@pytest.mark.parametrize(
    ("limit", "amount", "record", "code"),
    [
        ("1,000", 50, 2, "ENERGY_CREDITS_RECORD_SHORT"),
        ("5,000", "2,000", 1, "ENERGY_CREDITS_UNCOVERED"),
    ],
)
def test_credits_without_enough_collateral_are_refused(credit, series, limit, amount, record, code):
    credit("hall", "collateral", 1, 5, "--document", "a second deed")
    credit("authority", "limit", 1, limit, "--reason", "budget")
    given = (amount, "south", "--collateral", record, "--decision", "no. 9")
    assert credit("hall", "issue", 1, *given, status=1)["error"]["code"] == code


def test_credits_above_a_receivers_limit_are_refused(credit, series):
    credit("hall", "limit", 1, 120, "--participant", "east")
    given = (50, "east", "--collateral", 1, "--decision", "no. 9")
    refused = credit("hall", "issue", 1, *given, status=1)
    assert refused["error"]["code"] == "ENERGY_CREDITS_OVER_RECEIVER_LIMIT"


def test_what_town_and_supervisor_would_do_is_told_or_written_for_a_safe(
    credit, series, town, tmp_path
):
    told = credit("authority", "limit", 1, "2,000", "--reason", "more", "--dry-run")
    (change,) = told["changes"]
    assert (change["before"], change["after"], told["sent"]) == ("1,000", "2,000", False)
    told = credit("hall", "limit", 1, 7, "--participant", "east", "--dry-run")
    assert told["changes"][0]["before"] == "no limit"
    file = tmp_path / "reclaim.json"
    reclaim = ("reclaim", 1, 5, "north", "--reason", "moved away", "--safe", file)
    told = credit(None, *reclaim, "--from", HALL.address)
    assert (told["changes"][0]["before"], told["changes"][0]["after"]) == ("150", "145")
    (call,) = json.loads(file.read_text())["transactions"]
    assert call["to"].lower() == town.chain["EnergyCredits"].address.lower()
    (line,) = credit(None, "report")["series"]
    assert (line["limit"], line["outstanding"]) == (1_000_000_000, 150_000_000)


def test_what_the_rules_refuse_is_refused_in_words(credit, series):
    told = credit("hall", "limit", 1, 5, "--reason", "more for me", status=1)["error"]
    assert told["code"] == "SCHEMES_NO_POWER" and "power to set rules" in told["message"]
    told = credit("east", "issue", 1, 5, "east", "--collateral", 1, "--decision", "x", status=1)
    assert told["error"]["code"] == "ENERGY_CREDITS_NOT_ISSUER"
    told = credit("hall", "issue", 1, 900, "east", "--collateral", 1, "--decision", "x", status=1)
    assert told["error"]["code"] == "ENERGY_CREDITS_OVER_LIMIT"
    for arguments, code in (
        (("redeem", 2, 5, "--for", "x"), "CREDIT_UNKNOWN_SERIES"),
        (("collateral", 1, 5), "CREDIT_NO_DOCUMENT"),
        (("limit", 1, 5), "CREDIT_NO_REASON"),
        (("collateral", 1, 5, "--kind", "hope", "--document", "x"), "CREDIT_UNKNOWN_NAME"),
        (("redeem", 1, "0.0000001", "--for", "x"), "AMOUNT_UNREADABLE"),
    ):
        assert credit("east", *arguments, status=1)["error"]["code"] == code


@pytest.mark.parametrize("blank", ["", " \t"])
def test_an_act_with_blank_words_is_not_sent(credit, series, town, blank):
    """Each would stand on record by the hash of nothing."""
    credit("east", "pledge", 1, 5, "north", "--terms", "a loan")
    height = town.chain.block_number()
    for who, field, arguments in (
        ("hall", "purpose", ("open", "--until", "2030-12-31", "--purpose", blank)),
        ("hall", "decision", ("issue", 1, 5, "east", "--collateral", 1, "--decision", blank)),
        ("hall", "reason", ("reclaim", 1, 5, "north", "--reason", blank)),
        ("authority", "reason", ("freeze", 1, 5, "north", "--reason", blank)),
        ("authority", "reason", ("limit", 1, 900, "--reason", blank)),
        ("authority", "reason", ("freeze-pledge", 1, "--reason", blank)),
        ("authority", "reason", ("release", 1, 5, "--order", "--reason", blank)),
        ("east", "for", ("redeem", 1, 5, "--for", blank)),
        ("east", "terms", ("pledge", 1, 5, "north", "--terms", blank)),
    ):
        told = credit(who, *arguments, status=1)["error"]
        assert (told["code"], told["field"], told["value"]) == ("CREDIT_NO_REASON", field, blank)
        assert f"--{field} TEXT" in told["remedy"]
    taken = ("collateral", 1, 5, "--withdraw", 1, "--reason", blank)
    for arguments in (taken, ("collateral", 1, 5, "--document", blank)):
        told = credit("hall", *arguments, status=1)["error"]
        assert told["code"] == "CREDIT_NO_DOCUMENT"
    assert town.chain.block_number() == height


def test_a_bill_divides_itself_and_an_invoice_waits_for_its_delivery(credit, series, town):
    shares = ("--generation", "north:600000", "--transmission", "south:100000")
    shares += ("--distribution", "trader:200000", "--sale", "north:99999", "--remainder", "south")
    credit("authority", "bill", "tariff", "publish", *shares)
    (listed,) = credit(None, "bill", "tariff", "list")["tariffs"]
    assert [part["ppm"] for part in listed["parts"]] == [600_000, 100_000, 200_000, 99_999]
    assert (listed["tariff"], listed["closed"]) == (1, False)
    paid = credit("east", "bill", "pay", 1, 1, "1", "--ref", "June")
    assert paid["shares"]["remainder"] == 1

    asked = ("bill", "invoice", 1, 40, "east", "--subject", "insulation", "--confirmer", "south")
    assert credit("north", *asked)["status"] == "issued"
    assert credit("east", "bill", "fund", 1)["status"] == "funded"
    assert credit("south", "bill", "settle", 1)["status"] == "settled"
    assert credit("north", *asked)["invoice"] == 2
    assert credit("east", "bill", "end", 2)["status"] == "ended"
    owed = 40_000_000 + 600_000 + 99_999  # the invoice, and two parts of the bill of one credit
    assert credit("north", "bill", "withdraw", 1)["amount"] == owed
    wrong = credit(
        "authority", "bill", "tariff", "publish", *shares[:-1], "south", *shares[:1], "x", status=1
    )
    assert wrong["error"]["code"] == "BILL_SHARE_UNREADABLE"
    credit("authority", "bill", "tariff", "close", 1)
    assert credit(None, "bill", "tariff", "list")["tariffs"][0]["closed"]
    closed = credit("east", "bill", "pay", 1, 1, "1", "--ref", "July", status=1)
    assert closed["error"]["code"] == "BILLS_TARIFF_NOT_OPEN"
    assert reconcile.audit(town.chain).differences == []


def test_an_invoice_that_a_wallet_elsewhere_signed_is_issued_by_another(
    credit, series, town, tmp_path
):
    file, north = tmp_path / "invoice.json", town.market.people["north"]
    asked = ("bill", "invoice", 1, 40, "east", "--subject", "insulation", "--out", file)
    told = credit(None, *asked, "--wallet", north.address)
    assert (told["terms"]["amount"], told["signatures"]) == (40_000_000, {})
    refused = credit("trader", "bill", "issue", file, status=1)["error"]
    assert refused["code"] == "INVOICE_SIGNATURE_MISSING"
    (message,) = credit(None, "bill", "typed-data", file)["messages"]
    assert (message["wallet"], message["typedData"]["primaryType"]) == (
        *(north.address, "InvoiceTerms"),
    )
    signable = encode_typed_data(full_message=json.loads(json.dumps(message["typedData"])))
    for key, status in ((Peer.create(), 1), (Peer.from_key(north.key), 0)):
        signature = "0x" + bytes(key.sign_message(signable).signature).hex()
        told = credit(None, "bill", "attach-signature", file, signature, status=status)
    assert (told["wallet"], told["awaited"]) == (north.address, 0)
    found = signed_invoices.read(file)
    assert town.chain.call("CreditBills", "invoiceDigest", found.ticket.as_tuple()) == found.hash
    issued = credit("trader", "bill", "issue", file)
    assert (issued["status"], issued["seller"]) == ("issued", town.market.participants["north"])
    again = credit("trader", "bill", "issue", file, status=1)["error"]
    assert again["code"] == "BILLS_ISSUED_BEFORE"

    credit("north", *asked)  # with the key at hand
    raw = json.loads(file.read_text())
    for spoilt, code in (
        (raw | {"terms": raw["terms"] | {"amount": 1}}, "INVOICE_UNREADABLE"),
        (raw | {"contract": "0x" + "11" * 20, "hash": _elsewhere(raw)}, "INVOICE_ELSEWHERE"),
        (raw | {"signatures": {"seller": "0x" + "11" * 65}}, "BILLS_BAD_SIGNATURE"),
    ):
        file.write_text(json.dumps(spoilt))
        assert credit("trader", "bill", "issue", file, status=1)["error"]["code"] == code
    assert credit(None, *asked[:-2], "--wallet", north.address, status=1)["error"]["code"] == (
        "WALLET_ELSEWHERE"
    )
    assert reconcile.audit(town.chain).differences == []


def _elsewhere(raw):
    """The hash of an invoice at another contract."""
    terms = eip712.from_json(signed_invoices.InvoiceTerms, raw["terms"])
    domain = signed_invoices.bills_domain(raw["chainId"], "0x" + "11" * 20)
    return "0x" + eip712.digest(terms, domain).hex()


def test_credits_are_pledged_and_released(credit, series, town):
    numbers = town.market.participants
    made = credit("east", "pledge", 1, 40, "north", "--terms", "a loan for a boiler")
    assert (made["pledge"], made["amount"], made["lender"]) == (1, 40_000_000, numbers["north"])
    (line,) = credit(None, "report")["series"]
    assert (line["outstanding"], line["pledged"]) == (150_000_000, 40_000_000)
    assert credit("south", "pledged")["pledges"] == []

    # One proposes, the other agrees to the same.
    told = credit("north", "release", 1, 15)
    assert (told["released"], told["left"], told["sent"]) == (False, 40_000_000, True)
    (mine,) = credit("east", "pledged")["pledges"]
    assert (mine["proposer"], mine["proposedAmount"]) == ("lender", 15_000_000)
    assert (mine["series"], mine["pledgor"], mine["lender"]) == (
        1,
        numbers["east"],
        numbers["north"],
    )
    assert "lender: 15 to the pledgor" in credit("east", "pledged", as_json=False)
    assert credit("east", "release", 1, 15, "--to-lender")["released"] is False
    assert credit("north", "release", 1, 15, "--to-lender")["released"] is True
    assert credit("north", "release", 1, 5)["released"] is False
    assert "-> -" in credit("north", "release", 1, 0, as_json=False)
    assert credit("east", "release", 1, 5)["released"] is False
    assert credit("east", "pledged")["pledges"][0]["amount"] == 25_000_000
    held = town.chain.call_many(
        ("EnergyCredits", "balanceOf", (town.market.people[who], int(line["id"], 16)))
        for who in ("east", "north")
    )
    assert held == [60_000_000, 65_000_000]
    assert reconcile.audit(town.chain).differences == []


def test_an_officer_orders_the_release_of_pledged_credits(credit, series, town, tmp_path):
    credit("east", "pledge", 1, 40, "north", "--terms", "a loan for a boiler")
    order = ("release", 1, 30, "--to-lender", "--order", "--reason", "default")
    shown = credit("authority", *order, "--dry-run")
    assert (shown["sent"], shown["calls"]) == (False, ["CreditPledges.order"])
    assert shown["changes"] == [{"what": "Pledge 1", "before": "40", "after": "10"}]
    file = tmp_path / "safe.json"
    office = town.market.people["authority"].address
    assert credit(None, *order, "--safe", file, "--from", office)["sent"] is False
    (call,) = json.loads(file.read_text())["transactions"]
    assert call["to"] == town.chain["CreditPledges"].address
    assert credit("east", "pledged")["pledges"][0]["amount"] == 40_000_000  # nothing was sent

    assert credit("authority", *order)["released"] is True
    assert credit("east", "pledged")["pledges"][0]["amount"] == 10_000_000
    for who, arguments, code in (
        ("east", (*order, "--dry-run"), "SCHEMES_NO_POWER"),
        ("authority", (*order[:-2],), "CREDIT_NO_REASON"),
        ("east", ("release", 1, 1, "--reason", "x"), "CREDIT_REASON_WITHOUT_ORDER"),
        ("authority", order, "CREDIT_PLEDGES_TOO_MUCH"),
        ("south", ("release", 1, 1), "CREDIT_PLEDGES_NOT_PARTY"),
        ("south", ("release", 2, 1), "CREDIT_PLEDGES_UNKNOWN"),
        ("east", ("pledge", 1, 1, "east", "--terms", "x"), "CREDIT_PLEDGES_BAD_LENDER"),
    ):
        assert credit(who, *arguments, status=1)["error"]["code"] == code
    credit("authority", "freeze", 1, 1, "east", "--reason", "an inquiry")
    credit("north", "release", 1, 10, "--to-lender")
    told = credit("east", "release", 1, 10, "--to-lender", status=1)["error"]
    assert told["code"] == "CREDIT_PLEDGES_FROZEN" and "officer may order" in told["remedy"]
    assert reconcile.audit(town.chain).differences == []


def test_an_officer_freezes_a_pledge(credit, series, town):
    credit("east", "pledge", 1, 40, "north", "--terms", "a loan for a boiler")
    freeze = ("freeze-pledge", 1, "--reason", "an inquiry")
    assert credit("authority", *freeze, "--dry-run")["changes"] == [
        {"what": "Pledge 1", "before": "free", "after": "frozen"}
    ]
    assert credit("east", *freeze, status=1)["error"]["code"] == "SCHEMES_NO_POWER"
    assert credit("authority", *freeze)["frozen"] is True
    assert credit("north", "pledged")["pledges"][0]["frozen"] is True
    assert "yes" in credit("north", "pledged", as_json=False)
    credit("north", "release", 1, 40)
    told = credit("east", "release", 1, 40, status=1)["error"]
    assert told["code"] == "CREDIT_PLEDGES_PLEDGE_FROZEN"
    assert credit("authority", *freeze, "--lift")["frozen"] is False
    assert credit("east", "release", 1, 40)["released"] is True
    assert reconcile.audit(town.chain).differences == []


def test_what_is_pledged_expires_with_its_series(credit, series, town):
    credit("east", "pledge", 1, 40, "north", "--terms", "a loan for a boiler")
    (line,) = credit(None, "report")["series"]
    town.chain.set_time(line["expiry"] + 1)
    swept = credit("trader", "sweep", 1)
    assert (swept["expired"], swept["outstanding"]) == (150_000_000, 0)
    (line,) = credit(None, "report")["series"]
    assert (line["pledged"], line["expired"]) == (0, 150_000_000)
    assert credit("east", "pledged")["pledges"] == []
    assert reconcile.audit(town.chain).differences == []
