"""Constructions that a reader has to resolve before a sentence says anything, per 1,000 words of prose.

`python -m tools.plain_english PATH...` prints each with its place, and the rate of each path. Prose is
docstrings, comments, sentences in strings, Markdown without code, and texts of TOML. A rate can be lowered by
rewording alone: tests/readers has questions that a page must answer.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools import syntax_trees

#: By construction. Each has an example in tests/tools/test_plain_english.py.
CONSTRUCTIONS: Final = {
    "what as a noun": r"\b[Ww]hat (?:is|was|has|stands|came|comes|became|follows|they|it|its|each|one|no)\b"
    r"(?! this| that\?)",
    "who without a person": r"(?:^|[.:;,(] )[Ww]ho (?!is this|can use)\w+",
    "told, said": r"\b(?:is|are|was|were|be|been) (?:told|said|shown|heard|asked|named|seen|met|tried)\b",
    "things that speak": r"\b(?:tells?|told|says|said)\b(?! (?:he|she|us|you))",
    "stands": r"\b(?:stands?|stood)\b(?! for\b)",
    "comes to": r"\b(?:comes?|came) to\b|\bbecame of\b",
    "of its own": r"\bof (?:its|their|one's|his|a) own\b",
    "anew, beside": r"\b(?:anew|beside(?! the point)|therein|whereof|thereof)\b",
    "none that": r"\b(?:[Nn]one|[Nn]obody|[Nn]o one|[Ss]omebody|[Ww]hoever)\b "
    r"(?!of\b|to\b|found\b|yet\b|\|)\w+",
    "whose, not of a person": r"\b[Ww]hose (?!owner|account|wallet)\w+",
}
_COMPILED: Final = {name: re.compile(pattern) for name, pattern in CONSTRUCTIONS.items()}
_WORD: Final = re.compile(r"[A-Za-z']+")
SUFFIXES: Final = (".md", ".py", ".sol", ".toml")


@dataclass(frozen=True, slots=True)
class Rate:
    """Constructions found in a number of words."""

    found: int
    words: int

    @property
    def per_thousand(self) -> float:
        return 1_000 * self.found / self.words if self.words else 0.0

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.found + other.found, self.words + other.words)


def prose(path: Path) -> str:
    """The prose of a file; a file of another kind has none."""
    if path.suffix == ".py":
        nodes = ast.walk(syntax_trees.tree(path))
        strings = [
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        comments = re.findall(r"(?m)^\s*#:? (.*)$", path.read_text(encoding="utf-8"))
        return "\n".join([text for text in strings if text.count(" ") > 2] + comments)
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sol":
        return "\n".join(re.findall(r"(?m)^\s*(?:///?|\*) ?(.*)$", text))
    if path.suffix == ".md":
        return re.sub(r"```.*?```|`[^`]*`|\|", " ", text, flags=re.DOTALL)
    if path.suffix == ".toml":
        return "\n".join(re.findall(r'(?m)^(?:says|remedy) = "(.*)"$', text))
    return ""


def found_in(text: str) -> Iterator[tuple[str, str]]:
    """(construction, words around it) of each in a text."""
    for name, pattern in _COMPILED.items():
        for match in pattern.finditer(text):
            around = text[max(0, match.start() - 40) : match.end() + 40]
            yield name, " ".join(around.split())


def rate_of(text: str) -> Rate:
    return Rate(sum(1 for _ in found_in(text)), len(_WORD.findall(text)))


def files(path: Path) -> Iterator[Path]:
    """A file, or all files with prose in a folder; generated texts of changes are left out."""
    for each in [path] if path.is_file() else sorted(path.rglob("*")):
        if each.suffix in SUFFIXES and each.name != "CHANGELOG.md":
            yield each


def rate(path: Path) -> Rate:
    """The rate of a file or folder."""
    return sum((rate_of(prose(each)) for each in files(path)), Rate(0, 0))


def main(paths: list[str]) -> None:
    for name in paths:
        for path in files(Path(name)):
            for construction, around in found_in(prose(path)):
                print(f"{path}: {construction}: {around}")
        whole = rate(Path(name))
        print(f"{name}: {whole.found} in {whole.words:,} words, {whole.per_thousand:.2f} per 1,000")


if __name__ == "__main__":
    main(sys.argv[1:])
