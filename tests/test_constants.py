"""An hour, a day, parts per million, the epoch, no account and no word are named once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.syntax_trees import tree

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "tonne" / "constants.py"

#: Names that only `tonne/constants.py` gives, and the numbers that stand for nothing else.
NAMES = {"HOUR_S", "DAY_S", "PPM", "EPOCH", "ZERO_ADDRESS", "ZERO_WORD"}
NUMBERS = {3_600, 86_400}
#: Calls of these values, by function: the epoch and the zero word.
CALLS = {"date": "date(1970, 1, 1)", "bytes": "bytes(32)"}


def repeated(tree: ast.AST) -> Iterator[str]:
    """What a module says again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in NUMBERS:
            yield str(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in CALLS and (call := ast.unparse(node)) in CALLS.values():
                yield call
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
        for what in repeated(tree(path))
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
