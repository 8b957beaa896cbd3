"""The shipped artifacts are what Forge, Brownie and py-solc-x build from the source, byte by byte."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from tonne.deployment import artifacts, compiler
from tools import verify_artifacts

pytestmark = pytest.mark.long


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A copy of one artifact, in a folder that the check reads instead of the project's."""
    root = tmp_path / "project"
    for name in ("foundry.toml", "brownie-config.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(compiler.ROOT / name, root / name)
    for name in ("contracts", "interfaces", "node_modules", "tools", ".tools", ".venv"):
        (root / name).symlink_to(compiler.ROOT / name)
    (root / artifacts.FOLDER).mkdir()
    for name in artifacts.names(compiler.ROOT):
        shutil.copy(artifacts.path_of(compiler.ROOT, name), root / artifacts.FOLDER)
    monkeypatch.setattr(verify_artifacts, "ROOT", root)
    monkeypatch.setattr(verify_artifacts, "RECORD", root / artifacts.FOLDER / "verified.json")
    return root


def verified(monkeypatch, *options):
    monkeypatch.setattr(
        "sys.argv", ["verify-artifacts", "--contract", "SettlementCurrency", *options]
    )
    return verify_artifacts.main()


def test_three_tools_build_the_bytes_of_an_artifact(shelf, monkeypatch, capsys):
    assert verified(monkeypatch) == 0
    said = capsys.readouterr().out
    assert [f"{tool}: 1 equal" in said for tool in verify_artifacts.TOOLS] == [True, True, True]
    record = json.loads(verify_artifacts.RECORD.read_text())
    assert record == {"SettlementCurrency": verify_artifacts.hash_of("SettlementCurrency")}


@pytest.mark.parametrize("field", ["bytecode", "runtime"])
def test_one_other_byte_is_found_by_each_tool(shelf, monkeypatch, capsys, field):
    """The file is sound and its key is right: recompilation alone shows the byte."""
    artifact = artifacts.read(artifacts.path_of(shelf, "SettlementCurrency"))
    code = getattr(artifact, field)
    flipped = code[:100] + ("0" if code[100] != "0" else "1") + code[101:]
    parts = {name: getattr(artifact, name) for name in artifact.__slots__}
    artifacts.write(shelf, artifacts.Artifact(**{**parts, field: flipped}))
    assert verify_artifacts.stale_artifacts() == {}

    assert verified(monkeypatch) == 1
    said = capsys.readouterr().out
    assert said.count("SettlementCurrency differs from artifacts/") == 3
    assert json.loads(verify_artifacts.RECORD.read_text()) == {}


def test_a_stale_artifact_is_named_before_anything_is_compiled(shelf, monkeypatch, capsys):
    text = (shelf / "foundry.toml").read_text()
    (shelf / "foundry.toml").write_text(
        text.replace("optimizer_runs = 10_000", "optimizer_runs = 9")
    )
    assert verified(monkeypatch) == 1
    assert "SettlementCurrency: stale (other compiler settings)" in capsys.readouterr().out


@pytest.mark.nightly
def test_every_artifact_is_built_by_three_tools():
    command = ["make", "--no-print-directory", "verify-artifacts", "VERIFY=--all"]
    done = subprocess.run(command, cwd=compiler.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_native_compiler_gives_the_bytecode_of_npm_s():
    """Where this machine has one: of the contract with the most code, and of its extension."""
    script = "console.log(require('./tools/solc/native').find() || '')"
    node = [str(compiler.ROOT / ".tools" / "bin" / "node"), "-e", script]
    native = subprocess.run(node, cwd=compiler.ROOT, capture_output=True, text=True, check=True)
    if not native.stdout.strip():
        pytest.skip("this machine has no native compiler; `make compiler` installs one")
    codes = []
    for kind in ("native", "npm"):
        environment = {**os.environ, "TONNE_COMPILER": kind}
        request = json.dumps(verify_artifacts.SourceTree(compiler.ROOT).standard_json("Exchange"))
        done = subprocess.run(
            [compiler.SOLC, "--standard-json"],
            input=request,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        evm = json.loads(done.stdout)["contracts"]["contracts/market/Exchange.sol"]["Exchange"][
            "evm"
        ]
        codes.append((evm["bytecode"]["object"], evm["deployedBytecode"]["object"]))
    assert codes[0] == codes[1]
