"""`tonne wallet`: applications, the list of participants, and acts when keys are lost or stolen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import ON_RECORD, PROFILES, Participant
from tonne.cli.core.output import Listing, many, table
from tonne.cli.core.session import (
    STATUSES,
    Keeper,
    Session,
    Signer,
    address_of,
    participant_named,
    text_hash,
)
from tonne.constants import ZERO_WORD
from tonne.errors import TonneError, refused
from tonne.types.ids import UnitId

app = typer.Typer(
    help="Participants and their wallets: apply, list; lost keys.", no_args_is_help=True
)

#: Kinds of participant, by the words of commands; `Kinds` of IParticipants.
KINDS: Final = {
    "emitter": 1,
    "trader": 2,
    "verifier": 4,
    "developer": 8,
    "authority": 16,
    "operator": 32,
}

Statement = Annotated[str, typer.Option("--statement", help=f"Statement. {ON_RECORD}")]


@app.command()
@command(needs=Signer)
def apply(
    session: Signer,
    kinds: Annotated[
        str | None, typer.Option(help=f"Kinds of participant, joined by +: {', '.join(KINDS)}.")
    ] = None,
    jurisdiction: Annotated[int | None, typer.Option(help="Jurisdiction number.", min=1)] = None,
    details: Annotated[str, typer.Option(help=f"What the documents are. {ON_RECORD}")] = "",
    file: Annotated[
        Path | None,
        typer.Option(help="CSV file of people: wallet (keystore), kinds, jurisdiction[, details]."),
    ] = None,
) -> None:
    """Apply for registration with your wallet, or for all people of a file with theirs.

    A pending application is replaced. --passphrase-file opens every keystore of the file.
    """
    if file is not None:
        _apply_all(session, file)
        return
    if kinds is None or jurisdiction is None:
        raise TonneError(
            "APPLICATION_INCOMPLETE",
            "An application names kinds and a jurisdiction.",
            field="kinds" if kinds is None else "jurisdiction",
            remedy="Give --kinds and --jurisdiction, or --file with a row for each wallet.",
        )
    session.send("Participants", "applyFor", kinds_named(kinds), jurisdiction, text_hash(details))
    session.show(
        {"wallet": session.account.address, "jurisdiction": jurisdiction},
        f"{session.account.address} has applied in jurisdiction {jurisdiction}; its registrar"
        f" approves with `tonne authority approve {session.account.address}`.",
    )


def _apply_all(session: Signer, file: Path) -> None:
    """Sends the application of each row without a participant or this very application, by its keystore."""
    from tonne.chain.client import Call
    from tonne.cli.core import decision_files
    from tonne.cli.core.session import read_key

    rows = decision_files.read(file, decision_files.FutureParticipant)
    wanted = [kinds_named(row.kinds) for row in rows]
    chain = session.chain
    addresses = [address_of(row.wallet, "wallet") for row in rows]
    held = chain.call_many(("Participants", "walletOf", (a,)) for a in addresses)
    filed = chain.call_many(("Participants", "applicationOf", (a,)) for a in addresses)
    registered, waiting, new = 0, 0, []
    for row, kinds, (number, _, _), application in zip(rows, wanted, held, filed, strict=True):
        if number:
            registered += 1
        elif application == _application(kinds, row.jurisdiction, row.details):
            waiting += 1
        else:
            new.append((row, kinds))
    people = [
        (read_key(None, Path(row.wallet), session.passphrase_file), row, kinds)
        for row, kinds in new
    ]
    chain.fund([account for account, _, _ in people])
    register = chain["Participants"]
    chain.send_many(
        Call(account, register, "applyFor", (kinds, row.jurisdiction, text_hash(row.details)))
        for account, row, kinds in people
    )
    applied = [account.address for account, _, _ in people]
    session.show(
        {"applied": applied, "appliedAlready": waiting, "registered": registered},
        table(
            "",
            ("wallet", "kinds", ">jurisdiction"),
            [(row.wallet, row.kinds, row.jurisdiction) for _, row, _ in people],
        ),
        f"{many(len(applied), 'wallet')} applied; {waiting} applied already, {registered} registered"
        " already. The registrar approves with `tonne authority approve --all`.",
    )


def _application(kinds: int, jurisdiction: int, details: str) -> bytes:
    """Hash by which `Participants.applicationOf` knows an application."""
    from tonne.crypto.hashing import keccak

    words = kinds.to_bytes(32, "big") + jurisdiction.to_bytes(32, "big") + text_hash(details)
    return keccak(words)


def kinds_named(text: str) -> int:
    """Bits of kinds of participant, by their words or as a number; raises KIND_UNKNOWN."""
    if text.isdigit():
        return int(text)
    for word in text.split("+"):
        if word not in KINDS:
            raise refused("KIND_UNKNOWN", word=word, choices=", ".join(KINDS))
    return sum({KINDS[word] for word in text.split("+")})


@app.command("list")
@command(needs=Session, profiles=PROFILES)
def list_(session: Session) -> None:
    """List every participant with its kinds, jurisdiction, status and primary wallet."""
    chain = session.chain
    numbers = range(1, chain.call("Participants", "participantCount") + 1)
    found = chain.call_many(("Participants", "participant", (n,)) for n in numbers)
    data = [
        {
            "participant": number,
            "kinds": "+".join(word for word, bit in KINDS.items() if one.kinds & bit),
            "jurisdiction": one.jurisdiction,
            "status": STATUSES[one.status],
            "wallet": one.primary,
            "wallets": one.walletCount,
        }
        for number, one in zip(numbers, found, strict=True)
    ]
    columns = ("participant", "kinds", ">jurisdiction", "status", "primary wallet", ">wallets")
    rows = [tuple(one.values()) for one in data]
    session.show(
        {"participants": data}, table("", columns, rows) if rows else "No participant yet."
    )


@app.command("claim-theft")
@command(needs=Signer)
def claim_theft(session: Signer, participant: Participant, statement: Statement) -> None:
    """Claim that keys of a participant were stolen; its wallets manage nothing from now on.

    By any wallet of it, by one that was removed within 30 days, or by its registrar.
    """
    number = participant_named(session, participant, "participant")
    receipt = session.send("Participants", "claimTheft", number, text_hash(statement))
    event = session.sent_event(receipt, "TheftClaimed")
    session.show(
        {"participant": number, "frozenUntil": event["frozenUntil"]},
        f"Management of participant {number} is frozen until"
        f" {session.local_time(event['frozenUntil'])}, or a decision before. Ask the registrar to"
        " suspend it, if the thief may trade.",
    )


@app.command()
@command(needs=Signer)
def answer(session: Signer, participant: Participant, statement: Statement) -> None:
    """Answer a claim of theft in its hearing, as claimant or accused."""
    number = participant_named(session, participant, "participant")
    session.send("Participants", "answerTheft", number, text_hash(statement))
    session.show({"participant": number}, f"Your answer about participant {number} is on record.")


@app.command()
@command(needs=Signer)
def join(session: Signer, participant: Participant) -> None:
    """Agree that your fresh wallet becomes one of the participant's by a decision."""
    number = participant_named(session, participant, "participant")
    session.send("Participants", "joinRecovery", number)
    session.show(
        {"wallet": session.account.address, "participant": number},
        f"{session.account.address} may be made a wallet of participant {number}.",
    )


@app.command("object")
@command(needs=Signer)
def object_(session: Signer) -> None:
    """Object to proposed wallets of your participant, which ends the proposal.

    With the right to manage, while no theft is claimed.
    """
    number = session.participant
    session.send("Participants", "cancelRecovery", number)
    session.show({"participant": number}, f"The proposal for participant {number} has ended.")


@app.command()
@command(needs=Keeper, scheme=1)
def recover(
    session: Keeper,
    lost: Annotated[
        str, typer.Argument(help="Lost wallet: address, keystore file, or account name.")
    ],
    units: Annotated[
        list[str],
        typer.Argument(help="Units: ids, allowance:2020, or energy credits by series as credit:1."),
    ],
) -> None:
    """Bring the free units of a lost wallet to its participant's primary wallet. Open to all."""
    from tonne.cli.core.unit_names import held_unit, unit_contract

    wallet = address_of(lost, "lost")
    ids = [held_unit(session, unit, session.scheme) for unit in units]
    by_contract: dict[str, list[UnitId]] = {}
    for unit in ids:
        by_contract.setdefault(unit_contract(unit), []).append(unit)
    for contract, part in by_contract.items():
        session.send(contract, "recoverHoldings", wallet, part)
    session.show({"lost": wallet, "units": [hex(unit) for unit in ids]}, "The units have followed.")


@app.command()
@command(needs=Session)
def recovery(session: Session, participant: Participant) -> None:
    """Show the claim of theft and the proposed wallets of a participant, and until when they wait."""
    number = participant_named(session, participant, "participant")
    found = session.chain.call("Participants", "recoveryOf", number)
    now = session.chain.now()
    proposed = _proposed(session, number) if found.proposal != ZERO_WORD else []
    data: dict[str, Any] = {
        "participant": number,
        "claimed": now < found.frozenUntil,
        "frozenUntil": found.frozenUntil,
        "nextClaimAt": found.nextClaimAt,
        "registrar": found.registrar,
        "decidableAt": found.decidableAt,
        "lapsesAt": found.lapsesAt,
        "wallets": proposed,
    }
    lines: list[str | Listing] = []
    if data["claimed"]:
        lines.append(
            f"Theft is claimed: management is frozen until {session.local_time(found.frozenUntil)}."
        )
    if proposed and now <= found.lapsesAt:
        lines.append(
            f"Proposed by {found.registrar}; to be decided from"
            f" {session.local_time(found.decidableAt)} until {session.local_time(found.lapsesAt)}:"
        )
        rows = [(w["wallet"], w["rights"], "yes" if w["agreed"] else "no") for w in proposed]
        lines.append(table("", ("wallet", ">rights", "agreed"), rows))
    session.show(data, *lines or [f"No claim and no proposal waits at participant {number}."])


def _proposed(session: Session, number: int) -> list[dict[str, Any]]:
    """Wallets of the last proposal, and whether each is bound already or has agreed."""
    from tonne.chain.contract import topic

    chain = session.chain
    topics = [topic(number)]
    last = chain.logs("Participants", "RecoveryProposed", session.first_block, topics=topics)[-1]
    wallets = last["wallets"]
    joined = chain.call_many(("Participants", "joining", (wallet,)) for wallet in wallets)
    owners = chain.call_many(("Participants", "walletOf", (wallet,)) for wallet in wallets)
    return [
        {"wallet": wallet, "rights": rights, "agreed": number in (agreed, owner)}
        for wallet, rights, agreed, (owner, _, _) in zip(
            wallets, last["rights"], joined, owners, strict=True
        )
    ]
