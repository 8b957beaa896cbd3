"""How long a day waits for the oracle: as long as it is at work, and no longer."""

from __future__ import annotations

import json
import time

import pytest

from tonne.crypto.merkle_sum import FIELDS
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


class _Posted:
    """A chain on which an oracle posted one run, with one reading that is not settled."""

    def __init__(self, line, run):
        self.line, self.run = line, run

    def block_number(self):
        return 7

    def now(self):
        return self.line.final_at(self.line.start)

    def logs(self, *_):
        sums = sum({"settled": 1, "provisional": 1}.get(name, 0) << low for name, low, _ in FIELDS)
        start = self.line.start
        return [{"node": 1, "start": start, "run": self.run, "root": b"", "sums": sums}]


@pytest.mark.parametrize(("run", "waits"), [(1, True), (2, False)])
def test_a_corrected_run_is_waited_for_once_a_further_one_is_due(waiting, run, waits):
    """Two seconds after it no oracle posts another: waiting would never end."""
    waiting.chain = _Posted(waiting.line, run)
    (waiting.folder / "status.json").write_text('{"counts": {"records": 7}}')
    now = waiting.line.final_at(waiting.line.start)
    if waits:
        with pytest.raises(TonneError, match="ENERGY_DAY_ORACLE"):
            waiting.corrected(now)
    else:
        waiting.corrected(now)
        with pytest.raises(TonneError, match="ENERGY_DAY_ORACLE"):
            waiting.corrected(
                waiting.line.start + waiting.line.interval_s + waiting.line.correction_s
            )
