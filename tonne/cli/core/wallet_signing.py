"""What `typed-data` and `attach-signature` have in common: messages for wallets, and their signatures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.core.session import Session, Signer
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.chain.wallet_signers import Awaited
    from tonne.evidence.awaited_signatures import D

Wallet = Annotated[
    str | None, typer.Option("--of", help="Address of the wallet; default: of every awaited one.")
]
To = Annotated[Path | None, typer.Option("--out", help="File to write; default: show it.")]
Given = Annotated[
    str,
    typer.Argument(help="Signature in hex, as the wallet gives it; a contract's of any length."),
]


def show_messages(
    session: Session,
    waiting: Sequence[Awaited],
    wallet: str | None,
    out: Path | None,
    group: str,
    file: Path,
) -> None:
    """Shows the messages for `eth_signTypedData_v4`; writes the first to a file.

    `group` has the command that attaches the signature to `file`.
    """
    from tonne import files

    messages = [a for a in waiting if wallet is None or a.wallet.lower() == wallet.lower()]
    if not messages:
        raise TonneError(
            "SIGNATURE_NOT_AWAITED",
            "No signature is awaited here.",
            field="of",
            value=wallet,
            remedy="Sign with --wallet ADDRESS first: the file then awaits that wallet's signature.",
        )
    first, text = messages[0], json.dumps(messages[0].as_typed_data(), indent=2)
    if out is not None:
        files.write(out, text + "\n")
    then = f"; {len(messages) - 1} more after it" if len(messages) > 1 else ""
    name = type(first.struct).__name__
    session.show(
        {"messages": [{"wallet": a.wallet, "typedData": a.as_typed_data()} for a in messages]},
        f"{name}, to be signed by {first.wallet} (eth_signTypedData_v4){then}",
        f"Written to {out}." if out else text,
        f"Then, with the wallet's answer: tonne {group} attach-signature {quote(str(file))} SIGNATURE",
    )


def attach(
    session: Session, path: Path, evidence: D, signature: str, save: Callable[[Path, D], object]
) -> None:
    """Attaches a wallet's signature to evidence that awaits it, and writes its file."""
    from tonne.evidence import awaited_signatures

    signed, each = awaited_signatures.attach(session.chain, evidence, bytes_of(signature))
    save(path, signed)
    attached(session, path, each, len(awaited_signatures.awaited_in(signed)))


def attached(session: Session, path: Path, each: Awaited, left: int) -> None:
    rest = f"{left} more are awaited." if left else "Every awaited signature is there."
    data = {
        "file": path,
        "attached": type(each.struct).__name__,
        "wallet": each.wallet,
        "awaited": left,
    }
    session.show(data, f"{type(each.struct).__name__} is signed by {each.wallet}. {rest}")


def signed_as(session: Signer, role: str) -> str:
    """The role that was signed in, or that a wallet elsewhere has still to sign in it."""
    if session.wallet is None:
        return f"signed as {role}"
    return f"awaits the signature of {session.wallet} as {role}"


def then(session: Signer, messages: str, following: str) -> str:
    """The next commands: `following`, after `messages` shows a wallet elsewhere what it has to sign."""
    return following if session.wallet is None else f"{messages} for the wallet, then {following}"


def bytes_of(text: str) -> bytes:
    """A signature from hex text."""
    try:
        return bytes.fromhex(text.strip().removeprefix("0x"))
    except ValueError:
        raise refused("SIGNATURE_NO_HEX", signature=text) from None
