"""Python environments of the analysers, apart from the project's own: `.tools/halmos`, `.tools/slither`.

Each is made from its lock file beside this module and kept until that changes. An analyser that asks for
another Python than the project's takes one that is installed beside it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tonne.deployment import compiler

ROOT: Final = compiler.ROOT
#: The project's own Python, outside of its environment.
OWN: Final[str] = getattr(sys, "_base_executable", sys.executable)
PIP: Final = ("-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet")


def interpreter(version: str) -> str | None:
    """A Python of a version, such as 3.12: this, one in the PATH or one of pyenv's; None if there is none."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return OWN
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [shutil.which(f"python{version}"), *map(str, pyenv.glob(f"{version}.*/bin/python"))]
    for program in filter(None, found):
        asked = [program, "-c", "import ensurepip, venv"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return program
    return None


def ready(name: str, python: str | None = None) -> Path:
    """Folder of the environment's programs; makes the environment first where it is not there.

    `python` is the interpreter to make it from; by default the project's own.
    """
    lock = Path(__file__).with_name(f"{name}.lock")
    folder = ROOT / ".tools" / name
    stamp = folder / ".stamp"
    state = hashlib.sha256(lock.read_bytes() + (python or sys.version).encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != state:
        print(f"assurance: installing {name}", flush=True)
        subprocess.run([python or OWN, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "python", *PIP, "--no-deps", "-r", lock], check=True)
        stamp.write_text(state)
    return folder / "bin"


def variables(name: str, **more: str) -> Mapping[str, str]:
    """Environment in which the analyser finds its own programs, Forge and Node."""
    path = os.pathsep.join((str(ready(name)), str(ROOT / ".tools" / "bin"), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "NO_COLOR": "1", **more}
