"""Names beside the numbers of participants and projects, in all that a command shows.

Commands show numbers; here, in one place, each gets the name of its profile: in the values of JSON by their
key (`seller` gets `sellerName` beside it), in tables by their column, in sentences by the word before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.markup import escape

if TYPE_CHECKING:
    from tonne.evidence.profiles import Named, Names

#: Keys and columns that hold the number of a participant; a body that verifies is one.
PARTICIPANTS: Final = frozenset(
    "participant developer seller buyer holder owner operator acquirer lender pledgor maker body verifier"
    " custodian supplier customer aggregator debtor creditor poster".split()
)
PROJECT: Final = "project"
#: A project beside the name of a registry is that registry's, not one of this market.
REGISTRY: Final = "registry"
#: A number of a participant or a project in a sentence, with no name beside it yet.
_TOLD: Final = re.compile(r"\b(participant|project|body) (\d+)\b(?! [“(])(?![,.]\d)", re.IGNORECASE)


def data(names: Names, value: Any) -> Any:
    """JSON with a name beside each number that has a profile; None for one that cannot be shown."""
    if isinstance(value, Mapping):
        found: dict[Any, Any] = {}
        for key, held in value.items():
            found[key] = data(names, held)
            elsewhere = key == PROJECT and REGISTRY in value
            named = None if elsewhere else _of(names, str(key), held)
            if named is not None and f"{key}Name" not in value:
                found[f"{key}Name"] = named.name
        return found
    if isinstance(value, list | tuple) and not hasattr(value, "_asdict"):
        return [data(names, one) for one in value]
    return value


def text(names: Names, line: str) -> str:
    """A sentence in the console's markup."""
    return _TOLD.sub(lambda m: m[1] + " " + escape(_beside(names, m[1].lower(), m[2])), line)


def table(
    names: Names, title: str, heads: Sequence[str], cells: Sequence[Sequence[str]]
) -> tuple[str, list[str], list[list[str]]]:
    """Title, columns and rows: by the columns, and by the first cell of a table of facts.

    Figures with names are text.
    """
    columns = [head.lstrip(">").lower() for head in heads]
    facts = columns == ["", ""]
    if REGISTRY in columns:
        columns = ["" if column == PROJECT else column for column in columns]
    rows = [
        [
            _cell(names, str(row[0]).lower() if facts and n else column, cell)
            for n, (column, cell) in enumerate(zip(columns, row, strict=True))
        ]
        for row in cells
    ]
    named = {
        n
        for new, old in zip(rows, cells, strict=True)
        for n, (mine, told) in enumerate(zip(new, old, strict=True))
        if mine != told
    }
    plain = [c.lstrip(">") if n in named else c for n, c in enumerate(heads)]
    told = _TOLD.sub(lambda m: f"{m[1]} {_beside(names, m[1].lower(), m[2])}", title)
    return told, plain, rows


def _cell(names: Names, column: str, cell: str) -> str:
    if cell.isdigit() and _of(names, column, int(cell)) is not None:
        return _beside(names, column, cell)
    return _TOLD.sub(lambda m: f"{m[1]} {_beside(names, m[1].lower(), m[2])}", cell)


def _beside(names: Names, kind: str, number: str) -> str:
    named = _of(names, kind, int(number))
    return number if named is None else named.beside(number)


def _of(names: Names, key: str, value: Any) -> Named | None:
    """The profile of a value by its key or word; None where it is no number, or has none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**32:
        return None
    if key == PROJECT:
        named = names.project(value)
    elif key in PARTICIPANTS:
        named = names.participant(value)
    else:
        return None
    return None if named.state == "none" else named
