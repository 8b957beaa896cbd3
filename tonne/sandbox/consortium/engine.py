"""The engine of the validators: geth 1.13.15, built once from Go's module proxy.

`go.sum` pins the source of geth and of all that it is built with by hash: whatever the proxy serves, nothing
else is compiled.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tonne import paths
from tonne.errors import refused

VERSION: Final = "1.13.15"
SOURCE: Final = Path(__file__).resolve().parents[2] / "data" / "consortium"
FOLDER: Final = paths.HOME / ".tools" / "consortium"
PACKAGE: Final = "github.com/ethereum/go-ethereum/cmd/geth"

#: Go that compiles it, and the first whose linker has to be told that the package reaches into the runtime.
OLDEST_GO: Final = (1, 20)
CHECKED_LINKS: Final = (1, 23)
#: Where Go's own archive is unpacked to; its installer leaves it to the user to put that into the PATH.
USUAL_GO: Final = Path("/usr/local/go/bin/go")
BUILD_SECONDS: Final = 1_800

Tell = Callable[[str], None]


def binary(tell: Tell = lambda said: None) -> Path:
    """The engine's program, built if it is not there yet.

    Raises CONSORTIUM_NO_GO where there is no Go to build it with, CONSORTIUM_NOT_BUILT where that fails.
    """
    program = FOLDER / f"geth-{VERSION}-{_pinned()[:12]}"
    if program.exists():
        return program
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(program, tell)
    return program


def _pinned() -> str:
    """Hash of the pins: other sources make another program."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((SOURCE / name).read_bytes())
    return digest.hexdigest()


def go() -> tuple[str, tuple[int, int]]:
    """Go's program and its version; raises CONSORTIUM_NO_GO where there is none new enough."""
    found = shutil.which("go") or shutil.which(str(USUAL_GO))
    said = ""
    if found is not None:
        said = subprocess.run([found, "version"], capture_output=True, text=True).stdout.strip()
    version = re.search(r"go(\d+)\.(\d+)", said)
    number = (int(version[1]), int(version[2])) if version else (0, 0)
    if found is None or number < OLDEST_GO:
        raise refused(
            "CONSORTIUM_NO_GO",
            found_go=said or f"none in the PATH, none at {USUAL_GO}",
            version=VERSION,
        )
    return found, number


def _build(program: Path, tell: Tell) -> None:
    compiler, version = go()
    tell(f"building geth {VERSION}, once (two to four minutes)")
    flags = "-s -w" + (" -checklinkname=0" if version >= CHECKED_LINKS else "")
    unfinished = program.with_suffix(".unfinished")
    command = [
        *(compiler, "build", "-mod=readonly", "-trimpath", "-buildvcs=false"),
        *(f"-ldflags={flags}", "-o", str(unfinished), PACKAGE),
    ]
    surroundings = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    log = FOLDER / "build.log"
    with log.open("wb") as out:
        try:
            code = subprocess.run(
                command,
                cwd=SOURCE,
                env={**os.environ, **surroundings},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=BUILD_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
    if code != 0:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise refused(
            "CONSORTIUM_NOT_BUILT",
            log=str(log),
            version=VERSION,
            lines=(lines or ["it said nothing"])[-1],
        )
    unfinished.replace(program)
