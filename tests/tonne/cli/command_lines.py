"""Whether the program takes a command line, read as it reads it: its words, options and their values."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any, Final

from typer._click import exceptions as click

from tests.tonne.cli import help_tree

#: Words in capitals stand for a value of the reader's.
_PLACEHOLDER: Final = re.compile(r"[A-Z][A-Z_-]*")
#: Such values, where 1 would not do.
_VALUES: Final = {
    "FILE": __file__,
    "FOLDER": str(Path(__file__).parent),
    "DAY": "2021-01-01",
    "YEAR": "2021",
}


@cache
def commands() -> dict[tuple[str, ...], tuple[Any, Any]]:
    """Each command, and the context in which it is read, by its words."""
    return {tuple(path): (command, context) for path, command, context in help_tree.commands()}


def fault(line: str) -> str | None:
    """Why the program would not take a command line; None if it would."""
    words = shlex.split(line)[1:]
    path = max((p for p in commands() if tuple(words[: len(p)]) == p), key=len)
    command, context = commands()[path]
    rest = words[len(path) :]
    if default := getattr(command, "default", None):
        command, context = commands()[(*path, default)]
    elif getattr(command, "commands", None) and rest != ["--help"]:
        return f"{line}: {' '.join(path)} is no command of its own"
    given = [_VALUES.get(w, "1") if _PLACEHOLDER.fullmatch(w) else w for w in rest if w != "--help"]
    if len(given) < len(rest):
        return None  # the help of a command that there is
    try:
        # A context takes the words it is made of out of their list.
        command.make_context(context.info_name, list(given), parent=context.parent)
    except click.UsageError as error:
        return f"{line}: {error.format_message()}"
    return None
