"""Python environments of the analysers, apart from the project's own: `.tools/halmos`, `.tools/slither`.

Each is made from its lock file beside this module and kept until that changes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tonne.deployment import compiler

ROOT: Final = compiler.ROOT
PIP: Final = ("-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet")


def ready(name: str) -> Path:
    """Folder of the environment's programs; makes the environment first where it is not there."""
    lock = Path(__file__).with_name(f"{name}.lock")
    folder = ROOT / ".tools" / name
    stamp = folder / ".stamp"
    state = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != state:
        print(f"assurance: installing {name}", flush=True)
        base = getattr(sys, "_base_executable", sys.executable)
        subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "python", *PIP, "--no-deps", "-r", lock], check=True)
        stamp.write_text(state)
    return folder / "bin"


def variables(name: str, **more: str) -> Mapping[str, str]:
    """Environment in which the analyser finds its own programs, Forge and Node."""
    path = os.pathsep.join((str(ready(name)), str(ROOT / ".tools" / "bin"), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "NO_COLOR": "1", **more}
