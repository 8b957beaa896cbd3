"""Where the files are: in a checkout of the project, or as a package brought them.

Data of an installed package (rule packs, interfaces, compiled contracts, ABIs) lies in `tonne/tree`,
under the names it has in the project.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

_ABOVE: Final = Path(__file__).resolve().parents[1]

#: Whether this is a package without the project around it: it cannot compile.
INSTALLED: Final = not (_ABOVE / "foundry.toml").is_file()

#: Root of files that are read.
TREE: Final = Path(__file__).resolve().parent / "tree" if INSTALLED else _ABOVE

#: Default folder of deployments, accounts and reports.
HOME: Final = Path.cwd() if INSTALLED else _ABOVE


def short(path: Path) -> str:
    """A path for the terminal: relative where it is below the working folder."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def program() -> str:
    """The command line as a shell finds it: `tonne` on the PATH, else its file in the checkout."""
    if INSTALLED or shutil.which("tonne"):
        return "tonne"
    return short(TREE / "bin" / "tonne")
