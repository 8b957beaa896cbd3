"""`tonne offsets issue`, `… lock`, `… invalidate`, `… reverse`, `… bind`: what befalls a batch of credits."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tonne.chain.client import Event
from tonne.cli.chain.deploy_status import credit_id, unit_name
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.crypto.accounts import keccak
from tonne.errors import TonneError
from tonne.units.lineage import BATCH_STATUS

Unit = Annotated[str, typer.Argument(help="Id of the batch's unit, see `tonne status`.")]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


def issue(
    hand: Hand,
    report: Annotated[int, typer.Argument(help="Number of a final monitoring report.", min=1)],
) -> None:
    """Issue the credits of a final monitoring report, as an officer: once, with their serial numbers."""
    change = Change(f"monitoring report {report}", "final", "issued as credits")
    act = Act("Issuance", "issueFromReport", (report,), [change])
    hand.do(f"Issue the credits of monitoring report {report}", [act], outcome=_issued)


def lock(hand: Hand, unit: Unit, reason: Reason) -> None:
    """Lock a batch, as an officer: nothing of it moves or leaves until it is unlocked or invalidated."""
    _act(hand, unit, "Lock", "setLocked", (True, keccak(reason.encode())), "locked")


def unlock(hand: Hand, unit: Unit, reason: Reason) -> None:
    """Unlock a batch, as an officer: all is as it was before."""
    _act(hand, unit, "Unlock", "setLocked", (False, keccak(reason.encode())), "active")


def invalidate(hand: Hand, unit: Unit, reason: Reason) -> None:
    """Declare a locked batch invalid, as an officer. It cannot be undone; `clear` ends what is left of it."""
    _act(hand, unit, "Invalidate", "invalidateBatch", (keccak(reason.encode()),), "invalidated")


def bind(hand: Hand, unit: Unit) -> None:
    """Let a batch that you hold all of be sold only to be retired. It cannot be undone."""
    _act(hand, unit, "Bind", "setRetireOnly", (), "bound")


def reverse(
    hand: Hand,
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
) -> None:
    """Put a loss of stored carbon on record, as an officer, and take what makes it good."""
    batch, why = credit_id(unit), keccak(reason.encode())
    if avoidable and paid_from is not None:
        raise TonneError(
            "OFFSET_PAYER",
            "An avoidable reversal is paid by the developer, not out of a buffer.",
            field="paid-from",
            value=paid_from,
            remedy="Leave out --avoidable or --paid-from.",
        )
    source = credit_id(paid_from) if paid_from is not None else batch
    payer = "the developer" if avoidable else f"the buffer of {unit_name(source)}"
    change = Change(f"{amount:,} t of {unit_name(batch)}", "stored", f"reversed, paid by {payer}")
    data: dict[str, Any] = {"unit": hex(batch), "reversed": amount}
    title = f"Reverse {amount:,} t of {unit_name(batch)}"
    if avoidable:
        act = Act("Issuance", "reverseAvoidable", (batch, amount, why), [change])
        hand.do(title, [act], data, outcome=_paid_by_developer)
    else:
        data |= {"paidFrom": hex(source), "paid": amount, "debt": 0, "owed": 0}
        args = (batch, source, amount, why)
        hand.do(title, [Act("Issuance", "reverseUnavoidable", args, [change])], data)


# Inside


def _act(
    hand: Hand,
    unit: str,
    verb: str,
    function: str,
    args: tuple[Any, ...],
    status: str,
) -> None:
    batch = credit_id(unit)
    name = unit_name(batch)
    held = hand.desk.chain.call("OffsetCredits", "batch", batch)
    before = BATCH_STATUS[held.status] + (", bound" if held.retireOnly else "")
    act = Act("Issuance", function, (batch, *args), [Change(name, before, status)])
    hand.do(f"{verb} {name}", [act], {"unit": hex(batch), "status": status})


def _issued(hand: Hand) -> tuple[dict[str, Any], str]:
    events = hand.events()
    issued, batch = _only(events, "CreditsIssued"), _only(events, "BatchIssued")
    split = issued["split"]._asdict()
    first, last = batch["firstSerial"], batch["lastSerial"]
    said = ", ".join(f"{part} {amount:,} t" for part, amount in split.items() if amount)
    data = {"unit": hex(issued["id"]), "firstSerial": first, "lastSerial": last, "split": split}
    return data, f"  {unit_name(issued['id'])}, serial numbers {first:,} to {last:,}: {said}."


def _paid_by_developer(hand: Hand) -> tuple[dict[str, Any], str]:
    done = _only(hand.events(), "ReversedAvoidably")
    taken, owed, debt = done["takenT"], done["owedT"], done["debt"]
    said = f"  The developer has paid {taken:,} t"
    if owed:
        said += f" and owes {owed:,} t, debt {debt}; until it pays nothing is issued to it"
    return {"paidFrom": None, "paid": taken, "debt": debt, "owed": owed}, f"{said}."


def _only(events: list[Event], name: str) -> Event:
    return next(event for event in events if event.name == name)


def enter(app: typer.Typer) -> None:
    for command in (issue, lock, unlock, invalidate, reverse, bind):
        acting(app)(command)
