"""The settlement as a process: checked, run, told to stop."""

from __future__ import annotations

import subprocess

from tests.oracles.power.ground import HANG_SECONDS, ROOT
from tests.oracles.power.settlement.day import played


def test_it_is_checked_and_posts(street, daemon):
    day = played(street)
    process = daemon("settlement", street.town.people["operator"])
    done = subprocess.run(
        process.command("check"), cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    assert done.returncode == 0, done.stdout

    day.hand_over(process.folder / "work")
    process.run()
    interval = street.interval()
    process.until(
        lambda: street.chain.call("PowerSettlement", "intervalOf", 1, interval).postedAt != 0
    )
    assert process.stop() == 0
    assert process.said("phase_failed") == process.said("reverted") == 0
