"""An hour, a day, parts per million, the epoch, no account and no word are named once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "tonne" / "constants.py"

#: Names that only `tonne/constants.py` gives, and the numbers that stand for nothing else.
NAMES = {"HOUR_S", "DAY_S", "PPM", "EPOCH", "ZERO_ADDRESS", "ZERO_WORD"}
NUMBERS = {3_600, 86_400}


def repeated(tree: ast.AST) -> Iterator[str]:
    """What a module says again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in NUMBERS:
            yield str(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node) == "date(1970, 1, 1)":
            yield "the epoch"
        elif isinstance(node, ast.Call) and ast.unparse(node) == "bytes(32)":
            yield "32 zero bytes"
        elif isinstance(node, ast.BinOp) and ast.unparse(node) == "'0x' + '00' * 20":
            yield "the zero address"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.id for t in targets if isinstance(t, ast.Name) and t.id in NAMES)


def test_no_module_says_a_constant_again():
    found = {
        f"{path.relative_to(ROOT)}: {what}"
        for folder in ("tonne", "oracles", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != HOME
        for what in repeated(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        "week = 7 * 86_400",
        "f'{seconds // 3600:02}'",
        "PPM = 10**6",
        "DAY_S: int = 1",
        "date(1970, 1, 1)",
        "'0x' + '00' * 20",
        "bytes(32)",
    ],
)
def test_a_repetition_is_seen(code):
    assert list(repeated(ast.parse(code)))
