"""No window of corrections closes unseen: time never passes faster than the oracle is asked."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest

from tonne.simulation.energy_day.model.plan import DayTimeline
from tonne.simulation.energy_day.steps import corrections

QUARTERS = DayTimeline(chain=0, start=900_000, count=8)
HOURS = DayTimeline(chain=0, start=3_600_000, count=8, interval_s=3_600)


@pytest.mark.parametrize("line", [QUARTERS, HOURS])
def test_each_correction_is_waited_for_while_its_window_is_open(line):
    clock = [line.end + 60]
    asked: list[tuple[int, int]] = []

    def at(moment: int) -> None:
        clock[0] = moment

    state = SimpleNamespace(
        line=line, chain=SimpleNamespace(now=lambda: clock[0]), driver=SimpleNamespace(at=at)
    )
    daemon = SimpleNamespace(corrected=lambda now: asked.append((clock[0], now)))
    corrections.wait(state, daemon, line.end + line.correction_s)

    assert clock[0] == line.end + line.correction_s
    for index in range(line.count):
        due, over = (
            line.final_at(line.at(index)),
            line.at(index) + line.interval_s + line.correction_s,
        )
        if due > line.end:
            assert any(due <= moment < over and now >= due for moment, now in asked)
    assert all(now < line.final_at(line.end) for _, now in asked)  # none of the day after
    steps = [line.end + 60, *(moment for moment, _ in asked)]
    assert max(b - a for a, b in pairwise(steps)) <= line.final_lead_s // 2
