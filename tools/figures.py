"""`make figures`: the size and order of the project in figures, each counted from its files.

Each counter takes the root of a checkout, so that two versions can be compared and tests can plant faults.
"""

from __future__ import annotations

import ast
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools import plain_english
from tools.floors import PYTHON, imported, module_name, python_files
from tools.syntax_trees import tree

ROOT: Final = Path(__file__).resolve().parents[1]

#: Code size that chains accept [bytes], EIP-170.
CODE_LIMIT: Final = 24_576

#: Modules that pack ids and words.
_PACKING: Final = re.compile(r"^tonne\.types\.|encoding$")


#: Types of `tonne.cli.core.options` that commands take from their session.
SHARED: Final = (
    "Rpc", "Deployments", "As", "Keystore", "PassphraseFile", "From", "Elsewhere", "SafeFile", "DryRun",
    "AsJson", "SchemeNumber", "MarketNumber",
)  # fmt: skip
FLAGS: Final = {f"--{name}" for name in (
    "rpc", "deployments", "as", "keystore", "passphrase-file", "safe", "dry-run", "json", "scheme",
    "market",
)}  # fmt: skip


# ---------------------------------------------------------------------------------------------------
# The import graph of Python


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes (modules, or the rooms of a package) and the imports between them."""

    nodes: frozenset[str]
    arrows: frozenset[tuple[str, str]]

    def circles(self) -> list[set[str]]:
        """Groups of nodes that import each other, directly or through others."""
        reach = {node: self.reachable(node) for node in self.nodes}
        found: list[set[str]] = []
        for node in sorted(self.nodes):
            if node in reach[node] and not any(node in circle for circle in found):
                found.append({other for other in reach[node] if node in reach[other]})
        return found

    def floors(self) -> int:
        """Length of the longest chain of imports, each circle counted as one node."""
        name = {node: node for node in self.nodes}
        for circle in self.circles():
            name |= dict.fromkeys(circle, min(circle))
        below: dict[str, set[str]] = defaultdict(set)
        for origin, target in self.arrows:
            if name[origin] != name[target]:
                below[name[origin]].add(name[target])
        heights: dict[str, int] = {}

        def height(node: str) -> int:
            if node not in heights:
                heights[node] = 1 + max((height(other) for other in below[node]), default=0)
            return heights[node]

        return max((height(node) for node in name.values()), default=0)

    def within(self, package: str) -> Graph:
        """The graph of a package's direct children, its rooms."""

        def room(module: str) -> str | None:
            inside = module.removeprefix(f"{package}.")
            child = inside.split(".")[0]
            return None if inside == module or child == "__main__" else child

        rooms = {node: room(node) for node in self.nodes}
        arrows = {(rooms[origin], rooms[target]) for origin, target in self.arrows}
        return Graph(
            frozenset(child for child in rooms.values() if child),
            frozenset((a, b) for a, b in arrows if a and b and a != b),
        )

    def reachable(self, node: str) -> set[str]:
        """Everything that a node imports, directly or through others."""
        seen: set[str] = set()
        waiting = [target for origin, target in self.arrows if origin == node]
        while waiting:
            at = waiting.pop()
            if at not in seen:
                seen.add(at)
                waiting += [target for origin, target in self.arrows if origin == at]
        return seen


def modules(root: Path = ROOT, folders: Iterable[str] = PYTHON) -> Graph:
    """Modules and their imports: type-only ones, those inside functions and relative ones too."""
    trees = {module_name(path, root): path for path in python_files(root, folders)}
    arrows = set()
    for name, path in trees.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for target in imported(tree(path), package):
            while target and target not in trees:
                target = target.rpartition(".")[0]
            if target and target != name:
                arrows.add((name, target))
    return Graph(frozenset(trees), frozenset(arrows))


# ---------------------------------------------------------------------------------------------------
# Python sources


def duplicate_classes(root: Path = ROOT) -> dict[str, list[str]]:
    """Public class names of the library and the oracles that several modules define, with the modules."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in python_files(root, ("tonne", "oracles")):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(module_name(path, root))
    return {name: places for name, places in sorted(found.items()) if len(places) > 1}


def raw_shifts(root: Path = ROOT) -> dict[str, int]:
    """Bit shifts by module, outside the modules whose subject is the packing of words and ids."""
    found: Counter[str] = Counter()
    for path in python_files(root):
        name = module_name(path, root)
        if _PACKING.search(name) is None:
            found[name] += sum(
                isinstance(node, ast.BinOp | ast.AugAssign)
                and isinstance(node.op, ast.LShift | ast.RShift)
                for node in ast.walk(tree(path))
            )
    return {name: count for name, count in found.items() if count}


def option_lines(root: Path = ROOT) -> int:
    """Lines of the command line that declare or repeat an option shared by its sessions."""
    return sum(
        len(shared_option_lines(path.read_text(encoding="utf-8")))
        for path in python_files(root, ("tonne/cli",))
    )


def shared_option_lines(source: str) -> list[str]:
    """Lines that declare a shared option, or repeat one as a parameter or a field.

    A declaration names one of its flags in `typer.Option`; a parameter or field has its type.
    """
    lines = source.splitlines()
    numbers = set()
    for node in ast.walk(ast.parse(source)):
        annotation = getattr(node, "annotation", None)
        if isinstance(annotation, ast.Name) and annotation.id in SHARED:
            numbers.add(annotation.lineno)
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called in ("typer.Option", "_connection") and node.args[0].value in FLAGS:
                numbers |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return [lines[number - 1] for number in sorted(numbers)]


def type_ignores(root: Path = ROOT) -> int:
    return sum(
        len(re.findall(r"#\s*type:\s*ignore", path.read_text(encoding="utf-8")))
        for path in python_files(root)
    )


def type_errors(root: Path = ROOT) -> int:
    """Errors of the strict type checker, as `make lint` configures it."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mypy", "--no-error-summary"],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    return sum(": error: " in line for line in done.stdout.splitlines())


# ---------------------------------------------------------------------------------------------------
# Texts


def lines(*paths: Path) -> int:
    return sum(path.read_text(encoding="utf-8").count("\n") for path in paths)


# ---------------------------------------------------------------------------------------------------
# The command line


#: Prints the words of every command and group; rooms of commands are loaded as they are when one is called.
WALK: Final = """\
import json, typer, typer.main
from tonne.cli import app

def walk(command, words):
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(command, "load"):
            inner = command.load(typer.Context(command), name)
        yield from walk(inner, [*words, name])

print(json.dumps(list(walk(typer.main.get_command(app), []))))
"""


def commands(root: Path = ROOT) -> list[tuple[str, ...]]:
    """The words of every command and group, the program itself first."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", WALK],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [tuple(words) for words in json.loads(done.stdout)]


def help_seconds(words: Iterable[str], root: Path = ROOT) -> float:
    """Processor time of one `--help`, the interpreter's start included [s]."""
    before = _children_seconds()
    subprocess.run(
        [sys.executable, "-P", "-m", "tonne.cli", *words, "--help"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return _children_seconds() - before


def slowest_help(root: Path = ROOT) -> tuple[float, str]:
    """The processor time of the slowest `--help` [s] and its command."""
    return max((help_seconds(words, root), " ".join(words)) for words in commands(root))


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# ---------------------------------------------------------------------------------------------------
# Contracts


def smallest_free(root: Path = ROOT) -> tuple[int, str]:
    """Bytes of code that the fullest contract has left, and its name."""
    from tonne.deployment import compiler

    built = compiler.contracts(root=root).values()
    return min((CODE_LIMIT - len(bytes.fromhex(a.runtime[2:])), a.name) for a in built)


def unhandled_events() -> tuple[int, int]:
    """Events of the deployed contracts that the audit neither replays nor excepts with a reason; of how many.

    Deploys the market on a local chain: some replays read constants of the contracts.
    """
    from tonne.audit.market_replay import MarketReplay
    from tonne.audit.replay.exemptions import EXEMPT
    from tonne.chain.client import Chain
    from tonne.crypto.accounts import Account
    from tonne.deployment.deployer import Settings, deploy
    from tonne.deployment.plan import PLAN
    from tonne.sandbox import node

    deployer = Account.from_seed("figures")
    with (
        node.start() as running,
        Chain(running.url) as chain,
        tempfile.TemporaryDirectory() as folder,
    ):
        deploy(chain, deployer, Settings(deployer.address, {}, founded=False), Path(folder))
        emitted = {(name, event.name) for name in PLAN for event in chain[name].events.values()}
        return len(emitted - MarketReplay(chain).handled.keys() - EXEMPT.keys()), len(emitted)


# ---------------------------------------------------------------------------------------------------
# The table


def figures(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """Names and values, the quick ones first."""
    graph = modules(root)
    yield "modules and imports between them", f"{len(graph.nodes)}, {len(graph.arrows)}"
    yield "circles of modules", str(len(graph.circles()))
    for package in ("tonne", "tonne.audit", "tonne.simulation", "tonne.cli"):
        rooms = graph.within(package)
        inside = [name for name in graph.nodes if name.startswith(f"{package}.")]
        yield (
            f"{package}: files in rooms, arrows, floors, circles",
            f"{len(inside)} in {len(rooms.nodes)}, {len(rooms.arrows)}, {rooms.floors()},"
            f" {len(rooms.circles())}",
        )
    twice = duplicate_classes(root)
    yield (
        "class names that several modules define, and their classes",
        f"{len(twice)}, {sum(map(len, twice.values()))}",
    )
    shifts = raw_shifts(root)
    yield "bit shifts outside packing modules, and files", f"{sum(shifts.values())}, {len(shifts)}"
    yield "lines that declare or repeat a shared option", str(option_lines(root))
    yield "type ignores", str(type_ignores(root))
    for name in ("README.md", "docs", "interfaces", "contracts", "tonne", "oracles"):
        rate = plain_english.rate(root / name)
        yield f"constructions to resolve in {name}, per 1,000 words", f"{rate.per_thousand:.1f}"
    yield "lines of README.md", str(lines(root / "README.md"))
    yield "lines of generated files under abi/", str(lines(*(root / "abi").glob("*.json")))
    free, fullest = smallest_free(root)
    yield "smallest free code of a contract [bytes]", f"{free} ({fullest})"
    unhandled, emitted = unhandled_events()
    yield "events without a handler or a reason, of all", f"{unhandled} of {emitted}"
    yield "strict type errors", str(type_errors(root))
    seconds, command = slowest_help(root)
    yield "slowest --help [s of processor time]", f"{seconds:.2f} (tonne {command})"


def main() -> None:
    for name, value in figures():
        print(f"{name:<60} {value}", flush=True)


if __name__ == "__main__":
    main()
