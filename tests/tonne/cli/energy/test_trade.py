"""`tonne energy trade`: energy at an agreed price, from the ticket to what the meter says of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from eth_account import Account as Peer
from eth_account.messages import encode_typed_data

from tests.tonne.power.neighbours import HOUR, KEYS, MOST_WH, QUARTER, credits, grid
from tonne import cli
from tonne.audit import reconcile
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.meters.leaves import IntervalLeaves, path_of
from tonne.meters.readings import Quality
from tonne.meters.series import Flow, IntervalReading
from tonne.power import bilateral_trades as agreed
from tonne.power.bilateral_trades import AHEAD_S

#: What the grid charges at the second node.
GRID_FEE = 20_000


class Street:
    """The neighbours at a command line, and the oracle that posts what their meter says."""

    def __init__(self, town, folder, capsys) -> None:
        self.chain, self.people, self.folder = town.chain, town.market.people, folder
        self.first = grid(town)
        self.numbers = town.market.participants
        self.file, self.leaves = folder / "trade.json", folder / "leaves"
        self._capsys = capsys

    def run(self, *arguments, who=None, status=0, as_json=True):
        options = [*(("--as", who) if who else ()), *(("--json",) if as_json else ())]
        with pytest.raises(SystemExit) as ended:
            cli.main(["energy", "trade", *map(str, arguments), *options])
        out = self._capsys.readouterr()
        assert (ended.value.code or 0) == status, out.out + out.err
        return json.loads(out.out) if as_json else " ".join(out.out.split())

    def refused(self, *arguments, who=None):
        return self.run(*arguments, who=who, status=1)["error"]

    def when(self, interval):
        return datetime.fromtimestamp(interval * QUARTER, UTC).isoformat()

    def offer(self, *more, count=1, file=None, run=None):
        """Roof sells to home, 0.25 credits/kWh."""
        return (run or self.run)(
            *("offer", file or self.file, "--seller", "roof", "--buyer", KEYS[1].address),
            *("--node", 0, "--price", "0.25", "--since", self.when(self.first)),
            *("--until", self.when(self.first + count), *more),
        )

    def agreed(self, *more, signers=("roof", "home"), count=1):
        """Offered, signed by all, and on record; returns the contract's number."""
        self.offer(*more, count=count)
        for who in signers:
            self.run("sign", self.file, who=who)
        return self.run("register", self.file, who="trader")["contract"]

    def post(self, interval, export_wh):
        """The final root of an interval, in which the seller's meter delivered so much."""
        reading = IntervalReading(0, export_wh, Flow(0, 9_000), Quality.SETTLED, 3, bytes(32))
        start = interval * QUARTER
        tree = IntervalLeaves.of(b"s" * 32, 1, start, [(1, reading)])
        tree.write(path_of(self.leaves, 1, start, 1))
        args = (1, start, 1, tree.root, tree.tree.sums, tree.data)
        self.chain.send(self.people["north"], "MeterOracle", "post", *args)

    def bond(self):
        oracle, north = self.numbers["north"], self.people["north"]
        chain = self.chain
        chain.send(self.people["currency_issuer"], "SettlementCurrency", "mint", north, 1_000_00)
        chain.send(north, "SettlementCurrency", "approve", chain["MeterOracle"], 1_000_00)
        chain.send(north, "MeterOracle", "depositBond", oracle, 1_000_00)

    def at(self, interval, seconds=0):
        self.chain.set_time(interval * QUARTER + seconds)

    def sound(self):
        assert reconcile.audit(self.chain).differences == []


@pytest.fixture
def street(town, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    accounts = {name: town.market.people[name] for name in ("authority", "east", "north", "trader")}
    for name, account in (accounts | {"roof": KEYS[0], "home": KEYS[1]}).items():
        keystore.write(tmp_path / f"{name}.json", account, "x", keystore.WEAK)
    credits(town)
    return Street(town, tmp_path, capsys)


def test_neighbours_trade_for_one_interval(street):
    told = street.offer("--energy", 1_001)
    assert told["signatures"] == {} and told["contractTerms"]["energyWh"] == 1_001
    assert told["contractTerms"]["seller"] == KEYS[0].address
    assert list(street.run("sign", street.file, who="home")["signatures"]) == ["buyer"]
    assert "Each side" not in street.run("show", street.file, as_json=False)
    street.run("sign", street.file, who="roof")
    would = street.run("register", street.file, "--dry-run")
    assert would == {"contract": 1, "dryRun": True}
    assert street.chain.call("PowerTrades", "contractCount") == 0
    assert street.run("register", street.file, who="trader")["booked"] is True
    assert street.run("show", street.file)["contract"] == 1

    street.at(street.first + 1)
    told = street.run("execute", 1, who="trader")
    assert told["intervals"] == [street.first] and told["sent"]
    shown = street.run("show", 1, "--intervals")
    assert (shown["energyWh"], shown["paid"], shown["proceeds"]) == (1_001, 250_250, 250_250)
    assert (shown["booked"], shown["executed"], shown["due"]) == (1, 1, 0)
    (each,) = shown["each"]
    assert each["state"] == "carried out" and each["sellerSoldWh"] == each["buyerBoughtWh"] == 1_001
    text = street.run("show", 1, as_json=False)
    assert "0.25 credits/kWh for the energy" in text and "1.001 kWh" in text
    assert "Contract 1: pseudonym" in text
    assert [c["contract"] for c in street.run("show")["contracts"]] == [1]
    assert "Energy at agreed prices" in street.run("show", as_json=False)
    street.sound()


def test_the_meter_says_what_was_delivered_and_who_pays_the_penalty(street):
    street.bond()
    terms = ("--energy", 1_000, "--penalty", "0.1", "--seller-meter", 1)
    number = street.agreed(*terms, count=4)
    assert street.run("show", number)["booked"] == 0
    told = street.run("book", number, "--until", street.when(street.first + 3), who="trader")
    assert told["intervals"] == [street.first + n for n in range(3)]
    street.at(street.first + 4)
    street.post(street.first, 400)
    street.post(street.first + 1, 1_500)

    execute = ("execute", number, "--leaves", street.leaves)
    told = street.refused(*execute, who="trader")
    assert told["code"] == "TRADE_NO_READINGS" and "3 intervals" in told["message"]
    street.at(street.first + 5, 2 * HOUR)
    dry = street.run(*execute, "--dry-run", who="trader")
    assert not dry["sent"] and dry["waiting"] == 1
    told = street.run(*execute, who="trader")
    assert told["intervals"] == [street.first, street.first + 1] and told["waiting"] == 1
    shown = street.run("show", number, "--intervals")
    # 600 Wh are missing of the first thousand, and none of the second.
    assert (shown["sellerShortWh"], shown["deliveredWh"]) == (600, 1_400)
    assert (shown["sellerPenalty"], shown["buyerPenalty"]) == (60_000, 0)
    assert [e["state"] for e in shown["each"]] == ["carried out"] * 2 + ["booked", "agreed"]
    assert shown["due"] == 1

    # The third was never read: nothing of it was delivered, once the grace is over.
    assert street.refused(*execute, who="trader")["code"] == "TRADE_NO_READINGS"
    assert street.refused(*execute, "--missing", who="trader")["code"] == "TRADES_NOT_FINAL"
    street.at(street.first + 4, street.chain.call("PowerTrades", "GRACE") + 1)
    street.run(*execute, "--missing", who="trader")
    assert street.run("show", number)["sellerShortWh"] == 1_600
    # The fourth was never booked: what it binds is free again.
    told = street.run("lapse", number, who="trader")
    assert told["intervals"] == [street.first + 3]
    assert street.run("show", number)["lapsed"] == 1
    for function, what in (("book", "booked"), ("execute", "carried out"), ("lapse", "freed")):
        told = street.refused(function, number, who="trader")
        assert told["code"] == "TRADE_NOTHING_DUE" and what in told["message"]
    street.sound()


def test_energy_is_wheeled_by_a_profile_and_the_grid_is_paid(street):
    north = street.numbers["north"]
    told = street.run("grid-fee", 1, "0.02", "--to", north, who="authority")
    assert told["changes"][0]["after"] == "0.02 credits/kWh"
    profile = street.folder / "day.txt"
    energies = [100 + n for n in range(96)]
    profile.write_text("\n".join(map(str, energies)) + "\n")
    wheel = ("--buyer-node", 1, "--carrier", "north", "--wheeling-fee", "0.03")
    number = street.agreed(
        *("--profile", profile, *wheel), signers=("roof", "home", "north"), count=60
    )
    assert street.run("show", number)["gridFee"] == GRID_FEE
    # More than one call may have, and each with the words of its profile.
    assert len(street.run("book", number, who="trader")["transactions"]) == 2
    street.at(street.first + 60)
    street.run("execute", number, who="trader")
    shown = street.run("show", number, "--intervals")
    whole = [energies[(street.first + n) % 96] for n in range(60)]
    assert shown["energyWh"] == sum(whole) and [e["energyWh"] for e in shown["each"]] == whole
    assert shown["wheeling"] == sum(wh * 30_000 // 1_000 for wh in whole)
    assert shown["grid"] == sum(wh * GRID_FEE // 1_000 for wh in whole)
    assert f"carried by participant {north}" in street.run("show", number, as_json=False)
    street.sound()


def test_an_interval_without_energy_asks_for_no_reading(street):
    profile = street.folder / "day.txt"
    profile.write_text("0\n" * 96)
    more = ("--penalty", "0.1", "--seller-meter", 1)
    number = street.agreed("--profile", profile, *more)
    street.at(street.first + 1)
    assert street.run("execute", number, who="trader")["sent"]


def test_a_signature_is_taken_back(street):
    street.offer("--energy", 1_000)
    for who in ("roof", "home"):
        street.run("sign", street.file, who=who)
    street.run("revoke", street.file, who="roof")
    told = street.refused("register", street.file, who="trader")
    assert told["code"] == "TRADES_BAD_SIGNATURE"
    assert KEYS[0].address in told["message"] and "taken back" in told["message"]
    assert street.refused("register", street.file, "--dry-run")["code"] == "TRADES_BAD_SIGNATURE"


@pytest.mark.parametrize(
    "more, code",
    [
        ((), "TRADES_BAD_TERMS"),  # no energy
        (("--energy", 1, "--penalty", "0.1"), "TRADES_BAD_TERMS"),  # no meter
        (("--energy", 1, "--buyer-node", 1), "TRADES_BAD_TERMS"),  # no carrier
        (("--energy", 1, "--carrier", "north"), "TRADES_BAD_TERMS"),  # nothing to carry
        (("--energy", 1, "--carrier", "nobody"), "PARTY_UNKNOWN"),
        (("--energy", 1, "--deadline", "soon"), "TRADE_TIME"),
        (("--energy", 1, "--since", "2026-06-01T12:07"), "TRADE_TIME"),
        (("--energy", 1, "--deadline", "2001-01-01"), "TRADES_TOO_LATE"),
        (("--energy", 1, "--price", "0.12345678"), "AMOUNT_UNREADABLE"),
    ],
)
def test_terms_the_market_would_not_take_are_refused_before_anybody_signs(street, more, code):
    told = street.offer(*more, run=street.refused)
    assert told["code"] == code and told["remedy"], told
    assert not street.file.exists()


@pytest.mark.parametrize("text", ["1\n" * 95, "1\n" * 95 + "x", "-1\n" * 96, f"{1 << 32}\n" * 96])
def test_a_file_that_is_no_profile_is_refused(street, text):
    profile = street.folder / "day.txt"
    profile.write_text(text)
    told = street.offer("--profile", profile, run=street.refused)
    assert told["code"] == "TRADE_PROFILE"


def test_a_file_that_was_changed_or_is_of_elsewhere_is_refused(street):
    street.offer("--energy", 1_000)
    whole = json.loads(street.file.read_text())

    def refused(**changes):
        street.file.write_text(json.dumps(whole | changes))
        return street.refused("sign", street.file, who="roof")

    dearer = whole["contractTerms"] | {"price": 1}
    for changes in (
        {"contractTerms": dearer},
        {"contractTerms": whole["contractTerms"] | {"more": 1}},
        {"signatures": {"carrier": "0x00"}},
        {"profileWords": [1]},
        {"profileWords": [-1]},
        {"chainId": "1"},
    ):
        assert refused(**changes)["code"] == "TRADE_UNREADABLE", changes
    assert (
        street.refused("sign", street.folder / "none.json", who="roof")["code"]
        == "TRADE_UNREADABLE"
    )
    street.file.write_text(json.dumps(whole))
    elsewhere = agreed.read(street.file)
    domain = agreed.trades_domain(1, elsewhere.domain.contract)
    agreed.TradeFile(elsewhere.ticket, domain, {}).write(street.file)
    assert street.refused("sign", street.file, who="roof")["code"] == "TRADE_ELSEWHERE"


def test_who_has_no_part_in_it_and_what_is_not_there_is_told(street):
    street.offer("--energy", 1_000)
    told = street.refused("sign", street.file, who="trader")
    assert told["code"] == "TICKET_NOT_PARTY" and "the seller with" in told["remedy"]
    told = street.refused("register", street.file, who="trader")
    assert told["code"] == "TRADE_SIGNATURE_MISSING"
    assert "seller and the buyer" in told["message"]
    told = street.refused("show", 1)
    assert told["code"] == "TRADE_UNKNOWN" and "offer" in told["remedy"]
    street.agreed("--energy", 1_000)
    told = street.refused("book", 2, who="trader")
    assert told["code"] == "TRADE_UNKNOWN" and "1 to 1" in told["remedy"]
    told = street.refused("register", street.file, who="trader")
    assert told["code"] == "TRADES_AGREED_BEFORE"
    told = street.refused("revoke", street.file, who="roof")
    assert told["code"] == "TRADES_AGREED_BEFORE"
    told = street.refused("grid-fee", 1, "0.02", "--to", street.numbers["north"], who="trader")
    assert told["code"] == "SCHEMES_NO_POWER"


def test_what_a_contract_binds_must_be_there(street):
    street.offer("--energy", 500_000_000)
    for who in ("roof", "home"):
        street.run("sign", street.file, who=who)
    told = street.refused("register", street.file, who="trader")
    assert told["code"] == "POWER_INSUFFICIENT_CREDITS"
    assert f"{500_000 // 4:,} are needed" in told["message"]


def test_intervals_are_booked_two_days_ahead_at_most(street):
    number = street.agreed("--energy", 10, count=300)
    street.run("book", number, who="trader")
    near = (street.chain.now() + AHEAD_S) // QUARTER
    state = [street.chain.call("PowerTrades", "stateOf", number, near + i)[0] for i in (0, 2)]
    assert state == [True, False]
    street.sound()


def test_no_more_is_sold_than_the_metering_office_registered(street):
    street.offer("--energy", MOST_WH + 1, "--price", "0")
    for who in ("roof", "home"):
        street.run("sign", street.file, who=who)
    told = street.refused("register", street.file, who="trader")
    assert told["code"] == "TRADES_BEYOND_LIMIT"
    assert f"may sell {MOST_WH:,} Wh at node 0" in told["message"]


def test_a_side_with_its_wallet_elsewhere_signs_the_message_it_is_shown(street):
    street.offer("--energy", 1_001)
    messages = street.run("typed-data", street.file)["messages"]
    assert [m["wallet"] for m in messages] == [KEYS[0].address, KEYS[1].address]
    (message,) = street.run("typed-data", street.file, "--of", KEYS[1].address)["messages"]
    assert message["typedData"]["primaryType"] == "PowerContract"
    signable = encode_typed_data(full_message=json.loads(json.dumps(message["typedData"])))
    for key, status in ((Peer.create(), 1), (Peer.from_key(KEYS[1].key), 0)):
        signature = "0x" + bytes(key.sign_message(signable).signature).hex()
        told = street.run("attach-signature", street.file, signature, status=status)
        if status:
            assert told["error"]["code"] == "SIGNATURE_NOT_AWAITED"
    assert (told["wallet"], told["awaited"]) == (KEYS[1].address, 1)
    street.run("sign", street.file, who="roof")
    assert street.run("register", street.file, who="trader")["booked"] is True
    assert street.run("show", street.file)["contract"] == 1
