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
    assert not solver.has_started
    stop(solver)
    assert (solver.said("started"), seen.kills["solver"]) == (1, 1)


def test_a_kill_explains_what_is_lost_until_its_daemon_was_up_when_bids_were_judged(street, daemon):
    solver, seen = daemon("solver", street.town.people["stranger"]), LiveRun()
    solver.run()
    solver.until(lambda: solver.has_started)
    assert not seen.was_down(solver)
    kill(solver, seen)
    assert seen.was_down(solver)
    seen.judge([solver])  # it is on its way
    solver.until(lambda: solver.has_started)
    assert seen.was_down(solver)
    seen.judge([solver])
    assert not seen.was_down(solver)
    solver.kill()
    assert not solver.has_started
