"""`tonne authority`: the desk of those who hold an office.

Each act can be told before it is made, written for a Safe's owners, or sent; see
`tonne.cli.core.officer_act`.
"""

from __future__ import annotations

import typer

from tonne.cli.authority import (
    act,
    bodies,
    false_report,
    market,
    parties,
    penalty,
    plants,
    rules,
    units,
)

app = typer.Typer(help="Act as the authority.", no_args_is_help=True)

for room in (
    rules,
    plants,
    parties,
    bodies,
    units,
    market,
    act,
):
    room.enter(app)
app.add_typer(penalty.app, name="penalty")
app.add_typer(false_report.app, name="false-report")
