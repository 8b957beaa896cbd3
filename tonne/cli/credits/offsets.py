"""`tonne offsets`: credits of other registries, immobilised here and given back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    SchemeNumber,
    connect,
    errors,
    key,
    show,
    table,
)
from tonne.crypto.accounts import keccak
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.units import foreign_serials, immobilisation, registry_extracts
from tonne.units.immobilisation_state import IMMOBILISE, REQUESTS, STRETCHES, Batch, SerialBook

app = typer.Typer(
    help="Offset credits: bring those of other registries here, give them back; end invalid ones."
)

BatchNumber = Annotated[int, typer.Argument(help="Number of the batch, see `list`.", min=1)]
RequestNumber = Annotated[int, typer.Argument(help="Number of the request, see `list`.", min=1)]
Evidence = Annotated[str, typer.Option(help="What shows it; its hash goes on record.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Extract of a registry, as CSV.")],
    to: Annotated[str | None, typer.Option(help="Wallet the units are issued to.")] = None,
    account: Annotated[
        str | None,
        typer.Option(help="Account in the other registry; else the proponent of each project."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide, and change nothing.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the rows' answers here (JSON).")
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    scheme: SchemeNumber = 1,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Take in an extract: issued blocks come here, used ones are barred for ever.

    Every row is accepted or refused with a reason. A second run changes nothing.
    """
    rows = registry_extracts.read(file)
    desk = connect(rpc, folder, scheme)
    chain = desk.chain
    book = _book(desk)
    plan = registry_extracts.plan(rows, book, scheme, account, immobilisation.closed(chain, book))
    if not dry_run:
        officer = key(name, keystore_file, passphrase_file)
        if plan.blocks and to is None:
            raise TonneError(
                "OFFSET_NO_WALLET",
                f"The units of {len(plan.blocks)} blocks need a wallet.",
                field="to",
                remedy="Give --to ADDRESS, the wallet of who holds them in the other registry.",
            )
        chain.fund([officer])
        with _progress(plan, as_json) as on_progress:
            evidence = keccak(file.read_bytes())
            immobilisation.carry_out(chain, plan, book, officer, to or "", evidence, on_progress)
    answers = [verdict.as_dict() for verdict in plan.verdicts]
    if report is not None:
        report.write_text(json.dumps(answers, indent=2, ensure_ascii=False) + "\n", "utf-8")
    counts = plan.counts()
    titles = ("answer", "reason", "event", ">rows")
    rows_shown = [(a, f"{code}: {_reason(plan, code)}", event, n) for a, code, event, n in counts]
    data: dict[str, Any] = {
        "dryRun": dry_run,
        "rows": len(answers),
        "counts": [
            {"accepted": a == "accepted", "code": code, "event": event, "rows": n}
            for a, code, event, n in counts
        ],
    }
    if report is None:
        data["answers"] = answers
    said = "Nothing was changed (--dry-run)." if dry_run else ""
    if report is not None:
        said = f"{said} Row by row: {report}".strip()
    show(
        data,
        as_json,
        table(f"{len(answers):,} rows", titles, rows_shown),
        *([said] if said else []),
    )


@app.command("list")
def list_(rpc: Rpc = DEFAULT_RPC, folder: Folder = record.FOLDER, as_json: AsJson = False) -> None:
    """List the batches of other registries' blocks, and the requests that wait."""
    book = _book(connect(rpc, folder))
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
    columns = (">batch", "registry", "project", ">vintage", ">blocks", ">tonnes here")
    shown = table(
        f"{len(batches):,} batches",
        columns,
        [
            (b["batch"], b["registry"], b["project"], b["vintage"], b["blocks"], f"{b['here']:,}")
            for b in batches
        ],
    )
    asked = table(
        "Requests that wait",
        (">request", "what", ">batch", ">tonnes", "holder"),
        [(w["request"], w["what"], w["batch"], f"{w['tonnes']:,}", w["wallet"]) for w in waiting],
    )
    show(
        {"batches": batches, "requests": waiting},
        as_json,
        *([shown] if batches else ["No batch of another registry."]),
        *([asked] if waiting else []),
    )


@app.command("show")
def show_(
    what: Annotated[str, typer.Argument(help="Number of a batch, or a serial number.")],
    registry: Annotated[str, typer.Option(help="The registry of a serial number.")] = "VERRA",
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show a batch with its blocks, or what a block of serial numbers is here."""
    book = _book(connect(rpc, folder))
    if what.isascii() and what.isdigit():
        _show_batch(book, _batch(book, int(what)), as_json)
        return
    block = foreign_serials.parse(registry.upper(), what)
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
        "series": block.series,
        "first": block.first,
        "last": block.last,
        "quantity": block.quantity,
        "stretches": found,
    }
    title = f"{block.registry} {block.series} {block.first} to {block.last} ({block.quantity:,} t)"
    show(data, as_json, title, *(lines or ["Nothing of it is known here."]))


@app.command()
def request(
    batch: BatchNumber,
    serial: Annotated[str, typer.Argument(help="The block, as its registry writes it.")],
    evidence: Evidence,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Ask to bring a block of yours here; its serial numbers are reserved."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    book = _book(desk)
    found = _batch(book, batch)
    block = foreign_serials.parse(book.registries[found.terms["registry"]].name, serial)
    number = immobilisation.request(
        desk.chain, book, account, found, block, keccak(evidence.encode())
    )
    show(
        {"request": number, "batch": batch, "tonnes": block.quantity},
        as_json,
        f"Request {number}: {block.quantity:,} t into batch {batch}. An officer makes it final when"
        " the registry has locked the block.",
    )


@app.command()
def release(
    batch: BatchNumber,
    tonnes: Annotated[int, typer.Argument(help="Units to give back [t].", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Ask to give units back to the registry and account they came from."""
    desk = connect(rpc, folder)
    holder = key(name, keystore_file, passphrase_file)
    chain, found = desk.chain, _batch(_book(desk), batch)
    home = found.terms["account"]
    chain.fund([holder])
    data = immobilisation.release_data(found)
    to = chain["Immobilisation"]
    receipt = chain.send(
        holder, "OffsetCredits", "safeTransferFrom", holder, to, found.id, tonnes, data
    )
    asked = next(e for e in chain.events(receipt) if e.name == "ReleaseRequested")
    show(
        {"request": asked["request"], "batch": batch, "tonnes": tonnes, "account": home},
        as_json,
        f"Request {asked['request']}: {tonnes:,} t of batch {batch} back to {home}.",
    )


@app.command()
def finalise(
    number: RequestNumber,
    evidence: Evidence,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Make a request final, as an officer: its registry has locked or unlocked the block."""
    desk = connect(rpc, folder)
    officer = key(name, keystore_file, passphrase_file)
    book = _book(desk)
    asked = immobilisation.waiting(book, number)
    blocks = immobilisation.finalise(desk.chain, book, officer, asked, keccak(evidence.encode()))
    done = "Immobilised" if asked.kind == IMMOBILISE else "Released"
    lines = [f"{first} to {last}" for first, last in blocks]
    data = {
        "request": number,
        "done": done.lower(),
        "batch": asked.batch.number,
        "blocks": [{"first": first, "last": last} for first, last in blocks],
    }
    show(data, as_json, f"{done} of batch {asked.batch.number}:", *lines)


@app.command()
def revert(
    number: RequestNumber,
    reason: Annotated[str, typer.Option(help="Why; its hash goes on record.")],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """End a request, as who made it or as an officer: all is as it was before."""
    desk = connect(rpc, folder)
    account = key(name, keystore_file, passphrase_file)
    book = _book(desk)
    asked = immobilisation.waiting(book, number)
    immobilisation.revert(desk.chain, book, account, asked, keccak(reason.encode()))
    data = {"request": number, "reverted": REQUESTS[asked.kind]}
    show(data, as_json, f"Request {number} is ended; all is as it was before.")


# Inside


def _book(desk: Desk) -> SerialBook:
    return SerialBook.read(desk.chain, desk.deployment.first_block)


def _batch(book: SerialBook, number: int) -> Batch:
    found = next((b for b in book.batches.values() if b.number == number), None)
    if found is None:
        raise TonneError(
            "OFFSET_BATCH_UNKNOWN",
            "There is no such batch of another registry.",
            field="batch",
            value=number,
            remedy="See `tonne offsets list`.",
        )
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


def _show_batch(book: SerialBook, batch: Batch, as_json: bool) -> None:
    data = _batch_data(book, batch)
    registry = batch.terms["registry"]
    blocks = [
        {"series": book.text_of(registry, series), "first": first, "last": last}
        for series, first, last in batch.blocks
    ]
    about = table("", ("", ""), [(k, v) for k, v in data.items()])
    rows = [(b["series"] or "(whole registry)", b["first"], b["last"]) for b in blocks]
    listed = table("Blocks, in the order they leave", ("series", ">first", ">last"), rows)
    show({**data, "blocks": blocks}, as_json, about, listed)


def _reason(plan: registry_extracts.Plan, code: str) -> str:
    """One sentence for a code; where rows tell more, an example."""
    return next(v.reason for v in plan.verdicts if v.code == code)


@contextmanager
def _progress(plan: registry_extracts.Plan, as_json: bool) -> Iterator[Any]:
    total = immobilisation.steps(plan)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True, disable=as_json) as bar:
        task = bar.add_task("sending", total=total)
        yield lambda count: bar.advance(task, count)
