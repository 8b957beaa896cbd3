"""`tonne report new` and `tonne report month new`: forms for a plant's lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.form_files import write_form
from tonne.cli.core.session import Session
from tonne.cli.evidence.report_month import month_of

Installation = Annotated[int, typer.Argument(help="Installation number.", min=1, max=2**32 - 1)]
Out = Annotated[
    Path | None,
    typer.Option(help="Form to write; default: named by installation and year or month."),
]


@command(needs=Session)
def new(
    session: Session,
    installation: Installation,
    year: Annotated[int, typer.Option(help="Reporting year.", min=1990, max=2105)],
    out: Out = None,
) -> None:
    """Write a form for the lines of a year's report, with every field explained."""
    _write(session, installation, str(year), out, f"report sign {{}} --year {year}")


@command(needs=Session)
def new_month(
    session: Session,
    installation: Installation,
    month: Annotated[str, typer.Option(help="Month, e.g. 2021-03.")],
    out: Out = None,
) -> None:
    """Write a form for a month's lines and key parameters, with every field explained."""
    year, number = month_of(month)
    period = f"{year}-{number:02}"
    _write(session, installation, period, out, f"report month make {{}} --month {period}")


def _write(
    session: Session, installation: int, period: str, out: Path | None, following: str
) -> None:
    from tonne.evidence import report_forms, reports

    if not session.chain.call("Participants", "installation", installation):
        raise reports.no_installation(installation)
    path = out or Path(f"{installation}-{period}{report_forms.SUFFIX}")
    write_form(path, report_forms.text(installation, period), "REPORT_FORM_EXISTS")
    then = f"tonne {following.format(path)} --installation {installation} --evidence FOLDER"
    session.show({"file": path}, f"Written to {path}. Fill it in, then `{then}`.")
