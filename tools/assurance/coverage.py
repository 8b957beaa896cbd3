"""Statements of the contracts that the Solidity tests reach: `python -m tools.assurance.coverage --help`.

A copy of the project carries a mark before each statement and is compiled as it is deployed. A mark is a call
of a cheatcode that makes an empty file, so it outlives a revert. The reached statements are those whose files
exist after all tests.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tonne.deployment import compiler
from tools.assurance import dependents, mutants, trees

ROOT: Final = compiler.ROOT
EXPLAINED: Final = Path(__file__).with_name("unreached.toml")
PUBLISHED: Final = ROOT / "docs" / "coverage.md"
MARKS: Final = "build/reached"

#: Statements that hold others; the body of one without braces gets them.
BODIES: Final = ("trueBody", "falseBody", "body")
BLOCKS: Final = ("Block", "UncheckedBlock")

HEAD: Final = (
    "# Coverage",
    "",
    "Written by `make coverage`; [assurance](assurance.md#coverage) says how it is measured. A statement",
    "counts as reached when a Solidity test came to it; a block of assembly is one statement.",
    "",
    "| room | statements | not reached | share |",
    "|---|---|---|---|",
)

SOURCE: Final = "contracts/lib/Reached.sol"
#: The cheatcode `writeFile(string,string)`, by a call that no optimizer drops, as it does a static one whose
#: answer is not used. The function passes for a pure one: any can be marked.
CODE: Final = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

function reached(bytes32 file) pure {
    function(bytes32) writes = _write;
    function(bytes32) pure marks;
    assembly ("memory-safe") {
        marks := writes
    }
    marks(file);
}

function _write(bytes32 file) {
    assembly ("memory-safe") {
        let data := mload(0x40)
        mstore(data, shl(224, 0x897e0a97))
        mstore(add(data, 0x04), 0x40)
        mstore(add(data, 0x24), 0x80)
        mstore(add(data, 0x44), 19)
        mstore(add(data, 0x64), file)
        mstore(add(data, 0x84), 0)
        pop(call(gas(), 0x7109709ECfa91a80626fF3989D68f67F5b1DD12D, 0, data, 0xa4, 0, 0))
    }
}
"""
#: Marks are gas and code that a chain would refuse; few runs of a fuzz test, and no campaign, are enough.
SETTINGS: Final = {
    "FOUNDRY_FUZZ_RUNS": "16",
    "FOUNDRY_INVARIANT_RUNS": "1",
    "FOUNDRY_CODE_SIZE_LIMIT": "1000000",
    "FOUNDRY_GAS_LIMIT": "4294967296",
}


@dataclass(frozen=True, slots=True)
class Statement:
    source: str
    line: int
    start: int  # [bytes]
    end: int  # after its semicolon or brace
    isBare: bool  # the body of a condition or loop, without braces
    text: str  # as far as its line goes

    @property
    def key(self) -> str:
        """As the file of explanations names it."""
        return f"{self.source} | {self.text}"

    @property
    def room(self) -> str:
        return self.source.split("/")[1]


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with trees.folder() as root:
        statements = plant(root)
        failed = run(root)
        hit = {int(mark.name) for mark in (root / MARKS).iterdir()}
    return report(statements, hit, failed)


def plant(root: Path) -> list[Statement]:
    """Copies the project and puts a mark before each statement of its contracts."""
    trees.copy(root)
    (root / MARKS).mkdir(parents=True)
    settings = root / "foundry.toml"
    settings.write_text(settings.read_text().replace('access = "read"', 'access = "read-write"'))
    files = sorted((ROOT / "contracts").rglob("*.sol"))
    sources = [path.relative_to(ROOT).as_posix() for path in files]
    found: list[Statement] = []
    syntax = mutants.syntax_trees(ROOT, sources)
    for source in sources:
        text = (ROOT / source).read_bytes()
        here = sorted(statements_of(source, syntax[source]["ast"], text), key=lambda s: s.start)
        if here:
            (root / source).write_bytes(marked(text, source, here, len(found)))
        found += here
    (root / SOURCE).write_text(CODE)
    return found


def statements_of(source: str, node: Any, text: bytes) -> Iterator[Statement]:
    """Each statement below a node, but blocks and the place of a modifier's function."""
    if isinstance(node, list):
        for child in node:
            yield from statements_of(source, child, text)
        return
    if not isinstance(node, dict) or node.get("nodeType") == "InlineAssembly":
        return
    if node.get("nodeType") in BLOCKS:
        for child in node["statements"]:
            yield from _statement(source, child, text, isBare=False)
    for name in BODIES:
        body = node.get(name)
        if isinstance(body, dict) and node["nodeType"].endswith("Statement"):
            yield from _statement(source, body, text, isBare=True)
    for child in node.values():
        yield from statements_of(source, child, text)


def _statement(source: str, node: Any, text: bytes, isBare: bool) -> Iterator[Statement]:
    if node["nodeType"] in (*BLOCKS, "PlaceholderStatement"):
        return
    start, line = mutants.span(node)[0], text.count(b"\n", 0, mutants.span(node)[0]) + 1
    first = text[start:].split(b"\n", 1)[0].decode().strip()
    yield Statement(source, line, start, _end(node, text), isBare, first)


def _end(node: Any, text: bytes) -> int:
    """The byte after a statement: after its last body, or after its semicolon."""
    for name in ("falseBody", "body", "trueBody"):
        if isinstance(node.get(name), dict) and node["nodeType"] != "DoWhileStatement":
            return _end(node[name], text)
    end = mutants.span(node)[1]
    return end if text[end - 1 : end] in (b";", b"}") else text.index(b";", end) + 1


def marked(text: bytes, source: str, statements: list[Statement], first: int) -> bytes:
    """The source with numbered marks, no line moved."""
    import_at = re.search(rb"^pragma solidity [^;]+;", text, re.MULTILINE)
    assert import_at, f"{source} names no version"
    path = os.path.relpath(SOURCE, Path(source).parent)
    path = path if path.startswith(".") else f"./{path}"
    inserted = [(import_at.end(), f' import {{reached as _reached}} from "{path}";')]
    for number, statement in enumerate(statements, first):
        mark = f'_reached("{MARKS}/{number:05}");'
        inserted.append((statement.start, "{" + mark if statement.isBare else mark))
        if statement.isBare:
            inserted.append((statement.end, "}"))
    for at, code in sorted(inserted, key=lambda entry: entry[0], reverse=True):
        text = text[:at] + code.encode() + text[at:]
    return text


def run(root: Path) -> list[str]:
    """Runs all tests but those of gas; names of those that fail, by the marks' gas."""
    variables = {**os.environ, "NO_COLOR": "1", **SETTINGS}
    tests = dependents.tests_under(root, ("tests/",))
    print(f"coverage: compiling, and running {len(tests)} files of tests", flush=True)
    compiler.build(root, lambda said: print(f"coverage: {said}", flush=True))
    done = subprocess.run(
        [root / ".tools/bin/forge", "test", "--match-path", "{" + ",".join(tests) + "}"],
        cwd=root,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if "Suite result" not in done.stdout:
        raise RuntimeError(f"forge neither compiled nor tested:\n{done.stdout[-3000:]}")
    return re.findall(r"^\[FAIL.*?\] (\w+)\(", done.stdout, re.MULTILINE)


def report(statements: list[Statement], hit: set[int], failed: list[str]) -> int:
    """Publishes the figures; 1 if a statement is neither reached nor explained, or explained in vain."""
    reasons = {entry["statement"]: entry["reason"] for entry in _explained()}
    missed = [s for number, s in enumerate(statements) if number not in hit]
    unexplained = [s for s in missed if s.key not in reasons]
    vain = reasons.keys() - {s.key for s in missed}
    PUBLISHED.write_text(page(statements, missed, reasons), "utf-8")
    for statement in unexplained:
        print(f"  not reached: {statement.key}  (line {statement.line})")
    for key in sorted(vain):
        print(f"  explained, but reached or gone: {key}")
    if failed:
        print(
            f"coverage: {len(failed)} tests failed by the marks: {', '.join(sorted(set(failed)))}"
        )
    reached = len(statements) - len(missed)
    print(
        f"coverage: {reached} of {len(statements)} statements, {_share(reached, len(statements))}"
    )
    return int(bool(unexplained or vain))


def page(statements: list[Statement], missed: list[Statement], reasons: dict[str, str]) -> str:
    """The published figures."""
    total, none = Counter(s.room for s in statements), Counter(s.room for s in missed)
    rows = [
        f"| `{room}` | {total[room]:,} | {none[room]:,} | {_share(total[room] - none[room], total[room])} |"
        for room in sorted(total)
    ]
    reached = len(statements) - len(missed)
    whole = f"| all | {len(statements):,} | {len(missed):,} | {_share(reached, len(statements))} |"
    told = dict.fromkeys(s.key for s in missed)
    why = [f"- `{key}`: {reasons.get(key, 'not explained')}" for key in told]
    return "\n".join([*HEAD, *rows, whole, "", "## Not reached", "", *why]).rstrip() + "\n"


def _explained() -> list[dict[str, str]]:
    found: list[dict[str, str]] = tomllib.loads(EXPLAINED.read_text("utf-8")).get("unreached", [])
    return found


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %"


if __name__ == "__main__":
    sys.exit(main())
