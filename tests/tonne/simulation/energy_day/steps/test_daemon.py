"""How long a day waits for the oracle: as long as it is at work, and no longer."""

from __future__ import annotations

import json
import time

import pytest

from tonne.errors import TonneError
from tonne.simulation.energy_day.model.plan import DayOptions, timeline
from tonne.simulation.energy_day.steps import daemon as steps
from tonne.simulation.energy_day.steps.daemon import MeterDaemon


@pytest.fixture
def waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(MeterDaemon, "_check", lambda self: None)
    line = timeline(DayOptions())
    return MeterDaemon(None, line, tmp_path, tmp_path / "oracle", tmp_path, tmp_path)


def test_an_oracle_that_takes_records_is_waited_for(waiting):
    began = time.monotonic()

    def done() -> bool:
        passed = time.monotonic() - began
        told = {"counts": {"records": int(passed * 1_000)}}
        (waiting.folder / "status.json").write_text(json.dumps(told))
        return passed > 0.5

    waiting._until(done, "It does not post")
    assert time.monotonic() - began > 0.5


def test_one_that_stands_still_is_not(waiting):
    (waiting.folder / "status.json").write_text('{"counts": {"records": 7}}')
    with pytest.raises(TonneError) as gave_up:
        waiting._until(lambda: False, "It does not post")
    assert gave_up.value.code == "ENERGY_DAY_ORACLE"
