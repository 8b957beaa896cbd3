"""The symbolic proofs of `tests/symbolic`, by halmos.

`python -m tools.assurance.proofs [--match-test REGEX]` runs all, or those that match.

A proof counts when every path of it was followed to its end. Exits with 1 if one does not.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.assurance import environments

ROOT: Final = environments.ROOT
#: Proofs are functions of this name.
NAME: Final = re.compile(r"^    function (check_\w+)", re.MULTILINE)
#: For one query [s]; the hardest takes some seconds on a free core.
TIME_LIMIT: Final = 240
#: Repetitions of a loop that are followed; the longest loop of a proof has 5.
LOOPS: Final = 8


@dataclass(frozen=True, slots=True)
class Proof:
    """What halmos says about one."""

    name: str
    isProved: bool
    paths: int


def main() -> int:
    return prove(ROOT, sys.argv[1:])


def prove(root: Path, options: Sequence[str] = ()) -> int:
    proofs = run(root, options)
    failed = [proof.name for proof in proofs if not proof.isProved]
    missing = [] if options else sorted(written(root) - {proof.name for proof in proofs})
    paths = sum(proof.paths for proof in proofs)
    print(f"proofs: {len(proofs) - len(failed)} of {len(proofs)} proved, {paths} paths", flush=True)
    for name in failed:
        print(f"  not proved: {name}")
    for name in missing:
        print(f"  not run: {name}")
    return int(bool(failed or missing or not proofs))


def written(root: Path) -> set[str]:
    """Names of all proofs in the tree."""
    files = (root / "tests" / "symbolic").glob("*.sol")
    return {name for file in files for name in NAME.findall(file.read_text("utf-8"))}


def run(root: Path, options: Sequence[str] = ()) -> list[Proof]:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "proofs.json"
        command = ["halmos", "--root", str(root), "--forge-build-out", "build/foundry-symbolic"]
        command += [
            "--solver-timeout-assertion",
            f"{TIME_LIMIT}s",
            "--loop",
            str(LOOPS),
            "--no-status",
        ]
        done = subprocess.run(
            [*command, "--json-output", str(answer), *options],
            cwd=root,
            env=environments.variables("halmos", FOUNDRY_PROFILE="symbolic"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if not answer.is_file():
            raise RuntimeError(f"halmos ended without an answer:\n{done.stdout[-3000:]}")
        results = json.loads(answer.read_text("utf-8"))["test_results"]
    proofs = [
        Proof(
            name=result["name"].split("(")[0],
            isProved=result["exitcode"] == 0 and not result.get("num_bounded_loops"),
            paths=_paths(result),
        )
        for contract in results.values()
        for result in contract
    ]
    if not all(proof.isProved for proof in proofs):
        print(done.stdout)
    return proofs


def _paths(result: dict[str, object]) -> int:
    paths = result.get("num_paths")
    return int(paths[0]) if isinstance(paths, list) else 0


if __name__ == "__main__":
    sys.exit(main())
