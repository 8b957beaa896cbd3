"""`tonne report batch`: reports of many plants under one opinion of a verification body."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.core import wallet_signing
from tonne.cli.core.command import command
from tonne.cli.core.session import Session, Signer
from tonne.cli.core.wallet_signing import Given, To, Wallet, attach, show_messages
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.evidence.report_batches import BatchDraft

app = typer.Typer(
    help="Reports of many plants under one opinion: make, sign, deliver.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="Batch file of `tonne report batch make`.")]
Role = Annotated[str | None, typer.Option(help="Role: lead or reviewer; default: the missing one.")]


@app.command()
@command(needs=Signer, wallet=None)
def make(
    session: Signer,
    drafts: Annotated[
        list[Path], typer.Argument(help="Operators' report files of `tonne report sign`.")
    ],
    role: Role = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Batch file to write; default: BODY-SEQUENCE.batch.json."),
    ] = None,
) -> None:
    """Make a batch of reports and sign it, as lead verifier or reviewer of a verification body."""
    from tonne.evidence import report_batches, report_files, reports

    found = [reports.load(path) for path in drafts]
    made, name = report_batches.write_batch(session.chain, session.account, found, _bit(role))
    path = out or Path(f"{made.batch.body}-{made.batch.sequence}{report_files.BATCH_SUFFIX}")
    report_batches.save(path, made)
    following = f"the other person, `tonne report batch sign {path}`"
    told = wallet_signing.then(session, f"`tonne report batch typed-data {path}`", following)
    state = wallet_signing.signed_as(session, name)
    _tell(session, path, made, f"{path}: {state}. Next: {told}.")


@app.command()
@command(needs=Signer, wallet=None)
def sign(session: Signer, file: File, role: Role = None) -> None:
    """Sign a batch as the body's other person."""
    from tonne.evidence import report_batches

    draft = report_batches.load(file)
    name = report_batches.sign(session.chain, draft, session.account, _bit(role))
    report_batches.save(file, draft)
    following = f"`tonne report batch submit {file}`"
    told = wallet_signing.then(session, f"`tonne report batch typed-data {file}`", following)
    state = wallet_signing.signed_as(session, name)
    _tell(session, file, draft, f"{file}: {state}. Next: {told}.")


@app.command()
@command(needs=Session)
def verify(session: Session, file: File) -> None:
    """Check a batch without signing it: its reports, their operators, its sums and signatures."""
    from tonne.evidence import report_batches

    _tell(session, file, report_batches.load(file))


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: File, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    from tonne.evidence import awaited_signatures, report_batches

    show_messages(
        session,
        awaited_signatures.awaited_in(report_batches.load(file)),
        of,
        out,
        "report batch",
        file,
    )


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    from tonne.evidence import report_batches

    attach(session, file, report_batches.load(file), signature, report_batches.save)


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
    """Deliver a fully signed batch to an oracle's inbox, or send it to the chain. Open to all."""
    from tonne.evidence import report_batches, submissions

    draft = report_batches.load(file)
    report_batches.check(session.chain, draft)
    if inbox is not None:
        path = report_batches.deliver(draft, inbox)
        session.show({"file": path}, f"Delivered as {path}.")
        return
    args = report_batches.arguments(session.chain, draft)
    receipt = session.send("EmissionsOracle", submissions.entry("submitBatch", args), *args)
    batch = draft.batch
    session.show(
        {
            "body": batch.body,
            "sequence": batch.sequence,
            "count": batch.count,
            "transaction": receipt.hash,
        },
        f"Batch {batch.sequence} of body {batch.body} is on chain: {batch.count} reports,"
        f" {batch.totalEmissionsT:,} t.",
    )


def _bit(role: str | None) -> int | None:
    from tonne.evidence import reports

    if role is None or role in reports.ROLES:
        return reports.ROLES[role] if role else None
    raise refused("REPORT_ROLE", role=role)


def _tell(session: Session, path: Path, draft: BatchDraft, *then: str) -> None:
    from tonne.evidence import report_batches

    said = report_batches.check(session.chain, draft)
    data = {"file": path, "sequence": draft.batch.sequence, "checked": said}
    session.show(data, f"{path}:", *(f"  {line}" for line in said), *then)
