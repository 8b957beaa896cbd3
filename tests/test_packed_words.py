"""Packed words are packed and unpacked in `tonne/types` by layouts: no other module shifts or masks bits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.syntax_trees import tree

ROOT = Path(__file__).resolve().parents[1]

#: Modules that shift bits, and why.
SHIFTING = {
    "tonne/types/packing.py": "layouts and sets of bits",
    "tonne/types/lanes.py": "lanes of 32 bits",
    "tonne/crypto/eip712.py": "ranges of types, and the recovery bit of a compact signature",
    "tonne/crypto/merkle.py": "walks a tree up, half the width at each level",
    "tonne/units/serial_forms.py": "puts the fields that identify an issuance side by side, each in its bits",
    "tonne/crypto/merkle_sum.py": "adds all sums of a leaf at once, each with a guard bit",
}

#: Modules that mask bits with a number, and why.
MASKING = {
    "tonne/text.py": "non-characters end in FFFE and FFFF in every plane of Unicode",
}

#: A mask of so many ones or more takes a field out of a word; flags are smaller.
FIELD_BITS = 8


def sources(root: Path) -> Iterator[tuple[str, ast.AST]]:
    for folder in ("tonne", "oracles", "scripts"):
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), tree(path)


def shifts(tree: ast.AST) -> bool:
    kinds = (ast.LShift, ast.RShift)
    return any(
        isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, kinds)
        for node in ast.walk(tree)
    )


def masks(tree: ast.AST) -> bool:
    """Whether a number is masked with a constant of a field's width."""
    return any(
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.BitAnd)
        and any(is_field(side) for side in (node.left, node.right))
        for node in ast.walk(tree)
    )


def is_field(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        return isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Pow)
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int) and bin(value).count("1") >= FIELD_BITS


def test_only_these_modules_shift_bits():
    assert {path for path, tree in sources(ROOT) if shifts(tree)} == set(SHIFTING)


def test_only_these_modules_mask_fields():
    assert {path for path, tree in sources(ROOT) if masks(tree)} == set(MASKING)


@pytest.mark.parametrize("code", ["a >> 96", "a << b", "a >>= 1", "f(lambda x: x | y << 24)"])
def test_a_shift_is_seen(code):
    assert shifts(ast.parse(code))


@pytest.mark.parametrize("code", ["a & 0xFFFFFF", "2**64 - 1 & a", "a & 255"])
def test_a_mask_is_seen(code):
    assert masks(ast.parse(code))


@pytest.mark.parametrize("code", ["rights & 8", "rights & MANAGE", "a & b", "a - 1"])
def test_a_flag_is_no_mask(code):
    assert not masks(ast.parse(code))
