"""The `tonne` command line."""

from __future__ import annotations

import signal
import sys
from typing import Any

import typer

from tonne.cli import (
    article6,
    auction,
    audit,
    authority,
    batch_office,
    batches,
    bills,
    blocks,
    carry,
    certificate,
    chains,
    credit_pledges,
    credits,
    energy,
    energy_day,
    export,
    forwards,
    holder,
    limits,
    makers,
    market,
    meters,
    meters_run,
    offset_office,
    offsets,
    period,
    pledges,
    position,
    projects,
    purchase,
    report,
    rules,
    scenario,
    scheme,
    signed,
    up,
    upkeep,
)
from tonne.cli.common import errors, fail, quiet_pipe
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
app.command()(chains.deploy)
app.command()(period.period)
app.command("roles")(chains.show_roles)
app.command()(chains.status)
app.add_typer(chains.clock_app, name="clock")
app.add_typer(chains.keystore_app, name="keystore")
market.app.command("open")(upkeep.open_)
market.app.command()(upkeep.sync)
market.app.command()(rules.rules)
market.app.command()(signed.sign)
market.app.command()(signed.submit)
market.app.add_typer(blocks.app, name="block")
market.app.command()(blocks.month)
market.app.command()(pledges.pledge)
market.app.command()(pledges.release)
market.app.command("pledges")(pledges.pledges)
market.app.command()(batches.replace)
market.app.command()(batches.batch)
market.app.command()(limits.limits)
market.app.command()(limits.gather_room)
market.app.command()(limits.move_room)
market.app.add_typer(makers.app, name="maker")
app.add_typer(market.app, name="market")
app.add_typer(auction.app, name="auction")
app.add_typer(authority.app, name="authority")
app.add_typer(scheme.app, name="scheme")
app.add_typer(scenario.app, name="scenario")
app.command()(position.position)
app.command()(holder.surrender)
app.command()(holder.retire)
app.command()(carry.bank)
app.command()(carry.expire)
app.command()(carry.recognise)
app.add_typer(certificate.app, name="certificate")
app.command()(certificate.trace)
offsets.app.command("open")(offset_office.open_)
offsets.app.command()(offset_office.clear)
batch_office.enter(offsets.app)
app.add_typer(offsets.app, name="offsets")
app.add_typer(projects.app, name="project")
app.command("buy-to-retire")(purchase.command)
app.add_typer(report.app, name="report")
app.add_typer(forwards.app, name="forward")
credits.app.add_typer(bills.app, name="bill")
for act in ("pledge", "pledged", "release"):
    credits.app.command(act)(getattr(credit_pledges, act))
credits.app.command("freeze-pledge")(credit_pledges.freeze_pledge)
app.add_typer(credits.app, name="credit")
app.add_typer(article6.app, name="article6")
app.add_typer(export.app, name="export")
meters.app.command("run", context_settings=meters_run.PASSED_ON)(meters_run.run_oracle)
meters.app.command()(meters_run.status)
meters.app.command()(meters_run.simulate)
energy.app.command()(energy_day.day)
energy.app.command()(energy_day.prices)
energy.app.command()(energy_day.bill)
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
