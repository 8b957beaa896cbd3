"""Runs a command of tests unless its inputs are unchanged since it last passed.

`python -m tools.repeat_if_changed NAME COMMAND...` hashes the inputs of the tests. Tests in Solidity read
the Solidity files, their data, the settings and the artifacts. Tests in Python (NAME `python`) read every
file of the tree that git does not ignore; without git they always run. After success the hash is stored in
`build/passed/NAME`. With CI set, or FORCE=1, the command always runs.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
#: Files and folders that a test in Solidity can read.
INPUTS: Final = (
    *("contracts", "interfaces", "tests", "artifacts", "schemes", "snapshots", "tools/solc"),
    *("foundry.toml", "package-lock.json"),
)
#: No test in Solidity reads them.
LEFT_OUT: Final = (".py", ".pyc")
#: Settings of Forge, of its fuzz tests and of pytest in the environment.
VARIABLES: Final = ("FOUNDRY_", "FORGE_", "PYTEST_")
LISTING: Final = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")


def main(arguments: Sequence[str]) -> int:
    name, command = arguments[0], list(arguments[1:])
    record = ROOT / "build" / "passed" / name
    found = state(ROOT, name, command, os.environ)
    isForced = bool(os.environ.get("CI") or os.environ.get("FORCE"))
    if not isForced and found and record.is_file() and record.read_text("utf-8") == found:
        passed = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.stat().st_mtime))
        print(f"{name}: unchanged since it passed on {passed}; FORCE=1 repeats it")
        return 0
    code = subprocess.run(command, cwd=ROOT).returncode
    if code == 0 and found and state(ROOT, name, command, os.environ) == found:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(found, encoding="utf-8")
    else:
        record.unlink(missing_ok=True)
    return code


def state(
    root: Path, name: str, command: Sequence[str], environment: Mapping[str, str]
) -> str | None:
    """SHA-256 of the command, its settings and its inputs; None if the inputs cannot be listed."""
    files = every_file(root) if name == "python" else solidity_inputs(root)
    if files is None:
        return None
    digest = hashlib.sha256(repr([*command, sys.version]).encode())
    for key, value in sorted(environment.items()):
        if key.startswith(VARIABLES):
            digest.update(f"{key}={value}\n".encode())
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root)} {content}\n".encode())
    return digest.hexdigest()


def solidity_inputs(root: Path) -> Iterator[Path]:
    """Files that tests in Solidity can read, sorted by path."""
    for name in INPUTS:
        path = root / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (f for f in found if f.is_file() and f.suffix not in LEFT_OUT)


def every_file(root: Path) -> list[Path] | None:
    """All files that git does not ignore, sorted by path; None where there is no git."""
    try:
        listed = subprocess.run(LISTING, cwd=root, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    paths = (root / os.fsdecode(name) for name in listed.split(b"\0") if name)
    return sorted({path for path in paths if path.is_file()})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
