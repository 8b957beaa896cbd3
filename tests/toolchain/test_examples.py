"""The examples run as their readers would run them: in folders of their own, with the packages."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.toolchain import trees
from tests.toolchain.trees import as_a_stranger as run
from tonne.deployment import compiler
from tools import package

ROOT = compiler.ROOT
EXAMPLES = ROOT / "examples"
NAMES = ("brownie", "foundry", "hardhat", "python")
#: Scripts of commands, which tests/e2e/test_inventories.py, test_life.py and test_market_script.py run.
SCRIPTS = ("inventory", "market", "project")
TOOLS = f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}"

MOST_LINES = 60


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """The examples and, where they expect it, the npm package."""
    folder = tmp_path_factory.mktemp("shelf")
    shutil.copytree(EXAMPLES, folder / "examples", ignore=shutil.ignore_patterns("node_modules"))
    package.npm(folder, folder / "build" / "package")
    return folder / "examples"


def install(example: Path) -> None:
    options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
    trees.npm(["ci", *options], example)


def hand_written(example: Path) -> list[str]:
    """Every hand-written line: code, tests and settings, blank lines and comments included."""
    made = {"node_modules", "build", "out", "cache", "artifacts", "types", "interfaces", "reports"}
    packages = {"package.json", "package-lock.json"}
    return [
        line
        for path in sorted(example.rglob("*"))
        if path.is_file() and path.name not in packages
        if not {*made, "__pycache__"} & set(path.relative_to(example).parts)
        for line in path.read_text().splitlines()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_short(name):
    assert sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()) == sorted(
        NAMES + SCRIPTS
    )
    assert 10 < len(hand_written(EXAMPLES / name)) < MOST_LINES


def test_the_python_example_trades_and_retires(shelf, installed):
    printed = run([installed / "python", "-P", "python/trade.py"], shelf, PATH=TOOLS)
    assert "5,000 t at 48.20\n1,000 t at 48.50\n" in printed
    assert "certificate 1:" in printed
    assert "holds 9990 of credit 2020" in printed


@pytest.mark.long
@pytest.mark.nightly
def test_the_foundry_example_retires_in_the_name_of_a_contract(shelf):
    install(shelf / "foundry")
    printed = run(
        ["forge", "test", "--offline"],
        shelf / "foundry",
        PATH=TOOLS,
        FOUNDRY_SOLC=str(compiler.SOLC),
    )
    assert "1 passed" in printed


@pytest.mark.long
@pytest.mark.nightly
def test_the_hardhat_example_fits_the_types_and_trades_on_an_exchange_alone(shelf):
    install(shelf / "hardhat")
    # The script's calls fit the types of the published ABI.
    run(["node", "node_modules/typescript/bin/tsc"], shelf / "hardhat", PATH=TOOLS)
    command = ["node", "node_modules/hardhat/dist/src/cli.js", "run", "scripts/trade.ts"]
    printed = run(command, shelf / "hardhat", PATH=TOOLS, HARDHAT_DISABLE_TELEMETRY_PROMPT="true")
    assert "40 lots at tick 510" in printed
    assert "The buyer has 40 credits." in printed


@pytest.mark.long
@pytest.mark.nightly
def test_the_brownie_example_trades_on_an_exchange_alone(shelf, installed, tmp_path):
    install(shelf / "brownie")
    # Brownie runs in the project's environment, with the wheel before the project itself.
    site = next(installed.parent.glob("lib/python3*/site-packages"))
    printed = run(
        [ROOT / ".venv" / "bin" / "brownie", "run", "trade"],
        shelf / "brownie",
        PATH=TOOLS,
        HOME=str(tmp_path),
        SOLCX_BINARY_PATH=str(compiler.SOLC.parent),
        PYTHONPATH=str(site),
    )
    assert "40 lots at tick 510" in printed
    assert "The buyer has 40 credits." in printed
