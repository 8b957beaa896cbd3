"""The solver as a process: killed, in competition, checked."""

from __future__ import annotations

import subprocess

from tests.oracles.power.ground import HANG_SECONDS, ROOT


def test_two_compete_and_one_is_killed_on_the_way(street, daemon):
    one = daemon("solver", street.town.people["stranger"], "one")
    two = daemon("solver", street.town.people["grid"], "two")
    for solver in (one, two):
        solver.run()
        solver.until(lambda solver=solver: solver.said("started") == 1)
    for number in range(3):
        street.commit(number)
        street.open(number)
        two.until(lambda number=number: int(street.round(number).proposer, 16) != 0)
        if number == 0:
            one.kill()
            one.run()
    one.until(lambda: one.said("started") == 2)

    cleared = {event["interval"] for event in street.chain.logs("PowerMarket", "IntervalCleared")}
    assert cleared == {street.interval(number) for number in range(3)}
    assert (one.stop(), two.stop()) == (0, 0)
    for solver in (one, two):
        assert solver.said("reverted") == solver.said("phase_failed") == 0


def test_the_first_hour_is_told_a_line_each(street, daemon):
    solver = daemon("solver", street.town.people["stranger"])
    done = subprocess.run(
        solver.command("check"), cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS
    )

    said = {line[5:].split()[0]: line[:4] for line in done.stdout.splitlines()}
    assert done.returncode == 0, done.stdout
    assert set(said.values()) == {"ok  "}
    assert list(said)[-3:] == ["disk", "journal", "role"]


def test_what_could_not_be_asked_is_no_dry_run(street, daemon):
    solver = daemon("solver", street.town.people["stranger"])
    (solver.folder / "passphrase.txt").write_text("another\n")
    done = subprocess.run(
        solver.command("check"), cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    assert done.returncode == 1
    lines = {line[5:].split()[0]: line for line in done.stdout.splitlines()}
    assert lines["key"].startswith("FAIL")
    assert {lines[name].split(maxsplit=2)[2] for name in ("balance", "role")} == {
        "not checked: there is no key"
    }
