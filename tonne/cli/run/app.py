"""Simulations and rule packs: `tonne period`, `scenario` and `scheme`."""

from __future__ import annotations

import typer

from tonne.cli.run import period, scenario, scheme, scheme_apply

app = typer.Typer(rich_markup_mode="markdown")
app.command()(period.period)
scheme.app.command()(scheme_apply.apply)
app.add_typer(scheme.app, name="scheme")
app.add_typer(scenario.app, name="scenario")
