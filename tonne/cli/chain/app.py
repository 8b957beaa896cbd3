"""Commands about the chain itself: start, deploy, look at it, move its clock."""

from __future__ import annotations

import typer

from tonne.cli.chain import check, clock, deploy, guardian, keystore, page, roles, status, up

app = typer.Typer(rich_markup_mode="markdown")
app.command()(up.up)
app.command()(page.page)
app.command()(deploy.deploy)
app.command()(roles.roles)
app.command()(status.status)
app.add_typer(guardian.app, name="guardian")
app.add_typer(clock.app, name="clock")
app.add_typer(keystore.app, name="keystore")
app.add_typer(check.app, name="check")
