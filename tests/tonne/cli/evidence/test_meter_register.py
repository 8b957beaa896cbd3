"""`tonne meters`: an officer's register of meters, and leaves that their readers ask for."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tonne import cli
from tonne.audit.reconcile import audit
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.crypto.sealing import OneTimeKey, info_of, seal
from tonne.meters.leaves import IntervalLeaves
from tonne.meters.readings import Quality
from tonne.meters.series import Flow, IntervalReading

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


def test_a_leaf_is_asked_for_read_accepted_and_exposed(town, tonne, key_file, tmp_path):
    """A reader asks for its meter's leaf; the oracle answers well, and then with garbage."""
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
    tree.write(tmp_path / "oracle" / "leaves" / str(node) / f"{start}-1.leaves")
    receipt = tonne("receipt", meter, "--start", start, "--folder", tmp_path / "oracle", who=None)
    assert (receipt["importWh"], receipt["importRegisterWh"]) == (250, 1_250)

    def ask(name):
        path = tmp_path / name
        asked = ("ask", "--meter", meter, "--start", start, "--key", path)
        number = tonne(*asked, who="trader")["challenge"]
        assert tonne(*asked, who="trader", status=1)["code"] == "METER_KEY_EXISTS"
        return number, path, OneTimeKey.read(path)

    def answer(number, key, opened):
        info = info_of(chain.chain_id, chain["MeterOracle"].address, number)
        sealed = seal(opened, key.public, info)
        chain.send(notary, "MeterOracle", "answer", number, sealed)

    number, path, key = ask("one.json")
    waiting = tonne("read", number, "--key", path, who=None, status=1)
    assert waiting["code"] == "METER_NOT_ANSWERED"
    answer(number, key, tree.opened(0))
    leaf = tonne("read", number, "--key", path, who=None)
    assert leaf["good"] and leaf["leaf"]["importWh"] == 250
    kept = tonne("expose", number, "--key", path, who="trader", status=1)
    assert kept["code"] == "METER_ANSWER_GOOD"
    tonne("accept", number, who="trader")

    number, path, key = ask("two.json")
    answer(number, key, b"later")
    assert not tonne("read", number, "--key", path, who=None)["good"]
    tonne("expose", number, "--key", path, who="trader")
    assert chain.call("MeterOracle", "stateOf", node, start).status == 2
    assert audit(chain).differences == []


def test_what_cannot_be_asked_for_is_refused(tonne, tmp_path):
    key = ("--start", 900, "--key", tmp_path / "k.json")
    for wrong in ((), ("--node", 1), ("--place", 3), ("--meter", 1, "--node", 1)):
        assert tonne("ask", *wrong, *key, who="trader", status=1)["code"] == "METER_ASK_WHAT"
    missing = tonne("receipt", 1, "--start", 900, "--folder", tmp_path, who=None, status=1)
    assert missing["code"] == "METER_NO_LEAF"
    assert not (tmp_path / "k.json").exists()
