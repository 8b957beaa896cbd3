"""Many mutants in one build: each is a branch, taken where the block's proposer has the mutant's number.

A mutant that a branch cannot hold is left out: in assembly or a constant, inside of another one, or of a kind
that the compiler refuses. Such mutants are compiled one by one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tonne.deployment import compiler
from tools.assurance import dependents
from tools.assurance.mutants import Mutant

SOURCE: Final = "contracts/lib/Mutant.sol"
#: A view function passes for a pure one, so that a branch can stand in any function.
CODE: Final = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

function isMutant(uint256 number) pure returns (bool) {
    function(uint256) view returns (bool) asks = _asks;
    function(uint256) pure returns (bool) knows;
    assembly ("memory-safe") {
        knows := asks
    }
    return knows(number);
}

function _asks(uint256 number) view returns (bool) {
    return uint160(address(block.coinbase)) == number;
}
"""
#: Beside another literal, a literal has no type of its own; in a branch it needs one.
ALONE: Final = re.compile(r"\d\)?\s*(\*\*|[-+*/%]|<<|>>)\s*$|~\s*$|=\s*$")
FOLLOWED: Final = re.compile(r"\s*(<<|>>|\*\*)|\s*[-+*/%]\s*\(?\d")
CONSTANT: Final = re.compile(rb"(\w+) (private|internal) constant (\w+)\s*=\s*([^;]+);")
COMMENT: Final = re.compile(rb"//[^\n]*|/\*.*?\*/", re.DOTALL)

Numbered = dict[int, Mutant]
#: From, to [bytes] and the text that takes the place.
Edit = tuple[int, int, bytes]
Places = dict[str, list[tuple[int, int, int]]]


def proposer(number: int) -> str:
    """Address of the block's proposer under which a mutant runs; 0: none does."""
    return f"0x{number:040x}"


def plant(root: Path, mutants: Sequence[Mutant]) -> Numbered:
    """Writes branches into the copy at `root`; those of the mutants that it could take, by number."""
    sound = {m.source: (root / m.source).read_bytes() for m in mutants}
    planted = _apart(sound, mutants)
    (root / SOURCE).write_text(CODE)
    while True:
        places = _write(root, sound, planted)
        refused = _refused(root, sorted(sound), places)
        if not refused:
            return planted
        for number in refused:
            del planted[number]


def without(root: Path, planted: Numbered, sources: set[str]) -> Numbered:
    """Takes back all branches of these sources."""
    for source in sources:
        (root / source).write_bytes((compiler.ROOT / source).read_bytes())
    return {number: m for number, m in planted.items() if m.source not in sources}


def _apart(sound: dict[str, bytes], mutants: Sequence[Mutant]) -> Numbered:
    """Mutants of which none changes what another one changes."""
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    found: Numbered = {}
    for number, mutant in enumerate(mutants, 1):
        here = [(begin, end) for begin, end, _ in _edits(number, mutant, sound[mutant.source])]
        others = taken[mutant.source]
        if here and all(e <= begin or end <= b for b, e in here for begin, end in others):
            others += [(begin, end) for begin, end in here if begin < end]
            found[number] = mutant
    return found


def _edits(number: int, mutant: Mutant, text: bytes) -> list[Edit]:
    """What to change in the source; nothing where a branch has no place."""
    asked = f"_isMutant({number})"
    if mutant.assembly is not None:
        flag = f"_m{number}"
        declared = f"uint256 {flag} = {asked} ? 1 : 0; ".encode()
        return [
            (mutant.assembly, mutant.assembly, declared),
            (*mutant.whole, _branch_in_assembly(flag, mutant, text)),
        ]
    for constant in CONSTANT.finditer(text):
        if constant.start(4) <= mutant.whole[0] < constant.end(4):
            return _edits_of_constant(asked, mutant, text, constant)
    return [(*mutant.whole, _branch(asked, mutant, text))]


def _branch_in_assembly(flag: str, mutant: Mutant, text: bytes) -> bytes:
    begin, end = mutant.whole
    sound = text[begin:end].decode()
    if mutant.old not in ("true", "false") and not sound.startswith(f"{mutant.old}("):
        return f"add({sound}, {flag})".encode()  # a number, by one more
    changed = mutant.new + sound[len(mutant.old) :]
    return f"add(mul({flag}, {changed}), mul(iszero({flag}), {sound}))".encode()


def _edits_of_constant(
    asked: str, mutant: Mutant, text: bytes, constant: re.Match[bytes]
) -> list[Edit]:
    """A constant becomes a function; one that other files may name stays."""
    kind, scope, name = constant[1], constant[2], constant[3]
    if scope != b"private":
        return []
    begin, end = mutant.whole
    value = text[constant.start(4) : begin] + _branch(asked, mutant, text)
    value += text[end : constant.end(4)]
    body = b"function %b() private pure returns (%b) { return %b; }" % (name, kind, value)
    plain = COMMENT.sub(lambda found: b" " * len(found[0]), text)
    uses = [
        (use.start(), use.end(), name + b"()")
        for use in re.finditer(rb"\b%b\b" % name, plain)
        if not constant.start() <= use.start() < constant.end()
    ]
    return [(constant.start(), constant.end(), body), *uses]


def _branch(asked: str, mutant: Mutant, text: bytes) -> bytes:
    begin, end = mutant.whole
    sound = text[begin:end].decode()
    changed = mutant.apply(text)[begin : end + len(mutant.new.encode()) - len(mutant.old.encode())]
    if mutant.new == "{}":
        return f"{{ if (!{asked}) {{ {sound} }} }}".encode()
    if mutant.new == "false":
        return f"(!{asked} && ({sound}))".encode()
    if mutant.new == "true":
        return f"({asked} || ({sound}))".encode()
    branch = f"({asked} ? ({changed.decode()}) : ({sound}))"
    return f"uint256{branch}".encode() if _needsType(mutant, text) else branch.encode()


def _needsType(mutant: Mutant, text: bytes) -> bool:
    begin, end = mutant.whole
    if not mutant.old[0].isdigit():
        return False
    before = text[max(0, begin - 40) : begin].decode(errors="replace")
    after = text[end : end + 40].decode(errors="replace")
    return bool(ALONE.search(before) or FOLLOWED.match(after))


def _write(root: Path, sound: dict[str, bytes], planted: Numbered) -> Places:
    """Writes all sources anew; where in each the branches are: from, to, number."""
    places: Places = {}
    for source, text in sound.items():
        path = os.path.relpath(SOURCE, Path(source).parent)
        path = path if path.startswith(".") else f"./{path}"
        version = re.search(rb"^pragma solidity [^;]+;", text, re.MULTILINE)
        assert version, f"{source} names no version"
        line = f' import {{isMutant as _isMutant}} from "{path}";'.encode()
        edits = [
            (edit, number)
            for number, mutant in planted.items()
            if mutant.source == source
            for edit in _edits(number, mutant, text)
        ]
        out, at = text[: version.end()] + line, version.end()
        places[source] = []
        for (begin, end, new), number in sorted(edits):
            out += text[at:begin]
            places[source].append((len(out), len(out) + len(new), number))
            out, at = out + new, end
        (root / source).write_bytes(out + text[at:])
    return places


def _refused(root: Path, sources: Sequence[str], places: Places) -> set[int]:
    """Numbers of the mutants that the compiler refuses."""
    request = {
        "language": "Solidity",
        "sources": {source: {"content": (root / source).read_text("utf-8")} for source in sources},
        "settings": {
            "remappings": dependents.remappings(root),
            "outputSelection": {"*": {"*": ["abi"]}},
        },
    }
    done = subprocess.run(
        [compiler.SOLC, "--standard-json", "--base-path", str(root)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    refused: set[int] = set()
    others = []
    for error in json.loads(done.stdout).get("errors", ()):
        if error["severity"] != "error":
            continue
        place = error.get("sourceLocation") or {}
        numbers = {
            number
            for begin, end, number in places.get(place.get("file", ""), ())
            if place["start"] < end and begin < max(place["end"], place["start"] + 1)
        }
        refused |= numbers
        others += [] if numbers else [error["formattedMessage"]]
    if others and not refused:  # else they follow from those
        raise ValueError("".join(others))
    return refused
