"""Lines of the libraries that their own tests reach: `python -m tools.assurance.coverage`.

Forge measures on a build without the optimizer. What is deployed does not compile so (stack too deep), hence
a copy of the rooms that stand alone: `contracts/lib`, `contracts/types` and `contracts/book`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Final

from tonne.deployment import compiler

ROOT: Final = compiler.ROOT
ROOMS: Final = ("lib", "types", "book")
COPIED: Final = (
    *(f"contracts/{room}" for room in ROOMS),
    *(f"tests/{room}" for room in ROOMS),
    "tests/forge",
    "tests/vectors",
    "interfaces",
    "tools/solc",
)
#: Sources of tests elsewhere that these tests import.
YARDSTICK: Final = "tests/yardstick/MerkleClimb.sol"
SETTINGS: Final = """[profile.default]
src = "contracts"
test = "tests"
script = "tests/forge"
out = "build"
cache_path = "build/cache"
libs = ["node_modules"]
auto_detect_remappings = false
offline = true
solc = "tools/solc/solc-v0.8.37"
evm_version = "paris"
remappings = [
    "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/",
    "forge-std/=tests/forge/",
    "solady/=node_modules/solady/src/",
]
fs_permissions = [{ access = "read", path = "./" }]
fuzz = { runs = 64, seed = "0x746f6e6e65" }
"""

#: Lines of each source: whether a test reached it.
Lines = dict[str, dict[int, bool]]


def main() -> int:
    print("coverage: compiling the libraries and running their tests", flush=True)
    with tempfile.TemporaryDirectory(prefix="tonne-coverage-") as folder:
        lines = measure(Path(folder))
    report(lines)
    return int(not lines)


def measure(root: Path) -> Lines:
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name)
    (root / YARDSTICK).parent.mkdir()
    shutil.copy(ROOT / YARDSTICK, root / YARDSTICK)
    (root / "foundry.toml").write_text(SETTINGS)
    for name in ("node_modules", ".tools"):
        (root / name).symlink_to(ROOT / name)
    done = subprocess.run(
        [ROOT / ".tools/bin/forge", "coverage", "--report", "lcov", "--report-file", "lcov.info"],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"forge did not measure:\n{done.stdout[-3000:]}")
    return read((root / "lcov.info").read_text("utf-8"))


def read(lcov: str) -> Lines:
    """Lines of contracts in a report of the form `lcov`."""
    lines: Lines = defaultdict(dict)
    source = ""
    for entry in lcov.splitlines():
        kind, _, value = entry.partition(":")
        if kind == "SF":
            source = value
        elif kind == "DA" and source.startswith("contracts/"):
            number, hits = value.split(",")[:2]
            lines[source][int(number)] = int(hits) > 0
    return dict(lines)


def report(lines: Lines) -> None:
    """One line for each source that has tests of its own; the others are tested by what is deployed."""
    own = {source: reached for source, reached in lines.items() if any(reached.values())}
    for source, reached in sorted(own.items()):
        missed = [number for number, isReached in sorted(reached.items()) if not isReached]
        if missed:
            print(f"  {source}: not reached {', '.join(map(str, missed))}")
    total = sum(len(reached) for reached in own.values())
    hits = sum(sum(reached.values()) for reached in own.values())
    others = sum(len(reached) for source, reached in lines.items() if source not in own)
    share = 100 * hits / max(total, 1)
    print(f"coverage: {hits} of {total} lines of {len(own)} libraries, {share:.1f} %")
    print(f"coverage: {others} lines of {len(lines) - len(own)} libraries have other tests alone")


if __name__ == "__main__":
    sys.exit(main())
