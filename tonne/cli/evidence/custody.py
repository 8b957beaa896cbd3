"""`tonne evidence`: a content-addressed store of evidence, and its custody on record."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import Reason
from tonne.cli.core.output import Printer, table
from tonne.cli.core.session import Session, Signer, text_hash
from tonne.errors import TonneError, refused

app = typer.Typer(
    help="Evidence: keep it by its content, mirror it, and have its custody on record.",
    no_args_is_help=True,
)

Store = Annotated[
    Path,
    typer.Option(
        "--store", envvar="TONNE_EVIDENCE", help="Folder of the store.", show_default=True
    ),
]
DEFAULT: Final = Path("evidence-store")
Root = Annotated[str, typer.Argument(help="Root of a manifest, 32 bytes in hex.")]


@app.command()
@command(needs=Printer)
def put(
    session: Printer,
    folder: Annotated[Path, typer.Argument(help="Folder of evidence.")],
    store: Store = DEFAULT,
) -> None:
    """Take the files below a folder into the store; prints the root that reports and custody name."""
    from tonne.evidence.store import EvidenceStore

    kept = EvidenceStore(store)
    root = kept.put(folder)
    count = len(kept.manifest(root))
    session.show(
        {"root": "0x" + root.hex(), "files": count},
        "0x" + root.hex(),
        f"{count} files are in {store}.",
    )


@app.command()
@command(needs=Printer)
def statement(
    session: Printer,
    file: Annotated[Path, typer.Argument(help="Signed report under a qualified opinion.")],
    store: Store = DEFAULT,
) -> None:
    """Take the findings of a qualified opinion into the store, by the hash of their report."""
    from tonne.evidence import report_files, statements

    codes = ("REPORT_FILE_MISSING", "REPORT_MALFORMED")
    maker = "tonne report submit FILE --inbox FOLDER"
    signed = report_files.load(file, report_files.ReportFile, codes, "a signed report", maker)
    path = statements.keep(store, signed)
    session.show({"file": path}, f"{len(signed.statements)} statements are in {path}.")


@app.command()
@command(needs=Printer)
def get(
    session: Printer,
    root: Root,
    out: Annotated[Path, typer.Argument(help="New folder for the files.")],
    store: Store = DEFAULT,
) -> None:
    """Lay the files of a manifest out below a folder, each checked."""
    from tonne.evidence.store import EvidenceStore

    listed = EvidenceStore(store).get(_root(root), out)
    session.show({"files": len(listed), "out": out}, f"{len(listed)} files are in {out}.")


@app.command()
@command(needs=Printer)
def mirror(
    session: Printer,
    source: Annotated[str, typer.Argument(help="Another store: its folder, or address https://…")],
    roots: Annotated[
        list[str] | None, typer.Argument(help="Roots to take; default: all of a folder.")
    ] = None,
    store: Store = DEFAULT,
) -> None:
    """Take files that are missing or changed here from another store; each is checked first."""
    from tonne.evidence.store import EvidenceStore, source_of

    origin = source_of(source)
    wanted = [_root(one) for one in roots or ()]
    if not wanted:
        if not isinstance(origin, EvidenceStore):
            raise refused("EVIDENCE_NO_ROOT", source=source)  # fmt: skip
        wanted = origin.roots()
    taken = {"0x" + root.hex(): EvidenceStore(store).mirror(origin, root) for root in wanted}
    session.show(
        {"manifests": taken},
        f"{sum(taken.values())} files of {len(taken)} manifests came from {source}.",
    )


@app.command()
@command(needs=Session)
def check(
    session: Session,
    root: Annotated[
        str | None, typer.Argument(help="Only this root; default: all that reports on chain name.")
    ] = None,
    store: Store = DEFAULT,
) -> None:
    """Compare store and chain: each file that is missing or changed, each digest with too few holders.

    Exit status 1: something is missing, changed or lost; each is named.
    """
    from tonne.evidence.custody import named_roots, standing_of
    from tonne.evidence.store import EvidenceStore

    kept = EvidenceStore(store)
    chain = session.chain
    named = named_roots(chain, session.first_block)
    roots = {_root(root): named.get(_root(root), "")} if root else named
    found = []
    for one, what in roots.items():
        broken = list(kept.check(one))
        standing = standing_of(chain, one)
        found.append((one, what, broken, standing))
    wrong = [row for row in found if row[2] or row[3].lost]
    rows = [
        ("0x" + one.hex()[:16] + "…", what, _problems(broken) or "complete", str(standing))
        for one, what, broken, standing in found
    ]
    session.show(
        {
            "sound": not wrong,
            "evidence": [
                {"root": "0x" + one.hex(), "of": what, "standing": standing.name,
                 "deadline": standing.deadline or None,
                 "holders": [[h.participant, h.until] for h in standing.holders],
                 "missing": [{"path": b.path, "sha256": b.sha256, "problem": b.problem} for b in broken]}
                for one, what, broken, standing in found
            ],
        },
        table(f"{len(rows)} manifests", ("root", "of", "files here", "custody"), rows),
    )  # fmt: skip
    if wrong:
        raise typer.Exit(1)


@app.command()
@command(needs=Signer)
def keep(
    session: Signer,
    root: Root,
    until: Annotated[
        str, typer.Option(help="Day until which you answer for the files (UTC), e.g. 2031-12-31.")
    ],
    store: Store = DEFAULT,
) -> None:
    """Take custody of a manifest's files on record, a year at least; they must be in the store."""
    from tonne.evidence.store import EvidenceStore

    digest = _root(root)
    _complete(EvidenceStore(store), digest)
    moment = _moment(until)
    session.send("EvidenceCustody", "keep", digest, moment)
    _told(session, digest, f"You keep the evidence until {until}.")


@app.command("give-up")
@command(needs=Signer)
def give_up(session: Signer, root: Root, reason: Reason) -> None:
    """Say that you no longer have the files; others have 30 days to take custody."""
    digest = _root(root)
    session.send("EvidenceCustody", "giveUp", digest, text_hash(reason))
    _told(session, digest, "You no longer keep the evidence.")


@app.command()
@command(needs=Signer)
def request(
    session: Signer,
    root: Root,
    participant: Annotated[int, typer.Argument(help="Participant that keeps the files.", min=1)],
) -> None:
    """Ask a holder for the files: it answers within 14 days, or anyone can strike it."""
    digest = _root(root)
    session.send("EvidenceCustody", "request", digest, participant)
    _told(session, digest, f"Participant {participant} has 14 days to answer.")


@app.command()
@command(needs=Signer)
def confirm(session: Signer, root: Root, store: Store = DEFAULT) -> None:
    """Answer a request: you have the files, checked in the store, and hand them over."""
    from tonne.evidence.store import EvidenceStore

    digest = _root(root)
    _complete(EvidenceStore(store), digest)
    session.send("EvidenceCustody", "confirm", digest)
    _told(session, digest, "Answered.")


@app.command()
@command(needs=Signer)
def strike(
    session: Signer,
    root: Root,
    participant: Annotated[int, typer.Argument(help="Participant that did not answer.", min=1)],
) -> None:
    """Strike a holder that did not answer a request in time."""
    digest = _root(root)
    session.send("EvidenceCustody", "strike", digest, participant)
    _told(session, digest, f"Participant {participant} is struck.")


def _problems(broken: list[Any]) -> str:
    return "; ".join(f"{one.path} {one.problem}" for one in broken[:3])


def _complete(store: Any, digest: bytes) -> None:
    """Raises where a file of the manifest is missing or changed."""
    broken = list(store.check(digest))
    if broken:
        raise TonneError(
            "EVIDENCE_INCOMPLETE",
            f"{len(broken)} files are not in {store}: {broken[0].path} is {broken[0].problem}.",
            field="store",
            value=str(store),
            remedy="`tonne evidence put FOLDER`, or `mirror` from another holder.",
        )


def _moment(day: str) -> int:
    try:
        return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise refused("EVIDENCE_DAY", day=day) from None


def _told(session: Signer, digest: bytes, said: str) -> None:
    from tonne.evidence.custody import standing_of

    standing = standing_of(session.chain, digest)
    session.show(
        {"root": "0x" + digest.hex(), "standing": standing.name, "holders": len(standing.holders)},
        said,
        f"The evidence is {standing}.",
    )


def _root(text: str) -> bytes:
    try:
        root = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        root = b""
    if len(root) != 32:
        raise refused("EVIDENCE_ROOT", root=text)  # fmt: skip
    return root
