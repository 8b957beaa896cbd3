"""One public class name has one meaning across the library and the oracles."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from tools.syntax_trees import tree

ROOT = Path(__file__).resolve().parents[1]


def declared(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Files that declare a public class at their top level, by its name."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(path.as_posix())
    return found


def twice(names: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: files for name, files in names.items() if len(files) > 1}


def test_a_public_class_name_is_declared_once():
    names = declared(p for top in ("tonne", "oracles") for p in sorted((ROOT / top).rglob("*.py")))
    assert len(names) > 400
    assert twice(names) == {}


def test_a_name_of_two_classes_is_seen(tmp_path):
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("class Market:\n    class Day: ...\n\nclass _Hidden: ...\n")
    two.write_text("class Market: ...\n\nclass _Hidden: ...\n\nclass Day: ...\n")
    assert list(twice(declared([one, two]))) == ["Market"]
