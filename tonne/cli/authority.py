"""`tonne authority`: the desk of those who hold an office.

Each act can be told before it is made, written for a Safe's owners, or sent; see `tonne.cli.acting`.
"""

from __future__ import annotations

import typer

from tonne.cli import (
    authority_any,
    authority_bodies,
    authority_false,
    authority_market,
    authority_parties,
    authority_penalty,
    authority_plants,
    authority_rules,
    authority_units,
)

app = typer.Typer(help="Act as the authority.", no_args_is_help=True)

for room in (
    authority_rules,
    authority_plants,
    authority_parties,
    authority_bodies,
    authority_units,
    authority_market,
    authority_any,
):
    room.enter(app)
app.add_typer(authority_penalty.app, name="penalty")
app.add_typer(authority_false.app, name="false-report")
