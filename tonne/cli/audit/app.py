"""The auditor: prove, replay and compare; ask the store; write its tables."""

from __future__ import annotations

import typer
from typer.core import TyperGroup

from tonne.cli.audit import export, mirror, run, serve, windows


class Auditor(TyperGroup):
    """Its first command is meant where none is named."""

    default = "run"

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # click's own context
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h")):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(rich_markup_mode="markdown")
audit = typer.Typer(
    cls=Auditor,
    help="Rebuild the market from its events and compare; ask what was rebuilt. Alone it is `run`.",
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
app.command()(serve.serve)
