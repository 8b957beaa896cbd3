"""The aggregator as a process: killed on the way, and checked."""

from __future__ import annotations

import subprocess

from oracles.power.aggregator.customers import ACCOUNTS
from tests.oracles.power.aggregator.customers import bid, settle_in
from tests.oracles.power.ground import HANG_SECONDS, ROOT
from tonne.power.intervals import BidStage


def test_killed_after_its_commitment_it_opens_in_time(street, daemon):
    aggregator = daemon("aggregator", street.town.people["aggregator 0"])
    settle_in(aggregator.folder / "work", street)
    street.town.at(street.gate() - 100)
    aggregator.run()
    aggregator.until(lambda: bid(street).state == BidStage.COMMITTED)
    aggregator.kill()
    street.town.at(street.gate())
    aggregator.run()
    aggregator.until(lambda: bid(street).state == BidStage.OPENED)

    assert aggregator.stop() == 0
    assert aggregator.said("phase_failed") == aggregator.said("incident") == 0


def test_the_first_hour_is_told_a_line_each(street, daemon):
    aggregator = daemon("aggregator", street.town.people["aggregator 0"])
    done = subprocess.run(
        aggregator.command("check"), cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    said = {line[5:].split()[0]: line[:4] for line in done.stdout.splitlines()}
    assert done.returncode == 0, done.stdout
    assert set(said.values()) == {"ok  "}

    settle_in(aggregator.folder / "work", street)
    (aggregator.folder / "work" / ACCOUNTS).unlink()
    done = subprocess.run(
        aggregator.command("check"), cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    (line,) = (line for line in done.stdout.splitlines() if line[5:].startswith("accounts"))
    assert (done.returncode, line[:4] != "ok  ") == (1, True)
    assert "ACCOUNTS_UNREADABLE" in line
