"""The last lines of a run on the terminal: six key figures, the report, and commands to go on with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from tonne import paths
from tonne.html_report.page import PAGE

#: Name, value and remark of a figure, as a report's headline has them.
KeyFigure = tuple[str, str, str]

#: Title of the report's section with all assumptions, and its anchor.
ASSUMPTIONS: Final = "Assumptions"
ANCHOR: Final = "assumptions"

#: Commands to go on with.
NEXT: Final = (
    ("up", "a small market to act in"),
    ("energy day", "a day of the electricity market"),
    ("period --serve", "a market in the browser; first make page"),
)


def show(console: Console, figures: Sequence[KeyFigure], assumed: int, out: Path) -> None:
    """Prints key figures, the paths of the report and of its list of assumptions, and commands."""
    name_width = max(len(name) for name, _, _ in figures)
    value_width = max(len(value) for _, value, _ in figures)
    for name, value, remark in figures:
        console.print(
            f"{name:<{name_width}}  {value:>{value_width}}  {remark}".rstrip(), markup=False
        )
    console.print()
    console.print(f"report       {_path(out)}", soft_wrap=True)
    console.print(f"assumptions  {assumed}, listed at {_path(out, ANCHOR)}", soft_wrap=True)
    program = paths.program()
    for number, (command, what) in enumerate(NEXT):
        label = "" if number else "next"
        console.print(f"{label:<11}  {f'{program} {command}':<24}  {what}", soft_wrap=True)


def brief(console: Console, values: int, differing: int, out: Path) -> None:
    """Prints the result of a run of sectors in two lines."""
    rules = f"{differing} allocations DIFFER from" if differing else "every allocation equals"
    console.print(f"   {values:,} values compared, no difference; {rules} the rules")
    console.print(f"   report {_path(out)}", soft_wrap=True)


def _path(out: Path, anchor: str = "") -> str:
    """Path of the report; a link where the terminal knows links."""
    page = out / PAGE
    place = f"#{anchor}" if anchor else ""
    return f"[link={page.absolute().as_uri()}{place}]{paths.short(page)}{place}[/link]"
