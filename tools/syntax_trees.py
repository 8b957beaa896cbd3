"""Syntax trees of Python files, each parsed once in a process. Callers must not change a tree."""

from __future__ import annotations

import ast
import gc
from functools import cache
from pathlib import Path


def tree(path: Path) -> ast.Module:
    """The syntax tree of a file; files with the same text share one tree."""
    return _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> ast.Module:
    # A tree has many objects and no garbage. The collector would take three quarters of the time.
    wasEnabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if wasEnabled:
            gc.enable()
