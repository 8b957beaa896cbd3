"""No test fails because a machine is slow: limits that only end what hangs are long (`tests.patience`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import HANGING_S
from tools import syntax_trees

ROOT = Path(__file__).resolve().parents[1]

#: [s] Limits between these end a test on a slow machine; below, they are pauses between two looks.
PAUSE_S, LONG_S = 2, 120

#: Files whose limits are the subject of the test, or of runs that measure time on purpose.
MEASURED = {
    "tests/e2e/consortium": "blocks of a second; drills have limits of their own",
    "tests/oracles/campaign": "faults last seconds; the campaign judges delays",
    "tests/oracles/power/live": "the pace of prices is measured",
    "tests/tonne/sandbox/consortium": "blocks of a second",
}


def limits(tree: ast.AST) -> Iterator[tuple[int, float]]:
    """(line, seconds) of each wait with a number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", "")
            waited = node.args[:1] if name in ("wait", "join", "settimeout") else []
            waited += [word.value for word in node.keywords if word.arg in ("timeout", "seconds")]
            yield from _numbers(waited)
        elif isinstance(node, ast.BinOp) and _is_clock(node.left):
            yield from _numbers([node.right])
        elif isinstance(node, ast.Compare) and any(map(_is_clock, ast.walk(node.left))):
            yield from _numbers(node.comparators)


def _numbers(nodes: list[ast.expr]) -> Iterator[tuple[int, float]]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            yield node.lineno, float(node.value)


def _is_clock(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("monotonic", "perf_counter")
    )


def short_limits(tree: ast.AST) -> list[int]:
    return [line for line, seconds in limits(tree) if PAUSE_S <= seconds < LONG_S]


def test_limits_only_end_what_hangs():
    assert HANGING_S >= LONG_S
    found = [
        f"{name}:{line}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if not (name := path.relative_to(ROOT).as_posix()).startswith(tuple(MEASURED))
        for line in short_limits(syntax_trees.tree(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "process.wait(10)",
        "requests.get(url, timeout=5)",
        "end = time.monotonic() + 20",
        "assert time.monotonic() - begun < 60",
        "hole.settimeout(30)",
    ],
)
def test_a_short_limit_is_found(code):
    assert short_limits(ast.parse(code)) == [1]


@pytest.mark.parametrize("code", ["stop.wait(0.2)", "process.wait(HANGING_S)", "wait(timeout=300)"])
def test_a_pause_and_a_long_limit_are_not(code):
    assert short_limits(ast.parse(code)) == []
