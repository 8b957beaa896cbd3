"""The progress display of a run: one at a time, steps numbered in the order in which they end."""

from __future__ import annotations

import io
import re
from typing import cast

import pytest
from rich.console import Console

from tonne.chain.client import Chain
from tonne.sandbox.steps import ChainDriver, StepDisplay

#: Steps that send nothing.
NO_CHAIN = cast(Chain, None)


def numbers(text: str) -> list[int]:
    """Numbers of the lines of steps that have ended."""
    return [int(n) for n in re.findall(r"^ ?(\d+) .* s$", text, re.MULTILINE)]


def display(terminal: bool = False) -> StepDisplay:
    return StepDisplay(Console(file=io.StringIO(), width=120, force_terminal=terminal))


def told(shown: StepDisplay) -> str:
    assert isinstance(shown.console.file, io.StringIO)
    return shown.console.file.getvalue()


def test_steps_are_numbered_in_order() -> None:
    shown = display()
    first, second = ChainDriver(NO_CHAIN, shown), ChainDriver(NO_CHAIN, shown, "other")
    for driver in (first, second, first):
        with driver.step("Work"):
            pass
    first.past("Done between others", 1.5, 0)
    assert numbers(told(shown)) == [1, 2, 3, 4]
    assert [s.number for s in first.steps] == [1, 3, 4]
    assert second.steps[0].title == "other: Work"


def test_interleaved_steps_share_one_display_and_stay_in_order() -> None:
    shown = display(terminal=True)
    drivers = [ChainDriver(NO_CHAIN, shown, name) for name in ("a", "b")]
    outer, inner = (driver.step("Trade", 2, by_hand=True) for driver in drivers)
    outer.__enter__()
    inner.__enter__()
    assert shown.progress.drawn
    drivers[0].advance()
    outer.__exit__(None, None, None)
    drivers[1].advance(2)
    inner.__exit__(None, None, None)
    assert [d.steps[0].number for d in drivers] == [1, 2]
    assert not shown.progress.drawn


def test_a_step_that_fails_leaves_no_bar() -> None:
    shown = display(terminal=True)
    driver = ChainDriver(NO_CHAIN, shown)
    with pytest.raises(ValueError, match="no"), driver.step("Fails"):
        raise ValueError("no")
    assert not shown.progress.drawn and driver.steps == []
    with driver.step("Goes on"):
        pass
    assert driver.steps[0].number == 2


def test_a_detail_follows_the_title_of_the_plan() -> None:
    shown = display()
    shown.progress.expect([("Trading", 4.0)])
    driver = ChainDriver(NO_CHAIN, shown)
    with driver.step("Trading", 2, by_hand=True, detail="sessions 1 to 2"):
        driver.advance()
        assert shown.progress.completed == 2.0
    assert told(shown).startswith(" 1 Trading, sessions 1 to 2 ")
    assert shown.progress.completed == 4.0


def test_a_run_may_print_no_line_for_a_step() -> None:
    shown = StepDisplay(Console(file=io.StringIO(), width=120), lines=False)
    driver = ChainDriver(NO_CHAIN, shown)
    with driver.step("Work"):
        pass
    assert told(shown) == "" and [step.title for step in driver.steps] == ["Work"]
