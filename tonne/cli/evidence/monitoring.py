"""`tonne monitoring`: monitoring reports of offset projects, from the form to their credits."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape

from tonne.cli.core import wallet_signing
from tonne.cli.core.command import command
from tonne.cli.core.form_files import write_form
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Reason
from tonne.cli.core.output import many, parse_date, table
from tonne.cli.core.session import Session, Signer, text_hash
from tonne.cli.core.wallet_signing import Given, To, Wallet, attach, show_messages
from tonne.errors import refused
from tonne.text import harmless
from tonne.types.unit_id import unit_name

if TYPE_CHECKING:
    from tonne.evidence.monitoring_drafts import Ground
    from tonne.evidence.monitoring_files import MonitoringDraft
    from tonne.evidence.verification import EvidenceCheck

app = typer.Typer(
    help="Monitoring reports of projects: form, signatures, checklist, delivery, status.",
    no_args_is_help=True,
)

STATUS: Final = ("-", "reported", "disputed", "annulled")
#: Folders of an inbox, and what lies there.
PLACES: Final = (
    ("", "waits in the inbox"),
    ("accepted", "on its way to the chain"),
    ("done", "on chain, in a final block"),
    ("rejected", "refused"),
)

Draft = Annotated[Path, typer.Argument(help="Draft of `tonne monitoring sign`.")]
Evidence = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        help="Folder of evidence; every file's hash is signed.",
        exists=True,
        file_okay=False,
    ),
]
Project = Annotated[int, typer.Argument(help="Project number, from `tonne project list`.", min=1)]
ReportNumber = Annotated[
    int, typer.Argument(help="Number of the monitoring report, from `status`.", min=1)
]


@app.command()
@command(needs=Session)
def new(
    session: Session,
    project: Project,
    from_: Annotated[str, typer.Option("--from", help="First day monitored, e.g. 2021-01-01.")],
    until: Annotated[str, typer.Option(help="Last day monitored, e.g. 2021-12-31.")],
    out: Annotated[
        Path | None, typer.Option(help="Form to write; default: PROJECT-FROM.form.toml.")
    ] = None,
) -> None:
    """Write a form for a period of a project, with every field and bound explained."""
    from tonne.evidence import monitoring_drafts, monitoring_files

    first, last = parse_date(from_, "from"), parse_date(until, "until")
    ground = monitoring_drafts.Ground(session.chain, project)
    text = monitoring_drafts.form_of(ground, first, last)
    path = out or Path(f"{project}-{first}{monitoring_files.FORM_SUFFIX}")
    write_form(path, text, "MONITORING_FORM_EXISTS")
    session.show(
        {"file": path, "mostT": ground.most_t(_seconds(ground, first, last))},
        f"Written to {path}. Fill it in, then `tonne monitoring sign {path} --evidence FOLDER`.",
    )


@app.command()
@command(needs=Signer, wallet=None)
def sign(
    session: Signer,
    file: Annotated[Path, typer.Argument(help="Form of `new`, or draft of the developer.")],
    evidence: Evidence = None,
    role: Annotated[
        str | None,
        typer.Option(help="Verifier's role: lead or reviewer; default: the missing one."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Draft to write, of a form; default: beside it, .draft.json."),
    ] = None,
) -> None:
    """Sign: a form as its developer, then the draft as lead verifier and as reviewer.

    A report with a failed point of the checklist is not signed.
    """
    from tonne.evidence import manifest, monitoring_drafts, monitoring_files

    if file.name.endswith(".toml"):
        form = monitoring_files.load_form(file)
        evidence_files = manifest.manifest_of_folder(evidence) if evidence else ()
        draft = monitoring_drafts.sign_report(session.chain, session.account, form, evidence_files)
        stem = file.name.removesuffix(monitoring_files.FORM_SUFFIX).removesuffix(".toml")
        path, signed_as = out or file.with_name(stem + monitoring_files.DRAFT_SUFFIX), "developer"
        checks = monitoring_drafts.checklist(session.chain, draft, session.first_block, evidence)
        monitoring_drafts.require_sound(checks, None)
    else:
        path, draft = file, monitoring_files.load_draft(file)
        checks = monitoring_drafts.checklist(session.chain, draft, session.first_block, evidence)
        monitoring_drafts.require_sound(checks, path)
        draft, signed_as = monitoring_drafts.give_opinion(
            session.chain, draft, session.account, _role(role)
        )
        checks = monitoring_drafts.checklist(session.chain, draft, session.first_block, evidence)
        monitoring_drafts.require_sound(checks, path)
    monitoring_files.save_draft(path, draft)
    left = monitoring_drafts.missing(draft)
    following = (
        f"{left}; `tonne monitoring sign {path}`" if left else f"`tonne monitoring submit {path}`"
    )
    session.show(
        {"file": path, "signedAs": signed_as, "missing": left or None, **_data(draft, checks)},
        f"{path}: {wallet_signing.signed_as(session, signed_as)},"
        f" {draft.signed.report.quantityT:,} t.",
        f"Next: {wallet_signing.then(session, f'`tonne monitoring typed-data {path}`', following)}.",
    )


@app.command()
@command(needs=Session)
def check(session: Session, file: Draft, evidence: Evidence = None) -> None:
    """Go through the verifier's checklist of a report; status 1 if a point fails."""
    from tonne.cli.holder import lineage_view as view
    from tonne.evidence import monitoring_drafts, monitoring_files
    from tonne.evidence.verification import sound

    draft = monitoring_files.load_draft(file)
    checks = monitoring_drafts.checklist(session.chain, draft, session.first_block, evidence)
    lines = [
        view.marked(
            escape(harmless(one.about + (f": {one.detail}" if one.detail else ""))), one.passed
        )
        for one in checks
    ]
    session.show({"file": file, **_data(draft, checks)}, *lines, *_amounts(draft))
    if not sound(checks):
        raise typer.Exit(1)


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: Draft, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    from tonne.evidence import awaited_signatures, monitoring_files

    draft = monitoring_files.load_draft(file)
    show_messages(session, awaited_signatures.awaited_in(draft), of, out, "monitoring", file)


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: Draft, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    from tonne.evidence import monitoring_files

    draft = monitoring_files.load_draft(file)
    attach(session, file, draft, signature, monitoring_files.save_draft)


@app.command()
@command(needs=Signer)
def submit(
    session: Signer,
    file: Draft,
    inbox: Annotated[
        Path | None,
        typer.Option(help="Inbox of an emissions oracle; default: send it with your own key."),
    ] = None,
) -> None:
    """Deliver a fully signed report to an oracle's inbox, or send it to the chain. Open to all."""
    from tonne.evidence import monitoring_drafts, monitoring_files
    from tonne.evidence.submissions import entry

    draft = monitoring_files.load_draft(file)
    monitoring_drafts.finished(draft)
    checks = monitoring_drafts.checklist(session.chain, draft, session.first_block)
    monitoring_drafts.require_sound(checks, file)
    ground = monitoring_drafts.Ground(session.chain, draft.signed.report.project)
    if inbox is not None:
        path = monitoring_drafts.deliver(draft, inbox, ground.zone)
        session.show({"file": path}, f"Delivered as {path}.")
        return
    args = monitoring_drafts.arguments(ground, draft)
    receipt = session.send("Projects", entry("submit", args), *args)
    event = session.sent_event(receipt, "MonitoringReported")
    final = event["monitoring"].finalAt
    session.show(
        {"report": event["reportId"], "finalAt": final, "transaction": receipt.hash},
        f"Monitoring report {event['reportId']}: {draft.signed.report.quantityT:,} t, final"
        f" {session.local_time(final)} unless it is disputed.",
    )


@app.command()
@command(needs=Session)
def status(
    session: Session,
    file: Annotated[
        Path | None, typer.Argument(help="Draft; default: every report on chain.")
    ] = None,
    project: Annotated[int | None, typer.Option(help="Project number.", min=1)] = None,
    inbox: Annotated[
        Path | None, typer.Option(help="Inbox of an emissions oracle, to look for the draft.")
    ] = None,
) -> None:
    """Show where a draft is, or the reports on chain: disputed, final, issued as credits."""
    if file is not None:
        _status_of(session, file, inbox)
        return
    from tonne.chain.contract import topic

    wanted = [None, topic(project)] if project else []
    events = session.chain.logs(
        "Projects", "MonitoringReported", session.first_block, topics=wanted
    )
    found = [_reported(session, event) for event in events]
    columns = (">report", ">project", "from", "until", ">t", "status", "final", "issued as")
    rows = [
        (r["report"], r["project"], r["from"], r["until"], f"{r['quantityT']:,}", r["status"],
         r["final"], r["issuedAs"] or "-")
        for r in found
    ]  # fmt: skip
    session.show(
        {"reports": found}, table("", columns, rows) if rows else "No monitoring report yet."
    )


@app.command()
@command(needs=OfficerAct)
def dispute(act: OfficerAct, number: ReportNumber, reason: Reason) -> None:
    """Dispute a report before it is final, as an officer; nothing is issued for it meanwhile."""
    _act(act, number, "Dispute", "dispute", (text_hash(reason),), "disputed")


@app.command()
@command(needs=OfficerAct)
def resolve(
    act: OfficerAct,
    number: ReportNumber,
    reason: Reason,
    upheld: Annotated[
        bool,
        typer.Option("--upheld/--dismissed", help="Annul the report, or let it stand."),
    ],
) -> None:
    """Decide a dispute, as another officer; an annulled report frees its period."""
    from tonne.evidence.monitoring_drafts import Ground

    act.chain.call("Projects", "monitoring", number)  # raises for one that never came
    report = _event(act, number)["report"]
    hint = Ground(act.chain, report.project).hint(report.periodFrom)
    args = (upheld, text_hash(reason), hint if upheld else 0)
    _act(act, number, "Decide the dispute of", "resolve", args, STATUS[3 if upheld else 1])


def _act(
    act: OfficerAct, number: int, verb: str, function: str, args: tuple[Any, ...], after: str
) -> None:
    before = STATUS[act.chain.call("Projects", "monitoring", number).status]
    change = Effect(f"monitoring report {number}", before, after)
    call = OfficerCall("Projects", function, (number, *args), [change])
    act.do(f"{verb} monitoring report {number}", [call])


def _reported(session: Session, event: Any) -> dict[str, Any]:
    number, told = event["reportId"], event["report"]
    record, final, unit = session.chain.call_many(
        [
            ("Projects", "monitoring", (number,)),
            ("Projects", "isFinal", (number,)),
            ("Issuance", "batchOfReport", (number,)),
        ]
    )
    return {
        "report": number,
        "project": told.project,
        "from": session.local_date(told.periodFrom),
        "until": session.local_date(told.periodUntil - 1),
        "quantityT": told.quantityT,
        "status": STATUS[record.status],
        "final": "yes"
        if final
        else session.local_date(record.finalAt)
        if record.status == 1
        else "-",
        "issuedAs": unit_name(unit) if unit else None,
    }


def _status_of(session: Session, file: Path, inbox: Path | None) -> None:
    """Where a draft is: with its signers, in an inbox, on chain."""
    from tonne.crypto.eip712 import struct_hash
    from tonne.evidence import monitoring_drafts, monitoring_files

    draft = monitoring_files.load_draft(file)
    left = monitoring_drafts.missing(draft)
    report = draft.signed.report
    number = session.chain.call("Projects", "reportOf", struct_hash(report.struct()))
    data: dict[str, Any] = {"file": file, "missing": left or None, "report": number or None}
    lines = [f"{file}: {left}." if left else f"{file}: everybody has signed."]
    if inbox is not None:
        ground = monitoring_drafts.Ground(session.chain, report.project)
        name = monitoring_drafts.file_name(draft, ground.zone)
        data["inbox"], line = _place(inbox, name)
        lines.append(line)
    if number:
        data |= (found := _reported(session, _event(session, number)))
        issued = f", issued as {found['issuedAs']}" if found["issuedAs"] else ""
        lines.append(
            f"On chain as report {number}: {found['status']}, final: {found['final']}{issued}."
        )
    session.show(data, *(escape(harmless(line)) for line in lines))


def _event(session: Session, number: int) -> Any:
    """The event of a report on chain."""
    from tonne.chain.contract import topic

    topics = [topic(number)]
    (event,) = session.chain.logs(
        "Projects", "MonitoringReported", session.first_block, topics=topics
    )
    return event


def _place(inbox: Path, name: str) -> tuple[dict[str, Any] | None, str]:
    """Where a file lies in an inbox, with the reason where it was refused."""
    import json

    for folder, said in PLACES:
        if not (inbox / folder / name).is_file():
            continue
        reason = inbox / folder / f"{name}.reason.json"
        why = json.loads(reason.read_text(encoding="utf-8")) if reason.is_file() else None
        line = f"{name} {said}" + (f": {why['code']}: {why['reason']}" if why else ".")
        return {"place": folder or "inbox", "reason": why}, line
    return None, f"{name} is not in {inbox}."


def _role(role: str | None) -> int | None:
    from tonne.evidence import reports

    roles = {None: None, "lead": reports.LEAD, "reviewer": reports.REVIEWER}
    if role not in roles:
        raise refused("MONITORING_ROLE", role=role)
    return roles[role]


def _data(draft: MonitoringDraft, checks: list[EvidenceCheck]) -> dict[str, Any]:
    report = draft.signed.report
    return {
        "project": report.project,
        "quantityT": report.quantityT,
        "vintage": report.vintage,
        "sound": all(one.passed is not False for one in checks),
        "checks": [one.as_dict() for one in checks],
    }


def _amounts(draft: MonitoringDraft) -> list[Any]:
    """The calculation, with the document each line rests on."""
    signed = draft.signed
    rows = [(a["kind"], a["name"], f"{a['tonnes']:,}", "t", a["document"]) for a in signed.amounts]
    rows += [
        ("parameter", p["name"], p["value"], p["unit"], p.get("document") or p["basis"])
        for p in signed.parameters
    ]
    title = f"Calculation, {many(len(rows), 'line')}"
    shown = [tuple(harmless(str(cell)) for cell in row) for row in rows]
    return [table(title, ("kind", "name", ">amount", "unit", "document"), shown)]


def _seconds(ground: Ground, first: date, last: date) -> int:
    return ground.start_of(last + timedelta(days=1)) - ground.start_of(first)
