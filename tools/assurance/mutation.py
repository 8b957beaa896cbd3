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
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tonne.deployment import compiler
from tonne.errors import TonneError
from tools.assurance import dependents, mutants, switches, trees
from tools.assurance.mutants import Mutant

ROOT: Final = compiler.ROOT
EXPLAINED: Final = Path(__file__).with_name("survivors.toml")
RESULTS: Final = ROOT / "build" / "assurance" / "mutants.jsonl"
PUBLISHED: Final = ROOT / "docs" / "mutation.md"
SEED: Final = "tonne"
WHOLE: Final = 300
#: Fewer are judged one by one sooner.
LEAST_IN_A_BUILD: Final = 8
#: Least share of mutants that tests must find [%], equivalent ones left out.
LEAST_SCORE: Final = 95

#: Rooms whose tests compile in seconds, without any contract that is deployed.
GROUND: Final = ("contracts/lib/", "contracts/types/", "contracts/book/")
GROUND_TESTS: Final = ("tests/lib/", "tests/types/", "tests/book/")
#: Test files of the first run of Forge, and of the last: a killer among the nearest ends the search.
FEWEST: Final = 6
MOST: Final = 48
#: Of Forge, and of the compiler, in one run [s of processor]; what takes longer counts as found.
TIME_LIMIT: Final = 600
#: Folders that a compilation changes.
BUILT: Final = ("artifacts", "build")
#: A process that reached it ends by one of these.
ENDED: Final = (-signal.SIGXCPU, -signal.SIGKILL)

HEAD: Final = (
    "# Mutation",
    "",
    "Written by `python -m tools.assurance.mutation`; [assurance](assurance.md#mutation) tells how.",
)
TABLE: Final = (
    "| room | judged | killed | equivalent | survived | score |",
    "|---|---|---|---|---|---|",
)
FAILED: Final = re.compile(r"^\[FAIL.*?\] (\w+)\(", re.MULTILINE)
TOO_LONG, SETUP = "time limit", "setUp"

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

    @property
    def isWhole(self) -> bool:
        """Whether its fates are published."""
        usual = self.seed == SEED and not self.only and not self.boundaries
        return usual and self.count == WHOLE and not self.minutes

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
    parser.add_argument("--count", type=int, default=WHOLE, help="mutants that compile")
    parser.add_argument("--seed", default=SEED, help="another sample for another text")
    parser.add_argument("--only", default="", help="first part of the paths of the sources")
    parser.add_argument(
        "--boundaries", action="store_true", help="only `<` and `<=`, `>` and `>=` for each other"
    )
    parser.add_argument(
        "--minutes", type=float, default=0, help="begin no mutant after these; 0 for no end"
    )
    parser.add_argument("--workers", type=int, default=2, help="mutants judged at a time")
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
    """Judges a sample, prints the fates and publishes those of a whole one; 0 if they suffice."""
    pool = sample.pool()
    results = run(pool, sample, file)
    if sample.isWhole:
        PUBLISHED.write_text(page(len(pool), results), "utf-8")
    return report(len(pool), results)


def run(pool: list[Mutant], sample: Sample, file: Path) -> list[Result]:
    """Results of the first mutants that compile; what `file` knows is not judged again.

    Where no end is set, most of them are judged in a build for many, the others each in its own.
    """
    lines = dependents.graph(ROOT)
    queue = Queue(pool, sample, file)
    left = queue.unknown() if not sample.minutes else []
    while len(left) >= LEAST_IN_A_BUILD:
        with ExitStack() as stack:
            copies, numbered = _trees_of_many(stack, sample, left)
            if not numbered:
                break
            waiting = iter(numbered.items())

            def work(tree: Tree, waiting: Iterator[tuple[int, Mutant]] = waiting) -> None:
                while found := queue.pick(waiting):
                    number, mutant = found
                    tests = dependents.tests_of(mutant.source, lines)
                    queue.done(tree.judge_number(number, mutant, tests))

            with ThreadPoolExecutor(len(copies)) as workers:
                list(workers.map(work, copies))
        judged = {mutant.key for mutant in numbered.values()}
        left = [mutant for mutant in left if mutant.key not in judged]
    if queue.unknown():
        _one_by_one(queue, pool, sample, lines)
    return queue.results()


def _one_by_one(
    queue: Queue, pool: list[Mutant], sample: Sample, lines: dict[str, list[str]]
) -> None:
    with ExitStack() as stack:
        hasGround = any(m.source.startswith(GROUND) for m in pool[: sample.count])
        copies = _trees(stack, sample, hasGround)

        def work(tree: Tree) -> None:
            while mutant := queue.next():
                queue.done(tree.judge(mutant, dependents.tests_of(mutant.source, lines)))

        with ThreadPoolExecutor(len(copies)) as workers:
            list(workers.map(work, copies))


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

    def unknown(self) -> list[Mutant]:
        """Mutants that are to be judged, if all of them compile."""
        first, count = [], self._sample.count
        for mutant in self._pool:
            if count == 0:
                break
            known = self._known.get(mutant.key)
            count -= known is None or known.outcome != INVALID
            first += [mutant] if known is None else []
        return first

    def pick(self, waiting: Iterator[tuple[int, Mutant]]) -> tuple[int, Mutant] | None:
        """The next mutant of a build for many."""
        with self._lock:
            found = next(waiting, None)
            self._waiting += found is not None
            return found

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
        """Of the first mutants, until enough of them compiled."""
        found: list[Result] = []
        compiled = 0
        for mutant in self._pool:
            if compiled == self._sample.count:
                break
            if mutant.key in self._known:
                found.append(self._known[mutant.key])
                compiled += found[-1].outcome != INVALID
        return found

    def _missing(self) -> int:
        taken = self._pool[: self._taken]
        known = [self._known[mutant.key] for mutant in taken if mutant.key in self._known]
        judged = sum(result.outcome != INVALID for result in known)
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


@dataclass(frozen=True, slots=True)
class Score:
    """Fates of a sample; equivalent mutants cannot be found and do not count."""

    killed: int
    equivalent: int
    survived: int

    @property
    def percent(self) -> float:
        counted = self.killed + self.survived
        return 100 * self.killed / counted if counted else 100.0


def score(results: list[Result]) -> Score:
    equivalent = {entry["mutant"] for entry in _explained() if entry["kind"] == "equivalent"}
    counted = Counter(result.outcome for result in results)
    same = sum(r.outcome == SURVIVED and r.key in equivalent for r in results)
    return Score(counted[KILLED], same, counted[SURVIVED] - same)


def report(pool: int, results: list[Result]) -> int:
    """Prints counts, score and survivors; 1 if a survivor is not explained or the score is too low."""
    reasons = {entry["mutant"] for entry in _explained()}
    alive = [result for result in results if result.outcome == SURVIVED]
    unexplained = [result for result in alive if result.key not in reasons]
    found = score(results)
    print(
        f"mutation: {found.killed + len(alive)} of {pool} mutants, {found.killed} killed,"
        f" {found.equivalent} equivalent, {found.survived} survived ({len(unexplained)} unexplained),"
        f" score {found.percent:.1f} %"
    )
    for result in unexplained:
        print(f"  survived: {result.key}  (line {result.line})")
    return int(bool(unexplained) or found.percent < LEAST_SCORE)


def page(pool: int, results: list[Result]) -> str:
    """The published fates of a sample, by room, with the reason of each survivor."""
    rooms: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda result: result.key):
        if result.outcome != INVALID:
            rooms.setdefault(result.key.split("/")[1], []).append(result)
    judged = [result for found in rooms.values() for result in found]
    rows = [_row(f"`{room}`", found) for room, found in rooms.items()] + [_row("all", judged)]
    told = {entry["mutant"]: f"{entry['kind']}. {entry['reason']}" for entry in _explained()}
    alive = [result.key for result in judged if result.outcome == SURVIVED]
    why = [f"- `{key}`: {told.get(key, 'not explained')}" for key in alive]
    counts = f"{len(judged)} mutants that compile, of {pool:,}."
    return "\n".join([*HEAD, counts, "", *TABLE, *rows, "", "## Survivors", "", *why]) + "\n"


def _row(name: str, results: list[Result]) -> str:
    found = score(results)
    parts = (len(results), found.killed, found.equivalent, found.survived)
    return f"| {name} | {' | '.join(map(str, parts))} | {found.percent:.1f} % |"


def _explained() -> list[dict[str, str]]:
    if not EXPLAINED.is_file():
        return []
    found: list[dict[str, str]] = tomllib.loads(EXPLAINED.read_text("utf-8"))["survivor"]
    return found


# ---------------------------------------------------------------------------------------------------
# The copy of the project in which faults are planted


class Tree:
    """A copy with a sound build, to which it returns after each mutant."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._held: dict[
            str, bool
        ] = {}  # tests that failed with a mutant: do they pass without one
        self._lock = threading.Lock()
        self.variables = {**os.environ, "NO_COLOR": "1"}

    def check(self, tests: list[str]) -> None:
        """Compiles what these tests need; raises RuntimeError if one fails without any fault."""
        if self._test(tests) != (SURVIVED, ""):
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

    def judge_number(self, number: int, mutant: Mutant, tests: list[str]) -> Result:
        """Judges a mutant that is a branch of this build."""
        began, proposer = time.monotonic(), switches.proposer(number)
        waiting = list(_groups(tests))
        outcome, by = SURVIVED, ""
        while waiting:
            group = waiting.pop(0)
            outcome, by = self._test(group, FOUNDRY_BLOCK_COINBASE=proposer)
            if outcome == SURVIVED:
                continue
            if by == TOO_LONG or self._holds(by, group):
                break
            waiting.insert(0, group)  # once more, without the test that the branches fail
        return Result(mutant.key, mutant.line, outcome, by, round(time.monotonic() - began))

    def _holds(self, test: str, files: list[str]) -> bool:
        """Whether a test passes where no mutant runs; one that does not is used no more."""
        with self._lock:
            if test not in self._held:
                outcome, _ = self._test(files, only="" if test == SETUP else test)
                self._held[test] = outcome == SURVIVED
                if outcome != SURVIVED and test == SETUP:
                    raise RuntimeError(f"set-up fails without a mutant in {', '.join(files)}")
                if outcome != SURVIVED:
                    print(f"mutation: not used, fails without a mutant: {test}", flush=True)
        return self._held[test]

    def _judge(self, mutant: Mutant, tests: list[str]) -> tuple[str, str]:
        ground = mutant.source.startswith(GROUND)
        first = [test for test in tests if ground and test.startswith(GROUND_TESTS)]
        for group in _groups(first):  # these need no deployed contract
            outcome, by = self._test(group)
            if outcome != SURVIVED:
                return outcome, by
        try:
            compiler.build(self.root)
        except TonneError as error:
            if error.code != "COMPILE_FAILED":
                raise
            return INVALID, ""
        for group in _groups([test for test in tests if test not in first]):
            outcome, by = self._test(group)
            if outcome != SURVIVED:
                return outcome, by
        return SURVIVED, ""

    def _test(self, tests: list[str], only: str = "", **variables: str) -> tuple[str, str]:
        paths = "{" + ",".join(tests) + "}" if len(tests) > 1 else tests[0]
        forge = [str(self.root / ".tools/bin/forge"), "test", "--fail-fast", "--match-path", paths]
        left_out = [name for name, holds in self._held.items() if not holds]
        if only:
            forge += ["--match-test", f"^{only}\\("]
        elif left_out:
            forge += ["--no-match-test", f"^({'|'.join(left_out)})\\("]
        done = subprocess.run(
            ["sh", "-c", f'ulimit -t {TIME_LIMIT} && exec "$@"', "sh", *forge],
            cwd=self.root,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode in ENDED:
            return KILLED, TOO_LONG
        if done.returncode == 0:
            return SURVIVED, ""
        failed = FAILED.search(done.stdout)
        if failed is None and "Suite result" not in done.stdout:
            if re.search("Compil(er run|ation) failed", done.stdout):
                return INVALID, ""
            raise RuntimeError(f"forge neither compiled nor tested:\n{done.stdout[-2000:]}")
        return KILLED, failed[1] if failed else SETUP

    def _restore_build(self) -> None:
        """Puts back every artifact and file of the build that the mutant's compilation has changed."""
        sound = self.root / "sound"
        there = {
            p.relative_to(self.root)
            for folder in BUILT
            for p in (self.root / folder).rglob("*")
            if p.is_file()
        }
        kept = {p.relative_to(sound) for p in sound.rglob("*") if p.is_file()}
        for name in there - kept:
            (self.root / name).unlink()
        for name in kept:
            before, now = (sound / name).stat(), self.root / name
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
    first = _first_tree(stack.enter_context(trees.folder()), hasGround)
    return [first, *_copies(stack, first, sample)]


def _trees_of_many(
    stack: ExitStack, sample: Sample, missing: list[Mutant]
) -> tuple[list[Tree], switches.Numbered]:
    """Copies in which as many mutants as possible are branches of one build, with their numbers."""
    first = Tree(stack.enter_context(trees.folder()))
    trees.copy(first.root)
    numbered = switches.plant(first.root, missing)
    while numbered:
        print(f"mutation: compiling {len(numbered)} mutants in one build", flush=True)
        said = _failed_build(first)
        if not said:
            break
        # No room on the stack: the branches of that source go.
        full = set(re.findall(r"--> (contracts/\S+?\.sol)", said))
        if not full & {mutant.source for mutant in numbered.values()}:
            raise RuntimeError(said[-3000:])
        numbered = switches.without(first.root, numbered, full)
    copies = [first, *_copies(stack, first, sample)] if numbered else [first]
    for tree in copies:  # branches are code that a chain would refuse
        tree.variables |= {"FOUNDRY_CODE_SIZE_LIMIT": "1000000"}
    return copies, numbered


def _failed_build(tree: Tree) -> str:
    """Messages of the compiler about contracts and tests; empty if all compile."""
    try:
        compiler.build(tree.root)
    except TonneError as error:
        return str(error)
    forge = [str(tree.root / ".tools/bin/forge"), "build", "--quiet"]
    done = subprocess.run(forge, cwd=tree.root, env=tree.variables, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _copies(stack: ExitStack, first: Tree, sample: Sample) -> list[Tree]:
    """A copy for each worker but the first: two runs of Forge in one folder lose its cache."""
    roots = [stack.enter_context(trees.folder()) for _ in range(sample.workers - 1)]
    for root in roots:
        shutil.copytree(
            first.root, root, symlinks=True, copy_function=trees.copy_file, dirs_exist_ok=True
        )
    return [Tree(root) for root in roots]


def _first_tree(root: Path, hasGround: bool) -> Tree:
    trees.copy(root)
    for build in (ROOT / "build").glob("foundry*"):
        shutil.copytree(build, root / "build" / build.name)
    tree = Tree(root)
    print("mutation: compiling a copy of the project", flush=True)
    if said := _failed_build(tree):
        raise RuntimeError(said[-3000:])
    if hasGround:
        print("mutation: testing the libraries without a mutant", flush=True)
        tree.check(dependents.tests_under(root, GROUND_TESTS))
    for folder in BUILT:
        shutil.copytree(root / folder, root / "sound" / folder)
    return tree


if __name__ == "__main__":
    sys.exit(main())
