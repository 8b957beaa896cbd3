"""`tonne report`: sign a report, give an opinion on it, hand it to an oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    connect,
    key,
    show,
)
from tonne.cli.evidence.report_month import app as months
from tonne.cli.evidence.report_month import read_json
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.evidence import manifest, reports

app = typer.Typer(
    help="Sign a plant's report, give an opinion on it, hand it to an oracle.", no_args_is_help=True
)

app.add_typer(months, name="month")

File = Annotated[Path, typer.Argument(help="The report, as `tonne report sign` wrote it.")]
ROLES = {"lead": reports.LEAD, "reviewer": reports.REVIEWER}


@app.command()
def sign(
    lines: Annotated[
        Path,
        typer.Argument(
            help="JSON list of lines: category, product, source, quantity, unit, gases."
        ),
    ],
    installation: Annotated[int, typer.Option(help="Number of the installation.", min=1)],
    year: Annotated[int, typer.Option(help="Reporting year.", min=1990)],
    evidence_folder: Annotated[
        Path | None, typer.Option("--evidence", help="Folder of evidence; every file is hashed.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the report goes.")] = None,
    revision: Annotated[
        int | None, typer.Option(help="The next one without it.", min=1, max=255)
    ] = None,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Make a report from its lines and sign it, as the operator."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    draft = reports.write_report(
        desk.chain,
        account,
        installation,
        year,
        manifest.parse_lines(read_json(lines, "REPORT_LINES_UNREADABLE", "lines")),
        manifest.manifest_of_folder(evidence_folder) if evidence_folder else (),
        revision,
    )
    path = out or Path(f"{installation}-{year}.draft.json")
    reports.save(path, draft)
    _tell(path, reports.check(desk.chain, draft), as_json, "Next: `tonne report verify`.")


@app.command()
def verify(
    file: File,
    role: Annotated[
        str | None, typer.Option(help="lead or reviewer; what is missing without it.")
    ] = None,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Check a report and sign the opinion on it, as a person of a verification body."""
    desk, account = connect(rpc, folder), key(name, keystore_file, passphrase_file)
    if role is not None and role not in ROLES:
        raise TonneError("REPORT_ROLE", "There is no such role.", "role", role, "lead or reviewer.")
    draft = reports.load(file)
    signed_as = reports.give_opinion(
        desk.chain, draft, account, ROLES[role] if role is not None else None
    )
    reports.save(file, draft)
    lines = [f"signed as {signed_as}", *reports.check(desk.chain, draft)]
    _tell(file, lines, as_json, "Next: the other person, then `tonne report submit`.")


@app.command("show")
def show_report(
    file: File,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Check a report and say what it says and who has signed."""
    desk = connect(rpc, folder)
    _tell(file, reports.check(desk.chain, reports.load(file)), as_json)


@app.command()
def submit(
    file: File,
    inbox: Annotated[Path, typer.Option(help="Folder the emission oracle watches.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Put a report that everybody has signed into an oracle's inbox."""
    desk = connect(rpc, folder)
    draft = reports.load(file)
    reports.check(desk.chain, draft)
    path = reports.deliver(draft, inbox)
    show({"file": path}, as_json, f"Delivered as {path}.")


def _tell(path: Path, said: list[str], as_json: bool, then: str = "") -> None:
    data: dict[str, Any] = {"file": path, "checked": said}
    show(data, as_json, f"{path}:", *(f"  {line}" for line in said), *([then] if then else []))
