"""`tonne report`: emission reports, signed, verified and delivered to an oracle."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from tonne.cli.core import wallet_signing
from tonne.cli.core.command import command
from tonne.cli.core.output import many, table
from tonne.cli.core.session import Session, Signer
from tonne.cli.core.wallet_signing import Given, To, Wallet, attach, show_messages
from tonne.cli.evidence.report_batch import app as batches
from tonne.cli.evidence.report_month import app as months
from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.evidence.desk import ReportComparison

app = typer.Typer(
    help="Emission reports of plants: sign, verify, deliver to an oracle.", no_args_is_help=True
)

app.add_typer(months, name="month")
app.add_typer(batches, name="batch")

File = Annotated[Path, typer.Argument(help="Report file of `tonne report sign`.")]
Evidence = Annotated[
    Path | None,
    typer.Option(
        "--evidence", help="Folder of the evidence; each file is compared with the manifest."
    ),
]


@app.command()
@command(needs=Signer, wallet=None)
def sign(
    session: Signer,
    lines: Annotated[
        Path,
        typer.Argument(help="Lines: a form of `tonne report new`, or a JSON list of them."),
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
    from tonne.evidence import manifest, report_forms, reports

    account = session.account
    draft = reports.write_report(
        session.chain,
        account,
        installation,
        year,
        manifest.parse_lines(report_forms.load(lines, report_forms.LINES)),
        manifest.manifest_of_folder(evidence_folder) if evidence_folder else (),
        revision,
    )
    reports.require_over(session.chain, draft)
    path = out or Path(f"{installation}-{year}.draft.json")
    reports.save(path, draft)
    following = (
        f"`tonne report verify {path}`, then `tonne report opinion {path}` of the verification body"
    )
    _tell(
        session,
        path,
        reports.check(session.chain, draft),
        f"Next: {wallet_signing.then(session, f'`tonne report typed-data {path}`', following)}.",
    )


@app.command()
@command(needs=Session)
def verify(session: Session, file: File, evidence_folder: Evidence = None) -> None:
    """Check a report without signing it: lines, roots, signatures, evidence, last year, its class."""
    from tonne.evidence import desk, reports

    draft = reports.load(file)
    said = reports.check(session.chain, draft, evidence_folder)
    found = desk.compare(session.chain, draft)
    data = {
        "file": file,
        "checked": said,
        "comparison": asdict(found),
        "awaits": desk.awaited(draft),
    }
    session.show(data, f"{file}:", *(f"  {line}" for line in [*said, *_compared(found)]))


@app.command()
@command(needs=Signer, wallet=None)
def opinion(
    session: Signer,
    file: File,
    role: Annotated[
        str | None, typer.Option(help="Role: lead or reviewer; default: the missing one.")
    ] = None,
    verdict: Annotated[
        str, typer.Option(help="Verdict: unqualified, qualified or adverse.")
    ] = "unqualified",
    findings: Annotated[
        Path | None,
        typer.Option(help="Findings: a form of `tonne report findings`, or a JSON list of them."),
    ] = None,
    moment: Annotated[
        str | None,
        typer.Option(
            "--at", help="Time of the opinion, where its persons sign copies in several places."
        ),
    ] = None,
    evidence_folder: Evidence = None,
) -> None:
    """Sign an opinion on a report, as lead verifier or reviewer of a verification body.

    A qualified opinion names its findings and is taken by the chain, which tells that it is qualified; an
    adverse one is a signed statement only, and the report cannot be submitted.
    """
    from tonne.chain import clock
    from tonne.evidence import desk, findings_files, reports, verdicts

    draft = reports.load(file)
    reports.check(session.chain, draft, evidence_folder)
    terms = reports.Terms(
        _one_of("verdict", verdict, verdicts.VERDICTS),
        findings_files.load(findings) if findings else (),
        signed_at=clock.parse(moment, session.chain.now(), session.zone) if moment else None,
    )
    bit = reports.ROLES[_one_of("role", role, tuple(reports.ROLES))] if role else None
    signed_as = reports.give_opinion(session.chain, draft, session.account, bit, terms)
    reports.save(file, draft)
    lines = [wallet_signing.signed_as(session, signed_as), *reports.check(session.chain, draft)]
    other = "the other person, then " if desk.awaited(draft) else ""
    following = f"{other}`tonne report submit {file}`"
    then = wallet_signing.then(session, f"`tonne report typed-data {file}`", following)
    _tell(session, file, lines, "" if terms.verdict == "adverse" else f"Next: {then}.")


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: File, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    from tonne.evidence import awaited_signatures, reports

    show_messages(
        session, awaited_signatures.awaited_in(reports.load(file)), of, out, "report", file
    )


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    from tonne.evidence import reports

    attach(session, file, reports.load(file), signature, reports.save)


@app.command()
@command(needs=Session)
def merge(
    session: Session,
    files: Annotated[
        list[Path], typer.Argument(help="Copies of one report, each signed in another place.")
    ],
    out: Annotated[Path | None, typer.Option(help="Report file; default: the first copy.")] = None,
) -> None:
    """Bring the signatures of several copies of one report together."""
    from tonne.evidence import reports

    merged = reports.merge([reports.load(file) for file in files])
    said = reports.check(session.chain, merged)
    path = out or files[0]
    reports.save(path, merged)
    _tell(session, path, said)


@app.command()
@command(needs=Signer, scheme=1)
def inbox(
    session: Signer,
    drafts: Annotated[Path, typer.Argument(help="Folder with operators' drafts (*.draft.json).")],
    year: Annotated[int, typer.Option(help="Reporting year.", min=1990, max=2100)],
    all_plants: Annotated[
        bool, typer.Option("--all", help="Plants that have reported, too.")
    ] = False,
) -> None:
    """List the plants of a year: what has been reported, disputed, and which drafts await whom.

    With a key (--as or --keystore) the drafts that await you are marked.
    """
    from tonne.evidence import desk

    person = session.account.address if session.has_key else None
    found = desk.inbox(session.chain, session.scheme, year, drafts, person, session.first_block)
    open_rows = [row for row in found.rows if all_plants or row.file or row.standing != "reported"]
    late = session.chain.now() >= found.due
    rows = [
        (
            str(row.plant),
            f"{row.standing}, qualified" if row.qualified else row.standing,
            f"{row.emissions_t:,}" if row.final_at else "",
            session.local_date(row.final_at) if row.final_at else "",
            row.file.name if row.file else "",
            "complete" if row.file and not row.awaits else " and ".join(row.awaits),
            "you" if row.awaits_me else "",
        )
        for row in open_rows
    ]
    columns = (">plant", "standing", ">on record t", "final from", "draft", "awaits", "")
    due = (
        f"Reports of {year} {'were' if late else 'are'} due before {session.local_time(found.due)}."
    )
    reported = sum(row.standing == "reported" for row in found.rows)
    session.show(
        {
            "due": found.due,
            "late": late,
            "plants": [asdict(row) for row in found.rows],
            "unreadable": [{"file": path, **error.as_dict()} for path, error in found.unreadable],
        },
        table(f"Reports of {year}, scheme {session.scheme}", columns, rows),
        f"{due} {many(len(found.rows), 'plant')}, {reported} reported.",
        *(f"{path.name}: {error.message} ({error.code})" for path, error in found.unreadable),
    )


@app.command()
@command(needs=Signer)
def submit(
    session: Signer,
    file: File,
    inbox: Annotated[
        Path | None,
        typer.Option(help="Inbox of an emissions oracle; default: send it with your own key."),
    ] = None,
) -> None:
    """Deliver a fully signed report to an oracle's inbox, or send it to the chain. Open to all."""
    from tonne.evidence import reports, submissions
    from tonne.evidence.report_encoding import ReportRecord

    draft = reports.load(file)
    reports.check(session.chain, draft)
    if inbox is not None:
        path = reports.deliver(draft, inbox)
        session.show({"file": path}, f"Delivered as {path}.")
        return
    args = reports.arguments(session.chain, draft)
    receipt = session.send("EmissionsOracle", submissions.entry("submit", args), *args)
    report = draft.signed.report
    where = (report.installation, report.year)
    record = ReportRecord.unpack(session.chain.call("EmissionsOracle", "record", *where))
    session.show(
        {
            "installation": report.installation,
            "year": report.year,
            "finalAt": record.final_at,
            "transaction": receipt.hash,
        },
        f"Report of installation {report.installation} for {report.year} is on chain:"
        f" {report.emissionsT:,} t, final {session.local_time(record.final_at)} unless it is disputed.",
    )


def _tell(session: Session, path: Path, said: list[str], then: str = "") -> None:
    data: dict[str, Any] = {"file": path, "checked": said}
    session.show(data, f"{path}:", *(f"  {line}" for line in said), *([then] if then else []))


_Word = TypeVar("_Word", bound=str)


def _one_of(field: str, value: str, words: tuple[_Word, ...]) -> _Word:
    for word in words:
        if value == word:
            return word
    code = f"REPORT_{field.upper()}"
    raise TonneError(code, f"There is no such {field}.", field, value, f"Give {', '.join(words)}.")


def _compared(found: ReportComparison) -> list[str]:
    """The comparison in words; it flags and refuses nothing."""
    if found.intensity is None:
        return ["no power: the intensity is not compared"]
    last, change = found.last_intensity, found.change_ppm
    lines = [f"{found.intensity:,} g CO2e/kWh"]
    if last is None or change is None:
        lines.append("nothing on record of the year before")
    else:
        lines.append(f"{last:,} g/kWh the year before: {change / 10_000:+.1f} %")
    if found.class_median is None:
        lines.append("no other plant of its class is on record")
    else:
        place = f"{found.rank} of {found.class_size + 1}, lowest first"
        lines.append(f"its class: median {found.class_median:,} g/kWh, rank {place}")
    return lines
