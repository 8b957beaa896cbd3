"""`tonne meters`: an officer's register of meters, and leaves that their readers ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tonne import cli
from tonne.audit.reconcile import audit
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.crypto.sealing import OneTimeKey, info_of, seal
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.readings import MeterRecord, Quality
from tonne.meters.series import Flow, IntervalReading
from tonne.meters.signatures import Signature

QUARTER_S = 900


@pytest.fixture
def tonne(town, tmp_path, capsys, monkeypatch):
    """Runs a command of `tonne meters` and returns what it printed for machines."""
    monkeypatch.setenv("TONNE_RPC", town.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in ("authority", "trader"):
        keystore.write(tmp_path / f"{name}.json", town.market.people[name], "x", keystore.WEAK)

    def run(*arguments, who="authority", status=0):
        by = ("--as", who) if who else ()
        with pytest.raises(SystemExit) as end:
            cli.main(["meters", *(str(a) for a in arguments), *by, "--json"])
        printed = capsys.readouterr()
        assert (end.value.code or 0) == status, printed
        told = json.loads(printed.out)
        return told if status == 0 else told["error"]

    return run


@pytest.fixture
def key_file(tmp_path):
    """Writes the public key of a number, as a maker hands it out."""

    def write(secret: int, curve: ec.EllipticCurve):
        public = ec.derive_private_key(secret, curve).public_key()
        path = tmp_path / f"{secret}.der"
        path.write_bytes(
            public.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        return path

    return write


def test_a_meter_is_registered_rotated_exchanged_and_ended(town, tonne, key_file):
    chain = town.chain
    trader, _, _ = chain.call("Participants", "walletOf", town.market.people["trader"])
    node = tonne("node", "electricity", "--oracle", trader)["node"]
    assert chain.call("MeterOracle", "node", node).intervalS == QUARTER_S

    start = (chain.now() // QUARTER_S + 1) * QUARTER_S
    terms = ("--node", node, "--owner", trader, "--nameplate-w", 8_000, "--since", start)
    add = ("add", "--key", key_file(1, ec.SECP256R1()), *terms)
    told = tonne(*add, "--dry-run")
    assert not told["sent"] and told["provable"] and told["changes"][0]["before"] == "none"
    assert chain.call("MeterOracle", "meterCount") == 0
    assert tonne(*add, who="trader", status=1)["code"] == "SCHEMES_NO_POWER"
    meter = tonne(*add)["meter"]
    shown = tonne("add", "--key", key_file(2, ec.BrainpoolP256R1()), *terms)
    assert (shown["meter"], shown["provable"]) == (meter + 1, False)

    later = start + 4 * QUARTER_S
    tonne("rotate", meter, "--key", key_file(3, ec.SECP256K1()), "--since", later)
    last = ("--last", "1200,7", "--since", later + QUARTER_S)
    tonne("exchange", meter, "--key", key_file(4, ec.SECP256K1()), *last)
    wrong = ("exchange", meter, "--key", key_file(4, ec.SECP256K1()), "--since", later)
    assert tonne(*wrong, "--last", "1.5", status=1)["code"] == "METER_REGISTERS_FORM"
    tonne("close", meter, "--until", later + 8 * QUARTER_S)
    assert chain.call("MeterOracle", "meter", meter).validUntil == later + 8 * QUARTER_S
    assert audit(chain).differences == []


@dataclass
class Asked:
    """A reader's meter with a root in which its leaf is, and the oracle's hand."""

    town: Any
    tonne: Callable[..., Any]
    folder: Path
    node: int
    meter: int
    start: int
    tree: IntervalLeaves

    def ask(self, name: str):
        """Number, file and one-time key of a challenge."""
        path = self.folder / name
        asked = ("ask", "--meter", self.meter, "--start", self.start, "--key", path)
        number = self.tonne(*asked, who="trader")["challenge"]
        assert self.tonne(*asked, who="trader", status=1)["code"] == "METER_KEY_EXISTS"
        return number, path, OneTimeKey.read(path)

    def answer(self, number: int, key: OneTimeKey, opened: bytes) -> None:
        chain = self.town.chain
        info = info_of(chain.chain_id, chain["MeterOracle"].address, number)
        notary = self.town.market.people["north"]
        chain.send(notary, "MeterOracle", "answer", number, seal(opened, key.public, info))


@pytest.fixture
def asked(town, tonne, key_file, tmp_path) -> Asked:
    chain, people = town.chain, town.market.people
    notary, me = people["north"], people["trader"]
    oracle, _, _ = chain.call("Participants", "walletOf", notary)
    node = tonne("node", "electricity", "--oracle", oracle)["node"]
    start = (chain.now() // QUARTER_S + 1) * QUARTER_S
    terms = ("--node", node, "--owner", oracle, "--nameplate-w", 8_000, "--since", start)
    meter = tonne("add", "--key", key_file(1, ec.SECP256R1()), *terms)["meter"]
    assert tonne("reader", meter, me.address, who="trader", status=1)["code"] == "SCHEMES_NO_POWER"
    tonne("reader", meter, me.address)
    tonne("operator", node, oracle)
    assert chain.call("MeterOracle", "readerOf", meter)[0] == me.address
    assert chain.call("MeterOracle", "operatorOf", node) == oracle

    slash, fee = (chain.call("MeterOracle", name) for name in ("SLASH", "FEE"))
    for who, amount in ((notary, slash), (me, 2 * fee)):
        chain.send(people["currency_issuer"], "SettlementCurrency", "mint", who, amount)
    chain.send(notary, "SettlementCurrency", "approve", chain["MeterOracle"], slash)
    chain.send(notary, "MeterOracle", "depositBond", oracle, slash)
    told = IntervalReading(250, 30, Flow(1_250, 80), Quality.SETTLED, 4, bytes(32))
    tree = IntervalLeaves.of(b"s" * 32, node, start, [(meter, told)])
    chain.set_time(start + QUARTER_S)
    early = ("ask", "--meter", meter, "--start", start, "--key", tmp_path / "early.json")
    assert tonne(*early, who="trader", status=1)["code"] == "METER_NOT_POSTED"
    args = (node, start, 1, tree.root, tree.tree.sums, tree.data)
    chain.send(notary, "MeterOracle", "post", *args)
    return Asked(town, tonne, tmp_path, node, meter, start, tree)


def test_a_leaf_is_asked_for_read_accepted_and_exposed(asked, tonne):
    """A reader asks for its meter's leaf; the oracle answers well, and then with garbage."""
    tree, start, chain = asked.tree, asked.start, asked.town.chain
    tree.write(asked.folder / "oracle" / "leaves" / str(asked.node) / f"{start}-1.leaves")
    kept = ("--start", start, "--folder", asked.folder / "oracle")
    receipt = tonne("receipt", asked.meter, *kept, who=None)
    assert (receipt["importWh"], receipt["importRegisterWh"]) == (250, 1_250)

    number, path, key = asked.ask("one.json")
    waiting = tonne("read", number, "--key", path, who=None, status=1)
    assert waiting["code"] == "METER_NOT_ANSWERED"
    asked.answer(number, key, tree.opened(0))
    leaf = tonne("read", number, "--key", path, who=None)
    assert leaf["good"] and leaf["leaf"]["importWh"] == 250
    kept = tonne("expose", number, "--key", path, who="trader", status=1)
    assert kept["code"] == "METER_ANSWER_GOOD"
    tonne("accept", number, who="trader")
    args = (asked.node, start, 2, tree.root, tree.tree.sums - 1, tree.data)
    chain.send(asked.town.market.people["north"], "MeterOracle", "post", *args)
    over = tonne("read", number, "--key", path, who=None, status=1)
    assert over["code"] == "METER_RUN_REPLACED"

    number, path, key = asked.ask("two.json")
    asked.answer(number, key, b"later")
    assert not tonne("read", number, "--key", path, who=None)["good"]
    contradict = ("contradict", number, "--key", path, "--record", path)
    assert tonne(*contradict, who="trader", status=1)["code"] == "METER_ANSWER_FALSE"
    tonne("expose", number, "--key", path, who="trader")
    assert chain.call("MeterOracle", "stateOf", asked.node, start).status == 2
    assert audit(chain).differences == []


def test_a_leaf_is_contradicted_by_what_the_meter_signed(asked, tonne):
    """Nothing upholds it: the interval fails, fee and half of the penalty are owed to the reader."""
    number, path, key = asked.ask("one.json")
    asked.answer(number, key, asked.tree.opened(0))
    told = MeterRecord(asked.meter, asked.start + QUARTER_S, 1_240, 80, 5, 0, bytes(16))
    der = ec.derive_private_key(1, ec.SECP256R1()).sign(
        told.digest(), ec.ECDSA(utils.Prehashed(hashes.SHA256()))
    )
    record = asked.folder / "record.bin"
    contradict = ("contradict", number, "--key", path, "--record", record)
    assert tonne(*contradict, who="trader", status=1)["code"] == "METER_RECORD_FILE"
    record.write_bytes(told.with_signature(Signature.of_der(der)))
    made = tonne(*contradict, who="trader")
    expire = ("expire", made["challenge"])
    assert tonne(*expire, who="trader", status=1)["code"] == "METER_ORACLE_CHALLENGE_STATE"
    chain = asked.town.chain
    chain.set_time(made["deadline"] + 1)
    slash, fee = (chain.call("MeterOracle", name) for name in ("SLASH", "FEE"))
    assert tonne(*expire, who="authority")["paid"] == fee + slash // 2
    assert tonne("withdraw", who="trader")["amount"] == fee + slash // 2
    assert audit(chain).differences == []


def test_what_cannot_be_asked_for_is_refused(tonne, tmp_path):
    key = ("--start", 900, "--key", tmp_path / "k.json")
    for wrong in ((), ("--node", 1), ("--place", 3), ("--meter", 1, "--node", 1)):
        assert tonne("ask", *wrong, *key, who="trader", status=1)["code"] == "METER_ASK_WHAT"
    missing = tonne("receipt", 1, "--start", 900, "--folder", tmp_path, who=None, status=1)
    assert missing["code"] == "METER_NO_LEAF"
    assert not (tmp_path / "k.json").exists()
