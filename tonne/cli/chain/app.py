"""Commands about the chain itself: start, deploy, look at it, move its clock."""

from __future__ import annotations

import typer

from tonne.cli.chain import (
    check,
    clock,
    consortium,
    deploy,
    deploy_verify,
    guardian,
    keystore,
    page,
    roles,
    status,
    up,
)
from tonne.cli.core.default_group import DefaultGroup


class Deployer(DefaultGroup):
    """`tonne deploy` is `tonne deploy market`."""

    default = "market"


app = typer.Typer(rich_markup_mode="markdown")
app.command()(up.up)
app.command()(page.page)
app.command()(roles.roles)
app.command()(status.status)
deployer = typer.Typer(
    cls=Deployer,
    help="Deploy the market, verify its sources. Alone it is `market`, with its options:"
    " `tonne deploy market --help`.",
    no_args_is_help=False,
)
deployer.command("market")(deploy.deploy)
deployer.command()(deploy_verify.verify)
app.add_typer(deployer, name="deploy")
app.add_typer(guardian.app, name="guardian")
app.add_typer(clock.app, name="clock")
app.add_typer(keystore.app, name="keystore")
app.add_typer(check.app, name="check")
app.add_typer(consortium.app, name="consortium")
