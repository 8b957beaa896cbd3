"""The sentences of the contracts' custom errors, read from their documentation.

Interfaces say of each error when it is thrown (`@notice Thrown when …`). That sentence, kept where
the error is declared, is what people are shown; nothing is written twice.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tonne.paths import TREE

_ERROR = re.compile(r"((?:[ \t]*///[^\n]*\n)+)[ \t]*error\s+(\w+)\s*\(", re.MULTILINE)
_TAG = re.compile(r"@(\w+)\s*")


@cache
def error_notices(root: Path = TREE) -> dict[str, str]:
    """Documentation by the name of the error. Names are never declared twice in this project."""
    found: dict[str, str] = {}
    for folder in ("interfaces", "contracts"):
        for path in sorted((root / folder).rglob("*.sol")):
            for comment, name in _ERROR.findall(path.read_text(encoding="utf-8")):
                found.setdefault(name, _notice(comment))
    return found


def _notice(comment: str) -> str:
    words: list[str] = []
    taken = True
    for line in comment.strip().splitlines():
        text = line.strip().removeprefix("///").strip()
        tag = _TAG.match(text)
        if tag:
            taken = tag.group(1) == "notice"
            text = text[tag.end() :]
        if taken:
            words.append(text)
    return " ".join(words).strip()
