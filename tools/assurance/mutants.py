"""Mutants of the contracts: small faults at places that the compiler's syntax tree gives.

Each is one change of one expression or statement: an operator, a number, a condition or a deleted statement.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.assurance import solc

Node = dict[str, Any]
#: Start, old and new text of a change, and from where to where the changed expression or statement goes.
Change = tuple[int, str, str, tuple[int, int]]

#: Operators of Solidity and what takes their places.
BINARY: Final = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "*",
    "**": "*",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "&&": "||",
    "||": "&&",
    "&": "|",
    "|": "&",
    "^": "&",
    "<<": ">>",
    ">>": "<<",
}
ASSIGNMENT: Final = {f"{old}=": f"{new}=" for old, new in BINARY.items() if f"{old}=" not in BINARY}
UNARY: Final = {"!": "", "~": "", "++": "--", "--": "++"}
#: Functions of inline assembly.
YUL: Final = {
    "add": "sub",
    "sub": "add",
    "mul": "div",
    "div": "mul",
    "and": "or",
    "or": "and",
    "shl": "shr",
    "shr": "shl",
    "lt": "gt",
    "gt": "lt",
}
DELETED: Final = ("ExpressionStatement", "EmitStatement")
#: Nodes without anything that runs.
PASSED_OVER: Final = (
    "ImportDirective",
    "PragmaDirective",
    "EventDefinition",
    "ErrorDefinition",
    "StructDefinition",
    "EnumDefinition",
    "ArrayTypeName",
    "ElementaryTypeName",
    "Mapping",
    "StructuredDocumentation",
    "InheritanceSpecifier",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one source. The key outlives changes of other lines of the file."""

    source: str
    line: int
    start: int  # [bytes] of the UTF-8 text
    old: str
    new: str
    key: str  # source | the line's text | old -> new | which of several alike
    whole: tuple[int, int] = (0, 0)  # [bytes] of the expression or statement that it changes
    assembly: int | None = None  # [bytes] where the block of assembly begins in which it is

    @property
    def isBoundary(self) -> bool:
        """Whether a comparison moves by one."""
        return {self.old, self.new} in ({"<", "<="}, {">", ">="})

    def apply(self, text: bytes) -> bytes:
        """The source with the fault; raises ValueError if the text is another one."""
        old = self.old.encode()
        if text[self.start : self.start + len(old)] != old:
            raise ValueError(f"{self.source} has changed since its mutants were made")
        return text[: self.start] + self.new.encode() + text[self.start + len(old) :]


def sample(mutants: list[Mutant], count: int, seed: str) -> list[Mutant]:
    """The mutants whose hashes come first: a change of one line leaves the rest of a sample as it was."""

    def rank(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed}\n{mutant.key}".encode()).digest()

    return sorted(mutants, key=rank)[:count]


def of_sources(root: Path, sources: list[str]) -> list[Mutant]:
    """All mutants of the sources, paths from the root, in their order."""
    trees = syntax_trees(root, sources)
    return [
        mutant for source in sources for mutant in of_source(root, source, trees[source]["ast"])
    ]


def of_source(root: Path, source: str, tree: Node) -> list[Mutant]:
    text = (root / source).read_bytes()
    lines = text.split(b"\n")
    alike: Counter[str] = Counter()
    found = []
    changes = {change[:3]: (change, block) for change, block in _changes(tree, text, None)}
    for (start, old, new, whole), block in sorted(changes.values(), key=lambda found: found[0][:3]):
        line = text.count(b"\n", 0, start)
        key = f"{source} | {lines[line].decode().strip()} | {_short(old)} -> {_short(new)}"
        alike[key] += 1
        if alike[key] > 1:
            key += f" | {alike[key]}"
        found.append(Mutant(source, line + 1, start, old, new, key, whole, block))
    return found


def _short(code: str) -> str:
    return " ".join(code.split()) or "nothing"


def syntax_trees(root: Path, sources: list[str]) -> dict[str, Node]:
    settings = {"stopAfter": "parsing", "outputSelection": {"*": {"": ["ast"]}}}
    answer = solc.checked_answer_to(root, solc.request_for(root, sources, settings))
    trees: dict[str, Node] = answer["sources"]
    return trees


def _changes(node: Any, text: bytes, block: int | None) -> Iterator[tuple[Change, int | None]]:
    """Each change at this node and below, with the beginning of the block of assembly around it."""
    if isinstance(node, list):
        for child in node:
            yield from _changes(child, text, block)
        return
    if not isinstance(node, dict) or node.get("nodeType") in PASSED_OVER:
        return
    if node.get("nodeType") == "InlineAssembly":
        block = span(node)[0]
    if "src" in node and "nodeType" in node:
        for change in _changes_here(node, text):
            yield change, block
    for name, child in node.items():
        if name not in ("typeName", "documentation", "overrides", "modifiers"):
            yield from _changes(child, text, block)


def _changes_here(node: Node, text: bytes) -> Iterator[Change]:
    kind = node["nodeType"]
    start, end = span(node)
    whole = text[start:end].decode()
    if kind == "BinaryOperation":
        yield from _operator(node["leftExpression"], node["rightExpression"], node, BINARY, text)
    elif kind == "Assignment":
        yield from _operator(node["leftHandSide"], node["rightHandSide"], node, ASSIGNMENT, text)
    elif kind == "UnaryOperation" and node["operator"] in UNARY:
        old = node["operator"]
        yield (start if node["prefix"] else end - len(old)), old, UNARY[old], (start, end)
    elif kind == "Literal" and node["kind"] == "bool":
        yield start, whole, "false" if whole == "true" else "true", (start, end)
    elif kind == "Literal" and node["kind"] == "number":
        yield from _number(start, whole.split()[0], (start, end))
    elif kind == "YulLiteral" and node["kind"] == "number":
        yield from _number(start, whole, (start, end))
    elif kind == "YulFunctionCall" and node["functionName"]["name"] in YUL:
        old = node["functionName"]["name"]
        yield start, old, YUL[old], (start, end)
    elif kind in DELETED:
        # The statement's span ends before its semicolon.
        close = text.index(b";", end) + 1 if not whole.endswith(";") else end
        yield start, text[start:close].decode(), "{}", (start, close)
    elif kind in ("IfStatement", "Conditional"):
        yield from _condition(node, text)


def _operator(
    left: Node, right: Node, node: Node, table: dict[str, str], text: bytes
) -> Iterator[Change]:
    old = node["operator"]
    if old not in table:
        return
    begin, end = span(left)[1], span(right)[0]
    between = re.sub(rb"//[^\n]*|/\*.*?\*/", lambda found: b" " * len(found[0]), text[begin:end])
    yield begin + between.index(old.encode()), old, table[old], (span(left)[0], span(right)[1])


def _number(start: int, digits: str, whole: tuple[int, int]) -> Iterator[Change]:
    plain = digits.replace("_", "")
    # An address is checked for the case of its letters.
    if re.fullmatch(r"\d+", plain):
        yield start, digits, str(int(plain) + 1), whole
    elif re.fullmatch(r"0x[0-9a-fA-F]+", plain) and len(plain) != 42:
        yield start, digits, f"0x{int(plain, 16) + 1:0{len(plain) - 2}x}", whole


def _condition(node: Node, text: bytes) -> Iterator[Change]:
    """A condition that never holds; and one that always does, unless that only refuses every call."""
    start, end = span(node["condition"])
    condition = text[start:end].decode()
    yield start, condition, "false", (start, end)
    branch = node.get("trueBody") or {}
    statements = branch.get("statements") or [branch]
    refuses = node["nodeType"] == "IfStatement" and (
        statements[0].get("nodeType") == "RevertStatement"
    )
    if not refuses:
        yield start, condition, "true", (start, end)


def span(node: Node) -> tuple[int, int]:
    start, length, _ = (int(part) for part in node["src"].split(":"))
    return start, start + length
