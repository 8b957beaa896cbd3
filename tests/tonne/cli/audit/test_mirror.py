"""`tonne mirror`: two auditors at a terminal, who agree until one of them signed something else."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from tests.tonne.audit.test_checkpoints import ONE, OTHER
from tonne import cli
from tonne.audit import checkpoints
from tonne.audit.checkpoints import AuditCheckpoint
from tonne.crypto import keystore


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
