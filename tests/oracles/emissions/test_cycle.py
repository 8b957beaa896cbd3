"""One cycle: what is on its way is not kept waiting by what arrives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracles.emissions import cycle as cycles
from oracles.runtime.journal import Rank
from tests.oracles.emissions.test_faulty_nodes import put_all


@pytest.mark.parametrize("most, taken", [(2, 2), (5, 5)])
def test_no_more_is_taken_in_than_a_step_sends_once_its_time_is_over(
    desk, monkeypatch, most, taken
):
    monkeypatch.setattr(cycles, "BUSY_INTAKE_S", 0.0)
    monkeypatch.setattr(cycles, "INTAKE_S", 600.0)
    put_all(desk)
    cycle = desk.cycle()
    monkeypatch.setattr(
        cycle._manager, "_settings", replace(cycle._manager._settings, max_in_flight=most)
    )
    cycle._take_in()
    assert desk.journal.queued(Rank.LIVE) == taken
