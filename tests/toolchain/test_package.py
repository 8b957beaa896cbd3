"""The wheel and the npm package, installed in empty environments and used as their users would."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import urllib.request
import zipfile

import pytest

from tests.patience import HANGING_S
from tests.toolchain import trees
from tests.toolchain.trees import as_a_stranger as run
from tonne.deployment import compiler
from tonne.deployment.plan import PLAN
from tools import figures, package, page

ROOT = compiler.ROOT

#: Anvil in the PATH; all else comes with the wheel.
TOOLS = f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}"

#: Prints how long the help of every command and group is, in one process.
HELP = """
import contextlib, io
for words in walk(typer.main.get_command(app), []):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        app([*words, "--help"], standalone_mode=False)
    print(len(text.getvalue()), *words)
"""


def helped(python, folder):
    """Commands and groups by the length of their help."""
    said = run([python, "-P", "-c", figures.WALK + HELP], folder).splitlines()[1:]
    return {tuple(line.split()[1:]): int(line.split()[0]) for line in said}


#: A claim that `tonne retire` makes for two credits.
CLAIM = (
    *("--beneficiary", "Trader Ltd", "--purpose", "fleet fuel"),
    *("--from", "2020-01-01", "--until", "2020-12-31"),
)

FLOW = """\
seq,cmd,order_id,side,price,qty
0,LIMIT,1,S,101,5
1,LIMIT,2,B,101,3
2,CANCEL,1,S,0,0
"""


# ---------------------------------------------------------------------------------------------------
# The wheel


def test_the_wheel_has_the_files_of_the_tree_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == set(wheel_files())


def wheel_files():
    """Every file of the wheel: of the packages, and under `tonne/tree` the data that they read."""
    for folder, place in (
        ("tonne", ""),
        ("oracles", ""),
        *((data, "tonne/tree/") for data in DATA),
    ):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield place + path.relative_to(ROOT).as_posix()
    yield "tonne/tree/artifacts/verification.json"
    for path in page.OUT.rglob("*"):
        if path.is_file():
            yield f"tonne/tree/page/{path.relative_to(page.OUT).as_posix()}"


DATA = (
    *("schemes", "registries", "scenarios", "interfaces", "contracts", "abi", "artifacts"),
    "deploy/consortium",
)


def test_the_same_tree_gives_the_same_wheel(wheel, tmp_path):
    again = package.wheel(tmp_path)
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheel_declares_its_extras(installed):
    script = "from importlib.metadata import metadata; print(metadata('tonne').get_all('Provides-Extra'))"
    assert "profiles" in run([installed / "python", "-P", "-c", script], installed)


@pytest.mark.long
@pytest.mark.nightly
def test_the_wheel_helps_with_every_command(installed, tmp_path):
    said = helped(installed / "python", tmp_path)
    assert set(said) == set(figures.commands())
    assert [words for words, length in said.items() if length < 40] == []
    assert "Usage: tonne" in run([installed / "tonne", "--help"], tmp_path)


def test_the_wheel_knows_that_it_is_installed(installed, tmp_path):
    where = "from tonne import paths as p; print(p.INSTALLED, p.TREE)"
    answer = run([installed / "python", "-P", "-c", where], tmp_path)
    assert answer.startswith("True ")
    assert str(ROOT) not in answer


def test_the_wheel_prints_any_script(installed, tmp_path):
    script = "from tonne.units.page_text import font_of; print(*map(font_of, 'a中한بไ😀'))"
    fonts = run([installed / "python", "-P", "-c", script], tmp_path).split()
    assert fonts == "NotoSans NotoSansSC NotoSansKR NotoSansArabic NotoSansThai NotoEmoji".split()


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


def test_the_wheel_serves_the_page_without_node(installed, tmp_path, anvil):
    run([installed / "tonne", "deploy", "--rpc", anvil.url], tmp_path)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TONNE", "MAKE"))}
    command = [installed / "tonne", "page", "--rpc", anvil.url, "--port", "0"]
    alone = {**kept, "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=alone, stdout=subprocess.PIPE, text=True
    ) as serving:
        try:
            url = next(line for line in serving.stdout if "http://" in line).split()[-1]
            with urllib.request.urlopen(url) as answer:
                index = answer.read()
            assert index == (page.OUT / "index.html").read_bytes()
            script = re.search(r'src="\./(assets/[^"]+\.js)"', index.decode()).group(1)
            with urllib.request.urlopen(url + script) as answer:
                assert answer.read() == (page.OUT / script).read_bytes()
            with urllib.request.urlopen(url + "page.json") as answer:
                assert json.load(answer) == {"rpc": anvil.url, "chainId": 31337, "service": None}
            with urllib.request.urlopen(url + "deployments/31337.json") as answer:
                assert "Exchange" in json.load(answer)["contracts"]
        finally:
            serving.send_signal(signal.SIGINT)
            serving.wait(HANGING_S)


def test_the_wheel_brings_its_rule_packs_and_the_sentences_of_errors(installed, tmp_path):
    script = (
        "from tonne.chain import natspec\n"
        "from tonne.deployment.compiler import contracts\n"
        "from tonne.rules import pack\n"
        "print(pack.load('china-national').scheme.title)\n"
        "print(natspec.error_notices()['RetirementWithoutLedger'])\n"
        "print(len(contracts()['Exchange'].abi) > 50)\n"
    )
    title, sentence, has_abi = run(
        [installed / "python", "-P", "-c", script], tmp_path
    ).splitlines()
    assert "China" in title
    assert sentence.startswith("Thrown when a registry")
    assert has_abi == "True"


def test_the_wheel_names_the_program_that_it_lacks(installed, tmp_path):
    script = (
        "from tonne.sandbox import node\n"
        "try:\n"
        "    node.anvil_binary()\n"
        "except Exception as error:\n"
        "    print(error)\n"
    )
    said = run([installed / "python", "-P", "-c", script], tmp_path, PATH="/usr/bin:/bin")
    assert "NODE_MISSING" in said
    assert "into the PATH" in said


def test_the_wheel_replays_order_flow(installed, tmp_path):
    (tmp_path / "flow.csv").write_text(FLOW)
    command = [installed / "tonne", "market", "replay", "flow.csv", "--json"]
    told = json.loads(run(command, tmp_path, PATH=TOOLS))
    assert told["equal"] is True
    assert told["trades"] == 1


@pytest.mark.long
@pytest.mark.nightly
def test_the_wheel_runs_a_period(installed, tmp_path):
    command = [installed / "tonne", "period", "--emitters", "24", "--out", "report"]
    assert "no difference" in run(command, tmp_path, PATH=TOOLS)
    assert (tmp_path / "report" / "index.html").is_file()


@pytest.mark.long
@pytest.mark.nightly
def test_the_wheel_runs_an_energy_day(installed, tmp_path):
    command = [installed / "tonne", "energy", "day", "--meters", "20", "--first", "60"]
    run([*command, "--intervals", "12", "--out", "report"], tmp_path, PATH=TOOLS)
    assert (tmp_path / "report" / "bills.json").is_file()


@pytest.mark.long
@pytest.mark.nightly
def test_the_wheel_trades_retires_certifies_and_audits(installed, tmp_path):
    port = free_port()
    tonne = [installed / "tonne"]
    environment = {
        "PATH": TOOLS,
        "TONNE_RPC": f"http://127.0.0.1:{port}",
        "TONNE_DEPLOYMENTS": str(tmp_path / "deployments"),
        "TONNE_ACCOUNTS": str(tmp_path / "accounts"),
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TONNE", "MAKE"))}
    with subprocess.Popen(
        [*tonne, "up", "--port", str(port)],
        cwd=tmp_path,
        env={**kept, **environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as market:
        try:
            assert any("Ctrl-C ends it" in line for line in market.stdout)

            def act(*words):
                return json.loads(run([*tonne, *words, "--json"], tmp_path, **environment))

            act("market", "buy", "10", "--price", "48.50", "--as", "trader")
            act("retire", "2", *CLAIM, "--as", "trader")
            assert "Trader Ltd" in json.dumps(act("certificate", "show", "1"))
            assert act("audit")["differences"] == []
        finally:
            market.send_signal(signal.SIGINT)
            market.wait(HANGING_S)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.long
@pytest.mark.nightly
def test_the_wheel_installs_from_a_package_index(wheel, tmp_path):
    """With its declared dependencies alone, in their newest versions that fit each other."""
    run([sys.executable, "-m", "venv", tmp_path / "venv"], tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    options = ["--no-input", "--disable-pip-version-check", "--quiet"]
    run([python, "-m", "pip", "install", *options, wheel], tmp_path)
    run([python, "-m", "pip", "check"], tmp_path)
    assert set(helped(python, tmp_path)) == set(figures.commands())


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
        "abi/Exchange.ts",
        "abi/Exchange.js",
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
    (modules / "foundry.toml").write_text(FOUNDRY.format(solc=compiler.SOLC))
    run([ROOT / ".tools" / "bin" / "forge", "build"], modules)
    built = json.loads((modules / "out" / "Club.sol" / "Club.json").read_text())
    functions = {entry["name"] for entry in built["abi"] if entry["type"] == "function"}
    assert {"join", "lotsOf"} <= functions


def test_javascript_imports_the_abi_and_the_decoder(modules):
    script = """
        import { exchangeAbi } from "tonne/abi/Exchange";
        import published from "tonne/abi/Exchange.json" with { type: "json" };
        import { decodeFills } from "tonne/fills";
        import exchange from "tonne/artifacts/Exchange.json" with { type: "json" };
        console.log(JSON.stringify({
          place: exchangeAbi.filter((entry) => entry.name === "place").length,
          same: JSON.stringify(published) === JSON.stringify(exchangeAbi),
          fills: decodeFills("0x12ca00000500000700000064"),
          code: exchange.bytecode,
        }));
    """
    (modules / "use.mjs").write_text(script)
    node = ROOT / ".tools" / "bin" / "node"
    answer = json.loads(run([node, "--no-warnings", "use.mjs"], modules))
    assert answer["place"] == 1
    assert answer["same"]
    assert answer["fills"] == [
        {"tick": 4810, "ended": False, "index": 5, "maker": 7, "lots": 100},
    ]
    assert _hash(answer["code"]) == _hash(compiler.contracts(["Exchange"])["Exchange"].bytecode)


def _hash(text):
    return hashlib.sha256(text.encode()).hexdigest()
