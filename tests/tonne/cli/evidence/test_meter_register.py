"""`tonne meters node`, `add`, `rotate`, `exchange` and `close`: an officer's register of meters."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tonne import cli
from tonne.audit.reconcile import audit
from tonne.cli.core import session
from tonne.crypto import keystore

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
        with pytest.raises(SystemExit) as end:
            cli.main(["meters", *(str(a) for a in arguments), "--as", who, "--json"])
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
