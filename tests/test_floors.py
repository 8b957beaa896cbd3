"""The floors of the house: imports and calls go down only, in Solidity and in Python.

A contract can call only what it can name, and it names other contracts by their interfaces. So an import
of an interface is drawn as a line to the room that implements it, and the graph of imports is the graph
of calls as well; what could get around that (a low-level call, an interface declared on the spot) is
refused. The receiver hooks of the token standards are the one exception: they come from packages.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tonne.deployment import compiler

ROOT = Path(__file__).resolve().parent.parent

#: Rooms of contracts from the ground; those of one floor may know each other.
FLOORS = [
    ("lib", "types", "book", "standards"),
    ("parties",),
    ("rules",),
    ("evidence",),
    ("units",),
    ("market",),
    ("compliance",),
    ("power",),
    ("open",),
]

#: Python from the ground: folders by the longest matching name.
PYTHON_FLOORS = {
    "tonne": 0,
    "tonne.audit": 1,
    "oracles": 1,
    "tonne.cli": 2,  # commands stand on everything, as scripts do
    "tonne.simulation.period": 2,
    "tonne.simulation.energy_day": 2,
    "tonne.simulation.scenarios": 2,
    "scripts": 2,
}

#: Low-level calls that stay on their floor: a contract runs the code of its extension, a part of itself that
#: is deployed apart for its size.
WITHIN_THE_ROOM = {
    "contracts/lib/Extendable.sol: delegatecall(gas()": 1,
    "contracts/evidence/MeterOracle.sol: delegatecall(gas()": 1,
    "contracts/power/PowerMarket.sol: delegatecall(gas()": 1,
    "contracts/compliance/Compliance.sol: delegatecall(gas()": 1,
    "contracts/power/PowerSettlement.sol: delegatecall(gas()": 1,
}

LOW_LEVEL = re.compile(r"\.(?:call|delegatecall|callcode)\s*[({]|\b(?:call|delegatecall)\(gas\(\)")
INTERFACE = re.compile(r"^\s*interface\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """One import: the file that has it and what it leads to."""

    origin: str
    target: str

    def __str__(self) -> str:
        return f"{self.origin} -> {self.target}"


# ---------------------------------------------------------------------------------------------------
# Solidity


def solidity_lines(root: Path) -> list[Line]:
    """Every import between files of ours."""
    remappings: list[list[str]] = []
    lines = []
    for folder in ("contracts", "interfaces"):
        for path in sorted((root / folder).rglob("*.sol")):
            origin = path.relative_to(root).as_posix()
            for target in compiler.imports(path.read_text(encoding="utf-8"), origin, remappings):
                if target.startswith(("contracts/", "interfaces/")):
                    lines.append(Line(origin, target))
    return lines


def solidity_floor(path: str) -> int:
    """The floor of a contract or an interface, by the room it lies in."""
    room = path.split("/")[1]
    return next(floor for floor, rooms in enumerate(FLOORS) if room in rooms)


def upward_in_solidity(root: Path) -> list[str]:
    return [
        str(line)
        for line in solidity_lines(root)
        if solidity_floor(line.target) > solidity_floor(line.origin)
    ]


def around_the_graph(root: Path) -> list[str]:
    """Calls that the graph of imports would not show."""
    found = []
    for path in sorted((root / "contracts").rglob("*.sol")):
        text = compiler.without_comments(path.read_text(encoding="utf-8"))
        name = path.relative_to(root).as_posix()
        found += [f"{name}: {match.group()}" for match in LOW_LEVEL.finditer(text)]
        found += [f"{name}: interface {declared}" for declared in INTERFACE.findall(text)]
    return found


def test_solidity_goes_down_only():
    assert len(solidity_lines(ROOT)) > 20
    assert upward_in_solidity(ROOT) == []


def test_solidity_calls_nothing_that_it_does_not_import():
    found = Counter(around_the_graph(ROOT))
    assert found == WITHIN_THE_ROOM


@pytest.mark.parametrize(
    "file, text",
    [
        ("contracts/lib/Up.sol", 'import {Schemes} from "../rules/Schemes.sol";'),
        (
            "contracts/rules/Up.sol",
            'import {\n    IAllowances\n} from "../../interfaces/units/IAllowances.sol";',
        ),
        ("interfaces/parties/IParticipants.sol", 'import "../rules/ISchemes.sol";'),
    ],
)
def test_an_upward_import_of_solidity_is_seen(tmp_path, file, text):
    copy_solidity(tmp_path)
    with open(tmp_path / file, "a") as source:
        source.write(text + "\n")
    assert [line.split(" -> ")[0] for line in upward_in_solidity(tmp_path)] == [file]


@pytest.mark.parametrize(
    "text",
    [
        "interface IExchange {\n    function halt() external;\n}",
        'contract Up { function f(address to) external { to.call(""); } }',
        "contract Up { function f(address to) external { to.call{value: 1}(new bytes(0)); } }",
    ],
)
def test_a_call_around_the_graph_is_seen(tmp_path, text):
    copy_solidity(tmp_path)
    (tmp_path / "contracts/lib/Up.sol").write_text(text + "\n")
    assert len(around_the_graph(tmp_path)) == len(around_the_graph(ROOT)) + 1


def copy_solidity(target: Path) -> None:
    for folder in ("contracts", "interfaces"):
        shutil.copytree(ROOT / folder, target / folder)


# ---------------------------------------------------------------------------------------------------
# Python


def python_lines(root: Path) -> list[Line]:
    """Every import, also inside functions; `from a import b` leads to `a.b` where that is a module."""
    lines = []
    for path in python_files(root):
        origin = module_name(path, root)
        package = origin if path.name == "__init__.py" else origin.rpartition(".")[0]
        for target in imported(ast.parse(path.read_text(encoding="utf-8")), package):
            lines.append(Line(origin, target))
    return lines


def python_files(root: Path) -> Iterator[Path]:
    for folder in ("tonne", "oracles", "scripts"):
        yield from sorted((root / folder).rglob("*.py"))


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}"
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("importlib.import_module", "import_module", "__import__")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def python_floor(module: str) -> int | None:
    """The floor of a module of ours; None for a package of others."""
    parts = module.split(".")
    while parts:
        floor = PYTHON_FLOORS.get(".".join(parts))
        if floor is not None:
            return floor
        parts.pop()
    return None


def upward_in_python(root: Path) -> list[str]:
    found = []
    for line in python_lines(root):
        origin, target = python_floor(line.origin), python_floor(line.target)
        assert origin is not None
        if target is not None and target > origin:
            found.append(str(line))
        # Brownie starts chains and compiles on import: it stays on the top floor.
        if line.target.split(".")[0] == "brownie" and origin < PYTHON_FLOORS["scripts"]:
            found.append(str(line))
    return found


def test_python_goes_down_only_and_brownie_stays_on_top():
    assert len(python_lines(ROOT)) > 50
    assert upward_in_python(ROOT) == []


@pytest.mark.parametrize(
    "file, text",
    [
        ("tonne/up.py", "from oracles.runtime import journal"),
        ("tonne/up.py", "from tonne import audit"),
        ("tonne/up.py", "def late():\n    from .cli import main"),
        ("tonne/up.py", "import importlib\nimportlib.import_module('tonne.simulation.period.run')"),
        ("oracles/emissions/up.py", "import scripts.deploy"),
        ("oracles/emissions/up.py", "from brownie import network"),
        ("tonne/audit/up.py", "from ..simulation.period import report"),
    ],
)
def test_an_upward_import_of_python_is_seen(tmp_path, file, text):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text + "\n")
    assert len(upward_in_python(tmp_path)) == 1


# ---------------------------------------------------------------------------------------------------
# What no source may have


def test_nothing_prints_to_a_console():
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("contracts", "interfaces", "tests")
        for path in sorted((ROOT / folder).rglob("*.sol"))
        if re.search(r"\bimport\b.*\bconsole2?\b", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_error_name_is_declared_twice():
    declared: dict[str, list[str]] = {}
    for folder in ("contracts", "interfaces"):
        for path in sorted((ROOT / folder).rglob("*.sol")):
            text = compiler.without_comments(path.read_text(encoding="utf-8"))
            for name in re.findall(r"^\s*error\s+(\w+)\s*\(", text, re.MULTILINE):
                declared.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    assert len(declared) > 20
    assert {name: places for name, places in declared.items() if len(places) > 1} == {}


def test_no_source_file_of_solidity_is_longer_than_650_lines():
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in sorted((ROOT / "contracts").rglob("*.sol"))
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 650
    }
    assert long == {}
