"""`tonne report findings`: a form for the findings of a verification."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.form_files import write_form
from tonne.cli.core.session import Session


@command(needs=Session)
def findings(
    session: Session,
    file: Annotated[Path, typer.Argument(help="Report file of `tonne report sign`.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Form to write; default: INSTALLATION-YEAR.findings.toml."),
    ] = None,
) -> None:
    """Write a form for the findings on a report, with every field explained."""
    from tonne.evidence import findings_files, reports

    draft = reports.load(file)
    reports.check(session.chain, draft)
    report = draft.signed.report
    path = out or Path(f"{report.installation}-{report.year}{findings_files.SUFFIX}")
    write_form(path, findings_files.form_text(draft), "FINDINGS_FORM_EXISTS")
    then = f"tonne report opinion {file} --verdict qualified --findings {path}"
    session.show({"file": path}, f"Written to {path}. Fill it in, then `{then}`.")
