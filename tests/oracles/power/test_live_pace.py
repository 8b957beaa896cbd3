"""How live runs count starts and kills."""

from __future__ import annotations

from tests.oracles.power.live.pace import LiveRun, kill, stop


def test_a_daemon_that_was_killed_before_it_told_that_it_started_can_be_ended_once_it_did(
    street, daemon
):
    solver, seen = daemon("solver", street.town.people["stranger"]), LiveRun()
    solver.run()
    kill(solver, seen)
    assert solver.said("started") == 0
    assert not solver.has_started and seen.was_down(solver)
    stop(solver)
    assert (solver.said("started"), seen.kills["solver"]) == (1, 1)


def test_a_daemon_that_ended_does_not_count_as_started(street, daemon):
    solver, seen = daemon("solver", street.town.people["stranger"]), LiveRun()
    solver.run()
    solver.until(lambda: solver.has_started)
    assert not seen.was_down(solver)
    solver.kill()
    assert not solver.has_started and seen.was_down(solver)
