"""The help of every command as one text: `python -m tests.tonne.cli.help_tree` writes `help.txt`.

Options of a session (connection, key, output) are written in full once, and by name in each command.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from tonne.cli import app
from tonne.cli.core.options import CONNECTION, OUTPUT

FILE = Path(__file__).with_name("help.txt")
SHARED = (CONNECTION, OUTPUT)
WIDTH = 100


def commands() -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """(path, command, its context) of every group and command, in the order of the help pages."""
    root = typer.main.get_command(app)
    yield from _below((), root, root.context_class(root, info_name="tonne"))


def _below(path: tuple[str, ...], command: Any, context: Any) -> Iterator[tuple[Any, Any, Any]]:
    yield path, command, context
    for name in getattr(command, "commands", {}):
        _, below, _ = command.resolve_command(context, [name])
        inner = below.context_class(below, info_name=name, parent=context)
        yield from _below((*path, name), below, inner)


def text() -> str:
    """The whole tree."""
    shared: dict[str, tuple[str, str]] = {}
    pages = [_page(command, context, shared) for _, command, context in commands()]
    options = [line for record in shared.values() for line in _record(*record)]
    return "\n".join(["Options of a session", *options, "", *pages])


def _page(command: Any, context: Any, shared: dict[str, tuple[str, str]]) -> str:
    lines = [" ".join([context.command_path, *_usage(command, context)])]
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        lines += _wrapped(" ".join(paragraph.split()), "    ")
    named: dict[str, list[str]] = {}
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record is None or param.name == "help":
            continue
        panel = getattr(param, "rich_help_panel", None)
        if panel in SHARED:
            named.setdefault(panel, []).append(param.opts[0])
            shared.setdefault(param.opts[0], record)
        else:
            lines += _record(*record)
    lines += [f"    {panel}: {' '.join(options)}" for panel, options in named.items()]
    return "\n".join(lines) + "\n"


def _usage(command: Any, context: Any) -> list[str]:
    pieces: list[str] = command.collect_usage_pieces(context)
    return [piece for piece in pieces if piece != "[OPTIONS]"]


def _record(name: str, explained: str) -> list[str]:
    return _wrapped(f"{name.strip()}: {' '.join(explained.split())}", "    ", "        ")


def _wrapped(line: str, indent: str, further: str | None = None) -> list[str]:
    return textwrap.wrap(
        line,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if further is None else further,
        break_long_words=False,
        break_on_hyphens=False,
    )


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
