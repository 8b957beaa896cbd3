"""`tonne mirror`: two auditors at a terminal, who agree until one of them signed something else."""

from __future__ import annotations

import json
from contextlib import closing
from types import SimpleNamespace

import pytest
from eth_account import Account as Peer
from eth_account.messages import encode_typed_data

from tests.tonne.audit.test_checkpoints import ONE, OTHER, act
from tests.tonne.chain.test_wallet_signers import SAFE, WORDS, Wallets
from tonne import cli
from tonne.audit import checkpoints
from tonne.audit.checkpoints import AuditCheckpoint
from tonne.audit.store import exports
from tonne.audit.store.database import Store
from tonne.crypto import eip712, keystore, wallet_signatures
from tonne.evidence.submissions import entry


@pytest.fixture
def mirror(town, capsys, tmp_path):
    """Runs `tonne mirror` for an auditor by name; returns what it printed."""
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery staple\n")
    secret.chmod(0o600)

    def run(name, *options, key=None, status=0):
        node = ["--rpc", town.chain.url, "--deployments", str(town.folder)]
        place = [] if options[0] == "compare" else node
        if key is not None:
            path = tmp_path / f"{name}.json"
            if not path.exists():
                keystore.write(path, key, secret.read_text().strip(), work=2)
            place += ["--keystore", str(path), "--passphrase-file", str(secret)]
        store = ["--store", str(tmp_path / f"{name}.duckdb")]
        with pytest.raises(SystemExit) as ended:
            cli.main(["mirror", *map(str, options), *place, *store])
        read = capsys.readouterr()
        assert (ended.value.code or 0) == status, read.out + read.err
        return " ".join((read.out + read.err).split())

    return run


def test_mirrors_sign_agree_and_name_a_disagreement(mirror, town, tmp_path):
    ours, theirs = tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl"
    assert "state" in mirror("one", "run", ours, "--once", key=ONE)
    mirror("other", "run", theirs, "--once", key=OTHER)
    assert "0 disagree" in mirror("one", "check", theirs, "--ours", ours)

    (signed,) = theirs.read_text().splitlines()
    told = json.loads(signed)
    other = AuditCheckpoint(
        told["block"],
        bytes.fromhex(told["blockHash"][2:]),
        bytes.fromhex(told["history"]),
        bytes(32),
    )
    false = checkpoints.sign(told["chain"], told["contract"], other, OTHER)
    theirs.write_text(false.line() + "\n")
    said = mirror("one", "check", theirs, "--ours", ours, status=1)
    assert "ALARM CHECKPOINT_DISAGREES" in said and "another state" in said


def test_a_wallet_elsewhere_signs_a_checkpoint_and_another_publishes_it(
    mirror, town, tmp_path, capsys
):
    signed, east = tmp_path / "signed.jsonl", town.market.people["east"]
    refused = mirror("one", "run", signed, "--wallet", east.address, status=1)
    assert "MIRROR_WALLET" in refused
    town.chain.rpc.call("evm_mine")
    mirror("one", "run", signed, "--once", "--wallet", east.address)
    assert "CHECKPOINT_UNSIGNED" in mirror("one", "check", signed, status=1)
    town_of = ("--rpc", town.chain.url, "--deployments", str(town.folder))

    def run(*arguments, status=0, form=("--json",)):
        with pytest.raises(SystemExit) as ended:
            cli.main(["mirror", *map(str, arguments), *town_of, *form])
        assert (ended.value.code or 0) == status

    capsys.readouterr()
    run("typed-data", signed, form=())
    following = f"tonne mirror attach-signature {signed} SIGNATURE"
    assert "".join(capsys.readouterr().out.split()).endswith("".join(following.split()))
    message = tmp_path / "message.json"
    run("typed-data", signed, "--out", message)
    typed = json.loads(message.read_text())
    assert typed["primaryType"] == "AuditCheckpoint"
    signable = encode_typed_data(full_message=typed)
    for key, status in ((Peer.create(), 1), (Peer.from_key(east.key), 0)):
        signature = "0x" + bytes(key.sign_message(signable).signature).hex()
        run("attach-signature", signed, signature, status=status)
    (told,) = checkpoints.read(signed, town.chain)
    assert told.signer == east.address
    assert "0 disagree" in mirror("one", "check", signed)

    trader = tmp_path / "trader.json"
    keystore.write(trader, town.market.people["trader"], "x", work=2)
    (tmp_path / "x").write_text("x\n")
    run("publish", signed, "--keystore", trader, "--passphrase-file", tmp_path / "x")
    auditor = town.market.participants["east"]
    assert town.chain.call("AuditCheckpoints", "digestOf", auditor, told.block) != bytes(32)


def test_a_contracts_checkpoint_is_brought_with_its_signature_beside():
    told = checkpoints.SignedCheckpoint(
        *(1337, SAFE, 5, "0x" + "11" * 32, "22" * 32, "33" * 32, SAFE),
        "0x" + wallet_signatures.awaited(SAFE).hex(),
    )
    (waiting,) = told.awaited
    chain = Wallets(eip712.digest(told.struct, told.domain))
    signed, each = told.with_signature(chain, WORDS)
    assert (each, signed.awaited) == (waiting, [])
    item, beside = signed.arguments()
    assert entry("keep", signed.arguments()) == "keepWithContractSignatures"
    assert (item[4][12:].hex(), beside) == (SAFE[2:].lower(), [WORDS])
    assert int.from_bytes(item[5], "big") == (1 << 256) - 1


def test_a_disagreement_names_its_blocks_and_with_their_tables_the_first_log(
    mirror, town, tmp_path
):
    theirs, tables = tmp_path / "theirs.jsonl", tmp_path / "tables"
    mirror("other", "run", theirs, "--once", key=OTHER)
    agreed = town.chain.block_number()
    mark = town.chain.snapshot()
    for amount in (5, 6, 7):
        act(town, amount)
    mirror("other", "run", theirs, "--once", key=OTHER)
    with closing(Store(tmp_path / "other.duckdb")) as store:
        exports.write(store, exports.tables(["blocks", "events"]), tables, exports.Format.jsonl)
    town.chain.revert(mark)
    for amount in (5, 8, 9):
        act(town, amount)
    mirror("one", "run", tmp_path / "ours.jsonl", "--once", key=ONE)

    said = mirror("one", "check", theirs, status=1)
    assert f"from block {agreed + 1:,} to block {agreed + 3:,}" in said
    assert "`tonne mirror check` with --tables FOLDER" in said and "ALARM first" not in said
    said = mirror("one", "check", theirs, "--tables", tables, status=1)
    differing = first_other_block(town, tables, agreed)
    assert f"ALARM first difference: block {differing:,}" in said
    alone = mirror("one", "compare", tables, status=1)
    assert said.replace(" ", "").endswith(alone.replace(" ", ""))  # its lines are broken elsewhere
    told = json.loads(mirror("one", "check", theirs, "--tables", tables, "--json", status=1))
    assert told["firstDifference"]["block"] == differing and len(told["disagreements"]) == 1


def first_other_block(town, tables, agreed):
    """The first block after an agreed one whose hash the exported tables have otherwise."""
    rows = map(json.loads, (tables / "blocks.jsonl").read_text().splitlines())
    hashes = {row["number"]: row["hash"] for row in rows}
    return next(
        n for n in range(agreed + 1, agreed + 4) if town.chain.block(hex(n)).hash != hashes[n]
    )


def test_it_says_what_it_could_not_compare(mirror, town, tmp_path):
    """A store that has not come so far agrees with nothing."""
    ours, theirs = tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl"
    mirror("one", "run", ours, "--once", key=ONE)
    town.chain.rpc.call("evm_mine")
    mirror("other", "run", theirs, "--once", key=OTHER)
    said = mirror("one", "check", theirs, "--ours", ours)
    assert said.startswith("0 checkpoints up to block") and "1 of later blocks" in said
    mirror("one", "run", ours, "--once", key=ONE)
    said = mirror("one", "check", theirs, "--ours", ours)
    assert "1 of them by state, 0 disagree" in said and "later" not in said


def test_a_checkpoint_that_the_chain_refuses_does_not_end_the_mirror(mirror, tmp_path, monkeypatch):
    """Its key is nobody's who may report: the refusal is named, and the file goes on."""

    def enough(_):
        raise SystemExit(7)

    monkeypatch.setattr("tonne.cli.audit.mirror.time", SimpleNamespace(sleep=enough))
    signed = tmp_path / "ours.jsonl"
    said = mirror("one", "run", signed, "--publish", key=ONE, status=7)
    assert "CHECKPOINTS_NOT_AUDITOR" in said
    assert len(signed.read_text().splitlines()) == 1
