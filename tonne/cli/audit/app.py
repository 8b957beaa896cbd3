"""The auditor: prove, replay and compare; ask the store; the public register; write tables."""

from __future__ import annotations

import typer

from tonne.cli.audit import export, mirror, register, run, serve, windows
from tonne.cli.core.default_group import DefaultGroup


class Auditor(DefaultGroup):
    """`tonne audit` is `tonne audit run`."""

    default = "run"


app = typer.Typer(rich_markup_mode="markdown")
audit = typer.Typer(
    cls=Auditor,
    help="Rebuild the market from its events and compare; query the result. Alone it is `run`.",
    rich_markup_mode="markdown",
)
audit.command()(run.run)
audit.command()(windows.status)
audit.command()(windows.sql)
audit.command()(windows.tables)
audit.command()(windows.findings)
audit.command()(windows.digest)
audit.command()(windows.code)
audit.command()(windows.powers)
audit.command()(windows.statement)
audit.command()(export.disclose)
audit.command()(export.export)
app.add_typer(audit, name="audit")
app.add_typer(mirror.app, name="mirror")
app.add_typer(register.app, name="register")
app.command()(serve.serve)
