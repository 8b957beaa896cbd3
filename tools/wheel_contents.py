"""Hatchling build hook: adds the compiled contracts and their compiler input to the wheel.

All other contents are listed in `pyproject.toml`. Contracts that changed since the last build are compiled
first, which needs `make setup`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledContracts(BuildHookInterface[BuilderConfig]):
    """Places each contract's ABI and bytecode where `tonne.deployment.compiler` of the wheel reads them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        from tonne.deployment import compiler

        for name in compiler.contracts():
            path = compiler.path_of(Path(self.root), name)
            build_data["force_include"][str(path)] = f"tonne/tree/artifacts/{path.name}"
        whole = compiler.input_path(Path(self.root))
        build_data["force_include"][str(whole)] = f"tonne/tree/artifacts/verification/{whole.name}"
