"""The recorded pass of `make assurance`: a hash of all sources that proofs, analysis and campaigns read.

`tools/assurance/passed.json` is committed. `make assurance` writes it after a pass; `make assurance-changed`
runs nothing if the hash is that of the sources. A missing, damaged or stale record means: run.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.assurance import dependents

ROOT: Final = Path(__file__).resolve().parents[2]
RECORD: Final = "tools/assurance/passed.json"
#: Compiler, its settings, the packages of contracts, and the analysers.
INPUTS: Final = (
    *("foundry.toml", "package-lock.json", "tools/solc", "tools/assurance"),
    *("tonne/deployment/compiler.py", "tonne/deployment/sources.py"),
)
#: Solidity that proofs and campaigns begin with; its imports belong to the inputs as well.
PLAYED: Final = ("tests/symbolic/", "tests/invariant/")


def is_current(root: Path) -> bool:
    """Whether the recorded pass is one of exactly these sources."""
    try:
        recorded = json.loads((root / RECORD).read_text("utf-8"))["sources"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return False
    return bool(recorded == digest(root))


def record(root: Path) -> None:
    """Records a pass of these sources."""
    passed = {"sources": digest(root), "passed": time.strftime("%Y-%m-%d", time.gmtime())}
    (root / RECORD).write_text(json.dumps(passed, indent=2) + "\n", "utf-8")


def digest(root: Path) -> str:
    """SHA-256 over the paths and contents of all inputs."""
    found = hashlib.sha256()
    for path in sorted(inputs(root)):
        content = hashlib.sha256((root / path).read_bytes()).hexdigest()
        found.update(f"{path} {content}\n".encode())
    return found.hexdigest()


def inputs(root: Path) -> set[str]:
    """Paths of all files that the steps of `make assurance` read, from the root."""
    return {*_solidity(root), *_files(root)} - {RECORD}


def _solidity(root: Path) -> set[str]:
    """Contracts and interfaces, and what proofs and campaigns reach."""
    graph = dependents.graph(root)
    waiting = [path for path in graph if path.startswith(("contracts/", "interfaces/", *PLAYED))]
    found: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [target for target in graph.get(path, ()) if (root / target).is_file()]
    return found


def _files(root: Path) -> Iterator[str]:
    for name in INPUTS:
        place = root / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix()
