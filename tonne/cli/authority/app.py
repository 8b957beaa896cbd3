"""`tonne authority`: acts of officers.

Each act can be shown before it is made, written for a Safe's owners, or sent; see
`tonne.cli.core.officer_act`.
"""

from __future__ import annotations

import typer

from tonne.cli.auction import announce
from tonne.cli.authority import (
    act,
    bodies,
    decision_forms,
    dues,
    false_report,
    market,
    money,
    offices,
    parties,
    penalty,
    plants,
    recovery,
    rules,
    totals,
    units,
)

authority = typer.Typer(
    help="Acts of officers: rules, parties, allocation, penalties.", no_args_is_help=True
)
authority.command()(decision_forms.new)
authority.command()(rules.cap)
authority.command()(rules.plan)
authority.command()(rules.value)
authority.command()(rules.deadline)
authority.command()(rules.calendar)
authority.command()(offices.office)
authority.command()(offices.registrar)
authority.command()(offices.arbiter)
authority.command()(plants.allocate)
authority.command()(plants.issue_unissued)
authority.command()(plants.determine)
authority.command()(plants.true_up)
authority.command()(plants.assess)
authority.command()(plants.dispute)
authority.command()(plants.resolve)
authority.command()(dues.owing)
authority.command()(dues.due)
authority.command()(dues.bodies)
authority.command()(parties.approve)
authority.command()(parties.refuse)
authority.command()(parties.suspend)
authority.command()(parties.resume)
authority.command()(parties.close)
authority.command()(parties.register)
authority.command()(bodies.accredit)
authority.command()(bodies.interest)
authority.command()(units.freeze)
authority.command()(units.unfreeze)
authority.command()(units.force_transfer)
authority.command()(units.auctioned)
authority.command()(money.mint)
authority.command()(market.halt)
authority.command()(market.delist)
authority.command()(market.resume_market)
authority.command()(market.assign_market)
authority.command()(market.limit)
authority.command("auction")(announce.announce)
authority.command("cancel-auction")(announce.cancel)
authority.command()(act.act)
authority.add_typer(penalty.app, name="penalty")
authority.add_typer(recovery.app, name="recovery")
authority.add_typer(totals.app, name="totals")
authority.add_typer(false_report.app, name="false-report")

app = typer.Typer(rich_markup_mode="markdown")
app.add_typer(authority, name="authority")
