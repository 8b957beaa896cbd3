"""Hatchling build hook: adds the compiled contracts, their compiler input and the built page to the wheel.

All other contents are listed in `pyproject.toml`. Contracts and the page, where they changed since the last
build, are built first, which needs `make setup`; who installs the wheel needs neither compiler nor Node.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuiltParts(BuildHookInterface[BuilderConfig]):
    """Places each where the compiler and the page server of an installed `tonne` read it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        from tonne import files
        from tonne.deployment import compiler
        from tools import page

        compiler.build()
        for path in sorted((Path(self.root) / "artifacts").iterdir()):
            build_data["force_include"][str(path)] = f"tonne/tree/artifacts/{path.name}"
        whole = Path(self.root) / "build" / "verification.json"
        files.write(whole, compiler.compiler_input())
        build_data["force_include"][str(whole)] = f"tonne/tree/artifacts/{whole.name}"
        page.main()
        for path in sorted(path for path in page.OUT.rglob("*") if path.is_file()):
            build_data["force_include"][str(path)] = (
                f"tonne/tree/page/{path.relative_to(page.OUT).as_posix()}"
            )
