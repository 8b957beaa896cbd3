"""`tonne offsets issue`, `… lock`, `… invalidate`, `… reverse`, `… bind`: what befalls a batch of credits."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from tonne import deployments
from tonne.chain import Event
from tonne.cli.chains import unit_name
from tonne.cli.common import (
    DEFAULT_RPC,
    As,
    AsJson,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    connect,
    key,
    show,
)
from tonne.errors import TonneError
from tonne.signing import keccak

#: Class of offset credits in the id of a unit.
CREDIT: Final = 2

Unit = Annotated[str, typer.Argument(help="Id of the batch's unit, see `tonne status`.")]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def issue(
    report: Annotated[int, typer.Argument(help="Number of a final monitoring report.", min=1)],
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Issue the credits of a final monitoring report, as an officer: once, with their serial numbers."""
    chain = connect(rpc, folder).chain
    officer = key(name, keystore_file, passphrase_file)
    chain.fund([officer])
    events = chain.events(chain.send(officer, "Issuance", "issueFromReport", report))
    issued, batch = _only(events, "CreditsIssued"), _only(events, "BatchIssued")
    split = issued["split"]._asdict()
    first, last = batch["firstSerial"], batch["lastSerial"]
    said = ", ".join(f"{part} {amount:,} t" for part, amount in split.items() if amount)
    show(
        {"unit": hex(issued["id"]), "firstSerial": first, "lastSerial": last, "split": split},
        as_json,
        f"{unit_name(issued['id'])}, serial numbers {first:,} to {last:,}: {said}.",
    )


def lock(
    unit: Unit,
    reason: Reason,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Lock a batch, as an officer: nothing of it moves or leaves until it is unlocked or invalidated."""
    args = (_id(unit), True, keccak(reason.encode()))
    _act(rpc, folder, (name, keystore_file, passphrase_file), "setLocked", args)
    _tell(unit, "locked", "Nothing of it moves or leaves", as_json)


def unlock(
    unit: Unit,
    reason: Reason,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Unlock a batch, as an officer: all is as it was before."""
    args = (_id(unit), False, keccak(reason.encode()))
    _act(rpc, folder, (name, keystore_file, passphrase_file), "setLocked", args)
    _tell(unit, "active", "All is as it was before", as_json)


def invalidate(
    unit: Unit,
    reason: Reason,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Declare a locked batch invalid, as an officer. It cannot be undone; `clear` ends what is left of it."""
    args = (_id(unit), keccak(reason.encode()))
    _act(rpc, folder, (name, keystore_file, passphrase_file), "invalidateBatch", args)
    _tell(unit, "invalidated", f"End what is left of it with `tonne offsets clear {unit}`", as_json)


def bind(
    unit: Unit,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Let a batch that you hold all of be sold only to be retired. It cannot be undone."""
    account = (name, keystore_file, passphrase_file)
    _act(rpc, folder, account, "setRetireOnly", (_id(unit),))
    _tell(unit, "bound", "Whoever buys of it can only retire it", as_json)


def reverse(
    unit: Unit,
    amount: Annotated[int, typer.Argument(help="Tonnes that were lost again.", min=1)],
    reason: Reason,
    avoidable: Annotated[
        bool, typer.Option("--avoidable", help="The developer pays; else the buffer does.")
    ] = False,
    paid_from: Annotated[
        str | None,
        typer.Option(help="Id of the unit whose buffer pays; else the batch's own."),
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = deployments.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Put a loss of stored carbon on record, as an officer, and take what makes it good."""
    batch, why = _id(unit), keccak(reason.encode())
    account = (name, keystore_file, passphrase_file)
    if not avoidable:
        source = _id(paid_from) if paid_from is not None else batch
        _act(rpc, folder, account, "reverseUnavoidable", (batch, source, amount, why))
        said = f"the buffer of {unit_name(source)} has paid {amount:,} t"
        data: dict[str, Any] = {"paidFrom": hex(source), "paid": amount, "debt": 0, "owed": 0}
    elif paid_from is not None:
        raise TonneError(
            "OFFSET_PAYER",
            "An avoidable reversal is paid by the developer, not out of a buffer.",
            field="paid-from",
            value=paid_from,
            remedy="Leave out --avoidable or --paid-from.",
        )
    else:
        events = _act(rpc, folder, account, "reverseAvoidable", (batch, amount, why))
        done = _only(events, "ReversedAvoidably")
        taken, owed, debt = done["takenT"], done["owedT"], done["debt"]
        said = f"the developer has paid {taken:,} t"
        if owed:
            said += f" and owes {owed:,} t, debt {debt}; until it pays nothing is issued to it"
        data = {"paidFrom": None, "paid": taken, "debt": debt, "owed": owed}
    show(
        {"unit": hex(batch), "reversed": amount, **data},
        as_json,
        f"{amount:,} t of {unit_name(batch)} are reversed: {said}.",
    )


# Inside


def _act(
    rpc: str, folder: Any, account: tuple[Any, Any, Any], function: str, args: tuple[Any, ...]
) -> list[Event]:
    """What happened."""
    chain = connect(rpc, folder).chain
    sender = key(*account)
    chain.fund([sender])
    return chain.events(chain.send(sender, "Issuance", function, *args))


def _tell(unit: str, status: str, said: str, as_json: bool) -> None:
    id_ = _id(unit)
    data = {"unit": hex(id_), "status": status}
    show(data, as_json, f"{unit_name(id_)} is {status} now. {said}.")


def _only(events: list[Event], name: str) -> Event:
    return next(event for event in events if event.name == name)


def _id(unit: str) -> int:
    try:
        id_ = int(unit, 0)
    except ValueError:
        id_ = 0
    if id_ >> 96 != CREDIT:
        raise TonneError(
            "OFFSET_ARGUMENT",
            "This is no id of an offset credit.",
            field="unit",
            value=unit,
            remedy="Give the number that `tonne status` or `tonne offsets list` has.",
        )
    return id_
