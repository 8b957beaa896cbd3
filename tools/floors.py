"""The floors of the project and the imports between its files, in Solidity and in Python.

`tests/test_floors.py` holds the one to the other; `tools/floor_plan.py` draws both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonne.deployment import sources
from tools.syntax_trees import tree

#: Folders of Python sources.
PYTHON: Final = ("tonne", "oracles", "scripts")

#: Rooms of contracts from the ground; those of one floor may know each other.
FLOORS: Final = [
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

#: Rooms of Python from the ground; an import goes down, or sideways without a circle. Nothing imports tests.
PYTHON_FLOORS: Final = [
    (
        *("tonne", "tonne.errors", "tonne.paths", "tonne.files", "tonne.text", "tonne.countries"),
        *("tonne.constants", "tonne.progress", "tonne.stop_signals", "tonne.types"),
    ),
    ("tonne.crypto", "tonne.rules", "tonne.html_report"),
    ("tonne.chain", "tonne.meters"),
    ("tonne.deployment", "tonne.evidence", "tonne.market"),
    ("tonne.units", "tonne.power", "tonne.sandbox"),
    ("tonne.audit", "oracles"),
    ("tonne.simulation", "tonne.serve"),
    ("tonne.cli", "scripts"),
    ("tests",),
]


@dataclass(frozen=True, slots=True)
class Line:
    """One import: the importing file or module, and its target."""

    origin: str
    target: str

    def __str__(self) -> str:
        return f"{self.origin} -> {self.target}"


def circles(lines: Iterable[Line]) -> list[list[str]]:
    """Groups of nodes that reach each other: strongly connected components of two or more (Tarjan)."""
    edges: dict[str, list[str]] = {}
    for line in lines:
        edges.setdefault(line.origin, []).append(line.target)
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        path.append(node)
        for target in edges.get(node, ()):
            if target not in order:
                visit(target)
            if target in path:
                low[node] = min(low[node], low[target])
        if low[node] == order[node]:
            group = path[path.index(node) :]
            del path[path.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in edges:
        if node not in order:
            visit(node)
    return found


# ---------------------------------------------------------------------------------------------------
# Solidity


def solidity_lines(root: Path) -> list[Line]:
    """Every import between files of ours."""
    remappings: list[list[str]] = []
    lines = []
    for folder in ("contracts", "interfaces"):
        for path in sorted((root / folder).rglob("*.sol")):
            origin = path.relative_to(root).as_posix()
            for target in sources.imports(path.read_text(encoding="utf-8"), origin, remappings):
                if target.startswith(("contracts/", "interfaces/")):
                    lines.append(Line(origin, target))
    return lines


def solidity_floor(path: str) -> int:
    """The floor of a contract or an interface, by the room it lies in."""
    room = path.split("/")[1]
    return next(floor for floor, rooms in enumerate(FLOORS) if room in rooms)


# ---------------------------------------------------------------------------------------------------
# Python


def python_lines(root: Path) -> list[Line]:
    """Every import, also those inside functions and for types only.

    `from a import b` leads to `a.b`.
    """
    lines = []
    for path in python_files(root):
        origin = module_name(path, root)
        package = origin if path.name == "__init__.py" else origin.rpartition(".")[0]
        for target in imported(tree(path), package):
            lines.append(Line(origin, target))
    return lines


def python_files(root: Path, folders: Iterable[str] = PYTHON) -> Iterator[Path]:
    for folder in folders:
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
    """The floor of a module's room; None for a package of others, and for a room without a floor."""
    parts = module.split(".")
    room = ".".join(parts[:2]) if parts[0] == "tonne" else parts[0]
    return next((floor for floor, rooms in enumerate(PYTHON_FLOORS) if room in rooms), None)
