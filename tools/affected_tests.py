"""`make test-changed`: the tests that changed files can affect, nearest first.

A test file depends on its imports, on the conftest files with its fixtures, on modules that it starts as
programs and on files that its texts name. Changes are those since the merge base with `main` (on `main`:
since HEAD), the working tree and new files included. The nearest test files run within a budget of
expected time; the others are counted, and run with `BUDGET=all`.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Final, NamedTuple

from tonne import files
from tools import floors
from tools.assurance import dependents
from tools.syntax_trees import tree

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDERS: Final = (*floors.PYTHON, "tools", "tests")
#: Seconds by test file of the latest run; `tests/conftest.py` writes them.
SECONDS: Final = ROOT / ".pytest_cache" / "v" / "tonne" / "seconds"
#: [s] Expected of a test file that has not run yet.
UNKNOWN_S: Final = 1.0
#: [s] Expected of all tests together; the start of pytest takes some seconds more.
BUDGET_S: Final = 5.0
#: Characters of a text that can be a path or the name of a fixture.
NAME_LENGTH: Final = 100
#: pytest's exit status if all selected tests are marked as long.
NO_TESTS: Final = 5


class Module(NamedTuple):
    """Imports of one Python file, its fixtures, the parameters of its functions, and its short texts."""

    imports: list[str]
    fixtures: list[str]
    parameters: list[str]
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Selected:
    """A test file, its rank (nearest first), and the change with the kind of the dependency."""

    file: str
    rank: tuple[int, int, int]
    reason: str


# ---------------------------------------------------------------------------------------------------
# Dependencies


class Sources:
    """Python files of a checkout by path, and the dependencies between them."""

    def __init__(self, root: Path) -> None:
        self.modules = modules(root)
        self.files = {floors.module_name(root / file, root): file for file in self.modules}

    @cached_property
    def dependents(self) -> dict[str, set[str]]:
        """The files that depend on each file directly."""
        found: dict[str, set[str]] = {}
        for file in self.modules:
            for target in self._dependencies(file):
                found.setdefault(target, set()).add(file)
        return found

    def _dependencies(self, file: str) -> set[str]:
        module = self.modules[file]
        found = {self._file_of(name) for name in module.imports}
        found |= {self.files.get(text) for text in module.texts}
        found |= {self.files.get(f"{text}.__main__") for text in module.texts}
        if file.startswith("tests/"):
            found |= set(self._conftests(file))
        return {target for target in found if target and target != file}

    def _file_of(self, name: str) -> str | None:
        """The file of an imported name."""
        while name and name not in self.files:
            name = name.rpartition(".")[0]
        return self.files.get(name)

    def _conftests(self, file: str) -> Iterable[str]:
        """The conftest files above a test file with a fixture that it uses."""
        used = {*self.modules[file].parameters, *self.modules[file].texts}
        for folder in Path(file).parents:
            conftest = (folder / "conftest.py").as_posix()
            if conftest in self.modules and not used.isdisjoint(self.modules[conftest].fixtures):
                yield conftest

    def readers(self, changed: str) -> set[str]:
        """Files with a text that names a changed file, or its folder and a pattern that fits it."""
        path = Path(changed)
        names = {path.name, changed, *([path.stem] if path.suffix == ".sol" else [])}
        folders = {*map(str, path.parents), *path.parts[:-1]} - {"."}
        patterns = {f"*{path.suffix}", path.suffix, "*"}
        found = set()
        for file, module in self.modules.items():
            texts = set(module.texts)
            if texts & names or (texts & folders and texts & patterns):
                found.add(file)
        return found


def modules(root: Path) -> dict[str, Module]:
    """All Python files by path; facts of unchanged ones come from `build/python-facts.json`."""
    kept = root / "build" / "python-facts.json"
    before = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    found, facts = {}, {}
    for path in floors.python_files(root, FOLDERS):
        file = path.relative_to(root).as_posix()
        key = hashlib.sha256(f"{file}\n{path.read_text('utf-8')}".encode()).hexdigest()
        facts[key] = found[file] = Module(*(before.get(key) or read(path, root)))
    if facts.keys() != before.keys():
        files.write(kept, json.dumps(facts))
    return found


def read(path: Path, root: Path) -> Module:
    name = floors.module_name(path, root)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    module = tree(path)
    fixtures, parameters, texts = set(), set(), set()
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(node.value) <= NAME_LENGTH:
                texts.add(node.value)
        elif isinstance(node, ast.FunctionDef):
            parameters |= {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
            if any("fixture" in ast.unparse(one) for one in node.decorator_list):
                fixtures.add(node.name)
    imports = set(floors.imported(module, package))
    return Module(*(sorted(one) for one in (imports, fixtures, parameters, texts)))


# ---------------------------------------------------------------------------------------------------
# Selection


def affected(sources: Sources, changed: Iterable[str]) -> list[Selected]:
    """Test files that changed files can affect.

    Those named for a change come first, then those of the nearest folder, then those at the least distance.
    """
    found: dict[str, Selected] = {}
    for change in changed:
        for file, (distance, kind) in distances(sources, change).items():
            if not Path(file).name.startswith("test_"):
                continue
            if named_for(file, change):
                one = Selected(file, (0, 0, 0), f"named for {change}")
            else:
                rank = (1, -shared(file, change), distance)
                one = Selected(file, rank, f"{kind} of {change}")
            if file not in found or one.rank < found[file].rank:
                found[file] = one
    return sorted(found.values(), key=lambda one: (one.rank, one.file))


def distances(sources: Sources, change: str) -> dict[str, tuple[int, str]]:
    """Files that depend on a changed file, with the number of steps and the kind of the dependency."""
    found = dict.fromkeys(sources.readers(change), (1, "reader"))
    if change in sources.modules:
        found[change] = (0, "importer")
    waiting = deque(sorted(found, key=lambda file: found[file]))
    while waiting:
        file = waiting.popleft()
        for dependent in sources.dependents.get(file, ()):
            if dependent not in found:
                steps = found[file][0] + 1
                found[dependent] = (steps, f"importer over {steps} steps")
                waiting.append(dependent)
    return found


def shared(test: str, change: str) -> int:
    """The number of folders that the places of a test file and of a changed file have in common."""
    places = zip(Path(test).parts[1:-1], Path(change.removeprefix("tests/")).parts[:-1])
    return len(list(takewhile(lambda both: both[0] == both[1], places)))


def named_for(test: str, change: str) -> bool:
    """Whether a test file has the place and name of a changed source: tests/a/b/test_c*.py of a/b/c.py."""
    if test == change:
        return True
    source = Path(change)
    folders = {f"tests/{source.parent}", f"tests/{Path(*source.parts[1:-1])}"}
    stem = Path(test).stem.removeprefix("test_")
    return str(Path(test).parent) in folders and stem.startswith(source.stem)


def within(
    selected: Iterable[Selected], seconds: Mapping[str, float], budget_s: float
) -> list[Selected]:
    """The nearest tests that fit into a budget of expected time; the first one in any case."""
    taken: list[Selected] = []
    total_s = 0.0
    for one in selected:
        expected_s = seconds.get(one.file, UNKNOWN_S)
        if not taken or total_s + expected_s <= budget_s:
            taken.append(one)
            total_s += expected_s
    return taken


# ---------------------------------------------------------------------------------------------------
# The checkout


def changes(root: Path = ROOT) -> list[str]:
    """Files that differ from the merge base with `main`, or on `main` from HEAD; new files included."""
    base = _git(root, "merge-base", "HEAD", "main") or ["HEAD"]
    found = _git(root, "diff", "--name-only", base[0])
    return sorted({*found, *_git(root, "ls-files", "--others", "--exclude-standard")})


def _git(root: Path, *arguments: str) -> list[str]:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def forge_tests(changed: Iterable[str], root: Path = ROOT) -> list[str]:
    """Changed Solidity tests, and the tests named for a changed contract or its interface."""
    solidity = [change for change in changed if change.endswith(".sol")]
    graph = dependents.graph(root) if solidity else {}
    found: dict[str, None] = {}
    for change in solidity:
        stem = Path(change).name.removesuffix(".sol").removesuffix(".t")
        stem = stem.removeprefix("I") if change.startswith("interfaces/") else stem
        tests = [change] if change in graph and change.endswith(".t.sol") else []
        tests += dependents.tests_of(change, graph)
        found |= dict.fromkeys(test for test in tests if Path(test).name.startswith(stem))
    return list(found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-changed", description=__doc__)
    parser.add_argument("--budget", default=str(BUDGET_S), help="expected seconds of tests, or all")
    budget = parser.parse_args().budget
    changed = changes()
    print(f"Changed files: {len(changed)}", *changed, sep="\n  ", flush=True)
    status = _run_forge(forge_tests(changed))
    selected = affected(Sources(ROOT), changed)
    seconds = json.loads(SECONDS.read_text("utf-8")) if SECONDS.is_file() else {}
    taken = selected if budget == "all" else within(selected, seconds, float(budget))
    print(f"Python test files that can be affected: {len(selected)}; run now: {len(taken)}")
    for one in taken:
        print(f"  {one.file}: {one.reason}")
    if len(taken) < len(selected):
        print("  `make test-changed BUDGET=all` runs all of them.")
    sys.stdout.flush()
    return status or _run_pytest([one.file for one in taken], seconds)


def _run_forge(tests: list[str]) -> int:
    if not tests:
        return 0
    print(f"Solidity test files named for a change: {len(tests)}", *tests, sep="\n  ", flush=True)
    command = [str(ROOT / ".tools" / "bin" / "forge"), "test", "--match-path"]
    return subprocess.run([*command, f"{{{','.join(tests)}}}"], cwd=ROOT, check=False).returncode


def _run_pytest(tests: list[str], seconds: Mapping[str, float]) -> int:
    if not tests:
        return 0
    command = [sys.executable, "-P", "-m", "pytest", *tests]
    if sum(seconds.get(test, UNKNOWN_S) for test in tests) > 2 * BUDGET_S:
        command += ["-n", "3", "--dist", "loadfile"]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    return 0 if status == NO_TESTS else status


if __name__ == "__main__":
    sys.exit(main())
