"""Signed evidence: `tonne report`, `monitoring`, `inventory`, `profile`, `evidence` and `meters`."""

from __future__ import annotations

import typer

from tonne.cli.core.daemon_process import PASSED_ON
from tonne.cli.evidence import (
    custody,
    inventory,
    inventory_views,
    meter_gateway,
    meter_leaves,
    meter_list,
    meters,
    meters_run,
    monitoring,
    profile,
    report,
    report_findings,
    report_form,
    report_lines,
    report_month,
)

meters.app.command("list")(meter_list.list_)
meters.app.command("run", context_settings=PASSED_ON)(meters_run.run_oracle)
meters.app.command()(meters_run.status)
meters.app.command()(meters_run.simulate)
meters.app.command()(meter_gateway.gateway)
meters.app.command()(meter_gateway.gateway_key)
for _command in (
    meter_leaves.reader,
    meter_leaves.operator,
    meter_leaves.ask,
    meter_leaves.read,
    meter_leaves.expose,
    meter_leaves.contradict,
    meter_leaves.expire,
    meter_leaves.withdraw,
    meter_leaves.accept,
    meter_leaves.receipt,
):
    meters.app.command()(_command)

report.app.command()(report_form.new)
report_month.app.command("new")(report_form.new_month)
report.app.command()(report_findings.findings)
report.app.command("publish-lines")(report_lines.publish_lines)

inventory.app.command()(inventory_views.show)
inventory.app.command("list")(inventory_views.list_)
inventory.app.command()(inventory_views.compare)

app = typer.Typer(rich_markup_mode="markdown")
app.add_typer(report.app, name="report")
app.add_typer(monitoring.app, name="monitoring")
app.add_typer(inventory.app, name="inventory")
app.add_typer(profile.app, name="profile")
app.add_typer(custody.app, name="evidence")
app.add_typer(meters.app, name="meters")
