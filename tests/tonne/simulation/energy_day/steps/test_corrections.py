"""No window of corrections closes unseen: time never passes faster than the oracle is asked."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

from tonne.simulation.energy_day.model.plan import (
    CORRECTION_S,
    FINAL_LEAD_S,
    INTERVAL_S,
    DayTimeline,
)
from tonne.simulation.energy_day.steps import corrections
from tonne.simulation.energy_day.steps.daemon import final_at

LINE = DayTimeline(chain=0, start=1_000 * INTERVAL_S, count=8)


def test_each_correction_is_waited_for_while_its_window_is_open():
    clock = [LINE.end + 60]
    asked: list[tuple[int, int]] = []

    def at(moment: int) -> None:
        clock[0] = moment

    state = SimpleNamespace(
        line=LINE, chain=SimpleNamespace(now=lambda: clock[0]), driver=SimpleNamespace(at=at)
    )
    daemon = SimpleNamespace(corrected=lambda now: asked.append((clock[0], now)))
    corrections.wait(state, daemon, LINE.end + CORRECTION_S)

    assert clock[0] == LINE.end + CORRECTION_S
    for index in range(LINE.count):
        due, over = final_at(LINE.at(index)), LINE.at(index) + INTERVAL_S + CORRECTION_S
        if due > LINE.end:
            assert any(due <= moment < over and now >= due for moment, now in asked)
    assert all(now < final_at(LINE.end) for _, now in asked)  # none of the day after
    steps = [LINE.end + 60, *(moment for moment, _ in asked)]
    assert max(b - a for a, b in pairwise(steps)) <= FINAL_LEAD_S // 2
