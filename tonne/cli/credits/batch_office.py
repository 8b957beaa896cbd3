"""`tonne offsets issue`, `lock`, `unlock`, `invalidate`, `reverse`, `bind`, `pay-debt`: acts on a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import Reason
from tonne.cli.core.session import Signer, text_hash
from tonne.cli.core.unit_names import credit_id
from tonne.errors import refused
from tonne.types.unit_id import unit_name

if TYPE_CHECKING:
    from tonne.chain.client import Event

Unit = Annotated[
    str, typer.Argument(help="Batch: 2020#1 of scheme 1, or its unit id from `tonne status`.")
]

#: Locks and invalidates in the credits and on the exchange at once.
DESK: Final = "BatchDesk"


@command(needs=OfficerAct)
def issue(
    act: OfficerAct,
    report: Annotated[int, typer.Argument(help="Number of a final monitoring report.", min=1)],
) -> None:
    """Issue the credits of a final monitoring report with their serial numbers, as an officer."""
    change = Effect(f"monitoring report {report}", "final", "issued as credits")
    call = OfficerCall("Issuance", "issueFromReport", (report,), [change])
    act.do(f"Issue the credits of monitoring report {report}", [call], result=_issued)


@command(needs=OfficerAct)
def lock(act: OfficerAct, unit: Unit, reason: Reason) -> None:
    """Lock a batch, as an officer: its units cannot move, trade or exit until it is unlocked."""
    _act(act, unit, "Lock", (DESK, "setLocked"), (True, text_hash(reason)), "locked")


@command(needs=OfficerAct)
def unlock(act: OfficerAct, unit: Unit, reason: Reason) -> None:
    """Unlock a batch, as an officer."""
    _act(act, unit, "Unlock", (DESK, "setLocked"), (False, text_hash(reason)), "active")


@command(needs=OfficerAct)
def invalidate(act: OfficerAct, unit: Unit, reason: Reason) -> None:
    """Invalidate a locked batch, as an officer. It cannot be undone; `clear` cancels its units."""
    _act(act, unit, "Invalidate", (DESK, "invalidate"), (text_hash(reason),), "invalidated")


@command(needs=OfficerAct)
def bind(act: OfficerAct, unit: Unit) -> None:
    """Bind a batch that you hold entirely to retirement on purchase. It cannot be undone."""
    _act(act, unit, "Bind", ("Issuance", "setRetireOnly"), (), "bound")


@command(needs=OfficerAct)
def reverse(
    act: OfficerAct,
    unit: Unit,
    amount: Annotated[int, typer.Argument(help="Reversed carbon [t].", min=1)],
    reason: Reason,
    avoidable: Annotated[
        bool,
        typer.Option(
            "--avoidable", help="Avoidable reversal: the developer pays instead of the buffer."
        ),
    ] = False,
    paid_from: Annotated[
        str | None,
        typer.Option(help="Buffer that pays: 2020#1 or its unit id; default: the batch's own."),
    ] = None,
) -> None:
    """Record a reversal of stored carbon and its compensation, as an officer."""
    batch, why = credit_id(unit), text_hash(reason)
    if avoidable and paid_from is not None:
        raise refused("OFFSET_PAYER", paid_from=paid_from)
    source = credit_id(paid_from) if paid_from is not None else batch
    payer = "the developer" if avoidable else f"the buffer of {unit_name(source)}"
    change = Effect(f"{amount:,} t of {unit_name(batch)}", "stored", f"reversed, paid by {payer}")
    data: dict[str, Any] = {"unit": hex(batch), "reversed": amount}
    title = f"Reverse {amount:,} t of {unit_name(batch)}"
    if avoidable:
        call = OfficerCall("Issuance", "reverseAvoidable", (batch, amount, why), [change])
        act.do(title, [call], data, result=_paid_by_developer)
    else:
        data |= {"paidFrom": hex(source), "paid": amount, "debt": 0, "owed": 0}
        args = (batch, source, amount, why)
        act.do(title, [OfficerCall("Issuance", "reverseUnavoidable", args, [change])], data)


@command(needs=Signer)
def pay_debt(
    session: Signer,
    debt: Annotated[int, typer.Argument(help="Debt number, from `reverse --avoidable`.", min=1)],
    amount: Annotated[int, typer.Argument(help="Credits [t].", min=1)],
    unit: Annotated[
        str, typer.Option(help="Batch of the credits: 2020#1 or its unit id, of the debt's scheme.")
    ],
) -> None:
    """Pay a developer's debt for an avoidable reversal with credits of yours. Open to all."""
    batch = credit_id(unit)
    receipt = session.send("Issuance", "payDebt", debt, batch, amount)
    left = session.sent_event(receipt, "DebtPaid")["stillOwedT"]
    session.show(
        {"debt": debt, "paid": amount, "owed": left, "transaction": receipt.hash},
        f"{amount:,} t of {unit_name(batch)} paid; {left:,} t of debt {debt} are still owed.",
    )


def _act(
    act: OfficerAct,
    unit: str,
    verb: str,
    called: tuple[str, str],
    args: tuple[Any, ...],
    status: str,
) -> None:
    from tonne.units.lineage import BATCH_STATUS

    batch = credit_id(unit)
    name = unit_name(batch)
    held = act.chain.call("OffsetCredits", "batch", batch)
    before = BATCH_STATUS[held.status] + (", bound" if held.retireOnly else "")
    call = OfficerCall(*called, (batch, *args), [Effect(name, before, status)])
    act.do(f"{verb} {name}", [call], {"unit": hex(batch), "status": status})


def _issued(act: OfficerAct) -> tuple[dict[str, Any], str]:
    events = act.events()
    issued, batch = _only(events, "CreditsIssued"), _only(events, "BatchIssued")
    split = issued["split"]._asdict()
    first, last = batch["firstSerial"], batch["lastSerial"]
    said = ", ".join(f"{part} {amount:,} t" for part, amount in split.items() if amount)
    data = {"unit": hex(issued["id"]), "firstSerial": first, "lastSerial": last, "split": split}
    return data, f"  {unit_name(issued['id'])}, serial numbers {first:,} to {last:,}: {said}."


def _paid_by_developer(act: OfficerAct) -> tuple[dict[str, Any], str]:
    done = _only(act.events(), "ReversedAvoidably")
    taken, owed, debt = done["takenT"], done["owedT"], done["debt"]
    said = f"  The developer has paid {taken:,} t"
    if owed:
        said += f" and owes {owed:,} t, debt {debt}; until it pays nothing is issued to it"
    return {"paidFrom": None, "paid": taken, "debt": debt, "owed": owed}, f"{said}."


def _only(events: list[Event], name: str) -> Event:
    return next(event for event in events if event.name == name)
