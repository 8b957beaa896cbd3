"""`tonne offsets`: credits of other registries, immobilised here and released."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import ON_RECORD, WHO, Reason
from tonne.cli.core.output import cents, errors, table
from tonne.cli.core.session import Session, Signer, file_hash, party, text_hash
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.units.immobilisation_state import Batch, SerialBook
    from tonne.units.registry_extracts import Plan

app = typer.Typer(
    help="Offset credits: immobilise and release those of other registries; issue, lock, invalidate.",
    no_args_is_help=True,
)

BatchNumber = Annotated[int, typer.Argument(help="Batch number, from `list`.", min=1)]
RequestNumber = Annotated[int, typer.Argument(help="Request number, from `list`.", min=1)]
Evidence = Annotated[str, typer.Option(help=f"Evidence. {ON_RECORD}")]


@app.command("import")
@command(needs=Signer, scheme=1, dry_run=False)
def import_(
    session: Signer,
    file: Annotated[Path, typer.Argument(help="CSV extract of a registry.")],
    to: Annotated[str | None, typer.Option(help=f"Receiver of the units. {WHO}")] = None,
    account: Annotated[
        str | None,
        typer.Option(help="Account in the other registry; default: each project's proponent."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="JSON file for the result of each row.")
    ] = None,
) -> None:
    """Import a registry's extract: issued blocks are immobilised here, used ones barred.

    Every row is accepted or refused with a reason. A second run changes nothing.
    """
    from tonne.progress import counted
    from tonne.units import immobilisation, registry_extracts

    rows = registry_extracts.read(file)
    chain = session.chain
    book = _book(session)
    # An extract comes from outside: where the chain's clock is behind, its days are the machine's.
    today = max(date.fromisoformat(session.local_date(chain.now())), date.today())
    plan = registry_extracts.plan(
        rows, book, session.scheme, account, immobilisation.closed(chain, book), today
    )
    if not session.dry_run:
        officer = session.account
        if plan.blocks and to is None:
            raise refused("OFFSET_NO_WALLET", blocks_count=len(plan.blocks))
        receiver = party(session, to, "receiver")[1] if to is not None else ""
        session.fund()
        calls = immobilisation.steps(plan)
        with counted(errors, "sending", calls, hidden=session.as_json) as count:
            evidence = file_hash(file)
            immobilisation.carry_out(chain, plan, book, officer, receiver, evidence, count)
    answers = [verdict.as_dict() for verdict in plan.verdicts]
    if report is not None:
        report.write_text(json.dumps(answers, indent=2, ensure_ascii=False) + "\n", "utf-8")
    counts = plan.counts()
    titles = ("answer", "reason", "event", ">rows")
    rows_shown = [(a, f"{code}: {_reason(plan, code)}", event, n) for a, code, event, n in counts]
    data: dict[str, Any] = {
        "dryRun": session.dry_run,
        "rows": len(answers),
        "counts": [
            {"accepted": a == "accepted", "code": code, "event": event, "rows": n}
            for a, code, event, n in counts
        ],
    }
    if report is None:
        data["answers"] = answers
    said = "Nothing was changed (--dry-run)." if session.dry_run else ""
    if report is not None:
        said = f"{said} Row by row: {report}".strip()
    session.show(
        data,
        table(f"{len(answers):,} rows", titles, rows_shown),
        *([said] if said else []),
    )


@app.command("list")
@command(needs=Session)
def list_(session: Session) -> None:
    """List the batches of other registries' blocks, and the pending requests."""
    from tonne.units.immobilisation_state import REQUESTS

    book = _book(session)
    batches = [_batch_data(book, batch) for batch in book.batches.values()]
    waiting = [
        {
            "request": r.number,
            "what": REQUESTS[r.kind],
            "batch": r.batch.number,
            "wallet": r.wallet,
            "first": r.first,
            "last": r.last,
            "tonnes": r.amount or r.last - r.first + 1,
            "serial": r.serial,
        }
        for r in book.requests.values()
    ]
    columns = (">batch", "unit id", "registry", "project", ">vintage", ">blocks", ">t here")
    shown = table(
        f"{len(batches):,} batches",
        columns,
        [
            (
                *(b[name] for name in ("batch", "id", "registry", "project", "vintage", "blocks")),
                f"{b['here']:,}",
            )
            for b in batches
        ],
    )
    asked = table(
        "Pending requests",
        (">request", "what", ">batch", ">tonnes", "holder"),
        [(w["request"], w["what"], w["batch"], f"{w['tonnes']:,}", w["wallet"]) for w in waiting],
    )
    session.show(
        {"batches": batches, "requests": waiting},
        *([shown] if batches else ["No batch of another registry."]),
        *([asked] if waiting else []),
    )


@app.command("show")
@command(needs=Session)
def show_(
    session: Session,
    subject: Annotated[str, typer.Argument(help="Batch number, or serial number.")],
    registry: Annotated[str, typer.Option(help="Registry of the serial number.")] = "VERRA",
) -> None:
    """Show a batch with its blocks, or the state of a block of serial numbers."""
    from tonne.units import foreign_serials
    from tonne.units.immobilisation_state import STRETCHES

    book = _book(session)
    if subject.isascii() and subject.isdigit():
        _show_batch(session, book, _batch(book, int(subject)))
        return
    block = foreign_serials.parse(registry.upper(), subject)
    place = book.place_of(block)
    found = [
        {"first": s.first, "last": s.last, "is": STRETCHES[s.kind], "ref": s.ref}
        for s in (book.sets[place] if place else ())
        if s.first <= block.last and block.first <= s.last
    ]
    lines = [
        f"{f['first']} to {f['last']}: {f['is']}" + (f" ({f['ref']})" if f["ref"] else "")
        for f in found
    ]
    data = {
        "registry": block.registry,
        "issuance": block.issuance,
        "first": block.first,
        "last": block.last,
        "quantity": block.quantity,
        "stretches": found,
    }
    title = f"{block.registry} {block.issuance or ''} {block.first} to {block.last} ({block.quantity:,} t)"
    session.show(data, title, *(lines or ["Nothing of it is known here."]))


@app.command()
@command(needs=Signer)
def request(
    session: Signer,
    batch: BatchNumber,
    serial: Annotated[
        str, typer.Argument(help="Block of serial numbers, in its registry's format.")
    ],
    evidence: Evidence,
) -> None:
    """Request to immobilise a block of yours; its serial numbers are reserved."""
    from tonne.units import foreign_serials, immobilisation

    account = session.account
    book = _book(session)
    found = _batch(book, batch)
    block = foreign_serials.parse(book.registries[found.terms["registry"]].name, serial)
    number = immobilisation.request(session.chain, book, account, found, block, text_hash(evidence))
    session.show(
        {"request": number, "batch": batch, "tonnes": block.quantity},
        f"Request {number}: {block.quantity:,} t into batch {batch}. An officer makes it final when"
        " the registry has locked the block.",
    )


@app.command()
@command(needs=Signer)
def bond(session: Signer) -> None:
    """Take the bonds that came back from your requests to immobilise."""
    chain = session.chain
    asset = int(chain["SettlementCurrency"].address, 16)
    owed = chain.call("Immobilisation", "payoutOf", session.participant, asset)
    args = (session.participant, asset, session.account)
    session.send("Immobilisation", "withdrawPayout", *args)
    digits = chain.call("SettlementCurrency", "decimals")
    session.show(
        {"bond": owed, "decimals": digits}, f"{cents(owed * 100 // 10**digits)} are in your wallet."
    )


@app.command()
@command(needs=Signer)
def release(
    session: Signer,
    batch: BatchNumber,
    tonnes: Annotated[int, typer.Argument(help="Units to release [t].", min=1)],
) -> None:
    """Request to release units to the registry and account they came from."""
    from tonne.units import immobilisation

    holder = session.account
    chain, found = session.chain, _batch(_book(session), batch)
    home = found.terms["account"]
    data = immobilisation.release_data(found)
    to = chain["Immobilisation"]
    receipt = session.send("OffsetCredits", "safeTransferFrom", holder, to, found.id, tonnes, data)
    asked = session.sent_event(receipt, "ReleaseRequested")
    session.show(
        {"request": asked["request"], "batch": batch, "tonnes": tonnes, "account": home},
        f"Request {asked['request']}: {tonnes:,} t of batch {batch} back to {home}.",
    )


@app.command()
@command(needs=Signer)
def finalise(session: Signer, number: RequestNumber, evidence: Evidence) -> None:
    """Finalise a request, as an officer, once its registry has locked or unlocked the block."""
    from tonne.units import immobilisation
    from tonne.units.immobilisation_state import IMMOBILISE

    officer = session.account
    book = _book(session)
    asked = immobilisation.waiting(book, number)
    blocks = immobilisation.finalise(session.chain, book, officer, asked, text_hash(evidence))
    done = "Immobilised" if asked.kind == IMMOBILISE else "Released"
    lines = [f"{first} to {last}" for first, last in blocks]
    data = {
        "request": number,
        "done": done.lower(),
        "batch": asked.batch.number,
        "blocks": [{"first": first, "last": last} for first, last in blocks],
    }
    session.show(data, f"{done} of batch {asked.batch.number}:", *lines)


@app.command()
@command(needs=Signer)
def revert(
    session: Signer,
    number: RequestNumber,
    reason: Reason,
) -> None:
    """Withdraw a request, as its author or as an officer; its effects are undone."""
    from tonne.units import immobilisation
    from tonne.units.immobilisation_state import REQUESTS

    account = session.account
    book = _book(session)
    asked = immobilisation.waiting(book, number)
    immobilisation.revert(session.chain, book, account, asked, text_hash(reason))
    data = {"request": number, "reverted": REQUESTS[asked.kind]}
    session.show(data, f"Request {number} is withdrawn and its effects undone.")


def _book(session: Session) -> SerialBook:
    from tonne.units.immobilisation_state import SerialBook

    return SerialBook.read(session.chain, session.first_block)


def _batch(book: SerialBook, number: int) -> Batch:
    found = next((b for b in book.batches.values() if b.number == number), None)
    if found is None:
        raise refused("OFFSET_BATCH_UNKNOWN", batch=number)
    return found


def _batch_data(book: SerialBook, batch: Batch) -> dict[str, Any]:
    return {
        "batch": batch.number,
        "id": hex(batch.id),
        "registry": book.registries[batch.terms["registry"]].name,
        "project": batch.terms["project"],
        "methodology": batch.terms["methodologyText"],
        "vintage": batch.terms["vintage"],
        "hostCountry": batch.terms["hostCountry"],
        "account": batch.terms["account"],
        "blocks": len(batch.blocks),
        "here": book.here(batch),
    }


def _show_batch(session: Session, book: SerialBook, batch: Batch) -> None:
    data = _batch_data(book, batch)
    registry = batch.terms["registry"]
    blocks = [
        {"issuance": book.issuance_of(registry, series), "first": first, "last": last}
        for series, first, last in batch.blocks
    ]
    about = table("", ("", ""), [(k, v) for k, v in data.items()])
    rows = [(b["issuance"] or "(whole registry)", b["first"], b["last"]) for b in blocks]
    listed = table("Blocks, in the order they leave", ("issuance", ">first", ">last"), rows)
    session.show({**data, "blocks": blocks}, about, listed)


def _reason(plan: Plan, code: str) -> str:
    """Reason of the first row with a code."""
    return next(v.reason for v in plan.verdicts if v.code == code)
