"""The root group: lists the commands of every room, and loads a room when one of them is called."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final

import typer.main
from typer.core import TyperCommand, TyperGroup

from tonne.errors import refused

#: Options that typer adds for shell completion; the epilog of the help page names them.
COMPLETION: Final = ("install_completion", "show_completion")

#: Key of the words of a call, and a negative number among them: `-5` looks like an option.
_WORDS: Final = "tonne.words"
_NEGATIVE: Final = re.compile(r"-[\d.,]+")


@dataclass(frozen=True, slots=True)
class Room:
    """Commands that are loaded together: `app` of a module, and a short help for each command."""

    title: str
    module: str
    commands: Mapping[str, str]


class RoomGroup(TyperGroup):
    """A group that knows its commands by name and loads their room to run one.

    Help pages and shell completion of the group load nothing: they show the names in `rooms`.
    """

    rooms: ClassVar[tuple[Room, ...]] = ()

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for room in self.rooms:
            for name, text in room.commands.items():
                self.commands[name] = TyperCommand(name, help=text, rich_help_panel=room.title)

    def get_params(self, ctx: Any) -> list[Any]:
        params: list[Any] = super().get_params(ctx)
        for param in params:
            param.hidden = param.name in COMPLETION
        return _plain_flags(params)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; a negative number in an argument's place raises NUMBER_NEGATIVE."""
        try:
            return super().invoke(ctx)
        except Exception as error:  # typer exports no name for its refusal of an option
            option = getattr(error, "option_name", "")
            for word in ctx.meta[_WORDS]:
                if _NEGATIVE.fullmatch(word) and word.startswith(option) and option:
                    raise refused("NUMBER_NEGATIVE", word=word, positive=word[1:]) from None
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, self.load(ctx, name) if listed and name else listed, rest

    def load(self, ctx: Any, name: str) -> Any:
        """The command itself, with everything below it."""
        room = next(room for room in self.rooms if name in room.commands)
        found = _commands(room.module)[name]
        for command in _tree(found):
            _plain_flags(command.get_params(ctx))
        return found


@cache
def _commands(module: str) -> Mapping[str, Any]:
    """Commands of a room's module."""
    found: Mapping[str, Any] = typer.main.get_group(importlib.import_module(module).app).commands
    return found


def _tree(command: Any) -> Iterator[Any]:
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from _tree(below)


def _plain_flags(params: list[Any]) -> list[Any]:
    """Flags without a type in help pages, and with False as default.

    For a default of None typer would load pydantic to convert it, even for a help page.
    """
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
            if not param.required:
                param.default = param.default or False
    return params
