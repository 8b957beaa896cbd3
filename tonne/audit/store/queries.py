"""Named queries in files of SQL: each begins with a comment of its name and what it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_QUERY: Final = re.compile(r"-- (\w+): ((?:.*\n)(?:--   .*\n)*)((?:[^-\n].*\n)+)")


@dataclass(frozen=True, slots=True)
class Query:
    """A query: its name, what it has in a sentence, and its SQL."""

    name: str
    about: str
    sql: str


def read(path: Path) -> Iterator[Query]:
    """The queries of a file in their order."""
    for name, about, sql in _QUERY.findall(path.read_text(encoding="utf-8")):
        yield Query(name, " ".join(about.replace("--", " ").split()), sql.strip().rstrip(";"))
