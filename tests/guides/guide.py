"""Shell commands of a Markdown page, and the output that the page shows for them."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(
    r"^(?P<indent>[ ]*)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^[ ]*```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_SHELL: Final = ("", "sh", "bash")

#: Commands that run until Ctrl-C: a page says so in their comment, too.
_UNTIL_STOPPED: Final = re.compile(r"^tonne up\b|\s--follow\b|#.*\banother terminal\b")


@dataclass(frozen=True, slots=True)
class Command:
    """A whole shell command, its comment and continuation lines included."""

    text: str
    line: int  # of the page, from 1

    @property
    def runs_until_stopped(self) -> bool:
        return _UNTIL_STOPPED.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class Expected:
    """A line of output that the page shows; `…` matches anything, spaces match any number of spaces."""

    text: str
    line: int

    def matches(self, printed: str) -> bool:
        parts = (r"\s+".join(map(re.escape, part.split())) for part in self.text.split("…"))
        return re.fullmatch(r"\s*.*".join(parts) + r"\s*", printed.strip()) is not None


@dataclass(frozen=True, slots=True)
class Block:
    """The commands of one shell fence, and the lines of the `text` fence right after it."""

    commands: tuple[Command, ...]
    expected: tuple[Expected, ...]

    def missing(self, output: str) -> Expected | None:
        """The first expected line that the output lacks in its place; None if it has all, in order."""
        printed = iter(output.splitlines())
        for line in self.expected:
            if not any(line.matches(candidate) for candidate in printed):
                return line
        return None


def blocks_in(page: str, languages: tuple[str, ...] = ("sh",)) -> Iterator[Block]:
    """Blocks of a page's shell fences, in order."""
    fences = list(_FENCE.finditer(page))
    for place, fence in enumerate(fences):
        if fence["language"] not in languages:
            continue
        after = fences[place + 1] if place + 1 < len(fences) else None
        shown: tuple[Expected, ...] = ()
        if after is not None and after["language"] == "text":
            if not page[fence.end() : after.start()].strip():
                shown = tuple(Expected(t, n) for n, t in _lines(page, after) if t.strip())
        yield Block(tuple(_commands(list(_lines(page, fence)))), shown)


def command_lines_in(page: str) -> Iterator[str]:
    """Lines of a page's shell fences that begin with `tonne`, continued lines joined, without comments."""
    for block in blocks_in(page, _SHELL):
        for command in block.commands:
            for line in command.text.replace("\\\n", " ").splitlines():
                if line.strip().startswith("tonne "):
                    yield re.sub(r"\s#.*", "", line).replace("…", "").strip()


def without_fences(page: str) -> str:
    """The page's text outside of shell fences."""
    return _FENCE.sub(lambda found: "" if found["language"] in _SHELL else found[0], page)


def _lines(page: str, fence: re.Match[str]) -> Iterator[tuple[int, str]]:
    """The fence's lines without its indentation, each with its number in the page."""
    first = page.count("\n", 0, fence.start("body")) + 1
    body = textwrap.dedent(fence["body"]) if fence["indent"] else fence["body"]
    yield from enumerate(body.splitlines(), start=first)


def _commands(lines: list[tuple[int, str]]) -> Iterator[Command]:
    """Whole commands: here-documents, loops and continued lines belong to the command they began in."""
    begun: list[str] = []
    first = 0
    for number, line in lines:
        if not begun and (not line.strip() or line.strip().startswith("#")):
            continue
        first = first if begun else number
        begun.append(line)
        text = "\n".join(begun)
        if _is_whole(text):
            yield Command(text, first)
            begun = []
    if begun:  # the shell says what it lacks
        yield Command("\n".join(begun), first)


def _is_whole(text: str) -> bool:
    """Whether the shell needs no further line to read the command."""
    if re.sub(r"\s#.*$", "", text).endswith("\\"):
        return False
    if not re.search(r"<<|^\s*(?:for|if|while|until|case|[({])|['\"`]|\$\(", text):
        return True
    read = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    return not read.returncode and not read.stderr
