"""Commands that errors advise, in the sources of Python, and of the contracts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tonne import errors
from tonne.chain.reverts import remedy_for, snake
from tools import error_reference, syntax_trees

ROOT = Path(__file__).resolve().parents[3]
#: What stands for a value that is only known at run time.
HOLE = "1"
_ADVICE = re.compile(r"`(tonne [^`]+)`")
_SHORTENED = re.compile(r"`((?:tonne|…) [^`]+)`")


@dataclass(frozen=True)
class Advice:
    """One advised command, and the place of the error that advises it."""

    where: str
    command: str


def _rows() -> Iterator[tuple[str, str]]:
    """Code and remedy of each row of errors, with a hole for each placeholder."""
    for code, row in errors.rows().items():
        yield code, re.sub(r"{\w+[^}]*}", HOLE, row.get("remedy", ""))


def in_python() -> Iterator[Advice]:
    """Commands in remedies of errors."""
    for code, text in _rows():
        yield from (Advice(code, found) for found in _ADVICE.findall(text))
    for top in ("tonne", "oracles"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(syntax_trees.tree(path)):
                for remedy in _remedies(node):
                    for text in _texts(remedy):
                        place = f"{path.relative_to(ROOT)}:{remedy.lineno}"
                        yield from (Advice(place, found) for found in _ADVICE.findall(text))


def of_contracts() -> Iterator[Advice]:
    """Commands in the remedies of the contracts' errors."""
    for name in sorted(set(error_reference.errors())):
        remedy = re.sub(r"{\w+}", HOLE, remedy_for(name))
        yield from (Advice(name, found) for found in _ADVICE.findall(remedy))


def by_code() -> Iterator[tuple[str, str]]:
    """Code and command of each remedy; the place of an error whose code is only known at run time."""
    for code, text in _rows():
        yield from ((code, found) for found in _ADVICE.findall(text))
    for top in ("tonne", "oracles"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args:
                    first = node.args[0]
                    place = f"{path.relative_to(ROOT)}"
                    code = str(first.value) if isinstance(first, ast.Constant) else place
                    for remedy in _remedies(node):
                        for text in _texts(remedy):
                            yield from ((code, found) for found in _ADVICE.findall(text))
    for name in sorted(set(error_reference.errors())):
        remedy = re.sub(r"{\w+}", HOLE, remedy_for(name))
        yield from ((snake(name).upper(), found) for found in _ADVICE.findall(remedy))


def unmarked() -> Iterator[str]:
    """Remedies that begin with a command and do not mark it as one."""
    yield from (code for code, text in _rows() if re.search(r"(?<!`)\btonne [a-z]", text))
    for top in ("tonne", "oracles"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(syntax_trees.tree(path)):
                for remedy in _remedies(node):
                    if any(re.search(r"(?<!`)\btonne [a-z]", text) for text in _texts(remedy)):
                        yield f"{path.relative_to(ROOT)}:{remedy.lineno}"


def in_output() -> Iterator[Advice]:
    """Commands that a command line's output advises, outside of errors, docstrings and help."""
    for path in sorted((ROOT / "tonne" / "cli").rglob("*.py")):
        tree = syntax_trees.tree(path)
        others = {id(part) for node in ast.walk(tree) for part in _not_output(node)}
        for node in ast.walk(tree):
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in others:
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                for text in _texts(node):
                    yield from (Advice(place, found) for found in _SHORTENED.findall(text))


def _not_output(node: ast.AST) -> Iterator[ast.AST]:
    """Texts that are docstrings, help or remedies, and parts of a text that is looked at as a whole."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from node.values
    elif isinstance(node, ast.keyword) and node.arg in ("remedy", "help", "epilog"):
        yield from ast.walk(node.value)


def _remedies(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions that an error takes as its remedy: by name, or as fifth argument; and later assignments."""
    if isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "remedy")
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name.endswith("Error") and len(node.args) > 4:
            yield node.args[4]
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if name == "remedy":
                yield node.value


def _texts(value: ast.expr) -> list[str]:
    """The sentences an expression may come to, with holes for what is only known at run time."""
    if isinstance(value, ast.Constant):
        return [str(value.value)]
    if isinstance(value, ast.JoinedStr):
        return [
            "".join(str(p.value) if isinstance(p, ast.Constant) else HOLE for p in value.values)
        ]
    if isinstance(value, ast.IfExp):
        return [*_texts(value.body), *_texts(value.orelse)]
    if isinstance(value, ast.BinOp):
        return [a + b for a in _texts(value.left) for b in _texts(value.right)]
    return [HOLE]
