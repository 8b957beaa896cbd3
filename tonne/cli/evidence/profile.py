"""`tonne profile`: names of participants, projects and sources, as signed documents with hashes on chain."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import PROFILES, Reason
from tonne.cli.core.output import table
from tonne.cli.core.session import Session, Signer, participant_named, text_hash
from tonne.cli.core.wallet_signing import Given, To, Wallet, attach, show_messages
from tonne.constants import ZERO_WORD
from tonne.errors import TonneError, refused
from tonne.text import harmless

if TYPE_CHECKING:
    from tonne.evidence.profiles import Named, ProfileFile

app = typer.Typer(
    help="Names: signed profiles of participants, projects and sources.", no_args_is_help=True
)

KINDS: Final = ("participant", "project", "source")
VALIDATED: Final = 2

Kind = Annotated[str, typer.Argument(help="Subject: participant, project or source.")]
Subject = Annotated[
    str,
    typer.Argument(help="Its number; of a source, the name in its projects or the hash of it."),
]
Document = Annotated[Path, typer.Argument(help="Document of `sign`.")]


@app.command()
@command(needs=Signer)
def new(
    session: Signer,
    kind: Kind,
    subject: Subject,
    out: Annotated[
        Path | None, typer.Option(help="Form to write; default: KIND-SUBJECT.profile.toml.")
    ] = None,
) -> None:
    """Write a form for the profile of your participant, or of a project or source of yours."""
    from tonne import files
    from tonne.evidence import profiles

    _entitled(session, kind, subject)
    stem = subject[:10] if subject.startswith("0x") else "".join(c for c in subject if c.isalnum())
    path = out or Path(f"{kind}-{stem[:40] or 'named'}{profiles.FORM_SUFFIX}")
    what = f"{kind} {harmless(subject)}".replace("\n", " ")
    try:
        files.create(path, profiles.FORM.format(what=what, file=path), files.ORDINARY)
    except FileExistsError:
        raise refused("PROFILE_FORM_EXISTS", path=str(path)) from None
    signing = f"`tonne profile sign {path} {kind} {shlex.quote(subject)}`"
    session.show({"file": path}, f"Written to {path}. Fill it in, then {signing}.")


@app.command()
@command(needs=Signer, wallet=None)
def sign(
    session: Signer,
    file: Annotated[Path, typer.Argument(help="Form of `new`.")],
    kind: Kind,
    subject: Subject,
    out: Annotated[
        Path | None, typer.Option(help="Document to write; default: beside it, .profile.json.")
    ] = None,
) -> None:
    """Make a signed document of a form. Nothing is published yet."""
    from tonne import files
    from tonne.crypto.hashing import keccak
    from tonne.evidence import profiles

    number, word = _entitled(session, kind, subject)
    raw = profiles.sign(session.chain, session.account, number, word, profiles.load_form(file))
    stem = file.name.removesuffix(profiles.FORM_SUFFIX).removesuffix(".toml")
    path = out or file.with_name(stem + profiles.SUFFIX)
    files.write(path, raw, files.PRIVATE)
    then = f"Signed as {path}. Next: `tonne profile publish {path}`."
    if session.wallet is not None:
        then = f"Written to {path}. Next: `tonne profile typed-data {path}`."
    session.show({"file": path, "documentHash": keccak(raw)}, then)


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: Document, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    from tonne.evidence import awaited_signatures

    show_messages(
        session,
        awaited_signatures.awaited_in(_document(session, file)[1]),
        of,
        out,
        "profile",
        file,
    )


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: Document, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    attach(session, file, _document(session, file)[1], signature, _save)


def _save(path: Path, document: ProfileFile) -> None:
    from tonne import files
    from tonne.evidence import profiles

    files.write(path, profiles.text_of(document), files.PRIVATE)


@app.command()
@command(needs=OfficerAct, profiles=PROFILES)
def publish(act: OfficerAct, file: Document) -> None:
    """Put the hash of a document on record, and the document into the folder of profiles.

    The wallet that signed publishes: with its key, or a Safe by the file of --safe.
    """
    from tonne.crypto.hashing import keccak
    from tonne.evidence import profiles

    raw, document = _document(act, file)
    chain, signer = act.chain, _signer(act, document)
    if signer != act.officer:
        message = f"It is signed by {signer}, not by the wallet that would publish it."
        raise _not_published("signature", signer, message)
    kind = KINDS[document.subjectKind - 1]
    subject = (
        "0x" + document.subject.hex()
        if kind == "source"
        else str(int.from_bytes(document.subject, "big"))
    )
    participant = chain.call("Participants", "walletOf", signer)[0]
    _require_entitled(act, kind, subject, participant)
    records = profiles.ChainRecords(chain, act.first_block)
    if not profiles.has_registered_name(document, records):
        own = records.registered_name(int(subject))
        raise refused(
            "PROFILE_OTHER_NAME",
            content_name=document.content.name,
            subject=subject,
            registered_name=harmless(own or ""),
        )
    hash_, about = keccak(raw), (document.subjectKind, document.subject)
    path = profiles.path_of(act.profiles, hash_)
    if not act.dry_run:
        profiles.keep(act.profiles, raw)
    before = records.current((*about, participant)) or ZERO_WORD
    known = "none" if before == ZERO_WORD else f"0x{before.hex()}"
    change = Effect(f"Profile of {kind} {subject}", known, f"0x{hash_.hex()}")
    act.do(
        "Publish a profile",
        [OfficerCall("Profiles", "publish", (*about, hash_), [change])],
        {"documentHash": hash_, "file": path},
        [
            escape(f"  Its name is “{harmless(document.content.name)}”, by {path}."),
            "  Give the file to those who are to see the name; the chain has its hash alone.",
        ],
    )


@app.command()
@command(needs=Signer, profiles=PROFILES)
def withdraw(
    session: Signer,
    kind: Kind,
    subject: Subject,
    by: Annotated[
        str | None,
        typer.Option(help="Participant whose profile it is, as its registrar; default: your own."),
    ] = None,
    reason: Reason = "",
) -> None:
    """Withdraw a profile: no document stands on record, and the copy here is removed."""
    from tonne.evidence import profiles

    number, word = _subject(kind, subject)
    owner = session.participant if by is None else participant_named(session, by, "participant")
    record = session.chain.call("Profiles", "profileOf", number, word, owner)
    path = profiles.path_of(session.profiles, record.documentHash)
    args = (number, word, owner, text_hash(reason) if reason else ZERO_WORD)
    receipt = session.send("Profiles", "withdraw", *args)
    removed = path.is_file()
    path.unlink(missing_ok=True)
    session.show(
        {"withdrawn": record.documentHash, "removed": removed, "transaction": receipt.hash},
        f"The profile of {kind} {escape(harmless(subject))} is withdrawn"
        + (f", and {path} is removed." if removed else "."),
        "Have other copies of the document deleted: its hash tells nothing without it.",
    )


@app.command("show")
@command(needs=Session, profiles=PROFILES)
def show_(session: Session, kind: Kind, subject: Subject) -> None:
    """Show a profile by the participant entitled to it; status 1 if its document is missing or wrong."""
    number, word = _subject(kind, subject)
    found = [
        (by, session.names.of(number, word, by)) for by in _namers(session, kind, subject, word)
    ]
    data = [{"by": by, **_data(named)} for by, named in found]
    lines: list[Any] = []
    for by, named in found:
        text = named.beside(f"{kind} {harmless(subject)}")
        lines.append(escape(f"{text}, by participant {by}{_remark(named)}"))
        if named.file is not None:
            facts = named.file.content.model_dump(exclude={"salt", "names"}) | {
                f"name ({code})": name for code, name in named.file.content.names.items()
            }
            shown = [(key, harmless(str(value))) for key, value in facts.items() if value]
            lines.append(table("", ("", ""), shown))
    session.show({"profiles": data}, *lines or ["Nobody is entitled to name it here."])
    if any(named.state in ("missing", "wrong") for _, named in found):
        raise typer.Exit(1)


def _remark(named: Named) -> str:
    return {
        "none": ": no profile was published",
        "named": ": its own statement",
        "missing": f": put the document at {named.detail}",
    }.get(named.state, "")


def _data(named: Named) -> dict[str, Any]:
    content = named.file.content.model_dump(mode="json") if named.file is not None else None
    return {"state": named.state, "detail": named.detail or None, "content": content}


def _subject(kind: str, subject: str) -> tuple[int, bytes]:
    """The kind's number and the subject's word."""
    from tonne.evidence import profiles

    if kind not in KINDS:
        raise refused("PROFILE_KIND", kind=kind, kinds=", ".join(KINDS))
    if kind == "source":
        hashed = subject.startswith("0x") and len(subject) == 66
        try:
            word = bytes.fromhex(subject[2:]) if hashed else text_hash(subject)
        except ValueError:
            raise _unreadable(subject) from None
        return profiles.KINDS[kind], word
    most = 2**24 if kind == "participant" else 2**32
    if not subject.isascii() or not subject.isdigit() or not 0 < int(subject) < most:
        raise _unreadable(subject)
    return profiles.KINDS[kind], profiles.number_word(int(subject))


def _unreadable(subject: str) -> TonneError:
    return refused("PROFILE_SUBJECT", subject=subject)


def _document(session: Session, file: Path) -> tuple[bytes, ProfileFile]:
    """A document as its bytes and read; it must be for this chain."""
    from tonne.evidence import profiles

    if not file.is_file():
        raise TonneError(
            "PROFILE_FILE_MISSING",
            "There is no such file.",
            field="file",
            value=str(file),
            remedy="Make it with `tonne profile sign --help`.",
        )
    raw, chain = file.read_bytes(), session.chain
    document = profiles.parse(file.name, raw)
    here = (chain.chain_id, chain["Profiles"].address.lower())
    if (document.chainId, document.contract.lower()) != here:
        raise _not_published("contract", document.contract, "It is for another chain or contract.")
    return raw, document


def _signer(session: Session, document: ProfileFile) -> str:
    """Wallet that signed a document; PROFILE_SIGNATURE_MISSING while it is awaited."""
    from tonne.chain.wallet_signers import signer_of
    from tonne.crypto import wallet_signatures
    from tonne.crypto.eip712 import SignatureError

    wallet = wallet_signatures.awaited_wallet(document.signature)
    if wallet is not None:
        raise refused("PROFILE_SIGNATURE_MISSING", wallet=wallet)
    try:
        return signer_of(session.chain, document.struct(), document.domain(), document.signature)
    except SignatureError:
        return "no wallet"


def _entitled(session: Signer, kind: str, subject: str) -> tuple[int, bytes]:
    """The subject, if the account's participant is entitled to name it; else PROFILE_NOT_ENTITLED."""
    return _require_entitled(session, kind, subject, session.participant)


def _require_entitled(session: Session, kind: str, subject: str, who: int) -> tuple[int, bytes]:
    number, word = _subject(kind, subject)
    namers = _namers(session, kind, subject, word)
    if who not in namers:
        entitled = ", ".join(map(str, namers)) or "none yet"
        raise refused(
            "PROFILE_NOT_ENTITLED", subject=subject, who=who, kind=kind, entitled=entitled
        )
    return number, word


def _namers(session: Session, kind: str, subject: str, word: bytes) -> list[int]:
    """Participants entitled to name a subject."""
    chain = session.chain
    if kind == "participant":
        return [int(subject)]
    if kind == "project":
        count = chain.call("Projects", "projectCount")
        if int(subject) > count:
            return []
        return [chain.call("Projects", "project", int(subject)).developer]
    registered = chain.logs("Projects", "ProjectRegistered", session.first_block)
    numbers = [event["id"] for event in registered if event["source"] == word]
    found = chain.call_many(("Projects", "project", (number,)) for number in numbers)
    return sorted({project.developer for project in found if project.status >= VALIDATED})


def _not_published(field: str, value: object, message: str) -> TonneError:
    return TonneError(
        "PROFILE_NOT_PUBLISHED",
        message,
        field=field,
        value=value,
        remedy="Sign it with the key that publishes it: `tonne profile sign --help`.",
    )
