"""A failing test turns the commands of the CI red.

The recipe of `make test` itself is run in a small copy of the project: green as it is, red as soon as one
failing test is planted, whether Forge or pytest runs it. Without this, a launcher that swallows an exit
code, or a recipe that forgets one, would leave everything green for ever.
"""

import shutil

import pytest

from tests.toolchain import trees
from tools import figures, floors

PASSING_FORGE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

contract CanaryTest is Test {
    function test_sings() public pure {
        assertEq(uint256(1), 1);
    }
}
"""
PASSING_PYTHON = "def test_sings():\n    assert 1 == 1\n"
GAS = PASSING_FORGE.replace(
    "    function test_sings() public pure {\n",
    '    function test_sings() public {\n        vm.snapshotValue("Canary", "song", 7);\n',
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with the true Makefile and configuration, one contract and three tests."""
    folder = tmp_path_factory.mktemp("canary")
    trees.copy_sources(folder, ["SettlementCurrency"])
    for name in (
        "Makefile",
        "pyproject.toml",
        "requirements.lock",
        "requirements-node.lock",
        "package-lock.json",
    ):
        shutil.copy(trees.ROOT / name, folder / name)
    for name in ("setup.py", "repeat_if_changed.py"):
        shutil.copy(trees.ROOT / "tools" / name, folder / "tools" / name)
    for path in imports_of("tonne.deployment.compiler"):
        target = folder / path.relative_to(trees.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for name in ("oracles", "scripts"):
        trees.write(folder / name / "__init__.py", "")
    shutil.copytree(trees.ROOT / "tests" / "forge", folder / "tests" / "forge")
    (folder / "tests" / "forge" / "Test.t.sol").unlink()

    # The packages are there already: set-up finds nothing to do.
    shutil.rmtree(folder / "node_modules")
    shutil.rmtree(folder / ".tools")
    for name in (".venv", "node_modules", ".tools"):
        (folder / name).symlink_to((trees.ROOT / name).resolve())

    for name in ("gas", "yardstick"):
        (folder / "tests" / name).mkdir(parents=True)
    yardstick = PASSING_FORGE.replace("CanaryTest", "Yardstick")
    (folder / "tests" / "yardstick" / "Yardstick.sol").write_text(yardstick)
    (folder / "tests" / "Canary.t.sol").write_text(PASSING_FORGE)
    (folder / "tests" / "gas" / "Canary.t.sol").write_text(GAS)
    (folder / "tests" / "test_canary.py").write_text(PASSING_PYTHON)
    (folder / "snapshots").mkdir()
    (folder / "snapshots" / "Canary.json").write_text('{\n  "song": "7"\n}')
    return folder


def imports_of(module):
    """The files of a module, of all that it imports and of the packages they lie in."""
    graph = figures.modules()
    names = {module, *graph.reachable(module)}
    names |= {name.rsplit(".", deep)[0] for name in names for deep in range(1, name.count(".") + 1)}
    files = {floors.module_name(path, trees.ROOT): path for path in floors.python_files(trees.ROOT)}
    return [files[name] for name in sorted(names)]


def make(project, *targets):
    return trees.run(["make", *targets], project, CI="true")


@pytest.fixture
def planted(project):
    """Plant one changed file for one test."""
    kept = {}

    def plant(name, old, new):
        path = project / name
        kept[path] = path.read_text()
        assert old in kept[path]
        path.write_text(kept[path].replace(old, new))

    yield plant
    for path, text in kept.items():
        path.write_text(text)


@pytest.mark.long
def test_the_commands_are_green_when_all_is_well(project):
    done = make(project, "test")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout.splitlines()[-1]


def test_a_failing_forge_test_turns_the_commands_red(project, planted):
    planted("tests/Canary.t.sol", "assertEq(uint256(1), 1)", "assertEq(uint256(1), 2)")
    done = make(project, "test")
    assert done.returncode != 0
    assert "assertion failed: 1 != 2" in done.stdout


def test_a_failing_pytest_turns_the_commands_red(project, planted):
    planted("tests/test_canary.py", "1 == 1", "1 == 2")
    done = make(project, "test")
    assert done.returncode != 0
    assert "1 failed" in done.stdout


@pytest.mark.long
def test_a_change_of_gas_turns_the_commands_red(project, planted):
    planted("snapshots/Canary.json", '"7"', '"8"')
    done = make(project, "test")
    assert done.returncode != 0
    assert "song" in done.stdout


@pytest.mark.long
def test_unformatted_solidity_turns_the_commands_red(project, planted):
    planted("tests/Canary.t.sol", "        assertEq", "   assertEq")
    assert make(project, "test").returncode != 0


@pytest.mark.long
@pytest.mark.parametrize(
    "file, old, new",
    [
        ("tests/Canary.t.sol", "assertEq(uint256(1), 1)", "assertEq(uint256(1), 2)"),
        ("tests/test_canary.py", "def test", "import pytest\n\n\n@pytest.mark.long\ndef test"),
    ],
)
def test_the_long_forms_turn_red_too(project, planted, file, old, new):
    planted(file, old, new)
    if file.endswith(".py"):
        planted(file, "1 == 1", "1 == 2")
    assert make(project, "test-long").returncode != 0
