"""Many mutants in one build: each is a branch, taken where the block's proposer has the mutant's number.

A mutant that a branch cannot hold is left out: in a constant that other files name, inside of what another
one replaces, or of a kind that the compiler refuses. Such mutants are compiled one by one.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tonne.deployment import compiler
from tools.assurance import solc
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
    """Mutants of which none replaces what another one changes; one may stand inside of another."""
    replaced: dict[str, list[tuple[int, int]]] = defaultdict(list)
    changed: dict[str, list[tuple[int, int]]] = defaultdict(list)
    found: Numbered = {}
    for number, mutant in enumerate(mutants, 1):
        edits = _edits(number, mutant, sound[mutant.source])
        here = [(begin, end) for begin, end, _ in edits if begin < end]
        others = changed[mutant.source] if here else replaced[mutant.source]
        span = here or [mutant.whole]
        if edits and all(e <= begin or end <= b for b, e in span for begin, end in others):
            replaced[mutant.source] += here
            changed[mutant.source] += span
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
    (begin, end), (before, after) = mutant.whole, _around(asked, mutant, text)
    return [(begin, begin, before), (end, end, after)]


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
    before, after = _around(asked, mutant, text)
    value = text[constant.start(4) : begin] + before + text[begin:end] + after
    value += text[end : constant.end(4)]
    body = b"function %b() private pure returns (%b) { return %b; }" % (name, kind, value)
    plain = COMMENT.sub(lambda found: b" " * len(found[0]), text)
    uses = [
        (use.start(), use.end(), name + b"()")
        for use in re.finditer(rb"\b%b\b" % name, plain)
        if not constant.start() <= use.start() < constant.end()
    ]
    return [(constant.start(), constant.end(), body), *uses]


def _around(asked: str, mutant: Mutant, text: bytes) -> tuple[bytes, bytes]:
    """What stands before and after the sound code, which stays where it is."""
    begin, end = mutant.whole
    if mutant.new == "{}":
        return f"{{ if (!{asked}) {{ ".encode(), b" } }"
    if mutant.new == "false":
        return f"(!{asked} && (".encode(), b"))"
    if mutant.new == "true":
        return f"({asked} || (".encode(), b"))"
    changed = mutant.apply(text)[begin : end + len(mutant.new.encode()) - len(mutant.old.encode())]
    kind = "uint256" if _needsType(mutant, text) else ""
    return f"{kind}({asked} ? ({changed.decode()}) : (".encode(), b"))"


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
            (_place(edit, number, mutant), edit, number)
            for number, mutant in planted.items()
            if mutant.source == source
            for edit in _edits(number, mutant, text)
        ]
        out, at = text[: version.end()] + line, version.end()
        places[source] = []
        begun: dict[int, int] = {}
        for (_, isStart, *_), (begin, end, new), number in sorted(edits):
            out += text[at:begin]
            start = begun[number] = len(out) if isStart else begun[number]
            out, at = out + new, end
            places[source].append((start, len(out), number))
        (root / source).write_bytes(out + text[at:])
    return places


def _place(edit: Edit, number: int, mutant: Mutant) -> tuple[int, int, int, int]:
    """Order of edits: what ends comes before what begins, the inner end and the outer begin first."""
    begin, end, _ = edit
    if begin == end == mutant.whole[1]:
        return begin, 0, -mutant.whole[0], -number
    return begin, 1, -mutant.whole[1], number


def _refused(root: Path, sources: Sequence[str], places: Places) -> set[int]:
    """Numbers of the mutants that the compiler refuses."""
    settings = {"outputSelection": {"*": {"*": ["abi"]}}}
    answer = solc.answer_to(root, solc.request_for(root, sources, settings))
    refused: set[int] = set()
    others = []
    for error in solc.errors_in(answer):
        place = error.get("sourceLocation") or {}
        numbers = _touched(place, places.get(place.get("file", ""), []))
        refused |= numbers
        others += [] if numbers else [error["formattedMessage"]]
    if others and not refused:  # else they follow from those
        raise ValueError("".join(others))
    return refused


def _touched(error: dict[str, int], places: list[tuple[int, int, int]]) -> set[int]:
    """The smallest branch around the error, else all that it touches."""
    around = [
        (end - begin, number)
        for begin, end, number in places
        if begin <= error["start"] and error["end"] <= end
    ]
    if around:
        return {min(around)[1]}
    last = max(error["end"], error["start"] + 1) if places else 0
    return {n for begin, end, n in places if error["start"] < end and begin < last}
