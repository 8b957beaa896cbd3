"""A command that takes groups of options is called with them, each option a field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.testing import CliRunner

from oracles.runtime.options import spread


@dataclass(frozen=True, slots=True)
class Shelf:
    folder: Annotated[Path, typer.Option(help="Where it is.")]
    boards: Annotated[int, typer.Option(help="How many.", min=1)] = 2


@dataclass(frozen=True, slots=True)
class Label:
    text: Annotated[str | None, typer.Option("--label", help="What it says.")] = None


def made() -> tuple[typer.Typer, list[Any]]:
    app, calls = typer.Typer(), []

    def put(
        name: Annotated[str, typer.Argument(help="Of the book.")], shelf: Any, label: Label
    ) -> None:
        """Puts a book there."""
        calls.append((name, shelf, label))

    app.command()(spread(put, shelf=Shelf))
    return app, calls


def test_each_group_gets_its_fields_and_the_rest_stays():
    app, calls = made()
    done = CliRunner().invoke(app, ["atlas", "--folder", "here", "--label", "maps"])
    assert done.exit_code == 0, done.output
    assert calls == [("atlas", Shelf(Path("here"), 2), Label("maps"))]


def test_a_field_without_a_default_is_asked_for_and_bounds_hold():
    app, calls = made()
    assert "Missing option '--folder'" in CliRunner().invoke(app, ["atlas"]).output
    done = CliRunner().invoke(app, ["atlas", "--folder", "here", "--boards", "0"])
    assert done.exit_code == 2 and calls == []


def test_help_shows_what_the_command_and_its_fields_say():
    app, _ = made()
    said = CliRunner().invoke(app, ["--help"]).output
    for words in ("Puts a book there.", "Where it is.", "--boards", "What it says."):
        assert words in said
