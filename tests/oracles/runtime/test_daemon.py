"""The commands that all daemons share, and what those that take files have beside them."""

from __future__ import annotations

import pytest
from typer.main import get_command

from oracles.emissions.__main__ import app as emissions
from oracles.meters.__main__ import app as meters
from oracles.power.aggregator.__main__ import app as aggregator
from oracles.power.settlement.__main__ import app as settlement
from oracles.power.solver.__main__ import app as solver
from oracles.power.watcher.__main__ import app as watcher

SHARED = ["run", "drain", "check", "backup", "restore"]
OF_FILES = ["run", "drain", "check", "inspect", "retry", "backup", "restore"]

DAEMONS = [
    *((app, SHARED) for app in (aggregator, settlement, solver, watcher)),
    *((app, OF_FILES) for app in (emissions, meters)),
]


@pytest.mark.parametrize(("app", "names"), DAEMONS)
def test_every_daemon_has_the_same_commands_with_help(app, names):
    commands = get_command(app).commands
    assert list(commands) == names
    for command in commands.values():
        assert command.help
        assert all(p.help for p in command.params if p.name != "help")


@pytest.mark.parametrize(("app", "names"), DAEMONS)
def test_every_daemon_is_run_by_the_same_options(app, names):
    """Beside where its files are, and what the meter oracle takes readings by."""
    known = {p.name for p in get_command(aggregator).commands["run"].params}
    own = {p.name for p in get_command(app).commands["run"].params}
    assert known - own <= {"folder"}
    assert app is meters or own - known <= {"inbox", "journal"}
