"""Every command in the README and in docs/ exists, with the options that are shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from tonne.cli import app

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(r"^\s*```(?:sh|bash)?\n(.*?)^\s*```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(tonne [^`\n]+)`")


def commands_in(text: str) -> Iterator[str]:
    """Command lines of a document: in fenced blocks, continued lines joined, and inline."""
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip().startswith("tonne "):
                yield line.strip()
    yield from INLINE.findall(FENCE.sub("", text))


def fault(line: str) -> str | None:
    """An unknown word of a command line, in a sentence; None if the command line knows them all."""
    words = shlex.split(line.replace("…", ""), comments=True)
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="tonne")
    position = 1
    while hasattr(command, "get_command") and position < len(words):
        word = words[position]
        if word.startswith("-") or word == "COMMAND":
            break
        found = command.get_command(context, word)
        if found is None:
            return f"{line}: no command {word}"
        command, position = found, position + 1
        context = typer.Context(command, info_name=word, parent=context)
    known = {option for parameter in command.get_params(context) for option in parameter.opts}
    known |= {"--help"}
    unknown = [word for word in words[position:] if word.startswith("--") and word not in known]
    return f"{line}: no option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documented_commands_exist(document):
    lines = commands_in(document.read_text(encoding="utf-8"))
    assert [found for line in lines if (found := fault(line))] == []


@pytest.mark.parametrize(
    "line", ["tonne market byu 10", "tonne audit --rcp URL", "tonne authority penalty fine 1"]
)
def test_an_unknown_command_or_option_is_found(line):
    assert fault(line) is not None
    assert list(commands_in(f"see `{line}`")) == [line]
