"""Mutation testing: plants small faults into the contracts and runs the tests that depend on them.

`python -m tools.assurance.mutation [--count N] [--seed TEXT] [--only PREFIX] [--minutes M] [--resume]`
works in a copy of the project. Results are appended to a file; with `--resume` a stopped run goes on. Exits
with 1 if a survivor is not explained in `survivors.toml` or the score is below the least.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
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
#: Test files of one run of Forge: a killer among the nearest ends the search.
STEP: Final = 6
#: One run of Forge, its compilation included [s]; one that takes longer counts as found.
TIME_LIMIT: Final = 1500

KILLED, SURVIVED, INVALID = "killed", "survived", "does not compile"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one mutant."""

    key: str
    line: int
    outcome: str
    by: str  # the first test that failed
    seconds: int


def main() -> int:
    arguments = _arguments()
    if not arguments.resume:
        RESULTS.unlink(missing_ok=True)
    return sample(arguments.count, arguments.minutes, RESULTS, arguments.seed, arguments.only)


def sample(count: int, minutes: float, file: Path, seed: str = SEED, only: str = "") -> int:
    """Judges a sample of mutants and prints their fates; 0 if score and explanations suffice."""
    sources = [
        path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "contracts").rglob("*.sol"))
    ]
    pool = [
        mutant for mutant in mutants.of_sources(ROOT, sources) if mutant.source.startswith(only)
    ]
    results = run(mutants.sample(pool, len(pool), seed), count, minutes, file)
    return report(len(pool), results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="mutants that compile")
    parser.add_argument("--seed", default=SEED, help="another sample for another text")
    parser.add_argument("--only", default="", help="first part of the paths of the sources")
    parser.add_argument(
        "--minutes", type=float, default=0, help="begin no mutant after these; 0 for no end"
    )
    parser.add_argument("--resume", action="store_true", help="keep what the last run found killed")
    return parser.parse_args()


def run(chosen: list[Mutant], count: int, minutes: float, file: Path) -> list[Result]:
    """Results of the first `count` mutants that compile; what `file` has as killed is not run again."""
    file.parent.mkdir(parents=True, exist_ok=True)
    known = {result.key: result for result in _read(file) if result.outcome != SURVIVED}
    end = time.monotonic() + minutes * 60 if minutes else float("inf")
    results: list[Result] = []
    with _tree() as tree:
        lines = dependents.graph(tree.root)
        for mutant in chosen:
            if sum(result.outcome != INVALID for result in results) >= count:
                break
            if mutant.key not in known:
                if time.monotonic() > end:
                    break
                known[mutant.key] = tree.judge(mutant, dependents.tests_of(mutant.source, lines))
                with file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(asdict(known[mutant.key])) + "\n")
                print(_line(known[mutant.key]), flush=True)
            results.append(known[mutant.key])
    return results


def _read(file: Path) -> Iterator[Result]:
    if file.is_file():
        for line in file.read_text("utf-8").splitlines():
            yield Result(**json.loads(line))


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

    def __init__(self, root: Path) -> None:
        self.root = root

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
        command = [
            str(self.root / ".tools/bin/forge"),
            "test",
            "--fail-fast",
            "--match-path",
            paths,
        ]
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                env={**os.environ, "FOUNDRY_PROFILE": profile, "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=TIME_LIMIT,
            )
        except subprocess.TimeoutExpired:
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


def _groups(tests: list[str]) -> list[list[str]]:
    return [tests[at : at + STEP] for at in range(0, len(tests), STEP)]


@contextmanager
def _tree() -> Iterator[Tree]:
    """A copy of the project with everything compiled; deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="tonne-mutation-") as folder:
        root = Path(folder)
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
        tree = Tree(root)
        ground = [
            test for folder in GROUND_TESTS for test in sorted((root / folder).glob("*.t.sol"))
        ]
        tree.check("lib", [test.relative_to(root).as_posix() for test in ground])
        subprocess.run([root / ".tools/bin/forge", "build"], cwd=root, check=True)
        shutil.copytree(root / "build", root / "sound")
        yield tree


def _link(source: str, target: str) -> None:
    """A hard link: behind a symbolic one Forge takes every source as changed."""
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


if __name__ == "__main__":
    sys.exit(main())
