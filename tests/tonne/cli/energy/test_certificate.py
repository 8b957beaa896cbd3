"""`tonne energy certificate`: from a plant's meter to a consumer's claim, by commands alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.tonne.audit.forging import auditing, unseen
from tests.tonne.units.certified import DELIVERED, FARM, SOURCE, found
from tonne import cli
from tonne.audit import reconcile
from tonne.chain import clock
from tonne.cli.core import session
from tonne.constants import HOUR_S
from tonne.crypto import keystore
from tonne.crypto.hashing import text_hash
from tonne.errors import TonneError
from tonne.evidence.project_sites import source_word
from tonne.units.energy_certificates import certificate_id, hint

#: Every event of theirs; any one left out is missed.
EVENTS = (
    *("DeviceRegistered", "DeviceClosed", "HoursCertified", "IssuanceSingle", "ClaimSingle"),
    *("MeterBound", "UnitsIssued", "SourceClaimed"),
)


@pytest.fixture
def place(town, tmp_path, capsys, monkeypatch):
    first = found(town, tmp_path / "leaves")
    monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("authority", "east", "north", "trader"):
        keystore.write(tmp_path / f"{name}.json", town.market.people[name], "x", keystore.WEAK)

    def run(who, *arguments, status=0, as_json=True):
        options = [*(("--as", who) if who else ()), *(("--json",) if as_json else ())]
        with pytest.raises(SystemExit) as ended:
            cli.main(["energy", "certificate", *map(str, arguments), *options])
        out = capsys.readouterr()
        assert (ended.value.code or 0) == status, out.out + out.err
        return json.loads(out.out) if as_json else " ".join(out.out.split())

    return run, first, tmp_path / "leaves"


def said(moment):
    return datetime.fromtimestamp(moment, UTC).isoformat()


def certified(place, town):
    """Three hours of device 1, certified once they are final."""
    run, first, leaves = place
    terms = ("--energy", "wind", "--source", FARM, "--from", said(first))
    assert run("authority", "device", 1, *terms)["device"] == 1
    town.chain.set_time(town.chain.now() + 5 * HOUR_S)
    issue = ("issue", 1, said(first), "--hours", 3, "--leaves", leaves)
    return run("trader", *issue), issue


def test_an_hour_is_certified_passed_on_and_claimed(place, town):
    run, first, _ = place
    told, _ = certified(place, town)
    owner = town.market.participants["east"]
    assert told["energyWh"] == list(DELIVERED) and told["owner"] == owner
    claimed = run(
        "east", "claim", 1, said(first), 300_000, "--purpose", "a day", "--beneficiary", "E"
    )
    assert claimed["certificate"] == 1
    certificate = town.chain.call("RetirementRegistry", "certificate", 1)
    assert certificate.amount == 300_000 and certificate.unit == int(claimed["unit"], 16)
    # Without days of its own the claim is for the hour's day, where the market is.
    assert certificate.periodStart == certificate.periodEnd == (first + 8 * HOUR_S) // 86_400

    shown = run(None, "show", "--device", 1)
    assert [hour["issued"] for hour in shown["hours"]] == [400_000, 700_000]
    assert [hour["claimed"] for hour in shown["hours"]] == [300_000, 0]
    assert shown["devices"][0]["meters"] == [1] and shown["devices"][0]["energy"] == "wind"
    text = run(None, "show", as_json=False)
    assert "Device 1: wind of participant" in text and "400,000 300,000 0 0" in text
    assert (
        hint(town.chain, SOURCE, first + HOUR_S) == first and hint(town.chain, SOURCE, first) == 0
    )
    assert reconcile.audit(town.chain).differences == []


def test_claimed_electricity_is_in_one_inventory_of_its_year(place, town, tonne, tmp_path):
    run, first, _ = place
    certified(place, town)
    run("east", "claim", 1, said(first), 300_000, "--purpose", "a day", "--beneficiary", "E")
    early = tonne("inventory", "claim", 2020, 1, who="east", status=1)
    assert early["code"] == "INVENTORIES_OTHER_PERIOD"
    assert tonne("inventory", "claim", 2021, 1, who="east")["certificatesWh"] == 300_000
    form = tmp_path / "2021.inventory.toml"
    tonne("inventory", "new", 2021, "--out", form, who="east")
    filled = re.sub(r"\[\[plants\]\]\n.*\n.*\n", "", form.read_text())
    for name, value in (("location_kg", 170), ("market_kg", 0), ("electricity_wh", 300_000)):
        filled = re.sub(rf"(?m)^{name} = 0", f"{name} = {value}", filled)
    form.write_text(filled)
    town.chain.set_time(int(datetime(2022, 1, 2, tzinfo=UTC).timestamp()))
    file = tonne("inventory", "sign", form, who="east")["file"]
    tonne("inventory", "submit", file)
    shown = tonne("inventory", "show", town.market.participants["east"], 2021)["inventory"]
    assert (shown["certificatesWh"], shown["scope2MarketKg"]) == (300_000, 0)
    assert reconcile.audit(town.chain).differences == []


def test_what_the_rules_refuse_is_refused_in_words(place, town):
    run, first, leaves = place
    terms = ("--source", FARM, "--from", said(first))
    told = run("east", "device", 1, "--energy", "wind", *terms, status=1)["error"]
    assert told["code"] == "SCHEMES_NO_POWER" and "power to register" in told["message"]
    told = run("authority", "device", 1, "--energy", "coal", *terms, status=1)["error"]
    assert told["code"] == "CERTIFICATE_UNKNOWN_ENERGY"
    told = run("trader", "issue", 1, said(first), "--leaves", leaves, status=1)["error"]
    assert told["code"] == "CERTIFICATE_UNKNOWN_DEVICE"

    run("authority", "device", 1, "--energy", "wind", *terms)
    told = run("trader", "issue", 1, said(first + HOUR_S), "--leaves", leaves, status=1)["error"]
    assert told["code"] == "CERTIFICATES_NOT_FINAL"
    for arguments, code in (
        (("issue", 1, "noon"), "HOUR_UNREADABLE"),
        (("issue", 1, said(first + 900)), "HOUR_NOT_WHOLE"),
        (("issue", 1, said(first - 9 * HOUR_S), "--leaves", leaves), "CERTIFICATE_NO_LEAVES"),
        (("issue", 1, said(first), "--leaves", leaves.parent), "CERTIFICATE_NO_LEAVES"),
    ):
        assert run("trader", *arguments, status=1)["error"]["code"] == code


def test_an_hour_is_certified_once(place, town):
    run, _, _ = place
    _, issue = certified(place, town)
    assert run("trader", *issue, status=1)["error"]["code"] == "INTERVALS_OVERLAP"


def test_a_name_of_a_source_is_text_or_hex():
    assert source_word("0x" + "ab" * 32) == b"\xab" * 32
    assert source_word("Wind  Farm ") == source_word("ｗｉｎｄ farm") == text_hash("wind farm")
    with pytest.raises(TonneError, match="A source has a name"):
        source_word(" ")


@pytest.fixture
def audited(place, town, monkeypatch):
    """An audit of a market in which each of their events happened; it may be told of something else."""
    run, first, _ = place
    certified(place, town)
    chain, people = town.chain, town.market.people
    run("east", "claim", 1, said(first), 300_000, "--purpose", "a day", "--beneficiary", "E")
    id_ = certificate_id(1, 1, first, clock.zone_of(chain, 1))
    chain.send(people["east"], "RetirementRegistry", "cancel", id_, 10, bytes(32))
    chain.send(
        people["east"], "EnergyCertificates", "safeTransferFrom",
        people["east"], people["north"], id_, 50, b"",
    )  # fmt: skip
    chain.send(
        people["authority"], "EnergyCertificates", "closeDevice", 1, first + 9 * HOUR_S, bytes(32)
    )
    chain.set_time(first + HOUR_S + 366 * 86_400)
    holders = [people["east"], people["north"]]
    chain.send(people["trader"], "EnergyCertificates", "sweep", [id_] * 2, holders)

    return auditing(chain, monkeypatch)


def test_certificates_are_told_by_their_events(audited):
    found_ = audited()
    assert found_.differences == []
    assert found_.compared["EnergyCertificates"] >= 50


def test_an_event_left_out_or_a_value_that_is_off_is_found(audited):
    values = (
        ("HoursCertified", "from", HOUR_S),
        ("HoursCertified", "owner", 1),
        ("DeviceClosed", "until", 1),
        ("ClaimSingle", "value", 1),
        ("ClaimSingle", "topic", 1),
        ("IssuanceSingle", "topic", 1),
    )
    assert unseen(audited, EVENTS, values) == []


def test_energy_that_no_root_holds_is_found(audited):
    """More than the node's meters delivered in that hour, though every sum of certificates agrees."""

    def forge(event):
        args = dict(event.event.args)
        if event.event.name == "HoursCertified":
            args["energyWh"] = [400_010, *args["energyWh"][1:]]
        return replace(event, event=replace(event.event, args=args))

    about = [str(one) for one in audited(forge).differences]
    assert any("400010 Wh of device 1" in one for one in about)
