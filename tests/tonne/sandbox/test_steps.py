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
    return [int(n) for n in re.findall(r"^ ?(\d+) .* s +0 tx$", text, re.MULTILINE)]


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
    drivers[0].advance()
    outer.__exit__(None, None, None)
    drivers[1].advance(2)
    inner.__exit__(None, None, None)
    assert [d.steps[0].number for d in drivers] == [1, 2]
    assert not shown._progress.live.is_started


def test_a_step_that_fails_leaves_no_bar() -> None:
    shown = display(terminal=True)
    driver = ChainDriver(NO_CHAIN, shown)
    with pytest.raises(ValueError, match="no"), driver.step("Fails"):
        raise ValueError("no")
    assert not shown._progress.live.is_started and driver.steps == []
    with driver.step("Goes on"):
        pass
    assert driver.steps[0].number == 2
