"""`tonne grid` and an aggregator's commands: from an empty node to a bid that the chain takes."""

from __future__ import annotations

import ast
import json
import re
import shlex
from datetime import UTC, datetime

import pytest

from tests.gas.power_town import QUARTER_S
from tests.oracles.power.ground import Street, power_market
from tests.oracles.power.live.city import City
from tonne import cli
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.power.batteries import Battery
from tonne.power.instructions import read_accounts, read_instruction


@pytest.fixture(scope="module")
def _market():
    with power_market() as town:
        City(Street(town))  # meters 3 to 22 are customers' at node 0, 24 to 43 at node 1
        yield town


@pytest.fixture
def market(_market):
    mark = _market.chain.snapshot()
    yield _market
    _market.chain.revert(mark)


@pytest.fixture
def tonne(market, tmp_path, capsys, monkeypatch):
    """Runs a command and returns what it printed for machines."""
    monkeypatch.setenv("TONNE_RPC", market.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(market.deployments))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name, file in (("bureau", "bureau"), ("aggregator 0", "aggregator"), ("grid", "grid")):
        keystore.write(tmp_path / f"{file}.json", market.people[name], "x", keystore.WEAK)

    def run(*arguments, who=None, status=0):
        by = ("--as", who) if who else ()
        with pytest.raises(SystemExit) as end:
            cli.main([*(str(a) for a in arguments), *by, "--json"])
        printed = capsys.readouterr()
        assert (end.value.code or 0) == status, printed
        told = json.loads(printed.out)
        return told if status == 0 else told["error"]

    return run


@pytest.fixture
def officer(tonne):
    def run(*arguments, status=0):
        return tonne("grid", *arguments, who="bureau", status=status)

    return run


def test_the_grid_is_shown_with_its_operators(tonne, market):
    told = tonne("grid", "show")
    assert [n["node"] for n in told["nodes"]] == [0, 1]
    assert {n["operator"] for n in told["nodes"]} == {market.numbers["operator"]}
    assert {n["carrier"] for n in told["nodes"]} == {"electricity"}
    assert [(a["from"], a["to"]) for a in told["arcs"]] == [(0, 1), (1, 0)]


def test_a_node_and_an_arc_are_added_and_changed(officer, tonne):
    place = ("--region", 9, "--jurisdiction", 11, "--scheme", 1)
    assert officer("node", "heat", *place)["node"] == 2
    assert officer("node", "heat", *place, status=1)["code"] == "GRID_NODE_EXISTS"

    added = officer("arc", 0, 2, "--efficiency", "2.5", "--capacity", 900, "--cost", "0.002")
    assert (added["arc"], added["version"]) == (2, 1)
    changed = officer("arc", 0, 2, "--efficiency", "2.4", "--capacity", 0, "--change", 2)
    assert changed["version"] == 2
    assert "2.5000 of at most 900 Wh" in changed["changes"][0]["before"]

    arc = tonne("grid", "show")["arcs"][2]
    assert (arc["efficiencyPpm"], arc["capacityWh"], arc["line"]) == (2_400_000, 0, False)
    refused = officer("arc", 1, 2, "--efficiency", "1", "--capacity", 1, "--change", 2, status=1)
    assert refused["code"] == "GRID_OTHER_ARC"


def test_a_carrier_that_there_is_not_is_refused(officer):
    refused = officer("node", "steam", status=1)
    assert (refused["code"], refused["value"]) == ("GRID_CARRIER", "steam")


def test_a_node_of_meters_that_there_is_not_is_refused(officer):
    refused = officer("node", "electricity", "--metering", 99, status=1)
    assert (refused["code"], refused["value"]) == ("GRID_NO_METERING", "99")


def refused_until(refused) -> int:
    """[s] From when what was refused may be tried again."""
    return ast.literal_eval(refused["value"])["until"]


def test_capacity_operator_and_expected_energy_are_registered(officer, market):
    grid = market.numbers["grid"]
    refused = officer("capacity", 0, grid, "--steps", 4, status=1)
    assert refused["code"] == "LIMITS_PENDING"  # the town's own registration is not valid yet
    market.at(refused_until(refused))
    officer("capacity", 0, grid, "--steps", 4, "--import-wh", 500, "--export-wh", 900)
    later = market.chain.now() + market.chain.call("PowerGrid", "NOTICE")
    terms = market.chain.call("BidLimits", "termsOf", 0, grid, later)
    assert tuple(terms) == (0, 500, 900, 4)

    stranger = market.numbers["stranger"]
    officer("operator", 0, stranger)
    assert market.chain.call("BidLimits", "operatorOf", 0) == stranger
    refused = officer("operator", 0, market.numbers["aggregator 0"], status=1)
    assert refused["code"] == "LIMITS_ROLE_TAKEN"

    officer("expected", 1, "--import-wh", 7, "--export-wh", 8)
    assert tuple(market.chain.call("BidLimits", "highestOf", 1, market.chain.now())) == (7, 8)


def test_an_act_is_shown_without_being_sent(officer, tonne):
    told = officer("node", "gas", "--region", 5, "--jurisdiction", 11, "--dry-run")
    assert not told["sent"]
    assert len(tonne("grid", "show")["nodes"]) == 2


def test_credits_are_set_aside_and_taken_back(tonne):
    before = tonne("energy", "deposit", "1", who="aggregator")["deposit"]
    after = tonne("energy", "deposit", "1", "--back", who="aggregator")
    assert after["deposit"] == before - 10**6
    assert after["coversWh"] == after["deposit"] // 10_000


def test_accounts_are_opened_and_named_for_the_daemon(tonne, market, tmp_path):
    folder = tmp_path / "work"
    told = tonne("energy", "connect", 12, "--node", 0, "--folder", folder, who="aggregator")
    known = read_accounts(folder / "accounts.toml")[0]
    assert (known.first, known.count) == (told["first"], 12)
    keys = json.loads((folder / "0-account-keys.json").read_text())
    assert (folder / "0-account-keys.json").stat().st_mode & 0o077 == 0
    numbers = [market.chain.call("PowerMarket", "pseudonymOf", address) for address in keys]
    assert numbers == list(known.accounts)
    tomorrow = market.chain.now() // 86_400 + 1
    joined = market.chain.call("PowerSettlement", "memberSince", 0, numbers[-1])
    assert joined == tomorrow

    again = ("energy", "connect", 3, "--node", 0, "--folder", folder)
    assert tonne(*again, who="aggregator", status=1)["code"] == "ACCOUNTS_NAMED"
    tonne("energy", "connect", 10, "--node", 1, "--folder", folder, who="aggregator")
    assert set(read_accounts(folder / "accounts.toml")) == {0, 1}


def test_an_instruction_is_written_as_the_daemon_reads_it(tonne, tmp_path):
    order = ("--buy", "250:0.31:06:00-22:00", "--sell", "400:0.08")
    told = tonne("energy", "instruct", 17, "--node", 0, "--folder", tmp_path, *order)
    meter, found = read_instruction(tmp_path / "instructions" / "17.toml")
    assert told["file"].endswith("17.toml") and meter == 17
    assert (found.buy[0].wh, found.buy[0].micro, found.sell[0].micro) == (250, 310_000, 80_000)
    assert not found.buy[0].counts_at(5 * 3_600) and found.buy[0].counts_at(6 * 3_600)
    assert [path.name for path in (tmp_path / "instructions").iterdir()] == ["17.toml"]


def test_a_battery_is_written_with_what_it_holds_and_loses(tonne, tmp_path):
    order = ("--battery", "10000:5000:0.9")
    tonne("energy", "instruct", 18, "--node", 0, "--folder", tmp_path, *order)
    _, found = read_instruction(tmp_path / "instructions" / "18.toml")
    assert found.battery.within(QUARTER_S) == Battery(10_000, 1_250, 900_000)
    assert found.at(0) == []


@pytest.mark.parametrize(
    ("order", "code", "field", "value"),
    [
        (("--buy", "much"), "INSTRUCTION_ORDER", "buy", "much"),
        (("--buy", "250:0.31:06:00"), "INSTRUCTION_ORDER", "buy", "250:0.31:06:00"),
        (("--buy", "0:0.31"), "INSTRUCTION_ORDER", "buy", "0:0.31"),
        (("--sell", "1:1", "--sell", "1:268"), "INSTRUCTION_ORDER", "sell", "1:268"),
        (("--buy", "1:10.000001"), "INSTRUCTION_ORDER", "buy", "1:10.000001"),
        (("--buy", "1:-1"), "INSTRUCTION_ORDER", "buy", "1:-1"),
        (("--sell", "1:0.1234567"), "INSTRUCTION_ORDER", "sell", "1:0.1234567"),
        (("--sell", "1:1") * 9, "INSTRUCTION_ORDER", "sell", "9 orders"),
        (("--buy", "2:0.3:06:00-25:00"), "INSTRUCTION_ORDER", "buy", "2:0.3:06:00-25:00"),
        ((), "INSTRUCTION_EMPTY", "buy", None),
        (("--battery", "10000:5000"), "INSTRUCTION_BATTERY", "battery", "10000:5000"),
        (("--battery", "1:5:0.9:1"), "INSTRUCTION_BATTERY", "battery", "1:5:0.9:1"),
        (("--battery", "1:5:1.1"), "INSTRUCTION_BATTERY", "battery", "1:5:1.1"),
        (("--battery", "1:5:0.9", "--buy", "2:1"), "INSTRUCTION_EMPTY", "battery", "1:5:0.9"),
    ],
)
def test_an_instruction_that_cannot_be_meant_is_not_written(
    tonne, tmp_path, order, code, field, value
):
    refused = tonne("energy", "instruct", 17, "--node", 0, "--folder", tmp_path, *order, status=1)
    assert (refused["code"], refused["field"], refused.get("value")) == (code, field, value)
    assert ".draft" not in str(refused)
    assert list((tmp_path / "instructions").glob("*")) == []


def test_a_meter_of_another_node_is_not_instructed_and_the_right_one_is_named(tonne, tmp_path):
    order = ("--folder", tmp_path / "the work", "--buy", "250:0.31:06:00-22:00", "--sell", "1:0.5")
    refused = tonne("energy", "instruct", 24, "--node", 0, *order, status=1)
    assert (refused["code"], refused["field"], refused["value"]) == (
        "INSTRUCTION_METER",
        "node",
        "0",
    )
    assert not (tmp_path / "the work").exists()

    (remedy,) = re.findall("`tonne (.*)`", refused["remedy"])
    told = tonne(*shlex.split(remedy))
    assert (told["meter"], told["node"]) == (24, 1)
    _, found = read_instruction(tmp_path / "the work" / "instructions" / "24.toml")
    assert (len(found.buy), len(found.sell)) == (1, 1)


def test_a_meter_that_is_not_registered_is_not_instructed(tonne, tmp_path):
    order = ("--folder", tmp_path / "work", "--battery", "10000:5000:0.9")
    refused = tonne("energy", "instruct", 45, "--node", 0, *order, status=1)
    assert (refused["code"], refused["value"]) == ("INSTRUCTION_METER", "45")
    assert not (tmp_path / "work").exists()


def test_sides_of_too_few_customers_to_be_bid_for_are_named(tonne, tmp_path):
    def few(meter, node, *order):
        told = tonne("energy", "instruct", meter, "--node", node, "--folder", tmp_path, *order)
        return told["few"]

    assert few(24, 1, "--buy", "1:0.1") == {"buy": 1}
    for number, meter in enumerate(range(3, 12), 1):
        assert few(meter, 0, "--buy", "1:0.1") == {"buy": number}
    (tmp_path / "instructions" / "99.toml").write_text("node = 0")  # cannot be read
    assert few(3, 0, "--buy", "1:0.2") == {"buy": 9}  # anew
    assert few(12, 0, "--buy", "1:0.1", "--sell", "1:0.2") == {"sell": 1}
    assert few(13, 0, "--battery", "10000:5000:0.9") == {"sell": 2}
    assert few(14, 0, "--sell", "1:0.2") == {"sell": 3}


def test_a_bid_is_shown_with_its_state(tonne, market):
    start = market.day * 96 * QUARTER_S
    since = datetime.fromtimestamp(start, UTC).isoformat()
    told = tonne("energy", "bid", "show", market.numbers["aggregator 0"], "--since", since)
    assert (told["state"], told["interval"]) == ("none", start // QUARTER_S)
