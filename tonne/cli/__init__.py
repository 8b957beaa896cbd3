"""The `tonne` command line."""

from __future__ import annotations

import signal
import sys
from typing import Any

import typer

from tonne.cli.auction import app as auction
from tonne.cli.authority import app as authority
from tonne.cli.chain import audit, deploy_status, up
from tonne.cli.core.session import errors, fail, quiet_pipe
from tonne.cli.credits import article6, batch_office, export, offsets, offsets_office, project
from tonne.cli.energy import app as energy
from tonne.cli.energy import bill, credit, credit_pledge, day
from tonne.cli.evidence import meters, meters_run, report
from tonne.cli.holder import (
    bank_expire,
    buy_to_retire,
    certificate,
    forward,
    position,
    surrender_retire,
)
from tonne.cli.market import (
    batch,
    block,
    limits,
    maker,
    open_day,
    orders,
    pledge,
    rules,
    signed_order,
)
from tonne.cli.run import period, scenario, scheme
from tonne.errors import TonneError, why

app = typer.Typer(
    name="tonne",
    help="A carbon market on a chain: run it, act in it, check it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("up")(up.command)
app.command()(deploy_status.deploy)
app.command()(period.period)
app.command("roles")(deploy_status.show_roles)
app.command()(deploy_status.status)
app.add_typer(deploy_status.clock_app, name="clock")
app.add_typer(deploy_status.keystore_app, name="keystore")
orders.app.command("open")(open_day.open_)
orders.app.command()(open_day.sync)
orders.app.command()(rules.rules)
orders.app.command()(signed_order.sign)
orders.app.command()(signed_order.submit)
orders.app.add_typer(block.app, name="block")
orders.app.command()(block.month)
orders.app.command()(pledge.pledge)
orders.app.command()(pledge.release)
orders.app.command("pledges")(pledge.pledges)
orders.app.command()(batch.replace)
orders.app.command()(batch.batch)
orders.app.command()(limits.limits)
orders.app.command()(limits.gather_room)
orders.app.command()(limits.move_room)
orders.app.add_typer(maker.app, name="maker")
app.add_typer(orders.app, name="market")
app.add_typer(auction.app, name="auction")
app.add_typer(authority.app, name="authority")
app.add_typer(scheme.app, name="scheme")
app.add_typer(scenario.app, name="scenario")
app.command()(position.position)
app.command()(surrender_retire.surrender)
app.command()(surrender_retire.retire)
app.command()(bank_expire.bank)
app.command()(bank_expire.expire)
app.command()(bank_expire.recognise)
app.add_typer(certificate.app, name="certificate")
app.command()(certificate.trace)
offsets.app.command("open")(offsets_office.open_)
offsets.app.command()(offsets_office.clear)
batch_office.enter(offsets.app)
app.add_typer(offsets.app, name="offsets")
app.add_typer(project.app, name="project")
app.command("buy-to-retire")(buy_to_retire.command)
app.add_typer(report.app, name="report")
app.add_typer(forward.app, name="forward")
credit.app.add_typer(bill.app, name="bill")
for act in ("pledge", "pledged", "release"):
    credit.app.command(act)(getattr(credit_pledge, act))
credit.app.command("freeze-pledge")(credit_pledge.freeze_pledge)
app.add_typer(credit.app, name="credit")
app.add_typer(article6.app, name="article6")
app.add_typer(export.app, name="export")
meters.app.command("run", context_settings=meters_run.PASSED_ON)(meters_run.run_oracle)
meters.app.command()(meters_run.status)
meters.app.command()(meters_run.simulate)
energy.app.command()(day.day)
energy.app.command()(day.prices)
energy.app.command()(day.bill)
app.add_typer(energy.app, name="energy")
app.add_typer(meters.app, name="meters")
app.command("audit")(audit.command)


def main(arguments: list[str] | None = None) -> None:
    """Runs one command; ends with status 0, or 1 and one sentence, or 130 on Ctrl-C."""
    given = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, _terminated)
    try:
        app(args=given, prog_name="tonne")
    except TonneError as error:
        fail(error, "--json" in given)
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("tonne: interrupted.")
        sys.exit(130)
    except BrokenPipeError:
        quiet_pipe()
        sys.exit(1)
    except OSError as error:
        fail(_of_file(error), "--json" in given)
        sys.exit(1)


def _of_file(error: OSError) -> TonneError:
    """What the system refused: a file that is not there, a folder that cannot be written."""
    return TonneError(
        "FILE_REFUSED",
        f"The system refuses this: {why(error)}.",
        field="file",
        value=None if error.filename is None else str(error.filename),
        remedy="Check the path and who may read and write there.",
    )


def _terminated(*_: Any) -> None:
    """SIGTERM ends us the same way as Ctrl-C: nodes and daemons are taken down."""
    raise KeyboardInterrupt
