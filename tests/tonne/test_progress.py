"""The one progress display: an honest remaining time, a bar on terminals, few lines elsewhere."""

from __future__ import annotations

import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.patience import HANGING_S
from tonne import progress
from tonne.progress import ProgressDisplay, counted, remaining_s, remaining_text

ESCAPE = "\x1b"


def screen(terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=terminal, highlight=False)


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@given(
    st.floats(0, 1e6),
    st.floats(0, 1e9),
    st.none() | st.floats(0, 1e9),
)
def test_remaining_time_is_never_negative(elapsed: float, done: float, total: float | None) -> None:
    left = remaining_s(elapsed, done, total)
    assert left is None or left >= 0
    assert "-" not in remaining_text(left)


@given(st.floats(0.1, 1e4), st.integers(1, 10_000), st.integers(0, 10_000))
def test_remaining_time_is_exact_at_a_constant_speed(each: float, done: int, more: int) -> None:
    assert remaining_s(done * each, done, done + more) == pytest.approx(more * each)


def test_remaining_time_is_unknown_before_any_work_and_without_a_total() -> None:
    assert remaining_s(5.0, 0, 10) is None
    assert remaining_s(5.0, 3, None) is None
    assert remaining_text(None) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, ""),
        (0.2, "about 1 s left"),
        (89.4, "about 89 s left"),
        (90.0, "about 2 min left"),
        (600, "about 10 min left"),
    ],
)
def test_remaining_time_in_words(seconds: float, text: str) -> None:
    assert remaining_text(seconds) == text


@pytest.mark.parametrize(
    ("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("CI", "true"), ("CI", "1")]
)
def test_no_bar_without_colour_or_cursor_and_under_ci(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert ProgressDisplay(screen(terminal=True)).live
    monkeypatch.setenv(name, value)
    console = screen(terminal=True)
    with counted(console, "keystores", 2) as count:
        count(1)
    assert ESCAPE not in text_of(console)


def test_a_pipe_gets_no_bar() -> None:
    console = screen(terminal=False)
    with counted(console, "keystores", 2) as count:
        count(2)
    assert text_of(console) == ""


def test_a_terminal_gets_a_bar_of_one_row_which_is_removed() -> None:
    console = screen(terminal=True)
    with counted(console, "keystores", 4) as count:
        count(1)
    drawn = text_of(console)
    assert "keystores" in drawn and "25%" in drawn and "left" in drawn
    assert drawn.endswith(f"{ESCAPE}[1A{ESCAPE}[2K")


@pytest.mark.parametrize("width", [80, 60])
def test_a_bar_has_one_row_and_the_whole_remaining_time(width: int) -> None:
    console = Console(width=width, force_terminal=True)
    display = ProgressDisplay(console)
    display.expect([("trading", 1.0)])
    display.advance(
        display.begin("trading", 9, "8 Trading after the true-up, sessions 11 to 24"), 2
    )
    (row,) = console.render_lines(display._progress.get_renderable(), pad=False)
    assert "1 s left" in "".join(part.text for part in row)


def test_hidden_progress_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FIRST_S", 0.0)
    console = screen(terminal=True)
    with ProgressDisplay(console, "work", hidden=True) as display:
        display.say("compiling")
    assert text_of(console) == ""


def test_a_pipe_gets_lines_with_the_remaining_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FIRST_S", 0.0)
    printed = threading.Event()
    console = screen(terminal=False)
    monkeypatch.setattr(
        console, "print", lambda text, **_: (console.file.write(f"{text}\n"), printed.set())
    )
    display = ProgressDisplay(console)
    display.expect([("orders", 1.0)])
    part = display.begin("orders", 4)
    display.advance(part, 3)
    with display:
        assert printed.wait(HANGING_S)
    assert text_of(console).startswith("orders, 75 %, about 1 s left\n")


def test_gaps_between_lines_double_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    display = ProgressDisplay(screen(terminal=False), "work")
    waits: list[float] = []

    class Clock:
        def wait(self, seconds: float) -> bool:
            waits.append(seconds)
            return len(waits) == 10

    monkeypatch.setattr(display, "_over", Clock())
    display._print_lines()
    assert waits == [2, 4, 8, 16, 32, 64, 128, 240, 240, 240]


def test_parts_make_up_the_whole() -> None:
    display = ProgressDisplay(screen(terminal=False))
    display.expect([("deploy", 1.0), ("trade", 2.0), ("trade", 2.0)])
    seen: list[float] = []

    display.end(display.begin("deploy"))
    seen.append(display.completed)
    first, second = display.begin("trade", 4), display.begin("trade", 4)
    display.advance(first, 3)
    display.advance(second, 1)
    seen.append(display.completed)
    display.advance(second, 9)  # more than it has: counted as all of it
    assert display.completed == 4.5
    display.end(second)
    display.end(first)
    seen.append(display.completed)
    assert seen == [1.0, 3.0, 5.0]
    assert display.remaining_s == 0.0


def test_work_that_no_plan_expects_adds_nothing() -> None:
    display = ProgressDisplay(screen(terminal=False))
    display.expect([("deploy", 1.0)])
    display.end(display.begin("an auction", 3))
    assert display.completed == 0.0 and display.remaining_s is None


def test_a_counter_ends_its_part_at_the_total() -> None:
    display = ProgressDisplay(screen(terminal=False))
    display.expect([("contracts", 3.0)])
    count = display.counter("contracts")
    for done in (0, 1, 2, 3, 3):
        count(done, 3, "Exchange")
    assert display.completed == 3.0 and display._parts == []


def test_a_message_that_counts_sets_the_bar_and_others_are_printed() -> None:
    said = screen(terminal=False)
    display = ProgressDisplay(said, "contracts")
    display.say("compiling 2 of 71 contracts: Exchange, Auction (no artifact)")
    display.say("compiled 1 of 2: Exchange")
    assert text_of(said) == "   compiling 2 of 71 contracts: Exchange, Auction (no artifact)\n"
    assert display._line().startswith("contracts: compiled 1 of 2: Exchange, 50 %")
    display.say("compiled 2 of 2: Auction")
    assert display.remaining_s == 0.0 and display.completed == 2.0
