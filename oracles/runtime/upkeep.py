"""By an operator's hand: why a file is where it is; refused ones looked at again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from oracles.runtime.backup import Saved
from oracles.runtime.inbox import PLACES, Inbox, digest
from oracles.runtime.journal import Job, JobState, Journal
from tonne.errors import TonneError

#: Refusals that another look does not change.
REPEATED = (
    "REPORT_REPEATED",
    "EMISSIONS_ALREADY_REPORTED",
    "EMISSIONS_BATCH_REPEATED",
    "PROJECTS_ALREADY_REPORTED",
)

#: What happens next to a job of each state.
NEXT = {
    JobState.QUEUED: "it is signed when there is room in flight",
    JobState.PENDING: "it was sent; it is looked for, and sent again where a node lost it",
    JobState.MINED: "it is in a block that may still be reorganised",
    JobState.FINAL: "nothing: it is on the chain for good",
    JobState.FAILED: "nothing; after the cause is gone: `retry`",
    JobState.DONE_ELSEWHERE: "nothing: another copy brought it",
}


def print_inspected(path: Path, inbox: Inbox, journal: Path) -> None:
    """The command `inspect` of a daemon, which may be at work."""
    reader = Journal(journal, reads=True)
    try:
        for fact in inspected(path, inbox, reader):
            typer.echo(f"{fact.name:<8} {fact.said}")
    finally:
        reader.close()


def print_retried(inbox: Inbox, names: Sequence[str] | None, code: str | None) -> None:
    """The command `retry` of a daemon, which may be at work."""
    moved = retried(inbox, names or [], code)
    for name in moved:
        typer.echo(f"again    {name}")
    typer.echo(f"{len(moved)} files wait to be looked at again")


def print_saved(saved: Saved) -> None:
    """What a backup holds, or gave back."""
    chain = saved.facts["chain"] or "none"
    typer.echo(f"{saved.files} files, {saved.bytes} bytes of chain {chain}")


@dataclass(frozen=True, slots=True)
class FileFact:
    """One line of known facts."""

    name: str
    said: str


def inspected(path: Path, inbox: Inbox, journal: Journal) -> list[FileFact]:
    """Everything known of a file, by its name in the inbox or by its content."""
    found = _copies(path, inbox)
    if not found:
        raise TonneError(
            "ORACLE_FILE_UNKNOWN",
            f"No file {path.name} lies in {inbox.folder} or in its folders.",
            field="file",
            value=str(path),
            remedy="Name it as it was handed in, or give the path of a copy.",
        )
    facts = []
    for copy in found:
        sha256 = digest(copy)
        facts += [
            FileFact("file", str(copy)),
            FileFact("sha256", sha256),
            FileFact("place", _place(copy, inbox)),
        ]
        facts += _reason(copy)
        row = journal.file_row(sha256)
        if row is None:
            facts.append(FileFact("journal", "knows nothing of it: it was not looked at yet"))
            continue
        said = f"{row.outcome} as {row.name}" + (f": {row.code}: {row.reason}" if row.code else "")
        facts.append(FileFact("journal", said))
        job = journal.job(row.key) if row.key else None
        if job is not None:
            facts += _job(job, journal)
    return facts


def _copies(path: Path, inbox: Inbox) -> list[Path]:
    """Files of that name in the inbox, and those that have the content of a copy elsewhere."""
    rooms = [inbox.folder, *(inbox.folder / place for place in PLACES)]
    named = [room / path.name for room in rooms if (room / path.name).is_file()]
    if not path.is_file():
        return named
    sha256, size = digest(path), path.stat().st_size
    same = [
        file
        for room in rooms
        for file in sorted(room.iterdir())
        if file.is_file() and file.stat().st_size == size and digest(file) == sha256
    ]
    return same or [path]


def _place(path: Path, inbox: Inbox) -> str:
    if path.parent.resolve() == inbox.folder.resolve():
        return "inbox: it waits to be looked at, or for something that comes before it"
    if path.parent.parent.resolve() != inbox.folder.resolve():
        return "outside of the inbox"
    return {
        "accepted": "accepted: on its way to the chain",
        "done": "done: on the chain, in a final block",
        "rejected": "rejected: refused",
    }[path.parent.name]


def _reason(path: Path) -> list[FileFact]:
    beside = path.with_name(f"{path.name}.reason.json")
    if not beside.is_file():
        return []
    body = json.loads(beside.read_text(encoding="utf-8"))
    facts = [FileFact("reason", f"{body['code']}: {body['reason']}")]
    return facts + ([FileFact("remedy", body["remedy"])] if body.get("remedy") else [])


def _job(job: Job, journal: Journal) -> list[FileFact]:
    nonce = "none yet" if job.nonce is None else job.nonce
    facts = [FileFact("job", f"{job.key}: {job.state.value}, nonce {nonce}")]
    if job.block is not None:
        facts.append(FileFact("block", f"{job.block} {job.block_hash}"))
    if job.code:
        facts.append(FileFact("refusal", f"{job.code}: {job.reason}"))
    for attempt in journal.attempts(job.key):
        sent = (
            "not yet sent" if attempt.sent_block is None else f"sent at block {attempt.sent_block}"
        )
        fees = f"cap {attempt.fee_wei} wei, tip {attempt.tip_wei or 0} wei"
        facts.append(FileFact("attempt", f"{attempt.tx_hash}, {fees}, {sent}"))
    return [*facts, FileFact("next", NEXT[job.state])]


def retried(inbox: Inbox, names: Sequence[str], code: str | None = None) -> list[str]:
    """Puts refused files back to the front of the inbox; the daemon looks at them as at new ones. Without
    names all of them, or all with a code, repetitions apart. Done twice it does nothing more."""
    chosen = [_refused(inbox, name) for name in names] if names else _all(inbox, code)
    moved = []
    for path in chosen:
        if path is None:
            continue
        beside = path.with_name(f"{path.name}.reason.json")
        # The file first: each one in rejected/ has a reason. The journal keeps its code.
        if inbox.move(path.name, "", "rejected") is not None:
            beside.unlink(missing_ok=True)
            moved.append(path.name)
    return moved


def _refused(inbox: Inbox, name: str) -> Path | None:
    """The refused file with that name; None for one that waits or is pending."""
    plain = Path(name).name
    path = inbox.folder / "rejected" / plain
    if path.is_file():
        return path
    if any((inbox.folder / place / plain).is_file() for place in ("", "accepted", "done")):
        return None
    raise TonneError(
        "ORACLE_FILE_UNKNOWN",
        f"No file {plain} lies in {inbox.folder / 'rejected'}.",
        field="file",
        value=name,
        remedy="`inspect` says where a file lies.",
    )


def _all(inbox: Inbox, code: str | None) -> Iterable[Path]:
    for path in sorted((inbox.folder / "rejected").iterdir()):
        if not path.is_file() or ".reason." in path.name:
            continue
        beside = path.with_name(f"{path.name}.reason.json")
        said = json.loads(beside.read_text("utf-8"))["code"] if beside.is_file() else ""
        if said == code or (code is None and said not in REPEATED):
            yield path
