"""The electricity market: `tonne energy`, `tonne grid` and `tonne credit`."""

from __future__ import annotations

import typer

from tonne.cli.core.daemon_process import PASSED_ON
from tonne.cli.energy import (
    aggregate,
    application,
    bench,
    bid,
    bill,
    certificate,
    claim,
    clear,
    credit,
    credit_account,
    credit_pledge,
    customer,
    daemon,
    day,
    grid,
    instruct,
    line,
    market_account,
    meter_bill,
    reading,
    receipt,
    settle,
    trade,
)

energy = typer.Typer(
    help="Energy market: prices, bills, trades, certificates; simulate a day, measure a reading's cost.",
    no_args_is_help=True,
)
energy.command()(bench.bench)
energy.command()(day.day)
energy.command()(day.prices)
energy.command(context_settings=PASSED_ON)(daemon.run)
energy.command()(meter_bill.bill)
energy.command()(meter_bill.interval)
energy.command()(customer.key)
energy.command()(application.apply)
energy.command()(customer.admit)
energy.command()(customer.leave)
energy.command()(meter_bill.complain)
energy.command()(market_account.pay_in)
energy.command()(market_account.pay_out)
energy.command()(market_account.award)
energy.command()(claim.claim)
energy.command()(aggregate.deposit)
energy.command()(aggregate.connect)
energy.command()(instruct.instruct)
energy.command()(clear.clear)
energy.command()(line.dispute)
energy.add_typer(application.app, name="application")
energy.add_typer(bid.app, name="bid")
energy.add_typer(line.app, name="line")
energy.add_typer(reading.app, name="reading")
energy.add_typer(settle.app, name="settle")
energy.add_typer(certificate.app, name="certificate")
energy.add_typer(trade.app, name="trade")
energy.add_typer(receipt.app, name="receipt")

credit.app.command()(credit_account.account)
credit.app.command()(credit_pledge.pledge)
credit.app.command()(credit_pledge.pledged)
credit.app.command()(credit_pledge.release)
credit.app.command()(credit_pledge.collect)
credit.app.command()(credit_pledge.freeze_pledge)
credit.app.add_typer(bill.app, name="bill")

app = typer.Typer(rich_markup_mode="markdown")
app.add_typer(energy, name="energy")
app.add_typer(grid.app, name="grid")
app.add_typer(credit.app, name="credit")
