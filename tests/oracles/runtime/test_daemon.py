"""The commands that daemons of one shape share."""

from __future__ import annotations

from typer.main import get_command

from oracles.power.aggregator.__main__ import app as aggregator
from oracles.power.settlement.__main__ import app as settlement
from oracles.power.solver.__main__ import app as solver
from oracles.power.watcher.__main__ import app as watcher


def test_every_daemon_of_this_shape_has_the_same_commands_with_help():
    for app in (aggregator, settlement, solver, watcher):
        commands = get_command(app).commands
        assert list(commands) == ["run", "drain", "check", "backup", "restore"]
        for command in commands.values():
            assert command.help
            assert all(p.help for p in command.params if p.name != "help")
