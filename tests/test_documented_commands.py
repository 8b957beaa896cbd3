"""Every command in the README and in docs/ exists, with the options that are shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.guides.guide import command_lines_in, without_fences
from tests.tonne.cli import command_lines, help_tree

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

INLINE = re.compile(r"`(tonne [^`\n]+)`")


def commands_in(text: str) -> Iterator[str]:
    """Command lines of a document: in fenced blocks and inline."""
    yield from command_lines_in(text)
    yield from INLINE.findall(without_fences(text))


@cache
def pages() -> dict[tuple[str, ...], frozenset[str]]:
    """The options of every command and group, by its words."""
    found = {
        tuple(path): frozenset(o for p in command.get_params(context) for o in p.opts)
        for path, command, context in help_tree.commands()
    }
    # A group with a command of its own takes that command's options.
    for path, command, _ in help_tree.commands():
        if default := getattr(command, "default", None):
            found[tuple(path)] |= found[(*path, default)]
    return found


@cache
def passing_on() -> frozenset[tuple[str, ...]]:
    """Commands that pass options which they do not know on to a daemon."""
    return frozenset(
        tuple(path)
        for path, command, _ in help_tree.commands()
        if command.context_settings.get("ignore_unknown_options")
    )


def fault(line: str) -> str | None:
    """An unknown word of a command line, in a sentence; None if the command line knows them all."""
    words = shlex.split(line.replace("…", ""), comments=True)[1:]
    if words[:1] == ["COMMAND"]:
        return None
    known = max((page for page in pages() if tuple(words[: len(page)]) == page), key=len)
    rest = words[len(known) :]
    inner = {page for page in pages() if len(page) > len(known) and page[: len(known)] == known}
    if inner and rest and not rest[0].startswith("-"):
        return f"{line}: no command {rest[0]}"
    if known in passing_on():
        return None
    options = pages()[known] | {"--help"}
    unknown = [word for word in rest if word.startswith("--") and word not in options]
    return f"{line}: no option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documented_commands_exist(document):
    lines = commands_in(document.read_text(encoding="utf-8"))
    assert [found for line in lines if (found := fault(line))] == []


#: What a reader's own folder has, or a machine elsewhere.
ELSEWHERE = "does not exist"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_printed_command_line_is_whole(document):
    """Each has every argument and option that its command asks for, with values that it reads."""
    lines = command_lines_in(document.read_text(encoding="utf-8"))
    found = [command_lines.fault(line) for line in lines if not line.startswith("tonne COMMAND")]
    assert [f for f in found if f is not None and ELSEWHERE not in f] == []


@pytest.mark.parametrize(
    "line", ["tonne market month", "tonne retire 100 --purpose x", "tonne market buy ten"]
)
def test_a_line_that_lacks_something_is_found(line):
    assert command_lines.fault(line) is not None


@pytest.mark.parametrize(
    "line", ["tonne market byu 10", "tonne audit --rcp URL", "tonne authority penalty fine 1"]
)
def test_an_unknown_command_or_option_is_found(line):
    assert fault(line) is not None
    assert list(commands_in(f"see `{line}`")) == [line]
