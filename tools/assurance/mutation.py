"""Mutation testing: plants small faults into the contracts and runs the tests that depend on them.

`python -m tools.assurance.mutation --help` tells the options. Works in copies of the project, one a worker.
Results are appended to a file; with `--resume` a stopped run goes on. Exits with 1 if a survivor is not
explained in `survivors.toml` or the score is below the least.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tonne.deployment import compiler
from tools.assurance import dependents, mutants
from tools.assurance.mutants import Mutant

ROOT: Final = compiler.ROOT
EXPLAINED: Final = Path(__file__).with_name("survivors.toml")
RESULTS: Final = ROOT / "build" / "assurance" / "mutants.jsonl"
SEED: Final = "tonne"
#: Least share of mutants that tests must find [%], equivalent ones left out.
LEAST_SCORE: Final = 95

COPIED: Final = ("contracts", "interfaces", "tests", "schemes", "tools/solc")
#: Rooms whose tests compile in seconds, without any contract that is deployed.
GROUND: Final = ("contracts/lib/", "contracts/types/", "contracts/book/")
GROUND_TESTS: Final = ("tests/lib/", "tests/types/", "tests/book/")
#: Test files of the first run of Forge, and of the last: a killer among the nearest ends the search.
FEWEST: Final = 6
MOST: Final = 48
#: Of Forge, and of the compiler, in one run [s of processor]; what takes longer counts as found.
TIME_LIMIT: Final = 600
#: A process that reached it ends by one of these.
ENDED: Final = (-signal.SIGXCPU, -signal.SIGKILL)

KILLED, SURVIVED, INVALID = "killed", "survived", "does not compile"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one mutant."""

    key: str
    line: int
    outcome: str
    by: str  # the first test that failed
    seconds: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Which mutants are judged, and by what means."""

    count: int  # mutants that compile
    minutes: float = 0  # none is begun after these; 0 for no end
    seed: str = SEED
    only: str = ""  # first part of the paths of the sources
    boundaries: bool = False  # only comparisons that move by one
    workers: int = 2
    solc: Path | None = None  # another compiler than the project's

    def pool(self) -> list[Mutant]:
        """All mutants of the kind, in the order in which they are judged."""
        files = sorted((ROOT / "contracts").rglob("*.sol"))
        sources = [path.relative_to(ROOT).as_posix() for path in files]
        found = [
            mutant
            for mutant in mutants.of_sources(ROOT, sources)
            if mutant.source.startswith(self.only) and (not self.boundaries or mutant.isBoundary)
        ]
        return mutants.sample(found, len(found), self.seed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="mutants that compile")
    parser.add_argument("--seed", default=SEED, help="another sample for another text")
    parser.add_argument("--only", default="", help="first part of the paths of the sources")
    parser.add_argument(
        "--boundaries", action="store_true", help="only `<` and `<=`, `>` and `>=` for each other"
    )
    parser.add_argument(
        "--minutes", type=float, default=0, help="begin no mutant after these; 0 for no end"
    )
    parser.add_argument("--workers", type=int, default=2, help="mutants judged at a time")
    parser.add_argument(
        "--solc", type=Path, help="a faster compiler; all tests must pass with it before"
    )
    parser.add_argument("--resume", action="store_true", help="keep what was judged before")
    parser.add_argument("--survivors", action="store_true", help="judge known survivors again")
    options = vars(parser.parse_args())
    resumes, again = options.pop("resume"), options.pop("survivors")
    known = _read(RESULTS) if resumes or again else []
    if again:
        known = [result for result in known if result.outcome != SURVIVED]
    _write(RESULTS, known)
    return judge(Sample(**options), RESULTS)


def judge(sample: Sample, file: Path) -> int:
    """Judges a sample and prints the fates; 0 if score and explanations suffice."""
    pool = sample.pool()
    return report(len(pool), run(pool, sample, file))


def run(pool: list[Mutant], sample: Sample, file: Path) -> list[Result]:
    """Results of the first mutants that compile; what `file` knows is not judged again."""
    queue = Queue(pool, sample, file)
    with ExitStack() as stack:
        hasGround = any(m.source.startswith(GROUND) for m in pool[: sample.count])
        trees = _trees(stack, sample, hasGround)
        lines = dependents.graph(ROOT)

        def work(tree: Tree) -> None:
            while mutant := queue.next():
                queue.done(tree.judge(mutant, dependents.tests_of(mutant.source, lines)))

        with ThreadPoolExecutor(len(trees)) as pool_of_workers:
            list(pool_of_workers.map(work, trees))
    return queue.results()


class Queue:
    """Mutants in their order, for several workers, until enough of them compiled or time is up."""

    def __init__(self, pool: list[Mutant], sample: Sample, file: Path) -> None:
        self._pool, self._sample, self._file = pool, sample, file
        file.parent.mkdir(parents=True, exist_ok=True)
        self._known = {result.key: result for result in _read(file)}
        self._taken = 0  # from the pool
        self._waiting = 0  # with a worker
        self._lock = threading.Lock()
        self._end = time.monotonic() + sample.minutes * 60 if sample.minutes else float("inf")

    def next(self) -> Mutant | None:
        with self._lock:
            while self._taken < len(self._pool) and self._missing() > 0:
                mutant = self._pool[self._taken]
                if mutant.key not in self._known:
                    if time.monotonic() > self._end:
                        return None
                    self._waiting += 1
                    self._taken += 1
                    return mutant
                self._taken += 1
            return None

    def done(self, result: Result) -> None:
        with self._lock:
            self._waiting -= 1
            self._known[result.key] = result
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps(asdict(result)) + "\n")
            print(_line(result), flush=True)

    def results(self) -> list[Result]:
        taken = self._pool[: self._taken]
        return [self._known[mutant.key] for mutant in taken if mutant.key in self._known]

    def _missing(self) -> int:
        judged = sum(result.outcome != INVALID for result in self.results())
        return self._sample.count - judged - self._waiting


def _read(file: Path) -> list[Result]:
    if not file.is_file():
        return []
    return [Result(**json.loads(line)) for line in file.read_text("utf-8").splitlines()]


def _write(file: Path, results: list[Result]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(asdict(result)) + "\n" for result in results), "utf-8")


def _line(result: Result) -> str:
    found = f" by {result.by}" if result.by else ""
    return f"{result.outcome:9} {result.seconds:4} s  {result.key}{found}"


def report(pool: int, results: list[Result]) -> int:
    """Prints counts, score and survivors; 1 if a survivor is not explained or the score is too low."""
    explained = (
        tomllib.loads(EXPLAINED.read_text("utf-8"))["survivor"] if EXPLAINED.is_file() else []
    )
    equivalent = {entry["mutant"] for entry in explained if entry["kind"] == "equivalent"}
    reasons = {entry["mutant"]: entry["reason"] for entry in explained}
    counted = Counter(result.outcome for result in results)
    alive = [result for result in results if result.outcome == SURVIVED]
    killed, same = counted[KILLED], sum(result.key in equivalent for result in alive)
    total = killed + len(alive) - same
    score = 100 * killed / total if total else 100.0
    unexplained = [result for result in alive if result.key not in reasons]
    print(
        f"mutation: {killed + len(alive)} of {pool} mutants, {killed} killed, {same} equivalent,"
        f" {len(alive) - same} survived ({len(unexplained)} unexplained), score {score:.1f} %"
    )
    for result in unexplained:
        print(f"  survived: {result.key}  (line {result.line})")
    return int(bool(unexplained) or score < LEAST_SCORE)


# ---------------------------------------------------------------------------------------------------
# The copy of the project in which faults are planted


class Tree:
    """A copy with a sound build, to which it returns after each mutant."""

    def __init__(self, root: Path, solc: Path | None) -> None:
        self.root = root
        self.variables = {**os.environ, "NO_COLOR": "1"}
        if solc:
            self.variables["FOUNDRY_SOLC"] = str(solc.resolve())

    def check(self, profile: str, tests: list[str]) -> None:
        """Compiles what these tests need; raises RuntimeError if one fails without any fault."""
        if self._test(profile, tests) != (SURVIVED, ""):
            raise RuntimeError("a test fails without any mutant: run `make test-forge`")

    def judge(self, mutant: Mutant, tests: list[str]) -> Result:
        path = self.root / mutant.source
        sound, began = path.read_bytes(), time.monotonic()
        path.write_bytes(mutant.apply(sound))
        try:
            outcome, by = self._judge(mutant, tests)
        finally:
            path.write_bytes(sound)
            self._restore_build()
        return Result(mutant.key, mutant.line, outcome, by, round(time.monotonic() - began))

    def _judge(self, mutant: Mutant, tests: list[str]) -> tuple[str, str]:
        ground = mutant.source.startswith(GROUND)
        first = [test for test in tests if ground and test.startswith(GROUND_TESTS)]
        for profile, group in (
            *(("lib", group) for group in _groups(first)),
            *(("default", group) for group in _groups([t for t in tests if t not in first])),
        ):
            outcome, by = self._test(profile, group)
            if outcome != SURVIVED:
                return outcome, by
        return SURVIVED, ""

    def _test(self, profile: str, tests: list[str]) -> tuple[str, str]:
        paths = "{" + ",".join(tests) + "}" if len(tests) > 1 else tests[0]
        forge = [str(self.root / ".tools/bin/forge"), "test", "--fail-fast", "--match-path", paths]
        done = subprocess.run(
            ["sh", "-c", f'ulimit -t {TIME_LIMIT} && exec "$@"', "sh", *forge],
            cwd=self.root,
            env={**self.variables, "FOUNDRY_PROFILE": profile},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode in ENDED:
            return KILLED, "time limit"
        if done.returncode == 0:
            return SURVIVED, ""
        failed = re.search(r"^\[FAIL.*?\] (\w+)\(", done.stdout, re.MULTILINE)
        if failed is None and "Suite result" not in done.stdout:
            if re.search("Compil(er run|ation) failed", done.stdout):
                return INVALID, ""
            raise RuntimeError(f"forge neither compiled nor tested:\n{done.stdout[-2000:]}")
        return KILLED, failed[1] if failed else "setUp"

    def _restore_build(self) -> None:
        """Puts back every file of the build that the mutant's compilation has changed."""
        sound, build = self.root / "sound", self.root / "build"
        there = {p.relative_to(build) for p in build.rglob("*") if p.is_file()}
        kept = {p.relative_to(sound) for p in sound.rglob("*") if p.is_file()}
        for name in there - kept:
            (build / name).unlink()
        for name in kept:
            before, now = (sound / name).stat(), build / name
            if not now.exists() or now.stat().st_mtime_ns != before.st_mtime_ns:
                now.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(sound / name, now)


def _groups(tests: list[str]) -> Iterator[list[str]]:
    """Few of the nearest first; each group that finds nothing is followed by one twice as large."""
    at, size = 0, FEWEST
    while at < len(tests):
        yield tests[at : at + size]
        at, size = at + size, min(2 * size, MOST)


def _trees(stack: ExitStack, sample: Sample, hasGround: bool) -> list[Tree]:
    """Copies of the project with everything compiled, one a worker; deleted with the stack."""
    first = _first_tree(stack.enter_context(_folder()), sample.solc, hasGround)
    others = [stack.enter_context(_folder()) for _ in range(sample.workers - 1)]
    for root in others:
        shutil.copytree(first.root, root, symlinks=True, copy_function=_copy, dirs_exist_ok=True)
    return [first, *(Tree(root, sample.solc) for root in others)]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tonne-mutation-") as folder:
        yield Path(folder)


def _first_tree(root: Path, solc: Path | None, hasGround: bool) -> Tree:
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "foundry.toml", root)
    shutil.copytree(
        ROOT / "node_modules", root / "node_modules", symlinks=True, copy_function=_link
    )
    for tool in ("node", "forge"):
        link = root / ".tools" / "bin" / tool
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((ROOT / ".tools" / "bin" / tool).resolve())
    for build in (ROOT / "build").glob("foundry*"):
        shutil.copytree(build, root / "build" / build.name)
    tree = Tree(root, solc)
    print("mutation: compiling a copy of the project", flush=True)
    forge = [str(root / ".tools/bin/forge"), "build", "--quiet"]
    subprocess.run(forge, cwd=root, env=tree.variables, check=True)
    if hasGround:
        print("mutation: testing the libraries without a mutant", flush=True)
        tree.check("lib", dependents.tests_under(root, GROUND_TESTS))
    if solc:
        print("mutation: running all tests without a mutant", flush=True)
        tree.check("default", dependents.tests_under(root, ("tests/",)))
    shutil.copytree(root / "build", root / "sound")
    return tree


def _copy(source: str, target: str) -> None:
    """A copy; of packages, which stay as they are, a hard link."""
    (_link if "/node_modules/" in source else shutil.copy2)(source, target)


def _link(source: str, target: str) -> None:
    """A hard link: behind a symbolic one Forge takes every source as changed."""
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


if __name__ == "__main__":
    sys.exit(main())
