"""`tonne energy bid` and `clear`: an interval bid for, opened, cleared and released by hand."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime

import pytest

from tests.gas.power_town import HOLD_S
from tests.oracles.power.ground import Street, power_market
from tonne import cli
from tonne.chain.rpc import RpcUnreachable
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.power.credit_accounts import held_by_bids
from tonne.power.rounds import read_steps

BIDDERS = {"buyer": "aggregator 0", "seller": "aggregator 1"}


@pytest.fixture(scope="module")
def _market():
    with power_market() as town:
        yield town


@pytest.fixture
def street(_market):
    mark = _market.chain.snapshot()
    yield Street(_market)
    _market.chain.revert(mark)


@pytest.fixture
def tonne(street, tmp_path, capsys, monkeypatch):
    """Runs a command and returns what it printed for machines."""
    monkeypatch.setenv("TONNE_RPC", street.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(street.town.deployments))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for file, name in BIDDERS.items():
        keystore.write(tmp_path / f"{file}.json", street.town.people[name], "x", keystore.WEAK)

    def run(*arguments, who=None, status=0):
        by = ("--as", who) if who else ()
        with pytest.raises(SystemExit) as end:
            cli.main(["energy", *(str(a) for a in arguments), *by, "--json"])
        printed = capsys.readouterr()
        assert (end.value.code or 0) == status, printed
        told = json.loads(printed.out)
        return told if status == 0 else told["error"]

    return run


def _since(street, number=0):
    return "--since", datetime.fromtimestamp(street.start(number), UTC).isoformat()


def _state(tonne, street, who):
    number = street.town.numbers[BIDDERS[who]]
    return tonne("bid", "show", number, *_since(street))["state"]


@pytest.fixture
def committed(tonne, street, tmp_path):
    """The buyer's bid at node 0 and the seller's at node 1."""
    street.town.at(street.gate() - 100)
    orders = {"buyer": ("--node", 0, "--buy", "300:0.3", "--buy", "200:0.31", "--buy", "1:0.3")}
    orders["seller"] = ("--node", 1, "--sell", "600:0.1")
    paths = {who: tmp_path / "bids" / f"{who}.json" for who in BIDDERS}
    for who, path in paths.items():
        tonne("bid", "commit", path, *_since(street), *orders[who], who=who)
    return paths


def test_an_interval_is_bid_for_cleared_and_released_by_hand(tonne, street, committed):
    assert _state(tonne, street, "buyer") == "committed"
    number = street.town.numbers[BIDDERS["buyer"]]
    assert tonne("bid", "show", number, *_since(street))["accepted"] == []
    assert stat.S_IMODE(committed["buyer"].stat().st_mode) == 0o600
    street.town.at(street.gate())
    for path in committed.values():
        assert tonne("bid", "open", path)["escrow"] > 0
    steps = [
        (s.node, s.side, s.limit, s.price) for s in read_steps(street.chain, street.interval())
    ]
    # Orders of one price are one step, and the best comes first.
    assert steps == [(0, 0, 200, 310_000), (0, 0, 301, 300_000), (1, 1, 600, 100_000)]

    street.town.at(street.gate() + 31)
    told = tonne("clear", *_since(street), who="buyer")
    assert told["energyWh"] > 0 and len(told["prices"]) == 2
    assert street.round().proposer.lower() == street.town.people["aggregator 0"].address.lower()
    bought, sold = (
        tonne("bid", "show", street.town.numbers[BIDDERS[who]], *_since(street))["accepted"]
        for who in ("buyer", "seller")
    )
    assert [(one["node"], one["side"]) for one in bought + sold] == [(0, "buy"), (1, "sell")]
    assert 0 < bought[0]["wh"] <= 501 and 0 < sold[0]["wh"] <= 600
    assert tonne("clear", *_since(street), status=1)["code"] == "CLEARING_STANDS"

    number = street.town.numbers["aggregator 0"]
    bid = street.chain.call("PowerMarket", "bidOf", street.interval(), number)
    assert held_by_bids(street.chain, number) == bid.escrow + bid.fee > 0
    street.town.at(street.start() + HOLD_S)
    for who in BIDDERS:
        tonne("bid", "release", street.town.numbers[BIDDERS[who]], *_since(street))
        assert _state(tonne, street, who) == "released"
    assert held_by_bids(street.chain, number) == 0


def test_a_bid_is_opened_in_its_time_only(tonne, street, committed):
    early = tonne("bid", "open", committed["buyer"], status=1)
    assert early["code"] == "BID_NOT_OPENING" and "tonne energy bid open" in early["remedy"]
    assert early["message"].startswith("It is too early")
    street.town.at(street.gate() + 60)
    late = tonne("bid", "open", committed["buyer"], status=1)
    assert late["code"] == "BID_NOT_OPENING" and "forfeited" in late["remedy"]
    assert late["message"].startswith("It is too late")


def test_a_clearing_is_proposed_in_its_window_only(tonne, street):
    street.commit()
    early = tonne("clear", *_since(street), status=1)
    assert (
        early["code"] == "CLEARING_NOT_NOW" and "once all its curves are open" in early["message"]
    )
    street.town.at(street.gate() + 31)
    empty = tonne("clear", *_since(street), status=1)
    assert empty["code"] == "CLEARING_NOT_NOW" and "No curve" in empty["message"]


@pytest.mark.parametrize(
    "orders, code",
    [
        ((), "BID_EMPTY"),
        (("--buy", "0:0.3"), "BID_ORDER"),
        (("--buy", "1.5:0.3"), "BID_ORDER"),
        (("--sell", "4294967296:0.3"), "BID_ORDER"),
        (("--sell", "300"), "BID_ORDER"),
        (("--buy", "300000000:0.3"), "LIMITS_EXCEEDED"),
    ],
)
def test_what_could_not_be_opened_is_refused_ahead_of_its_file(
    tonne, street, tmp_path, orders, code
):
    street.town.at(street.gate() - 100)
    file = tmp_path / "bid.json"
    args = "bid", "commit", file, *_since(street), "--node", 0, *orders
    assert tonne(*args, who="buyer", status=1)["code"] == code
    assert not file.exists()


def test_what_is_not_backed_is_refused(tonne, street, tmp_path, monkeypatch):
    street.town.at(street.gate() - 100)
    file = tmp_path / "bid.json"
    held = street.chain.call("PowerMarket", "depositOf", street.town.numbers["aggregator 0"])
    street.town.send("aggregator 0", "PowerMarket", "takeBack", held.amount)
    args = "bid", "commit", file, *_since(street), "--node", 0, "--buy", "300:0.3"
    assert tonne(*args, who="buyer", status=1)["code"] == "BIDDER_DEPOSIT"
    assert not file.exists()


def test_a_file_that_opens_a_bid_is_kept_and_a_gate_that_is_closed_told(tonne, street, committed):
    args = "bid", "commit", committed["buyer"], *_since(street), "--node", 0, "--buy", "300:0.3"
    assert tonne(*args, who="buyer", status=1)["code"] == "BID_FILE_THERE"
    street.town.at(street.gate())
    other = committed["buyer"].with_name("other.json")
    args = "bid", "commit", other, *_since(street), "--node", 0, "--buy", "300:0.3"
    assert tonne(*args, who="buyer", status=1)["code"] == "BID_TOO_LATE"
    assert not other.exists()


@pytest.mark.parametrize(
    "change, code",
    [({"chain": 1}, "BID_FILE_ELSEWHERE"), ({"salt": 5}, "BID_FILE_UNREADABLE")],
)
def test_a_file_that_is_no_bid_of_this_market_is_told(tonne, committed, change, code):
    path = committed["buyer"]
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert tonne("bid", "open", path, status=1)["code"] == code


def test_a_commitment_that_the_chain_refuses_leaves_no_file(tonne, street, committed):
    """One of the interval is there already."""
    other = committed["buyer"].with_name("second.json")
    args = "bid", "commit", other, *_since(street), "--node", 0, "--buy", "300:0.3"
    tonne(*args, who="buyer", status=1)
    assert not other.exists()


def test_the_file_of_a_commitment_that_may_be_on_its_way_is_kept(
    tonne, street, tmp_path, monkeypatch
):
    street.town.at(street.gate() - 100)

    def silent(*_):
        raise RpcUnreachable("RPC_UNREACHABLE", "No answer.", field="rpc", value="", remedy="")

    monkeypatch.setattr(session.Signer, "send", silent)
    file = tmp_path / "bid.json"
    args = "bid", "commit", file, *_since(street), "--node", 0, "--buy", "300:0.3"
    assert tonne(*args, who="buyer", status=1)["code"] == "RPC_UNREACHABLE"
    assert file.exists()
