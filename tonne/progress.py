"""Progress of long operations: a bar with the remaining time on a terminal, lines of text elsewhere."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn
from rich.text import Text

#: First line of text after this time [s]; each later gap is twice as long, {LONGEST_S} at most.
FIRST_S: Final = 2.0
LONGEST_S: Final = 240.0

#: Columns of the bar, and of the rest of the row except the text.
BAR: Final = 16
FIXED: Final = BAR + 4 + 18 + 3  # percentage, remaining time, gaps

#: A message that counts: `compiled 3 of 71: Exchange`.
_COUNT: Final = re.compile(r"\w+ (\d+) of (\d+): ")


def is_live(console: Console) -> bool:
    """Whether a bar may be drawn: on a terminal with colour and cursor, outside CI."""
    ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return console.is_interactive and not console.no_color and not ci


def remaining_s(elapsed_s: float, done: float, total: float | None) -> float | None:
    """Remaining time [s] at the average speed so far, at least 0; unknown (None) before any work is done."""
    if total is None or done <= 0:
        return None
    return max(elapsed_s, 0.0) * max(total - done, 0.0) / done


def remaining_text(seconds: float | None) -> str:
    """A remaining time as text: seconds below 90 s, minutes above; empty if unknown or 0."""
    if not seconds:
        return ""
    if seconds < 90:
        return f"about {max(round(seconds), 1)} s left"
    return f"about {round(seconds / 60)} min left"


@dataclass(slots=True, eq=False)
class WorkPart:
    """A part of an operation that is in progress."""

    name: str
    work: float  # its share of the total, in the unit of the total
    total: int | None  # its own count
    count: int = 0
    done: float = 0.0  # of its work


class ProgressDisplay:
    """The progress of one long operation.

    The total is the sum of the expected parts' work. A part without a count is done when it ends. In a pipe,
    under CI and without colour, `lines` prints the state after 2 s and then less and less often.
    """

    def __init__(
        self, console: Console, title: str = "", *, hidden: bool = False, lines: bool = True
    ) -> None:
        self.console = console
        self.live = is_live(console) and not hidden
        self._hidden, self._lines, self._title = hidden, lines, title
        self._expected: dict[str, float] = {}
        self._parts: list[WorkPart] = []
        self._said = ""
        self._over = threading.Event()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(BAR),
            TaskProgressColumn(show_speed=False),
            _RemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(title, total=None)

    # The whole

    def __enter__(self) -> ProgressDisplay:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Draws the bar; elsewhere begins to print lines."""
        if self.live:
            self._progress.start()
        elif self._lines and not self._hidden:
            self._over.clear()
            threading.Thread(target=self._print_lines, daemon=True).start()

    def stop(self) -> None:
        """Removes the bar; ends the lines."""
        self._over.set()
        if self.live:
            self._progress.stop()

    @property
    def drawn(self) -> bool:
        """Whether the bar is on the screen."""
        return self._progress.live.is_started

    @property
    def completed(self) -> float:
        """Work done, in the unit of the expected parts."""
        return self._state.completed

    @property
    def remaining_s(self) -> float | None:
        """Remaining time of the operation [s], if it is known."""
        return _remaining_of(self._state)

    def expect(self, parts: Iterable[tuple[str, float]]) -> None:
        """Adds parts to the total: names and work, in one unit for all parts. A name may come again."""
        total = self._state.total or 0.0
        for name, work in parts:
            self._expected[name] = work
            total += work
        self._progress.update(self._task, total=total)

    # Parts

    def begin(self, name: str, total: int | None = None, text: str = "") -> WorkPart:
        """Begins a part, which {expect} may have named; `text` replaces its name in the row."""
        part = WorkPart(text or name, self._expected.get(name, 0.0), total)
        self._parts.append(part)
        self._draw()
        return part

    def advance(self, part: WorkPart, count: int = 1) -> None:
        """Counts work of a part, up to its total."""
        part.count += count
        if part.total:
            self._reach(part, part.work * min(part.count / part.total, 1.0))

    def end(self, part: WorkPart) -> None:
        """Ends a part: all of its work is done."""
        self._reach(part, part.work)
        self._parts.remove(part)
        self._draw()

    def counter(self, name: str) -> Callable[[int, int, str], None]:
        """Begins a part; the function sets its count, its total and the text, and ends it at the total."""
        part = self.begin(name)

        def show(done: int, total: int, what: str) -> None:
            part.name, part.total = f"{name}: {what}" if what else name, total
            self.advance(part, done - part.count)
            if done >= total and part in self._parts:
                self.end(part)
            self._draw()

        return show

    # Text

    def say(self, text: str) -> None:
        """Prints a message; one that counts, such as `compiled 3 of 71: Exchange`, sets the bar instead."""
        if found := _COUNT.match(text):
            done, total = map(int, found.groups())
            self._progress.update(self._task, completed=min(done, total), total=total)
        elif not self._hidden:
            self.console.print(f"   {text}", highlight=False, markup=False)
        self.describe(text)

    def describe(self, text: str) -> None:
        """Sets the text of the row."""
        self._said = text
        self._draw()

    @property
    def _state(self) -> Task:
        return self._progress.tasks[0]

    def _reach(self, part: WorkPart, done: float) -> None:
        self._progress.advance(self._task, done - part.done)
        part.done = done

    def _draw(self) -> None:
        said = self._parts[-1].name if self._parts else self._said
        text = Text(": ".join(each for each in (self._title, said) if each))
        if self.live:
            text.truncate(max(self.console.width - FIXED, 10), overflow="ellipsis")
        self._progress.update(self._task, description=text.markup)

    def _print_lines(self) -> None:
        wait = FIRST_S
        while not self._over.wait(wait):
            self.console.print(self._line(), highlight=False, markup=False)
            wait = min(2 * wait, LONGEST_S)

    def _line(self) -> str:
        task = self._state
        done = f"{task.percentage:.0f} %" if task.total else ""
        text = Text.from_markup(task.description).plain
        return ", ".join(x for x in (text, done, remaining_text(_remaining_of(task))) if x)


class _RemainingColumn(ProgressColumn):
    """The remaining time as text."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        return Text(remaining_text(_remaining_of(task)))


def _remaining_of(task: Task) -> float | None:
    return remaining_s(task.elapsed or 0.0, task.completed, task.total)


@contextmanager
def counted(
    console: Console, title: str, total: int, *, hidden: bool = False
) -> Iterator[Callable[[int], None]]:
    """The display of an operation with a known count; yields a function that counts items done."""
    with ProgressDisplay(console, hidden=hidden) as display:
        display.expect([(title, 1.0)])
        part = display.begin(title, total)
        yield lambda count: display.advance(part, count)
