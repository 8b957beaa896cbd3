"""The packages are installed in folders of their own and used as their users would."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import zipfile

import pytest

from tests.toolchain import trees
from tests.toolchain.trees import as_a_stranger as run
from tonne.deployment import compiler
from tonne.deployment.plan import PLAN
from tools import package

ROOT = compiler.ROOT


# ---------------------------------------------------------------------------------------------------
# The wheel


def test_the_wheel_installs_a_command(installed, tmp_path):
    assert "A carbon market on a chain" in run([installed / "tonne", "--help"], tmp_path)
    where = "import tonne.places as p; print(p.INSTALLED, p.TREE)"
    answer = run([installed / "python", "-P", "-c", where], tmp_path)
    assert answer.startswith("True ")
    assert str(ROOT) not in answer


def test_the_wheel_deploys_a_market_without_a_compiler(installed, tmp_path, anvil):
    tonne = [installed / "tonne"]
    run([*tonne, "deploy", "--rpc", anvil.url], tmp_path)
    record = json.loads((tmp_path / "deployments" / "31337.json").read_text())
    assert set(record["contracts"]) == set(PLAN)
    built = compiler.contracts(PLAN)
    for name, entry in record["contracts"].items():
        assert entry["source_hash"] == built[name].digest, name
    roles = json.loads(run([*tonne, "roles", "--rpc", anvil.url, "--json"], tmp_path))
    assert roles["administrators"] == [record["administrator"]]


def test_the_wheel_brings_its_rule_packs_and_the_sentences_of_errors(installed, tmp_path):
    script = (
        "from tonne import notices, rulepack\n"
        "from tonne.compile import contracts\n"
        "print(rulepack.load('china-national').scheme.title)\n"
        "print(notices.error_notices()['RetirementWithoutLedger'])\n"
        "print(len(contracts()['Exchange'].abi) > 50)\n"
    )
    title, sentence, has_abi = run(
        [installed / "python", "-P", "-c", script], tmp_path
    ).splitlines()
    assert "China" in title
    assert sentence.startswith("Thrown when a registry")
    assert has_abi == "True"


def test_the_wheel_says_what_it_lacks(installed, tmp_path):
    script = (
        "from tonne import node\n"
        "try:\n"
        "    node.anvil_binary()\n"
        "except Exception as error:\n"
        "    print(error)\n"
    )
    said = run([installed / "python", "-P", "-c", script], tmp_path, PATH="/usr/bin:/bin")
    assert "NODE_MISSING" in said
    assert "into the PATH" in said


@pytest.mark.long
def test_the_wheel_runs_a_whole_period(installed, tmp_path):
    tools = f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = [installed / "tonne", "period", "--emitters", "50", "--out", "report"]
    said = run(command, tmp_path, PATH=tools)
    assert "no difference" in said
    assert (tmp_path / "report" / "index.html").is_file()


def test_the_same_tree_gives_the_same_wheel(wheel, tmp_path):
    again = tmp_path / package.build_wheel(str(tmp_path))
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheel_records_what_is_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        record = next(name for name in names if name.endswith("/RECORD"))
        lines = archive.read(record).decode().splitlines()
        assert [line.rsplit(",", 2)[0] for line in lines] == names
        for line in lines[:-1]:
            name, digest, size = line.rsplit(",", 2)
            data = archive.read(name)
            assert len(data) == int(size)
            assert digest == package._digest(data)
        assert not [name for name in names if "tests" in name or "node_modules" in name]


# ---------------------------------------------------------------------------------------------------
# The npm package


@pytest.fixture(scope="module")
def modules(tarball, tmp_path_factory):
    """A project that installed the tarball; what that depends on is already on this machine."""
    folder = tmp_path_factory.mktemp("integrator")
    theirs = {
        name: f"file:{(ROOT / 'node_modules' / name).resolve()}"
        for name in ("@openzeppelin/contracts", "solady")
    }
    (folder / "package.json").write_text(
        json.dumps({"private": True, "dependencies": {"tonne": f"file:{tarball}", **theirs}})
    )
    trees.npm(["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    return folder


def test_the_npm_package_has_what_integrators_use_and_nothing_else(tarball):
    with tarfile.open(tarball) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
    assert {
        "LICENSE",
        "README.md",
        "abi/Exchange.json",
        "abi/index.ts",
        "abi/index.js",
        "abi/fills.ts",
        "abi/fills.js",
        "artifacts/Exchange.json",
        "contracts/market/Exchange.sol",
        "interfaces/market/IExchange.sol",
    } <= names
    top = {name.split("/")[0] for name in names}
    assert top == {
        *("LICENSE", "README.md", "package.json"),
        *("abi", "artifacts", "contracts", "interfaces"),
    }
    assert not [name for name in names if name.endswith(".t.sol")]


CONTRACT = """\
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OpenParticipants} from "tonne/contracts/open/OpenParticipants.sol";
import {TickBitmap} from "tonne/contracts/book/TickBitmap.sol";
import {IExchange} from "tonne/interfaces/market/IExchange.sol";
import {MarketId, ParticipantId} from "tonne/interfaces/types/Ids.sol";

contract Club is OpenParticipants {
    IExchange public immutable EXCHANGE;

    constructor(IExchange exchange) {
        EXCHANGE = exchange;
    }

    function lotsOf(ParticipantId member, MarketId market) external view returns (uint256) {
        return EXCHANGE.account(member, market).lots;
    }
}
"""

FOUNDRY = """\
[profile.default]
src = "src"
offline = true
evm_version = "paris"
solc = "{solc}"
remappings = [
    "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/",
    "solady/=node_modules/solady/src/",
    "tonne/=node_modules/tonne/",
]
"""


def test_a_contract_that_imports_the_npm_package_compiles(modules):
    (modules / "src").mkdir()
    (modules / "src" / "Club.sol").write_text(CONTRACT)
    solc = ROOT / "tools" / "solc" / f"solc-v{compiler.COMPILER_VERSION}"
    (modules / "foundry.toml").write_text(FOUNDRY.format(solc=solc))
    run([ROOT / ".tools" / "bin" / "forge", "build"], modules)
    built = json.loads((modules / "out" / "Club.sol" / "Club.json").read_text())
    functions = {entry["name"] for entry in built["abi"] if entry["type"] == "function"}
    assert {"join", "lotsOf"} <= functions


def test_javascript_imports_the_abi_and_the_decoder(modules):
    script = """
        import { exchangeAbi } from "tonne/abi";
        import { decodeFills } from "tonne/fills";
        import exchange from "tonne/artifacts/Exchange.json" with { type: "json" };
        console.log(JSON.stringify({
          place: exchangeAbi.filter((entry) => entry.name === "place").length,
          fills: decodeFills("0x12ca00000500000700000064"),
          code: exchange.bytecode,
        }));
    """
    (modules / "use.mjs").write_text(script)
    node = ROOT / ".tools" / "bin" / "node"
    answer = json.loads(run([node, "--no-warnings", "use.mjs"], modules))
    assert answer["place"] == 1
    assert answer["fills"] == [
        {"tick": 4810, "ended": False, "index": 5, "maker": 7, "lots": 100},
    ]
    assert _hash(answer["code"]) == _hash(compiler.contracts(["Exchange"])["Exchange"].bytecode)


def _hash(text):
    return hashlib.sha256(text.encode()).hexdigest()
