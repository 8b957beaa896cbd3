"""The floors of the house: imports and calls go down only and never in a circle, in Solidity and Python.

A contract can call only what it can name, and it names other contracts by their interfaces. So an import
of an interface is drawn as a line to the room that implements it, and the graph of imports is the graph
of calls as well; what could get around that (a low-level call, an interface declared on the spot) is
refused. The receiver hooks of the token standards are the one exception: they come from packages.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from tonne.deployment import sources
from tools.floors import (
    PYTHON_FLOORS,
    Line,
    circles,
    module_name,
    python_files,
    python_floor,
    python_lines,
    solidity_floor,
    solidity_lines,
)

ROOT = Path(__file__).resolve().parent.parent

#: Low-level calls that stay on their floor: a contract runs the code of its extension, a part of itself that
#: is deployed apart for its size.
WITHIN_THE_ROOM = {
    "contracts/lib/Extendable.sol: delegatecall(gas()": 1,
    "contracts/units/Unit1155.sol: .call(": 1,  # the receiver hooks of ERC-1155
}

LOW_LEVEL = re.compile(r"\.(?:call|delegatecall|callcode)\s*[({]|\b(?:call|delegatecall)\(gas\(\)")
INTERFACE = re.compile(r"^\s*interface\s+(\w+)", re.MULTILINE)


# ---------------------------------------------------------------------------------------------------
# Solidity


def upward_in_solidity(root: Path) -> list[str]:
    return [
        str(line)
        for line in solidity_lines(root)
        if solidity_floor(line.target) > solidity_floor(line.origin)
    ]


def circles_in_solidity(root: Path) -> list[list[str]]:
    """Circles of files, and of rooms; a room is its contracts and its interfaces."""
    lines = solidity_lines(root)
    rooms = [Line(line.origin.split("/")[1], line.target.split("/")[1]) for line in lines]
    return circles(lines) + circles(line for line in rooms if line.origin != line.target)


def around_the_graph(root: Path) -> list[str]:
    """Calls that the graph of imports would not show."""
    found = []
    for path in sorted((root / "contracts").rglob("*.sol")):
        text = sources.without_comments(path.read_text(encoding="utf-8"))
        name = path.relative_to(root).as_posix()
        found += [f"{name}: {match.group()}" for match in LOW_LEVEL.finditer(text)]
        found += [f"{name}: interface {declared}" for declared in INTERFACE.findall(text)]
    return found


def test_solidity_goes_down_only():
    assert len(solidity_lines(ROOT)) > 20
    assert upward_in_solidity(ROOT) == []


def test_solidity_has_no_circle_of_files_or_of_rooms():
    assert circles_in_solidity(ROOT) == []


@pytest.mark.parametrize(
    "file, text",
    [
        ("interfaces/types/Ids.sol", 'import "../../contracts/lib/SignerSet.sol";'),  # of files
        ("contracts/types/Up.sol", 'import "../book/TickIndex.sol";'),  # of rooms of one floor
        ("contracts/types/Up.sol", 'import "../lib/Merkle.sol";'),
        ("contracts/lib/Up.sol", 'import "../market/Exchange.sol";'),
    ],
)
def test_a_circle_of_solidity_is_seen(tmp_path, file, text):
    copy_solidity(tmp_path)
    with open(tmp_path / file, "a") as source:
        source.write(text + "\n")
    assert circles_in_solidity(tmp_path)


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


@cache
def lines_of_the_house() -> tuple[Line, ...]:
    return tuple(python_lines(ROOT))


@cache
def packages() -> tuple[str, ...]:
    """Every folder with Python in it."""
    folders = {path.parent for path in python_files(ROOT)}
    return tuple(sorted(".".join(folder.relative_to(ROOT).parts) for folder in folders))


def upward_in_python(lines: Iterable[Line]) -> list[str]:
    found = []
    for line in lines:
        origin, target = python_floor(line.origin), python_floor(line.target)
        if target is not None and (origin is None or target > origin):
            found.append(str(line))
        # Brownie starts chains and compiles on import: it stays on the top floor.
        if line.target.split(".")[0] == "brownie" and not line.origin.startswith("scripts"):
            found.append(str(line))
    return found


def circles_in_python(lines: Iterable[Line]) -> list[list[str]]:
    """Circles of modules, and of packages beside each other at any depth."""
    lines = list(lines)
    modules = {line.origin for line in lines} | {module_name(p, ROOT) for p in python_files(ROOT)}
    known = [
        Line(line.origin, target)
        for line in lines
        if (target := nearest(line.target, modules)) and target != line.origin
    ]
    found = circles(known)
    for parent in ("", *packages()):
        found += circles(
            Line(origin, target)
            for line in known
            if (origin := below(line.origin, parent))
            and (target := below(line.target, parent))
            and origin != target
        )
    return found


def nearest(name: str, modules: set[str]) -> str:
    """The module that a dotted name leads to; empty for one of others."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def below(module: str, parent: str) -> str:
    """The part of a package that a module lies in; empty for a module of another package."""
    if parent and not f"{module}.".startswith(f"{parent}."):
        return ""
    rest = module.removeprefix(parent).strip(".").split(".")
    return f"{parent}.{rest[0] or '__init__'}"


def planted(root: Path, *plants: tuple[str, str]) -> tuple[Line, ...]:
    """The lines of the house with those of modules planted in packages: (package, text)."""
    for package, text in plants:
        folder = root.joinpath(*package.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "planted.py").write_text(text + "\n")
    return lines_of_the_house() + tuple(python_lines(root))


def test_python_goes_down_only_and_brownie_stays_on_top():
    assert len(lines_of_the_house()) > 1_000
    assert upward_in_python(lines_of_the_house()) == []


def test_python_has_no_circle_of_modules_or_of_packages():
    assert circles_in_python(lines_of_the_house()) == []


def test_every_room_of_python_has_a_floor_and_every_floor_its_rooms():
    roots = {path.stem for path in (ROOT / "tonne").glob("*.py")} - {"__init__"}
    rooms = {f"tonne.{name}" for name in roots} | {"tonne", "oracles", "scripts", "tests"}
    rooms |= {".".join(package.split(".")[:2]) for package in packages() if "." in package}
    rooms -= {room for room in rooms if room.startswith(("oracles.", "scripts."))}
    listed = {room for floor in PYTHON_FLOORS for room in floor}
    assert rooms - listed == set()
    assert listed - rooms <= {"tonne.serve"}, "the data service has its floor before its code"


@pytest.mark.parametrize("package", packages())
def test_an_upward_import_is_seen_in_each_package(tmp_path, package):
    floor = python_floor(package)
    above = next(room for room in PYTHON_FLOORS[floor + 1] if room != "tonne.serve")
    text = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {above} import planted"
    found = upward_in_python(planted(tmp_path, (package, text)))
    assert f"{package}.planted -> {above}.planted" in found


@pytest.mark.parametrize(
    "package, text",
    [
        ("tonne.crypto", "from tonne.chain.client import Chain"),
        ("tonne.crypto", "def late():\n    from ..cli import main"),
        ("tonne.audit", "import importlib\nimportlib.import_module('tonne.simulation.period.run')"),
        ("tonne.audit.units", "from ...simulation.period import report"),
        ("oracles.emissions", "import scripts.deploy"),
        ("oracles.emissions", "from brownie import network"),
        ("tonne.cli.core", "import brownie"),
        ("scripts", "from tests import conftest"),
    ],
)
def test_every_form_of_an_upward_import_is_seen(tmp_path, package, text):
    assert len(upward_in_python(planted(tmp_path, (package, text)))) == 1


@pytest.mark.parametrize(
    "plants",
    [
        [("tonne.rules.pack", "from tonne.rules.engine import figures")],
        [("tonne.simulation.period.model", "def late():\n    from ..steps import trading")],
        [
            ("tonne.sandbox", "import tonne.units.lineage"),
            ("tonne.units", "import tonne.sandbox.node"),
        ],
        [
            ("tonne.chain", "import tonne.meters.series"),
            ("tonne.meters", "import tonne.chain.clock"),
        ],
        [
            ("oracles", "from tonne.audit import reconcile"),
            ("tonne.audit", "import oracles.runtime"),
        ],
    ],
)
def test_a_circle_of_packages_is_seen(tmp_path, plants):
    assert circles_in_python(planted(tmp_path, *plants))


def test_a_circle_of_two_modules_of_one_package_is_seen(tmp_path):
    folder = tmp_path / "tonne/crypto"
    folder.mkdir(parents=True)
    (folder / "one.py").write_text("from tonne.crypto import two\n")
    (folder / "two.py").write_text("def late():\n    from .one import anything\n")
    assert ["tonne.crypto.one", "tonne.crypto.two"] in circles_in_python(python_lines(tmp_path))


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
            text = sources.without_comments(path.read_text(encoding="utf-8"))
            for name in re.findall(r"^\s*error\s+(\w+)\s*\(", text, re.MULTILINE):
                declared.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    assert len(declared) > 20
    assert {name: places for name, places in declared.items() if len(places) > 1} == {}
