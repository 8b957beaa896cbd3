"""`tonne report`: emission reports, signed, verified and delivered to an oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.session import Session, Signer
from tonne.cli.evidence.report_month import app as months
from tonne.cli.evidence.report_month import read_json
from tonne.errors import TonneError

app = typer.Typer(
    help="Emission reports of plants: sign, verify, deliver to an oracle.", no_args_is_help=True
)

app.add_typer(months, name="month")

File = Annotated[Path, typer.Argument(help="Report file of `tonne report sign`.")]


@app.command()
@command(needs=Signer)
def sign(
    session: Signer,
    lines: Annotated[
        Path,
        typer.Argument(
            help="JSON file with the lines: category, product, source, quantity, unit, gases."
        ),
    ],
    installation: Annotated[int, typer.Option(help="Installation number.", min=1)],
    year: Annotated[int, typer.Option(help="Reporting year.", min=1990)],
    evidence_folder: Annotated[
        Path | None,
        typer.Option("--evidence", help="Folder of evidence; the hash of every file is signed."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Report file to write; default: INSTALLATION-YEAR.draft.json."),
    ] = None,
    revision: Annotated[
        int | None, typer.Option(help="Revision number; default: the next.", min=1, max=255)
    ] = None,
) -> None:
    """Write a report from its lines and sign it, as the operator."""
    from tonne.evidence import manifest, reports

    account = session.account
    draft = reports.write_report(
        session.chain,
        account,
        installation,
        year,
        manifest.parse_lines(read_json(lines, "REPORT_LINES_UNREADABLE", "lines")),
        manifest.manifest_of_folder(evidence_folder) if evidence_folder else (),
        revision,
    )
    path = out or Path(f"{installation}-{year}.draft.json")
    reports.save(path, draft)
    _tell(session, path, reports.check(session.chain, draft), "Next: `tonne report verify`.")


@app.command()
@command(needs=Signer)
def verify(
    session: Signer,
    file: File,
    role: Annotated[
        str | None, typer.Option(help="Role: lead or reviewer; default: the missing one.")
    ] = None,
) -> None:
    """Check a report and sign an opinion on it, as lead verifier or reviewer of a verification body."""
    from tonne.evidence import reports

    roles = {"lead": reports.LEAD, "reviewer": reports.REVIEWER}
    account = session.account
    if role is not None and role not in roles:
        raise TonneError("REPORT_ROLE", "There is no such role.", "role", role, "lead or reviewer.")
    draft = reports.load(file)
    signed_as = reports.give_opinion(
        session.chain, draft, account, roles[role] if role is not None else None
    )
    reports.save(file, draft)
    lines = [f"signed as {signed_as}", *reports.check(session.chain, draft)]
    _tell(session, file, lines, "Next: the other person, then `tonne report submit`.")


@app.command("show")
@command(needs=Session)
def show_report(session: Session, file: File) -> None:
    """Check a report and print its contents and signatures."""
    from tonne.evidence import reports

    _tell(session, file, reports.check(session.chain, reports.load(file)))


@app.command()
@command(needs=Session)
def submit(
    session: Session,
    file: File,
    inbox: Annotated[Path, typer.Option(help="Inbox folder of the emissions oracle.")],
) -> None:
    """Deliver a fully signed report to an oracle's inbox."""
    from tonne.evidence import reports

    draft = reports.load(file)
    reports.check(session.chain, draft)
    path = reports.deliver(draft, inbox)
    session.show({"file": path}, f"Delivered as {path}.")


def _tell(session: Session, path: Path, said: list[str], then: str = "") -> None:
    data: dict[str, Any] = {"file": path, "checked": said}
    session.show(data, f"{path}:", *(f"  {line}" for line in said), *([then] if then else []))
